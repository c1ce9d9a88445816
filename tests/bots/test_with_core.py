"""The dialogue and the courier on the real core: what a person reads is what the database holds."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bots.channel import Answer, Inbound, Outbound
from bots.delivery import Courier
from bots.dialogue import Dialogue
from bots.facade import Facade
from core.app import Core
from core.domain.rule import RuleState
from core.feed.card import Card
from tests.bots.place import a_core
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
    async with a_core(postgres_dsn, FakeClock(datetime(2026, 11, 22, 12, tzinfo=UTC))) as opened:
        yield opened


class Talk:
    """Somebody at the terminal."""

    def __init__(self, core: Core) -> None:
        facade: Facade = core
        self.core = core
        self.dialogue = Dialogue(facade, core.clock)
        self.address = "local"

    async def __call__(self, text: str = "", verb: str | None = None) -> Card:
        *_, card = await self.dialogue.answer(
            Inbound(channel="console", address=self.address, text=text, verb=verb, sent_at=self.core.clock.now())
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


async def test_every_button_does_once_what_it_does_for_its_owner_alone_also_after_a_restart(core: Core) -> None:
    talk = Talk(core)
    owner = await core.account.sign_in("console", "local")
    await core.give_position(owner, "SOL-PERP", D(2), D(148))

    async def stands() -> tuple[object, ...]:
        rules = await core.rules.list(owner, frozenset(RuleState))
        person = await core.account.owner(owner)
        orders = [(order.id, order.state, order.cancel_asked) for order in await core.account.orders(owner)]
        return [(rule.label, rule.state, rule.version) for rule in rules], person.paused, person.preferences, orders

    async def press(card: Card, label: str) -> Card:
        verb = next(button.verb for row in card.buttons for button in row if button.label.startswith(label))
        before = await stands()
        stranger = Talk(core)
        stranger.address = "a stranger"
        await stranger(verb=verb)
        assert await stands() == before, f"a stranger pressed {label}"
        shown = await Talk(core)(verb=verb)
        once = await stands()
        again = await Talk(core)(verb=verb)
        assert again.title != "Something broke on our side"
        assert await stands() == once, f"{label} pressed twice"
        return shown

    draft = await press(await talk(SENTENCE), "Dollars")
    assert (await press(draft, "Confirm")).title == "Confirmed: r1, r2"
    assert (await press(await talk("stop loss at 120"), "Cancel")).title == "Dropped"
    rules = await talk("/rules")
    await press(rules, "Pause r1")
    await press(await talk("/rules"), "Resume r1")
    await press(rules, "Copy r1")
    await press(rules, "Edit r2")
    await press(rules, "Delete r2")
    for label in ("Close 25 %", "Close 100 %", "Add stop", "Add target"):
        await press(await talk("/positions"), label)
    await press(await talk("/settings"), "groups")
    killed = await talk("/kill")
    draft = await press(killed, "Close everything")
    assert (await press(draft, "Confirm")).title == "Confirmed: r3"
    await press(killed, "Resume")
    assert [rule.label for rule in await core.rules.list(owner)] == ["r1", "r3"]


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
