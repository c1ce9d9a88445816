"""What an order costs against the modelled book, in worked numbers."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.venues.paper.book import Taken
from core.venues.paper.matching import BAND_BPS, Depth, still_missing
from tests.core.venues.paper.bench import ROUND, START, Bench, D, market

SOL = market()


def test_a_small_order_pays_half_the_spread_and_half_of_its_own_reach() -> None:
    # 10 x 100 = 1,000 quote reach over 1 bps that begins 1 bps away: on average 1 + 0.5 = 1.5 bps → 100.015, up a tick
    assert ROUND.take(SOL, "buy", D(10), mark=D(100), worst=D(105)) == (D(10), D("100.02"))
    assert ROUND.take(SOL, "sell", D(10), mark=D(100), worst=D(95)) == (D(10), D("99.98"))


def test_a_bigger_order_pays_more() -> None:
    # 400 x 100 = 40,000 quote reach over 40 bps: on average 1 + 20 = 21 bps → 100.21
    assert ROUND.take(SOL, "buy", D(400), mark=D(100), worst=D(105)) == (D(400), D("100.21"))


def test_what_would_trade_beyond_the_bound_is_left() -> None:
    # up to 100.50 lie 50 bps, 49 of them with 1,000 quote each: 490 base, on average at 1 + 24.5 = 25.5 bps
    assert ROUND.take(SOL, "buy", D(600), mark=D(100), worst=D("100.50")) == (D(490), D("100.26"))


def test_nothing_trades_inside_the_spread() -> None:
    assert ROUND.take(SOL, "buy", D(10), mark=D(100), worst=D("100.01")) is None
    assert ROUND.take(SOL, "sell", D(10), mark=D(100), worst=D("100.01")) is None


def test_the_book_ends_at_the_band_however_bad_a_price_is_accepted() -> None:
    found = ROUND.take(SOL, "buy", D(10**6), mark=D(100), worst=D(1000))
    # 500 - 1 bps of 1,000 quote each: 499,000 / 100 = 4,990 base at 1 + 249.5 = 250.5 bps → 102.505, up a tick
    assert BAND_BPS == 500
    assert found == (D(4990), D("102.51"))


def test_what_was_taken_is_missing_until_it_has_grown_back() -> None:
    taken = Taken(notional=D(10_000), at=START)
    assert still_missing(taken, START) == 10_000
    assert still_missing(taken, START + timedelta(seconds=4)) == 6_000
    assert still_missing(taken, START + timedelta(seconds=10)) == 0
    assert still_missing(taken, START - timedelta(seconds=10)) == 10_000
    assert still_missing(None, START) == 0
    # 10,000 missing = 10 bps further out: 1 + 10 + 0.5 = 11.5 bps → 100.115, up a tick
    assert ROUND.take(SOL, "buy", D(10), mark=D(100), worst=D(105), taken=D(10_000)) == (D(10), D("100.12"))
    # and 10 bps fewer to take before the bound: 50 - 1 - 10 = 39 bps of 1,000 quote
    found = ROUND.take(SOL, "buy", D(600), mark=D(100), worst=D("100.50"), taken=D(10_000))
    assert found == (D(390), D("100.31"))  # on average 1 + 10 + 19.5 = 30.5 bps, up a tick


@pytest.mark.parametrize(
    ("price", "volume", "expected"),
    [
        ("99.01", None, "0"),  # short of the limit
        ("99", None, "10.1"),  # the touch: 1,000 / 99 = 10.101…
        ("99", "40", "4"),  # the touch with known volume: a tenth of 40
        ("99", "0", "0"),  # nothing traded at the touch
        ("98.9", "0", "102.1"),  # through by 0.1 / 99 = 10.1010 bps: 10,101.01 / 98.9 = 102.13…
        ("90", None, "250"),  # all of it
    ],
)
def test_a_resting_order_trades_what_reaches_it(price: str, volume: str | None, expected: str) -> None:
    mark = Bench().seen(price, volume=None if volume is None else D(volume))
    assert ROUND.make(SOL, "buy", D(250), mark=mark, limit=D(99)) == D(expected)


def test_orders_of_one_owner_share_what_reaches_them() -> None:
    mark = Bench().seen("99", volume=D(40))
    assert ROUND.make(SOL, "buy", D(250), mark=mark, limit=D(99), made=D(3)) == 1
    assert ROUND.make(SOL, "buy", D(250), mark=mark, limit=D(99), made=D(4)) == 0


def test_depth_varies_with_seed_market_and_instant_and_with_nothing_else() -> None:
    varied = replace(ROUND, variation=D("0.2"))
    depths = {
        varied.at(seed, name, START + timedelta(seconds=s))
        for seed in range(3)
        for name in ("SOL-PERP", "ETH-PERP")
        for s in range(3)
    }
    assert len(depths) == 18
    assert all(800 <= depth.quote_per_bps <= 1200 for depth in depths)
    assert varied.at(1, "SOL-PERP", START) == varied.at(1, "SOL-PERP", START)


def test_depth_uses_its_whole_range() -> None:
    varied = Depth(half_spread_bps=D(1), quote_per_bps=D(1), variation=D("0.2"))
    sizes: list[Decimal] = [varied.at(0, "SOL-PERP", START + timedelta(seconds=s)).quote_per_bps for s in range(200)]
    assert min(sizes) < D("0.82")
    assert max(sizes) > D("1.18")
