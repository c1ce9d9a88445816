"""One reader's bell, the same for every event log; decides nothing about who rings it."""

import asyncio


class EventBell:
    """One reader's bell; a ring that came while nobody waited is heard at once."""

    def __init__(self, ring: asyncio.Event) -> None:
        self._ring = ring

    async def wait(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._ring.wait()
        except TimeoutError:
            return False
        self._ring.clear()
        return True
