"""What happened to an owner's orders, rules and account, page by page; always the owner's own, read without a lock."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from core.app.parts import Parts
from core.domain.errors import BadInput, Conflict, NotFound
from core.domain.event import Event
from core.domain.ids import OrderId, OwnerId, RuleId
from core.domain.order import ENDED, IN_FLIGHT, Fill, Order, OrderState
from core.domain.owner import Draft
from core.domain.reading import ParseResult
from core.feed.card import Card, card_of
from core.flow.propose import once_now, propose, still_holds
from core.ports import Cursor, DeadLetter, Job, JobLog, Journal, PnlBy, PnlLine, TradeFilter

_EXPORTED_AT_ONCE = 1000


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
    """A card of the inbox with the event it tells of."""

    event: Event
    card: Card


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
