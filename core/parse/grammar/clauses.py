"""Cuts a sentence into conditions, actions and remarks, in the order said; joins none of them to rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.parse.grammar.actions import read_action, read_message
from core.parse.grammar.conditions import read_condition
from core.parse.grammar.continued import (
    OPENING,
    altered_timeframe,
    entry_terms,
    exit_elsewhere,
    is_heading,
    is_loose,
    last_condition,
    late_size,
    one_more_bound,
    one_more_exit,
    one_more_market,
    other_place,
    second_bound,
    shared_out,
    takes_over,
)
from core.parse.grammar.drafts import (
    Act,
    Change,
    Cond,
    FilledDraft,
    Level,
    Order,
    ScheduleDraft,
    TargetHit,
    TimeDraft,
    Trail,
)
from core.parse.grammar.indicators import read_timeframe
from core.parse.grammar.items import Cursor, Item
from core.parse.grammar.phrases import read_price
from core.parse.grammar.reader import Sentence
from core.parse.grammar.remarks import Mod, read_mod
from core.parse.grammar.schedules import read_time_condition
from core.parse.grammar.slots import read_slots, resumes

_MOVES = ("FALL", "RISE", "RISEWORD", "FALLWORD", "MOVE")
_MOVES_ANY = "|".join(_MOVES)
_CADENCES = ("TF", "EVERY", "EVERYDAY", "EVERYHOUR", "EVERYWEEK", "EVERYMONTH", "SPAN")
_BOUNDS = ("ABOVE", "BELOW", "GO", "FALL", "RISE", "BREAK", "REACH", "CROSSUP", "CROSSDOWN", "STAY", "EXCEED")
_JOINERS = frozenset(
    {"COMMA", "AND", "OR", "THEN", "IF", "EACH", "WHILE", "AFTER", "COLON", "LPAR", "RPAR", "DASH", "SLASH"}
)
_JOINING = "|".join((*_JOINERS, "ON", "EVERY", "AT", "SET"))


@dataclass(slots=True, kw_only=True)
class Part:
    """One clause and the joining words before it."""

    what: Cond | Act | Mod
    joins: frozenset[str] = frozenset()
    opened: int = 0
    closed: int = 0

    @property
    def act(self) -> Act:
        """The action that this clause is. Raises TypeError where it is none."""
        if not isinstance(self.what, Act):
            raise TypeError(f"Expected an action, was {type(self.what).__name__}")
        return self.what

    @property
    def is_cond(self) -> bool:
        """Whether it says when."""
        return not isinstance(self.what, Act | Mod)

    @property
    def is_time(self) -> bool:
        """Whether it is a time or cadence, which may stand on either side of its action."""
        return isinstance(self.what, TimeDraft | ScheduleDraft)

    @property
    def led(self) -> bool:
        """Whether a word such as "if" or "when" introduces it."""
        return bool(self.joins & {"IF", "EACH", "WHILE", "AFTER"})


@dataclass(slots=True, kw_only=True)
class Clauses:
    """What a sentence is made of, and what of it was not understood."""

    parts: list[Part] = field(default_factory=list)
    leftover: list[Item] = field(default_factory=list)
    steps: int = 0


def _has_place(act: Act) -> bool:
    """Whether it was said when the action should be done."""
    return act.at is not None or act.inline is not None or act.at_once or act.order.type is not None


def _enters(act: Act) -> bool:
    return act.verb in OPENING and not act.held


class _Reading:
    """One sentence being cut into clauses."""

    def __init__(self, sentence: Sentence, source: str, before: Sequence[Act], spoken: Cond | None) -> None:
        self.cur = Cursor(sentence.items, source)
        self.out = Clauses()
        self.joins: set[str] = set()
        self.opened = 0
        self.before = before
        self.spoken = spoken
        self.last: Act | None = None
        self.entry = next((act for act in reversed(before) if _enters(act)), None)

    def run(self) -> Clauses:
        while self.cur.peek().kind != "END":
            if not self._step():
                self.out.leftover.append(self.cur.next())
        if self.joins & {"IF", "EACH", "WHILE", "AFTER", "OR"}:
            self.out.leftover.append(self.cur.peek(-1))
        self.out.steps = self.cur.steps
        return self.out

    def _step(self) -> bool:
        cur = self.cur
        last = self.last
        if last is not None and not self.joins and cur.peek().kind in ("COMMA", "AND", "COLON"):
            if late_size(cur, last):
                return cur.next() is not None and read_slots(cur, last)
            if cur.peek().kind != "COLON" and resumes(cur, 1, last):
                cur.next()
                return read_slots(cur, last if last.purpose is None else self.entry or last)
        if last is not None and last.verb == "close" and cur.peek().text.lower() == "flat":
            cur.next()
            return True
        if not self.joins - {"COMMA", "DASH", "SLASH"} and entry_terms(cur, self.entry):
            self.joins = set()
            return True
        if self._instead_of_joining() or self._join():
            return True
        if "IF" in self.joins and cur.run("IT", "THEN"):
            self.joins.add("THEN")
        if self._late_candles():
            return True
        bound = second_bound(cur, last_condition(self.out.parts[-1].what if self.out.parts else None), self.joins)
        if bound is not None:
            self.joins.add("LISTED")
            return self._add(bound)
        if not self.joins - {"AND", "OR", "COMMA", "IF", "EACH", "THEN"} and self._same_subject():
            return True
        if self.joins & {"IF", "EACH", "WHILE", "AFTER"}:
            return self._event() or self._add(read_time_condition(cur)) or self._add(read_condition(cur)) or self._mod()
        if last is not None and last.verb == "alert" and (read_message(cur, last) or self._alert_level()):
            return True
        if last is not None and self._activation(last):
            return True
        return (
            self._mod()
            or self._add(read_time_condition(cur))
            or self._add(self._closing_candle())
            or self._add(self._action())
            or self._again(last)
            or self._add(one_more_exit(cur, last, self.joins))
            or self._fragment()
            or self._add(None if is_loose(cur, last) else read_condition(cur))
            or self._event()
            or self._late_slots(last)
        )

    def _same_subject(self) -> bool:
        """ "if BTC is above 60k and below 65k": a bound with no subject is of what was spoken of before it."""
        if self.cur.sees("IT", "GO|ABOVE|BELOW|FALL|RISE") and self.joins & {"IF", "EACH"}:
            named = self.last is not None and self.last.market is not None  # "close my ETH if it …": ETH, no figure
            here = any(part.is_cond for part in self.out.parts)
            return (here or not named) and self._add(one_more_bound(self.cur, self.spoken))
        last = last_condition(self.out.parts[-1].what if self.out.parts else None)
        market = getattr(last, "market", None)
        bare = bool(self.joins) and not self.joins - {"AND", "OR", "COMMA"} and self.cur.peek().kind in _BOUNDS
        if market is None or not bare:
            return False
        begun = self.cur.at
        found = read_condition(self.cur)
        if not isinstance(found, Level | Change) or found.market is not None:
            self.cur.at = begun
            return False
        return self._add(replace(found, market=market))

    def _instead_of_joining(self) -> bool:
        """ "once an hour" is no "once …"; "after 6 hours" is a time."""
        cur = self.cur
        if not cur.begins("IF|AFTER"):
            return False
        if cur.sees("IF", "DUR|EVERY") and cur.peek().text.lower() == "once":
            return self._mod()
        candle = cur.sees("AFTER", "DUR", "CLOSES|CANDLE") or cur.sees("AFTER", "DUR", "CLOSE", "ABOVE|BELOW|AT")
        return cur.sees("AFTER", "DUR") and not candle and self._add(read_time_condition(cur))

    def _join(self) -> bool:
        if not self.cur.begins(_JOINING):
            return False
        item = self.cur.peek()
        if item.kind == "ON" and self.cur.sees("ON", "EVERY", "NUM", _MOVES_ANY):
            self.cur.next()
            item = self.cur.peek()
        if item.kind in ("ON", "EVERY") and self.cur.peek(1).kind == "NUM" and self.cur.peek(2).kind in _MOVES:
            self.joins.add("EACH" if item.kind == "EVERY" else "IF")
            self.cur.next()
            return True
        if item.kind == "ON" and self.cur.sees("ON", "DUR|TF|NUM", "CLOSE|CLOSES", "ABOVE|BELOW|AT"):
            self.joins.add("IF")
            self.cur.next()
            return True
        if item.kind in ("AT", "ON") and self.cur.peek(1).kind in ("PROFIT", "LOSS") and self.last is not None:
            self.joins.add("IF")
            self.cur.next()
            return True
        if item.kind == "SET" and self.cur.peek(1).kind in _CADENCES:
            self.cur.next()
            return True
        if item.kind not in _JOINERS:
            return False
        self.cur.next()
        if item.kind == "RPAR":
            if self.out.parts:
                self.out.parts[-1].closed += 1
            return True
        if item.kind == "LPAR":
            self.opened += 1
        self.joins.add(item.kind)
        return True

    def _add(self, what: Cond | Act | Mod | None) -> bool:
        if what is None:
            return False
        if "COLON" in self.joins and self.out.parts and not isinstance(what, Mod):
            before = self.out.parts[-1]
            heads = isinstance(before.what, Act) and is_heading(before.what)
            if isinstance(before.what, Act) and heads and (isinstance(what, Act) or before.what.some_day):
                what = takes_over(before.what, what) if isinstance(what, Act) else what
                self.joins |= before.joins - {"COLON"}
                self.out.parts.pop()
        if isinstance(what, Act):
            self.last = what
            self.entry = what if _enters(what) else self.entry
        elif not isinstance(what, Mod):
            self.spoken = what
        self.out.parts.append(Part(what=what, joins=frozenset(self.joins), opened=self.opened))
        self.joins, self.opened = set(), 0
        return True

    def _mod(self) -> bool:
        return self._add(read_mod(self.cur))

    def _event(self) -> bool:
        """once filled · after TP1 hits · when it triggers."""
        cur, begun = self.cur, self.cur.at
        if not cur.holds("FILLED|TARGET|STOP"):
            return False
        cur.skip("IT|MY|POSITION|ORDERS")
        if cur.take("FILLED") is not None and (begun == 0 or self.joins & {"IF", "AFTER", "EACH", "AND", "THEN"}):
            return self._add(FilledDraft())
        item = cur.take("TARGET|STOP")
        ended = item is not None and item.value and "AFTER" in self.joins and cur.sees("END|COMMA")
        if item is not None and self.joins & {"IF", "AFTER", "EACH"} and (ended or cur.run("REACH|FILLED")):
            return self._add(TargetHit(number=item.value or 1))
        cur.at = begun
        return False

    def _action(self) -> Act | None:
        """An action; a bare "close" right behind another is no second one: "close SOL at market close"."""
        begun = self.cur.at
        act = read_action(self.cur)
        behind = self.out.parts and isinstance(self.out.parts[-1].what, Act) and not self.joins
        if act is not None and behind and act.verb == "close" and is_heading(act) and act.market is None:
            self.cur.at = begun
            return None
        return act

    def _again(self, last: Act | None) -> bool:
        """The action before it, at another price or on another market."""
        other = one_more_market(self.cur, last, self.joins)
        if other is not None:
            self.joins = {"AND"}
        if last is not None and shared_out(
            self.cur, [part.what for part in self.out.parts if isinstance(part.what, Act)]
        ):
            self.joins = set()
            return True
        other = other or exit_elsewhere(self.cur, last, self.joins)
        return self._add(other or other_place(self.cur, last, self.joins))

    def _closing_candle(self) -> Cond | None:
        """`ETH close below 2400` is said of a candle, not to close anything."""
        cur = self.cur
        if cur.sees("COIN", "CLOSE", "ABOVE|BELOW", "NUM"):
            return read_condition(cur)
        return None

    def _alert_level(self) -> bool:
        """`alert for ETH at 2800`, `alert BTC 65000`: a level named without a verb."""
        cur, begun = self.cur, self.cur.at
        if not isinstance(self.out.parts[-1].what, Act) or self.joins - {"COLON"}:
            return False
        cur.skip("FOR|ON|AT")
        item = cur.take("COIN")
        cur.skip("PRICE|AT|TO|REACH|FOR")
        price = read_price(cur)
        if price is None or cur.peek().kind not in ("END", "COMMA", "AND", "OR"):
            cur.at = begun
            return False
        return self._add(Level(market=None if item is None else item.value, price=price))

    def _activation(self, last: Act) -> bool:
        """ "…, activate at 165" of a trailing stop."""
        cur, begun = self.cur, self.cur.at
        cur.skip("MY")
        if not isinstance(last.inline, Trail) or cur.take("ACTIVATE|RESUME") is None:
            cur.at = begun
            return False
        cur.skip("COIN|GO|AT|ABOVE|BELOW|IF|ON|REACH|PRICE|IT|OF")
        price = read_price(cur)
        if price is None:
            cur.at = begun
            return False
        if last.market is None and cur.sees("COIN"):
            last.market = cur.next().value
        last.inline = replace(last.inline, activation=price)
        self.joins = set()
        return True

    def _late_candles(self) -> bool:
        """ "…, 1h chart": the candles of an indicator that was spoken of without them."""
        if self.cur.peek().kind not in ("ON", "AT", "FOR", "DUR", "TF", "NUM"):
            return False
        bare = [part for part in self.out.parts if getattr(part.what, "timeframe", "") is None]
        begun = self.cur.at
        timeframe = read_timeframe(self.cur) if bare and not self.joins - {"COMMA", "LPAR", "DASH"} else None
        if timeframe is None or not (
            self.cur.peek(-1).kind in ("CANDLE", "TF")
            or (self.cur.sees("END") and "COMMA" in self.joins)
            or self.cur.peek(begun - self.cur.at).kind == "ON"
        ):
            self.cur.at = begun
            return False
        for part in bare:
            part.what = altered_timeframe(part.what, timeframe)
        self.cur.skip("RPAR" if "LPAR" in self.joins else "")
        self.joins, self.opened = set(), 0
        return True

    def _fragment(self) -> bool:
        """ "…, the rest at 180": the verb before goes on."""
        last = self.last or (self.before[-1] if self.before else None)
        cur, begun = self.cur, self.cur.at
        named = cur.sees("COIN", "AT", "NUM") and bool(self.joins)
        again = cur.peek().text.lower() == "another" and last is not None and last.size is not None
        if (
            last is None
            or last.verb == "alert"
            or not (named or (cur.peek().kind in ("NUM", "REST", "ALL", "SELL") or again))
        ):
            return False
        act = Act(verb=last.verb, side=last.side, held=last.held, purpose=last.purpose,
                  reduce_only=last.reduce_only, order=Order(type=last.order.type), text=last.text)  # fmt: skip
        if again and last.size is not None:
            cur.next()
            act.size = replace(last.size)
        read_slots(cur, act)
        sized = act.size is not None or act.rest or act.whole or (named and last.verb in ("close", "exit"))
        other = last.market is not None and act.market not in (None, last.market) and bool(self.joins)
        placed = act.at is not None or act.inline is not None or cur.peek().kind in ("IF", "EACH")
        placed = placed or cur.sees("AT", "CLOCK|NOON|MIDNIGHT")
        alone = all(isinstance(part.what, Act | Mod) for part in self.out.parts)
        if placed and alone and self.last is not None and not (_has_place(self.last) or is_heading(self.last)):
            sized = False  # "sell 50 %, 25 % at 160": when should the first be sold?
        elsewhere = not self.joins and last.market is not None and act.market not in (None, last.market)
        if not sized or elsewhere or not (placed or other):
            cur.at = begun
            return False
        act.market = act.market or last.market
        if act.purpose is not None and act.at is not None:
            act.inline, act.at = Level(price=act.at), None
        return self._add(act)

    def _late_slots(self, last: Act | None) -> bool:
        """Words of an order that come after its condition: "…, with 5x leverage"."""
        if last is not None and last.purpose is not None:
            last = self.entry
        if last is None or last.verb in ("alert", "reverse", "move_stop"):
            return False
        return resumes(self.cur, 0, last) and read_slots(self.cur, last)


def read_clauses(sentence: Sentence, source: str, before: Sequence[Act] = (), spoken: Cond | None = None) -> Clauses:
    """The clauses of one sentence; *before* are the actions of those before it, *spoken* their last condition."""
    return _Reading(sentence, source, before, spoken).run()
