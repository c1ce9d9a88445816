"""What the chain charged a key for its transactions, and what the key has left; decides not whose they were."""

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.domain.ids import OwnerId
from core.ports import Trader, Traders
from core.ports.fees import Listed, Paid
from core.venues.drift.rpc import Rpc

if TYPE_CHECKING:
    from solders.pubkey import Pubkey


class DriftPurse:
    """The Purse on Solana: only what is final counts, so that nothing is ever taken back."""

    def __init__(self, rpc: Rpc, traders: Traders, address: "Callable[[Trader], Pubkey]") -> None:
        """*address* gives the account that a trader trades."""
        self._rpc = rpc
        self._traders = traders
        self._address = address

    async def balance(self, key: str) -> int:
        """Lamports that the key has left."""
        told = await self._rpc.call("getBalance", key, {"commitment": "confirmed"})
        return int(told["value"])

    async def listed(self, key: str, since: int, known: str | None) -> Sequence[Listed]:
        """Final transactions that name the key, oldest first."""
        told = await self._rpc.signatures(key, until=known, since=since, commitment="finalized")
        return [Listed(signature=one["signature"], slot=int(one["slot"])) for one in told]

    async def paid(self, key: str, signature: str) -> Paid | None:
        """What the key paid for a transaction: the first account of a transaction is the one that pays."""
        from solders.transaction import VersionedTransaction

        told = await self._rpc.transaction(signature)
        named = VersionedTransaction.from_bytes(base64.b64decode(told["transaction"][0])).message.account_keys
        if str(named[0]) != key:
            return None
        return Paid(
            signature=signature,
            slot=int(told["slot"]),
            at=datetime.fromtimestamp(int(told["blockTime"] or 0), UTC),
            lamports=int(told["meta"]["fee"]),
            failed=told["meta"]["err"] is not None,
            accounts=frozenset(str(account) for account in named),
        )

    async def account(self, owner: OwnerId) -> str | None:
        """The address of the account that we trade for *owner*."""
        trader = await self._traders.of(owner)
        return None if trader is None else str(self._address(trader))
