"""What people ask instead of saying what to do is answered from the account, and changes nothing."""

from dataclasses import replace

import pytest

from bots.dialogue import Dialogue
from core.domain.order import OrderState
from core.domain.reading import Command, ParseResult
from core.domain.rule import RuleState
from tests import samples
from tests.bots.scripted import READ
from tests.bots.test_dialogue import SENTENCE, Talk, labels

UNREAD = ParseResult(kind="not_understood", reason="I did not understand that.")

ASKED = {
    "how much did I make today?": "Today: ",
    "did I… how much have i lost this week": "This week: ",
    "am i up or down?": "Today: ",
    "how'm I... how am I doing this month?": "This month: ",
    "how much money do I have?": "Equity $",
    "what did I set up?": "You have 2 rules",
    "What's active": "You have 2 rules",
    "why did it not fire?": "Why they have not fired",
    "why hasn’t r2 fired?": "Why r2 has not fired",
    "why didn't my rule trigger": "Why they have not fired",
    "when will r2 fire?": "Why r2 has not fired",
    "what happens if I lose connection?": "If the connection is lost",
    "what if my laptop goes to sleep": "If the connection is lost",
    "what happens when you crash?": "If the connection is lost",
    "what happens after I press confirm?": "After Confirm",
    "can I lose more than I put in?": "What you can lose",
    "where would I get liquidated?": "What you can lose",
    "is this real money?": "It is play money",
    "what are the fees?": "What it costs",
    "can you withdraw my money?": "Your money stays yours",
    "which price do you use?": "The price that is watched",
    "how do I stop everything?": "How to stop or change something",
    "are you there?": "Yes, SayWhen is watching",
    "what does reduce-only mean?": "Reduce-only",
    "what is a trailing stop?": "Trailing stop",
    "how long does it last": "How long it lasts",
    "who are you?": "SayWhen: you say when",
    "what happened while I was away?": "Nothing has traded yet",
}


@pytest.fixture
def talk() -> Talk:
    made = Talk()
    made.core.drafts.result = UNREAD
    return made


@pytest.mark.parametrize(("words", "title"), ASKED.items(), ids=ASKED)
async def test_a_question_is_answered_and_changes_nothing(talk: Talk, words: str, title: str) -> None:
    rows = list(talk.core.rules.rows)
    [card] = await talk.say(words)
    assert card.title.startswith(title), card
    assert [call for call in talk.core.calls if call[0] not in {"say", "trades"}] == []
    assert talk.core.rules.rows == rows


@pytest.mark.parametrize(
    "words",
    [
        "sell it all when wifi is out",
        "close my laptop position",
        "stop if i lose 5",
        "buy fees",
        "r2 did not fire",
        "x" * 400 + "?",
    ],
)
async def test_what_may_be_an_order_is_not_taken_for_a_question(talk: Talk, words: str) -> None:
    [card] = await talk.say(words)
    assert card.title == "I did not understand that"


async def test_a_question_goes_before_the_whole_help_and_leaves_the_draft(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [draft] = await talk.say(SENTENCE)
    talk.core.drafts.result = ParseResult(kind="command", command=Command(name="help"))
    [card] = await talk.say("what does slippage mean")
    assert card.title == "Slippage"
    [armed] = await talk.say("confirm")
    assert armed.title == "Confirmed: r1, r2"
    assert armed.key == draft.key


async def test_why_a_rule_has_not_fired_tells_how_near_it_came(talk: Talk) -> None:
    await talk.core.clock.advance(300)
    [card] = await talk.say("why has r2 not fired?")
    assert card.lines[0].startswith("r2: When SOL-PERP rises $0.20 from $150.00")
    assert card.lines[1] == "   It fires at $150.20, 0.13 % above the price now ($150.00)"
    assert "SOL-PERP was between $149.50 and $153.00 (1m candles)." in card.lines[2]
    assert labels(card) == ["History of r2"]


async def test_why_a_paused_rule_does_not_fire_is_that_it_is_paused(talk: Talk) -> None:
    talk.core.rules.rows[0] = replace(talk.core.rules.rows[0], state=RuleState.PAUSED, reason="everything was paused")
    [card] = await talk.say("why is r1 not firing?")
    assert "   Now: paused." in card.lines
    assert "   Why: everything was paused." in card.lines


@pytest.mark.parametrize(
    ("word", "alone", "beside"),
    [
        ("yes", "Nothing waits for your word", "Nothing is armed yet"),
        ("ok!", "Nothing waits for your word", "Nothing is armed yet"),
        ("no", "Nothing was waiting for an answer", "Nothing is armed"),
        ("cancel", "There is no draft to cancel", "Dropped"),
        ("never mind", "There is no draft to cancel", "Dropped"),
        ("thanks", "You are welcome", "You are welcome"),
    ],
)
async def test_small_words_are_answered_by_what_is_open(talk: Talk, word: str, alone: str, beside: str) -> None:
    [card] = await talk.say(word)
    assert card.title == alone
    talk.core.drafts.result = READ
    await talk.say(SENTENCE)
    talk.core.drafts.result = UNREAD
    [card] = await talk.say(word)
    assert card.title == beside
    assert not any(call[0] == "confirm" for call in talk.core.calls)


async def test_words_that_are_not_understood_name_the_draft_that_confirm_would_arm(talk: Talk) -> None:
    talk.core.drafts.result = READ
    await talk.say(SENTENCE)
    talk.core.drafts.result = UNREAD
    [card] = await talk.say("purchase a couple of moons, halve it at the top")
    assert card.title == "I did not understand that"
    assert card.lines[-1].startswith("“confirm” would arm the draft from before: When SOL-PERP falls $0.10")
    talk.dialogue = Dialogue(talk.core, talk.core.clock)  # a restart: the draft is not looked at any more
    [card] = await talk.say("purchase a couple of moons, halve it at the top")
    assert len(card.lines) == 1


async def test_a_rule_that_fired_is_not_explained_as_one_that_has_not(talk: Talk) -> None:
    fired = replace(talk.core.rules.rows[0], state=RuleState.FIRING)
    talk.core.rules.rows[0] = fired
    talk.core.account.open_orders = [replace(samples.signed(samples.order(fired)), state=OrderState.ACCEPTED)]
    [card] = await talk.say("why did r1 not fire?")
    assert card.title == "r1 has fired"
    assert "   Its order: sell 1.5 SOL at market, accepted by the venue." in card.lines
    [card] = await talk.say("why did it not fire?")
    assert card.title == "Why r2 has not fired"
