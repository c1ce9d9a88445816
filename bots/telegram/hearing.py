"""What an update means: words, a press, somebody leaving, or nothing that is said to us; decides no answer."""

from dataclasses import dataclass
from enum import Enum

from telegram import Chat, ChatMember, Message, MessageEntity, Update, User

from core.domain.errors import BadInput


class Strange(Enum):
    """What came from a person, but is no instruction of theirs."""

    FORWARDED = "forwarded"
    VIA_BOT = "by a bot"
    NO_TEXT = "no text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What *person* typed at *place*, without our name in it; `message` is to be replied to in a group."""

    person: int
    place: int
    text: str
    message: int

    @property
    def in_group(self) -> bool:
        """Whether others read along."""
        return self.place != self.person


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """*person* pressed the button that carries *verb* below one of our messages; None = which cannot be told."""

    person: int
    place: int
    verb: str
    query: str
    message: int | None
    with_picture: bool

    @property
    def in_group(self) -> bool:
        """Whether others see it."""
        return self.place != self.person


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSaid:
    """Something in a private chat that we must not act on, and why."""

    person: int
    what: Strange


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """*person* blocked us."""

    person: int


Heard = Words | Pressed | NotSaid | Left
HEARD_KINDS = ("message", "callback_query", "my_chat_member")
"""What Telegram is asked to bring: no edited messages and no channel posts, which are never instructions."""


def hear(update: Update, us: User) -> Heard | None:
    """What *update* says to us; None for what is not said to us, or by nobody."""
    if update.callback_query is not None:
        return _pressed(update)
    if update.my_chat_member is not None:
        member = update.my_chat_member
        gone = member.new_chat_member.status in {ChatMember.BANNED, ChatMember.LEFT}
        return Left(person=member.chat.id) if gone and member.chat.type == Chat.PRIVATE else None
    message = update.message
    if message is None or message.from_user is None or message.from_user.is_bot or message.sender_chat is not None:
        return None
    strange = _strangeness(message)
    if message.chat.type == Chat.PRIVATE:
        if strange is not None:
            return NotSaid(person=message.chat.id, what=strange)
        text: str | None = message.text
    else:
        text = None if strange is not None else _addressed(message, us)
    if text is None:
        return None
    return Words(
        person=_who(message.from_user, message.chat), place=message.chat.id, text=text, message=message.message_id
    )


def person_of(update: Update) -> int:
    """Whose lane the update belongs to: the person who sent it, else the chat it happened in."""
    if update.effective_user is not None:
        return _who(update.effective_user, update.effective_chat)
    return update.effective_chat.id if update.effective_chat is not None else 0


def sent_at_of(update: Update) -> float | None:
    """When it was sent (Unix seconds), where Telegram says so: it does not for a press."""
    return update.message.date.timestamp() if update.message is not None else None


def _pressed(update: Update) -> Pressed | None:
    query = update.callback_query
    if query is None or query.data is None:
        return None
    shown = query.message
    place = query.from_user.id if shown is None else shown.chat.id
    # One that Telegram does not show any more is tried all the same: whether it can be changed, the attempt tells.
    known = shown is not None and shown.message_id > 0
    return Pressed(
        person=_who(query.from_user, None if shown is None else shown.chat),
        place=place,
        verb=query.data,
        query=query.id,
        message=shown.message_id if known and shown is not None else None,
        with_picture=isinstance(shown, Message) and bool(shown.photo),
    )


def _who(user: User, chat: Chat | None) -> int:
    """The number of the person: a private chat goes by it too, and that is where they are told things."""
    return chat.id if chat is not None and chat.type == Chat.PRIVATE else user.id


def _strangeness(message: Message) -> Strange | None:
    if message.forward_origin is not None or message.is_automatic_forward:
        return Strange.FORWARDED
    if message.via_bot is not None:
        return Strange.VIA_BOT
    if message.text is None:
        return Strange.NO_TEXT
    return None


def _addressed(message: Message, us: User) -> str | None:
    """A group's message without our name, where it begins with it, mentions us, or replies to us; else None."""
    text = message.text or ""
    name = f"@{us.username}".lower()
    ours = False
    for entity, said in message.parse_entities([MessageEntity.MENTION, MessageEntity.TEXT_MENTION]).items():
        if said.lower() == name or (entity.user is not None and entity.user.id == us.id):
            ours = True
            text = text.replace(said, " ", 1)
    if text.startswith("/"):
        command, at, rest = text.partition("@")
        named, _, words = rest.partition(" ")
        if at and " " not in command:
            return f"{command} {words}".strip() if f"@{named}".lower() == name else None
    replied = message.reply_to_message
    to_us = replied is not None and replied.from_user is not None and replied.from_user.id == us.id
    return text.strip() if ours or to_us else None


def chat_of(address: str) -> int:
    """The chat behind an address. Raises BadInput for what is none of Telegram's."""
    try:
        return int(address)
    except ValueError:
        raise BadInput(f"Expected a Telegram user's number, was {address[:40]!r}") from None
