"""Decimals ⇄ the program's integers, exact both ways; rounds only where the program rounds, and as it does.

Sizes are floored to the market's step, so that no order grows. Prices go to the tick that its owner cannot lose by:
down for a buy, up for a sell. The program does the same, hence what we sign is what it keeps. A trigger that
follows the market (a stop, a breakout) so fires up to a tick early, one that waits for a better price (a target, a dip)
up to a tick late. The program compares triggers strictly: it does not fire at the very price.

Precisions (`programs/drift/src/math/constants.rs`; Velocity keeps them): price, quote and collateral of a dollar coin
1e6, base 1e9, margin ratios 1e4, scaled balances 1e9 and their cumulative interest 1e10.
"""

from decimal import Decimal, localcontext

from core.domain.errors import VenueRejected
from core.domain.market import Side
from core.domain.money import plain

PRICE_DIGITS = 6
BASE_DIGITS = 9
QUOTE_DIGITS = 6
MARGIN_DIGITS = 4

ORACLE_MULTIPLES = {"PythLazer": 1, "PythLazer1K": 1_000, "PythLazer1M": 1_000_000, "PythLazerStableCoin": 1}
"""How much of a base each kind of oracle prices: `1MBONK` is quoted a million at a time."""

_U64 = 2**64 - 1
_DOLLAR = 10**PRICE_DIGITS
_STABLE_BAND = 500
"""A stable coin within this (0.0005) and within its oracle's confidence of a dollar counts as a dollar."""


def base_units(base: Decimal, step: int) -> int:
    """*base* (base units of the market) as the program's integer, floored to its *step* (> 0, the program's integer).

    Raises VenueRejected if less than one step is left, or if it is more than the program can count.
    """
    units = _whole(base, BASE_DIGITS) // step * step
    if units < step:
        raise VenueRejected(f"the size {plain(base)} is less than one step of the market, {plain(base_amount(step))}")
    if units > _U64:
        raise VenueRejected(f"the size {plain(base)} is more than the venue can count")
    return units


def base_amount(units: int) -> Decimal:
    """Base (signed) of the program's integer."""
    return _decimal(units, BASE_DIGITS)


def price_units(price: Decimal, tick: int, side: Side) -> int:
    """*price* (quote per base) as the program's integer, on *tick* (> 0): down for a buy, up for a sell.

    Raises VenueRejected if it rounds to nothing, or is more than the program can count.
    """
    up = side == "sell"
    units = (
        -(-_whole(price, PRICE_DIGITS, up=True) // tick) * tick if up else _whole(price, PRICE_DIGITS) // tick * tick
    )
    if units <= 0:
        raise VenueRejected(
            f"the price {plain(price)} is less than one tick of the market, {plain(price_amount(tick))}"
        )
    if units > _U64:
        raise VenueRejected(f"the price {plain(price)} is more than the venue can count")
    return units


def price_amount(units: int) -> Decimal:
    """Price (quote per base) of the program's integer; also of a tick or an offset from the oracle."""
    return _decimal(units, PRICE_DIGITS)


def quote_amount(units: int) -> Decimal:
    """Quote (signed) of the program's integer: profits, fees, notionals."""
    return _decimal(units, QUOTE_DIGITS)


def margin_fraction(units: int) -> Decimal:
    """A margin ratio as a fraction of notional: 500 is 0.05, which is 20x."""
    return _decimal(units, MARGIN_DIGITS)


def average_price(quote_units: int, base_units_: int) -> Decimal:
    """Price (quote per base) at which so much traded, to nine digits. Raises ValueError when nothing traded."""
    if base_units_ == 0:
        raise ValueError("Expected a fill to have a size, was 0")
    with localcontext(prec=60):
        price = quote_amount(abs(quote_units)) / base_amount(abs(base_units_))
        return price.quantize(Decimal("0.000000001"))


def token_amount(scaled_balance: int, cumulative_interest: int, decimals: int, *, borrowed: bool = False) -> Decimal:
    """Tokens that a spot balance stands for, with its interest: a deposit rounded down, a debt up (negative)."""
    owned = scaled_balance * cumulative_interest * (-1 if borrowed else 1)
    return _decimal(owned // 10 ** (19 - decimals), decimals)


def offset_units(offset: Decimal, side: Side) -> int:
    """*offset* from the oracle price (quote) as the program counts it, down for a buy and up for a sell.

    Raises VenueRejected for none, and for one beyond what its 32 bits hold.
    """
    up = side == "sell"
    with localcontext(prec=80):
        units = int(offset.scaleb(PRICE_DIGITS).to_integral_value("ROUND_CEILING" if up else "ROUND_FLOOR"))
    if not units or abs(units) >= 2**31:
        raise VenueRejected(f"expected an offset from the oracle price of up to $2,147, and not zero, was {offset}")
    return units


def oracle_price(price: int, confidence: int, exponent: int, source: str) -> tuple[Decimal, Decimal]:
    """Price and confidence (quote per base) that the program reads from a Pyth Lazer account, as it rounds them.

    Raises ValueError for a source that this venue's markets do not use, and for a price that is none.
    """
    multiple = ORACLE_MULTIPLES.get(source)
    if multiple is None:
        raise ValueError(f"Expected an oracle of {', '.join(ORACLE_MULTIPLES)}, was {source}")
    if price <= 0 or confidence < 0 or not -24 <= exponent <= 0:
        raise ValueError(f"Expected a price above 0 with an exponent of -24 to 0, was {price}e{exponent}")
    seen, wide = (number * multiple * _DOLLAR // 10**-exponent for number in (price, confidence))
    if source == "PythLazerStableCoin" and abs(seen - _DOLLAR) < min(wide, _STABLE_BAND):
        seen = _DOLLAR
    return price_amount(seen), price_amount(wide)


def _whole(number: Decimal, digits: int, *, up: bool = False) -> int:
    """*number* × 10^digits as an integer, down or up. Raises VenueRejected unless it is finite and above zero."""
    if not number.is_finite() or number <= 0:
        raise VenueRejected(f"expected an amount above zero, was {number}")
    with localcontext(prec=80):
        return int(number.scaleb(digits).to_integral_value(rounding="ROUND_CEILING" if up else "ROUND_FLOOR"))


def _decimal(units: int, digits: int) -> Decimal:
    with localcontext(prec=80):
        return Decimal(units).scaleb(-digits)
