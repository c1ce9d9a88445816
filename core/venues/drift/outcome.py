"""What the network's answers prove of a signed transaction: it landed, failed, can never land, or nobody knows.

Landed is not placed: an order past its time, a post-only order that would have crossed and the cancellation of an order
that is gone all succeed without effect. What became of the order is read from its record or from the account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from core.venues.drift.causes import Cause, cause_of

_CONFIRMED = {"confirmed", "finalized"}
ABSENCES = 2
"""How many reads must find nothing, each past the end of the transaction's life, before it counts as dead."""


class Verdict(StrEnum):
    """What is proven."""

    LANDED = "landed"
    """It took effect, on the part of the chain that a supermajority has voted for."""
    FAILED = "failed"
    """It was carried out and the program said no; nothing but the fee is gone."""
    LAPSED = "lapsed"
    """It never landed and never can."""
    UNKNOWN = "unknown"
    """Nothing is proven; it may still land."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureStatus:
    """What a node says of one signature; `error` is the network's JSON, None for success."""

    slot: int
    commitment: Literal["processed", "confirmed", "finalized"]
    error: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One answer of one node, asked with its whole history searched; `status` None where it knows no such signature.

    `finalized_height` is *that node's* finalized block height, asked **before** the status: only so does an absence say
    that the signature is on no finalized block up to there. None where it is not known.
    """

    status: SignatureStatus | None
    finalized_height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A verdict, the slot it happened in, and the error behind a failure (see `cause_of`)."""

    verdict: Verdict
    slot: int | None = None
    error: object = None

    def cause(self, *, program: str, ours: int, logs: Sequence[str] = ()) -> Cause | None:
        """Why it failed, in words; None unless it did."""
        if self.verdict is not Verdict.FAILED:
            return None
        return cause_of(self.error, program=program, ours=ours, logs=logs)


_UNKNOWN = Proof(verdict=Verdict.UNKNOWN)


def read_status(value: Mapping[str, Any] | None) -> SignatureStatus | None:
    """One entry of a `getSignatureStatuses` answer. Raises ValueError if it is not one: it then proves nothing."""
    if value is None:
        return None
    slot, commitment = value.get("slot"), value.get("confirmationStatus")
    if not isinstance(slot, int) or "err" not in value:
        raise ValueError("Expected the status of a signature with its slot and its error, was without")
    match commitment:
        case "processed" | "confirmed" | "finalized":
            return SignatureStatus(slot=slot, commitment=commitment, error=value["err"])
        case _:
            raise ValueError(f"Expected processed, confirmed or finalized, was {commitment!r}")


def prove(readings: Sequence[Reading], last_valid_height: int) -> Proof:
    """What *readings*, oldest first, prove of a transaction that no block above *last_valid_height* may hold.

    A merely processed status proves nothing, for its block may be abandoned. Where nodes contradict each other the
    finalized word counts, and without one, none.
    """
    seen = [reading.status for reading in readings if reading.status is not None]
    told = [status for status in seen if status.commitment in _CONFIRMED]
    final = [status for status in told if status.commitment == "finalized"]
    said = final or told
    if said:
        last = said[-1]
        if any((status.error is None) != (last.error is None) for status in said):
            return _UNKNOWN
        verdict = Verdict.LANDED if last.error is None else Verdict.FAILED
        return Proof(verdict=verdict, slot=last.slot, error=last.error)
    past = [r for r in readings if r.finalized_height is not None and r.finalized_height > last_valid_height]
    if len(past) >= ABSENCES and all(reading.status is None for reading in past):
        return Proof(verdict=Verdict.LAPSED)
    return _UNKNOWN


def refused_at_the_door(error: object, *, handed_over: bool) -> bool:
    """Whether a node that ran the transaction first, and answered *error*, proves that it will never land.

    Only if these bytes were never *handed over* before, to this node or another, and only if a program said no: a stale
    node refuses a good transaction as too new, and one that has it already says so.
    """
    return not handed_over and isinstance(error, Mapping) and "InstructionError" in error
