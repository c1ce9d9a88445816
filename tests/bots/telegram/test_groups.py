"""What is no instruction, and how the bot behaves where others read along."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.bots.telegram.stage import ANN, BOB, Stage, labels_of, staged, words_of
from tests.emulators.telegram.people import BOT
from tests.emulators.telegram.server import TelegramServer

ME = "@SayWhenTestBot"
FORWARD = {"type": "hidden_user", "date": 1_760_000_000, "sender_user_name": "Eve"}

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def stage(postgres_dsn: str) -> AsyncIterator[Stage]:
    async with TelegramServer() as telegram, staged(postgres_dsn, telegram) as opened:
        telegram.group(100)
        yield opened


async def unanswered(stage: Stage, update: dict[str, Any], chat: int = ANN) -> bool:
    """Whether nothing is said to *update*: what comes after it in the same lane is answered first."""
    before = len(stage.telegram.calls)
    await stage.telegram.bring(update)
    await stage.say("/privacy")
    said = [c for c in stage.telegram.calls[before:] if c.method in {"sendMessage", "sendPhoto"}]
    return len(said) == 1


@pytest.mark.parametrize(
    "strange",
    [
        {"forward_origin": FORWARD},
        {"via_bot": {"id": 5, "is_bot": True, "first_name": "Gif"}},
        {"text": None, "sticker": None},
    ],
)
async def test_what_one_did_not_type_oneself_is_refused_in_private(stage: Stage, strange: dict[str, Any]) -> None:
    owner = await stage.hold()
    answer = (
        await stage.say("buy 1 SOL", **strange)
        if "text" not in strange
        else await stage.bring(
            {
                **(update := stage.telegram.words(ANN, "x")),
                "message": {k: v for k, v in update["message"].items() if k != "text"},
            },
            ANN,
        )
    )
    assert "Type what you want yourself" in words_of(answer)
    assert await stage.core.drafts.open(owner) == []


async def test_edited_messages_channel_posts_and_other_bots_are_not_heard(stage: Stage) -> None:
    owner = await stage.hold()
    typed = stage.telegram.words(ANN, "buy 1 SOL")
    edited = {"update_id": typed["update_id"], "edited_message": {**typed["message"], "edit_date": 1_760_000_001}}
    assert await unanswered(stage, edited)
    bots = stage.telegram.words(ANN, f"{ME} buy 1 SOL", chat=-100)
    bots["message"]["from"] = {"id": 99, "is_bot": True, "first_name": "Rose"}
    assert await unanswered(stage, bots)
    post = stage.telegram.words(ANN, f"{ME} buy 1 SOL", chat=-100, sender_chat={"id": -100, "type": "supergroup"})
    assert await unanswered(stage, post)
    assert await stage.core.drafts.open(owner) == []


async def test_a_group_is_answered_only_when_it_speaks_to_us(stage: Stage) -> None:
    await stage.hold()
    assert await unanswered(stage, stage.telegram.words(ANN, "buy 1 SOL", chat=-100))
    assert await unanswered(stage, stage.telegram.words(ANN, "/prices@OtherBot", chat=-100))
    assert await unanswered(stage, stage.telegram.words(ANN, f"{ME} buy 1 SOL", chat=-100, forward_origin=FORWARD))
    prices = await stage.say(f"/prices{ME}", chat=-100)
    assert "SOL-PERP" in words_of(prices)
    mention = [{"type": "mention", "offset": 0, "length": len(ME)}]
    assert "SOL-PERP" in words_of(await stage.say(f"{ME} prices", chat=-100, entities=mention))
    ours = {
        "message_id": 3,
        "date": 1_760_000_000,
        "chat": stage.telegram.chats[-100],
        "from": BOT,
        "text": "buy 9 SOL",
    }
    assert "SOL-PERP" in words_of(await stage.say("prices", chat=-100, reply_to_message=ours))


async def test_balances_stay_out_of_a_group_until_their_owner_wants_them_there(stage: Stage) -> None:
    await stage.hold()
    before = len(stage.shown(ANN))
    told = await stage.say(f"/positions{ME}", chat=-100)
    assert words_of(told) == "I answered you in private"
    assert "2 SOL long" in words_of(stage.shown(ANN)[before].result)
    await stage.say("/settings groups on")
    shown = await stage.say(f"/positions{ME}", chat=-100)
    assert "2 SOL long" in words_of(shown)


async def test_the_link_that_signs_one_in_never_reaches_a_group_whatever_its_owner_shows_there(
    postgres_dsn: str,
) -> None:
    async with (
        TelegramServer() as telegram,
        staged(postgres_dsn, telegram, SAYWHEN_PUBLIC_URL="https://desk.example") as stage,
    ):
        telegram.group(100)
        await stage.hold()
        await stage.say("/settings groups on")
        before = len(stage.shown(ANN))
        told = await stage.say(f"/web{ME}", chat=-100)
        assert words_of(told) == "I answered you in private"
        assert "https://desk.example/sign-in#" in words_of(stage.shown(ANN)[before].result)


async def test_in_a_group_only_the_person_who_asked_can_press(stage: Stage) -> None:
    owner = await stage.hold()
    await stage.hold(person=BOB)
    await stage.say("/settings groups on")
    draft = await stage.say(f"/rule{ME} stop loss at 140", chat=-100)
    assert "Confirm" in labels_of(draft)
    toast = await stage.toast(stage.telegram.press(BOB, draft, "Confirm"))
    assert toast["text"] == "These buttons are for the person who asked."
    assert await stage.core.rules.list(owner) == []
    await stage.press(draft, "Confirm")
    assert len(await stage.core.rules.list(owner)) == 1


async def test_a_stranger_in_a_group_is_sent_to_a_private_chat_first(stage: Stage) -> None:
    await stage.hold()
    answer = await stage.say(f"/rule{ME} buy 1 SOL", person=BOB, chat=-100)
    assert words_of(answer).startswith("I do not know you yet")
    assert await stage.core.inbox.known("telegram", str(BOB)) is None


async def test_anothers_draft_cannot_be_confirmed_with_its_number(stage: Stage) -> None:
    owner = await stage.hold()
    await stage.hold(person=BOB)
    draft = await stage.say("stop loss at 140")
    data = draft["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    mine = await stage.say("/start", person=BOB)
    await stage.toast(stage.telegram.press_data(BOB, mine, data))
    assert await stage.core.rules.list(owner) == []
