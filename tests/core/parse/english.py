"""English messages with the answer that a good model gives: some that the grammar reads too, some that it does not."""

from dataclasses import dataclass, field
from typing import Any

from tests.core.parse.spoken import LONG, buy, change, leave, level, rule, short
from tests.emulators.llm.answers import Answer, action, condition
from tests.emulators.llm.answers import rule as says
from tests.emulators.llm.answers import rules as answer

MARKET = {"type": "market"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A message, what is held, a good model's answer, and the rules that follow; `read` = the grammar reads it too."""

    text: str
    answer: Answer
    rules: tuple[dict[str, Any], ...]
    held: dict[str, Any] = field(default_factory=dict)
    read: bool = True


def _below(price: str, words: str, *, market: str = "SOL") -> tuple[str, Answer]:
    return words, condition("price_level", market=f"{market}-PERP", operator="<=", price=price)


_HALF = action("sell", market="SOL-PERP", amount_percent="50", reduce_only="yes", order=MARKET)
CASES = (
    Case(
        text="dump 2 SOL once the price craters under 140",
        held=LONG,
        read=False,
        answer=answer(
            says(
                *_below("140", "once the price craters under 140"),
                "dump 2 SOL",
                action("sell", market="SOL-PERP", amount_base="2", reduce_only="yes", order=MARKET),
            )
        ),
        rules=(
            rule(
                level("SOL", "<=", "140"),
                {"type": "sell", "market": "SOL-PERP", "reduce_only": True, "amount_base": "2"},
            ),
        ),
    ),
    Case(
        text="unload 3 SOL reduce only if SOL sinks beneath 140",
        held=LONG,
        answer=answer(
            says(
                *_below("140", "if SOL sinks beneath 140"),
                "unload 3 SOL reduce only",
                action("sell", market="SOL-PERP", amount_base="3", reduce_only="yes", order=MARKET),
            )
        ),
        rules=(
            rule(
                level("SOL", "<=", "140"),
                {"type": "sell", "market": "SOL-PERP", "reduce_only": True, "amount_base": "3"},
            ),
        ),
    ),
    Case(
        text="sell half my SOL at 160 and the rest at 170",
        held=LONG,
        answer=answer(
            says("at 160", condition("price_level", market="SOL-PERP", price="160"), "sell half my SOL", _HALF),
            says(
                "at 170",
                condition("price_level", market="SOL-PERP", price="170"),
                "the rest",
                {**_HALF, "amount_percent": "100"},
            ),
        ),
        rules=(
            rule(level("SOL", ">=", "160"), leave("SOL", "50")),
            rule(level("SOL", ">=", "170"), leave("SOL")),
        ),
    ),
    Case(
        text="when RSI(14) on the 1h is under 30 and SOL is above 120, buy 1 SOL",
        answer=answer(
            says(
                "when RSI(14) on the 1h is under 30 and SOL is above 120",
                [
                    condition(
                        "indicator",
                        market="SOL-PERP",
                        timeframe="1h",
                        name="rsi",
                        period="14",
                        operator="<=",
                        value="30",
                    ),
                    condition("price_level", market="SOL-PERP", operator=">=", price="120"),
                ],
                "buy 1 SOL",
                action("buy", market="SOL-PERP", amount_base="1", reduce_only="no", order=MARKET),
            )
        ),
        rules=(
            rule(
                {
                    "type": "all",
                    "conditions": [
                        {
                            "type": "indicator",
                            "market": "SOL-PERP",
                            "timeframe": "1h",
                            "name": "rsi",
                            "period": 14,
                            "operator": "<=",
                            "value": "30",
                        },
                        level("SOL", ">=", "120"),
                    ],
                },
                buy("SOL", amount_base="1"),
            ),
        ),
    ),
    Case(
        text="limit buy 2 SOL at 140 post only",
        answer=answer(
            says(
                "",
                None,
                "limit buy 2 SOL at 140 post only",
                action(
                    "buy",
                    market="SOL-PERP",
                    amount_base="2",
                    reduce_only="no",
                    order={"type": "limit", "price": "140", "post_only": "yes"},
                ),
            )
        ),
        rules=(
            rule(
                {"type": "now"}, buy("SOL", amount_base="2", order={"type": "limit", "price": "140", "post_only": True})
            ),
        ),
    ),
    Case(
        text="short 5 SOL if BTC drops 3% from here",
        answer=answer(
            says(
                "if BTC drops 3% from here",
                condition(
                    "price_change",
                    market="BTC-PERP",
                    direction="down",
                    threshold="3",
                    unit="percent",
                    reference="current_price",
                ),
                "short 5 SOL",
                action("sell", market="SOL-PERP", amount_base="5", reduce_only="no", order=MARKET),
            )
        ),
        rules=(rule(change("BTC", "down", "3", "percent", "current_price"), short("SOL", amount_base="5")),),
    ),
    Case(
        text="long SOL with $50 at 5x if it breaks above 160",
        answer=answer(
            says(
                "if it breaks above 160",
                condition("price_level", market="SOL-PERP", operator=">=", price="160"),
                "long SOL with $50 at 5x",
                action("buy", market="SOL-PERP", margin_usd="50", leverage="5", reduce_only="no", order=MARKET),
            )
        ),
        rules=(rule(level("SOL", ">=", "160"), buy("SOL", margin_usd="50", leverage="5")),),
    ),
)
