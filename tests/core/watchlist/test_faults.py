"""What one rule must not cost another, or itself: a look too many, a fault of ours, a restart."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.condition import AllOf, PositionPnl, PriceChange, PriceLevel, Schedule
from core.domain.ids import RuleId
from core.ports import Crossing
from tests.core.watchlist.world import ANN, SOL, Bench, D, account, rule

ABOVE = PriceLevel(market=SOL, operator=">=", price=D(120))


def test_a_rule_on_one_market_and_on_all_positions_fires_once_and_costs_no_other_its_crossing() -> None:
    bench = Bench(SOL="100")
    bench.world.accounts[ANN] = account((SOL, "2", "100"))
    profit = PositionPnl(market="*", operator=">=", threshold=D(30), unit="usd")
    bench.arm_rule(rule(1, AllOf(conditions=(ABOVE, profit))))
    bench.arm_rule(rule(2, ABOVE))
    assert bench.tick("119") == []
    assert sorted(bench.tick("121")) == ["rule_1", "rule_2"]


def test_a_rule_that_cannot_be_looked_at_is_taken_off_and_told_and_the_others_cross(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(SOL="100")
    never = Schedule(cron="0 0 30 2 *")
    rests = (bench.now + timedelta(seconds=5)).isoformat()
    bench.arm_rule(rule(1, never, memory={"rest_until": rests}))  # its next time is looked for after the rest
    bench.arm_rule(rule(2, AllOf(conditions=(ABOVE, PriceLevel(market=SOL, operator="<=", price=D(200))))))
    bench.world.prices[SOL] = D(121)
    found: list[Crossing] = bench.poll(seconds=6)
    assert [crossing.rule.id for crossing in found] == ["rule_2"]
    assert [broken.id for broken in bench.list.broken()] == ["rule_1"]
    assert bench.list.broken() == []
    assert RuleId("rule_1") not in bench.list.armed()
    assert "rule_1 cannot be watched" in caplog.text


def test_that_it_stopped_holding_is_remembered_across_a_restart() -> None:
    bench = Bench(SOL="125")
    bench.arm_rule(rule(1, ABOVE, memory={"reset": True}))  # it fired, and holds still
    bench.list.memories()
    assert bench.tick("110") == []
    stored = bench.list.memories()[RuleId("rule_1")]
    assert "reset" not in stored
    other = Bench(SOL="125")  # it crossed again while nobody watched
    found = other.arm_rule(rule(1, ABOVE, memory=stored))
    assert found is not None
    assert found.already


def test_what_was_not_stored_yet_is_stored_although_its_level_moved_meanwhile() -> None:
    bench = Bench(SOL="100")
    bench.world.accounts[ANN] = account((SOL, "2", "100"))
    drop = PriceChange(market=SOL, direction="down", threshold=D(10), unit="usd", reference="entry_price")
    lasting = PriceLevel(market=SOL, operator="<=", price=D(105), for_s=60)
    bench.arm_rule(rule(1, AllOf(conditions=(drop, lasting))))
    bench.list.arm_anew(RuleId("rule_1"), bench.now)
    assert Decimal(str(bench.world.prices[SOL])) == D(100)
    assert "c.1" in bench.list.memories()[RuleId("rule_1")]
