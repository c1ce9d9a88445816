"""The dialogue and the courier on the real core: what a person reads is what the database holds."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bots.channel import Answer, Inbound, Outbound
from bots.delivery import Courier
from bots.dialogue import Dialogue
from bots.facade import Facade
from core.app import Core, open_core, read_settings
from core.domain.market import Observation
from core.domain.rule import RuleState
from core.feed.card import Card
from tests.clock import FakeClock

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)
D = Decimal


class Wall:
    """A console that keeps what it was told."""

    name = "console"

    def __init__(self) -> None:
        self.cards: list[Card] = []

    async def run(self, answer: Answer) -> None:
        raise NotImplementedError

    async def send(self, outbound: Outbound) -> str:
        assert outbound.address == "local"
        self.cards.append(outbound.card)
        return "shown"


@pytest.fixture
async def core(postgres_dsn: str) -> AsyncIterator[Core]:
    """A core whose only price is SOL at $150."""
    clock = FakeClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    settings = read_settings(DATABASE_URL=postgres_dsn, SAYWHEN_PRICES="simulated")
    async with open_core(settings, clock=clock) as opened:
        now = clock.now()
        seen = Observation(market="SOL-PERP", price=D(150), at=now, seen_at=now, source="simulated", simulated=True)
        opened.parts.board.put(seen)
        await opened.parts.venue.observe(seen)
        yield opened


class Talk:
    """Somebody at the terminal."""

    def __init__(self, core: Core) -> None:
        facade: Facade = core
        self.core = core
        self.dialogue = Dialogue(facade, core.clock)

    async def __call__(self, text: str = "", verb: str | None = None) -> Card:
        *_, card = await self.dialogue.answer(
            Inbound(channel="console", address="local", text=text, verb=verb, sent_at=self.core.clock.now())
        )
        return card


async def test_the_sentence_becomes_two_armed_rules_that_read_as_they_were_confirmed(core: Core) -> None:
    talk = Talk(core)
    owner = await core.account.sign_in("console", "local")
    await core.give_position(owner, "SOL-PERP", D(2), D(148))
    question = await talk(SENTENCE)
    assert "dollars or percent" in question.title.lower()
    draft = await talk(verb=question.buttons[0][0].verb)
    assert "   Fires at $149.90, 0.07 % below the price now ($150.00)." in draft.lines
    armed = await talk("confirm")
    rules = await core.rules.list(owner)
    assert [rule.state for rule in rules] == [RuleState.ARMED, RuleState.ARMED]
    assert armed.title == "Confirmed: r1, r2"
    again = await talk(verb=draft.buttons[0][0].verb)
    assert (again.title, again.buttons) == ("Confirmed", ())
    assert len(await core.rules.list(owner)) == 2


async def test_every_command_answers_on_the_real_core(core: Core) -> None:
    talk = Talk(core)
    for text in ("/start", "/rules", "/positions", "/balance", "/prices", "/orders", "/trades", "/limits", "/help"):
        card = await talk(text)
        assert card.tone in {"plain", "warn"}, (text, card)
    for text in ("/history r1", "/delete r9", "/timezone Nowhere"):
        assert (await talk(text)).tone == "bad"
    assert (await talk("/timezone Europe/Berlin")).title == "Your time zone is Europe/Berlin"


async def test_a_kill_is_told_on_every_channel_once(core: Core) -> None:
    talk, wall = Talk(core), Wall()
    courier = Courier(core.notices, [wall], core.clock)
    answered = await talk("/kill")
    await courier.plan_once()
    await courier.plan_once()
    await courier.send_once(wall)
    await courier.send_once(wall)
    assert wall.cards == [answered]


BAD_INPUT = {
    "emoji": "🚀🚀",
    "right-to-left": "\u202esell all",
    "negative": "sell -5",
    "too much": "sell 500%",
    "nan": "NaN",
    "long": "x" * 10_000,
    "million digits": "sell " + "9" * 1_000_000,
    "nul": "\x00",
    "not to be stored": "sell\x00 half my SOL if it drops \ud800$1",
}


@pytest.mark.parametrize("text", BAD_INPUT.values(), ids=BAD_INPUT.keys())
async def test_bad_input_gets_an_answer_and_arms_nothing(core: Core, text: str) -> None:
    talk = Talk(core)
    card = await talk(text)
    assert card.title
    assert card.title != "Something broke on our side"
    assert await core.rules.list(await core.account.sign_in("console", "local")) == []
