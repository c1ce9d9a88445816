"""What every channel promises: the same words, buttons that do what they say, and each notice once."""

from collections.abc import AsyncIterator

import pytest

from bots.commands import in_menu
from core.domain.rule import RuleState
from tests.contracts.talks import TALKS, Talk

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)


# Telegram allows a chat one message a second, so there it is mostly waited.
@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.slow] * (name == "telegram")) for name in TALKS])
async def talk(request: pytest.FixtureRequest, postgres_dsn: str) -> AsyncIterator[Talk]:
    async with TALKS[request.param](postgres_dsn) as opened:
        yield opened


async def test_a_sentence_is_questioned_answered_confirmed_and_armed(talk: Talk) -> None:
    owner = await talk.hold()
    question = await talk.say(SENTENCE)
    assert "dollars or percent" in question.words.lower()
    assert question.labels[-1] == "Cancel"
    draft = await talk.press("Dollars")
    assert "Fires at $149.90" in draft.words
    assert draft.labels == ("Confirm", "Edit", "Cancel")
    armed = await talk.press("Confirm")
    assert "Confirmed: r1, r2" in armed.words
    assert [rule.state for rule in await talk.core.rules.list(owner)] == [RuleState.ARMED, RuleState.ARMED]


async def test_nothing_is_armed_by_what_was_cancelled_or_corrected(talk: Talk) -> None:
    owner = await talk.hold()
    await talk.say("stop loss at 140")
    assert "Dropped" in (await talk.press("Cancel")).words
    await talk.say("stop loss at 139")
    assert "$138.00" in (await talk.say("edit stop loss at 138")).words
    await talk.press("Confirm")
    [rule] = await talk.core.rules.list(owner)
    assert "138" in str(rule.spec)


async def test_a_long_card_loses_no_line_and_words_show_as_they_are(talk: Talk) -> None:
    shown = (await talk.say("/help")).words
    for command in in_menu(dashboard=False, admin=False):
        assert f"/{command.name} {command.args}".rstrip() + f": {command.description}" in shown
    assert "'*_~`<@1>'" in (await talk.say("/trades *_~`<@1>")).words


async def test_a_notice_comes_once_and_what_was_just_answered_is_not_told_again(talk: Talk) -> None:
    await talk.hold()
    await talk.say("/kill")
    await talk.core.people.announce("Back at noon")
    await talk.until(lambda: any("Back at noon" in seen.words for seen in talk.seen()))
    await talk.say("/privacy")
    said = [seen.words for seen in talk.seen()]
    assert sum("Back at noon" in words for words in said) == 1
    assert sum("Everything is stopped" in words for words in said) == 1
