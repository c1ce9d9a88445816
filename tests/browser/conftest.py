"""One product with a Telegram of its own, for every test in a browser; each person is a new one.

The browser is one a module: as long as it lives its loop has the thread, and tests with loops of their own cannot run.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.stage import ROOT, apart, chromium, free_port, product
from tests.postgres import Server


@dataclass(frozen=True)
class Chat:
    """Telegram as an emulator in a process of its own."""

    run: "subprocess.Popen[str]"
    settings: dict[str, str]

    @property
    def token(self) -> str:
        return self.settings["TELEGRAM_BOT_TOKEN"]

    def say(self, person: int, words: str) -> None:
        """What *person* types to the bot."""
        assert self.run.stdin is not None
        self.run.stdin.write(f"say {person} {words}\n")
        self.run.stdin.flush()


@pytest.fixture(scope="session")
def dsn(postgres_server: Server) -> Iterator[str]:
    """A migrated database for the session's product."""
    borrowed = apart(postgres_server.borrow())
    yield borrowed
    apart(postgres_server.give_back(borrowed))


@pytest.fixture
def another_dsn(postgres_server: Server) -> Iterator[str]:
    """A migrated database for a product of a test's own."""
    borrowed = apart(postgres_server.borrow())
    yield borrowed
    apart(postgres_server.give_back(borrowed))


@pytest.fixture(scope="session")
def chat() -> Iterator[Chat]:
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.emulators.telegram"],
        cwd=ROOT,
        env=os.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert run.stdin is not None
    assert run.stdout is not None
    settings = dict(pair.split("=", 1) for pair in run.stdout.readline().split())
    drained = subprocess.Popen(["cat"], stdin=run.stdout, stdout=subprocess.DEVNULL)  # or its pipe fills up
    try:
        yield Chat(run, settings)
    finally:
        run.stdin.close()
        run.wait(10)
        drained.wait(10)
        run.stdout.close()


@pytest.fixture(scope="session")
def elsewhere() -> int:
    """The port of another web origin, whose pages may call the API."""
    return free_port()


@pytest.fixture(scope="session")
def address(dsn: str, chat: Chat, elsewhere: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("product")
    own = {"SAYWHEN_API_SIGNINS": "600/minute", "SAYWHEN_CORS": f"http://localhost:{elsewhere}"}
    with product(home, dsn, extra=chat.settings | own) as up:
        yield up


@pytest.fixture(scope="module")
def _browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def browser(_browser: Browser) -> Iterator[Browser]:
    """The module's, rid of a test's pages when it is over."""
    yield _browser
    for context in _browser.contexts:
        context.close()
