"""What an interaction or a message means, as something that can be kept and heard again; decides no answer."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import discord
from discord import ChannelType, InteractionType

from bots.commands import BY_NAME
from bots.options import as_typed
from core.feed.press import EditDraft, HandleRule, read

Kind = Literal["words", "command", "press", "form"]
FORM_FIELD = "words"
_REPEATED = re.compile(r"~\d$")
_NOT_OURS = frozenset({discord.MessageReferenceType.forward})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something *person* said or pressed at *place*.

    `number` is Discord's own; `token` answers an interaction, and is None for a message. `private` = nobody else reads
    along. `above` is the message that carried the button, `by` for whom that was, `hidden` whether only they see it.
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
    hidden: bool = False

    @property
    def sent_at(self) -> datetime:
        """When it was done, by Discord's clock."""
        return discord.utils.snowflake_time(self.number).astimezone(UTC)

    def kept(self) -> dict[str, Any]:
        """What to store of it."""
        return asdict(self)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Heard":
        """What `kept` stored."""
        return cls(**body)


def hear_interaction(interaction: discord.Interaction) -> Heard | None:
    """What somebody did with a command, a button, a select or a form; None for what is nothing of ours."""
    data: Mapping[str, Any] = interaction.data or {}
    kind: Kind
    text, verb = "", None
    match interaction.type:
        case InteractionType.application_command:
            command = BY_NAME.get(str(data.get("name")))
            if command is None:
                return None
            kind, text = "command", as_typed(command.name, command.options, fields_of(data))
        case InteractionType.component:
            chosen = data.get("values") or [data.get("custom_id", "")]
            kind, verb = "press", _REPEATED.sub("", str(chosen[0]))
        case InteractionType.modal_submit:
            kind, verb, text = "form", str(data.get("custom_id", "")), _written(data)
        case _:
            return None
    shown = interaction.message
    asked = None if shown is None else shown.interaction_metadata
    return Heard(
        number=interaction.id,
        kind=kind,
        person=interaction.user.id,
        place=interaction.channel_id or 0,
        private=is_private(interaction),
        app=interaction.application_id,
        token=interaction.token,
        text=text,
        verb=verb,
        above=None if shown is None else shown.id,
        by=None if asked is None else asked.user.id,
        hidden=shown is not None and shown.flags.ephemeral,
    )


def hear_message(message: discord.Message) -> Heard | None:
    """What somebody typed to us in private; None for everything else, above all what others wrote."""
    if message.author.bot or message.webhook_id is not None or message.is_system():
        return None
    if not isinstance(message.channel, discord.DMChannel):
        return None
    passed_on = message.reference is not None and message.reference.type in _NOT_OURS
    if passed_on or message.message_snapshots:
        return None
    return Heard(
        number=message.id,
        kind="words",
        person=message.author.id,
        place=message.channel.id,
        private=True,
        text=message.content,
    )


def is_private(interaction: discord.Interaction) -> bool:
    """Whether it was done in the private chat with us: in a server, and among others, people read along."""
    context = interaction.context
    if context.guild or context.dm_channel or context.private_channel:
        return context.dm_channel
    return interaction.guild_id is None and getattr(interaction.channel, "type", None) is ChannelType.private


def fields_of(data: Mapping[str, Any]) -> dict[str, object]:
    """The fields of a command that were filled in."""
    return {str(option["name"]): option.get("value") for option in data.get("options") or ()}


def opens_form(heard: Heard) -> EditDraft | HandleRule | None:
    """The press that is answered with a form to write in, if *heard* is one."""
    if heard.kind != "press" or heard.verb is None:
        return None
    press = read(heard.verb)
    if isinstance(press, EditDraft) or (isinstance(press, HandleRule) and press.deed == "edit"):
        return press
    return None


def _written(data: Mapping[str, Any]) -> str:
    """What stands in the form's one field, whichever way its parts are wrapped."""
    for row in data.get("components") or ():
        for part in [row.get("component") or {}, *(row.get("components") or ())]:
            if part.get("custom_id") == FORM_FIELD:
                return str(part.get("value") or "")
    return ""
