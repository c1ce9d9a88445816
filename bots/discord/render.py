"""A card as Discord shows it: an embed within its limits, with buttons or selects; decides no words."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from core.feed.card import Button, Card, Rows, Tone
from core.feed.press import CancelDraft, ConfirmDraft, HandleRule, Say, SettleMissed, read

MOST_TITLE, MOST_TEXT = 256, 4_000
MOST_ROWS, MOST_IN_ROW, MOST_IN_SELECT = 5, 5, 25
MOST_LABEL, MOST_OPTION = 80, 100
EPHEMERAL, SILENT = 64, 4096
PICTURE = "chart.png"
_REMEMBERED = 1_000
"""Lines whose spelling is remembered: most of what is shown was shown to somebody a moment ago."""
_PRIMARY, _SECONDARY, _SUCCESS, _DANGER = 1, 2, 3, 4
_COLOURS: dict[Tone, int] = {"plain": 0xF0B90B, "good": 0x2EBD85, "warn": 0xF59E0B, "bad": 0xF6465D}
_SIGNS: dict[Tone, str] = {"plain": "", "good": "✅ ", "warn": "⚠️ ", "bad": "⛔ "}
_LINK = re.compile(r"https?://\S+")
_MARKUP = str.maketrans({sign: f"\\{sign}" for sign in "\\*_~`|<>[]"})
_LISTED = re.compile(r"^(\d+)([.)])(?=\s)|^(#{1,3}|-#|[-+])(?=\s)")
_JOINER = "\N{ZERO WIDTH JOINER}"
"""Makes one sign of several, as in a family; shows nothing by itself."""
_MORE = "There are more buttons than fit here; what they do can be said in words."

Payload = dict[str, Any]


def pages_of(card: Card, *, picture: bool = False) -> list[Payload]:
    """The card as one message, or as several where it is longer than fits; nothing is left out.

    *picture* = its chart goes with the first one.
    """
    title = _SIGNS[card.tone] + escaped(card.title)
    lines = [escaped(line) for line in card.lines]
    parts, all_fit = _components(card.buttons)
    if not all_fit:
        lines.append(_MORE)
    if len(title) > MOST_TITLE:
        lines.insert(0, f"**{title}**")
        title = ""
    texts: list[str] = []
    text = ""
    for line in lines:
        for part in _cut(line, MOST_TEXT):
            longer = f"{text}\n{part}" if text else part
            if len(longer) > MOST_TEXT:
                texts.append(text)
                longer = part
            text = longer
    texts.append(text)
    pages: list[Payload] = []
    for place, words in enumerate(texts):
        embed: Payload = {"color": _COLOURS[card.tone]}
        if place == 0 and title:
            embed["title"] = title
        if words:
            embed["description"] = words
        pages.append({"embeds": [embed], "components": [], "attachments": []})
    if picture:
        pages[0]["embeds"][0]["image"] = {"url": f"attachment://{PICTURE}"}
        pages[0]["attachments"] = [{"id": "0", "filename": PICTURE}]
    pages[-1]["components"] = parts
    return pages


def without_picture(page: Payload) -> Payload:
    """The message, less the picture that was to go with it."""
    embeds = [{part: value for part, value in embed.items() if part != "image"} for embed in page["embeds"]]
    return {**page, "embeds": embeds, "attachments": []}


def plain_of(card: Card) -> Payload:
    """The card's words without embeds or buttons: what is sent where Discord takes nothing better."""
    words = "\n".join(escaped(line) for line in (card.title, *card.lines))
    return {"content": words[:2_000], "allowed_mentions": {"parse": []}}


def components_of(rows: Rows) -> list[Payload]:
    """The buttons; where there are more rows than fit, all but the last become the options of selects.

    More than fit even so are left out, the last of them first; the last row always stays.
    """
    return _components(rows)[0]


def _components(rows: Rows) -> tuple[list[Payload], bool]:
    wide = [row[place : place + MOST_IN_ROW] for row in rows for place in range(0, len(row), MOST_IN_ROW)]
    used: set[str] = set()
    if len(wide) <= MOST_ROWS:
        return [_row([_button(button, used) for button in row]) for row in wide], True
    last = wide[-1:]
    many = [button for row in wide[:-1] for button in row]
    shown: list[Payload] = []
    most = (MOST_ROWS - 1) * MOST_IN_SELECT
    for place in range(0, min(len(many), most), MOST_IN_SELECT):
        part = many[place : place + MOST_IN_SELECT]
        shown.append(_row([_select(part, place // MOST_IN_SELECT)]))
    shown += [_row([_button(button, used) for button in row]) for row in last]
    return shown, len(many) <= most


def form_of(verb: str, title: str, label: str, words: str) -> Payload:
    """A form with one field to write in, filled with *words*; what is written comes back with *verb*."""
    field = {
        "type": 4, "custom_id": "words", "style": 2, "label": label[:45], "value": words[:MOST_TEXT],
        "max_length": MOST_TEXT, "required": True,
    }  # fmt: skip
    if not words:
        del field["value"]
    return {"custom_id": verb, "title": title[:45], "components": [_row([field])]}


@lru_cache(_REMEMBERED)
def escaped(text: str) -> str:
    """*text* so that Discord shows it as it is: no markup, no mention; addresses stay links."""
    kept = text.rstrip()
    if not kept.isprintable():
        kept = "".join(c if c.isprintable() or c == _JOINER else "\N{REPLACEMENT CHARACTER}" for c in text).rstrip()
    inner = kept.lstrip(" ")
    parts: list[str] = []
    place = 0
    for link in _LINK.finditer(inner) if "://" in inner else ():
        parts += [inner[place : link.start()].translate(_MARKUP), link[0]]
        place = link.end()
    parts.append(inner[place:].translate(_MARKUP))
    shown = _LISTED.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", "".join(parts))
    # Discord takes spaces away from the beginning of a line.
    return "\N{NO-BREAK SPACE}" * (len(kept) - len(inner)) + shown


def _row(parts: Sequence[Payload]) -> Payload:
    return {"type": 1, "components": list(parts)}


def _button(button: Button, used: set[str]) -> Payload:
    name = button.verb
    while name in used:
        name = f"{button.verb}~{len(used) % 10}"
        used.add(button.verb)
    used.add(name)
    return {"type": 2, "style": _style(button), "label": _shortened(button.label, MOST_LABEL), "custom_id": name}


def _select(buttons: Sequence[Button], number: int) -> Payload:
    options: dict[str, Payload] = {}
    for button in buttons:
        options.setdefault(button.verb, {"label": _shortened(button.label, MOST_OPTION), "value": button.verb})
    return {
        "type": 3,
        "custom_id": f"choose:{number}",
        "placeholder": "Choose what to do…",
        "options": list(options.values()),
    }


def _style(button: Button) -> int:
    press = read(button.verb)
    match press:
        case ConfirmDraft():
            return _SUCCESS
        case SettleMissed(run=True):
            return _PRIMARY
        case CancelDraft() | HandleRule(deed="cancel") | Say(words="/deleteme now" | "/cancel"):
            return _DANGER
        case _:
            return _SECONDARY


def _cut(line: str, most: int) -> list[str]:
    return [line[place : place + most] for place in range(0, len(line), most)] or [""]


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
