"""Rules that exclude each other: held while one's order is unproven, then cancelled or watched again."""

from datetime import datetime

from core.domain.action import leaves_the_rest_armed
from core.domain.rule import Rule, RuleState
from core.flow import lifecycle
from core.flow.asking import ask_cancel
from core.ports import Transaction


async def hold_siblings(tx: Transaction, rule: Rule, now: datetime) -> None:
    """Put aside the armed rules that exclude *rule*, until its order is proven."""
    for sibling in await siblings_of(tx, rule, {RuleState.ARMED}):
        await lifecycle.hold(tx, sibling, rule, now)


async def siblings_of(tx: Transaction, rule: Rule, states: set[RuleState]) -> list[Rule]:
    """The other rules of the same set and `oco_group`."""
    if rule.spec.oco_group is None:
        return []
    return [
        other
        for other in await tx.rules(states)
        if other.set_id == rule.set_id and other.id != rule.id and other.spec.oco_group == rule.spec.oco_group
    ]


async def settle_siblings(tx: Transaction, rule: Rule, now: datetime, *, filled: bool) -> None:
    """Cancel what *rule* excludes once it has filled, or let it be watched again if it ended without a fill."""
    if filled:
        if leaves_the_rest_armed(rule.spec.action):
            return
        doomed = {RuleState.HELD, RuleState.ARMED, RuleState.PAUSED, RuleState.WAITING}
        for listed in await siblings_of(tx, rule, doomed):
            sibling = await tx.rule(listed.id)  # cancelling one cancels what waited for it, further down this list
            if sibling is not None and sibling.state in doomed:
                await lifecycle.cancel(tx, sibling, now, f"{rule.label} fired instead")
        for sibling in await siblings_of(tx, rule, {RuleState.FIRING}):
            await ask_cancel(tx, None, rule_id=sibling.id, sentries=True)
        return
    for sibling in await siblings_of(tx, rule, {RuleState.HELD}):
        if sibling.held_by == rule.id:
            await lifecycle.arm(tx, sibling, at=now, why="released", prices={})
