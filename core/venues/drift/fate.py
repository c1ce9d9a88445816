"""What becomes of orders: what was handed over, what is proven of it, and what was promised never to happen.

An order's notes: under `order:ID` the one reference that may take effect; under a reference that it was handed over
(`sent` times, `off` once its owner wants it gone), that it is another preparation of the same order (`of`), or how it
ended without ever being on the chain (`finding`, `reason`).
"""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.errors import NoPermission, VenuePaused, VenueRejected, VenueUnknown
from core.domain.ids import OrderId, OwnerId, RuleId
from core.domain.money import ZERO
from core.domain.order import Fill
from core.ports import Clock, Finding, Note, NotePage, Notes, OrderReport, Prepared, Traders
from core.venues.drift.atlas import Atlas
from core.venues.drift.causes import Kind
from core.venues.drift.outcome import Verdict
from core.venues.drift.rpc import Rpc
from core.venues.drift.sender import Sender, blockhash_of
from core.venues.drift.ticket import Reference, Ticket, reference_of
from core.venues.drift.trail import ENDINGS, Story, Traded, Trail
from core.venues.drift.units import base_amount

if TYPE_CHECKING:
    from solders.pubkey import Pubkey

_LATE = "it can no longer land: its time is over"
_AGAIN_S = 1.0
TOLD_AGE_S = 10.0
"""How old the last telling of an account may be for an order on it to be believed to rest as it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a venue on chain works with."""

    atlas: Atlas
    rpc: Rpc
    sender: Sender
    traders: Traders
    notes: Notes
    clock: Clock


class Fates:
    """Orders of all owners at one venue, as far as this process has looked."""

    def __init__(
        self, name: str, means: Means, *, simulated: bool = False, told: Callable[[], bool] = lambda: False
    ) -> None:
        self._name = name
        self._simulated = simulated
        self._atlas = means.atlas
        self._rpc = means.rpc
        self._sender = means.sender
        self._notes = means.notes
        self._clock = means.clock
        self._trails: dict[Pubkey, Trail] = {}
        self._turns: dict[Pubkey, asyncio.Lock] = {}
        self._placed: dict[str, tuple[int, int]] = {}
        """Order number and slot by network signature, once it is proven to be in a block."""
        self._sent_at: dict[str, float] = {}
        self._is_told = told
        self._resting: dict[str, tuple[bytes | None, OrderReport]] = {}
        """By network signature, that an order was found to rest, and the account's bytes that said so."""

    def trail(self, user: "Pubkey") -> Trail:
        """What is known of the account's history."""
        if user not in self._trails:
            self._trails[user] = Trail(self._atlas.codec, self._rpc, user)
        return self._trails[user]

    def slot_of(self, user: "Pubkey") -> int:
        """The slot of the last transaction known: an account told as of before it is not the present one."""
        return self._trails[user].slot if user in self._trails else 0

    def number_of(self, reference: Reference) -> int | None:
        """The program's number of an order that is proven to be placed."""
        found = self._placed.get(reference.signature)
        return None if found is None else found[0]

    # ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, order: Ticket, prepared: Prepared) -> None:
        """Hand the order over. Raises VenueRejected where it is proven that it never takes effect, VenueUnknown."""
        name = str(order.reference)
        async with self._notes.open(order.owner) as page:
            note = await self._claim(page, order, prepared)
        if note is None:
            return
        _raise_promised(note)
        try:
            refused = await self._sender.hand_over(order.transaction, first=note["sent"] == 1)
        finally:
            self._sent_at[name] = asyncio.get_running_loop().time()
        if refused is None:
            return
        async with self._notes.open(order.owner) as page:
            present = await page.get(name)
            alone = present is not None and present.get("sent") == 1 and "finding" not in present
            if not alone:
                raise VenueUnknown(f"one node refused the order, another may have it: {refused.words}")
            if refused.kind is Kind.PAUSED:
                await page.put(name, {**(present or {}), "sent": 0})
            else:
                await page.put(name, {"finding": Finding.REJECTED.value, "reason": refused.words.rstrip(".")})
        if refused.kind is Kind.PAUSED:
            raise VenuePaused(refused.words.rstrip("."))
        refusal = NoPermission if refused.kind is Kind.REVOKED else VenueRejected
        raise refusal(refused.words.rstrip("."))

    async def _claim(self, page: NotePage, order: Ticket, prepared: Prepared) -> Note | None:
        """The reference's note with this hand-over counted in; None where there is nothing to send."""
        name, by_id = str(order.reference), f"order:{order.order_id}"
        note = await page.get(name)
        if note is not None and ("finding" in note or "of" in note or note.get("off")):
            return None if "finding" not in note or note["finding"] == Finding.CANCELLED else note
        late = self._clock.now() > order.reference.until
        if late and (note is None or note.get("sent") == 0):
            dead = {"finding": Finding.DEAD.value, "reason": _LATE}
            await page.put(name, dead)
            return dead
        if late:
            return None
        twin = await page.get(by_id)
        if note is None and twin is not None and twin["reference"] != name:
            other = await page.get(twin["reference"])
            if other is None or "finding" not in other:
                await page.put(name, {"of": twin["reference"]})
                return None
        note = {"raw": prepared.raw.decode(), "sent": (note or {}).get("sent", 0) + 1}
        await page.put(name, note)
        await page.put(by_id, {"reference": name})
        return note

    async def promise_never(self, owner: OwnerId, reference: Reference) -> bool:
        """Keep an order from ever being handed over; False where it was, and its owner's wish is noted."""
        name = str(reference)
        async with self._notes.open(owner) as page:
            note = await page.get(name)
            if note is None or note.get("sent") == 0:
                await page.put(name, {"finding": Finding.CANCELLED.value, "reason": "cancelled before it was sent"})
                return True
            if "finding" in note:
                return True
            if "of" not in note and not note.get("off"):
                await page.put(name, {**note, "off": True})
            return False

    # ── proving ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def report(self, owner: OwnerId, reference: Reference, user: "Pubkey | None") -> OrderReport:
        """What is proven of the order. Raises VenueUnknown."""
        async with self._notes.open(owner) as page:
            note = await page.get(str(reference))
            if note is not None and "of" in note:
                reference = reference_of(note["of"]) or reference
                note = await page.get(str(reference))
            if note is None or note.get("sent") == 0:
                if self._clock.now() <= reference.until:
                    return OrderReport(finding=Finding.ABSENT)
                # Nobody was given these bytes, and from now on nobody will be.
                note = {"finding": Finding.DEAD.value, "reason": "it was never sent while it was valid"}
                await page.put(str(reference), note)
        if "finding" in note:
            return OrderReport(finding=Finding(note["finding"]), reason=note["reason"])
        if reference.signature not in self._placed:
            report = await self._landing(owner, reference, note, user)
            if report is not None:
                return report
        if user is None:
            raise VenueUnknown(f"the account at {self._name} that the order is of is not known now")
        return await self._told(owner, reference, note, user)

    async def _landing(
        self, owner: OwnerId, reference: Reference, note: Note, user: "Pubkey | None"
    ) -> OrderReport | None:
        """What is proven before the order is known to be placed; None once it is."""
        transaction = base64.b64decode(json.loads(note["raw"])["transaction"])
        proof = await self._sender.prove(reference.signature, reference.height, blockhash_of(transaction))
        match proof.verdict:
            case Verdict.FAILED:
                told = await self._logs(reference.signature)
                cause = self._sender.cause(proof.error, told)
                return await self._end(owner, reference, Finding.REJECTED, cause.words.rstrip("."))
            case Verdict.LAPSED:
                return await self._end(owner, reference, Finding.DEAD, "it never landed while it was valid")
            case Verdict.UNKNOWN:
                if proof.slot is None:
                    await self._send_again(reference, note, transaction)
                return OrderReport(finding=Finding.ABSENT)
            case Verdict.LANDED:
                pass
        slot, logs = await self._rpc.logs(reference.signature)
        emissions = self._atlas.codec.events(logs)
        for event in emissions.events:
            if event.name == "OrderRecord" and event.fields["user"] == user:
                if len(self._placed) > 10_000:
                    self._placed.clear()
                self._placed[reference.signature] = (event.fields["order"]["order_id"], slot)
                return None
        if not emissions.complete:
            raise VenueUnknown(f"what {self._name} logged of the order cannot be read to its end")
        # It landed and placed nothing, and the program said nothing: only a time that had run out does that to ours.
        return await self._end(owner, reference, Finding.LAPSED, "its time had run out when it arrived")

    async def _logs(self, signature: str) -> list[str]:
        try:
            return (await self._rpc.logs(signature))[1]
        except VenueUnknown:
            return []

    async def _send_again(self, reference: Reference, note: Note, transaction: bytes) -> None:
        """The same bytes once more, not too often; a node that lost them, or a leader that did, gets another chance."""
        name, now = str(reference), asyncio.get_running_loop().time()
        if note.get("off") or self._clock.now() >= reference.until or now - self._sent_at.get(name, 0) < _AGAIN_S:
            return
        self._sent_at[name] = now
        await self._sender.hand_over(transaction, first=False)

    async def _end(self, owner: OwnerId, reference: Reference, finding: Finding, reason: str) -> OrderReport:
        """Write down an end that the chain proves, so that it is never doubted again."""
        async with self._notes.open(owner) as page:
            note = await page.get(str(reference)) or {}
            await page.put(str(reference), {"finding": finding.value, "reason": reason, "sent": note.get("sent", 0)})
        return OrderReport(finding=finding, reason=reason)

    async def _told(self, owner: OwnerId, reference: Reference, note: Note, user: "Pubkey") -> OrderReport:
        """What the account's records say of an order that is placed."""
        unchanged = self._unchanged(reference, user)
        if unchanged is not None:
            return unchanged
        number, slot = self._placed[reference.signature]
        trail = self.trail(user)
        async with self._turns.setdefault(user, asyncio.Lock()):
            shelf = self._atlas.shelf
            told = shelf.kept[user].slot if user in shelf.kept else 0
            await trail.catch_up(slot, max(slot, trail.slot, told, shelf.floor))
        story = trail.stories.get(number, Story())
        order_id = OrderId(json.loads(note["raw"])["order"])
        fills = tuple(self._fill(owner, order_id, traded) for traded in story.fills)
        if sum((fill.base for fill in fills), ZERO) < base_amount(story.filled):
            raise VenueUnknown(f"some of the order's fills at {self._name} have not been told yet")
        size = ZERO if story.placed is None else base_amount(story.placed["base_asset_amount"])
        if story.placed is not None and sum((fill.base for fill in fills), ZERO) >= size:
            return OrderReport(finding=Finding.FILLED, fills=fills)
        if story.ended is not None:
            action, explanation = story.ended.split(" ")
            lapsed = action == "Expire" or explanation == "OrderExpired"
            finding = Finding.LAPSED if lapsed else Finding.CANCELLED
            reason = "its time ran out" if lapsed else ENDINGS.get(explanation, "")
            return OrderReport(finding=finding, fills=fills, reason=reason)
        [kept] = await self._atlas.read([user], 0.0, slot=max(slot, trail.slot))
        held = None if kept.content is None else self._atlas.record("User", user, kept.content)
        order = None if held is None else next((o for o in held["orders"] if o["order_id"] == number), None)
        if order is not None and order["status"] == "Open":
            triggered = str(order["trigger_condition"]).startswith("Triggered")
            report = OrderReport(finding=Finding.LIVE, fills=fills, triggered=triggered)
            if len(self._resting) > 10_000:
                self._resting.clear()
            self._resting[reference.signature] = (kept.content, report)
            return report
        raise VenueUnknown(f"the order is no longer open at {self._name}, and its records have not been told yet")

    def _unchanged(self, reference: Reference, user: "Pubkey") -> OrderReport | None:
        """What was found of a resting order, while its account is told to us and is, byte for byte, as it was then."""
        known = self._resting.get(reference.signature)
        if known is None or not self._is_told():
            return None
        kept = self._atlas.shelf.get(user, since=asyncio.get_running_loop().time() - TOLD_AGE_S)
        return known[1] if kept is not None and kept.content == known[0] else None

    def _fill(self, owner: OwnerId, order_id: OrderId, traded: Traded) -> Fill:
        return Fill(
            venue_fill_id=traded.id,
            order_id=order_id,
            owner=owner,
            rule_id=RuleId(""),
            market=self._atlas.codec.profile.markets[traded.index],
            side=traded.side,
            base=traded.base,
            price=traded.price,
            fee=traded.fee,
            at=traded.at,
            venue=self._name,
            simulated=self._simulated,
            realised_pnl=traded.realised,
            maker=traded.maker,
        )


def _raise_promised(note: Note) -> None:
    """Say what an order's notes say already."""
    if "finding" not in note:
        return
    if note["finding"] == Finding.REJECTED:
        raise VenueRejected(note["reason"])
    raise VenueUnknown(_LATE)
