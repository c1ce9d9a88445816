"""Decides how to decline: what this product does not do, what is no instruction, and what was not understood."""

import re
from collections.abc import Sequence

from core.domain.reading import ParseResult, Question
from core.parse.grammar.items import Item
from core.parse.grammar.reader import Sentence

_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")
_NO_RULE = frozenset({"ADVICE", "REPORT"})


def declined(sentences: Sequence[Sentence], leftover: Sequence[Item], markets: Sequence[str]) -> ParseResult:
    """The answer to a message with words that could carry meaning and were not used."""
    items = [item for sentence in sentences for item in sentence.items]
    kinds = {item.kind for item in leftover}
    foreign = next((item for item in items if item.kind == "FOREIGN"), None)
    if foreign is not None:
        return unsupported(
            f"{foreign.text!r} is not something I do: I trade perpetuals here, and cannot move money or act elsewhere. "
            "Tell me what to buy, sell, close or watch, and when."
        )
    cash = next((item for item in items if item.kind == "OTHERCASH"), None)
    if cash is not None:
        return unsupported(f"I count in US dollars only, not {cash.text!r}. Say the amount or price in dollars.")
    coin = next((item for item in items if item.kind == "NOCOIN"), None)
    if coin is not None and _trades(items):
        known = ", ".join(market.split("-")[0] for market in list(markets)[:12])
        return unsupported(f"{coin.text!r} is not among the markets here. You can trade {known}.")
    said = {item.kind for item in items}
    if "BETWEEN" in kinds and said & {"CLOCK", "NOON", "MIDNIGHT"}:
        return unsupported("I do not keep to hours of the day. Give it a price or a time, or an end like “until 5pm”.")
    if comma := next((item for item in leftover if _DECIMAL_COMMA.fullmatch(item.text)), None):
        point = comma.text.replace(",", ".")
        return not_understood(f"I read a comma only between thousands. Write {point} instead of {comma.text}.")
    if kinds & _NO_RULE:
        return not_understood("That does not sound like an instruction. Tell me what to do and when.")
    beyond = next((item.value for item in leftover if item.kind == "BEYOND"), None)
    beyond = beyond or next(("worth" for item in leftover if item.text.lower() == "equity"), None)
    if beyond is not None and _trades(items):
        return unsupported(_BEYOND[beyond])
    if "NOT" in kinds:
        words = {item.text.lower() for item in leftover}
        return not_understood(next((reason for word, reason in _TURNED.items() if word in words), _NEGATED))
    return not_understood(f"I did not understand {_quoted(leftover)}. Please say that part in other words.")


_BEYOND = {
    "day": (
        "I do not count what a day wins or loses. I can watch the profit and loss of a position, or of all of them "
        "together: “close everything if I am down $200 in total”."
    ),
    "risk": (
        "I do not work out a size from what is at risk. Say how much to trade, like 2 SOL or $200, and where the "
        "stop is."
    ),
    "chart": (
        "I do not read that from a chart. I can watch the price, candle closes, RSI, moving averages, MACD, Bollinger "
        "bands, ATR and volume."
    ),
    "worth": (
        "I do not watch what the account is worth. I can watch its health, leverage, margin ratio and free collateral, "
        "or the profit and loss of your positions."
    ),
    "ratio": "I watch one market's price at a time, not how two of them compare. Say a price for each.",
}
"""What is understood and not done here, with what can be done instead."""
_NEGATED = "I only act on what to do, not on what not to do. Say it without the negation."
_TURNED = {
    "unless": "I cannot watch “unless”. Turn it round, please: “… if A and B is below 62,000”.",
    "except": "I cannot leave one out of all. Name each position that I should close.",
}


def _trades(items: Sequence[Item]) -> bool:
    """Whether the message speaks of trading or watching at all."""
    trading = {
        "BUY",
        "SELL",
        "LONG",
        "SHORT",
        "CLOSE",
        "ALERT",
        "STOP",
        "TARGET",
        "TRAIL",
        "IF",
        "PRICE",
        "REVERSE",
        "TRIM",
    }
    return bool(trading & {item.kind for item in items}) or len(items) <= 2


def _quoted(leftover: Sequence[Item]) -> str:
    texts = list(dict.fromkeys((item.slip or item.text)[:40] for item in leftover if item.text))[:4]
    return " and ".join(f"“{text}”" for text in texts) or "that"


def unheeded(lost: Sequence[Item]) -> ParseResult:
    """The answer to a message of which something would be in none of its rules."""
    return not_understood(f"I do not know what {_quoted(lost)} should do there. Please say that part in other words.")


def contradicted(sentences: Sequence[Sentence]) -> ParseResult | None:
    """A question where one sentence asks for what another forbids: "close it … don't close it"."""
    if len(sentences) < 2:
        return None
    verbs = {"BUY", "SELL", "LONG", "SHORT", "CLOSE", "REVERSE", "COVER", "TRIM", "CUT"}
    forbidden = [sentence for sentence in sentences if any(item.kind == "NOT" for item in sentence.items)]
    asked = [sentence for sentence in sentences if sentence not in forbidden]
    said = {item.kind for sentence in asked for item in sentence.items} & verbs
    denied = {item.kind for sentence in forbidden for item in sentence.items} & verbs
    if not said & denied:
        return None
    text = "You ask for it and against it. Which of the two do you mean?"
    return ParseResult(kind="question", questions=(Question(about="contradiction", text=text),))


def not_understood(reason: str) -> ParseResult:
    """An honest no."""
    return ParseResult(kind="not_understood", reason=reason)


def unsupported(reason: str) -> ParseResult:
    """Understood, and not done here."""
    return ParseResult(kind="unsupported", reason=reason)
