"""Accounts, instructions and events of one profile ⇄ bytes, and its addresses; sends nothing and decides nothing."""

import base64
import binascii
import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.venues.drift.codec.layout import Layout, Record, offset, read_tables
from core.venues.drift.codec.profile import Profile

if TYPE_CHECKING:
    from solders.instruction import AccountMeta, Instruction
    from solders.pubkey import Pubkey

DISCRIMINATOR = 8
"""Bytes before every account, instruction and event that say which it is."""

_FIXED = {
    "rent": "SysvarRent111111111111111111111111111111111",
    "system_program": "11111111111111111111111111111111",
    "token_program": "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
}


class UnknownLayout(ValueError):
    """The bytes are not what the profile says they are: another program, or this one replaced in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """One event that the program emitted: its name, its fields, and its number among all that it emitted there."""

    name: str
    number: int
    fields: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Emissions:
    """All that could be read from a transaction's logs. Unless `complete`, the accounts must be asked as well."""

    events: tuple[Emitted, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    writable: bool
    signer: bool


class Codec:
    """The wire of one profile. Immutable after it is made, so that one may serve every owner."""

    def __init__(self, profile: Profile) -> None:
        from solders.pubkey import Pubkey

        self.profile = profile
        self.program = Pubkey.from_string(profile.program)
        slots: dict[str, tuple[_Slot, ...]] = {}
        arguments = []
        for line in profile.instructions.strip().splitlines():
            name, _, rest = line.partition(":")
            accounts, _, fields = rest.partition("|")
            slots[name] = tuple(_slot(word) for word in accounts.split())
            arguments.append(f"{name}: {fields.strip()}")
        self._slots = slots
        self._layouts = read_tables("\n".join([profile.types.strip(), *arguments]))
        self._accounts = {name: discriminator("account", name) for name in profile.accounts}
        self._instructions = {name: discriminator("global", name) for name in slots}
        self._named = {mark: name for name, mark in self._instructions.items()}
        self._events = {discriminator("event", name): name for name in profile.events}
        for name, size in profile.accounts.items():
            if (laid := self._layout(name).size) is None or laid + DISCRIMINATOR != size:
                raise ValueError(f"Expected the fields of {name} to fill {size} bytes, was {laid} and {DISCRIMINATOR}")
        self._given = {name: Pubkey.from_string(address) for name, address in _FIXED.items()}
        self._given |= {"state": self.address("state"), "spot_market_vault": self.address("spot_market_vault", 0)}

    # ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────

    def address(self, kind: str, *parts: "Pubkey | int") -> "Pubkey":
        """The program-derived address of a *kind* in the profile's seeds, such as `address("user", owner, 0)`."""
        from solders.pubkey import Pubkey

        words = self.profile.seeds[kind].split()
        seeds = [word.strip("'").encode() for word in words if word.startswith("'")]
        kinds = [word for word in words if not word.startswith("'")]
        if len(kinds) != len(parts):
            raise ValueError(f"Expected {len(kinds)} parts of the address of {kind}, was {len(parts)}")
        seeds += [self._layouts[word].write(part) for word, part in zip(kinds, parts, strict=True)]
        return Pubkey.find_program_address(seeds, self.program)[0]

    # ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def account(self, name: str, content: bytes) -> Record:
        """The fields of account *name*. Raises UnknownLayout unless both its mark and its size are the profile's."""
        size = self.profile.accounts[name]
        if content[:DISCRIMINATOR] != self._accounts[name] or len(content) != size:
            raise UnknownLayout(
                f"Expected {size} bytes of {name} of {self.profile.name}, was {len(content)} bytes"
                f" that begin with {content[:DISCRIMINATOR].hex() or 'nothing'}"
            )
        record: Record = self._layouts[name].read(content, DISCRIMINATOR)[0]
        return record

    def account_bytes(self, name: str, record: Mapping[str, Any]) -> bytes:
        """The bytes that `account` reads. Raises ValueError where a field does not fit."""
        return self._accounts[name] + self._layouts[name].write(record)

    def account_mark(self, name: str) -> bytes:
        """The eight bytes that begin every account *name*, for filters."""
        return self._accounts[name]

    def offset(self, name: str, path: str) -> int:
        """Where in account *name* the field of *path* (`orders.3.price`) begins, for filters and for a quick look."""
        if name not in self._accounts:
            raise ValueError(f"Expected an account of {self.profile.name}, was {name!r}")
        return DISCRIMINATOR + offset(self._layout(name), path)

    def blank(self, name: str) -> Record:
        """A record of structure *name* with every field zero, None or the first variant, to be filled in."""
        record: Record = self._layout(name).blank()
        return record

    # ── instructions ────────────────────────────────────────────────────────────────────────────────────────────────

    def instruction(
        self,
        name: str,
        accounts: Mapping[str, "Pubkey"],
        arguments: Mapping[str, Any] | None = None,
        remaining: Sequence["AccountMeta"] = (),
    ) -> "Instruction":
        """Instruction *name*; state, the quote vault and the system's own accounts need not be given.

        Raises ValueError for an account that is missing or unknown, and for an argument that does not fit.
        """
        from solders.instruction import AccountMeta, Instruction

        slots = self._slots[name]
        if odd := accounts.keys() - {slot.name for slot in slots}:
            raise ValueError(f"Expected accounts of {name}, was also {', '.join(sorted(odd))}")
        given = {**self._given, **accounts}
        if missing := [slot.name for slot in slots if slot.name not in given]:
            raise ValueError(f"Expected every account of {name}, was without {', '.join(missing)}")
        metas = [AccountMeta(given[slot.name], slot.signer, slot.writable) for slot in slots]
        content = self._instructions[name] + self._layout(name).write(arguments or {})
        return Instruction(self.program, content, [*metas, *remaining])

    def arguments(self, content: bytes) -> tuple[str, Record]:
        """Name and arguments of an instruction's data. Raises UnknownLayout if the profile has none like it."""
        name = self._named.get(content[:DISCRIMINATOR])
        if name is None:
            raise UnknownLayout(f"Expected an instruction of {self.profile.name}, was {content[:DISCRIMINATOR].hex()}")
        record, end = self._layout(name).read(content, DISCRIMINATOR)
        if end != len(content):
            raise UnknownLayout(f"Expected {end} bytes of {name}, was {len(content)}")
        return name, record

    def accounts_of(self, name: str) -> tuple[str, ...]:
        """The names of the accounts of instruction *name*, in their order."""
        return tuple(slot.name for slot in self._slots[name])

    @property
    def instructions(self) -> frozenset[str]:
        """Names of all that this codec can ask of the program."""
        return frozenset(self._slots)

    # ── events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def events(self, logs: Iterable[str]) -> Emissions:
        """What our program emitted in one transaction; another program's look-alikes are not believed.

        Events of names that the profile lacks are skipped; one that cannot be read makes the emissions incomplete.
        """
        own = str(self.program)
        running: list[str] = []
        found: list[Emitted] = []
        complete, number = True, -1
        for line in logs:
            if line.startswith("Log truncated"):
                return Emissions(events=tuple(found), complete=False)
            words = line.split(" ")
            if words[0] != "Program":
                continue
            if len(words) == 4 and words[2] == "invoke":
                running.append(words[1])
            elif len(words) >= 3 and running and words[1] == running[-1] and words[2].startswith(("success", "failed")):
                running.pop()
            elif words[1] == "data:" and running and running[-1] == own:
                number += 1
                try:
                    event = self._event(base64.b64decode("".join(words[2:]), validate=True), number)
                except (ValueError, binascii.Error):
                    complete = False
                    continue
                if event is not None:
                    found.append(event)
        return Emissions(events=tuple(found), complete=complete)

    def _event(self, content: bytes, number: int) -> Emitted | None:
        name = self._events.get(content[:DISCRIMINATOR])
        if name is None:
            return None
        fields, end = self._layout(name).read(content, DISCRIMINATOR)
        if end != len(content):
            raise UnknownLayout(f"Expected {end} bytes of {name}, was {len(content)}")
        return Emitted(name=name, number=number, fields=fields)

    def event_bytes(self, name: str, record: Mapping[str, Any]) -> bytes:
        """What follows `Program data:` in the log for such an event, before base64."""
        return discriminator("event", name) + self._layout(name).write(record)

    def _layout(self, name: str) -> Layout:
        return self._layouts[name]


@functools.cache
def discriminator(space: str, name: str) -> bytes:
    """Anchor's mark of an account (`account`), an instruction (`global`) or an event (`event`)."""
    return hashlib.sha256(f"{space}:{name}".encode()).digest()[:DISCRIMINATOR]


def remaining_accounts(
    oracles: Iterable["Pubkey"],
    spot_markets: Iterable["Pubkey"],
    perp_markets: Iterable["Pubkey"],
    writable: frozenset["Pubkey"] = frozenset(),
) -> list["AccountMeta"]:
    """The accounts after an instruction's own, each once, in the only order that the program reads.

    They must cover every market that the account holds and the one it trades, and spot market 0 with its oracle:
    one too few and the program answers 6078 or 6087.
    """
    from solders.instruction import AccountMeta

    keys = dict.fromkeys([*oracles, *spot_markets, *perp_markets])
    return [AccountMeta(key, is_signer=False, is_writable=key in writable) for key in keys]


def _slot(word: str) -> _Slot:
    name, _, rights = word.partition("+")
    return _Slot(name, "w" in rights, "s" in rights)
