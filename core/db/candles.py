"""Candles of a minute in PostgreSQL, and larger ones built from them; decides their edges, no price."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import Select

from core.db import rows
from core.db.connection import Database
from core.db.tables import price_snapshots
from core.domain.market import TIMEFRAME_S, Candle, Timeframe

_BATCH = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def save_candles(database: Database, candles: Sequence[Candle]) -> None:
    """Keep *candles*, in place of those of the same minutes. Raises ValueError for any that are not of a minute."""
    larger = next((candle for candle in candles if candle.timeframe != "1m"), None)
    if larger is not None:
        raise ValueError(f"Expected candles of 1m, was {larger.timeframe}")
    latest = {(candle.market, candle.start): rows.candle_row(candle) for candle in candles}
    new = insert(price_snapshots)
    replaced = {column.name: new.excluded[column.name] for column in price_snapshots.c if not column.primary_key}
    statement = new.on_conflict_do_update(index_elements=["market", "start"], set_=replaced)
    ordered = [latest[key] for key in sorted(latest)]
    for begin in range(0, len(ordered), _BATCH):
        batch = ordered[begin : begin + _BATCH]

        async def save(connection: AsyncConnection, batch: list[dict[str, Any]] = batch) -> None:
            await connection.execute(statement, batch)

        await database.run(save)


async def read_candles(
    database: Database, market: str, timeframe: Timeframe, start: datetime, end: datetime
) -> list[Candle]:
    """Candles from *start* to before *end*, larger ones aligned to UTC; the last may still lack minutes to come."""
    query = _candles_query(market, TIMEFRAME_S[timeframe], start, end)

    async def look(connection: AsyncConnection) -> list[Candle]:
        return [rows.candle_of(row, timeframe) for row in (await connection.execute(query)).mappings()]

    return await database.run(look)


def _candles_query(market: str, seconds: int, start: datetime, end: datetime) -> Select[Any]:
    minute = price_snapshots.c
    within = select(price_snapshots).where(minute.market == market, minute.start >= start)
    if seconds == 60:
        return within.where(minute.start < end).order_by(minute.start)
    size = timedelta(seconds=seconds)
    bucket = func.date_bin(size, minute.start, _EPOCH)
    first = -((_EPOCH - start) // size)  # rounded up: a bucket that began before *start* is not asked for
    first_start = _EPOCH + first * size

    def _edge(column: Any, *, last: bool) -> Any:
        order = minute.start.desc() if last else minute.start.asc()
        return func.array_agg(aggregate_order_by(column, order))[1]

    return (
        select(
            minute.market,
            bucket.label("start"),
            _edge(minute.open, last=False).label("open"),
            func.max(minute.high).label("high"),
            func.min(minute.low).label("low"),
            _edge(minute.close, last=True).label("close"),
            func.sum(minute.volume).label("volume"),
            func.avg(minute.funding_rate).label("funding_rate"),
            _edge(minute.source, last=True).label("source"),
        )
        .where(minute.market == market, minute.start >= first_start, bucket < end)
        .group_by(minute.market, bucket)
        .order_by(bucket)
    )
