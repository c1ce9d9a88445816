"""What no price path decides: candles, positions, accounts, funding, and what is remembered."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

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
from core.domain.ids import OwnerId, RuleId
from core.domain.position import Account
from core.watchlist import HeapWatchlist
from tests.core.watchlist.test_indicators import candles
from tests.core.watchlist.world import ANN, ETH, HOUR, SECOND, SOL, START, Bench, D, account, rule


@pytest.mark.parametrize("condition", [Schedule(every_s=3600), PositionEvent(market=SOL, event="closed"), Now()])
def test_an_exit_that_is_tried_again_fires_at_the_end_of_its_rest_though_its_moment_is_over(
    condition: Condition,
) -> None:
    bench = Bench()
    memory = {"rest_until": (START + 2 * SECOND).isoformat(), "tries": 1}
    assert bench.arm(condition, memory=memory) is None
    assert bench.poll(seconds=1) == []
    assert len(bench.poll(seconds=1)) == 1


def test_a_resting_rule_is_not_watched_and_holds_again_only_if_it_still_does() -> None:
    bench = Bench()
    level = PriceLevel(market=SOL, operator=">=", price=D(105))
    bench.arm(level, memory={"rest_until": (START + 60 * SECOND).isoformat()})
    assert bench.tick("106") == []
    (again,) = bench.poll(seconds=60)
    assert again.already
    bench.arm(level, memory={"rest_until": (bench.now + 60 * SECOND).isoformat()})
    assert bench.tick("104") == []
    assert bench.poll(seconds=60) == []
    assert bench.tick("105") == ["rule_1"]


@pytest.mark.parametrize(
    "condition",
    [
        PriceLevel(market=SOL, operator=">=", price=D(105)),
        AllOf(conditions=(PriceLevel(market=SOL, operator=">=", price=D(105)), AtTime(at=START))),
    ],
)
def test_a_rule_to_be_reset_fires_only_after_it_has_stopped_holding(condition: Condition) -> None:
    bench = Bench(SOL="106")
    assert bench.arm(condition, memory={"reset": True}) is None
    assert bench.tick("107") == []
    assert bench.poll() == []
    assert bench.tick("104.9") == []
    assert bench.tick("105") == ["rule_1"]


def test_a_trailing_rule_to_be_reset_begins_with_a_new_peak() -> None:
    bench = Bench(SOL="90")
    trailing = Trailing(market=SOL, direction="down", distance=D(5), unit="usd")
    assert bench.arm(trailing, memory={"extreme": "100", "reset": True}) is None
    assert bench.tick("86") == []
    assert bench.tick("85") == ["rule_1"]


def test_what_crosses_carries_its_peak_with_it() -> None:
    bench = Bench()
    bench.arm(Trailing(market=SOL, direction="down", distance=D(5), unit="usd"))
    bench.tick("110")
    (fired,) = bench.list.observe(SOL, D(105), bench.now)
    assert fired.rule.memory["extreme"] == "110"


def test_a_rule_watched_again_forgets_since_when_it_was_not() -> None:
    bench = Bench()
    bench.arm(PriceLevel(market=SOL, operator=">=", price=D(105)), memory={"off_since": START.isoformat()})
    assert bench.list.memories() == {"rule_1": {}}
    found = Bench(SOL="106").arm(
        PriceLevel(market=SOL, operator=">=", price=D(105)), memory={"off_since": START.isoformat()}
    )
    assert found is not None
    assert found.already
    assert found.rule.memory["off_since"] == START.isoformat()


# ── candles ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_candle_that_closed_before_the_rule_was_armed_does_not_count() -> None:
    bench = Bench()
    bench.world.closed[SOL, "1h"] = candles([200, 200], first=-2)
    bench.arm(CandleClose(market=SOL, timeframe="1h", operator=">=", price=D(150)))
    assert bench.tick("300") == []
    assert bench.poll() == []
    bench.now += HOUR
    bench.world.closed[SOL, "1h"] = candles([200, 200, 149], first=-2)
    assert bench.poll() == []
    bench.now += HOUR
    bench.world.closed[SOL, "1h"] = candles([200, 200, 149, 150], first=-2)
    assert len(bench.poll()) == 1


def test_no_candles_is_no_answer() -> None:
    bench = Bench()
    bench.arm(CandleClose(market=SOL, timeframe="1h", operator="<=", price=D(150)))
    assert bench.poll(hours=3) == []


def test_a_cross_needs_both_sides_of_it_and_counts_from_arming() -> None:
    bench = Bench()
    crossing = Indicator(
        market=SOL,
        timeframe="1h",
        name="price",
        operator="crosses_above",
        other=OtherIndicator(name="sma", period=3),
    )
    bench.world.closed[SOL, "1h"] = candles([10, 9, 8, 12], first=-4)
    bench.arm(crossing)
    assert bench.poll() == []  # it crossed before anybody asked
    for closes, fires in (([10, 9, 8, 12, 13], False), ([10, 9, 8, 12, 13, 5], False), ([8, 12, 13, 5, 30], True)):
        bench.world.closed[SOL, "1h"] = candles(closes, first=-len(closes) + 3)
        bench.now += HOUR
        assert bool(bench.poll()) is fires, closes


def test_an_indicator_compares_to_a_value() -> None:
    bench = Bench()
    oversold = Indicator(market=SOL, timeframe="1h", name="rsi", period=3, operator="<=", value=D(30))
    bench.world.closed[SOL, "1h"] = candles([10, 11, 12, 13])
    bench.arm(oversold)
    assert bench.poll() == []
    bench.world.closed[SOL, "1h"] = candles([10, 11, 12, 13, 9, 7])
    assert len(bench.poll()) == 1


# ── positions and accounts ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("base", "operator", "threshold", "unit", "short_of", "at"),
    [
        ("2", "<=", "-20", "usd", "90.01", "90"),
        ("2", ">=", "20", "usd", "109.99", "110"),
        ("-2", "<=", "-20", "usd", "109.99", "110"),
        ("2", "<=", "-10", "percent", "90.01", "90"),
        ("-4", ">=", "25", "percent", "75.01", "75"),
    ],
)
def test_pnl_is_measured_at_the_price_of_now(
    base: str, operator: Any, threshold: str, unit: Any, short_of: str, at: str
) -> None:
    bench = Bench()
    bench.world.accounts[ANN] = account((SOL, base, "100"))
    bench.arm(PositionPnl(market=SOL, operator=operator, threshold=D(threshold), unit=unit))
    assert bench.list.next_crossing(SOL, D(100), D(at)) == D(at)
    assert bench.tick(short_of) == []
    assert bench.tick(at) == ["rule_1"]


def test_the_pnl_of_everything_is_a_sum_looked_at_when_any_market_moves() -> None:
    bench = Bench(SOL="100", ETH="100")
    bench.world.accounts[ANN] = account((SOL, "2", "100"), (ETH, "-1", "100"))
    bench.arm(PositionPnl(market="*", operator="<=", threshold=D(-20), unit="usd"))
    assert bench.tick("95") == []  # -10
    assert bench.list.next_crossing(ETH, D(100), D(120)) == D(110)
    assert bench.tick("109.9", ETH) == []
    assert bench.tick("110", ETH) == ["rule_1"]


def test_the_price_that_an_uneven_pnl_needs_is_enough_for_it() -> None:
    bench = Bench()
    bench.world.accounts[ANN] = account((SOL, "3", "100"))
    bench.arm(PositionPnl(market=SOL, operator="<=", threshold=D(-200), unit="usd"))
    edge = bench.list.next_crossing(SOL, D(100), D(1))
    assert edge is not None
    assert abs(edge - (D(100) - D(200) / 3)) < D("1e-8")
    assert bench.tick(str(edge)) == ["rule_1"]


def test_pnl_of_nothing_held_is_neither_profit_nor_loss() -> None:
    bench = Bench()
    bench.world.accounts[ANN] = account()
    bench.arm(PositionPnl(market=SOL, operator="<=", threshold=D(5), unit="usd"))
    assert bench.tick("1") == []


def test_an_event_of_a_position_fires_what_waits_for_that_event_in_that_market() -> None:
    bench = Bench(SOL="100", ETH="100")
    bench.list.arm(rule(1, PositionEvent(market=SOL, event="closed")), START)
    bench.list.arm(rule(2, PositionEvent(market="*", event="closed")), START)
    bench.list.arm(rule(3, PositionEvent(market=SOL, event="opened")), START)
    bench.list.arm(rule(4, PositionEvent(market=SOL, event="closed"), owner=OwnerId(2)), START)
    both = AllOf(conditions=(PositionEvent(market=SOL, event="closed"), PositionEvent(market=SOL, event="opened")))
    bench.list.arm(rule(5, both), START)
    assert bench.list.position_event(ANN, ETH, "increased", START) == []
    fired = bench.list.position_event(ANN, SOL, "closed", START)
    assert [crossing.rule.id for crossing in fired] == ["rule_1", "rule_2"]
    assert bench.poll() == []


def test_an_account_is_looked_at_when_polled() -> None:
    bench = Bench()
    bench.arm(AccountLevel(metric="free_collateral", operator="<=", value=D(9_000)))
    assert bench.poll() == []  # not known is no answer
    bench.world.accounts[ANN] = Account(venue="paper", collateral=D(10_000), initial_margin=D(999))
    assert bench.poll() == []
    bench.world.accounts[ANN] = Account(venue="paper", collateral=D(10_000), initial_margin=D(1_000))
    assert len(bench.poll()) == 1


def test_funding_is_compared_signed() -> None:
    bench = Bench()
    bench.arm(FundingRate(market=SOL, operator="<=", value=D("-0.01")))
    assert bench.poll() == []
    bench.world.rates[SOL] = D("0.02")
    assert bench.poll() == []
    bench.world.rates[SOL] = D("-0.01")
    assert len(bench.poll()) == 1


def test_levels_from_an_entry_price_wait_for_a_position_and_move_with_it() -> None:
    bench = Bench()
    below = PriceChange(market=SOL, direction="down", threshold=D(10), unit="percent", reference="entry_price")
    assert bench.arm(below) is None
    assert bench.tick("1") == []
    bench.world.accounts[ANN] = account((SOL, "2", "100"))
    bench.world.prices[SOL] = D(100)
    assert bench.list.arm_anew(RuleId("rule_1"), bench.now) is None
    assert bench.tick("90.1") == []
    bench.world.accounts[ANN] = account((SOL, "4", "101"))
    found = bench.list.arm_anew(RuleId("rule_1"), bench.now)
    assert found is not None
    assert found.already


def test_looking_anew_at_levels_keeps_what_a_rule_remembers() -> None:
    bench = Bench()
    bench.world.accounts[ANN] = account((SOL, "2", "90"))
    lasting = PriceLevel(market=SOL, operator=">=", price=D(99), for_s=60)
    entry = PriceChange(market=SOL, direction="up", threshold=D(5), unit="usd", reference="entry_price")
    bench.arm(AllOf(conditions=(lasting, entry)))
    bench.now += 59 * SECOND
    assert bench.list.arm_anew(RuleId("rule_1"), bench.now) is None
    assert len(bench.poll(seconds=1)) == 1


# ── memory ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_memories_are_what_changed_since_last_asked_and_are_json() -> None:
    bench = Bench()
    bench.list.arm(rule(1, Trailing(market=SOL, direction="down", distance=D(5), unit="usd")), START)
    bench.list.arm(rule(2, PriceLevel(market=SOL, operator=">=", price=D(100), for_s=60)), START)
    first = bench.list.memories()
    assert set(first) == {"rule_1", "rule_2"}
    assert json.loads(json.dumps(first)) == first
    assert bench.list.memories() == {}
    bench.tick("101")
    assert bench.list.memories() == {"rule_1": {"extreme": "101"}}


def test_a_short_window_loaded_first_does_not_take_the_longer_ones_past_away() -> None:
    hour = PriceChange(market=SOL, direction="down", threshold=D(10), unit="usd", reference="window", window_s=7200)
    minute = replace(hour, window_s=60)
    bench = Bench()
    rules = [rule(1, minute), rule(2, hour)]
    for armed in rules:
        bench.arm_rule(armed)
    bench.tick("108", minutes=1)
    bench.tick("105", minutes=50)
    stored = bench.list.memories()
    bench.list = HeapWatchlist(bench.world)
    for armed in rules:
        bench.arm_rule(replace(armed, memory=stored[armed.id]))
    assert bench.tick("98.1") == []
    assert bench.tick("98") == ["rule_2"]


def test_a_window_looks_no_further_back_than_its_arming() -> None:
    bench = Bench()
    window = PriceChange(market=SOL, direction="down", threshold=D(10), unit="usd", reference="window", window_s=3600)
    bench.arm(window)
    bench.tick("115")
    bench.tick("106")
    bench.list.disarm(RuleId("rule_1"))
    bench.now += SECOND
    bench.arm(window, armed_at=bench.now)
    assert bench.tick("104") == []
    assert bench.tick("96") == ["rule_1"]


def test_a_disarmed_rule_is_forgotten_everywhere() -> None:
    bench = Bench()
    parts: tuple[Condition, ...] = (
        PriceLevel(market=SOL, operator=">=", price=D(105)),
        Trailing(market=SOL, direction="down", distance=D(5), unit="usd"),
        AnyOf(conditions=(PriceLevel(market=SOL, operator=">=", price=D(105)), AtTime(at=START + HOUR))),
        Schedule(every_s=60),
        PriceLevel(market=ETH, operator=">=", price=D(105)),
    )
    for number, condition in enumerate(parts):
        bench.list.arm(rule(number, condition), START)
    assert bench.list.markets() == {SOL, ETH}
    for number in range(len(parts)):
        bench.list.disarm(RuleId(f"rule_{number}"))
        bench.list.disarm(RuleId(f"rule_{number}"))
    assert bench.list.armed() == {}
    assert bench.list.markets() == set()
    assert bench.list.memories() == {}
    assert bench.tick("300") == bench.tick("1") == []
    assert bench.tick("300", ETH) == []
    assert bench.poll(hours=2) == []
    assert bench.list.next_due(bench.now) is None
    assert bench.list.is_quiet(SOL, Decimal(1), Decimal(1000))
