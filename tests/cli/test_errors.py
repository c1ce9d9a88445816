"""How failures reach a person: one line, an exit code, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli.__main__ import main

REPLAY = ("replay", "--prices", "no-such.csv", "--market", "SOL-PERP")


@pytest.mark.parametrize(
    "typed",
    [
        (),
        ("fly",),
        ("parse", "--prices", "SOL", "x"),
        ("parse", "--prices", "SOL-PERP=0", "x"),
        ("parse", "--prices", "SOL-PERP=nan", "x"),
        ("parse", "--prices", "SOL=1", "x"),
        ("parse", "--position", "SOL-PERP=0@1", "x"),
        ("parse", "--position", "SOL-PERP=2", "x"),
        ("parse", "--now", "2026-01-01T00:00:00", "x"),
        ("parse", "--now", "soon", "x"),
        ("parse", "--parser", "oracle", "x"),
        ("run", "nothing"),
        ("demo", "--seed", "-1"),
        ("demo", "--seed", "²"),
        ("dead-letters", "discard", "x"),
        ("replay", "x"),
        (*REPLAY, "--equity", "-5", "x"),
        (*REPLAY, "--answer", "euro", "x"),
        ("up", "--price", "auto"),
    ],
)
def test_arguments_that_cannot_be_read_are_one_line_and_2(
    capsys: pytest.CaptureFixture[str], typed: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed)
    assert ended.value.code == 2
    assert_one_line(capsys)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(("--version",))
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("saywhen 0.")


@pytest.mark.parametrize("address", ["my-database:hunter2", "postgresql://u:hunter2@host:hunter2/x"])
def test_a_database_address_that_cannot_be_read_says_how_it_is_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    assert main(("migrate",)) == 2
    told = capsys.readouterr().err
    assert "postgresql://user:password@host:5432/database" in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "typed",
    [
        ("parse",),
        ("parse", "--batch", "no-such-file.jsonl"),
        ("parse", "--batch", "-", "x"),
        ("parse", "--timezone", "Mars/Olympus", "x"),
        ("parse", "--parser", "claude", "x"),
        ("up", "--prices", "no-such-file.csv"),
        (*REPLAY, "sell half my SOL at 170"),
    ],
)
def test_what_cannot_be_done_as_asked_is_one_line_and_2(
    capsys: pytest.CaptureFixture[str], typed: tuple[str, ...]
) -> None:
    assert main(typed) == 2
    assert_one_line(capsys)


def test_a_setting_that_is_wrong_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAYWHEN_SPEED", "fast")
    assert main(["migrate"]) == 2
    assert "SAYWHEN_SPEED" in assert_one_line(capsys)


def test_a_home_that_cannot_be_used_is_one_line_and_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert main(["up", "--no-chat", "--home", str(tmp_path / "file" / "home")]) == 1
    assert "--home" in assert_one_line(capsys)


def test_a_demo_starts_from_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    assert main(["demo", "--keep", str(tmp_path)]) == 2
    assert "not empty" in assert_one_line(capsys)


def test_the_unforeseen_is_one_line_and_the_rest_is_logged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAYWHEN_HOME", str(tmp_path))

    def break_down(*_: object) -> object:
        raise RuntimeError("a wheel\ncame off")

    monkeypatch.setattr("cli.parse.read_words", break_down)
    assert main(["parse", "x"]) == 1
    assert "RuntimeError: a wheel came off" in assert_one_line(capsys)
    assert "break_down" in (tmp_path / "logs" / "accidents.log").read_text(encoding="utf-8")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from cli.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'pydantic', 'rich', 'prompt_toolkit', 'structlog', 'asyncio'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_reading_words_loads_no_database() -> None:
    program = (
        "import sys\n"
        "from cli.__main__ import main\n"
        "assert main(['parse', 'close all']) == 0\n"
        "heavy = {'sqlalchemy', 'asyncpg', 'pgqueuer', 'alembic', 'rich', 'ccxt'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_a_reader_that_leaves_early_is_no_accident() -> None:
    program = "import sys; from cli.__main__ import main; sys.exit(main(['parse', '--batch', '-']))"
    line = b'{"text": "close all"}\n'
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        run.stdout.close()
        _, errors = run.communicate(line * 2_000)
    assert run.returncode == 1
    assert errors == b""


def assert_one_line(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("saywhen: ")
    assert captured.err.count("\n") == 1
    assert captured.err.endswith("\n")
    return captured.err
