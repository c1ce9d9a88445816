"""Sizes never grow, prices never turn against their owner, and the way to the program's integers and back is exact."""

import warnings
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.domain.errors import VenueRejected
from core.domain.market import Side
from core.venues.drift import units
from core.venues.drift.codec import codec_of

D = Decimal
U64 = 2**64 - 1

integers = st.integers(-(2**63), 2**63 - 1)
sizes = st.decimals(D("1e-24"), D("1e12"), allow_nan=False, allow_infinity=False)
prices = st.decimals(D("1e-12"), D("1e9"), allow_nan=False, allow_infinity=False)
grid = st.integers(1, 10**12)
sides: st.SearchStrategy[Side] = st.sampled_from(["buy", "sell"])


@given(sizes, grid)
def test_a_size_is_the_greatest_multiple_of_the_step_that_is_not_more(base: Decimal, step: int) -> None:
    try:
        made = units.base_units(base, step)
    except VenueRejected:
        assert base < units.base_amount(step) or base > units.base_amount(U64)
        return
    assert made % step == 0
    assert units.base_amount(made) <= base < units.base_amount(made + step)


@given(prices, grid, sides)
def test_a_price_is_on_the_tick_and_never_worse_than_said(price: Decimal, tick: int, side: Side) -> None:
    try:
        made = units.price_units(price, tick, side)
    except VenueRejected:
        assert side == "buy"
        assert price < units.price_amount(tick)
        return
    assert made % tick == 0
    kept = units.price_amount(made)
    if side == "buy":
        assert kept <= price < kept + units.price_amount(tick)
    else:
        assert kept - units.price_amount(tick) < price <= kept


@given(st.integers(1, U64), grid, sides)
def test_what_is_on_the_grid_stays_as_it_is(number: int, tick: int, side: Side) -> None:
    on_grid = number // tick * tick
    assume(on_grid > 0)
    assert units.base_units(units.base_amount(on_grid), tick) == on_grid
    assert units.price_units(units.price_amount(on_grid), tick, side) == on_grid


@given(st.integers(1, 10**13), st.integers(1, 10**7), sides)
def test_the_program_rounds_what_we_made_to_itself_as_driftpy_says(number: int, tick: int, side: Side) -> None:
    """Also beyond the tick: it would have rounded the raw price to the very one that we sign."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from driftpy.math.orders import standardize_base_asset_amount, standardize_price
        from driftpy.types import PositionDirection

    direction = PositionDirection.Long() if side == "buy" else PositionDirection.Short()
    theirs = standardize_price(number, tick, direction)
    assume(theirs > 0)
    ours = units.price_units(units.price_amount(number), tick, side)
    assert ours == theirs == standardize_price(ours, tick, direction)
    floored = standardize_base_asset_amount(number, tick)
    assume(floored > 0)
    assert units.base_units(units.base_amount(number), tick) == floored


@pytest.mark.parametrize(("side", "kept"), [("buy", 140_000_000), ("sell", 140_000_100)])
def test_a_price_between_ticks_goes_the_way_seen_on_the_real_program(side: Side, kept: int) -> None:
    assert units.price_units(D("140.00005"), 100, side) == kept


@given(integers)
def test_every_integer_comes_back_from_its_decimal(number: int) -> None:
    assert int(units.base_amount(number) * 10**9) == number
    assert int(units.price_amount(number) * 10**6) == int(units.quote_amount(number) * 10**6) == number


@given(st.integers(0, U64))
def test_a_whole_margin_ratio_comes_back(number: int) -> None:
    assert units.margin_fraction(number) * 10**4 == number


def test_twenty_times_leverage_is_five_hundredths_of_margin() -> None:
    assert units.margin_fraction(500) == D("0.05")


@given(st.integers(0, 2**60), st.integers(10**10, 2**40), st.sampled_from([6, 8, 9]), st.booleans())
def test_a_deposit_is_never_more_and_a_debt_never_less_than_it_is(
    balance: int, interest: int, decimals: int, borrowed: bool
) -> None:
    exact = D(balance * interest).scaleb(-19)
    made = units.token_amount(balance, interest, decimals, borrowed=borrowed)
    assert made <= (-exact if borrowed else exact)
    assert abs(abs(made) - exact) < D(1).scaleb(-decimals)


@given(st.integers(0, 2**40), st.sampled_from([6, 8, 9]), st.booleans())
def test_a_spot_balance_is_the_tokens_that_driftpy_counts(balance: int, decimals: int, borrowed: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from driftpy.math.spot_market import get_token_amount
        from driftpy.types import SpotBalanceType

    interest = 10**10 + 4711
    market: Any = SimpleNamespace(
        decimals=decimals, cumulative_deposit_interest=interest, cumulative_borrow_interest=interest
    )
    kind = SpotBalanceType.Borrow() if borrowed else SpotBalanceType.Deposit()
    assume(borrowed or balance * interest < 2**53)  # driftpy divides deposits as floats
    theirs = D(get_token_amount(balance, market, kind)).scaleb(-decimals)
    assert units.token_amount(balance, interest, decimals, borrowed=borrowed) == (-theirs if borrowed else theirs)


@given(
    st.integers(1, 10**12),
    st.integers(0, 10**9),
    st.integers(-9, 0),
    st.sampled_from(sorted(units.ORACLE_MULTIPLES)),
)
def test_an_oracle_says_what_driftpy_reads_of_it(price: int, confidence: int, exponent: int, source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from driftpy.accounts.oracle import decode_oracle
        from driftpy.types import OracleSource

    codec = codec_of("drift")
    content = {"price": price, "conf": confidence, "exponent": exponent}
    packed = codec.account_bytes("PythLazerOracle", codec.blank("PythLazerOracle") | content)
    theirs = decode_oracle(packed, getattr(OracleSource, source)())
    seen, wide = units.oracle_price(price, confidence, exponent, source)
    # driftpy goes through floats: equal to their fifteen digits and to one unit
    for ours, raw in ((seen, theirs.price), (wide, theirs.confidence)):
        assert abs(ours - units.price_amount(raw)) <= units.price_amount(1) + ours * D("1e-14")


@pytest.mark.parametrize(
    ("price", "confidence", "kept"),
    [
        (99_960_000, 50_000, "1"),
        (99_960_000, 40_000, "0.9996"),
        (99_950_000, 90_000, "0.9995"),
        (100_049_999, 50_000, "1"),
    ],
)
def test_a_stable_coin_near_a_dollar_and_within_its_confidence_is_a_dollar(
    price: int, confidence: int, kept: str
) -> None:
    assert units.oracle_price(price, confidence, -8, "PythLazerStableCoin")[0] == D(kept)


@pytest.mark.parametrize("source", ["Pyth", "QuoteAsset", "#99"])
def test_an_oracle_of_another_kind_is_not_guessed(source: str) -> None:
    with pytest.raises(ValueError, match=f"was {source}"):
        units.oracle_price(1, 0, 0, source)


@pytest.mark.parametrize(("price", "exponent"), [(0, -8), (-1, -8), (1, 1), (1, -25)])
def test_a_price_that_is_none_is_refused(price: int, exponent: int) -> None:
    with pytest.raises(ValueError, match="Expected a price above 0"):
        units.oracle_price(price, 0, exponent, "PythLazer")


@pytest.mark.parametrize("number", ["0", "-1", "NaN", "Infinity"])
def test_nothing_and_less_is_neither_a_size_nor_a_price(number: str) -> None:
    with pytest.raises(VenueRejected, match="expected an amount above zero"):
        units.base_units(D(number), 1)
    with pytest.raises(VenueRejected, match="expected an amount above zero"):
        units.price_units(D(number), 1, "buy")


def test_refusals_are_told_in_the_owners_numbers() -> None:
    with pytest.raises(VenueRejected, match=r"the size 0\.004 is less than one step of the market, 0\.01$"):
        units.base_units(D("0.004"), 10_000_000)
    with pytest.raises(VenueRejected, match=r"the price 0\.00005 is less than one tick of the market, 0\.0001$"):
        units.price_units(D("0.00005"), 100, "buy")
    with pytest.raises(VenueRejected, match="more than the venue can count"):
        units.base_units(D("1e12"), 1)
    with pytest.raises(VenueRejected, match="more than the venue can count"):
        units.price_units(D("1e14"), 1, "buy")


def test_an_average_price_is_quote_over_base() -> None:
    assert units.average_price(75_024_000, 500_000_000) == D("150.048")
    with pytest.raises(ValueError, match="was 0"):
        units.average_price(1, 0)
