"""The API served by uvicorn inside a role's own loop; decides when it is ready and how it ends."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator

import uvicorn

from api.app import create_app
from api.wire import SharedFrames
from core.app import Core
from core.domain.errors import NotConfigured

LARGEST_MESSAGE = 16 * 1024
_GRACE_S = 3
_log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def listen(core: Core) -> socket.socket:
    """A socket on the address that is set. Raises NotConfigured where that is taken or not ours."""
    host, port = core.settings.api_host, core.settings.api_port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        taken = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as problem:
        raise NotConfigured(
            f"The API cannot listen on {host}:{port}: {problem.strerror or problem}.",
            "Set SAYWHEN_API_PORT to a free port, or stop what uses this one.",
        ) from None
    core.settings.listens_on(taken.getsockname()[1])
    return taken


async def run_api(core: Core, *, follow_prices: bool = False, listening: socket.socket | None = None) -> None:
    """Serve until cancelled. With *follow_prices* the board is kept up to date here, where no engine does."""
    taken = listen(core) if listening is None else listening
    config = uvicorn.Config(
        create_app(core),
        http="httptools",
        ws=SharedFrames,
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,  # costs memory and time for each socket; frames are small
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        loop="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",  # what it says of sockets holds their address, with whatever was put into it
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=True,
        forwarded_allow_ips=core.settings.api_proxies,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[taken]), name="api")
    following = asyncio.create_task(_follow(core), name="api-prices") if follow_prices else None
    try:
        await asyncio.shield(serving)
    finally:
        if following is not None:
            following.cancel()
        server.should_exit = True
        await _ended([task for task in (serving, following) if task is not None])
        taken.close()


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    """Wait for *tasks* as long as uvicorn's own grace needs; what hangs even then is cancelled and left behind."""
    _, late = await asyncio.wait(tasks, timeout=2 * _GRACE_S)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=_GRACE_S)
        _log.warning("%s did not end by itself", ", ".join(sorted(task.get_name() for task in late)))


async def _follow(core: Core) -> None:
    while True:
        try:
            await core.prices.follow()
        except Exception:  # noqa: BLE001 - whatever it is, prices are looked for again
            _log.exception("following prices failed and is begun again")
        await asyncio.sleep(1.0)
