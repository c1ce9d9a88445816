"""Chooses between a language model's reading and the grammar's: where both agree it stands, where not it is asked.

Without a model, or where it gives nothing usable, the grammar answers alone; the result says so where one was set.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace

from core.domain.reading import ParseContext, ParseResult, Question
from core.parse.crosscheck import SURE, WHICH, agree, asked_alike, reachable, sure, which
from core.parse.extraction import BadAnswer
from core.parse.grammar import dialogue
from core.parse.grammar.replies import place_of
from core.parse.grammar.text import clean
from core.parse.grammar.understanding import Turn, Understanding
from core.parse.heard import understanding_of
from core.parse.model import ModelParser, NoAnswer, judged
from core.parse.tongues import in_their_tongue, tongue_of
from core.parse.witness import Ungrounded

_log = logging.getLogger(__name__)
_YES = frozenset({"yes", "y", "yep", "yeah", "yup", "sure", "ok", "okay", "right", "correct", "that one", "this one"})


class ChosenReader:
    """The parser that the product uses: the grammar, and beside it the language model that is set, if any."""

    def __init__(self, model: ModelParser | None = None) -> None:
        self._model = model
        self._turn: Turn | None = None
        self.name: str = "grammar" if model is None else model.name

    async def parse(self, text: str, context: ParseContext) -> ParseResult:
        """What *text* says in *context*; never raises for any text."""
        read = dialogue.read(text, context, turn=self._at(context))
        if self._model is None or read.kind == "command" or not clean(text).strip():
            # A command must not wait for anybody: "kill" least of all.
            return in_their_tongue(read, text) if self._model is None else read
        try:
            answer = await self._model.hear(text, context)
            heard = judged(answer, text, context, self._model.name)
        except NoAnswer as problem:
            return _alone(read, text, f"The language model gave no answer: {problem}")
        except (BadAnswer, Ungrounded) as problem:
            _log.info("The reading of %s was set aside: %s", self._model.name, problem)
            if read.kind not in ("rules", "question"):
                return _set_aside(read, text, problem)
            return _alone(read, text, f"The language model read it differently, which was set aside: {problem}")
        return _weighed(heard, read)

    def answer(self, words: str, asked: ParseResult, reply: str, context: ParseContext) -> ParseResult | None:
        """What *asked*, which *words* led to, becomes with a *reply* in free words; None where that answers nothing."""
        settled = _picked(asked, reply)
        if settled is not None:
            return settled
        for heard in _sources(asked):
            answered = dialogue.answer(words, asked, reply, context, heard=heard, turn=self._at(context))
            if answered is not None:
                return _kept(answered, asked)
        return None

    def correct(self, words: str, result: ParseResult, reply: str, context: ParseContext) -> ParseResult | str | None:
        """What *result*, which *words* led to, becomes with a correction; a sentence where it is doubtful."""
        if any(question.text in (WHICH, SURE) for question in result.questions):
            return None
        said: ParseResult | str | None = None
        for heard in _sources(result):
            corrected = dialogue.correct(words, result, reply, context, heard=heard, turn=self._at(context))
            if isinstance(corrected, ParseResult):
                return _kept(corrected, result)
            said = said or corrected
        return said

    async def close(self) -> None:
        """Let go of the model's connections."""
        if self._model is not None:
            await self._model.close()

    def _at(self, context: ParseContext) -> Turn:
        """The turn of a dialogue that is spoken in *context*; only the latest is remembered."""
        if self._turn is None or self._turn.context is not context:
            self._turn = Turn(context)
        return self._turn


# --- two readings ----------------------------------------------------------------------------------------------------


def _weighed(heard: ParseResult, read: ParseResult) -> ParseResult:
    """What two readings of one message come to: *heard* by the model, *read* by the grammar."""
    reads, hears = read.kind in ("rules", "question"), heard.kind in ("rules", "question")
    if not reads:
        # Only the model made something of it, and the words bear it out.
        return heard
    if not hears:
        # The grammar understood every word. A model that sees no instruction there is worth one question.
        return read if read.kind == "question" else _asking(sure(read), read, heard)
    if _same(heard, read):
        return replace(read, parser=heard.parser)
    if read.kind == "rules" and any(agree(read.rules, rules) for rules in reachable(heard)):
        # The model left something open that the grammar found in the words.
        return replace(read, parser=heard.parser)
    return _asking(which(heard, read), heard, heard)


def _same(heard: ParseResult, read: ParseResult) -> bool:
    if heard.kind != read.kind:
        return False
    return agree(heard.rules, read.rules) if read.kind == "rules" else asked_alike(heard, read)


def _asking(question: Question, best: ParseResult, heard: ParseResult) -> ParseResult:
    return ParseResult(
        kind="question",
        rules=best.rules,
        questions=(question,),
        assumptions=best.assumptions,
        parser=heard.parser,
        heard=heard.heard,
    )


def _alone(read: ParseResult, text: str, why: str) -> ParseResult:
    """The grammar's result with the reason that it stands alone."""
    note = f"{why}. The built-in grammar read this alone."
    if read.kind in ("rules", "question"):
        return replace(read, assumptions=(*read.assumptions, note))
    read = in_their_tongue(read, text)
    return replace(read, reason=f"{read.reason} ({note})")


def _set_aside(read: ParseResult, text: str, problem: Exception) -> ParseResult:
    """The no to words that only a model made something of, and wrongly."""
    foreign = isinstance(problem, Ungrounded) and problem.foreign
    if read.kind == "unsupported" or (tongue_of(text) is None and not foreign):
        return replace(read, reason=f"{read.reason} (The language model's reading was set aside: {problem}.)")
    reason = f"I am not sure what you mean: {problem}. Say it in other words, or in English."
    if foreign:
        reason = f"{str(problem)[0].upper()}{str(problem)[1:]}. Tell me what to buy, sell, close or watch, and when."
    return ParseResult(kind="unsupported" if foreign else "not_understood", reason=reason)


# --- answers ---------------------------------------------------------------------------------------------------------


def _sources(result: ParseResult) -> Sequence[Understanding | None]:
    """Whose understanding of the message a reply may be about: the model's, where it was kept, then the grammar's."""
    if result.heard is None:
        return (None,)
    try:
        return (understanding_of(result.heard), None)
    except (
        BadAnswer,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
    ):  # stored by a version whose answers had another form
        return (None,)


def _picked(asked: ParseResult, reply: str) -> ParseResult | None:
    """The reading that a reply picks, where readings were asked about."""
    question = next((one for one in asked.questions if one.text in (WHICH, SURE)), None)
    if question is None:
        return None
    said = re.sub(r"[\s.!]+", " ", reply.lower()).strip()
    place = place_of(said)
    if place is None:
        labels = [option.label.lower() for option in question.options]
        alone = len(labels) == 1 and said in _YES
        place = 0 if alone else next((n for n, label in enumerate(labels) if label == reply.strip().lower()), None)
    if place is None or not 0 <= place < len(question.options):
        return None
    option = question.options[place]
    return dialogue.chosen(asked, option)


def _kept(result: ParseResult, before: ParseResult) -> ParseResult:
    return replace(result, parser=before.parser, heard=before.heard)
