"""The paper venue's door: what is proven about an order and what is kept; it decides no price and holds no money."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from core.codec import from_json, from_kept, to_json
from core.domain.errors import BadInput, Conflict, NotConfigured, PriceUnavailable, VenueRejected, VenueUnknown
from core.domain.ids import OwnerId
from core.domain.market import Market, Observation
from core.domain.money import floor_to, plain
from core.domain.order import OrderIntent
from core.domain.position import Account
from core.ports import (
    Activity,
    Clock,
    Document,
    Finding,
    Halt,
    Ledger,
    LedgerPage,
    OrderReport,
    Prepared,
    VenueStatus,
)
from core.venues.paper import margin, matching, tickets
from core.venues.paper.book import (
    Alias,
    Books,
    Holding,
    PaperOrder,
    Record,
    Void,
    credit,
    record_from_json,
    record_to_json,
)
from core.venues.paper.desk import Desk, Rules
from core.venues.paper.looking import as_account
from core.venues.paper.matching import DEPTHS, OTHER_DEPTH, Depth

MARK_PERIOD = timedelta(milliseconds=250)
"""Marks that moved less than a tick are kept at most this often."""

STATUS_PERIOD = timedelta(seconds=1)
"""How long a status is told again before the marks are looked at anew."""

MAX_DEPOSIT = Decimal(10) ** 12
_MOST_ACTIVITIES = 500
_FUNDED = "paper.funded"
_LATE = "the order arrived after its time; whether it was taken in before is what lookup tells"


class PaperVenue:
    """Perpetual futures with paper money on the marks it is shown.

    All state lives in the ledger: any number of processes may share one, and a restart keeps everything. `observe` and
    `exchange_funding` are its engine, driven by whoever holds the lease for it. An account is opened with *deposit* at
    its first use. Sizes in base, prices and money in quote; times are the *clock*'s.
    """

    name = "paper"
    simulated = True
    holds_protective_orders = False
    """It lives in our own engine: an order resting here guards no better than our own watching."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        markets: Mapping[str, Market],
        *,
        deposit: Decimal = Decimal(10_000),
        seed: int = 0,
        mark_max_age_s: float = 15,
        depths: Mapping[str, Depth] = DEPTHS,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._markets = markets
        self._deposit = deposit
        self._max_age = timedelta(seconds=mark_max_age_s)

        def depth(mark: Observation) -> Depth:
            return depths.get(mark.market, OTHER_DEPTH).at(seed, mark.market, mark.at)

        self._rules = Rules(markets=markets, mark_max_age=self._max_age, depth=depth)
        # Hints, never truths: each is checked against the ledger where being wrong would matter.
        self._kept: dict[str, Observation] = {}
        self._funded: datetime | None = None
        self._busy: dict[OwnerId, frozenset[str]] = {}
        self._status = VenueStatus(state="open")
        self._looked_at: datetime | None = None

    async def markets(self) -> Mapping[str, Market]:
        """Tradable markets by symbol."""
        return self._markets

    async def status(self) -> VenueStatus:
        """It follows its price source: a market without a fresh mark is halted, and it is paused with none at all."""
        now = self._clock.now()
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < STATUS_PERIOD:
            marks = await self._ledger.marks()
            old = {mark.market for mark in marks if now - mark.at > self._max_age}
            halted = {market: Halt(reason="no fresh price of it comes in") for market in sorted(old)}
            paused = VenueStatus(state="paused", reason="no fresh price of any market comes in")
            self._status = paused if marks and len(old) == len(marks) else VenueStatus(state="open", halted=halted)
            self._looked_at = now
        return self._status

    async def close(self) -> None:
        """Nothing to let go of: the ledger is its opener's."""

    async def mark(self, market: str) -> Observation:
        """The mark of *market*. Raises PriceUnavailable when there is none or it is too old to trade on."""
        mark = await self._ledger.mark(market)
        if mark is None:
            raise PriceUnavailable(f"No price of {market} is known to the paper venue yet")
        age = self._clock.now() - mark.at
        if age > self._max_age:
            raise PriceUnavailable(f"The price of {market} is {age.total_seconds():.0f} s old")
        return mark

    async def account(self, owner: OwnerId) -> Account:
        """The account at the last known marks; each liquidation price takes the other markets as they are."""
        glanced = await self._glance(owner)
        if glanced is not None:
            return as_account(self.name, glanced, self._markets)
        async with self._desk(owner) as (_, desk):
            return as_account(self.name, desk, self._markets)

    async def activity(self, owner: OwnerId, after: int) -> Sequence[Activity]:
        """What the venue did to the account by itself after activity number *after*, at most 500, oldest first."""
        async with self._ledger.open(owner) as page:
            return [from_json(Activity, document) for document in await page.activity(after, _MOST_ACTIVITIES)]

    # ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def prepare(self, intent: OrderIntent) -> Prepared:
        """*intent* as bytes that are valid for a minute; touches nothing. Raises VenueRejected as `send` would."""
        matching.on_grid(intent, self._markets)
        return tickets.write(intent, self._clock.now())

    async def send(self, prepared: Prepared) -> None:
        """Take the order in, once: neither the same bytes again nor another preparation of one order id trade twice.

        Raises VenueRejected, again each time, for an order that was refused; VenueUnknown for one that arrives after
        its validity (it is dead from then on, which `lookup` proves).
        """
        intent = tickets.read(prepared)
        owner, signature = intent.owner, prepared.signature
        try:
            order = PaperOrder(
                signature=signature,
                intent=matching.on_grid(intent, self._markets),
                placed_at=self._clock.now(),
            )
            refused = None
        except VenueRejected as refusal:
            order = PaperOrder(signature=signature, intent=intent, placed_at=self._clock.now())
            refused = str(refusal)
        async with self._desk(owner, *({intent.market} & self._markets.keys())) as (page, desk):
            record = await _read(page, signature)
            if record is None:
                record = await self._land(page, desk, order, refused, prepared.valid_until)
        if isinstance(record, Void) and record.finding is Finding.DEAD:
            raise VenueUnknown(_LATE)
        if isinstance(record, PaperOrder) and record.finding is Finding.REJECTED:
            raise VenueRejected(record.reason)

    async def _land(
        self, page: LedgerPage, desk: Desk, order: PaperOrder, refused: str | None, valid_until: datetime
    ) -> Record | None:
        """What becomes of an order at its first arrival under this signature."""
        by_id = f"order:{order.intent.order_id}"
        twin = await _read(page, by_id)
        if isinstance(twin, Alias):
            await page.save_order(order.signature, record_to_json(twin), resting=False)
            return await _read(page, twin.signature)
        if self._clock.now() > valid_until:
            return await _void(page, order.signature, Finding.DEAD, _LATE)
        await page.save_order(by_id, record_to_json(Alias(signature=order.signature)), resting=False)
        return desk.place(order) if refused is None else desk.refuse(order, refused)

    async def lookup(self, owner: OwnerId, signature: str) -> OrderReport:
        """What is proven of the order: ABSENT while it could still land, DEAD once it never can.

        That an order is dead is written down before it is said, so bytes that arrive later change nothing.
        """
        now = self._clock.now()
        async with self._ledger.open(owner) as page:
            record = await _follow(page, signature)
            if record is None:
                until = tickets.valid_until(signature)
                if until is not None and now <= until:
                    return OrderReport(finding=Finding.ABSENT)
                record = await _void(page, signature, Finding.DEAD, "it never arrived while it was valid")
        if isinstance(record, PaperOrder) and record.finding is Finding.LIVE:
            ends = record.intent.expires_at
            if ends is not None and ends <= now:
                async with self._desk(owner) as (_, desk):  # which ends what has run out
                    record = desk.changed.get(record.signature, record)
        fills = record.fills if isinstance(record, PaperOrder) else ()
        triggered = isinstance(record, PaperOrder) and record.triggered
        return OrderReport(finding=record.finding, fills=fills, reason=record.reason, triggered=triggered)

    async def cancel(self, owner: OwnerId, signature: str) -> None:
        """Take a resting order off; one that could still arrive is cancelled before it does; others stay."""
        async with self._desk(owner) as (page, desk):
            record = await _follow(page, signature)
            until = tickets.valid_until(signature)
            if isinstance(record, PaperOrder):
                desk.cancel(record.signature, "cancelled")
            elif record is None and until is not None and self._clock.now() <= until:
                await _void(page, signature, Finding.CANCELLED, "cancelled before it arrived")

    # ── the venue's own engine ──────────────────────────────────────────────────────────────────────────────────────

    async def observe(self, observation: Observation) -> list[OwnerId]:
        """Let the venue see a mark: orders that it reaches trade, accounts that it breaks are liquidated.

        Returns the owners whose orders or positions changed. An observation older than the last one changes nothing.
        One owner's failure does not keep the others from the mark; failures are raised together at the end.
        """
        name, price = observation.market, observation.price
        market = self._markets.get(name)
        if market is None:
            return []
        kept = self._kept.get(name)
        if kept is None:
            kept = await self._ledger.mark(name)
        if kept is not None and observation.at < kept.at:
            return []
        if kept is None or abs(price - kept.price) >= market.tick or observation.at - kept.at >= MARK_PERIOD:
            if observation.funding_rate is None and kept is not None and kept.funding_rate is not None:
                observation = replace(observation, funding_rate=kept.funding_rate)
            await self._ledger.save_mark(observation)
            self._kept[name] = observation
            if self._status.state != "open" or name in self._status.halted:
                self._looked_at = None  # whoever is told of this price may trade on it

        def follow(desk: Desk) -> None:
            desk.match(name)
            desk.liquidate(observation)

        woken = await self._ledger.woken(name, price, price)
        return await self._for_each(woken, follow, f"follow {name}", seen=observation)

    async def _for_each(
        self, owners: Iterable[OwnerId], work: Callable[[Desk], None], what: str, *, seen: Observation | None = None
    ) -> list[OwnerId]:
        """Whose account *work* changed. One owner's failure keeps nobody else from it; failures are raised together."""
        touched, failures = list[OwnerId](), list[Exception]()
        for owner in owners:
            try:
                async with self._desk(owner, seen=seen) as (_, desk):
                    work(desk)
                    if desk.changed or desk.activities:
                        touched.append(owner)
            except Exception as failure:  # noqa: BLE001 - raised below, once everybody has had their turn
                failures.append(failure)
        if failures:
            raise ExceptionGroup(f"Expected every account to {what}", failures)
        return touched

    async def exchange_funding(self, now: datetime) -> list[OwnerId]:
        """Exchange funding for every whole hour up to *now*, once each, missed ones at the last known rate and mark.

        Returns who paid or received, or was liquidated for it.
        """
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._funded is None and (last := await self._ledger.value(_FUNDED)) is not None:
            self._funded = datetime.fromisoformat(last)
        if self._funded is not None and hour <= self._funded:
            return []
        owners = dict.fromkeys([owner for name in self._markets for owner in await self._ledger.exposed(name)])

        def fund(desk: Desk) -> None:
            desk.fund(hour)
            desk.liquidate()

        touched = await self._for_each(owners, fund, "exchange funding")
        await self._ledger.save_value(_FUNDED, hour.isoformat())
        self._funded = hour
        return touched

    async def deposit(self, owner: OwnerId, amount: Decimal) -> None:
        """Give the account more paper money. Raises BadInput unless 0 < *amount* ≤ 10^12."""
        if not (amount.is_finite() and 0 < amount <= MAX_DEPOSIT):
            raise BadInput(f"Expected a deposit between 0 and {MAX_DEPOSIT:,}, was {amount}")
        async with self._desk(owner) as (_, desk):
            desk.books = replace(desk.books, deposits=desk.books.deposits + credit(amount))

    async def open_position(self, owner: OwnerId, market: str, base: Decimal, entry_price: Decimal) -> None:
        """Put a position (signed *base*) into the account as if it had been transferred in, without a fill or a fee.

        For demos and replays. Raises BadInput off the market's grid, Conflict where a position is open already.
        """
        listed = self._markets.get(market)
        if listed is None:
            raise BadInput(f"Expected a listed market, was {market}")
        if not base.is_finite() or base == 0 or floor_to(base, listed.step) != base:
            raise BadInput(f"Expected a size in steps of {plain(listed.step)} {listed.base}, was {base}")
        if not (entry_price.is_finite() and entry_price > 0 and abs(base) * entry_price <= matching.MAX_NOTIONAL):
            raise BadInput(f"Expected an entry price above zero for a position below $10^9, was {entry_price}")
        async with self._desk(owner, market) as (_, desk):
            if market in desk.books.holdings:
                raise Conflict(f"Expected no position in {market}, was {plain(desk.books.holdings[market].base)}")
            now = self._clock.now()
            held = Holding(base=base, entry=entry_price, funded_at=now)
            desk.books = replace(desk.books, holdings=desk.books.with_holding(market, held), changed_at=now)

    # ── the ledger ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _glance(self, owner: OwnerId) -> Desk | None:
        """The owner's books without their lock; None where looking at them changes what is kept."""
        known, resting = await self._ledger.glance(owner)
        if known is None:
            return None
        books, orders, busy = self._books(known, resting)
        desk = Desk(self._rules, books, orders, await self._marks(busy), self._clock.now())
        return None if desk.changed or self._kept_of(desk) != known else desk

    @asynccontextmanager
    async def _desk(
        self, owner: OwnerId, *also: str, seen: Observation | None = None
    ) -> AsyncIterator[tuple[LedgerPage, Desk]]:
        """The owner's books under their lock, with every mark they need; kept at the end unless something is raised.

        Marks are read before the lock is taken: reading them under it would hold two connections at once. Should the
        account turn out to need more marks than were read, it is let go and opened anew.
        """
        needed = set(also) | self._busy.get(owner, frozenset()) | ({seen.market} if seen is not None else set())
        while True:
            marks = await self._marks(needed)
            if seen is not None:
                marks[seen.market] = seen
            async with self._ledger.open(owner) as page:
                books, orders, busy = self._books(page.account, await page.resting())
                if busy <= needed:
                    desk = Desk(self._rules, books, orders, marks, self._clock.now())
                    yield page, desk
                    desk.make_good()
                    await self._keep(page, desk)
                    self._busy[owner] = frozenset(desk.books.holdings) | {o.intent.market for o in desk.resting}
                    return
            needed |= busy

    def _books(
        self, known: Document | None, resting: Sequence[Document]
    ) -> tuple[Books, list[PaperOrder], frozenset[str]]:
        """What is kept of an account: its books, its resting orders, the markets of both."""
        books = Books(deposits=self._deposit) if known is None else from_kept(Books, known["books"])
        orders = [record for record in map(record_from_json, resting) if isinstance(record, PaperOrder)]
        busy = frozenset(books.holdings) | {order.intent.market for order in orders}
        if unlisted := busy - self._markets.keys():
            raise NotConfigured(f"Expected the markets of the account to be listed, was without {unlisted}")
        return books, orders, busy

    async def _marks(self, names: Collection[str]) -> dict[str, Observation]:
        return {name: mark for name in names if (mark := await self._ledger.mark(name)) is not None}

    def _wakes(self, desk: Desk) -> dict[str, tuple[Decimal | None, Decimal | None]]:
        return margin.wake_prices(desk.books, desk.resting, desk.prices, self._markets)

    def _kept_of(self, desk: Desk) -> Document:
        """The account as it is written down."""
        return {"books": to_json(desk.books), "wakes": to_json(self._wakes(desk))}

    async def _keep(self, page: LedgerPage, desk: Desk) -> None:
        """Write down what changed."""
        for order in desk.changed.values():
            await page.save_order(order.signature, record_to_json(order), resting=order.finding is Finding.LIVE)
        for activity in desk.activities:
            await page.add_activity(activity.number, to_json(activity))
        account = self._kept_of(desk)
        if account != page.account:
            wakes = self._wakes(desk)
            await page.save_account(account, wakes=wakes, exposed=sorted(desk.books.holdings))


async def _read(page: LedgerPage, signature: str) -> Record | None:
    document = await page.order(signature)
    return None if document is None else record_from_json(document)


async def _follow(page: LedgerPage, signature: str) -> PaperOrder | Void | None:
    """What *signature* leads to: an alias, to the order that it is another signature of."""
    record = await _read(page, signature)
    while isinstance(record, Alias):
        record = await _read(page, record.signature)
    return record


async def _void(page: LedgerPage, signature: str, finding: Finding, reason: str) -> Void:
    void = Void(finding=finding, reason=reason)
    await page.save_order(signature, record_to_json(void), resting=False)
    return void
