"""Oracle prices from Pyth's Hermes: decides how to stay connected and what a price update says, not whom to trust.

Protocol (Hermes v2, as documented by Pyth; the key is required since 2026-08-26): `GET /v2/price_feeds` finds feed ids,
`GET /v2/updates/price/stream` is a stream of server-sent events that the server may end after a day. `price` and `conf`
are integers times 10^`expo`, `publish_time` is in seconds; several updates may share one. Over the rate limit it
answers 429 for a minute.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.domain.errors import NotConfigured
from core.domain.market import Candle, Observation, Timeframe
from core.ports import Clock
from core.prices.backoff import Backoff
from core.prices.knock import anyone_answers

if TYPE_CHECKING:
    import aiohttp

NAME = "pyth"
HERMES = "https://hermes.pyth.network"

_log = logging.getLogger(__name__)

_CONNECT_S = 10.0
_ANSWER_S = 15.0
_REFUSED_PAUSE_S = 60.0
_LONGEST_EVENT = 1 << 20
_MOST_AHEAD = timedelta(seconds=5)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class _Refused(Exception):
    """Hermes said no with a status; `pause_s` is how long it wants to be left alone, `why` one word of ours."""

    def __init__(self, status: int, why: str, pause_s: float | None) -> None:
        super().__init__(f"status {status}")
        self.why = why
        self.pause_s = pause_s


class PythSource:
    """A `PriceSource` of Pyth's oracle prices in dollars, with their confidence; it has no history.

    The key travels in a header only, to the configured address only: redirects are not followed, and neither errors
    nor logs repeat what was sent.
    """

    name = NAME
    simulated = False

    def __init__(
        self, clock: Clock, *, key: str, url: str = HERMES, silence_s: float = 15.0, first_pause_s: float = 0.5
    ) -> None:
        """Raises NotConfigured for a key that cannot be one, or an address that would show it to others."""
        key = key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise NotConfigured("PYTH_API_KEY is not a key: it has blanks or strange characters, or is empty")
        parts = urlsplit(url)
        if not parts.hostname or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
            raise NotConfigured("Expected an https address for Pyth, because the key is sent there")
        self._clock = clock
        self._key = key
        self._url = url.rstrip("/")
        self._silence_s = silence_s
        self._first_pause_s = first_pause_s
        self._feeds: dict[str, str] = {}
        self._unlisted: set[str] = set()
        self._why: str | None = "unreachable"

    def trouble(self, market: str) -> str | None:
        """Why *market* has no price now, in one word: unlisted, refused, limited or unreachable; None if it has one."""
        return "unlisted" if market in self._unlisted else self._why

    async def observe(self, markets: Sequence[str]) -> AsyncGenerator[Observation]:
        """Observations of *markets* as they come, for ever."""
        import aiohttp

        wanted = tuple(dict.fromkeys(markets))
        pause = Backoff(self._first_pause_s)
        while True:
            wait_s: float | None = None
            try:
                async with aiohttp.ClientSession(
                    headers={"Authorization": f"Bearer {self._key}"},
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=self._silence_s),
                    read_bufsize=_LONGEST_EVENT,
                ) as session:
                    await self._find_feeds(session, wanted)
                    async with aclosing(self._stream(session, wanted)) as stream:
                        async for observation in stream:
                            self._why = None
                            pause.reset()
                            yield observation
                lost = "the stream ended"
            except _Refused as refused:
                self._why, wait_s, lost = refused.why, refused.pause_s, str(refused)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as failed:
                lost = type(failed).__name__
            if self._why is None:
                self._why = "unreachable"
            _log.info("pyth lost: %s", lost)
            await self._clock.sleep(pause.next_s() if wait_s is None else wait_s)

    async def candles(  # the port's arguments
        self,
        market: str,  # noqa: ARG002
        timeframe: Timeframe,  # noqa: ARG002
        start: datetime,  # noqa: ARG002
        end: datetime,  # noqa: ARG002
    ) -> list[Candle]:
        """None: Hermes keeps no history."""
        return []

    async def is_reachable(self) -> bool:
        """Whether Hermes takes connections: a quick look that sends nothing, to be given a time-out."""
        return await anyone_answers([self._url])

    async def close(self) -> None:
        """An `observe` closes what it opened."""

    async def _find_feeds(self, session: "aiohttp.ClientSession", markets: Sequence[str]) -> None:
        """Learn the feed ids that are not known yet. Raises _Refused, ClientError, TimeoutError, ValueError."""
        for market in markets:
            if market in self._feeds or market in self._unlisted:
                continue
            base = market.removesuffix("-PERP")
            params = {"query": base, "asset_type": "crypto"}
            async with (
                asyncio.timeout(_ANSWER_S),
                session.get(f"{self._url}/v2/price_feeds", params=params, allow_redirects=False) as answer,
            ):
                _check(answer)
                listed = json.loads(await answer.text())
            feed = _feed_of(base, listed)
            if feed is None:
                self._unlisted.add(market)
            else:
                self._feeds[market] = feed

    async def _stream(self, session: "aiohttp.ClientSession", markets: Sequence[str]) -> AsyncGenerator[Observation]:
        of_feed = {self._feeds[market]: market for market in markets if market in self._feeds}
        if not of_feed:
            await asyncio.Event().wait()
        params = [*(("ids[]", feed) for feed in of_feed), ("parsed", "true"), ("ignore_invalid_price_ids", "true")]
        latest: dict[str, tuple[datetime, int]] = {}
        address = f"{self._url}/v2/updates/price/stream"
        async with session.get(
            address, params=params, headers={"Accept": "text/event-stream"}, allow_redirects=False
        ) as answer:
            _check(answer)
            async for line in answer.content:
                for update in _updates(line):
                    observation = self._observation(update, of_feed, latest)
                    if observation is not None:
                        yield observation

    def _observation(
        self, update: Any, of_feed: Mapping[str, str], latest: dict[str, tuple[datetime, int]]
    ) -> Observation | None:
        """What one feed's update says; None for nonsense, other feeds, and what is older than what was told."""
        try:
            market = of_feed[str(update["id"]).removeprefix("0x")]
            quoted = update["price"]
            expo = int(quoted["expo"])
            if not -24 <= expo <= 24:
                return None
            price = Decimal(int(quoted["price"])).scaleb(expo)
            confidence = Decimal(int(quoted["conf"])).scaleb(expo)
            at = datetime.fromtimestamp(int(quoted["publish_time"]), UTC)
            slot = int((update.get("metadata") or {}).get("slot") or 0)
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, OSError):
            return None
        seen_at = self._clock.now()
        if price <= 0 or confidence < 0 or at - seen_at > _MOST_AHEAD or (at, slot) < latest.get(market, (at, slot)):
            return None
        latest[market] = (at, slot)
        return Observation(
            market=market,
            price=price,
            at=min(at, seen_at),
            seen_at=seen_at,
            source=NAME,
            confidence=confidence,
        )


def _check(answer: "aiohttp.ClientResponse") -> None:
    """Raise _Refused for anything but an answer."""
    match answer.status:
        case 200:
            return
        case 401 | 403:
            raise _Refused(answer.status, "refused", _REFUSED_PAUSE_S)
        case 429:
            asked = answer.headers.get("Retry-After", "")
            pause_s = float(asked) if asked.isdecimal() and len(asked) < 6 else _REFUSED_PAUSE_S
            raise _Refused(answer.status, "limited", min(pause_s, 10 * _REFUSED_PAUSE_S))
        case status:
            raise _Refused(status, "unreachable", None)


def _feed_of(base: str, listed: Any) -> str | None:
    """The id of a coin's price in dollars among feeds that only look like it (JUP finds JUPSOL too)."""
    if not isinstance(listed, list):
        raise ValueError("Expected a list of feeds")
    for feed in listed:
        attributes = feed.get("attributes") if isinstance(feed, dict) else None
        if isinstance(attributes, dict) and attributes.get("symbol") == f"Crypto.{base}/USD" and feed.get("id"):
            return str(feed["id"]).removeprefix("0x")
    return None


def _updates(line: bytes) -> list[Any]:
    """The price updates in one line of the stream: `data:` lines carry them, others (comments, blanks) none."""
    if not line.startswith(b"data:"):
        return []
    try:
        parsed = json.loads(line[5:])["parsed"]
    except (ValueError, KeyError, TypeError):
        return []
    return parsed if isinstance(parsed, list) else []
