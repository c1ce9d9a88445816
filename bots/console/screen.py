"""Where the console's lines come from and its cards go: a terminal, or plain pipes; decides no conversation."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import IO, TYPE_CHECKING, Protocol, Self

from bots.console.render import Numbered, coloured, plain
from core.feed.card import Card

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

LONGEST_LINE = 16_384
_LINES_AHEAD = 64


class Screen(Protocol):
    """One person's place to read and write, open between `__aenter__` and `__aexit__`."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def read(self) -> str | None:
        """The next line, without its end; None when there will be no more."""
        ...

    def show(self, card: Card, shown: Sequence[Numbered]) -> None:
        """Show *card* at once, whatever is being typed."""
        ...


def open_screen() -> Screen:
    """A terminal where both ends of this process are one, else its pipes."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        return Terminal()
    return Pipes(sys.stdin.fileno(), sys.stdout)


class Terminal:
    """prompt_toolkit's line at the bottom, cards above it as they come.

    The line is there all the time, so that no key is lost, but Enter does nothing until the last answer is shown: a
    "1" typed twice in impatience must not press the button of a card that nobody has seen yet.
    """

    def __init__(self, input: "Input | None" = None, output: "Output | None" = None) -> None:  # noqa: A002 - its names
        self._input = input
        self._output = output
        self._session: PromptSession[str] | None = None
        self._patch: AbstractContextManager[None] | None = None
        self._typing: asyncio.Task[str | None] | None = None
        self._answering = True

    async def __aenter__(self) -> Self:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.filters import Condition
        from prompt_toolkit.history import InMemoryHistory
        from prompt_toolkit.key_binding import KeyBindings
        from prompt_toolkit.patch_stdout import patch_stdout

        keys = KeyBindings()
        keys.add("enter", filter=Condition(lambda: self._answering))(_nothing)
        self._session = PromptSession(
            lambda: "  .. " if self._answering else "you> ",
            input=self._input,
            output=self._output,
            history=InMemoryHistory(),
            key_bindings=keys,
        )
        self._patch = patch_stdout(raw=True)
        self._patch.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._typing is not None:
            self._typing.cancel()
            await asyncio.gather(self._typing, return_exceptions=True)
        if self._patch is not None:
            self._patch.__exit__(None, None, None)
        self._session = self._patch = self._typing = None

    async def read(self) -> str | None:
        """The next line; None after Ctrl-D or Ctrl-C."""
        if self._session is None:
            return None
        if self._typing is None:
            self._typing = asyncio.create_task(self._line(self._session), name="console-line")
        self._answering = False
        self._session.app.invalidate()
        line = await self._typing
        self._answering = True
        self._typing = asyncio.create_task(self._line(self._session), name="console-line") if line is not None else None
        return line

    def show(self, card: Card, shown: Sequence[Numbered]) -> None:
        """Draw the card above the line being typed."""
        from prompt_toolkit.formatted_text import ANSI
        from prompt_toolkit.shortcuts import print_formatted_text

        width = 80 if self._session is None else self._session.output.get_size().columns
        print_formatted_text(ANSI(coloured(card, shown, width)), end="", output=self._output)

    @staticmethod
    async def _line(session: "PromptSession[str]") -> str | None:
        try:
            return await session.prompt_async()
        except (EOFError, KeyboardInterrupt):  # which a task must not end with: it would end the loop
            return None


class Pipes:
    """Lines in from a file descriptor, plain text out: for scripts, tests and terminals that are none."""

    def __init__(self, source: int, target: IO[str]) -> None:
        self._source = source
        self._target = target
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = threading.Semaphore(_LINES_AHEAD)
        self._closed = threading.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()

        def put(line: str | None) -> None:
            if not self._closed.is_set():
                loop.call_soon_threadsafe(self._lines.put_nowait, line)

        # A thread of our own on the bare descriptor: neither a loop's reader (which cannot watch files) nor an
        # executor (which waits at exit for a read that never returns) nor stdin's own lock can hang the process.
        threading.Thread(target=self._read_all, args=(put,), name="console-stdin", daemon=True).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._room.release()

    async def read(self) -> str | None:
        """The next line; None at the end of input."""
        line = await self._lines.get()
        self._room.release()
        return line

    def show(self, card: Card, shown: Sequence[Numbered]) -> None:
        """Write the card."""
        self._target.write(plain(card, shown) + "\n")
        self._target.flush()

    def _read_all(self, put: Callable[[str | None], None]) -> None:
        rest = b""
        try:
            while not self._closed.is_set() and (chunk := os.read(self._source, 65_536)):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._room.acquire()
                    put(_decoded(line))
                rest = rest[:LONGEST_LINE]
        except OSError:
            pass
        if rest:
            put(_decoded(rest))
        put(None)


def _nothing(event: object) -> None:
    """What Enter does while an answer is under way."""


def _decoded(line: bytes) -> str:
    return line[:LONGEST_LINE].decode("utf-8", "replace").rstrip("\r")
