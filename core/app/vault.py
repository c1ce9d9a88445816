"""Trading keys: what an operator does with them at a terminal, and room for owners who come; decides no sealing."""

from collections.abc import Mapping

from core.db.connection import Database
from core.db.trading_keys import PostgresKeyStore
from core.domain.ids import OwnerId
from core.keys.sealing import read_master
from core.keys.vault import Vault
from core.ports import Clock, StoredKey
from core.ports.access import AuditLine, People
from core.settings import Settings

ROOM_EVERY_S = 2.0


class TradingKeys:
    """Keys at rest. The master key is read when something must be opened, and by no process before."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, people: People, signing: Vault | None
    ) -> None:
        """*signing* is the vault of a process that signs."""
        self._settings = settings
        self._store = PostgresKeyStore(database)
        self._clock = clock
        self._people = people
        self._signing = signing

    async def list(self) -> list[StoredKey]:
        """Every key by its address, oldest first; what is secret of it stays sealed."""
        return await self._store.all()

    async def take_in(self, owner: OwnerId, text: str) -> str:
        """Let *owner* trade with the private key in *text*; its address. Raises BadInput, NotConfigured."""
        address = await self._vault(make=True).take_in(owner, text)
        await self._record(owner, "imported", {"address": address})
        return address

    async def export(self, address: str, *, plain: bool, to: str) -> str:
        """An imported key as text: sealed, or plain for a wallet. It is written down first that it goes *to* somewhere.

        Raises NotFound, Denied for a key that was made here, NotConfigured.
        """
        vault = self._vault(make=False)
        text = await vault.plain_text(address) if plain else await vault.sealed_text(address)
        for owner in await self._store.owners(address):
            form = "plain" if plain else "sealed"
            await self._record(owner, "exported", {"address": address, "form": form, "to": to})
        return text

    async def rotate(self) -> int:
        """Seal every key under a new version of the master key; how many there were. Raises NotConfigured."""
        return await self._vault(make=False).rotate(self._settings.master_key_path)

    async def keep_room(self) -> None:
        """Have keys with room for whoever comes, for ever; where nobody signs, wait."""
        while True:
            if self._signing is not None:
                await self._signing.make_room()
            await self._clock.sleep(ROOM_EVERY_S)

    async def _record(self, owner: OwnerId, what: str, detail: Mapping[str, str]) -> None:
        """Write down in the owner's log what was done with their key; of the key itself only its address."""
        act = f"trading_key.{what}"
        await self._people.audit(AuditLine(owner=owner, at=self._clock.now(), act=act, by="operator", detail=detail))

    def _vault(self, *, make: bool) -> Vault:
        return Vault(self._store, read_master(self._settings.master_key_path, make=make), self._clock)
