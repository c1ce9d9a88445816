"""Takes one rule out of a draft: by its number, its place or what it is; decides nothing about numbers."""

import re
from collections.abc import Mapping
from typing import Any

from core.parse.grammar.changes import Changed
from core.parse.grammar.drafts import RuleDraft
from core.parse.grammar.linking import opens

_THING = (
    r"stops?|stop[ -]?loss(?:es)?|sl|targets?|take[ -]?profits?|tp|trailing stop|trail|alert|notification|entry|"
    r"one|rule|order|thing"
)
_REMOVAL = re.compile(
    r"^(?:(?:no|nope|wait|sorry|actually|ok|okay|please|and|also|but)[\s,]+)*"
    r"(?:(?:remove|delete|drop|scrap|skip|forget|lose|cancel|take out|get rid of|leave out|kill)(?: the)?|"
    r"without(?: the| a)?|no)"
    rf"(?: (?P<place>first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th))?"
    rf"(?: (?P<thing>{_THING}))?(?: ?(?:#|number |no\.? )?r?(?P<number>\d{{1,2}}))?(?: please)?$"
)
PLACES = {
    **dict.fromkeys(("first", "1st"), 0), **dict.fromkeys(("second", "2nd"), 1), **dict.fromkeys(("third", "3rd"), 2),
    **dict.fromkeys(("fourth", "4th"), 3), **dict.fromkeys(("fifth", "5th"), 4), "last": -1,
}  # fmt: skip
"""The places that a rule of a draft may be named by."""


def takes_away(reply: str) -> bool:
    """Whether *reply* names a part of a draft to take out; by its number it may be an armed rule as well."""
    match = _REMOVAL.match(" ".join(reply.lower().split()).rstrip(" .!"))
    return match is not None and match["number"] is None and (match["thing"] or "one") not in ("one", "rule", "order")


def removed(drafts: list[RuleDraft], choices: Mapping[str, Any], low: str) -> Changed | str | None:
    """The drafts without the one that *low* names; None where it asks for no removal of something in them."""
    match = _REMOVAL.match(low)
    if match is None or not any(match.group("place", "thing", "number")):
        return None
    meant = _meant(drafts, match)
    if not meant:
        return None
    if len(meant) > 1:
        return f"There are {len(meant)} of those in it. Say which, for example “remove the second one”."
    number = meant[0]
    if len(drafts) == 1:
        return "That would leave nothing. Say “cancel” to drop the draft."
    waiting = [n for n, draft in enumerate(drafts) if draft.then and n != number]
    if waiting and opens(drafts[number]):
        return "The others wait for that one. Say the whole rule again, the way it should be."
    rest = [draft for n, draft in enumerate(drafts) if n != number]
    if len(rest) == 1:
        rest[0].oco = False
    return Changed(drafts=rest, choices=_renumbered(choices, number))


def _meant(drafts: list[RuleDraft], match: re.Match[str]) -> list[int]:
    """The drafts that a removal names, by their places."""
    thing, place, number = match.group("thing"), match.group("place"), match.group("number")
    among = [n for n, draft in enumerate(drafts) if _is(draft, thing)]
    if number is not None:
        at = int(number) - 1
        return among[at : at + 1] if at >= 0 else []
    if place is not None:
        at = PLACES[place]
        return among[at:] if at < 0 else among[at : at + 1]
    return among if thing not in ("one", "rule", "order", "thing") or len(drafts) == 1 else []


def _is(draft: RuleDraft, thing: str | None) -> bool:
    match (thing or "one").split()[0].rstrip("s"):
        case "one" | "rule" | "order" | "thing":
            return True
        case "trailing" | "trail":
            return draft.act.purpose == "trail"
        case "target" | "take" | "take-profit" | "takeprofit" | "tp":
            return draft.act.purpose == "target"
        case "alert" | "notification":
            return draft.act.verb == "alert"
        case "entry":
            return opens(draft)
        case _:
            return draft.act.purpose in ("stop", "trail")


def _renumbered(choices: Mapping[str, Any], gone: int) -> dict[str, Any]:
    """The choices with the numbers of the drafts that moved up."""
    kept: dict[str, Any] = {}
    for key, value in choices.items():
        name, _, rest = key.partition(":")
        number, mark, tail = rest.partition(":")
        if name == "clock" or not number.isdecimal():
            kept[key] = value
        elif int(number) != gone:
            kept[f"{name}:{int(number) - (int(number) > gone)}{mark}{tail}"] = value
    return kept
