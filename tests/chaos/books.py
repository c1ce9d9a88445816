"""What is stored, told and booked at one instant, read past the product's own code; judges nothing."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import asyncpg.pool

from core.domain.order import ENDED
from tests.chaos.victim import TALK, TOLD, agreed, read_back

_QUIET = f"""
SELECT NOT EXISTS (SELECT 1 FROM orders WHERE state NOT IN ({", ".join(f"'{state}'" for state in sorted(ENDED))}))
   AND NOT EXISTS (SELECT 1 FROM deliveries WHERE state = 'pending')
   AND NOT EXISTS (SELECT 1 FROM pgqueuer WHERE status <> 'failed')
   AND NOT EXISTS (
       SELECT 1 FROM events LEFT JOIN deliveries ON deliveries.event_id = events.id
       WHERE events.name IN ('rule.triggered', 'order.filled', 'order.partially_filled') AND deliveries.id IS NULL)
"""

# The paper venue would not let such an order trade twice; another venue would.
_SIGNED_AGAIN = "SELECT signature FROM paper_orders WHERE body ->> 'is' = 'alias' AND signature NOT LIKE 'order:%'"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An order in the paper venue's own books."""

    order_id: str
    fills: tuple[tuple[str, Decimal, Decimal, Decimal], ...]
    """(id, signed base, price, fee) of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Everything that the invariants are about."""

    drafts: list[str]
    rules: list[tuple[str, str, str]]
    """(id, id in the set, state) of each."""
    orders: list[asyncpg.Record]
    trades: list[asyncpg.Record]
    triggers: list[tuple[str, int]]
    jobs: dict[str, str]
    venue: list[VenueOrder]
    signed_again: list[str]
    """Signatures that reached the venue for an order that it knows under another."""
    account: dict[str, Any]
    unsent: int
    dead_letters: int
    told: list[str]
    """Keys of the cards that reached their reader, in that order."""
    agreed: bool
    """Whether the person has seen that the draft is confirmed."""

    def of_venue(self, order_id: str) -> list[VenueOrder]:
        """The venue's orders for one of ours."""
        return [order for order in self.venue if order.order_id == order_id]


async def states_of(pool: asyncpg.Pool) -> dict[str, str]:
    """Where each rule stands, by its id in the set; two of one id are told apart by neither."""
    rows = await pool.fetch("SELECT spec ->> 'id' AS local, state FROM trading_rules")
    return {row["local"]: row["state"] for row in rows}


async def is_quiet(pool: asyncpg.Pool) -> bool:
    """Whether every order has ended, every card is told and no wake-up waits."""
    return bool(await pool.fetchval(_QUIET))


async def read_books(pool: asyncpg.Pool, folder: Path) -> Books:
    """The books as they are now."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        rules = await connection.fetch("SELECT id, spec ->> 'id' AS local, state FROM trading_rules ORDER BY number")
        triggers = await connection.fetch("SELECT body FROM events WHERE name = 'rule.triggered' ORDER BY id")
        told = [json.loads(row["body"]) for row in triggers]
        account = await connection.fetchval("SELECT body FROM paper_accounts")
        return Books(
            drafts=[row["state"] for row in await connection.fetch("SELECT state FROM drafts ORDER BY created_at")],
            rules=[(row["id"], row["local"], row["state"]) for row in rules],
            orders=await connection.fetch("SELECT * FROM orders ORDER BY created_at, leg_no"),
            trades=await connection.fetch("SELECT * FROM trades ORDER BY id"),
            triggers=[(body["rule_id"], int(body["trigger_no"])) for body in told],
            jobs={row["rule_id"]: row["state"] for row in await connection.fetch("SELECT rule_id, state FROM jobs")},
            venue=await _venue_orders(connection),
            signed_again=[row["signature"] for row in await connection.fetch(_SIGNED_AGAIN)],
            account={} if account is None else json.loads(account)["books"],
            unsent=await connection.fetchval("SELECT count(*) FROM deliveries WHERE state <> 'sent'"),
            dead_letters=await connection.fetchval("SELECT count(*) FROM pgqueuer WHERE status = 'failed'"),
            told=[line["key"] for line in read_back(folder / TOLD)],
            agreed=any(agreed(line["title"]) for line in read_back(folder / TALK)),
        )


async def _venue_orders(connection: asyncpg.pool.PoolConnectionProxy) -> list[VenueOrder]:
    rows = await connection.fetch("SELECT body FROM paper_orders WHERE body ->> 'is' = 'order' ORDER BY number")
    orders = [json.loads(row["body"])["what"] for row in rows]
    return [
        VenueOrder(
            order_id=order["intent"]["order_id"],
            fills=tuple(
                (
                    fill["venue_fill_id"],
                    Decimal(fill["base"]) * (1 if fill["side"] == "buy" else -1),
                    Decimal(fill["price"]),
                    Decimal(fill["fee"]),
                )
                for fill in order.get("fills", [])
            ),
        )
        for order in orders
    ]
