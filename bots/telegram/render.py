"""A card as Telegram shows it: text with entities, within its limits, and a keyboard; decides no words."""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from core.feed.card import Card, Rows, Tone

MOST_TEXT, MOST_CAPTION = 4096, 1024
MOST_IN_ROW, MOST_BUTTONS, MOST_LABEL = 8, 100, 64
MOST_TOAST = 190
_SIGNS: dict[Tone, str] = {"plain": "", "good": "✅ ", "warn": "⚠️ ", "bad": "⛔ "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One message: its text, which part of it is bold, and the buttons below the last page."""

    text: str
    entities: tuple[MessageEntity, ...] = ()
    keyboard: InlineKeyboardMarkup | None = None


def pages_of(card: Card, most: int = MOST_TEXT) -> list[Page]:
    """The card as one message, or as several where it is longer than *most* UTF-16 units; nothing is left out."""
    title = _SIGNS[card.tone] + _plain(card.title)
    texts: list[str] = []
    text = ""
    for line in (title, *(_plain(line) for line in card.lines)):
        for part in _cut(line, most):
            longer = f"{text}\n{part}" if text else part
            if units(longer) > most:
                texts.append(text)
                longer = part
            text = longer
    texts.append(text)
    bold = min(units(title), units(texts[0]))
    first = (MessageEntity(type=MessageEntity.BOLD, offset=0, length=bold),) if bold else ()
    keyboard = keyboard_of(card.buttons)
    return [
        Page(
            text=page,
            entities=first if place == 0 else (),
            keyboard=keyboard if place == len(texts) - 1 else None,
        )
        for place, page in enumerate(texts)
    ]


def keyboard_of(rows: Rows) -> InlineKeyboardMarkup | None:
    """The buttons, none lost for being too many in a row."""
    shown: list[list[InlineKeyboardButton]] = []
    for row in rows:
        buttons = [
            InlineKeyboardButton(_shortened(button.label, MOST_LABEL), callback_data=button.verb) for button in row
        ]
        shown += [buttons[place : place + MOST_IN_ROW] for place in range(0, len(buttons), MOST_IN_ROW)]
    if not shown:
        return None
    if sum(len(row) for row in shown) > MOST_BUTTONS:
        raise ValueError(f"Expected at most {MOST_BUTTONS} buttons on a card, were {sum(len(row) for row in shown)}")
    return InlineKeyboardMarkup(shown)


def toast_of(cards: Sequence[Card]) -> str:
    """What is shown for a moment over the chat when a button was pressed."""
    return "" if not cards else _shortened(cards[0].title, MOST_TOAST)


def units(text: str) -> int:
    """The length of *text* as Telegram counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _cut(line: str, most: int) -> list[str]:
    """*line* in parts of at most *most* units."""
    if units(line) <= most:
        return [line]
    parts: list[str] = []
    part: list[str] = []
    length = 0
    for letter in line:
        wide = units(letter)
        if length + wide > most:
            parts.append("".join(part))
            part, length = [], 0
        part.append(letter)
        length += wide
    return [*parts, "".join(part)]


def _plain(text: str) -> str:
    """*text* without what Telegram cannot carry: half a character, or controls that move the text."""
    kept = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return kept.rstrip()


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
