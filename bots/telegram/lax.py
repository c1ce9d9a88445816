"""Answers of a Bot API that may be a stand-in for Telegram: what such a one leaves out is filled in, no more."""

import json
from typing import Any

from telegram.error import TelegramError
from telegram.request import BaseRequest

_OBJECTS = frozenset({"link_preview_options", "reply_markup", "entities", "caption_entities", "reply_parameters"})
"""What a message holds as objects; a server that echoes the form it was sent holds them as text."""
_MILLISECONDS = 10**11
"""A date above this cannot be meant in seconds."""


class Forgiving(BaseRequest):
    """python-telegram-bot's request, reading answers of servers that are less exact than Telegram.

    Telegram's own answers pass unchanged. Others would end the bot at its start, or cost it every update that came
    with one: a bot that is not said to be one, dates in milliseconds, presses without their chat or message number,
    parts echoed as text, `null` where an edit succeeded.
    """

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer. Raises TelegramError for what is no JSON object."""
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            raise TelegramError("Invalid server response") from None
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        if answer.get("ok") is True:
            answer["result"] = _mended(answer.get("result"))
        elif "ok" not in answer:
            answer |= {"ok": False, "description": str(answer.get("description") or answer.get("message") or "error")}
        return answer


def _mended(result: Any) -> Any:
    match result:
        case None:
            return True
        case {"id": int(), "first_name": str(), "username": str()} if "is_bot" not in result and "type" not in result:
            return {**result, "is_bot": True}  # only `getMe` answers with somebody
        case {"message_id": int(), "date": int()}:
            return _message(result)
        case list():
            return [_whole(update) for update in result]
        case _:
            return result


def _whole(update: Any) -> Any:
    match update:
        case {"update_id": int(), "callback_query": dict() as query}:
            kept = {"chat_instance": "", **query}
            message = query.get("message")
            if isinstance(message, dict):
                # Without a number it cannot be changed, but where it is stays known.
                kept["message"] = _message({"message_id": 0, **message})
            return {**update, "callback_query": kept}
        case {"update_id": int(), "message": dict() as message}:
            return {**update, "message": _message(message)}
        case _:
            return update


def _message(message: dict[str, Any]) -> dict[str, Any]:
    date = message.get("date", 0)
    kept = {name: value for name, value in message.items() if not (name in _OBJECTS and isinstance(value, str))}
    return {**kept, "date": date // 1000 if isinstance(date, int) and date > _MILLISECONDS else date}
