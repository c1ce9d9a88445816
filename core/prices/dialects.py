"""What each keyless exchange calls things: symbols, addresses and fields as ccxt hands them over; no connections.

Facts: ccxt 4.5.90. Hyperliquid's `activeAssetCtx` carries no time of its own and `funding` as a fraction per hour;
it lists BONK and its like by the thousand, with a k before the name. Kraken Futures' `ticker` carries `time` in
milliseconds and `relative_funding_rate` as a fraction per hour.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from threading import Lock
from typing import Any

from core.domain.money import HUNDRED, read_decimal
from core.prices.agreement import Reading

# ccxt's modules import each other in circles: two threads that begin at different ends wait for each other.
_LOADING = Lock()
_MOST_AHEAD = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A market at an exchange; its prices are for `scale` base, so they are divided by it."""

    symbol: str
    scale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an exchange answers: `rest` without a path, `ws` with its path."""

    rest: str
    ws: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One exchange as ccxt knows it; `name` is for people."""

    name: str
    module: str
    symbols: Callable[[str], Sequence[Instrument]]
    """Where a base coin may be found, best first."""
    fields: Callable[[Mapping[str, Any]], tuple[Any, Any, Any]]
    """Price, time in milliseconds and funding as a fraction per hour, out of ccxt's raw `info`; None where unknown."""
    address: Address
    urls: Callable[[Address], Mapping[str, Any]]
    """ccxt's `urls["api"]` for an address."""
    options: Mapping[str, Any]
    takes_until: bool
    """Whether ccxt bounds a page of candles by `until`; where it does not, it sends it on as it is."""

    def load(self) -> Callable[[Mapping[str, Any]], Any]:
        """ccxt's class: about a second and 80 MB the first time, so call it in a thread. Raises ImportError."""
        with _LOADING:
            loaded: Callable[[Mapping[str, Any]], Any] = getattr(import_module(f"ccxt.pro.{self.module}"), self.module)
        return loaded

    def find(self, base: str, listed: Mapping[str, Any]) -> Instrument | None:
        """The instrument for a base coin among ccxt's *listed* markets, if there is one and it is active."""
        for instrument in self.symbols(base):
            market = listed.get(instrument.symbol)
            if market is not None and market.get("active") is not False:
                return instrument
        return None

    def is_delisted(self, base: str, listed: Mapping[str, Any]) -> bool:
        """Whether a base coin is among ccxt's *listed* markets, but not traded any more."""
        found = [listed[instrument.symbol] for instrument in self.symbols(base) if instrument.symbol in listed]
        return bool(found) and all(market.get("active") is False for market in found)

    @staticmethod
    def is_suspended(ticker: Mapping[str, Any]) -> bool:
        """Whether a ticker says that its market takes no orders now."""
        info = ticker.get("info")
        return isinstance(info, Mapping) and info.get("suspended") is True

    def read(self, market: str, instrument: Instrument, ticker: Mapping[str, Any], seen_at: datetime) -> Reading | None:
        """What a ticker says; None where it says nothing usable."""
        info = ticker.get("info")
        if not isinstance(info, Mapping) or self.is_suspended(ticker):
            return None
        price, milliseconds, funding = self.fields(info)
        try:
            value = read_decimal(str(price)) / instrument.scale
            at = seen_at if milliseconds is None else datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
            rate = None if funding is None else read_decimal(str(funding)) * HUNDRED
        except (ValueError, TypeError, OverflowError, OSError):
            return None
        if value <= 0 or at - seen_at > _MOST_AHEAD:
            return None
        return Reading(
            exchange=self.name, market=market, price=value, at=min(at, seen_at), seen_at=seen_at, funding_rate=rate
        )


def _hyperliquid_symbols(base: str) -> list[Instrument]:
    return [
        Instrument(symbol=f"{base}/USDC:USDC", scale=1),
        Instrument(symbol=f"K{base}/USDC:USDC", scale=1000),
    ]


def _hyperliquid_fields(info: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return info.get("markPx") or info.get("midPx"), None, info.get("funding")


def _hyperliquid_urls(address: Address) -> Mapping[str, Any]:
    return {"public": address.rest, "ws": {"public": address.ws}}


def _kraken_urls(address: Address) -> Mapping[str, Any]:
    return {
        "public": f"{address.rest}/derivatives/api/",
        "charts": f"{address.rest}/api/charts/",
        "ws": address.ws,
    }


def _kraken_symbols(base: str) -> list[Instrument]:
    return [Instrument(symbol=f"{base}/USD:USD", scale=1)]


def _kraken_fields(info: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return info.get("markPrice") or info.get("last"), info.get("time"), info.get("relative_funding_rate")


HYPERLIQUID = Dialect(
    name="hyperliquid",
    module="hyperliquid",
    symbols=_hyperliquid_symbols,
    fields=_hyperliquid_fields,
    address=Address(rest="https://api.hyperliquid.xyz", ws="wss://api.hyperliquid.xyz/ws"),
    urls=_hyperliquid_urls,
    options={"fetchMarkets": {"types": ["swap"]}},  # one request in place of a dozen
    takes_until=True,
)
KRAKEN = Dialect(
    name="kraken",
    module="krakenfutures",
    symbols=_kraken_symbols,
    fields=_kraken_fields,
    address=Address(rest="https://futures.kraken.com", ws="wss://futures.kraken.com/ws/v1"),
    urls=_kraken_urls,
    options={},
    takes_until=False,
)
DIALECTS: tuple[Dialect, ...] = (HYPERLIQUID, KRAKEN)
