"""Log files hold one JSON object a line and never fill the disk."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from core import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_log_file_is_turned_over_and_only_the_last_ones_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_MOST_BYTES", 2_000)
    logs.set_up_logs("INFO", "test", file=tmp_path / "up.log")
    for number in range(200):
        logging.getLogger("somewhere").info("line %d", number)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["up.log", "up.log.1", "up.log.2", "up.log.3"]
    assert all((tmp_path / name).stat().st_size <= 2_000 for name in files)
    *_, last = (tmp_path / "up.log").read_text().splitlines()
    assert json.loads(last)["event"] == "line 199"
