"""Carries a message through its answers: every reply settles one open point and leaves the others open."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.domain.reading import Option, ParseContext, ParseResult
from core.parse.grammar.replies import reply_of, value_of
from core.parse.grammar.settle import Settled, settle
from core.parse.grammar.understanding import Understanding, understand

ANSWER_MARK = "\n↳ "
"""Stands before each reply in a draft's words: the message, then one line an answer."""
MOST_ANSWERS = 12
SEARCH_LIMIT = 80


def read(text: str, context: ParseContext) -> ParseResult:
    """What *text* says in *context*, its answers (see `extended`) included; pure, bounded, never raises."""
    understood, choices = _replayed(text, context)
    if understood.verdict is not None:
        return understood.verdict
    return settle(understood.drafts, context, choices, notes=understood.notes).result


def extended(text: str, reply: str) -> str:
    """The words of a draft after one more reply; reading them gives the draft with that reply taken in."""
    return f"{text}{ANSWER_MARK}{reply.strip()}"


def chosen(result: ParseResult, option: Option) -> ParseResult:
    """The result after *option* of one of its questions was pressed: its rules, or what is then still open."""
    if option.questions:
        return replace(result, rules=option.rules, questions=option.questions)
    return replace(result, kind="rules", rules=option.rules, questions=())


def answer(text: str, result: ParseResult, reply: str, context: ParseContext) -> ParseResult | None:
    """What *result*, which *text* led to, becomes with a *reply* in free words; None where that answers nothing.

    *text* is the message, with earlier replies as `extended` adds them. Options that were pressed in between are found
    again by the result that they led to; where several choices lead to one result, that is None too. A surface avoids
    this by extending the text with the label of what was pressed.
    """
    understood, choices = _replayed(text, context)
    if understood.verdict is not None or result.kind != "question":
        return None
    known = _found_again(understood, choices, result, context)
    if known is None and choices:
        known = _found_again(understood, {}, result, context)
    if known is None:
        return None
    return _answered(understood, known, reply, context)


def _replayed(text: str, context: ParseContext) -> tuple[Understanding, dict[str, Any]]:
    """The message as understood, and the choices that its replies made."""
    message, *replies = text.split(ANSWER_MARK)
    understood = understand(message, context)
    choices: dict[str, Any] = {}
    if understood.verdict is None:
        for reply in replies[:MOST_ANSWERS]:
            choices.update(_taken(understood, choices, reply, context))
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
    asked = [(question.about, question.text) for question in result.questions]
    return settled.result.rules == result.rules and [(point.about, point.text) for point in settled.points] == asked
