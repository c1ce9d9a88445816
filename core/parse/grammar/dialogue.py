"""Carries a message through its answers: every reply settles one open point and leaves the others open."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.domain.reading import ANSWER_MARK, Option, ParseContext, ParseResult
from core.parse.grammar.canonical import read_canonical
from core.parse.grammar.changes import Changed, baked
from core.parse.grammar.corrections import corrected, is_bare, is_marked
from core.parse.grammar.refusals import unheeded
from core.parse.grammar.removals import takes_away
from core.parse.grammar.replies import MAX_REPLY, reply_of, value_of
from core.parse.grammar.settle import Settled, settle
from core.parse.grammar.traces import without_trace
from core.parse.grammar.understanding import Turn, Understanding

MOST_ANSWERS = 12
LONGEST_OWN = 20_000
"""A set in the product's own words may be longer than what anybody types."""
SEARCH_LIMIT = 80


def read(text: str, context: ParseContext, *, turn: Turn | None = None) -> ParseResult:
    """What *text* says in *context*, its answers (see `extended`) included; pure, bounded, never raises.

    *turn* is what was understood in *context* before, if anything was.
    """
    own = read_canonical(text.strip(), context) if len(text) <= LONGEST_OWN else None
    if own is not None:
        return own
    understood, choices = _replayed(text, turn or Turn(context), None)
    if understood.verdict is not None:
        return understood.verdict
    result = settle(understood.drafts, context, choices, notes=understood.notes).result
    if ANSWER_MARK in text:
        return result  # what a correction replaced is in none of the rules any more
    lost = without_trace(understood.said, understood.heard, understood.drafts, result)
    return unheeded(lost) if lost else result


def extended(text: str, reply: str) -> str:
    """The words of a draft after one more reply; reading them gives the draft with that reply taken in."""
    return f"{text}{ANSWER_MARK}{reply.strip()}"


def chosen(result: ParseResult, option: Option) -> ParseResult:
    """The result after *option* of one of its questions was pressed: its rules, or what is then still open."""
    if option.questions:
        return replace(result, rules=option.rules, questions=option.questions)
    return replace(result, kind="rules", rules=option.rules, questions=())


def answer(
    text: str,
    result: ParseResult,
    reply: str,
    context: ParseContext,
    *,
    heard: Understanding | None = None,
    turn: Turn | None = None,
) -> ParseResult | None:
    """What *result*, which *text* led to, becomes with a *reply* in free words; None where that answers nothing.

    *text* is the message, with earlier replies as `extended` adds them. Options that were pressed in between are found
    again by the result that they led to; where several choices lead to one result, that is None too. A surface avoids
    this by extending the text with the label of what was pressed. *heard* is what somebody else than the grammar
    understood the message as, *turn* as for `read`.
    """
    understood, choices = _replayed(text, turn or Turn(context), heard)
    if understood.verdict is not None or result.kind != "question":
        return None
    known = _found_again(understood, choices, result, context)
    if known is None and choices:
        known = _found_again(understood, {}, result, context)
    if known is None:
        return None
    return _answered(understood, known, reply, context)


def correct(
    text: str,
    result: ParseResult,
    reply: str,
    context: ParseContext,
    *,
    heard: Understanding | None = None,
    turn: Turn | None = None,
) -> ParseResult | str | None:
    """What *result*, which *text* led to, becomes with a correction in free words; *heard* and *turn* as for `answer`.

    A sentence for the trader where the correction could mean two things or cannot be made; None where *reply* is no
    correction, such as a whole rule of its own. Numbers are only ever those that were said.
    """
    if not reply.strip() or len(reply) > MAX_REPLY:
        return None
    turn = turn or Turn(context)
    alone = turn.understand(reply)
    whole = bool(alone.drafts) or (alone.verdict is not None and alone.verdict.kind == "command")
    if whole and not is_marked(reply) and not takes_away(reply):
        return _restated(alone, text, result, reply, turn, heard)
    if result.kind == "question" and is_bare(reply, context):
        return _NAME_IT
    amended = _amended(text, result, reply, turn, heard)
    if whole and (amended is None or isinstance(amended, str)):
        return (amended or _SAY_IT_ALL) if reply.lower().rstrip(" .!").endswith(" instead") else None
    return amended


def _restated(
    alone: Understanding, text: str, result: ParseResult, reply: str, turn: Turn, heard: Understanding | None
) -> ParseResult | str | None:
    """What *result* becomes where *reply* says an exit of it anew: "stop 142"; None for any other whole rule."""
    if not alone.drafts or any(draft.act.purpose is None for draft in alone.drafts):
        return None
    said = _said(text, result, turn, heard)
    if said is None:
        return None
    there = {draft.act.purpose for draft in said[0].drafts}
    markets = {draft.act.market for draft in said[0].drafts} | {None}
    if not all(draft.act.purpose in there and draft.act.market in markets for draft in alone.drafts):
        return None
    return _ONE_BY_ONE if len(alone.drafts) > 1 else _amended(text, result, reply, turn, heard)


def _amended(
    text: str, result: ParseResult, reply: str, turn: Turn, heard: Understanding | None
) -> ParseResult | str | None:
    context = turn.context
    said = _said(text, result, turn, heard)
    if said is None:
        return _SAY_IT_ALL if is_marked(reply) else None
    changed = _changed(*said, reply, context)
    if changed is None or isinstance(changed, str):
        return changed
    if text.count(ANSWER_MARK) >= MOST_ANSWERS:
        return f"That draft was changed {MOST_ANSWERS} times. Say the whole rule again, the way it should be."
    amended = settle(changed.drafts, context, changed.choices, notes=changed.notes).result
    if amended.kind not in ("rules", "question"):
        return amended.reason or _SAY_IT_ALL
    before = baked(said[0].drafts, said[1])
    same = (changed.drafts, dict(changed.choices)) == (before.drafts, dict(before.choices))
    seen = amended.rules == result.rules and _asked(amended) == _asked(result)
    return "It says that already." if seen and (same or result.kind == "rules") else amended


_NAME_IT = "I cannot tell what that number is. Answer the question, or name what should change: “the size to 2 SOL”."
_ONE_BY_ONE = "That is in the draft already. Change one thing at a time, for example “change the stop to 120”."
_SAY_IT_ALL = "I cannot change only that part of it. Say the whole rule again, the way it should be."


def _changed(
    understood: Understanding, choices: Mapping[str, Any], reply: str, context: ParseContext
) -> Changed | str | None:
    """The drafts after a correction, with notes of the message and of the correction."""
    before = baked(understood.drafts, choices)
    changed = corrected(before.drafts, before.choices, reply, context)
    if isinstance(changed, Changed):
        return replace(changed, notes=tuple(dict.fromkeys((*understood.notes, *changed.notes))))
    return changed


def _said(
    text: str, result: ParseResult, turn: Turn, heard: Understanding | None
) -> tuple[Understanding, Mapping[str, Any]] | None:
    """Drafts and choices that say just what *result* does: those of the words, and the choices made since."""
    context = turn.context
    understood, choices = _replayed(text, turn, heard)
    if understood.verdict is None:
        # Since the draft was shown, prices may have opened a question; the rules are what is being corrected.
        if settle(understood.drafts, context, choices, depth=0).result.rules == result.rules:
            return understood, choices
        known = _found_again(understood, choices, result, context)
        if known is not None:
            return understood, known
    return None


def _asked(result: ParseResult) -> list[tuple[str, str]]:
    return [(question.about, question.text) for question in result.questions]


def _replayed(text: str, turn: Turn, heard: Understanding | None) -> tuple[Understanding, dict[str, Any]]:
    """The message as understood, and the choices that its replies made."""
    context = turn.context
    message, *replies = text.split(ANSWER_MARK)
    understood = turn.understand(message) if heard is None else heard
    choices: dict[str, Any] = {}
    if understood.verdict is None:
        for reply in replies[:MOST_ANSWERS]:
            taken = _taken(understood, choices, reply, context)
            choices.update(taken)
            changed = None if taken else _changed(understood, choices, reply, context)
            if isinstance(changed, Changed):
                understood, choices = _with(understood, changed)
            elif not taken:
                understood, choices = _in_two(understood, choices, reply, context) or (understood, choices)
    return understood, choices


def _with(understood: Understanding, changed: Changed) -> tuple[Understanding, dict[str, Any]]:
    return replace(understood, drafts=changed.drafts, notes=changed.notes), dict(changed.choices)


_BETWEEN = re.compile(r"[\s,]+(?=(?:but|and)\b)|,\s+")


def _in_two(
    understood: Understanding, choices: Mapping[str, Any], reply: str, context: ParseContext
) -> tuple[Understanding, dict[str, Any]] | None:
    """The message after an answer and a correction in one: "2 SOL, and a stop at 120"; None where it is not both."""
    between = _BETWEEN.search(reply)
    taken = {} if between is None else _taken(understood, choices, reply[: between.start()], context)
    if between is None or not taken:
        return None
    changed = _changed(understood, {**choices, **taken}, reply[between.end() :], context)
    return _with(understood, changed) if isinstance(changed, Changed) else None


def _taken(understood: Understanding, choices: Mapping[str, Any], reply: str, context: ParseContext) -> dict[str, Any]:
    """The choice that a reply makes among what is open; empty where it makes none."""
    read_reply = reply_of(reply, context, understood.drafts)
    if read_reply is None:
        return {}
    for point in settle(understood.drafts, context, choices, depth=0).points:
        value = value_of(point, read_reply)
        if value is not None:
            return {point.key: value}
    return {}


def _answered(
    understood: Understanding, choices: Mapping[str, Any], reply: str, context: ParseContext
) -> ParseResult | None:
    taken = _taken(understood, choices, reply, context)
    both = None if taken else _in_two(understood, choices, reply, context)
    if both is not None:
        understood, choices = both
    elif not taken:
        return None
    answered = settle(understood.drafts, context, {**choices, **taken}, notes=understood.notes).result
    return answered if answered.kind in ("rules", "question") else None


def _found_again(
    understood: Understanding, choices: Mapping[str, Any], result: ParseResult, context: ParseContext
) -> Mapping[str, Any] | None:
    """The choices that led to *result*, searched from those known; bounded."""
    found: list[Mapping[str, Any]] = []
    waiting: list[Mapping[str, Any]] = [choices]
    for _ in range(SEARCH_LIMIT):
        if not waiting:
            break
        tried = waiting.pop(0)
        settled = settle(understood.drafts, context, tried, depth=0)
        if _same(settled, result):
            found.append(tried)
            continue
        for point in settled.points:
            more = [{**tried, point.key: value} for _, value in point.candidates]
            waiting += [choice for choice in more if choice not in waiting and choice not in found]
    return found[0] if len(found) == 1 else None


def _same(settled: Settled, result: ParseResult) -> bool:
    return settled.result.rules == result.rules and [(point.about, point.text) for point in settled.points] == _asked(
        result
    )
