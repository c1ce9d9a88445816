"""Numbers, spans, instants and schedules in words: exact where it binds, readable everywhere."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.action import Action, Close, Reverse, Trade, TwapOrder
from core.domain.wording import (
    say_amount,
    say_bps,
    say_duration,
    say_leg,
    say_level,
    say_money,
    say_price,
    say_rough_percent,
    say_signed_money,
    say_time,
)
from core.domain.wording_cron import say_cron

D = Decimal
TWAP = TwapOrder(over_s=1800, slices=6)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ("149.9", "$149.90"),
        ("0.000022", "$0.000022"),
        ("0.0000221234567", "$0.00002212346"),
        ("100000", "$100,000"),
        ("104832.57", "$104,832.57"),
        ("150", "$150.00"),
        ("999", "$999.00"),
        ("1000", "$1,000"),
        ("149.86666666666666666666666667", "$149.8667"),
        ("0", "$0.00"),
        ("-5.5", "-$5.50"),
        ("1E+3", "$1,000"),
        ("999999999999999999999999", "$999,999,999,999,999,999,999,999"),
    ],
)
def test_prices_have_sensible_decimals_at_any_magnitude(price: str, said: str) -> None:
    assert say_price(D(price)) == said


def test_an_exact_price_keeps_every_digit_somebody_agreed_to() -> None:
    assert say_price(D("0.123456789012"), exact=True) == "$0.123456789012"


def test_a_computed_level_is_finer_than_a_tick() -> None:
    assert say_level(D("183.42") * D("0.98")) == "$179.7516"


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("1249.5", "$1,249.50"),
        ("0.0032", "$0.0032"),
        ("0.000123456", "$0.00012"),
        ("-12.345", "-$12.34"),
        ("7", "$7.00"),
    ],
)
def test_money_is_told_to_the_cent_and_below_it_only_where_there_is_nothing_else(amount: str, said: str) -> None:
    assert say_money(D(amount)) == said


def test_profit_and_loss_carry_their_sign() -> None:
    assert [say_signed_money(D(x)) for x in ("3", "-3", "0")] == ["+$3.00", "-$3.00", "$0.00"]


def test_amounts_name_the_coin() -> None:
    assert say_amount(D(1_000_000), "BONK-PERP") == "1,000,000 BONK"
    assert say_amount(D("0.5"), "SOL-PERP") == "0.5 SOL"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (60, "1 minute"),
        (5400, "1 hour 30 minutes"),
        (86400, "1 day"),
        (90061, "1 day 1 hour 1 minute 1 second"),
    ],
)
def test_spans_are_told_exactly(seconds: int, said: str) -> None:
    assert say_duration(seconds) == said


def test_times_are_told_with_their_offset() -> None:
    assert say_time(NOON) == "Sun 22 Nov 2026, 12:00 UTC"
    india = timezone(timedelta(hours=5, minutes=30))
    assert say_time(NOON.astimezone(india)) == "Sun 22 Nov 2026, 17:30 UTC+05:30"
    assert say_time(datetime(2026, 1, 5, 9, 0, 7, tzinfo=timezone(timedelta(hours=-3)))) == (
        "Mon 5 Jan 2026, 09:00:07 UTC-03:00"
    )


def test_slippage_is_told_as_the_percentage_that_traders_think_in() -> None:
    assert say_bps(50) == "0.5 %"
    assert say_rough_percent(D("0.0001")) == "less than 0.01 %"
    assert say_rough_percent(D(0)) == "0 %"


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("0 9 * * 1", "every Monday at 09:00 (UTC)"),
        ("0 9 * * 0", "every Sunday at 09:00 (UTC)"),
        ("0 9 * * 7", "every Sunday at 09:00 (UTC)"),
        ("30 13 * * 1-5", "every Monday to Friday at 13:30 (UTC)"),
        ("30 13 * * MON-FRI", "every Monday to Friday at 13:30 (UTC)"),
        ("0 9,17 * * sat,sun", "every Saturday and Sunday at 09:00 and 17:00 (UTC)"),
        ("0 8 1 * *", "on day 1 of every month at 08:00 (UTC)"),
        ("*/15 * * * *", "every 15 minutes (UTC)"),
        ("0 * * * *", "every hour, on the hour (UTC)"),
        ("*/7 * * * *", 'on the schedule "*/7 * * * *" (minute hour day month weekday) (UTC)'),
        ("0 9 1 1 *", 'on the schedule "0 9 1 1 *" (minute hour day month weekday) (UTC)'),
        ("0 9 1 * 1", 'on the schedule "0 9 1 * 1" (minute hour day month weekday) (UTC)'),
        ("61 9 * * *", 'on the schedule "61 9 * * *" (minute hour day month weekday) (UTC)'),
    ],
)
def test_cron_is_told_in_words_or_quoted_but_never_guessed(cron: str, said: str) -> None:
    assert say_cron(cron, "UTC") == said


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=D("-1e24"), max_value=D("1e24")))
def test_no_number_breaks_the_words(number: Decimal) -> None:
    for said in (say_price(number), say_price(number, exact=True), say_level(number), say_money(number)):
        assert re.fullmatch(r"-?\$\d{1,3}(,\d{3})*(\.\d{2,})?", said), said
    assert D(say_price(number, exact=True).replace("$", "").replace(",", "")) == number


@pytest.mark.parametrize(
    ("action", "leg", "said"),
    [
        (Trade(type="buy", market="SOL-PERP", amount_base=D(12), order=TWAP, reduce_only=False), 3,
         "buy 2 SOL (part 3 of 6)"),
        (Trade(type="sell", market="SOL-PERP", amount_usd=D(900), order=TWAP, reduce_only=False), 1,
         "sell $150.00 of SOL-PERP (part 1 of 6)"),
        (Trade(type="buy", market="SOL-PERP", margin_usd=D(60), leverage=D(10), order=TWAP, reduce_only=False), 6,
         "buy $100.00 of SOL-PERP (part 6 of 6)"),
        (Trade(type="sell", market="SOL-PERP", amount_percent=D(50), reduce_only=True, order=TWAP), 2,
         "sell an equal part of 50 % of the SOL-PERP position (part 2 of 6)"),
        (Trade(type="buy", market="SOL-PERP", amount_base=D(1), reduce_only=False), 1, "buy 1 SOL"),
        (Close(market="SOL-PERP"), 1, "close SOL-PERP"),
        (Close(market="*", amount_percent=D(50), order=TWAP), 7, "close 50 % of a position (part 1 of 6)"),
        (Reverse(market="SOL-PERP"), 2, "reverse SOL-PERP (part 2 of 2)"),
    ],
)  # fmt: skip
def test_a_leg_that_is_not_sized_yet_says_what_it_is_to_trade(action: Action, leg: int, said: str) -> None:
    assert say_leg(action, leg) == said
