"""The list of armed rules: puts each where the least work finds it, and hands out what begins to hold."""

import heapq
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from core.domain.condition import (
    ALL_MARKETS,
    AtTime,
    Now,
    PositionEvent,
    PriceChange,
    Schedule,
    Trailing,
    leaves,
    markets_of,
)
from core.domain.ids import OwnerId, RuleId
from core.domain.level import Levels, levels, stop_of
from core.domain.rule import Rule
from core.ports import Crossing, Facts
from core.watchlist.evaluate import Evaluation, compare, entries_of
from core.watchlist.extremes import Extremes, steps_of
from core.watchlist.indicators import Lines
from core.watchlist.levels import LevelBook
from core.watchlist.schedule import next_due
from core.watchlist.trailing import TrailingBook

SHORTEST_SPAN = timedelta(hours=1)
_log = logging.getLogger(__name__)
_NEVER = datetime.min.replace(tzinfo=UTC)


class HeapWatchlist:
    """Rules that fire at a fixed price or behind a peak lie in heaps and cost nothing until reached; rules that fire at
    an instant lie in one heap of instants; everything else is looked at whenever a market of it moves, and on `poll`.

    `facts` must know a price before `observe` is called with it. Memory keys: `extreme` (a trailing peak or trough),
    `rest_until` (not before then), `tries` (it fired, and its order is to be tried again), `reset` (it must stop
    holding first), `off_since` (nobody watched it from then until it was armed), `seen.<market>` (highs and lows that
    a window still looks at), and a path for each leaf that remembers.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._rules: dict[RuleId, Rule] = {}
        self._memory: dict[RuleId, dict[str, Any]] = {}
        self._changed: set[RuleId] = set()
        self._levels: dict[str, LevelBook] = defaultdict(LevelBook)
        self._trails: dict[tuple[str, Literal["down", "up"]], TrailingBook] = {}
        self._extremes: dict[str, Extremes] = {}
        self._lines = Lines()
        self._looked_at: dict[str, dict[RuleId, None]] = defaultdict(dict)
        self._polled: dict[RuleId, None] = {}
        self._unplaced: dict[str, dict[RuleId, None]] = defaultdict(dict)
        self._due: list[tuple[datetime, int, RuleId]] = []
        self._sequence = 0
        self._turn: dict[RuleId, int] = {}
        self._broken: list[Rule] = []

    # --- arming ------------------------------------------------------------------------------------------------

    def arm(self, rule: Rule, now: datetime) -> Crossing | None:
        """Watch *rule* (again); the Crossing if it holds already."""
        self.disarm(rule.id)
        self._sequence += 1
        self._turn[rule.id] = self._sequence
        self._rules[rule.id] = rule
        self._memory[rule.id] = dict(rule.memory)
        rest = rule.memory.get("rest_until")
        if rest is not None and (until := datetime.fromisoformat(rest)) > now:
            self._wake(rule.id, until)
            return None
        return self._place(rule, now)

    def arm_anew(self, rule_id: RuleId, now: datetime) -> Crossing | None:
        """Look again at where a watched rule's levels lie; what it remembers may not be stored yet."""
        found = self.arm(self._remembering(self._rules[rule_id]), now)
        if found is None:
            self._changed.add(rule_id)
        return found

    def disarm(self, rule_id: RuleId) -> None:
        """Forget the rule; no error if it is not here."""
        rule = self._rules.pop(rule_id, None)
        if rule is None:
            return
        self._memory.pop(rule_id, None)
        self._turn.pop(rule_id, None)
        self._changed.discard(rule_id)
        self._polled.pop(rule_id, None)
        for market in markets_of(rule.spec.condition):
            self._looked_at.get(market, {}).pop(rule_id, None)
            self._unplaced.get(market, {}).pop(rule_id, None)
            if market in self._levels:
                self._levels[market].remove(rule_id)
            for direction in ("down", "up"):
                if (book := self._trails.get((market, direction))) is not None:
                    book.remove(rule_id)

    def _place(self, rule: Rule, now: datetime) -> Crossing | None:
        condition = rule.spec.condition
        memory = self._memory[rule.id]
        tried = "tries" in memory
        match condition:
            case Trailing():
                if memory.pop("reset", None) is not None:
                    memory.pop("extreme", None)  # a new peak to fall from is what lets it hold anew
                return self._place_trailing(rule, condition, now)
            case _ if memory.get("reset"):
                return self._look(rule, now, first=True)
            case Now():
                return self._cross(rule, now if tried or rule.armed_at is None else rule.armed_at)
            case PositionEvent() | Schedule() if tried:
                return self._cross(rule, now)
            case AtTime(at=at):
                if at <= now:
                    return self._cross(rule, now if tried else at)
                self._wake(rule.id, at)
                return None
            case Schedule():
                start = rule.created_at if rule.armed_at is None else rule.armed_at
                rested = memory.get("rest_until")
                last = max(start, rule.fired_at or start, start if rested is None else datetime.fromisoformat(rested))
                self._wake(rule.id, next_due(condition, last, start))
                return None
            case _:
                return self._place_level(rule, now)

    def _place_level(self, rule: Rule, now: datetime) -> Crossing | None:
        condition = rule.spec.condition
        where = levels(condition, references=rule.references, entries=entries_of(rule, self._facts))
        if where is None:
            return self._look(rule, now, first=True)
        (market,) = markets_of(condition)
        price = self._facts.price(market)
        if price is None:
            self._unplaced[market][rule.id] = None
            return None
        if where.reached(price):
            return self._cross(rule, now, market=market, price=price, already=True)
        self._levels[market].add(rule.id, where)
        self._is_watched(rule.id)
        return None

    def _place_trailing(self, rule: Rule, condition: Trailing, now: datetime) -> Crossing | None:
        price = self._facts.price(condition.market)
        if price is None:
            self._unplaced[condition.market][rule.id] = None
            return None
        up = condition.direction == "up"
        memory = self._memory[rule.id]
        start = condition.activation_price
        if "extreme" not in memory:
            if start is not None and not compare(price, "<=" if up else ">=", start):
                self._levels[condition.market].add(rule.id, Levels(lower=start) if up else Levels(upper=start))
                self._is_watched(rule.id)
                return None
            memory["extreme"] = str(price)
            self._changed.add(rule.id)
        seen = Decimal(memory["extreme"])
        extreme = min(seen, price) if up else max(seen, price)
        if compare(price, ">=" if up else "<=", stop_of(condition, extreme)):
            return self._cross(rule, now, market=condition.market, price=price, already=True)
        book = self._trails.setdefault((condition.market, condition.direction), TrailingBook(condition.direction))
        book.add(rule.id, condition, extreme)
        self._is_watched(rule.id)
        return None

    def _is_watched(self, rule_id: RuleId) -> None:
        """What it will be found to cross from now on, it crosses under our eyes."""
        if self._memory[rule_id].pop("off_since", None) is not None:
            self._changed.add(rule_id)

    def _look(
        self, rule: Rule, now: datetime, *, first: bool = False, event: tuple[str, str] | None = None
    ) -> Crossing | None:
        """Evaluate the rule as a whole, now and whenever a market of it moves."""
        condition = rule.spec.condition
        if first:
            for leaf in leaves(condition):
                if isinstance(leaf, PriceChange) and leaf.reference == "window":
                    self._recall_extremes(rule, leaf, now)
                if (market := getattr(leaf, "market", None)) is not None:
                    self._looked_at[market][rule.id] = None
            self._polled[rule.id] = None
        memory = self._memory[rule.id]
        before = dict(memory)
        holds = self._evaluation(rule, now, event).holds(condition)
        if memory.get("reset"):
            if holds is not False:
                return None
            del memory["reset"]
            return self.arm_anew(rule.id, now)
        if holds is False:
            memory.pop("off_since", None)
        if memory != before:
            self._changed.add(rule.id)
        if not holds:
            return None
        market = next(iter(sorted(markets_of(condition))), None)
        price = None if market is None else self._facts.price(market)
        return self._cross(rule, now, market=market, price=price, already=first or "off_since" in memory)

    def _recall_extremes(self, rule: Rule, leaf: PriceChange, now: datetime) -> None:
        """Know highs and lows as far back as the window looks: those of before a restart, else of now."""
        span = max(SHORTEST_SPAN, timedelta(seconds=leaf.window_s or 0))
        seen = self._extremes.setdefault(leaf.market, Extremes(span))
        seen.span = max(seen.span, span)
        remembered = self._memory[rule.id].get(f"seen.{leaf.market}", ())
        if remembered:
            seen.recall((datetime.fromisoformat(at), Decimal(price)) for at, price in remembered)
        elif (price := self._facts.price(leaf.market)) is not None:
            seen.add(now, price)

    def _remember_extremes(self) -> None:
        for rule_id in self._polled:
            steps = steps_of(self._rules[rule_id], self._extremes)
            if any(self._memory[rule_id].get(key) != value for key, value in steps.items()):
                self._memory[rule_id] |= steps
                self._changed.add(rule_id)

    # --- what happens ------------------------------------------------------------------------------------------

    def observe(self, market: str, price: Decimal, at: datetime) -> list[Crossing]:
        """What *price* makes hold."""
        crossings: list[Crossing] = []
        if (seen := self._extremes.get(market)) is not None:
            seen.add(at, price)
        for rule_id in list(self._unplaced.pop(market, ())):
            self._take(crossings, rule_id, lambda rule: self._place(rule, at))
        if (book := self._levels.get(market)) is not None:
            for rule_id in book.reached(price):
                rule = self._rules[rule_id]
                if isinstance(rule.spec.condition, Trailing):
                    self._take(crossings, rule_id, lambda rule: self._place(rule, at))
                else:
                    crossings.append(self._cross(rule, at, market=market, price=price))
        for direction in ("down", "up"):
            if (trails := self._trails.get((market, direction))) is not None:
                for rule_id, extreme in trails.reached(price):
                    self._memory[rule_id]["extreme"] = str(extreme)
                    crossings.append(self._cross(self._rules[rule_id], at, market=market, price=price))
        for rule_id in self._lookers(market):
            self._take(crossings, rule_id, lambda rule: self._look(rule, at))
        return crossings

    def poll(self, now: datetime) -> list[Crossing]:
        """What holds by time, positions, accounts, candles or funding."""
        crossings: list[Crossing] = []
        while self._due and self._due[0][0] <= now:
            due, turn, rule_id = heapq.heappop(self._due)
            if self._turn.get(rule_id) != turn:
                continue
            rule = self._rules[rule_id]
            rests = self._memory[rule_id].get("rest_until") == due.isoformat()
            if isinstance(rule.spec.condition, AtTime | Schedule) and not rests:
                crossings.append(self._cross(rule, due))
            else:
                self._take(crossings, rule_id, lambda rule: self._place(rule, now))
        for rule_id in list(self._polled):
            self._take(crossings, rule_id, lambda rule: self._look(rule, now))
        return crossings

    def position_event(self, owner: OwnerId, market: str, event: str, now: datetime) -> list[Crossing]:
        """What an event of a position makes hold."""
        crossings: list[Crossing] = []
        for rule_id in list(self._polled):
            rule = self._rules.get(rule_id)
            about = () if rule is None or rule.owner != owner else leaves(rule.spec.condition)
            found = (leaf for leaf in about if isinstance(leaf, PositionEvent))
            if any(leaf.event == event and leaf.market in (ALL_MARKETS, market) for leaf in found):
                self._take(crossings, rule_id, lambda rule: self._look(rule, now, event=(event, market)))
        return crossings

    # --- looking ahead, for replay -----------------------------------------------------------------------------

    def next_crossing(self, market: str, start: Decimal, end: Decimal) -> Decimal | None:
        """The first price at which something may happen on the way from *start* (excluded) to *end* (included)."""
        up = end > start
        edges: list[Decimal | None] = []
        if (book := self._levels.get(market)) is not None:
            edges.append(book.nearest(up=up))
        if (trails := self._trails.get((market, "up" if up else "down"))) is not None:
            edges.append(trails.nearest())
        for rule in (self._rules[rule_id] for rule_id in self._lookers(market)):
            edges.extend(self._evaluation(rule, self._last()).edges(rule.spec.condition))
        ahead = [e for e in edges if e is not None and ((start < e <= end) if up else (end <= e < start))]
        return (min(ahead) if up else max(ahead)) if ahead else None

    def next_due(self, now: datetime) -> datetime | None:
        """The next instant at which time alone may make something hold."""
        while self._due and self._turn.get(self._due[0][2]) != self._due[0][1]:
            heapq.heappop(self._due)
        instants = [self._due[0][0]] if self._due else []
        for rule_id in self._polled:
            conditions = self._evaluation(self._rules[rule_id], now).instants(self._rules[rule_id].spec.condition)
            instants.extend(instant for instant in conditions if instant > now)
        return min(instants) if instants else None

    def is_quiet(self, market: str, low: Decimal, high: Decimal) -> bool:
        """Whether no order of prices from *low* to *high* can make anything happen, or needs to be remembered."""
        if self._unplaced.get(market):
            return False
        for direction in ("down", "up"):
            if (trails := self._trails.get((market, direction))) is not None and not trails.is_quiet(low, high):
                return False
        for rule in (self._rules[rule_id] for rule_id in self._lookers(market)):
            if self._evaluation(rule, self._last()).stirs(rule.spec.condition, low, high):
                return False
        book = self._levels.get(market)
        if book is None:
            return True
        above, below = book.nearest(up=True), book.nearest(up=False)
        return (above is None or high < above) and (below is None or low > below)

    # --- what is on it -----------------------------------------------------------------------------------------

    def markets(self) -> set[str]:
        """Every market that an armed rule looks at."""
        return {market for rule in self._rules.values() for market in markets_of(rule.spec.condition)}

    def armed(self) -> Mapping[RuleId, Rule]:
        """Everything on the list."""
        return self._rules

    def broken(self) -> list[Rule]:
        """What could not be looked at since last asked; it is off the list."""
        broken, self._broken = self._broken, []
        return broken

    def memories(self) -> Mapping[RuleId, Mapping[str, Any]]:
        """What changed since last asked and must survive a restart."""
        for book in self._trails.values():
            if book.moved:
                book.moved = False
                for rule_id, extreme in book.extremes():
                    if self._memory[rule_id].get("extreme") != str(extreme):
                        self._memory[rule_id]["extreme"] = str(extreme)
                        self._changed.add(rule_id)
        self._remember_extremes()
        changed, self._changed = self._changed, set()
        return {rule_id: dict(self._memory[rule_id]) for rule_id in changed}

    # --- inside ------------------------------------------------------------------------------------------------

    def _evaluation(self, rule: Rule, now: datetime, event: tuple[str, str] | None = None) -> Evaluation:
        return Evaluation(
            rule=rule,
            facts=self._facts,
            memory=self._memory[rule.id],
            extremes=self._extremes,
            lines=self._lines,
            now=now,
            event=event,
        )

    def _lookers(self, market: str) -> list[RuleId]:
        """The rules to be looked at when *market* moves, each once, those that speak of every market among them."""
        return list({**self._looked_at.get(market, {}), **self._looked_at.get(ALL_MARKETS, {})})

    def _remembering(self, rule: Rule) -> Rule:
        return replace(rule, memory=dict(self._memory[rule.id]))

    def _last(self) -> datetime:
        """When a price that a window looks at was last taken in; windows are measured back from there."""
        return max((seen.last for seen in self._extremes.values() if seen.last is not None), default=_NEVER)

    def _wake(self, rule_id: RuleId, at: datetime) -> None:
        heapq.heappush(self._due, (at, self._turn[rule_id], rule_id))

    def _take(self, crossings: list[Crossing], rule_id: RuleId, look: Callable[[Rule], Crossing | None]) -> None:
        """Add what *look* finds; a rule that cannot be looked at costs nobody else their crossing."""
        if (rule := self._rules.get(rule_id)) is None:
            return
        try:
            if (found := look(rule)) is not None:
                crossings.append(found)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is wrong with it alone
            _log.exception("%s cannot be watched", rule_id)
            self.disarm(rule_id)
            self._broken.append(rule)

    def _cross(
        self,
        rule: Rule,
        due: datetime,
        *,
        market: str | None = None,
        price: Decimal | None = None,
        already: bool = False,
    ) -> Crossing:
        rule = self._remembering(rule)
        self.disarm(rule.id)
        return Crossing(rule=rule, market=market, price=price, due=due, already=already)
