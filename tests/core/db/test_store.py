"""The store in PostgreSQL beyond its contract: who waits for whom, and with what."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from core.db.connection import Database
from core.db.event_log import PostgresEventLog
from core.db.store import PostgresStore
from core.domain.errors import StorageUnavailable
from core.domain.ids import OwnerId
from core.domain.rule import RuleState
from core.ports import Cursor
from tests import samples
from tests.clock import START
from tests.postgres import until


async def test_an_owner_in_a_queue_leaves_connections_to_others(postgres_dsn: str) -> None:
    database = await Database.open(postgres_dsn, pool_size=2)
    store = PostgresStore(database)
    done = []

    async def wait() -> None:
        async with store.begin(OwnerId(1)) as tx:
            done.append(await tx.next_rule_number())

    async with store.begin(OwnerId(1)):
        waiting = [asyncio.create_task(wait()) for _ in range(5)]
        async with asyncio.timeout(2):
            for _ in range(5):
                async with store.begin(OwnerId(2)) as tx:
                    await tx.next_rule_number()
        assert done == []
    await asyncio.gather(*waiting)
    assert done == [1] * 5
    await database.close()


async def test_a_transaction_within_one_of_the_same_owner_gives_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.db.store.LOCK_S", 0.05)
    store = PostgresStore(database)
    async with store.begin(OwnerId(1)):
        with pytest.raises(StorageUnavailable, match="owner 1's other transaction"):
            async with store.begin(OwnerId(1)):
                pass


async def test_two_processes_take_turns_with_an_owner(database: Database, postgres_dsn: str) -> None:
    other = await Database.open(postgres_dsn, pool_size=1)
    here, there = PostgresStore(database), PostgresStore(other)
    owner = await here.create_owner("console", "ann", START)
    order: list[str] = []

    async def elsewhere() -> None:
        async with there.begin(owner) as tx:
            order.append("there")
            await tx.append(samples.armed_event(owner, "there"))

    async with here.begin(owner) as tx:
        waiting = asyncio.create_task(elsewhere())
        async with asyncio.timeout(5):
            await until(lambda: _somebody_waits(database))
        order.append("here")
        await tx.append(samples.armed_event(owner, "here"))
    await waiting
    assert order == ["here", "there"]
    events, _ = await PostgresEventLog(database).read(Cursor(""))
    assert [getattr(event, "summary", None) for event in events] == order
    await other.close()


async def _somebody_waits(database: Database) -> bool:
    async with database.begin() as connection:
        found = await connection.execute(text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
        return found.first() is not None


async def test_memories_never_wait_for_a_rule_that_is_being_changed(database: Database) -> None:
    store = PostgresStore(database)
    owner = await store.create_owner("console", "ann", START)
    busy, free = samples.rule(owner, 1), samples.rule(owner, 2)
    async with store.begin(owner) as tx:
        await tx.add_rule(busy)
        await tx.add_rule(free)
    fired = replace(busy, state=RuleState.FIRING)
    async with store.begin(owner) as tx:
        assert await tx.save_rule(fired, was=RuleState.ARMED, version=1)
        async with asyncio.timeout(2):
            await store.save_memories({(busy.id, 1): {"peak": "1"}, (free.id, 1): {"peak": "1"}}, {})
    async with store.begin(owner) as tx:
        assert await tx.rules() == [fired, replace(free, memory={"peak": "1"})]
