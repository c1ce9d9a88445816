"""Settings, earnings, operators' commands and the deletion of oneself, in words."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bots.channel import Inbound
from bots.dialogue import Dialogue
from core.feed.card import Card
from tests import samples
from tests.bots.scripted import ME, ScriptedCore
from tests.clock import START

D = Decimal
BOSS = ("telegram", "1")


class Talk:
    """Somebody on Telegram; number 1 runs this SayWhen."""

    def __init__(self) -> None:
        self.core = ScriptedCore()
        self.dialogue = Dialogue(self.core, self.core.clock, dashboard="https://desk.example", admins={BOSS})

    async def __call__(self, text: str, person: str = "7", ago_s: float = 0) -> Card:
        sent_at = self.core.clock.now() - timedelta(seconds=ago_s)
        [card] = await self.dialogue.answer(Inbound(channel="telegram", address=person, sent_at=sent_at, text=text))
        return card


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.mark.parametrize("said", ["25:00-7", "22-22", "22:61-7", "late", "22"])
async def test_hours_that_are_none_are_refused(talk: Talk, said: str) -> None:
    card = await talk(f"/settings quiet {said}")
    assert card.tone == "bad"
    assert talk.core.account.person.preferences.quiet is None


async def test_quiet_hours_are_set_and_ended(talk: Talk) -> None:
    assert "Quiet hours 22:00-07:30" in "\n".join((await talk("/settings quiet 22 to 7:30")).lines)
    assert "Quiet hours off" in "\n".join((await talk("/settings quiet off")).lines)


@pytest.mark.parametrize("said", ["fills loudly", "moon on", "groups maybe", "slippage x"])
async def test_what_is_no_setting_is_refused_with_what_to_do(talk: Talk, said: str) -> None:
    card = await talk(f"/settings {said}")
    assert (card.tone, card.lines) == ("bad", ("/settings shows what can be set and how.",))


@pytest.mark.parametrize(("said", "bps"), [("30", 30), ("30 bps", 30), ("0.3%", 30), ("1 %", 100), ("1.25%", 125)])
async def test_slippage_is_read_in_percent_and_basis_points(talk: Talk, said: str, bps: int) -> None:
    await talk(f"/settings slippage {said}")
    assert talk.core.account.person.preferences.slippage_bps == bps


@pytest.mark.parametrize(
    ("period", "count", "net"), [("", 1, "+$8.00"), ("week", 2, "+$16.00"), ("month", 2, "+$16.00")]
)
async def test_earnings_are_counted_from_the_owners_own_midnight(talk: Talk, period: str, count: int, net: str) -> None:
    # START is a Monday at 13:00 in Berlin, the second of the month.
    fill = samples.fill(samples.order(samples.rule(ME)))
    midnight = START.replace(hour=23) - timedelta(days=1)
    times = {"": [midnight], "week": [midnight, START], "month": [midnight, START - timedelta(days=1)]}[period]
    old = [midnight - timedelta(seconds=1)] if period != "month" else [START - timedelta(days=3)]
    talk.core.account.fills = [replace(fill, at=at, realised_pnl=D(10), fee=D(2)) for at in [*old, *times]]
    card = await talk(f"/pnl {period}".strip())
    assert net in card.title
    assert f"from {count} fill" in card.lines[0]


async def test_earnings_tell_fees_and_funding_apart_and_count_both(talk: Talk) -> None:
    fill = replace(samples.fill(samples.order(samples.rule(ME))), realised_pnl=D(10), fee=D(2))
    talk.core.account.fills = [replace(fill, at=START)]
    talk.core.trades.funding = D("-1.5")
    card = await talk("/pnl")
    assert card.title.startswith("Today: +$6.50 after fees and funding")
    assert card.lines[:3] == ("Realised +$10.00, from 1 fill", "Fees -$2.00", "Funding -$1.50")


async def test_earnings_of_another_span_are_refused(talk: Talk) -> None:
    assert (await talk("/pnl decade")).tone == "bad"


@pytest.mark.parametrize("command", ["status", "users", "broadcast Hello"])
async def test_operators_commands_are_there_for_operators_only(talk: Talk, command: str) -> None:
    name = command.partition(" ")[0]
    assert (await talk(f"/{command}")).title == f"There is no command /{name}"
    assert "There is no command" not in (await talk(f"/{command}", "1")).title
    assert f"/{name}" not in "\n".join((await talk("/help")).lines)
    assert f"/{name}" in "\n".join((await talk("/help", "1")).lines)
    assert talk.core.people.said == (["Hello"] if name == "broadcast" else [])


async def test_status_says_when_nobody_watches(talk: Talk) -> None:
    assert (await talk("/status", "1")).title == "All is running"
    talk.core.people.are_watched = False
    card = await talk("/status", "1")
    assert (card.title, card.tone) == ("Something is wrong", "bad")


async def test_a_broadcast_needs_words_and_not_too_many(talk: Talk) -> None:
    assert (await talk("/broadcast", "1")).tone == "bad"
    assert (await talk("/broadcast " + "x" * 1_001, "1")).tone == "bad"
    assert talk.core.people.said == []


async def test_the_dashboard_is_opened_by_a_link_of_ones_own_only_where_there_is_one(talk: Talk) -> None:
    card = await talk("/web")
    assert card.lines[0].startswith("https://desk.example/sign-in#")
    assert card.owner_only
    assert not card.public
    talk.dialogue = Dialogue(talk.core, talk.core.clock)
    assert (await talk("/web")).title == "There is no command /web"


async def test_deleting_oneself_is_asked_once_more_and_not_done_late(talk: Talk) -> None:
    asked = await talk("/deleteme")
    assert asked.buttons
    assert talk.core.people.forgotten == 0
    late = await talk("/deleteme now", ago_s=300)
    assert late.title.startswith("Not done")
    assert talk.core.people.forgotten == 0
    await talk("/deleteme now")
    assert talk.core.people.forgotten == 1


async def test_history_of_no_rule_in_particular_offers_the_latest(talk: Talk) -> None:
    card = await talk("/history")
    assert card.title == "The history of which rule?"
    assert [button.label for row in card.buttons for button in row] == ["r2", "r1"]
    assert (await talk("/history r1")).title.startswith("History of r1")
