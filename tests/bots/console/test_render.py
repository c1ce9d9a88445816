"""Cards in a terminal: numbered buttons, found by what is typed, and nothing that could forge the screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.console.render import coloured, find_button, number_buttons, plain
from core.feed.card import Button, Card

CONFIRM, EDIT, CANCEL = (Button(label=label, verb=label) for label in ("Confirm", "Edit", "Cancel"))
ROWS = ((CONFIRM, EDIT), (CANCEL,))
SHOWN = number_buttons(ROWS)
CARD = Card(title="Confirm this?", lines=("1. When …", "   Fires at $149.90."), buttons=ROWS)


@pytest.mark.parametrize(
    ("typed", "button"),
    [
        ("1", CONFIRM),
        ("[2]", EDIT),
        (" 3 ", CANCEL),
        ("confirm", CONFIRM),
        ("CONF", CONFIRM),
        ("edit", EDIT),
        ("can", CANCEL),
        ("co", None),
        ("c", None),
        ("4", None),
        ("0", None),
        ("", None),
        ("1.0", None),
        ("confirm it", None),
        ("cancel all my orders", None),
    ],
)
def test_a_button_is_pressed_by_number_label_or_clear_beginning(typed: str, button: Button | None) -> None:
    assert find_button(typed, SHOWN) == button


def test_a_beginning_of_two_labels_presses_neither() -> None:
    shown = number_buttons(((Button(label="Pause r1", verb="a"), Button(label="Pause r2", verb="b")),))
    assert find_button("pause", shown) is None
    found = find_button("pause r2", shown)
    assert found is not None
    assert found.verb == "b"


def test_a_lone_button_takes_no_number_from_an_answer() -> None:
    shown = number_buttons(((CANCEL,),))
    assert find_button("1", shown) is None
    assert find_button("cancel", shown) == CANCEL
    assert "[Cancel]" in plain(Card(title="How many?", buttons=((CANCEL,),)), shown)


def test_a_plain_card_is_text_and_nothing_else() -> None:
    assert plain(CARD, SHOWN) == (
        "- Confirm this?\n  1. When …\n     Fires at $149.90.\n  [1] Confirm  [2] Edit  [3] Cancel\n"
    )


def test_many_buttons_stand_in_the_rows_of_their_card() -> None:
    rows = tuple(
        tuple(Button(label=f"{deed} r{n}", verb="x") for deed in ("Pause", "Edit", "Delete")) for n in (1, 2, 3)
    )
    card = Card(title="You have 3 rules", buttons=rows)
    for drawn in (plain(card, number_buttons(rows)), coloured(card, number_buttons(rows), 80)):
        assert "[4] Pause r2  [5] Edit r2  [6] Delete r2" in drawn
        assert "[3] Delete r1  [4]" not in drawn


@pytest.mark.parametrize(("tone", "sign"), [("good", "+"), ("warn", "!"), ("bad", "x"), ("plain", "-")])
def test_tone_is_told_without_colour_too(tone: str, sign: str) -> None:
    assert plain(Card(title="Done", tone=tone), ()).startswith(f"{sign} Done")  # type: ignore[arg-type]


def test_a_coloured_card_says_the_same_within_its_width() -> None:
    import re

    drawn = re.sub(r"\x1b\[[0-9;]*m", "", coloured(CARD, SHOWN, 60))
    assert all(len(line) <= 60 for line in drawn.splitlines())
    for part in ("Confirm this?", "1. When …", "Fires at $149.90.", "[1] Confirm  [2] Edit  [3] Cancel"):
        assert part in drawn


@given(st.text(max_size=80), st.text(max_size=80), st.integers(1, 200))
def test_no_text_of_anybody_moves_the_cursor_or_becomes_markup(title: str, line: str, width: int) -> None:
    import re

    card = Card(title=title, lines=(line, "[bold red]kept[/bold red]"))
    assert "\x1b" not in plain(card, ())
    drawn = coloured(card, (), width)
    assert not re.search(r"\x1b(?!\[[0-9;]*m)|\x07|\r|\x9b", drawn)
    assert "[bold red]kept[/bold red]" in re.sub(r"\x1b\[[0-9;]*m", "", coloured(card, (), 80))
