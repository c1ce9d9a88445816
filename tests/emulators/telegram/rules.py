"""What Telegram refuses: requests checked against aiogram's types and the limits that no schema carries."""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import aiogram.methods
import aiogram.types
from aiogram.methods.base import TelegramMethod
from pydantic import ValidationError

MOST_TEXT, MOST_CAPTION, MOST_ENTITIES = 4096, 1024, 100
MOST_CALLBACK_BYTES, MOST_BUTTONS, MOST_IN_ROW, MOST_ANSWER = 64, 100, 8, 200
_JSON = {
    "reply_markup", "entities", "caption_entities", "allowed_updates", "commands", "scope", "media", "menu_button",
    "link_preview_options", "reply_parameters",
}  # fmt: skip

METHODS: dict[str, type[TelegramMethod[Any]]] = {
    kind.__api_method__: kind
    for name in aiogram.methods.__all__
    if isinstance(kind := getattr(aiogram.methods, name), type)
    and issubclass(kind, TelegramMethod)
    and hasattr(kind, "__api_method__")
}


class Refused(Exception):
    """An answer with `ok: false`; `after_s` is `retry_after`."""

    def __init__(self, code: int, description: str, after_s: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.after_s = after_s


def decode(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A request's fields with what was sent as JSON text read."""
    try:
        return {k: json.loads(v) if k in _JSON and isinstance(v, str) else v for k, v in fields.items()}
    except ValueError as problem:
        raise Refused(400, f"Bad Request: can't parse {problem}") from None


def check_request(method: str, params: Mapping[str, Any]) -> None:
    """Raise Refused unless *params* are what *method* takes."""
    kind = METHODS.get(method)
    if kind is None:
        raise Refused(404, "Not Found: method not found")
    unknown = set(params) - set(kind.model_fields)
    if unknown:
        raise Refused(400, f"Bad Request: unknown parameters {sorted(unknown)}")
    try:
        kind.model_validate(dict(params))
    except ValidationError as problem:
        raise Refused(400, f"Bad Request: {problem.error_count()} faults, {problem.errors()[0]}") from None
    if "text" in params and method in {"sendMessage", "editMessageText"}:
        check_text(params["text"], params.get("entities") or [], MOST_TEXT)
    if "caption" in params:
        check_text(params["caption"], params.get("caption_entities") or [], MOST_CAPTION, may_be_empty=True)
    media = params.get("media")
    if isinstance(media, dict):
        check_text(media.get("caption", ""), media.get("caption_entities") or [], MOST_CAPTION, may_be_empty=True)
    if params.get("parse_mode"):
        raise Refused(400, "Bad Request: can't parse entities: this emulator reads none, send entities")
    if params.get("reply_markup"):
        check_keyboard(params["reply_markup"])
    if method == "answerCallbackQuery" and len(params.get("text") or "") > MOST_ANSWER:
        raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
    if method == "setMyCommands":
        for command in params["commands"]:
            name, words = command["command"], command["description"]
            if not (1 <= len(name) <= 32 and name.replace("_", "a").isalnum() and name == name.lower()):
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(words) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")


def units(text: str) -> int:
    """The length of *text* as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def check_text(text: str, entities: list[dict[str, Any]], most: int, *, may_be_empty: bool = False) -> None:
    """Raise Refused for a text that is empty, too long, or whose entities lie outside it or across each other."""
    if not text.strip() and not may_be_empty:
        raise Refused(400, "Bad Request: message text is empty")
    if units(text) > most:
        raise Refused(400, "Bad Request: message is too long")
    if len(entities) > MOST_ENTITIES:
        raise Refused(400, "Bad Request: too many entities")
    spans = sorted((entity["offset"], entity["offset"] + entity["length"]) for entity in entities)
    for begin, end in spans:
        if begin < 0 or end <= begin or end > units(text):
            raise Refused(400, f"Bad Request: can't parse entities: {begin}..{end} lies outside the text")
    for (begin, end), (other, last) in pairwise(spans):
        if begin < other < end < last:
            raise Refused(400, "Bad Request: can't parse entities: they cross")


def check_keyboard(markup: Mapping[str, Any]) -> None:
    """Raise Refused for buttons that Telegram would not take."""
    rows = markup.get("inline_keyboard", [])
    if sum(len(row) for row in rows) > MOST_BUTTONS or any(len(row) > MOST_IN_ROW for row in rows):
        raise Refused(400, "Bad Request: too many buttons")
    for button in (button for row in rows for button in row):
        if not button.get("text", "").strip():
            raise Refused(400, "Bad Request: BUTTON_TEXT_INVALID")
        kinds = [kind for kind in ("callback_data", "url", "web_app") if kind in button]
        if len(kinds) != 1:
            raise Refused(400, "Bad Request: BUTTON_TYPE_INVALID")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= MOST_CALLBACK_BYTES:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if "web_app" in button and not button["web_app"]["url"].startswith("https://"):
            raise Refused(400, "Bad Request: BUTTON_URL_INVALID")


def check_reply(method: str, result: Any) -> None:
    """Fail the emulator itself where its answer is not what the method returns."""
    kind = METHODS[method].__returning__
    if isinstance(result, dict) and "message_id" in result and "chat" in result:
        aiogram.types.Message.model_validate(result)
    elif isinstance(kind, type) and issubclass(kind, aiogram.types.base.TelegramObject):
        kind.model_validate(result)
