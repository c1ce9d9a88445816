"""The wallet whose account is traded, and who signs for it; decides when something is for its owner to sign."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from core.app.consent import Consent
from core.app.parts import Parts
from core.app.traded import check_nothing_open, traded_wallet
from core.domain.errors import Conflict, Denied, NotFound, VenueError
from core.domain.ids import OwnerId, new_id
from core.flow.revoked import rest_for_revoked
from core.keys.vault import SHARD
from core.ports import Custody, KeyStore, People, Seat, Unsigned, WalletTransaction, WalletTransactions
from core.ports.access import Wallet, trading_wallet
from core.ports.custody import WalletKind

How = Literal["delegate", "approve"]
Standing = Literal["unlinked", "unchosen", "imported", "no_account", "undelegated", "delegated", "revoked", "approve"]
_SEND_AGAIN_FOR = timedelta(seconds=40)
"""How long beyond `valid_until` the same bytes are sent again: their blockhash may live a little longer."""
_KEY_LOOKS, _KEY_PAUSE_S = 24, 0.5
_OWN = "its own signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """Whose account is traded and how, as chain and books say. `key` is ours that trades it; None where none does."""

    standing: Standing
    wallets: Sequence[Wallet]
    trading: Wallet | None = None
    how: How | None = None
    key: str | None = None
    seat: Seat | None = None
    pending: Sequence[WalletTransaction] = ()


class Seats:
    """Set-up, revocation and choice of the account that is traded. Nothing here signs."""

    def __init__(
        self, parts: Parts, people: People, keys: KeyStore, transactions: WalletTransactions, consent: Consent
    ) -> None:
        self._parts = parts
        self._people = people
        self._keys = keys
        self._transactions = transactions
        self._consent = consent

    @property
    def custody(self) -> Custody:
        """Raises NotFound where the venue knows no wallets."""
        if self._parts.custody is None:
            raise NotFound(f"On {self._parts.venue.name} there is nothing for a wallet to sign.", "Nothing is needed.")
        return self._parts.custody

    async def view(self, owner: OwnerId) -> SeatView | None:
        """None where the venue knows no wallets. Raises VenueUnknown."""
        if self._parts.custody is None:
            return None
        for transaction in await self._transactions.sent(owner):
            await self._settle(transaction)
        wallets = await self._people.wallets(owner)
        wallet = traded_wallet(self._parts, wallets)
        key = await self._key(owner, share=wallet is not None and wallet.trading != "approve")
        pending = await self._transactions.sent(owner)
        if key is not None and key[1] == "imported":
            return SeatView(standing="imported", wallets=wallets, key=key[0])
        if wallet is None:
            return SeatView(standing="unchosen" if wallets else "unlinked", wallets=wallets)
        seat = await self.custody.seat(wallet.address)
        how: How = wallet.trading or "delegate"
        ours = None if key is None else key[0]
        standing = _standing(wallet, how, seat, ours)
        if standing == "delegated" and wallet.delegated_at is None:
            await self._people.note_delegated(owner, wallet.address, self._parts.clock.now())
        return SeatView(
            standing=standing, wallets=wallets, trading=wallet, how=how, key=ours, seat=seat, pending=pending
        )

    async def is_by_hand(self, owner: OwnerId) -> bool:
        """Whether the owner's own wallet signs each order."""
        wallet = trading_wallet(await self._people.wallets(owner))
        return wallet is not None and wallet.trading == "approve"

    async def choose(self, owner: OwnerId, address: str, how: How) -> None:
        """Trade that wallet's account from now on: by our key, or by its own signature each time.

        Raises NotFound for a wallet that is not linked, Conflict while the account of another one has something open,
        and where a key that was let trade before would act again without a signature: whoever holds a session is not
        the owner, and each order was to be signed.
        """
        custody = self.custody
        wallets = await self._people.wallets(owner)
        if address not in {wallet.address for wallet in wallets}:
            raise NotFound("You have no such wallet.", "Link it first.")
        traded = traded_wallet(self._parts, wallets)
        if traded is None or traded.address != address:
            await check_nothing_open(self._parts, owner, "choose")
        if how == "delegate" and traded is not None and traded.trading == "approve":
            key, named = await self._key(owner, share=False), (await custody.seat(address)).delegate
            if key is not None and named == key[0]:
                raise Conflict(
                    "SayWhen's key may trade this account still, from before you signed each order.",
                    "Withdraw that permission first, then let the key trade again: your wallet signs both.",
                )
        await custody.give_play_money(address)
        if not await self._people.choose_wallet(owner, address, how):
            raise NotFound("You have no such wallet.", "Link it first.")
        await self._consent.record(owner, "trading_wallet", "a session", {"address": address, "how": how})

    async def set_up(self, owner: OwnerId, deposit: Decimal) -> tuple[WalletTransaction, Unsigned]:
        """What the traded wallet signs so that its account can be traded. Raises NotFound, Conflict, BadInput."""
        wallet = await self._chosen(owner)
        key = None if wallet.trading == "approve" else await self._key_with_room(owner)
        unsigned = await self.custody.set_up(wallet.address, key, deposit)
        return await self.made(owner, wallet.address, "set_up", unsigned), unsigned

    async def revoke(self, owner: OwnerId) -> tuple[WalletTransaction, Unsigned]:
        """What the traded wallet signs so that only it may trade its account. Raises NotFound, Conflict."""
        wallet = await self._chosen(owner)
        unsigned = await self.custody.revoke(wallet.address)
        return await self.made(owner, wallet.address, "revoke", unsigned), unsigned

    async def made(self, owner: OwnerId, address: str, kind: WalletKind, unsigned: Unsigned) -> WalletTransaction:
        """Remember a transaction until it is signed. Raises Denied where the venue would refuse it."""
        if unsigned.refused:
            raise Denied(f"The venue would refuse it: {unsigned.refused}", "Nothing was signed or sent.")
        now = self._parts.clock.now()
        transaction = WalletTransaction(
            id=new_id("t", now),
            owner=owner,
            address=address,
            kind=kind,
            raw=unsigned.raw,
            created_at=now,
            valid_until=unsigned.valid_until,
        )
        await self._transactions.add(transaction)
        return transaction

    async def submit(self, owner: OwnerId, transaction_id: str, signed: bytes) -> WalletTransaction:
        """Send what the wallet signed; the same bytes told twice are told once.

        Raises NotFound, Denied for other bytes than were made, Conflict where they are too old.
        """
        known = await self.get(owner, transaction_id)
        sealed = self.custody.sealed(known.raw, signed)
        if known.state != "built":
            if known.signature != sealed.signature:
                raise Conflict("Another signature of it was taken already.", "See how it stands.")
            return await self._settle(known)
        late = self._parts.clock.now() >= known.valid_until
        if late or not await self.custody.still_lands(known.raw):
            raise Conflict("This transaction is too old: it can no longer land.", "Begin anew, and sign that one.")
        sent = replace(known, state="sent", raw=sealed.raw, signature=sealed.signature)
        if not await self._transactions.save(sent, was="built"):
            return await self.submit(owner, transaction_id, signed)
        await self._consent.record(owner, f"wallet_{sent.kind}", _OWN, {"address": sent.address})
        try:
            refused = await self.custody.hand_over(sent.raw, first=True)
        except VenueError:
            return sent  # nobody knows; the same bytes are sent again within seconds
        if refused:
            failed = replace(sent, state="failed", reason=refused)
            return failed if await self._transactions.save(failed, was="sent") else await self.get(owner, sent.id)
        return sent

    async def follow(self, owner: OwnerId, transaction_id: str) -> WalletTransaction:
        """How it stands, as the chain says. Raises NotFound."""
        return await self._settle(await self.get(owner, transaction_id))

    async def follow_all(self) -> None:
        """Go on with what wallets have signed, looked at or not: send it again, and take in what became of it."""
        for transaction in await self._transactions.unproven():
            await self._settle(transaction)

    async def get(self, owner: OwnerId, transaction_id: str) -> WalletTransaction:
        """Raises NotFound."""
        known = await self._transactions.get(owner, transaction_id)
        if known is None:
            raise NotFound("You have no such transaction.", "Begin anew.")
        return known

    # ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _settle(self, transaction: WalletTransaction) -> WalletTransaction:
        """Ask what became of it, and take in what that brings about. Unknown stays as it is."""
        if transaction.state != "sent":
            return transaction
        try:
            fate, reason = await self.custody.fate(transaction.raw)
            if fate == "sent" and self._parts.clock.now() < transaction.valid_until + _SEND_AGAIN_FOR:
                await self.custody.hand_over(transaction.raw, first=False)
        except VenueError:
            return transaction
        if fate == "sent":
            return transaction
        if fate == "confirmed":
            await self._take_in(transaction)
        ended = replace(transaction, state=fate, reason=reason)
        if await self._transactions.save(ended, was="sent"):
            return ended
        return await self.get(transaction.owner, transaction.id)

    async def _take_in(self, transaction: WalletTransaction) -> None:
        """What follows from it; done before it is noted as over, and harmless when done again."""
        now, owner = self._parts.clock.now(), transaction.owner
        wallet = traded_wallet(self._parts, await self._people.wallets(owner))
        if wallet is None or wallet.address != transaction.address or wallet.trading == "approve":
            return
        if transaction.kind == "set_up":
            await self._people.note_delegated(owner, transaction.address, now)
        elif transaction.kind == "revoke":
            await rest_for_revoked(self._parts.store, owner, self._parts.venue.name, now)

    async def _chosen(self, owner: OwnerId) -> Wallet:
        _ = self.custody  # that the venue knows wallets comes first
        wallet = traded_wallet(self._parts, await self._people.wallets(owner))
        if wallet is None:
            raise NotFound("No wallet of yours is traded.", "Link one, and choose it.")
        await self.custody.give_play_money(wallet.address)
        return wallet

    async def _key_with_room(self, owner: OwnerId) -> str:
        """The key that trades for the owner; a moment is waited for the one that a worker makes when it starts."""
        for _ in range(_KEY_LOOKS):
            if (key := await self._key(owner, share=True)) is not None:
                return key[0]
            await self._parts.clock.sleep(_KEY_PAUSE_S)
        raise Conflict("No trading key has room for you yet.", "Try again in a minute; one is being made.")

    async def _key(self, owner: OwnerId, *, share: bool) -> tuple[str, str] | None:
        """The address of the key that trades for the owner, found for them where *share*, and of which kind it is."""
        address = await (self._keys.share(owner, SHARD) if share else self._keys.of_owner(owner))
        key = None if address is None else await self._keys.get(address)
        return None if key is None else (key.address, key.kind)


def _standing(wallet: Wallet, how: How, seat: Seat, key: str | None) -> Standing:
    if not seat.exists:
        return "no_account"
    if how == "approve":
        return "approve"
    if seat.delegate is not None and seat.delegate == key:
        return "delegated"
    return "undelegated" if wallet.delegated_at is None else "revoked"
