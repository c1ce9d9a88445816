"""What trades at which price against a modelled order book, and which orders make sense; decides nothing on margin.

The model. Each side of a market's book begins half a spread away from the mark and holds the same notional on every
basis point from there on (`Depth`). An order takes from the best price outward, so that its average price lies half
way between the first and the last basis point it reached: impact grows with size. What an owner took grows back over
`REFILL_S` seconds, so that cutting an order into pieces does not make it cheaper at one instant. Beyond `BAND_BPS`
of the mark there is nothing to trade with.

A resting order is filled at its own price: for every basis point that the mark went through it, by the depth of that
basis point; and at the touch by a share of the volume that traded, or of one basis point where volume is unknown.

Depth varies from instant to instant by a hash of seed, market and time of the mark: two orders at one instant meet
the same book, and the same history gives the same fills whatever the orders are called.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from core.domain.errors import VenueRejected
from core.domain.market import Market, Observation, Side
from core.domain.money import BPS, HUNDRED, ONE, ZERO, floor_to, plain, round_price
from core.domain.order import OrderIntent
from core.venues.paper.book import PaperOrder, Taken

BAND_BPS = Decimal(500)
REFILL_S = 10
VOLUME_SHARE = Decimal("0.1")
"""Share of the traded volume that reaches one resting order at the touch; others were there before it."""

MAX_NOTIONAL = Decimal(10) ** 9
"""Largest order in quote: keeps every product exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """One side of a book: where it begins, in basis points of the mark, and what it holds on each, in quote.

    What it holds varies from instant to instant between 1 - `variation` and 1 + `variation` of `quote_per_bps`.
    """

    half_spread_bps: Decimal
    quote_per_bps: Decimal
    variation: Decimal = Decimal("0.2")

    def at(self, seed: int, market: str, instant: datetime) -> "Depth":
        """This depth as it is at *instant*."""
        digest = hashlib.blake2b(f"{seed}|{market}|{instant.timestamp():.6f}".encode(), digest_size=4).digest()
        chance = Decimal(int.from_bytes(digest, "big")) / (1 << 32)
        factor = 1 + self.variation * (2 * chance - 1)
        return replace(self, quote_per_bps=self.quote_per_bps * factor)

    def take(
        self, market: Market, side: Side, base: Decimal, *, mark: Decimal, worst: Decimal, taken: Decimal = ZERO
    ) -> tuple[Decimal, Decimal] | None:
        """The base and average price of taking up to *base* at *worst* (on the tick) or better; None for nothing.

        *taken* is the notional that is missing from the book at present.
        """
        sign = ONE if side == "buy" else -ONE
        reach = min(BAND_BPS, sign * (worst / mark - 1) * BPS)
        room = reach - self.half_spread_bps - taken / self.quote_per_bps
        size = min(base, floor_to(max(ZERO, room) * self.quote_per_bps / mark, market.step))
        if size <= 0:
            return None
        impact = self.half_spread_bps + (taken + size * mark / 2) / self.quote_per_bps
        return size, round_price(mark * (1 + sign * impact / BPS), market.tick, up=side == "buy")

    def reaches(self, side: Side, limit: Decimal, mark: Decimal) -> bool:
        """Whether an order at *limit* would trade at once."""
        sign = ONE if side == "buy" else -ONE
        return sign * limit >= sign * mark * (1 + sign * self.half_spread_bps / BPS)

    def make(
        self, market: Market, side: Side, base: Decimal, *, mark: Observation, limit: Decimal, made: Decimal = ZERO
    ) -> Decimal:
        """How much of *base* resting at *limit* trades there when *mark* is seen; zero short of it.

        *made* is the base of the owner's other orders that traded on this side at this observation.
        """
        sign = ONE if side == "buy" else -ONE
        through = sign * (limit - mark.price) / limit * BPS
        if through < 0:
            return ZERO
        touch = self.quote_per_bps / mark.price if mark.volume is None else mark.volume * VOLUME_SHARE
        reached = touch + through * self.quote_per_bps / mark.price - made
        return min(base, floor_to(max(ZERO, reached), market.step))


DEPTHS: Mapping[str, Depth] = MappingProxyType(
    {
        "BTC-PERP": Depth(half_spread_bps=Decimal("0.5"), quote_per_bps=Decimal(200_000)),
        "ETH-PERP": Depth(half_spread_bps=Decimal("0.5"), quote_per_bps=Decimal(100_000)),
        "SOL-PERP": Depth(half_spread_bps=Decimal("0.5"), quote_per_bps=Decimal(50_000)),
    }
)
"""Of the order of an on-chain venue's larger books; every other market is `OTHER_DEPTH`."""

OTHER_DEPTH = Depth(half_spread_bps=Decimal(2), quote_per_bps=Decimal(5_000))


def still_missing(taken: Taken | None, now: datetime) -> Decimal:
    """Notional (quote) of *taken* that has not grown back at *now*."""
    if taken is None:
        return ZERO
    elapsed = Decimal(max(timedelta(0), now - taken.at) // timedelta(microseconds=1)) / 1_000_000
    return taken.notional * max(ZERO, 1 - elapsed / REFILL_S)


def worst_price(market: Market, order: PaperOrder, mark: Decimal) -> Decimal:
    """The worst price (quote, on the tick) at which an active *order* may take.

    A market order's bound is counted from the price it was sized at, a triggered one's from the mark that triggered it.
    """
    intent = order.intent
    if (limit := limit_price(intent, market, mark)) is not None:
        return limit
    reference = intent.oracle_price if intent.trigger_price is None else mark
    bps = BAND_BPS if intent.max_slippage_bps is None else Decimal(intent.max_slippage_bps)
    sign = ONE if intent.side == "buy" else -ONE
    return round_price(reference * (1 + sign * bps / BPS), market.tick, up=intent.side == "sell")


def limit_price(intent: OrderIntent, market: Market, mark: Decimal) -> Decimal | None:
    """The limit price (quote, on the tick) of an order while the market is at *mark*; None where it has none."""
    if intent.oracle_offset is None:
        return intent.price
    return round_price(mark + intent.oracle_offset, market.tick, up=intent.side == "sell")


def is_triggered(intent: OrderIntent, mark: Decimal) -> bool:
    """Whether *mark* has reached the trigger price (reaching it is enough)."""
    if intent.trigger_price is None:
        return False
    return mark >= intent.trigger_price if intent.trigger_when == ">=" else mark <= intent.trigger_price


def beyond_band(intent: OrderIntent, reference: Decimal) -> str:
    """Why a limit price so much worse than *reference* is refused; "" when it is not (Drift's error 6109)."""
    if intent.price is None:
        return ""
    sign = ONE if intent.side == "buy" else -ONE
    beyond = sign * (intent.price / reference - 1) * BPS
    if beyond <= BAND_BPS:
        return ""
    return (
        f"the limit price {plain(intent.price)} is {beyond / HUNDRED:.1f} % beyond {plain(reference)}"
        f" (at most {plain(BAND_BPS / HUNDRED)} %)"
    )


def on_grid(intent: OrderIntent, markets: Mapping[str, Market]) -> OrderIntent:
    """*intent* with its size and prices on the market's grid.

    As on Drift v2, sizes are floored to the step; limit and trigger prices go down for buys and up for sells; the
    minimum size does not bind reduce-only orders. Raises VenueRejected, in words, for what no market could take.
    """
    market = markets.get(intent.market)
    if market is None:
        raise VenueRejected(f"the market {intent.market} is not listed here")
    _check_shape(intent)
    base = floor_to(intent.base, market.step)
    least = market.step if intent.reduce_only else market.min_base
    if base < least:
        raise VenueRejected(
            f"the order of {plain(intent.base)} {market.base} is below the smallest of {plain(least)} {market.base}"
        )
    up = intent.side == "sell"
    rounded = {
        name: round_price(price, market.tick, up=up)
        for name, price in (("price", intent.price), ("trigger_price", intent.trigger_price))
        if price is not None
    }
    for price in rounded.values():
        if price <= 0:
            raise VenueRejected(f"a price is below one tick of {plain(market.tick)}")
    whole = replace(intent, base=base, price=rounded.get("price"), trigger_price=rounded.get("trigger_price"))
    highest = max((intent.oracle_price, *rounded.values()))
    if base * highest > MAX_NOTIONAL:
        raise VenueRejected(f"the order is worth more than the largest of ${MAX_NOTIONAL:,.0f}")
    if whole.trigger_price is not None and (reason := beyond_band(whole, whole.trigger_price)):
        raise VenueRejected(reason)
    return whole


def _check_shape(intent: OrderIntent) -> None:
    """Raises VenueRejected for a combination of settings that means nothing."""
    numbers = (intent.base, intent.oracle_price, intent.price, intent.trigger_price)
    if any(number is not None and not (number.is_finite() and number > 0) for number in numbers):
        raise VenueRejected("sizes and prices must be above zero")
    waits = intent.type in ("trigger_market", "trigger_limit")
    rests = intent.type in ("limit", "trigger_limit")
    offset = intent.oracle_offset
    follows = offset is not None
    if offset is not None and (intent.type != "limit" or intent.price is not None or not offset.is_finite()):
        raise VenueRejected("an offset from the oracle price takes the place of a limit order's price")
    if intent.immediate_or_cancel and (intent.type != "limit" or intent.post_only):
        raise VenueRejected("only a limit order that may take can be immediate-or-cancel")
    if rests != (intent.price is not None or follows):
        raise VenueRejected(f"a {intent.type} order {'needs' if rests else 'takes no'} limit price")
    if waits != (intent.trigger_price is not None and intent.trigger_when is not None):
        raise VenueRejected(f"a {intent.type} order {'needs' if waits else 'takes no'} trigger price and direction")
    if intent.post_only and intent.type != "limit":
        raise VenueRejected(f"a {intent.type} order cannot be post-only")
    if intent.max_slippage_bps is not None and not 0 < intent.max_slippage_bps < BPS:
        raise VenueRejected("the largest slippage must lie between 0 and 100 %")
