"""How often somebody may ask: per owner's credential, and per address for signing in; in memory or shared in Redis."""

import math
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from api.errors import Refused
from core.app import Settings
from core.domain.errors import NotConfigured


class Throttle:
    """Counts what is asked. A limit that cannot be counted (Redis is away) lets through: it guards us, not money."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = FixedWindowRateLimiter(_storage(settings))
        self._reads, self._writes = parse(settings.api_reads), parse(settings.api_writes)
        self._signins = parse(settings.api_signins)

    async def charge(self, who: str, *, writes: bool) -> None:
        """One request of a credential. Raises Refused."""
        await self._charge(self._writes if writes else self._reads, "writes" if writes else "reads", who)

    async def charge_sign_in(self, address: str) -> None:
        """One attempt from a network address. Raises Refused."""
        await self._charge(self._signins, "sign-ins", address)

    async def _charge(self, item: RateLimitItem, what: str, who: str) -> None:
        try:
            if await self._limiter.hit(item, what, who):
                return
            stats = await self._limiter.get_window_stats(item, what, who)
        except (StorageError, OSError):
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
