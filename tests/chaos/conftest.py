"""Begins every play that the selected tests name; prints the counts at the end, passed or failed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.chaos.campaign import Campaign
from tests.chaos.stage import prepare
from tests.chaos.verdict import Verdict
from tests.postgres import Server

_COUNTS = pytest.StashKey[dict[str, Verdict]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The plays' tests without others in between: while those run on a loop of their own, the plays would stand still
    and their time go by."""
    places = [place for place, item in enumerate(items) if item.path.is_relative_to(Path(__file__).parent)]
    chosen = sorted((items[place] for place in places), key=lambda item: "plays" in _parameters(item))
    for place, item in zip(places, chosen, strict=True):
        items[place] = item


def _parameters(item: pytest.Item) -> dict[str, Any]:
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return parameters


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def campaign(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Campaign]:
    """Every play that a selected test names in its parameters `what` and `plays`, begun."""
    await asyncio.to_thread(prepare)
    counts = request.config.stash.setdefault(_COUNTS, {})
    opened = Campaign(postgres_server, tmp_path_factory.mktemp("chaos"), counts)
    for item in request.session.items:
        parameters = _parameters(item)
        for number, play in enumerate(parameters.get("plays", ())):
            opened.begin(parameters["what"], number, play)
    yield opened
    await opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    counts = config.stash.get(_COUNTS, {})
    if not counts:
        return
    terminalreporter.section("killed and restarted")
    heads = ("plays", "kills", "restarts", "rules lost", "double orders", "fills untold")
    terminalreporter.write_line(f"{'':<30}" + "".join(f"{head:>14}" for head in heads))
    total = Verdict()
    for what, verdict in counts.items():
        terminalreporter.write_line(_row(what, verdict))
        total.add(verdict)
    terminalreporter.write_line(_row("all", total))


def _row(what: str, verdict: Verdict) -> str:
    figures = (
        verdict.plays,
        verdict.kills,
        verdict.restarts,
        verdict.rules_lost,
        verdict.double_orders,
        verdict.fills_untold,
    )
    return f"{what:<30}" + "".join(f"{figure:>14}" for figure in figures)
