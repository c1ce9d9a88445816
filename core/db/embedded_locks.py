"""Decides who may change the embedded server's state and who is its last user; knows nothing of PostgreSQL.

Two files in the home carry `flock` locks, which the kernel drops however a process ends. `start.lock` is the gate:
held while the server is made, started or stopped. `users.lock` is held shared by every user for as long as it uses
the server; whoever can take it exclusively is alone.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.domain.errors import StorageUnavailable

_GATE_SECONDS = 330.0  # longer than the longest start behind it
_RETRY_SECONDS = 0.02


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _take(descriptor: int, *, shared: bool) -> bool:
    """Take or convert the lock at once; False where somebody else's lock forbids it."""
    import fcntl  # POSIX only: imported here so that the module can be imported anywhere

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@asynccontextmanager
async def gate(home: Path) -> AsyncIterator[int]:
    """Yield the descriptor that holds the gate; a child that inherits it keeps the gate shut until it ends.

    Raises StorageUnavailable where another process keeps the gate for 330 seconds.
    """
    descriptor = _open(home / "start.lock")
    try:
        deadline = time.monotonic() + _GATE_SECONDS
        while not _take(descriptor, shared=False):
            if time.monotonic() > deadline:
                raise StorageUnavailable(
                    f"Expected {home / 'start.lock'} within {_GATE_SECONDS:.0f} s, was held by another process.",
                    "Find the process that hangs while it starts or stops the database and end it.",
                )
            await asyncio.sleep(_RETRY_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)  # never LOCK_UN: that would also take the lock from an initdb which inherited it


class Membership:
    """A using process's shared lock, from construction to `end`; both only behind the gate."""

    def __init__(self, home: Path) -> None:
        self._descriptor = _open(home / "users.lock")
        if not _take(self._descriptor, shared=True):
            os.close(self._descriptor)
            raise StorageUnavailable(
                f"Expected {home / 'users.lock'} to be shared, was locked by another program.",
                "End the program that locks this file; SayWhen locks it only behind start.lock.",
            )

    def is_last(self) -> bool:
        """True where nobody else uses the server; the lock is exclusive from then on."""
        return _take(self._descriptor, shared=False)

    def end(self) -> None:
        os.close(self._descriptor)
