"""What the dashboard is built from, and when building it is work."""

import json
from pathlib import Path

import pytest

from ops import web


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("web/src", "web/dist", "api"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "web/src/main.tsx").write_text("one")
    (tmp_path / "api/app.py").write_text("one")
    monkeypatch.setattr(web, "ROOT", tmp_path)
    monkeypatch.setattr(web, "WEB", tmp_path / "web")
    monkeypatch.setattr(web, "DIST", tmp_path / "web/dist")
    return tmp_path


@pytest.fixture
def built(tree: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands that were run."""
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(web, "prepare", lambda: None)
    monkeypatch.setattr(web, "_node", commands.append)
    return commands


def test_it_is_built_once_and_again_only_when_the_page_or_the_api_changed(
    tree: Path, built: list[tuple[str, ...]]
) -> None:
    web.build()
    web.build()
    assert built == [web.BUILD]
    (tree / "web/src/main.tsx").write_text("two")
    web.build()
    (tree / "api/app.py").write_text("two")
    web.build()
    web.build()
    assert built == [web.BUILD] * 3


def test_what_failed_is_not_taken_for_built(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise web.Failed("no network")

    monkeypatch.setattr(web, "prepare", fail)
    assert web.main(["build"]) == 1
    assert web.main(["build"]) == 1


def test_the_lock_names_packages_and_hashes_but_no_address() -> None:
    lock = json.loads((web.WEB / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if not package.keys() & {"integrity", "inBundle"}] == []
