"""Listening and ending: what is said of the address, what goes over the wire, and that an end comes."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from websockets.frames import Frame, Opcode

from api import live, serving
from api.wire import text_frame
from core.app import open_core, read_settings


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_made_for_many_is_the_frame_that_the_library_makes(length: int) -> None:
    payload = b"x" * length
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


async def test_a_port_that_the_system_chose_is_in_the_public_address_and_the_end_comes_whatever_hangs(
    postgres_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_GRACE_S", 0.3)
    hung = asyncio.Event()

    async def deaf(_hub: Any) -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if hung.is_set():
                    raise

    monkeypatch.setattr(live.Hub, "_tick", deaf)
    settings = read_settings(_env_file=None, DATABASE_URL=postgres_dsn, SAYWHEN_HOME=str(tmp_path), SAYWHEN_API_PORT=0)
    assert settings.public_url == "http://localhost:0"
    async with open_core(settings, role="api test") as core:
        taken = serving.listen(core)
        port = taken.getsockname()[1]
        assert core.settings.public_url == f"http://localhost:{port}"
        task = asyncio.create_task(serving.run_api(core, listening=taken))
        async with aiohttp.ClientSession() as http:
            ask = http.post(f"http://127.0.0.1:{port}/api/auth/challenge", json={"address": "1" * 32})
            async with ask as response:
                assert f"localhost:{port}" in (await response.json())["message"]
            socket = await http.ws_connect(f"http://127.0.0.1:{port}/ws")
            task.cancel()
            async with asyncio.timeout(5):
                await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
            await socket.close()
        hung.set()
        left = [one for one in asyncio.all_tasks() if one.get_name() == "live-prices"]
        for one in left:
            one.cancel()
        assert len(left) == 1
        await asyncio.wait(left)
