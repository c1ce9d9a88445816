"""Reads the small pieces that many clauses share: prices, comparisons, positions spoken of; decides no clause."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core.domain.money import HUNDRED
from core.parse.grammar.drafts import PositionSide
from core.parse.grammar.items import Amount, Cursor

Comparison = Literal[">=", "<=", "crosses_above", "crosses_below", "hits"]


@dataclass(slots=True, kw_only=True)
class Subject:
    """What a clause speaks of: a market, a position, the account's owner."""

    market: str | None = None
    side: PositionSide | None = None
    me: bool = False
    my: bool = False
    position: bool = False
    price: bool = False
    it: bool = False
    everything: bool = False
    whole: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was named."""
        return not (self.market or self.side or self.me or self.my or self.position or self.price or self.it)


def read_price(cur: Cursor) -> Decimal | None:
    """A plain number or dollars; None (and no move) for shares, percents and multiples."""
    item = cur.peek()
    if item.kind != "NUM":
        return None
    amount: Amount = item.value
    if amount.unit not in ("", "usd") or amount.words or amount.sign:
        return None
    cur.next()
    return amount.value


def read_comparison(cur: Cursor) -> Comparison | None:
    """The words that compare: is above, drops below, crosses over, hits, rises to; None puts the cursor back."""
    begun = cur.at
    cur.skip("GO|STAY|MOVE")
    verb = cur.take("RISE|FALL|BREAK|REACH")
    cur.skip("GO")
    cur.skip("RISEWORD|FALLWORD|BY")
    led = cur.skip("TO|AT|ATMOST|THROUGH")
    mark = cur.take("ABOVE|EXCEED|BELOW|CROSSUP|CROSSDOWN")
    against = {"RISE": ("BELOW", "CROSSDOWN"), "FALL": ("ABOVE", "CROSSUP", "EXCEED")}
    if verb is not None and mark is not None and mark.kind in against.get(verb.kind, ()):
        cur.at = begun  # "rises below 85k" cannot be
        return None
    if mark is not None:
        crossing = verb is not None and verb.kind == "BREAK"
        match mark.kind:
            case "ABOVE" | "EXCEED":
                return "crosses_above" if crossing else ">="
            case "BELOW":
                return "crosses_below" if crossing else "<="
            case "CROSSUP":
                return "crosses_above"
            case _:
                return "crosses_below"
    if verb is not None and verb.kind in ("REACH", "BREAK"):
        return "hits"
    if led and verb is not None:
        return ">=" if verb.kind == "RISE" else "<="
    if led:
        return "hits"
    cur.at = begun
    return None


def level_operator(comparison: Comparison) -> Literal[">=", "<="] | None:
    """The operator of a price level; None where the current price decides."""
    match comparison:
        case ">=" | "crosses_above":
            return ">="
        case "<=" | "crosses_below":
            return "<="
        case "hits":
            return None


def read_subject(cur: Cursor) -> Subject:
    """Whatever the clause begins by speaking of; may be empty."""
    subject = Subject()
    while True:
        kind = cur.peek().kind
        match kind:
            case "COIN":
                if subject.market is not None:
                    return subject
                subject.market = cur.next().value
            case "POSITION" if cur.peek().text.lower() == "size" and cur.peek(1).kind in ("NUM", "COLON", "OF"):
                return subject  # "size: $300" is a size, not a position.
            case "I" if cur.peek().text.lower() in ("i", "we") and _is_slip(cur):
                return subject  # for "if SOL drops", "it drops": no loss of mine
            case "MY" | "I" | "IT" | "PRICE" | "POSITION":
                cur.next()
                _note(subject, kind)
            case "ALL" | "EVERYTHING" if not subject.empty or kind == "EVERYTHING":
                cur.next()
                subject.whole = True
                subject.everything = subject.everything or kind == "EVERYTHING"
            case "LONG" | "LONGNOUN" | "SHORT" | "SHORTNOUN" if subject.market or subject.my or _is_side(cur):
                cur.next()
                subject.side = "long" if kind.startswith("LONG") else "short"
                subject.position = True
            case "OF" | "ON" if not subject.empty and cur.peek(1).kind in ("COIN", "MY", "POSITION"):
                cur.next()
            case _:
                return subject


def _is_slip(cur: Cursor) -> bool:
    """Whether "i" stands for "if" or "it": "i SOL drops", "i drops"."""
    behind = cur.peek(1)
    return behind.kind in ("COIN", "IT", "PRICE") or (behind.kind in ("FALL", "RISE") and behind.text[-1:] == "s")


def _is_side(cur: Cursor) -> bool:
    """Whether "long" or "short" here names a position: `of the short`, `long position`."""
    if cur.peek().kind.endswith("NOUN"):
        return True
    if cur.peek().text.lower() in ("longs", "shorts") and cur.peek(-1).kind in ("ALL", "EVERYTHING", "CLOSE"):
        return True
    if cur.peek(-1).kind in ("CLOSE", "COVER", "TRIM") and cur.sees("LONG|SHORT", "COIN") and cur.peek(2).kind != "NUM":
        return True  # "close long SOL"
    return cur.peek(-1).kind in ("OF", "ON", "FOR", "CLOSE", "COVER", "TRIM") and cur.peek(1).kind not in (
        "NUM",
        "COIN",
        "VAGUE",
        "NOCOIN",
    )


def _note(subject: Subject, kind: str) -> None:
    match kind:
        case "MY":
            subject.my = True
        case "I":
            subject.me = True
        case "IT":
            subject.it = True
        case "PRICE":
            subject.price = True
        case _:
            subject.position = True


def read_reference(cur: Cursor) -> Subject | None:
    """A position or coin after an optional "of", "on", "from", "for": `of my SOL long`; None puts the cursor back."""
    begun = cur.at
    cur.skip("OF|ON|FROM|FOR")
    whole = cur.skip("ALL")
    cur.skip("OF")
    everything = cur.take("EVERYTHING") is not None
    subject = read_subject(cur)
    if subject.me or subject.price or (subject.empty and not everything and not whole):
        cur.at = begun
        return None
    subject.whole = subject.whole or whole
    subject.everything = subject.everything or everything
    return subject


def outdoes_share(cur: Cursor, size: Amount | None) -> bool:
    """Whether "all" comes behind a share that is not the whole: "sell half at 160, all of it"."""
    before = cur.peek(-1)
    part = size is not None and size.unit == "percent" and size.value != HUNDRED
    of_which = before.kind in ("OF", "ON", "FROM") or (before.kind == "NUM" and before.value.unit == "percent")
    return part and not of_which
