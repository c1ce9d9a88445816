"""What the core needs of a place where trading keys are kept, always sealed; decides nothing about sealing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from core.domain.ids import OwnerId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key at rest: its address in the open, the rest sealed under version `master` of the master key."""

    address: str
    kind: Literal["delegate", "imported"]
    sealed: bytes = field(repr=False)
    master: int
    created_at: datetime


class KeyStore(Protocol):
    """Sealed keys, and which owner trades with which."""

    async def add(self, key: StoredKey) -> None: ...
    async def get(self, address: str) -> StoredKey | None: ...
    async def all(self) -> list[StoredKey]:
        """Oldest first."""
        ...

    async def reseal(self, key: StoredKey, was: int) -> bool:
        """Replace a key sealed under master version *was*; False if it is sealed otherwise by now."""
        ...

    async def of_owner(self, owner: OwnerId) -> str | None:
        """The address that trades for *owner*."""
        ...

    async def owners(self, address: str) -> list[OwnerId]:
        """Who trades with that key."""
        ...

    async def use(self, owner: OwnerId, address: str) -> None:
        """Let *owner* trade with that key from now on."""
        ...

    async def share(self, owner: OwnerId, most: int) -> str | None:
        """The key they have, or a delegate key that fewer than *most* owners use; None if all are full."""
        ...

    async def seats(self, most: int) -> int:
        """How many more owners the delegate keys have room for."""
        ...
