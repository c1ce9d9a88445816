"""What an account was worth over time, worked out backwards from what it is worth now; decides no price."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.money import ZERO
from core.domain.position import Account

_CENT_OF_A_CENT = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What a trade, funding or a liquidation did to an account: signed `base` of `market`, and `quote` received."""

    at: datetime
    market: str
    base: Decimal
    quote: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Equity (quote) at an instant."""

    at: datetime
    equity: Decimal


Marks = Mapping[str, Sequence[tuple[datetime, Decimal]]]
"""By market the prices (quote) that were in force from an instant on, oldest first."""


def equity_at(times: Iterable[datetime], account: Account, movements: Iterable[Movement], marks: Marks) -> list[Worth]:
    """The equity at each of *times*, oldest first; what cannot be priced at an instant leaves it out.

    Equity is money received minus money paid plus what is held at its mark, so undoing movements needs no entry price:
    before a movement there was `base` less of the market and `quote` less money. *movements* must be all from the
    earliest of *times* on.
    """
    money = account.collateral - sum((held.base * held.entry_price for held in account.positions), ZERO)
    bases = {held.market: held.base for held in account.positions}
    later = sorted(movements, key=lambda movement: movement.at)
    found = []
    for at in sorted(times, reverse=True):
        while later and later[-1].at >= at:
            undone = later.pop()
            money -= undone.quote
            bases[undone.market] = bases.get(undone.market, ZERO) - undone.base
        worth: Decimal | None = money
        for market, base in bases.items():
            mark = _mark(marks.get(market, ()), at) if base != 0 else ZERO
            worth = None if worth is None or mark is None else worth + base * mark
        if worth is not None:
            found.append(Worth(at=at, equity=worth.quantize(_CENT_OF_A_CENT)))
    return found[::-1]


def _mark(known: Sequence[tuple[datetime, Decimal]], at: datetime) -> Decimal | None:
    place = bisect_right(known, at, key=lambda mark: mark[0])
    return known[place - 1][1] if place else None
