"""What the core needs to account for the network fees that keys of ours pay; decides nothing about who owes what."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.ids import OwnerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A transaction that names a key, and where it stands on chain."""

    signature: str
    slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What the network took for one final transaction, failed or not; `accounts` are all that it names."""

    signature: str
    slot: int
    at: datetime
    lamports: int
    failed: bool
    accounts: frozenset[str]


class Purse(Protocol):
    """What a chain says of keys that pay. Every method may raise VenueUnknown."""

    async def balance(self, key: str) -> int:
        """Lamports that the key has left."""
        ...

    async def listed(self, key: str, since: int, known: str | None) -> Sequence[Listed]:
        """Final transactions that name the key, oldest first, from slot *since* on, or after *known*."""
        ...

    async def paid(self, key: str, signature: str) -> Paid | None:
        """What the key paid for a transaction; None if another paid."""
        ...

    async def account(self, owner: OwnerId) -> str | None:
        """The address of the account that we trade for *owner*."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was paid for one owner's transactions in all: lamports, how many, and how many of them failed."""

    owner: OwnerId | None
    lamports: int = 0
    transactions: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A key that pays, as it was last seen; `low` since when it holds less than it should."""

    key: str
    lamports: int
    seen_at: datetime
    low: datetime | None
    lamports_spent: int
    transactions: int


class FeeBook(Protocol):
    """Fees by transaction: each counts once, however often it is put in."""

    async def reached(self, key: str) -> int:
        """The slot up to which the key's transactions were looked through; 0 before the first look."""
        ...

    async def before(self, key: str, slot: int) -> str | None:
        """The key's newest transaction in the book that stands before *slot*."""
        ...

    async def known(self, signatures: Collection[str]) -> set[str]:
        """Those that are in the book."""
        ...

    async def put(self, key: str, paid: Sequence[tuple[OwnerId | None, Paid]], reached: int) -> None:
        """Take these in, and that everything up to slot *reached* was looked through, in one transaction."""
        ...

    async def see(self, key: str, lamports: int, at: datetime, *, low: bool) -> bool:
        """Remember what the key has left; whether it came to be *low*, or not to be, with this."""
        ...

    async def payers(self) -> list[Payer]:
        """Every key that was seen, in the order of their addresses."""
        ...

    async def spent(self, since: datetime | None = None) -> list[Spent]:
        """By owner, the dearest first; None stands for transactions that were nobody's."""
        ...

    async def spent_for(self, owner: OwnerId) -> Spent:
        """What was paid for one owner."""
        ...
