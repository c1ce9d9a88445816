"""Numbers from outside, and what is written for people."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.money import MAX_DIGITS, floor_to, percent_of, plain, read_decimal, round_price

D = Decimal
amounts = st.decimals(min_value=D("-1e12"), max_value=D("1e12"), places=9, allow_nan=False)
units = st.sampled_from([D("0.000000001"), D("0.01"), D("0.1"), D(1), D(25), D(1000)])


@pytest.mark.parametrize(
    ("text", "number"), [("150", "150"), ("-0.1", "-0.1"), ("+2", "2"), ("1e3", "1000"), ("0", "0"), (".5", "0.5")]
)
def test_plain_numbers_are_read(text: str, number: str) -> None:
    assert read_decimal(text) == D(number)


LONG_OR_ODD = ["9" * 49, "0." + "0" * 47 + "1", "1\x00", "--1", "1.2.3", "0x10"]
ZEROS = [("0", "0"), ("-0", "0"), ("0.000", "0"), ("-0.00", "0")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "abc",
        "NaN",
        "-NaN",
        "sNaN",
        "inf",
        "-Infinity",
        "1,000",
        "1_0 0",
        "1e25",
        "1e-25",
        "1e9999",
        *LONG_OR_ODD,
    ],
)
def test_what_is_no_number_is_refused_as_such(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Expected a .*number"):
        read_decimal(text)


def test_a_million_digits_are_refused_before_they_are_read() -> None:
    with pytest.raises(ValueError, match=f"at most {MAX_DIGITS} digits"):
        read_decimal("1" * 1_000_000)


@pytest.mark.parametrize(
    ("number", "text"),
    [("150", "150"), ("150.00", "150"), ("1E+3", "1000"), ("-0.000022", "-0.000022"), ("1E-9", "0.000000001"), *ZEROS],
)
def test_numbers_are_written_without_exponent_or_idle_zeros(number: str, text: str) -> None:
    assert plain(D(number)) == text


@given(amounts)
def test_what_is_written_is_read_back(number: Decimal) -> None:
    assert read_decimal(plain(number)) == number


@given(amounts, units)
def test_a_floored_size_is_on_the_step_and_never_grew(number: Decimal, unit: Decimal) -> None:
    floored = floor_to(number, unit)
    assert floored % unit == 0
    assert abs(floored) <= abs(number)
    assert abs(number) - abs(floored) < unit


@given(amounts, units)
def test_a_price_on_the_grid_errs_only_the_way_it_was_told(price: Decimal, tick: Decimal) -> None:
    low, high = round_price(price, tick, up=False), round_price(price, tick, up=True)
    assert low <= price <= high
    assert low % tick == high % tick == 0
    assert high - low in (0, tick)


def test_a_percent_of_something() -> None:
    assert percent_of(D("33.33"), D(200)) == D("66.66")
