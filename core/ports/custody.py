"""What the core needs where only an owner's own wallet may sign: transactions made for it, taken back, and followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from core.domain.ids import OwnerId
from core.domain.order import Order, OrderIntent
from core.ports.world import Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A wallet and its account at a venue on chain, as the chain has them now.

    `delegate` is the key that may trade the account beside the wallet; `sol` and `coins` are what the wallet itself
    holds, `coins` in the venue's quote coin, `coin`.
    """

    account: str
    exists: bool
    delegate: str | None
    sol: Decimal
    coin: str
    coins: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """A transaction for the owner's `wallet` to sign; no other bytes are taken back.

    `raw` is what must be remembered until then. `valid_until` is until when it is worth signing. `fee`, `rent` (which
    comes back when the account is closed) and `other` (what the venue takes) are in SOL, paid by the wallet. `refused`
    says why the venue would not take it now, in words; then it is not to be signed.
    """

    wallet: str
    raw: bytes
    transaction: bytes
    valid_until: datetime
    fee: Decimal
    rent: Decimal = Decimal(0)
    other: Decimal = Decimal(0)
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The very transaction that was made, signed: what may be sent, and the network's name of it."""

    raw: bytes
    signature: str


Fate = Literal["sent", "confirmed", "failed", "lapsed"]


class Custody(Protocol):
    """Makes what owners sign. Nothing it makes withdraws or transfers; each method may raise VenueUnknown."""

    async def seat(self, wallet: str) -> Seat:
        """The wallet and its account."""
        ...

    async def give_play_money(self, wallet: str) -> None:
        """Where all money is play money, let the wallet have some; elsewhere nothing."""
        ...

    async def set_up(self, wallet: str, delegate: str | None, deposit: Decimal) -> Unsigned:
        """Open the account where there is none, deposit so much of the quote coin, let *delegate* trade where given.

        Raises Conflict where there is nothing to do, BadInput for what the wallet cannot afford.
        """
        ...

    async def revoke(self, wallet: str) -> Unsigned:
        """Let nobody but the wallet trade. Raises Conflict where nobody else may."""
        ...

    async def place(self, intent: OrderIntent) -> Unsigned:
        """Place an order. Raises VenueRejected where it can never be valid."""
        ...

    async def take_off(self, owner: OwnerId, signature: str) -> Unsigned:
        """Take an order off that rests. Raises Conflict where it rests no more."""
        ...

    def sealed(self, raw: bytes, signed: bytes) -> Sealed:
        """What came back from the wallet. Raises Denied unless it is what was made, unchanged, signed by its payer."""
        ...

    def prepared(self, order: Order, signed: bytes) -> Prepared:
        """What came back for an order, as it is stored and sent. Raises Denied as `sealed` does."""
        ...

    def is_in(self, raw: bytes, signed: bytes) -> bool:
        """Whether *signed* is the very transaction that *raw*, a stored order's, holds."""
        ...

    async def still_lands(self, raw: bytes) -> bool:
        """Whether a block to come may still hold the transaction of *raw*."""
        ...

    async def hand_over(self, raw: bytes, *, first: bool) -> str:
        """Send what was sealed; why it was refused, where that is proven, else nothing."""
        ...

    async def fate(self, raw: bytes) -> tuple[Fate, str]:
        """What is proven of what was handed over, and why it failed."""
        ...


WalletKind = Literal["set_up", "revoke", "take_off"]
WalletState = Literal["built", "sent", "confirmed", "failed", "lapsed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletTransaction:
    """A transaction of a wallet's own, from when it was made to its end; `raw` is stored before it is sent."""

    id: str
    owner: OwnerId
    address: str
    kind: WalletKind
    state: WalletState = "built"
    raw: bytes
    signature: str | None = None
    reason: str = ""
    created_at: datetime
    valid_until: datetime


class WalletTransactions(Protocol):
    """Transactions that owners' wallets sign; each method but `unproven` is scoped to one owner."""

    async def add(self, transaction: WalletTransaction) -> None: ...
    async def get(self, owner: OwnerId, id: str) -> WalletTransaction | None: ...  # noqa: A002
    async def sent(self, owner: OwnerId) -> Sequence[WalletTransaction]:
        """Those handed over whose end is not known, oldest first."""
        ...

    async def unproven(self) -> Sequence[WalletTransaction]:
        """Everybody's whose end is not known, oldest first, as many as one look takes."""
        ...

    async def save(self, transaction: WalletTransaction, *, was: WalletState) -> bool:
        """Store it if it is still in state *was*; whether it was."""
        ...
