"""Reads rules in plain English without network or key; what it cannot trace to the words it asks, and never guesses."""

from core.domain.reading import ParseContext, ParseResult
from core.parse.grammar.dialogue import answer, chosen, correct, extended, read
from core.parse.grammar.spelling import prepare

__all__ = ["GrammarParser", "answer", "chosen", "correct", "extended", "read"]


class GrammarParser:
    """The parser that always answers: no network, no key, no clock."""

    name = "grammar"

    def __init__(self) -> None:
        prepare()

    async def parse(self, text: str, context: ParseContext) -> ParseResult:
        """What *text* says in *context*."""
        return read(text, context)

    def read(self, text: str, context: ParseContext) -> ParseResult:
        """What *text* says in *context*; pure, bounded, and never raises for any text."""
        return read(text, context)

    def answer(self, words: str, asked: ParseResult, reply: str, context: ParseContext) -> ParseResult | None:
        """What *asked*, which *words* led to, becomes with a *reply* in free words; None where that answers nothing."""
        return answer(words, asked, reply, context)

    def correct(self, words: str, result: ParseResult, reply: str, context: ParseContext) -> ParseResult | str | None:
        """What *result*, which *words* led to, becomes with a correction; a sentence where it is doubtful."""
        return correct(words, result, reply, context)
