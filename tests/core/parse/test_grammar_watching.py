"""Conditions in many wordings: indicators, candles, profit and loss, funding, times, schedules, alerts."""

from typing import Any

import pytest

from core import codec
from core.parse.grammar import read
from tests.core.parse.spoken import (
    ALERT,
    BOTH,
    FLAT,
    FOREVER,
    LONG,
    buy,
    change,
    close,
    context,
    leave,
    level,
    means,
    result,
    rule,
    short,
)


def indicator(market: str, timeframe: str, name: str, operator: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "market": f"{market}-PERP",
        "timeframe": timeframe,
        "name": name,
        "operator": operator,
        **more,
    }


def pnl(market: str, operator: str, threshold: str, unit: str) -> dict[str, Any]:
    return {"type": "position_pnl", "market": market, "operator": operator, "threshold": threshold, "unit": unit}


def at(time: str) -> dict[str, Any]:
    return {"type": "time", "at": time}


def schedule(**fields: Any) -> dict[str, Any]:
    return {"type": "schedule", **fields}


WATCHED: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    (
        "if the 20 ema crosses below the 50 ema on BTC 1h, short 0.05 BTC",
        FLAT,
        [
            rule(
                indicator("BTC", "1h", "ema", "crosses_below", period=20, other={"name": "ema", "period": 50}),
                short("BTC", amount_base="0.05"),
            )
        ],
    ),
    (
        "when MACD crosses above the signal line on the 4h for ETH buy 1 ETH",
        FLAT,
        [
            rule(
                indicator("ETH", "4h", "macd", "crosses_above", other={"name": "macd_signal"}),
                buy("ETH", amount_base="1"),
            )
        ],
    ),
    (
        "long 1 eth if 15m rsi below 25 and price above 2400",
        FLAT,
        [
            rule(
                {
                    "type": "all",
                    "conditions": [
                        indicator("ETH", "15m", "rsi", "<=", period=14, value="25"),
                        level("ETH", ">=", "2400"),
                    ],
                },
                buy("ETH", amount_base="1"),
            )
        ],
    ),
    (
        "send me a message when eth volume on the 1h exceeds 10m",
        FLAT,
        [rule(indicator("ETH", "1h", "volume", ">=", value="10000000"), ALERT)],
    ),
    (
        "alert when SOL price crosses above its 50 day moving average",
        FLAT,
        [rule(indicator("SOL", "1d", "price", "crosses_above", other={"name": "sma", "period": 50}), ALERT)],
    ),
    (
        "sell when RSI hits 70 on 1h",
        LONG,
        [rule(indicator("SOL", "1h", "rsi", ">=", period=14, value="70"), leave("SOL"))],
    ),
    (
        "go long 2 sol when price closes above 155 on the 1h",
        FLAT,
        [
            rule(
                {"type": "candle_close", "market": "SOL-PERP", "timeframe": "1h", "operator": ">=", "price": "155"},
                buy("SOL", amount_base="2"),
            )
        ],
    ),
    ("if I lose $100 on SOL close it", LONG, [rule(pnl("SOL-PERP", "<=", "-100", "usd"), close("SOL"))]),
    ("alert if my pnl hits -50 dollars", LONG, [rule(pnl("SOL-PERP", "<=", "-50", "usd"), ALERT)]),
    ("close when I make $100", LONG, [rule(pnl("SOL-PERP", ">=", "100", "usd"), close("SOL"))]),
    (
        "when my pnl on SOL hits 20% close half",
        LONG,
        [rule(pnl("SOL-PERP", ">=", "20", "percent"), close("SOL", "50"))],
    ),
    (
        "If total profit hits $500 close all positions and cancel all orders",
        BOTH,
        [
            rule(pnl("*", ">=", "500", "usd"), close("*")),
            rule(pnl("*", ">=", "500", "usd"), {"type": "cancel_orders", "market": "*"}),
        ],
    ),
    (
        "close my position if loss exceeds 5%",
        LONG,
        [rule(change("SOL", "down", "5", "percent", "entry_price"), close("SOL"))],
    ),
    (
        "sell all SOL if funding rate goes above 0.05%",
        LONG,
        [rule({"type": "funding_rate", "market": "SOL-PERP", "operator": ">=", "value": "0.05"}, leave("SOL"))],
    ),
    (
        "liquidate my position if health falls below 15",
        LONG,
        [rule({"type": "account", "metric": "health", "operator": "<=", "value": "15"}, leave("SOL"))],
    ),
    (
        "alert me if SOL moves more than 3% in 15 minutes",
        FLAT,
        [rule(change("SOL", "either", "3", "percent", "window", window_s=900), ALERT)],
    ),
    (
        "if price drops below 140 for 10 minutes then close half",
        LONG,
        [rule(level("SOL", "<=", "140", for_s=600), close("SOL", "50"))],
    ),
    (
        "If ETH goes to 3000 or drops to 2000 ping me",
        FLAT,
        [rule({"type": "any", "conditions": [level("ETH", ">=", "3000"), level("ETH", "<=", "2000")]}, ALERT)],
    ),
    ("Set up an alert for ETH at 2800", FLAT, [rule(level("ETH", ">=", "2800"), ALERT)]),
    ("notify when BTC/USD > 70000", FLAT, [rule(level("BTC", ">=", "70000"), ALERT)]),
    (
        'tell me when sol is at 170 saying "time to look"',
        FLAT,
        [rule(level("SOL", ">=", "170"), {**ALERT, "message": "time to look"})],
    ),
    (
        "remind me in 2 hours to check my positions",
        FLAT,
        [rule(at("2026-11-22T14:00:00+00:00"), {**ALERT, "message": "check my positions"})],
    ),
    ("close everything at noon on friday", BOTH, [rule(at("2026-11-27T12:00:00+00:00"), close("*"))]),
    ("close my SOL tomorrow morning at 9", LONG, [rule(at("2026-11-23T09:00:00+00:00"), close("SOL"))]),
    ("close sol in 30m", LONG, [rule(at("2026-11-22T12:30:00+00:00"), close("SOL"))]),
    (
        "buy 1 SOL every friday at 5pm EST",
        FLAT,
        [rule(schedule(cron="0 17 * * FRI", timezone="America/New_York"), buy("SOL", amount_base="1"), repeat=FOREVER)],
    ),
    (
        "buy 1 SOL on mondays and thursdays at 10am",
        FLAT,
        [rule(schedule(cron="0 10 * * 1,4"), buy("SOL", amount_base="1"), repeat=FOREVER)],
    ),
    (
        "buy $10 btc every hour for 24 hours",
        FLAT,
        [rule(schedule(every_s=3600), buy("BTC", amount_usd="10"), repeat={"times": 24, "cooldown_s": 0})],
    ),
    ("DCA $100 into BTC weekly", FLAT, [rule(schedule(every_s=604800), buy("BTC", amount_usd="100"), repeat=FOREVER)]),
    (
        "every day at 9am buy $50 of SOL if SOL is below 150",
        FLAT,
        [
            rule(
                {"type": "all", "conditions": [schedule(cron="0 9 * * *", timezone="UTC"), level("SOL", "<=", "150")]},
                buy("SOL", amount_usd="50"),
                repeat=FOREVER,
            )
        ],
    ),
    ("buy 1 SOL on 25 Dec at 10:00", FLAT, [rule(at("2026-12-25T10:00:00+00:00"), buy("SOL", amount_base="1"))]),
    ("buy 1 SOL on Dec 25th, 2026 at 10am", FLAT, [rule(at("2026-12-25T10:00:00+00:00"), buy("SOL", amount_base="1"))]),
    ("buy 1 SOL tonight at 9", FLAT, [rule(at("2026-11-22T21:00:00+00:00"), buy("SOL", amount_base="1"))]),
    ("buy 1 SOL at noon EST", FLAT, [rule(at("2026-11-22T17:00:00+00:00"), buy("SOL", amount_base="1"))]),
    ("buy 1 SOL in half an hour", FLAT, [rule(at("2026-11-22T12:30:00+00:00"), buy("SOL", amount_base="1"))]),
    (
        "every 4h from tomorrow 8am buy 1 SOL",
        FLAT,
        [
            rule(
                schedule(every_s=14400, start_at="2026-11-23T08:00:00+00:00"),
                buy("SOL", amount_base="1"),
                repeat=FOREVER,
            )
        ],
    ),
    (
        "buy 1 SOL if it drops 5% by friday 5pm",
        FLAT,
        [
            rule(
                change("SOL", "down", "5", "percent", "current_price"),
                buy("SOL", amount_base="1"),
                expires_at="2026-11-27T17:00:00+00:00",
            )
        ],
    ),
]


@pytest.mark.parametrize(("text", "held", "rules"), WATCHED)
def test_conditions_mean_what_was_said(text: str, held: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    means(text, *rules, held=held)


@pytest.mark.parametrize(
    ("text", "about", "held"),
    [
        ("buy 0.01 btc if it closes above 65k", "timeframe", FLAT),
        ("sell when RSI hits 70", "timeframe", LONG),
        ("buy 1 SOL tomorrow", "time", FLAT),
        ("sell 1 SOL at 5pm", "side", FLAT),
        ("trailing 5", "unit", LONG),
        ("tp1 160 tp2 170 tp3 180", "size", LONG),
        ("buy 1 SOL next friday at 9am", "time", FLAT),
        ("buy 1 SOL on feb 30 at 10:00", "time", FLAT),
        ("buy 1 SOL every day at 7", "time", FLAT),
        ("buy SOL 140", "size", FLAT),
        ("ape 1k into sol", "size", FLAT),
        ("sell some SOL at 170", "size", LONG),
        ("buy 2 sol with a stop loss", "value", FLAT),
        ("close my sol on dec 24", "time", LONG),
        ("close my short", "contradiction", LONG),
        ("sell half my position", "market", BOTH),
        ("buy sol", "size", FLAT),
        ("sell 0% of my sol", "size", LONG),
        ("buy 1,5 SOL", "size", FLAT),
        ("long 2 SOL 50x", "leverage", FLAT),
        ("buy 1 SOL at 9", "far_price", FLAT),
        ("buy two SOL at two thousand five hundred", "far_price", FLAT),
        ("buy 1 SOL under 160", "already_true", FLAT),
        ("buy 2 SOL at 140, stop 145", "contradiction", FLAT),
        ("buy 1 SOL at 140 and sell short 1 SOL at 140", "contradiction", FLAT),
        ("Close my SOL at 170. Don't close it at 170.", "contradiction", LONG),
    ],
)
def test_what_is_open_is_asked(text: str, about: str, held: dict[str, Any]) -> None:
    asked = result(text, held)
    assert asked.kind == "question", asked
    assert about in {question.about for question in asked.questions}


def test_times_are_those_of_the_owner() -> None:
    berlin = context(timezone="Europe/Berlin")
    (once,) = read("buy 1 SOL at 9pm", berlin).rules
    assert codec.to_json(once.condition)["at"] == "2026-11-22T20:00:00+00:00"
    (daily,) = read("buy 1 SOL every day at 9pm", berlin).rules
    assert (daily.condition.cron, daily.condition.timezone) == ("0 21 * * *", "Europe/Berlin")  # type: ignore[union-attr]
    assert "Times are Europe/Berlin." in read("buy 1 SOL at 9pm", berlin).assumptions


def test_a_scale_out_says_what_its_shares_are_of() -> None:
    said = result("sell half at 160, rest at 170", LONG)
    assert "Each share is of the position as it is when its rule fires." in said.assumptions
