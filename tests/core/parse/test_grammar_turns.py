"""What a reply does to a draft, turn by turn: the right change, a sentence that says what is doubtful, or nothing."""

from typing import Any

import pytest

from core import codec
from core.domain.reading import ParseResult
from core.domain.wording_rule import say_rules
from core.parse.grammar import answer, correct, extended, read
from tests.core.parse.spoken import FLAT, LONG, context

ETH_TOO: dict[str, Any] = {**LONG, "ETH-PERP": {"base": "-2", "entry_price": "2610"}}
NOTHING = "-"
"""Neither an answer nor a correction: read as new words, and where they are no rule the draft stays as it is."""
TALKS: dict[tuple[str, str], str] = {
    ("sell half my sol if it drops 0.1", "long"): """
        percent -> falls 10 %
        percent, please -> falls 10 %
        no, percent -> falls 10 %
        i mean dollars -> falls $0.10
        usd of course -> falls $0.10
        the second one -> falls 10 %
        0.1% -> falls 0.1 %
        10% -> falls 10 %
        10 cents -> falls $0.10
        5% -> I cannot tell what that number is
        0.2 dollars -> I cannot tell what that number is
        make it 0.2 -> I cannot tell what that number is
        not 0.1, 0.2 -> ? 0.2: dollars or percent?
        the second one, but only a quarter -> falls 10 % from its price at confirmation: sell 25 %
        neither -> -
        both -> -
        what? -> -
        sell a third -> -
    """,
    ("buy sol if it drops 3%", "flat"): """
        2 sol -> buy 2 SOL
        2 -> buy 2 SOL
        $200 -> buy $200.00
        200 bucks, thanks -> buy $200.00
        200 -> ? Is that 200 SOL, or $200?
        200 > 200 sol -> buy 200 SOL
        200 > $200 -> buy $200.00
        200 > the second one -> buy $200.00
        1k -> ? Is that 1000 SOL, or $1,000?
        half my balance -> with 50 % of free collateral
        2 sol, and add a stop at 120 -> 2. Once rule 1 has filled, when SOL-PERP is at $120.00 or lower
        2 sol but at 140 -> When SOL-PERP is at $140.00 or lower: buy 2 SOL
        10x > 2 sol -> at 10x leverage
        2 eth -> It is not about eth
        2 or 3 -> -
        maybe 2 sol -> -
        up to 2 sol -> I cannot tell what that number is
        at least 2 -> I cannot tell what that number is
        not 2 sol -> -
        yes -> -
    """,
    ("sell half my sol at 160 and stop at 140", "long"): """
        make it 40% -> sell 40 %
        make it 142 -> Which should change
        145 not 140 -> 2. When SOL-PERP is at $145.00 or lower
        160 not 165 -> There is no 165
        stop 142 -> 2. When SOL-PERP is at $142.00 or lower
        the stop should be 142 -> 2. When SOL-PERP is at $142.00 or lower
        no, stop at 142 -> 2. When SOL-PERP is at $142.00 or lower
        no stop at 140 -> Say “remove it”
        drop the stop -> When SOL-PERP is at $160.00 or higher: sell 50 %
        remove the stop -> When SOL-PERP is at $160.00 or higher: sell 50 %
        without the stop -> When SOL-PERP is at $160.00 or higher: sell 50 %
        remove the second one -> When SOL-PERP is at $160.00 or higher: sell 50 %
        add a take profit at 180 -> 3. When SOL-PERP is at $180.00 or higher
        and add a stop at 120 -> ? The first of these closes the whole position
        half that -> sell 25 %
        double that -> 1. When SOL-PERP is at $160.00 or higher: sell 100 %
        no, 15 percent for the first -> 1. When SOL-PERP is at $160.00 or higher: sell 15 %
        the first at 165 -> 1. When SOL-PERP is at $165.00 or higher
        only 2 sol -> sell 2 SOL
        same for eth -> Its prices and sizes are those of one market
        sell all instead -> I cannot change only that part
        close it instead -> I cannot change only that part
        yes but at 165 -> Which should change
        raise the stop by 2 -> Say the new price itself
        if btc is above 60k -> I cannot tell which rule should wait
        other way round -> -
        165? -> -
        maybe 165 -> -
        between 160 and 165 -> I cannot tell
        never mind -> -
        neither -> -
        looks good -> -
    """,
    ("trail my sol by 5%", "long"): """
        3% -> falls 3 %
        $3 -> falls $3.00
        not 5, 3 -> falls 3 %
        same for btc -> 2. When BTC-PERP falls 5 %
        half that -> I cannot tell of what
    """,
    ("buy $100 of sol every day at 9am", "flat"): """
        $50 -> buy $50.00
        make it 50 -> buy $50.00
        half that -> buy $50.00
        double -> buy $200.00
        2 sol -> buy 2 SOL
        eth not sol -> buy $100.00 of ETH-PERP
        at 10am -> Once at that time, or again and again?
        max 5 times -> 5 times at most
    """,
    ("close my sol if btc drops below 55k", "long"): """
        make it 54k -> BTC-PERP is at $54,000 or lower
        above 65k -> BTC-PERP is at $65,000 or higher
        if it rises above 65k -> BTC-PERP is at $65,000 or higher
        also if eth drops below 2300 -> Must both hold
        or if eth drops below 2300 -> Must both hold
        and if eth drops below 2300 -> Must both hold
        only half -> close 50 %
        do it now -> At once, or as it says?
        only once -> It says that already
    """,
    ("sell half my sol if it hits 160 and btc is above 60k", "long"): """
        if it hits 165 -> Must both hold
        165 not 160 -> When SOL-PERP is at $165.00 or higher and BTC-PERP
    """,
    ("long 1 sol at 140 with a stop at 130 and tp at 160", "flat"): """
        10x -> at 10x leverage
        2 sol -> buy 2 SOL
        tp 165 -> $165.00 or higher
        stop 128 and tp 165 -> Change one thing at a time
        no tp -> when SOL-PERP is at $130.00 or lower: sell 100 % of the SOL-PERP long
        remove the entry -> The others wait for that one
        limit order -> limit order at $140.00
        142 -> Which should change
    """,
    ("sell half at 14", "long"): """
        yes -> $14.00 or lower
        140 -> $140.00 or lower
        no, 140 -> $140.00 or lower
        no -> -
        140 or 145 -> -
    """,
    ("close my position at 160", "eth too"): """
        sol -> close the SOL-PERP position
        the first one -> close the SOL-PERP position
        both -> -
        neither -> -
    """,
    ("tp 140 sl 160", "long"): """
        the other way round -> 1. When SOL-PERP is at $160.00 or higher
        swap them -> 1. When SOL-PERP is at $160.00 or higher
        no -> -
    """,
}
HELD: dict[str, dict[str, Any]] = {"long": LONG, "flat": FLAT, "eth too": ETH_TOO}
TURNS = [
    (text, held, *(part.strip() for part in line.split(" -> ")))
    for (text, held), talk in TALKS.items()
    for line in talk.strip().splitlines()
]


def _turn(words: str, result: ParseResult, reply: str, held: dict[str, Any]) -> ParseResult | str | None:
    """What the flow does with a reply to an open draft, with the words as it keeps them."""
    where = context(held)
    told = answer(words, result, reply, where) if result.kind == "question" else None
    return correct(words, result, reply, where) if told is None else told


@pytest.mark.parametrize(("text", "holding", "replies", "expected"), TURNS)
def test_a_reply_does_what_it_says_or_leaves_the_draft_alone(
    text: str, holding: str, replies: str, expected: str
) -> None:
    held, words = HELD[holding], text
    result = read(text, context(held))
    told: ParseResult | str | None = None
    for reply in replies.split(" > "):
        told = _turn(words, result, reply, held)
        if isinstance(told, ParseResult):
            words, result = extended(words, reply), told
    if told is None:
        assert expected == NOTHING
    elif isinstance(told, str):
        assert expected in told
        assert expected != NOTHING
    elif told.kind == "question":
        assert expected.startswith("? ")
        assert expected[2:] in " ".join(question.text for question in told.questions)
    else:
        assert expected in say_rules(told.rules)
        assert codec.to_json(read(words, context(held)))["rules"] == codec.to_json(told)["rules"], "replayed alike"


@pytest.mark.parametrize(
    ("timezone", "reply", "at"),
    [
        ("America/New_York", "am", "2026-11-23T12:00:00+00:00"),
        ("America/New_York", "pm", "2026-11-24T00:00:00+00:00"),
        ("America/New_York", "in the evening", "2026-11-24T00:00:00+00:00"),
        ("America/New_York", "8pm", "2026-11-24T01:00:00+00:00"),
        ("Asia/Tokyo", "am", "2026-11-22T22:00:00+00:00"),
        ("Asia/Tokyo", "19:00", "2026-11-23T10:00:00+00:00"),
        ("UTC", "19:00", "2026-11-23T19:00:00+00:00"),
        ("UTC", "noon", "2026-11-23T12:00:00+00:00"),
        ("UTC", "7", None),
        ("UTC", "morning or evening", None),
    ],
)
def test_half_a_day_and_a_clock_are_those_of_the_day_and_the_zone_that_were_asked_about(
    timezone: str, reply: str, at: str | None
) -> None:
    where = context(FLAT, timezone=timezone)
    text = "buy $100 of sol tomorrow at 7"
    asked = read(text, where)
    told = answer(text, asked, reply, where)
    assert (None if told is None else codec.to_json(told)["rules"][0]["condition"]["at"]) == at
    if at is None:
        assert not isinstance(correct(text, asked, reply, where), ParseResult)
