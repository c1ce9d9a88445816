"""A process of the product that may kill itself: decides when it dies and which prices it sees, never what it does.

Everything between the words and the cards is the product's own code on a real database. Three things are the test's:
prices come from a file, cards go to a file, and a hook on `core.flow.points` ends the process with a signal.
"""

import asyncio
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from bots.channel import Answer, Inbound, Outbound
from bots.delivery import Courier
from bots.dialogue import Dialogue
from core.app import open_core, read_settings, set_up_logs
from core.domain.market import Candle, Observation, Timeframe
from core.feed.card import Card
from core.feed.press import AnswerDraft, ConfirmDraft, read
from core.flow import points
from core.ports import Clock
from scheduler import run_scheduler, run_worker
from tests.chaos.doubt import Doubt, cast_doubt

CHANNEL, ADDRESS, MARKET = "console", "ann", "SOL-PERP"
PRICE, TOLD, TALK = "price", "told.jsonl", "talk.jsonl"
TICK_S = 0.1
LONGEST_LIFE_S = 180
"""After this a victim ends by itself, whatever became of its parent."""

Role = Literal["person", "scheduler", "worker", "messenger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fatal:
    """The signal that a process sends itself at the `nth` passing of a point, or `after_s` later, meanwhile running."""

    point: str
    nth: int = 1
    after_s: float = 0.0
    by: signal.Signals = signal.SIGKILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One life of one process. `name` is its own in `folder`; `price` the file it reads prices from."""

    name: str
    dsn: str
    folder: Path
    roles: frozenset[Role]
    words: str
    price: str = PRICE
    fatal: Fatal | None = None
    doubt: Doubt | None = None
    stops_at: Decimal | None = None
    """The price before whose telling the process stops itself with SIGSTOP."""

    @property
    def mark(self) -> Path:
        """The file that exists once the process has sent itself the signal."""
        return self.folder / f"{self.name}.mark"

    @property
    def ticks(self) -> Path:
        """The file whose length is the number of prices that the process has dealt with."""
        return self.folder / f"{self.name}.ticks"


def live(life: Life) -> None:
    """The whole life of a process."""
    signal.alarm(LONGEST_LIFE_S)
    log = os.open(life.folder / f"{life.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    set_up_logs("INFO", life.name)
    if life.fatal is not None:
        points.listen(_hook(life.fatal, life.mark))
    asyncio.run(_live(life))


async def _live(life: Life) -> None:
    settings = read_settings(_env_file=None, DATABASE_URL=life.dsn, SAYWHEN_HOME=str(life.folder))
    with ExitStack() as stack:
        async with open_core(settings, role=life.name) as opened:
            opened.parts.source = ScriptedPrices(life, opened.clock)
            if life.doubt is not None:
                cast_doubt(opened.parts.venue, life.doubt, stack)
            ready = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                if "scheduler" in life.roles:
                    tasks.create_task(run_scheduler(opened, ready))
                if "worker" in life.roles:
                    tasks.create_task(run_worker(opened))
                if "messenger" in life.roles:
                    channel = RecordingChannel(life.folder / TOLD)
                    tasks.create_task(Courier(opened.notices, [channel], opened.clock).run())
                if "person" in life.roles:
                    await ready.wait()
                    await _converse(Dialogue(opened, opened.clock), opened.clock, life)


class ScriptedPrices:
    """A PriceSource that tells what stands in a file, again and again."""

    name = "scripted"
    simulated = False

    def __init__(self, life: Life, clock: Clock) -> None:
        self._life = life
        self._clock = clock
        self._stops_at = life.stops_at

    async def observe(self, markets: Sequence[str]) -> AsyncIterator[Observation]:
        while True:
            price = Decimal((self._life.folder / self._life.price).read_text(encoding="ascii"))
            if price == self._stops_at:
                self._stops_at = None
                _end(signal.SIGSTOP, self._life.mark)
            now = self._clock.now()
            yield Observation(market=MARKET, price=price, at=now, seen_at=now, source=self.name)
            _lengthen(self._life.ticks)
            await asyncio.sleep(TICK_S)

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        return []

    async def close(self) -> None:
        """Nothing to let go of."""


class RecordingChannel:
    """A Channel whose person reads a file: what is in it was told, whatever happens next."""

    name = CHANNEL

    def __init__(self, file: Path) -> None:
        self._file = file

    async def run(self, answer: Answer) -> None:
        """Nobody types here."""

    async def send(self, outbound: Outbound) -> str:
        write_down(self._file, {"key": outbound.card.key, "title": outbound.card.title})
        return "written"


def _lengthen(file: Path) -> None:
    with file.open("ab") as ticks:
        ticks.write(b".")


def write_down(file: Path, what: object) -> None:
    """Append a line that survives this process."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(what) + "\n")
        lines.flush()
        os.fsync(lines.fileno())


def read_back(file: Path) -> list[dict[str, str]]:
    """The lines that were written down, but for one that was cut off."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines(keepends=True) if line[-1] == "\n"]


async def _converse(dialogue: Dialogue, clock: Clock, life: Life) -> None:
    """What a person does, who after a crash looks at the last card and presses its button again, until it is agreed."""
    diary = life.folder / TALK
    seen = read_back(diary)
    press = seen[-1]["press"] if seen else ""
    while not any(agreed(line["title"]) for line in seen):
        text, verb = ("", press) if press else (life.words, None)
        said = Inbound(channel=CHANNEL, address=ADDRESS, sent_at=clock.now(), text=text, verb=verb)
        cards = await dialogue.answer(said)
        press = _next_press(cards) or press
        seen = [{"press": press, "title": cards[0].title}]
        write_down(diary, seen[0])
        await asyncio.sleep(TICK_S)


def agreed(title: str) -> bool:
    """Whether a card of that title says that the draft is confirmed."""
    return title.startswith(("Confirmed", "This was confirmed already"))


def _next_press(cards: Sequence[Card]) -> str:
    """The first button that answers or confirms; "" where there is none."""
    verbs = [button.verb for card in cards for row in card.buttons for button in row]
    return next((verb for verb in verbs if isinstance(read(verb), AnswerDraft | ConfirmDraft)), "")


def _hook(fatal: Fatal, mark: Path) -> Callable[[str], None]:
    passed = 0

    def hook(point: str) -> None:
        nonlocal passed
        passed += point == fatal.point
        if point != fatal.point or passed != fatal.nth:
            return
        if fatal.after_s == 0:
            _end(fatal.by, mark)
        else:
            threading.Timer(fatal.after_s, _end, (fatal.by, mark)).start()

    return hook


def _end(how: signal.Signals, mark: Path) -> None:
    mark.touch()
    os.kill(os.getpid(), how)
