"""`saywhen keys` at a terminal: what is given out, to where, and what is written down of it."""

import asyncio
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from solders.keypair import Keypair

from cli.__main__ import main
from tests.postgres import Server

PAIR = Keypair()


@pytest.fixture
def dsn(postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The database that commands run on, with one owner in it, who trades with an imported key."""
    borrowed = asyncio.run(postgres_server.borrow())
    monkeypatch.setenv("DATABASE_URL", borrowed)
    monkeypatch.setenv("SAYWHEN_HOME", str(tmp_path / "home"))
    _ask(borrowed, "INSERT INTO users (created_at, timezone, paused) VALUES (now(), 'UTC', false)")
    [[owner]] = _ask(borrowed, "SELECT id FROM users")
    monkeypatch.setattr(sys, "stdin", io.StringIO(str(PAIR)))
    assert main(["keys", "import", "--owner", str(owner)]) == 0
    yield borrowed
    asyncio.run(postgres_server.give_back(borrowed))


def _ask(dsn: str, query: str) -> list[asyncpg.Record]:
    async def ask() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_an_imported_key_is_given_out_where_the_operator_says_and_it_is_written_down(
    dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    address, place = str(PAIR.pubkey()), tmp_path / "key"
    export = ["keys", "export", address, "--plain"]
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{address[:-1]}\n"))
    assert main(export) == 2
    assert main([*export, "--to", str(place)]) == 0
    assert place.read_text() == f"{PAIR}\n"
    assert place.stat().st_mode & 0o777 == 0o600
    assert main([*export, "--to", str(place)]) == 2
    assert main(["keys", "export", str(Keypair().pubkey()), "--to", str(tmp_path / "other")]) == 1
    assert not (tmp_path / "other").exists()
    told = capsys.readouterr()
    assert "nothing was printed" in told.err
    assert "does not exist yet" in told.err
    assert str(PAIR) not in told.out + told.err + caplog.text
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{address}\n"))
    assert main(export) == 0
    assert str(PAIR) in capsys.readouterr().out
    assert main(["keys", "export", address]) == 0
    assert capsys.readouterr().out.startswith(f"saywhen-key.1.{address}.")
    acts = [tuple(row) for row in _ask(dsn, "SELECT act, by, detail ->> 'form', detail ->> 'to' FROM audit_log")]
    assert acts == [
        ("trading_key.imported", "operator", None, None),
        ("trading_key.exported", "operator", "plain", "file"),
        ("trading_key.exported", "operator", "plain", "screen"),
        ("trading_key.exported", "operator", "sealed", "screen"),
    ]
    assert str(PAIR) not in str(_ask(dsn, "SELECT * FROM audit_log"))


def test_what_keys_have_left_and_have_paid_for_whom_is_listed(dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    key = PAIR.pubkey()
    _ask(dsn, f"INSERT INTO fee_payers VALUES ('{key}', 9, 41250000, '2026-11-27 10:00Z', '2026-11-27 09:00Z')")
    for name, owner, age, failed in (("a", "1", 0, False), ("b", "1", 9, True), ("c", "NULL", 9, False)):
        values = f"('{name}', '{key}', {owner}, 9, now() - interval '{age} days', 5250, {failed})"
        _ask(dsn, f"INSERT INTO network_fees VALUES {values}")
    capsys.readouterr()
    assert main(["keys"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "    LOW: send SOL to it. 0.04125 SOL left at 2026-11-27 10:00 UTC; "
        "0.00001575 SOL paid in network fees for 3 transactions"
    )
    assert main(["keys", "fees"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "owner 1: 0.0000105 SOL for 2 transactions, 1 of them failed",
        "nobody's: 0.00000525 SOL for 1 transaction",
        "in all: 0.00001575 SOL",
    ]
    assert main(["keys", "fees", "--days", "2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "owner 1: 0.00000525 SOL for 1 transaction",
        "in all: 0.00000525 SOL within 2 days",
    ]
