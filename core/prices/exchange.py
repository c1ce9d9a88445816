"""Live prices without a key from two exchanges, by ccxt: decides how to stay connected, not which prices to trust."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from core.domain.errors import NotConfigured, PriceUnavailable
from core.domain.market import TIMEFRAME_S, Candle, Observation, Timeframe
from core.ports import Clock
from core.prices.agreement import Agreement
from core.prices.backoff import Backoff
from core.prices.dialects import DIALECTS, Address, Dialect, Instrument
from core.prices.knock import anyone_answers

NAME = "exchange"

_log = logging.getLogger(__name__)

_UNWANTED = {"fetchCurrencies": False}  # deposits and networks, which ccxt asks for along with the markets
_ANSWER_S = 20.0
_CLOSE_S = 5.0
_PAGE = 1000
_MOST_WAITING = 1000


class ExchangeSource:
    """A `PriceSource` of perpetual marks over WebSocket; what two exchanges agree on counts as two sources.

    Every `observe` has connections of its own and lives through anything: drops, silence, nonsense and refused
    connections are followed by another try after a growing pause. ccxt is loaded, in a thread, when first needed.
    """

    name = NAME
    simulated = False

    def __init__(
        self,
        clock: Clock,
        *,
        bound_bps: Decimal = Decimal(30),
        dialects: Sequence[Dialect] = DIALECTS,
        addresses: Mapping[str, Address] = MappingProxyType({}),
        patience_s: float = 3.0,
        silence_s: float = 20.0,
        first_pause_s: float = 0.5,
    ) -> None:
        """`addresses` stand in place of an exchange's own, by its name.

        One alone is not told before the others had `patience_s`; one silent for `silence_s` is taken as lost.
        """
        self._clock = clock
        self._dialects = tuple(dialects)
        self._addresses = addresses
        self._silence_s = silence_s
        self._first_pause_s = first_pause_s
        self._listed: dict[str, Mapping[str, Any]] = {}
        self._asked: dict[str, Any] = {}
        self._suspended: dict[str, set[str]] = {dialect.name: set() for dialect in dialects}
        self._asking = asyncio.Lock()
        self._patience_s = patience_s
        self._agreement = Agreement(
            [dialect.name for dialect in self._dialects], bound_bps=bound_bps, patience=timedelta(seconds=patience_s)
        )

    def trouble(self, market: str) -> str | None:
        """Why *market* has no price now: unlisted, halted, disagreeing or unreachable; None if it has one."""
        now = self._clock.now()
        if self._agreement.is_disagreeing(market, now):
            return "disagreeing"
        if self._agreement.is_known(market, now):
            return None
        base = _base(market)
        loaded = [(dialect, self._listed[dialect.name]) for dialect in self._dialects if dialect.name in self._listed]
        known = any(dialect.find(base, listed) for dialect, listed in loaded)
        closed = not known and any(dialect.is_delisted(base, listed) for dialect, listed in loaded)
        if closed or any(market in suspended for suspended in self._suspended.values()):
            return "halted"
        return "unlisted" if len(loaded) == len(self._dialects) and not known else "unreachable"

    # --- live ------------------------------------------------------------------------------------------------

    async def observe(self, markets: Sequence[str]) -> AsyncGenerator[Observation]:
        """Observations of *markets* as they come. Raises NotConfigured where ccxt is not installed."""
        wanted = tuple(dict.fromkeys(markets))
        self._agreement.begin(self._clock.now())
        inbox = _Inbox()
        followers = [
            asyncio.create_task(self._follow(dialect, wanted, inbox), name=f"prices {dialect.name}")
            for dialect in self._dialects
        ]
        followers.append(asyncio.create_task(self._lose_patience(inbox)))
        for follower in followers:
            follower.add_done_callback(inbox.wake)
        try:
            while True:
                for observation in await inbox.taken():
                    yield observation
                for follower in followers:
                    if follower.done():
                        follower.result()  # raises what ended it; exchanges are followed for ever
        finally:
            for follower in followers:
                follower.cancel()
            await asyncio.gather(*followers, return_exceptions=True)

    async def _lose_patience(self, inbox: "_Inbox") -> None:
        """Tell what one exchange said in the beginning, where the other stayed silent."""
        await self._clock.sleep(self._patience_s)
        for observation in self._agreement.alone(self._clock.now()):
            inbox.put(observation)

    async def _follow(self, dialect: Dialect, markets: Sequence[str], inbox: "_Inbox") -> None:
        """Keep one exchange connected for ever."""
        pause = Backoff(self._first_pause_s)
        while True:
            api: Any = None
            try:
                api = await self._open(dialect)
                await self._listen(dialect, api, markets, inbox, pause)
            except NotConfigured:
                raise
            except Exception as lost:  # noqa: BLE001 - ccxt raises whatever a strange frame makes its parsers raise
                _log.info("%s lost: %s", dialect.name, _cause(lost))
            finally:
                if api is not None:
                    await _shut(api)
            await self._clock.sleep(pause.next_s())

    async def _listen(
        self, dialect: Dialect, api: Any, markets: Sequence[str], inbox: "_Inbox", pause: Backoff
    ) -> None:
        """Hand on what comes until the connection fails or falls silent, which raises."""
        heard = asyncio.Event()

        async def watch(market: str, instrument: Instrument) -> None:
            while True:
                ticker = await api.watch_ticker(instrument.symbol)
                reading = dialect.read(market, instrument, ticker, self._clock.now())
                if dialect.is_suspended(ticker):
                    self._suspended[dialect.name].add(market)
                else:
                    self._suspended[dialect.name].discard(market)
                if reading is not None:
                    heard.set()
                    pause.reset()
                    if (observation := self._agreement.add(reading)) is not None:
                        inbox.put(observation)

        async with asyncio.TaskGroup() as group:
            watched = 0
            for market in markets:
                if (instrument := dialect.find(_base(market), api.markets)) is not None:
                    group.create_task(watch(market, instrument))
                    watched += 1
            if not watched:
                await asyncio.Event().wait()  # it trades nothing of ours, and asking again would not change that
            while True:
                heard.clear()
                async with asyncio.timeout(self._silence_s):
                    await heard.wait()

    # --- past ------------------------------------------------------------------------------------------------

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        """Closed candles from the first exchange that has any. Raises PriceUnavailable where none answers."""
        length = timedelta(seconds=TIMEFRAME_S[timeframe])
        until = min(end, self._clock.now() - length + timedelta(microseconds=1))
        failures: list[str] = []
        for dialect in self._dialects:
            try:
                candles = await self._candles(dialect, market, timeframe, start, until)
            except NotConfigured:
                raise
            except Exception as failed:  # noqa: BLE001 - as above
                failures.append(f"{dialect.name}: {_cause(failed)}")
                continue
            if candles:
                return candles
        if len(failures) == len(self._dialects):
            raise PriceUnavailable(f"No history of {market} can be had ({'; '.join(failures)})", "Try again later.")
        return []

    async def _candles(
        self, dialect: Dialect, market: str, timeframe: Timeframe, start: datetime, until: datetime
    ) -> list[Candle]:
        async with self._asking:  # one REST client an exchange, made once
            if (api := self._asked.get(dialect.name)) is None:
                api = self._asked[dialect.name] = await self._open(dialect)
        instrument = dialect.find(_base(market), api.markets)
        found: dict[int, Candle] = {}
        step = TIMEFRAME_S[timeframe] * 1000
        since, last = _milliseconds(start), _milliseconds(until)
        while instrument is not None and since < last:
            bound = {"until": min(last, since + _PAGE * step)} if dialect.takes_until else {}
            async with asyncio.timeout(_ANSWER_S):
                rows = await api.fetch_ohlcv(instrument.symbol, timeframe, since, _PAGE, bound)
            page = [_candle(dialect, market, timeframe, instrument, row) for row in rows]
            found |= {_milliseconds(c.start): c for c in page if c is not None and start <= c.start < until}
            # An empty page is a hole in the exchange's history, or lies before it: the next one may hold something.
            since = max([since + _PAGE * step if not rows else since + step, *(int(row[0]) + step for row in rows)])
        return [found[at] for at in sorted(found)]

    async def is_reachable(self) -> bool:
        """Whether any exchange takes connections: a quick look that loads nothing, to be given a time-out."""
        return await anyone_answers(self._address(dialect).rest for dialect in self._dialects)

    async def close(self) -> None:
        """Close what `candles` opened; what an `observe` opened it closes itself."""
        async with self._asking:
            asked, self._asked = self._asked, {}
        await asyncio.gather(*(_shut(api) for api in asked.values()))

    # --- connections -----------------------------------------------------------------------------------------

    def _address(self, dialect: Dialect) -> Address:
        return self._addresses.get(dialect.name, dialect.address)

    async def _open(self, dialect: Dialect) -> Any:
        """A ccxt client that knows its markets; asked of the exchange the first time, kept after that."""
        try:
            new = await asyncio.to_thread(dialect.load)
        except ImportError as missing:
            raise NotConfigured(
                "Live prices need the library ccxt, which is not installed", "Install the extra: saywhen[exchanges]"
            ) from missing
        address = self._address(dialect)
        api = new({"urls": {"api": dialect.urls(address)}, "options": dialect.options, "has": _UNWANTED})
        try:
            if dialect.name in self._listed:
                api.set_markets(self._listed[dialect.name])
            else:
                async with asyncio.timeout(_ANSWER_S):
                    self._listed[dialect.name] = await api.load_markets()
        except BaseException:
            await _shut(api)
            raise
        return api


class _Inbox:
    """Observations on their way to a reader; bounded, so one that falls behind loses the oldest and sees it by age."""

    def __init__(self) -> None:
        self._waiting: deque[Observation] = deque(maxlen=_MOST_WAITING)
        self._bell = asyncio.Event()

    def put(self, observation: Observation) -> None:
        self._waiting.append(observation)
        self._bell.set()

    def wake(self, _: object) -> None:
        """Let the reader look around, though there may be nothing for it."""
        self._bell.set()

    async def taken(self) -> list[Observation]:
        """All that waits, once something does."""
        await self._bell.wait()
        self._bell.clear()
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting


async def _shut(api: Any) -> None:
    """Close a ccxt client, however little it wants to be closed."""
    with suppress(Exception):
        async with asyncio.timeout(_CLOSE_S):
            await api.close()


def _cause(failed: BaseException) -> str:
    """What failed, in a few words: the first of a group, without addresses or bodies."""
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    return type(failed).__name__


def _base(market: str) -> str:
    return market.removesuffix("-PERP")


def _milliseconds(at: datetime) -> int:
    return (at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


def _candle(
    dialect: Dialect, market: str, timeframe: Timeframe, instrument: Instrument, row: Sequence[Any]
) -> Candle | None:
    """A candle out of ccxt's `[milliseconds, open, high, low, close, volume]`; None where a price is missing."""
    try:
        # ccxt's floats were the exchange's text once; the shortest text that reads as the same float is that text.
        opened, high, low, close = (Decimal(str(value)) / instrument.scale for value in row[1:5])
        volume = None if row[5] is None else Decimal(str(row[5])) * instrument.scale
        if not 0 < low <= opened <= high or not low <= close <= high:
            return None
    except (ArithmeticError, ValueError):
        return None
    return Candle(
        market=market,
        timeframe=timeframe,
        start=datetime.fromtimestamp(int(row[0]) / 1000, UTC),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        source=dialect.name,
    )
