"""The worker as a child process: decides when it is started again and how it ends with us, never what it executes."""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 15.0
STEADY_S = 60.0
"""A worker that lived this long before it died is started again after the first pause."""
STOP_WITHIN_S = 15.0

_log = logging.getLogger(__name__)


class WorkerProcess:
    """`saywhen run worker` in a process of its own, kept alive: what signs shares no memory with chats and prices.

    It holds the other end of a pipe on its standard input, and stops when that closes: at our end, whatever end that
    is. *home* is handed on where it was given by an option; *log* takes its standard error, None = ours.
    """

    def __init__(self, *, home: Path | None, log: Path | None) -> None:
        self._home = home
        self._log = log
        self._process: Process | None = None
        self.env: Mapping[str, str] = {}
        """Settings that it has beside ours, by the names of their variables."""

    @property
    def pid(self) -> int | None:
        """The living worker's process id, None between two lives."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    def kill(self) -> int | None:
        """SIGKILL the living worker, as a test of what survives; its process id, None if there was none to kill."""
        process, pid = self._process, self.pid
        if process is not None and pid is not None:
            with suppress(ProcessLookupError):
                process.kill()
        return pid

    async def keep(self) -> None:
        """Start the worker, and again whenever it dies, until cancelled; then it is stopped."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_S
        while True:
            began = loop.time()
            try:
                code: object = await self._live()
            except OSError as problem:
                code = problem
            if loop.time() - began >= STEADY_S:
                pause = FIRST_PAUSE_S
            _log.warning("the worker ended (%s) and is started again in %.1f s", code, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _live(self) -> int:
        """One life of the worker; how it ended."""
        home = [] if self._home is None else ["--home", str(self._home)]
        with _opened(self._log) as errors:
            # A session of its own: Ctrl-C in the terminal is for us, and we decide when it stops.
            self._process = process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "cli", "run", "worker", "--tied", *home,
                stdin=PIPE, stdout=errors, stderr=errors, start_new_session=True, env={**os.environ, **self.env},
            )  # fmt: skip
        try:
            return await process.wait()
        finally:
            await _see_off(process)


async def _see_off(process: Process) -> None:
    """Close the pipe and wait until the worker has stopped; kill it when it does not."""
    if process.returncode is not None:
        return
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await process.wait()
    except TimeoutError:
        _log.warning("the worker did not stop within %.0f s and is killed", STOP_WITHIN_S)
    finally:
        with suppress(ProcessLookupError):
            process.kill()


def _opened(log: Path | None) -> IO[bytes]:
    if log is None:
        return open(sys.stderr.fileno(), "wb", buffering=0, closefd=False)
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return log.open("ab", buffering=0)
