"""A draft that a language model made, on the real core: asked, answered after a restart without it, and armed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal

from bots.channel import Inbound
from bots.dialogue import Dialogue
from core.app import Core, open_core, read_settings
from core.domain.market import Observation
from core.feed.card import Card
from tests.clock import FakeClock
from tests.core.parse.scripted import KEY
from tests.emulators.llm import answers
from tests.emulators.llm.server import Models, Reply, says

TEXT = "si SOL baja 0,5 vende la mitad de mi SOL"
ANSWER = answers.rules(
    answers.rule(
        "si SOL baja 0,5",
        answers.condition("price_change", market="SOL-PERP", direction="down", threshold="0.5"),
        "vende la mitad de mi SOL",
        answers.action("sell", market="SOL-PERP", amount_percent="50", reduce_only="yes", order={"type": "market"}),
    )
)


@asynccontextmanager
async def _core(dsn: str, clock: FakeClock, url: str | None) -> AsyncIterator[Core]:
    model = {} if url is None else {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": url}
    settings = read_settings(DATABASE_URL=dsn, SAYWHEN_PRICES="simulated", **model)
    async with open_core(settings, clock=clock) as core:
        now = clock.now()
        seen = Observation(market="SOL-PERP", price=Decimal(150), at=now, seen_at=now, source="test", simulated=True)
        core.parts.board.put(seen)
        assert core.parts.own is not None
        await core.parts.own.observe(seen)
        yield core


async def _say(core: Core, clock: FakeClock, text: str) -> list[Card]:
    words = Inbound(channel="console", address="local", sent_at=clock.now(), text=text)
    return await Dialogue(core, clock).answer(words)


async def test_it_is_asked_about_and_armed_by_a_process_that_has_no_model(postgres_dsn: str) -> None:
    clock = FakeClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    async with Models("anthropic", says(ANSWER)) as models:
        async with _core(postgres_dsn, clock, models.url) as core:
            owner = await core.account.sign_in("console", "local")
            await core.give_position(owner, "SOL-PERP", Decimal(10), Decimal(140))
            [card] = await _say(core, clock, TEXT)
            assert "dollars or percent" in " ".join((card.title, *card.lines))
        asked = len(models.asked)
        async with _core(postgres_dsn, clock, None) as core:
            [card] = await _say(core, clock, "dollars")
            assert any("$149.50" in line or "$0.50" in line for line in card.lines), card.lines
            confirm = next(button for row in card.buttons for button in row if "onfirm" in button.label)
            press = Inbound(channel="console", address="local", sent_at=clock.now(), text="", verb=confirm.verb)
            await Dialogue(core, clock).answer(press)
            [rule] = await core.rules.list(await core.account.sign_in("console", "local"))
    assert rule.spec.condition.type == "price_change"
    assert asked == len(models.asked) == 1


async def test_a_card_says_that_the_model_failed(postgres_dsn: str) -> None:
    clock = FakeClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    async with (
        Models("anthropic", Reply(status=401)) as models,
        _core(postgres_dsn, clock, models.url) as core,
    ):
        [card] = await _say(core, clock, "tell me when SOL hits 200")
        assert any("The built-in grammar read this alone" in line for line in card.lines), card.lines
        [refused] = await _say(core, clock, "avísame cuando SOL llegue a 200")
        assert "did not accept the key" in " ".join(refused.lines)
        assert not any(KEY in line for told in (card, refused) for line in told.lines)
