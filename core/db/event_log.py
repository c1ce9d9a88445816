"""The events table as a log in which nothing is skipped; decides what is final and where a reader stands.

An event is final once every transaction with a smaller number is over: ids alone are handed out before their
transactions commit, and a reader that goes by them steps over rows that appear later. A cursor reads "epoch.xid.id".
An epoch begins when the tables were moved into another cluster, whose transaction numbers start anew: `begin_epoch`
moves the old numbers below zero, in their order, and cursors of older epochs are moved along when they are read.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from core.codec import event_from_json
from core.db.bell import EventBell
from core.db.connection import Database
from core.db.statement import Statement
from core.db.tables import event_epochs, events
from core.domain.errors import BadInput
from core.domain.event import Event
from core.domain.ids import EventId
from core.ports.storage import Cursor

BELL = "saywhen_events"

_log = logging.getLogger(__name__)

FINAL = events.c.xid < text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
"""What may be read: no transaction that began before it can still append in front of it."""
_BEGINNING = (-(2**62), 0)
_BEHIND = Statement(
    select(events.c.xid, events.c.id, events.c.body)
    .where(FINAL, tuple_(events.c.xid, events.c.id) > tuple_(bindparam("xid", type_=BigInteger), bindparam("number")))
    .order_by(events.c.xid, events.c.id)
    .limit(bindparam("most"))
)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


def readable(found: Iterable[Mapping[Any, Any]]) -> list[Event]:
    """The events in rows of `id` and `body`, but for those that cannot be read here."""
    read = []
    for row in found:
        try:
            read.append(replace(event_from_json(row["body"]), id=EventId(str(row["id"]))))
        except BadInput as problem:
            _log.error("event %s cannot be read here and is passed over: %s", row["id"], problem)
    return read


class PostgresEventLog:
    """The EventLog in PostgreSQL; all bells of one log share one connection that listens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shifts: list[int] | None = None
        self._bells: set[asyncio.Event] = set()
        self._listener: asyncio.Task[None] | None = None

    async def read(self, after: Cursor, limit: int = 500) -> tuple[list[Event], Cursor]:
        """Raises BadInput for a cursor that no log ever gave.

        What another version wrote and this one cannot read is passed over: it must not keep what follows from anybody.
        """
        if self._shifts is None:
            await self._database.run(self._epochs)
        shifts = self._shifts or []
        xid, number = _place(after, shifts) if after else _BEGINNING
        read: list[Event] = []
        while not read:
            found = await self._database.ask(_BEHIND, xid=xid, number=number, most=limit)
            if not found:
                return [], after
            read = readable(found)
            xid, number = found[-1]["xid"], found[-1]["id"]
        return read, _cursor(len(shifts), xid, number)

    async def end(self) -> Cursor:
        async def look(connection: AsyncConnection) -> Cursor:
            shifts = await self._epochs(connection)
            last = (
                await connection.execute(
                    select(events.c.xid, events.c.id)
                    .where(FINAL)
                    .order_by(events.c.xid.desc(), events.c.id.desc())
                    .limit(1)
                )
            ).first()
            return Cursor("") if last is None else _cursor(len(shifts), last.xid, last.id)

        return await self._database.run(look)

    @asynccontextmanager
    async def bell(self) -> AsyncIterator[EventBell]:
        ring = asyncio.Event()
        self._bells.add(ring)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="event-bell")
        try:
            yield EventBell(ring)
        finally:
            self._bells.discard(ring)
            if not self._bells and self._listener is not None:
                listener, self._listener = self._listener, None
                listener.cancel()
                await asyncio.wait({listener})

    async def _listen(self) -> None:
        """Ring all bells whenever something was appended, over connections that are replaced as they die."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                await self._listen_once()
                pause = _FIRST_PAUSE_S
            except Exception as problem:  # noqa: BLE001 - a bell that stays silent for ever slows every reader down
                _log.warning("The event bell is silent for %.1f s: %s", pause, problem)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _listen_once(self) -> None:
        """Return when the connection is lost."""
        connection = await self._database.connect()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(BELL, lambda *_: self._ring())
            self._ring()  # for what was appended while nobody listened
            await lost.wait()
        finally:
            connection.terminate()

    def _ring(self) -> None:
        for ring in self._bells:
            ring.set()

    async def place(self, connection: AsyncConnection, cursor: Cursor) -> tuple[int, int]:
        """The (xid, id) that *cursor* stands for; (below everything) for the beginning. Raises BadInput."""
        return _place(cursor, await self._epochs(connection)) if cursor else _BEGINNING

    async def cursor_at(self, connection: AsyncConnection, xid: int, id_: int) -> Cursor:
        """The place behind the event that has these numbers."""
        return _cursor(len(await self._epochs(connection)), xid, id_)

    async def _epochs(self, connection: AsyncConnection) -> list[int]:
        """By how much each epoch's beginning moved the numbers before it; never changes while anybody is connected."""
        if self._shifts is None:
            found = await connection.execute(select(event_epochs.c.shift).order_by(event_epochs.c.epoch))
            self._shifts = list(found.scalars())
        return self._shifts


async def begin_epoch(connection: AsyncConnection) -> None:
    """Begin a new epoch if the tables have come into another cluster since the last one. Nobody else may be connected.

    Facts: pg_control_system() names the cluster; a dump carries transaction numbers over as plain values, and those
    may lie above every number that the new cluster hands out for a long time.
    """
    cluster = str((await connection.execute(text("SELECT system_identifier FROM pg_control_system()"))).scalar_one())
    last = (await connection.execute(select(event_epochs).order_by(event_epochs.c.epoch.desc()).limit(1))).first()
    if last is not None and last.cluster == cluster:
        return
    shift = (await connection.execute(select(func.max(events.c.xid)))).scalar() or 0
    shift = max(shift + 1, 0) if last is not None else 0
    if shift > 0:
        await connection.execute(events.update().values(xid=events.c.xid - shift))
    number = 1 if last is None else last.epoch + 1
    await connection.execute(event_epochs.insert().values(epoch=number, cluster=cluster, shift=shift))


def _cursor(epoch: int, xid: int, id_: int) -> Cursor:
    return Cursor(f"{epoch}.{xid}.{id_}")


def _whole(part: str) -> int:
    number = int(part)
    if not (part.isascii() and -(2**62) < number < 2**62):
        raise ValueError
    return number


def _place(cursor: Cursor, shifts: list[int]) -> tuple[int, int]:
    """The (xid, id) that *cursor* stands for by now."""
    try:
        epoch, xid, id_ = (_whole(part) for part in cursor.split("."))
    except ValueError:
        raise BadInput(f"Expected a cursor that the event log gave, was {cursor!r}.") from None
    if not 0 < epoch <= len(shifts):
        raise BadInput(f"Expected a cursor of epoch 1 to {len(shifts)}, was {cursor!r}.")
    return xid - sum(shifts[epoch:]), id_
