"""A real `saywhen up` on invented prices, and the system's Chromium to look at it with; decides no test."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import asyncpg
import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60.0
Result = TypeVar("Result")
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")
NEEDS_BUILD = pytest.mark.skipif(
    not (ROOT / "web" / "dist" / "index.html").is_file(), reason="the dashboard is not built: make web"
)


def apart(work: Coroutine[Any, Any, Result]) -> Result:
    """What *work* comes to in a thread of its own: the browser's loop has this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def product(
    home: Path, dsn: str, port: int | None = None, extra: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """The whole product in a process of its own; its address."""
    port = free_port() if port is None else port
    own = {"SAYWHEN_HOME": str(home), "SAYWHEN_API_PORT": str(port), "DATABASE_URL": dsn, **extra}
    command = [sys.executable, "-m", "cli", "up", "--prices", "simulated", "--no-chat"]
    log = home / "product.log"
    with log.open("wb") as output:
        run = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            address = f"http://localhost:{port}"
            _until_ready(address, run, log)
            yield address
        finally:
            run.terminate()
            try:
                run.wait(20)
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()


def _until_ready(address: str, run: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until and run.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"Expected the product to be ready within {WITHIN_S:.0f} s:\n{log.read_text()[-2_000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser, without a window."""
    with sync_playwright() as playwright:
        # That a page of the world frames one of this machine would be asked about first.
        args = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        try:
            yield browser
        finally:
            browser.close()


async def copied(
    connection: "asyncpg.Connection[asyncpg.Record]", table: str, like: str, changed: Mapping[str, str], copies: int = 1
) -> None:
    """*copies* of the row that the query *like* finds, numbered n, with what is *changed* in each."""
    names = [
        row["column_name"]
        for row in await connection.fetch(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = $1 AND is_identity = 'NO' AND is_generated = 'NEVER'",
            table,
        )
    ]
    into = ", ".join(f'"{name}"' for name in names)
    taken = ", ".join(changed.get(name, f'"{name}"') for name in names)
    await connection.execute(
        f"INSERT INTO {table} ({into}) SELECT {taken} FROM ({like}) one, generate_series(1, {copies}) n"
    )
