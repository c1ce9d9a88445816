"""/settings: what somebody may choose about how they are told and trade; decides the words, not the defaults."""

import re
from typing import get_args

from bots.turn import Turn
from core.domain.action import DEFAULT_SLIPPAGE_BPS
from core.domain.errors import BadInput
from core.domain.owner import Owner
from core.domain.preference import ALWAYS_TOLD, Loudness, QuietHours, Topic
from core.domain.wording import say_bps
from core.feed.card import Button, Card
from core.feed.press import Say, write

TOPICS: dict[Topic, str] = {
    "fills": "fills, whole and partial",
    "triggers": "rules that fired",
    "orders": "orders refused, cancelled or given up",
    "positions": "positions closed elsewhere, liquidation near",
    "rules": "rules that failed, expired or were missed",
    "market": "prices lost and back, the venue paused",
    "account": "your account's safety",
}
SETTINGS = (*TOPICS, "quiet", "slippage", "groups", "timezone")
_LOUDNESS: tuple[Loudness, ...] = get_args(Loudness)
_NEXT: dict[Loudness, Loudness] = {"on": "silent", "silent": "off", "off": "on"}
_HOURS = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(?:-|–|to)\s*(\d{1,2})(?::(\d{2}))?")
_SLIPPAGE = re.compile(r"(\d{1,4})\s*(?:bps|bp)?|(\d{1,2}(?:\.\d{1,2})?)\s*%")
_HINT = "/settings shows what can be set and how."


async def settings(turn: Turn, words: str) -> list[Card]:
    """Show the settings, or change the one that *words* name. Raises BadInput."""
    name, _, value = words.lower().partition(" ")
    value = value.strip()
    people = turn.core.people
    if not name:
        owner = await turn.core.account.owner(turn.owner)
    elif name in TOPICS:
        if value not in _LOUDNESS:
            raise BadInput(f"Expected on, silent or off, was {value[:20]!r}", _HINT)
        owner = await people.tell(turn.owner, name, value)
    elif name == "quiet":
        owner = await people.be_quiet(turn.owner, None if value == "off" else _hours(value))
    elif name == "slippage":
        owner = await people.set_slippage(turn.owner, _bps(value))
    elif name == "groups":
        if value not in {"on", "off"}:
            raise BadInput(f"Expected on or off, was {value[:20]!r}", _HINT)
        owner = await people.show_in_groups(turn.owner, shown=value == "on")
    elif name == "timezone":
        owner = await turn.core.account.set_timezone(turn.owner, words.partition(" ")[2].strip())
    else:
        raise BadInput(f"There is no setting {name[:20]!r}", _HINT)
    return [settings_card(owner)]


def settings_card(owner: Owner) -> Card:
    """Everything that can be chosen, with a button that moves each to its next state."""
    chosen = owner.preferences
    loud = {topic: chosen.notices.get(topic, "on") for topic in TOPICS}
    quiet = "off" if chosen.quiet is None else f"{_clock(chosen.quiet.start)}-{_clock(chosen.quiet.end)}"
    slippage = say_bps(chosen.slippage_bps or DEFAULT_SLIPPAGE_BPS)
    lines = [
        f"Time zone {owner.timezone}: /settings timezone Europe/Berlin",
        f"Quiet hours {quiet} (everything comes silently): /settings quiet 23:00-07:00, or off",
        f"Slippage of market orders that name none {slippage}: /settings slippage 0.3%",
        f"Balances shown in groups when you ask there: {'on' if chosen.show_in_groups else 'off'}",
        "Notices, changed by the buttons:",
        *(f"   {topic} ({about}): {loud[topic]}" for topic, about in TOPICS.items()),
    ]
    buttons = [
        Button(
            label=f"{topic}: {loud[topic]}", verb=write(Say(words=f"/settings {topic} {_after(topic, loud[topic])}"))
        )
        for topic in TOPICS
    ]
    groups = ("on", "off") if chosen.show_in_groups else ("off", "on")
    buttons.append(Button(label=f"groups: {groups[0]}", verb=write(Say(words=f"/settings groups {groups[1]}"))))
    rows = tuple(tuple(buttons[place : place + 2]) for place in range(0, len(buttons), 2))
    return Card(title="Your settings", lines=tuple(lines), buttons=rows, key="view:settings")


def _after(topic: Topic, loudness: Loudness) -> Loudness:
    following = _NEXT[loudness]
    return "on" if following == "off" and topic in ALWAYS_TOLD else following


def _hours(value: str) -> QuietHours:
    found = _HOURS.fullmatch(value)
    if found is not None:
        start, end = (int(found[h]) * 60 + int(found[m] or 0) for h, m in ((1, 2), (3, 4)))
        if start < 24 * 60 and end <= 24 * 60 and start != end and int(found[2] or 0) < 60 and int(found[4] or 0) < 60:
            return QuietHours(start=start, end=end % (24 * 60))
    raise BadInput(f"Expected hours like 23:00-07:00, or off, was {value[:20]!r}", _HINT)


def _bps(value: str) -> int:
    found = _SLIPPAGE.fullmatch(value)
    if found is None:
        raise BadInput(f"Expected a slippage like 0.3% or 30 bps, was {value[:20]!r}", _HINT)
    return int(found[1]) if found[1] else round(float(found[2]) * 100)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
