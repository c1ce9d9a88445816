"""What follows a command is asked for field by field, and read back as if it had been typed."""

import re

import pytest

from bots.channel import Inbound
from bots.commands import BY_NAME, COMMANDS
from bots.dialogue import Dialogue
from bots.options import MOST_GUESSES, MOST_LABEL, Kind, as_typed, guesses
from core.feed.press import EditDraft, write
from tests.bots.scripted import ME, RULES, ScriptedCore
from tests.clock import START
from tests.samples import rule


def test_every_command_that_takes_something_has_fields_and_they_fit_discord() -> None:
    for command in COMMANDS:
        assert bool(command.args) == bool(command.options), command.name
        assert 1 <= len(command.description) <= 100
        for option in command.options:
            assert re.fullmatch(r"[-_a-z0-9]{1,32}", option.name)
            assert 1 <= len(option.description) <= 100
            assert len(option.choices) <= 25
        needed = [option.required for option in command.options]
        assert needed == sorted(needed, reverse=True), command.name


@pytest.mark.parametrize(
    ("name", "given", "typed"),
    [
        ("rules", {"what": "SOL", "page": 2}, "/rules SOL page 2"),
        ("rules", {"page": 3}, "/rules page 3"),
        ("rule", {"text": " buy 1 SOL "}, "/rule buy 1 SOL"),
        ("settings", {"what": "quiet", "value": "off"}, "/settings quiet off"),
        ("kill", {}, "/kill"),
    ],
)
def test_fields_become_what_would_have_been_typed(name: str, given: dict[str, object], typed: str) -> None:
    assert as_typed(name, BY_NAME[name].options, given) == typed


@pytest.mark.parametrize(
    ("kind", "typed", "values"),
    [
        ("rule", "", ["r1", "r2"]),
        ("rule", "r2", ["r2"]),
        ("market", "so", ["SOL"]),
        ("market", "BTC so", ["BTC SOL"]),
        ("selection", "al", ["all", "r1"]),
        ("selection", "r1 r2", ["r1 r2"]),
        ("zone", "berl", ["Europe/Berlin"]),
        ("words", "x", []),
    ],
)
async def test_what_is_typed_is_completed_from_what_there_is(kind: Kind, typed: str, values: list[str]) -> None:
    core = ScriptedCore()
    core.rules.rows = [rule(ME, number, spec=spec) for number, spec in enumerate(RULES, 1)]
    found = await guesses(core, ME, kind, typed)
    assert [value for _, value in found] == values
    assert all(len(shown) <= MOST_LABEL for shown, _ in found)
    assert len(await guesses(core, None, "zone", "")) == MOST_GUESSES


async def test_a_forms_words_change_the_draft_whose_button_opened_it() -> None:
    core = ScriptedCore()
    dialogue = Dialogue(core, core.clock)
    await dialogue.answer(Inbound(channel="discord", address="7", text="buy 1 SOL", sent_at=START))
    [draft] = await core.drafts.open(ME)
    verb = write(EditDraft(draft_id=draft.id))
    [card] = await dialogue.answer(Inbound(channel="discord", address="7", verb=verb, text="make it 2", sent_at=START))
    assert ("amend", draft.id, "make it 2") in core.calls
    assert card.title != "What should change?"
