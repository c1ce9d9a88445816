"""What Discord refuses: requests checked against its official schema and the limits that the schema misses.

schema.json is made by schema.mjs from the npm package discord-api-spec (docs/decisions/0067).
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

_SCHEMA = Path(__file__).with_name("schema.json")
_CALLBACKS = {
    1: "PongInteractionCallbackRequest",
    4: "CreateMessageInteractionCallbackRequest",
    5: "CreateMessageInteractionCallbackRequest",
    6: "UpdateMessageInteractionCallbackRequest",
    7: "UpdateMessageInteractionCallbackRequest",
    8: "ApplicationCommandAutocompleteCallbackRequest",
    9: "ModalInteractionCallbackRequest",
}
_REQUESTS = {
    "PUT commands": "ApplicationCommandUpdateRequest",
    "POST dm": "CreatePrivateChannelRequest",
    "POST message": "MessageCreateRequest",
    "PATCH message": "MessageEditRequestPartial",
    "POST followup": "IncomingWebhookRequestPartial",
    "PATCH followup": "IncomingWebhookUpdateRequestPartial",
}
_REPLIES = {
    "GET me": "UserPIIResponse",
    "GET application": "PrivateApplicationResponse",
    "GET user": "UserResponse",
    "PUT commands": "ApplicationCommandResponse",
    "POST dm": "PrivateChannelResponse",
    "POST callback": "InteractionCallbackResponse",
}
MOST_CONTENT, MOST_EMBEDDED, MOST_ROWS, MOST_INPUTS, MOST_COMMANDS, MOST_NONCE = 2_000, 6_000, 5, 5, 100, 25
_NAME = re.compile(r"^[-_'\w]{1,32}$")


class Refused(Exception):
    """An error reply: HTTP status, Discord's own code, and what it says."""

    def __init__(
        self, status: int, code: int, message: str, *, after_s: float | None = None, everywhere: bool = False
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.after_s, self.everywhere = after_s, everywhere


@cache
def _definitions() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_SCHEMA.read_text())["$defs"]
    return found


@cache
def _validator(name: str) -> Any:
    return jsonschema_rs.validator_for({"$defs": _definitions(), "$ref": f"#/$defs/{name}"})


def faults_in(name: str, value: Any) -> list[str]:
    """Where *value* is not what the schema calls *name*."""
    return [f"{'.'.join(map(str, e.instance_path))}: {e.message[:300]}" for e in _validator(name).iter_errors(value)]


def check_request(what: str, body: Any) -> None:
    """Raise Refused unless *body* is what the call named *what* takes."""
    if what == "POST callback":
        name = _CALLBACKS.get(body.get("type", 0)) if isinstance(body, dict) else None
        if name is None:
            raise Refused(400, 50035, "Invalid Form Body: type of callback")
        _check(name, body)
        data = body.get("data") or {}
        if body["type"] == 9:
            check_modal(data)
        elif body["type"] in {4, 7}:
            check_message(data)
        return
    if what not in _REQUESTS:
        if body is not None:
            raise Refused(400, 50035, "Invalid Form Body: none was expected")
        return
    if what == "PUT commands":
        check_commands(body)
        return
    if what == "POST dm" and isinstance(body, dict) and isinstance(body.get("recipient_id"), int):
        # discord.py sends a number where the schema wants a snowflake's text; Discord takes both.
        body = {**body, "recipient_id": str(body["recipient_id"])}
    _check(_REQUESTS[what], body)
    if what.endswith(("message", "followup")):
        check_message(body)


def _check(name: str, body: Any) -> None:
    faults = faults_in(name, body)
    if faults:
        raise Refused(400, 50035, f"Invalid Form Body: {faults[:3]}")


def check_message(data: Mapping[str, Any]) -> None:
    """Raise Refused for what the schema lets through in a message and Discord does not."""
    if len(data.get("content") or "") > MOST_CONTENT:
        raise Refused(400, 50035, f"Invalid Form Body: content longer than {MOST_CONTENT}")
    if sum(map(_length_of, data.get("embeds") or ())) > MOST_EMBEDDED:
        raise Refused(400, 50035, f"Invalid Form Body: embeds longer than {MOST_EMBEDDED} in all")
    if len(str(data.get("nonce") or "")) > MOST_NONCE:
        raise Refused(400, 50035, f"Invalid Form Body: nonce longer than {MOST_NONCE}")
    rows = data.get("components") or ()
    if len(rows) > MOST_ROWS:
        raise Refused(400, 50035, f"Invalid Form Body: more than {MOST_ROWS} rows")
    seen: set[str] = set()
    for part in (part for row in rows for part in row.get("components", ())):
        custom_id = part.get("custom_id")
        if part["type"] == 2 and part.get("style") not in {5, 6} and not custom_id:
            raise Refused(400, 50035, "Invalid Form Body: a button without custom_id")
        if custom_id in seen:
            raise Refused(400, 50035, f"Invalid Form Body: custom_id {custom_id!r} twice")
        if custom_id:
            seen.add(custom_id)
        values = [option["value"] for option in part.get("options", ())]
        if len(set(values)) < len(values):
            raise Refused(400, 50035, "Invalid Form Body: a select's value twice")


def _length_of(embed: Mapping[str, Any]) -> int:
    fields = sum(len(field["name"]) + len(field["value"]) for field in embed.get("fields") or ())
    named = len((embed.get("footer") or {}).get("text") or "") + len((embed.get("author") or {}).get("name") or "")
    return len(embed.get("title") or "") + len(embed.get("description") or "") + fields + named


def check_modal(data: Mapping[str, Any]) -> None:
    """Raise Refused for a modal of too many or equal inputs."""
    rows = data["components"]
    if len(rows) > MOST_INPUTS:
        raise Refused(400, 50035, f"Invalid Form Body: more than {MOST_INPUTS} inputs")
    for part in (part for row in rows for part in row.get("components", ())):
        if len(part.get("value") or "") > part.get("max_length", 4_000):
            raise Refused(400, 50035, "Invalid Form Body: the value is longer than it may be")


def check_commands(body: Any) -> None:
    """Raise Refused for commands that cannot be registered."""
    if not isinstance(body, list) or len(body) > MOST_COMMANDS:
        raise Refused(400, 50035, f"Invalid Form Body: at most {MOST_COMMANDS} commands")
    for command in body:
        _check("ApplicationCommandUpdateRequest", command)
        check_names([command, *(command.get("options") or ())])
        needed = [bool(option.get("required")) for option in command.get("options") or ()]
        if needed != sorted(needed, reverse=True):
            raise Refused(400, 50035, "Invalid Form Body: required options come first")
        if len(json.dumps(command)) > 8_000:
            raise Refused(400, 50035, "Invalid Form Body: the command is too long")
    if len({command["name"] for command in body}) < len(body):
        raise Refused(400, 50035, "Invalid Form Body: a name twice")


def check_names(named: Sequence[Mapping[str, Any]]) -> None:
    """Raise Refused for a name that Discord does not take."""
    for one in named:
        if not _NAME.fullmatch(one["name"]) or one["name"] != one["name"].lower():
            raise Refused(400, 50035, f"Invalid Form Body: name {one['name']!r}")


def check_reply(what: str, reply: Any) -> None:
    """Fail the emulator itself where its answer is not what the call returns."""
    name = _REPLIES.get(what, "MessageResponse")
    for one in reply if isinstance(reply, list) else [reply]:
        faults = faults_in(name, one)
        assert not faults, f"The emulator's own reply to {what}: {faults}"


def check_error(body: Mapping[str, Any]) -> None:
    """Fail the emulator itself where its error is none of Discord's."""
    faults = faults_in("RatelimitedResponse" if "retry_after" in body else "ErrorResponse", body)
    assert not faults, f"The emulator's own error: {faults}"
