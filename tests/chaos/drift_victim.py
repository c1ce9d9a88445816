"""A process of the product on the Drift emulator, to be killed at any moment; it decides nothing of when."""

import asyncio
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from core.app import open_core, read_settings, set_up_logs
from core.flow import points
from core.settings import Settings
from scheduler import run_scheduler, run_worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the product runs: its database, its folder, and the emulator's two addresses."""

    dsn: str
    folder: Path
    rpc: str
    ws: str
    longest_life_s: int = 300

    def settings(self) -> Settings:
        return read_settings(
            _env_file=None,
            DATABASE_URL=self.dsn,
            SAYWHEN_HOME=str(self.folder),
            SAYWHEN_VENUE="drift-emulator",
            SOLANA_RPC_URL=self.rpc,
            SOLANA_WS_URL=self.ws,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """SIGKILL at a point that the flow passes, as soon as *when* is there to be seen."""

    point: str
    when: Path | None = None

    def passed(self, point: str) -> None:
        if point == self.point and (self.when is None or self.when.exists()):
            os.kill(os.getpid(), signal.SIGKILL)


def live(place: Place, name: str, death: Death | None = None) -> None:
    """The whole life of a process that watches, signs and sends."""
    if death is not None:
        points.listen(death.passed)
    signal.alarm(place.longest_life_s)
    log = os.open(place.folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    set_up_logs("DEBUG", name)
    asyncio.run(_live(place, name))


async def _live(place: Place, name: str) -> None:
    async with open_core(place.settings(), role=name, signs=True) as core, asyncio.TaskGroup() as tasks:
        tasks.create_task(run_scheduler(core))
        tasks.create_task(run_worker(core))
