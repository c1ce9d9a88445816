"""Two exchanges, one price: when they agree, when one stands alone, and when nobody is believed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.market import Observation
from core.prices.agreement import Agreement, Reading

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def reading(exchange: str, price: str, seconds: float = 10, *, old_s: float = 0, funding: str | None = None) -> Reading:
    seen_at = START + timedelta(seconds=seconds)
    return Reading(
        exchange=exchange,
        market="SOL-PERP",
        price=Decimal(price),
        at=seen_at - timedelta(seconds=old_s),
        seen_at=seen_at,
        funding_rate=None if funding is None else Decimal(funding),
    )


@pytest.fixture
def agreement() -> Agreement:
    agreement = Agreement(["a", "b"], bound_bps=Decimal(30))
    agreement.begin(START)
    return agreement


def test_two_that_agree_are_one_price_in_their_middle(agreement: Agreement) -> None:
    agreement.add(reading("b", "100.2", 10, old_s=1, funding="0.02"))
    assert agreement.add(reading("a", "100", 11)) == Observation(
        market="SOL-PERP",
        price=Decimal("100.1"),
        at=START + timedelta(seconds=9),
        seen_at=START + timedelta(seconds=11),
        source="a+b",
        sources=2,
        funding_rate=Decimal("0.02"),
    )


@pytest.mark.parametrize(("price", "agrees"), [("100.30", True), ("100.31", False), ("99.71", True), ("99.60", False)])
def test_the_bound_decides(agreement: Agreement, price: str, agrees: bool) -> None:
    agreement.add(reading("a", "100"))
    assert (agreement.add(reading("b", price)) is not None) == agrees
    assert agreement.is_disagreeing("SOL-PERP", START + timedelta(seconds=10)) != agrees


def test_nothing_is_told_while_two_disagree_and_all_is_well_once_they_meet(agreement: Agreement) -> None:
    agreement.add(reading("a", "100"))
    assert agreement.add(reading("b", "105")) is None
    assert agreement.add(reading("a", "101", 11)) is None
    recovered = agreement.add(reading("b", "101", 12))
    assert recovered is not None
    assert recovered.sources == 2
    assert not agreement.is_disagreeing("SOL-PERP", START + timedelta(seconds=12))


def test_one_alone_is_marked_so(agreement: Agreement) -> None:
    alone = agreement.add(reading("b", "100"))
    assert alone is not None
    assert (alone.sources, alone.source) == (1, "b")


def test_one_alone_waits_a_moment_for_the_other_at_the_start(agreement: Agreement) -> None:
    assert agreement.add(reading("a", "100", 0.5)) is None
    both = agreement.add(reading("b", "100", 0.8))
    assert both is not None
    assert both.sources == 2


def test_what_was_held_back_at_the_start_is_told_when_the_other_stays_silent(agreement: Agreement) -> None:
    agreement.add(reading("a", "100", 0.5))
    (told,) = agreement.alone(START + timedelta(seconds=3))
    assert (told.price, told.sources) == (Decimal(100), 1)


def test_a_single_exchange_has_nobody_to_wait_for() -> None:
    agreement = Agreement(["a"], bound_bps=Decimal(30))
    agreement.begin(START)
    assert agreement.add(reading("a", "100", 0)) is not None


def test_a_stale_reading_takes_no_part(agreement: Agreement) -> None:
    agreement.add(reading("a", "100", 10))
    alone = agreement.add(reading("b", "120", 15.1))
    assert alone is not None
    assert alone.sources == 1


def test_a_stale_price_is_shown_with_its_age_when_nobody_knows_better(agreement: Agreement) -> None:
    stale = agreement.add(reading("b", "100", 20, old_s=8))
    assert stale is not None
    assert stale.seen_at - stale.at == timedelta(seconds=8)
    agreement.add(reading("a", "101", 21))
    assert agreement.add(reading("b", "100", 22, old_s=8)) is None


def test_time_does_not_run_backwards(agreement: Agreement) -> None:
    agreement.add(reading("b", "100", 10))
    assert agreement.add(reading("b", "50", 11, old_s=2)) is None
    both = agreement.add(reading("a", "100", 11))
    assert both is not None
    assert both.price == 100


def test_a_slower_companion_does_not_turn_time_back(agreement: Agreement) -> None:
    alone = agreement.add(reading("a", "100", 10))
    both = agreement.add(reading("b", "100", 11, old_s=3))
    assert alone is not None
    assert both is not None
    assert both.at == alone.at


def test_what_is_known_depends_on_the_time(agreement: Agreement) -> None:
    agreement.add(reading("a", "100", 10))
    assert agreement.is_known("SOL-PERP", START + timedelta(seconds=15))
    assert not agreement.is_known("SOL-PERP", START + timedelta(seconds=16))
    assert not agreement.is_known("BTC-PERP", START)


steps = st.tuples(st.sampled_from("ab"), st.integers(9_900, 10_100), st.floats(0, 3), st.floats(0, 10))


@given(st.lists(steps, max_size=30))
def test_whatever_comes_times_rise_and_two_sources_are_within_the_bound(
    stream: list[tuple[str, int, float, float]],
) -> None:
    agreement = Agreement(["a", "b"], bound_bps=Decimal(30))
    agreement.begin(START)
    now = 0.0
    told_at = START - timedelta(days=1)
    for exchange, price, passed, old_s in stream:
        now += passed
        told = agreement.add(reading(exchange, str(price), now, old_s=old_s))
        if told is not None:
            assert told_at <= told.at <= told.seen_at
            told_at = told.at
            assert told.sources == len(told.source.split("+"))
            if told.sources == 2:
                assert told.seen_at - told.at <= timedelta(seconds=5)
