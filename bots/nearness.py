"""How far an armed rule is from firing, in words, from what is known already; decides no trigger."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from core.domain.condition import Indicator, Trailing, leaves
from core.domain.market import Observation
from core.domain.money import ZERO
from core.domain.position import Account
from core.domain.rule import Rule
from core.domain.trigger import TriggerLine, trigger_lines
from core.domain.wording import say_gauge, say_level, say_now, say_rough_percent

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
    funding = {seen_one.market: seen_one.funding_rate for seen_one in seen if seen_one.funding_rate is not None}
    for leaf in leaves(rule.spec.condition):
        if isinstance(leaf, Indicator) and gauges is not None and leaf in gauges:
            lines.append(say_gauge(leaf, *gauges[leaf]))
        lines += say_now(leaf, account, funding)
    return lines


def _to_price(what: str, line: TriggerLine, now: Decimal) -> str:
    side = "below" if line.price < now else "above"
    off = say_rough_percent(abs(line.percent(now)))
    return f"{what} at {say_level(line.price)}, {off} {side} the price now ({say_level(now)})"
