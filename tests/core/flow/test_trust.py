"""Trust: fresh, narrow and no lone jump; each market by itself; said once when lost and once when back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.domain.market import Observation
from core.flow.trust import Bounds, Trust
from tests.clock import START

D = Decimal


def seen(price: str, second: float = 0, *, age: float = 0, sources: int = 2, **more: Any) -> Observation:
    at = START + timedelta(seconds=second)
    return Observation(
        market=more.pop("market", "SOL-PERP"),
        price=D(price),
        at=at - timedelta(seconds=age),
        seen_at=at,
        source="test",
        sources=sources,
        **more,
    )


def judge(trust: Trust, observation: Observation) -> str | None:
    return trust.judge(observation, observation.seen_at)


def at(second: float) -> Any:
    return START + timedelta(seconds=second)


@pytest.mark.parametrize(("age", "why"), [(0, None), (5, None), (5.1, "stale"), (3600, "stale")])
def test_an_old_price_is_stale(age: float, why: str | None) -> None:
    assert judge(Trust(Bounds()), seen("100", age=age)) == why


@pytest.mark.parametrize(("confidence", "why"), [("1", None), ("1.01", "wide"), (None, None)])
def test_a_wide_price_is_not_trusted(confidence: str | None, why: str | None) -> None:
    width = None if confidence is None else D(confidence)
    assert judge(Trust(Bounds()), seen("100", confidence=width)) == why


def test_a_lone_jump_waits_for_a_second_reading() -> None:
    trust = Trust(Bounds())
    assert judge(trust, seen("100")) is None
    assert judge(trust, seen("94", 1, sources=1)) == "jumped"
    assert judge(trust, seen("94.5", 2, sources=1)) is None


def test_a_second_reading_elsewhere_is_another_jump() -> None:
    trust = Trust(Bounds())
    judge(trust, seen("100"))
    assert judge(trust, seen("90", 1, sources=1)) == "jumped"
    assert judge(trust, seen("80", 2, sources=1)) == "jumped"
    assert judge(trust, seen("81", 3, sources=1)) is None


def test_a_jump_that_comes_back_was_none() -> None:
    trust = Trust(Bounds())
    judge(trust, seen("100"))
    judge(trust, seen("90", 1, sources=1))
    assert judge(trust, seen("100", 2)) is None
    assert judge(trust, seen("90", 3, sources=1)) == "jumped"


def test_a_jump_on_which_two_sources_agree_is_believed() -> None:
    trust = Trust(Bounds())
    judge(trust, seen("100"))
    assert judge(trust, seen("50", 1, sources=2)) is None


def test_a_lone_first_price_waits_for_a_second_reading() -> None:
    trust = Trust(Bounds())
    assert judge(trust, seen("10", sources=1)) == "unconfirmed"
    assert trust.price("SOL-PERP", at(0)) is None
    assert judge(trust, seen("100", 1, sources=1)) == "unconfirmed"
    assert judge(trust, seen("100.5", 2, sources=1)) is None


def test_one_reading_told_twice_confirms_nothing() -> None:
    trust = Trust(Bounds())
    judge(trust, seen("100"))
    for told in (1, 2):
        assert judge(trust, seen("50", told, age=told, sources=1)) == "jumped"


def test_simulated_prices_are_taken_as_they_come() -> None:
    trust = Trust(Bounds())
    assert judge(trust, seen("100", simulated=True)) is None
    assert judge(trust, seen("10", 1, age=60, simulated=True)) is None


def test_a_market_is_lost_once_and_recovers_once() -> None:
    trust = Trust(Bounds())
    judge(trust, seen("100"))
    assert trust.lost("SOL-PERP", at(5)) is None
    assert trust.lost("SOL-PERP", at(6)) == "stale"
    assert trust.lost("SOL-PERP", at(7)) is None
    assert trust.recovered("SOL-PERP", at(8)) is None
    judge(trust, seen("100", 9))
    assert trust.recovered("SOL-PERP", at(9)) == 9
    assert trust.recovered("SOL-PERP", at(9)) is None


def test_it_is_lost_for_the_reason_its_last_prices_were_not_trusted() -> None:
    trust = Trust(Bounds())
    judge(trust, seen("100"))
    for second in range(1, 7):
        judge(trust, seen("100", second, confidence=D(3)))
    assert trust.lost("SOL-PERP", at(7)) == "wide"


def test_what_the_source_says_goes_before() -> None:
    trust = Trust(Bounds())
    judge(trust, seen("100"))
    assert trust.lost("SOL-PERP", at(6), "disagreeing") == "disagreeing"


def test_a_market_that_was_just_asked_for_is_not_late_yet() -> None:
    trust = Trust(Bounds())
    assert trust.lost("SOL-PERP", at(0)) is None
    assert trust.lost("SOL-PERP", at(5)) is None
    assert trust.lost("SOL-PERP", at(6)) == "stale"


def test_a_simulation_that_stalls_is_no_news_of_a_market() -> None:
    trust = Trust(Bounds())
    judge(trust, seen("100", simulated=True))
    assert trust.lost("SOL-PERP", at(60)) is None


def test_one_market_says_nothing_of_another() -> None:
    trust = Trust(Bounds())
    judge(trust, seen("100"))
    judge(trust, seen("3000", 6, market="ETH-PERP"))
    assert trust.lost("SOL-PERP", at(6)) == "stale"
    assert trust.lost("ETH-PERP", at(6)) is None


def test_a_trusted_price_is_shown_while_it_is_fresh() -> None:
    trust = Trust(Bounds(stale_s=2))
    assert trust.price("SOL-PERP", at(0)) is None
    judge(trust, seen("100"))
    assert trust.price("SOL-PERP", at(2)) == seen("100")
    assert trust.price("SOL-PERP", at(2.1)) is None
