"""What a parser made of somebody's words: a rule set, questions, a command, or an honest no."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from core.domain.action import DEFAULT_SLIPPAGE_BPS
from core.domain.rule import RuleSet

QuestionAbout = Literal[
    "unit",
    "market",
    "size",
    "side",
    "already_true",
    "far_price",
    "leverage",
    "contradiction",
    "time",
    "timeframe",
    "value",
]
CommandName = Literal[
    "positions",
    "prices",
    "rules",
    "trades",
    "balance",
    "pause_rules",
    "resume_rules",
    "cancel_rules",
    "cancel_orders",
    "help",
    "kill",
]
RuleFilter = Literal["stop_loss", "take_profit", "dca", "alert"]
ParserName = Literal["grammar", "claude", "openai"]
DEFAULT_MAX_LEVERAGE = Decimal(20)
ANSWER_MARK = "\n↳ "
"""Stands before each reply in a draft's words: the message, then one line an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An open position as a parser needs it: signed base, average entry price in quote."""

    base: Decimal
    entry_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseContext:
    """What is true while the words are read.

    `prices` by market (quote): these are the markets that exist. `names` maps a market to the coin's spoken name.
    """

    prices: Mapping[str, Decimal]
    positions: Mapping[str, Holding] = field(default_factory=dict)
    max_leverage: Mapping[str, Decimal] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    slippage_bps: int = DEFAULT_SLIPPAGE_BPS
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer to a question and the whole rule set that results from it.

    `questions` are what would still be open after choosing it.
    """

    label: str
    rules: RuleSet
    questions: "tuple[Question, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that only the trader can say; answered by an option or in free words."""

    about: QuestionAbout
    text: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A request that is no rule."""

    name: CommandName
    markets: tuple[str, ...] | None = None
    market: str | None = None
    rule_ids: tuple[str, ...] | None = None
    filter: RuleFilter | None = None
    all: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseResult:
    """What parsing returns; see the rule language."""

    kind: Literal["rules", "question", "command", "unsupported", "not_understood"]
    rules: RuleSet = ()
    questions: tuple[Question, ...] = ()
    command: Command | None = None
    assumptions: tuple[str, ...] = ()
    reason: str | None = None
    parser: ParserName = "grammar"
    heard: Mapping[str, Any] | None = None
    """What a language model extracted, held to the words: answers and corrections are read against it."""
