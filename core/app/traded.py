"""Which of an owner's wallets has the account that is traded, and whether another may take its place; chooses none."""

import asyncio
from collections.abc import Sequence

from core.app.parts import TIME_OUT_S, Parts
from core.domain.errors import Conflict
from core.domain.ids import OwnerId
from core.domain.order import IN_FLIGHT, OrderState
from core.ports.access import Wallet, trading_wallet


def traded_wallet(parts: Parts, wallets: Sequence[Wallet]) -> Wallet | None:
    """Where money is play money only a wallet that was chosen is traded; others have an account to play with."""
    wallet = trading_wallet(wallets)
    return None if wallet is not None and wallet.trading is None and parts.venue.simulated else wallet


async def check_nothing_open(parts: Parts, owner: OwnerId, then: str) -> None:
    """Raises Conflict while orders or positions would be left behind in the account traded so far."""
    async with parts.store.begin(owner) as tx:
        orders = await tx.orders(states=IN_FLIGHT | {OrderState.PLANNED})
    async with asyncio.timeout(TIME_OUT_S):
        account = await parts.venue.account(owner)
    if orders or any(position.base != 0 for position in account.positions):
        hint = f"Close and cancel them first, then {then}."
        raise Conflict("The account traded so far has open orders or positions.", hint)
