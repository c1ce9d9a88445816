"""A Discord bot from its token to its end: who hears, who tells, what is registered; decides no answer."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

import aiohttp
import discord

from bots.channel import TryAgain
from bots.delivery import Courier
from bots.dialogue import Dialogue
from bots.discord.bot import Beginnings, Bot
from bots.discord.channel import DiscordChannel
from bots.discord.channel import Whole as Heart
from bots.discord.ears import Ears
from bots.discord.menu import hash_of, menu
from bots.discord.wire import NAME, Wire
from bots.lanes import Turns
from bots.mirror import Mirror
from bots.pictures import Market, Pictures
from bots.standby import in_turn
from core.app import Settings
from core.domain.errors import NotConfigured, SayWhenError
from core.ports import Letter

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_EXPECTED = (aiohttp.ClientError, OSError, discord.DiscordException, SayWhenError)
"""What a Discord that is away looks like; anything else is told with where it happened."""

_UPDATE = "Install the newest SayWhen."
_TOLD = {
    4004: ("Discord does not know the bot's token.", "Correct DISCORD_BOT_TOKEN."),
    4010: ("Discord does not take the bot's connection.", _UPDATE),
    4011: ("The bot is in more servers than one connection may serve.", "Let it leave some of them."),
    4012: ("Discord no longer speaks this version of its API.", _UPDATE),
    4013: ("Discord does not know what the bot asks to hear of.", _UPDATE),
    4014: ("Discord does not let the bot hear what it asks for.", "See what Discord's developer portal says of it."),
}
"""Codes with which Discord ends a connection for good, what they mean, and what to do."""

Connect = Callable[[], aiohttp.BaseConnector]


class Whole(Heart, Protocol):
    """The core, with its settings."""

    @property
    def settings(self) -> Settings: ...


async def run_discord(
    core: Whole, market: Market, connect: Connect | None = None, *, mirror: Mirror | None = None
) -> None:
    """Serve the bot until cancelled; while another process serves it, wait as stand-by and say so.

    *connect* makes the connector that reaches Discord, where it is not the usual one. Raises NotConfigured for a token
    that Discord does not know, and whatever else only an operator can put right.
    """
    if core.settings.discord_token is None:
        raise NotConfigured("There is no Discord bot.", "Set DISCORD_BOT_TOKEN.")
    token = core.settings.discord_token.get_secret_value()
    pause, beginnings = _FIRST_PAUSE_S, Beginnings()
    while True:
        began = core.clock.now()
        try:
            connector = None if connect is None else connect()
            base, gateway = core.settings.discord_base, core.settings.discord_gateway
            async with Bot(connector, base=base, gateway=gateway, beginnings=beginnings) as bot:
                await bot.login(token)
                serving = partial(serve, core, market, bot, mirror or Mirror(core.memos))
                await in_turn(core.inbox, f"{NAME}:{bot.application_id}", f"{bot.user} on Discord", serving)
            problem: BaseException | None = None
        except discord.LoginFailure:
            raise NotConfigured(*_TOLD[4004]) from None
        except Exception as broken:  # noqa: BLE001 - whatever broke, people must be heard again; what is kept is answered
            wrong = _not_configured(broken)
            if wrong is not None:
                raise wrong from None
            problem = broken
        if (core.clock.now() - began).total_seconds() > _LONGEST_PAUSE_S:
            pause = _FIRST_PAUSE_S
        if problem is not None:
            waits = [one.retry_in_s for one in _leaves(problem) if isinstance(one, TryAgain) and one.retry_in_s]
            pause = max([pause, *waits])
            known = [f"{type(one).__name__} {one}" for one in _leaves(problem) if isinstance(one, _EXPECTED)]
            said = f"{'; '.join(known)[:300]}: " if known else ""
            _log.warning("%sDiscord is served again in %.0f s", said, pause, exc_info=None if known else problem)
            await core.clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)


def _not_configured(problem: BaseException) -> NotConfigured | None:
    """What only an operator can put right, in *problem* or among what it groups."""
    for one in _leaves(problem):
        if isinstance(one, NotConfigured):
            return one
        code = 4004 if isinstance(one, discord.LoginFailure) else getattr(one, "code", None)
        code = 4014 if isinstance(one, discord.PrivilegedIntentsRequired) else code
        if isinstance(one, discord.ClientException) and code in _TOLD:
            return NotConfigured(*_TOLD[code])
    return None


def _leaves(problem: BaseException) -> list[BaseException]:
    inner = problem.exceptions if isinstance(problem, BaseExceptionGroup) else ()
    return [leaf for one in inner for leaf in _leaves(one)] if inner else [problem]


async def serve(core: Whole, market: Market, bot: Bot, mirror: Mirror) -> None:
    """Hear and tell until cancelled."""
    settings, account = core.settings, str(bot.application_id)
    wire = Wire(bot, core.memos)
    channel = DiscordChannel(wire, Pictures(market, core.clock), core, mirror)
    admins = settings.discord_admins.replace(",", " ").split()
    dialogue = Dialogue(
        core, core.clock, dashboard=settings.public_url_set, admins=frozenset((NAME, admin) for admin in admins)
    )

    async def work(letter: Letter, again: bool) -> None:
        await channel.answer(letter, dialogue.answer, again=again)

    turns = Turns(work, partial(core.inbox.answered, NAME, account))
    ears = Ears(wire, core, channel, turns, account, lambda: bot.listens)
    await channel.open()
    try:
        with mirror.showing(channel):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(turns.run(), name="discord-turns")
                tasks.create_task(Courier(core.notices, [channel], core.clock).run(), name="discord-delivery")
                await ears.resume()
                tasks.create_task(ears.run(), name="discord-ears")
                tasks.create_task(_register(core, bot), name="discord-menu")
                tasks.create_task(ears.missed.run(), name="discord-missed")
                tasks.create_task(_unless_silent(bot), name="discord-silence")
                bot.ears = ears
                await bot.connect(reconnect=True)
                raise TryAgain("Discord closed the connection for good")
    finally:
        bot.ears = None
        await channel.close()


async def _unless_silent(bot: Bot) -> None:
    await bot.stays_silent()
    raise TryAgain("Discord did not say what has become of the session")


async def _register(core: Whole, bot: Bot) -> None:
    """Register the commands where they are not what was registered last; a bot without them still hears words."""
    commands = menu(dashboard=core.settings.public_url_set is not None)
    name, made = f"commands:{bot.application_id}", hash_of(commands)
    pause = _FIRST_PAUSE_S
    while True:
        try:
            if await core.memos.recall(NAME, name) != made:
                app = bot.application_id or 0
                await bot.http.bulk_upsert_global_commands(app, commands)
                await core.memos.remember(NAME, name, made)
        except (discord.DiscordException, aiohttp.ClientError, OSError, SayWhenError) as problem:
            _log.warning("Discord's commands stay as they were, again in %.0f s: %s", pause, type(problem).__name__)
            await core.clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        else:
            return
