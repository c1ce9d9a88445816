"""What a withdrawn permission brings about: rules that trade rest until their owner acts; decides nothing else."""

from datetime import datetime

from core.domain.action import trades
from core.domain.errors import NoPermission, VenueRejected
from core.domain.event import AccountDelegateRevoked
from core.domain.ids import OwnerId
from core.domain.rule import RuleState
from core.flow import lifecycle
from core.ports import Store

WHY = "SayWhen may not trade your account any more"
_AWAKE = frozenset({RuleState.ARMED, RuleState.WAITING, RuleState.HELD})


async def rest_for_revoked(store: Store, owner: OwnerId, venue: str, now: datetime) -> int:
    """Pause every rule of *owner* that trades, and say so once; how many there were. A second call finds none."""
    async with store.begin(owner) as tx:
        awake = [rule for rule in await tx.rules(_AWAKE) if trades(rule.spec.action)]
        if awake:
            await tx.append(AccountDelegateRevoked(at=now, owner=owner, venue=venue))
        for rule in awake:
            await lifecycle.pause(tx, rule, now, WHY)
    return len(awake)


async def heed(refusal: VenueRejected, store: Store, owner: OwnerId, venue: str, now: datetime) -> None:
    """Where a venue refused for want of our permission, let no rule of *owner* try again until they act."""
    if isinstance(refusal, NoPermission):
        await rest_for_revoked(store, owner, venue, now)
