"""The watching half of the product as a scheduler drives it: what each cadence does, and what a start does first."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from functools import partial

from core.app.marks import Marks
from core.app.parts import Parts
from core.app.sweep import Abreast, Sweep
from core.domain.errors import SayWhenError, StorageUnavailable
from core.domain.event import EngineRecovered, Event
from core.domain.ids import OwnerId, RuleId
from core.domain.market import Observation
from core.domain.order import IN_FLIGHT
from core.domain.rule import RuleState
from core.flow.revoked import rest_for_revoked
from core.flow.sentry import calls_for_sentries, tend
from core.flow.settle import reconcile
from core.flow.standing import Standing
from core.flow.watch import Watch
from core.ports import Cursor, Fence
from core.prices.history import CandleBuilder, backfill
from core.watchlist import HeapWatchlist

PARTITIONS = 16
VENUE_LEASE = "venue"
HEARTBEAT = "watch"
BLIND = timedelta(seconds=30)
"""A longer absence is told to the owners it concerned."""
HISTORY_DAYS = 2
MARKS_EVERY_S = 0.25
MOST_SAMPLED = 2_000
START_S = 5.0
RENEW_EVERY_S = 1.0
STUCK = timedelta(seconds=20)
"""Leases are for whoever watches, not for whoever merely lives: after so long without a poll they are let go."""

_log = logging.getLogger(__name__)


def partition_of(owner: OwnerId) -> str:
    """The partition whose lease covers *owner*'s firings."""
    return f"watch:{owner % PARTITIONS}"


class Engine:
    """One process's share of the watching: the owners whose partitions it holds, and the paper venue if it holds that.

    Methods may be called from any task; what touches the watchlist takes turns.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._turn = asyncio.Lock()
        self._showing = asyncio.Lock()
        self._abreast = Abreast()
        self._sweep = Sweep(parts, self._abreast)
        self._fences: dict[str, Fence] = {}
        self._cursor: Cursor | None = None
        self._polled_at = parts.clock.now()
        self._unwatched_since: datetime | None = None
        """Since when nobody watched what is still to be loaded; our own heartbeat says more than that meanwhile."""
        self._untended: dict[OwnerId, None] = {}
        self._some_untended = asyncio.Event()
        self._candles = CandleBuilder()
        self._marks = Marks()
        self._watch = Watch(
            store=parts.store,
            venue=parts.venue,
            clock=parts.clock,
            watchlist=HeapWatchlist(parts.board),
            board=parts.board,
            trust=parts.trust,
            history=parts.history,
            fence=self._fence_of,
            before_firing=self._show,
        )
        self._standing = Standing(parts.store, parts.clock, parts.venue.name, silent=self._is_priceless)

    # --- starting and staying in charge ------------------------------------------------------------------------

    async def start(self) -> None:
        """Crash-only: settle what was in flight, reconcile with the venue, tell owners what was found, then watch.

        What a few seconds do not suffice for is left to the cadences: to stay blind for longer would be worse.
        """
        heard = await self._parts.store.heard(HEARTBEAT)
        now = self._polled_at = self._parts.clock.now()
        with suppress(TimeoutError):
            async with asyncio.timeout(START_S):
                await self.settle_due()
                await self.settle_resting()
                await self.reconcile()
        self._cursor = await self._parts.log.end()
        await self.hold_leases(blind_since=heard)
        if heard is not None and now - heard >= BLIND:
            await self._tell_recovered(now, heard)

    async def hold_leases(self, blind_since: datetime | None = None) -> None:
        """Keep, take and lose partitions; rules of those gained are loaded, those of lost ones forgotten."""
        wanted = [f"watch:{number}" for number in range(PARTITIONS)] + [VENUE_LEASE]
        try:
            held = {fence.partition: fence for fence in await self._parts.lease.acquire(wanted)}
        except StorageUnavailable as problem:
            _log.warning("leases could not be renewed: %s", problem)
            return
        gained = {name for name, fence in held.items() if self._fences.get(name) != fence}
        lost = set(self._fences) - set(held)
        self._fences = held
        async with self._turn:
            if lost:
                self._watch.forget(lambda owner: partition_of(owner) in held)
            if gained - {VENUE_LEASE}:
                try:
                    await self._load(gained, blind_since)
                except BaseException as problem:
                    # A partition is held only with its rules: what is let go here is gained, and loaded, next time.
                    self._fences = {name: fence for name, fence in held.items() if name not in gained}
                    if not isinstance(problem, StorageUnavailable):
                        raise
                    _log.warning("rules of %d partitions are loaded later: %s", len(gained), problem)

    async def keep_leases(self) -> None:
        """Renew what is held, for ever: neither a long turn nor a crowd at the database takes it from a busy engine."""
        while True:
            await self._parts.clock.sleep(RENEW_EVERY_S)
            if self._parts.clock.now() - self._polled_at < STUCK:
                try:
                    await self._parts.lease.renew()
                except StorageUnavailable as problem:
                    _log.warning("leases are renewed later: %s", problem)

    async def _load(self, gained: set[str], blind_since: datetime | None) -> None:
        if self._unwatched_since is None:
            heard = await self._parts.store.heard(HEARTBEAT) if blind_since is None else blind_since
            self._unwatched_since = heard
        count = await self._watch.load(lambda owner: partition_of(owner) in gained, self._unwatched_since)
        self._unwatched_since = None
        _log.info("watching %d rules of %d partitions", count, len(gained - {VENUE_LEASE}))

    async def stop(self) -> None:
        """Store what must be remembered and let others take over at once."""
        async with self._turn:
            await self._watch.remember()
        await self._parts.store.beat(HEARTBEAT, self._parts.clock.now())
        await self._parts.lease.release()

    # --- what comes in -----------------------------------------------------------------------------------------

    async def observe(self, observation: Observation) -> None:
        """Take in one price: what it fires is fired at once, the paper venue's own orders follow in `show_marks`.

        One that is not trusted trades nothing there either, liquidates nobody, and stands in no candle.
        """
        async with self._turn:
            is_trusted = await self._watch.observe(observation)
        if not is_trusted:
            return
        self._marks.add(observation)
        finished = self._candles.add(observation)
        if finished is not None and VENUE_LEASE in self._fences:
            await self._parts.store.save_candles([finished])

    async def show_marks(self) -> None:
        """Let the paper venue see what the markets did, some times a second, for ever; however many prices came."""
        while True:
            await self._parts.clock.sleep(MARKS_EVERY_S)
            for observation in self._marks.take():
                await self._abreast.attempt("showing a mark", partial(self._show, observation))

    async def _show(self, observation: Observation) -> None:
        if self._parts.own is None or VENUE_LEASE not in self._fences:
            return
        async with self._showing:  # in their order: a mark from before a firing must not come after it
            touched = await self._parts.own.observe(observation)
        for owner in touched:
            await self._abreast.attempt("settling", partial(self._settle_owner, owner))

    async def follow_venue(self) -> None:
        """Settle owners whose account the venue says it has changed, for ever; at a venue that tells nothing, wait."""
        if self._parts.changes is None:
            await asyncio.Event().wait()
            return
        async with aclosing(self._parts.changes()) as changes:
            async for changed in changes:
                if partition_of(changed.owner) not in self._fences:
                    continue
                await self._abreast.attempt("settling", partial(self._settle_owner, changed.owner))
                if not changed.permitted:
                    now, venue = self._parts.clock.now(), self._parts.venue.name
                    resting = partial(rest_for_revoked, self._parts.store, changed.owner, venue, now)
                    await self._abreast.attempt("pausing", resting)

    async def tend_sentries(self) -> None:
        """Keep what stands at the venue in step with the rules of owners whom something happened to, for ever."""
        while True:
            await self._some_untended.wait()
            self._some_untended.clear()
            untended, self._untended = self._untended, {}
            tending = partial(tend, self._parts.store, self._parts.venue, self._parts.clock)
            await self._abreast.attempt_all("tending", [partial(tending, owner) for owner in untended])

    async def follow_events(self) -> None:
        """Keep the watchlist in step with the event log, for ever: at the bell, and once a second without it."""
        async with self._parts.log.bell() as bell:
            while True:
                await self.take_in_events()
                await bell.wait(1.0)

    async def take_in_events(self) -> None:
        """Everything that happened since last asked."""
        if self._cursor is None:
            self._cursor = await self._parts.log.end()
        while True:
            events, cursor = await self._parts.log.read(self._cursor)
            if not events:
                return
            for event in events:
                if event.owner is not None and partition_of(event.owner) in self._fences:
                    await self._take_in(event)
                    if calls_for_sentries(event):
                        self._untended[event.owner] = None
                        self._some_untended.set()
            self._cursor = cursor

    async def _take_in(self, event: Event) -> None:
        try:
            async with self._turn:
                await self._watch.take_in(event)
        except (SayWhenError, TimeoutError, OSError):
            raise  # the log is read again from where it was
        except Exception:  # noqa: BLE001 - an event that cannot be taken in must not keep all later ones from it
            _log.exception("%s of owner %s is not taken in", event.name, event.owner)

    # --- cadences ----------------------------------------------------------------------------------------------

    async def poll(self) -> None:
        """Each second: times, candles, expiries, lost prices, failed firings."""
        async with self._turn:
            await self._watch.poll(self._trouble)
            self._polled_at = self._parts.clock.now()

    def next_due(self) -> datetime | None:
        """When the next time-based rule is due."""
        return self._watch.next_due()

    async def remember(self) -> None:
        """Every other second: what watching must not forget, and that we live."""
        async with self._turn:
            await self._watch.remember()
        await self._parts.store.beat(HEARTBEAT, self._parts.clock.now())

    async def accounts(self) -> None:
        """Every few seconds: accounts that rules look at. No price waits for a venue that does not answer."""
        await self._abreast.attempt_all(
            "reading an account", [partial(self._read_account, o) for o in self._watch.lookers()]
        )

    async def _read_account(self, owner: OwnerId) -> None:
        account, asked_at = await self._watch.read_account(owner)
        async with self._turn:
            await self._watch.take_account(owner, account, asked_at)

    async def closes(self) -> None:
        """Every few seconds: closed candles that rules look at. No price waits for an exchange that does not answer."""
        if await self._watch.read_candles():
            await self.poll()

    async def settle_due(self) -> None:
        """Each second: wake workers for what is due, ask the venue about what is in flight."""
        await self._sweep.due()

    async def settle_resting(self) -> None:
        """Now and then: also what rests at a venue that tells of changes, should a telling be lost."""
        await self._sweep.resting()

    async def _settle_owner(self, owner: OwnerId) -> None:
        await self._sweep.of_owner(owner)
        await self._reconcile_owner(owner)

    async def _reconcile_owner(self, owner: OwnerId) -> None:
        await reconcile(self._parts.store, self._parts.venue, self._parts.clock, owner)
        await tend(self._parts.store, self._parts.venue, self._parts.clock, owner)

    async def reconcile(self) -> None:
        """Every minute: what the venue did by itself, and positions closed elsewhere, for every owner of ours."""
        owners = await self._parts.store.owners()
        mine = [owner for owner in owners if not self._fences or partition_of(owner) in self._fences]
        await self._abreast.attempt_all("reconciling", [partial(self._reconcile_owner, owner) for owner in mine])

    async def funding(self) -> None:
        """Every minute: the paper venue exchanges funding when an hour is over."""
        if self._parts.own is not None and VENUE_LEASE in self._fences:
            for owner in await self._parts.own.exchange_funding(self._parts.clock.now()):
                await reconcile(self._parts.store, self._parts.venue, self._parts.clock, owner)

    async def fees(self) -> None:
        """Twice a minute: what the chain has charged for our transactions, and whether keys have enough left."""
        if self._parts.fees is not None and VENUE_LEASE in self._fences:
            await self._abreast.attempt("accounting for fees", self._parts.fees)

    async def signed(self) -> None:
        """Every few seconds: what owners' wallets have signed goes on, whether or not a page still looks."""
        if self._parts.signed is not None and VENUE_LEASE in self._fences:
            await self._abreast.attempt("following what wallets signed", self._parts.signed)

    async def standing(self) -> None:
        """Every few seconds: whether the venue takes orders, told when that has changed."""
        if VENUE_LEASE in self._fences:
            await self._standing.look(await self._parts.venue_status())

    async def candles(self) -> None:
        """Every few seconds: store the minutes that are over, of markets that have fallen silent too."""
        finished = self._candles.close(self._parts.clock.now() - timedelta(seconds=2))
        if finished and VENUE_LEASE in self._fences:
            await self._parts.store.save_candles(finished)

    async def backfill(self) -> int:
        """Once after the start: fill `price_snapshots` backwards from what the source remembers."""
        source = self._parts.source
        if source is None or VENUE_LEASE not in self._fences:
            return 0
        markets = sorted(await self._parts.venue.markets())
        return await backfill(source, self._parts.store, markets, self._parts.clock.now(), HISTORY_DAYS)

    async def sample(self) -> None:
        """Every few seconds: how often each watched rule was looked at, so that its owner can see that it is.

        At most so many rules at once: with more of them each is told of less often, and no look is lost.
        """
        async with self._turn:
            looks = self._watch.samples(MOST_SAMPLED)
        saved: set[RuleId] = set()
        try:
            saved = await self._parts.store.save_looks(looks)
        finally:
            self._watch.looks.give_back([look for look in looks if look.rule_id not in saved])

    def _fence_of(self, owner: OwnerId) -> Fence:
        """The lease that a firing for *owner* must carry; one that nobody ever held where the partition is not ours."""
        name = partition_of(owner)
        return self._fences.get(name, Fence(partition=name, holder="", epoch=-1))

    # --- inside ------------------------------------------------------------------------------------------------

    def _is_priceless(self, market: str) -> bool:
        """Whether *market* has no trusted price now, which its owners are told as such."""
        return self._parts.trust.price(market, self._parts.clock.now()) is None

    def _trouble(self, market: str) -> str | None:
        trouble: Callable[[str], str | None] | None = getattr(self._parts.source, "trouble", None)
        return None if trouble is None else trouble(market)

    async def _tell_recovered(self, now: datetime, heard: datetime) -> None:
        for owner in await self._parts.store.owners():
            if partition_of(owner) not in self._fences:
                continue
            async with self._parts.store.begin(owner) as tx:
                rules = await tx.rules({RuleState.ARMED, RuleState.FIRING, RuleState.HELD})
                orders = await tx.orders(states=IN_FLIGHT)
                if not rules and not orders:
                    continue
                found = [f"{len(rules)} {'rule is' if len(rules) == 1 else 'rules are'} watched again"]
                if orders:
                    found.append(f"{len(orders)} {'order is' if len(orders) == 1 else 'orders are'} in flight")
                blind_s = int((now - heard).total_seconds())
                await tx.append(EngineRecovered(at=now, owner=owner, blind_s=blind_s, found=tuple(found)))
