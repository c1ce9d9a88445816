"""Decides which actions of a sentence share which conditions, and where one rule ends and the next begins."""

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
_APART = frozenset({"COMMA", "AND", "THEN", "OR"})
_FROM_WHEN = "Should that stop be there from now on, or only after the sale? Send it as a message of its own."
_BOTH_OR_TWO = "Must both hold, or are those two rules? Send them as two messages."


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
    """The clauses of one sentence, each condition with its actions. Raises Unclear."""
    found = [Group()]
    for at, part in enumerate(parts):
        following = parts[at + 1] if at + 1 < len(parts) else None
        if isinstance(part.what, Mod):
            counted = part.what.kind == "times" and found[-1].conds and not found[-1].acts
            if counted and not any("EACH" in cond.joins for cond in found[-1].conds):
                raise Unclear("Must that happen so often first, or should it be done so often? Say it with the action.")
            found[-1].mods.append(part.what)
        elif part.is_cond:
            if _begins_with_cond(found[-1], part, parts[at + 1 :]):
                found.append(Group())
            group = found[-1]
            if group.conds and not group.acts and part.joins == {"COMMA", "IF"} and not group.conds[-1].is_time:
                raise Unclear(_BOTH_OR_TWO)  # "if A, if B, sell half"
            group.cond_first = group.cond_first or not group.acts
            group.conds.append(part)
            group.last = "cond"
        else:
            _no_price_of(found[-1], part)
            if _by_way_of(found[-1], part):
                found[-1].acts.pop()
            if _begins_with_act(found[-1], part, following):
                found.append(Group())
            found[-1].acts.append(part)
            found[-1].last = "act"
    timed = found[0].cond_first and len(found[0].conds) > 1 and found[0].conds[0].is_time
    if timed and any(group.conds and not any(cond.is_time for cond in group.conds) for group in found[1:]):
        raise Unclear("Is that time meant for both, or only for the first? Say it with each.")
    return found


def placed(part: Part) -> bool:
    """Whether an action says by itself when."""
    act = part.act
    return act.inline is not None or act.at is not None or act.at_once


def _begins_with_cond(group: Group, part: Part, rest: Sequence[Part]) -> bool:
    """Whether a condition here starts a new rule rather than belonging to the one before it. Raises Unclear."""
    if not group.acts or _completes(group, part):
        return False
    if group.conds and group.cond_first:
        return not part.led or any(not isinstance(other.what, Mod) for other in rest)
    if group.conds:
        return group.last == "act" or _leads_on(part, rest)
    act = next((other for other in rest if not other.is_cond), None)
    acts_next = act is not None and isinstance(act.what, Act)
    return acts_next and bool(part.joins & _APART) and (placed(group.acts[-1]) or not part.is_time)


def _leads_on(part: Part, rest: Sequence[Part]) -> bool:
    """Whether a second condition has an action of its own: "sell half if A, if B sell the rest". Raises Unclear."""
    number = next((n for n, other in enumerate(rest) if isinstance(other.what, Act)), None)
    if number is None:
        return False
    if not part.joins & _APART:
        if (part.led or part.is_time) and number == 0 and "AND" not in rest[0].joins:
            raise Unclear(_BOTH_OR_TWO)  # "sell half if A if B sell the rest"
        return False
    act, joined = rest[number].act, "AND" in part.joins or "OR" in part.joins
    if part.led or (part.is_time and number == 0):
        if joined and act.verb in ALONGSIDE and not part.is_time:
            raise Unclear(_BOTH_OR_TWO)
        return True
    return not joined and "THEN" in rest[number].joins  # "…, B -> sell"


def _completes(group: Group, part: Part) -> bool:
    """Whether the time of day belongs to the schedule that was said before its action: "on Mondays buy …, at 8am"."""
    return len(group.conds) == 1 and not part.led and one_schedule(group.conds[0].what, part.what) is not None


def _begins_with_act(group: Group, part: Part, following: Part | None) -> bool:
    """Whether an action here starts a new rule rather than sharing the conditions before it. Raises Unclear."""
    act = part.act
    if group.last == "" or (group.last == "cond" and group.cond_first and not group.acts):
        return False
    if placed(part):
        beside = group.cond_first or (act.purpose == "trail" and group.last == "act")
        if beside and "AND" in part.joins and stop_beside_sale(group.acts[-1].act, act):
            raise Unclear(_FROM_WHEN)
        if not group.conds and _place_unsaid(group.acts[-1], part):
            raise Unclear("Both at that price, or the first of them at once? Send them as two messages.")
        if not group.conds and not placed(group.acts[-1]):
            _not_run_together(group, part)
        return True
    moved = act.verb == "move_stop"
    led_next = following is not None and following.is_cond and (following.led or following.is_time or moved)
    if _leaves(group.acts[-1].act, act):
        return True
    if group.cond_first:
        # "if A sell half, close the rest if B": the second condition is the second action's.
        _not_run_together(group, part)
        _levered_alike(group, part)
        own = following is not None and following.led and not following.joins & _APART
        return own and not (following is not None and _completes(group, following))
    if group.conds:
        if group.last == "cond" and "THEN" in part.joins and len(group.conds) > 1:
            raise Unclear(_BOTH_OR_TWO)
        if not part.joins and not led_next and act.verb in ALONGSIDE:
            raise Unclear(f"Is that said of “{group.acts[-1].act.text}” or of “{act.text}”? Put a comma where it ends.")
        return led_next or not (act.verb in ALONGSIDE or "AND" in part.joins)
    told = act.verb == "alert" and "AND" in part.joins and not placed(group.acts[-1])
    if told and following is not None and following.is_cond and following.led:
        raise Unclear(f"Should “{group.acts[-1].act.text}” wait for that too, or be done at once? Send two messages.")
    if placed(group.acts[-1]):
        return act.verb not in ALONGSIDE or led_next
    _not_run_together(group, part)
    _levered_alike(group, part)
    return "AND" not in part.joins


def _not_run_together(group: Group, part: Part) -> None:
    """Two trades with no word between them may be one said twice. Raises Unclear."""
    one, other = group.acts[-1].act, part.act
    if not part.joins and one.verb not in ALONGSIDE and other.verb not in ALONGSIDE and other.purpose is None:
        raise Unclear(f"Is “{one.text}” one thing and “{other.text}” another? Put “and” or a full stop between them.")


def _levered_alike(group: Group, part: Part) -> None:
    """ "long 1 SOL and short 1 ETH at 5x": both at 5x, or the last? Raises Unclear."""
    one, other = group.acts[-1].act, part.act
    entries = one.verb in OPENING and other.verb in OPENING
    if entries and "AND" in part.joins and one.leverage is None and other.leverage is not None:
        raise Unclear("Both with that leverage, or only the last? Say it with each.")


def _no_price_of(group: Group, part: Part) -> None:
    """ "exit half of my SL": a stop or target right behind an action, with no price of its own. Raises Unclear."""
    act = part.act
    bare = act.purpose in ("stop", "target") and not placed(part) and not part.joins
    before = group.acts[-1].act if group.last == "act" else None
    if bare and before is not None and before.purpose is None and before.verb not in OPENING:
        raise Unclear(f"Is “{act.text}” another rule? Say its price, and put “and” before it.")


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


def _place_unsaid(first: Part, second: Part) -> bool:
    """ "close and go short 2 SOL at 138": whether the price is said of both is left open."""
    exits, same = first.act, second.act.market is None or first.act.market in (None, second.act.market)
    leaving = exits.verb in ("close", "sell", "exit", "trim", "cover") and exits.purpose is None
    entering = second.act.purpose is None and second.act.verb in OPENING and second.act.at is not None
    return leaving and entering and same and not placed(first) and second.joins == {"AND"}
