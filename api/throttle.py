"""How often somebody may ask: per owner's credential, and per address for signing in; in memory or shared in Redis."""

import asyncio
import contextlib
import logging
import math
import time
from typing import Any, cast

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from api.errors import Refused
from core.app import Settings
from core.domain.errors import NotConfigured
from core.domain.ids import OwnerId

_ANSWER_S = 0.5
_PAUSE_S = 2.0
"""How long a Redis that did not answer is not asked again, so that requests do not wait for it one after another."""
_KEYS_TOGETHER = 3
_log = logging.getLogger(__name__)


class Throttle:
    """Counts what is asked. A limit that cannot be counted (Redis is away) lets through: it guards us, not money."""

    def __init__(self, settings: Settings) -> None:
        self._storage = _storage(settings)
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._away_until = 0.0
        self._reads, self._writes = parse(settings.api_reads), parse(settings.api_writes)
        self._signins = parse(settings.api_signins)

    async def charge(self, owner: OwnerId, key: str | None, *, writes: bool) -> None:
        """One request: of an owner signed in, however many sessions they have, or of one of their keys. Raises Refused.

        All keys of an owner together may ask as often as so many single ones.
        """
        item, what = (self._writes, "writes") if writes else (self._reads, "reads")
        if key is None:
            await self._charge(item, what, str(owner))
            return
        await self._charge(item, what, key)
        together = type(item)(item.amount * _KEYS_TOGETHER, item.multiples)
        await self._charge(together, f"{what} of all your keys", str(owner))

    async def charge_stranger(self, address: str) -> None:
        """One request from a network address with a credential that is none. Raises Refused."""
        await self._charge(self._writes, "requests without a good credential", address)

    async def charge_sign_in(self, address: str) -> None:
        """One attempt from a network address. Raises Refused."""
        await self._charge(self._signins, "sign-ins", address)

    async def close(self) -> None:
        """Let go of Redis."""
        if isinstance(self._storage, RedisStorage):
            with contextlib.suppress(StorageError, OSError, TimeoutError):
                await cast(Any, self._storage.bridge).storage.aclose()

    async def _charge(self, item: RateLimitItem, what: str, who: str) -> None:
        if time.monotonic() < self._away_until:
            return
        try:
            async with asyncio.timeout(_ANSWER_S):
                if await self._limiter.hit(item, what, who):
                    return
                stats = await self._limiter.get_window_stats(item, what, who)
        except (StorageError, OSError, TimeoutError) as problem:
            self._away_until = time.monotonic() + _PAUSE_S
            _log.warning(
                "rate limits are not counted for %g s: Redis does not answer (%s)", _PAUSE_S, type(problem).__name__
            )
            return
        wait = max(1, math.ceil(stats.reset_time - time.time()))
        raise Refused(
            429, "too_often", f"Too many requests: {item} {what} are allowed.", f"Try again in {wait} s.",
            {"Retry-After": str(wait)},
        )  # fmt: skip


def _storage(settings: Settings) -> Storage:
    if settings.redis_url is None:
        return MemoryStorage()
    address = settings.redis_url.get_secret_value()
    try:
        storage = storage_from_string(f"async+{address}", implementation="redispy", wrap_exceptions=True)
    except Exception:  # noqa: BLE001 - the address may hold a password, and the library repeats it
        hint = "Use redis://host:6379/0, and install the extra redis of this package."
        raise NotConfigured("REDIS_URL cannot be used.", hint) from None
    if not isinstance(storage, Storage):
        raise NotConfigured("REDIS_URL cannot be used.", "Use redis://host:6379/0.")
    return storage
