"""The machine's own time; decides nothing."""

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """The Clock port on the machine's clock."""

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds*."""
        await asyncio.sleep(seconds)
