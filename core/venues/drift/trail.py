"""What happened to one account on chain, from its transactions' logs; decides what an order's records say of its end.

A transaction is read once, however often and by whichever way it is heard of. What was missed while nobody listened is
found by asking for the account's transactions since the last one read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.domain.market import Side
from core.domain.money import ZERO
from core.venues.drift.codec import Codec, Emitted, Record
from core.venues.drift.rpc import Rpc
from core.venues.drift.units import average_price, base_amount, quote_amount

if TYPE_CHECKING:
    from decimal import Decimal

    from solders.pubkey import Pubkey

OVERLAP = 64
"""Slots that are listed again each time: a node may tell of a transaction later than of one that came after it."""
MOST_ORDERS = 4_000
ENDINGS = {
    "InsufficientFreeCollateral": "there was not enough free collateral when it came to trade",
    "OraclePriceBreachedLimitPrice": "the oracle price went past its limit",
    "MarketOrderFilledToLimitPrice": "the rest would have traded beyond the slippage limit",
    "Liquidation": "the account was being liquidated",
    "MarketExpired": "the market has expired",
    "RiskingIncreasingOrder": "it would have added risk that the account may not take",
    "ReduceOnlyOrderIncreasedPosition": "there was no position left for it to close",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """One fill as the program recorded it; amounts in base and quote, `fee` negative for a rebate."""

    id: str
    order: int
    index: int
    side: Side
    base: "Decimal"
    price: "Decimal"
    fee: "Decimal"
    realised: "Decimal | None"
    maker: bool
    at: datetime


@dataclass(slots=True)
class Story:
    """What is known of one order: as placed, its fills, and its end in the program's words."""

    placed: Record | None = None
    fills: list[Traded] = field(default_factory=list)
    ended: str | None = None
    """Action and explanation, such as `Cancel None` or `Expire OrderExpired`."""
    filled: int = 0
    """Base, in the program's units, traded by the order's last record: fills are missing where logs were torn."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the account with where it stands on chain."""

    slot: int
    signature: str
    event: Emitted


class Trail:
    """One account's transactions, from some slot on without a gap."""

    def __init__(self, codec: Codec, rpc: Rpc, user: "Pubkey") -> None:
        self._codec = codec
        self._rpc = rpc
        self._user = user
        self._seen: dict[str, int] = {}
        self.since: int | None = None
        """The slot from which on nothing is missing; None before the first look."""
        self.slot = 0
        self.stories: dict[int, Story] = {}
        self.events: list[Happened] = []
        self.torn = False
        """Whether some transaction's log could not be read to its end: the account must be asked as well."""

    async def catch_up(self, since: int, known: int = 0) -> None:
        """Read every transaction from slot *since* on that was not read yet, from a node that knows slot *known*.

        Raises VenueUnknown.
        """
        if self.since is None or since < self.since:
            reach, until = since, None
        else:
            reach = max(self.since, self.slot - OVERLAP)
            until = self._known_before(reach)
        user = str(self._user)
        listed = await self._rpc.signatures(user, until=until, since=reach, commitment="confirmed", slot=known)
        await self._read(listed)
        self.since = since if self.since is None else min(since, self.since)

    def _known_before(self, slot: int) -> str | None:
        """The newest transaction read that happened before *slot*."""
        older = [(at, signature) for signature, at in self._seen.items() if at < slot]
        return max(older)[1] if older else None

    async def _read(self, listed: Sequence[dict[str, Any]]) -> None:
        unread = [one for one in listed if one["signature"] not in self._seen]
        for one in unread:
            if one["err"] is None:
                await self._read_one(one["signature"])
            self._seen[one["signature"]] = one["slot"]
            self.slot = max(self.slot, one["slot"])
        self.events.sort(key=lambda happened: happened.slot)

    async def _read_one(self, signature: str) -> None:
        self.take(signature, *await self._rpc.logs(signature))

    def take(self, signature: str, slot: int, logs: Sequence[str]) -> None:
        """Take in what a successful transaction logged; a second time changes nothing."""
        if signature in self._seen:
            return
        emissions = self._codec.events(logs)
        self.torn |= not emissions.complete
        for event in emissions.events:
            if self._is_ours(event.fields):
                self._fold(event)
                self.events.append(Happened(slot, signature, event))
        while len(self.stories) > MOST_ORDERS:
            del self.stories[min(self.stories)]

    def _is_ours(self, fields: Record) -> bool:
        return self._user in (fields.get("user"), fields.get("taker"), fields.get("maker"))

    def _fold(self, event: Emitted) -> None:
        fields = event.fields
        if event.name == "OrderRecord":
            self._story(fields["order"]["order_id"]).placed = fields["order"]
        elif event.name == "OrderActionRecord":
            role = "taker" if fields["taker"] == self._user else "maker"
            number = fields[f"{role}_order_id"]
            if number is None:
                return
            story = self._story(number)
            story.filled = max(story.filled, fields[f"{role}_order_cumulative_base_asset_amount_filled"] or 0)
            match fields["action"]:
                case "Fill":
                    traded = _traded(fields, role, number)
                    if all(known.id != traded.id for known in story.fills):
                        story.fills.append(traded)
                case "Cancel" | "Expire":
                    story.ended = f"{fields['action']} {fields['action_explanation']}"
                case _:
                    pass

    def _story(self, number: int) -> Story:
        return self.stories.setdefault(number, Story())


def _traded(fields: Record, role: str, number: int) -> Traded:
    base, quote = fields["base_asset_amount_filled"] or 0, fields["quote_asset_amount_filled"] or 0
    buys = fields[f"{role}_order_direction"] == "Long"
    entry = fields[f"{role}_existing_quote_entry_amount"]
    closed = fields[f"{role}_existing_base_asset_amount"] or base
    realised = None
    if entry is not None and base:
        part = quote * closed // base
        realised = quote_amount(entry - part if buys else part - entry)
    return Traded(
        id=f"{fields['market_index']}:{fields['fill_record_id']}:{role}",
        order=number,
        index=fields["market_index"],
        side="buy" if buys else "sell",
        base=base_amount(base),
        price=average_price(quote, base) if base else ZERO,
        fee=quote_amount(fields[f"{role}_fee"] or 0),
        realised=realised,
        maker=role == "maker",
        at=datetime.fromtimestamp(fields["ts"], UTC),
    )
