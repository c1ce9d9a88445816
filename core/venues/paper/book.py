"""What one owner has at the paper venue and how it moves by trades and money; decides no price and no permission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from core.codec import from_json, to_json
from core.domain.money import ZERO
from core.domain.order import Fill, OrderIntent
from core.ports import Document, Finding

QUOTE_UNIT = Decimal("0.000001")
"""All money moves in millionths of a dollar."""

ENTRY_DIGITS = Decimal("0.000001")
"""Average entry prices are kept to a millionth of the market's tick."""


def credit(amount: Decimal) -> Decimal:
    """*amount* as it reaches the owner (+) or leaves them (-), rounded against them to `QUOTE_UNIT`."""
    return amount.quantize(QUOTE_UNIT, rounding=ROUND_FLOOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An open position: signed `base`, average `entry` price, and `funding` exchanged since it was opened, in quote.

    `funded_at` is the hour (or the opening) up to which funding has been exchanged: it can never be exchanged twice.
    """

    base: Decimal
    entry: Decimal
    funding: Decimal = ZERO
    funded_at: datetime


def trade(
    holding: Holding | None, signed: Decimal, price: Decimal, *, tick: Decimal, at: datetime
) -> tuple[Holding | None, Decimal | None]:
    """The holding after *signed* base traded at *price*, and the profit that was realised (None if none was closed).

    A trade through zero closes the old position and opens a new one at *price*. The average entry price of a grown
    position is rounded against its owner.
    """
    if holding is None:
        return Holding(base=signed, entry=price, funded_at=at), None
    base = holding.base + signed
    if holding.base * signed > 0:
        unit = tick * ENTRY_DIGITS
        average = (holding.base * holding.entry + signed * price) / base
        entry = (average / unit).to_integral_value(ROUND_CEILING if base > 0 else ROUND_FLOOR) * unit
        return Holding(base=base, entry=entry, funding=holding.funding, funded_at=holding.funded_at), None
    closed = holding.base if abs(signed) >= abs(holding.base) else -signed
    realised = credit(closed * (price - holding.entry))
    if base == 0:
        return None, realised
    if base * holding.base > 0:
        return (
            Holding(base=base, entry=holding.entry, funding=holding.funding, funded_at=holding.funded_at),
            realised,
        )
    return Holding(base=base, entry=price, funded_at=at), realised


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Notional (quote) that the owner's orders took out of one side of a market's book, and when."""

    notional: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """One owner's account, in quote: cash is what was deposited and what trading, fees and funding made of it.

    `activities` counts what the venue did by itself; `taken` holds by "market:side" what the book has yet to refill;
    `changed_at` is when a trade or a transfer last changed what is held.
    """

    deposits: Decimal
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    holdings: Mapping[str, Holding] = field(default_factory=dict)
    taken: Mapping[str, Taken] = field(default_factory=dict)
    activities: int = 0
    changed_at: datetime | None = None

    @property
    def cash(self) -> Decimal:
        """Collateral without unrealised profit, in quote."""
        return self.deposits + self.realised - self.fees + self.funding

    def with_holding(self, market: str, holding: Holding | None) -> dict[str, Holding]:
        """The holdings with that of *market* replaced, or gone for None."""
        rest = {name: held for name, held in self.holdings.items() if name != market}
        return rest if holding is None else {**rest, market: holding}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOrder:
    """An order that the venue took in, on its grid: where it stands and every fill it had, oldest first."""

    signature: str
    intent: OrderIntent
    placed_at: datetime
    finding: Finding = Finding.LIVE
    triggered: bool = False
    fills: tuple[Fill, ...] = ()
    reason: str = ""

    @property
    def filled(self) -> Decimal:
        """Base that has traded."""
        return sum((fill.base for fill in self.fills), ZERO)

    @property
    def left(self) -> Decimal:
        """Base that has not traded."""
        return self.intent.base - self.filled

    @property
    def waits(self) -> bool:
        """Whether it still waits for its trigger."""
        return self.intent.trigger_price is not None and not self.triggered

    @property
    def price(self) -> Decimal | None:
        """The price (quote) at which it does something next; None for a market order."""
        return self.intent.trigger_price if self.waits else self.intent.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """A signature that may never take effect any more, because the owner was told so."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A second signature of an order that took effect under `signature`."""

    signature: str


Record = PaperOrder | Void | Alias
"""What the venue's books may hold under a signature."""

_KINDS: Mapping[str, type[Any]] = {"order": PaperOrder, "void": Void, "alias": Alias}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def record_to_json(record: Record) -> Document:
    """The document kept of *record*."""
    return {"is": _NAMES[type(record)], "what": to_json(record)}


def record_from_json(document: Document) -> Record:
    """The record that `record_to_json` wrote."""
    record: Record = from_json(_KINDS[document["is"]], document["what"])
    return record
