"""The table of commands as Discord's slash commands, registered only when they changed; decides no command."""

import json
from hashlib import blake2s
from typing import Any

from bots.commands import SlashCommand, in_menu
from bots.discord import feed
from bots.options import GUESSED, Option

_STRING, _INTEGER = 3, 4
_EVERYWHERE: dict[str, Any] = {"type": 1, "integration_types": [0, 1], "contexts": [0, 1, 2]}
"""For servers and for people who install us; in servers, in our private chat and in those with others."""
MOST_WORDS = 2_000


def menu(*, dashboard: bool) -> list[dict[str, Any]]:
    """What is registered. An operator's commands are not: who may use them types them."""
    return [*(_command(command) for command in in_menu(dashboard=dashboard, admin=False)), feed.MENU]


def hash_of(commands: list[dict[str, Any]]) -> str:
    """Names what *commands* are, so that the same ones are not registered again."""
    return blake2s(json.dumps(commands, sort_keys=True).encode(), digest_size=16).hexdigest()


def _command(command: SlashCommand) -> dict[str, Any]:
    made = {"name": command.name, "description": command.description, **_EVERYWHERE}
    if command.options:
        made["options"] = [_option(option) for option in command.options]
    return made


def _option(option: Option) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": _INTEGER if option.kind == "number" else _STRING,
        "name": option.name,
        "description": option.description,
        "required": option.required,
    }
    if option.kind == "number":
        made |= {"min_value": 1} | ({} if option.most is None else {"max_value": option.most})
    elif option.kind in GUESSED:
        made["autocomplete"] = True
    elif option.choices:
        made["choices"] = [{"name": choice, "value": choice} for choice in option.choices]
    else:
        made["max_length"] = MOST_WORDS
    return made
