"""The connection breaks in every way that Discord knows, and more: it goes on, or its operator is told what to do."""

import asyncio
import importlib.util
import logging
import sys
import threading
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from discord.gateway import KeepAliveHandler

from bots.channel import TryAgain
from bots.discord import bot as bots
from bots.discord.bot import BEGUN_EVERY_S, MOST_BEGUN, Beginnings, Heartbeats
from bots.discord.run import run_discord
from core.domain.errors import NotConfigured
from tests.bots.discord.stage import ANN, Stage, staged, words_of
from tests.emulators.discord.server import Call, DiscordServer, Fault

pytestmark = pytest.mark.slow
GOES_ON = (1000, 1001, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009)
ENDS = {
    4004: "does not know the bot's token", 4010: "does not take the bot's connection", 4011: "more servers than",
    4012: "no longer speaks", 4013: "does not know what the bot asks", 4014: "does not let the bot hear",
}  # fmt: skip


@pytest.fixture
async def stage(postgres_dsn: str) -> AsyncIterator[Stage]:
    async with DiscordServer() as discord, staged(postgres_dsn, discord) as opened:
        await discord.until(lambda: discord.commands)
        yield opened
        assert discord.gateway.wrong == []


async def test_after_every_code_that_may_be_resumed_the_session_goes_on(stage: Stage) -> None:
    alive = [thread.__class__ for thread in threading.enumerate() if thread.name.startswith("keep-alive-handler")]
    assert alive == [Heartbeats]
    for code in GOES_ON:
        await stage.discord.gateway.drop(code)
        assert "Prices" in words_of(await stage.slash("prices")), code
    assert len(stage.discord.gateway.resumed) == len(GOES_ON)
    assert len(stage.discord.gateway.identified) == 1


async def test_every_code_that_ends_the_bot_tells_its_operator_what_to_do(postgres_dsn: str) -> None:
    async with DiscordServer() as discord, staged(postgres_dsn, discord) as stage:
        serving = stage.serving
        for code, said in ENDS.items():
            await discord.gateway.drop(code)
            with pytest.raises(NotConfigured, match=said) as told:
                await serving
            assert told.value.hint
            readied = discord.gateway.readied
            serving = asyncio.create_task(run_discord(stage.core, stage.core.prices, discord.connector))
            await discord.until(lambda: discord.gateway.readied > readied)  # noqa: B023 - it is over before the next
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def _zlib() -> Any:
    """The library's own reader of zlib streams, which it makes where nothing better is installed."""
    spec = importlib.util.find_spec("discord.utils")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    kept = sys.modules.get("zstandard")
    sys.modules["zstandard"] = None  # type: ignore[assignment]
    try:
        spec.loader.exec_module(found)
    finally:
        del sys.modules["zstandard"]
        if kept is not None:
            sys.modules["zstandard"] = kept
    return found._ActiveDecompressionContext


@pytest.mark.parametrize("packing", ["zlib-stream", "zstd-stream"])
async def test_a_stream_that_breaks_off_in_the_middle_of_a_frame_is_resumed_and_nothing_is_lost(
    packing: str, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn = ["cut", "noise"]
    if packing == "zlib-stream":
        monkeypatch.setattr("discord.utils._ActiveDecompressionContext", _zlib())
        torn = ["split", "cut", "noise"]
    async with DiscordServer() as discord, staged(postgres_dsn, discord) as stage:
        await discord.until(lambda: discord.commands)
        discord.gateway.torn += torn
        for _ in torn:
            assert "Prices" in words_of(await stage.slash("prices"))
        assert discord.gateway.torn == []
        assert set(discord.gateway.compressed) == {packing}
        assert len(discord.gateway.identified) == 1
        assert len(discord.gateway.resumed) == 2


async def test_the_connection_is_lost_between_acknowledgement_and_answer_and_the_answer_is_given(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await stage.hold()
    draft = await stage.slash("rule", text="stop loss at 140", guild=True)
    confirm = stage.core.drafts.confirm

    async def slow(*arguments: Any) -> Any:
        await asyncio.sleep(1.2)
        return await confirm(*arguments)

    monkeypatch.setattr(type(stage.core.drafts), "confirm", lambda self, *arguments: slow(*arguments))
    asked = await stage.discord.press(ANN, draft, "Confirm")
    await stage.called_back(asked)
    stage.discord.gateway.breaks.append("resume")
    await stage.discord.gateway.drop()
    armed = await stage.answer(asked)
    assert armed["id"] == draft["id"]
    assert words_of(armed).startswith("✅ Confirmed: r1")
    assert len(await stage.core.rules.list(owner)) == 1
    assert "Prices" in words_of(await stage.slash("prices"))
    assert stage.posted() == []


async def test_a_notice_that_breaks_between_its_two_messages_goes_on_with_the_second(stage: Stage) -> None:
    await stage.core.account.sign_in("discord", str(ANN))

    def look(call: Call) -> None:
        if call.what == "POST message":
            stage.discord.on_call = None
            stage.discord.faults.append(Fault("POST message", 0))

    stage.discord.on_call = look
    await stage.core.people.announce("\n".join(f"{line}. {'words ' * 20}" for line in range(60)))
    shown = await stage.discord.until(lambda: len(stage.posted()) > 1 and stage.posted())
    said = "\n".join(words_of(message) for message in shown)
    assert [said.count(f"{line}. words") for line in (10, 35, 59)] == [1, 1, 1]
    assert stage.discord.faults == []


def test_no_more_sessions_are_begun_than_discord_allows() -> None:
    now = 0.0
    beginnings = Beginnings(lambda: now)
    begun, waits = 0, []
    while now < 86_400:
        try:
            beginnings.take()
            begun += 1
        except TryAgain as later:
            waits.append(later.retry_in_s or 0)
            now += max(waits[-1], 1)
    assert 0 < min(waits) <= max(waits) <= BEGUN_EVERY_S
    assert MOST_BEGUN < begun < 1_000


async def test_who_began_too_many_sessions_waits_and_is_heard_afterwards(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bots, "MOST_BEGUN", 1)
    monkeypatch.setattr(bots, "BEGUN_EVERY_S", 1.2)
    async with DiscordServer() as discord, staged(postgres_dsn, discord) as stage:
        await discord.until(lambda: discord.commands)
        began = time.monotonic()
        stage.serving.cancel()
        await asyncio.gather(stage.serving, return_exceptions=True)
        beginnings = Beginnings()
        beginnings.take()
        monkeypatch.setattr("bots.discord.run.Beginnings", lambda: beginnings)
        again = asyncio.create_task(run_discord(stage.core, stage.core.prices, discord.connector))
        await discord.until(lambda: discord.gateway.readied == 2)
        assert time.monotonic() - began > 1
        assert "Prices" in words_of(await stage.slash("prices"))
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)


async def test_a_connection_that_nothing_comes_of_is_begun_anew_however_long_the_library_would_rest(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bots, "SILENT_S", 0.6)
    monkeypatch.setattr(bots, "_LOOK_EVERY_S", 0.1)
    monkeypatch.setattr("discord.client.ExponentialBackoff.delay", lambda self: 900.0)  # as after an hour without
    async with DiscordServer() as discord, staged(postgres_dsn, discord) as stage:
        await discord.until(lambda: discord.commands)
        discord.gateway.breaks.append("connect")
        await discord.gateway.drop()
        asked = await discord.slash(ANN, "prices")
        await discord.until(lambda: discord.gateway.readied == 2)
        assert "Prices" in words_of(await stage.slash("prices"))
        assert (
            asked.answered_at is None
        )  # it came to a session that was never resumed; Discord says so to whoever asked


class _Wire:
    """A connection whose heartbeat is acknowledged before its thread has noted that it was sent."""

    thread_id = threading.get_ident()
    socket = SimpleNamespace(closed=False)
    sequence, HEARTBEAT, _max_heartbeat_timeout = 1, 1, 60.0

    def __init__(self, takes_s: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.takes_s = takes_s
        self.beats: Any = None
        self.acknowledged = asyncio.Event()

    async def send_heartbeat(self, data: Any) -> None:
        if not self.acknowledged.is_set():
            self.beats._last_send -= self.takes_s
            self.beats.ack()
            self.acknowledged.set()


@pytest.mark.parametrize(
    ("make", "takes_s", "said"),
    [(KeepAliveHandler, 0, "41."), (Heartbeats, 0, None), (Heartbeats, 12, "12.")],
)
async def test_a_connection_is_said_to_be_behind_only_where_it_is(
    make: type[KeepAliveHandler], takes_s: float, said: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    wire = _Wire(takes_s)
    made: Any = make
    wire.beats = made(ws=wire, interval=0.02)
    wire.beats._last_send -= 41.25  # the heartbeat before
    with caplog.at_level(logging.WARNING, "discord.gateway"):
        wire.beats.start()
        async with asyncio.timeout(5):
            await wire.acknowledged.wait()
        wire.beats.stop()
        await asyncio.to_thread(wire.beats.join, 5)
    told = [record.getMessage() for record in caplog.records]
    assert [said in one and "behind" in one for one in told if said] == ([] if said is None else [True])
    assert bool(told) is (said is not None)


@pytest.mark.parametrize("what", ["its socket", "everything"])
async def test_no_thread_keeps_alive_what_has_ended(what: str) -> None:
    wire = _Wire(0)
    if what == "everything":
        wire.loop = asyncio.new_event_loop()
        wire.loop.close()
    else:
        wire.socket = SimpleNamespace(closed=True)
    made: Any = Heartbeats
    wire.beats = made(ws=wire, interval=0.01)
    wire.beats.start()
    await asyncio.to_thread(wire.beats.join, 5)
    assert not wire.beats.is_alive()
    assert not wire.acknowledged.is_set()
