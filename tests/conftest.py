"""What every test shares: how hard hypothesis tries, and that no test reaches beyond this machine."""

import ipaddress
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.postgres", "tests.redis", "tests.storage")

_SLOW = "slow or chaos"
_MARKED = re.compile(rb"\bmark\.(slow|chaos)\b")
_LOCAL_NAMES = {"localhost", "localhost.localdomain", "", None}

# Derandomized, so that a red gate is red for everyone; the exam looks where nobody has looked yet.
settings.register_profile(
    "test", deadline=None, derandomize=True, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "exam", deadline=None, max_examples=2_000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
for _key in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
    os.environ.pop(_key, None)  # a developer's own keys would change what words come to
settings.load_profile("exam" if os.environ.get("SAYWHEN_EXAM") else "test")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A run of the slow tests alone imports no others, only to leave them out: that took longer than many of them."""
    if config.option.markexpr != _SLOW:
        return None
    files = collection_path.rglob("test_*.py") if collection_path.is_dir() else (collection_path,)
    return None if any(_MARKED.search(file.read_bytes()) for file in files) else True


@pytest.fixture(autouse=True, scope="session")
def _stay_on_this_machine() -> Iterator[None]:
    """Fail whatever resolves a name or connects elsewhere than loopback or a Unix socket."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_remote(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_remote(self.family, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        _refuse_remote(socket.AF_INET, (host,))
        return getaddrinfo(host, *arguments, **options)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    yield
    patch.undo()


def _refuse_remote(family: int, address: Any) -> None:
    if family not in {socket.AF_INET, socket.AF_INET6} or _is_local(address[0]):
        return
    raise RuntimeError(f"Expected a test to stay on this machine, was a connection to {address[0]!r}")


def _is_local(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in _LOCAL_NAMES or name == socket.gethostname():
        return True
    try:
        address = ipaddress.ip_address(str(name))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
