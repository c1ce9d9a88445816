"""Cards onto Telegram's wire: paced, split, with a plain fallback, its errors in our words; decides no card."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram import Bot, InputMediaPhoto, LinkPreviewOptions, Message
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bots.channel import TryAgain, Undeliverable
from bots.pictures import Pictures
from bots.telegram.pacing import REPLY, Pace
from bots.telegram.render import MOST_CAPTION, Page, pages_of, units
from core.domain.errors import NotConfigured
from core.feed.card import Card

_log = logging.getLogger(__name__)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_GONE = ("chat not found", "user is deactivated", "bot was kicked", "peer_id_invalid", "chat_write_forbidden")

T = TypeVar("T")


class Stuck(Exception):
    """An edit cannot be made; the card has to be sent anew."""


class Sender:
    """Sends and edits messages. Every method raises Undeliverable, TryAgain, or NotConfigured for a wrong token."""

    def __init__(self, bot: Bot, pace: Pace, pictures: Pictures) -> None:
        self._bot = bot
        self._pace = pace
        self._pictures = pictures

    async def send(
        self,
        chat: int,
        card: Card,
        *,
        urgency: int,
        silent: bool = False,
        reply_to: int | None = None,
        landed: "Landed | None" = None,
    ) -> int:
        """Show *card* in *chat* as new messages; the number of the one with its buttons.

        *landed* is awaited with that number once all have arrived, before the next notice may leave.
        """
        pages = pages_of(card)
        png = None if card.chart is None else await self._pictures.of(card.chart)
        if png is not None:
            caption = pages[0] if len(pages) == 1 and units(pages[0].text) <= MOST_CAPTION else None
            whole = landed if caption is not None else None
            message = await self._pictured(chat, png, caption, urgency, silent=silent, reply_to=reply_to, landed=whole)
            if caption is not None and message is not None:
                return message
        message = 0
        for place, page in enumerate(pages, 1):
            last = landed if place == len(pages) else None
            message = await self._page(chat, page, urgency, silent=silent, reply_to=reply_to, landed=last)
        return message

    async def edit(self, chat: int, message: int, card: Card, *, with_picture: bool) -> None:
        """Turn *message* into *card*, whose picture follows below where the words leave it no room above.

        Raises Stuck where Telegram does not let the message become that.
        """
        pages = pages_of(card)
        keyboard = pages[-1].keyboard
        if len(pages) > 1:
            raise Stuck
        page = pages[0]
        if with_picture:
            if units(page.text) > MOST_CAPTION:
                raise Stuck
            await self._edit(
                chat,
                lambda: self._bot.edit_message_caption(
                    chat, message, caption=page.text, caption_entities=page.entities, reply_markup=keyboard
                ),
            )
            return
        png = None
        if card.chart is not None and units(page.text) <= MOST_CAPTION:
            png = await self._pictures.of(card.chart)
        if png is not None:
            media = InputMediaPhoto(png, caption=page.text, caption_entities=page.entities)
            try:
                await self._edit(
                    chat, lambda: self._bot.edit_message_media(media, chat, message, reply_markup=keyboard)
                )
            except (Stuck, NotConfigured) as problem:
                _log.info("a text could not become a picture and stays one: %s", type(problem).__name__)
            except TryAgain as problem:
                if problem.retry_in_s is not None:
                    raise
                _log.info("a text could not become a picture and stays one: %s", problem)
            else:
                return
        await self._edit(
            chat,
            lambda: self._bot.edit_message_text(
                page.text,
                chat,
                message,
                entities=page.entities,
                reply_markup=keyboard,
                link_preview_options=_NO_PREVIEW,
            ),
        )
        if card.chart is not None and png is None and (png := await self._pictures.of(card.chart)) is not None:
            await self._pictured(chat, png, None, REPLY, silent=True, reply_to=message)

    async def unbutton(self, chat: int, message: int) -> None:
        """Take the buttons off a message whose card is shown further down now; not worth an error."""
        try:
            await self._translated(chat, lambda: self._bot.edit_message_reply_markup(chat, message, reply_markup=None))
        except (TryAgain, Undeliverable, Stuck, BadRequest) as problem:
            _log.info("the buttons of an older card stay: %s", problem)

    async def toast(self, query: str, words: str, *, alert: bool = False) -> bool:
        """Answer a press with a passing note; False where Telegram says that the press is too old."""
        try:
            await self._bot.answer_callback_query(query, text=words or None, show_alert=alert)
        except BadRequest:
            return False
        except TelegramError as problem:
            _log.info("a press could not be answered: %s", type(problem).__name__)
        return True

    async def typing(self, chat: int) -> None:
        """Show that an answer is being worked on."""
        try:
            await self._bot.send_chat_action(chat, "typing")
        except TelegramError as problem:
            _log.info("no sign of typing: %s", type(problem).__name__)

    async def _page(
        self,
        chat: int,
        page: Page,
        urgency: int,
        *,
        silent: bool,
        reply_to: int | None,
        landed: "Landed | None" = None,
    ) -> int:
        async def put(*, plain: bool) -> Message:
            return await self._bot.send_message(
                chat,
                page.text,
                entities=None if plain else page.entities or None,
                reply_markup=page.keyboard,
                disable_notification=silent or None,
                link_preview_options=_NO_PREVIEW,
                reply_to_message_id=reply_to,
                allow_sending_without_reply=None if reply_to is None else True,
            )

        return await self._put(chat, put, urgency, landed)

    async def _pictured(
        self,
        chat: int,
        png: bytes,
        caption: Page | None,
        urgency: int,
        *,
        silent: bool,
        reply_to: int | None,
        landed: "Landed | None" = None,
    ) -> int | None:
        """The number of the picture's message; None where none can be shown here, which its words must not suffer."""
        try:
            return await self._photo(chat, png, caption, urgency, silent=silent, reply_to=reply_to, landed=landed)
        except (Undeliverable, NotConfigured) as problem:
            # A chat that is gone refuses the words too, and so does a server that does not know the token.
            _log.info("no picture can be shown: %s", problem)
        except TryAgain as problem:
            if problem.retry_in_s is not None or isinstance(problem.__cause__, TimedOut):
                raise
            _log.info("no picture can be shown: %s", problem)
        return None

    async def _photo(
        self,
        chat: int,
        png: bytes,
        caption: Page | None,
        urgency: int,
        *,
        silent: bool,
        reply_to: int | None,
        landed: "Landed | None" = None,
    ) -> int:
        async def put(*, plain: bool) -> Message:
            return await self._bot.send_photo(
                chat,
                png,
                caption=None if caption is None else caption.text,
                caption_entities=None if plain or caption is None else caption.entities or None,
                reply_markup=None if caption is None else caption.keyboard,
                disable_notification=silent or None,
                reply_to_message_id=reply_to,
                allow_sending_without_reply=None if reply_to is None else True,
                filename="chart.png",
            )

        return await self._put(chat, put, urgency, landed)

    async def _put(self, chat: int, put: "Put", urgency: int, landed: "Landed | None") -> int:
        try:
            return await self._put_once(chat, lambda: put(plain=False), urgency, landed)
        except BadRequest as problem:
            if "entit" not in str(problem).lower():
                raise Undeliverable(f"Telegram refuses the message: {problem}") from None
        # A message never dies on its markup.
        try:
            return await self._put_once(chat, lambda: put(plain=True), urgency, landed)
        except BadRequest as problem:
            raise Undeliverable(f"Telegram refuses the message: {problem}") from None

    async def _put_once(
        self, chat: int, call: Callable[[], Awaitable[Message]], urgency: int, landed: "Landed | None"
    ) -> int:
        async with self._pace.turn(chat, urgency):
            message = (await self._translated(chat, call)).message_id
            if landed is not None:
                await landed(message)
            return message

    async def _edit(self, chat: int, change: Callable[[], Awaitable[Message | bool]]) -> None:
        try:
            async with self._pace.turn(chat, REPLY):
                await self._translated(chat, change)
        except BadRequest as problem:
            said = str(problem).lower()
            if "not modified" in said:
                return
            _log.info("an edit was refused: %s", problem)
            raise Stuck from None

    async def _translated(self, chat: int, call: Callable[[], Awaitable[T]]) -> T:
        """What *call* returns; BadRequest is left to the caller, unless it says that the chat is gone."""
        try:
            return await call()
        except RetryAfter as problem:
            after = problem.retry_after
            seconds = float(after) if isinstance(after, int) else after.total_seconds()
            self._pace.hold(chat, seconds)
            raise TryAgain(f"Telegram wants {seconds:.0f} s of silence", seconds) from None
        except Forbidden as problem:
            raise Undeliverable(str(problem)) from None
        except ChatMigrated:
            raise Undeliverable("the group has become another chat") from None
        except InvalidToken:
            raise NotConfigured("Telegram does not know the bot's token.", "Correct TELEGRAM_BOT_TOKEN.") from None
        except BadRequest as problem:
            if any(word in str(problem).lower() for word in _GONE):
                raise Undeliverable(str(problem)) from None
            raise
        except TimedOut as late:
            raise TryAgain("Telegram did not answer in time") from late
        except NetworkError as problem:
            raise TryAgain(f"Telegram could not be reached: {type(problem).__name__}") from None


Put = Callable[..., Awaitable[Message]]
Landed = Callable[[int], Awaitable[None]]
