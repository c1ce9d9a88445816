"""The API, up for one test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.people import Api, serving


@pytest.fixture
async def api(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(postgres_dsn, tmp_path) as up:
        yield up
