"""How somebody wants to be told, that they want to be forgotten, and what an operator may ask; decides no words."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, get_args

from core.app.account import check_timezone
from core.app.engine import HEARTBEAT
from core.app.parts import TIME_OUT_S, Parts
from core.db.census import Census
from core.domain.errors import BadInput, Conflict
from core.domain.event import AccountAnnounced
from core.domain.ids import OwnerId
from core.domain.money import ZERO
from core.domain.order import IN_FLIGHT, OrderState
from core.domain.owner import Owner
from core.domain.preference import ALWAYS_TOLD, Loudness, Preferences, QuietHours, Topic
from core.domain.rule import LIVE, RuleState
from core.domain.wording import say_bps
from core.flow import lifecycle
from core.ports import Transaction

TOPICS: tuple[Topic, ...] = get_args(Topic)
_MOST_SLIPPAGE_BPS = 1_000
_ALIVE_WITHIN = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What somebody chooses; None leaves as it was. `quiet` "off" = never, `notices` names only what changes."""

    timezone: str | None = None
    notices: Mapping[Topic, Loudness] = field(default_factory=dict)
    quiet: QuietHours | Literal["off"] | None = None
    slippage_bps: int | None = None
    show_in_groups: bool | None = None


class People:
    """Preferences of one person, and counts over all."""

    def __init__(self, parts: Parts, census: Census) -> None:
        self._parts = parts
        self._census = census

    async def choose(self, owner: OwnerId, chosen: Choice) -> Owner:
        """Everything of *chosen* at once, or nothing. Raises BadInput for what cannot be chosen."""
        if chosen.timezone is not None:
            check_timezone(chosen.timezone)
        for topic, loudness in chosen.notices.items():
            if loudness == "off" and topic in ALWAYS_TOLD:
                raise BadInput(f"Notices about your {topic} cannot be switched off.", f"Try /settings {topic} silent.")
        async with self._parts.store.begin(owner) as tx:
            person = await tx.read_owner()
            old, bps = person.preferences, chosen.slippage_bps
            most = min(person.limits.max_slippage_bps, _MOST_SLIPPAGE_BPS)
            if bps is not None and not 1 <= bps <= most:
                raise BadInput(
                    f"Expected a slippage from {say_bps(1)} to {say_bps(most)}, was {say_bps(bps)}.",
                    "/limits shows yours.",
                )
            preferences = Preferences(
                notices=dict(old.notices) | {str(topic): loudness for topic, loudness in chosen.notices.items()},
                quiet=old.quiet if chosen.quiet is None else None if chosen.quiet == "off" else chosen.quiet,
                slippage_bps=old.slippage_bps if bps is None else bps,
                show_in_groups=old.show_in_groups if chosen.show_in_groups is None else chosen.show_in_groups,
            )
            person = replace(person, timezone=chosen.timezone or person.timezone, preferences=preferences)
            await tx.save_owner(person)
        return person

    async def tell(self, owner: OwnerId, topic: Topic, loudness: Loudness) -> Owner:
        """Tell *owner* of *topic* on, silent or off from now on. Raises BadInput for what is always told."""
        return await self.choose(owner, Choice(notices={topic: loudness}))

    async def be_quiet(self, owner: OwnerId, hours: QuietHours | None) -> Owner:
        """Tell everything silently in those hours; None = never."""
        return await self.choose(owner, Choice(quiet=hours or "off"))

    async def show_in_groups(self, owner: OwnerId, *, shown: bool) -> Owner:
        """Whether a group may see what the owner asks there about their own account."""
        return await self.choose(owner, Choice(show_in_groups=shown))

    async def set_slippage(self, owner: OwnerId, bps: int) -> Owner:
        """The slippage, in basis points, of market orders that name none. Raises BadInput beyond the owner's limit."""
        return await self.choose(owner, Choice(slippage_bps=bps))

    async def check_leaving(self, owner: OwnerId) -> None:
        """Raises Conflict while a position is open or an order is in flight."""
        async with asyncio.timeout(TIME_OUT_S):
            account = await self._parts.venue.account(owner)
        held = [position.market for position in account.positions if position.base != ZERO]
        if held:
            raise Conflict(f"You hold a position in {', '.join(held)}.", "Close it first, then delete your account.")
        async with self._parts.store.begin(owner) as tx:
            await _check_orders(tx)

    async def forget(self, owner: OwnerId) -> None:
        """Delete everything about *owner*. Raises Conflict while a position is open or an order is in flight, and
        where something began meanwhile; what waited to act is cancelled by then.
        """
        async with self._parts.store.begin(owner) as tx:
            traded = await tx.fills(limit=1)
        await self.check_leaving(owner)
        now = self._parts.clock.now()
        async with self._parts.store.begin(owner) as tx:
            await _check_orders(tx)
            if await tx.fills(limit=1) != traded:
                raise Conflict("An order of yours has traded just now.", "See your positions, then try again.")
            for rule in await tx.rules(LIVE - {RuleState.FIRING}):
                await lifecycle.cancel(tx, rule, now, "the account is deleted")  # so that whoever watches lets go of it
        await self._census.forget(owner)

    async def counts(self) -> Mapping[str, int]:
        """What there is, for an operator."""
        return await self._census.counts()

    async def watched(self) -> bool:
        """Whether somebody watches the rules now."""
        heard = await self._parts.store.heard(HEARTBEAT)
        return heard is not None and self._parts.clock.now() - heard < _ALIVE_WITHIN

    async def announce(self, words: str) -> int:
        """Tell everybody *words*, an operator's; how many people that is."""
        owners = await self._parts.store.owners()
        now = self._parts.clock.now()
        for owner in owners:
            async with self._parts.store.begin(owner) as tx:
                await tx.append(AccountAnnounced(at=now, owner=owner, words=words))
        return len(owners)


async def _check_orders(tx: Transaction) -> None:
    if await tx.orders(states={*IN_FLIGHT, OrderState.PLANNED}):
        raise Conflict("An order of yours is open or on its way.", "Cancel it first, then delete your account.")
