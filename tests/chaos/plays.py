"""A story played by processes that are killed, from its first step to its verdict; whatever happens is a finding."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.stage import Part, Stage, staged
from tests.chaos.stories import Story
from tests.chaos.verdict import Verdict

DEADLINE_S = 75.0
"""For a whole play: a lease and a wake-up of the dead are taken over within 6 s each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A story, and the processes that play it."""

    story: Story
    parts: tuple[Part, ...]

    @property
    def kills(self) -> int:
        """How many there must be."""
        return sum(len(part.fatal) for part in self.parts)

    async def perform(self, dsn: str, folder: Path) -> Verdict:
        """The findings, whatever happened."""
        async with staged(dsn, folder, self.story) as stage:
            keeping = [asyncio.create_task(stage.keep(part)) for part in self.parts]
            telling = asyncio.create_task(_tell(stage))
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await asyncio.wait({*keeping, telling}, return_when=asyncio.FIRST_COMPLETED)
                for task in keeping:
                    if task.done():
                        task.result()
                return telling.result()
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is a finding, told with the logs
                return await stage.report(problem)
            finally:
                for keeper in keeping:
                    keeper.cancel()
                telling.cancel()
                await asyncio.gather(*keeping, telling, return_exceptions=True)


async def _tell(stage: Stage) -> Verdict:
    await stage.tell()
    return await stage.finish()
