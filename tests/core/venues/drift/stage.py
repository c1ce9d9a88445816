"""The Drift venue on its emulator over loopback, with a clock that tests own: chain time and ours move together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from solders.keypair import Keypair

from core.db.memory_notes import MemoryNotes
from core.domain.errors import NotFound
from core.domain.ids import OwnerId
from core.ports import Clock, Notes, Trader, Venue
from core.venues.drift.emulator.chain import SLOT_S, Chain
from core.venues.drift.emulator.exchange import Exchange, keypair
from core.venues.drift.emulator.keepers import Keepers
from core.venues.drift.emulator.node import Node, serving
from core.venues.drift.opening import Network, Opened, open_drift

SHARD = keypair("shard", 1)


class ChainClock:
    """Our clock and the chain's as one."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.apart = timedelta()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._chain.time, UTC) + self.apart

    async def sleep(self, seconds: float) -> None:
        self._chain.advance(max(1, round(seconds / SLOT_S)), seconds=seconds)


class OneKey:
    """A keyring with one key in it."""

    def __init__(self, key: Keypair) -> None:
        self._key = key
        self.signed = 0

    async def sign(self, address: str, message: bytes) -> bytes:
        if address != str(self._key.pubkey()):
            raise NotFound(f"Expected {self._key.pubkey()}, was {address}")
        self.signed += 1
        return bytes(self._key.sign_message(message))


class Emulated:
    """Owners by number: each has a wallet made of it."""

    async def of(self, owner: OwnerId) -> Trader | None:
        return Trader(authority=str(keypair("wallet", owner).pubkey()), signer=str(SHARD.pubkey()))


class DriftStage:
    """A venue under test, as the contract's suite wants it."""

    market = "SOL-PERP"
    wait_s = 4.0

    def __init__(self, exchange: Exchange, node: Node, http: str, ws: str, notes: Notes) -> None:
        self.exchange, self.chain, self.node = exchange, exchange.chain, node
        self.keepers = Keepers(exchange)
        self.http, self.ws = http, ws
        self.notes = notes
        self.keyring = OneKey(SHARD)
        self._clock = ChainClock(self.chain)
        self.clock: Clock = self._clock
        self.opened = self.open()
        self.drift = self.opened.venue
        self.venue: Venue = self.opened.venue
        self._others: list[Opened] = []
        self.user = exchange.open_user(keypair("wallet", 1).pubkey(), Decimal(10_000), SHARD.pubkey())

    def open(self, *, ws: bool = False, spare: tuple[str, str] | None = None) -> Opened:
        """The venue as one more process of ours has it; *spare* are the addresses of a second node."""
        more = () if spare is None else (spare,)
        rpc, streams = [self.http, *(http for http, _ in more)], [self.ws, *(stream for _, stream in more)]
        network = Network(rpc=rpc, ws=streams if ws else [], wait_s=self.wait_s)
        return open_drift(
            "drift-emulator",
            network,
            self.clock,
            traders=Emulated(),
            keyring=self.keyring,
            notes=self.notes,
            simulated=True,
        )

    def another_process(self) -> Venue:
        self._others.append(self.open())
        return self._others[-1].venue

    def pass_time(self, **time: float) -> None:
        seconds = timedelta(**time).total_seconds()
        if seconds < 0:
            self._clock.apart += timedelta(**time)
        else:
            self.chain.skip(max(2, round(seconds / SLOT_S)), seconds)
            self.chain.advance(3)

    async def show(self, price: str, market: str = market) -> None:
        self.exchange.show(market, Decimal(price))
        self.exchange.post_coin()
        self.chain.advance(3)

    async def proceed(self) -> None:
        """Let keepers act and blocks be confirmed."""
        self.chain.advance(6)
        self.exchange.post_again()

    async def close(self) -> None:
        for opened in (self.opened, *self._others):
            await opened.venue.close()


@asynccontextmanager
async def drift_stage(notes: Notes | None = None) -> AsyncIterator[DriftStage]:
    """A stage on a node of its own."""
    exchange = Exchange()
    async with serving(exchange.chain) as (node, http, ws):
        stage = DriftStage(exchange, node, http, ws, MemoryNotes() if notes is None else notes)
        for symbol in exchange.symbols:
            if symbol != stage.market:
                exchange.show(symbol, Decimal(50))
        try:
            yield stage
        finally:
            await stage.close()
