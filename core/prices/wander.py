"""One simulated market's path: the price at any instant as a pure function of seed, market and time.

Nothing here runs or waits. Market time is counted in *beats* of half a second from an epoch; between beats the price
rests. Every value can be had on its own, in any order, by any process, and is the same each time:

- hours are the leaves of a Brownian bridge by midpoint displacement (Lévy's construction), each midpoint drawn from a
  hash of seed, market and hour, and pinned to the start price every 2^15 hours, so that a market left running for
  years neither dies nor explodes;
- an hour is bridged by 60 minutes drawn from one generator seeded with that hour, its own volatility included; each
  minute's high and low follow the distribution of a bridge's extremes;
- on top come jumps, about one a day, which strike within one beat and fade over four days;
- a minute's 120 beats are a bridge folded into that minute's low and high that touches both. So candles of any length
  are exactly the extremes of the beats inside them, without any beat being computed.
"""

import math
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from random import Random
from statistics import NormalDist
from typing import NamedTuple

BEAT_US = 500_000
MINUTE = 120
HOUR = 60 * MINUTE

_PINNED_HOURS = 1 << 15
_HOURS_A_YEAR = 8766
_MINUTES_A_DAY = 1440
_FADE_MINUTES = 4 * _MINUTES_A_DAY
_LAST = MINUTE - 1

_normal = NormalDist().inv_cdf


class Span(NamedTuple):
    """What happened over a run of beats; prices in ticks, volume in steps."""

    open: int
    high: int
    low: int
    close: int
    volume: int


class _Jump(NamedTuple):
    minute: int
    beat: int
    size: float


class Wander:
    """The path of one market: prices in whole ticks, volumes in whole steps, funding in percent per hour."""

    def __init__(self, seed: int, symbol: str, *, start: float, volatility: float, hourly_volume: float) -> None:
        """`start` in ticks at beat 0, `volatility` a fraction per year, `hourly_volume` in steps."""
        self._seed = f"{seed}:{symbol}".encode()
        self._start = start
        self._hourly = volatility / math.sqrt(_HOURS_A_YEAR)
        self._minute_volume = hourly_volume / 60
        # Bounded, because a process may run for years; large enough that a month of candles computes each hour once.
        self._drift = lru_cache(4096)(self._draw_drift)
        self._jumps = lru_cache(64)(self._draw_jumps)
        self._minutes = lru_cache(32)(self._draw_minutes)
        self._hour = lru_cache(4096)(self._sum_hour)
        self._beats = lru_cache(64)(self._draw_beats)
        self._settled = _fading(self._recent(0), 0)  # so that beat 0 stands at the start price

    def price(self, beat: int) -> int:
        """The price at *beat*, in ticks."""
        minute, offset = divmod(beat, MINUTE)
        return self._beats(minute)[offset]

    def span(self, first: int, end: int) -> Span:
        """Open, high, low, close and volume over the beats `first <= beat < end`; at least one."""
        if end <= first:
            raise ValueError(f"Expected at least one beat, was [{first}, {end})")
        parts: list[Span] = []
        beat = first
        while beat < end:
            if beat % HOUR == 0 and beat + HOUR <= end:
                parts.append(self._hour(beat // HOUR))
                beat += HOUR
            elif beat % MINUTE == 0 and beat + MINUTE <= end:
                parts.append(self._minute(beat // MINUTE))
                beat += MINUTE
            else:
                until = min(end, (beat // MINUTE + 1) * MINUTE)
                parts.append(self._piece(beat, until))
                beat = until
        return parts[0] if len(parts) == 1 else _join(parts)

    def turns(self, first: int, end: int) -> list[int]:
        """The beats that show all a span did: where it was highest, where lowest, and its last, in order."""
        last = end - 1
        if last == first:
            return [last]
        span = self.span(first, end)
        found = {last} | {self._find(price, first, end) for price in (span.high, span.low) if price != span.close}
        return sorted(found)

    def funding(self, beat: int) -> float:
        """Percent per hour at *beat*: around a small positive rest, leaning the way the last day went."""
        hour = beat // HOUR
        day = self._log(hour) - self._log(hour - 24)
        rate = 0.00125 + 0.03 * day + 0.0008 * self._gauss("funding", hour)
        return max(-0.05, min(0.05, rate))

    # --- hours -----------------------------------------------------------------------------------------------

    def _log(self, hour: int) -> float:
        """The log of price over start at an hour's boundary."""
        return self._hourly * self._drift(hour) + _fading(self._recent(hour), 60 * hour) - self._settled

    def _draw_drift(self, hour: int) -> float:
        if hour % _PINNED_HOURS == 0:
            return 0.0
        step = hour & -hour  # the lowest bit set is half the span that this hour is the middle of
        middle = (self._drift(hour - step) + self._drift(hour + step)) / 2
        return middle + math.sqrt(step / 2) * self._gauss("drift", hour)

    def _sum_hour(self, hour: int) -> Span:
        return _join(self._minutes(hour))

    def _draw_jumps(self, day: int) -> list[_Jump]:
        rng = self._rng("jumps", day)
        hourly = self._hourly
        count = (0, 0, 1, 1, 2)[int(5 * rng.random())]
        return sorted(
            _Jump(
                minute=day * _MINUTES_A_DAY + int(_MINUTES_A_DAY * rng.random()),
                beat=1 + int((_LAST - 1) * rng.random()),
                size=hourly * (1 - math.log(rng.random() or 0.5)) * (1 if rng.random() < 0.5 else -1),
            )
            for _ in range(count)
        )

    def _recent(self, hour: int) -> list[_Jump]:
        """The jumps that an hour may still feel."""
        day = hour // 24
        return [jump for passed in range(day - 4, day + 1) for jump in self._jumps(passed)]

    # --- minutes ---------------------------------------------------------------------------------------------

    def _minute(self, minute: int) -> Span:
        hour, offset = divmod(minute, 60)
        return self._minutes(hour)[offset]

    def _draw_minutes(self, hour: int) -> tuple[Span, ...]:
        random = self._rng("hour", hour).random
        mood = math.exp(0.4 * _normal(random() or 0.5))
        noise = self._hourly * mood / math.sqrt(60)
        steps = [noise * _normal(random() or 0.5) for _ in range(60)]
        begin, end = self._hourly * self._drift(hour), self._hourly * self._drift(hour + 1)
        slope = (end - begin - sum(steps)) / 60
        recent = self._recent(hour)
        logs = [
            begin + walked + slope * i + _fading(recent, 60 * hour + i) - self._settled
            for i, walked in enumerate(accumulate(steps, initial=0.0))
        ]
        logs[60] = self._log(hour + 1)  # what the next hour begins with, to the last bit of the sums
        start, exp, log, sqrt = self._start, math.exp, math.log, math.sqrt
        prices = [max(1, round(start * exp(x))) for x in logs]
        spans = []
        for i in range(60):
            a, b = logs[i], logs[i + 1]
            move = (b - a) ** 2
            # P(max of a bridge > m) = exp(-2 (m - a)(m - b) / variance), solved for m; the low is its mirror image.
            high = (a + b + sqrt(move - 2 * noise * noise * log(random() or 0.5))) / 2
            low = (a + b - sqrt(move - 2 * noise * noise * log(random() or 0.5))) / 2
            opened, closed = prices[i], prices[i + 1]
            busy = 0.5 + random() + sqrt(move) / self._hourly * 4
            spans.append(
                Span(
                    open=opened,
                    high=max(opened, closed, round(start * exp(high))),
                    low=max(1, min(opened, closed, round(start * exp(low)))),
                    close=closed,
                    volume=round(self._minute_volume * mood * busy),
                )
            )
        return tuple(spans)

    # --- beats -----------------------------------------------------------------------------------------------

    def _piece(self, first: int, end: int) -> Span:
        """A run of beats within one minute."""
        minute, offset = divmod(first, MINUTE)
        beats = self._beats(minute)[offset : offset + end - first]
        until = offset + end - first
        volume = self._minute(minute).volume
        share = volume * until // MINUTE - volume * offset // MINUTE
        return Span(beats[0], max(beats), min(beats), beats[-1], share)

    def _draw_beats(self, minute: int) -> tuple[int, ...]:
        span = self._minute(minute)
        random = self._rng("minute", minute).random
        size = (span.high - span.low) / math.sqrt(_LAST) / 1.6  # a bridge's mean range is about 1.25 deviations
        walked = list(accumulate((size * _normal(random() or 0.5) for _ in range(_LAST)), initial=float(span.open)))
        struck = self._strikes(minute)
        slope = (span.close - struck[-1] - walked[-1]) / _LAST
        beats = [_fold(x + slope * i + struck[i], span.low, span.high) for i, x in enumerate(walked)]
        beats[0], beats[-1] = span.open, span.close
        inner = range(1, _LAST)
        lowest = min(inner, key=beats.__getitem__)
        highest = max((i for i in inner if i != lowest), key=beats.__getitem__)
        if min(span.open, span.close) > span.low:
            beats[lowest] = span.low
        if max(span.open, span.close) < span.high:
            beats[highest] = span.high
        return tuple(beats)

    def _strikes(self, minute: int) -> list[float]:
        """The jumps of a minute, in ticks, as steps over its beats."""
        steps = [0.0] * MINUTE
        for jump in self._jumps(minute // _MINUTES_A_DAY):
            if jump.minute == minute:
                size = self._minute(minute).open * math.expm1(jump.size)
                for beat in range(jump.beat, MINUTE):
                    steps[beat] += size
        return steps

    def _find(self, price: int, first: int, end: int) -> int:
        """The first beat of a span that stood at *price*, which it did."""
        for minute in range(first // MINUTE, (end - 1) // MINUTE + 1):
            span = self._minute(minute)
            if span.low <= price <= span.high:
                begin = minute * MINUTE
                beats = self._beats(minute)[max(0, first - begin) : end - begin]
                if price in beats:
                    return max(first, begin) + beats.index(price)
        raise AssertionError(f"Expected {price} within beats [{first}, {end})")

    # --- draws -----------------------------------------------------------------------------------------------

    def _draw(self, what: str, number: int) -> int:
        return int.from_bytes(blake2b(f"{what}:{number}".encode(), key=self._seed[:64], digest_size=8).digest())

    def _rng(self, what: str, number: int) -> Random:
        return Random(self._draw(what, number))

    def _gauss(self, what: str, number: int) -> float:
        return _normal(((self._draw(what, number) >> 11) + 0.5) / (1 << 53))


def _join(parts: "list[Span] | tuple[Span, ...]") -> Span:
    opens, highs, lows, closes, volumes = zip(*parts, strict=True)
    return Span(opens[0], max(highs), min(lows), closes[-1], sum(volumes))


def _fading(jumps: list[_Jump], minute: int) -> float:
    """What is left at a minute's beginning of the jumps before it."""
    left = 0.0
    for jump in jumps:
        age = minute - jump.minute
        if 0 < age < _FADE_MINUTES:
            left += jump.size * (1 - age / _FADE_MINUTES) ** 2
    return left


def _fold(x: float, low: int, high: int) -> int:
    """*x* mirrored at both bounds until it lies between them."""
    width = high - low
    if width == 0:
        return low
    over = (x - low) % (2 * width)
    return low + round(over if over <= width else 2 * width - over)
