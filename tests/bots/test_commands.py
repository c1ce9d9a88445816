"""One table of commands: fit for every channel's menu, and each one answers."""

import re

import pytest

from bots.channel import Inbound
from bots.commands import BY_NAME, COMMANDS, help_card
from bots.dialogue import Dialogue
from core.domain.reading import Command
from core.feed.card import Card
from tests.bots.scripted import ScriptedCore
from tests.clock import START


async def say(core: ScriptedCore, text: str) -> Card:
    [card] = await Dialogue(core, core.clock).answer(
        Inbound(channel="console", address="local", text=text, sent_at=START)
    )
    return card


def test_every_name_and_description_fits_telegrams_menu() -> None:
    assert len(COMMANDS) <= 100
    for command in COMMANDS:
        assert re.fullmatch(r"[a-z0-9_]{1,32}", command.name)
        assert 1 <= len(command.description) <= 256
    assert len(BY_NAME) == len(COMMANDS)


def test_help_lists_every_command_in_one_message() -> None:
    card = help_card()
    assert all(
        any(line.startswith(f"/{command.name}") for line in card.lines)
        for command in COMMANDS
        if not (command.admin or command.dashboard)
    )
    assert len("\n".join(card.lines)) < 4_096


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
async def test_every_command_answers_without_breaking(command: str) -> None:
    card = await say(ScriptedCore(), f"/{command}")
    assert card.title != "Something broke on our side"


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("/pause", ("pause everything",)),
        ("/pause all", ("pause everything",)),
        ("/pause r1 R2", ("pause", Command(name="pause_rules", rule_ids=("r1", "r2")))),
        ("/pause sol", ("pause", Command(name="pause_rules", market="SOL-PERP"))),
        ("/pause stop_loss", ("pause", Command(name="pause_rules", filter="stop_loss"))),
        ("/delete $SOL", ("cancel rules", Command(name="cancel_rules", market="SOL-PERP"))),
        ("/delete all", ("cancel rules", Command(name="cancel_rules", all=True))),
        ("/cancel", ("cancel orders", None)),
        ("/cancel btc-perp", ("cancel orders", "BTC-PERP")),
        ("/resume", ("resume", Command(name="resume_rules", all=True))),
        ("/kill", ("kill",)),
        ("/trades 3", ("trades", 3)),
        ("/rule sell half", ("say", "sell half")),
        ("/KILL@SayWhenBot", ("kill",)),
        ("Pause!", ("pause everything",)),
        ("kill", ("say", "kill")),
        ("cancel", ("say", "cancel")),
        ("delete", ("say", "delete")),
        ("pause it", ("say", "pause it")),
    ],
)
async def test_what_a_command_asks_of_the_core(text: str, call: tuple[object, ...]) -> None:
    core = ScriptedCore()
    await say(core, text)
    assert core.calls == [call]


@pytest.mark.parametrize("text", ["/delete", "/pause SOL BTC", "/prices %%%", "/trades 51", "/history SOL"])
async def test_what_a_command_cannot_use_is_refused_and_nothing_is_asked(text: str) -> None:
    core = ScriptedCore()
    card = await say(core, text)
    assert card.tone == "bad"
    assert core.calls == []


@pytest.mark.parametrize("words", ["hi", "Hello!", "hey"])
async def test_a_greeting_is_answered_with_what_this_is(words: str) -> None:
    core = ScriptedCore()
    assert (await say(core, words)).title == (await say(core, "/start")).title
    assert core.calls == []


async def test_start_says_what_money_and_whose_prices() -> None:
    card = await say(ScriptedCore(), "/start")
    assert any("play money" in line and "SIMULATED" in line for line in card.lines)
