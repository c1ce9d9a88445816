"""The product on Discord: every step from words to an armed rule, over the wire, in a server and in private."""

import re
from collections.abc import AsyncIterator

import pytest

from bots import pictures
from bots.discord import at_once, channel, wire
from core.domain.rule import RuleState
from tests.bots.discord.stage import ANN, BOB, Stage, labels_of, staged, words_of
from tests.emulators.discord.server import DiscordServer, Fault
from tests.emulators.discord.world import Interaction

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)


@pytest.fixture
async def stage(postgres_dsn: str) -> AsyncIterator[Stage]:
    async with DiscordServer() as discord, staged(postgres_dsn, discord) as opened:
        await discord.until(lambda: discord.commands)
        yield opened
        assert [refusal for refusal in discord.refused if refusal[2] == 50035] == []
        assert discord.gateway.wrong == []


@pytest.mark.parametrize("guild", [False, True])
async def test_a_sentence_is_questioned_confirmed_and_armed_in_one_message(stage: Stage, guild: bool) -> None:
    owner = await stage.hold()
    question = await stage.slash("rule", text=SENTENCE, guild=guild)
    assert "dollars or percent" in words_of(question).lower()
    draft = await stage.press(question, "Dollars")
    assert draft["id"] == question["id"]
    assert "Fires at $149.90" in words_of(draft)
    armed = await stage.press(draft, "Confirm")
    assert armed["id"] == question["id"]
    assert words_of(armed).startswith("✅ Confirmed: r1, r2")
    assert [rule.state for rule in await stage.core.rules.list(owner)] == [RuleState.ARMED, RuleState.ARMED]
    assert bool(armed["flags"] & 64) is guild
    assert stage.posted(ANN) == []


async def test_words_in_private_are_read_without_a_command(stage: Stage) -> None:
    await stage.hold()
    draft = await stage.say("stop loss at 140")
    assert "Confirm" in labels_of(draft)
    assert words_of(await stage.press(draft, "Confirm")).startswith("✅ Confirmed: r1")
    assert "You hold no position" in words_of(await stage.say("positions", BOB))


async def test_what_others_wrote_is_no_instruction(stage: Stage) -> None:
    snapshot = {"message": {"type": 0, "content": "buy 9 SOL", "embeds": [], "attachments": [], "timestamp":
        "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "flags": 0, "components": []}}  # fmt: skip
    passed_on = {"type": 1, "message_id": "1", "channel_id": "2"}
    await stage.discord.type(ANN, "", message_reference=passed_on, message_snapshots=[snapshot], flags=16384)
    await stage.discord.type(ANN, "buy 9 SOL", webhook_id="5")
    assert "Prices" in words_of(await stage.say("/prices"))
    assert len(stage.posted(ANN)) == 1


async def _written_in(stage: Stage, asked: Interaction) -> str:
    """What stands in the form that *asked* was answered with."""
    callback = await stage.called_back(asked)
    return str(callback["data"]["components"][0]["components"][0]["value"])


async def test_the_form_holds_the_words_and_what_is_written_there_changes_the_draft(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {}
    for person, guild in ((BOB, True), (ANN, False)):
        await stage.hold(person=person)
        draft = await stage.slash("rule", person, text="stop loss at 140", guild=guild)
        asked = await stage.discord.press(person, draft, "Edit")
        assert await _written_in(stage, asked) == "stop loss at 140"
        changed = await stage.write(asked, "stop loss at 141")
        assert changed["id"] == draft["id"]
        assert "$141.00" in words_of(changed)
        again = await _written_in(stage, await stage.discord.press(person, changed, "Edit"))
        assert "141" in again
        assert "140" not in again
    await stage.press(changed, "Confirm")
    listed = await stage.slash("rules")
    edited = await stage.write(await stage.discord.press(ANN, listed, "Edit r1"), "stop loss at 139")
    assert edited["id"] != listed["id"]
    assert "$139.00" in words_of(edited)
    monkeypatch.setattr(at_once, "MOST_TEXT", 10)  # a form never holds a part of the words only
    told = await stage.press(edited, "Edit")
    assert "longer than a form" in words_of(told)
    assert told["flags"] & 64


async def test_rules_are_paused_copied_deleted_and_turned_through_by_their_buttons(stage: Stage) -> None:
    owner = await stage.hold()
    for price in range(130, 138):
        await stage.press(await stage.slash("rule", text=f"tell me when SOL is below {price}"), "Confirm")
    listed = await stage.slash("rules")
    assert "Page 1 of 2" in words_of(listed)
    assert [len(row["components"]) for row in listed["components"]] == [1, 1]
    assert labels_of(listed)[-1] == "More ›"
    second = await stage.press(listed, "More")
    assert second["id"] == listed["id"]
    assert labels_of(second)[:4] == ["Pause r7", "Edit r7", "Copy r7", "Delete r7"]
    assert "Page 1 of 2" in words_of(await stage.press(second, "‹ Before"))
    paused = await stage.press(listed, "Pause r1")
    assert paused["id"] == listed["id"]
    assert "Paused: r1." in words_of(paused)
    assert labels_of(paused)[0] == "Resume r1"
    draft = await stage.press(paused, "Copy r1")
    assert draft["id"] != paused["id"]
    await stage.press(draft, "Confirm")
    await stage.press(paused, "Delete r1")
    assert [rule.label for rule in await stage.core.rules.list(owner)] == [f"r{number}" for number in range(2, 10)]


@pytest.mark.parametrize(
    ("label", "expected"),
    [("Close 25 %", "close 25 %"), ("Close 100 %", "close"), ("Add stop", "stop"), ("Add target", "profit")],
)
async def test_every_button_of_a_position_opens_a_draft_or_a_question(stage: Stage, label: str, expected: str) -> None:
    await stage.hold()
    positions = await stage.slash("positions")
    opened = await stage.press(positions, label)
    assert expected in words_of(opened).lower()
    assert "Cancel" in labels_of(opened)
    assert opened["id"] != positions["id"]


async def test_confirm_pressed_twice_arms_once_and_the_card_stays_right(stage: Stage) -> None:
    owner = await stage.hold()
    draft = await stage.slash("rule", text="stop loss at 140")
    name = draft["components"][0]["components"][0]["custom_id"]
    armed = await stage.press(draft, "Confirm")
    again = await stage.discord.press_id(ANN, armed, name)
    await stage.discord.until(lambda: len(again.said) == 2)
    told = stage.discord.messages[again.channel, again.said[1]]
    assert "armed once" in words_of(told)
    assert told["flags"] & 64
    assert words_of(stage.discord.messages[armed["channel_id"], armed["id"]]).startswith("✅ Confirmed")
    assert len(await stage.core.rules.list(owner)) == 1


async def test_buttons_and_forms_are_for_the_person_who_asked(stage: Stage) -> None:
    owner = await stage.hold()
    draft = await stage.slash("rule", text="stop loss at 140", guild=True)
    for label in ("Confirm", "Edit"):
        told = await stage.press(draft, label, BOB)
        assert words_of(told).endswith("These buttons are for the person who asked.")
        assert told["flags"] & 64
    assert await stage.core.rules.list(owner) == []
    assert "Confirmed" in words_of(await stage.press(draft, "Confirm"))


async def test_settings_change_in_place_and_what_is_typed_is_completed(stage: Stage) -> None:
    await stage.hold()
    card = await stage.slash("settings")
    changed = await stage.press(card, "fills: on")
    assert changed["id"] == card["id"]
    assert "fills: silent" in labels_of(changed)
    await stage.press(await stage.slash("rule", text="stop loss at 140"), "Confirm")
    for guild, (name, field, typed, value) in enumerate(
        [("history", "rule", "", "r1"), ("prices", "markets", "BTC so", "BTC SOL")]
    ):
        asked = await stage.discord.type_into(ANN, name, field, typed, guild=bool(guild))
        callback = await stage.called_back(asked)
        assert [choice["value"] for choice in callback["data"]["choices"]] == [value]


async def test_deleting_oneself_asks_first_and_then_forgets_everything(stage: Stage) -> None:
    for guild in (False, True):
        await stage.slash("start", guild=guild)
        gone = await stage.press(await stage.slash("deleteme", guild=guild), "Delete everything")
        assert "Everything about you is deleted" in words_of(gone)
        assert await stage.core.inbox.known("discord", str(ANN)) is None


async def test_a_draft_shows_its_market_with_the_price_that_it_fires_at(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "WITHIN_S", 20)
    monkeypatch.setattr(wire, "_PICTURED", wire._WITHIN)
    monkeypatch.setattr(channel, "ACKNOWLEDGED_WITHIN_S", 20)  # the first call is the one with the picture
    await stage.hold()
    await stage.core.prices.open()  # simulated candles
    draft = await stage.slash("rule", text="tell me when SOL is above 170")
    [call] = [call for call in stage.discord.calls if call.files]
    assert call.files[0].startswith(b"\x89PNG")
    assert draft["embeds"][0]["image"]["url"].endswith("chart.png")
    assert stage.discord.messages[draft["channel_id"], draft["id"]]["attachments"][0]["filename"] == "chart.png"
    armed = await stage.press(draft, "Confirm")
    assert armed["attachments"] == []
    assert "image" not in armed["embeds"][0]
    await stage.press(await stage.slash("rule", text="tell me when the 5m RSI of SOL is below 30"), "Confirm")
    assert re.search(r"RSI( \(14\))? is at \d+(\.\d+)? now", words_of(await stage.slash("rules")))
    # What does not take pictures gets the words, at once the next time.
    monkeypatch.setattr(wire, "BARE_S", 0)
    stage.discord.faults += [Fault("POST callback", 500), Fault("POST message", 503)]
    taken = len([call for call in stage.discord.calls if call.files])
    for plain in (
        await stage.slash("rule", text="tell me when SOL is above 170"),
        await stage.say("tell me when SOL is above 171"),
    ):
        assert labels_of(plain)[-1] == "Cancel"
        assert "image" not in plain["embeds"][0]
    assert stage.discord.faults == []
    assert "image" in (await stage.slash("rule", text="tell me when SOL is above 171"))["embeds"][0]
    monkeypatch.setattr(wire, "BARE_S", 60)
    stage.discord.faults.append(Fault("POST callback", 500))
    for price in (172, 173):
        assert "image" not in (await stage.slash("rule", text=f"tell me when SOL is above {price}"))["embeds"][0]
    assert len([call for call in stage.discord.calls if call.files]) == taken + 1
    assert len(stage.discord.refused) == 3
