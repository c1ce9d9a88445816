"""Carries a message through its answers: every reply settles one open point and leaves the others open."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.domain.reading import ANSWER_MARK, Option, ParseContext, ParseResult
from core.parse.grammar.canonical import read_canonical
from core.parse.grammar.changes import Changed, baked
from core.parse.grammar.corrections import corrected, is_marked
from core.parse.grammar.refusals import unheeded
from core.parse.grammar.replies import MAX_REPLY, reply_of, value_of
from core.parse.grammar.settle import Settled, settle
from core.parse.grammar.traces import without_trace
from core.parse.grammar.understanding import Understanding, understand

MOST_ANSWERS = 12
LONGEST_OWN = 20_000
"""A set in the product's own words may be longer than what anybody types."""
SEARCH_LIMIT = 80


def read(text: str, context: ParseContext) -> ParseResult:
    """What *text* says in *context*, its answers (see `extended`) included; pure, bounded, never raises."""
    own = read_canonical(text.strip(), context) if len(text) <= LONGEST_OWN else None
    if own is not None:
        return own
    understood, choices = _replayed(text, context)
    if understood.verdict is not None:
        return understood.verdict
    result = settle(understood.drafts, context, choices, notes=understood.notes).result
    lost = without_trace(understood.said, understood.heard, understood.drafts, result) if not choices else []
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
    text: str, result: ParseResult, reply: str, context: ParseContext, *, heard: Understanding | None = None
) -> ParseResult | None:
    """What *result*, which *text* led to, becomes with a *reply* in free words; None where that answers nothing.

    *text* is the message, with earlier replies as `extended` adds them. Options that were pressed in between are found
    again by the result that they led to; where several choices lead to one result, that is None too. A surface avoids
    this by extending the text with the label of what was pressed. *heard* is what somebody else than the grammar
    understood the message as.
    """
    understood, choices = _replayed(text, context, heard)
    if understood.verdict is not None or result.kind != "question":
        return None
    known = _found_again(understood, choices, result, context)
    if known is None and choices:
        known = _found_again(understood, {}, result, context)
    if known is None:
        return None
    return _answered(understood, known, reply, context)


def correct(
    text: str, result: ParseResult, reply: str, context: ParseContext, *, heard: Understanding | None = None
) -> ParseResult | str | None:
    """What *result*, which *text* led to, becomes with a correction in free words; *heard* as for `answer`.

    A sentence for the trader where the correction could mean two things or cannot be made; None where *reply* is no
    correction, such as a whole rule of its own. Numbers are only ever those that were said.
    """
    if not reply.strip() or len(reply) > MAX_REPLY:
        return None
    alone = understand(reply, context)
    whole = bool(alone.drafts) or (alone.verdict is not None and alone.verdict.kind == "command")
    if whole and not is_marked(reply):
        return None
    amended = _amended(text, result, reply, context, heard)
    return None if whole and isinstance(amended, str) else amended


def _amended(
    text: str, result: ParseResult, reply: str, context: ParseContext, heard: Understanding | None
) -> ParseResult | str | None:
    said = _said(text, result, context, heard)
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
    same = amended.rules == result.rules and _asked(amended) == _asked(result)
    return "It says that already." if same else amended


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
    text: str, result: ParseResult, context: ParseContext, heard: Understanding | None
) -> tuple[Understanding, Mapping[str, Any]] | None:
    """Drafts and choices that say just what *result* does: those of the words, and the choices made since."""
    understood, choices = _replayed(text, context, heard)
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


def _replayed(
    text: str, context: ParseContext, heard: Understanding | None = None
) -> tuple[Understanding, dict[str, Any]]:
    """The message as understood, and the choices that its replies made."""
    message, *replies = text.split(ANSWER_MARK)
    understood = understand(message, context) if heard is None else heard
    choices: dict[str, Any] = {}
    if understood.verdict is None:
        for reply in replies[:MOST_ANSWERS]:
            taken = _taken(understood, choices, reply, context)
            choices.update(taken)
            changed = None if taken else _changed(understood, choices, reply, context)
            if changed is not None and not isinstance(changed, str):
                understood = replace(understood, drafts=changed.drafts, notes=changed.notes)
                choices = dict(changed.choices)
    return understood, choices


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
    if not taken:
        return None
    return settle(understood.drafts, context, {**choices, **taken}, notes=understood.notes).result


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
