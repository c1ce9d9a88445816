"""That the guard in conftest holds: loopback is reachable from a test, the rest of the world is not."""

import asyncio
import socket
from pathlib import Path

import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.invalid"])
async def test_no_test_connects_to_the_world(host: str) -> None:
    with pytest.raises(RuntimeError, match="Expected a test to stay on this machine"):
        await asyncio.open_connection(host, 443)


def test_no_test_resolves_a_foreign_name() -> None:
    with pytest.raises(RuntimeError, match="Expected a test to stay on this machine"):
        socket.getaddrinfo("example.invalid", 443)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_loopback_is_open_to_tests(host: str) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(host, server.sockets[0].getsockname()[1])
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_unix_sockets_are_open_to_tests(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    async with await asyncio.start_unix_server(lambda _, writer: writer.close(), path):
        _, writer = await asyncio.open_unix_connection(path)
        writer.close()
        await writer.wait_closed()
