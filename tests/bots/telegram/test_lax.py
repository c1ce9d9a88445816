"""What a stand-in for Telegram may leave out: filled in, and nothing of Telegram's own changed."""

import json
from typing import Any

import pytest
from telegram import Message, Update, User
from telegram.error import TelegramError

from bots.telegram.hearing import Pressed, Words, hear
from bots.telegram.lax import Forgiving

ANN = {"id": 7, "first_name": "Ann", "is_bot": False}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ann"}
US = User(id=666, first_name="SayWhen", is_bot=True, username="SayWhenBot")


def read(result: Any) -> Any:
    answer = Forgiving.parse_json_payload(json.dumps({"ok": True, "result": result}).encode())
    assert answer["ok"] is True
    return answer["result"]


@pytest.mark.parametrize(
    "result",
    [
        {"id": 666, "is_bot": True, "first_name": "SayWhen", "username": "SayWhenBot"},
        {"message_id": 5, "date": 1_764_000_000, "chat": PRIVATE, "text": "hi", "entities": []},
        {"id": 7, "type": "private", "first_name": "Ann", "username": "ann"},
        [{"update_id": 1, "message": {"message_id": 2, "date": 1_764_000_000, "chat": PRIVATE, "from": ANN}}],
        [{"update_id": 1, "callback_query": {"id": "9", "from": ANN, "chat_instance": "5", "data": "x"}}],
        True,
        [],
    ],
)
def test_what_telegram_says_passes_unchanged(result: Any) -> None:
    assert read(result) == result


def test_a_bot_that_is_not_said_to_be_one_is_one() -> None:
    assert User.de_json(read({"id": 666, "first_name": "Test", "username": "TestBot"}), None).is_bot


def test_a_sent_message_is_read_though_its_date_is_in_milliseconds_and_its_form_is_echoed() -> None:
    echoed = {"message_id": 5, "date": 1_764_000_000_123, "chat": PRIVATE, "link_preview_options": '{"is_disabled":1}'}
    sent = Message.de_json(read(echoed), None)
    assert (sent.message_id, sent.date.timestamp()) == (5, 1_764_000_000)


def test_an_edit_that_is_answered_with_nothing_was_made() -> None:
    assert read(None) is True


def test_a_press_without_message_number_is_heard_where_it_was_made() -> None:
    chat = {**PRIVATE, "id": 19}
    [update] = Update.de_list(
        read([{"update_id": 3, "callback_query": {"id": "1", "from": ANN, "message": {"chat": chat}, "data": "c:/x"}}]),
        None,
    )
    heard = hear(update, US)
    assert isinstance(heard, Pressed)
    assert (heard.person, heard.place, heard.in_group, heard.message) == (19, 19, False, None)


def test_a_private_chat_is_its_person_s_whatever_number_it_goes_by() -> None:
    message = {"message_id": 2, "date": 1_764_000_000, "chat": {**PRIVATE, "id": 19}, "from": ANN, "text": "hi"}
    heard = hear(Update.de_json(read([{"update_id": 1, "message": message}])[0], None), US)
    assert isinstance(heard, Words)
    assert (heard.person, heard.in_group) == (19, False)


@pytest.mark.parametrize("payload", [b"<html>", b"[]", b"\xff"])
def test_what_is_no_answer_is_an_error_of_the_library_s_own(payload: bytes) -> None:
    with pytest.raises(TelegramError, match="Invalid server response"):
        Forgiving.parse_json_payload(payload)


def test_an_error_in_a_shape_of_its_own_is_told_in_its_words() -> None:
    answer = Forgiving.parse_json_payload(b'{"message": "API method is not supported"}')
    assert (answer["ok"], answer["description"]) == (False, "API method is not supported")
