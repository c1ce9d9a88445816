"""What an owner's limits stop, and what they must never stop."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.domain.limit import Limits, Weighing, check

D = Decimal
LIMITS = Limits()
AT_EVERY_LIMIT = Weighing(
    notional_usd=D(25_000),
    reduce_only=False,
    slippage_bps=200,
    position_usd_after=D(100_000),
    leverage_after=D(10),
    orders_today=199,
)


def test_reaching_a_limit_is_allowed() -> None:
    assert check(LIMITS, AT_EVERY_LIMIT) is None


@pytest.mark.parametrize(
    ("limit", "beyond", "says"),
    [
        ("max_order_usd", {"notional_usd": D("25000.01")}, "$25,000.01 is over your limit of $25,000.00 each"),
        ("max_position_usd", {"position_usd_after": D(100_001)}, "a position of $100,001.00 is over"),
        ("max_leverage", {"leverage_after": D("10.1")}, "10.1x is over your limit of 10x"),
        ("max_slippage_bps", {"slippage_bps": 201}, "201 bps is over your limit of 200 bps"),
        ("max_orders_a_day", {"orders_today": 200}, "200 orders today reach your limit of 200 a day"),
    ],
)
def test_each_limit_denies_what_is_beyond_it_and_says_which(limit: str, beyond: dict[str, Any], says: str) -> None:
    denial = check(LIMITS, replace(AT_EVERY_LIMIT, **beyond))
    assert denial is not None
    assert denial.limit == limit
    assert says in denial.reason


def test_no_limit_on_size_keeps_anybody_from_getting_out() -> None:
    huge = Weighing(
        notional_usd=D(10**9),
        reduce_only=True,
        position_usd_after=D(10**9),
        leverage_after=D(1000),
        orders_today=10_000,
    )
    assert check(LIMITS, huge) is None


def test_slippage_binds_exits_too() -> None:
    denial = check(LIMITS, Weighing(notional_usd=D(1), reduce_only=True, slippage_bps=500))
    assert denial is not None
    assert denial.limit == "max_slippage_bps"
