"""Whether the venue takes orders, told to those it concerns once that has changed and lasted; decides no words."""

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.action import trades
from core.domain.condition import ALL_MARKETS
from core.domain.errors import SayWhenError
from core.domain.event import Event, VenueLost, VenuePaused, VenueRecovered
from core.domain.ids import OwnerId
from core.domain.order import IN_FLIGHT, OrderState
from core.domain.rule import LIVE
from core.ports import Clock, Halt, Store, Transaction, VenueStatus

LASTS = timedelta(seconds=10)
"""A change is told once it has lasted this long: a hiccup, or the first seconds after a start, is nobody's news."""

_log = logging.getLogger(__name__)


class Standing:
    """What people were last told of one venue; what was told is stored, so a restart neither repeats nor forgets it.

    `silent` says of which markets a halt is not told: those whose price is told to be lost already. Called by whoever
    holds the venue's lease, one call at a time.
    """

    def __init__(self, store: Store, clock: Clock, venue: str, *, silent: Callable[[str], bool]) -> None:
        self._store = store
        self._clock = clock
        self._venue = venue
        self._silent = silent
        self._seen: dict[str | None, tuple[str, datetime]] = {}

    async def look(self, status: VenueStatus) -> None:
        """Tell what has changed between what was told and *status*."""
        now = self._clock.now()
        told = await self._store.standing(self._venue) or VenueStatus(state="open")
        settled = self._lasting(status, told, now)
        events = self._news(told, settled, now)
        if events:
            held = await self._store.holdings()
            for owner in sorted({*await self._store.engaged(), *held}):
                await self._tell(owner, events, held.get(owner, ()))
        if settled != told:
            await self._store.save_standing(self._venue, settled)

    def _lasting(self, status: VenueStatus, told: VenueStatus, now: datetime) -> VenueStatus:
        """*status* as far as it has lasted, and what was told where it has not."""
        state, reason = told.state, told.reason
        if self._lasts(None, status.state, told.state, now):
            state, reason = status.state, status.reason
        if status.state != "open":
            return VenueStatus(state=state, reason=reason, halted=told.halted)
        halted: dict[str, Halt] = {}
        for market in sorted({*status.halted, *told.halted}):
            is_now, was = status.halted.get(market), told.halted.get(market)
            lasts = self._lasts(market, _of(is_now), _of(was), now)
            kept = was if not lasts or (was is None and self._silent(market)) else is_now
            if kept is not None:
                halted[market] = kept
        return VenueStatus(state=state, reason=reason, halted=halted)

    def _lasts(self, what: str | None, seen: str, told: str, now: datetime) -> bool:
        """Whether *seen* is something else than was told, and has been seen for long enough."""
        if seen == told:
            self._seen.pop(what, None)
            return False
        before, since = self._seen.get(what, ("", now))
        if before != seen:
            self._seen[what] = (seen, now)
            return False
        return now - since >= LASTS

    def _news(self, told: VenueStatus, now_is: VenueStatus, at: datetime) -> list[Event]:
        venue = self._venue
        news: list[Event] = []
        if now_is.state != told.state:
            match now_is.state:
                case "open":
                    news.append(VenueRecovered(at=at, venue=venue))
                case "paused":
                    news.append(VenuePaused(at=at, venue=venue, reason=now_is.reason))
                case "lost":
                    news.append(VenueLost(at=at, venue=venue, reason=now_is.reason))
        for market in sorted({*told.halted, *now_is.halted}):
            is_now, was = now_is.halted.get(market), told.halted.get(market)
            if is_now is None:
                news.append(VenueRecovered(at=at, venue=venue, market=market))
            elif _of(is_now) != _of(was):
                news.append(VenuePaused(at=at, venue=venue, market=market, reason=is_now.reason))
        return news

    async def _tell(self, owner: OwnerId, events: list[Event], held: Collection[str]) -> None:
        try:
            async with self._store.begin(owner) as tx:
                markets = {*await _markets(tx), *held}
                for event in events:
                    market = getattr(event, "market", None)
                    if market is None or not {market, ALL_MARKETS}.isdisjoint(markets):
                        await tx.append(replace(event, owner=owner))
        except (SayWhenError, TimeoutError, OSError) as problem:
            _log.warning("owner %d is not told of the venue: %s", owner, problem)


async def _markets(tx: Transaction) -> set[str]:
    """Where the owner's rules would send orders, and where their orders are."""
    rules, orders = await tx.rules(LIVE), await tx.orders(states={*IN_FLIGHT, OrderState.PLANNED})
    sent = {getattr(rule.spec.action, "market", "") for rule in rules if trades(rule.spec.action)}
    return sent | {order.market for order in orders}


def _of(halt: Halt | None) -> str:
    """What a change of would be news: not the words, which may hold a time."""
    return "open" if halt is None else "exits only" if halt.exits else "halted"
