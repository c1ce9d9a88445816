"""The library's requests carried by aiohttp, which takes a fifth of what httpx does; decides time-outs, no meaning."""

import asyncio
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bots.telegram.lax import Forgiving

_KEPT_ALIVE_S = 30.0


class Wire(Forgiving):
    """At most *connections* at once, each *read_s* seconds for an answer. No address, hence no token, is ever told."""

    def __init__(self, *, connections: int, read_s: float, connect_s: float = 5.0, wait_s: float = 15.0) -> None:
        """*wait_s* is how long a request may wait for one of the connections."""
        self._connections = connections
        self._read_s, self._connect_s, self._wait_s = read_s, connect_s, wait_s
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[str, str] = {}

    @property
    def read_timeout(self) -> float | None:
        return self._read_s

    async def initialize(self) -> None:
        if self._session is None or self._session.closed:
            self._proxies = getproxies()
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=_KEPT_ALIVE_S)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def do_request(  # noqa: PLR0917 - the library's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise RuntimeError("Expected a request between initialize and shutdown, was one outside.")
        connect_s = _given(connect_timeout, self._connect_s)
        wait_s = _given(pool_timeout, self._wait_s)
        times = aiohttp.ClientTimeout(
            total=None,
            connect=None if wait_s is None or connect_s is None else wait_s + connect_s,
            sock_connect=connect_s,
            sock_read=_given(read_timeout, self._read_s),
        )
        try:
            async with self._session.request(
                method, url, data=_body(request_data), timeout=times, proxy=self._proxy(url), allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as problem:
            # What aiohttp says may hold the address, and the address holds the token.
            raise NetworkError(f"aiohttp.{type(problem).__name__}") from None

    def _proxy(self, url: str) -> str | None:
        if not self._proxies:
            return None
        address = urlsplit(url)
        return None if proxy_bypass(address.hostname or "") else self._proxies.get(address.scheme)


def _given(chosen: Any, usual: float | None) -> float | None:
    return usual if chosen is BaseRequest.DEFAULT_NONE else chosen


def _body(request_data: RequestData | None) -> aiohttp.FormData | dict[str, str] | None:
    if request_data is None:
        return None
    files = request_data.multipart_data
    if not files:
        return request_data.json_parameters
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in files.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
