"""Every rule of the language as hypothesis draws it: each condition, action, size, order and quality there is."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core.domain.action import (
    Action,
    Alert,
    Close,
    LadderOrder,
    LimitOrder,
    MarketOrder,
    MoveStop,
    Retraction,
    Reverse,
    Trade,
    TwapOrder,
)
from core.domain.condition import (
    AccountLevel,
    AllOf,
    AnyOf,
    AtTime,
    CandleClose,
    Condition,
    FundingRate,
    Indicator,
    Now,
    OtherIndicator,
    PositionEvent,
    PositionPnl,
    PriceChange,
    PriceLevel,
    Schedule,
    Trailing,
)
from core.domain.rule import Late, Repeat, RuleSet, RuleSpec

MARKETS = ("SOL-PERP", "BTC-PERP", "1MBONK-PERP")
markets = st.sampled_from(MARKETS)
markets_or_all = st.sampled_from((*MARKETS, "*"))
operators: Any = st.sampled_from((">=", "<="))
units: Any = st.sampled_from(("usd", "percent"))
timeframes: Any = st.sampled_from(("1m", "5m", "15m", "1h", "4h", "1d"))
spans = st.integers(1, 3_000_000)
positives = st.builds(lambda digits, places: Decimal(digits).scaleb(-places), st.integers(1, 10**9), st.integers(0, 9))
signed = st.builds(lambda sign, size: sign * size, st.sampled_from((1, -1)), positives)
percents = st.builds(lambda n: Decimal(n) / 100, st.integers(1, 10_000))
instants = st.builds(
    lambda seconds, minutes: (datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(
        UTC if not minutes else timezone(timedelta(minutes=minutes))
    ),
    st.integers(0, 10**8),
    st.sampled_from((0, 0, 60, -300, 330, 765)),
)

# --- cron, a closed family -------------------------------------------------------------------------------------------

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_clock = st.tuples(st.integers(0, 59), st.lists(st.integers(0, 23), min_size=1, max_size=3, unique=True))
_days = st.one_of(
    st.just("*"),
    st.sampled_from(("MON-FRI", "SAT-SUN", "TUE-THU")),
    st.lists(st.sampled_from(_DAYS), min_size=1, max_size=3, unique=True).map(",".join),
)
_dates = st.lists(st.integers(1, 31), min_size=1, max_size=3, unique=True).map(
    lambda days: ",".join(str(day) for day in sorted(days))
)


def _daily(clock: tuple[int, list[int]], dates: str, days: str) -> str:
    minute, hours = clock
    return f"{minute} {','.join(str(hour) for hour in sorted(hours))} {dates} * {days}"


crons = st.one_of(
    st.builds(_daily, _clock, st.just("*"), _days),
    st.builds(_daily, _clock, _dates, st.just("*")),
    st.sampled_from(("* * * * *", "0 * * * *", "*/15 * * * *", "*/5 * * * *", "10,40 * * * *", "0 9 1 1-6 MON")),
)
zones = st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Etc/GMT+5"))

# --- conditions ------------------------------------------------------------------------------------------------------

_periods = st.integers(1, 500)
_lines: Any = st.one_of(
    st.tuples(st.sampled_from(("price", "macd", "macd_signal")), st.none()),
    st.tuples(st.sampled_from(("rsi", "sma", "ema", "bollinger_upper", "bollinger_lower", "atr")), _periods),
    st.tuples(st.just("volume"), st.one_of(st.none(), _periods)),
)


def _indicator(market: str, timeframe: Any, line: Any, operator: Any, against: Any) -> Indicator:
    value, other = against
    return Indicator(
        market=market, timeframe=timeframe, name=line[0], period=line[1], operator=operator, value=value, other=other
    )


_compared: Any = st.sampled_from((">=", "<=", "crosses_above", "crosses_below"))
_against = st.one_of(
    st.tuples(signed, st.none()),
    st.tuples(st.none(), _lines.map(lambda line: OtherIndicator(name=line[0], period=line[1]))),
)
_way: Any = st.sampled_from(("up", "down", "either"))
_anchor: Any = st.sampled_from(("current_price", "entry_price"))
_event: Any = st.sampled_from(("opened", "closed", "increased", "decreased", "liquidated"))
_metric: Any = st.sampled_from(("health", "leverage", "free_collateral", "margin_ratio"))

lone = st.one_of(
    st.builds(PriceLevel, market=markets, operator=operators, price=positives, for_s=st.one_of(st.none(), spans)),
    st.builds(PriceChange, market=markets, direction=_way, threshold=positives, unit=units, reference=_anchor),
    st.builds(
        PriceChange,
        market=markets,
        direction=_way,
        threshold=positives,
        unit=units,
        reference=st.just("window"),
        window_s=spans,
    ),
    st.builds(
        Trailing,
        market=markets,
        direction=st.sampled_from(("up", "down")),
        distance=positives,
        unit=units,
        activation_price=st.one_of(st.none(), positives),
    ),
    st.builds(CandleClose, market=markets, timeframe=timeframes, operator=operators, price=positives),
    st.builds(_indicator, markets, timeframes, _lines, _compared, _against),
    st.builds(PositionPnl, market=markets_or_all, operator=operators, threshold=signed, unit=units),
    st.builds(PositionPnl, market=markets_or_all, operator=operators, threshold=st.just(Decimal(0)), unit=units),
    st.builds(PositionEvent, market=markets_or_all, event=_event),
    st.builds(AccountLevel, metric=_metric, operator=operators, value=positives),
    st.builds(FundingRate, market=markets, operator=operators, value=st.one_of(signed, st.just(Decimal(0)))),
)
at_times = st.builds(AtTime, at=instants)
schedules = st.one_of(
    st.builds(Schedule, every_s=spans, timezone=st.just("UTC"), start_at=st.one_of(st.none(), instants)),
    st.builds(Schedule, cron=crons, timezone=zones, start_at=st.one_of(st.none(), instants)),
)


def _joined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(AllOf, conditions=several), st.builds(AnyOf, conditions=several))


groups = _joined(st.recursive(st.one_of(lone, at_times, schedules), _joined, max_leaves=4))
conditions: st.SearchStrategy[Condition] = st.one_of(st.just(Now()), lone, at_times, schedules, groups)

# --- actions ---------------------------------------------------------------------------------------------------------

orders = st.one_of(
    st.builds(MarketOrder, max_slippage_bps=st.integers(1, 2_000)),
    st.builds(LimitOrder, price=positives, post_only=st.booleans(), ttl_s=st.one_of(st.none(), spans)),
    st.builds(TwapOrder, over_s=spans, slices=st.integers(2, 5_000)),
    st.builds(LadderOrder, orders=st.integers(2, 50), from_price=positives, to_price=positives),
)
levers = st.one_of(st.none(), st.integers(1, 20).map(Decimal), st.just(Decimal("2.5")))
_side: Any = st.sampled_from(("buy", "sell"))


def _trade(
    side: Any, market: str, size: tuple[str, Decimal], order: Any, leverage: Decimal | None, reduce_only: bool
) -> Trade:
    sized: dict[str, Any] = {size[0]: size[1]}
    return Trade(type=side, market=market, reduce_only=reduce_only, order=order, leverage=leverage, **sized)


_sizes = st.one_of(
    st.tuples(st.just("amount_percent"), percents),
    st.tuples(st.sampled_from(("amount_base", "amount_usd", "margin_usd")), positives),
)
_words = st.text("\"abcXYZ09 ,;:.-'()%$é漢🚀", min_size=1, max_size=40)
_messages = _words.map(lambda text: " ".join(text.split())).filter(bool)
actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(_trade, _side, markets, _sizes, orders, levers, st.booleans()),
    st.builds(Close, market=markets_or_all, amount_percent=percents, order=orders),
    st.builds(Reverse, market=markets, order=orders),
    st.builds(
        Retraction, type=st.sampled_from(("cancel_orders", "cancel_rules", "pause_rules")), market=markets_or_all
    ),
    st.builds(MoveStop, market=markets, to=st.one_of(st.just("entry_price"), positives)),
    st.builds(Alert, message=st.one_of(st.none(), _messages)),
)

# --- rules -----------------------------------------------------------------------------------------------------------

_late: Any = st.builds(Late, after_s=spans, do=st.sampled_from(("ask", "run", "skip")))
_repeats = st.builds(Repeat, times=st.one_of(st.none(), st.integers(1, 500)), cooldown_s=st.one_of(st.just(0), spans))
_protects: Any = st.sampled_from((None, "engine", "venue"))
specs = st.builds(
    RuleSpec,
    id=st.just("r1"),
    condition=conditions,
    action=actions,
    repeat=_repeats,
    expires_at=st.one_of(st.none(), instants),
    late=st.one_of(st.none(), _late),
    protect=_protects,
    check_every_s=st.one_of(st.none(), spans),
)


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """One to five rules, some after earlier ones, some excluding each other."""
    drawn = draw(st.lists(specs, min_size=1, max_size=5))
    places = range(len(drawn))
    groups_of = draw(st.lists(st.sampled_from((None, "a", "b")), min_size=len(drawn), max_size=len(drawn)))
    labels = [label if groups_of.count(label) > 1 else None for label in groups_of]
    order = list(dict.fromkeys(label for label in labels if label))
    named = {label: chr(ord("a") + number) for number, label in enumerate(order)}
    rules = []
    for place in places:
        before = draw(st.one_of(st.none(), st.integers(0, place - 1))) if place else None
        rules.append(
            RuleSpec(
                id=f"r{place + 1}",
                condition=drawn[place].condition,
                action=drawn[place].action,
                after=None if before is None else f"r{before + 1}",
                oco_group=named.get(labels[place] or ""),
                repeat=drawn[place].repeat,
                expires_at=drawn[place].expires_at,
                late=drawn[place].late,
                protect=drawn[place].protect,
                check_every_s=drawn[place].check_every_s,
            )
        )
    return tuple(rules)
