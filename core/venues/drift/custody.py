"""What an owner's own wallet signs at a venue on chain: made here, taken back unchanged, followed; decides no order.

Whatever is made is looked at once more before it leaves: nothing but the few instructions below may be in it.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from core.domain.errors import BadInput, Conflict, NotConfigured
from core.domain.ids import OwnerId
from core.domain.order import Order, OrderIntent
from core.ports import Clock, Prepared, Sealed, Seat, Trader, Unsigned
from core.ports.custody import Fate
from core.venues.drift import ticket, token
from core.venues.drift.codec import Record, UnknownLayout, owners_codec_of, remaining_accounts
from core.venues.drift.fate import Means
from core.venues.drift.outcome import Verdict
from core.venues.drift.rpc import Rpc
from core.venues.drift.sender import Drafted, blockhash_of
from core.venues.drift.venue import DriftVenue

if TYPE_CHECKING:
    from solders.instruction import Instruction
    from solders.pubkey import Pubkey

SET_UP = frozenset({"initialize_user_stats", "initialize_user", "deposit", "update_user_delegate"})
REVOKE = frozenset({"update_user_delegate"})
PLACE = frozenset({"place_perp_order", "place_and_take_perp_order", "modify_order"})
TAKE_OFF = frozenset({"cancel_order"})
SIGN_WITHIN = timedelta(seconds=55)
"""How long what was made is worth signing: its blockhash lives for about a minute."""
SEND_UNTIL = timedelta(seconds=90)
_LAMPORTS = Decimal(10) ** 9
_SIGNATURE = 5_000
_BUDGET = "ComputeBudget111111111111111111111111111111"
_NAME = b"Main Account".ljust(32)
_NOBODY = "1" * 32


class DriftCustody:
    """The Custody of one venue of Drift's family. Holds no key."""

    def __init__(self, venue: DriftVenue, means: Means) -> None:
        self._venue = venue
        self._atlas = means.atlas
        self._sender = means.sender
        self._rpc: Rpc = means.rpc
        self._clock: Clock = means.clock
        self._codec = owners_codec_of(means.atlas.codec.profile.name)

    async def seat(self, wallet: str) -> Seat:
        """The wallet and its account, as confirmed."""
        return (await self._look(wallet))[0]

    async def give_play_money(self, wallet: str) -> None:
        """On the emulator only."""
        if self._venue.simulated:
            await self._rpc.call("emulatorFund", wallet)

    async def set_up(self, wallet: str, delegate: str | None, deposit: Decimal) -> Unsigned:
        """What opens the account, deposits, and lets *delegate* trade."""
        seat, user, stats = await self._look(wallet)
        owner = _pubkey(wallet)
        key, their_stats = self._codec.address("user", owner, 0), self._codec.address("user_stats", owner)
        units = self._units(seat, deposit)
        delegates = delegate is not None and seat.delegate != delegate
        if user is not None and not delegates and not units:
            raise Conflict("This account is set up already.", "Nothing needs to be signed.")
        steps: list[Instruction] = []
        paid = {"authority": owner, "payer": owner, "user_stats": their_stats}
        sizes: list[int] = []
        if stats is None:
            steps.append(self._codec.instruction("initialize_user_stats", paid))
            sizes.append(self._codec.profile.accounts["UserStats"])
        if user is None:
            fresh = {"sub_account_id": 0, "name": _NAME}
            steps.append(self._codec.instruction("initialize_user", paid | {"user": key}, fresh))
            sizes.append(self._codec.profile.accounts["User"])
        if units:
            steps.append(await self._deposit(owner, user, units))
        if delegate is not None and delegates:
            steps.append(self._delegating(owner, _pubkey(delegate)))
        return await self._made(steps, owner, key, SET_UP, seat, sizes)

    async def revoke(self, wallet: str) -> Unsigned:
        """What lets nobody but the wallet trade."""
        seat, user, _ = await self._look(wallet)
        if user is None or seat.delegate is None:
            raise Conflict("Nobody but your wallet may trade this account.", "Nothing needs to be signed.")
        owner = _pubkey(wallet)
        step = self._delegating(owner, _pubkey(_NOBODY))
        return await self._made([step], owner, self._codec.address("user", owner, 0), REVOKE, seat)

    async def place(self, intent: OrderIntent) -> Unsigned:
        """What places *intent*."""
        trader, key, step, _ = await self._venue.placing(intent)
        _by_hand(trader)
        return await self._made([step], _pubkey(trader.authority), key, PLACE)

    async def take_off(self, owner: OwnerId, signature: str) -> Unsigned:
        """What takes an order off."""
        await self._atlas.load()
        trader, key, step = await self._venue.taking_off(owner, signature)
        if step is None:
            raise Conflict("This order does not rest at the venue any more.", "Nothing needs to be signed.")
        _by_hand(trader)
        return await self._made([step], _pubkey(trader.authority), key, TAKE_OFF)

    # ── taking back and sending ─────────────────────────────────────────────────────────────────────────────────────

    def sealed(self, raw: bytes, signed: bytes) -> Sealed:
        """The very transaction that was made, signed. Raises Denied."""
        transaction, made = ticket.sealed(raw, signed), ticket.made(raw)
        stored = ticket.unsigned(transaction, made.height, made.until)
        return Sealed(raw=stored, signature=ticket.signature_of(transaction))

    def prepared(self, order: Order, signed: bytes) -> Prepared:
        """The same for an order. Raises Denied."""
        made = ticket.made(order.raw or b"{}")
        return ticket.write(order.owner, order.id, ticket.sealed(order.raw or b"{}", signed), made.height, made.until)

    def is_in(self, raw: bytes, signed: bytes) -> bool:
        """Whether a stored order's transaction is *signed*."""
        return ticket.transaction_in(raw) == signed

    async def still_lands(self, raw: bytes) -> bool:
        """Whether a block to come may hold it."""
        height = int(await self._rpc.call("getBlockHeight", {"commitment": "confirmed"}))
        return height < ticket.made(raw).height

    async def hand_over(self, raw: bytes, *, first: bool) -> str:
        """Send it; why a node proved that it never lands, else nothing."""
        refused = await self._sender.hand_over(ticket.made(raw).transaction, first=first)
        return "" if refused is None else refused.words

    async def fate(self, raw: bytes) -> tuple[Fate, str]:
        """What the chain proves of it."""
        made = ticket.made(raw)
        signature, blockhash = ticket.signature_of(made.transaction), blockhash_of(made.transaction)
        proof = await self._sender.prove(signature, made.height, blockhash)
        match proof.verdict:
            case Verdict.LANDED:
                return "confirmed", ""
            case Verdict.FAILED:
                return "failed", self._sender.cause(proof.error, [], steps=len(SET_UP)).words
            case Verdict.LAPSED:
                return "lapsed", "It never landed while it was valid."
            case Verdict.UNKNOWN:
                return "sent", ""

    # ── making ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _look(self, wallet: str) -> tuple[Seat, Record | None, bytes | None]:
        """The wallet, its account's fields, and the bytes of its statistics."""
        await self._atlas.load()
        owner, profile = _pubkey(wallet), self._codec.profile
        key, mint = self._codec.address("user", owner, 0), _pubkey(profile.collateral_mint)
        place = token.place_of(owner, mint)
        seen = await self._rpc.accounts([key, self._codec.address("user_stats", owner), place])
        user = None if seen[0].content is None else self._atlas.record("User", key, seen[0].content)
        lamports = (await self._rpc.call("getBalance", wallet, {"commitment": "confirmed"}))["value"]
        named = None if user is None else str(user["delegate"])
        seat = Seat(
            account=str(key),
            exists=user is not None,
            delegate=None if named == _NOBODY else named,
            sol=int(lamports) / _LAMPORTS,
            coin=profile.collateral,
            coins=Decimal(token.held_in(seen[2].content, owner, mint)).scaleb(-profile.collateral_decimals),
        )
        return seat, user, seen[1].content

    def _units(self, seat: Seat, deposit: Decimal) -> int:
        """*deposit* as the coin counts it. Raises BadInput for what the wallet has not got."""
        scaled = deposit.scaleb(self._codec.profile.collateral_decimals)
        if deposit < 0 or scaled != scaled.to_integral_value():
            raise BadInput(f"Expected an amount of {seat.coin}, was {deposit}.", "Deposit nothing, or an amount.")
        if deposit > seat.coins:
            raise BadInput(
                f"Your wallet holds {seat.coins.normalize():f} {seat.coin}, less than {deposit:f}.", "Deposit less."
            )
        return int(scaled)

    async def _deposit(self, owner: "Pubkey", user: Record | None, units: int) -> "Instruction":
        """Coins of the wallet's own into its own account."""
        key, quote = self._codec.address("user", owner, 0), self._codec.address("spot_market", 0)
        if user is None:
            rest = remaining_accounts([self._atlas.quote()["oracle"]], [quote], [], frozenset({quote}))
        else:
            world = await self._atlas.world(user, (), 0.0)
            rest = self._atlas.rest(user, world, writable=True)
        accounts = {
            "user": key,
            "user_stats": self._codec.address("user_stats", owner),
            "authority": owner,
            "user_token_account": token.place_of(owner, _pubkey(self._codec.profile.collateral_mint)),
        }
        return self._codec.instruction(
            "deposit", accounts, {"market_index": 0, "amount": units, "reduce_only": False}, rest
        )

    def _delegating(self, owner: "Pubkey", delegate: "Pubkey") -> "Instruction":
        accounts = {"user": self._codec.address("user", owner, 0), "authority": owner}
        return self._codec.instruction("update_user_delegate", accounts, {"sub_account_id": 0, "delegate": delegate})

    async def _made(
        self,
        steps: "Sequence[Instruction]",
        payer: "Pubkey",
        locked: "Pubkey",
        allowed: frozenset[str],
        seat: Seat | None = None,
        sizes: Iterable[int] = (),
    ) -> Unsigned:
        """*steps* for *payer* to sign, with what they cost. Raises VenueUnknown, BadInput for an empty wallet."""
        drafted = await self._sender.draft(steps, payer, [locked])
        self.check(drafted.transaction, allowed)
        until = self._clock.now()
        rent = sum([await self._rent(size) for size in sizes])
        before = await self._lamports(str(payer)) if seat is None else int(seat.sol * _LAMPORTS)
        other = self._other(drafted, before, rent)
        need = (drafted.fee + rent + other) / _LAMPORTS
        if before < drafted.fee + rent + other:
            raise BadInput(
                f"Your wallet holds {before / _LAMPORTS:f} SOL; this takes {need:f} SOL for fee and rent.",
                "Send some SOL to your wallet first.",
            )
        return Unsigned(
            wallet=str(payer),
            raw=ticket.unsigned(drafted.transaction, drafted.height, until + SEND_UNTIL),
            transaction=drafted.transaction,
            valid_until=until + SIGN_WITHIN,
            fee=drafted.fee / _LAMPORTS,
            rent=rent / _LAMPORTS,
            other=other / _LAMPORTS,
            refused="" if drafted.refused is None else drafted.refused.words,
        )

    @staticmethod
    def _other(drafted: Drafted, before: int, rent: int) -> int:
        """What the rehearsal took beyond fee and rent (lamports): the venue's own price for a new account."""
        if drafted.left is None or drafted.refused is not None:
            return 0
        return max(0, before - drafted.left - rent - _SIGNATURE)

    def check(self, transaction: bytes, allowed: frozenset[str]) -> None:
        """Raises NotConfigured unless *transaction* asks our program for *allowed* alone, and nobody for anything else.

        It cannot happen; were it to, it would be somebody's money.
        """
        from solders.transaction import VersionedTransaction

        message = VersionedTransaction.from_bytes(transaction).message
        keys = message.account_keys
        for step in message.instructions:
            program = keys[step.program_id_index]
            try:
                ours = program == self._codec.program and self._codec.arguments(bytes(step.data))[0] in allowed
            except UnknownLayout:
                ours = False
            if not ours and str(program) != _BUDGET:
                raise NotConfigured("This transaction has a part in it that it must not have.", "Report this.")

    async def _rent(self, size: int) -> int:
        return int(await self._rpc.call("getMinimumBalanceForRentExemption", size))

    async def _lamports(self, wallet: str) -> int:
        return int((await self._rpc.call("getBalance", wallet, {"commitment": "confirmed"}))["value"])


def _by_hand(trader: Trader) -> None:
    """Raises Conflict where a key of ours signs: a wallet alone could not."""
    if not trader.by_hand:
        raise Conflict("SayWhen's key signs your orders now.", "Decline this one, or sign each order again.")


def _pubkey(text: str) -> "Pubkey":
    from solders.pubkey import Pubkey

    try:
        return Pubkey.from_string(text)
    except ValueError:
        raise BadInput("Expected a Solana address.", "Choose one of your wallets.") from None
