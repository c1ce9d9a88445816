"""An honest answer is believed, and its mutants are not, though each quotes the whole message."""

import pytest

from core.parse.crosscheck import SURE, agree
from core.parse.extraction import BadAnswer
from core.parse.model import judged
from core.parse.witness import Ungrounded
from tests.core.parse.honest import honest, mutants
from tests.core.parse.scripted import alone, heard
from tests.core.parse.spoken import BOTH, LONG, context

SENTENCES = (
    "sell half my SOL if it drops below 140",
    "sell 2 SOL when SOL is above 160",
    "close my SOL at 9am tomorrow",
    "close everything if btc drops under 50k",
    "buy 2 SOL at 140",
    "long 0.05 btc if we break 62.5k",
    "short 5 SOL if BTC drops 3% from here",
    "buy $200 of SOL every day at 9am",
    "buy $50 of ETH every 4 hours",
    "long SOL with $50 at 5x if it breaks above 160",
    "stop loss on SOL at 130",
    "take profit on my SOL at 180",
    "trail my SOL by 4%",
    "if SOL dumps 5% within an hour, close my SOL",
    "when RSI(14) on the 1h is under 30 and SOL is above 120, buy 1 SOL",
    "buy 1 SOL when the 50 EMA crosses above the 200 EMA on the 4h",
    "if SOL closes above 200 on the 4h, long 3 SOL",
    "close my SOL if funding goes above 0.05%",
    "tell me if my health drops under 20",
    "close my SOL if I'm down $200 on it",
    "sell half of my SOL once my SOL position is up 20%",
    "limit buy 2 SOL at 140 post only",
    "market buy $400 of SOL, max slippage 1%",
    "twap into $10k of BTC over 2 hours in 24 slices",
    "ladder $500 of SOL from 140 to 130 in 5 orders",
    "reverse my SOL position if it falls below 135",
    "cancel all SOL orders if SOL rises to 170",
    "sell 25% of my SOL at 160, valid for the next 24 hours",
    "whenever SOL drops 5%, buy $20 of SOL, at most 3 times",
    "buy 1 SOL if SOL is below 140 or BTC is below 55k",
    "buy 2 SOL if SOL stays above 155 for 10 minutes",
    "unload 3 SOL reduce only if SOL sinks beneath 140",
)
IDS = [sentence[:40] for sentence in SENTENCES]
LET_BY_AT_MOST = 0.01
"""Share of mutants that grounding alone may let by: what words cannot tell; the cross-check lets by none."""


@pytest.mark.parametrize("held", [LONG, BOTH], ids=["one position", "two"])
@pytest.mark.parametrize("sentence", SENTENCES, ids=IDS)
async def test_an_honest_answer_is_believed(sentence: str, held: dict[str, object]) -> None:
    read = alone(sentence, context(held))
    if read.kind != "rules":
        assert read.kind == "question"  # two positions leave the market open
        return
    answer = honest(sentence, read.rules[0])
    result = await heard(sentence, answer, context(held))
    assert result.kind == "rules", result
    assert result.rules == read.rules
    assert result.parser == "claude", result.assumptions


@pytest.mark.parametrize("sentence", SENTENCES, ids=IDS)
async def test_with_the_cross_check_no_mutant_becomes_a_rule(sentence: str) -> None:
    read = alone(sentence, context(LONG))
    assert read.kind == "rules", read
    wrong = mutants(honest(sentence, read.rules[0]))
    assert len(wrong) >= 6
    for name, answer in wrong.items():
        result = await heard(sentence, answer, context(LONG))
        assert result.kind == "question" or agree(result.rules, read.rules), (name, result.rules)


def test_grounding_alone_lets_hardly_any_by() -> None:
    tried, let_by = 0, []
    for sentence in SENTENCES:
        read = alone(sentence, context(LONG))
        for name, answer in mutants(honest(sentence, read.rules[0])).items():
            tried += 1
            try:
                result = judged(answer, sentence, context(LONG), "claude")
            except (Ungrounded, BadAnswer):
                continue
            if result.kind == "rules" and not agree(result.rules, read.rules):
                let_by.append(f"{name}: {sentence}")
    assert tried > 300
    assert len(let_by) <= tried * LET_BY_AT_MOST, let_by


FRESH = {
    "Kindly let go of half the SOL I own should its quote sink beneath 140": "sell half my SOL if it drops below 140",
    "My SOL should be protected by a stop sitting at 130": "stop loss on SOL at 130",
    "A funding rate over 0.05% is my cue to close SOL": "close my SOL if funding goes above 0.05%",
    "A $200 hole in my SOL position means close SOL": "close my SOL if I'm down $200 on it",
    "Rest a bid for 2 SOL at 140, maker only": "limit buy 2 SOL at 140 post only",
    "Work $10k of BTC in by twap, 2 hours, 24 slices": "twap into $10k of BTC over 2 hours in 24 slices",
    "On each SOL fall of 5% add $20 of SOL, 3 times at the most": "if SOL drops 5%, buy $20 of SOL, at most 3 times",
    "Spend $200 on SOL each morning at 9am": "buy $200 of SOL every day at 9am",
    "Were BTC to shed 3% from here, sell 5 SOL short for me": "short 5 SOL if BTC drops 3% from here",
}
"""Sentences that the grammar does not read, so that only grounding judges the answer; and what they mean."""


async def test_no_wrong_answer_is_believed_where_the_grammar_cannot_cross_check() -> None:
    tried, let_by, believed = 0, [], 0
    for sentence, plainly in FRESH.items():
        meant = alone(plainly, context(LONG)).rules
        believed += (await heard(sentence, honest(sentence, meant[0]), context(LONG))).kind == "rules"
        for name, answer in mutants(honest(sentence, meant[0])).items():
            tried += 1
            result = await heard(sentence, answer, context(LONG))
            if result.kind == "rules" and not agree(result.rules, meant):
                let_by.append(f"{name}: {sentence}")
    assert tried > 120
    assert not let_by
    assert believed >= 5, "An honest answer to new words is worth something."


DOUBTED = {
    "SOL to 130? Close my SOL": "close my SOL if it hits 130",
    "if SOL drops to 140 don't sell, just tell me": "tell me if SOL drops to 140",
    "take profit not at 155 but at 158 on my SOL": "take profit on my SOL at 158",
    "sell half my SOL at 160 instead of 165": "sell half my SOL at 160",
    "forget ETH. alert me when BTC breaks 70k": "alert me when BTC breaks 70k",
    "I guess sell half of the SOL at 160": "sell half my SOL at 160",
    "byu 2 SOL at 140": "buy 2 SOL at 140",
    "sll half my SOL when it trades at 160": "sell half my SOL at 160",
    "I bought my SOL far too early, so get half my SOL sold at 160": "sell half my SOL at 160",
}
"""Words that also deny, report, wonder or slip: a reading of them is worth one question, and is no rule before it."""


@pytest.mark.parametrize("sentence", DOUBTED)
async def test_a_reading_of_doubtful_words_is_asked_about(sentence: str) -> None:
    meant = alone(DOUBTED[sentence], context(LONG)).rules
    assert alone(sentence, context(LONG)).kind not in ("rules", "question")
    result = await heard(sentence, honest(sentence, meant[0]), context(LONG))
    assert result.kind == "question", result
    assert [question.text for question in result.questions] == [SURE]
    assert agree(result.questions[0].options[0].rules, meant), result.questions
    for name, answer in mutants(honest(sentence, meant[0])).items():
        wrong = await heard(sentence, answer, context(LONG))
        assert wrong.kind != "rules", (name, wrong.rules)


@pytest.mark.parametrize(
    ("sentence", "plainly"),
    [
        ("don't sell half my SOL at 160", "sell half my SOL at 160"),
        ("never close my SOL at 130", "close my SOL at 130"),
        ("he said to sell half my SOL at 160", "sell half my SOL at 160"),
        ("imagine we sell half my SOL at 160", "sell half my SOL at 160"),
        ("sell half my SOL at 160?", "sell half my SOL at 160"),
        ("should I sell half my SOL at 160", "sell half my SOL at 160"),
    ],
)
async def test_what_is_forbidden_said_by_others_or_asked_is_not_even_a_question(sentence: str, plainly: str) -> None:
    meant = alone(plainly, context(LONG)).rules
    result = await heard(sentence, honest(sentence, meant[0]), context(LONG))
    assert result.kind in ("not_understood", "unsupported"), result


@pytest.mark.parametrize(
    ("sentence", "plainly", "name"),
    [
        ("when the 9 EMA cuts the 21 EMA from below on the 4h SOL chart, buy 3 SOL",
         "buy 3 SOL when the 9 EMA crosses above the 21 EMA on the 4h", "direction"),
        ("lmk when my SOL pnl is green", "tell me when my SOL pnl is above 0", "direction"),
        ("dca 10 times $20 into SOL, once a day", "buy $20 of SOL every day, 10 times", "no condition"),
    ],
)  # fmt: skip
def test_an_answer_that_once_got_by_does_not(sentence: str, plainly: str, name: str) -> None:
    wrong = mutants(honest(sentence, alone(plainly, context(LONG)).rules[0]))[name]
    with pytest.raises(Ungrounded):
        judged(wrong, sentence, context(LONG), "claude")
