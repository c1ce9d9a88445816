"""A chain in memory: accounts, blockhashes, signed transactions and their fate; programs on it are functions."""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from solders.hash import Hash
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from core.venues.drift.emulator.faults import Fate, Faults

LIFE = 150
"""Blocks for which a blockhash is good."""
CONFIRMED_AFTER = 2
FINALIZED_AFTER = 32
SLOT_S = 0.4
FEE = 5_000
"""Lamports for each signature."""

COMPUTE_BUDGET = Pubkey.from_string("ComputeBudget111111111111111111111111111111")
LEADER = Pubkey(b"leader".ljust(32, b"."))
"""The validator whose turn it is: it pays for its votes, so it always has something."""
BUILT_IN = {COMPUTE_BUDGET, Pubkey.default()}
DEFAULT_UNITS = 200_000


@dataclass(frozen=True)
class Meta:
    """An account as one instruction names it."""

    key: Pubkey
    signer: bool
    writable: bool


@dataclass(frozen=True)
class Ran:
    """What became of one instruction: its error as the network's JSON (None for success), its log, its units."""

    error: object = None
    logs: tuple[str, ...] = ()
    units: int = 150


@dataclass
class Account:
    """One account: its owner program, its bytes and the slot that wrote them."""

    owner: Pubkey
    content: bytes
    slot: int = 0


class Bank:
    """The chain's accounts as one transaction sees and changes them; kept only if all of it succeeds."""

    def __init__(self, chain: "Chain") -> None:
        self.slot, self.now = chain.slot, chain.now
        self._chain = chain
        self.written: dict[Pubkey, Account] = {}
        self.paid: dict[Pubkey, int] = {}
        """Lamports taken from those who have a balance, beside the network's fee."""

    def read(self, key: Pubkey) -> bytes | None:
        """The account's bytes; None if there is none."""
        account = self.written.get(key) or self._chain.accounts.get(key)
        return None if account is None else account.content

    def write(self, key: Pubkey, owner: Pubkey, content: bytes) -> None:
        """Set the account's bytes."""
        self.written[key] = Account(owner, content, self.slot)

    def pay(self, key: Pubkey, lamports: int) -> bool:
        """Take so much from *key*; False where it has not got it. Who has no balance at all pays nothing."""
        left = self._chain.lamports.get(key)
        if left is None:
            return True
        self.paid[key] = self.paid.get(key, 0) + lamports
        return self.paid[key] + FEE <= left


Program = Callable[[Bank, bytes, list[Meta]], Ran]


def switched_off(bank: Bank, content: bytes, accounts: list[Meta]) -> Ran:  # noqa: ARG001 - a program's arguments
    """A program whose every instruction was taken out, as Drift's on mainnet since April 2026."""
    return Ran(
        {"Custom": 101},
        ("Program log: AnchorError occurred. Error Code: InstructionFallbackNotFound. Error Number: 101.",),
    )


def _nothing(bank: Bank, content: bytes, accounts: list[Meta]) -> Ran:  # noqa: ARG001 - a program's arguments
    """The built-in programs, of which only the success matters here."""
    return Ran()


@dataclass(frozen=True)
class Landed:
    """A transaction in a block: when, what it said, and the accounts it named."""

    slot: int
    at: int
    error: object
    logs: tuple[str, ...]
    raw: bytes
    units: int = 0
    fee: int = FEE
    """Lamports that its payer was charged."""


@dataclass(frozen=True)
class Simulated:
    """What running a transaction gives; `bank` holds what it would write."""

    error: object
    logs: list[str]
    units: int = 0
    bank: Bank | None = None


class Refused(Exception):
    """The node does not take a transaction: an RPC error with its code, message and data."""

    def __init__(self, code: int, message: str, content: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.content = code, message, content


@dataclass
class Chain:
    """Time is counted in slots and only `advance` moves it; block height is the slot less `skipped` ones.

    `time` is the chain's clock (Unix seconds), moved with the slots.
    """

    programs: dict[Pubkey, Program] = field(default_factory=dict)
    slot: int = 1_000
    skipped: int = 100
    time: float = 1_772_452_800.0
    accounts: dict[Pubkey, Account] = field(default_factory=dict)
    lamports: dict[Pubkey, int] = field(default_factory=dict)
    """Balances of those who pay fees; a key without one pays none, unless `poor`."""
    poor: bool = False
    landed: dict[Signature, Landed] = field(default_factory=dict)
    history: dict[Pubkey, list[Signature]] = field(default_factory=dict)
    """Signatures that named an account, oldest first."""
    received: list[bytes] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    watchers: list[Callable[[Iterable[Pubkey]], None]] = field(default_factory=list)
    hearers: list[Callable[[Signature, Landed], None]] = field(default_factory=list)
    each_slot: list[Callable[[], None]] = field(default_factory=list)
    """What happens by itself in every slot: keepers, oracles."""
    fees: list[int] = field(default_factory=list)
    """Recent priority fees (micro-lamports a unit) that the node tells."""
    extra: dict[str, Callable[..., Any]] = field(default_factory=dict)
    """Methods of the node's that real nodes lack, by name."""
    _hashes: dict[Hash, int] = field(default_factory=dict)
    _late: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def now(self) -> int:
        """The chain's clock, Unix seconds."""
        return int(self.time)

    def height(self, commitment: str = "finalized") -> int:
        """Block height at *commitment*."""
        return (
            self.slot - self.skipped - {"processed": 0, "confirmed": CONFIRMED_AFTER}.get(commitment, FINALIZED_AFTER)
        )

    def advance(self, slots: int = 1, *, seconds: float | None = None) -> None:
        """Let so many slots pass, and *seconds* with them (0.4 a slot)."""
        each = SLOT_S if seconds is None else seconds / slots
        for _ in range(slots):
            self.slot += 1
            self.time += each
            due = [raw for slot, raw in self._late if slot <= self.slot]
            self._late = [(slot, raw) for slot, raw in self._late if slot > self.slot]
            for raw in due:
                self._land(raw)
            for act in self.each_slot:
                act()
            self._tell(())

    def skip(self, slots: int, seconds: float) -> None:
        """Let many slots pass at once in which nobody did anything, then one in which everybody does."""
        self.slot += slots - 1
        self.time += seconds - SLOT_S
        self.advance()

    def put(self, key: Pubkey, owner: Pubkey, content: bytes) -> None:
        """Set an account, and tell those who watch it."""
        self.accounts[key] = Account(owner, content, self.slot)
        self._tell((key,))

    def blockhash(self) -> tuple[Hash, int]:
        """The newest blockhash and the last height at which it is good."""
        made = Hash.hash(self.slot.to_bytes(8, "little"))
        self._hashes[made] = self.height("processed") + LIFE
        return made, self._hashes[made]

    def is_good(self, made: str) -> bool:
        """Whether a transaction on that blockhash may still land."""
        return self._hashes.get(Hash.from_string(made), -1) >= self.height("processed")

    def simulate(self, transaction: VersionedTransaction, *, any_hash: bool = False) -> Simulated:
        """Run *transaction* without a trace."""
        message = cast(MessageV0, transaction.message)
        if not any_hash and self._hashes.get(message.recent_blockhash, -1) < self.height("processed"):
            return Simulated("BlockhashNotFound", [])
        keys = list(message.account_keys)
        if self.poor and keys[0] != LEADER and self.lamports.get(keys[0], 0) < FEE:
            return Simulated("InsufficientFundsForFee" if keys[0] in self.lamports else "AccountNotFound", [])
        bank, logs, used = Bank(self), list[str](), 0
        budget = DEFAULT_UNITS
        for number, step in enumerate(message.instructions):
            program = keys[step.program_id_index]
            logs.append(f"Program {program} invoke [1]")
            if program not in BUILT_IN and program not in self.programs:
                return Simulated("ProgramAccountNotFound", logs)
            if program == COMPUTE_BUDGET and bytes(step.data)[0] == 2:
                budget = int.from_bytes(bytes(step.data)[1:5], "little")
            metas = [Meta(keys[i], message.is_signer(i), message.is_maybe_writable(i)) for i in step.accounts]
            ran = self.programs.get(program, _nothing)(bank, bytes(step.data), metas)
            logs += ran.logs
            used += ran.units
            error = ran.error
            if error is None and used > budget:
                error = "ComputationalBudgetExceeded"
            if error is not None:
                code = error.get("Custom", 0) if isinstance(error, Mapping) else 0
                logs.append(f"Program {program} failed: custom program error: {code:#x}")
                return Simulated({"InstructionError": [number, error]}, logs, used)
            logs.append(f"Program {program} success")
        return Simulated(None, logs, used, bank)

    def send(self, raw: bytes, *, preflight: bool) -> Signature:
        """Take a transaction as a node does. Raises Refused where a node would refuse it."""
        self.received.append(raw)
        transaction = VersionedTransaction.from_bytes(raw)
        signature = transaction.signatures[0]
        if not all(transaction.verify_with_results()):
            raise Refused(-32003, "Transaction signature verification failure")
        if preflight:
            self.check(raw)
        fate, slots = self.faults.fate()
        match fate:
            case Fate.LOST:
                pass
            case Fate.LATE:
                self._late.append((self.slot + slots, raw))
            case Fate.TWICE:
                self._land(raw)
                self._land(raw)
            case Fate.FAILS:
                self._land(raw, broken={"InstructionError": [2, {"Custom": 6003}]})
            case Fate.TAKEN:
                self._land(raw)
        return signature

    def check(self, raw: bytes) -> None:
        """Run a transaction before it is taken. Raises Refused where it would fail."""
        transaction = VersionedTransaction.from_bytes(raw)
        ran = self.simulate(transaction)
        if transaction.signatures[0] in self.landed:
            ran = Simulated("AlreadyProcessed", [])
        if ran.error is not None:
            raise Refused(-32002, "Transaction simulation failed", told(ran))

    def _land(self, raw: bytes, *, broken: object = None) -> None:
        """Put a transaction into the present block, unless it is in one, or too old."""
        transaction = VersionedTransaction.from_bytes(raw)
        signature = transaction.signatures[0]
        if signature in self.landed:
            return  # the same bytes take effect once
        ran = self.simulate(transaction)
        if ran.error == "BlockhashNotFound" or isinstance(ran.error, str):
            return  # no leader takes it, and nobody is told
        error = broken or ran.error
        keys = list(transaction.message.account_keys)
        fee = FEE * len(transaction.signatures) + priority_fee(transaction)
        if keys[0] in self.lamports:
            self.lamports[keys[0]] -= fee
        found = Landed(self.slot, self.now, error, tuple(ran.logs), raw, ran.units, fee)
        self.remember(signature, found)
        if error is None and ran.bank is not None:
            self.accounts |= ran.bank.written
            for key, paid in ran.bank.paid.items():
                self.lamports[key] -= paid
            self._tell(ran.bank.written)
        for hear in tuple(self.hearers):
            hear(signature, found)

    def remember(self, signature: Signature, found: Landed) -> None:
        """Have a transaction in the chain's history, and in that of every account it named."""
        self.landed[signature] = found
        for key in VersionedTransaction.from_bytes(found.raw).message.account_keys:
            self.history.setdefault(key, []).append(signature)

    def status(self, signature: Signature) -> dict[str, Any] | None:
        """What `getSignatureStatuses` says of it."""
        if (found := self.landed.get(signature)) is None:
            return None
        depth = self.slot - found.slot
        level = self.level(found)
        return {
            "slot": found.slot,
            "confirmations": None if level == "finalized" else depth,
            "err": found.error,
            "status": {"Ok": None} if found.error is None else {"Err": found.error},
            "confirmationStatus": level,
        }

    def level(self, found: Landed) -> str:
        """How deep the block is that holds it."""
        depth = self.slot - found.slot
        return "finalized" if depth >= FINALIZED_AFTER else "confirmed" if depth >= CONFIRMED_AFTER else "processed"

    def _tell(self, keys: Iterable[Pubkey]) -> None:
        for watcher in tuple(self.watchers):
            watcher(keys)


def told(ran: Simulated) -> dict[str, Any]:
    """What a node says of a simulation."""
    return {
        "err": ran.error,
        "logs": ran.logs,
        "accounts": None,
        "unitsConsumed": ran.units,
        "returnData": None,
    }


def emitted(content: bytes) -> str:
    """The line that an event leaves in the log."""
    return f"Program data: {base64.b64encode(content).decode()}"


def rent(size: int) -> int:
    """Lamports that an account of *size* bytes must hold for good."""
    return (size + 128) * 6_960


def priority_fee(transaction: VersionedTransaction) -> int:
    """Lamports beyond the signatures: the limit times its price, whatever was used."""
    keys = list(transaction.message.account_keys)
    budget, price = DEFAULT_UNITS, 0
    for step in transaction.message.instructions:
        if keys[step.program_id_index] == COMPUTE_BUDGET:
            content = bytes(step.data)
            if content[0] == 2:
                budget = int.from_bytes(content[1:5], "little")
            elif content[0] == 3:
                price = int.from_bytes(content[1:9], "little")
    return -(-budget * price // 1_000_000)
