"""Who has the turn serves, and stops once it is lost; who has not says that it waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bots.standby import in_turn


class _Turns:
    """The turn as one process sees it: `waits` for another first, `lost` when it is taken away."""

    def __init__(self, *, waits: bool) -> None:
        self.waits = waits
        self.may = asyncio.Event()
        self.lost = asyncio.Event()
        self.left = False

    @asynccontextmanager
    async def turn(self, key: str, waiting: asyncio.Event) -> AsyncIterator[asyncio.Event]:
        assert key == "discord:1"
        if self.waits:
            waiting.set()
            await self.may.wait()
        try:
            yield self.lost
        finally:
            self.left = True


async def test_a_turn_that_is_lost_ends_the_serving_and_only_then_is_given_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    turns: Any = _Turns(waits=True)
    story: list[str] = []

    async def serve() -> None:
        story.append("serves")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # as what is under way ends
            story.append(f"ended, turn given up: {turns.left}")

    serving = asyncio.create_task(in_turn(turns, "discord:1", "SayWhen on Discord", serve))
    await asyncio.sleep(0.01)
    assert story == []
    assert "Another process serves SayWhen on Discord; this one waits as stand-by." in capsys.readouterr().err
    turns.may.set()
    await asyncio.sleep(0.01)
    assert story == ["serves"]
    turns.lost.set()
    async with asyncio.timeout(2):
        await serving
    assert story == ["serves", "ended, turn given up: False"]
    assert turns.left


async def test_what_breaks_while_serving_is_heard_of_and_the_turn_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    turns: Any = _Turns(waits=False)

    async def serve() -> None:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        await in_turn(turns, "discord:1", "SayWhen on Discord", serve)
    assert turns.left
    assert capsys.readouterr().err == ""
