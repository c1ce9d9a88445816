"""When an oracle says that its price held; decides the unit of its clock."""

from datetime import UTC, datetime

MICROSECONDS = 1_000_000


def published(number: int) -> datetime:
    """The instant of a Pyth Lazer account's `publish_time`: microseconds, or seconds where the number is that small."""
    whole = number if number > 10**14 else number * (1_000 if number > 10**11 else MICROSECONDS)
    return datetime.fromtimestamp(whole / MICROSECONDS, UTC)
