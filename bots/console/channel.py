"""The terminal as one person's chat: reads lines, presses buttons by number or label, shows cards as they come."""

from collections import OrderedDict
from collections.abc import Sequence

from bots.channel import Answer, Inbound, Outbound
from bots.console.render import Numbered, find_button, number_buttons
from bots.console.screen import Screen
from core.feed.card import Card
from core.ports import Clock

ADDRESS = "local"
_LEAVE = frozenset({"/quit", "/exit", "quit", "exit", ":q"})
_MOST_KEYS = 500


class ConsoleChannel:
    """The chat in this process's terminal, or in its pipes."""

    name = "console"

    def __init__(self, screen: Screen, clock: Clock) -> None:
        self._screen = screen
        self._clock = clock
        self._buttons: tuple[Numbered, ...] = ()
        self._told: OrderedDict[str, Card] = OrderedDict()

    async def run(self, answer: Answer) -> None:
        """Talk until the person leaves (end of input, Ctrl-C, `/quit`)."""
        async with self._screen:
            self._reply(await answer(self._inbound("/start")), pressed=False)
            while (line := await self._screen.read()) is not None:
                if line.strip().casefold() in _LEAVE:
                    return
                if line.strip():
                    await self._turn(answer, line)

    async def send(self, outbound: Outbound) -> str:
        """Show a notice above what is being typed; its buttons count on from those already there."""
        card = outbound.card
        # A screen cannot edit what has scrolled by; what it can do is not to say the same thing twice.
        if card.key is not None and self._told.get(card.key) == card:
            return card.key
        taken = [entry.number for entry in self._buttons if entry.number is not None]
        fresh = number_buttons(card.buttons, max(taken, default=0) + 1)
        self._buttons = (*self._buttons, *fresh)
        self._show(card, fresh)
        return card.key or ""

    async def _turn(self, answer: Answer, line: str) -> None:
        button = find_button(line, self._buttons)
        inbound = self._inbound(line) if button is None else self._inbound(button.label, button.verb)
        self._reply(await answer(inbound), pressed=button is not None)

    def _reply(self, cards: Sequence[Card], *, pressed: bool) -> None:
        """Show the answer. Its buttons take the place of all before; those just pressed are gone either way."""
        if pressed or any(card.buttons for card in cards):
            self._buttons = ()
        for card in cards:
            taken = [entry.number for entry in self._buttons if entry.number is not None]
            fresh = number_buttons(card.buttons, max(taken, default=0) + 1)
            self._buttons = (*self._buttons, *fresh)
            self._show(card, fresh)

    def _show(self, card: Card, shown: Sequence[Numbered]) -> None:
        if card.key is not None:
            self._told[card.key] = card
            self._told.move_to_end(card.key)
            if len(self._told) > _MOST_KEYS:
                self._told.popitem(last=False)
        self._screen.show(card, shown)

    def _inbound(self, text: str, verb: str | None = None) -> Inbound:
        return Inbound(channel=self.name, address=ADDRESS, sent_at=self._clock.now(), text=text, verb=verb)
