"""Looks for key material wherever a running product leaves something behind: logs, files and the database."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from solders.keypair import Keypair

from core.keys.sealing import read_master


async def leaked(folder: Path, pool: asyncpg.Pool) -> list[str]:
    """Where any trading key, or the master key, stands in the open: files in *folder*, tables of the database."""
    place = folder / "master.key"
    needles = [line.partition(b":")[2] for line in place.read_bytes().split()]
    master = read_master(place, make=False)
    rows = await pool.fetch("SELECT address, sealed, master FROM trading_keys")
    for row in rows:
        with master.opened(row["sealed"], row["address"], row["master"]) as secret:
            needles += forms(bytes(secret))
    assert len(needles) >= 6, "there is a key to be found"
    found = [f"file {name}" for name, content in _files(folder, place) if any(needle in content for needle in needles)]
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for table in tables:
        name = table["tablename"]
        dump = "\n".join(row[0] for row in await pool.fetch(f'SELECT t::text FROM "{name}" t')).encode()
        if any(needle in dump for needle in needles):
            found.append(f"table {name}")
    return found


def forms(secret: bytes) -> list[bytes]:
    """Everything that a private key may look like."""
    pair = Keypair.from_seed(secret)
    numbers = json.dumps(list(secret))[1:-1]
    return [
        secret,
        secret.hex().encode(),
        base64.b64encode(secret)[:42],
        base64.urlsafe_b64encode(secret)[:42],
        str(pair).encode(),
        numbers.encode(),
        numbers.replace(" ", "").encode(),
        repr(secret)[2:-1].encode(),
    ]


def _files(folder: Path, but: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != but:
            yield path.name, path.read_bytes()
