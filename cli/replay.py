"""`saywhen replay`: a rule over a file of candles, told with times and prices; decides no fill."""

import asyncio
import json
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any

from cli.arguments import text_of
from core.app.offline import ReplayReport, StillAsking, replay_words
from core.codec import to_json
from core.domain.errors import BadInput
from core.domain.money import read_decimal
from core.domain.reading import Holding, ParseResult
from core.domain.wording import say_amount, say_money, say_price, say_rule, say_signed_money


def run(options: Namespace) -> int:
    """Print every trigger and fill, and what is left in the end."""
    try:
        report = asyncio.run(
            replay_words(
                text_of([options.text]),
                candles_file=options.prices,
                market=options.market,
                start=options.start,
                end=options.end,
                positions=dict(_holding(market, held) for market, held in options.position or ()),
                equity=options.equity,
                answer=options.answer,
            )
        )
    except StillAsking as asking:
        raise BadInput(_question(asking.result), asking.hint) from None
    if options.json:
        print(json.dumps(_json(report)))
    else:
        for line in _lines(report, options.market):
            print(line)
    return 0


def _holding(market: str, held: str) -> tuple[str, Holding]:
    base, _, entry = held.partition("@")
    return market, Holding(base=read_decimal(base), entry_price=read_decimal(entry))


def _question(result: ParseResult) -> str:
    question = result.questions[0]
    options = " | ".join(option.label for option in question.options)
    return f"{question.text} ({options})" if options else question.text


def _json(report: ReplayReport) -> dict[str, Any]:
    return {
        "rules": to_json(report.rules),
        "triggers": [to_json(trigger) for trigger in report.triggers],
        "fills": [to_json(fill) for fill in report.fills],
        "final": {
            "equity": to_json(report.equity),
            "pnl": to_json(report.pnl),
            "positions": to_json(report.positions),
        },
    }


def _lines(report: ReplayReport, market: str) -> Iterator[str]:
    for spec in report.rules:
        yield f"{spec.id}: {say_rule(spec, {}, after=spec.after or 'the rule before it')}"
    happened = [
        (trigger.at, f"{trigger.rule} fires{'' if trigger.price is None else _at(trigger.price)}")
        for trigger in report.triggers
    ]
    for fill in report.fills:
        deed = "buys" if fill.side == "buy" else "sells"
        size = say_amount(fill.base, market, exact=True)
        happened.append((fill.at, f"{fill.rule} {deed} {size}{_at(fill.price)}, fee {say_money(fill.fee)}"))
    yield ""
    for at, what in sorted(happened, key=lambda item: item[0]):  # stable: a trigger stays before its fill
        yield f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC  {what}"
    if not happened:
        yield "Nothing fired."
    yield from (f"Note: {note}" for note in report.notes)
    yield ""
    held = [say_amount(base, symbol, exact=True) for symbol, base in report.positions.items() if base != 0]
    left = f"holding {', '.join(held)}" if held else "no position"
    yield f"At the end: equity {say_money(report.equity)}, PnL {say_signed_money(report.pnl)}, {left}."


def _at(price: Decimal) -> str:
    return f" at {say_price(price)}"
