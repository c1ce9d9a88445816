"""What needs neither database nor network: reading words, scoring that, and replaying them over a file of candles."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from core.codec import context_from_json, to_json
from core.db.memory import MemoryStore
from core.db.memory_ledger import MemoryLedger
from core.domain.errors import BadInput, SayWhenError
from core.domain.listing import LISTING
from core.domain.market import Candle, Market
from core.domain.reading import Holding, ParseContext, ParseResult
from core.domain.rule import RuleSet
from core.flow.replay import Replay, ReplayReport, SteppedClock
from core.parse.choice import in_their_tongue
from core.parse.grammar import GrammarParser
from core.parse.scoring import VERDICTS, Score, scored, share
from core.prices.replay import read_candles
from core.venues.paper import PaperVenue
from core.watchlist import HeapWatchlist

__all__ = [
    "VERDICTS",
    "ReplayReport",
    "Score",
    "StillAsking",
    "Unit",
    "read_words",
    "replay_over",
    "replay_words",
    "score_words",
    "share",
]

Unit = Literal["usd", "percent"]


class StillAsking(SayWhenError):
    """The words leave a question open that the caller's answer does not settle."""

    def __init__(self, result: ParseResult) -> None:
        super().__init__(result.questions[0].text, "Say it in the words, or answer the unit with --answer usd|percent.")
        self.result = result


def read_words(text: str, context: ParseContext) -> ParseResult:
    """What the built-in grammar makes of *text*, with no model set. Never raises."""
    return in_their_tongue(GrammarParser().read(text, context), text)


def score_words(
    lines: Iterable[Mapping[str, Any]], now: datetime, reader: Callable[[str, ParseContext], ParseResult] = read_words
) -> Score:
    """How *reader* (the built-in grammar) does on *lines* of the corpus's shape; *now* is for lines without a time.

    Raises BadInput for a context that is none, KeyError for a line without text, context or expectation.
    """

    def read(line: Mapping[str, Any]) -> Mapping[str, Any]:
        result: Mapping[str, Any] = to_json(reader(line["text"], context_from_json(line["context"], now)))
        return result

    return scored(lines, read)


async def replay_words(
    text: str,
    *,
    candles_file: Path,
    market: str,
    start: datetime | None = None,
    end: datetime | None = None,
    positions: Mapping[str, Holding] | None = None,
    equity: Decimal = Decimal(10_000),
    answer: Unit | None = None,
) -> ReplayReport:
    """What *text*, confirmed at the open of the file's first candle, would have done until its last.

    *equity* is the deposit (quote) beside *positions*. Raises BadInput for a file, market or words that cannot be used,
    and StillAsking where a question stays open.
    """
    listed = LISTING.get(market)
    if listed is None:
        raise BadInput(f"{market} is not listed.", f"Use one of {', '.join(LISTING)}.")
    candles = read_candles(candles_file, market, start=start, end=end)
    if not candles:
        raise BadInput(f"{candles_file.name} has no candles between those times.", "Widen --from and --to.")
    held = dict(positions or {})
    context = ParseContext(
        prices={market: candles[0].open},
        positions=held,
        max_leverage={market: listed.max_leverage},
        names={market: listed.name},
        now=candles[0].start,
    )
    result = _answered(text, read_words(text, context), answer, context)
    if result.kind != "rules":
        raise BadInput(result.reason or f"That is a {result.command.name if result.command else result.kind}, no rule.")
    return await replay_over(candles, listed, result.rules, text, positions=held, equity=equity)


async def replay_over(
    candles: Sequence[Candle],
    listed: Market,
    rules: RuleSet,
    words: str,
    *,
    positions: Mapping[str, Holding],
    equity: Decimal,
) -> ReplayReport:
    """What *rules*, confirmed at the first candle's open, would have done until the last of *candles* (one or more)."""
    clock = SteppedClock(candles[0].start)
    store = MemoryStore()
    ledger = MemoryLedger()
    # Marks move only where something happens, so an old one is no fault here.
    venue = PaperVenue(ledger, clock, {listed.symbol: listed}, deposit=equity, mark_max_age_s=10**9)
    owner = await store.create_owner("replay", "local", clock.now())
    for symbol, holding in positions.items():
        await venue.open_position(owner, symbol, holding.base, holding.entry_price)
    replay = Replay(
        store=store,
        log=store.event_log,
        queue=store.queue,
        venue=venue,
        clock=clock,
        make_watchlist=HeapWatchlist,
        owner=owner,
        market=listed.symbol,
        candles=candles,
    )
    return await replay.run(rules, words)


def _answered(text: str, result: ParseResult, answer: Unit | None, context: ParseContext) -> ParseResult:
    if result.kind != "question":
        return result
    if answer is not None and result.questions[0].about == "unit":
        answered = GrammarParser().answer(text, result, "dollars" if answer == "usd" else "percent", context)
        if answered is not None and answered.kind == "rules":
            return answered
        result = result if answered is None else answered
    raise StillAsking(result)
