"""Loops are kept alive and cadences never pile up; cancellation ends both."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from core.domain.errors import StorageUnavailable
from scheduler import supervision
from scheduler.jobs import ALARM, Cadences, _run
from scheduler.supervision import keep


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses made, none of them waited for."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(supervision, "asyncio", SimpleNamespace(sleep=sleep, get_running_loop=asyncio.get_running_loop))
    return made


async def test_what_fails_or_ends_is_begun_again_after_growing_pauses(pauses: list[float]) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 9:
            raise asyncio.CancelledError
        if runs % 2:
            raise StorageUnavailable("gone")

    with pytest.raises(asyncio.CancelledError):
        await keep("watching", work)
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]


async def test_a_loop_that_ran_steadily_begins_with_the_first_pause(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "STEADY_S", 0.0)
    left = 3

    async def work() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await keep("watching", work)
    assert pauses == [0.5, 0.5]


async def test_a_cadence_that_fails_says_so_once_and_lets_the_next_run_come(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise StorageUnavailable("gone")

    with caplog.at_level(logging.ERROR):
        await _run("poll", fails)
    assert [record.getMessage() for record in caplog.records] == ["cadence poll failed"]


async def test_a_cadence_that_is_stopped_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    async def stopped() -> None:
        raise asyncio.CancelledError

    with caplog.at_level(logging.ERROR):
        await _run("poll", stopped)
    assert caplog.records == []


async def test_every_cadence_is_kept_at_most_once_at_a_time_and_all_end_together() -> None:
    class Engine:
        def __getattr__(self, name: str) -> Any:
            async def idle() -> None:
                """Nothing is due."""

            return idle

        def next_due(self) -> None:
            return None

    cadences = Cadences(SimpleNamespace(engine=Engine()))  # type: ignore[arg-type]
    cadences.start()
    jobs = {job.id: job for job in cadences._scheduler.get_jobs()}
    assert jobs.keys() >= {
        "poll",
        "settle",
        "leases",
        "remember",
        "accounts",
        "candles",
        "reconcile",
        "funding",
        "sample",
    }
    assert all(job.max_instances == 1 and job.coalesce for job in jobs.values())
    await cadences._poll()
    assert ALARM not in {job.id for job in cadences._scheduler.get_jobs()}
    cadences.stop()
    await asyncio.sleep(0)  # it shuts down in a turn of its own
    cadences.stop()
    assert not cadences._scheduler.running
