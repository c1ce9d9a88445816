"""What a rule would have done over the candles we have, for surfaces; decides no fill."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from core.app.offline import ReplayReport, StillAsking, replay_over
from core.app.parts import Parts
from core.domain.condition import markets_of
from core.domain.errors import BadInput, NotFound
from core.domain.ids import OwnerId
from core.domain.market import TIMEFRAME_S, Timeframe
from core.domain.reading import Holding, ParseContext
from core.domain.rule import RuleSet
from core.flow.sound import check_sound

MOST_CANDLES = 20_000
AT_ONCE = 2
_WITHIN_S = 20.0


class Replays:
    """The past, replayed in a thread of its own, a few at once, so that nobody who watches the present waits."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._free = asyncio.Semaphore(AT_ONCE)

    async def run(
        self,
        owner: OwnerId,
        said: str | RuleSet,
        *,
        market: str,
        timeframe: Timeframe,
        start: datetime,
        end: datetime,
        positions: Mapping[str, Holding] | None = None,
        equity: Decimal = Decimal(10_000),
    ) -> ReplayReport:
        """What *said*, confirmed at the first candle, would have done. Raises BadInput, NotFound, StillAsking."""
        listed = (await self._parts.venue.markets()).get(market)
        if listed is None:
            raise NotFound(f"{market[:20]!r} is not listed.", "See the markets.")
        if not timedelta(0) < end - start <= timedelta(seconds=MOST_CANDLES * TIMEFRAME_S[timeframe]):
            raise BadInput(f"Expected 1 to {MOST_CANDLES} candles from start to end.", "Choose other times.")
        candles = await self._parts.history(market, timeframe, start, end)
        if not candles:
            raise NotFound(f"No candles of {market} are kept for those times.", "Choose a later start.")
        held = dict(positions or {})
        async with self._parts.store.begin(owner) as tx:
            timezone = (await tx.read_owner()).timezone
        if isinstance(said, str):
            context = ParseContext(
                prices={market: candles[0].open},
                positions=held,
                max_leverage={market: listed.max_leverage},
                names={market: listed.name},
                timezone=timezone,
                now=candles[0].start,
            )
            result = await self._parts.parser.parse(said, context)
            if result.kind == "question":
                raise StillAsking(result)
            if result.kind != "rules":
                raise BadInput(result.reason or "That is no rule.", "Say a rule.")
            rules, words = result.rules, said
        else:
            rules, words = said, "rules"
        check_sound(rules, [market])
        if any(markets_of(spec.condition) - {market} for spec in rules):
            raise BadInput(f"Expected rules on {market} only.", "Replay one market at a time.")
        work = replay_over(candles, listed, rules, words, positions=held, equity=equity)
        async with self._free, asyncio.timeout(_WITHIN_S):
            return await asyncio.to_thread(asyncio.run, work)
