"""Ten thousand fills for three thousand chats, the teller killed in the middle: all told, in order, in the rates."""

import asyncio
import json
import os
import re
import signal
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from core.app import Core, open_core, read_settings
from core.codec import event_to_json
from core.domain.event import OrderFilled, RuleExpired
from core.domain.ids import OrderId, OwnerId, RuleId
from tests.bots.telegram.stage import words_of
from tests.emulators.telegram.server import Call, TelegramServer

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[3]
EXAM = bool(os.environ.get("SAYWHEN_EXAM"))
FILLS, CHATS, CHATTER = (10_000, 3_000, 300) if EXAM else (600, 200, 60)
SPEED = 4.0
_ORDER = re.compile(r"o_(\d+)")
_EXPIRED = re.compile(r"x(\d+) expired")


async def _people(core: Core, dsn: str) -> list[OwnerId]:
    owners = [await core.account.sign_in("telegram", str(1_000 + chat)) for chat in range(8)]
    connection = await asyncpg.connect(dsn)
    try:
        # The rest by one statement each: ten thousand small transactions are not what is tested.
        made = await connection.fetch(
            "INSERT INTO users (created_at, timezone, paused) SELECT now(), 'UTC', false FROM generate_series(1, $1)"
            " RETURNING id",
            CHATS + CHATTER - 8,
        )
        await connection.execute(
            "INSERT INTO limits SELECT u, l.max_order_usd, l.max_position_usd, l.max_leverage, l.max_slippage_bps,"
            " l.max_orders_a_day FROM unnest($1::int[]) u, (SELECT * FROM limits LIMIT 1) l",
            [row["id"] for row in made],
        )
        await connection.executemany(
            "INSERT INTO links (channel, address, owner, created_at) VALUES ('telegram', $1, $2, now())",
            [(str(1_008 + place), row["id"]) for place, row in enumerate(made)],
        )
    finally:
        await connection.close()
    return [*owners, *(OwnerId(row["id"]) for row in made)]


async def _happen(dsn: str, owners: list[OwnerId]) -> None:
    """First chatter to some chats, then fills to all the others, in turn."""
    now = datetime.now(UTC)
    events = [
        RuleExpired(at=now, owner=owners[CHATS + number], rule_id=RuleId(f"r_{number}"), label=f"x{number}")
        for number in range(CHATTER)
    ] + [
        OrderFilled(
            at=now, owner=owners[number % CHATS], rule_id=RuleId(f"r_{number}"), label="r1",
            order_id=OrderId(f"o_{number}"), market="SOL-PERP", side="sell", base=Decimal(1), price=Decimal(150),
            fee=Decimal("0.1"), venue="paper", simulated=True,
        )
        for number in range(FILLS)
    ]  # fmt: skip
    connection = await asyncpg.connect(dsn)
    try:
        await connection.executemany(
            "INSERT INTO events (name, at, owner, rule_id, body) VALUES ($1, $2, $3, $4, $5)",
            [(e.name, e.at, e.owner, e.rule_id, json.dumps(event_to_json(e))) for e in events],
        )
    finally:
        await connection.close()


async def _teller(dsn: str, telegram: TelegramServer) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bots.telegram.burst", dsn, telegram.base, telegram.token, str(SPEED), cwd=ROOT
    )


def _told(calls: list[Call]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for call in calls:
        found[call.params["chat_id"]] += [int(number) for number in _ORDER.findall(words_of(call.result))]
    return found


async def test_every_fill_is_told_in_order_within_the_rates_though_the_teller_is_killed(postgres_dsn: str) -> None:
    settings = read_settings(_env_file=None, DATABASE_URL=postgres_dsn)
    async with open_core(settings) as core:
        owners = await _people(core, postgres_dsn)
        await _happen(postgres_dsn, owners)
    async with TelegramServer(speed=SPEED, strict=False) as telegram:
        for chat in range(CHATS + CHATTER):
            telegram.person(1_000 + chat)
        first = await _teller(postgres_dsn, telegram)
        await telegram.until(lambda: len(telegram.of("sendMessage")) > FILLS // 3, within_s=300)
        first.send_signal(signal.SIGKILL)
        await first.wait()
        before_kill = len(telegram.of("sendMessage"))
        second = await _teller(postgres_dsn, telegram)
        async with asyncio.timeout(400):
            assert await second.wait() == 0
        calls = telegram.of("sendMessage")

    told = _told(calls)
    counts = Counter(number for numbers in told.values() for number in numbers)
    assert set(counts) == set(range(FILLS))
    repeated = sorted(number for number, times in counts.items() if times > 1)
    assert max(counts.values()) <= 2
    assert len(repeated) <= 1, f"Expected at most the one in flight at the kill to be repeated, were {repeated}"
    for chat, numbers in told.items():
        seen = list(dict.fromkeys(numbers))
        assert seen == sorted(seen), chat
    assert [refusal for refusal in telegram.refused if refusal[1] == 429] == []
    chatter = [place for place, call in enumerate(calls) if _EXPIRED.search(words_of(call.result))]
    assert len(chatter) == CHATTER
    assert chatter[len(chatter) // 2] > 0.9 * len(calls), "Expected fills ahead of chatter"
    report = f"{len(calls)} messages, killed after {before_kill}, repeated {repeated}; chatter from {chatter[0]} on"
    sys.stdout.write(report + "\n")
