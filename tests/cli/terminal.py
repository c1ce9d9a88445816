"""The command in a process of its own, as a person at a terminal or a script at its pipes sees it; decides no test."""

import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil  # type: ignore[import-untyped]

PATIENCE_S = 30.0
"""The longest wait for a line or a process; a machine under load must not fail what is right."""

Found = TypeVar("Found")


def environment(home: Path) -> dict[str, str]:
    """Ours without what would steer the command, and with *home* as its home."""
    kept = {name: item for name, item in os.environ.items() if not name.startswith("SAYWHEN_")}
    kept.pop("DATABASE_URL", None)
    # Any free port: several of these run at once on one machine.
    return {**kept, "SAYWHEN_HOME": str(home), "SAYWHEN_API_PORT": "0", "PYTHONWARNINGS": "default"}


@contextmanager
def a_home() -> Iterator[Path]:
    """A home with a path short enough for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="saywhen-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def saywhen(*arguments: str, home: Path, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; without *typed* its standard input is empty."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        env=environment(home),
        input=typed,
        stdin=subprocess.DEVNULL if typed is None else None,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S * 2,
        check=False,
    )


class Conversation:
    """A running command: lines in, lines out. Killed at the end of the block if it still runs."""

    def __init__(self, *arguments: str, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            env=environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._heard: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Conversation":
        return self

    def __exit__(self, *problem: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self._process.pid)

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")

    def hear(self, words: str) -> str:
        """The next line that contains *words*; fails with all that was heard where it does not come."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"Expected a line with {words!r}, heard:\n{''.join(self._heard)}")
            self._heard.append(line)
            if words in line:
                return line.strip()

    def wait(self) -> int:
        """Its exit code."""
        return self._process.wait(PATIENCE_S)

    def worker(self) -> psutil.Process:
        """Its living worker."""
        return until(lambda: next((p for p in self.process.children() if _is_worker(p)), None))

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)


def until(look: Callable[[], Found | None]) -> Found:
    """What *look* finds in the end: other processes ring no bell here."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := look()) is None:
        assert time.monotonic() < deadline, "Expected it in time, was nothing"
        time.sleep(0.02)
    return found


def _is_worker(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and "worker" in process.cmdline()
    except psutil.Error:
        return False
