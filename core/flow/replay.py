"""What a rule would have done: the same watch, execute and settle over candles, on a clock that the candles move."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from core.domain.errors import Conflict, SayWhenError
from core.domain.event import RuleTriggered
from core.domain.ids import DraftId, OrderId, OwnerId, RuleId, new_id
from core.domain.limit import Limits
from core.domain.market import TIMEFRAME_S, Candle, Observation
from core.domain.order import IN_FLIGHT, Order, OrderState
from core.domain.owner import Draft, DraftState
from core.domain.path import walk
from core.domain.position import Account
from core.domain.reading import ParseResult
from core.domain.rule import RuleSet, RuleState
from core.flow.board import Board
from core.flow.confirm import confirm
from core.flow.draft import LIFE, Scene
from core.flow.execute import execute
from core.flow.frames import Frames
from core.flow.settle import settle
from core.flow.trust import Bounds, Trust
from core.flow.watch import Watch
from core.ports import Again, Crossing, Cursor, EventLog, Step, Store, Venue, VenueStatus, Watchlist

NAME = "candles"
UNLIMITED = Limits(
    max_order_usd=Decimal(10**12),
    max_position_usd=Decimal(10**12),
    max_leverage=Decimal(1000),
    max_slippage_bps=10_000,
    max_orders_a_day=10**9,
)
"""A replay asks what the words would have done, not what today's limits would have stopped."""


class SteppedClock:
    """A clock that stands where the replay put it."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def now(self) -> datetime:
        """Where the replay stands."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self.time += timedelta(seconds=seconds)


class ShownVenue(Venue, Protocol):
    """A venue that is shown marks."""

    async def observe(self, observation: Observation) -> list[OwnerId]: ...


class Drained(Protocol):
    """A queue whose wake-ups run when told to."""

    async def drain(self, step: Step) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayTrigger:
    """That a rule (by its id in the set) fired, at a price in quote where a price made it."""

    rule: str
    at: datetime
    price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFill:
    """What traded for a rule: base > 0, price and fee in quote."""

    rule: str
    at: datetime
    side: str
    base: Decimal
    price: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What came of it. `equity` and `pnl` in quote at the last candle's close, `positions` signed base by market."""

    rules: RuleSet
    triggers: tuple[ReplayTrigger, ...]
    fills: tuple[ReplayFill, ...]
    equity: Decimal
    pnl: Decimal
    positions: Mapping[str, Decimal]
    notes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Replay:
    """One owner's rules over one market's candles. Simulated all through: the guards against bad prices do not apply.

    `make_watchlist` is given the board that conditions are looked at with.
    """

    store: Store
    log: EventLog
    queue: Drained
    venue: ShownVenue
    clock: SteppedClock
    make_watchlist: Callable[[Board], Watchlist]
    owner: OwnerId
    market: str
    candles: Sequence[Candle]
    board: Board = field(default_factory=Board)
    _list: Watchlist = field(init=False)
    _watch: Watch = field(init=False)
    _cursor: Cursor = field(default=Cursor(""), init=False)
    _names: dict[RuleId, str] = field(default_factory=dict, init=False)
    _triggers: list[ReplayTrigger] = field(default_factory=list, init=False)
    _frames: Frames = field(default_factory=Frames, init=False)
    _edges: tuple[Decimal | None, Decimal | None] = field(default=(None, None), init=False)
    _legs_due: list[datetime] = field(default_factory=list, init=False)
    _last: Decimal = field(default=Decimal(0), init=False)
    _broken: Exception | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._list = self.make_watchlist(self.board)
        self._watch = Watch(
            store=self.store,
            venue=self.venue,
            clock=self.clock,
            watchlist=self._list,
            board=self.board,
            trust=Trust(Bounds()),
            history=self._frames.history,
        )

    async def run(self, rules: RuleSet, words: str) -> ReplayReport:
        """Confirm *rules* at the first candle's open, then let every candle happen."""
        first = self.candles[0]
        self._frames.want(rules)
        await self._show(first.start, first.open)
        before = (await self.venue.account(self.owner)).equity
        await self._confirm(rules, words)
        await self._follow()
        async for crossed in self._happen():
            await self._watch.fire(crossed)
            await self._follow()
        await self._show(self.clock.time, self._last)
        return await self._report(rules, before)

    # --- the market --------------------------------------------------------------------------------------------

    async def _happen(self) -> AsyncIterator[list[Crossing]]:
        """Let the candles happen; stops wherever something crossed, with what did."""
        for candle in self.candles:
            length = timedelta(seconds=TIMEFRAME_S[candle.timeframe])
            end = candle.start + length
            if not self._is_quiet(candle, end):
                for at, price in self._stops(candle):
                    if self._needs_venue(price):
                        await self._show(at, price)
                        await self._follow()
                    crossed = self._look(at, price)
                    if crossed:
                        await self._show(at, price)
                        yield crossed
                    while (due := self._due(at)) is not None:
                        await self._at_time(max(due, self.clock.time))
            self._last, self.clock.time = candle.close, end
            closed = list(self._frames.grow(candle, end))
            for timeframe, candles in closed:
                self.board.put_candles(self.market, timeframe, candles)
            if closed:
                await self._at_time(end)

    def _is_quiet(self, candle: Candle, end: datetime) -> bool:
        """Whether nothing can happen in *candle*, in whatever order its prices traded."""
        low, high = min(candle.low, self._last), max(candle.high, self._last)  # it may open beyond where it stood
        below, above = self._edges
        if (below is not None and low <= below) or (above is not None and high >= above):
            return False
        return self._due(end) is None and self._list.is_quiet(self.market, low, high)

    def _stops(self, candle: Candle) -> Iterator[tuple[datetime, Decimal]]:
        """The points of the candle's path, and between them every price or instant at which something may happen."""
        points = walk(candle)
        at, price = points[0]
        yield at, price
        for end_at, end in points[1:]:
            while True:
                nearest = self._nearest(price, end)
                due = self._due(end_at)
                crossing_at = (
                    end_at if nearest is None else at + (end_at - at) * float((nearest - price) / (end - price))
                )
                if due is not None and at < due < crossing_at:
                    price += (end - price) * Decimal((due - at) / (end_at - at))
                    at = due
                elif nearest is not None and nearest != end:
                    at, price = crossing_at, nearest
                else:
                    break
                yield at, price
            at, price = end_at, end
            yield at, price

    def _nearest(self, start: Decimal, end: Decimal) -> Decimal | None:
        """The first price on the way at which a rule, a resting order or a liquidation may be touched."""
        if start == end:
            return None
        up = end > start
        edge = self._edges[1] if up else self._edges[0]
        ahead = [e for e in (self._list.next_crossing(self.market, start, end), edge) if e is not None]
        ahead = [e for e in ahead if (start < e <= end if up else end <= e < start)]
        return (min(ahead) if up else max(ahead)) if ahead else None

    def _needs_venue(self, price: Decimal) -> bool:
        below, above = self._edges
        return (below is not None and price <= below) or (above is not None and price >= above)

    def _look(self, at: datetime, price: Decimal) -> list[Crossing]:
        self.clock.time, self._last = at, price
        self.board.put(self._observation(at, price))
        return self._list.observe(self.market, price, at)

    def _due(self, until: datetime) -> datetime | None:
        """The next instant up to *until* at which a rule or a planned leg is due."""
        known = [due for due in (self._watch.next_due(), *self._legs_due[:1]) if due is not None and due <= until]
        return min(known) if known else None

    async def _at_time(self, at: datetime) -> None:
        self.clock.time = at
        await self._show(at, self._last)
        if self._legs_due and self._legs_due[0] <= at:
            self._legs_due = [due for due in self._legs_due if due > at]
            await self._settle()
            for owner, order_id, state in await self.store.orders_to_settle(at):
                if state is OrderState.PLANNED:
                    with suppress(Again):
                        await execute(self.store, self.venue, self.clock, owner, order_id, 1)
        await self._watch.poll()
        await self._follow()

    async def _show(self, at: datetime, price: Decimal) -> None:
        """Let the venue see the price: its resting orders trade, and market orders fill at it."""
        seen = self._observation(at, price)
        self.board.put(seen)
        if await self.venue.observe(seen):
            await self._settle()

    def _observation(self, at: datetime, price: Decimal) -> Observation:
        return Observation(market=self.market, price=price, at=at, seen_at=at, source=NAME, simulated=True)

    # --- what follows ------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Send what was fired, settle it, and take in what happened, until nothing more does."""
        news = False
        while True:
            await self.queue.drain(self._step)
            if self._broken is not None:
                raise self._broken  # the queue keeps it as a dead letter, and the report would be of half a story
            events, self._cursor = await self.log.read(self._cursor)
            if not events:
                break
            news = True
            for event in events:
                if isinstance(event, RuleTriggered) and event.rule_id is not None:
                    name = self._names.get(event.rule_id, event.label or "")
                    self._triggers.append(ReplayTrigger(rule=name, at=event.at, price=event.price))
                await self._watch.take_in(event)
        if news:
            await self._look_ahead()

    async def _step(self, owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        try:
            await execute(self.store, self.venue, self.clock, owner, order_id, attempt)
        except SayWhenError:
            raise
        except Exception as broken:
            self._broken = broken
            raise

    async def _settle(self) -> None:
        async with self.store.begin(self.owner) as tx:
            orders = await tx.orders(states=IN_FLIGHT)
        for order in orders:
            await settle(self.store, self.venue, self.clock, self.owner, order.id)

    async def _look_ahead(self) -> None:
        """Remember at which prices the venue has to be asked, when planned legs are due and resting ones run out."""
        account = await self.venue.account(self.owner)
        async with self.store.begin(self.owner) as tx:
            orders = await tx.orders(states={*IN_FLIGHT, OrderState.PLANNED})
        self._legs_due = sorted({due for order in orders if (due := _due_of(order)) is not None})
        below, above = _edges_of(account, orders, self.market)
        self._edges = below, above

    # --- the beginning and the end -----------------------------------------------------------------------------

    async def _confirm(self, rules: RuleSet, words: str) -> None:
        now = self.clock.now()
        draft = Draft(
            id=DraftId(new_id("d", now)),
            owner=self.owner,
            words=words,
            result=ParseResult(kind="rules", rules=rules),
            state=DraftState.AWAITING_CONFIRMATION,
            channel="replay",
            created_at=now,
            expires_at=now + LIFE,
        )
        async with self.store.begin(self.owner) as tx:
            await tx.save_owner(replace(await tx.read_owner(), limits=UNLIMITED))
            await tx.add_draft(draft)
        scene = Scene(
            prices=self.board.prices(),
            known=self.board.known(),
            markets=await self.venue.markets(),
            account=await self.venue.account(self.owner),
            source=NAME,
            venue=VenueStatus(state="open"),
            timezone="UTC",
            limits=UNLIMITED,
        )
        try:
            confirmed = await confirm(
                self.store, self.clock, owner=self.owner, draft_id=draft.id, revision=draft.revision, scene=scene
            )
        except Conflict:  # it holds at the first open already, and fires there
            confirmed = await confirm(
                self.store, self.clock, owner=self.owner, draft_id=draft.id, revision=draft.revision + 1, scene=scene
            )
        self._names = {rule.id: rule.spec.id for rule in confirmed}

    async def _report(self, rules: RuleSet, before: Decimal) -> ReplayReport:
        account = await self.venue.account(self.owner)
        async with self.store.begin(self.owner) as tx:
            fills = await tx.fills(limit=100_000)
            stored = await tx.rules(set(RuleState))
        notes = [f"{self._names[rule.id]}: {rule.reason}" for rule in stored if rule.reason and rule.id in self._names]
        return ReplayReport(
            rules=rules,
            triggers=tuple(self._triggers),
            fills=tuple(
                ReplayFill(
                    rule=self._names.get(fill.rule_id, ""),
                    at=fill.at,
                    side=fill.side,
                    base=fill.base,
                    price=fill.price,
                    fee=fill.fee,
                )
                for fill in fills
            ),
            equity=account.equity,
            pnl=account.equity - before,
            positions={p.market: p.base for p in account.positions if p.base != 0},
            notes=tuple(notes),
        )


def _due_of(order: Order) -> datetime | None:
    """When time alone does something to *order*."""
    if order.state is OrderState.PLANNED:
        return order.due_at
    return None if order.intent is None else order.intent.expires_at


def _edges_of(account: Account, orders: Sequence[Order], market: str) -> tuple[Decimal | None, Decimal | None]:
    below: list[Decimal] = []
    above: list[Decimal] = []
    held = account.position(market)
    if held is not None and held.liquidation_price is not None:
        (below if held.base > 0 else above).append(held.liquidation_price)
    for order in orders:
        if order.intent is None or order.market != market or order.state not in IN_FLIGHT:
            continue
        if (price := order.intent.price) is not None:
            (below if order.intent.side == "buy" else above).append(price)
    return (max(below) if below else None), (min(above) if above else None)
