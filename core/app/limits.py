"""An owner's limits, for surfaces: lowered at once, raised with consent; decides no denial."""

from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, cast

from core.app.consent import Consent
from core.app.parts import Parts
from core.codec import to_json
from core.domain.errors import BadInput
from core.domain.event import AccountLimitChanged
from core.domain.ids import OwnerId
from core.domain.limit import Limits
from core.domain.money import plain
from core.ports.access import Approval

_LARGEST = Decimal(10**12)
_WHOLE = {"max_slippage_bps": 10_000, "max_orders_a_day": 10**6}
_RAISE = "raise_limits"


class OwnLimits:
    """What the owner allows us to do at most."""

    def __init__(self, parts: Parts, consent: Consent) -> None:
        self._parts = parts
        self._consent = consent
        consent.deeds[_RAISE] = self._set

    async def view(self, owner: OwnerId) -> Limits:
        """The limits in force."""
        async with self._parts.store.begin(owner) as tx:
            return (await tx.read_owner()).limits

    async def change(self, owner: OwnerId, changes: Mapping[str, Decimal | int]) -> tuple[Limits, Approval | None]:
        """The limits now in force, and what waits for a signature where one was raised. Raises BadInput."""
        before = await self.view(owner)
        for name, value in changes.items():
            most = _WHOLE.get(name, _LARGEST)
            if not 0 <= value <= most:
                raise BadInput(f"Expected {name} from 0 to {most}, was {value}.", "Choose a smaller number.")
        raised = {name: value for name, value in changes.items() if value > getattr(before, name)}
        lowered = {name: value for name, value in changes.items() if value < getattr(before, name)}
        if lowered:
            await self._set(owner, to_json(lowered))
            await self._consent.record(owner, "lower_limits", "owner", to_json(lowered))
        if not raised:
            return await self.view(owner), None
        steps = (f"{name} from {_shown(getattr(before, name))} to {_shown(new)}" for name, new in raised.items())
        asked = await self._consent.ask(owner, _RAISE, to_json(raised), f"Raise {', '.join(steps)}")
        return await self.view(owner), asked if isinstance(asked, Approval) else None

    async def _set(self, owner: OwnerId, changes: Mapping[str, Any]) -> None:
        now = self._parts.clock.now()
        values: dict[str, Any] = {
            name: int(value) if name in _WHOLE else Decimal(value) for name, value in changes.items()
        }
        async with self._parts.store.begin(owner) as tx:
            person = await tx.read_owner()
            changed = replace(person.limits, **values)
            await tx.save_owner(replace(person, limits=changed))
            for name in (field.name for field in fields(Limits)):
                was, new = cast(Decimal, getattr(person.limits, name)), getattr(changed, name)
                if was != new:
                    event = AccountLimitChanged(at=now, owner=owner, limit=name, was=_shown(was), now=_shown(new))
                    await tx.append(event)


def _shown(value: Decimal | int) -> str:
    return plain(Decimal(value))
