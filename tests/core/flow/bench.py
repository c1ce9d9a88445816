"""The whole flow on a workbench: memory store, real paper venue, real watchlist, a clock and a price in hand."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from core.db.memory import MemoryStore
from core.db.memory_ledger import MemoryLedger
from core.domain.action import Action, Trade
from core.domain.condition import Condition, PriceLevel
from core.domain.errors import StorageUnavailable, VenueError
from core.domain.event import Event
from core.domain.ids import DraftId, OrderId, OwnerId, new_id
from core.domain.limit import Limits
from core.domain.market import Candle, Observation, Side
from core.domain.order import ENDED, IN_FLIGHT, Order, OrderIntent, OrderState
from core.domain.owner import Draft, DraftState
from core.domain.reading import ParseResult
from core.domain.rule import Rule, RuleSpec, RuleState
from core.flow import lifecycle
from core.flow.board import Board
from core.flow.confirm import confirm
from core.flow.draft import LIFE, Scene
from core.flow.execute import execute
from core.flow.replay import SteppedClock
from core.flow.settle import reconcile, settle
from core.flow.trust import Bounds, Trust
from core.flow.watch import Watch
from core.ports import Again, Cursor, Fence, Transaction, VenueStatus
from core.venues.paper import Depth, PaperVenue
from core.watchlist import HeapWatchlist
from tests.clock import START
from tests.core.flow.line import Line
from tests.core.venues.paper.bench import MARKETS, ROUND

SOL, ETH = "SOL-PERP", "ETH-PERP"
D = Decimal
E = TypeVar("E", bound=Event)


def below(price: str, market: str = SOL, **more: Any) -> PriceLevel:
    return PriceLevel(market=market, operator="<=", price=D(price), **more)


def above(price: str, market: str = SOL, **more: Any) -> PriceLevel:
    return PriceLevel(market=market, operator=">=", price=D(price), **more)


def sell(percent: str | None = "100", market: str = SOL, **more: Any) -> Trade:
    """A reduce-only sell."""
    settings: dict[str, Any] = {"type": "sell", "market": market, "reduce_only": True}
    if percent is not None:
        settings["amount_percent"] = D(percent)
    return Trade(**(settings | more))


def buy(base: str | None = "2", market: str = SOL, **more: Any) -> Trade:
    """A buy that opens or adds."""
    settings: dict[str, Any] = {"type": "buy", "market": market, "reduce_only": False}
    if base is not None:
        settings["amount_base"] = D(base)
    return Trade(**(settings | more))


def spec(condition: Condition, action: Action, id: str = "r1", **more: Any) -> RuleSpec:  # noqa: A002 - its name there
    return RuleSpec(id=id, condition=condition, action=action, **more)


class BreakingStore(MemoryStore):
    """A store whose next `fails` transactions cannot begin."""

    fails = 0

    def begin(self, owner: OwnerId) -> AbstractAsyncContextManager[Transaction]:
        if self.fails > 0:
            self.fails -= 1
            raise StorageUnavailable("The database cannot be reached.")
        return super().begin(owner)


class Bench:
    """Everything between a confirmed draft and a fill, in one task; Ann is the owner unless said otherwise.

    `see` is what a price does in the product: the venue and the watch see it, then everything that follows happens.
    """

    def __init__(self, *, depth: Depth = ROUND, bounds: Bounds | None = None) -> None:
        self.clock = SteppedClock(START)
        self.store = BreakingStore()
        self.venue = Line(
            PaperVenue(
                MemoryLedger(), self.clock, MARKETS, deposit=D(10_000), seed=0, depths=dict.fromkeys(MARKETS, depth)
            )
        )
        self.trust = Trust(bounds if bounds is not None else Bounds())
        self.candles: list[Candle] = []
        self.fence: Fence | None = None
        self.ann = OwnerId(1)
        self.known: dict[str, Decimal] = {}
        self._cursor = Cursor("")
        self._by_hand = 0
        self.watch = self.another_watch()

    async def open(self, price: str = "100", *, position: str | None = None, entry: str = "100") -> "Bench":
        """Ann is here, SOL stands at *price*, and she may hold a position."""
        self.ann = await self.owner("ann")
        await self.see(price)
        if position is not None:
            await self.venue.open_position(self.ann, SOL, D(position), D(entry))
        return self

    async def owner(self, name: str) -> OwnerId:
        return await self.store.create_owner("console", name, self.clock.now())

    def another_watch(self) -> Watch:
        """A watch that has seen nothing yet: a restart, or another process."""
        self.board = Board(fresh_s=5.0)
        self.list = HeapWatchlist(self.board)
        return Watch(
            store=self.store,
            venue=self.venue,
            clock=self.clock,
            watchlist=self.list,
            board=self.board,
            trust=self.trust,
            history=self._history,
            fence=lambda _owner: self.fence,
            before_firing=self._show,
        )

    async def restart(self, *, blind_since: bool = True) -> None:
        """A new process takes over now: what was stored is loaded, what was only known is lost."""
        since = self.clock.now()
        self.trust = Trust(self.trust.bounds)
        self.watch = self.another_watch()
        self._cursor = await self.store.event_log.end()
        await self.watch.load(lambda _owner: True, since if blind_since else None)

    # --- what happens ------------------------------------------------------------------------------------------

    def pass_time(self, **time: float) -> None:
        self.clock.time += timedelta(**time)

    def observation(self, price: str | Decimal, market: str = SOL, **more: Any) -> Observation:
        now = self.clock.now()
        seen: dict[str, Any] = {"market": market, "price": D(price), "at": now, "seen_at": now, "source": "bench"}
        return Observation(**(seen | {"sources": 2} | more))

    async def _show(self, observation: Observation) -> None:
        await self.venue.observe(observation)

    async def see(
        self, price: str | Decimal, market: str = SOL, *, work: bool = True, shown: bool = True, **more: Any
    ) -> None:
        """A second passes, then *market* is seen at *price*; what follows is done unless *work* is False.

        The venue sees it too, on a line that does not break where *shown* is False.
        """
        self.pass_time(seconds=1)
        observation = self.observation(price, market, **more)
        self.known[market] = observation.price
        await (self.venue if shown else self.venue.real).observe(observation)
        await self.watch.observe(observation)
        if work:
            await self.work()

    async def tick(self, seconds: float = 1, *, shown: bool = True) -> None:
        """Time passes with the last prices still standing; due legs are woken, what is in flight is asked about."""
        self.pass_time(seconds=seconds)
        for market, price in self.known.items():
            await (self.venue if shown else self.venue.real).observe(self.observation(price, market))
            await self.watch.observe(self.observation(price, market))
        await self.watch.read_candles()
        await self.watch.poll()
        await self.sweep()
        await self.work()

    async def sweep(self) -> None:
        for owner, order_id, state in await self.store.orders_to_settle(self.clock.now()):
            if state in (OrderState.PLANNED, OrderState.SIGNED, OrderState.UNKNOWN):
                async with self.store.begin(owner) as tx:
                    await tx.enqueue(order_id)
            else:
                await settle(self.store, self.venue, self.clock, owner, order_id)

    async def read_accounts(self) -> None:
        """Accounts that rules look at are read anew, where the venue answers."""
        for owner in self.watch.lookers():
            with suppress(VenueError, TimeoutError):
                await self.watch.take_account(owner, *await self.watch.read_account(owner))

    async def work(self) -> None:
        """Wake-ups and events, until nothing more follows."""
        while True:
            await self.store.queue.drain(self._woken)
            events, self._cursor = await self.store.event_log.read(self._cursor)
            if not events:
                return
            for event in events:
                await self.watch.take_in(event)

    async def step(self, owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        await execute(self.store, self.venue, self.clock, owner, order_id, attempt)

    async def _woken(self, owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        """A step whose next attempt is left to the next sweep."""
        with suppress(Again):
            await self.step(owner, order_id, attempt)

    async def settle_all(self) -> None:
        for order in await self.orders():
            if order.state in IN_FLIGHT:
                await settle(self.store, self.venue, self.clock, order.owner, order.id)
        await self.work()

    async def reconcile(self) -> int:
        found = await reconcile(self.store, self.venue, self.clock, self.ann)
        await self.work()
        return found

    async def _history(self, market: str, timeframe: Any, start: Any, end: Any) -> list[Candle]:
        return [c for c in self.candles if c.market == market and c.timeframe == timeframe and start <= c.start < end]

    async def by_hand(self, side: Side, base: str, market: str = SOL) -> None:
        """Ann trades on the venue without us."""
        self._by_hand += 1
        mark = await self.venue.real.mark(market)
        intent = OrderIntent(
            order_id=OrderId(f"by hand {self._by_hand}"),
            owner=self.ann,
            market=market,
            side=side,
            base=D(base),
            reduce_only=False,
            oracle_price=mark.price,
        )
        await self.venue.real.send(await self.venue.real.prepare(intent))

    # --- agreeing ----------------------------------------------------------------------------------------------

    async def scene(self, **changes: Any) -> Scene:
        async with self.store.begin(self.ann) as tx:
            limits = (await tx.read_owner()).limits
        scene = Scene(
            prices=dict(self.known),
            known=dict(self.known),
            markets=MARKETS,
            account=await self.venue.real.account(self.ann),
            source="bench prices",
            venue=VenueStatus(state="open"),
            timezone="UTC",
            limits=limits,
        )
        return replace(scene, **changes)

    async def draft(self, *specs: RuleSpec, **changes: Any) -> Draft:
        """A draft of *specs* that waits for Ann's confirmation."""
        now = self.clock.now()
        made = Draft(
            id=DraftId(new_id("d", now)),
            owner=self.ann,
            words="the words",
            result=ParseResult(kind="rules", rules=specs),
            state=DraftState.AWAITING_CONFIRMATION,
            channel="console",
            created_at=now,
            expires_at=now + LIFE,
        )
        made = replace(made, **changes)
        async with self.store.begin(made.owner) as tx:
            await tx.add_draft(made)
        return made

    async def agree(self, draft: Draft, scene: Scene | None = None, **changes: Any) -> list[Rule]:
        """Ann confirms."""
        seen = await self.scene() if scene is None else scene
        asked: dict[str, Any] = {"owner": self.ann, "draft_id": draft.id, "revision": draft.revision, "scene": seen}
        return await confirm(self.store, self.clock, **(asked | changes))

    async def arm(self, *specs: RuleSpec) -> list[Rule]:
        """Rules of these specs, confirmed and watched."""
        rules = await self.agree(await self.draft(*specs))
        await self.work()
        return [await self.rule(rule) for rule in rules]

    async def limit(self, **limits: Any) -> None:
        async with self.store.begin(self.ann) as tx:
            await tx.save_owner(replace(await tx.read_owner(), limits=Limits(**limits)))

    async def change(self, work: Callable[[Any], Awaitable[object]]) -> None:
        """*work* in a transaction of Ann's, and what follows from it."""
        async with self.store.begin(self.ann) as tx:
            await work(tx)
        await self.work()

    async def pause(self, rule: Rule) -> None:
        await self.change(lambda tx: lifecycle.pause(tx, rule, self.clock.now()))

    async def resume(self, rule: Rule) -> None:
        paused = await self.rule(rule)
        await self.change(
            lambda tx: lifecycle.resume(tx, paused, at=self.clock.now(), prices=dict(self.known), entries={})
        )

    # --- what came of it ---------------------------------------------------------------------------------------

    async def rule(self, rule: Rule) -> Rule:
        async with self.store.begin(rule.owner) as tx:
            found = await tx.rule(rule.id)
        assert found is not None
        return found

    async def states(self, *rules: Rule) -> list[RuleState]:
        return [(await self.rule(rule)).state for rule in rules]

    async def orders(self, rule: Rule | None = None) -> list[Order]:
        async with self.store.begin(self.ann) as tx:
            return await tx.orders(rule_id=None if rule is None else rule.id)

    async def order(self) -> Order:
        """The only order there is."""
        (order,) = await self.orders()
        return order

    async def base(self, market: str = SOL) -> Decimal:
        """Ann's signed position."""
        held = (await self.venue.real.account(self.ann)).position(market)
        return D(0) if held is None else held.base

    async def events(self, kind: type[E]) -> list[E]:
        """Everything of *kind* that happened, oldest first."""
        found, _ = await self.store.event_log.read(Cursor(""), 100_000)
        return [event for event in found if isinstance(event, kind)]

    async def names(self) -> list[str]:
        found, _ = await self.store.event_log.read(Cursor(""), 100_000)
        return [event.name for event in found]

    async def happened(self, name: str) -> list[Event]:
        """Every event called *name*, oldest first."""
        found, _ = await self.store.event_log.read(Cursor(""), 100_000)
        return [event for event in found if event.name == name]


def open_orders(orders: Sequence[Order]) -> list[Order]:
    return [order for order in orders if order.state not in ENDED]
