"""Names things carry for life; decides their shape, not who hands them out."""

import secrets
from datetime import datetime
from typing import NewType

OwnerId = NewType("OwnerId", int)
DraftId = NewType("DraftId", str)
SetId = NewType("SetId", str)
RuleId = NewType("RuleId", str)
OrderId = NewType("OrderId", str)
EventId = NewType("EventId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i l o u to misread aloud


def new_id(prefix: str, at: datetime) -> str:
    """A short sortable id, `prefix_` + 18 characters: 45 bits of milliseconds, 45 bits of chance.

    Fits a Telegram callback (64 bytes) together with a verb; unique ids are enforced by the database.
    """
    number = (int(at.timestamp() * 1000) << 45) | secrets.randbits(45)
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(85, -5, -5))
