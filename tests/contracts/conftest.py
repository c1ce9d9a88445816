"""What the suites of ports share: every venue on its stage."""

from collections.abc import AsyncIterator

import pytest

from core.db.ledger import PostgresLedger
from core.db.memory_ledger import MemoryLedger
from core.ports import Ledger
from tests.contracts.venues import PaperStage, Stage
from tests.core.venues.drift.stage import drift_stage


@pytest.fixture(params=["paper on memory", "paper on postgres", "drift on its emulator"])
def venue_ledger(request: pytest.FixtureRequest) -> Ledger | None:
    """The paper venue's ledger; None for Drift, whose ledger is its chain."""
    match request.param:
        case "paper on memory":
            return MemoryLedger()
        case "paper on postgres":
            return PostgresLedger(request.getfixturevalue("database"))
        case _:
            return None


@pytest.fixture
async def stage(venue_ledger: Ledger | None) -> AsyncIterator[Stage]:
    """Each implementation in turn: a venue whose market trades at 100."""
    if venue_ledger is None:
        async with drift_stage() as drift:
            await drift.show("100")
            yield drift
        return
    paper = PaperStage(venue_ledger)
    await paper.show("100")
    yield paper
    await paper.venue.close()
