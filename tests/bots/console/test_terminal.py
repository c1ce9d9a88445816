"""The console in a real terminal: drawn cards, notices while somebody types, clean ways out."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)")


class Terminal:
    """The keyboard and screen of a console that runs in a process of its own."""

    def __init__(self) -> None:
        self.keyboard, theirs = pty.openpty()
        notices, self.notices = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.bots.console.in_a_terminal"],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            pass_fds=(notices,),
            start_new_session=True,
            env={**os.environ, "NOTICE_FD": str(notices), "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"},
        )
        os.close(theirs)
        os.close(notices)
        self.screen = ""
        self.seen = 0

    def type(self, keys: str) -> None:
        os.write(self.keyboard, keys.encode())

    def notice(self, words: str) -> None:
        os.write(self.notices, words.encode())

    def wait_for(self, words: str, within_s: float = 20) -> None:
        """Until *words* stand on the screen behind what was waited for before."""
        end = time.monotonic() + within_s
        while (place := self.screen.find(words, self.seen)) < 0:
            left = end - time.monotonic()
            assert left > 0, f"Expected {words!r} on the screen, was:\n{self.screen[self.seen :]}"
            ready, _, _ = select.select([self.keyboard], [], [], left)
            if ready:
                try:
                    got = os.read(self.keyboard, 65_536)
                except OSError:  # the other end is gone
                    got = b""
                assert got, f"Expected {words!r} before the end, was:\n{self.screen[self.seen :]}"
                if b"\x1b[6n" in got:  # the console asks where its cursor is
                    os.write(self.keyboard, b"\x1b[1;1R")
                self.screen += ANSI.sub("", got.decode(errors="replace"))
        self.seen = place + len(words)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.keyboard)
        os.close(self.notices)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    try:
        terminal.wait_for("you say when")
        terminal.wait_for("you>")
        yield terminal
    finally:
        terminal.close()


def test_a_rule_is_said_confirmed_and_told(terminal: Terminal) -> None:
    terminal.type("if SOL drops $0.1 sell half\r")
    terminal.wait_for("[1] Confirm  [2] Edit  [3] Cancel")
    terminal.wait_for("you>")
    terminal.type("conf\r")
    terminal.wait_for("Confirmed: r1, r2")
    terminal.wait_for("you>")
    terminal.type("/quit\r")
    terminal.wait_for("left cleanly after ['say', 'confirm']")
    assert terminal.process.wait(10) == 0


def test_a_notice_appears_while_somebody_types_and_the_line_survives(terminal: Terminal) -> None:
    terminal.type("if SOL drops")
    terminal.wait_for("if SOL drops")
    terminal.notice("r9 fired")
    terminal.wait_for("r9 fired")
    terminal.type(" sell half\r")
    terminal.wait_for("Confirm this?")
    terminal.wait_for("you>")
    terminal.type("\x04")
    terminal.wait_for("left cleanly after ['say']")


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
def test_ctrl_c_and_ctrl_d_leave_cleanly(terminal: Terminal, key: str) -> None:
    terminal.type(key)
    terminal.wait_for("left cleanly after []")
    assert terminal.process.wait(10) == 0
    assert "Traceback" not in terminal.screen
