"""The product in a Telegram chat: every step from words to an armed rule, over the wire."""

from collections.abc import AsyncIterator

import pytest

from core.domain.rule import RuleState
from tests.bots.telegram.stage import ANN, Stage, labels_of, staged, words_of
from tests.emulators.telegram.server import TelegramServer

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)


@pytest.fixture
async def stage(postgres_dsn: str) -> AsyncIterator[Stage]:
    async with TelegramServer() as telegram, staged(postgres_dsn, telegram) as opened:
        yield opened


async def test_a_sentence_is_questioned_confirmed_and_armed_in_one_message(stage: Stage) -> None:
    owner = await stage.hold()
    question = await stage.say(SENTENCE)
    assert "dollars or percent" in words_of(question).lower()
    draft = await stage.press(question, "$0.10")
    assert draft["message_id"] == question["message_id"]
    assert "Fires at $149.90" in words_of(draft)
    armed = await stage.press(draft, "Confirm")
    assert armed["message_id"] == question["message_id"]
    assert words_of(armed).startswith("✅ Confirmed: r1, r2")
    assert [rule.state for rule in await stage.core.rules.list(owner)] == [RuleState.ARMED, RuleState.ARMED]
    assert labels_of(armed) == ["My rules"]
    assert len(stage.shown(ANN)) == 1
