"""Whatever breaks, and whenever: nothing that Discord would still take stays unanswered, nothing is done twice."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import discord as library
import pytest

from bots import lanes
from bots.discord import ears
from bots.discord.run import run_discord
from bots.discord.wire import Wire
from core import logs
from core.domain.errors import NotConfigured, StorageUnavailable
from tests.bots.discord.stage import ANN, BOB, Stage, labels_of, staged, words_of
from tests.emulators.discord.server import DiscordServer, Fault

# Discord's library waits before it tries again, and so do we.
pytestmark = pytest.mark.slow


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as opened:
        yield opened
        assert opened.gateway.wrong == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library rests five seconds before it logs in anew; a fiftieth of it is enough here."""

    class Hurried:
        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds / 50)

        def __getattr__(self, name: str) -> Any:
            return getattr(asyncio, name)

    monkeypatch.setattr(library.client, "asyncio", Hurried())


@pytest.fixture
async def stage(postgres_dsn: str, discord: DiscordServer) -> AsyncIterator[Stage]:
    async with staged(postgres_dsn, discord) as opened:
        await discord.until(lambda: discord.commands)
        yield opened


def _slowly(stage: Stage, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    confirm = stage.core.drafts.confirm

    async def slow(*arguments: Any) -> Any:
        await asyncio.sleep(seconds)
        return await confirm(*arguments)

    monkeypatch.setattr(type(stage.core.drafts), "confirm", lambda self, *arguments: slow(*arguments))


@pytest.mark.usefixtures("impatient")
async def test_a_connection_that_breaks_while_it_begins_is_made_again_in_whichever_phase(
    postgres_dsn: str, discord: DiscordServer
) -> None:
    discord.gateway.breaks += ["connect", "hello", "identify", "ready"]
    async with staged(postgres_dsn, discord) as stage:
        await discord.until(lambda: discord.commands)
        assert "Prices" in words_of(await stage.slash("prices"))
    assert discord.gateway.breaks == []


async def test_what_happens_while_the_connection_is_away_is_answered_after_a_resume(stage: Stage) -> None:
    for broken in (stage.discord.gateway.drop, stage.discord.gateway.ask_to_reconnect):
        await broken()
        assert "Prices" in words_of(await stage.slash("prices"))
    assert len(stage.discord.gateway.resumed) == 2
    assert len(stage.discord.gateway.identified) == 1
    assert {asked["intents"] for asked in stage.discord.gateway.identified} == {1 | 1 << 12}


@pytest.mark.usefixtures("impatient")
async def test_a_session_that_is_over_is_begun_anew(stage: Stage) -> None:
    stage.discord.gateway.invalid += [True, False]
    await stage.discord.gateway.drop()
    await stage.discord.until(lambda: stage.discord.gateway.readied == 2)
    assert "Prices" in words_of(await stage.slash("prices"))


async def test_what_takes_longer_is_acknowledged_within_a_second_and_answered_in_the_same_place(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.hold()
    draft = await stage.slash("rule", text="stop loss at 140")
    _slowly(stage, monkeypatch, 0.9)
    asked = await stage.discord.press(ANN, draft, "Confirm")
    armed = await stage.answer(asked)
    assert asked.acked_at is not None
    assert asked.acked_at - asked.sent_at < 1
    assert (await stage.called_back(asked))["type"] == 6
    assert armed["id"] == draft["id"]
    assert words_of(armed).startswith("✅ Confirmed: r1")


async def test_a_slow_command_shows_that_it_is_thought_about(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    view = stage.core.account.view

    async def slow(*arguments: Any) -> Any:
        await asyncio.sleep(0.9)
        return await view(*arguments)

    monkeypatch.setattr(type(stage.core.account), "view", lambda self, *arguments: slow(*arguments))
    asked = await stage.discord.slash(ANN, "balance", guild=True)
    shown = await stage.answer(asked)
    assert (await stage.called_back(asked)) == {"type": 5, "data": {"flags": 64}}
    assert shown["flags"] & 64
    assert "Equity" in words_of(shown)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST callback", 0),
        Fault("POST callback", 0, done=True),
        Fault("POST callback", 502, done=True),
        Fault("POST callback", 429, message="slow down", after_s=0.2),
    ],
)
async def test_an_answer_outlives_what_discord_does_to_it_and_is_given_once(stage: Stage, fault: Fault) -> None:
    owner = await stage.hold()
    draft = await stage.slash("rule", text="stop loss at 140")
    stage.discord.faults.append(fault)
    asked = await stage.discord.press(ANN, draft, "Confirm")
    await stage.discord.until(lambda: asked.answered_at and not stage.discord.faults)
    await stage.slash("prices")
    shown = stage.discord.messages[draft["channel_id"], draft["id"]]
    assert words_of(shown).startswith("✅ Confirmed: r1")
    assert len(await stage.core.rules.list(owner)) == 1
    assert stage.posted(ANN) == []


async def test_what_discord_takes_no_answer_for_any_more_is_answered_in_private(stage: Stage) -> None:
    await stage.hold()
    old = time.time() - 10
    asked = await stage.discord.slash(ANN, "positions", guild=True, at=old)
    [told] = await stage.discord.until(lambda: stage.posted(ANN))
    assert "Your positions" in words_of(told)
    assert "Discord took no answer there any more" in words_of(told)
    assert asked.acked_at is None


async def test_an_answer_that_took_longer_than_its_token_lives_comes_in_private_and_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await stage.hold()
    draft = await stage.slash("rule", text="stop loss at 140", guild=True)
    _slowly(stage, monkeypatch, 0.9)
    asked = await stage.discord.press(ANN, draft, "Confirm")
    await stage.called_back(asked)
    stage.discord.clock_off_s = 16 * 60
    [told] = await stage.discord.until(lambda: stage.posted(ANN))
    assert words_of(told).startswith("✅ Confirmed: r1")
    assert "Discord took no answer there any more" in words_of(told)
    assert {code for _, _, code, _ in stage.discord.refused} == {50027}
    assert len(await stage.core.rules.list(owner)) == 1


def test_no_token_reaches_the_log() -> None:
    said = f"POST https://discord.com/api/v10/webhooks/1/aW50ZXJhY3Rpb246MTIzNDU2/messages as {DiscordServer.token}"
    assert logs._without_tokens(None, "", said) == "POST https://discord.com/api/v10/webhooks/1/•••/messages as •••"


async def test_a_press_that_waited_too_long_is_not_done_but_offered(stage: Stage) -> None:
    owner = await stage.hold()
    draft = await stage.slash("rule", text="stop loss at 140")
    await stage.discord.press(ANN, draft, "Confirm", at=time.time() - 300)
    [late] = await stage.discord.until(lambda: stage.posted(ANN))
    assert "Not done: you sent this 5 min" in words_of(late)
    assert await stage.core.rules.list(owner) == []
    await stage.press(late, "Do it now")
    assert len(await stage.core.rules.list(owner)) == 1


async def test_what_was_kept_and_not_answered_is_answered_after_a_restart_and_not_drafted_twice(
    postgres_dsn: str, discord: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(postgres_dsn, discord) as stage:
        await discord.until(lambda: discord.commands)
        owner = await stage.hold()
        monkeypatch.setattr(lanes, "END_WITHIN_S", 0.1)
        # The draft is made and the interaction acknowledged; then the process is gone before it shows anything.
        discord.faults += [Fault("PATCH followup", 0) for _ in range(50)]
        _slowly_said(stage, monkeypatch)
        asked = await discord.slash(ANN, "rule", text="stop loss at 140")
        await discord.until(lambda: len(discord.refused) > 1)
        [made] = await stage.core.drafts.open(owner)
    monkeypatch.undo()
    discord.faults.clear()
    async with staged(postgres_dsn, discord) as stage:
        shown = await stage.answer(asked)
        assert shown["id"] == asked.original
        assert "Confirm" in labels_of(shown)
        assert [draft.id for draft in await stage.core.drafts.open(owner)] == [made.id]
        # A button of before works, too.
        assert "Confirmed" in words_of(await stage.press(shown, "Confirm"))
        assert discord.of("PUT commands") == discord.of("PUT commands")[:1]


def _slowly_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    say = stage.core.drafts.say

    async def slow(*arguments: Any) -> Any:
        await asyncio.sleep(0.9)
        return await say(*arguments)

    monkeypatch.setattr(type(stage.core.drafts), "say", lambda self, *arguments: slow(*arguments))


async def test_a_wrong_token_is_told_to_whoever_started_it(postgres_dsn: str, discord: DiscordServer) -> None:
    async with staged(postgres_dsn, discord) as stage:
        discord.token = "another.token.altogether"
        with pytest.raises(NotConfigured, match="does not know the bot's token"):
            await run_discord(stage.core, stage.core.prices, discord.connector)
        discord.gateway.session = None
        await discord.gateway.drop()


async def test_a_crowd_of_newcomers_is_acknowledged_at_once_and_answered_in_its_time(stage: Stage) -> None:
    crowd = 120
    began = [await stage.discord.slash(1_000 + number, "start", guild=number % 2 == 0) for number in range(crowd)]
    for one in began:
        assert "SayWhen" in words_of(await stage.answer(one))
    assert max(one.acked_at - one.sent_at for one in began if one.acked_at is not None) < 3
    assert stage.discord.refused == []
    assert len(stage.discord.gateway.identified) == 1  # its turn to serve was kept


async def test_whoever_meets_what_breaks_us_is_told_and_not_left_waiting(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        await asyncio.sleep(0.8)  # it is acknowledged by then
        raise StorageUnavailable("the server has gone away")

    monkeypatch.setattr(Wire, "know_room", away)
    told = await stage.slash("prices")
    assert "Something broke on our side" in words_of(told)
    assert "Something broke on our side" in words_of(await stage.say("prices"))
    monkeypatch.undo()
    shown = await stage.slash("prices")
    assert "Prices" in words_of(shown)
    monkeypatch.setattr(type(stage.core.inbox), "show", away)
    asked = await stage.discord.slash(ANN, "rules")  # shown, and then it breaks
    assert "You have no rules" in words_of(await stage.answer(asked))
    monkeypatch.undo()
    await stage.slash("prices")
    assert len(asked.said) == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("full", [True, False])
async def test_who_comes_to_a_full_house_or_to_none_is_told_so_and_nothing_is_done(
    full: bool, postgres_dsn: str, discord: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    if full:
        monkeypatch.setattr(ears, "MOST_WAITING", 70)
    async with staged(postgres_dsn, discord) as stage:
        await discord.until(lambda: discord.commands)
        draft = await stage.slash("rule", text="tell me when SOL is above 170")
        keep, opened, kept = stage.core.inbox.keep, asyncio.Event(), asyncio.Event()

        async def slowly(*arguments: Any) -> Any:
            if not full:
                raise StorageUnavailable("the disk is full")
            kept.set()
            await opened.wait()
            return await keep(*arguments)

        monkeypatch.setattr(type(stage.core.inbox), "keep", lambda self, *arguments: slowly(*arguments))
        came = [await discord.slash(ANN, "prices", guild=True)]
        if full:
            await kept.wait()
        came += [await discord.slash(ANN, "prices", guild=True) for _ in range(69 + full)]
        refused = [await discord.slash(BOB, "rule", text="buy 1 SOL", guild=number % 2 == 0) for number in range(66)]
        refused.append(await discord.press(ANN, draft, "Confirm"))
        await discord.type(BOB, "buy 1 SOL")
        said = "Too many are asking at once" if full else "could not be taken in"
        for one in refused:
            told = await stage.answer(one)
            assert said in words_of(told)
            assert "nothing was done" in words_of(told)
            assert bool(told["flags"] & 64) is not one.private
            assert one.said == [told["id"]]
        [typed] = await discord.until(lambda: stage.posted(BOB))
        assert said in words_of(typed)
        opened.set()
        answers = {words_of(await stage.answer(one)).split()[0] for one in came}
        assert answers == ({"Prices"} if full else {"⛔"})
        assert words_of(discord.messages[draft["channel_id"], draft["id"]]) == words_of(draft)
        assert await stage.core.inbox.known("discord", str(BOB)) is None
        owner = await stage.core.account.sign_in("discord", str(ANN))
        assert await stage.core.rules.list(owner) == []
        monkeypatch.setattr(type(stage.core.inbox), "keep", lambda self, *arguments: keep(*arguments))
        assert "Confirmed" in words_of(await stage.press(draft, "Confirm"))
        discord.gateway.session = None  # what was typed is fetched then, and was refused
        await discord.gateway.drop()
        await discord.until(
            lambda: any(call.where["channel"] == typed["channel_id"] for call in discord.of("GET messages"))
        )
        assert "Prices" in words_of(await stage.say("prices", BOB))
        assert len(stage.posted(BOB)) == 2
        assert await stage.core.drafts.open(await stage.core.account.sign_in("discord", str(BOB))) == []
