"""The Inbox in PostgreSQL: each letter once, by the channel's own number; decides nothing about its answer."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.chat_tables import inbox, shown
from core.db.connection import Database
from core.db.statement import Statement
from core.ports import Letter

_KEEP = Statement(
    text("""
WITH alive AS (
    UPDATE links SET dead_since = NULL, dead_reason = NULL
    WHERE channel = :channel AND address = ANY (:reachable) AND dead_since IS NOT NULL
), kept AS (
    INSERT INTO inbox (channel, account, number, person, body, sent_at)
    SELECT :channel, :account, * FROM unnest(:numbers, :people, :bodies, :times)
    ON CONFLICT DO NOTHING RETURNING number, person
)
SELECT kept.number, links.owner FROM kept LEFT JOIN links ON links.channel = :channel AND links.address = kept.person
""").bindparams(
        bindparam("channel", type_=Text),
        bindparam("account", type_=Text),
        bindparam("numbers", type_=ARRAY(BigInteger)),
        bindparam("people", type_=ARRAY(Text)),
        bindparam("reachable", type_=ARRAY(Text)),
        bindparam("bodies", type_=ARRAY(JSONB)),
        bindparam("times", type_=ARRAY(DateTime(timezone=True))),
    )
)
# These do no harm when done twice.
_ANSWERED = """
UPDATE inbox SET answered_at = $4, body = NULL WHERE channel = $1 AND account = $2 AND number = ANY ($3)
"""
_SHOW = """
WITH note AS (
    INSERT INTO shown (channel, place, ref, person, key, shown_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (channel, place, ref) DO UPDATE SET key = excluded.key, person = excluded.person,
        shown_at = excluded.shown_at
)
UPDATE shown SET key = NULL WHERE channel = $1 AND place = $2 AND key = $5 AND ref <> $3 RETURNING ref
"""
_SHOWN_AT = "SELECT person, key FROM shown WHERE channel = $1 AND place = $2 AND ref = $3"


class PostgresInbox:
    """The Inbox in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, letters: Sequence[Letter]) -> list[Letter]:
        if not letters:
            return []
        # Never tried twice: the second time nothing would be new, and nobody would answer.
        found = await self._database.ask_once(
            _KEEP,
            channel=letters[0].channel,
            account=letters[0].account,
            numbers=[letter.number for letter in letters],
            people=[letter.person for letter in letters],
            reachable=sorted({letter.person for letter in letters if letter.private}),
            bodies=[json.dumps(dict(letter.body)) for letter in letters],
            times=[letter.sent_at for letter in letters],
        )
        fresh = {row["number"]: row["owner"] for row in found}
        return [replace(letter, owner=fresh[letter.number]) for letter in letters if letter.number in fresh]

    async def unanswered(self, channel: str, account: str) -> list[Letter]:
        query = (
            select(inbox)
            .where(inbox.c.channel == channel, inbox.c.account == account, inbox.c.answered_at.is_(None))
            .order_by(inbox.c.number)
        )

        async def look(connection: AsyncConnection) -> list[Letter]:
            return [
                Letter(
                    channel=row.channel,
                    account=row.account,
                    number=row.number,
                    person=row.person,
                    body=row.body or {},
                    sent_at=row.sent_at,
                )
                for row in await connection.execute(query)
            ]

        return await self._database.run(look)

    async def answered(self, channel: str, account: str, numbers: Collection[int], at: datetime) -> None:
        if not numbers:
            return
        await self._database.fetch(_ANSWERED, channel, account, sorted(numbers), at)

    async def show(self, channel: str, place: str, ref: str, person: str, key: str | None, at: datetime) -> list[str]:
        return [row["ref"] for row in await self._database.fetch(_SHOW, channel, place, ref, person, key, at)]

    async def shown_at(self, channel: str, place: str, ref: str) -> tuple[str, str | None] | None:
        found = await self._database.fetch(_SHOWN_AT, channel, place, ref)
        return (found[0]["person"], found[0]["key"]) if found else None

    async def sweep(self, before: datetime) -> int:
        old = (
            delete(inbox).where(inbox.c.answered_at < before),
            delete(shown).where(shown.c.shown_at < before),
        )

        async def clear(connection: AsyncConnection) -> int:
            return sum([(await connection.execute(statement)).rowcount for statement in old])

        return await self._database.run(clear)
