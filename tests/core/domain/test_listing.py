"""The listed markets: that each row of the table can be traded."""

import pytest

from core.domain.listing import LISTING
from core.domain.market import Market


@pytest.mark.parametrize("market", LISTING.values(), ids=LISTING)
def test_a_listed_market_is_consistent(market: Market) -> None:
    assert LISTING[market.symbol] is market
    assert market.symbol == f"{market.base}-PERP"
    assert 0 < market.maintenance_margin < market.initial_margin < 1
    assert 0 < market.step <= market.min_base
    assert market.min_base % market.step == 0
    assert market.taker_fee_bps > market.maker_fee_bps
    assert market.tick > 0


def test_the_usual_coins_are_listed() -> None:
    assert {"SOL-PERP", "BTC-PERP", "ETH-PERP", "JUP-PERP", "WIF-PERP", "BONK-PERP", "DRIFT-PERP", "HYPE-PERP"} <= set(
        LISTING
    )
