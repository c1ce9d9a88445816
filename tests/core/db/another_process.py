"""Another process that uses an embedded server: started, asked, left and killed by a test."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 20.0
PROGRAM = """
import asyncio, sys
from pathlib import Path
from core.db.embedded import EmbeddedPostgres

async def main() -> None:
    async with await EmbeddedPostgres.start(Path(sys.argv[1]), durable=False) as postgres:
        print(postgres.dsn(), flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


class User:
    """Another process that uses the server of a home."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def dsn(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            line = await self.process.stdout.readline()
        assert line, "Expected the user to start, was an exit"
        return line.decode().strip()

    async def leave(self) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self.process.communicate(b"")
        assert self.process.returncode == 0

    async def kill(self) -> None:
        """SIGKILL; returns when its pipes are closed, which a server holding on to them would prevent."""
        self.process.kill()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self.process.communicate()


@asynccontextmanager
async def another_user(home: Path) -> AsyncIterator[User]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(home), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield User(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
