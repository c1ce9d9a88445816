"""Decides which clauses of a sentence belong together: what shares its conditions, where a new rule begins."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.parse.grammar.clauses import Part
from core.parse.grammar.continued import OPENING, stop_beside_sale
from core.parse.grammar.drafts import Act
from core.parse.grammar.remarks import Mod
from core.parse.grammar.schedules import one_schedule

SAID_OF_ALL = ("alert", "cancel_orders", "cancel_rules", "pause_rules")
ALONGSIDE = (*SAID_OF_ALL, "move_stop")
"""What is done together with the trade before it unless it says when itself."""
_FROM_WHEN = "Should that stop be there from now on, or only after the sale? Send it as a message of its own."


class Unclear(Exception):
    """The clauses can be joined in more than one way; the text says what is doubtful.

    `beyond` marks what was understood and the language cannot say.
    """

    def __init__(self, text: str, *, beyond: bool = False) -> None:
        super().__init__(text)
        self.beyond = beyond


@dataclass(slots=True)
class Group:
    """Actions that share their conditions."""

    conds: list[Part] = field(default_factory=list)
    acts: list[Part] = field(default_factory=list)
    mods: list[Mod] = field(default_factory=list)
    cond_first: bool = False
    last: Literal["", "cond", "act"] = ""


def groups(parts: Sequence[Part]) -> list[Group]:
    """The clauses of one sentence by what belongs together. Raises Unclear."""
    found = [Group()]
    for at, part in enumerate(parts):
        following = parts[at + 1] if at + 1 < len(parts) else None
        if isinstance(part.what, Mod):
            found[-1].mods.append(part.what)
        elif part.is_cond:
            if _begins_with_cond(found[-1], part, following):
                found.append(Group())
            group = found[-1]
            group.cond_first = group.cond_first or not group.acts
            group.conds.append(part)
            group.last = "cond"
        else:
            if _by_way_of(found[-1], part):
                found[-1].acts.pop()
            if _begins_with_act(found[-1], part, following):
                found.append(Group())
            found[-1].acts.append(part)
            found[-1].last = "act"
    return found


def placed(part: Part) -> bool:
    """Whether an action says by itself when."""
    act = part.act
    return act.inline is not None or act.at is not None or act.at_once


def _begins_with_cond(group: Group, part: Part, following: Part | None) -> bool:
    """Whether a condition here starts a new rule rather than belonging to the one before it."""
    if not group.acts:
        return False
    if _completes(group, part):
        return False
    if group.conds:
        trailing = group.cond_first and (following is None or isinstance(following.what, Mod)) and part.led
        return (group.cond_first or group.last == "act") and not trailing
    acts_next = following is not None and isinstance(following.what, Act)
    apart = bool(part.joins & {"COMMA", "AND", "THEN", "OR"})
    return acts_next and apart and (placed(group.acts[-1]) or not part.is_time)


def _completes(group: Group, part: Part) -> bool:
    """Whether the time of day belongs to the schedule that was said before its action: "on Mondays buy …, at 8am"."""
    return len(group.conds) == 1 and not part.led and one_schedule(group.conds[0].what, part.what) is not None


def _begins_with_act(group: Group, part: Part, following: Part | None) -> bool:
    """Whether an action here starts a new rule rather than sharing the conditions before it."""
    act = part.act
    if group.last == "" or (group.last == "cond" and group.cond_first and not group.acts):
        return False
    if placed(part):
        beside = group.cond_first or (act.purpose == "trail" and group.last == "act")
        if beside and "AND" in part.joins and stop_beside_sale(group.acts[-1].act, act):
            raise Unclear(_FROM_WHEN)
        return True
    moved = act.verb == "move_stop"
    led_next = following is not None and following.is_cond and (following.led or following.is_time or moved)
    if _leaves(group.acts[-1].act, act):
        return True
    if group.cond_first:
        return False
    if group.conds:
        return led_next or not (act.verb in ALONGSIDE or "AND" in part.joins)
    if placed(group.acts[-1]):
        return act.verb not in ALONGSIDE or led_next
    return "AND" not in part.joins


def _by_way_of(group: Group, part: Part) -> bool:
    """ "sell half with a 5 % trailing stop": the exit is how the sale is done, and takes over its size."""
    if group.last != "act" or group.conds or part.joins or part.act.purpose is None:
        return False
    sale = group.acts[-1].act
    if sale.verb in (*OPENING, *ALONGSIDE, "reverse") or sale.purpose is not None or placed(group.acts[-1]):
        return False
    exit_ = part.act
    exit_.size, exit_.market, exit_.side = exit_.size or sale.size, exit_.market or sale.market, exit_.side or sale.side
    exit_.whole, exit_.held = exit_.whole or sale.whole, True
    group.last = "" if len(group.acts) == 1 else "act"
    return True


def _leaves(entry: Act, act: Act) -> bool:
    """Whether *act* leaves the very position that the action before it enters, so that both cannot share a moment."""
    if entry.verb not in OPENING or act.verb in (*OPENING, *SAID_OF_ALL):
        return False
    return act.it or (act.market in (None, entry.market) and not act.everything)
