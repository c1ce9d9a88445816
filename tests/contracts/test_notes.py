"""What every implementation of the Notes port keeps to: a real venue's adapter trusts nothing else."""

import asyncio
from contextlib import suppress

import pytest

from core.db.memory_notes import MemoryNotes
from core.db.notes import PostgresNotes
from core.domain.errors import Conflict
from core.domain.ids import OwnerId
from core.ports import Notes

ANN, BOB = OwnerId(1), OwnerId(2)


@pytest.fixture(params=["memory", "postgres"])
def notes(request: pytest.FixtureRequest) -> Notes:
    if request.param == "memory":
        return MemoryNotes()
    return PostgresNotes(request.getfixturevalue("database"), "drift")


async def test_a_note_is_the_owner_s_and_the_last_one_put(notes: Notes) -> None:
    async with notes.open(ANN) as page:
        assert await page.get("a") is None
        await page.put("a", {"sent": 1})
        assert await page.get("a") == {"sent": 1}
    async with notes.open(ANN) as page:
        await page.put("a", {"sent": 2})
    async with notes.open(ANN) as page, notes.open(BOB) as other:
        assert await page.get("a") == {"sent": 2}
        assert await other.get("a") is None


async def test_what_fails_leaves_no_note(notes: Notes) -> None:
    with suppress(RuntimeError):
        async with notes.open(ANN) as page:
            await page.put("a", {})
            await page.add_activity(1, {})
            raise RuntimeError
    async with notes.open(ANN) as page:
        assert await page.get("a") is None
        assert await page.activity(0, 10) == []


async def test_two_at_once_take_turns(notes: Notes) -> None:
    async def count() -> None:
        async with notes.open(ANN) as page:
            known = await page.get("n") or {"n": 0}
            await asyncio.sleep(0)
            await page.put("n", {"n": known["n"] + 1})

    await asyncio.gather(*(count() for _ in range(8)))
    async with notes.open(ANN) as page:
        assert await page.get("n") == {"n": 8}


async def test_activities_are_numbered_once_and_told_in_order(notes: Notes) -> None:
    async with notes.open(ANN) as page:
        for number in (1, 2, 3):
            await page.add_activity(number, {"is": number})
    async with notes.open(ANN) as page:
        assert [one["is"] for one in await page.activity(1, 10)] == [2, 3]
        assert [one["is"] for one in await page.activity(0, 1)] == [1]
    with pytest.raises(Conflict):
        async with notes.open(ANN) as page:
            await page.add_activity(3, {})
