"""Who is on the emulator's Telegram: users, chats and the messages between them, as the Bot API tells of them."""

import copy
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiogram.types

from tests.emulators.telegram.rules import Refused, units

BOT_ID = 123456
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "SayWhen", "username": "SayWhenTestBot"}


@dataclass
class People:
    """Chats by id (a person's own is their id), messages by chat and number."""

    me: dict[str, Any] = field(
        default_factory=lambda: {
            **BOT,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
    )
    chats: dict[int, dict[str, Any]] = field(default_factory=dict)
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    numbers: Any = field(default_factory=lambda: count(1000))
    updates: Any = field(default_factory=lambda: count(500_000))
    queries: Any = field(default_factory=lambda: count(7_000_000))

    def person(self, number: int) -> dict[str, Any]:
        """The user *number*, whose private chat with the bot is open."""
        self.chats.setdefault(number, {"id": number, "type": "private", "first_name": f"P{number}"})
        return {"id": number, "is_bot": False, "first_name": f"P{number}", "language_code": "en"}

    def group(self, number: int) -> int:
        """A group's chat id."""
        self.chats.setdefault(-number, {"id": -number, "type": "supergroup", "title": "Traders"})
        return -number

    def words(
        self, person: int, text: str, *, chat: int | None = None, at: float | None = None, **more: Any
    ) -> dict[str, Any]:
        """The update of a message that *person* typed."""
        sender = self.person(person)
        where = self.chats[person if chat is None else chat]
        message = {
            "message_id": next(self.numbers),
            "date": int(time.time() if at is None else at),
            "chat": where,
            "from": sender,
            "text": text,
            **more,
        }
        if text.startswith("/") and "entities" not in message:
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": units(text.split(maxsplit=1)[0])}]
        return {"update_id": next(self.updates), "message": {k: v for k, v in message.items() if v is not None}}

    def press(self, person: int, message: dict[str, Any], label: str) -> dict[str, Any]:
        """The update of *person* pressing the button of *message* whose label begins with *label*."""
        shown = self.messages[message["chat"]["id"], message["message_id"]]
        buttons = [b for row in shown.get("reply_markup", {}).get("inline_keyboard", []) for b in row]
        button = next((b for b in buttons if b["text"].startswith(label)), None)
        if button is None:
            raise AssertionError(f"Expected a button {label!r}, were {[b['text'] for b in buttons]}")
        return self.press_data(person, shown, button["callback_data"])

    def press_data(self, person: int, message: dict[str, Any], data: str) -> dict[str, Any]:
        """The update of *person* pressing what carries *data*, whether it is shown or not."""
        query = str(next(self.queries))
        self.ask(query)
        return {
            "update_id": next(self.updates),
            "callback_query": {
                "id": query,
                "from": self.person(person),
                "chat_instance": "-1",
                "message": copy.deepcopy(message),
                "data": data,
            },
        }

    def ask(self, query: str) -> None:
        """Note when a button was pressed."""
        self.asked_at[query] = self.rates.now()  # type: ignore[attr-defined]

    def admit(self, chat: int) -> None:
        """Raise Refused where the bot may not write to *chat*."""
        if chat not in self.chats:
            raise Refused(400, "Bad Request: chat not found")
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")

    def post(self, params: dict[str, Any]) -> dict[str, Any]:
        """Put the bot's message into its chat."""
        message: dict[str, Any] = {
            "message_id": next(self.numbers),
            "date": int(time.time()),
            "chat": self.chats[params["chat_id"]],
            "from": BOT,
        }
        self._fill(message, params)
        self.messages[params["chat_id"], message["message_id"]] = message
        return message

    def edit(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Change one of the bot's messages. Raises Refused for what is not there, or would stay as it is."""
        message = self.messages.get((params["chat_id"], params["message_id"]))
        if message is None:
            raise Refused(400, "Bad Request: message to edit not found")
        if method == "editMessageText" and "photo" in message:
            raise Refused(400, "Bad Request: there is no text in the message to edit")
        if method == "editMessageCaption" and "photo" not in message:
            raise Refused(400, "Bad Request: there is no caption in the message to edit")
        changed = copy.deepcopy(message)
        if method == "editMessageReplyMarkup":
            changed.pop("reply_markup", None)
            if params.get("reply_markup"):
                changed["reply_markup"] = params["reply_markup"]
        else:
            for name in ("text", "entities", "caption", "caption_entities", "reply_markup"):
                changed.pop(name, None)
            self._fill(changed, params)
        if changed == message and method != "editMessageMedia":
            raise Refused(400, "Bad Request: message is not modified: specified new message content and reply markup"
                               " are exactly the same")  # fmt: skip
        changed["edit_date"] = int(time.time())
        message.clear()
        message.update(changed)
        return message

    @staticmethod
    def _fill(message: dict[str, Any], params: dict[str, Any]) -> None:
        media = params.get("media") or {}
        for name in ("text", "entities", "caption", "caption_entities", "reply_markup"):
            value = params.get(name) or media.get(name)
            if value:
                message[name] = value
        if "photo" in params or media:
            message["photo"] = [
                {"file_id": "f1", "file_unique_id": "u1", "width": 800, "height": 450, "file_size": 20_000}
            ]

    @staticmethod
    def check_update(update: dict[str, Any]) -> None:
        """Fail the emulator itself where an update of its own is not one."""
        aiogram.types.Update.model_validate(update)
