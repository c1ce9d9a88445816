"""Numbers, spans and instants in words for people; decides digits, never values."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from core.domain.money import plain

_SIGNIFICANT = 7
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SPANS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def say_price(price: Decimal, *, exact: bool = False) -> str:
    """A price in quote: `$149.90`, `$100,000`, `$0.000022`.

    Rounded to seven significant digits and never to less than cents; `exact` keeps every digit, for prices that
    somebody agreed to.
    """
    return _dollars(price if exact else _rounded(price, _SIGNIFICANT, least_decimals=2))


def say_level(price: Decimal) -> str:
    """A computed price at which something fires, to eight significant digits: finer than any venue's tick."""
    return _dollars(_rounded(price, 8, least_decimals=2))


def say_money(amount: Decimal) -> str:
    """A sum of money in quote, to the cent; below a cent to two significant digits: `$1,249.50`, `$0.0032`."""
    with localcontext(prec=60):
        tiny = amount != 0 and abs(amount) < Decimal("0.01")
        exponent = max(amount.adjusted() - 1, -12) if tiny else -2
        amount = amount.quantize(Decimal(1).scaleb(exponent), rounding=ROUND_HALF_EVEN)
    return _dollars(amount, cents=True)


def say_sol(lamports: int) -> str:
    """An amount of SOL, whole: `0.05 SOL`."""
    return f"{plain(Decimal(lamports).scaleb(-9))} SOL"


def say_signed_money(amount: Decimal) -> str:
    """A profit or a loss: `+$12.30`, `-$4.00`, `$0.00`."""
    said = say_money(amount)
    return said if amount <= 0 else f"+{said}"


def say_amount(amount: Decimal, market: str, *, exact: bool = False) -> str:
    """A base amount: `2 SOL`, `1,000,000 BONK`; rounded to seven significant digits unless `exact`."""
    number = amount if exact else _rounded(amount, _SIGNIFICANT, least_decimals=0)
    return f"{_grouped(number)} {base_of(market)}"


def say_number(number: Decimal) -> str:
    """A bare number with every digit and thousands apart: `1,250.5`."""
    return _grouped(number)


def say_percent(percent: Decimal) -> str:
    """A percentage with every digit: `50 %`, `0.05 %`."""
    return f"{_grouped(percent)} %"


def say_rough_percent(percent: Decimal) -> str:
    """A computed percentage, to two decimals: `3.25 %`; what is smaller still is `less than 0.01 %`."""
    with localcontext(prec=60):
        rounded = percent.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    if rounded == 0 and percent != 0:
        return "less than 0.01 %"
    return say_percent(rounded)


def say_bps(bps: int) -> str:
    """Basis points as the percentage that traders think in: 50 → `0.5 %`."""
    return say_percent(Decimal(bps) / 100)


def say_duration(seconds: int) -> str:
    """A span exactly, in the largest whole units: `1 hour 30 minutes`."""
    parts = []
    rest = max(0, seconds)
    for name, length in _SPANS:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {name}" if count == 1 else f"{count:,} {name}s")
    return " ".join(parts) or "0 seconds"


def say_time(at: datetime) -> str:
    """An instant in its own offset: `Mon 23 Nov 2026, 09:00 UTC`; seconds only where there are any."""
    clock = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"{_WEEKDAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}, {clock} {_zone(at)}"


def base_of(market: str) -> str:
    """What one unit of a market is called: `SOL-PERP` → `SOL`."""
    return market.removesuffix("-PERP")


def _zone(at: datetime) -> str:
    offset = at.utcoffset() or timedelta()
    if not offset:
        return "UTC"
    minutes = int(offset.total_seconds()) // 60
    sign = "+" if minutes > 0 else "-"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _rounded(number: Decimal, significant: int, *, least_decimals: int) -> Decimal:
    if number == 0:
        return number
    decimals = max(least_decimals, significant - 1 - number.adjusted(), 0)
    with localcontext(prec=60):
        return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)


def _dollars(amount: Decimal, *, cents: bool = False) -> str:
    """Dollars with at least two decimals; whole thousands go without unless `cents` are wanted."""
    whole, _, decimals = plain(amount.copy_abs()).partition(".")
    sign = "-" if amount < 0 and (whole != "0" or decimals) else ""
    if not decimals and not cents and len(whole) > 3:
        return f"{sign}${int(whole):,}"
    return f"{sign}${int(whole):,}.{decimals.ljust(2, '0')}"


def _grouped(number: Decimal) -> str:
    whole, point, decimals = plain(number.copy_abs()).partition(".")
    sign = "-" if number < 0 and (whole != "0" or decimals) else ""
    return f"{sign}{int(whole):,}{point}{decimals}"
