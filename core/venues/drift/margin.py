"""What an account is worth and what it must keep, in the program's integers, rounded as it rounds; decides no order.

After `math/margin.rs` and driftpy's `DriftUser`, to which tests hold it. The quote coin is a dollar, other
deposits count by their weight. Positions of predictions and of liquidity providers are not known here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core.domain.listing import LISTING
from core.domain.market import Market
from core.domain.money import HUNDRED, ZERO
from core.domain.position import Account, Position
from core.venues.drift.codec import Record
from core.venues.drift.units import (
    average_price,
    base_amount,
    margin_fraction,
    price_amount,
    quote_amount,
)

Category = Literal["initial", "maintenance"]

BASE = 10**9
_PRICE = 10**6
_RATIO = 10**4
_FUNDING_BUFFER = 10**3
_OPEN_ORDER = 10_000
"""Quote that each open order ties up: a cent."""


def amm(market: Record) -> Record:
    """Where a market keeps its tick, step, oracle and funding: apart on Drift, in the market itself on Velocity."""
    found: Record = market.get("amm", market)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Markets by index and their oracle prices (the program's integers); spot prices where they are not a dollar."""

    perps: Mapping[int, Record]
    spots: Mapping[int, Record]
    prices: Mapping[int, int]
    spot_prices: Mapping[int, int]


def positions(user: Record) -> list[Record]:
    """The perp positions in use: with a size, an open order or money still to be settled."""
    return [
        held
        for held in user["perp_positions"]
        if held["base_asset_amount"] or held["open_orders"] or held["quote_asset_amount"]
    ]


def worst_base(held: Record, price: int) -> int:
    """The position (signed base) if all open orders of its riskier side filled."""
    bids, asks = held["base_asset_amount"] + held["open_bids"], held["base_asset_amount"] + held["open_asks"]
    return int(asks if abs(asks) * price // BASE >= abs(bids) * price // BASE else bids)


def ratio(market: Record, size: int, category: Category, own: int = 0) -> int:
    """The margin ratio (1e4) that *size* base must keep; *own* is what its owner asked for, for opening only."""
    if market["status"] == "Settlement":
        return 0
    default = int(market[f"margin_ratio_{category}"])
    if category == "initial":
        default = max(default, own)
    return max(default, _premium(size, market["imf_factor"], default))


def _premium(size: int, factor: int, default: int) -> int:
    """A large position needs more."""
    if not factor:
        return default
    denominator = 100_000 * _PRICE // _RATIO
    return int(default - default // 5 + math.isqrt(abs(size) * 10 + 1) * factor // denominator)


def funding_pnl(held: Record, market: Record) -> int:
    """Quote that funding has paid (+) or cost (-) since it was last settled into the position."""
    base = held["base_asset_amount"]
    if not base:
        return 0
    side = "long" if base > 0 else "short"
    moved = amm(market)[f"cumulative_funding_rate_{side}"] - held["last_cumulative_funding_rate"]
    whole = -moved * base
    return int(whole // (BASE * _FUNDING_BUFFER) if whole >= 0 else -(-whole // (BASE * _FUNDING_BUFFER)))


def pnl(held: Record, market: Record, price: int, *, funding: bool = True) -> int:
    """Quote that closing at *price* would leave: profit, unsettled results, fees and, if wished, funding."""
    base = held["base_asset_amount"]
    value = abs(base) * price // BASE * (1 if base >= 0 else -1)
    return int(value + held["quote_asset_amount"] + (funding_pnl(held, market) if funding else 0))


def balance(held: Record, market: Record) -> int:
    """Tokens (the coin's integer) of a spot position, a debt negative; rounded as the program does."""
    digits = 10 ** (19 - market["decimals"])
    scaled = held["scaled_balance"]
    if held["balance_type"] == "Borrow":
        return int(-(-(scaled * market["cumulative_borrow_interest"]) // digits))
    return int(scaled * market["cumulative_deposit_interest"] // digits)


def deposits(user: Record, world: World, category: Category | None = None) -> int:
    """Quote value of all deposits less debts; by their weights in a *category*."""
    total = 0
    for held in user["spot_positions"]:
        if not held["scaled_balance"]:
            continue
        market = world.spots[held["market_index"]]
        amount = balance(held, market)
        price = world.spot_prices.get(held["market_index"], _PRICE)
        value = amount * price // 10 ** market["decimals"]
        if category is not None:
            weight = market[f"{category}_{'asset' if amount >= 0 else 'liability'}_weight"]
            value = value * weight // _RATIO
        total += value
    return total


def collateral(user: Record, world: World, category: Category) -> int:
    """Quote that counts as collateral: weighted deposits and profits."""
    total = deposits(user, world, category)
    quote = world.spot_prices.get(0, _PRICE)
    for held in positions(user):
        market = world.perps[held["market_index"]]
        result = pnl(held, market, world.prices[held["market_index"]]) * quote // _PRICE
        if result > 0:
            result = result * market[f"unrealized_pnl_{category}_asset_weight"] // _RATIO
        total += result
    return total


def requirement(user: Record, world: World, category: Category, *, buffer: int = 0) -> int:
    """Quote that all positions and open orders tie up; *buffer* (1e4) comes on top of every ratio in a liquidation."""
    total = 0
    quote = world.spot_prices.get(0, _PRICE)
    for held in positions(user):
        market, price = world.perps[held["market_index"]], world.prices[held["market_index"]]
        worst = worst_base(held, price)
        needs = ratio(market, abs(worst), category, user["max_margin_ratio"]) + buffer
        total += abs(worst) * price // BASE * quote // _PRICE * needs // _RATIO
        total += held["open_orders"] * _OPEN_ORDER
    return total


def free(user: Record, world: World, category: Category = "initial") -> int:
    """Collateral beyond the requirement; negative where it falls short."""
    return collateral(user, world, category) - requirement(user, world, category)


def liquidation_price(user: Record, world: World, held: Record) -> int | None:
    """The oracle price at which the account is liquidated, the others standing still; None if there is none above 0."""
    base, market = held["base_asset_amount"], world.perps[held["market_index"]]
    if not base:
        return None
    price = world.prices[held["market_index"]]
    needs = ratio(market, abs(base), "maintenance") * _PRICE // _RATIO
    slope = (_PRICE - needs) * base // BASE if base > 0 else (-_PRICE - needs) * -base // BASE
    if not slope:
        return None
    reached = price - max(0, free(user, world, "maintenance")) * _PRICE // slope
    return reached if reached > 0 else None


def account_of(user: Record, world: World, markets: Mapping[int, Market], venue: str) -> Account:
    """The account in the words of the domain.

    Results that were realised and not yet settled are collateral there; what the program discounts of open profits
    counts as tied up, so that free collateral is what the program would let an order use.
    """
    settled, listed = deposits(user, world), []
    for held in positions(user):
        market, price = world.perps[held["market_index"]], world.prices[held["market_index"]]
        settled += held["quote_asset_amount"] - held["quote_entry_amount"] + funding_pnl(held, market)
        base = held["base_asset_amount"]
        if not base or held["market_index"] not in markets:
            continue
        reached = liquidation_price(user, world, held)
        listed.append(
            Position(
                market=markets[held["market_index"]].symbol,
                base=base_amount(base),
                entry_price=average_price(held["quote_entry_amount"], base),
                mark=price_amount(price),
                liquidation_price=None if reached is None else price_amount(reached),
                funding=quote_amount(funding_pnl(held, market)),
            )
        )
    plain = Account(venue=venue, collateral=quote_amount(settled), positions=tuple(listed))
    spare = quote_amount(free(user, world, "initial"))
    discount = (
        quote_amount(settled)
        + sum((p.unrealised_pnl for p in listed), ZERO)
        - quote_amount(collateral(user, world, "maintenance"))
    )
    return Account(
        venue=venue,
        collateral=plain.collateral,
        positions=plain.positions,
        initial_margin=max(ZERO, plain.equity - spare),
        maintenance_margin=max(ZERO, quote_amount(requirement(user, world, "maintenance")) + _tiny(discount)),
    )


def _tiny(discount: Decimal) -> Decimal:
    """What the maintenance weights take off, without the millionths that two ways of rounding differ by."""
    return discount if discount > Decimal("0.001") else ZERO


def funding_percent(market: Record, price: Decimal) -> Decimal:
    """The last funding rate in percent of the price per hour, positive where longs pay; the program funds hourly."""
    rate = Decimal(int(amm(market)["last_funding_rate"]))
    return (rate / 10**9 / price * HUNDRED).quantize(Decimal("0.000001"))


def market_of(record: Record, symbol: str, taker_bps: Decimal, maker_bps: Decimal) -> Market:
    """A perp market in the words of the domain."""
    grid = amm(record)
    step = base_amount(grid["order_step_size"])
    base = symbol.removesuffix("-PERP")
    return Market(
        symbol=symbol,
        base=base,
        name=LISTING[symbol].name if symbol in LISTING else base,
        tick=price_amount(grid["order_tick_size"]),
        step=step,
        min_base=max(step, base_amount(grid.get("min_order_size", 0))),
        initial_margin=margin_fraction(record["margin_ratio_initial"]),
        maintenance_margin=margin_fraction(record["margin_ratio_maintenance"]),
        taker_fee_bps=taker_bps,
        maker_fee_bps=maker_bps,
    )
