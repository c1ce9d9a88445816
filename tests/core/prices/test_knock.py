"""Whether anyone answers is found out without loading anything, and never holds up the end of the process."""

import asyncio
import socket
import threading
import time

import pytest

from core.prices.knock import anyone_answers


def _nobody() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


async def test_one_host_that_answers_is_enough() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert await anyone_answers([_nobody(), f"http://127.0.0.1:{port}/path"])


async def test_nobody_answers_where_every_host_refuses_or_has_no_name() -> None:
    assert not await anyone_answers([_nobody(), "http://"])
    assert not await anyone_answers([])


def test_a_name_server_that_hangs_holds_up_neither_the_time_out_nor_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    hung = threading.Event()

    def never_resolves(*_args: object, **_named: object) -> socket.socket:
        hung.wait(30)
        raise OSError("name resolution failed")

    monkeypatch.setattr(socket, "create_connection", never_resolves)

    async def ask() -> bool:
        async with asyncio.timeout(0.01):
            return await anyone_answers(["https://exchange.invalid"])

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(ask())
    assert time.monotonic() - began < 10
    hung.set()
