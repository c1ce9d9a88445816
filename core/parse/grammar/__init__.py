"""Reads rules in plain English without network or key; what it cannot trace to the words it asks, and never guesses."""

from core.domain.reading import ParseContext, ParseResult
from core.parse.grammar.settle import settle
from core.parse.grammar.understanding import understand

__all__ = ["GrammarParser", "read"]


def read(text: str, context: ParseContext) -> ParseResult:
    """What *text* says in *context*; pure, bounded, and never raises for any text."""
    understood = understand(text, context)
    if understood.verdict is not None:
        return understood.verdict
    return settle(understood.drafts, context, {}, notes=understood.notes).result


class GrammarParser:
    """The parser that always answers: no network, no key, no clock."""

    name = "grammar"

    async def parse(self, text: str, context: ParseContext) -> ParseResult:
        """See `read`."""
        return read(text, context)

    def read(self, text: str, context: ParseContext) -> ParseResult:
        """See the function `read`."""
        return read(text, context)
