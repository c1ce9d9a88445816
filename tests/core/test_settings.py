"""Settings: what `.env.example` promises is what is read, and secrets stay secret."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.errors import NotConfigured
from core.settings import Settings, read_settings

EXAMPLE = (Path(__file__).parents[2] / ".env.example").read_text(encoding="utf-8")
BRIEF = [
    "DATABASE_URL",
    "SOLANA_RPC_URL",
    "DRIFT_ENV",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "WALLET_PRIVATE_KEY",
    "REACT_APP_API_URL",
    "REACT_APP_WS_URL",
    "TELEGRAM_BOT_TOKEN",
    "DISCORD_BOT_TOKEN",
]


def _promised(word: str) -> set[str]:
    """Names that the example marks as *word*."""
    names: set[str] = set()
    mark = ""
    for line in EXAMPLE.splitlines():
        if found := re.match(r"# (read|reserved) · ", line):
            mark = found[1]
        elif (found := re.match(r"#([A-Z_]+)=", line)) and mark == word:
            names.add(found[1])
    return names


def test_every_setting_that_is_read_is_in_the_example_and_no_other_is_called_read() -> None:
    assert _promised("read") == {str(field.alias) for field in Settings.model_fields.values()}


@pytest.mark.parametrize("name", BRIEF)
def test_every_name_of_the_brief_is_in_the_example(name: str) -> None:
    assert name in _promised("read") | _promised("reserved")


def test_defaults_in_the_example_are_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in _promised("read"):
        monkeypatch.delenv(name, raising=False)
    plain = read_settings()
    for line in EXAMPLE.splitlines():
        found = re.match(r"#([A-Z_]+)=(.+)$", line)
        if found and found[1] in _promised("read"):
            assert read_settings(**{found[1]: found[2]}) == plain, found[1]


@pytest.mark.parametrize(
    "origins", ["*", "https://*.example.com", "https://a.test/path", "https://a.test;https://b.test"]
)
def test_whole_origins_are_let_in_and_no_pattern_of_them(origins: str) -> None:
    with pytest.raises(NotConfigured, match="SAYWHEN_CORS"):
        read_settings(SAYWHEN_CORS=origins)
    two = read_settings(SAYWHEN_CORS="https://a.test, http://localhost:3000")
    assert two.other_origins == ("https://a.test", "http://localhost:3000")


def test_a_wrong_value_is_told_by_name_and_not_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAYWHEN_SPEED", "-3")
    with pytest.raises(NotConfigured, match="SAYWHEN_SPEED") as caught:
        read_settings()
    assert "SAYWHEN_SPEED" in caught.value.hint


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings(DATABASE_URL="postgresql://me:hunter2@there/db", PYTH_API_KEY="k-123")
    assert "hunter2" not in repr(settings)
    assert "k-123" not in repr(settings)


def test_a_path_of_prices_is_a_file_to_replay(tmp_path: Path) -> None:
    file = tmp_path / "sol-perp-15m.csv"
    assert read_settings(SAYWHEN_PRICES=str(file)).price_file == file
    assert read_settings(SAYWHEN_PRICES="simulated").price_file is None
    assert read_settings(SAYWHEN_SPEED="60").speed == Decimal(60)
