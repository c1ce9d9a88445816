"""The product in a Telegram chat: every step from words to an armed rule, over the wire."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bots.commands import COMMANDS
from core.domain.rule import RuleState
from tests.bots.telegram.stage import ANN, BOB, Stage, labels_of, staged, words_of
from tests.emulators.telegram.server import Fault, TelegramServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unhurried")]

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)


both_ways = pytest.mark.parametrize("stage", ["by poll", "by webhook"], indirect=True)


@pytest.fixture
async def stage(request: pytest.FixtureRequest, postgres_dsn: str, unused_tcp_port: int) -> AsyncIterator[Stage]:
    settings: dict[str, Any] = {"TELEGRAM_ADMINS": str(BOB), "SAYWHEN_PUBLIC_URL": "https://desk.example"}
    if getattr(request, "param", "by poll") == "by webhook":
        address = f"127.0.0.1:{unused_tcp_port}"
        settings |= {"TELEGRAM_WEBHOOK_URL": f"http://{address}/hook", "TELEGRAM_WEBHOOK_LISTEN": address}
    async with TelegramServer() as telegram, staged(postgres_dsn, telegram, **settings) as opened:
        if "TELEGRAM_WEBHOOK_URL" in settings:
            await telegram.until(lambda: telegram.webhook)
        yield opened
        assert telegram.polls == 0 or "TELEGRAM_WEBHOOK_URL" not in settings
        assert [refusal for refusal in telegram.refused if "parameters" in refusal[2] or "faults" in refusal[2]] == []


@both_ways
async def test_a_sentence_is_questioned_confirmed_and_armed_in_one_message(stage: Stage) -> None:
    owner = await stage.hold()
    question = await stage.say(SENTENCE)
    assert "dollars or percent" in words_of(question).lower()
    draft = await stage.press(question, "Dollars")
    assert draft["message_id"] == question["message_id"]
    assert "Fires at $149.90" in words_of(draft)
    armed = await stage.press(draft, "Confirm")
    assert armed["message_id"] == question["message_id"]
    assert words_of(armed).startswith("✅ Confirmed: r1, r2")
    assert [rule.state for rule in await stage.core.rules.list(owner)] == [RuleState.ARMED, RuleState.ARMED]
    assert labels_of(armed) == ["My rules"]
    assert len(stage.shown(ANN)) == 1


async def test_an_answer_in_words_takes_the_buttons_off_the_question(stage: Stage) -> None:
    await stage.hold()
    question = await stage.say(SENTENCE)
    draft = await stage.say("dollars")
    assert "Confirm" in labels_of(draft)
    above = stage.telegram.messages[ANN, question["message_id"]]
    await stage.telegram.until(lambda: "reply_markup" not in above)


async def test_confirm_pressed_twice_arms_once_and_the_card_stays_right(stage: Stage) -> None:
    owner = await stage.hold()
    draft = await stage.say("stop loss at 140")
    armed = await stage.press(draft, "Confirm")
    late = stage.telegram.press_data(ANN, armed, draft["reply_markup"]["inline_keyboard"][0][0]["callback_data"])
    toast = await stage.toast(late)
    assert toast["text"] == "This was confirmed already; it is armed once."
    assert len(await stage.core.rules.list(owner)) == 1


@both_ways
async def test_rules_are_paused_copied_and_deleted_by_their_buttons(stage: Stage) -> None:
    owner = await stage.hold()
    await stage.press(await stage.say("stop loss at 140"), "Confirm")
    listed = await stage.say("/rules")
    assert labels_of(listed) == ["Pause r1", "Edit r1", "Copy r1", "Delete r1"]
    paused = await stage.press(listed, "Pause r1")
    assert paused["message_id"] == listed["message_id"]
    assert "Paused: r1." in words_of(paused)
    assert labels_of(paused)[0] == "Resume r1"
    draft = await stage.press(paused, "Copy r1")
    assert "Confirm" in labels_of(draft)
    await stage.press(draft, "Confirm")
    assert [rule.label for rule in await stage.core.rules.list(owner)] == ["r1", "r2"]
    gone = await stage.press(await stage.say("/rules"), "Delete r1")
    assert "Deleted: r1." in words_of(gone)
    assert [rule.label for rule in await stage.core.rules.list(owner)] == ["r2"]


@both_ways
async def test_a_rule_is_edited_in_words_and_stays_armed_as_it_was_until_that_is_confirmed(stage: Stage) -> None:
    owner = await stage.hold()
    await stage.press(await stage.say("stop loss at 140"), "Confirm")
    asked = await stage.press(await stage.say("/rules"), "Edit r1")
    assert words_of(asked).startswith("What should change about r1?")
    assert words_of(await stage.say("stop at 141, take profit at 170")).startswith("⛔ Expected one rule in place")
    draft = await stage.say("stop loss at 141")
    assert words_of(draft).startswith("Change r1 to this?")
    draft = await stage.say("at 142 instead")
    assert words_of(draft).startswith("Change r1 to this?")
    [old] = await stage.core.rules.list(owner)
    assert (old.state, old.version, old.spec.condition.price) == (RuleState.ARMED, 1, 140)  # type: ignore[union-attr]
    changed = await stage.press(draft, "Confirm")
    assert words_of(changed).startswith("✅ Changed: r1")
    [new] = await stage.core.rules.list(owner)
    assert (new.label, new.state, new.version) == ("r1", RuleState.ARMED, 2)
    assert new.spec.condition.price == 142  # type: ignore[union-attr]


@both_ways
async def test_two_chats_become_one_account_once_both_have_agreed(stage: Stage) -> None:
    owner = await stage.hold()
    offered = words_of(await stage.say("/link"))
    command = offered.splitlines()[1]
    assert words_of(await stage.say("/link 0000000000", BOB)).startswith("⛔ This code is used or has expired.")
    waits = await stage.say(f"/start link-{command.split()[1]}", BOB)
    told = len(stage.shown(ANN))
    claimed = await stage.bring(stage.telegram.press(BOB, waits, "Link this chat"), BOB)
    assert words_of(claimed).startswith("The other side has to agree")
    [asked, *_] = await stage.telegram.until(lambda: stage.shown(ANN)[told:])
    assert words_of(asked.result).startswith("⚠️ Link Telegram to this account?")
    assert await stage.core.inbox.known("telegram", str(BOB)) != owner
    await stage.telegram.bring(stage.telegram.press(ANN, asked.result, "Link it"))
    above = stage.telegram.messages[ANN, asked.result["message_id"]]
    await stage.telegram.until(lambda: words_of(above).startswith("✅ Telegram is linked"))
    assert await stage.core.inbox.known("telegram", str(BOB)) == owner
    await stage.telegram.until(lambda: "Telegram is linked" in words_of(stage.shown(BOB)[-1].result))
    assert "2 SOL long" in words_of(await stage.say("/positions", BOB))
    unlinked = await stage.bring(stage.telegram.press(ANN, await stage.say("/link"), "Unlink telegram"), ANN)
    assert words_of(unlinked).startswith("Telegram is unlinked")
    assert "hold no position" in words_of(await stage.say("/positions", BOB))


async def test_an_account_with_rules_of_its_own_is_not_linked_away(stage: Stage) -> None:
    await stage.hold(person=BOB)
    command = words_of(await stage.say("/link")).splitlines()[1]
    assert words_of(await stage.say(command, BOB)).startswith("⛔ This account has rules, orders or positions")


@both_ways
@pytest.mark.parametrize(
    ("label", "expected"),
    [("Close 25 %", "close 25 %"), ("Close 100 %", "close"), ("Add stop", "stop"), ("Add target", "profit")],
)
async def test_every_button_of_a_position_opens_a_draft_or_a_question(stage: Stage, label: str, expected: str) -> None:
    await stage.hold()
    positions = await stage.say("/positions")
    opened = await stage.press(positions, label)
    assert expected in words_of(opened).lower()
    assert "Cancel" in labels_of(opened)
    assert opened["message_id"] != positions["message_id"]


@both_ways
async def test_after_a_kill_everything_can_be_closed_though_all_is_paused(stage: Stage) -> None:
    owner = await stage.hold()
    await stage.press(await stage.say("stop loss at 140"), "Confirm")
    killed = await stage.say("/kill")
    assert labels_of(killed) == ["Close everything", "Resume"]
    draft = await stage.press(killed, "Close everything")
    armed = await stage.press(draft, "Confirm")
    assert "Confirmed" in words_of(armed)
    assert (await stage.core.account.owner(owner)).paused


async def test_a_kill_is_told_once_though_it_is_an_event_too(stage: Stage) -> None:
    await stage.hold()
    await stage.say("/kill")
    await stage.say("/privacy")
    await asyncio.sleep(0.5)
    assert [words_of(call.result)[:24] for call in stage.shown(ANN)][:1] == ["⚠️ Everything is stopped"]
    assert len(stage.shown(ANN)) == 2


@both_ways
async def test_every_command_is_answered(stage: Stage) -> None:
    await stage.hold()
    words = {"rule": "/rule buy 1 SOL", "history": "/history r1", "delete": "/delete r9"}
    for command in COMMANDS:
        answer = await stage.say(words.get(command.name, f"/{command.name}"))
        assert words_of(answer), command.name
        assert "broke" not in words_of(answer), command.name
        if command.admin:
            assert f"There is no command /{command.name}" in words_of(answer)
            answer = await stage.say(f"/{command.name} Hello", BOB)
        assert not words_of(answer).startswith("⛔ There is no command"), command.name


@both_ways
async def test_settings_change_in_place_and_take_effect(stage: Stage) -> None:
    owner = await stage.hold()
    card = await stage.say("/settings")
    changed = await stage.press(card, "fills: on")
    assert changed["message_id"] == card["message_id"]
    assert "fills: silent" in labels_of(changed)
    assert "fills: off" in labels_of(await stage.press(changed, "fills: silent"))
    assert (await stage.core.account.owner(owner)).preferences.notices == {"fills": "off"}
    await stage.say("/settings quiet 22:30-7")
    quiet = (await stage.core.account.owner(owner)).preferences.quiet
    assert quiet is not None
    assert (quiet.start, quiet.end) == (22 * 60 + 30, 7 * 60)
    await stage.say("/settings slippage 0.3%")
    draft = await stage.say("buy 1 SOL")
    assert "0.3 % slippage" in words_of(draft)
    assert words_of(await stage.say("/settings slippage nine")).startswith("⛔ Expected a slippage")


@both_ways
async def test_deleting_oneself_asks_first_and_then_forgets_everything(stage: Stage) -> None:
    await stage.say("/start")
    asked = await stage.say("/deleteme")
    gone = await stage.press(asked, "Delete everything")
    assert "Everything about you is deleted" in words_of(gone)
    assert await stage.core.inbox.known("telegram", str(ANN)) is None


async def test_a_press_is_answered_within_a_second_though_its_work_takes_longer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.hold()
    draft = await stage.say("stop loss at 140")
    confirm = stage.core.drafts.confirm

    async def slowly(*arguments: object) -> object:
        await asyncio.sleep(2.5)
        return await confirm(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(stage.core.drafts), "confirm", lambda self, *arguments: slowly(*arguments))
    began = time.monotonic()
    toast = await stage.toast(stage.telegram.press(ANN, draft, "Confirm"))
    assert time.monotonic() - began < 1
    assert toast["text"] == "Working on it…"
    await stage.telegram.until(lambda: "Confirmed" in words_of(stage.telegram.messages[ANN, draft["message_id"]]))
    assert any(call.method == "sendChatAction" for call in stage.telegram.calls)


async def test_a_persons_messages_are_answered_in_their_order_and_people_do_not_wait_for_each_other(
    stage: Stage,
) -> None:
    await stage.hold()
    await stage.hold(person=BOB)
    for number in range(1, 6):
        await stage.telegram.bring(stage.telegram.words(ANN, f"/trades {number}0x"))
        await stage.telegram.bring(stage.telegram.words(BOB, f"/trades {number}1x"))
    await stage.telegram.until(lambda: len(stage.shown(ANN)) == len(stage.shown(BOB)) == 5)
    for person, digit in ((ANN, 0), (BOB, 1)):
        said = [words_of(call.result) for call in stage.shown(person)]
        assert [words.split("'")[1].rstrip("x") for words in said] == [f"{n}{digit}" for n in range(1, 6)]


@pytest.mark.parametrize(
    "fault", [Fault("sendMessage", 502), Fault("sendMessage", 0), Fault("sendMessage", 429, "Too Many Requests", 1)]
)
async def test_an_answer_outlives_what_telegram_does_to_it(stage: Stage, fault: Fault) -> None:
    stage.telegram.faults.append(fault)
    assert "Prices" in words_of(await stage.say("/prices"))


async def test_a_message_never_dies_on_its_markup(stage: Stage) -> None:
    stage.telegram.faults.append(Fault("sendMessage", 400, "Bad Request: can't parse entities: unsupported start tag"))
    answer = await stage.say("/prices")
    assert "Prices" in words_of(answer)
    assert "entities" not in answer


async def test_a_draft_comes_with_a_picture_and_the_question_before_it_becomes_one(stage: Stage) -> None:
    await stage.hold()
    await stage.has_a_past()
    draft = await stage.say("stop loss at 140")
    assert draft["photo"]
    assert stage.telegram.last_files[-1].startswith(b"\x89PNG")
    question = await stage.say("if SOL drops 5, sell half of my position")
    assert "photo" not in question
    pictured = await stage.press(question, labels_of(question)[0])
    assert (pictured["message_id"], bool(pictured.get("photo"))) == (question["message_id"], True)
    assert "Confirmed: r1" in words_of(await stage.press(pictured, "Confirm"))


@pytest.mark.parametrize(
    "fault", [(400, "Bad Request: not enough rights to send photos to the chat"), (404, ""), (502, "")]
)
async def test_a_message_never_dies_on_its_picture(stage: Stage, fault: tuple[int, str]) -> None:
    await stage.hold()
    await stage.has_a_past()
    stage.telegram.faults += [Fault("sendPhoto", *fault), Fault("editMessageMedia", *fault)]
    draft = await stage.say("stop loss at 140")
    assert "photo" not in draft
    assert labels_of(draft) == ["Confirm", "Edit", "Cancel"]
    question = await stage.say("if SOL drops 5, sell half of my position")
    plain = await stage.press(question, labels_of(question)[0])
    assert "photo" not in plain
    assert "Confirm" in labels_of(plain)


async def test_a_sign_that_cannot_be_given_costs_no_answer(stage: Stage) -> None:
    await stage.hold()
    stage.telegram.faults += [Fault("answerCallbackQuery", 404), Fault("sendChatAction", 404)]
    draft = await stage.say("stop loss at 140")
    await stage.telegram.bring(stage.telegram.press(ANN, draft, "Confirm"))
    above = stage.telegram.messages[ANN, draft["message_id"]]
    await stage.telegram.until(lambda: "Confirmed: r1" in words_of(above))


async def test_the_menu_is_the_table(stage: Stage) -> None:
    [everyone, groups] = await stage.telegram.until(
        lambda: len(stage.telegram.of("setMyCommands")) == 2 and stage.telegram.of("setMyCommands")
    )
    shown = [command.name for command in COMMANDS if not command.admin]
    assert [command["command"] for command in everyone.params["commands"]] == shown
    assert groups.params["scope"]["type"] == "all_group_chats"
    [said] = await stage.telegram.until(lambda: stage.telegram.of("setMyShortDescription"))
    assert "watches and trades" in said.params["short_description"]
