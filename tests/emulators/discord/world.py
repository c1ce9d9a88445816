"""Who and what there is on the emulated Discord: people, one server, private channels, messages, interactions."""

import asyncio
import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tests.emulators.discord.rules import Refused

EPOCH_MS = 1_420_070_400_000
APP, OWNER, GUILD, ROOM = 1_100_000_000_000_000_001, 10, 2_000, 3_000
ANSWER_WITHIN_S, TOKEN_LIFE_S = 3.0, 900.0
EPHEMERAL = 64
_UPDATES = {6, 7}
_numbers = count()


def snowflake(at: float | None = None) -> str:
    """A fresh id that tells the instant *at* (Unix seconds), now by default."""
    moment = int((time.time() if at is None else at) * 1000) - EPOCH_MS
    return str((moment << 22) | (next(_numbers) % (1 << 22)))


def iso() -> str:
    """Now, as Discord writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def user(number: int, *, bot: bool = False) -> dict[str, Any]:
    """The user *number* as the API shows them."""
    shown = {
        "id": str(number), "username": f"p{number}", "discriminator": "0", "global_name": None, "avatar": None,
        "public_flags": 0, "flags": 0, "primary_guild": None,
    }  # fmt: skip
    return {**shown, "bot": True} if bot else shown


@dataclass
class Interaction:
    """One thing a person did, and how far its answer has come; times are `time.monotonic`."""

    id: str
    token: str
    kind: int
    person: int
    channel: str
    private: bool
    payload: dict[str, Any]
    sent_at: float
    above: str | None = None
    acked_at: float | None = None
    callback: dict[str, Any] | None = None
    original: str | None = None
    loading: bool = False
    answered_at: float | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[str] = field(default_factory=list)
    """The messages that showed something of its answer, in that order."""

    def shows(self, number: str | None) -> None:
        """The message *number* shows something of the answer now."""
        self.answered_at = self.answered_at or time.monotonic()
        self.answered.set()
        if number is not None:
            self.said.append(number)


@dataclass
class World:
    """State of the emulated Discord; faults and the wire are the server's business."""

    messages: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    typed: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """What people wrote; the bot's own are `messages`."""
    interactions: dict[str, Interaction] = field(default_factory=dict)
    commands: list[dict[str, Any]] = field(default_factory=list)
    private: dict[int, str] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    nonces: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    opened: int = 0
    clock_off_s: float = 0.0

    @property
    def me(self) -> dict[str, Any]:
        """The bot's user."""
        return {**user(APP, bot=True), "username": "saywhen"}

    def application(self) -> dict[str, Any]:
        """The application as its owner sees it."""
        return {
            "id": str(APP), "name": "SayWhen", "icon": None, "description": "", "type": None, "flags": 0,
            "flags_new": "0", "verify_key": "0" * 64, "redirect_uris": [], "interactions_endpoint_url": None,
            "role_connections_verification_url": None, "owner": user(OWNER), "approximate_guild_count": 1,
            "approximate_user_install_count": 1, "approximate_user_authorization_count": 1,
            "explicit_content_filter": 0, "team": None, "eligible_oauth2_scopes": [], "bot_public": True,
            "bot_require_code_grant": False,
        }  # fmt: skip

    def guild(self) -> dict[str, Any]:
        """The one server, as GUILD_CREATE tells it."""
        everyone = {
            "id": str(GUILD), "name": "@everyone", "color": 0, "hoist": False, "position": 0, "permissions": "0",
            "managed": False, "mentionable": False, "flags": 0,
        }  # fmt: skip
        room = {"id": str(ROOM), "type": 0, "name": "traders", "position": 0, "permission_overwrites": [],
                "parent_id": None, "nsfw": False, "rate_limit_per_user": 0, "topic": None, "flags": 0}  # fmt: skip
        return {
            "id": str(GUILD), "name": "Traders", "icon": None, "splash": None, "discovery_splash": None,
            "owner_id": str(OWNER), "afk_channel_id": None, "afk_timeout": 300, "verification_level": 0,
            "default_message_notifications": 0, "explicit_content_filter": 0, "roles": [everyone], "emojis": [],
            "features": [], "mfa_level": 0, "application_id": None, "system_channel_id": None,
            "system_channel_flags": 0, "rules_channel_id": None, "vanity_url_code": None, "description": None,
            "banner": None, "premium_tier": 0, "preferred_locale": "en-US", "public_updates_channel_id": None,
            "nsfw_level": 0, "premium_progress_bar_enabled": False, "joined_at": iso(), "large": False,
            "unavailable": False, "member_count": 2, "voice_states": [], "members": [], "channels": [room],
            "threads": [], "presences": [], "stage_instances": [], "guild_scheduled_events": [], "stickers": [],
        }  # fmt: skip

    def open_dm(self, person: int) -> str:
        """The private channel with *person*."""
        return self.private.setdefault(person, str(9_000_000_000 + person))

    def person_at(self, channel: str) -> int | None:
        """With whom a private channel is."""
        return next((person for person, known in self.private.items() if known == channel), None)

    def admit(self, channel: str) -> None:
        """Raise Refused where the bot may not write."""
        person = self.person_at(channel)
        if person is None and channel != str(ROOM):
            raise Refused(404, 10003, "Unknown Channel")
        if person in self.closed:
            raise Refused(403, 50007, "Cannot send messages to this user")

    def after(self, channel: str, number: int, limit: int) -> list[dict[str, Any]]:
        """The first messages of a channel after one, newest first as Discord shows them."""
        self.admit(channel)
        later = [int(id_) for at, id_ in [*self.messages, *self.typed] if at == channel and int(id_) > number]
        known = {**self.messages, **self.typed}
        return [known[channel, str(id_)] for id_ in reversed(sorted(later)[:limit])]

    def interact(
        self, person: int, kind: int, data: Mapping[str, Any], *, guild: bool = False,
        above: dict[str, Any] | None = None, at: float | None = None,
    ) -> Interaction:  # fmt: skip
        """*person* did something in the server's room or their private channel; the payload that tells the bot."""
        channel = str(ROOM) if guild else self.open_dm(person)
        number = snowflake(at)
        payload: dict[str, Any] = {
            "id": number, "application_id": str(APP), "type": kind, "token": f"aW50{number}", "version": 1,
            "data": dict(data), "channel_id": channel, "app_permissions": "562949953863680", "locale": "en-US",
            "entitlements": [], "attachment_size_limit": 10_485_760, "context": 0 if guild else 1,
            "authorizing_integration_owners": {"0": str(GUILD)} if guild else {"1": str(person)},
        }  # fmt: skip
        if guild:
            rights = str(2048 | (32 if person == OWNER else 0))  # who owns the server may manage it
            payload |= {
                "guild_id": str(GUILD), "guild_locale": "en-US", "channel": {"id": channel, "type": 0, "name": "t"},
                "guild": {"id": str(GUILD), "locale": "en-US", "features": []},
                "member": {
                    "user": user(person), "nick": None, "avatar": None, "roles": [], "joined_at": iso(), "deaf": False,
                    "mute": False, "flags": 0, "pending": False, "premium_since": None, "permissions": rights,
                    "communication_disabled_until": None,
                },
            }  # fmt: skip
        else:
            payload |= {
                "user": user(person),
                "channel": {"id": channel, "type": 1, "flags": 0, "recipients": [user(person)]},
            }
        if above is not None:
            payload["message"] = copy.deepcopy(above)
        late = 0.0 if at is None else time.time() - at
        made = Interaction(
            id=number, token=payload["token"], kind=kind, person=person, channel=channel, private=not guild,
            payload=payload, sent_at=time.monotonic() - late, above=None if above is None else above["id"],
        )  # fmt: skip
        self.interactions[made.token] = made
        return made

    def call_back(self, number: str, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Answer an interaction for the first time."""
        asked = self.interactions.get(token)
        if asked is None or asked.id != number:
            raise Refused(404, 10062, "Unknown interaction")
        if asked.acked_at is not None:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        now = time.monotonic()
        if now + self.clock_off_s - asked.sent_at > ANSWER_WITHIN_S:
            raise Refused(404, 10062, "Unknown interaction")
        kind = body["type"]
        if (kind in _UPDATES and asked.above is None) or (kind == 8) != (asked.kind == 4):
            raise Refused(400, 50035, "Invalid Form Body: type of callback does not fit")
        if kind == 9 and asked.kind == 5:
            raise Refused(400, 50035, "Invalid Form Body: a modal cannot answer a modal")
        asked.acked_at, asked.callback = now, dict(body)
        reply: dict[str, Any] = {"interaction": {"id": number, "type": asked.kind}}
        data = body.get("data") or {}
        match kind:
            case 4 | 5:
                flags = data.get("flags") or 0
                message = self.post(asked.channel, data, asked, loading=kind == 5)
                asked.original, asked.loading = message["id"], kind == 5
                reply["interaction"] |= {
                    "response_message_id": message["id"], "response_message_loading": kind == 5,
                    "response_message_ephemeral": bool(flags & EPHEMERAL), "channel_id": asked.channel,
                }  # fmt: skip
                if kind == 4:
                    reply["resource"] = {"type": 4, "message": message}
            case 6 | 7:
                asked.original, asked.loading = asked.above, kind == 6
                reply["interaction"]["response_message_id"] = asked.above
                if kind == 7:
                    reply["resource"] = {"type": 7, "message": self.edit(asked.channel, str(asked.above), data)}
            case _:
                pass
        if kind not in {5, 6}:
            asked.shows(asked.original)
        return reply

    def of_token(self, token: str) -> Interaction:
        """The interaction that may still be followed up. Raises Refused once its token is no longer good."""
        asked = self.interactions.get(token)
        if asked is None:
            raise Refused(404, 10015, "Unknown Webhook")
        if time.monotonic() + self.clock_off_s - asked.sent_at > TOKEN_LIFE_S:
            raise Refused(401, 50027, "Invalid Webhook Token")
        if asked.acked_at is None:
            raise Refused(404, 10015, "Unknown Webhook")
        return asked

    def post(
        self, channel: str, data: Mapping[str, Any], asked: Interaction | None = None, *, loading: bool = False
    ) -> dict[str, Any]:
        """Put a message of the bot's into a channel."""
        flags = (data.get("flags") or 0) | (128 if loading else 0)
        message: dict[str, Any] = {
            "id": snowflake(), "channel_id": channel, "type": 20 if asked is not None and asked.kind == 2 else 0,
            "content": "", "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "components": [],
            "timestamp": iso(), "edited_timestamp": None, "flags": flags, "author": self.me, "pinned": False,
            "mention_everyone": False, "tts": False,
        }  # fmt: skip
        if asked is not None:
            message |= {
                "application_id": str(APP), "webhook_id": str(APP), "interaction_metadata": self._metadata(asked)
            }  # fmt: skip
        self._fill(message, data)
        if not loading and not (message["content"] or message["embeds"] or message["attachments"]):
            raise Refused(400, 50006, "Cannot send an empty message")
        self.messages[channel, message["id"]] = message
        return message

    def edit(self, channel: str, number: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Change a message of the bot's."""
        message = self.messages.get((channel, number))
        if message is None:
            raise Refused(404, 10008, "Unknown Message")
        self._fill(message, data)
        message["flags"] &= ~128
        message["edited_timestamp"] = iso()
        return message

    def _metadata(self, asked: Interaction) -> dict[str, Any]:
        owners = asked.payload["authorizing_integration_owners"]
        told: dict[str, Any] = {
            "id": asked.id, "type": asked.kind, "user": user(asked.person), "authorizing_integration_owners": owners
        }  # fmt: skip
        if asked.kind == 3:
            told["interacted_message_id"] = asked.above
        if asked.kind == 5:
            told["triggering_interaction_metadata"] = {
                "id": snowflake(), "type": 3, "user": user(asked.person), "authorizing_integration_owners": owners,
                "interacted_message_id": asked.above or "1",
            }  # fmt: skip
        return told

    def _fill(self, message: dict[str, Any], data: Mapping[str, Any]) -> None:
        if "content" in data:
            message["content"] = data["content"] or ""
        if "attachments" in data:
            message["attachments"] = [
                {
                    "id": snowflake(), "filename": one["filename"], "size": 20_000,
                    "url": f"https://cdn.discordapp.com/{one['filename']}", "content_type": "image/png",
                    "proxy_url": f"https://media.discordapp.net/{one['filename']}", "width": 900, "height": 500,
                }
                for one in data["attachments"] or ()
            ]  # fmt: skip
        if "embeds" in data:
            message["embeds"] = [self._shown(embed, message) for embed in data["embeds"] or ()]
        if "components" in data:
            numbers = count(1)
            message["components"] = [self._numbered(part, numbers) for part in data["components"] or ()]

    @staticmethod
    def _shown(embed: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {"type": "rich", **{k: v for k, v in embed.items() if v is not None}}
        if "image" in shown:
            name = shown["image"]["url"].removeprefix("attachment://")
            if name not in {one["filename"] for one in message["attachments"]}:
                raise Refused(400, 50035, f"Invalid Form Body: there is no attachment {name}")
            shown["image"] = {"url": f"https://cdn.discordapp.com/{name}", "width": 900, "height": 500}
        return shown

    def _numbered(self, part: Mapping[str, Any], numbers: "count[int]") -> dict[str, Any]:
        shown = {**part, "id": next(numbers)}
        if part["type"] == 3:
            shown = {"min_values": 1, "max_values": 1, **shown}
        if "components" in part:
            shown["components"] = [self._numbered(inner, numbers) for inner in part["components"]]
        return shown
