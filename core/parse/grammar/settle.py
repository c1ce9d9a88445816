"""Turns drafts into a parse result: rules, or questions whose options carry the rules that would result."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from core.domain.action import Close, Trade, is_exit
from core.domain.condition import (
    Condition,
    PositionPnl,
    PriceChange,
    PriceLevel,
    Schedule,
    Trailing,
    leaves,
)
from core.domain.money import HUNDRED, ZERO
from core.domain.reading import Option, ParseContext, ParseResult, Question
from core.domain.rule import Repeat, RuleSpec
from core.domain.wording import SHARES_OF_THE_MOMENT
from core.parse.grammar.checks import checked
from core.parse.grammar.desk import Desk, Point
from core.parse.grammar.drafts import Cond, GroupDraft, Level, RuleDraft, ScheduleDraft, TargetHit
from core.parse.grammar.moments import settle_condition
from core.parse.grammar.sizing import settle_action
from core.parse.grammar.subjects import entry_of, settle_markets
from core.parse.grammar.timing import instant

OPTION_DEPTH = 2
MOST_OPTIONS_DEEP = 12
"""With more ready answers than this in one message, what follows an answer is listed without options of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A parse result and the open points behind its questions, in the same order."""

    result: ParseResult
    points: tuple[Point, ...] = field(default=())


def settle(
    drafts: list[RuleDraft],
    context: ParseContext,
    choices: Mapping[str, Any],
    *,
    notes: tuple[str, ...] = (),
    depth: int = OPTION_DEPTH,
) -> Settled:
    """The result of *drafts* with the *choices* made so far; pure."""
    desk = Desk(context=context, drafts=applied(drafts, choices), choices=choices)
    rules = _rules(desk)
    assumptions = (*notes, *desk.assumptions)
    points = tuple(sorted(desk.points, key=lambda point: _ORDER.index(point.about)))
    if not points:
        if not rules:
            result = ParseResult(kind="not_understood", reason="I could not make a rule of that.")
            return Settled(result=result)
        return Settled(result=ParseResult(kind="rules", rules=tuple(rules), assumptions=assumptions))
    deep = depth > 1 and sum(len(point.candidates) for point in points) <= MOST_OPTIONS_DEEP
    questions = tuple(
        Question(about=point.about, text=point.text, options=_options(drafts, context, choices, point, depth, deep))
        for point in points
    )
    result = ParseResult(kind="question", rules=tuple(rules), questions=questions, assumptions=assumptions)
    return Settled(result=result, points=points)


_ORDER = (
    "market", "side", "size", "leverage", "unit", "value", "timeframe", "time", "contradiction", "already_true",
    "far_price",
)  # fmt: skip


def _options(
    drafts: list[RuleDraft],
    context: ParseContext,
    choices: Mapping[str, Any],
    point: Point,
    depth: int,
    deep: bool,
) -> tuple[Option, ...]:
    if depth == 0:
        return ()
    options = []
    for label, value in point.candidates:
        after = settle(drafts, context, {**choices, point.key: value}, depth=depth - 1 if deep else 0)
        options.append(Option(label=label, rules=after.result.rules, questions=after.result.questions))
    return tuple(options)


def applied(drafts: list[RuleDraft], choices: Mapping[str, Any]) -> list[RuleDraft]:
    """The drafts with answered prices and swaps put in; what they hold is shared, and is for reading only."""
    result = [replace(draft) for draft in drafts] if choices else list(drafts)
    for key, value in choices.items():
        name, _, rest = key.partition(":")
        if name == "crossed" and value == "swap":
            target, stop = (int(part) for part in rest.split(":"))
            result[target].cond, result[stop].cond = result[stop].cond, result[target].cond
        elif name in ("far", "standing") and isinstance(value, Decimal):
            number, _, old = rest.partition(":")
            result[int(number)].cond = _repriced(result[int(number)].cond, old, value)
        elif name == "exit" and rest.isdecimal():
            result[int(rest)].cond = value
    return result


def _repriced(cond: Cond | None, old: str, price: Decimal) -> Cond | None:
    """The condition with its level (the one at *old*, where given) at the price that was answered."""
    if isinstance(cond, GroupDraft):
        return replace(cond, parts=tuple(part for part in (_repriced(one, old, price) for one in cond.parts) if part))
    if isinstance(cond, Level) and cond.price is not None and old in ("", str(cond.price)):
        return replace(cond, price=price)
    return cond


def _rules(desk: Desk) -> list[RuleSpec]:
    settle_markets(desk)
    made: list[tuple[int, RuleSpec]] = []
    for number in range(len(desk.drafts)):
        rule = _rule(desk, number)
        if rule is not None:
            made.append((number, rule))
    if len(made) < len(desk.drafts) and not desk.points:
        return []
    known = {None, *(rule.id for _, rule in made)}
    rules = [rule if rule.after in known else replace(rule, after=None) for _, rule in made]
    rules = checked(desk, rules, [number for number, _ in made])
    partial = [rule for rule in rules if is_exit(rule.action) and not _whole(rule)]
    if (partial and len(rules) > len(partial)) or len(partial) > 1:
        desk.assume(SHARES_OF_THE_MOMENT)
    return _grouped(desk, rules, [number for number, _ in made])


def _rule(desk: Desk, number: int) -> RuleSpec | None:
    draft = desk.drafts[number]
    if _asks_for_value(desk, number):
        return None
    hit = draft.cond if isinstance(draft.cond, TargetHit) else None
    condition = settle_condition(desk, number, None if hit is not None else draft.cond)
    action = settle_action(desk, number)
    if condition is None or action is None:
        return None
    after = entry_of(desk, number) if draft.follows is None else draft.follows
    if hit is not None:
        after = _nth_target(desk, hit.number, number)
        if after is None:
            desk.ask(Point(key=f"target:{number}", about="value", text="After which target?"))
    expires = None if draft.expires is None else instant(desk, number, draft.expires, "expires")
    return RuleSpec(
        id=f"r{number + 1}",
        condition=condition,
        action=action,
        after=None if after is None else f"r{after + 1}",
        repeat=_repeat(draft, condition),
        expires_at=expires,
    )


def _nth_target(desk: Desk, nth: int, before: int) -> int | None:
    targets = [n for n in range(len(desk.drafts)) if desk.drafts[n].act.purpose == "target" and n != before]
    named = [n for n in targets if desk.drafts[n].act.number == nth]
    if named:
        return named[0]
    return targets[nth - 1] if 0 < nth <= len(targets) else None


def _repeat(draft: RuleDraft, condition: Condition) -> Repeat:
    times = draft.times
    if times is None and not (draft.repeat or any(isinstance(leaf, Schedule) for leaf in leaves(condition))):
        times = 1
    return Repeat(times=times, cooldown_s=draft.cooldown_s)


def _asks_for_value(desk: Desk, number: int) -> bool:
    """Asks where an exit has no price, an alert no occasion, a plan no rhythm."""
    draft = desk.drafts[number]
    act = draft.act
    placed = act.purpose is not None and act.order.price is None
    if draft.cond is not None or (draft.then and not placed):
        return False
    if act.purpose in ("stop", "trail") or (act.purpose == "target"):
        text = {
            "stop": "At what price, or how far away, should the stop be?",
            "target": "At what price, or how far away, should profit be taken?",
            "trail": "How far should the stop trail behind? For example 3 %, or $5.",
        }[act.purpose]
        desk.ask(Point(key=f"exit:{number}", about="value", text=text))
        return True
    if act.some_day:
        text = "At what price, or after what move? For example: when it drops 5 %."
        desk.ask(Point(key=f"exit:{number}", about="value", text=text))
        return True
    if act.verb == "alert":
        desk.ask(
            Point(key=f"exit:{number}", about="value", text="When should I tell you? For example: when SOL hits 200.")
        )
        return True
    if act.text.lower().startswith("dca") and not isinstance(draft.cond, ScheduleDraft):
        desk.ask(
            Point(key=f"exit:{number}", about="time", text="How often should it buy? For example every day at 9:00.")
        )
        return True
    return False


def _grouped(desk: Desk, rules: list[RuleSpec], numbers: list[int]) -> list[RuleSpec]:
    """The rules with their `oco_group`: exits on both sides of the price, and what was said to exclude each other."""
    said = [rule.id for rule, number in zip(rules, numbers, strict=True) if desk.drafts[number].oco]
    groups: list[list[str]] = [said] if len(said) > 1 else []
    by_place: dict[tuple[str, str | None], list[RuleSpec]] = {}
    for rule in rules:
        if is_exit(rule.action) and rule.id not in said and _side(desk, rule) is not None:
            market = getattr(rule.action, "market", "")
            by_place.setdefault((market, rule.after), []).append(rule)
    for rule in rules:  # what closes all of an entry ends its stop, whatever it waits for
        place = (getattr(rule.action, "market", ""), rule.after)
        unsided = is_exit(rule.action) and rule.id not in said and _side(desk, rule) is None
        if unsided and rule.after is not None and place in by_place and _whole(rule):
            by_place[place].append(rule)
    for exits in by_place.values():
        sides = {_side(desk, rule) for rule in exits}
        if len(sides) > 1 and any(_whole(rule) for rule in exits):
            groups.append([rule.id for rule in exits])
    names = {rule_id: chr(ord("a") + number) for number, group in enumerate(groups) for rule_id in group}
    return [replace(rule, oco_group=names[rule.id]) if rule.id in names else rule for rule in rules]


def _side(desk: Desk, rule: RuleSpec) -> str | None:
    """On which side of the price an exit lies."""
    match rule.condition:
        case PriceLevel(operator=operator):
            return "up" if operator == ">=" else "down"
        case PriceChange(direction="up" | "down" as direction):
            return direction
        case Trailing(direction=direction):
            return direction
        case PositionPnl(threshold=threshold):
            short = desk.held_side(rule.condition.market) == "short"
            return "up" if (threshold >= ZERO) != short else "down"
        case _:
            return None


def _whole(rule: RuleSpec) -> bool:
    match rule.action:
        case Trade(amount_percent=percent) | Close(amount_percent=percent):
            return percent == HUNDRED
        case _:
            return False
