"""Telegram as a channel: an update becomes words or a press, the dialogue's cards become messages and edits."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from telegram import Bot, Update, User

from bots.at_work import shown_at_work
from bots.channel import Answer, Inbound, Outbound, TryAgain, Undeliverable
from bots.facade import Facade
from bots.mirror import Mirror
from bots.telegram.hearing import Left, NotSaid, Pressed, Strange, Words, chat_of, hear
from bots.telegram.pacing import FIRST, LATER, REPLY
from bots.telegram.render import toast_of
from bots.telegram.sender import Sender, Stuck
from core.feed.card import Card
from core.feed.press import EditDraft, HandleRule, Press, Say, read
from core.ports import Clock, Letter

NAME = "telegram"
TOAST_WITHIN_S = 0.7
"""A press is answered by then, even if its work takes longer."""
ANSWERED_WITHIN_S = 1.5
_TYPING_EVERY_S = 4.0
_MOST_TOLD = 5_000
_LONGEST_PAUSE_S = 30.0
_log = logging.getLogger(__name__)
T = TypeVar("T")

_STRANGE = {
    Strange.FORWARDED: "A forwarded message is not taken as an instruction",
    Strange.VIA_BOT: "What another bot wrote is not taken as an instruction",
    Strange.NO_TEXT: "Only text can be read here",
}


class TelegramChannel:
    """People's private chats with our bot, and the groups it was added to."""

    name = NAME

    def __init__(self, bot: Bot, sender: Sender, core: Facade, clock: Clock, mirror: Mirror) -> None:
        self._mirror = mirror
        self._bot = bot
        self._sender = sender
        self._core = core
        self._clock = clock
        self._answering: dict[int, asyncio.Event] = {}
        self._told: OrderedDict[tuple[int, str], Card] = OrderedDict()

    async def send(self, outbound: Outbound) -> str:
        """Show a notice in somebody's private chat, unless the very same card was just given as an answer there."""
        chat, card = chat_of(outbound.address), outbound.card
        answering = self._answering.get(chat)
        if answering is not None and outbound.urgency > 0:
            # What this person has just done is told by the answer to it, which is on its way.
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWERED_WITHIN_S):
                    await answering.wait()
        if card.key is not None and self._told.get((chat, card.key)) == card:
            return ""
        urgency = FIRST if outbound.urgency == 0 else LATER

        async def landed(message: int) -> None:
            if outbound.arrived is not None:
                await outbound.arrived(str(message))

        message = await self._sender.send(chat, card, urgency=urgency, silent=outbound.silent, landed=landed)
        if card.buttons:
            await self._note(chat, chat, message, card)  # so that an answer to its buttons takes its place
        return str(message)

    async def redraw(self, person: str, ref: str, card: Card) -> None:
        """What a button on another channel made of a card that is shown here, too."""
        chat, message = chat_of(person), int(ref)
        try:
            await self._sender.edit(chat, message, card, with_picture=False)
        except Stuck:
            try:
                await self._sender.edit(chat, message, card, with_picture=True)
            except Stuck:
                await self._sender.unbutton(chat, message)
        await self._core.inbox.show(NAME, person, ref, person, card.key)

    async def answer(self, letter: Letter, us: User, answer: Answer, *, again: bool) -> None:
        """Hear one update and show what comes of it, trying until Telegram takes it."""
        heard = hear(Update.de_json(dict(letter.body), self._bot), us)
        answered = asyncio.Event()
        if heard is not None:
            self._answering[heard.person] = answered
        try:
            match heard:
                case None:
                    return
                case Left(person=person):
                    await self._core.notices.dead(NAME, str(person), "the bot was blocked")
                case NotSaid(person=person, what=what):
                    lines = ("Type what you want yourself: only your own words count.",)
                    await self._show(
                        person, person, [Card(title=_STRANGE[what], lines=lines, tone="warn", public=True)]
                    )
                case Words():
                    await self._words(heard, letter, answer, again=again)
                case Pressed():
                    await self._pressed(heard, letter, answer)
        except Undeliverable as problem:
            _log.info("an answer could not be shown: %s", problem)
        finally:
            answered.set()
            if heard is not None and self._answering.get(heard.person) is answered:
                del self._answering[heard.person]

    async def _words(self, words: Words, letter: Letter, answer: Answer, *, again: bool) -> None:
        if words.in_group and await self._core.inbox.known(NAME, str(words.person)) is None:
            title = "I do not know you yet"
            lines = (f"Write to me in private first: https://t.me/{self._bot.username}",)
            await self._show(words.place, words.person, [Card(title=title, lines=lines, public=True)], words.message)
            return
        person, owner = str(words.person), letter.owner
        inbound = Inbound(
            channel=NAME, address=person, sent_at=letter.sent_at, text=words.text, again=again, owner=owner
        )  # fmt: skip
        cards = await self._answered(answer, inbound, words.place)
        await self._show(words.place, words.person, cards, words.message if words.in_group else None)

    async def _pressed(self, pressed: Pressed, letter: Letter, answer: Answer) -> None:
        if pressed.in_group and not await self._is_theirs(pressed):
            await self._sender.toast(pressed.query, "These buttons are for the person who asked.", alert=True)
            return
        person, owner = str(pressed.person), letter.owner
        inbound = Inbound(channel=NAME, address=person, sent_at=letter.sent_at, verb=pressed.verb, owner=owner)
        working = asyncio.ensure_future(self._answered(answer, inbound, pressed.place))
        try:
            done, _ = await asyncio.wait([working], timeout=TOAST_WITHIN_S)
            press = read(pressed.verb)
            toasting = asyncio.ensure_future(self._toast(pressed, working.result() if done else None, press))
            try:
                cards = await working
                await self._show_pressed(pressed, press, cards, answer, letter)
            finally:
                await toasting
        finally:
            working.cancel()

    async def _toast(self, pressed: Pressed, cards: list[Card] | None, press: Press | None) -> None:
        """Stop the button's waiting; in words only where nothing else in the chat would change."""
        if cards is None:
            await self._sender.toast(pressed.query, "Working on it…")
            return
        wrong = cards[0].tone == "bad" and not isinstance(press, Say)
        words = toast_of(cards) if wrong or len(cards) > 1 or isinstance(press, HandleRule) else ""
        await self._sender.toast(pressed.query, words, alert=wrong)

    async def _show_pressed(
        self, pressed: Pressed, press: Press | None, cards: list[Card], answer: Answer, letter: Letter
    ) -> None:
        """Edit the message that carried the button, where the answer is about the same thing; else say it below."""
        if isinstance(press, HandleRule) and press.deed not in {"copy", "edit"} and cards[0].tone != "bad":
            listing = Inbound(channel=NAME, address=str(pressed.person), sent_at=letter.sent_at, text="/rules")
            [rules] = await answer(listing)
            cards = [replace(rules, lines=(f"{cards[0].title}.", *rules.lines))]
        elif len(cards) > 1 and cards[-1].key is not None:
            cards = cards[-1:]  # the toast has told the rest
        if cards[0].tone == "bad" and not isinstance(press, Say) and press is not None:
            return  # told by the toast; the card above stays as it is
        if pressed.message is None or not await self._goes_above(pressed, press, cards):
            await self._show(pressed.place, pressed.person, cards)
            return
        message, card = pressed.message, cards[0]
        noted = None
        if self._mirror.watches(NAME):
            noted = await self._core.inbox.shown_at(NAME, str(pressed.place), str(message))
        try:
            await self._persist(
                lambda: self._sender.edit(pressed.place, message, card, with_picture=pressed.with_picture)
            )
        except Stuck:
            await self._sender.unbutton(pressed.place, message)
            await self._show(pressed.place, pressed.person, cards)
        else:
            await self._note(pressed.place, pressed.person, message, card)
        self._mirror.changed(NAME, str(pressed.person), None if noted is None else noted[1], card)

    async def _goes_above(self, pressed: Pressed, press: Press | None, cards: Sequence[Card]) -> bool:
        """Whether the answer takes the place of the card whose button was pressed."""
        if len(cards) != 1 or press is None or isinstance(press, EditDraft):
            return False
        if await self._is_hidden(pressed.place, pressed.person, cards[0]):
            return False
        if not isinstance(press, Say):
            return not (isinstance(press, HandleRule) and press.deed in {"copy", "edit"})
        if cards[0].key is None:
            return False
        noted = await self._core.inbox.shown_at(NAME, str(pressed.place), str(pressed.message))
        return noted is not None and noted[1] == cards[0].key

    async def _answered(self, answer: Answer, inbound: Inbound, place: int) -> list[Card]:
        """The dialogue's answer; who waits for it is shown that it is being worked on."""
        return await shown_at_work(answer(inbound), lambda: self._sender.typing(place), every_s=_TYPING_EVERY_S)

    async def _show(self, place: int, person: int, cards: Sequence[Card], reply_to: int | None = None) -> None:
        """Show *cards* at *place*; in a group, what is nobody else's business goes to the person alone."""
        told_apart: Card | None = None
        for card in cards:
            if not await self._is_hidden(place, person, card):
                await self._put(place, person, card, reply_to)
                continue
            told_apart = Card(title="I answered you in private", public=True)
            try:
                await self._put(person, person, card)
            except Undeliverable:
                lines = (f"Open https://t.me/{self._bot.username} and press Start, then ask again.",)
                told_apart = Card(title="I cannot write to you in private", lines=lines, tone="warn", public=True)
        if told_apart is not None:
            await self._put(place, person, told_apart, reply_to)

    async def _put(self, place: int, person: int, card: Card, reply_to: int | None = None) -> None:
        message = await self._persist(lambda: self._sender.send(place, card, urgency=REPLY, reply_to=reply_to))
        await self._note(place, person, message, card)

    async def _is_hidden(self, place: int, person: int, card: Card) -> bool:
        """Whether *card* may not be shown where others read along."""
        if place == person:
            return False
        if card.owner_only or card.public:
            return card.owner_only
        owner = await self._core.inbox.known(NAME, str(person))
        return owner is None or not (await self._core.account.owner(owner)).preferences.show_in_groups

    async def _is_theirs(self, pressed: Pressed) -> bool:
        if pressed.message is None:
            return False
        noted = await self._core.inbox.shown_at(NAME, str(pressed.place), str(pressed.message))
        return noted is not None and noted[0] == str(pressed.person)

    async def _note(self, place: int, person: int, message: int, card: Card) -> None:
        """Remember what the message shows; an older message of the same card loses its buttons."""
        if card.key is not None:
            self._told[place, card.key] = card
            self._told.move_to_end((place, card.key))
            if len(self._told) > _MOST_TOLD:
                self._told.popitem(last=False)
        if card.key is None and (place == person or not card.buttons):
            return
        for older in await self._core.inbox.show(NAME, str(place), str(message), str(person), card.key):
            await self._sender.unbutton(place, int(older))

    async def _persist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What *attempt* returns, once Telegram can be reached and takes it."""
        pause = 1.0
        while True:
            try:
                return await attempt()
            except TryAgain as problem:
                if problem.retry_in_s is None:
                    _log.warning("an answer waits %.0f s: %s", pause, problem)
                    await self._clock.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE_S)
