"""A bot that is killed leaves no interaction unanswered that Discord would still take, no notice lost, none twice."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.app import open_core, read_settings
from tests.bots.discord.stage import ANN, labels_of, words_of
from tests.emulators.discord.server import Call, DiscordServer

pytestmark = [pytest.mark.slow, pytest.mark.chaos]
ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def victim(dsn: str, discord: DiscordServer, slow_s: float = 0) -> AsyncIterator[asyncio.subprocess.Process]:
    """The bot as a process, ready; dead at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bots.discord.victim", dsn, str(discord.port), discord.token, str(slow_s),
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    assert process.stdin is not None
    assert discord.authority is not None
    process.stdin.write(discord.authority.cert_pem.bytes())
    process.stdin.close()
    readied = discord.gateway.readied
    try:
        await discord.until(lambda: discord.gateway.readied > readied, within_s=40)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _kills(process: asyncio.subprocess.Process, discord: DiscordServer, what: str, kinds: set[int]) -> None:
    """Kill the bot at the moment in which such a call has been done and is not answered yet."""

    def look(call: Call) -> None:
        if call.what == what and (not kinds or call.body.get("type") in kinds) and process.returncode is None:
            discord.on_call = None
            process.kill()

    discord.on_call = look


async def test_a_bot_killed_after_it_acknowledged_and_again_in_the_middle_of_a_notice_gives_each_once(
    postgres_dsn: str,
) -> None:
    settings = read_settings(_env_file=None, DATABASE_URL=postgres_dsn)
    people = range(100, 120)
    async with DiscordServer() as discord:
        async with victim(postgres_dsn, discord, slow_s=1) as first:
            await discord.until(lambda: discord.commands)
            _kills(first, discord, "POST callback", {5})
            asked = await discord.slash(ANN, "rule", text="tell me when SOL is above 170", guild=True)
            await first.wait()
        discord.gateway.session = None
        async with open_core(settings) as core:
            for person in people:
                await core.account.sign_in("discord", str(person))
            await core.people.announce("Back soon")
        async with victim(postgres_dsn, discord) as second:
            _kills(second, discord, "POST message", set())
            await second.wait()
        discord.gateway.session = None
        async with victim(postgres_dsn, discord):
            rooms = [discord.open_dm(person) for person in people]
            await discord.until(lambda: {call.where["channel"] for call in discord.of("POST message")} >= set(rooms))
            shown = await discord.until(lambda: [call.result for call in discord.of("PATCH followup")])
            assert {message["id"] for message in shown} == {asked.original}
            assert "Confirm" in labels_of(shown[0])
            await discord.press(ANN, shown[0], "Confirm")
            above = discord.messages[asked.channel, str(asked.original)]
            await discord.until(lambda: words_of(above).startswith("✅ Confirmed"))
        told = [message["channel_id"] for message in discord.messages.values() if "Back soon" in words_of(message)]
        assert sorted(set(rooms) & set(told)) == sorted(rooms)
        assert len(told) == len(set(told))
        assert discord.gateway.compressed == ["zlib-stream"] * 3
        assert {refusal[2] for refusal in discord.refused} == {40060}
        async with open_core(settings) as core:
            owner = await core.account.sign_in("discord", str(ANN))
            assert [rule.label for rule in await core.rules.list(owner)] == ["r1"]
