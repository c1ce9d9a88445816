"""Asks a language model what a message says, within a budget of time; decides nothing that its answer means.

The model extracts; grounding holds its answer to the words, and the grammar's back half makes rules or questions of it.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

from core.domain.money import plain
from core.domain.reading import Command, ParseContext, ParseResult, ParserName
from core.parse.crosscheck import sure
from core.parse.evidence import evidence_of
from core.parse.extraction import BadAnswer, Fields, read_answer, schema
from core.parse.grammar.calendar import zone_of
from core.parse.grammar.settle import settle
from core.parse.grammar.text import MAX_CHARS
from core.parse.grounding import doubtful, ground
from core.parse.heard import understanding_of
from core.parse.witness import Ungrounded

BUDGET_S = 8.0
"""How long a person waits for a model at most, retries and the first import included."""
MOST_TRIES = 3
FIRST_PAUSE_S = 0.4
_log = logging.getLogger(__name__)


class NoAnswer(Exception):
    """The model gave nothing to go by; the text says why, as in "it …", and never holds a key or the answer itself."""


class Busy(Exception):
    """The model may answer if it is asked again, after `retry_after_s` where it named a time."""

    def __init__(self, why: str, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class Backend(Protocol):
    """One provider's API, asked once."""

    name: ParserName

    async def complete(self, instructions: str, message: str, form: Mapping[str, Any]) -> str:
        """The model's answer to *message*, in the JSON Schema *form*. Raises NoAnswer or Busy."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class ModelParser:
    """A RuleParser that asks a language model and believes only what the words bear out."""

    def __init__(self, backend: Backend, *, budget_s: float = BUDGET_S) -> None:
        self.name: ParserName = backend.name
        self._backend = backend
        self._budget_s = budget_s

    async def parse(self, text: str, context: ParseContext) -> ParseResult:
        """What the model makes of *text*, grounded; never raises for anything a person can type."""
        try:
            return judged(await self.hear(text, context), text, context, self.name)
        except (NoAnswer, BadAnswer, Ungrounded) as problem:
            reason = f"The language model's reading cannot be used: {problem}. Say it in other words."
            return ParseResult(kind="not_understood", reason=reason, parser=self.name)

    async def hear(self, text: str, context: ParseContext) -> dict[str, Any]:
        """The model's answer, in the form that was asked for and nothing more. Raises NoAnswer."""
        if len(text) > MAX_CHARS:
            raise NoAnswer("it is not asked about messages this long")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._budget_s
        try:
            async with asyncio.timeout_at(deadline):
                instructions = await asyncio.to_thread(prompt)
                answer = await self._ask(instructions, message_of(text, context), deadline)
            return read_answer(answer)
        except TimeoutError:
            problem = NoAnswer(f"it did not answer within {self._budget_s:g} s")
        except (NoAnswer, BadAnswer) as failed:
            problem = NoAnswer(str(failed))
        _log.warning("%s gave no usable answer: %s", self.name, problem)
        raise problem from None

    async def _ask(self, instructions: str, message: str, deadline: float) -> str:
        pause = FIRST_PAUSE_S
        for tried in range(1, MOST_TRIES + 1):
            try:
                return await self._backend.complete(instructions, message, schema())
            except Busy as busy:
                wait = pause if busy.retry_after_s is None else busy.retry_after_s
                left = deadline - asyncio.get_running_loop().time()
                if tried == MOST_TRIES or wait >= left:
                    raise NoAnswer(str(busy)) from None
            await asyncio.sleep(wait)
            pause *= 2
        raise NoAnswer("it did not answer")

    async def close(self) -> None:
        """Let go of connections."""
        await self._backend.close()


@cache
def prompt() -> str:
    """The instructions, the same for every message, so that providers can keep them."""
    return Path(__file__).with_name("prompt.md").read_text(encoding="utf-8")


def message_of(text: str, context: ParseContext) -> str:
    """What the model is shown: one JSON object, so that no wording of *text* can end it."""
    here = context.now.astimezone(zone_of(None, context.timezone))
    markets = {
        market: {"price": plain(price), "name": context.names.get(market, market.split("-")[0])}
        for market, price in context.prices.items()
    }
    positions = {
        market: {"base": plain(held.base), "entry_price": plain(held.entry_price)}
        for market, held in context.positions.items()
    }
    shown = {
        "message": text,
        "markets": markets,
        "positions": positions,
        "now": here.isoformat(timespec="minutes"),
        "timezone": context.timezone,
    }
    return json.dumps(shown, ensure_ascii=False)


# --- what an answer comes to -----------------------------------------------------------------------------------------

_NO_INSTRUCTION = "That does not sound like an instruction. Tell me what to do and when."
_SAY_WHEN = "Tell me what to buy, sell, close or watch, and when."
_DECLINED: Mapping[str, tuple[Literal["unsupported", "not_understood"], str]] = {
    "transfer": ("unsupported", f"I trade perpetuals here; moving money, limits and keys is not for me. {_SAY_WHEN}"),
    "elsewhere": ("unsupported", f"I only trade perpetuals here, and watch prices, positions and time. {_SAY_WHEN}"),
    "unlisted": ("unsupported", "That is not among the markets here. See /prices for those that are."),
    "advice": ("not_understood", _NO_INSTRUCTION),
    "negation": ("not_understood", "I only act on what to do, not on what not to do. Say it without the negation."),
    "report": ("not_understood", _NO_INSTRUCTION),
    "talk": ("not_understood", "Tell me what to do and when, for example: sell half my SOL if it drops below 140."),
    "unclear": ("not_understood", "I could not read that in one way. Please say it in other words."),
}
SHOWN = frozenset({"positions", "prices", "rules", "trades", "balance", "help"})
"""Commands that change nothing; only these are taken from a model."""


def judged(answer: Fields, text: str, context: ParseContext, name: ParserName) -> ParseResult:
    """The result of a model's answer to *text*: rules or questions by code, a command, or an honest no.

    Raises Ungrounded or BadAnswer.
    """
    match answer["kind"]:
        case "rules":
            grounded = ground(answer, text, context)
            result = settle(understanding_of(grounded).drafts, context, {}).result
            if result.kind not in ("rules", "question"):
                raise BadAnswer("no rule can be made of its answer")
            result = replace(result, parser=name, heard=grounded)
            if not doubtful(text, context):
                return result
            return replace(result, kind="question", questions=(sure(result),))
        case "command":
            return _command(answer["command"], text, context, name)
        case _:
            kind, reason = _DECLINED.get(answer["why"], _DECLINED["unclear"])
            return ParseResult(kind=kind, reason=reason, parser=name)


def _command(said: Fields, text: str, context: ParseContext, name: ParserName) -> ParseResult:
    command = said["name"]
    if command in SHOWN:
        named = {mark.value for mark in evidence_of(text, context).marks if mark.kind == "COIN"}
        markets = tuple(market for market in named if market in context.prices)
        only = markets[0] if len(markets) == 1 and command in ("positions", "rules", "trades") else None
        shown = tuple(sorted(markets)) if markets and command == "prices" else None
        return ParseResult(kind="command", command=Command(name=command, market=only, markets=shown), parser=name)
    typed = _TYPED.get(command)
    if typed is None:
        raise BadAnswer("its answer names no command")
    reason = f"That may be a request to {typed[0]}. To be sure, type it yourself: {typed[1]}"
    return ParseResult(kind="not_understood", reason=reason, parser=name)


_TYPED: Mapping[str, tuple[str, str]] = {
    "pause_rules": ("pause rules", "/pause, or for example: pause my SOL rules"),
    "resume_rules": ("resume rules", "/resume, or for example: resume my SOL rules"),
    "cancel_rules": ("cancel rules", "for example: cancel my SOL rules"),
    "cancel_orders": ("cancel orders", "for example: cancel my SOL orders"),
    "kill": ("stop everything", "/kill"),
}
