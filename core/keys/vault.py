"""The keys that trade: made, sealed and used in the process that signs; decides how owners share them, not who trades.

A delegate key trades for at most `SHARD` owners, so that one that leaks reaches no more accounts, and pays their
network fees from its own small balance. An imported key is one owner's own wallet.
"""

import base64
from datetime import datetime
from pathlib import Path

from core.domain.errors import BadInput, Denied, NotFound, VenueUnknown
from core.domain.ids import OwnerId
from core.keys.sealing import MasterKey, add_version, pasted, wipe
from core.ports import Clock, KeyStore, StoredKey

SHARD = 200
_TEXT = "saywhen-key"


class Vault:
    """The Keyring of the process that signs, on sealed keys in a store."""

    def __init__(self, store: KeyStore, master: MasterKey, clock: Clock) -> None:
        self._store = store
        self._master = master
        self._clock = clock
        self._known: dict[str, StoredKey] = {}

    async def sign(self, address: str, message: bytes) -> bytes:
        """The ed25519 signature of *message*. Raises NotFound, NotConfigured."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = self._known.get(address) or await self._store.get(address)
        if key is None:
            raise NotFound(f"There is no trading key {address[:44]} here.", "Import it, or set the account up anew.")
        self._known[address] = key
        with self._master.opened(key.sealed, key.address, key.master) as secret:
            return Ed25519PrivateKey.from_private_bytes(secret).sign(message)

    async def make(self) -> str:
        """A new delegate key's address."""
        from solders.keypair import Keypair

        pair = Keypair()
        secret = bytearray(pair.secret())
        try:
            await self._store.add(self._sealed(secret, str(pair.pubkey()), "delegate"))
        finally:
            wipe(secret)
        return str(pair.pubkey())

    async def make_room(self) -> None:
        """Have delegate keys with room for half a shard of owners."""
        while await self._store.seats(SHARD) < SHARD // 2:
            await self.make()

    async def take_in(self, owner: OwnerId, text: str) -> str:
        """Let *owner* trade with the private key in *text*, plain or as `sealed_text` gave it. Raises BadInput."""
        if text.strip().startswith(_TEXT):
            key = self._from_text(text.strip())
        else:
            with pasted(text) as (secret, address):
                key = self._sealed(secret, address, "imported")
        if await self._store.get(key.address) is None:
            await self._store.add(key)
        await self._store.use(owner, key.address)
        return key.address

    async def sealed_text(self, address: str) -> str:
        """An imported key as text that only this master key opens, for a back-up or WALLET_PRIVATE_KEY.

        Raises NotFound, Denied for a key that was made here.
        """
        key = await self._imported(address)
        return f"{_TEXT}.{key.master}.{key.address}.{base64.urlsafe_b64encode(key.sealed).decode()}"

    async def plain_text(self, address: str) -> str:
        """An imported private key as wallets take it. Whoever reads it owns what it owns. Raises NotFound, Denied."""
        from solders.keypair import Keypair

        key = await self._imported(address)
        with self._master.opened(key.sealed, key.address, key.master) as secret:
            return str(Keypair.from_seed(bytes(secret)))

    async def rotate(self, path: Path) -> int:
        """Make the next version of the master key and seal every key under it; how many there were.

        Whatever is cut short leaves keys under versions that still open; the next rotation takes them along.
        """
        self._master = add_version(path)
        count = 0
        for key in await self._store.all():
            if key.master == self._master.newest:
                continue
            with self._master.opened(key.sealed, key.address, key.master) as secret:
                fresh = self._sealed(secret, key.address, key.kind, key.created_at)
            count += await self._store.reseal(fresh, key.master)
        self._known.clear()
        return count

    async def _imported(self, address: str) -> StoredKey:
        key = await self._store.get(address)
        if key is None:
            raise NotFound(f"There is no trading key {address[:44]} here.", "See saywhen keys list.")
        if key.kind != "imported":
            raise Denied(
                f"The key {address} was made here and trades for others: it stays here.",
                "Back up the database and the master key file instead.",
            )
        return key

    def _sealed(self, secret: bytearray, address: str, kind: str, created_at: datetime | None = None) -> StoredKey:
        self._master.refresh()  # a version that is being rotated out seals nothing new
        return StoredKey(
            address=address,
            kind="imported" if kind == "imported" else "delegate",
            sealed=self._master.seal(secret, address),
            master=self._master.newest,
            created_at=created_at or self._clock.now(),
        )

    def _from_text(self, text: str) -> StoredKey:
        parts = text.split(".")
        try:
            version, address, sealed = int(parts[1]), parts[2], base64.urlsafe_b64decode(parts[3])
        except (ValueError, IndexError):
            raise BadInput("This is not a sealed key.", "Paste it whole, as saywhen keys export printed it.") from None
        key = StoredKey(address=address, kind="imported", sealed=sealed, master=version, created_at=self._clock.now())
        with self._master.opened(key.sealed, key.address, key.master):
            return key


class NoKeys:
    """The Keyring of every process that does not sign."""

    async def sign(self, address: str, message: bytes) -> bytes:  # noqa: ARG002 - the port's arguments
        """Raises VenueUnknown, always."""
        raise VenueUnknown("only the process that signs can do this; it is asked to")
