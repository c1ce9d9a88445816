"""How long a wake-up rests before it is tried again, the same for every queue."""

_FIRST_S, LONGEST_S = 1.0, 60.0


def backoff_s(attempt: int) -> float:
    """Seconds from the *attempt*-th try (counted from 1) until the next: 1, 2, 4 … at most 60."""
    return min(_FIRST_S * 2.0 ** min(attempt - 1, 16), LONGEST_S)
