"""A real Redis (or Valkey) for tests, where the machine has one; decides no test."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

NAMES = ("valkey-server", "redis-server")


class RedisServer:
    """A server on a port of its own that keeps nothing."""

    def __init__(self, program: str, home: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(home)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", self.port), 1)):
                return
            time.sleep(0.02)
        raise AssertionError("Expected Redis to answer within 10 s, was silent")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    program = next((found for name in NAMES if (found := shutil.which(name)) is not None), None)
    if program is None:
        pytest.skip("needs redis-server or valkey-server on the PATH")
    server = RedisServer(program, tmp_path)
    server.start()
    yield server
    server.stop()
