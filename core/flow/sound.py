"""Whether a rule set that a program wrote could ever be meant: sizes, prices, names; decides no limit of an owner."""

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from core.codec import to_json
from core.domain.action import Action, Alert, LadderOrder, LimitOrder, MarketOrder, OrderKind, Trade, TwapOrder
from core.domain.condition import (
    ALL_MARKETS,
    AllOf,
    AnyOf,
    AtTime,
    Condition,
    Indicator,
    PositionEvent,
    PositionPnl,
    PriceChange,
    Schedule,
    leaves,
)
from core.domain.errors import BadInput
from core.domain.money import HUNDRED, MAX_DIGITS
from core.domain.rule import RuleSet, RuleSpec

MOST_RULES = 20
LONGEST_S = 366 * 86_400
MOST_LEGS = 50
_LONGEST_TEXT = 500
_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_MUST_BE_POSITIVE = ("price", "threshold", "distance", "activation_price", "from_price", "to_price", "period")
_NO_PERIOD = {"price", "macd", "macd_signal"}
_SIZES = ("amount_percent", "amount_base", "amount_usd", "margin_usd")


def check_sound(rules: RuleSet, markets: Collection[str]) -> None:
    """Raises BadInput with the first thing in *rules* that cannot be meant."""
    if not 1 <= len(rules) <= MOST_RULES:
        raise BadInput(f"Expected 1 to {MOST_RULES} rules, was {len(rules)}.", "Send them in smaller sets.")
    if "\\u0000" in json.dumps(to_json(rules)):
        raise BadInput("Expected words without null characters.", "Remove them and send the rules again.")
    ids = [spec.id for spec in rules]
    if len(set(ids)) != len(ids) or not all(0 < len(name) <= 20 and name.isascii() for name in ids):
        raise BadInput("Expected each rule to have a short id of its own, such as r1.", "Rename them.")
    for spec in rules:
        for fault in _faults(spec, rules, markets):
            raise BadInput(f"{spec.id}: {fault}.", "Correct it and send the rules again.")


def _faults(spec: RuleSpec, rules: RuleSet, markets: Collection[str]) -> Iterator[str]:
    yield from _links(spec, rules)
    for leaf in leaves(spec.condition):
        yield from _condition(leaf, markets)
    for part in _parts(spec.condition):
        if len(part.conditions) < 2:
            yield f"{part.type} needs two conditions or more"
    yield from _action(spec.action, markets)
    repeat = spec.repeat
    if (repeat.times is not None and not 1 <= repeat.times <= 10**6) or not 0 <= repeat.cooldown_s <= LONGEST_S:
        yield "repeat is out of bounds"
    yield from _instant("expires_at", spec.expires_at)
    if spec.check_every_s is not None and not 1 <= spec.check_every_s <= LONGEST_S:
        yield "check_every_s is out of bounds"
    if spec.late is not None and not 0 <= spec.late.after_s <= LONGEST_S:
        yield "late.after_s is out of bounds"
    if spec.oco_group is not None and not 0 < len(spec.oco_group) <= 20:
        yield "oco_group must be a short label"


def _links(spec: RuleSpec, rules: RuleSet) -> Iterator[str]:
    before = {rule.id: rule.after for rule in rules}
    seen, at = {spec.id}, spec.after
    while at is not None:
        if at not in before:
            yield f"after names {at!r}, which is not in the set"
            return
        if at in seen:
            yield "after leads in a circle"
            return
        seen.add(at)
        at = before[at]


def _parts(condition: Condition) -> Iterator[AllOf | AnyOf]:
    if isinstance(condition, AllOf | AnyOf):
        yield condition
        for part in condition.conditions:
            yield from _parts(part)


def _market(name: str, markets: Collection[str], *, any_market: bool) -> Iterator[str]:
    if name not in markets and not (any_market and name == ALL_MARKETS):
        yield f"{name[:20]!r} is not listed; there are {', '.join(sorted(markets))}"


def _numbers(value: object) -> Iterator[str]:
    for name in value.__dataclass_fields__:  # type: ignore[attr-defined]
        number = getattr(value, name)
        if isinstance(number, bool) or not isinstance(number, Decimal | int):
            continue
        if abs(Decimal(number).adjusted()) > MAX_DIGITS:
            yield f"{name} is out of bounds"
        elif name in _MUST_BE_POSITIVE and number <= 0 and not isinstance(value, PositionPnl):
            yield f"{name} must be above 0"
        elif name.endswith("_s") and not 0 < number <= LONGEST_S:
            yield f"{name} must be from 1 to {LONGEST_S}"


def _condition(leaf: Condition, markets: Collection[str]) -> Iterator[str]:
    market = getattr(leaf, "market", None)
    if market is not None:
        yield from _market(market, markets, any_market=isinstance(leaf, PositionPnl | PositionEvent))
    yield from _numbers(leaf)
    match leaf:
        case PriceChange():
            if (leaf.window_s is not None) != (leaf.reference == "window"):
                yield "window_s goes with the reference window, and only with it"
            if leaf.unit == "percent" and leaf.direction != "up" and leaf.threshold >= HUNDRED:
                yield "nothing falls by 100 % or more"
        case Indicator():
            if (leaf.value is None) == (leaf.other is None):
                yield "an indicator is compared with a value or with another one"
            if (leaf.period is None) != (leaf.name in _NO_PERIOD):
                yield f"{leaf.name} {'has no' if leaf.name in _NO_PERIOD else 'needs a'} period"
            if leaf.period is not None and leaf.period > 500:
                yield "period is at most 500"
        case AtTime(at=at):
            yield from _instant("the time", at)
        case Schedule():
            yield from _schedule(leaf)
        case _:
            pass


def _instant(name: str, at: datetime | None) -> Iterator[str]:
    """Far-off times overflow where they are turned into another zone's."""
    if at is not None and at.tzinfo is None:
        yield f"{name} needs an offset"
    elif at is not None and not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        yield f"{name} must lie between {_FIRST_YEAR} and {_LAST_YEAR}"


def _schedule(schedule: Schedule) -> Iterator[str]:
    if (schedule.every_s is None) == (schedule.cron is None):
        yield "a schedule has every_s or cron, and not both"
    yield from _instant("start_at", schedule.start_at)
    try:
        zone = ZoneInfo(schedule.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"{str(schedule.timezone)[:40]!r} is no time zone"
        return
    if schedule.cron is not None:
        try:
            # Any instant will do to see whether the line has a next one.
            next(CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=zone)))
        except (CronSimError, StopIteration):
            yield f"{schedule.cron[:40]!r} is no cron line that ever comes due"


def _action(action: Action, markets: Collection[str]) -> Iterator[str]:
    market = getattr(action, "market", None)
    if market is not None:
        yield from _market(market, markets, any_market=not isinstance(action, Trade))
    yield from _numbers(action)
    if isinstance(action, Alert) and action.message is not None and len(action.message) > _LONGEST_TEXT:
        yield f"message is longer than {_LONGEST_TEXT} characters"
    if isinstance(action, Trade):
        sizes = [name for name in _SIZES if getattr(action, name) is not None]
        if len(sizes) != 1:
            yield "exactly one size is needed: " + ", ".join(_SIZES)
        elif getattr(action, sizes[0]) <= 0:
            yield f"{sizes[0]} must be above 0"
        if (action.margin_usd is not None) and action.leverage is None:
            yield "margin_usd needs a leverage"
        if action.leverage is not None and action.leverage <= 0:
            yield "leverage must be above 0"
    percent = getattr(action, "amount_percent", None)
    if percent is not None and not 0 < percent <= HUNDRED:
        yield "amount_percent must be above 0 and at most 100"
    order = getattr(action, "order", None)
    if order is not None:
        yield from _order(order)


def _order(order: OrderKind) -> Iterator[str]:
    yield from _numbers(order)
    match order:
        case MarketOrder(max_slippage_bps=bps):
            if not 0 <= bps <= 10_000:
                yield "max_slippage_bps must be from 0 to 10000"
        case TwapOrder(slices=count) | LadderOrder(orders=count):
            if not 2 <= count <= MOST_LEGS:
                yield f"expected 2 to {MOST_LEGS} orders"
        case LimitOrder():
            pass
