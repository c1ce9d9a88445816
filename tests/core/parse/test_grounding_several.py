"""Several rules in a message: honest answers that quote each rule's own words are believed."""

from typing import Any

import pytest

from core.parse.crosscheck import agree
from tests.core.parse.scripted import alone, heard
from tests.core.parse.spoken import LONG, context
from tests.emulators.llm.answers import Answer, action, condition, rule, rules

MARKET = {"type": "market"}


def at(price: str, operator: str = "", market: str = "SOL-PERP") -> Answer:
    return condition("price_level", market=market, operator=operator, price=price)


def out(percent: str = "100", **more: Any) -> Answer:
    return action("sell", market="SOL-PERP", amount_percent=percent, reduce_only="yes", order=MARKET, **more)


def into(**size: Any) -> Answer:
    return action("buy", market="SOL-PERP", reduce_only="no", order=MARKET, **size)


SEVERAL: dict[str, tuple[dict[str, Any], Answer]] = {
    "TP 160, SL 130 on my SOL": (
        LONG,
        rules(
            rule("TP 160", at("160"), "TP 160", out(), role="target"),
            rule("SL 130", at("130"), "SL 130 on my SOL", out(), role="stop"),
        ),
    ),
    "long 2 sol, stop at 140, take profit at 170": (
        {},
        rules(
            rule("", None, "long 2 sol", into(amount_base="2")),
            rule("stop at 140", at("140"), "stop at 140", out(), role="stop", after="r1"),
            rule("take profit at 170", at("170"), "take profit at 170", out(), role="target", after="r1"),
        ),
    ),
    "buy 2 SOL at 140 and sell it at 170": (
        {},
        rules(
            rule("at 140", at("140"), "buy 2 SOL", into(amount_base="2")),
            rule("at 170", at("170"), "sell it", out(), after="r1"),
        ),
    ),
    "close my SOL if funding goes above 0.05% and tell me": (
        LONG,
        rules(
            rule(
                "if funding goes above 0.05%",
                condition("funding_rate", market="SOL-PERP", operator=">=", value="0.05"),
                "close my SOL",
                action("close", market="SOL-PERP", amount_percent="100", order=MARKET),
            ),
            rule(
                "if funding goes above 0.05%",
                condition("funding_rate", market="SOL-PERP", operator=">=", value="0.05"),
                "tell me",
                action("alert"),
            ),
        ),
    ),
    "if SOL hits 180 sell half and ping me": (
        LONG,
        rules(
            rule("if SOL hits 180", at("180"), "sell half", out("50")),
            rule("if SOL hits 180", at("180"), "ping me", action("alert")),
        ),
    ),
    "sell a third at 160, a third at 170 and the rest at 180, stop loss at 130": (
        LONG,
        rules(
            rule("at 160", at("160"), "sell a third", out("33.33")),
            rule("at 170", at("170"), "a third", out("33.33")),
            rule("at 180", at("180"), "the rest", out()),
            rule("stop loss at 130", at("130"), "stop loss at 130", out(), role="stop"),
        ),
    ),
    "if BTC drops below 55k close my SOL, if it rises above 65k buy 1 SOL": (
        LONG,
        rules(
            rule(
                "if BTC drops below 55k",
                at("55000", "<=", "BTC-PERP"),
                "close my SOL",
                action("close", market="SOL-PERP", amount_percent="100", order=MARKET),
            ),
            rule("if it rises above 65k", at("65000", ">=", "BTC-PERP"), "buy 1 SOL", into(amount_base="1")),
        ),
    ),
    "buy $100 of SOL every monday at 9am and sell everything if SOL drops 20% within a day": (
        LONG,
        rules(
            rule(
                "every monday at 9am",
                condition("schedule", cron="0 9 * * MON"),
                "buy $100 of SOL",
                into(amount_usd="100"),
                times="endless",
            ),
            rule(
                "if SOL drops 20% within a day",
                condition(
                    "price_change", market="SOL-PERP", direction="down", threshold="20", unit="percent",
                    reference="window", window_s="86400",
                ),
                "sell everything",
                out(),
            ),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", SEVERAL)
async def test_an_honest_answer_is_believed_or_asked_about_and_never_refused(text: str) -> None:
    held, answer = SEVERAL[text]
    read = alone(text, context(held))
    result = await heard(text, answer, context(held))
    if read.kind == "rules":
        assert result.kind == "rules", [(q.about, [o.label for o in q.options]) for q in result.questions]
        assert agree(result.rules, read.rules)
    assert not any("set aside" in line for line in result.assumptions), result.assumptions
    assert "set aside" not in str(result.reason)


@pytest.mark.parametrize("text", [text for text, (_, answer) in SEVERAL.items() if len(answer["rules"]) > 1])
async def test_an_answer_that_lacks_a_rule_is_refused(text: str) -> None:
    held, answer = SEVERAL[text]
    read = alone(text, context(held))
    for n in range(len(answer["rules"])):
        left = {**answer, "rules": [one for at_, one in enumerate(answer["rules"]) if at_ != n]}
        result = await heard(text, left, context(held))
        assert result.kind != "rules" or agree(result.rules, read.rules), result.rules
