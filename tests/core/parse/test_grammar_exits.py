"""Exits in many wordings: stops, targets, trailing stops, scale-outs, groups that exclude each other."""

from typing import Any

import pytest

from tests.core.parse.spoken import (
    ALERT,
    AT_ONCE,
    BOTH,
    FOREVER,
    LONG,
    SHORT,
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


def trail(distance: str, unit: str, direction: str = "down", **more: Any) -> dict[str, Any]:
    return {
        "type": "trailing",
        "market": "SOL-PERP",
        "direction": direction,
        "distance": distance,
        "unit": unit,
        **more,
    }


EXITS: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    (
        "Please sell a quarter of my SOL position once the price climbs to $180",
        LONG,
        [rule(level("SOL", ">=", "180"), leave("SOL", "25"))],
    ),
    ("exit my solana position if price goes below 135 dollars", LONG, [rule(level("SOL", "<=", "135"), close("SOL"))]),
    ("my stop loss for SOL is 132", LONG, [rule(level("SOL", "<=", "132"), leave("SOL"))]),
    (
        "set stop loss 8% below entry and take profit 15% above entry",
        LONG,
        [
            rule(change("SOL", "down", "8", "percent", "entry_price"), leave("SOL"), oco_group="a"),
            rule(change("SOL", "up", "15", "percent", "entry_price"), leave("SOL"), oco_group="a"),
        ],
    ),
    (
        "set a stop loss at 170 on my SOL short and take profit at 140",
        SHORT,
        [
            rule(level("SOL", ">=", "170"), leave("SOL", side="buy"), oco_group="a"),
            rule(level("SOL", "<=", "140"), leave("SOL", side="buy"), oco_group="a"),
        ],
    ),
    (
        "sl -5% tp +10%",
        LONG,
        [
            rule(change("SOL", "down", "5", "percent", "entry_price"), leave("SOL"), oco_group="a"),
            rule(change("SOL", "up", "10", "percent", "entry_price"), leave("SOL"), oco_group="a"),
        ],
    ),
    (
        "tp 160 50%, tp 175 50%",
        LONG,
        [rule(level("SOL", ">=", "160"), leave("SOL", "50")), rule(level("SOL", ">=", "175"), leave("SOL", "50"))],
    ),
    (
        "Take profit 1 at 160 (30%), take profit 2 at 170 (70%)",
        LONG,
        [rule(level("SOL", ">=", "160"), leave("SOL", "30")), rule(level("SOL", ">=", "170"), leave("SOL", "70"))],
    ),
    (
        "sell 5 SOL at 165, 3 SOL at 175 and the rest at 190",
        LONG,
        [
            rule(
                level("SOL", ">=", "165"),
                {"type": "sell", "market": "SOL-PERP", "amount_base": "5", "reduce_only": True},
            ),
            rule(
                level("SOL", ">=", "175"),
                {"type": "sell", "market": "SOL-PERP", "amount_base": "3", "reduce_only": True},
            ),
            rule(level("SOL", ">=", "190"), leave("SOL")),
        ],
    ),
    ("sell half my position with a 5% trailing stop", LONG, [rule(trail("5", "percent"), leave("SOL", "50"))]),
    (
        "set a trailing stop of $4 on my SOL, activate at 165",
        LONG,
        [rule(trail("4", "usd", activation_price="165"), leave("SOL"))],
    ),
    (
        "cover half at 140 and the rest at 130",
        SHORT,
        [
            rule(level("SOL", "<=", "140"), leave("SOL", "50", "buy")),
            rule(level("SOL", "<=", "130"), leave("SOL", "100", "buy")),
        ],
    ),
    (
        "sell 2 sol limit 165",
        LONG,
        [
            rule(
                AT_ONCE,
                {"type": "sell", "market": "SOL-PERP", "amount_base": "2", "reduce_only": True, "order": limit("165")},
            )
        ],
    ),
    (
        "twap out of my sol over 4 hours",
        LONG,
        [rule(AT_ONCE, leave("SOL", order={"type": "twap", "over_s": 14400, "slices": 48}))],
    ),
    (
        "take half off at 165 and move stop to breakeven",
        LONG,
        [
            rule(level("SOL", ">=", "165"), leave("SOL", "50")),
            rule(level("SOL", ">=", "165"), {"type": "move_stop", "market": "SOL-PERP", "to": "entry_price"}),
        ],
    ),
    (
        "close half at 170 and alert me",
        LONG,
        [rule(level("SOL", ">=", "170"), close("SOL", "50")), rule(level("SOL", ">=", "170"), ALERT)],
    ),
    ("close my short", BOTH, [rule(AT_ONCE, close("BTC"))]),
    ("add 2 SOL to my position at 140", LONG, [rule(level("SOL", "<=", "140"), buy("SOL", amount_base="2"))]),
    ("reverse my sol at 140", LONG, [rule(level("SOL", "<=", "140"), {"type": "reverse", "market": "SOL-PERP"})]),
    (
        "Reduce my SOL by 25% every time it rises 5%",
        LONG,
        [rule(change("SOL", "up", "5", "percent", "current_price"), leave("SOL", "25"), repeat=FOREVER)],
    ),
    (
        "when my SOL long is closed, short 5 SOL",
        LONG,
        [rule({"type": "position_event", "market": "SOL-PERP", "event": "closed"}, short("SOL", amount_base="5"))],
    ),
    (
        "sell 50% of my SOL at $170, if it falls to $140 sell everything",
        LONG,
        [
            rule(level("SOL", ">=", "170"), leave("SOL", "50"), oco_group="a"),
            rule(level("SOL", "<=", "140"), leave("SOL"), oco_group="a"),
        ],
    ),
    (
        "If SOL hits 165 sell 30%. At 175 sell another 30%. At 190 close the rest.",
        LONG,
        [
            rule(level("SOL", ">=", "165"), leave("SOL", "30")),
            rule(level("SOL", ">=", "175"), leave("SOL", "30")),
            rule(level("SOL", ">=", "190"), close("SOL")),
        ],
    ),
    (
        "SOL: TP 170, SL 130. BTC: TP 55000, SL 65000",
        BOTH,
        [
            rule(level("SOL", ">=", "170"), leave("SOL"), oco_group="a"),
            rule(level("SOL", "<=", "130"), leave("SOL"), oco_group="a"),
            rule(level("BTC", "<=", "55000"), leave("BTC", side="buy"), oco_group="b"),
            rule(level("BTC", ">=", "65000"), leave("BTC", side="buy"), oco_group="b"),
        ],
    ),
    (
        "close SOL at 170 and BTC at 55000",
        BOTH,
        [rule(level("SOL", ">=", "170"), close("SOL")), rule(level("BTC", "<=", "55000"), close("BTC"))],
    ),
    (
        "if SOL drops 5% sell it all and buy 0.01 BTC",
        BOTH,
        [
            rule(change("SOL", "down", "5", "percent", "current_price"), leave("SOL")),
            rule(change("SOL", "down", "5", "percent", "current_price"), buy("BTC", amount_base="0.01")),
        ],
    ),
    ("sell if it drops 5% from its peak", LONG, [rule(trail("5", "percent"), leave("SOL"))]),
    (
        "sell half at +10%, rest at +20%",
        LONG,
        [
            rule(change("SOL", "up", "10", "percent", "entry_price"), leave("SOL", "50")),
            rule(change("SOL", "up", "20", "percent", "entry_price"), leave("SOL")),
        ],
    ),
    (
        "exit 25% every 5% up",
        LONG,
        [rule(change("SOL", "up", "5", "percent", "current_price"), close("SOL", "25"), repeat=FOREVER)],
    ),
]


@pytest.mark.parametrize(("text", "held", "rules"), EXITS)
def test_exits_mean_what_was_said(text: str, held: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    means(text, *rules, held=held)
