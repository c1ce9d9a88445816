"""Candle files: decides what history a file holds and tells it again as if it happened now."""

import asyncio
import csv
import re
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from heapq import merge
from itertools import pairwise
from math import ceil
from operator import attrgetter
from pathlib import Path
from typing import NoReturn, TextIO

from core.domain.errors import BadInput
from core.domain.market import TIMEFRAME_S, Candle, Observation, Timeframe
from core.domain.path import walk
from core.ports import Clock
from core.prices.frames import start_of
from core.prices.history import CandleBuilder

NAME = "replay"

_COLUMNS = ["time", "open", "high", "low", "close", "volume"]
_HINT = f"A candle file is CSV text whose first line is {','.join(_COLUMNS)} and whose times are ISO with a zone."
_LONGEST_FIELD = 40
_LARGEST = Decimal(10) ** 24
_NO_TIME = timedelta(0)
_MICROSECOND = timedelta(microseconds=1)
_FRAMES: dict[timedelta, Timeframe] = {timedelta(seconds=s): timeframe for timeframe, s in TIMEFRAME_S.items()}


def market_of(path: Path) -> str | None:
    """The market that a file's name begins with: `sol-perp-15m.csv` holds SOL-PERP; None where it names none."""
    named = re.match(r"([a-z0-9]+)[-_]perp(?![a-z0-9])", path.name.lower())
    return f"{named[1].upper()}-PERP" if named is not None else None


def read_candles(
    path: Path,
    market: str,
    timeframe: Timeframe | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[Candle]:
    """The candles of a CSV file with `start <= candle.start < end`, oldest first.

    Times are when a candle opens, ISO 8601 with a zone, rising; gaps are allowed. Without *timeframe* it is the least
    distance between two neighbours. Raises BadInput, naming file and line, for a file that cannot be read as that.
    """
    if market != market.strip() or not market:
        raise BadInput(f"Expected a market's symbol, was {market!r}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(file, path, market, timeframe, start, end)
    except OSError as failed:
        raise BadInput(f"{path.name} cannot be read: {failed.strerror or failed}") from failed
    except UnicodeDecodeError as failed:
        raise BadInput(f"{path.name} is not text: {failed.reason} at byte {failed.start}", _HINT) from failed


def _read(
    file: TextIO,
    path: Path,
    market: str,
    timeframe: Timeframe | None,
    start: datetime | None,
    end: datetime | None,
) -> list[Candle]:
    rows = csv.reader(file)
    header = next(_rows(rows, path), None)
    if header is None:
        raise BadInput(f"{path.name} is empty", _HINT)
    if [column.strip().lower() for column in header] != _COLUMNS:
        raise BadInput(f"{path.name}, line 1: Expected {','.join(_COLUMNS)}, was {','.join(header)[:80]}", _HINT)
    times: list[datetime] = []
    kept: list[tuple[int, list[str]]] = []
    for row in _rows(rows, path):
        if not row:
            continue
        at = _time(row, path, rows.line_num)
        if times and at <= times[-1]:
            _fail(path, rows.line_num, f"Expected times to rise, was {row[0]} after {times[-1].isoformat()}")
        times.append(at)
        kept.append((rows.line_num, row))
    if not times:
        raise BadInput(f"{path.name} has no candles", _HINT)
    step, frame = _frame(path, times, timeframe)
    candles = []
    for at, (line, row) in zip(times, kept, strict=True):
        if (at - times[0]) % step != _NO_TIME:
            _fail(path, line, f"Expected a candle each {frame}, was one at {row[0]}")
        if (start is None or at >= start) and (end is None or at < end):
            candles.append(_candle(market, frame, at, row, path, line))
    return candles


def _rows(rows: Iterable[list[str]], path: Path) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error as failed:
        raise BadInput(f"{path.name} is not a CSV file: {failed}", _HINT) from failed


def _time(row: list[str], path: Path, line: int) -> datetime:
    if len(row) != len(_COLUMNS):
        _fail(path, line, f"Expected {len(_COLUMNS)} columns, was {len(row)}")
    try:
        at = datetime.fromisoformat(row[0])
    except ValueError:
        _fail(path, line, f"Expected an ISO time, was {row[0][:_LONGEST_FIELD]!r}")
    if at.tzinfo is None:
        _fail(path, line, f"Expected a time with a zone, such as a Z at its end, was {row[0]!r}")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _frame(path: Path, times: Sequence[datetime], timeframe: Timeframe | None) -> tuple[timedelta, Timeframe]:
    if timeframe is not None:
        return timedelta(seconds=TIMEFRAME_S[timeframe]), timeframe
    if len(times) < 2:
        raise BadInput(f"{path.name} has one candle, which does not say how long it is; say the timeframe")
    step = min(later - earlier for earlier, later in pairwise(times))
    if step not in _FRAMES:
        raise BadInput(f"{path.name}: Expected candles of one of {', '.join(TIMEFRAME_S)}, was one each {step}", _HINT)
    return step, _FRAMES[step]


def _candle(market: str, timeframe: Timeframe, at: datetime, row: list[str], path: Path, line: int) -> Candle:
    try:
        opened, high, low, close, volume = map(Decimal, row[1:])
        # A NaN raises here; infinities and nonsense fall through to the complaint.
        sound = 0 < low <= opened <= high < _LARGEST and low <= close <= high and 0 <= volume < _LARGEST
    except InvalidOperation:
        _fail(path, line, f"Expected five numbers, was {','.join(row[1:])[: 3 * _LONGEST_FIELD]}")
    if not sound or max(map(len, row)) > _LONGEST_FIELD:
        _fail(
            path,
            line,
            "Expected 0 < low <= open, close <= high and a volume, of sane length, was "
            + ",".join(row[1:])[: 3 * _LONGEST_FIELD],
        )
    return Candle(
        market=market,
        timeframe=timeframe,
        start=at,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        source=NAME,
    )


def _fail(path: Path, line: int, what: str) -> NoReturn:
    raise BadInput(f"{path.name}, line {line}: {what}", _HINT)


class ReplaySource:
    """A `PriceSource` that tells old candles again: each one's four prices in their order (`core.domain.path.walk`).

    Times told are *clock*'s: the first candle opens at `began`, and the file passes `speed` times as fast as the clock.
    Where `began` is the first candle's own start and `speed` is 1, times are the file's. What the file still has to
    tell is not in `candles`. Marked `simulated`, because nobody can trade at these prices today. At the end of the
    file it falls silent, and `trouble` says so.
    """

    name = NAME
    simulated = True

    def __init__(
        self, candles: Iterable[Candle], clock: Clock, *, speed: Decimal = Decimal(1), began: datetime | None = None
    ) -> None:
        """`candles` oldest first for each market; `began` defaults to now. Raises BadInput if there are none."""
        self._candles: dict[str, list[Candle]] = {}
        for candle in candles:
            self._candles.setdefault(candle.market, []).append(candle)
        if not self._candles:
            raise BadInput("There is no candle to replay")
        if not speed > 0:
            raise ValueError(f"Expected a speed above zero, was {speed}")
        self._clock = clock
        self._first = min(held[0].start for held in self._candles.values())
        self._began = clock.now() if began is None else began
        self._speed = Fraction(speed)

    def trouble(self, market: str) -> str | None:
        """Why *market* has no price, in words for people; None when nothing is wrong."""
        held = self._candles.get(market)
        if held is None:
            return "not in the file"
        if self._clock.now() > self._told_at(walk(held[-1])[-1][0]):
            return f"the file ended at {held[-1].start.isoformat()}"
        return None

    async def observe(self, markets: Sequence[str]) -> AsyncIterator[Observation]:
        """Observations from now on, of those of *markets* that are in the file; silent after its end."""
        begin = self._clock.now()
        streams = [self._observations(self._candles[m], begin) for m in dict.fromkeys(markets) if m in self._candles]
        for observation in merge(*streams, key=attrgetter("at")):
            while (wait := (observation.at - self._clock.now()).total_seconds()) > 0:
                await self._clock.sleep(wait)
            yield replace(observation, seen_at=self._clock.now())
        await asyncio.Event().wait()

    def _observations(self, candles: Sequence[Candle], begin: datetime) -> Iterator[Observation]:
        opened = self._first + (begin - self._began) // _MICROSECOND * self._speed // 1 * _MICROSECOND
        for candle in candles[max(0, bisect_right(candles, opened, key=attrgetter("start")) - 1) :]:
            points = walk(candle)
            for number, (at, price) in enumerate(points, 1):
                told_at = self._told_at(at)
                if told_at >= begin:
                    yield Observation(
                        market=candle.market,
                        price=price,
                        at=told_at,
                        seen_at=told_at,
                        source=NAME,
                        simulated=True,
                        funding_rate=candle.funding_rate,
                        volume=candle.volume if number == len(points) else None,
                    )

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        """Closed candles of what was told, as the clock's time has it, built from the walk; none before `began`."""
        until = min(end, self._clock.now())
        builder = CandleBuilder(timeframe, keep_first=True)
        built = []
        begin = start_of(start, timeframe)
        for number, observation in enumerate(self._observations(self._candles.get(market, []), begin)):
            if observation.at >= until:
                break
            if (candle := builder.add(observation)) is not None:
                built.append(candle)
            if number % 1000 == 999:
                await self._clock.sleep(0)
        built += builder.close(until)
        return [candle for candle in built if start <= candle.start < end]

    async def close(self) -> None:
        """Nothing is held."""

    def _told_at(self, at: datetime) -> datetime:
        """The clock's time at which a time of the file is told."""
        if self._speed == 1:
            return self._began + (at - self._first)
        return self._began + ceil(Fraction((at - self._first) // _MICROSECOND) / self._speed) * _MICROSECOND
