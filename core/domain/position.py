"""What an owner holds at a venue: positions, collateral and the margin arithmetic on them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core.domain.money import HUNDRED, ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """An open position: signed `base` (long > 0), average `entry_price` and `mark` in quote.

    `funding` is what funding has paid (+) or cost (-) this position in quote since it was opened.
    """

    market: str
    base: Decimal
    entry_price: Decimal
    mark: Decimal
    liquidation_price: Decimal | None = None
    funding: Decimal = ZERO

    @property
    def side(self) -> Literal["long", "short"]:
        """Which way it profits."""
        return "long" if self.base > 0 else "short"

    @property
    def notional(self) -> Decimal:
        """Absolute size at the mark, in quote."""
        return abs(self.base) * self.mark

    @property
    def unrealised_pnl(self) -> Decimal:
        """Profit at the mark without funding, in quote."""
        return self.base * (self.mark - self.entry_price)

    @property
    def pnl_percent(self) -> Decimal:
        """Unrealised profit in percent of entry notional."""
        return self.unrealised_pnl / (abs(self.base) * self.entry_price) * HUNDRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One owner's account at a venue, in quote.

    `equity` = collateral + unrealised profit; `initial_margin` and `maintenance_margin` are what positions and resting
    orders tie up at that level. `by_hand` = its owner's own wallet signs each order, so nothing is placed ahead there.
    """

    venue: str
    collateral: Decimal
    positions: tuple[Position, ...] = ()
    initial_margin: Decimal = ZERO
    maintenance_margin: Decimal = ZERO
    by_hand: bool = False

    @property
    def equity(self) -> Decimal:
        """Collateral and unrealised profit together, in quote."""
        return self.collateral + sum((p.unrealised_pnl for p in self.positions), ZERO)

    @property
    def free_collateral(self) -> Decimal:
        """What may still back new positions, in quote; never below zero."""
        return max(ZERO, self.equity - self.initial_margin)

    @property
    def leverage(self) -> Decimal:
        """Notional of all positions per unit of equity; zero with nothing open or nothing left."""
        if self.equity <= 0:
            return ZERO
        return sum((p.notional for p in self.positions), ZERO) / self.equity

    @property
    def health(self) -> Decimal:
        """100 with nothing at risk, 0 at liquidation: the share of equity that maintenance margin does not need."""
        if self.maintenance_margin == 0:
            return HUNDRED
        if self.equity <= 0:
            return ZERO
        return min(HUNDRED, max(ZERO, (1 - self.maintenance_margin / self.equity) * HUNDRED))

    @property
    def margin_ratio(self) -> Decimal:
        """Equity in percent of the notional of all positions; 100 with nothing open."""
        notional = sum((p.notional for p in self.positions), ZERO)
        return HUNDRED if notional == 0 else max(ZERO, self.equity) / notional * HUNDRED

    def position(self, market: str) -> Position | None:
        """The open position of *market*, or None."""
        return next((p for p in self.positions if p.market == market and p.base != 0), None)
