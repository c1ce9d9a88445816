"""A chain in memory: accounts, blockhashes, signed transactions and their fate; programs on it are functions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from solders.hash import Hash
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

LIFE = 150
"""Blocks for which a blockhash is good."""
CONFIRMED_AFTER = 2
FINALIZED_AFTER = 32

COMPUTE_BUDGET = Pubkey.from_string("ComputeBudget111111111111111111111111111111")
BUILT_IN = {COMPUTE_BUDGET, Pubkey.default()}


@dataclass(frozen=True)
class Ran:
    """What became of one instruction: its error as the network's JSON (None for success) and what it logged."""

    error: object = None
    logs: tuple[str, ...] = ()


Program = Callable[["Chain", bytes, list[Pubkey]], Ran]


def switched_off(chain: "Chain", content: bytes, accounts: list[Pubkey]) -> Ran:
    """A program whose every instruction was taken out, as Drift's on mainnet since April 2026."""
    return Ran(
        {"Custom": 101},
        ("Program log: AnchorError occurred. Error Code: InstructionFallbackNotFound. Error Number: 101.",),
    )


def _nothing(chain: "Chain", content: bytes, accounts: list[Pubkey]) -> Ran:
    """The built-in programs, of which only the success matters here."""
    return Ran()


@dataclass
class Account:
    """One account: its owner program and its bytes."""

    owner: Pubkey
    content: bytes


@dataclass(frozen=True)
class Landed:
    """A transaction in a block."""

    slot: int
    error: object


@dataclass(frozen=True)
class Simulated:
    """What running a transaction gives."""

    error: object
    logs: list[str]


class Refused(Exception):
    """The node does not take a transaction: an RPC error with its code, message and data."""

    def __init__(self, code: int, message: str, content: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.content = code, message, content


@dataclass
class Chain:
    """Time is counted in slots and only `advance` moves it; block height is the slot less `skipped` ones."""

    programs: dict[Pubkey, Program] = field(default_factory=dict)
    slot: int = 1_000
    skipped: int = 100
    accounts: dict[Pubkey, Account] = field(default_factory=dict)
    landed: dict[Signature, Landed] = field(default_factory=dict)
    received: list[bytes] = field(default_factory=list)
    lose: int = 0
    """So many of the next transactions are taken and then lost, as an overloaded leader loses them."""
    watchers: list[Callable[[Pubkey | None], None]] = field(default_factory=list)
    _hashes: dict[Hash, int] = field(default_factory=dict)

    def height(self, commitment: str = "finalized") -> int:
        """Block height at *commitment*."""
        return (
            self.slot - self.skipped - {"processed": 0, "confirmed": CONFIRMED_AFTER}.get(commitment, FINALIZED_AFTER)
        )

    def advance(self, slots: int = 1) -> None:
        """Let so many slots pass."""
        self.slot += slots
        self._tell(None)

    def put(self, key: Pubkey, owner: Pubkey, content: bytes) -> None:
        """Set an account, and tell those who watch it."""
        self.accounts[key] = Account(owner, content)
        self._tell(key)

    def blockhash(self) -> tuple[Hash, int]:
        """The newest blockhash and the last height at which it is good."""
        made = Hash.hash(self.slot.to_bytes(8, "little"))
        self._hashes[made] = self.height("processed") + LIFE
        return made, self._hashes[made]

    def simulate(self, transaction: VersionedTransaction) -> Simulated:
        """Run *transaction* without a trace."""
        if self._hashes.get(transaction.message.recent_blockhash, -1) < self.height("processed"):
            return Simulated("BlockhashNotFound", [])
        keys = list(transaction.message.account_keys)
        logs: list[str] = []
        for number, step in enumerate(transaction.message.instructions):
            program = keys[step.program_id_index]
            logs.append(f"Program {program} invoke [1]")
            if program not in BUILT_IN and program not in self.programs:
                return Simulated("ProgramAccountNotFound", [])
            run = self.programs.get(program, _nothing)
            ran = run(self, bytes(step.data), [keys[index] for index in step.accounts])
            logs += ran.logs
            if ran.error is not None:
                code = ran.error.get("Custom", 0) if isinstance(ran.error, dict) else 0
                logs.append(f"Program {program} failed: custom program error: {code:#x}")
                return Simulated({"InstructionError": [number, ran.error]}, logs)
            logs.append(f"Program {program} success")
        return Simulated(None, logs)

    def send(self, raw: bytes, *, preflight: bool) -> Signature:
        """Take a transaction as a node does. Raises Refused where a node would refuse it."""
        self.received.append(raw)
        transaction = VersionedTransaction.from_bytes(raw)
        signature = transaction.signatures[0]
        if not all(transaction.verify_with_results()):
            raise Refused(-32003, "Transaction signature verification failure")
        if signature in self.landed:
            return signature  # the same bytes take effect once
        ran = self.simulate(transaction)
        if preflight and ran.error is not None:
            told = {"err": ran.error, "logs": ran.logs, "accounts": None, "unitsConsumed": 0, "returnData": None}
            raise Refused(-32002, "Transaction simulation failed", told)
        if ran.error == "BlockhashNotFound":
            return signature  # no leader takes it, and nobody is told
        if self.lose:
            self.lose -= 1
            return signature
        self.landed[signature] = Landed(self.slot, ran.error)
        return signature

    def status(self, signature: Signature) -> dict[str, Any] | None:
        """What `getSignatureStatuses` says of it."""
        if (found := self.landed.get(signature)) is None:
            return None
        depth = self.slot - found.slot
        level = "finalized" if depth >= FINALIZED_AFTER else "confirmed" if depth >= CONFIRMED_AFTER else "processed"
        return {
            "slot": found.slot,
            "confirmations": None if level == "finalized" else depth,
            "err": found.error,
            "status": {"Ok": None} if found.error is None else {"Err": found.error},
            "confirmationStatus": level,
        }

    def _tell(self, key: Pubkey | None) -> None:
        for watcher in tuple(self.watchers):
            watcher(key)
