"""Who occupies a home, and whose settings count."""

from argparse import Namespace
from pathlib import Path

import pytest

from cli.home import Occupancy, is_occupied, notes_of, settings_of


def test_a_home_has_one_occupant_until_it_ends(tmp_path: Path) -> None:
    first = Occupancy.take(tmp_path)
    assert first is not None
    assert Occupancy.take(tmp_path) is None
    assert is_occupied(tmp_path)
    first.end()
    assert not is_occupied(tmp_path)
    second = Occupancy.take(tmp_path)
    assert second is not None
    second.end()


def test_a_home_that_does_not_exist_is_not_occupied_and_is_made(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    assert not is_occupied(home)
    occupancy = Occupancy.take(home)
    assert occupancy is not None
    assert home.stat().st_mode & 0o777 == 0o700
    occupancy.end()


def test_an_occupants_notes_are_its_own_not_its_predecessors(tmp_path: Path) -> None:
    first = Occupancy.take(tmp_path)
    assert first is not None
    first.write({"prices": "a long name that must not shine through"})
    first.write({"prices": "pyth"})
    assert notes_of(tmp_path) == {"prices": "pyth"}
    first.end()
    second = Occupancy.take(tmp_path)
    assert second is not None
    assert notes_of(tmp_path) == {}
    second.end()


def test_a_home_by_option_is_its_own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/production")
    monkeypatch.setenv("SAYWHEN_HOME", "elsewhere")
    given = settings_of(Namespace(home=tmp_path))
    assert given.home_path == tmp_path
    assert given.database_url is None
    assert settings_of(Namespace(home=None)).database_url is not None
