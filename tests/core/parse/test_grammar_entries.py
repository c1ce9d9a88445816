"""Entries in many wordings: sizes, prices, leverage, order kinds, brackets that wait for the fill."""

from typing import Any

import pytest

from tests.core.parse.spoken import (
    ALERT,
    AT_ONCE,
    FLAT,
    FOREVER,
    buy,
    change,
    close,
    leave,
    level,
    means,
    rule,
    short,
)


def limit(price: str, **more: Any) -> dict[str, Any]:
    return {"type": "limit", "price": price, **more}


ENTRIES: list[tuple[str, list[dict[str, Any]]]] = [
    (
        "when bitcoin gets down to 55k i want you to buy 0.02 btc",
        [rule(level("BTC", "<=", "55000"), buy("BTC", amount_base="0.02"))],
    ),
    ("if btc pumps past 70k short 0.05", [rule(level("BTC", ">=", "70000"), short("BTC", amount_base="0.05"))]),
    ("i'd like to open a $1,000 long position on ETH", [rule(AT_ONCE, buy("ETH", amount_usd="1000"))]),
    (
        "put $500 into SOL when it drops 10%",
        [rule(change("SOL", "down", "10", "percent", "current_price"), buy("SOL", amount_usd="500"))],
    ),
    ("use all my collateral to long SOL", [rule(AT_ONCE, buy("SOL", amount_percent="100"))]),
    ("open a 5x long on ETH with $100", [rule(AT_ONCE, buy("ETH", margin_usd="100", leverage="5"))]),
    ("Open a short position of 3 SOL at 10x leverage", [rule(AT_ONCE, short("SOL", amount_base="3", leverage="10"))]),
    ("market sell 0.1 btc short", [rule(AT_ONCE, short("BTC", amount_base="0.1"))]),
    ("buy two and a half sol", [rule(AT_ONCE, buy("SOL", amount_base="2.5"))]),
    ("buy 1.5 million bonk", [rule(AT_ONCE, buy("BONK", amount_base="1500000"))]),
    ("BUY 1 SOL IF PRICE < 140", [rule(level("SOL", "<=", "140"), buy("SOL", amount_base="1"))]),
    ("buy 2 SOL if it falls below one hundred forty", [rule(level("SOL", "<=", "140"), buy("SOL", amount_base="2"))]),
    (
        "Hi! I'd like to buy 3 SOL if price drops below $135. Thanks",
        [rule(level("SOL", "<=", "135"), buy("SOL", amount_base="3"))],
    ),
    ("could you buy 2 sol at 140?", [rule(level("SOL", "<=", "140"), buy("SOL", amount_base="2"))]),
    (
        "buy $100 of SOL and short $100 of ETH",
        [rule(AT_ONCE, buy("SOL", amount_usd="100")), rule(AT_ONCE, short("ETH", amount_usd="100"))],
    ),
    (
        "buy 2 SOL and 0.1 ETH",
        [rule(AT_ONCE, buy("SOL", amount_base="2")), rule(AT_ONCE, buy("ETH", amount_base="0.1"))],
    ),
    (
        "if btc drops to 55k buy $500, if it drops to 50k buy $1000",
        [
            rule(level("BTC", "<=", "55000"), buy("BTC", amount_usd="500")),
            rule(level("BTC", "<=", "50000"), buy("BTC", amount_usd="1000")),
        ],
    ),
    (
        "Buy $100 of SOL at 145, $200 at 140 and $300 at 130",
        [
            rule(level("SOL", "<=", "145"), buy("SOL", amount_usd="100")),
            rule(level("SOL", "<=", "140"), buy("SOL", amount_usd="200")),
            rule(level("SOL", "<=", "130"), buy("SOL", amount_usd="300")),
        ],
    ),
    (
        "whenever btc dips 2% in an hour buy $20 of it, max 5 times",
        [
            rule(
                change("BTC", "down", "2", "percent", "window", window_s=3600),
                buy("BTC", amount_usd="20"),
                repeat={"times": 5, "cooldown_s": 0},
            )
        ],
    ),
    (
        "buy $20 of btc whenever it dips 2%, at most once a day",
        [
            rule(
                change("BTC", "down", "2", "percent", "current_price"),
                buy("BTC", amount_usd="20"),
                repeat={**FOREVER, "cooldown_s": 86400},
            )
        ],
    ),
    (
        "limit buy 1 eth @ 2400 post only",
        [rule(AT_ONCE, buy("ETH", amount_base="1", order=limit("2400", post_only=True)))],
    ),
    ("place a limit order to buy 3 sol at 145", [rule(AT_ONCE, buy("SOL", amount_base="3", order=limit("145")))]),
    (
        "bid 0.5 eth at 2350 good for 2 hours",
        [rule(AT_ONCE, buy("ETH", amount_base="0.5", order=limit("2350", ttl_s=7200)))],
    ),
    (
        "twap buy 10 sol over 30 minutes",
        [rule(AT_ONCE, buy("SOL", amount_base="10", order={"type": "twap", "over_s": 1800, "slices": 6}))],
    ),
    (
        "scale into 20 SOL between 140 and 130 with 5 orders",
        [
            rule(
                AT_ONCE,
                buy(
                    "SOL",
                    amount_base="20",
                    order={"type": "ladder", "orders": 5, "from_price": "140", "to_price": "130"},
                ),
            )
        ],
    ),
    (
        "buy 2 SOL with max slippage of 0.3%",
        [rule(AT_ONCE, buy("SOL", amount_base="2", order={"type": "market", "max_slippage_bps": 30}))],
    ),
    (
        "short 1 eth at 2800 good till friday 5pm",
        [rule(level("ETH", ">=", "2800"), short("ETH", amount_base="1"), expires_at="2026-11-27T17:00:00+00:00")],
    ),
    (
        "once SOL reaches 160 buy 2 SOL with stop at 150 and tp at 180",
        [
            rule(level("SOL", ">=", "160"), buy("SOL", amount_base="2")),
            rule(level("SOL", "<=", "150"), leave("SOL"), after="r1", oco_group="a"),
            rule(level("SOL", ">=", "180"), leave("SOL"), after="r1", oco_group="a"),
        ],
    ),
    (
        "short 0.1 BTC at 62000, stop loss 63500, take profit 58000",
        [
            rule(level("BTC", ">=", "62000"), short("BTC", amount_base="0.1")),
            rule(level("BTC", ">=", "63500"), leave("BTC", side="buy"), after="r1", oco_group="a"),
            rule(level("BTC", "<=", "58000"), leave("BTC", side="buy"), after="r1", oco_group="a"),
        ],
    ),
    (
        "buy 2 sol at 140 then sell half at 160 and the rest at 170",
        [
            rule(level("SOL", "<=", "140"), buy("SOL", amount_base="2")),
            rule(level("SOL", ">=", "160"), leave("SOL", "50"), after="r1"),
            rule(level("SOL", ">=", "170"), leave("SOL"), after="r1"),
        ],
    ),
    (
        "Buy 0.1 BTC and close it in 6 hours",
        [
            rule(AT_ONCE, buy("BTC", amount_base="0.1")),
            rule({"type": "time", "at": "2026-11-22T18:00:00+00:00"}, close("BTC"), after="r1"),
        ],
    ),
    (
        "market buy SOL $250 tp 5% sl 3%",
        [
            rule(AT_ONCE, buy("SOL", amount_usd="250")),
            rule(change("SOL", "up", "5", "percent", "entry_price"), leave("SOL"), after="r1", oco_group="a"),
            rule(change("SOL", "down", "3", "percent", "entry_price"), leave("SOL"), after="r1", oco_group="a"),
        ],
    ),
    (
        "buy $100 on a 10% dip in sol",
        [rule(change("SOL", "down", "10", "percent", "current_price"), buy("SOL", amount_usd="100"))],
    ),
    (
        "sol dips 5% → buy $100; sol dips 10% → buy $200",
        [
            rule(change("SOL", "down", "5", "percent", "current_price"), buy("SOL", amount_usd="100")),
            rule(change("SOL", "down", "10", "percent", "current_price"), buy("SOL", amount_usd="200")),
        ],
    ),
    ("buy 2SOL@140", [rule(level("SOL", "<=", "140"), buy("SOL", amount_base="2"))]),
    (
        "buy 2 sol w/ 5% sl",
        [
            rule(AT_ONCE, buy("SOL", amount_base="2")),
            rule(change("SOL", "down", "5", "percent", "entry_price"), leave("SOL"), after="r1"),
        ],
    ),
    (
        "long 2 SOL if BTC > 65k, close it if BTC < 60k",
        [
            rule(level("BTC", ">=", "65000"), buy("SOL", amount_base="2")),
            rule(level("BTC", "<=", "60000"), close("SOL"), after="r1"),
        ],
    ),
    (
        "short 1 ETH at market and cover at 2300",
        [
            rule(AT_ONCE, short("ETH", amount_base="1")),
            rule(level("ETH", "<=", "2300"), leave("ETH", side="buy"), after="r1"),
        ],
    ),
    (
        "buy 2 sol, alert me when it hits 170",
        [rule(AT_ONCE, buy("SOL", amount_base="2")), rule(level("SOL", ">=", "170"), ALERT)],
    ),
    (
        "Buy 0.2 ETH now. Set a 5% stop loss and a 10% take profit.",
        [
            rule(AT_ONCE, buy("ETH", amount_base="0.2")),
            rule(change("ETH", "down", "5", "percent", "entry_price"), leave("ETH"), after="r1", oco_group="a"),
            rule(change("ETH", "up", "10", "percent", "entry_price"), leave("ETH"), after="r1", oco_group="a"),
        ],
    ),
    (
        "buy 2 SOL at 140; short 1 ETH at 3000",
        [
            rule(level("SOL", "<=", "140"), buy("SOL", amount_base="2")),
            rule(level("ETH", ">=", "3000"), short("ETH", amount_base="1")),
        ],
    ),
]


@pytest.mark.parametrize(("text", "rules"), ENTRIES)
def test_entries_mean_what_was_said(text: str, rules: list[dict[str, Any]]) -> None:
    means(text, *rules, held=FLAT)
