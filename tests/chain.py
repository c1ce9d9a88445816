"""The chain of the Drift emulator as tests of the whole product use it: time that passes there, accounts that hold."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from solders.pubkey import Pubkey

from core.domain.ids import OwnerId
from core.venues.drift.emulator.exchange import Exchange, keypair
from core.venues.drift.emulator.tables import WIRE


@asynccontextmanager
async def ticking(exchange: Exchange, slot_s: float, *, slots_a_price: int = 1) -> AsyncIterator[None]:
    """Slots of *slot_s* seconds pass, with the time of day; prices are posted again every so many."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(slot_s)
            behind = datetime.now(UTC).timestamp() - exchange.chain.time
            exchange.chain.advance(1, seconds=max(0.001, behind))
            if exchange.chain.slot % slots_a_price == 0:
                exchange.post_again()

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def account_of(owner: OwnerId) -> Pubkey:
    """The account that the emulator gives an owner without a wallet of their own."""
    return WIRE.address("user", keypair("wallet", owner).pubkey(), 0)


def put_position(exchange: Exchange, key: Pubkey, base: int) -> None:
    """Let an account hold so much of the first market (10⁻⁹), bought at $100."""
    positions = exchange.user(key)["perp_positions"]
    paid = dict.fromkeys(("quote_asset_amount", "quote_entry_amount", "quote_break_even_amount"), -base // 10)
    positions[0] |= {"base_asset_amount": base, **paid}
    exchange.change("User", key, perp_positions=positions)
