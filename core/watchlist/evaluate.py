"""Whether a whole condition holds, from what is known now; unknown is an answer of its own and fires nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Protocol, assert_never

from core.domain.condition import (
    ALL_MARKETS,
    AccountLevel,
    AllOf,
    AnyOf,
    AtTime,
    CandleClose,
    Condition,
    FundingRate,
    Indicator,
    Now,
    PositionEvent,
    PositionPnl,
    PriceChange,
    PriceLevel,
    Schedule,
    Trailing,
)
from core.domain.level import levels, moved, stop_of
from core.domain.market import TIMEFRAME_S, Candle
from core.domain.money import HUNDRED, ZERO
from core.domain.position import Account, Position
from core.domain.rule import Rule
from core.ports import Facts
from core.watchlist.extremes import Extremes
from core.watchlist.indicators import Lines
from core.watchlist.schedule import next_due

_HAIR = Decimal("1e-9")


class _Comparable(Protocol):
    def __le__(self, other: Any, /) -> bool: ...
    def __ge__(self, other: Any, /) -> bool: ...


def compare(left: _Comparable, operator: str, right: _Comparable) -> bool:
    """`left >= right` or `left <= right`."""
    return left >= right if operator == ">=" else left <= right


def entries_of(rule: Rule, facts: Facts) -> Mapping[str, Decimal]:
    """Average entry prices of the owner's open positions by market, as far as known."""
    account = facts.account(rule.owner)
    return {} if account is None else {position.market: position.entry_price for position in account.positions}


@dataclass(slots=True, kw_only=True)
class Evaluation:
    """One rule looked at once. `memory` is the rule's, and is changed in place where leaves must remember.

    `event` is what just happened to a position, and in which market, where that is why the rule is looked at.
    """

    rule: Rule
    facts: Facts
    memory: dict[str, Any]
    extremes: Mapping[str, Extremes]
    lines: Lines
    now: datetime
    event: tuple[str, str] | None = None

    def holds(self, condition: Condition, path: str = "c") -> bool | None:
        """True, False, or None where something needed is not known. Every leaf is looked at, so that all remember."""
        match condition:
            case AllOf(conditions=parts):
                answers = [self.holds(part, f"{path}.{number}") for number, part in enumerate(parts)]
                return False if False in answers else None if None in answers else True
            case AnyOf(conditions=parts):
                answers = [self.holds(part, f"{path}.{number}") for number, part in enumerate(parts)]
                return True if True in answers else None if None in answers else False
            case Now():
                return True
            case PriceLevel(for_s=int()):
                return self._lasting(condition, path)
            case PriceChange(reference="window"):
                return self._window(condition)
            case PriceLevel() | PriceChange():
                return self._at_level(condition)
            case Trailing():
                return self._trailing(condition, path)
            case CandleClose():
                return self._candle_close(condition)
            case Indicator():
                return self._indicator(condition)
            case PositionPnl():
                return self._pnl(condition)
            case PositionEvent(market=market, event=event):
                return self.event is not None and self.event[0] == event and market in (ALL_MARKETS, self.event[1])
            case AccountLevel(metric=metric, operator=operator, value=value):
                account = self.facts.account(self.rule.owner)
                return None if account is None else compare(getattr(account, metric), operator, value)
            case FundingRate(market=market, operator=operator, value=value):
                rate = self.facts.funding(market)
                return None if rate is None else compare(rate, operator, value)
            case AtTime(at=at):
                return self.now >= at
            case Schedule():
                return self._schedule(condition, path)
            case _:
                assert_never(condition)

    @property
    def _armed_at(self) -> datetime:
        return self.now if self.rule.armed_at is None else self.rule.armed_at

    def _at_level(self, condition: PriceLevel | PriceChange) -> bool | None:
        price = self.facts.price(condition.market)
        if price is None:
            return None
        where = levels(condition, references=self.rule.references, entries=entries_of(self.rule, self.facts))
        return None if where is None else where.reached(price)

    def _lasting(self, condition: PriceLevel, path: str) -> bool | None:
        price = self.facts.price(condition.market)
        if price is None:
            return None
        if not compare(price, condition.operator, condition.price):
            self.memory.pop(path, None)
            return False
        since = datetime.fromisoformat(self.memory.setdefault(path, self.now.isoformat()))
        return self.now - since >= timedelta(seconds=condition.for_s or 0)

    def window_edges(self, condition: PriceChange) -> tuple[Decimal | None, Decimal | None]:
        """The prices (down, up) at which a `window` condition holds now; None where it does not look that way."""
        seen = self.extremes.get(condition.market)
        if seen is None or seen.last is None:
            return None, None
        since = max(self._armed_at, self.now - timedelta(seconds=condition.window_s or 0))
        high, low = seen.high(since), seen.low(since)
        down = None if high is None or condition.direction == "up" else high
        up = None if low is None or condition.direction == "down" else low
        return (
            None if down is None else moved(down, condition.threshold, condition.unit, up=False),
            None if up is None else moved(up, condition.threshold, condition.unit, up=True),
        )

    def _window(self, condition: PriceChange) -> bool | None:
        price = self.facts.price(condition.market)
        down, up = self.window_edges(condition)
        if price is None or (down is None and up is None):
            return None
        return (down is not None and price <= down) or (up is not None and price >= up)

    def _trailing(self, condition: Trailing, path: str) -> bool | None:
        price = self.facts.price(condition.market)
        if price is None:
            return None
        up = condition.direction == "up"
        if path not in self.memory:
            start = condition.activation_price
            if start is not None and not compare(price, "<=" if up else ">=", start):
                return False
            self.memory[path] = str(price)
        extreme = Decimal(self.memory[path])
        if (price < extreme) if up else (price > extreme):
            extreme = price
            self.memory[path] = str(price)
        return compare(price, ">=" if up else "<=", stop_of(condition, extreme))

    def edges(self, condition: Condition, path: str = "c") -> Iterator[Decimal]:
        """The prices at which a leaf may begin or cease to hold, from what is known now."""
        match condition:
            case AllOf(conditions=parts) | AnyOf(conditions=parts):
                for number, part in enumerate(parts):
                    yield from self.edges(part, f"{path}.{number}")
            case PriceLevel(price=price):
                yield price
            case PriceChange(reference="window"):
                yield from (edge for edge in self.window_edges(condition) if edge is not None)
            case PriceChange():
                where = levels(condition, references=self.rule.references, entries=entries_of(self.rule, self.facts))
                if where is not None:
                    yield from (edge for edge in (where.lower, where.upper) if edge is not None)
            case Trailing(activation_price=start) if path in self.memory or start is None:
                if path in self.memory:
                    yield stop_of(condition, Decimal(self.memory[path]))
            case Trailing(activation_price=start) if start is not None:
                yield start
            case PositionPnl():
                yield from self._pnl_edges(condition)
            case _:
                return

    def stirs(self, condition: Condition, low: Decimal, high: Decimal, path: str = "c") -> bool:
        """Whether a price from *low* to *high*, in whatever order, may change what a leaf says or remembers."""
        match condition:
            case AllOf(conditions=parts) | AnyOf(conditions=parts):
                return any(self.stirs(part, low, high, f"{path}.{number}") for number, part in enumerate(parts))
            case PriceChange(reference="window"):
                return True
            case PriceLevel(for_s=int(), operator=operator, price=price) if not low <= price <= high:
                return compare(low, operator, price) != (path in self.memory)
            case Trailing() if path in self.memory:
                extreme = Decimal(self.memory[path])
                if (low < extreme) if condition.direction == "up" else (high > extreme):
                    return True
            case _:
                pass
        return any(low <= edge <= high for edge in self.edges(condition, path))

    def instants(self, condition: Condition, path: str = "c") -> Iterator[datetime]:
        """The times at which a leaf may begin to hold without anything else happening."""
        match condition:
            case AllOf(conditions=parts) | AnyOf(conditions=parts):
                for number, part in enumerate(parts):
                    yield from self.instants(part, f"{path}.{number}")
            case PriceLevel(for_s=int() as lasting) if path in self.memory:
                yield datetime.fromisoformat(self.memory[path]) + timedelta(seconds=lasting)
            case AtTime(at=at):
                yield at
            case Schedule() if path in self.memory:
                yield datetime.fromisoformat(self.memory[path])
            case _:
                return

    def _candle_close(self, condition: CandleClose) -> bool | None:
        candles = self.facts.candles(condition.market, condition.timeframe)
        length = timedelta(seconds=TIMEFRAME_S[condition.timeframe])
        if not candles or candles[-1].start + length <= self._armed_at:
            return None if not candles else False
        return compare(candles[-1].close, condition.operator, condition.price)

    def _indicator(self, condition: Indicator) -> bool | None:
        candles = self.facts.candles(condition.market, condition.timeframe)
        length = timedelta(seconds=TIMEFRAME_S[condition.timeframe])
        if not candles:
            return None
        before, here = self.lines.ends(condition.name, condition.period, candles)
        before_there, there = self._other_ends(condition, candles)
        if here is None or there is None:
            return None
        if condition.operator in (">=", "<="):
            return compare(here, condition.operator, there)
        if candles[-1].start + length <= self._armed_at:
            return False  # it crossed, if it did, before anybody asked
        if before is None or before_there is None:
            return None
        if condition.operator == "crosses_above":
            return before <= before_there and here > there
        return before >= before_there and here < there

    def _other_ends(self, condition: Indicator, candles: Sequence[Candle]) -> tuple[float | None, float | None]:
        if condition.other is not None:
            return self.lines.ends(condition.other.name, condition.other.period, candles)
        value = None if condition.value is None else float(condition.value)
        return value, value

    def _pnl(self, condition: PositionPnl) -> bool | None:
        account = self.facts.account(self.rule.owner)
        if account is None:
            return None
        held = _held(account, condition)
        if not held:
            return False
        profit = sum((p.base * (self._mark(p) - p.entry_price) for p in held), ZERO)
        return compare(profit, condition.operator, _profit_wanted(condition, held))

    def _mark(self, position: Position) -> Decimal:
        price = self.facts.price(position.market)
        return position.mark if price is None else price

    def _pnl_edges(self, condition: PositionPnl) -> Iterator[Decimal]:
        """Where one position's price has to be, the others' standing still."""
        account = self.facts.account(self.rule.owner)
        held = [] if account is None else _held(account, condition)
        for position in held:
            others = sum((p.base * (self._mark(p) - p.entry_price) for p in held if p is not position), ZERO)
            distance = (_profit_wanted(condition, held) - others) / position.base
            below = (condition.operator == "<=") == (position.base > 0)
            # A quotient may be a hair short of what the comparison wants.
            rounding = ROUND_FLOOR if below else ROUND_CEILING
            yield (position.entry_price + distance).quantize(_HAIR, rounding)

    def _schedule(self, condition: Schedule, path: str) -> bool:
        """Due once at each instant, whether or not the rest of the condition holds then."""
        due = datetime.fromisoformat(
            self.memory.setdefault(path, next_due(condition, self._armed_at, self._armed_at).isoformat())
        )
        if self.now < due:
            return False
        self.memory[path] = next_due(condition, self.now, self._armed_at).isoformat()
        return True


def _held(account: Account, condition: PositionPnl) -> list[Position]:
    return [p for p in account.positions if condition.market in (ALL_MARKETS, p.market) and p.base != 0]


def _profit_wanted(condition: PositionPnl, held: Sequence[Position]) -> Decimal:
    """The threshold in quote."""
    if condition.unit == "usd":
        return condition.threshold
    return sum((abs(p.base) * p.entry_price for p in held), ZERO) * condition.threshold / HUNDRED
