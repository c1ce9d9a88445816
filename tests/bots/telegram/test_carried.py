"""Requests carried by aiohttp: what fails becomes the library's own errors, and never tells the address."""

import asyncio

import pytest
from aiohttp import web
from telegram.error import NetworkError, TimedOut

from bots.telegram.wire import Wire

TOKEN = "123456:a-token-that-nobody-may-see"


async def test_a_request_that_fails_is_the_librarys_error_without_the_token_in_it() -> None:
    wire = Wire(connections=1, read_s=0.05)
    await wire.initialize()
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        status, _ = await wire.do_request(f"http://127.0.0.1:{port}/bot{TOKEN}/getMe", "POST")
        assert status == 404
        await runner.cleanup()
        with pytest.raises(NetworkError) as refused:
            await wire.do_request(f"http://127.0.0.1:{port}/bot{TOKEN}/getMe", "POST")
        assert TOKEN not in f"{refused.value!r} {refused.value.__cause__!r}"
    finally:
        await wire.shutdown()


async def test_an_answer_that_does_not_come_in_time_is_timed_out() -> None:
    wire = Wire(connections=1, read_s=0.05)
    await wire.initialize()
    app = web.Application()

    async def slow(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.Event().wait()
        return web.Response()

    app.router.add_post("/{rest:.*}", slow)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        with pytest.raises(TimedOut):
            await wire.do_request(f"http://127.0.0.1:{runner.addresses[0][1]}/bot{TOKEN}/sendMessage", "POST")
    finally:
        await wire.shutdown()
        await runner.cleanup()
