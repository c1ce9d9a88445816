"""What is said is in the rules or stops them: words put in are noticed, sentences side by side stay what they were."""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from core import codec
from core.domain.reading import ParseContext, ParseResult
from core.parse.grammar import read
from tests.core.parse.spoken import BOTH, LONG, NOW, result

LINES = [
    json.loads(line)
    for path in sorted(Path(__file__).parent.glob("unseen*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]
ELSEWHERE = "DRIFT"
"""A market that none of the sampled lines speaks of."""
MEANINGFUL = (ELSEWHERE, "47%", "never", "unless ETH is above 2600", "for 7 minutes", "on 2026-12-03", "on kraken")


def _sample(count: int, seed: int) -> list[tuple[str, ParseContext, ParseResult]]:
    """Lines that make rules and dictate no message, in an order that is always the same."""
    chosen = random.Random(seed).sample(LINES, len(LINES))
    found: list[tuple[str, ParseContext, ParseResult]] = []
    for line in chosen:
        if len(found) == count:
            break
        text, context = line["text"], codec.context_from_json(line["context"], NOW)
        told = read(text, context)
        dictated = any(getattr(rule.action, "message", None) for rule in told.rules)
        if told.kind == "rules" and not dictated and len(text) < 120 and ELSEWHERE.lower() not in text.lower():
            found.append((text, context, told))
    return found


def _places(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer(r"\S+", text))]


@pytest.mark.parametrize("word", MEANINGFUL)
def test_a_word_put_in_anywhere_never_leaves_the_reading_as_it_was(word: str) -> None:
    """A number, a market, a time, a negation, a condition or a venue that changes nothing was not heard."""
    unheard = []
    for text, context, told in _sample(40, seed=len(word)):
        for place in _places(text):
            said = f"{text[:place]} {word} {text[place:]}".strip()
            again = read(said, context)
            if again.kind == "rules" and again.rules == told.rules:
                unheard.append(said)
    assert not unheard


def _plain(told: ParseResult) -> list[str]:
    """What each rule does and when, without the names and groups that depend on its neighbours."""
    return sorted(
        json.dumps([codec.to_json(part) for part in (rule.condition, rule.action, rule.repeat)], sort_keys=True)
        for rule in told.rules
    )


HELD = {
    "SOL-PERP": {"base": "4", "entry_price": "141"},
    "ETH-PERP": {"base": "-2", "entry_price": "2610"},
    "BTC-PERP": {"base": "0.1", "entry_price": "58000"},
}


def test_sentences_side_by_side_say_what_each_says_alone_or_are_asked_about() -> None:
    prices = {"SOL-PERP": "150", "BTC-PERP": "60000", "ETH-PERP": "2500", "JUP-PERP": "0.8", "WIF-PERP": "1.8"}
    context = codec.context_from_json({"prices": prices, "positions": HELD, "timezone": "UTC"}, NOW)
    texts = [
        line["text"] for line in LINES if line["context"]["prices"]["SOL-PERP"] == "150" and "\n" not in line["text"]
    ]
    alone = [(text, told) for text in texts if (told := read(text, context)).kind == "rules" and len(told.rules) < 3]
    chooser = random.Random(7)
    changed, kept = [], 0
    for _ in range(250):
        (first, one), (second, other) = chooser.sample(alone, 2)
        said = first.rstrip(".!? ") + chooser.choice((". ", "\n", "; ")) + second
        told = read(said, context)
        if told.kind == "rules" and _plain(told) != sorted(_plain(one) + _plain(other)):
            changed.append(said)
        kept += told.kind == "rules"
    assert not changed
    assert kept > 200, "Most sentences can stand beside each other."


HALF_HEARD = """
sell half my sol if it hits 165, if it closes above 175 on the 4h never mind
close sol if it drops 5%, buy 1 eth
close my sol if it drops to 140 if eth rises to 2700 sell half
if sol drops 5% in 1 hour and then recovers 3% buy 1 sol
if sol touches 160 three times sell half
buy 1 sol and ping me when it hits 160
reverse half of my sol at 160
sell half my sol at 155, the remaining 20% of my sol at 165
trailing stop hype 2.5% on sol
recurring buy of $50 sol
buy 2 sol spot at 140
close everything 2 if sol nukes under 120
buy 2 wif sol at 140
sell 50% of my free collateral in sol
add $50 margin to my sol
sell 1.000 sol at 160
sell 19 sol at 160
buy 1 sol short if the 1h rsi is under 30
friday 8am tomorrow close my sol
close my sol this weekend
stop loss on sol at 5% profit
sol stop 5% above the current price
close my sol if it's up 10% or down 5% from entry
if my order fills set a stop at 135
when it triggers alert me
cancel this order
cancel my order
delete rules r1-r3
cancel all orders above 160
delete my first take profit
close his sol
sell my sol sell if the 1d rsi is over 78
if sol > 160 btc > 62k sell half my sol
long 1 sol and 1 eth with 5% stops
ping me when sol hits 160 and when eth hits 2700
if margin usage is over 80% close half of everything
if health is under 1.2 close everything
buy $400 sol over the next 4 hours every 15 minutes
long 1 sol and short 1 eth at 5x
sell at 160 limit until 9pm then market
close and reverse sol
up 50 bucks close half of it
""".strip().splitlines()
"""Every one of these was once read as something that was not said."""


@pytest.mark.parametrize("text", HALF_HEARD)
@pytest.mark.parametrize("held", [LONG, BOTH], ids=["long", "both"])
def test_what_was_once_half_heard_is_asked_or_declined(text: str, held: dict[str, Any]) -> None:
    told = result(text, held)
    assert told.kind not in ("rules", "command"), told.rules or told.command
    assert told.reason or told.questions


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("sell half my sol if it hits 165, if it hits 175 sell the rest", [165, 175]),
        ("if sol hits 160 sell half, close the rest if it hits 170", [160, 170]),
        ("tell me when sol hits 160, when it hits 140 close my sol", [160, 140]),
        ("close sol if it drops under 140 and if it rises over 170 close sol", [140, 170]),
    ],
)
def test_each_action_waits_for_its_own_condition(text: str, conditions: list[int]) -> None:
    told = result(text, LONG)
    assert told.kind == "rules", told.reason
    assert [rule.condition.price for rule in told.rules] == conditions  # type: ignore[union-attr]


@pytest.mark.parametrize("word", ["hits", "reaches", "touches"])
def test_two_markets_are_both_waited_for(word: str) -> None:
    told = result(f"buy 1 sol if btc {word} 65k and eth {word} 2700")
    assert [rule.condition.type for rule in told.rules] == ["all"]


def test_once_filled_waits_for_the_exit_that_was_spoken_of() -> None:
    told = result("set a limit sell for 1 sol at 160, when it fills close the rest", LONG)
    assert [rule.after for rule in told.rules] == [None, "r1"]


MOMENTS = {
    "sol hits 160": ("SOL-PERP", ">=", "160"),
    "sol drops below 140": ("SOL-PERP", "<=", "140"),
    "btc breaks 65k": ("BTC-PERP", ">=", "65000"),
    "eth falls under 2300": ("ETH-PERP", "<=", "2300"),
    "eth trades above 2700": ("ETH-PERP", ">=", "2700"),
}
DEEDS = {
    "close my sol": ("close", "SOL-PERP"),
    "sell half my sol": ("sell", "SOL-PERP"),
    "close my eth": ("close", "ETH-PERP"),
    "buy 1 btc": ("buy", "BTC-PERP"),
    "short 300 wif": ("sell", "WIF-PERP"),
    "ping me": ("alert", ""),
    "close everything": ("close", "*"),
}
SHAPES = (
    "if {m} {d}{j}if {n} {e}",
    "{d} if {m}{j}{e} when {n}",
    "{d} when {m}{j}if {n} {e}",
    "once {m}, {d}{j}{e} if {n}",
)
JOINTS = (", ", " and ", ". ", "; ", ", and ", " then ", " ", "\n", " plus ", " also ")


def test_of_two_rules_in_any_order_none_takes_the_moment_of_the_other() -> None:
    """However two conditions and two actions are strung together, each pair stays itself, or it is asked."""
    context = codec.context_from_json(
        {"prices": {"SOL-PERP": "150", "BTC-PERP": "60000", "ETH-PERP": "2500", "WIF-PERP": "1.8"}, "positions": HELD},
        NOW,
    )
    chooser = random.Random(11)
    mixed, kept = [], 0
    for _ in range(500):
        (m, first), (n, second) = chooser.sample(sorted(MOMENTS.items()), 2)
        (d, one), (e, other) = chooser.sample(sorted(DEEDS.items()), 2)
        said = chooser.choice(SHAPES).format(m=m, n=n, d=d, e=e, j=chooser.choice(JOINTS))
        told = codec.to_json(read(said, context))
        if told["kind"] != "rules":
            continue
        found = [
            (
                (rule["condition"].get("market"), rule["condition"].get("operator"), rule["condition"].get("price")),
                (rule["action"]["type"], rule["action"].get("market", "")),
            )
            for rule in told["rules"]
        ]
        kept += 1
        if sorted(found) != sorted([(first, one), (second, other)]):
            mixed.append(said)
    assert not mixed
    assert kept > 350, "Most ways of saying two rules are read."
