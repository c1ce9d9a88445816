"""The wallets that sign in as an owner; decides when another wallet of theirs must agree."""

from collections.abc import Mapping
from typing import Any

from core.app.consent import Consent
from core.app.identity import Challenge, Identity, Proof
from core.app.parts import Parts
from core.app.traded import check_nothing_open, traded_wallet
from core.domain.errors import Conflict, NotFound
from core.domain.ids import OwnerId
from core.ports.access import Approval, People, Wallet

_STATEMENT = "Link this wallet to your SayWhen account. This signs no transaction and costs nothing."


class Wallets:
    """The first wallet proves itself. Every later change is agreed to by one that is linked: a stolen session must not
    make itself the owner's wallet, nor shed the one whose signature it would need.
    """

    def __init__(self, parts: Parts, consent: Consent, identity: Identity, people: People) -> None:
        self._parts = parts
        self._consent = consent
        self._identity = identity
        self._people = people
        consent.deeds["link_wallet"] = self._add
        consent.deeds["unlink_wallet"] = self._remove

    async def list(self, owner: OwnerId) -> "Linked":
        """The owner's wallets, oldest first."""
        return await self._people.wallets(owner)

    async def challenge(self, owner: OwnerId, address: str) -> Challenge:
        """What the wallet at *address* must sign to be linked. Raises BadInput."""
        return await self._identity.challenge(address, "link_wallet", owner=owner, statement=_STATEMENT)

    async def add(self, owner: OwnerId, proof: Proof) -> Approval | None:
        """Link the wallet that signed, or what waits for another one's signature. Raises Denied, Conflict."""
        address = await self._identity.prove(proof, "link_wallet", owner=owner)
        known = {wallet.address for wallet in await self._people.wallets(owner)}
        if address in known:
            raise Conflict("This wallet is linked already.", "Nothing needs to be done.")
        if not known:
            await self._add(owner, {"address": address})
            await self._consent.record(owner, "link_wallet", "its own signature", {"address": address})
            return None
        return await self._ask(owner, "link_wallet", address, f"Link the wallet {address}")

    async def remove(self, owner: OwnerId, address: str) -> Approval | None:
        """Unlink a wallet, once one of the owner's has signed.

        Raises NotFound, and Conflict where something is open in the account that is traded with it.
        """
        if address not in {wallet.address for wallet in await self._people.wallets(owner)}:
            raise NotFound("You have no such wallet.", "See your wallets.")
        await self._check_unused(owner, address)
        return await self._ask(owner, "unlink_wallet", address, f"Unlink the wallet {address}")

    async def _ask(self, owner: OwnerId, kind: str, address: str, words: str) -> Approval | None:
        asked = await self._consent.ask(owner, kind, {"address": address}, words)
        return asked if isinstance(asked, Approval) else None

    async def _add(self, owner: OwnerId, detail: Mapping[str, Any]) -> None:
        await self._people.add_wallet(owner, detail["address"], self._parts.clock.now())

    async def _remove(self, owner: OwnerId, detail: Mapping[str, Any]) -> None:
        await self._check_unused(owner, detail["address"])
        await self._people.remove_wallet(owner, detail["address"])

    async def _check_unused(self, owner: OwnerId, address: str) -> None:
        """Raises Conflict where orders and positions would be left behind, without their stops, in its account."""
        traded = None if self._parts.custody is None else traded_wallet(self._parts, await self._people.wallets(owner))
        if traded is not None and traded.address == address:
            await check_nothing_open(self._parts, owner, "unlink it")


Linked = list[Wallet]
