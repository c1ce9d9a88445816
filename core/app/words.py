"""Which reader of words the settings ask for: the grammar alone, or with a language model beside it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.domain.errors import NotConfigured
from core.domain.reading import ParseContext, ParseResult
from core.parse.choice import ChosenReader
from core.parse.claude import Claude
from core.parse.model import Backend, ModelParser
from core.parse.openai import OpenAI
from core.settings import ParserSetting, Settings

__all__ = ["model_reader", "reader_for"]


def reader_for(settings: Settings, parser: ParserSetting | None = None) -> ChosenReader:
    """The reader that the settings (or *parser*, over them) ask for. Raises NotConfigured where its key is missing.

    Nothing is imported or connected before the first message.
    """
    chosen = parser or settings.parser
    if chosen == "auto":
        chosen = "claude" if settings.anthropic_api_key else "openai" if settings.openai_api_key else "grammar"
    if chosen == "grammar":
        return ChosenReader()
    return ChosenReader(ModelParser(_backend(settings, chosen)))


def _backend(settings: Settings, name: ParserSetting) -> Backend:
    claude = name == "claude"
    key = settings.anthropic_api_key if claude else settings.openai_api_key
    if key is None:
        variable = "ANTHROPIC_API_KEY" if claude else "OPENAI_API_KEY"
        raise NotConfigured(f"The parser {name} needs {variable}.", f"Set {variable}, or use the parser grammar.")
    secret = key.get_secret_value()
    if claude:
        return Claude(api_key=secret, model=settings.anthropic_model, base_url=settings.anthropic_base_url)
    return OpenAI(api_key=secret, model=settings.openai_model, base_url=settings.openai_base_url)


@contextmanager
def model_reader(settings: Settings, parser: ParserSetting) -> Iterator[Callable[[str, ParseContext], ParseResult]]:
    """A plain function that reads words with a model beside the grammar, for a command without a loop of its own."""
    reader = reader_for(settings, parser)
    with asyncio.Runner() as runner:
        try:
            yield lambda text, context: runner.run(reader.parse(text, context))
        finally:
            runner.run(reader.close())
