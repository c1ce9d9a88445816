"""Things usable once, sessions and keys in PostgreSQL; decides that each is used once, not whom it lets in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.codec import to_json
from core.db.access_tables import api_keys, one_time, sessions
from core.db.connection import Database
from core.domain.ids import OwnerId
from core.ports.access import ApiKey, Once, Purpose, Session

_SWEPT_AT_ONCE = 100
_IS_GOOD = """
SELECT EXISTS (
    SELECT FROM sessions WHERE id = $1 AND ended_at IS NULL AND expires_at > $2
    UNION ALL SELECT FROM api_keys WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
)
"""


class PostgresCredentials:
    """The Credentials in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, once: Once) -> bool:
        row = {
            "purpose": once.purpose,
            "key": once.key,
            "owner": once.owner,
            "detail": to_json(once.detail),
            "created_at": once.created_at,
            "expires_at": once.expires_at,
        }
        # What nobody came for leaves with what comes after it, so that nothing piles up and no sweep is needed.
        old = select(one_time.c.purpose, one_time.c.key).where(one_time.c.expires_at <= once.created_at)
        old = old.limit(_SWEPT_AT_ONCE).with_for_update(skip_locked=True)

        async def work(connection: AsyncConnection) -> bool:
            gone = (await connection.execute(old)).all()
            for purpose, key in gone:
                await connection.execute(delete(one_time).where(one_time.c.purpose == purpose, one_time.c.key == key))
            return (await connection.execute(insert(one_time).values(row).on_conflict_do_nothing())).rowcount == 1

        async with self._database.begin() as connection:
            return await work(connection)

    async def take(self, purpose: Purpose, key: str, now: datetime) -> Once | None:
        gone = delete(one_time).where(one_time.c.purpose == purpose, one_time.c.key == key).returning(one_time)
        async with self._database.begin() as connection:
            row = (await connection.execute(gone)).mappings().one_or_none()
        return None if row is None or row["expires_at"] <= now else _once(row)

    async def pending(self, owner: OwnerId, purpose: Purpose, now: datetime) -> list[Once]:
        query = select(one_time).where(
            one_time.c.owner == owner, one_time.c.purpose == purpose, one_time.c.expires_at > now
        )
        return [_once(row) for row in await self._rows(query.order_by(one_time.c.created_at).limit(100))]

    async def add_session(self, session: Session) -> None:
        async with self._database.begin() as connection:
            await connection.execute(insert(sessions).values(_fields(session)))

    async def session(self, session_id: str) -> Session | None:
        found = await self._rows(select(sessions).where(sessions.c.id == session_id))
        return Session(**found[0]) if found else None

    async def is_good(self, credential_id: str, now: datetime) -> bool:
        return bool(await self._database.peek(_IS_GOOD, credential_id, now))

    async def sessions(self, owner: OwnerId, now: datetime) -> list[Session]:
        query = select(sessions).where(
            sessions.c.owner == owner, sessions.c.ended_at.is_(None), sessions.c.expires_at > now
        )
        return [Session(**row) for row in await self._rows(query.order_by(sessions.c.created_at.desc()).limit(100))]

    async def rotate(self, session: Session, *, was: int) -> bool:
        statement = (
            update(sessions)
            .where(sessions.c.id == session.id, sessions.c.generation == was, sessions.c.ended_at.is_(None))
            .values(_fields(session))
        )
        async with self._database.begin() as connection:
            return (await connection.execute(statement)).rowcount == 1

    async def end_sessions(self, owner: OwnerId, session_id: str | None, at: datetime) -> int:
        statement = update(sessions).where(sessions.c.owner == owner, sessions.c.ended_at.is_(None))
        if session_id is not None:
            statement = statement.where(sessions.c.id == session_id)
        async with self._database.begin() as connection:
            return (await connection.execute(statement.values(ended_at=at))).rowcount

    async def add_key(self, key: ApiKey) -> None:
        async with self._database.begin() as connection:
            await connection.execute(insert(api_keys).values(_fields(key) | {"scopes": list(key.scopes)}))

    async def key(self, key_id: str) -> ApiKey | None:
        found = await self._rows(select(api_keys).where(api_keys.c.id == key_id))
        return _key(found[0]) if found else None

    async def keys(self, owner: OwnerId) -> list[ApiKey]:
        query = select(api_keys).where(api_keys.c.owner == owner, api_keys.c.revoked_at.is_(None))
        return [_key(row) for row in await self._rows(query.order_by(api_keys.c.created_at, api_keys.c.id))]

    async def revoke_key(self, owner: OwnerId, key_id: str, at: datetime) -> bool:
        statement = update(api_keys).where(
            api_keys.c.id == key_id,
            api_keys.c.owner == owner,
            or_(api_keys.c.revoked_at.is_(None), api_keys.c.revoked_at > at),
        )
        async with self._database.begin() as connection:
            return (await connection.execute(statement.values(revoked_at=at))).rowcount == 1

    async def _rows(self, query: Any) -> Sequence[RowMapping]:
        async def look(connection: AsyncConnection) -> Sequence[RowMapping]:
            return (await connection.execute(query)).mappings().all()

        return await self._database.run(look)


def _fields(value: Session | ApiKey) -> dict[str, Any]:
    return {name: getattr(value, name) for name in type(value).__dataclass_fields__}


def _once(row: RowMapping) -> Once:
    owner = None if row["owner"] is None else OwnerId(row["owner"])
    return Once(**{**row, "owner": owner})


def _key(row: RowMapping) -> ApiKey:
    return ApiKey(**{**row, "scopes": tuple(row["scopes"])})
