"""Conditions evaluated by their plainest reading over everything that was ever seen; slow on purpose, shares no code
with the watchlist."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.condition import AllOf, AnyOf, Condition, PriceChange, PriceLevel, Trailing, leaves
from core.domain.ids import RuleId
from core.domain.rule import Rule

Seen = list[tuple[datetime, Decimal]]


@dataclass
class Watched:
    """One armed rule, and what was seen of each market since it was armed, in looks at the whole rule."""

    rule: Rule
    since: datetime
    looks: list[tuple[datetime, Mapping[str, Decimal]]] = field(default_factory=list)


class Naive:
    """Keeps all prices, and works every rule out anew whenever anything moves."""

    def __init__(self, entries: Mapping[str, Decimal]) -> None:
        self.entries = entries
        self.seen: dict[str, Seen] = {}
        self.prices: dict[str, Decimal] = {}
        self.watched: dict[RuleId, Watched] = {}

    def tick(self, market: str, price: Decimal, now: datetime) -> None:
        self.seen.setdefault(market, []).append((now, price))
        self.prices[market] = price

    def arm(self, rule: Rule, now: datetime) -> None:
        self.watched[rule.id] = Watched(rule, now)
        for leaf in leaves(rule.spec.condition):
            if isinstance(leaf, PriceChange) and leaf.reference == "window" and leaf.market in self.prices:
                self.seen[leaf.market].append((now, self.prices[leaf.market]))  # the first price of its window

    def disarm(self, rule_id: RuleId) -> None:
        self.watched.pop(rule_id, None)

    def fired(self, now: datetime) -> set[RuleId]:
        """What holds now; it is not watched any more."""
        found = set()
        for rule_id, watched in list(self.watched.items()):
            watched.looks.append((now, dict(self.prices)))
            if self._holds(watched, watched.rule.spec.condition, len(watched.looks) - 1):
                found.add(rule_id)
                del self.watched[rule_id]
        return found

    def _holds(self, watched: Watched, condition: Condition, look: int) -> bool:
        _, prices = watched.looks[look]
        match condition:
            case AllOf(conditions=parts):
                return all(self._holds(watched, part, look) for part in parts)
            case AnyOf(conditions=parts):
                return any(self._holds(watched, part, look) for part in parts)
            case PriceLevel() | PriceChange() | Trailing():
                price = prices.get(condition.market)
                return price is not None and self._of_price(watched, condition, price, look)
            case _:
                raise AssertionError(condition)

    def _of_price(
        self, watched: Watched, condition: PriceLevel | PriceChange | Trailing, price: Decimal, look: int
    ) -> bool:
        now = watched.looks[look][0]
        match condition:
            case PriceLevel(for_s=None):
                return price >= condition.price if condition.operator == ">=" else price <= condition.price
            case PriceLevel(for_s=int() as seconds):
                begin = look
                while begin >= 0 and self._beyond(condition, watched.looks[begin][1]):
                    begin -= 1
                run = watched.looks[begin + 1 : look + 1]
                return bool(run) and now - run[0][0] >= timedelta(seconds=seconds)
            case PriceChange(reference="window"):
                return self._window(watched, condition, price, now)
            case PriceChange(reference="current_price"):
                return self._changed(condition, watched.rule.references[condition.market], price)
            case PriceChange():
                entry = self.entries.get(condition.market)
                return entry is not None and self._changed(condition, entry, price)
            case Trailing():
                return self._trailing(watched, condition, look)
            case _:
                raise AssertionError(condition)

    @staticmethod
    def _beyond(condition: PriceLevel, prices: Mapping[str, Decimal]) -> bool:
        price = prices.get(condition.market)
        if price is None:
            return False
        return price >= condition.price if condition.operator == ">=" else price <= condition.price

    @staticmethod
    def _changed(condition: PriceChange, reference: Decimal, price: Decimal) -> bool:
        step = condition.threshold if condition.unit == "usd" else reference * condition.threshold / 100
        down = condition.direction in ("down", "either") and price <= reference - step
        up = condition.direction in ("up", "either") and price >= reference + step
        return down or up

    def _window(self, watched: Watched, condition: PriceChange, price: Decimal, now: datetime) -> bool:
        assert condition.window_s is not None
        begin = max(watched.since, now - timedelta(seconds=condition.window_s))
        inside = [p for at, p in self.seen.get(condition.market, ()) if begin <= at <= now]
        if not inside:
            return False
        high, low = max(inside), min(inside)
        share = condition.threshold / 100
        drop = condition.threshold if condition.unit == "usd" else high * share
        rise = condition.threshold if condition.unit == "usd" else low * share
        down = condition.direction in ("down", "either") and price <= high - drop
        up = condition.direction in ("up", "either") and price >= low + rise
        return down or up

    @staticmethod
    def _trailing(watched: Watched, condition: Trailing, look: int) -> bool:
        extreme: Decimal | None = None
        holds = False
        for _, prices in watched.looks[: look + 1]:
            price = prices.get(condition.market)
            if price is None:
                continue
            up = condition.direction == "up"
            start = condition.activation_price
            if extreme is None and start is not None and (price > start if up else price < start):
                continue
            extreme = price if extreme is None else min(extreme, price) if up else max(extreme, price)
            step = condition.distance if condition.unit == "usd" else extreme * condition.distance / 100
            holds = price >= extreme + step if up else price <= extreme - step
        return holds
