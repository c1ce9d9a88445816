"""A Discord bot from its token to its end: who hears, who tells, what is registered; decides no answer."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import aiohttp
import discord

from bots.channel import TryAgain
from bots.delivery import Courier
from bots.dialogue import Dialogue
from bots.discord.at_once import guess, open_form
from bots.discord.channel import DiscordChannel
from bots.discord.channel import Whole as Heart
from bots.discord.feed import COMMAND
from bots.discord.hearing import Heard, hear_interaction, hear_message, opens_form
from bots.discord.menu import hash_of, menu
from bots.discord.wire import NAME, Wire
from bots.lanes import Turns
from bots.mirror import Mirror
from bots.pictures import Market, Pictures
from bots.standby import in_turn
from core.app import Settings
from core.domain.errors import NotConfigured, SayWhenError
from core.feed.card import Card
from core.ports import Letter

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
MOST_WAITING = 2_000
MOST_AT_ONCE = 64
_BATCH = 100
_SWEEP_EVERY = timedelta(hours=1)
_UNKEPT = Card(
    title="That could not be taken in, and nothing was done",
    lines=("Our database does not answer. Try again in a moment.",),
    tone="bad",
    public=True,
)

Connect = Callable[[], aiohttp.BaseConnector]


class Whole(Heart, Protocol):
    """The core, with its settings."""

    @property
    def settings(self) -> Settings: ...


class Bot(discord.Client):
    """The connection; what happens on it goes to `ears`, once there are any."""

    def __init__(self, connector: aiohttp.BaseConnector | None) -> None:
        # It says at each start that nobody can speak with it; nobody wants to.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            # Neither is privileged. The second brings what people type to us in private, and nothing else.
            intents=discord.Intents(guilds=True, dm_messages=True),
            connector=connector,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            guild_ready_timeout=0.5,
            max_ratelimit_timeout=30.0,
        )
        self.ears: Ears | None = None

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Called by the library."""
        if self.ears is not None:
            self.ears.interaction(interaction)

    async def on_message(self, message: discord.Message) -> None:
        """Called by the library."""
        if self.ears is not None:
            self.ears.message(message)


class Ears:
    """Keeps what is heard before anything is done about it, in the order it came."""

    def __init__(self, wire: Wire, core: Heart, channel: DiscordChannel, turns: Turns, account: str) -> None:
        self._wire = wire
        self._core = core
        self._channel = channel
        self._turns = turns
        self._account = account
        self._heard: asyncio.Queue[Heard] = asyncio.Queue(MOST_WAITING)
        self._at_once: set[asyncio.Task[None]] = set()
        self._swept_at: datetime | None = None

    def interaction(self, interaction: discord.Interaction) -> None:
        """Somebody used a command, a button, a select or a form."""
        if interaction.type is discord.InteractionType.autocomplete:
            self._do_at_once(guess(self._wire, self._core, interaction))
            return
        if interaction.type is discord.InteractionType.application_command and _name_of(interaction) == COMMAND:
            self._do_at_once(self._channel.feeds.answer(interaction))
            return
        heard = hear_interaction(interaction)
        if heard is None:
            return
        form = opens_form(heard)
        if form is not None:
            self._do_at_once(open_form(self._wire, self._core, heard, form))
        else:
            self._take(heard)

    def message(self, message: discord.Message) -> None:
        """Somebody wrote to us."""
        heard = hear_message(message)
        if heard is not None:
            self._take(heard)

    async def resume(self) -> None:
        """Work on what a crash interrupted."""
        left = await self._core.inbox.unanswered(NAME, self._account)
        if left:
            _log.info("answering %d interactions that were left over", len(left))
        await self._turns.put(left, again=True)

    async def run(self) -> None:
        """Keep and pass on what is heard, until cancelled."""
        try:
            while True:
                batch = [await self._heard.get()]
                while len(batch) < _BATCH and not self._heard.empty():
                    batch.append(self._heard.get_nowait())
                await self._pass_on(batch)
        finally:
            for task in list(self._at_once):
                task.cancel()
            await asyncio.gather(*self._at_once, return_exceptions=True)

    async def _pass_on(self, batch: Sequence[Heard]) -> None:
        letters = [
            Letter(
                channel=NAME, account=self._account, number=heard.number, person=str(heard.person),
                body=heard.kept(), sent_at=heard.sent_at, private=heard.private,
            )
            for heard in batch
        ]  # fmt: skip
        try:
            fresh = await self._core.inbox.keep(letters)
            await self._sweep()
        except SayWhenError as problem:
            _log.warning("%d interactions could not be kept: %s", len(batch), problem)
            for heard in batch:
                self._channel.refuse(heard, _UNKEPT)
            return
        await self._turns.put(fresh)

    async def _sweep(self) -> None:
        now = self._core.clock.now()
        if self._swept_at is None or now - self._swept_at >= _SWEEP_EVERY:
            self._swept_at = now
            await self._core.inbox.sweep()

    def _take(self, heard: Heard) -> None:
        try:
            self._heard.put_nowait(heard)
        except asyncio.QueueFull:
            _log.error("too much is waiting: an interaction is left unanswered")
            return
        self._channel.expect(heard)

    def _do_at_once(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._at_once) >= MOST_AT_ONCE:
            work.close()
            return
        task = asyncio.create_task(work, name="discord-at-once")
        self._at_once.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._at_once.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.error("an interaction could not be answered at once", exc_info=problem)


def _name_of(interaction: discord.Interaction) -> str:
    data: Mapping[str, Any] = interaction.data or {}
    return str(data.get("name"))


async def run_discord(
    core: Whole, market: Market, connect: Connect | None = None, *, mirror: Mirror | None = None
) -> None:
    """Serve the bot until cancelled; while another process serves it, wait as stand-by and say so.

    *connect* makes the connector that reaches Discord, where it is not the usual one. Raises NotConfigured for a token
    that Discord does not know.
    """
    if core.settings.discord_token is None:
        raise NotConfigured("There is no Discord bot.", "Set DISCORD_BOT_TOKEN.")
    token = core.settings.discord_token.get_secret_value()
    pause = _FIRST_PAUSE_S
    while True:
        began = core.clock.now()
        try:
            async with Bot(None if connect is None else connect()) as bot:
                await bot.login(token)
                serving = partial(serve, core, market, bot, mirror or Mirror(core.memos))
                await in_turn(core.inbox, f"{NAME}:{bot.application_id}", f"{bot.user} on Discord", serving)
            problem: BaseException | None = None
        except discord.LoginFailure:
            raise _wrong_token() from None
        except Exception as broken:  # noqa: BLE001 - whatever broke, people must be heard again; what is kept is answered
            wrong = _not_configured(broken)
            if wrong is not None:
                raise wrong from None
            problem = broken
        if (core.clock.now() - began).total_seconds() > _LONGEST_PAUSE_S:
            pause = _FIRST_PAUSE_S
        if problem is not None:
            known = isinstance(problem, aiohttp.ClientError | OSError | discord.DiscordException)
            said = f"{type(problem).__name__}: " if known else ""
            _log.warning("%sDiscord is served again in %.0f s", said, pause, exc_info=None if known else problem)
            await core.clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)


def _wrong_token() -> NotConfigured:
    return NotConfigured("Discord does not know the bot's token.", "Correct DISCORD_BOT_TOKEN.")


def _not_configured(problem: BaseException) -> NotConfigured | None:
    """What only an operator can put right, in *problem* or among what it groups."""
    if isinstance(problem, NotConfigured):
        return problem
    if isinstance(problem, discord.LoginFailure) or (
        isinstance(problem, discord.ConnectionClosed) and problem.code == 4004
    ):
        return _wrong_token()
    inner = problem.exceptions if isinstance(problem, BaseExceptionGroup) else ()
    return next((found for one in inner if (found := _not_configured(one)) is not None), None)


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
    ears = Ears(wire, core, channel, turns, account)
    await channel.open()
    try:
        with mirror.showing(channel):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(turns.run(), name="discord-turns")
                tasks.create_task(Courier(core.notices, [channel], core.clock).run(), name="discord-delivery")
                await ears.resume()
                tasks.create_task(ears.run(), name="discord-ears")
                tasks.create_task(_register(core, bot), name="discord-menu")
                bot.ears = ears
                await bot.connect(reconnect=True)
                raise TryAgain("Discord closed the connection for good")
    finally:
        bot.ears = None
        await channel.close()


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
