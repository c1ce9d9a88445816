"""A card as lines of a terminal, coloured or plain, with its buttons numbered; decides no words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from core.feed.card import Button, Card, Rows, Tone

_COLOURS: Mapping[Tone, str] = {"plain": "cyan", "good": "green", "warn": "yellow", "bad": "red"}
_MOST_IN_A_LINE = 6
_SIGNS: Mapping[Tone, str] = {"plain": "-", "good": "+", "warn": "!", "bad": "x"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A button and what is typed for it; `number` None = by its label only."""

    number: int | None
    button: Button


def number_buttons(rows: Rows, first: int = 1) -> tuple[Numbered, ...]:
    """The buttons in reading order.

    A button that stands alone gets no number: beside a question whose answer may be a bare "1", only words press it.
    """
    buttons = [button for row in rows for button in row]
    if len(buttons) == 1:
        return (Numbered(number=None, button=buttons[0]),)
    return tuple(Numbered(number=number, button=button) for number, button in enumerate(buttons, first))


def find_button(typed: str, shown: Sequence[Numbered]) -> Button | None:
    """The button that *typed* presses: its number, its label, or the beginning of one label only."""
    said = typed.strip().casefold()
    if not said:
        return None
    for entry in shown:
        if entry.number is not None and said in {str(entry.number), f"[{entry.number}]"}:
            return entry.button
    labels = [(entry.button.label.casefold(), entry.button) for entry in shown]
    for label, button in labels:
        if said == label:
            return button
    # Three letters, so that a slip of one key never confirms an order.
    begun = [button for label, button in labels if len(said) >= 3 and label.startswith(said)]
    return begun[0] if len(begun) == 1 else None


def plain(card: Card, shown: Sequence[Numbered]) -> str:
    """The card without colour, for pipes and files."""
    lines = [f"{_SIGNS[card.tone]} {visible(card.title)}", *(f"  {visible(line)}" for line in card.lines)]
    lines += [f"  {line}" for line in _rows(card.buttons, shown)]
    return "\n".join(lines) + "\n"


def coloured(card: Card, shown: Sequence[Numbered], width: int) -> str:
    """The card in a frame of its tone's colour, as text with ANSI colours, at most *width* columns wide."""
    from rich.console import Console, Group
    from rich.panel import Panel
    from rich.text import Text

    parts = [Text(visible(line)) for line in card.lines]
    if shown:
        buttons = "\n".join(_rows(card.buttons, shown))
        parts.append(Text(f"\n{buttons}" if parts else buttons, style="bold"))
    colour = _COLOURS[card.tone]
    title = Text(visible(card.title), style=f"bold {colour}")
    body = Group(title, *parts)
    page = StringIO()
    Console(file=page, force_terminal=True, width=max(20, min(width, 110)), legacy_windows=False).print(
        Panel(body, border_style=colour, padding=(0, 1))
    )
    return page.getvalue()


def _rows(rows: Rows, shown: Sequence[Numbered]) -> list[str]:
    """The buttons in one line; where they are many, a line for each row of them, as the card has them."""
    if len(shown) <= _MOST_IN_A_LINE or len(shown) != sum(map(len, rows)):
        return ["  ".join(map(_tag, shown))] if shown else []
    left = list(shown)
    lines = []
    for row in rows:
        lines.append("  ".join(map(_tag, left[: len(row)])))
        left = left[len(row) :]
    return lines


def visible(text: str) -> str:
    """*text* without what could move a terminal's cursor or forge its output."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _tag(entry: Numbered) -> str:
    return f"[{entry.number}] {entry.button.label}" if entry.number is not None else f"[{entry.button.label}]"
