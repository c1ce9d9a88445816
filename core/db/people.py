"""Owners' wallets, links, approvals and the audit log in PostgreSQL; decides no permission."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.codec import to_json
from core.db import rows
from core.db.access_tables import approvals, audit_log
from core.db.connection import Database
from core.db.store import LINK_LOCK, PostgresStore
from core.db.tables import limits, links, orders, trading_rules, users, wallets
from core.db.transaction import OWNER_LOCK, PostgresTransaction
from core.domain.errors import Conflict
from core.domain.event import AccountApprovalRequested, AccountLinked
from core.domain.ids import OwnerId
from core.domain.limit import Limits
from core.domain.order import IN_FLIGHT, OrderState
from core.domain.rule import LIVE
from core.ports.access import Approval, AuditLine, Link, Wallet

_SIGNIN = "signin"
_OPEN = frozenset({*IN_FLIGHT, OrderState.PLANNED})


class PostgresPeople:
    """The People in PostgreSQL; what others must hear of is written with its event in one transaction."""

    def __init__(self, database: Database, store: PostgresStore) -> None:
        self._database = database
        self._store = store

    async def create(self, at: datetime) -> OwnerId:
        async with self._database.begin() as connection:
            return await _create(connection, at)

    async def of_wallet(self, address: str, at: datetime) -> OwnerId:
        async with self._database.begin() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(LINK_LOCK, func.hashtext(f"wallet {address}"))))
            known = await _owner_of(connection, address)
            if known is not None:
                return known
            owner = await _create(connection, at)
            await connection.execute(insert(wallets).values(address=address, owner=owner, kind=_SIGNIN, created_at=at))
            return owner

    async def wallets(self, owner: OwnerId) -> list[Wallet]:
        shown = (wallets.c.address, wallets.c.created_at, wallets.c.trading, wallets.c.delegated_at)
        query = select(*shown).where(wallets.c.owner == owner, wallets.c.kind == _SIGNIN)
        return [Wallet(**row) for row in await self._rows(query.order_by(wallets.c.created_at, wallets.c.address))]

    async def add_wallet(self, owner: OwnerId, address: str, at: datetime) -> None:
        async with self._store.begin(owner) as tx:
            connection = cast(PostgresTransaction, tx).connection
            new = insert(wallets).values(address=address, owner=owner, kind=_SIGNIN, created_at=at)
            if (await connection.execute(new.on_conflict_do_nothing())).rowcount == 1:
                await tx.append(AccountLinked(at=at, owner=owner, channel="wallet"))
            elif await _owner_of(connection, address) != owner:
                raise Conflict("That wallet belongs to another account.", "Sign in with it, and unlink it there first.")

    async def choose_wallet(self, owner: OwnerId, address: str, trading: Literal["delegate", "approve"]) -> bool:
        mine = update(wallets).where(wallets.c.owner == owner, wallets.c.kind == _SIGNIN)
        async with self._store.begin(owner) as tx:
            connection = cast(PostgresTransaction, tx).connection
            await connection.execute(mine.where(wallets.c.address != address).values(trading=None))
            chosen = await connection.execute(mine.where(wallets.c.address == address).values(trading=trading))
            return chosen.rowcount == 1

    async def note_delegated(self, owner: OwnerId, address: str, at: datetime) -> None:
        known = update(wallets).where(wallets.c.owner == owner, wallets.c.address == address)
        async with self._database.begin() as connection:
            await connection.execute(known.values(delegated_at=at))

    async def remove_wallet(self, owner: OwnerId, address: str) -> bool:
        gone = delete(wallets).where(wallets.c.owner == owner, wallets.c.address == address, wallets.c.kind == _SIGNIN)
        async with self._database.begin() as connection:
            return (await connection.execute(gone)).rowcount == 1

    async def links(self, owner: OwnerId) -> list[Link]:
        shown = (links.c.channel, links.c.address, links.c.created_at, links.c.dead_since, links.c.dead_reason)
        query = select(*shown).where(links.c.owner == owner)
        return [Link(**row) for row in await self._rows(query.order_by(links.c.created_at, links.c.channel))]

    async def move_link(self, channel: str, address: str, *, was: OwnerId, to: OwnerId, at: datetime) -> bool:
        moved = (
            update(links)
            .where(links.c.channel == channel, links.c.address == address, links.c.owner == was)
            .values(owner=to)
        )
        acts = select(trading_rules.c.id).where(trading_rules.c.owner == was, trading_rules.c.state.in_(LIVE))
        trades = select(orders.c.id).where(orders.c.owner == was, orders.c.state.in_(_OPEN))
        async with self._store.begin(to) as tx:
            connection = cast(PostgresTransaction, tx).connection
            # Nothing of theirs may begin while the place is taken away at which they would hear of it.
            await connection.execute(select(func.pg_advisory_xact_lock(OWNER_LOCK, was)))
            if (await connection.execute(acts.union(trades).limit(1))).first() is not None:
                return False
            if (await connection.execute(moved)).rowcount != 1:
                return False
            await tx.append(AccountLinked(at=at, owner=to, channel=channel))
            return True

    async def remove_link(self, owner: OwnerId, channel: str, address: str) -> bool:
        gone = delete(links).where(links.c.owner == owner, links.c.channel == channel, links.c.address == address)
        async with self._database.begin() as connection:
            return (await connection.execute(gone)).rowcount == 1

    async def add_approval(self, approval: Approval) -> None:
        row = {name: getattr(approval, name) for name in type(approval).__dataclass_fields__}
        async with self._store.begin(approval.owner) as tx:
            connection = cast(PostgresTransaction, tx).connection
            await connection.execute(insert(approvals).values(row | {"detail": to_json(approval.detail)}))
            await tx.append(
                AccountApprovalRequested(at=approval.created_at, owner=approval.owner, what=approval.summary)
            )

    async def approval(self, owner: OwnerId, approval_id: str) -> Approval | None:
        query = select(approvals).where(approvals.c.owner == owner, approvals.c.id == approval_id)
        found = await self._rows(query)
        return Approval(**found[0]) if found else None

    async def approvals(self, owner: OwnerId, now: datetime) -> list[Approval]:
        query = select(approvals).where(
            approvals.c.owner == owner, approvals.c.state == "pending", approvals.c.expires_at > now
        )
        return [Approval(**row) for row in await self._rows(query.order_by(approvals.c.created_at).limit(100))]

    async def decide(self, owner: OwnerId, approval_id: str, state: Literal["approved", "declined"]) -> bool:
        statement = update(approvals).where(
            approvals.c.owner == owner, approvals.c.id == approval_id, approvals.c.state == "pending"
        )
        async with self._database.begin() as connection:
            return (await connection.execute(statement.values(state=state))).rowcount == 1

    async def audit(self, line: AuditLine) -> None:
        async with self._database.begin() as connection:
            await connection.execute(insert(audit_log).values(_audit_row(line)))

    async def audits(self, owner: OwnerId, limit: int = 100) -> list[AuditLine]:
        c = audit_log.c
        query = select(c.owner, c.at, c.act, c.by, c.detail).where(c.owner == owner).order_by(c.id.desc()).limit(limit)
        return [AuditLine(**row) for row in await self._rows(query)]

    async def audit_within(self, lines: Sequence[AuditLine], most: int, since: datetime) -> bool:
        c, one = audit_log.c, lines[0]
        query = select(func.count()).where(c.owner == one.owner, c.act == one.act, c.by == one.by, c.at >= since)
        async with self._database.begin((OWNER_LOCK, one.owner)) as connection:
            if int((await connection.execute(query)).scalar_one()) + len(lines) > most:
                return False
            await connection.execute(insert(audit_log), [_audit_row(line) for line in lines])
            return True

    async def _rows(self, query: Any) -> Sequence[RowMapping]:
        async def look(connection: AsyncConnection) -> Sequence[RowMapping]:
            return (await connection.execute(query)).mappings().all()

        return await self._database.run(look)


def _audit_row(line: AuditLine) -> dict[str, Any]:
    return {"owner": line.owner, "at": line.at, "act": line.act, "by": line.by, "detail": to_json(line.detail)}


async def _create(connection: AsyncConnection, at: datetime) -> OwnerId:
    made = await connection.execute(
        insert(users).values(created_at=at, timezone="UTC", paused=False).returning(users.c.id)
    )
    owner = OwnerId(made.scalar_one())
    await connection.execute(insert(limits).values(owner=owner, **rows.limits_row(Limits())))
    return owner


async def _owner_of(connection: AsyncConnection, address: str) -> OwnerId | None:
    query = select(wallets.c.owner).where(wallets.c.address == address, wallets.c.kind == _SIGNIN)
    return (await connection.execute(query)).scalar_one_or_none()
