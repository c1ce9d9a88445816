"""PgQueuer as the Queue; decides how wake-ups are retried, held and kept coming, never what a wake-up does.

`orders` is the truth and a job only its wake-up: PgQueuer 1.6 does not fence a completion (a paused worker and its
successor may both run a job) and does not count a takeover as an attempt. So the worker behind `step` claims each
state change in `orders`. What is guarded here: a worker whose listening connection or pool died is replaced by a fresh
one, and a job is never lost to a stop of the worker.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.backoff import backoff_s
from core.db.connection import Database, raw_connection
from core.db.queue_driver import ListeningDriver
from core.domain.errors import StorageUnavailable
from core.domain.ids import OrderId, OwnerId
from core.ports.storage import Again, DeadLetter, Step

if TYPE_CHECKING:
    from pgqueuer import Job

ENTRYPOINT = "execute"
KEPT_LOG = timedelta(days=7)

_HEARTBEAT = timedelta(seconds=5)
_POLL = timedelta(seconds=1)  # with the heartbeat: a killed worker's job runs elsewhere within 6 s
_GRACE_S = 10.0
_LONGEST_RESTART_S = 5.0
_PRUNE_EVERY_S = 3600.0

_log = logging.getLogger(__name__)


def load() -> None:
    """Import PgQueuer now (0.2 s), so that the first firing does not wait for it."""
    import pgqueuer  # noqa: F401


async def wake(connection: asyncpg.Connection, owner: OwnerId, order_id: OrderId, *, priority: int = 0) -> None:
    """Wake a worker once the transaction of *connection* is over; an order that waits already is woken once."""
    from pgqueuer import Queries

    queries = Queries.from_asyncpg_connection(connection)
    payload = f"{owner} {order_id}".encode()
    await queries.enqueue(ENTRYPOINT, payload, priority, dedupe_key=order_id, on_conflict="skip")


class PgQueue:
    """The Queue in PostgreSQL; up to *at_once* wake-ups run side by side in this process."""

    def __init__(self, database: Database, *, at_once: int = 20) -> None:
        self._database = database
        self._at_once = at_once

    async def work(self, step: Step) -> None:
        """On cancellation takes nothing new, gives what runs 10 s to end, then hands it back to the queue."""
        pause = 0.1
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._incarnation(step)
                why: object = "its connection that listens was lost"
            except Exception as problem:  # noqa: BLE001 - asyncpg's pool breaks in many ways, PgQueuer dies of each
                why = problem
            if loop.time() - began > 10 * _LONGEST_RESTART_S:
                pause = 0.1
            _log.warning("The queue's worker starts anew in %.1f s: %s", pause, why)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_RESTART_S)

    async def dead_letters(self, owner: OwnerId | None = None) -> list[DeadLetter]:
        prefix = None if owner is None else f"{owner} ".encode()

        async def look(connection: AsyncConnection) -> list[DeadLetter]:
            raw = await raw_connection(connection)
            return [_letter(row) for row in await raw.fetch(_DEAD_LETTERS, ENTRYPOINT, prefix)]

        return await self._database.run(look)

    async def discard(self, letter_id: int) -> bool:
        async def drop(connection: AsyncConnection) -> bool:
            raw = await raw_connection(connection)
            return await raw.fetchval(_DISCARD, letter_id, ENTRYPOINT) is not None

        return await self._database.run(drop)

    async def _incarnation(self, step: Step) -> None:
        """One worker with connections of its own; returns when it has gone deaf, raises when it broke."""
        from pgqueuer import Queries, QueueManager

        async with ListeningDriver.open(self._database, pool_size=4) as driver:
            manager = QueueManager(Queries(driver))
            running: set[asyncio.Task[None]] = set()
            manager.entrypoint(ENTRYPOINT, on_failure="hold", accepts_context=False)(_runner(step, running))
            worker = asyncio.create_task(
                manager.run(
                    dequeue_timeout=_POLL,
                    batch_size=max(1, self._at_once // 2),
                    max_concurrent_tasks=self._at_once,
                    heartbeat_timeout=_HEARTBEAT,
                    log_aggregation_interval=timedelta(0),
                ),
                name="queue-worker",
            )
            deaf = asyncio.create_task(driver.deaf.wait(), name="queue-ears")
            broom = asyncio.create_task(_prune(driver), name="queue-broom")
            try:
                await asyncio.wait({worker, deaf, broom}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                broom.cancel()
                deaf.cancel()
                manager.shutdown.set()
                if not (await asyncio.wait({worker}, timeout=_GRACE_S))[0]:
                    for task in running:
                        task.cancel()
                    await asyncio.wait({worker}, timeout=_GRACE_S)
                worker.cancel()
                results = await asyncio.gather(worker, deaf, broom, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


def _runner(step: Step, running: set[asyncio.Task[None]]) -> "Callable[[Job], Awaitable[None]]":
    """*step* as PgQueuer calls it, in a task of its own that is in *running* while it lasts."""
    from pgqueuer import RetryRequested

    async def run(job: "Job") -> None:
        owner, order_id = _payload(job.payload)
        attempt = job.attempts + 1
        task = asyncio.ensure_future(step(owner, order_id, attempt))
        running.add(task)
        try:
            await task
        except Again as again:
            pause = backoff_s(attempt) if again.in_s is None else again.in_s
            raise RetryRequested(timedelta(seconds=pause), again.reason) from again
        except StorageUnavailable as problem:
            raise RetryRequested(timedelta(seconds=backoff_s(attempt)), str(problem)) from problem
        except asyncio.CancelledError:
            if task.cancelled():  # the grace is over: PgQueuer would drop a job whose own task is cancelled
                raise RetryRequested(timedelta(0), "the worker was stopped") from None
            task.cancel()
            raise
        finally:
            running.discard(task)

    return run


async def _prune(driver: ListeningDriver) -> None:
    while True:
        await driver.execute(_PRUNE, KEPT_LOG)
        await asyncio.sleep(_PRUNE_EVERY_S)


def _payload(payload: bytes | None) -> tuple[OwnerId, OrderId]:
    owner, _, order_id = (payload or b"").decode().partition(" ")
    return OwnerId(int(owner)), OrderId(order_id)


def _letter(row: asyncpg.Record) -> DeadLetter:
    owner, order_id = _payload(row["payload"])
    return DeadLetter(
        id=row["id"],
        owner=owner,
        order_id=order_id,
        attempts=row["attempts"] + 1,
        reason=row["reason"] or "",
        at=row["updated"],
    )


# Statements of our own on PgQueuer's tables, where its own would also touch a job that is alive again.
_DEAD_LETTERS = """
SELECT job.id, job.payload, job.attempts, job.updated, (
    SELECT log.traceback ->> 'exception_message' FROM pgqueuer_log log
    WHERE log.job_id = job.id AND log.status = 'failed' ORDER BY log.id DESC LIMIT 1
) AS reason
FROM pgqueuer job WHERE job.status = 'failed' AND job.entrypoint = $1
AND ($2::bytea IS NULL OR substring(job.payload FROM 1 FOR length($2)) = $2)
ORDER BY job.updated DESC, job.id DESC LIMIT 100
"""
_DISCARD = """
WITH gone AS (
    DELETE FROM pgqueuer WHERE id = $1 AND entrypoint = $2 AND status = 'failed' RETURNING id, entrypoint, priority
)
INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
SELECT id, 'canceled', entrypoint, priority FROM gone RETURNING job_id
"""
_PRUNE = """
DELETE FROM pgqueuer_log log WHERE log.created < now() - $1::interval
AND NOT EXISTS (SELECT 1 FROM pgqueuer job WHERE job.id = log.job_id)
"""
