"""`saywhen up`: the whole product with one command; decides who chats where and what is said at the start."""

import asyncio
import logging
import os
import socket
import stat
import sys
from argparse import Namespace
from collections.abc import Sequence

from bots.channel import Outbound
from bots.console.channel import ADDRESS, ConsoleChannel
from bots.console.screen import open_screen
from cli import chat
from cli.home import Occupancy, settings_of
from cli.product import converse, running
from cli.running import run_until_stopped
from cli.worker import WorkerProcess
from core.app import Core, Settings, emulated_drift, open_core, set_up_logs
from core.domain.errors import BadInput, Conflict, NotConfigured
from core.feed.card import Card
from core.settings import PRICE_SOURCES

_PRICES_WITHIN_S = 2.5
"""Where live prices are looked for in vain this long, people may talk already and are told."""


def run(options: Namespace) -> int:
    """Run until the person leaves the chat, or a signal comes."""
    chosen = {"SAYWHEN_PRICES": options.prices, "SAYWHEN_VENUE": options.venue}
    settings = settings_of(options, **{name: value for name, value in chosen.items() if value is not None})
    if settings.price_file is not None and not settings.price_file.is_file():
        raise BadInput(
            f"Expected prices from {', '.join(PRICE_SOURCES)} or a candle file, was {settings.prices[:80]!r}.",
            "Correct --prices or SAYWHEN_PRICES.",
        )
    chatting = not options.no_chat and _somebody_talks()
    occupancy = Occupancy.take(settings.home_path)
    if occupancy is None:
        if not chatting:
            raise Conflict(f"Another SayWhen runs on {settings.home_path} already.", "Talk to it with saywhen chat.")
        print("Another SayWhen is running on this home; this window joins it as chat.", flush=True)
        return chat.run(options)
    logs = settings.home_path / "logs" if chatting else None
    set_up_logs(settings.log_level, "up", file=None if logs is None else logs / "up.log")
    worker = WorkerProcess(home=options.home, log=None if logs is None else logs / "worker.log")
    try:
        return run_until_stopped(lambda: _up(settings, occupancy, worker, chatting=chatting))
    finally:
        occupancy.end()


async def _up(settings: Settings, occupancy: Occupancy, worker: WorkerProcess, *, chatting: bool) -> int:
    if settings.venue != "drift-emulator":
        worker.env = {"SAYWHEN_VENUE": settings.venue}
        return await _serve(settings, occupancy, worker, chatting=chatting)
    async with emulated_drift(settings) as emulated:
        worker.env = {
            "SAYWHEN_VENUE": settings.venue,
            "SOLANA_RPC_URL": emulated.rpc,
            "SOLANA_WS_URL": emulated.ws,
        }
        print(f"The Drift emulator answers at {emulated.rpc}. {emulated.notice or ''}".strip(), file=sys.stderr)
        return await _serve(emulated.settings, occupancy, worker, chatting=chatting)


async def _serve(settings: Settings, occupancy: Occupancy, worker: WorkerProcess, *, chatting: bool) -> int:
    async with open_core(settings, role="saywhen up") as core:
        channels = [ConsoleChannel(open_screen(), core.clock)] if chatting else []
        listening = _listen(core)
        async with running(core, worker, channels, listening) as ready:
            try:
                async with asyncio.timeout(_PRICES_WITHIN_S):
                    await ready.wait()
            except TimeoutError:
                pass  # the greeting says so
            greeting = _greeting(core, ready=ready.is_set(), chatting=chatting, listening=listening)
            greeting += await _refusal(core)
            print(greeting, flush=True, file=sys.stdout if chatting else sys.stderr)
            telling = _tell_prices(core, occupancy, ready, channels, greeted=ready.is_set())
            noting = asyncio.create_task(telling, name="note")
            try:
                if chatting:
                    dashboard = None if listening is None else settings.public_url
                    await converse(core, channels[0], dashboard=dashboard)
                else:
                    await asyncio.Event().wait()
            finally:
                noting.cancel()
    return 0


async def _tell_prices(
    core: Core, occupancy: Occupancy, ready: asyncio.Event, channels: Sequence[ConsoleChannel], *, greeted: bool
) -> None:
    """Once prices are chosen: note them for windows that join later, and say so where the greeting could not."""
    await ready.wait()
    occupancy.write({"pid": os.getpid(), "prices": core.prices.source_name})
    if greeted:
        return
    words = _prices_words(core)
    for channel in channels:
        await channel.send(Outbound(address=ADDRESS, card=Card(title=words)))
    if not channels:
        print(words, flush=True, file=sys.stderr)


def _listen(core: Core) -> socket.socket | None:
    """The API's socket; None where the address is taken: watching and trading must not fail for that."""
    from api.serving import listen

    try:
        return listen(core)
    except NotConfigured as problem:
        logging.getLogger(__name__).warning("%s", problem)
        return None


def _greeting(core: Core, *, ready: bool, chatting: bool, listening: socket.socket | None) -> str:
    home, settings = core.settings.home_path, core.settings
    prices = _prices_words(core) if ready else "Prices are still being looked for."
    leave = "/quit or Ctrl-D leaves" if chatting else "Ctrl-C stops it"
    if listening is None:
        taken = f"{settings.api_host}:{settings.api_port}"
        api = f"No dashboard and no API: {taken} is taken. Set SAYWHEN_API_PORT to a free port and start again."
    else:
        api = f"The dashboard is at {settings.public_url}, the API at http://{settings.api_host}:{settings.api_port}."
    places = {
        "paper": "on the paper venue (play money)",
        "drift-emulator": "on a Drift emulator (play money, real transactions)",
    }
    place = places.get(settings.venue, f"on {settings.venue} (real money)")
    return f"SayWhen is up {place}. {prices} {api} {_bots(settings)}Its home is {home}; {leave}."


def _bots(settings: Settings) -> str:
    """Which chats are served: a token that is missing or misspelt shows here, not in a chat that never answers."""
    tokens = {"Telegram": settings.telegram_token, "Discord": settings.discord_token}
    on = [name for name, token in tokens.items() if token is not None]
    if not on:
        return "No bot is on (TELEGRAM_BOT_TOKEN, DISCORD_BOT_TOKEN). "
    return f"Bots: {' and '.join(on)}. "


async def _refusal(core: Core) -> str:
    """That the venue takes no orders, so that nobody finds that out by confirming one; nothing while it does."""
    if core.settings.venue == "paper":
        return ""  # it follows its prices, which the greeting speaks of
    status = await core.venue_status()
    return "" if status.state == "open" else f" {core.settings.venue} takes no orders now: {status.reason}."


def _prices_words(core: Core) -> str:
    return core.prices.notice or f"Prices come from {core.prices.source_name}."


def _somebody_talks() -> bool:
    """Whether standard input is a terminal, a pipe or a file: a service gets /dev/null there, which says nothing."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return False
    if stat.S_ISCHR(mode):
        return sys.stdin.isatty() and sys.stdout.isatty()
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)
