"""The bytes an order travels in and the signature they are known by; decides nothing about the order."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

from core.codec import from_json, to_json
from core.domain.errors import BadInput, VenueRejected
from core.domain.order import OrderIntent
from core.ports import Prepared

VALID_FOR = timedelta(seconds=60)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write(intent: OrderIntent, now: datetime) -> Prepared:
    """*intent* as bytes that are valid for `VALID_FOR`.

    The signature names the order, the end of validity and a digest of the bytes: `valid_until` can be read from it
    when the bytes never arrived, and no other bytes pass under it.
    """
    until = (now + VALID_FOR - _EPOCH) // _MILLISECOND
    body = {"intent": to_json(intent), "valid_until_ms": until}
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return Prepared(signature=_sign(intent.order_id, until, raw), raw=raw, valid_until=_instant(until))


def read(prepared: Prepared) -> OrderIntent:
    """The intent that `write` made *prepared* of. Raises VenueRejected for bytes that are not what was signed."""
    try:
        body = json.loads(prepared.raw)
        intent: OrderIntent = from_json(OrderIntent, body["intent"])
        until = int(body["valid_until_ms"])
    except (ValueError, KeyError, TypeError, BadInput):
        raise VenueRejected("the bytes sent are not an order") from None
    if prepared.signature != _sign(intent.order_id, until, prepared.raw) or prepared.valid_until != _instant(until):
        raise VenueRejected("the bytes sent are not those that were signed")
    return intent


def valid_until(signature: str) -> datetime | None:
    """Until when the order known by *signature* can land; None for what `write` never made."""
    parts = signature.rsplit(".", 2)
    if len(parts) != 3 or not parts[0].startswith("paper.") or not parts[1].isdecimal() or len(parts[1]) > 14:
        return None
    return _instant(int(parts[1]))


def _sign(order_id: str, until: int, raw: bytes) -> str:
    return f"paper.{order_id}.{until}.{hashlib.sha256(raw).hexdigest()[:16]}"


def _instant(milliseconds: int) -> datetime:
    return _EPOCH + milliseconds * _MILLISECOND
