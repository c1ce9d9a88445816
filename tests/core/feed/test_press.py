"""Buttons survive their trip: what is written is read back, and nothing else is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import new_id
from core.feed.parts import MOST_VERB_BYTES
from core.feed.press import (
    AnswerDraft,
    CancelDraft,
    ConfirmDraft,
    EditDraft,
    HandleRule,
    Press,
    Say,
    SettleMissed,
    fits,
    read,
    write,
)

ID = new_id("d", datetime(2026, 11, 22, tzinfo=UTC))
PRESSES: list[Press] = [
    ConfirmDraft(draft_id=ID, revision=999_999),
    AnswerDraft(draft_id=ID, revision=999_999, question=99, option=99),
    EditDraft(draft_id=ID),
    CancelDraft(draft_id=ID),
    SettleMissed(rule_id=ID, run=True),
    SettleMissed(rule_id=ID, run=False),
    HandleRule(deed="pause", label="r123456789"),
    HandleRule(deed="resume", label="r1"),
    HandleRule(deed="cancel", label="r7"),
    Say(words="close 100% of my SOL-PERP position"),
]


@pytest.mark.parametrize("press", PRESSES)
def test_a_press_is_read_back_as_it_was_written_and_fits(press: Press) -> None:
    verb = write(press)
    assert read(verb) == press
    assert len(verb.encode()) <= MOST_VERB_BYTES


@given(st.text(max_size=80))
def test_no_verb_of_a_stranger_breaks_reading(verb: str) -> None:
    press = read(verb)
    assert press is None or write(press) == verb


@pytest.mark.parametrize(
    "verb", ["d:ok:d_1", "d:ok:d_1:-1", "r:sell:r1", "r:pause:r1 ", "d:ok:d_1:1\n", "d:ok:d_1:٣", "c:", "c:\x00"]
)
def test_a_broken_verb_is_no_press(verb: str) -> None:
    assert read(verb) is None


def test_words_too_long_for_a_button_are_refused() -> None:
    assert fits("x" * 62)
    assert not fits("x" * 63)
    with pytest.raises(ValueError, match="Expected words"):
        write(Say(words="é"))
