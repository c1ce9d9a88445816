"""One person on Telegram and on Discord: the same rules, the same notices, and cards that follow each other."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bots.discord.run import run_discord
from bots.mirror import Mirror
from bots.telegram.run import run_telegram
from core.app import Core, open_core, read_settings
from core.domain.event import RuleMissed
from core.domain.ids import OwnerId
from tests.bots.discord import stage as on_discord
from tests.bots.telegram import stage as on_telegram
from tests.emulators.discord.server import DiscordServer
from tests.emulators.telegram.server import TelegramServer

HERE, THERE = on_telegram.ANN, 70
"""Her number on Telegram, and on Discord."""


@dataclass
class Both:
    """Both chats of one person."""

    core: Core
    owner: OwnerId
    telegram: on_telegram.Stage
    discord: on_discord.Stage


def _linked(*told: str) -> bool:
    return any("Discord is linked" in words for words in told)


@pytest.fixture
async def both(postgres_dsn: str) -> AsyncIterator[Both]:
    async with TelegramServer() as telegram, DiscordServer() as discord:
        telegram.rates.enforced = False
        telegram.person(HERE)
        settings = read_settings(
            _env_file=None, DATABASE_URL=postgres_dsn, SAYWHEN_PRICES="simulated", SAYWHEN_STALE_S=600,
            TELEGRAM_BOT_TOKEN=telegram.token, TELEGRAM_API_BASE=telegram.base, DISCORD_BOT_TOKEN=discord.token,
        )  # fmt: skip
        async with open_core(settings) as core:
            owner = await core.account.sign_in("telegram", str(HERE))
            other = await core.account.sign_in("discord", str(THERE))
            code, _ = await core.links.offer(owner)
            claim = await core.links.claim(other, "discord", str(THERE), code)
            await core.links.settle(owner, claim.id, agree=True, by="test")
            mirror = Mirror(core.memos)
            tasks = [
                asyncio.create_task(run_telegram(core, core.prices, mirror=mirror)),
                asyncio.create_task(run_discord(core, core.prices, discord.connector, mirror=mirror)),
            ]
            stages = on_telegram.Stage(core, telegram), on_discord.Stage(core, discord, tasks[1])
            try:
                await telegram.until(lambda: telegram.polls)
                await discord.until(lambda: discord.commands and discord.gateway.readied)
                # The last of what is told unasked: a later answer is never taken for it.
                await telegram.until(lambda: _linked(*(on_telegram.words_of(c.result) for c in stages[0].shown(HERE))))
                await discord.until(lambda: _linked(*(on_discord.words_of(m) for m in stages[1].posted(THERE))))
                await stages[0].hold()
                yield Both(core, owner, *stages)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.slow
async def test_a_rule_of_one_chat_is_listed_and_handled_in_the_other_and_both_lists_follow(both: Both) -> None:
    await both.telegram.press(await both.telegram.say("stop loss at 140"), "Confirm")
    above = await both.telegram.say("/rules")
    listed = await both.discord.slash("rules", THERE)
    assert "r1 (armed)" in on_discord.words_of(listed)
    await both.discord.press(listed, "Pause r1", THERE)
    mine = both.telegram.telegram.messages[HERE, above["message_id"]]
    await both.telegram.telegram.until(lambda: "r1 (paused)" in on_telegram.words_of(mine))
    assert on_telegram.labels_of(mine)[0] == "Resume r1"
    await both.telegram.press(mine, "Resume r1")
    theirs = both.discord.discord.messages[listed["channel_id"], listed["id"]]
    await both.discord.discord.until(lambda: "r1 (armed)" in on_discord.words_of(theirs))
    assert on_discord.labels_of(theirs)[0] == "Pause r1"


@pytest.mark.slow
async def test_a_question_that_is_pushed_to_both_chats_and_settled_in_one_is_settled_in_both(both: Both) -> None:
    await both.telegram.press(await both.telegram.say("stop loss at 140"), "Confirm")
    await both.telegram.say("/pause r1")
    [rule] = await both.core.rules.list(both.owner)
    async with both.core.parts.store.begin(both.owner) as tx:
        now = both.core.clock.now()
        missed = RuleMissed(at=now, owner=both.owner, rule_id=rule.id, label="r1", late_s=840, asked=True, summary="It")
        await tx.append(missed)
    [told] = await both.discord.discord.until(
        lambda: [message for message in both.discord.posted(THERE) if "missed" in on_discord.words_of(message)]
    )
    [call] = await both.telegram.telegram.until(
        lambda: [call for call in both.telegram.shown(HERE) if "missed" in on_telegram.words_of(call.result)]
    )
    assert on_telegram.labels_of(call.result) == on_discord.labels_of(told)
    mine = both.telegram.telegram.messages[HERE, call.result["message_id"]]
    settled = await both.discord.press(told, on_discord.labels_of(told)[0], THERE)
    assert settled["id"] == told["id"]
    await both.telegram.telegram.until(lambda: on_telegram.labels_of(mine) == on_discord.labels_of(settled))
    await both.telegram.press(mine, "Cancel")
    await both.discord.discord.until(lambda: "Dropped" in on_discord.words_of(settled_now(both, settled)))


def settled_now(both: Both, message: on_discord.Message) -> on_discord.Message:
    """The message as it is now."""
    return both.discord.discord.messages[message["channel_id"], message["id"]]
