"""Plugs the adapters together and hands out the façades; the only place that knows which implementation is used."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from core.app.account import Accounts
from core.app.activity import Events, Jobs, Letters, Orders, Trades
from core.app.consent import Consent
from core.app.drafts import Drafts
from core.app.engine import Engine
from core.app.execution import Execution
from core.app.fees import Fees
from core.app.identity import Identity
from core.app.inbox import Inbox
from core.app.keys import ApiKeys
from core.app.leaving import Leaving
from core.app.limits import OwnLimits
from core.app.links import Links
from core.app.notices import Notices
from core.app.parts import Parts
from core.app.people import People
from core.app.prices import Prices
from core.app.readings import Readings
from core.app.replays import Replays
from core.app.rules import Rules
from core.app.seats import Seats
from core.app.sign_offs import SignOffs
from core.app.trading import open_trading, take_in_keys
from core.app.vault import TradingKeys
from core.app.wallets import Wallets
from core.app.words import reader_for
from core.clock import SystemClock
from core.db.census import Census
from core.db.connection import Database
from core.db.credentials import PostgresCredentials
from core.db.embedded import EmbeddedPostgres
from core.db.event_log import PostgresEventLog
from core.db.fees import PostgresFeeBook
from core.db.inbox import PostgresInbox
from core.db.journal import PostgresJournal
from core.db.lease import PostgresLease
from core.db.memos import PostgresMemos
from core.db.migrate import migrate
from core.db.outbox import PostgresOutbox
from core.db.people import PostgresPeople
from core.db.queue import PgQueue
from core.db.store import PostgresStore
from core.db.trading_keys import PostgresKeyStore
from core.db.wallet_transactions import PostgresWalletTransactions
from core.domain.errors import Conflict
from core.domain.ids import OwnerId
from core.flow.board import Board
from core.flow.trust import Bounds, Trust
from core.ports import Clock, Memos, VenueStatus
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What a surface may ask, by noun."""

    account: Accounts
    drafts: Drafts
    rules: Rules
    orders: Orders
    trades: Trades
    jobs: Jobs
    letters: Letters
    events: Events
    identity: Identity
    links: Links
    wallets: Wallets
    limits: OwnLimits
    keys: ApiKeys
    trading_keys: TradingKeys
    fees: Fees
    seats: Seats
    sign_offs: SignOffs
    readings: Readings
    replays: Replays
    consent: Consent
    prices: Prices
    notices: Notices
    inbox: Inbox
    memos: Memos
    people: People
    leaving: Leaving
    engine: Engine
    execution: Execution
    clock: Clock
    settings: Settings
    parts: Parts

    async def venue_status(self) -> VenueStatus:
        """Whether the venue takes orders."""
        return await self.parts.venue_status()

    async def give_position(self, owner: OwnerId, market: str, base: Decimal, entry_price: Decimal) -> None:
        """Put a position into a paper account, as a demo's starting point. Raises BadInput or Conflict."""
        if self.parts.own is None:
            raise Conflict(f"Positions at {self.parts.venue.name} come from trades only.", "Open one by a rule.")
        await self.parts.own.open_position(owner, market, base, entry_price)


@asynccontextmanager
async def open_core(
    settings: Settings, *, clock: Clock | None = None, role: str = "saywhen", signs: bool = False
) -> AsyncIterator[Core]:
    """A Core on the settings' database (embedded where none is named), migrated, closed at the end of the block.

    Raises StorageUnavailable or NotConfigured. *role* names the process in the database's own lists; only one that
    *signs* can open trading keys.
    """
    time = SystemClock() if clock is None else clock
    async with AsyncExitStack() as stack:
        reader = reader_for(settings)
        stack.push_async_callback(reader.close)
        database = await _database(settings, role, stack)
        bounds = Bounds(stale_s=settings.stale_s, confidence_bps=settings.confidence_bps, jump_bps=settings.jump_bps)
        store, log = PostgresStore(database), PostgresEventLog(database)
        people = PostgresPeople(database, store)
        trading, ledger = open_trading(settings, database, time, people, stack, signs=signs)
        parts = Parts(
            settings=settings,
            clock=time,
            store=store,
            log=log,
            outbox=PostgresOutbox(database),
            queue=PgQueue(database),
            lease=_lease(database),
            leases=partial(_lease, database),
            inbox=PostgresInbox(database),
            venue=trading.venue,
            own=trading.own,
            venue_prices=trading.prices,
            changes=trading.changes,
            custody=trading.custody,
            parser=reader,
            board=Board(fresh_s=settings.stale_s),
            trust=Trust(bounds),
        )
        stack.push_async_callback(_close_source, parts)
        journal = PostgresJournal(database, log)
        credentials = PostgresCredentials(database)
        census = Census(database)
        preferring = People(parts, census)
        identity = Identity(parts, credentials, people)
        consent = Consent(parts, identity, people)
        drafts = Drafts(parts, journal)
        fees = Fees(parts, PostgresFeeBook(database), trading.fees)
        parts.fees = fees.look if fees.charged else None
        seats = Seats(parts, people, PostgresKeyStore(database), PostgresWalletTransactions(database), consent)
        parts.signed = seats.follow_all if parts.custody is not None else None
        if trading.vault is not None:
            owners = await store.owners()
            await take_in_keys(settings, trading.vault, owners[0] if owners else None)
        yield Core(
            account=Accounts(parts),
            drafts=drafts,
            rules=Rules(parts, drafts, journal),
            orders=Orders(parts, journal),
            trades=Trades(parts, journal),
            jobs=Jobs(journal),
            letters=Letters(parts),
            events=Events(parts, journal),
            identity=identity,
            links=Links(parts, credentials, people),
            wallets=Wallets(parts, consent, identity, people),
            limits=OwnLimits(parts, consent),
            keys=ApiKeys(parts, consent, credentials),
            trading_keys=TradingKeys(settings, database, time, people, trading.vault),
            fees=fees,
            seats=seats,
            sign_offs=SignOffs(parts, journal, seats),
            readings=Readings(parts),
            replays=Replays(parts),
            consent=consent,
            prices=Prices(parts, ledger),
            notices=Notices(parts),
            inbox=Inbox(parts),
            memos=PostgresMemos(database),
            people=preferring,
            leaving=Leaving(parts, consent, credentials, preferring, census),
            engine=Engine(parts),
            execution=Execution(parts),
            clock=time,
            settings=settings,
            parts=parts,
        )


def _lease(database: Database) -> PostgresLease:
    return PostgresLease(database, f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}")


async def _database(settings: Settings, role: str, stack: AsyncExitStack) -> Database:
    if settings.database_url is not None:
        dsn = settings.database_url.get_secret_value()
        await migrate(dsn)
        database = await Database.open(dsn, application_name=role)
    else:
        server = await EmbeddedPostgres.start(settings.home_path)
        stack.push_async_callback(server.stop)

        async def revive() -> str:
            await server.revive()
            return server.dsn()

        await migrate(server.dsn())
        database = await Database.open(server.dsn(), application_name=role, revive=revive)
    stack.push_async_callback(database.close)
    return database


async def _close_source(parts: Parts) -> None:
    if parts.source is not None:
        await parts.source.close()
