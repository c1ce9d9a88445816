"""The whole product in one process on a real PostgreSQL, with a market that the test moves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from bots.channel import Answer, Inbound, Outbound
from bots.delivery import Courier
from bots.dialogue import Dialogue
from core.app import Core, open_core, read_settings
from core.domain.event import Event
from core.domain.ids import OwnerId
from core.domain.market import Candle, Observation, Timeframe
from core.feed.card import Card
from core.ports import Cursor
from scheduler import run_scheduler, run_worker

CHANNEL = "console"
WITHIN_S = 30.0


class MovedMarket:
    """A PriceSource that stands where the test puts it, and says so ten times a second."""

    name = "scripted"
    simulated = False

    def __init__(self, prices: dict[str, Decimal]) -> None:
        self.prices = dict(prices)
        self.stalled = False
        self._moved = asyncio.Event()

    def move(self, market: str, price: str) -> None:
        """Put *market* at *price* and say so at once."""
        self.prices[market] = Decimal(price)
        self._moved.set()

    async def observe(self, markets: Sequence[str]) -> AsyncIterator[Observation]:
        while True:
            self._moved.clear()
            for market, price in self.prices.items():
                now = datetime.now(UTC)
                if not self.stalled and market in markets:
                    yield Observation(
                        market=market, price=price, at=now, seen_at=now, source=self.name, sources=2, volume=Decimal(1)
                    )
            try:
                async with asyncio.timeout(0.1):
                    await self._moved.wait()
            except TimeoutError:
                continue

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        return []

    async def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class Told:
    """A Channel that keeps what it was given to tell."""

    name: str = CHANNEL
    cards: list[tuple[str, Card]] = field(default_factory=list)

    async def run(self, answer: Answer) -> None:
        """Nobody types here."""

    async def send(self, outbound: Outbound) -> str:
        self.cards.append((outbound.address, outbound.card))
        return str(len(self.cards))

    def titles(self, address: str = "ann") -> list[str]:
        return [card.title for told, card in self.cards if told == address]


@dataclass
class Product:
    """What a test holds in its hands."""

    core: Core
    market: MovedMarket
    told: Told
    dialogue: Dialogue

    async def say(self, text: str, address: str = "ann") -> list[Card]:
        """What the product answers to *text*."""
        now = self.core.clock.now()
        return await self.dialogue.answer(Inbound(channel=CHANNEL, address=address, sent_at=now, text=text))

    async def press(self, cards: Sequence[Card], label: str, address: str = "ann") -> list[Card]:
        """What it answers to the button whose label begins with *label*."""
        buttons = [button for card in cards for row in card.buttons for button in row]
        verb = next(button.verb for button in buttons if button.label.startswith(label))
        now = self.core.clock.now()
        return await self.dialogue.answer(Inbound(channel=CHANNEL, address=address, sent_at=now, verb=verb))

    async def owner(self, address: str = "ann") -> OwnerId:
        return await self.core.account.sign_in(CHANNEL, address)

    async def events(self) -> list[Event]:
        found, _ = await self.core.parts.log.read(Cursor(""))
        return found

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Look again and again until it holds. Raises TimeoutError with what happened instead."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while not await holds():  # noqa: ASYNC110 - the whole system runs meanwhile, and rings no one bell
                    await asyncio.sleep(0.02)
        except TimeoutError:
            names = [event.name for event in await self.events()]
            raise TimeoutError(f"Expected it within {WITHIN_S:.0f} s; {names}; told {self.told.titles()}") from None

    async def until_told(self, words: str, address: str = "ann") -> None:
        """Wait until a card was told whose title holds *words*."""

        async def told() -> bool:
            return any(words in title for title in self.told.titles(address))

        await self.until(told)


@asynccontextmanager
async def running(dsn: str, prices: dict[str, Decimal], home: str) -> AsyncIterator[Product]:
    """The product, up until the block ends."""
    settings = read_settings(_env_file=None, DATABASE_URL=dsn, SAYWHEN_HOME=home)
    async with open_core(settings, role="journey") as core:
        market, told = MovedMarket(prices), Told()
        core.parts.source = market
        ready = asyncio.Event()
        roles = [
            asyncio.create_task(run_scheduler(core, ready)),
            asyncio.create_task(run_worker(core)),
            asyncio.create_task(Courier(core.notices, [told], core.clock).run()),
        ]
        try:
            product = Product(core=core, market=market, told=told, dialogue=Dialogue(core, core.clock))
            async with asyncio.timeout(WITHIN_S):
                await ready.wait()

            async def all_seen() -> bool:
                return len(core.prices.latest()) == len(prices)

            await product.until(all_seen)
            yield product
        finally:
            for role in roles:
                role.cancel()
            await asyncio.gather(*roles, return_exceptions=True)
