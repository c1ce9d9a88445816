"""How far an armed rule is from firing, in words, from what is known already; decides no trigger."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from core.domain.condition import AccountLevel, FundingRate, PositionPnl, Trailing, leaves
from core.domain.level import moved
from core.domain.market import Observation
from core.domain.money import HUNDRED, ZERO
from core.domain.position import Account
from core.domain.rule import Rule
from core.domain.wording import (
    say_level,
    say_money,
    say_number,
    say_percent,
    say_rough_percent,
    say_signed_money,
    trigger_levels,
)


def nearness(rule: Rule, account: Account, seen: Sequence[Observation]) -> list[str]:
    """One line for each price, level or amount that *rule* waits for, with where that stands now."""
    prices = {observation.market: observation.price for observation in seen}
    lines = [
        _to_price(what, level, prices[market])
        for what, market, level in _levels(rule, account)
        if prices.get(market, ZERO) != ZERO
    ]
    for leaf in leaves(rule.spec.condition):
        match leaf:
            case PositionPnl():
                lines += _to_pnl(leaf, account)
            case AccountLevel(metric=metric):
                lines.append(f"now {_metric(metric, account)}")
            case FundingRate(market=market):
                rates = [seen_one.funding_rate for seen_one in seen if seen_one.market == market]
                lines += [f"now {say_percent(rate)} per hour" for rate in rates if rate is not None]
            case _:
                continue
    return lines


def _levels(rule: Rule, account: Account) -> Iterator[tuple[str, str, Decimal]]:
    condition = rule.spec.condition
    entries: Mapping[str, Decimal] = {held.market: held.entry_price for held in account.positions if held.base != 0}
    for market, level in trigger_levels(condition, rule.references, entries):
        yield "fires", market, level
    if isinstance(condition, Trailing):
        extreme = rule.memory.get("extreme")
        if extreme is not None:
            up = condition.direction == "up"
            yield "fires", condition.market, moved(Decimal(extreme), condition.distance, condition.unit, up=up)
        elif condition.activation_price is not None:
            yield "starts to trail", condition.market, condition.activation_price


def _to_price(what: str, level: Decimal, now: Decimal) -> str:
    return (
        f"{what} at {say_level(level)}, {say_rough_percent(abs(level - now) / now * HUNDRED)}"
        f" {'below' if level < now else 'above'} the price now ({say_level(now)})"
    )


def _to_pnl(wanted: PositionPnl, account: Account) -> list[str]:
    held = [p for p in account.positions if p.base != 0 and wanted.market in {"*", p.market}]
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
