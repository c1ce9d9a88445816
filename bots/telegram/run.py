"""A Telegram bot from its token to its end: who hears, who tells, what stands in its menu; decides no answer."""

import asyncio
import logging
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Protocol

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    MenuButtonCommands,
    MenuButtonWebApp,
    User,
    WebAppInfo,
)
from telegram.error import InvalidToken, TelegramError

from bots.commands import in_menu
from bots.delivery import Courier
from bots.dialogue import Dialogue
from bots.facade import Facade, Inbox
from bots.lanes import Turns
from bots.mirror import Mirror
from bots.pictures import Market, Pictures
from bots.standby import in_turn
from bots.telegram.channel import NAME, TelegramChannel
from bots.telegram.pacing import Pace
from bots.telegram.receive import POLL_S, Receiver
from bots.telegram.sender import Sender
from bots.telegram.wire import Wire
from core.app import Settings
from core.domain.errors import NotConfigured
from core.ports import Clock, Letter, Memos

_log = logging.getLogger(__name__)
_CONNECTIONS = 48
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_MINI_APP = "/telegram"
"""Where the dashboard is under the public address when Telegram opens it."""
_SHORT = "You say when; it watches and trades. Rules for perpetual futures in plain words."
_DESCRIPTION = (
    "Say a rule as you would say it: “if SOL drops 2 %, sell half my position”. SayWhen asks what is unclear, shows"
    " what it understood, and only after you confirm it watches the market, trades, and tells you of the fill."
)
"""What an empty chat shows before Start is pressed; at most 512 characters, the short one 120."""
IN_GROUPS = frozenset({"rule", "rules", "prices", "help"})


class Whole(Facade, Protocol):
    """The core, with what a picture needs."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def memos(self) -> Memos: ...


async def run_telegram(core: Whole, market: Market, *, mirror: Mirror | None = None) -> None:
    """Serve the bot until cancelled; while another process serves it, wait as stand-by and say so.

    Raises NotConfigured for a token that Telegram does not know.
    """
    pause = _FIRST_PAUSE_S
    while True:
        began = core.clock.now()
        try:
            async with AsyncExitStack() as stack:
                bot = open_bot(core.settings, stack)
                await bot.initialize()
                serving = partial(serve, core, market, bot, mirror or Mirror(core.memos))
                await in_turn(core.inbox, f"{NAME}:{bot.id}", f"@{bot.username}", serving)
            problem: Exception | None = None
        except InvalidToken:
            raise _wrong_token() from None
        except TelegramError as said:
            problem = said
        except Exception as said:  # noqa: BLE001 - whatever broke, people must be heard again; what is kept is answered
            wrong = _not_configured(said)
            if wrong is not None:
                raise wrong from None
            problem = said
        if (core.clock.now() - began).total_seconds() > _LONGEST_PAUSE_S:
            pause = _FIRST_PAUSE_S
        if problem is not None:
            _log.warning("Telegram is served again in %.0f s", pause, exc_info=problem)
            await core.clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)


def _wrong_token() -> NotConfigured:
    return NotConfigured("Telegram does not know the bot's token.", "Correct TELEGRAM_BOT_TOKEN.")


def _not_configured(problem: Exception) -> NotConfigured | None:
    """What only an operator can put right, in *problem* or among what it groups."""
    if isinstance(problem, NotConfigured):
        return problem
    inner = problem.exceptions if isinstance(problem, ExceptionGroup) else ()
    return next((found for one in inner if (found := _not_configured(one)) is not None), None)


def open_bot(settings: Settings, stack: AsyncExitStack) -> Bot:
    """The bot of the settings' token, not yet initialised; *stack* ends its connections. Raises NotConfigured."""
    if settings.telegram_token is None:
        raise NotConfigured("There is no Telegram bot.", "Set TELEGRAM_BOT_TOKEN.")
    token = settings.telegram_token.get_secret_value()
    os.environ.setdefault("PTB_TIMEDELTA", "1")  # durations as durations, which the library asks for one by one
    base = (settings.telegram_base or "https://api.telegram.org").rstrip("/")
    calls, polls = Wire(connections=_CONNECTIONS, read_s=15), Wire(connections=2, read_s=POLL_S + 10)
    # Not the bot's own shutdown: it closes nothing where the first call of all failed.
    for request in (calls, polls):
        stack.push_async_callback(request.shutdown)
    return Bot(
        token, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot", request=calls, get_updates_request=polls
    )


async def serve(core: Whole, market: Market, bot: Bot, mirror: Mirror) -> None:
    """Hear and tell until cancelled."""
    settings, clock = core.settings, core.clock
    channel = TelegramChannel(
        bot, Sender(bot, Pace(clock, settings.telegram_sends), Pictures(market, clock)), core, clock, mirror
    )
    admins = frozenset(settings.telegram_admins.replace(",", " ").split())
    dialogue = Dialogue(
        core, clock, dashboard=settings.public_url_set, admins=frozenset((NAME, admin) for admin in admins)
    )
    us: User = bot.bot
    inbox: Inbox = core.inbox

    async def work(letter: Letter, again: bool) -> None:
        await channel.answer(letter, us, dialogue.answer, again=again)

    turns = Turns(work, partial(inbox.answered, NAME, str(bot.id)))
    receiver = Receiver(bot, inbox, turns, clock)
    with mirror.showing(channel):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(turns.run(), name="telegram-turns")
            tasks.create_task(Courier(core.notices, [channel], clock).run(), name="telegram-delivery")
            tasks.create_task(_set_menu(bot, settings, sorted(admins)), name="telegram-menu")
            await receiver.resume()
            if settings.telegram_webhook is None:
                await receiver.poll()
            else:
                async with receiver.webhook(settings.telegram_webhook, settings.telegram_listen):
                    await receiver.idle()


async def _set_menu(bot: Bot, settings: Settings, admins: Sequence[str]) -> None:
    """Put the commands, the dashboard and what this is where Telegram shows them; a bot without a menu still works."""
    address = settings.public_url_set
    try:
        everyone = _menu(dashboard=address is not None, admin=False)
        await bot.set_my_commands(everyone, scope=BotCommandScopeAllPrivateChats())
        await bot.set_my_commands(
            [command for command in everyone if command.command in IN_GROUPS], scope=BotCommandScopeAllGroupChats()
        )
        for admin in admins:
            with suppress(TelegramError):  # who never wrote to us has no chat to set it in
                await bot.set_my_commands(
                    _menu(dashboard=address is not None, admin=True), scope=BotCommandScopeChat(int(admin))
                )
        await bot.set_my_description(_DESCRIPTION)
        await bot.set_my_short_description(_SHORT)
        opens = address is not None and address.startswith("https://")
        dashboard = MenuButtonWebApp("Dashboard", WebAppInfo(f"{address}{_MINI_APP}"))
        await bot.set_chat_menu_button(menu_button=dashboard if opens else MenuButtonCommands())
    except TelegramError as problem:
        _log.warning("Telegram's menu stays as it was: %s", type(problem).__name__)


def _menu(*, dashboard: bool, admin: bool) -> list[BotCommand]:
    return [BotCommand(command.name, command.description) for command in in_menu(dashboard=dashboard, admin=admin)]
