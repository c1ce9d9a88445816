"""`saywhen parse`: words in, what they are understood as out; decides the context they are read in, stores nothing."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cli import score
from cli.arguments import text_of
from core.app.offline import read_words
from core.codec import context_from_json, to_json
from core.domain.errors import BadInput
from core.domain.listing import LISTING
from core.domain.money import plain, read_decimal
from core.domain.reading import Command, ParseContext, ParseResult
from core.domain.wording import read_back, say_price

_EXAMPLE_PRICES = {
    "SOL-PERP": "150",
    "BTC-PERP": "100000",
    "ETH-PERP": "3500",
    "JUP-PERP": "0.8",
    "WIF-PERP": "1.8",
    "BONK-PERP": "0.000022",
    "DRIFT-PERP": "0.6",
    "HYPE-PERP": "30",
}
"""Nobody's prices: they stand where a price is needed and none was given."""

Reader = Callable[[str, ParseContext], ParseResult]
_LONGEST_LINE = 2**20
_KINDS = {
    "rules": "Understood",
    "question": "One thing is missing",
    "command": "A command, no rule",
    "unsupported": "Understood, but SayWhen does not do it",
    "not_understood": "Not understood",
}


def run(options: Namespace) -> int:
    """Print one ParseResult, one for each line of a batch, or the score of a file."""
    if options.score is not None:
        if options.text or options.batch is not None:
            raise BadInput("Expected --score alone, was it with TEXT or --batch.")
        with _reader(options) as read:
            return score.run(options, read)
    if options.batch is not None:
        if options.text:
            raise BadInput("Expected TEXT or --batch, was both.")
        with _reader(options) as read:
            return _batch(options, read)
    if not options.text:
        raise BadInput("Expected TEXT, --batch or --score, was none.", 'Try saywhen parse "sell half my SOL at 170".')
    context = _context(options)
    with _reader(options) as read:
        result = read(text_of(options.text), context)
    if options.json:
        print(json.dumps(to_json(result)))
    else:
        for line in _lines(result, context, options):
            print(line)
    return 0


def _reader(options: Namespace) -> AbstractContextManager[Reader]:
    """What reads the words: the grammar, or a model beside it."""
    if options.parser == "grammar":
        return nullcontext(read_words)
    from core.app.words import model_reader
    from core.settings import read_settings

    return model_reader(read_settings(), options.parser)


def _context(options: Namespace) -> ParseContext:
    try:
        ZoneInfo(options.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "Use a name like Europe/Berlin or UTC."
        raise BadInput(f"{options.timezone[:60]!r} is no time zone I know.", hint) from None
    return context_from_json(_given(options), datetime.now(UTC) if options.now is None else options.now)


def _given(options: Namespace) -> dict[str, Any]:
    """What the options say of the context, in the language's JSON."""
    return {
        **_markets(None if options.prices is None else dict(options.prices)),
        "positions": dict(options.position or ()),
        "timezone": options.timezone,
    }


def _markets(prices: Mapping[str, str] | None) -> dict[str, Any]:
    """The markets that exist: those given, or what SayWhen lists, at example prices."""
    if prices:
        return {"prices": prices}
    return {
        "prices": _EXAMPLE_PRICES,
        "names": {market: LISTING[market].name for market in _EXAMPLE_PRICES},
        "max_leverage": {market: plain(LISTING[market].max_leverage) for market in _EXAMPLE_PRICES},
    }


# --- for people ----------------------------------------------------------------------------------------------------


def _lines(result: ParseResult, context: ParseContext, options: Namespace) -> Iterator[str]:
    headline = _KINDS[result.kind]
    if result.kind == "question" and len(result.questions) > 1:
        headline = f"{len(result.questions)} things are missing"
    yield f"{headline}: {_command(result.command)}" if result.command is not None else headline
    if result.reason is not None:
        yield f"  {result.reason}"
    for question in result.questions:
        yield f"  {question.text}"
        yield from (f"    {number}. {option.label}" for number, option in enumerate(question.options, 1))
    if result.kind == "rules":
        for line in read_back(
            result.rules, prices=context.prices, positions=context.positions, assumptions=result.assumptions
        ):
            yield f"  {line}"
    else:
        yield from (f"  Assumed: {assumption}" for assumption in result.assumptions)
    if options.prices is None:
        shown = ", ".join(f"{market} {say_price(price)}" for market, price in context.prices.items())
        yield f"  Read with example prices ({shown}); give others with --prices SOL-PERP=150."


def _command(command: Command) -> str:
    arguments = {key: item for key, item in to_json(command).items() if key != "name"}
    return " ".join([command.name.replace("_", " "), *(f"{key}={item}" for key, item in arguments.items())])


# --- batches -------------------------------------------------------------------------------------------------------


def _batch(options: Namespace, read: Reader) -> int:
    base = _context(options)
    for number, line in enumerate(_read(options.batch), 1):
        print(json.dumps(to_json(_result(line, number, base, options, read))))
    return 0


def _read(name: str) -> Iterable[bytes]:
    """Lines as bytes, so that one which is no UTF-8 spoils only itself."""
    if name == "-":
        yield from sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield from file
    except OSError as problem:
        raise BadInput(
            f"{name} cannot be read: {problem.strerror or problem}.", "Name a file, or - for input."
        ) from None


def _result(line: bytes, number: int, base: ParseContext, options: Namespace, read: Reader) -> ParseResult:
    """One line's result. Whatever is wrong with the line is said in its own result, and the next line goes on."""
    try:
        if len(line) > _LONGEST_LINE:
            raise BadInput(f"Expected at most {_LONGEST_LINE} bytes, was {len(line)}")
        request = json.loads(line, parse_float=read_decimal, parse_int=read_decimal, parse_constant=_no_number)
        if not isinstance(request, dict) or not isinstance(request.get("text"), str):
            raise BadInput('Expected an object with "text"')
        return read(request["text"], context_from_json(_request(request, options), base.now))
    except Exception as problem:  # noqa: BLE001 - a batch never stops at a bad line, however bad it is
        return _unread(number, str(problem) or type(problem).__name__)


def _request(request: Mapping[str, Any], options: Namespace) -> dict[str, Any]:
    """The line's own context; what it leaves out is what the options say."""
    given = _given(options)
    wanted = {
        key: request[key] for key in ("positions", "now", "timezone", "names", "max_leverage") if request.get(key)
    }
    prices = request.get("prices")
    if not isinstance(prices, dict | None):
        raise BadInput('Expected "prices" to be an object')
    if prices:
        wanted["prices"] = {market: _price(market, price) for market, price in prices.items()}
        given = {key: item for key, item in given.items() if key not in {"names", "max_leverage"}}
    zone = wanted.get("timezone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError, AttributeError):
        raise BadInput(f"{str(zone)[:60]!r} is no time zone I know") from None
    return {**given, **wanted}


def _price(market: str, price: object) -> Decimal:
    number = price if isinstance(price, Decimal) else read_decimal(str(price))
    if number <= 0:
        raise BadInput(f"Expected a price of {market[:20]} above 0, was {plain(number)}")
    return number


def _no_number(name: str) -> Decimal:
    raise ValueError(f"Expected a finite number, was {name}")


def _unread(number: int, why: str) -> ParseResult:
    said = " ".join(why.split())[:300].rstrip(".")
    return ParseResult(kind="not_understood", reason=f"Line {number} could not be read: {said}.")
