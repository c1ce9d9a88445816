"""How far an armed rule is from firing, in words, from what is known already; decides no trigger."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from core.domain.condition import AccountLevel, FundingRate, Indicator, PositionPnl, Trailing, leaves
from core.domain.market import Observation
from core.domain.money import HUNDRED, ZERO
from core.domain.position import Account
from core.domain.rule import Rule
from core.domain.trigger import TriggerLine, trigger_lines
from core.domain.wording import (
    say_gauge,
    say_level,
    say_money,
    say_number,
    say_percent,
    say_rough_percent,
    say_signed_money,
)

Gauges = Mapping[Indicator, tuple[Decimal, Decimal | None]]
"""Where indicators stand, each with the line that it is compared to."""


def nearness(rule: Rule, account: Account, seen: Sequence[Observation], gauges: Gauges | None = None) -> list[str]:
    """One line for each price, level or amount that *rule* waits for, with where that stands now."""
    prices = {observation.market: observation.price for observation in seen if observation.price != ZERO}
    entries = {held.market: held.entry_price for held in account.positions if held.base != 0}
    found = [("fires", line) for line in trigger_lines(rule, entries)]
    condition = rule.spec.condition
    if isinstance(condition, Trailing) and condition.activation_price is not None and not found:
        found.append(("starts to trail", TriggerLine(market=condition.market, price=condition.activation_price)))
    lines = [_to_price(what, line, prices[line.market]) for what, line in found if line.market in prices]
    for leaf in leaves(rule.spec.condition):
        match leaf:
            case PositionPnl():
                lines += _to_pnl(leaf, account)
            case AccountLevel(metric=metric):
                lines.append(f"now {_metric(metric, account)}")
            case Indicator() if gauges is not None and leaf in gauges:
                lines.append(say_gauge(leaf, *gauges[leaf]))
            case FundingRate(market=market):
                rates = [seen_one.funding_rate for seen_one in seen if seen_one.market == market]
                lines += [f"now {say_percent(rate)} per hour" for rate in rates if rate is not None]
            case _:
                continue
    return lines


def _to_price(what: str, line: TriggerLine, now: Decimal) -> str:
    side = "below" if line.price < now else "above"
    off = say_rough_percent(abs(line.percent(now)))
    return f"{what} at {say_level(line.price)}, {off} {side} the price now ({say_level(now)})"


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
