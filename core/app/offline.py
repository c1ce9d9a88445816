"""What needs neither database nor network: reading words, and replaying them over a file of candles."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from core.db.memory import MemoryStore
from core.db.memory_ledger import MemoryLedger
from core.domain.errors import BadInput, SayWhenError
from core.domain.listing import LISTING
from core.domain.reading import Holding, ParseContext, ParseResult
from core.flow.replay import Replay, ReplayReport, SteppedClock
from core.parse.grammar import GrammarParser
from core.parse.tongues import in_their_tongue
from core.prices.replay import read_candles
from core.venues.paper import PaperVenue
from core.watchlist import HeapWatchlist

__all__ = ["ReplayReport", "StillAsking", "Unit", "read_words", "replay_words"]

Unit = Literal["usd", "percent"]


class StillAsking(SayWhenError):
    """The words leave a question open that the caller's answer does not settle."""

    def __init__(self, result: ParseResult) -> None:
        super().__init__(result.questions[0].text, "Say it in the words, or answer the unit with --answer usd|percent.")
        self.result = result


def read_words(text: str, context: ParseContext) -> ParseResult:
    """What the built-in grammar makes of *text*, with no model set. Never raises."""
    return in_their_tongue(GrammarParser().read(text, context), text)


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
    clock = SteppedClock(candles[0].start)
    store = MemoryStore()
    ledger = MemoryLedger()
    # Marks move only where something happens, so an old one is no fault here.
    venue = PaperVenue(ledger, clock, {market: listed}, deposit=equity, mark_max_age_s=10**9)
    owner = await store.create_owner("replay", "local", clock.now())
    for symbol, holding in held.items():
        await venue.open_position(owner, symbol, holding.base, holding.entry_price)
    replay = Replay(
        store=store,
        log=store.event_log,
        queue=store.queue,
        venue=venue,
        clock=clock,
        make_watchlist=HeapWatchlist,
        owner=owner,
        market=market,
        candles=candles,
    )
    return await replay.run(result.rules, text)


def _answered(text: str, result: ParseResult, answer: Unit | None, context: ParseContext) -> ParseResult:
    if result.kind != "question":
        return result
    if answer is not None and result.questions[0].about == "unit":
        answered = GrammarParser().answer(text, result, "dollars" if answer == "usd" else "percent", context)
        if answered is not None and answered.kind == "rules":
            return answered
        result = result if answered is None else answered
    raise StillAsking(result)
