"""Where what a rule waits for stands just now, in words, beside the price that it may also wait for; fires nothing."""

from collections.abc import Mapping
from decimal import Decimal

from core.domain.condition import ALL_MARKETS, AccountLevel, Condition, FundingRate, PositionPnl
from core.domain.money import HUNDRED, ZERO
from core.domain.position import Account
from core.domain.wording_amounts import say_money, say_number, say_percent, say_rough_percent, say_signed_money


def say_now(leaf: Condition, account: Account, funding: Mapping[str, Decimal]) -> list[str]:
    """A line for a profit, a level of the account, or a funding rate; *funding* is percent an hour by market."""
    match leaf:
        case PositionPnl():
            return _profit(leaf, account)
        case AccountLevel(metric=metric):
            return [f"now {_metric(metric, account)}"]
        case FundingRate(market=market) if market in funding:
            return [f"now {say_percent(funding[market])} per hour"]
        case _:
            return []


def _profit(wanted: PositionPnl, account: Account) -> list[str]:
    held = [p for p in account.positions if p.base != 0 and wanted.market in {ALL_MARKETS, p.market}]
    if not held:
        return ["no such position is held"]
    pnl = sum((position.unrealised_pnl for position in held), ZERO)
    if wanted.unit == "usd":
        return [f"now {say_signed_money(pnl)}"]
    cost = sum((abs(position.base) * position.entry_price for position in held), ZERO)
    return [] if cost == 0 else [f"now {'-' if pnl < 0 else '+'}{say_rough_percent(abs(pnl) / cost * HUNDRED)}"]


def _metric(metric: str, account: Account) -> str:
    match metric:
        case "leverage":
            return f"{say_number(account.leverage.quantize(Decimal('0.01')))}x"
        case "free_collateral":
            return say_money(account.free_collateral)
        case "health":
            return say_rough_percent(account.health)
        case _:
            return say_rough_percent(account.margin_ratio)
