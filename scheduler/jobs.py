"""The cadences of the engine on APScheduler: how often each runs; what each does is the engine's."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from core.app import Core

ALARM = "alarm"

_log = logging.getLogger(__name__)


class Cadences:
    """APScheduler 3, in memory: everything it runs is rebuilt from the database, so it has nothing to store.

    Besides the intervals it holds one alarm, for the instant at which the next time-based rule is due; each poll sets
    it anew. So a thousand schedules cost what one costs, and a due one does not wait for the next second.
    """

    def __init__(self, core: Core) -> None:
        self._engine = core.engine
        # A cadence that could not run in time runs once, late, rather than being dropped or piling up.
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def start(self) -> None:
        """Begin all cadences."""
        engine = self._engine
        every: list[tuple[float, str, Callable[[], Awaitable[object]]]] = [
            (1, "poll", self._poll),
            (1, "settle", engine.settle_due),
            (1.5, "leases", engine.hold_leases),
            (2, "remember", engine.remember),
            (5, "accounts", engine.accounts),
            (5, "closes", engine.closes),
            (15, "resting", engine.settle_resting),
            (5, "candles", engine.candles),
            (5, "standing", engine.standing),
            (60, "reconcile", engine.reconcile),
            (60, "funding", engine.funding),
            (30, "fees", engine.fees),
            (3, "signed", engine.signed),
            (5, "sample", engine.sample),
        ]
        for seconds, name, work in every:
            self._scheduler.add_job(partial(_run, name, work), "interval", seconds=seconds, id=name)
        for name, work in (("backfill", engine.backfill), ("reconcile at once", engine.reconcile)):
            self._scheduler.add_job(partial(_run, name, work), id=name)
        self._scheduler.start()

    def stop(self) -> None:
        """End all cadences; what runs is cancelled, which is safe: each is one transaction or picks up where it was."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _poll(self) -> None:
        await self._engine.poll()
        due = self._engine.next_due()
        now = datetime.now(UTC)
        if due is not None and (due - now).total_seconds() < 1:
            alarm = partial(_run, ALARM, self._engine.poll)
            self._scheduler.add_job(alarm, DateTrigger(max(due, now)), id=ALARM, replace_existing=True)


async def _run(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """One run of a cadence; a failure is logged here, once, and the next run comes all the same."""
    try:
        await work()
    except asyncio.CancelledError:
        _log.info("%s was stopped", name)
    except Exception:  # noqa: BLE001 - the other cadences, and the next run, must go on
        _log.exception("cadence %s failed", name)
