"""What an interaction or a message means, as something that can be kept and heard again; decides no answer.

It reads what the gateway brought, not the library's objects of it: those cost more than all the rest of hearing, and
their making fails where a stand-in for Discord leaves something out that we have no use for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Literal

import discord

from bots.commands import BY_NAME
from bots.options import as_typed
from core.feed.press import EditDraft, HandleRule, read

Kind = Literal["words", "command", "press", "form"]
Data = Mapping[str, Any]
"""An object as Discord sends it."""
FORM_FIELD = "words"
ADMINISTRATOR, MANAGE_SERVER = 1 << 3, 1 << 5
"""Permissions of a member, as bits."""
_REPEATED = re.compile(r"~\d$")
_OURS = 1
"""Context of an interaction in the private chat with us."""
_PRIVATE_CHAT = 1
_TYPED, _REPLIED = 0, 19
_FORWARD = 1
_FIRST = discord.utils.time_snowflake(datetime(2018, 1, 1, tzinfo=UTC))
"""A lower number tells no instant: a stand-in for Discord counts from one."""


class Deed(IntEnum):
    """Types of interactions; `TYPING` = a field's value is to be completed."""

    COMMAND = 2
    COMPONENT = 3
    TYPING = 4
    FORM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something *person* said or pressed at *place*.

    `number` is Discord's own; `token` answers an interaction, and is None for a message. `private` = nobody else reads
    along. `above` is the message that carried the button, `by` for whom that was.
    `at` is when it was heard (Unix seconds), where its number does not tell when it was done.
    """

    number: int
    kind: Kind
    person: int
    place: int
    private: bool
    app: int = 0
    token: str | None = None
    text: str = ""
    verb: str | None = None
    above: int | None = None
    by: int | None = None
    at: float | None = None

    @property
    def sent_at(self) -> datetime:
        """When it was done, by Discord's clock."""
        return told_by(self.number) if self.at is None else datetime.fromtimestamp(self.at, UTC)

    def kept(self) -> dict[str, Any]:
        """What to store of it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Heard":
        """What `kept` stored, if by another version."""
        return cls(**{name: body[name] for name in cls.__slots__ if name in body})


def hear_interaction(data: Data, now: datetime) -> Heard | None:
    """What somebody did with a command, a button, a select or a form; None for what is nothing of ours."""
    done: Data = data.get("data") or {}
    kind: Kind
    text, verb = "", None
    match data["type"]:
        case Deed.COMMAND:
            command = BY_NAME.get(str(done.get("name")))
            if command is None:
                return None
            kind, text = "command", as_typed(command.name, command.options, fields_of(done))
        case Deed.COMPONENT:
            chosen = done.get("values") or [done.get("custom_id", "")]
            kind, verb = "press", _REPEATED.sub("", str(chosen[0]))
        case Deed.FORM:
            kind, verb, text = "form", str(done.get("custom_id", "")), _written(done)
        case _:
            return None
    shown: Data | None = data.get("message")
    return asked(
        data, now, kind=kind, text=text, verb=verb,
        above=None if shown is None else int(shown["id"]),
        by=None if shown is None else _asked_by(shown),
    )  # fmt: skip


def asked(data: Data, now: datetime, *, kind: Kind = "command", **more: Any) -> Heard:
    """Who did it and where, with *more* about what it was."""
    number = int(data["id"])
    channel: Data = data.get("channel") or {}
    return Heard(
        number=number,
        kind=kind,
        person=person_of(data),
        place=int(data.get("channel_id") or channel.get("id") or 0),
        private=is_private(data),
        app=int(data.get("application_id") or 0),
        token=data["token"],
        at=_unless_told(number, now),
        **more,
    )


def person_of(data: Data) -> int:
    """Who did it."""
    return int((data.get("user") or data["member"]["user"])["id"])


def hear_message(data: Data, now: datetime) -> Heard | None:
    """What somebody typed to us in private; None for everything else, above all what others wrote."""
    author: Data = data["author"]
    if author.get("bot") or author.get("system") or data.get("webhook_id") is not None:
        return None
    if data.get("type", _TYPED) not in (_TYPED, _REPLIED):
        return None
    if data.get("guild_id") or data.get("channel_type", _PRIVATE_CHAT) != _PRIVATE_CHAT:
        return None
    if (data.get("message_reference") or {}).get("type") == _FORWARD or data.get("message_snapshots"):
        return None
    number = int(data["id"])
    return Heard(
        number=number,
        kind="words",
        person=int(author["id"]),
        place=int(data["channel_id"]),
        private=True,
        text=data.get("content") or "",
        at=_unless_told(number, now),
    )


def is_private(data: Data) -> bool:
    """Whether it was done in the private chat with us: in a server, and among others, people read along."""
    context = data.get("context")
    if context is not None:
        return bool(context == _OURS)
    channel: Data = data.get("channel") or {}
    return not data.get("guild_id") and channel.get("type", _PRIVATE_CHAT) == _PRIVATE_CHAT


def fields_of(data: Data) -> dict[str, object]:
    """The fields of a command that were filled in."""
    return {str(option["name"]): option.get("value") for option in data.get("options") or ()}


def told_by(number: int) -> datetime:
    """The instant that one of Discord's numbers tells."""
    return discord.utils.snowflake_time(number).astimezone(UTC)


def _unless_told(number: int, now: datetime) -> float | None:
    return None if number >= _FIRST else now.timestamp()


def _asked_by(shown: Data) -> int | None:
    """For whom a message was that answered an interaction."""
    about: Data = shown.get("interaction_metadata") or shown.get("interaction") or {}
    user: Data | None = about.get("user")
    return None if user is None else int(user["id"])


def opens_form(heard: Heard) -> EditDraft | HandleRule | None:
    """The press that is answered with a form to write in, if *heard* is one."""
    if heard.kind != "press" or heard.verb is None:
        return None
    press = read(heard.verb)
    if isinstance(press, EditDraft) or (isinstance(press, HandleRule) and press.deed == "edit"):
        return press
    return None


def _written(data: Data) -> str:
    """What stands in the form's one field, whichever way its parts are wrapped."""
    for row in data.get("components") or ():
        for part in [row.get("component") or {}, *(row.get("components") or ())]:
            if part.get("custom_id") == FORM_FIELD:
                return str(part.get("value") or "")
    return ""
