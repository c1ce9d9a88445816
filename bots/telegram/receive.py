"""How updates come in: asked for by long poll, or brought to a webhook; kept in the inbox before anything else."""

import asyncio
import hmac
import json
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from bots.lanes import Turns
from bots.telegram.channel import NAME
from bots.telegram.hearing import HEARD_KINDS, person_of, sent_at_of
from core.domain.errors import NotConfigured
from core.ports import Clock, Letter

POLL_S = 25
_MOST_AT_ONCE = 100
_BETWEEN_S = 0.04
"""Questions for updates are this far apart, so that what a crowd says comes in bunches; who is alone never waits."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_CATCHING_UP_S = 5.0
"""After a gap, presses that come within this are taken to have waited since before it."""
_SWEEP_EVERY = timedelta(hours=1)
_BEAT_EVERY = timedelta(seconds=5)
_PROOF = "X-Telegram-Bot-Api-Secret-Token"
_MOST_BODY = 2**20
_TOO_SOON = timedelta(milliseconds=250)
_log = logging.getLogger(__name__)


class Mailroom(Protocol):
    """What the core keeps of what was heard."""

    async def keep(self, letters: Sequence[Letter]) -> list[Letter]: ...
    async def unanswered(self, channel: str, account: str) -> list[Letter]: ...
    async def listened(self, name: str) -> datetime | None: ...
    async def listening(self, name: str) -> None: ...
    async def sweep(self) -> int: ...


class Receiver:
    """Takes updates in, each one once: what is acknowledged to Telegram has been stored before."""

    def __init__(self, bot: Bot, mailroom: Mailroom, turns: Turns, clock: Clock) -> None:
        self._bot = bot
        self._mailroom = mailroom
        self._turns = turns
        self._clock = clock
        self._account = str(bot.id)
        self._beat_at: datetime | None = None
        self._swept_at: datetime | None = None
        self._behind: tuple[datetime, datetime] | None = None

    async def resume(self) -> None:
        """Work on what a crash interrupted, and notice how long nobody listened."""
        now = self._clock.now()
        last = await self._mailroom.listened(self._name)
        if last is not None:
            self._behind = (last, now + timedelta(seconds=_CATCHING_UP_S))
        left = await self._mailroom.unanswered(NAME, self._account)
        if left:
            _log.info("answering %d messages that were left over", len(left))
        await self._turns.put(left, again=True)

    async def poll(self) -> None:
        """Ask for updates until cancelled. Raises NotConfigured for a token that Telegram does not know."""
        try:
            await self._bot.delete_webhook(drop_pending_updates=False)
        except TelegramError as problem:  # where one is really set, polling is refused, which is told below
            _log.warning("An old webhook could not be taken off: %s", _reason(problem))
        pause, offset = _FIRST_PAUSE_S, 0
        while True:
            asked = asyncio.get_running_loop().time()
            asked_at = self._clock.now()
            try:
                updates = await self._bot.get_updates(
                    offset=offset, limit=_MOST_AT_ONCE, timeout=POLL_S, allowed_updates=list(HEARD_KINDS)
                )
            except TimedOut:
                continue
            except InvalidToken:
                raise NotConfigured("Telegram does not know the bot's token.", "Correct TELEGRAM_BOT_TOKEN.") from None
            except RetryAfter as problem:
                after = problem.retry_after
                await self._clock.sleep(float(after) if isinstance(after, int) else after.total_seconds())
                continue
            except Conflict:
                _log.warning(
                    "Somebody else asks Telegram for this bot's updates; again in %.0f s", _LONGEST_PAUSE_S / 6
                )
                await self._clock.sleep(_LONGEST_PAUSE_S / 6)
                continue
            except TelegramError as problem:
                _log.warning("Telegram could not be asked, again in %.1f s: %s", pause, _reason(problem))
                await self._clock.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
                continue
            pause = _FIRST_PAUSE_S
            await self.take(updates)
            if updates:
                offset = updates[-1].update_id + 1
            elif self._clock.now() - asked_at < _TOO_SOON:
                await self._clock.sleep(_TOO_SOON.total_seconds())  # this server does not wait as it was asked to
            if len(updates) < _MOST_AT_ONCE:
                self._behind = None  # what had waited for us is all here
                await asyncio.sleep(max(0.0, asked + _BETWEEN_S - asyncio.get_running_loop().time()))

    async def take(self, updates: Sequence[Update]) -> None:
        """Store *updates*, then have them worked on; returns once they are stored."""
        fresh = await self._mailroom.keep([self._letter(update) for update in updates])
        await self._listened()
        await self._turns.put(fresh)

    @asynccontextmanager
    async def webhook(self, url: str, listen: str) -> AsyncIterator[None]:
        """Let updates be brought to *url*, which ends at *listen* (host:port), for the length of the block."""
        from aiohttp import web

        # A new secret each time: only we set the webhook, and nobody else has to know it.
        secret = secrets.token_urlsafe(32)
        app = web.Application(client_max_size=_MOST_BODY)

        async def receive(request: web.Request) -> web.Response:
            given = request.headers.get(_PROOF, "")
            if not hmac.compare_digest(given.encode(), secret.encode()):
                return web.Response(status=403)
            try:
                body = json.loads(await request.read())
                update = Update.de_json(body, self._bot)
            except (ValueError, TypeError, KeyError, AttributeError):
                return web.Response(status=400)
            await self.take([update])  # what cannot be stored is not acknowledged, and is brought again
            return web.Response()

        app.router.add_post(urlsplit(url).path or "/", receive)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        host, _, port = listen.rpartition(":")
        try:
            await web.TCPSite(runner, host, int(port)).start()
        except OSError as problem:
            await runner.cleanup()
            raise NotConfigured(
                f"The webhook cannot listen on {listen}: {problem.strerror or problem}.",
                "Correct TELEGRAM_WEBHOOK_LISTEN.",
            ) from None
        try:
            await self._bot.set_webhook(url, secret_token=secret, allowed_updates=list(HEARD_KINDS), max_connections=20)
            yield
        finally:
            await runner.cleanup()

    async def idle(self) -> None:
        """Keep noting that we listen, while a webhook does the rest."""
        while True:
            await self._clock.sleep(_BEAT_EVERY.total_seconds())
            await self._listened()

    @property
    def _name(self) -> str:
        return f"{NAME}:{self._account}"

    def _letter(self, update: Update) -> Letter:
        body: dict[str, Any] = update.to_dict()
        seconds = sent_at_of(update)
        sent_at = self._clock.now() if seconds is None else datetime.fromtimestamp(seconds, UTC)
        if seconds is None and self._behind is not None:
            # Telegram does not tell when a button was pressed: after a gap, the worst is assumed.
            last, until = self._behind
            if sent_at < until:
                sent_at = min(sent_at, last)
        return Letter(
            channel=NAME,
            account=self._account,
            number=update.update_id,
            person=str(person_of(update)),
            body=body,
            sent_at=sent_at,
        )

    async def _listened(self) -> None:
        now = self._clock.now()
        if self._beat_at is None or now - self._beat_at >= _BEAT_EVERY:
            self._beat_at = now
            await self._mailroom.listening(self._name)
        if self._swept_at is None or now - self._swept_at >= _SWEEP_EVERY:
            self._swept_at = now
            await self._mailroom.sweep()


def _reason(problem: TelegramError) -> str:
    return f"{type(problem).__name__}: {problem}" if not isinstance(problem, NetworkError) else type(problem).__name__
