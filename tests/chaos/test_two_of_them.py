"""Two processes in one role: the one that was paused and is taken for dead does no harm when it comes back."""

from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.chaos.plays import ALL, WATCHER, WORKER, Part, Stage, played
from tests.chaos.stories import STOP_THEN_TARGET, TARGET
from tests.chaos.verdict import Verdict
from tests.chaos.victim import Fatal

if TYPE_CHECKING:
    from tests.chaos.conftest import Campaign

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(0), pytest.mark.asyncio(loop_scope="session")]
