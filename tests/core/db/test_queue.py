"""PgQueuer behind its guards: a deaf worker is replaced, a stop hands back, and the log is kept short."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.db.connection import Database
from core.db.queue import PgQueue
from core.db.store import PostgresStore
from core.domain.ids import OrderId, OwnerId
from tests.clock import START
from tests.postgres import until, until_none


@pytest.fixture
async def owner(database: Database) -> OwnerId:
    return await PostgresStore(database).create_owner("console", "ann", START)


async def _enqueue(database: Database, owner: OwnerId, order_id: str) -> None:
    async with PostgresStore(database).begin(owner) as tx:
        await tx.enqueue(OrderId(order_id))


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _rows(database: Database, statement: str) -> list[tuple[object, ...]]:
    async with database.begin() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def test_a_worker_whose_connections_were_cut_works_on(database: Database, owner: OwnerId) -> None:
    woken: asyncio.Queue[OrderId] = asyncio.Queue()

    async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        woken.put_nowait(order_id)

    working = asyncio.create_task(PgQueue(database).work(step))
    async with asyncio.timeout(20):
        for order_id in ("a", "b", "c"):
            await _enqueue(database, owner, order_id)
            assert await woken.get() == order_id
            async with database.begin() as connection:
                await connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
    await _stop(working)


async def test_a_worker_that_went_deaf_is_replaced_by_one_that_hears(database: Database, owner: OwnerId) -> None:
    listening = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'listen%'"
    woken = asyncio.Event()

    async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        woken.set()

    async def ears() -> list[tuple[object, ...]]:
        return await _rows(database, listening)

    working = asyncio.create_task(PgQueue(database).work(step))
    async with asyncio.timeout(10):
        await until(ears)
        before = await ears()
        await _rows(database, listening.replace("pid", "pg_terminate_backend(pid)", 1))
        await until(lambda: _others(ears, before))
        await _enqueue(database, owner, "a")
        await woken.wait()
    await _stop(working)


async def _others(ears: Callable[[], Awaitable[object]], before: object) -> bool:
    return await ears() not in ([], before)


async def test_a_stop_lets_what_runs_come_to_its_end(database: Database, owner: OwnerId) -> None:
    started, go_on, done = asyncio.Event(), asyncio.Event(), []

    async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        started.set()
        await go_on.wait()
        done.append(order_id)

    await _enqueue(database, owner, "a")
    working = asyncio.create_task(PgQueue(database).work(step))
    async with asyncio.timeout(10):
        await started.wait()
        working.cancel()
        await asyncio.sleep(0)
        assert not working.done()
        go_on.set()
        with suppress(asyncio.CancelledError):
            await working
    assert done == ["a"]
    assert await _rows(database, "SELECT id FROM pgqueuer") == []


async def test_a_stop_hands_back_what_does_not_end(
    database: Database, owner: OwnerId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.db.queue._GRACE_S", 0.05)
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def hang(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    await _enqueue(database, owner, "a")
    working = asyncio.create_task(PgQueue(database).work(hang))
    async with asyncio.timeout(10):
        await started.wait()
        monkeypatch.setattr("core.db.queue._GRACE_S", 0.05)
        await _stop(working)
        assert cancelled.is_set()
        assert await _rows(database, "SELECT status::text FROM pgqueuer") == [("queued",)]
        again: asyncio.Queue[int] = asyncio.Queue()

        async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
            again.put_nowait(attempt)

        working = asyncio.create_task(PgQueue(database).work(step))
        assert await again.get() == 2
        await _stop(working)


async def test_several_wake_ups_run_side_by_side(database: Database, owner: OwnerId) -> None:
    together = asyncio.Barrier(5)

    async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        await together.wait()

    for number in range(5):
        await _enqueue(database, owner, str(number))
    working = asyncio.create_task(PgQueue(database).work(step))
    async with asyncio.timeout(10):
        await until_none(lambda: _rows(database, "SELECT id FROM pgqueuer"))
    await _stop(working)


async def test_the_log_forgets_jobs_that_are_long_over(database: Database, owner: OwnerId) -> None:
    await _enqueue(database, owner, "waiting")
    async with database.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint)"
                " VALUES (now() - interval '8 days', 99, 'successful', 0, 'execute'),"
                " (now() - interval '6 days', 98, 'successful', 0, 'execute')"
            )
        )
        await connection.execute(
            text("UPDATE pgqueuer_log SET created = :old WHERE status = 'queued'"), {"old": START - timedelta(days=9)}
        )

    async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        await asyncio.Event().wait()

    working = asyncio.create_task(PgQueue(database).work(step))
    async with asyncio.timeout(10):
        await until_none(lambda: _rows(database, "SELECT 1 FROM pgqueuer_log WHERE job_id = 99"))
    assert len(await _rows(database, "SELECT 1 FROM pgqueuer_log WHERE job_id <> 99")) >= 2
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def test_the_job_of_a_worker_that_died_is_taken_over(database: Database, owner: OwnerId) -> None:
    await _enqueue(database, owner, "a")
    async with database.begin() as connection:
        await connection.execute(
            text(
                "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),"
                " heartbeat = now() - interval '5.1 s'"
            )
        )
    taken = asyncio.Event()

    async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        taken.set()

    working = asyncio.create_task(PgQueue(database).work(step))
    async with asyncio.timeout(10):
        await taken.wait()
    await _stop(working)
