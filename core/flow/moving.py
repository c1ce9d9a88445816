"""Moving a stop: the rule that guards a position gets a new price, as a new version; decides which rule that is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from core.domain.action import MoveStop, is_exit
from core.domain.condition import PriceChange, PriceLevel, Trailing
from core.domain.position import Account, Position
from core.domain.rule import Rule, RuleState
from core.domain.wording import say_level
from core.flow import lifecycle
from core.ports import Transaction


async def move_stop(
    tx: Transaction,
    by: Rule,
    action: MoveStop,
    account: Account,
    prices: Mapping[str, Decimal],
    now: datetime,
) -> tuple[bool, str]:
    """Set every stop of the market to the new price: whether there was one, and in words what came of it.

    A stop is an armed or held exit that fires on the losing side of the position: below the price for a long, above it
    for a short. Its condition becomes that price; everything else of it stays as it was confirmed.
    """
    position = account.position(action.market)
    if position is None:
        return False, f"there is no {action.market} position whose stop could be moved"
    to = action.to if isinstance(action.to, Decimal) else position.entry_price
    stops = [
        rule
        for rule in await tx.rules({RuleState.ARMED, RuleState.HELD, RuleState.PAUSED})
        if rule.id != by.id and _is_stop(rule, position, prices.get(action.market, position.mark))
    ]
    for rule in stops:
        level = PriceLevel(
            market=action.market,
            operator="<=" if position.base > 0 else ">=",
            price=to,
            for_s=getattr(rule.spec.condition, "for_s", None),
        )
        moved = replace(rule, spec=replace(rule.spec, condition=level), version=rule.version + 1)
        await tx.save_rule(moved, was=rule.state, version=rule.version)
        if rule.state is RuleState.ARMED:
            await lifecycle.arm(tx, moved, at=now, why="resumed", prices=prices, memory={})
    if not stops:
        return False, f"you have no {action.market} stop to move; none was made"
    labels = ", ".join(rule.label for rule in stops)
    are = "stop" if len(stops) == 1 else "stops"
    return True, f"the {are} {labels} {'is' if len(stops) == 1 else 'are'} now at {say_level(to)}"


def _is_stop(rule: Rule, position: Position, price: Decimal) -> bool:
    condition = rule.spec.condition
    if not is_exit(rule.spec.action) or getattr(condition, "market", None) != position.market:
        return False
    losing = "down" if position.base > 0 else "up"
    match condition:
        case PriceLevel(operator=operator, price=level):
            beyond = level < price if losing == "down" else level > price
            return operator == ("<=" if losing == "down" else ">=") and beyond
        case PriceChange(direction=direction) | Trailing(direction=direction):
            return direction == losing
        case _:
            return False
