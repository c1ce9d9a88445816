"""Reads words through a scripted model on loopback, its SDK and everything behind it unmodified."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from core.domain.reading import ParseContext, ParseResult
from core.parse.choice import ChosenReader
from core.parse.claude import Claude
from core.parse.grammar import GrammarParser
from core.parse.model import Backend, ModelParser
from core.parse.openai import OpenAI
from tests.core.parse.spoken import context
from tests.emulators.llm.answers import Answer
from tests.emulators.llm.server import Models, Reply, Wire, says

KEY = "sk-test-do-not-show-me"
WIRES: tuple[Wire, ...] = ("anthropic", "openai")


def backend(wire: Wire, url: str, *, budget_s: float = 8.0) -> Backend:
    """The product's own backend, pointed at the emulator."""
    if wire == "anthropic":
        return Claude(api_key=KEY, model="claude-test", base_url=url, budget_s=budget_s)
    return OpenAI(api_key=KEY, model="gpt-test", base_url=url, budget_s=budget_s)


@asynccontextmanager
async def reader(wire: Wire, *replies: Reply, budget_s: float = 8.0) -> AsyncIterator[tuple[ChosenReader, Models]]:
    """A reader whose model answers as scripted."""
    async with Models(wire, *replies) as models:
        chosen = ChosenReader(ModelParser(backend(wire, models.url, budget_s=budget_s), budget_s=budget_s))
        try:
            yield chosen, models
        finally:
            await chosen.close()


class Canned:
    """A backend without a wire, for many answers in little time; the wire has its own tests."""

    name: Any = "claude"

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.messages: list[str] = []

    async def complete(self, instructions: str, message: str, form: Any) -> str:
        self.messages.append(message)
        return self.answer

    async def close(self) -> None:
        """Nothing to let go of."""


async def heard(text: str, answer: Answer, where: ParseContext | None = None) -> ParseResult:
    """What the product makes of *text* where the model answers *answer*."""
    return await ChosenReader(ModelParser(Canned(says(answer).text))).parse(text, where or context())


def alone(text: str, where: ParseContext | None = None) -> ParseResult:
    """What the grammar makes of it by itself."""
    return GrammarParser().read(text, where or context())
