"""Prices, markets and candles over HTTP, and what a rule would have done; decides no price."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import CoreIn, Reading, Writing
from api.schemas import MarketName, ReplayIn, whole
from api.shapes import CandlesOut, MarketsOut, PricesOut, ReplayOut
from api.views import candle_view, market_view, price_view, reply
from core.app.offline import StillAsking
from core.codec import rules_from_json, to_json
from core.domain.errors import BadInput
from core.domain.market import TIMEFRAME_S, Timeframe
from core.domain.money import read_decimal
from core.domain.reading import Holding
from core.domain.rule import RuleSet
from core.domain.wording import say_rule

router = APIRouter(prefix="/api", tags=["market"])
_MOST = 1_000


@router.get("/prices", response_model=PricesOut)
async def prices(caller: Reading, core: CoreIn) -> Response:  # noqa: ARG001 - whoever looks is signed in
    """Fresh, trusted prices of every market that has one."""
    body = {
        "prices": [price_view(seen) for seen in core.prices.latest()],
        "source": core.prices.source_name,
        "simulated": core.prices.simulated,
    }
    return reply(body | ({} if core.prices.notice is None else {"notice": core.prices.notice}))


@router.get("/markets", response_model=MarketsOut)
async def markets(caller: Reading, core: CoreIn) -> Response:  # noqa: ARG001
    """What can be traded."""
    return reply({"markets": [market_view(market) for market in await core.prices.markets()]})


@router.get("/candles", response_model=CandlesOut)
async def candles(  # noqa: PLR0917 - a query has as many parts as it has
    caller: Reading,  # noqa: ARG001
    core: CoreIn,
    market: Annotated[MarketName, Query()],
    timeframe: Annotated[Timeframe, Query()] = "1m",
    start: Annotated[datetime | None, Query()] = None,
    end: Annotated[datetime | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 300,
) -> Response:
    """Closed candles, oldest first: the last *limit* before *end* (now), or those from *start* on."""
    length = timedelta(seconds=TIMEFRAME_S[timeframe])
    until = core.clock.now() if end is None else aware(end)
    most = aware(start) + limit * length if start is not None else until
    until = min(until, most)
    since = aware(start) if start is not None else until - limit * length
    found = await core.prices.candles(market, timeframe, since, until) if since < until else []
    return reply({"candles": [candle_view(candle) for candle in found[-limit:]]})


@router.post("/replay", response_model=ReplayOut)
async def replay(body: ReplayIn, caller: Writing, core: CoreIn) -> Response:
    """What would this rule have done over the candles that are kept? Nothing is armed and nothing trades."""
    if (body.text is None) == (body.rules is None):
        raise BadInput("Expected text or rules, and not both.", "Send one of them.")
    said: str | RuleSet = body.text if body.text is not None else rules_from_json(body.rules)
    end = core.clock.now() if body.end is None else aware(body.end)
    start = end - timedelta(days=1) if body.start is None else aware(body.start)
    try:
        report = await core.replays.run(
            caller.owner,
            said,
            market=body.market,
            timeframe=body.timeframe,
            start=start,
            end=end,
            positions={} if body.position is None else {body.market: _holding(body.position)},
            equity=whole(body.equity),
        )
    except StillAsking as asking:
        options = " / ".join(option.label for option in asking.result.questions[0].options)
        raise BadInput(f"{asking} ({options})", "Say it in the words.") from None
    return reply(
        {
            "rules": [say_rule(spec, {}) for spec in report.rules],
            "triggers": to_json(report.triggers),
            "fills": to_json(report.fills),
            "equity": to_json(report.equity),
            "pnl": to_json(report.pnl),
            "positions": to_json(report.positions),
            "notes": list(report.notes),
        }
    )


def aware(at: datetime) -> datetime:
    """Raises BadInput for a time without an offset, or too far from any that is meant."""
    if at.tzinfo is None:
        raise BadInput("Expected a time with its offset.", "End it in Z or +00:00.")
    if not 1980 <= at.year <= 2200:
        raise BadInput(f"Expected a time of our days, was the year {at.year}.", "Correct the year.")
    return at


def _holding(text: str) -> Holding:
    base, _, entry = text.partition("@")
    try:
        holding = Holding(base=read_decimal(base), entry_price=read_decimal(entry))
    except ValueError:
        raise BadInput(f"Expected a position like +2@148, was {text!r}.", "Correct it.") from None
    if holding.base == 0 or holding.entry_price <= 0 or abs(holding.base) > Decimal(10**9):
        raise BadInput(f"Expected a position like +2@148, was {text!r}.", "Correct it.")
    return holding
