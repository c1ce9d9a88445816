"""Discord as a channel: what is heard goes to the dialogue, its cards become answers, edits and private messages."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from bots.at_work import shown_at_work
from bots.channel import Answer, Inbound, Outbound, Undeliverable
from bots.discord.feed import Feeds
from bots.discord.hearing import Heard
from bots.discord.render import SILENT, pages_of, plain_of
from bots.discord.reply import Reply
from bots.discord.wire import NAME, Gone, Refused, Wire
from bots.facade import Facade
from bots.mirror import Mirror
from bots.pictures import Pictures
from bots.pressing import goes_above, is_refusal, relisted
from bots.recent import Recent
from bots.views import BROKEN
from core.domain.errors import BadInput
from core.domain.ids import OwnerId
from core.feed.card import Card
from core.feed.press import HandleRule, Press, Say, read
from core.ports import Clock, Letter, Memos

ACKNOWLEDGED_WITHIN_S = 0.7
"""An interaction is acknowledged by then, even if its answer takes longer."""
HURRIED = 20
"""When more wait to be answered, no picture is drawn."""
CROWD = 100
"""When so many wait to be answered, whatever comes is acknowledged at once."""
_TYPING_EVERY_S = 8.0
_CLOSED, _TOLD, _NOT_TOLD = "closed", "told", "not told"
_log = logging.getLogger(__name__)

_NOT_YOURS = Card(title="These buttons are for the person who asked.", tone="warn", public=True)
_SHUT = Card(
    title="I cannot write to you in private",
    lines=(
        "So you are not told here when a rule fires or an order fills.",
        "Allow direct messages from members of this server (Privacy settings), then write to me.",
        "Or be told on another channel: sign in on the dashboard, or write to SayWhen on Telegram.",
    ),
    tone="warn",
    public=True,
)


class Whole(Facade, Protocol):
    """The core as this channel needs it."""

    @property
    def memos(self) -> Memos: ...
    @property
    def clock(self) -> Clock: ...


class DiscordChannel:
    """People's private chats with our bot, and the servers it is in."""

    name = NAME

    def __init__(self, wire: Wire, pictures: Pictures, core: Whole, mirror: Mirror) -> None:
        self._mirror = mirror
        self._wire = wire
        self._pictures = pictures
        self._core = core
        self._clock = core.clock
        self.feeds = Feeds(wire, core.memos)
        self._recent = Recent()
        self._replies: dict[int, Reply] = {}
        self._closed: dict[int, str] = {}
        self._acknowledging: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Recall whose private chat is closed to us."""
        known = await self._core.memos.about_people(NAME, _CLOSED)
        self._closed = {int(person): told for person, told in known.items()}

    async def send(self, outbound: Outbound) -> str:
        """Show a notice in somebody's private chat, unless the very same card was just given as an answer there."""
        person, card = person_of(outbound.address), outbound.card
        if await self._recent.is_known(person, card, urgent=outbound.urgency == 0):
            return ""
        png = None if card.chart is None else await self._pictures.of(card.chart)
        message = 0
        try:
            for number, page in enumerate(pages_of(card, picture=png is not None)):
                nonce = f"{outbound.token}.{number}" if outbound.token else ""
                flags = {"flags": SILENT} if outbound.silent else {}
                first = png if number == 0 else None
                message = await self._wire.post(person, page | flags, first, nonce=nonce)
        except Refused as problem:
            _log.warning("a notice was refused and is shown as plain words: %s", problem)
            message = await self._wire.post(person, plain_of(card), nonce=outbound.token)
        except Undeliverable:
            await self._close(person, self._closed.get(person, _NOT_TOLD))
            raise
        if card.key is not None and card.buttons:
            await self._note(person, message, card)
        await self.feeds.tell(person, card, outbound.token)
        return str(message)

    async def redraw(self, person: str, ref: str, card: Card) -> None:
        """What a button on another channel made of a card that is shown here, too."""
        png = None if card.chart is None else await self._pictures.of(card.chart)
        pages = pages_of(card, picture=png is not None)
        await self._wire.edit(person_of(person), int(ref), pages[-1], png if len(pages) == 1 else None)
        await self._core.inbox.show(NAME, person, ref, person, card.key)

    def expect(self, heard: Heard) -> None:
        """Something was heard just now: it will be acknowledged in time, whatever stands before it."""
        reply = self._replies[heard.number] = self._reply(heard)
        if heard.token is not None:
            # In a crowd the answer will take longer anyway, and acknowledging all of it, too.
            wait_s = 0.0 if len(self._replies) > CROWD else ACKNOWLEDGED_WITHIN_S
            reply.due = asyncio.get_running_loop().call_later(wait_s, self._acknowledge, reply)

    def _reply(self, heard: Heard) -> Reply:
        return Reply(self._wire, self._pictures, heard, self._clock, lambda: len(self._replies) > HURRIED)

    def expects(self, number: int) -> bool:
        """Whether what has this number is heard and not answered yet."""
        return number in self._replies

    def let_go(self, number: int) -> None:
        """Nothing more comes of it here."""
        reply = self._replies.pop(number, None)
        if reply is not None:
            reply.is_over()

    async def refuse(self, heard: Heard, card: Card) -> None:
        """Say that nothing is done about what was heard."""
        try:
            await self._show(heard, [card])
        except Undeliverable as problem:
            _log.info("a refusal could not be shown: %s", problem)
        finally:
            self.let_go(heard.number)

    async def close(self) -> None:
        """Let go of what is under way; what was kept is answered by whoever comes next."""
        for reply in self._replies.values():
            reply.is_over()
        tasks = list(self._acknowledging)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def answer(self, letter: Letter, answer: Answer, *, again: bool) -> None:
        """Do what one letter says, and show what comes of it."""
        waiting = self._replies.get(letter.number)
        heard = Heard.of(letter.body) if waiting is None else waiting.heard
        if waiting is None:
            self.expect(heard)  # left over from before a crash
        with self._recent.answering(heard.person):
            try:
                await self._answered(heard, letter.owner, answer, again=again)
            except Undeliverable as problem:
                _log.info("an answer could not be shown: %s", problem)
            except Exception:
                await self._say_broken(heard)
                raise
            finally:
                self.let_go(heard.number)

    async def _say_broken(self, heard: Heard) -> None:
        """Leave nobody waiting for an answer that never comes."""
        reply = self._replies.get(heard.number)
        if reply is None or not reply.has_shown:
            with suppress(Exception):
                await self._show(heard, [BROKEN])

    async def _answered(self, heard: Heard, owner: OwnerId | None, answer: Answer, *, again: bool) -> None:
        if heard.private:
            await self._wire.know_room(heard.person, heard.place)
            if heard.person in self._closed:
                await self._close(heard.person, None)
        if heard.by is not None and heard.by != heard.person:
            await self._show(heard, [_NOT_YOURS], hidden=True)
            return
        inbound = Inbound(
            channel=NAME, address=str(heard.person), sent_at=heard.sent_at, text=heard.text, verb=heard.verb,
            again=again, owner=owner,
        )  # fmt: skip
        if heard.verb is None:
            await self._show(heard, await self._typed(heard, answer, inbound))
        else:
            await self._pressed(heard, answer, inbound)
        if not heard.private:
            await self._offer_another_way(heard)

    async def _typed(self, heard: Heard, answer: Answer, inbound: Inbound) -> list[Card]:
        """The dialogue's answer; who waits for it in a chat is shown that it is being worked on."""
        if heard.token is not None:
            return await answer(inbound)
        return await shown_at_work(answer(inbound), lambda: self._wire.typing(heard.place), every_s=_TYPING_EVERY_S)

    async def _pressed(self, heard: Heard, answer: Answer, inbound: Inbound) -> None:
        """Edit the message that carried the button, where the answer is about the same thing; else say it below."""
        press = None if heard.verb is None else read(heard.verb)
        cards = await relisted(press, await answer(inbound), answer, inbound)
        if is_refusal(press, cards):
            await self._show(heard, cards[1:], above=heard.above is not None)
            await self._show(heard, cards[:1], hidden=True)
            return
        # What a form brought is about the draft that it opened from.
        about_it = heard.kind == "form" and heard.above is not None and not isinstance(press, HandleRule)
        shown = await self._shown(heard, press)
        above = heard.above is not None and (about_it or goes_above(press, cards, shown))
        await self._show(heard, cards, above=above)
        if above:
            self._mirror.changed(NAME, str(heard.person), shown, cards[0])

    async def _shown(self, heard: Heard, press: Press | None) -> str | None:
        """The key of the card that was pressed, where it matters."""
        if heard.above is None or not (isinstance(press, Say) or self._mirror.watches(NAME)):
            return None
        noted = await self._core.inbox.shown_at(NAME, _place(heard), str(heard.above))
        return None if noted is None else noted[1]

    async def _show(self, heard: Heard, cards: Sequence[Card], *, above: bool = False, hidden: bool = False) -> None:
        reply = self._replies.get(heard.number) or self._reply(heard)
        for card in cards:
            message, stays = await reply.show(card, above=above, hidden=hidden)
            above = False
            if stays:
                await self._note(heard.person, message, card)
            elif card.key is not None and not hidden:
                await self._core.inbox.show(NAME, _place(heard), str(message), str(heard.person), card.key)

    async def _note(self, person: int, message: int, card: Card) -> None:
        """Remember what the message shows; an older message of the same card loses its buttons."""
        self._recent.told(person, card)
        if card.key is None:
            return
        for older in await self._core.inbox.show(NAME, str(person), str(message), str(person), card.key):
            with suppress(Gone, Refused):
                await self._wire.edit(person, int(older), {"components": []})

    async def _offer_another_way(self, heard: Heard) -> None:
        """Tell who closed their private chat, once, that nothing reaches them there."""
        if self._closed.get(heard.person) != _NOT_TOLD:
            return
        await self._close(heard.person, _TOLD)
        await self._show(heard, [_SHUT], hidden=True)

    async def _close(self, person: int, told: str | None) -> None:
        """Remember that *person*'s private chat is closed, and whether they know; None = it is open again."""
        if told == self._closed.get(person):
            return
        if told is None:
            del self._closed[person]
        else:
            self._closed[person] = told
        await self._core.memos.remember(NAME, _CLOSED, told, str(person))

    def _acknowledge(self, reply: Reply) -> None:
        task = asyncio.create_task(_acknowledged(reply), name="discord-acknowledge")
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)


async def _acknowledged(reply: Reply) -> None:
    try:
        await reply.acknowledge()
    except Exception:  # noqa: BLE001 - the answer itself is still to come, and says what is wrong
        _log.exception("An interaction could not be acknowledged")


def person_of(address: str) -> int:
    """The user behind an address. Raises BadInput for what is none of Discord's."""
    try:
        return int(address)
    except ValueError:
        raise BadInput(f"Expected a Discord user's number, was {address[:40]!r}") from None


def _place(heard: Heard) -> str:
    """Where a card is shown: to the person alone, or at a place that is not theirs."""
    return str(heard.person) if heard.private else f"room:{heard.place}"
