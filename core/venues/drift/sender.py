"""Transactions from an instruction to a block: decides budget, fee and what is handed to whom, and proves the fate.

Simulated first, so that it asks for no more than it needs; signed on a confirmed blockhash; sent without a node's own
retries, again and again the same bytes, until it is seen or can land no more. Never on a durable nonce: bytes that can
land for ever can never be given up.
"""

import asyncio
import base64
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.domain.errors import NoPermission, VenuePaused, VenueUnknown
from core.ports import Keyring
from core.venues.drift.causes import Cause, Kind, cause_of
from core.venues.drift.outcome import ABSENCES, Proof, Reading, Verdict, prove, read_status, refused_at_the_door
from core.venues.drift.rpc import NodeRefused, Rpc

if TYPE_CHECKING:
    from solders.instruction import Instruction
    from solders.pubkey import Pubkey
    from solders.transaction import VersionedTransaction

STEP = 2
"""Our instruction's number in a transaction: limit and price of compute come before it."""
ROOM = (6, 5)
"""How much more compute is asked for than the simulation used: 6/5."""
USUAL_UNITS = 100_000
MOST_UNITS = 1_400_000
FEES_AGE_S = 5.0
PROBE_AGE_S = 15.0
PERCENTILE = 75
_SIGNATURE_LAMPORTS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeBounds:
    """What may be paid for speed: `floor` in micro-lamports a unit, `most` in lamports a transaction, for all of it."""

    floor: int = 1_000
    most: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A transaction ready to send, and the last block height that may hold it; `refused` is what its rehearsal met."""

    transaction: bytes
    height: int
    refused: Cause | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A transaction that nobody signed yet; `message` is what is to be signed, `fee` what the network takes (lamports).

    `left` is what its payer would have after it (lamports), where the node told; `refused` what its rehearsal met.
    """

    transaction: bytes
    message: bytes
    height: int
    refused: Cause | None
    fee: int
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rehearsed:
    units: int
    refused: Cause | None
    left: int | None


class Sender:
    """Builds, sends and proves. Holds no key: *keyring* signs."""

    def __init__(self, rpc: Rpc, program: "Pubkey", keyring: Keyring, fees: FeeBounds) -> None:
        self._rpc = rpc
        self._program = str(program)
        self._keyring = keyring
        self._bounds = fees
        self._fees: dict[tuple[str, ...], tuple[float, int]] = {}
        self._next = 0
        self._probed: tuple[float, Cause | None] | None = None

    async def build(
        self, step: "Instruction", signer: "Pubkey", locked: Sequence["Pubkey"], *, slot: int = 0
    ) -> Signed:
        """*step* as a transaction that *signer* pays and signs; *locked* are the accounts whose fees count.

        It is rehearsed, and its blockhash told, by nodes that know *slot*: one that is behind would judge by the past.
        Raises VenuePaused, VenueRejected and VenueUnknown as `raise_for_all` does, before anything is signed.
        """
        drafted = await self.draft([step], signer, locked, slot=slot)
        raise_for_all(drafted.refused)
        made = await self._keyring.sign(str(signer), drafted.message)
        content = bytes(signed_by(drafted.transaction, made))
        return Signed(transaction=content, height=drafted.height, refused=drafted.refused)

    async def draft(
        self, steps: "Sequence[Instruction]", payer: "Pubkey", locked: Sequence["Pubkey"], *, slot: int = 0
    ) -> Drafted:
        """*steps* as a transaction that *payer* would pay and sign, rehearsed, on a fresh blockhash; nobody signed it.

        Raises VenueUnknown.
        """
        from solders.message import to_bytes_versioned

        try:
            async with asyncio.TaskGroup() as tasks:
                rehearsal = tasks.create_task(self._rehearse(steps, payer, slot))
                known = {"commitment": "confirmed", "minContextSlot": slot}
                fresh = tasks.create_task(self._rpc.call("getLatestBlockhash", known))
                asked = tasks.create_task(self._price(locked))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        seen = rehearsal.result()
        units = USUAL_UNITS * len(steps)
        if seen.refused is None:
            units = min(MOST_UNITS, max(seen.units * ROOM[0] // ROOM[1], 1_000))
        price = min(asked.result(), max(0, self._bounds.most - _SIGNATURE_LAMPORTS) * 1_000_000 // units)
        value = fresh.result()["value"]
        unsigned = _unsigned([*_budget(units, price), *steps], payer, value["blockhash"])
        return Drafted(
            transaction=bytes(unsigned),
            message=bytes(to_bytes_versioned(unsigned.message)),
            height=int(value["lastValidBlockHeight"]),
            refused=seen.refused,
            fee=_SIGNATURE_LAMPORTS + -(-units * price // 1_000_000),
            left=seen.left,
        )

    async def _rehearse(self, steps: "Sequence[Instruction]", payer: "Pubkey", slot: int = 0) -> _Rehearsed:
        """What *steps* would use and leave, and why the program would refuse them now."""
        unsigned = _unsigned([*_budget(MOST_UNITS, 0), *steps], payer, None)
        options = {
            "encoding": "base64",
            "sigVerify": False,
            "replaceRecentBlockhash": True,
            "commitment": "confirmed",
            "accounts": {"encoding": "base64", "addresses": [str(payer)]},
            "minContextSlot": slot,
        }
        answer = await self._rpc.call("simulateTransaction", base64.b64encode(bytes(unsigned)).decode(), options)
        value = answer["value"]
        after = next(iter(value.get("accounts") or ()), None)
        left = None if after is None else int(after["lamports"])
        error = value["err"]
        refused = None if error is None else self.cause(error, value.get("logs") or [], steps=len(steps))
        return _Rehearsed(units=int(value.get("unitsConsumed") or 0), refused=refused, left=left)

    async def _price(self, locked: Sequence["Pubkey"]) -> int:
        """Micro-lamports a unit that lately got such transactions in, within the floor."""
        keys = tuple(str(key) for key in locked)
        now = asyncio.get_running_loop().time()
        known = self._fees.get(keys)
        if known is None or now - known[0] > FEES_AGE_S:
            try:
                told = await self._rpc.call("getRecentPrioritizationFees", list(keys))
                paid = sorted(int(one["prioritizationFee"]) for one in told)
            except (NodeRefused, VenueUnknown):
                paid = []
            price = paid[(len(paid) - 1) * PERCENTILE // 100] if paid else 0
            if len(self._fees) > 1_000:
                self._fees.clear()
            known = self._fees[keys] = (now, price)
        return max(self._bounds.floor, known[1])

    async def is_switched_off(
        self, probe: "Callable[[Pubkey], Instruction]", others: "Sequence[Pubkey]" = ()
    ) -> Cause | None:
        """Why the program takes nothing at all, if so; asked at most every few seconds. Raises VenueUnknown.

        A node rehearses only for a payer who has something, and it need not be one of ours: the validator whose turn it
        is pays for its votes, so it has. Nothing is signed, and nobody is asked for anything. *others* are tried where
        the node does not tell whose turn it is.
        """
        now = asyncio.get_running_loop().time()
        if self._probed is None or now - self._probed[0] > PROBE_AGE_S:
            verdict: Cause | None = None
            for payer in [*await self._leader(), *others]:
                refused = (await self._rehearse([probe(payer)], payer)).refused
                if refused is None or refused.code is not None:  # the program itself has spoken
                    verdict = refused if refused is not None and refused.kind is Kind.PAUSED else None
                    break
            self._probed = (now, verdict)
        return self._probed[1]

    async def _leader(self) -> "list[Pubkey]":
        """The validator whose turn it is to make blocks; empty where the node does not say. Raises VenueUnknown."""
        from solders.pubkey import Pubkey

        try:
            return [Pubkey.from_string(await self._rpc.call("getSlotLeader", {"commitment": "confirmed"}))]
        except (NodeRefused, TypeError, ValueError):
            return []

    # ── handing over ────────────────────────────────────────────────────────────────────────────────────────────────

    async def hand_over(self, transaction: bytes, *, first: bool) -> Cause | None:
        """Give the bytes to a node; the cause if it proves that they will never land, which only a first one can be.

        Raises VenueUnknown where nothing is proven.
        """
        options: dict[str, Any] = {
            "encoding": "base64",
            "skipPreflight": not first,
            "preflightCommitment": "confirmed",
            "maxRetries": 0,
        }
        self._next += 0 if first else 1  # what one node lost, another may bring in
        node = self._rpc.nodes()[0] if first else self._next
        try:
            await self._rpc.call("sendTransaction", base64.b64encode(transaction).decode(), options, node=node)
        except NodeRefused as refusal:
            told = refusal.content if isinstance(refusal.content, dict) else {}
            if refused_at_the_door(told.get("err"), handed_over=not first):
                return self.cause(told["err"], told.get("logs") or [])
            if told.get("err") == "AlreadyProcessed":
                return None
            raise VenueUnknown(f"the order may not have got through: {refusal}") from None
        return None

    async def prove(self, signature: str, height: int, blockhash: str) -> Proof:
        """What became of a transaction on *blockhash* that no block above *height* may hold. Raises VenueUnknown.

        That it landed is one node's word, which its record then has to bear out. That it failed, or never can land, is
        every node's that answers: each must say so, and none may still take the blockhash for good.
        """
        readings: list[Reading] = []
        why: VenueUnknown | None = None
        nodes = self._rpc.nodes()
        for node in nodes:
            try:
                reading = await self._reading(signature, node)
            except VenueUnknown as problem:
                why = problem
                continue
            readings.append(reading)
            if reading.status is not None and prove([reading], height).verdict is Verdict.LANDED:
                return prove(readings, height)
        if not readings:
            raise why or VenueUnknown("no Solana node is known")
        while len(readings) < ABSENCES and all(
            one.status is None and (one.finalized_height or 0) > height for one in readings
        ):
            readings.append(await self._reading(signature, nodes[0]))
        found = prove(readings, height)
        levels = {"unknown" if one.status is None else one.status.commitment for one in readings}
        doubted = found.verdict is Verdict.FAILED and "finalized" not in levels and levels != {"confirmed"}
        if doubted or (found.verdict is Verdict.LAPSED and await self._is_good_somewhere(blockhash)):
            return Proof(verdict=Verdict.UNKNOWN, slot=found.slot)
        return found

    async def _reading(self, signature: str, node: int) -> Reading:
        final = int(await self._rpc.call("getBlockHeight", {"commitment": "finalized"}, node=node))
        answer = await self._rpc.call(
            "getSignatureStatuses", [signature], {"searchTransactionHistory": True}, node=node
        )
        try:
            return Reading(status=read_status(answer["value"][0]), finalized_height=final)
        except ValueError as problem:
            raise VenueUnknown(f"a Solana node gave no answer that can be read: {problem}") from None

    async def _is_good_somewhere(self, blockhash: str) -> bool:
        """Whether any node would still take a transaction on *blockhash*: then whoever told its height was wrong."""
        for node in self._rpc.nodes():
            with suppress(VenueUnknown):
                answer = await self._rpc.call("isBlockhashValid", blockhash, {"commitment": "processed"}, node=node)
                if answer["value"]:
                    return True
        return False

    def cause(self, error: object, logs: Sequence[str], *, steps: int = 1) -> Cause:
        """Why the network says that a transaction of so many *steps* of ours failed, in words."""
        found = error.get("InstructionError") if isinstance(error, dict) else None
        number = found[0] if isinstance(found, list) and found else None
        ours = number if isinstance(number, int) and STEP <= number < STEP + steps else STEP
        return cause_of(error, program=self._program, ours=ours, logs=logs)


def _budget(units: int, price: int) -> "list[Instruction]":
    from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price

    return [set_compute_unit_limit(units), set_compute_unit_price(price)]


def _unsigned(steps: "Sequence[Instruction]", payer: "Pubkey", blockhash: str | None) -> "VersionedTransaction":
    from solders.hash import Hash
    from solders.message import MessageV0
    from solders.signature import Signature
    from solders.transaction import VersionedTransaction

    made = Hash.default() if blockhash is None else Hash.from_string(blockhash)
    message = MessageV0.try_compile(payer, list(steps), [], made)
    return VersionedTransaction.populate(message, [Signature.default()])


def signed_by(unsigned: bytes, signature: bytes) -> "VersionedTransaction":
    """The transaction *unsigned* with its one *signature* on it."""
    from solders.signature import Signature
    from solders.transaction import VersionedTransaction

    message = VersionedTransaction.from_bytes(unsigned).message
    return VersionedTransaction.populate(message, [Signature.from_bytes(signature)])


def raise_for_all(refused: Cause | None) -> None:
    """Pass on what a refusal says of everything that is sent now; what concerns this order alone may change yet."""
    if refused is None or refused.kind is Kind.REFUSED:
        return
    words = refused.words.rstrip(".")
    if refused.kind is Kind.PAUSED:
        raise VenuePaused(words)
    if refused.kind is Kind.REVOKED:
        raise NoPermission(words)
    raise VenueUnknown(f"the order could not be rehearsed: {words}")


def blockhash_of(transaction: bytes) -> str:
    """The blockhash that a transaction stands on."""
    from solders.transaction import VersionedTransaction

    return str(VersionedTransaction.from_bytes(transaction).message.recent_blockhash)
