"""Every implementation of the storage ports, so that one suite runs on each; knows no test."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest

from core.db.connection import Database
from core.db.event_log import PostgresEventLog
from core.db.lease import PostgresLease
from core.db.ledger import PostgresLedger
from core.db.memory import MemoryLease, MemoryStore
from core.db.memory_ledger import MemoryLedger
from core.db.memory_outbox import MemoryOutbox
from core.db.outbox import PostgresOutbox
from core.db.queue import PgQueue
from core.db.store import PostgresStore
from core.domain.ids import OwnerId
from core.ports import EventLog, Lease, Ledger, Outbox, Queue, Store, Transaction


@dataclass(frozen=True, kw_only=True)
class Storage:
    """One implementation of everything stored, on one empty place."""

    name: str
    store: Store
    event_log: EventLog
    outbox: Outbox
    queue: Queue
    ledger: Ledger
    lease: Callable[[str], Lease]


def memory_storage() -> Storage:
    store = MemoryStore()
    return Storage(
        name="memory",
        store=store,
        event_log=store.event_log,
        outbox=MemoryOutbox(store),
        queue=store.queue,
        ledger=MemoryLedger(),
        lease=lambda holder: MemoryLease(store, holder),
    )


def postgres_storage(database: Database) -> Storage:
    return Storage(
        name="postgres",
        store=PostgresStore(database),
        event_log=PostgresEventLog(database),
        outbox=PostgresOutbox(database),
        queue=PgQueue(database),
        ledger=PostgresLedger(database),
        lease=lambda holder: PostgresLease(database, holder),
    )


@pytest.fixture(params=["memory", "postgres"])
def storage(request: pytest.FixtureRequest) -> Storage:
    """Each implementation in turn."""
    if request.param == "memory":
        return memory_storage()
    return postgres_storage(request.getfixturevalue("database"))


@pytest.fixture
def store(storage: Storage) -> Store:
    return storage.store


class _BrokenOff(Exception):
    """What ends a block of `broken_off`."""


@asynccontextmanager
async def broken_off(store: Store, owner: OwnerId) -> AsyncIterator[Transaction]:
    """A transaction that an exception ends, however well its block went."""
    with suppress(_BrokenOff):
        async with store.begin(owner) as tx:
            yield tx
            raise _BrokenOff
