"""Who somebody is, what they hold, and the big switches: pause, resume, kill; always the owner's own."""

import asyncio
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from core.app.parts import TIME_OUT_S, Parts
from core.domain.errors import BadInput, VenueError
from core.domain.event import AccountKilled
from core.domain.ids import OwnerId
from core.domain.money import ZERO, plain
from core.domain.order import IN_FLIGHT, Fill, Order, OrderState
from core.domain.owner import Owner
from core.domain.position import Account
from core.domain.rule import Rule, RuleState
from core.flow import lifecycle
from core.flow.asking import ask_cancel
from core.flow.lifecycle import PAUSED_ALL
from core.ports import Transaction


class Accounts:
    """An owner's account. All methods raise SayWhenError subclasses with words for people."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def sign_in(self, channel: str, address: str) -> OwnerId:
        """The owner linked to an address of a channel, made if there is none."""
        known = await self._parts.store.owner_of(channel, address)
        if known is not None:
            return known
        return await self._parts.store.create_owner(channel, address, self._parts.clock.now())

    async def owner(self, owner: OwnerId) -> Owner:
        """The owner's settings."""
        return await self._parts.store.owner(owner)

    async def view(self, owner: OwnerId) -> Account:
        """The account at the venue as it is now."""
        async with asyncio.timeout(TIME_OUT_S):
            return await self._parts.venue.account(owner)

    async def orders(self, owner: OwnerId) -> list[Order]:
        """Orders that the venue has or may have, or that are planned, oldest first."""
        async with self._parts.store.begin(owner) as tx:
            return await tx.orders(states={*IN_FLIGHT, OrderState.PLANNED})

    async def trades(self, owner: OwnerId, limit: int = 10) -> list[Fill]:
        """The latest fills, oldest first."""
        async with self._parts.store.begin(owner) as tx:
            return await tx.fills(limit=limit)

    async def set_timezone(self, owner: OwnerId, tz: str) -> Owner:
        """Read the owner's times in *tz*, a name like Europe/Berlin, from now on."""
        check_timezone(tz)
        async with self._parts.store.begin(owner) as tx:
            person = replace(await tx.read_owner(), timezone=tz)
            await tx.save_owner(person)
        return person

    async def pause(self, owner: OwnerId) -> Owner:
        """Stop every rule from firing until resumed; orders at the venue stay, positions stay."""
        now = self._parts.clock.now()
        async with self._parts.store.begin(owner) as tx:
            person = await tx.read_owner()
            await self._pause_rules(tx, now, PAUSED_ALL)
            paused = replace(person, paused=True)
            await tx.save_owner(paused)
        return paused

    async def resume(self, owner: OwnerId) -> Owner:
        """Watch again what pausing everything stopped; rules that were paused one by one stay paused."""
        account = await self.view(owner)
        entries = {position.market: position.entry_price for position in account.positions}
        now = self._parts.clock.now()
        async with self._parts.store.begin(owner) as tx:
            resumed = replace(await tx.read_owner(), paused=False)
            await tx.save_owner(resumed)
            for rule in await tx.rules({RuleState.PAUSED}):
                if rule.reason == PAUSED_ALL:
                    await lifecycle.resume(tx, rule, at=now, prices=self._parts.prices(), entries=entries)
        return resumed

    async def kill(self, owner: OwnerId) -> AccountKilled:
        """Pause everything and cancel every order; positions stay open and are named, so that nobody is surprised."""
        now = self._parts.clock.now()
        try:
            positions = (await self.view(owner)).positions
        except (VenueError, TimeoutError):
            positions = ()  # the switch must work when the venue does not
        async with self._parts.store.begin(owner) as tx:
            await tx.save_owner(replace(await tx.read_owner(), paused=True))
            cancelled = await ask_cancel(tx, None, sentries=True)
            paused = await self._pause_rules(tx, now, PAUSED_ALL)
            event = AccountKilled(
                at=now,
                owner=owner,
                rules_paused=len(paused),
                orders_cancelled=cancelled,
                positions=tuple(f"{plain(p.base)} {p.market}" for p in positions if p.base != ZERO),
            )
            await tx.append(event)
        return event

    async def cancel_orders(self, owner: OwnerId, market: str | None) -> int:
        """Have resting orders of *market* (None = all) taken off the venue; how many were asked for."""
        async with self._parts.store.begin(owner) as tx:
            return await ask_cancel(tx, market)

    async def _pause_rules(self, tx: Transaction, now: datetime, why: str) -> list[Rule]:
        states = {RuleState.ARMED, RuleState.WAITING, RuleState.HELD}
        return [await lifecycle.pause(tx, rule, now, why) for rule in await tx.rules(states)]


def check_timezone(tz: str) -> None:
    """Raises BadInput for what is no time zone."""
    try:
        ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        city = tz.strip().casefold().replace(" ", "_")
        meant = sorted(zone for zone in available_timezones() if zone.casefold().rpartition("/")[2] == city)
        hint = (
            f"Did you mean {' or '.join(meant[:3])}?" if meant else "Use a name like Europe/Berlin or America/New_York."
        )
        raise BadInput(f"{tz!r} is no time zone I know.", hint) from None
