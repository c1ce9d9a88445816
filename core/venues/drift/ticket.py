"""An order as bytes and the reference it is known by; decides how an intent is said to the program, not whether.

The reference begins with the network's signature and carries what proves the order's end: the last block height that
may hold it. `raw` is what is stored before it is sent; a digest in the reference holds the two together.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.domain.errors import Denied, VenueRejected
from core.domain.ids import OrderId, OwnerId
from core.domain.money import BPS
from core.domain.order import OrderIntent
from core.ports import Prepared
from core.venues.drift.codec import Record
from core.venues.drift.units import base_units, offset_units, price_units

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
MARKET_ORDER_S = 30
"""How long a market order may look for a price; the program's own default."""
AUCTION_SLOTS = 10
IMMEDIATE_OR_CANCEL = 1
LONGEST = 1232
"""The protocol's own limit on a transaction's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What an order is known by. `height` is the last block that may hold it; `until` is when we stop sending."""

    signature: str
    height: int
    until: datetime
    digest: str

    def __str__(self) -> str:
        return f"{self.signature}.{self.height}.{_ms(self.until)}.{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A signed transaction with whose order it is."""

    owner: OwnerId
    order_id: OrderId
    transaction: bytes
    reference: Reference


def write(owner: OwnerId, order_id: OrderId, transaction: bytes, height: int, until: datetime) -> Prepared:
    """The transaction as it is stored and sent."""
    until_ms = _ms(until)
    body = {
        "owner": owner,
        "order": order_id,
        "height": height,
        "until_ms": until_ms,
        "transaction": base64.b64encode(transaction).decode(),
    }
    raw = _packed(body)
    reference = Reference(
        signature=signature_of(transaction), height=height, until=_EPOCH + until_ms * _MILLISECOND, digest=_digest(raw)
    )
    return Prepared(signature=str(reference), raw=raw, valid_until=reference.until)


def read(prepared: Prepared) -> Ticket:
    """What `write` was given. Raises VenueRejected for bytes that are not what was signed."""
    reference = reference_of(prepared.signature)
    if reference is None or reference.until != prepared.valid_until or reference.digest != _digest(prepared.raw):
        raise VenueRejected("the bytes sent are not those that were signed")
    body = json.loads(prepared.raw)
    transaction = base64.b64decode(body["transaction"])
    if not _is_signed(transaction, reference.signature):
        raise VenueRejected("the bytes sent are not those that were signed")
    return Ticket(
        owner=OwnerId(body["owner"]), order_id=OrderId(body["order"]), transaction=transaction, reference=reference
    )


def transaction_in(raw: bytes) -> bytes:
    """The transaction that `write` was given."""
    return base64.b64decode(json.loads(raw)["transaction"])


def unsigned(transaction: bytes, height: int, until: datetime) -> bytes:
    """A transaction that its owner's wallet is to sign, as it is remembered until then."""
    return _packed({"transaction": base64.b64encode(transaction).decode(), "height": height, "until_ms": _ms(until)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What `unsigned` was given, and what the wallet made of it."""

    transaction: bytes
    height: int
    until: datetime


def made(raw: bytes) -> Made:
    """What `unsigned` was given."""
    body = json.loads(raw)
    until = _EPOCH + body["until_ms"] * _MILLISECOND
    return Made(transaction=base64.b64decode(body["transaction"]), height=body["height"], until=until)


def sealed(raw: bytes, signed: bytes) -> bytes:
    """The transaction that was made with its owner's signature on it. Raises Denied for any other one.

    What comes back is never sent as it came: the message is our own, and only the signature is taken.
    """
    from solders.message import to_bytes_versioned
    from solders.transaction import VersionedTransaction

    ours = VersionedTransaction.from_bytes(made(raw).transaction)
    hint = "Nothing was sent. Open it anew, and let the wallet sign it as it is."
    try:
        if len(signed) > LONGEST:
            raise ValueError
        theirs = VersionedTransaction.from_bytes(signed)
        [signature] = theirs.signatures
    except Exception:  # noqa: BLE001 - the library has an error of its own for each way bytes can be wrong
        raise Denied("That is no signed transaction.", hint) from None
    if to_bytes_versioned(theirs.message) != to_bytes_versioned(ours.message):
        raise Denied("The transaction that came back is not the one that was made: it was changed.", hint)
    whole = VersionedTransaction.populate(ours.message, [signature])
    if not all(whole.verify_with_results()):
        raise Denied("The transaction is not signed by the wallet that it is for.", hint)
    return bytes(whole)


def reference_of(text: str) -> Reference | None:
    """The reference that *text* is; None for anything else."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isdecimal() and len(part) < 16 for part in parts[1:3]):
        return None
    until = _EPOCH + int(parts[2]) * _MILLISECOND
    return Reference(signature=parts[0], height=int(parts[1]), until=until, digest=parts[3])


def signature_of(transaction: bytes) -> str:
    """The network's name of a signed transaction: its first signature."""
    from solders.transaction import VersionedTransaction

    return str(VersionedTransaction.from_bytes(transaction).signatures[0])


def _is_signed(transaction: bytes, signature: str) -> bool:
    from solders.transaction import VersionedTransaction

    read_back = VersionedTransaction.from_bytes(transaction)
    return str(read_back.signatures[0]) == signature and all(read_back.verify_with_results())


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _packed(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def params_of(intent: OrderIntent, market: Record, index: int, number: int, now: datetime, blank: Record) -> Record:
    """The program's parameters of *intent*; *market* is where its grid is, *number* its number among the user's own.

    A market order's auction runs from the oracle price to the worst price allowed. Raises VenueRejected for amounts
    that the market cannot count.
    """
    tick, buys = int(market["order_tick_size"]), intent.side == "buy"
    params = blank | {
        "order_type": _KINDS[intent.type],
        "market_type": "Perp",
        "direction": "Long" if buys else "Short",
        "user_order_id": number,
        "base_asset_amount": base_units(intent.base, int(market["order_step_size"])),
        "market_index": index,
        "reduce_only": intent.reduce_only,
        "post_only": "MustPostOnly" if intent.post_only else "None",
        "max_ts": None if intent.expires_at is None else int(intent.expires_at.timestamp()),
        "bit_flags": IMMEDIATE_OR_CANCEL if intent.immediate_or_cancel else 0,
    }
    if intent.price is not None:
        params["price"] = price_units(intent.price, tick, intent.side)
    if intent.oracle_offset is not None:
        params["oracle_price_offset"] = offset_units(intent.oracle_offset, intent.side)
    if intent.trigger_price is not None:
        params["trigger_price"] = price_units(intent.trigger_price, tick, intent.side)
        params["trigger_condition"] = "Above" if intent.trigger_when == ">=" else "Below"
    if intent.type == "market":
        params |= _auction(intent, tick)
        if intent.expires_at is None:
            params["max_ts"] = int(now.timestamp()) + MARKET_ORDER_S
    return params


def _auction(intent: OrderIntent, tick: int) -> dict[str, Any]:
    if intent.max_slippage_bps is None:
        return {}
    away = intent.oracle_price * intent.max_slippage_bps / BPS
    worst = intent.oracle_price + (away if intent.side == "buy" else -away)
    if worst <= 0:
        return {}
    start, end = (price_units(price, tick, intent.side) for price in (intent.oracle_price, worst))
    return {"price": end, "auction_start_price": start, "auction_end_price": end, "auction_duration": AUCTION_SLOTS}


_KINDS = {"market": "Market", "limit": "Limit", "trigger_market": "TriggerMarket", "trigger_limit": "TriggerLimit"}


def own_number(order_id: str, taken: set[int]) -> int:
    """A number of 1 to 255 for the order, the same each time, that no open order has; 0, which is none, if all are."""
    first = hashlib.sha256(order_id.encode()).digest()[0] % 255
    return next((n for step in range(255) if (n := (first + step) % 255 + 1) not in taken), 0)
