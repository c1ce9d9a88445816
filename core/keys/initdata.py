"""Telegram Mini App `initData`: whether Telegram signed it for our bot, and for whom; decides no owner.

Source: Telegram's "Validating data received via the Mini App": key = HMAC-SHA256("WebAppData", bot token), signature =
HMAC-SHA256(key, the fields but `hash`, sorted, as `name=value` lines).
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from core.domain.errors import Denied

LIFE = timedelta(minutes=10)
"""How old the data may be; Telegram makes it when the Mini App opens."""
_CLOCKS_DIFFER = timedelta(minutes=1)
_LONGEST = 4096
_HINT = "Open the Mini App anew from the chat with the bot."


def read_init_data(text: str, bot_token: str, now: datetime) -> tuple[str, str, datetime]:
    """(Telegram's user id, what names this very data, when it stops being good). Raises Denied."""
    if len(text) > _LONGEST:
        raise Denied("That is no sign-in of Telegram's.", _HINT)
    try:
        pairs = parse_qsl(text, strict_parsing=True, keep_blank_values=True, max_num_fields=40)
    except ValueError:
        raise Denied("That is no sign-in of Telegram's.", _HINT) from None
    fields = dict(pairs)
    given = fields.pop("hash", "")
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    key = hmac.digest(b"WebAppData", bot_token.encode(), "sha256")
    expected = hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
    if len(fields) + 1 != len(pairs) or not hmac.compare_digest(expected.encode(), given.encode()):
        raise Denied("Telegram did not sign this for our bot.", _HINT)
    try:
        at = datetime.fromtimestamp(int(fields["auth_date"]), UTC)
        user = int(json.loads(fields["user"])["id"])
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        raise Denied("Telegram's sign-in names no user.", _HINT) from None
    if not at - _CLOCKS_DIFFER <= now < at + LIFE:
        raise Denied("This sign-in of Telegram's is too old.", _HINT)
    return str(user), expected, at + LIFE
