"""What a provider's error means: worth asking again, or not; both SDKs tell it in the same attributes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from core.parse.model import Busy, NoAnswer

_AGAIN = frozenset({408, 409, 429})
_WHY = {
    400: "it did not accept the request",
    401: "it did not accept the key",
    403: "it did not accept the key",
    404: "it does not know the model that is set",
    413: "the message is too long for it",
    429: "it is asked too often",
    529: "it is overloaded",
}


def failure(problem: Exception) -> NoAnswer | Busy:
    """What *problem*, of an SDK or of an answer that is none, comes to; without its own text."""
    status = getattr(problem, "status_code", None)
    if isinstance(status, int):
        why = _WHY.get(status, f"it failed with status {status}")
        if status in _AGAIN or status >= 500:
            return Busy(why, _retry_after(getattr(getattr(problem, "response", None), "headers", {})))
        return NoAnswer(why)
    names = {kind.__name__ for kind in type(problem).__mro__}
    if "APIConnectionError" in names or isinstance(problem, OSError):
        return Busy("it cannot be reached")
    return NoAnswer("its answer cannot be read")


def _retry_after(headers: Mapping[str, Any]) -> float | None:
    """The seconds to wait that the provider named, in any of the three ways that are in use."""
    try:
        if (millis := headers.get("retry-after-ms")) is not None:
            return _bounded(float(millis) / 1000)
        if (said := headers.get("retry-after")) is None:
            return None
        try:
            return _bounded(float(said))
        except ValueError:
            return _bounded((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _bounded(seconds: float) -> float | None:
    return seconds if 0 <= seconds < 86_400 else None
