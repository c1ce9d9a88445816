"""What traded over HTTP, what it came to, and what led to it; decides no figure."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic_core import to_json as encode
from starlette.responses import StreamingResponse

from api.auth import CoreIn, Reading
from api.routes.history import Before, Limit
from api.routes.market import aware
from api.schemas import MarketName
from api.shapes import OriginOut, PnlOut, TradesOut, WorthsOut
from api.views import origin_view, reply, trade_view, worth_view
from core.app import Core
from core.codec import to_json
from core.domain.ids import OwnerId, RuleId
from core.domain.market import TIMEFRAME_S, Timeframe
from core.ports import TradeFilter

router = APIRouter(prefix="/api", tags=["trades"])
_COLUMNS = (
    "number", "at", "market", "side", "base", "price", "notional", "fee", "realised_pnl", "maker", "rule_id",
    "order_id", "venue", "simulated",
)  # fmt: skip


async def _wanted(
    market: Annotated[MarketName | None, Query()] = None,
    rule_id: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z_]{1,40}$")] = None,
    start: Annotated[datetime | None, Query()] = None,
    end: Annotated[datetime | None, Query()] = None,
) -> TradeFilter:
    return TradeFilter(
        market=market,
        rule_id=None if rule_id is None else RuleId(rule_id),
        start=None if start is None else aware(start),
        end=None if end is None else aware(end),
    )


Wanted = Annotated[TradeFilter, Depends(_wanted)]


@router.get("/trades", response_model=TradesOut)
async def trades(caller: Reading, core: CoreIn, wanted: Wanted, before: Before = None, limit: Limit = 50) -> Response:
    """What traded, newest first."""
    found = await core.trades.page(caller.owner, wanted, before, limit)
    more = {"next": found[-1][0]} if len(found) == limit else {}
    return reply({"trades": [trade_view(number, fill) for number, fill in found]} | more)


@router.get(
    "/trades/export",
    response_class=Response,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/TradeOut"}}},
            }
        }
    },
)
async def export(
    caller: Reading,
    core: CoreIn,
    wanted: Wanted,
    format: Annotated[Literal["csv", "json"], Query()] = "csv",  # noqa: A002
) -> Response:
    """Every trade that is wanted, as a file; newest first."""
    name = f'attachment; filename="saywhen-trades.{format}"'
    headers = {"Content-Disposition": name}
    if format == "csv":
        lines = _csv(core, caller.owner, wanted)
        return StreamingResponse(lines, media_type="text/csv", headers=headers)
    return StreamingResponse(_json(core, caller.owner, wanted), media_type="application/json", headers=headers)


async def _csv(core: Core, owner: OwnerId, wanted: TradeFilter) -> AsyncIterator[str]:
    yield ",".join(_COLUMNS) + "\r\n"
    async for batch in core.trades.all(owner, wanted):
        text = io.StringIO()
        writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore")
        writer.writerows(trade_view(number, fill) for number, fill in batch)
        yield text.getvalue()


async def _json(core: Core, owner: OwnerId, wanted: TradeFilter) -> AsyncIterator[bytes]:
    lead = b"["
    async for batch in core.trades.all(owner, wanted):
        yield lead + b",".join(encode(trade_view(number, fill)) for number, fill in batch)
        lead = b","
    yield b"[]" if lead == b"[" else b"]"


@router.get("/pnl", response_model=PnlOut)
async def pnl(
    caller: Reading, core: CoreIn, wanted: Wanted, by: Annotated[Literal["day", "market", "rule"], Query()] = "day"
) -> Response:
    """Realised profit, fees and funding apart, by day, market or rule."""
    lines = [
        {
            "key": line.key,
            "realised": to_json(line.realised),
            "fees": to_json(line.fees),
            "funding": to_json(line.funding),
            "net": to_json(line.realised - line.fees + line.funding),
            "fills": line.fills,
        }
        for line in await core.trades.pnl(caller.owner, by, wanted)
    ]
    return reply({"by": by, "lines": lines})


@router.get("/trades/{number}/origin", response_model=OriginOut)
async def origin(number: Annotated[int, Path(ge=1, le=2**53)], caller: Reading, core: CoreIn) -> Response:
    """What led to a trade: its order, the rule in the version that fired, and the words that were agreed to."""
    return reply(origin_view(await core.trades.origin(caller.owner, number)))


@router.get("/account/history", response_model=WorthsOut)
async def worth(
    caller: Reading,
    core: CoreIn,
    timeframe: Annotated[Timeframe, Query()] = "1h",
    start: Annotated[datetime | None, Query()] = None,
    end: Annotated[datetime | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 300,
) -> Response:
    """Equity at the end of each timeframe, and now: the last *limit* before *end* (now), or those from *start* on.

    It is derived from what the account is worth now and what traded, was funded or seized since, at the closes of the
    candles that are kept.
    """
    length, now = timedelta(seconds=TIMEFRAME_S[timeframe]), core.clock.now()
    until = None if end is None else aware(end)
    since = (until or now) - limit * length if start is None else aware(start)
    if (until or now) - since > limit * length:
        until = since + limit * length
    found = await core.trades.equity(caller.owner, timeframe, since, until)
    venue = core.parts.venue
    points = [worth_view(point) for point in (found[-limit:] if start is None else found[:limit])]
    return reply({"timeframe": timeframe, "venue": venue.name, "simulated": venue.simulated, "points": points})
