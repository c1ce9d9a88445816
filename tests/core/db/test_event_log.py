"""The event log in PostgreSQL: nothing skipped, each owner's order kept, bells that survive, and moves of house."""

import asyncio
import random

import pytest
from sqlalchemy import insert, text

from core.codec import event_to_json
from core.db.connection import Database
from core.db.event_log import PostgresEventLog, begin_epoch
from core.db.store import PostgresStore
from core.db.tables import events
from core.domain.ids import EventId, OwnerId
from core.ports import Cursor
from tests import samples
from tests.clock import START
from tests.postgres import until_none
from tests.storage import broken_off

WRITERS, TRANSACTIONS = 8, 40


BEGINNING = Cursor("")


async def _read_all(log: PostgresEventLog, after: Cursor = BEGINNING) -> list[EventId | None]:
    events, _ = await log.read(after, limit=100_000)
    return [event.id for event in events]


async def test_a_reader_among_writers_that_dawdle_and_abort_misses_nothing(database: Database) -> None:
    store, log = PostgresStore(database), PostgresEventLog(database)
    owners = [await store.create_owner("console", str(number), START) for number in range(WRITERS)]
    committed: dict[OwnerId, list[EventId]] = {owner: [] for owner in owners}
    writing = True

    async def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(TRANSACTIONS):
            owner = chance.choice(owners)  # several writers an owner, so that its lock matters
            begin = broken_off if chance.random() < 0.2 else type(store).begin
            async with begin(store, owner) as tx:
                await asyncio.sleep(chance.random() * 0.002)
                ids = [await tx.append(samples.armed_event(owner))]
                await asyncio.sleep(chance.random() * 0.004)
                ids.append(await tx.append(samples.armed_event(owner)))
                if begin is not broken_off:
                    committed[owner] += ids

    async def read() -> list[tuple[OwnerId | None, EventId | None]]:
        seen, cursor = [], Cursor("")
        while True:
            last_round = not writing
            events, cursor = await log.read(cursor, limit=7)
            seen += [(event.owner, event.id) for event in events]
            if last_round and not events:
                return seen
            await asyncio.sleep(0)

    reading = asyncio.create_task(read())
    await asyncio.gather(*(write(seed) for seed in range(WRITERS)))
    writing = False
    seen = await reading
    for owner in owners:
        assert [event_id for whose, event_id in seen if whose == owner] == committed[owner]


async def test_readers_stay_behind_a_transaction_that_is_still_open(database: Database) -> None:
    store, log = PostgresStore(database), PostgresEventLog(database)
    ann, bob = [await store.create_owner("console", name, START) for name in ("ann", "bob")]
    async with store.begin(ann) as tx:
        first = await tx.append(samples.armed_event(ann))
        async with store.begin(bob) as other:
            second = await other.append(samples.armed_event(bob))
        assert await log.read(Cursor("")) == ([], "")
    assert await _read_all(log) == [first, second]


async def test_a_bell_outlives_its_connection(database: Database, postgres_dsn: str) -> None:
    store, log = PostgresStore(database), PostgresEventLog(database)
    owner = await store.create_owner("console", "ann", START)
    async with log.bell() as bell:
        assert await bell.wait(5)
        killer = await Database.open(postgres_dsn, pool_size=1)
        async with killer.begin() as connection:
            await connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen%'")
            )
        await killer.close()
        assert await bell.wait(5)  # the new connection rings at once, for what may have been missed
        async with store.begin(owner) as tx:
            await tx.append(samples.armed_event(owner))
        assert await bell.wait(5)


async def test_the_last_bell_takes_its_connection_with_it(database: Database) -> None:
    log = PostgresEventLog(database)
    for _ in range(2):
        async with log.bell() as bell, log.bell():
            assert await bell.wait(5)
            assert await _listeners(database) == 1
        async with asyncio.timeout(5):
            await until_none(lambda: _listeners(database))


async def _listeners(database: Database) -> int:
    statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'listen%'"
    async with database.begin() as connection:
        return int((await connection.execute(text(statement))).scalar_one())


async def test_cursors_survive_a_move_into_a_cluster_with_lower_transaction_numbers(database: Database) -> None:
    store = PostgresStore(database)
    owner = await store.create_owner("console", "ann", START)

    async def append(count: int) -> list[EventId]:
        ids = []
        for _ in range(count):
            async with store.begin(owner) as tx:
                ids.append(await tx.append(samples.armed_event(owner)))
        return ids

    async def move() -> PostgresEventLog:
        async with database.begin() as connection:
            await connection.execute(text("UPDATE events SET xid = xid + 1000000"))
            await connection.execute(text("UPDATE event_epochs SET cluster = 'another'"))
            await begin_epoch(connection)
        return PostgresEventLog(database)

    log = PostgresEventLog(database)
    old = await append(3)
    _, early = await log.read(Cursor(""), limit=1)
    end = await log.end()
    # What is stored carries the old cluster's high numbers; cursors do too.
    shifted = [Cursor(".".join([e, str(int(x) + 1000000), i])) for e, x, i in (c.split(".") for c in (early, end))]
    log = await move()
    new = await append(2)
    assert await _read_all(log) == old + new
    assert await _read_all(log, shifted[0]) == old[1:] + new
    assert await _read_all(log, shifted[1]) == new
    middle = await log.end()
    epoch, xid, id_ = middle.split(".")
    log = await move()
    newest = await append(1)
    assert await _read_all(log, Cursor(f"{epoch}.{int(xid) + 1000000}.{id_}")) == newest


async def test_an_epoch_lasts_as_long_as_the_cluster(database: Database) -> None:
    async with database.begin() as connection:
        await begin_epoch(connection)
        assert (await connection.execute(text("SELECT epoch, shift FROM event_epochs"))).all() == [(1, 0)]


async def test_what_another_version_wrote_is_read_as_far_as_it_is_known_and_keeps_nothing_back(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store, log = PostgresStore(database), PostgresEventLog(database)
    owner = await store.create_owner("console", "ann", START)
    known = []
    async with database.begin() as connection:
        for name, more in (("rule.invented", {}), ("rule.invented", {}), ("rule.armed", {"invented": 1})):
            body = {**event_to_json(samples.armed_event(owner)), "name": name, **more}
            row = {"owner": owner, "name": name, "at": START, "body": body}
            known.append((await connection.execute(insert(events).values(row).returning(events.c.id))).scalar_one())
    found, cursor = await log.read(BEGINNING, limit=1)
    assert [event.id for event in found] == [str(known[-1])]
    assert await log.read(cursor, limit=1) == ([], cursor)
    assert caplog.text.count("is passed over") == 2
