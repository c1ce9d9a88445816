"""What the account would be like once a rule's order has filled, in words: estimated, binding nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.domain.action import LimitOrder
from core.domain.market import Market
from core.domain.money import HUNDRED, ZERO
from core.domain.position import Account
from core.domain.rule import RuleSpec
from core.domain.wording_amounts import say_amount, say_money, say_number, say_percent, say_price
from core.domain.wording_estimate import Move, Reading, move_of

_BPS = Decimal(10_000)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the estimate stands on: the account, the markets as listed, funding now (percent an hour, longs pay)."""

    account: Account
    markets: Mapping[str, Market]
    funding: Mapping[str, Decimal]


def say_consequences(spec: RuleSpec, reading: Reading, ground: Ground) -> list[str]:
    """The position, margin, liquidation price, fee and funding after the rule's order; empty where none can be told."""
    move = move_of(spec, reading)
    market = ground.markets.get(getattr(spec.action, "market", ""))
    if move is None or market is None or move.price <= 0:
        return []
    after = move.before + move.change
    held = _say_position(move.before, market.symbol)
    lines = [f"Position after: {_say_position(after, market.symbol)} (before: {held})."]
    facts = []
    if spec.after is None:
        facts += _say_margin(move, after, market, ground.account, getattr(spec.action, "leverage", None))
    facts.append(_say_fee(spec, move, market))
    rate = ground.funding.get(market.symbol)
    if rate is not None and after != 0:
        facts.append(_say_funding(after * move.price * rate / HUNDRED))
    said = "; ".join(facts)
    return [*lines, f"{said[0].upper()}{said[1:]}."]


def liquidation_after(move: Move, after: Decimal, market: Market, account: Account) -> Decimal | None:
    """The price (quote) at which the account would be liquidated by this market alone; None where there is none.

    Every other market stays where it is. Equity moves with the position, maintenance margin with its notional.
    """
    held = account.position(market.symbol)
    mark, base = (held.mark, held.base) if held is not None else (move.price, ZERO)
    equity = account.equity + base * (move.price - mark)
    others = max(ZERO, account.maintenance_margin - market.maintenance_margin * abs(base) * mark)
    slope = after - market.maintenance_margin * abs(after)
    if after == 0 or slope == 0:
        return None
    price = (after * move.price - equity + others) / slope
    return price if price > 0 else None


def _say_margin(move: Move, after: Decimal, market: Market, account: Account, leverage: Decimal | None) -> list[str]:
    """What the venue ties up: initial margin of the change. Leverage that was said sizes the order and ties up no more,
    because accounts are cross-margined; so what its owner commits is told beside it.
    """
    grown = (abs(after) - abs(move.before)) * move.price
    used = market.initial_margin * grown
    said = []
    if used > 0:
        said.append(f"Margin used: about {say_money(used)} of {say_money(account.free_collateral)} free")
        if used > account.free_collateral:
            said[0] += ", which is not enough"
        if leverage is not None:
            said.append(
                f"at {say_number(leverage)}x you commit {say_money(grown / leverage)} (the whole account backs it)"
            )
    elif used < 0:
        said.append(f"Margin freed: about {say_money(-used)}")
    if after != 0:
        if account.equity > 0:
            exposure = max(_CENT, account.leverage + grown / account.equity).quantize(_CENT)
            said.append(f"account leverage after: about {say_number(exposure)}x")
        at = liquidation_after(move, after, market, account)
        said.append("no liquidation price after" if at is None else f"liquidation price after: about {say_price(at)}")
    return said


def _say_fee(spec: RuleSpec, move: Move, market: Market) -> str:
    order = getattr(spec.action, "order", None)
    maker = isinstance(order, LimitOrder) and order.post_only
    bps = market.maker_fee_bps if maker else market.taker_fee_bps
    fee = abs(move.change) * move.price * bps / _BPS
    name = "rebate" if fee < 0 else "fee"
    return f"{name}: about {say_money(abs(fee))} ({say_percent(abs(bps) / 100)})"


def _say_funding(cost: Decimal) -> str:
    if cost == 0:
        return "no funding now"
    return f"funding now: {'costs' if cost > 0 else 'earns'} about {say_money(abs(cost))} per hour"


def _say_position(base: Decimal, market: str) -> str:
    return "none" if base == 0 else f"{say_amount(abs(base), market)} {'long' if base > 0 else 'short'}"
