"""Exact amounts: how numbers are read, rounded and written; floats never enter."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation, localcontext

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
BPS = Decimal(10_000)

MAX_DIGITS = 24
"""Longest number accepted from outside; 10^24 is beyond any order and keeps arithmetic exact."""


def read_decimal(text: str) -> Decimal:
    """The finite number in *text* (ASCII digits, optional sign, point and exponent).

    Raises ValueError for anything else: NaN, infinity, over `MAX_DIGITS` digits or exponents beyond ±24.
    """
    if len(text) > 2 * MAX_DIGITS:
        raise ValueError(f"Expected a number of at most {MAX_DIGITS} digits, was {len(text)} characters long")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"Expected a number, was {text!r}") from None
    if not number.is_finite():
        raise ValueError(f"Expected a finite number, was {text!r}")
    if number.is_zero():
        return ZERO  # however its exponent was written
    if abs(number.adjusted()) > MAX_DIGITS:
        raise ValueError(f"Expected a number within 10^±{MAX_DIGITS}, was {text!r}")
    return number


def plain(number: Decimal) -> str:
    """*number* without exponent and without trailing zeros: `150`, `0.1`, `-0.000022`."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def floor_to(number: Decimal, unit: Decimal) -> Decimal:
    """*number* rounded towards zero to a whole multiple of *unit* (> 0); sizes never grow by rounding."""
    with localcontext(prec=60):
        return (number / unit).to_integral_value(rounding="ROUND_DOWN") * unit


def round_price(price: Decimal, tick: Decimal, *, up: bool) -> Decimal:
    """*price* on the grid of *tick* (> 0), rounded up or down as told."""
    with localcontext(prec=60):
        return (price / tick).to_integral_value(rounding=ROUND_CEILING if up else ROUND_FLOOR) * tick


def percent_of(percent: Decimal, whole: Decimal) -> Decimal:
    """`percent` % of *whole*."""
    return whole * percent / HUNDRED
