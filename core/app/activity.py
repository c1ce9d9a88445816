"""What happened to an owner's orders, rules and account, page by page; always the owner's own, read without a lock."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.app.parts import TIME_OUT_S, Parts
from core.domain.equity import Worth, equity_at
from core.domain.errors import BadInput, Conflict, NotFound
from core.domain.event import Event, RuleConfirmed, RuleTriggered
from core.domain.ids import OrderId, OwnerId, RuleId
from core.domain.market import TIMEFRAME_S, Timeframe
from core.domain.order import ENDED, IN_FLIGHT, Fill, Order, OrderState
from core.domain.owner import Draft
from core.domain.reading import ParseResult
from core.domain.rule import Rule
from core.feed.card import Card, card_of
from core.flow.propose import once_now, propose, still_holds
from core.ports import Cursor, DeadLetter, Job, JobLog, Journal, PnlBy, PnlLine, TradeFilter

_EXPORTED_AT_ONCE = 1000
_LOOKED_AT_ONCE, _LOOKED_THROUGH = 200, 4_000
"""How many events are read for a page of the inbox: at once, and at most."""
_SILENT_FOR = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Orders:
    """Orders from plan to end."""

    def __init__(self, parts: Parts, journal: Journal) -> None:
        self._parts = parts
        self._journal = journal

    async def page(
        self, owner: OwnerId, states: Collection[OrderState] | None = None, before: str | None = None, limit: int = 50
    ) -> list[Order]:
        """Newest first; *before* is the id of the last one of the page before."""
        return await self._journal.orders(owner, states, None if before is None else OrderId(before), limit)

    async def get(self, owner: OwnerId, order_id: str) -> Order:
        """Raises NotFound."""
        order = await self._journal.order(owner, OrderId(order_id))
        if order is None:
            raise NotFound("You have no such order.", "See your orders.")
        return order

    async def cancel(self, owner: OwnerId, order_id: str) -> Order:
        """Have the order taken off the venue, or never sent; what became of it is told by an event. Raises Conflict."""
        async with self._parts.store.begin(owner) as tx:
            order = await tx.order(OrderId(order_id))
            if order is None:
                raise NotFound("You have no such order.", "See your orders.")
            if order.state not in IN_FLIGHT | {OrderState.PLANNED}:
                raise Conflict(f"This order is {order.state.replace('_', ' ')} already.", "Nothing was changed.")
            asked = replace(order, cancel_asked=True)
            if not order.cancel_asked and await tx.save_order(asked, was=order.state):
                await tx.enqueue(order.id, priority=2)
            return asked


class Trades:
    """What traded, and what it came to."""

    def __init__(self, parts: Parts, journal: Journal) -> None:
        self._parts = parts
        self._journal = journal

    async def page(
        self, owner: OwnerId, wanted: TradeFilter, before: int | None = None, limit: int = 50
    ) -> list[tuple[int, Fill]]:
        """Newest first, each with its number; *before* is the number of the last one of the page before."""
        return await self._journal.trades(owner, wanted, before, limit)

    async def all(self, owner: OwnerId, wanted: TradeFilter) -> AsyncIterator[list[tuple[int, Fill]]]:
        """Every fill that is wanted, in batches, newest first."""
        before: int | None = None
        while batch := await self._journal.trades(owner, wanted, before, _EXPORTED_AT_ONCE):
            yield batch
            before = batch[-1][0]

    async def pnl(self, owner: OwnerId, by: PnlBy, wanted: TradeFilter) -> list[PnlLine]:
        """Realised profit, fees and funding apart, by day (in the owner's time zone), market or rule."""
        async with self._parts.store.begin(owner) as tx:
            timezone = (await tx.read_owner()).timezone
        return await self._journal.pnl(owner, by, ZoneInfo(timezone).key, wanted)

    async def equity(
        self, owner: OwnerId, timeframe: Timeframe, start: datetime, end: datetime | None = None
    ) -> list[Worth]:
        """What the account was worth at the end of each *timeframe* from *start* to *end*, oldest first; None = to now.

        From what it is worth now, by undoing what traded, was funded or seized since: nothing has to be recorded. An
        instant at which something was held that has no price is left out, as is the time before the owner came.
        """
        length, now = timedelta(seconds=TIMEFRAME_S[timeframe]), self._parts.clock.now()
        async with asyncio.timeout(TIME_OUT_S):
            account = await self._parts.venue.account(owner)
        async with self._parts.store.begin(owner) as tx:
            since = max(start, (await tx.read_owner()).created_at)
        until = now if end is None else min(end, now)
        first = _EPOCH - (_EPOCH - since) // length * length
        movements = await self._journal.movements(owner, first, int(length.total_seconds()))
        marks = {}
        for market in sorted({moved.market for moved in movements} | {held.market for held in account.positions}):
            # A market that was silent for a while counts at the last price before that.
            candles = await self._parts.history(market, timeframe, first - _SILENT_FOR * length, until)
            marks[market] = [(candle.start + length, candle.close) for candle in candles]
        times = [first + number * length for number in range((until - first) // length + 1)]
        found = equity_at(times, account, movements, marks)
        return [*found, Worth(at=now, equity=account.equity)] if end is None else found

    async def origin(self, owner: OwnerId, number: int) -> "Origin":
        """What led to a fill, back to the sentence that began it. Raises NotFound."""
        fill = await self._journal.trade(owner, number)
        order = None if fill is None else await self._journal.order(owner, fill.order_id)
        rule = None if order is None else await self._journal.rule(owner, order.rule_id)
        if fill is None or order is None or rule is None:
            raise NotFound("You have no such trade.", "See your trades.")
        trail = [] if order.cause is None else await self._journal.trail(owner, order.cause)
        confirmed = next((event for event in trail if isinstance(event, RuleConfirmed)), None)
        triggered = next((event for event in trail if isinstance(event, RuleTriggered)), None)
        draft, version = None, rule.version
        if confirmed is not None and confirmed.id is not None:
            draft = await self._journal.draft(owner, confirmed.draft_id)
            version = await self._journal.version(owner, rule.id, confirmed.id)
        return Origin(
            number=number,
            fill=fill,
            order=order,
            rule=rule,
            version=version,
            says=None if triggered is None else triggered.summary,
            confirmed=confirmed,
            draft=draft,
            trail=tuple(trail),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A fill and what led to it: order, rule in the *version* that fired, the draft agreed to, and every event between.

    `trail` is newest first and ends at the sentence. What is None was not kept: it is older than the log.
    """

    number: int
    fill: Fill
    order: Order
    rule: Rule
    version: int
    says: str | None
    confirmed: RuleConfirmed | None
    draft: Draft | None
    trail: tuple[Event, ...]


class Jobs:
    """What is being watched, and what was seen while it was."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def list(self, owner: OwnerId) -> "JobRows":
        """One row for each rule that was ever armed, the newest rule first."""
        return await self._journal.jobs(owner)

    async def logs(self, owner: OwnerId, rule_id: str, before: int | None = None, limit: int = 100) -> "JobLines":
        """What the rule's job went through, newest first. Raises NotFound."""
        if await self._journal.rule(owner, RuleId(rule_id)) is None:
            raise NotFound("You have no such job.", "See your jobs.")
        return await self._journal.job_logs(owner, RuleId(rule_id), before, limit)


class Letters:
    """Dead letters: orders whose wake-up was given up."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def list(self, owner: OwnerId) -> "LetterRows":
        """Newest first."""
        return await self._parts.queue.dead_letters(owner)

    async def get(self, owner: OwnerId, letter_id: int) -> DeadLetter:
        """Raises NotFound."""
        found = [letter for letter in await self.list(owner) if letter.id == letter_id]
        if not found:
            raise NotFound("You have no such dead letter.", "See your dead letters.")
        return found[0]

    async def discard(self, owner: OwnerId, letter_id: int) -> None:
        """Throw it away; what it was to trade is not traded. Raises NotFound."""
        await self.get(owner, letter_id)
        await self._parts.queue.discard(letter_id)

    async def retry(self, owner: OwnerId, letter_id: int) -> Draft:
        """A draft that does now what was given up; price, condition and limits are checked anew. Raises Conflict."""
        letter = await self.get(owner, letter_id)
        async with self._parts.store.begin(owner) as tx:
            order = await tx.order(letter.order_id)
            rule = None if order is None else await tx.rule(order.rule_id)
        if order is None or rule is None:
            raise NotFound("What it was to trade is gone.", "Discard it.")
        if order.state not in ENDED:
            raise Conflict("Nobody knows yet what became of that order.", "It is asked about; look again in a minute.")
        if order.filled_base > 0:
            raise Conflict("That order traded already.", "Discard the dead letter.")
        scene = await self._parts.scene(owner)
        entries = {position.market: position.entry_price for position in scene.account.positions}
        holds = still_holds(rule, scene.prices, entries)
        now = {True: " The price is still at its level.", False: " The price is NOT at its level any more."}
        about = f"Does now, once, what {rule.label} gave up: {letter.reason or 'no reason was kept'}."
        result = ParseResult(kind="rules", rules=(once_now(rule),), assumptions=(about + now.get(holds, ""),))  # type: ignore[arg-type]
        return await propose(
            self._parts.store, self._parts.clock,
            owner=owner, result=result, words=rule.words, channel="", scene=scene,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A card of the inbox with the event it tells of; `unread` where that is known."""

    event: Event
    card: Card
    unread: bool | None = None


class Events:
    """One owner's events, and those of everybody's concern."""

    def __init__(self, parts: Parts, journal: Journal) -> None:
        self._parts = parts
        self._journal = journal

    async def page(
        self, owner: OwnerId, after: str = "", limit: int = 100, upto: Cursor | None = None
    ) -> tuple[list[Event], Cursor]:
        """Behind *after*, oldest first, and the place behind the last. Raises BadInput for a place that never was."""
        return await self._journal.events(owner, Cursor(after), limit, upto)

    async def inbox(self, owner: OwnerId, after: str = "", limit: int = 50) -> tuple[list[Notice], Cursor]:
        """What people are told, oldest first; fewer than *limit* may come although more follow."""
        events, cursor = await self._journal.events(owner, Cursor(after), limit)
        cards = [(event, card_of(event)) for event in events]
        return [Notice(event=event, card=card) for event, card in cards if card is not None], cursor

    async def latest(self, owner: OwnerId, before: str = "", limit: int = 50) -> tuple[list[Notice], Cursor, Cursor]:
        """What people are told, newest first, before the place *before*: with the place behind the newest event looked
        at, and the one to go on before, which is empty where nothing is left."""
        read = await self.read_up_to(owner)
        notices: list[Notice] = []
        newest, place = Cursor(""), Cursor(before)
        for _ in range(_LOOKED_THROUGH // _LOOKED_AT_ONCE):
            placed = await self._journal.latest(owner, place, _LOOKED_AT_ONCE, read)
            newest = newest or (placed[0].place if placed else Cursor(before))
            for seen in placed:
                card = card_of(seen.event)
                place = seen.place
                if card is not None:
                    notices.append(Notice(event=seen.event, card=card, unread=seen.fresh))
                    if len(notices) == limit:
                        return notices, newest, place
            if len(placed) < _LOOKED_AT_ONCE:
                return notices, newest, Cursor("")
        return notices, newest, place

    async def read_up_to(self, owner: OwnerId) -> Cursor:
        """How far the owner has read the inbox."""
        return await self._parts.outbox.cursor(f"inbox:{owner}")

    async def mark_read(self, owner: OwnerId, place: str) -> None:
        """Note that the owner has read the inbox up to *place*. Raises BadInput for a place that never was."""
        if not place:
            raise BadInput("Expected the token of a page of notifications, was nothing.")
        await self._journal.events(owner, Cursor(place), 1)
        name = f"inbox:{owner}"
        await self._parts.outbox.save_cursor(name, Cursor(place), was=await self._parts.outbox.cursor(name))

    async def revision(self, owner: OwnerId) -> int:
        """A number that grows with every change of the owner's rules and orders."""
        return await self._journal.revision(owner)

    async def end(self) -> Cursor:
        """The place behind the last event of all."""
        return await self._parts.log.end()

    async def follow(self, after: Cursor, gather_s: float = 0.0) -> AsyncIterator[tuple[Sequence[Event], Cursor]]:
        """Everybody's events behind *after* as they come, each batch with the place behind it; for ever.

        *gather_s* is how long to wait, once something happened, for what happens with it.
        """
        async with self._parts.log.bell() as bell:
            while True:
                events, cursor = await self._parts.log.read(after)
                if events:
                    yield events, cursor
                    after = cursor
                elif await bell.wait(1.0) and gather_s > 0:
                    await self._parts.clock.sleep(gather_s)


JobRows = list[Job]
JobLines = list[tuple[int, JobLog]]
LetterRows = list[DeadLetter]
