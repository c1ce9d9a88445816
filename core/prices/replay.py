"""Candle files: decides what history a file holds and tells it again as if it happened now."""

import asyncio
import re
from bisect import bisect_left, bisect_right
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from heapq import merge
from itertools import pairwise
from math import ceil
from operator import attrgetter
from pathlib import Path
from typing import NoReturn

from core.domain.errors import BadInput
from core.domain.market import TIMEFRAME_S, Candle, Observation, Timeframe
from core.domain.path import walk
from core.ports import Clock
from core.prices.frames import start_of
from core.prices.history import CandleBuilder

NAME = "replay"

_COLUMNS = ["time", "open", "high", "low", "close", "volume"]
_HINT = f"A candle file is CSV text whose first line is {','.join(_COLUMNS)} and whose times are ISO with a zone."
_LONGEST_LINE = 200
_ZERO = Decimal(0)
_LARGEST = Decimal(10) ** 24
_NO_TIME = timedelta(0)
_MICROSECOND = timedelta(microseconds=1)
_TICK = timedelta(seconds=0.5)
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
    distance between two neighbours. Raises BadInput, naming file and line, for a file that cannot be read as that;
    prices outside the wanted time are not looked at.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as failed:
        raise BadInput(f"{path} cannot be read: {failed.strerror or failed}", "Name a file of candles.") from failed
    except UnicodeDecodeError as failed:
        raise BadInput(f"{path.name} is not text: {failed.reason} at byte {failed.start}", _HINT) from failed
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise BadInput(f"{path.name} is empty", _HINT)
    if [column.strip().lower() for column in lines[0].split(",")] != _COLUMNS:
        raise BadInput(f"{path.name}, line 1: Expected {','.join(_COLUMNS)}, was {lines[0][:_LONGEST_LINE]!r}", _HINT)
    del lines[0]
    if not lines:
        raise BadInput(f"{path.name} has no candles", _HINT)
    times = _times(lines, path)
    frame = _frame(times, path) if timeframe is None else timeframe
    _check_distances(times, frame, path)
    begin = 0 if start is None else bisect_left(times, start)
    until = len(times) if end is None else bisect_left(times, end)
    return _candles(market, frame, times[begin:until], lines[begin:until], path, begin)


# A year of 15-minute candles is 35,040 lines, and a person waits: the loops below do the least that is sound, and only
# what has failed is looked at closely. Line numbers count from 1 and the header is the first.


def _times(lines: list[str], path: Path) -> list[datetime]:
    times = []
    for index, line in enumerate(lines):
        try:
            at = datetime.fromisoformat(line.partition(",")[0])
        except ValueError:
            _fail(path, index, "Expected an ISO time", line)
        if at.tzinfo is None:
            _fail(path, index, "Expected a time with a zone, such as a Z at its end", line)
        times.append(at if at.tzinfo is UTC else at.astimezone(UTC))
    return times


def _frame(times: Sequence[datetime], path: Path) -> Timeframe:
    if len(times) < 2:
        raise BadInput(f"{path.name} has one candle, which does not say how long it is", "Say the timeframe.")
    distances = [later - earlier for earlier, later in pairwise(times)]
    step = min((distance for distance in distances if distance > _NO_TIME), default=distances[0])
    if step > _NO_TIME and step not in _FRAMES:
        raise BadInput(f"{path.name}: Expected candles of one of {', '.join(TIMEFRAME_S)}, was one each {step}", _HINT)
    return _FRAMES.get(step, "1m")  # where times never rise, the next check says at which line


def _check_distances(times: Sequence[datetime], frame: Timeframe, path: Path) -> None:
    step = timedelta(seconds=TIMEFRAME_S[frame])
    for index, (earlier, later) in enumerate(pairwise(times), 1):
        distance = later - earlier
        if distance != step and (distance <= _NO_TIME or distance % step != _NO_TIME):
            _fail(path, index, f"Expected times to rise by {frame} or a multiple", f"{later} after {earlier}")


def _candles(
    market: str, frame: Timeframe, times: Sequence[datetime], lines: Sequence[str], path: Path, offset: int
) -> list[Candle]:
    candles = []
    for index, (at, line) in enumerate(zip(times, lines, strict=True), offset):
        try:
            opened, high, low, close, volume = map(Decimal, line.split(",")[1:])
            # A NaN raises; infinities, nonsense and numbers of absurd length fail the comparison.
            sound = (
                _ZERO < low <= opened <= high < _LARGEST
                and low <= close <= high
                and _ZERO <= volume < _LARGEST
                and len(line) <= _LONGEST_LINE
            )
        except (InvalidOperation, ValueError):
            _fail(path, index, "Expected a time and five numbers", line)
        if not sound:
            _fail(path, index, "Expected 0 < low <= open and close <= high, and a volume", line)
        candles.append(
            Candle(
                market=market,
                timeframe=frame,
                start=at,
                open=opened,
                high=high,
                low=low,
                close=close,
                volume=volume,
                source=NAME,
            )
        )
    return candles


def _fail(path: Path, index: int, expected: str, was: str) -> NoReturn:
    raise BadInput(f"{path.name}, line {index + 2}: {expected}, was {was[:_LONGEST_LINE]!r}", _HINT)


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
        # The longest way between two points of one candle; what is further apart has a gap in between.
        longest = max(TIMEFRAME_S[held[0].timeframe] for held in self._candles.values())
        self._longest_step = ceil(longest * 1_000_000 / self._speed / 2) * _MICROSECOND

    def trouble(self, market: str) -> str | None:
        """Why *market* has no price now, in one word: unlisted or ended; None if it has one."""
        held = self._candles.get(market)
        if held is None:
            return "unlisted"
        if self._clock.now() > self._told_at(walk(held[-1])[-1][0]):
            return "ended"
        return None

    async def observe(self, markets: Sequence[str]) -> AsyncGenerator[Observation]:
        """Observations from now on, of those of *markets* that are in the file; silent in its gaps and after its end.

        On the way from one point of the walk to the next a price is told each half second, as the walk has it.
        """
        begin = self._clock.now()
        streams = [self._moving(self._candles[m], begin) for m in dict.fromkeys(markets) if m in self._candles]
        for observation in merge(*streams, key=attrgetter("at")):
            while (wait := (observation.at - self._clock.now()).total_seconds()) > 0:
                await self._clock.sleep(wait)
            yield replace(observation, seen_at=self._clock.now())
        await asyncio.Event().wait()

    def _moving(self, candles: Sequence[Candle], begin: datetime) -> Iterator[Observation]:
        """The points of the walk and, where they are far apart in time, what lies between them."""
        before: Observation | None = None
        for point in self._points(candles, begin):
            if before is not None and point.at - before.at <= self._longest_step:
                yield from self._between(before, point)
            yield point
            before = point

    def _between(self, before: Observation, after: Observation) -> Iterator[Observation]:
        unit = before.price + after.price  # as fine as the finer of them
        at = before.at
        while True:
            # What nobody saw in time is not made up for: a price on the way is told while it holds, or never.
            late = max(0, (self._clock.now() - at) // _TICK - 1)
            at += (late + 1) * _TICK
            if at >= after.at:
                return
            share = Decimal((at - before.at) // _MICROSECOND) / Decimal((after.at - before.at) // _MICROSECOND)
            price = (before.price + (after.price - before.price) * share).quantize(unit)
            yield replace(before, price=price, at=at, volume=None)

    def _points(self, candles: Sequence[Candle], begin: datetime) -> Iterator[Observation]:
        """The points of the walk that are told at *begin* or later."""
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
        for number, observation in enumerate(self._points(self._candles.get(market, []), begin)):
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
