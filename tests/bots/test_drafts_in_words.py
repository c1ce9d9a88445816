"""A draft answered, corrected and undone in words on the real core: every step is a row, so a restart loses nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bots.channel import Inbound
from bots.dialogue import Dialogue
from core.app import Core
from core.domain.action import Close, LimitOrder, Trade
from core.domain.condition import PriceChange, PriceLevel
from core.domain.ids import OwnerId
from core.domain.owner import Draft
from core.domain.rule import RuleSet
from core.feed.card import Card
from core.feed.press import ConfirmDraft, read
from tests.bots.place import a_core, show_price
from tests.clock import FakeClock

D = Decimal
SENTENCE = "If SOL drops 0.1, sell 50% of my position. If it goes up by 0.2, take profit on the entire position."


@asynccontextmanager
async def _opened(dsn: str, clock: FakeClock) -> AsyncIterator[Core]:
    async with a_core(dsn, clock) as opened:
        await show_price(opened, "2500", "ETH-PERP")
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.fixture
async def core(postgres_dsn: str, clock: FakeClock) -> AsyncIterator[Core]:
    async with _opened(postgres_dsn, clock) as opened:
        yield opened


class Talk:
    """Somebody on one channel; `restart` forgets all that the process remembered."""

    def __init__(self, core: Core, channel: str = "console", address: str = "local") -> None:
        self._core, self._channel, self._address = core, channel, address
        self.restart()

    def restart(self) -> None:
        self._dialogue = Dialogue(self._core, self._core.clock)

    async def __call__(self, text: str = "", verb: str | None = None) -> Card:
        *_, card = await self._dialogue.answer(
            Inbound(channel=self._channel, address=self._address, text=text, verb=verb, sent_at=self._core.clock.now())
        )
        return card

    async def owner(self) -> OwnerId:
        return await self._core.account.sign_in(self._channel, self._address)

    async def holds_sol(self) -> None:
        await self._core.give_position(await self.owner(), "SOL-PERP", D(10), D(140))

    async def drafts(self) -> list[Draft]:
        async with self._core.parts.store.begin(await self.owner()) as tx:
            return sorted(await tx.open_drafts(), key=lambda draft: draft.created_at)

    async def rules(self) -> RuleSet:
        [draft] = await self.drafts()
        return draft.result.rules


@pytest.fixture
async def talk(core: Core) -> Talk:
    made = Talk(core)
    await made.holds_sol()
    return made


def level(rules: RuleSet, number: int = 0) -> Decimal:
    condition = rules[number].condition
    assert isinstance(condition, PriceLevel)
    return condition.price


def percent(rules: RuleSet, number: int = 0) -> Decimal | None:
    action = rules[number].action
    assert isinstance(action, Trade | Close)
    return action.amount_percent


@pytest.mark.parametrize("reply", ["percent", "the second one", "2", "%", "10 % and 20 %"])
async def test_a_unit_is_answered_in_words(talk: Talk, reply: str) -> None:
    question = await talk(SENTENCE)
    assert "dollars or percent" in question.title.lower()
    await talk(reply)
    rules = await talk.rules()
    assert [rule.condition.unit for rule in rules if isinstance(rule.condition, PriceChange)] == ["percent"] * 2


@pytest.mark.parametrize(
    ("said", "correction", "share", "price"),
    [
        ("sell half my sol at 160", "make it 40%", "40", "160"),
        ("sell half my sol at 160", "no, 165", "50", "165"),
        ("sell half my sol at 160", "165 not 160", "50", "165"),
        ("sell half my sol at 160", "only a quarter", "25", "160"),
        ("sell half my sol at 160", "change 160 to 170", "50", "170"),
        ("sell half my sol at 160", "all of it", "100", "160"),
    ],
)
async def test_a_number_is_corrected_in_words(talk: Talk, said: str, correction: str, share: str, price: str) -> None:
    await talk(said)
    card = await talk(correction)
    assert card.tone != "bad", card
    rules = await talk.rules()
    assert (percent(rules), level(rules)) == (D(share), D(price))


async def test_a_stop_is_added_changed_and_taken_out_again(talk: Talk) -> None:
    await talk("sell half my sol at 160")
    await talk("and add a stop at 120")
    rules = await talk.rules()
    assert [level(rules, 0), level(rules, 1)] == [D(160), D(120)]
    assert rules[0].oco_group is not None
    assert rules[0].oco_group == rules[1].oco_group
    await talk("change the stop to 130")
    assert level(await talk.rules(), 1) == D(130)
    await talk("cancel the second one")
    rules = await talk.rules()
    assert [level(rules)] == [D(160)]
    assert rules[0].oco_group is None


async def test_an_order_becomes_a_limit_order_at_the_price_it_waited_for(talk: Talk) -> None:
    await talk("buy 2 sol at 140")
    await talk("use limit instead")
    [rule] = await talk.rules()
    assert isinstance(rule.action, Trade)
    assert rule.action.order == LimitOrder(price=D(140))


async def test_another_market_takes_the_place_of_the_first(talk: Talk) -> None:
    await talk("buy $200 of sol if it drops 5%")
    await talk("not sol, eth")
    [rule] = await talk.rules()
    assert rule.condition.market == rule.action.market == "ETH-PERP"  # type: ignore[union-attr]


async def test_undo_goes_back_one_step_at_a_time_and_says_when_there_is_none(talk: Talk) -> None:
    await talk("sell half my sol at 160")
    await talk("make it 40%")
    await talk("170 not 160")
    rules = await talk.rules()
    assert (percent(rules), level(rules)) == (D(40), D(170))
    await talk("undo")
    rules = await talk.rules()
    assert (percent(rules), level(rules)) == (D(40), D(160))
    await talk("Undo.")
    assert percent(await talk.rules()) == D(50)
    refused = await talk("undo")
    assert refused.tone == "bad"
    assert percent(await talk.rules()) == D(50)


async def test_undo_brings_an_answered_question_back(talk: Talk) -> None:
    asked = await talk(SENTENCE)
    await talk("dollars")
    assert (await talk("undo")).title == asked.title
    await talk("percent")
    first, _ = await talk.rules()
    assert isinstance(first.condition, PriceChange)
    assert (first.condition.threshold, first.condition.unit) == (D(10), "percent")


async def test_undo_without_a_draft_names_what_can_be_done(talk: Talk) -> None:
    card = await talk("undo")
    assert "no open draft" in " ".join((card.title, *card.lines))
    assert await talk.drafts() == []


async def test_a_restart_between_question_answer_correction_and_undo_loses_nothing(
    postgres_dsn: str, clock: FakeClock
) -> None:
    steps = (SENTENCE, "dollars", "make the first one 30%", "undo")
    seen = []
    for number, words in enumerate(steps):
        async with _opened(postgres_dsn, clock) as core:
            talk = Talk(core)
            if not number:
                await talk.holds_sol()
            await talk(words)
            seen.append(await talk.drafts())
    assert [len(drafts) for drafts in seen] == [1, 1, 1, 1]
    assert {drafts[0].id for drafts in seen} == {seen[0][0].id}
    assert percent(seen[2][0].result.rules) == D(30)
    assert seen[3][0].result == seen[1][0].result
    assert [drafts[0].revision for drafts in seen][:2] == [1, 2]


async def test_the_card_of_an_earlier_revision_cannot_be_confirmed(talk: Talk, core: Core) -> None:
    first = await talk("sell half my sol at 160")
    await talk("make it 40%")
    await talk("undo")
    stale = await talk(verb=first.buttons[0][0].verb)
    press = read(stale.buttons[0][0].verb)
    assert isinstance(press, ConfirmDraft)
    assert press.revision == 3
    assert await core.rules.list(await talk.owner()) == []
    await talk("confirm")
    [rule] = await core.rules.list(await talk.owner())
    assert percent((rule.spec,)) == D(50)


async def test_a_correction_that_fits_two_places_is_asked_and_changes_nothing(talk: Talk) -> None:
    await talk("sell half my sol at 160 and half at 170")
    before = await talk.rules()
    card = await talk("make it 175")
    assert card.tone == "bad"
    assert "170" in card.title + " ".join(card.lines)
    assert await talk.rules() == before


async def test_a_whole_new_rule_is_a_draft_of_its_own(talk: Talk) -> None:
    await talk("sell half my sol at 160")
    await talk("buy 1 eth if it drops to 2300")
    assert [len(draft.result.rules) for draft in await talk.drafts()] == [1, 1]


async def test_a_command_is_served_while_a_draft_waits(talk: Talk) -> None:
    await talk("sell half my sol at 160")
    card = await talk("what are my positions?")
    assert "SOL" in " ".join((card.title, *card.lines))
    assert percent(await talk.rules()) == D(50)


async def test_words_on_another_channel_correct_no_draft_of_this_one(core: Core, talk: Talk) -> None:
    await talk("sell half my sol at 160")
    elsewhere = Talk(core, "telegram", "77")
    await elsewhere("make it 40%")
    assert await elsewhere.drafts() == []
    assert percent(await talk.rules()) == D(50)


async def test_an_expired_draft_is_not_corrected(talk: Talk, clock: FakeClock) -> None:
    await talk("sell half my sol at 160")
    await clock.advance(16 * 60)
    card = await talk("make it 40%")
    assert card.tone != "plain" or "40" not in card.title
    assert await talk.drafts() == []


@pytest.mark.parametrize("words", ["make it 40%", "no, 45%", "edit make it 45%"])
async def test_the_edit_button_takes_a_correction_too(talk: Talk, words: str) -> None:
    await talk("sell half my sol at 160")
    await talk("edit")
    await talk(words.removeprefix("edit ") if words.startswith("edit ") else words)
    share = percent(await talk.rules())
    assert share in (D(40), D(45))
    [draft] = await talk.drafts()
    assert draft.revision == 2


async def test_words_after_a_settled_draft_reach_no_older_one_and_its_button_still_does(talk: Talk) -> None:
    asked = await talk("sell half my SOL if it drops 3")
    await talk("tell me when SOL is above 170")
    assert (await talk("confirm")).title == "Confirmed: r1"
    for words in ("percent", "undo", "make it 40 %"):
        assert (await talk(words)).title != "Confirm this?", words
    [draft] = await talk.drafts()
    assert draft.result.questions
    answered = await talk(verb=asked.buttons[1][0].verb)
    assert answered.title == "Confirm this?"


@pytest.mark.parametrize("words", ["edit r1 to 135", "change r1 to 135", "Edit R1: at 135 instead", "modify r1 135"])
async def test_a_rule_is_changed_by_its_name_in_one_message(talk: Talk, words: str) -> None:
    await talk("stop loss at 130")
    await talk("confirm")
    card = await talk(words)
    assert card.title == "Change r1 to this?", card
    assert level(await talk.rules()) == D(135)
    assert (await talk("confirm")).title == "Changed: r1"


async def test_moving_a_stop_says_which_one_or_that_there_is_none(talk: Talk) -> None:
    card = await talk("move my SOL stop to 135")
    assert "There is no stop on SOL-PERP now. None is made: say “stop at …” for a new one." in card.lines
    await talk("cancel")
    await talk("stop loss at 130")
    await talk("confirm")
    assert "The stop on SOL-PERP now: r1." in (await talk("move my SOL stop to 135")).lines


async def test_a_time_zone_by_its_city_is_offered_in_full(talk: Talk) -> None:
    card = await talk("/timezone new york")
    assert card.lines == ("Did you mean America/New_York?",)
