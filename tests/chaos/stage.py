"""Where a story is played: one database, one folder, and processes that are started again when they are killed."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from signal import SIGKILL

import asyncpg

from core.clock import SystemClock
from core.db.connection import Database
from core.db.ledger import PostgresLedger
from core.db.store import PostgresStore
from core.domain.errors import StorageUnavailable
from core.domain.listing import LISTING
from core.domain.market import Observation
from core.venues.paper import PaperVenue
from tests.chaos.books import is_quiet, read_books, states_of
from tests.chaos.doubt import Doubt
from tests.chaos.stories import ENTRY, Story
from tests.chaos.verdict import DEPOSIT, MOMENTS, Verdict, judge, torn
from tests.chaos.victim import ADDRESS, CHANNEL, MARKET, PRICE, Fatal, Life, Role, live

LOOK_S = 0.1

ALL: frozenset[Role] = frozenset({"person", "scheduler", "worker", "messenger"})
WORKER: frozenset[Role] = frozenset({"worker"})
WATCHER = ALL - WORKER

_processes = multiprocessing.get_context("forkserver")


def prepare() -> None:
    """Start the process that victims are forked from, with everything imported: a start then costs no second."""
    _processes.set_forkserver_preload(["pytest", "alembic.command", "pgqueuer", "tests.chaos.victim"])
    idle = _processes.Process(target=int)
    idle.start()
    idle.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process and how each of its first lives ends; the one after those goes on to the end of the play."""

    name: str
    roles: frozenset[Role] = ALL
    fatal: tuple[Fatal, ...] = ()
    doubt: Doubt | None = None


class Stage:
    """One play in one database and one folder."""

    def __init__(self, dsn: str, folder: Path, pool: asyncpg.Pool, story: Story) -> None:
        self.pool = pool
        self.verdict = Verdict(plays=1)
        self._dsn = dsn
        self._folder = folder
        self._story = story
        self._processes: dict[str, ForkServerProcess] = {}

    def set_price(self, step: int, file: str = PRICE) -> None:
        """Let the market stand where the story's *step* has it."""
        draft = self._folder / f"{file}.new"
        draft.write_text(str(self._story.steps[step].price), encoding="ascii")
        draft.replace(self._folder / file)

    def share_price(self, file: str) -> None:
        """From now on whoever reads *file* sees the one market that all others see."""
        draft = self._folder / f"{file}.new"
        draft.symlink_to(PRICE)
        draft.replace(self._folder / file)

    def life(self, part: Part, number: int) -> Life:
        """The *number*-th life of a part, from 0."""
        return Life(
            name=f"{part.name}-{number}",
            dsn=self._dsn,
            folder=self._folder,
            roles=part.roles,
            words=self._story.words,
            fatal=part.fatal[number] if number < len(part.fatal) else None,
            doubt=part.doubt if number == 0 else None,
        )

    def start(self, life: Life) -> ForkServerProcess:
        """A process that lives *life*; whatever is left of it at the end of the play is killed."""
        process = _processes.Process(target=live, args=(life,), name=life.name, daemon=True)
        process.start()
        self._processes[life.name] = process
        return process

    async def keep(self, part: Part) -> None:
        """Start the part again whenever it was killed; a death of any other kind fails the play."""
        number = 0
        while True:
            life = self.life(part, number)
            process = self.start(life)
            await self.until(lambda: _ended(process))  # noqa: B023 - awaited within the turn
            if process.exitcode != -SIGKILL or not life.mark.exists() or life.fatal is None:
                raise AssertionError(f"Expected {life.name} to live, was exit {process.exitcode}")
            self.verdict.kills += 1
            await self._look_at(part, number, life.fatal)
            self.verdict.restarts += 1
            number += 1

    async def _look_at(self, part: Part, number: int, fatal: Fatal) -> None:
        books = await read_books(self.pool, self._folder)
        self.verdict.problems += torn(books, self._story)
        exact = number == 0 and fatal.after_s == 0 and part.roles == ALL and part.doubt is None
        if exact and fatal.point in MOMENTS and not MOMENTS[fatal.point](books, fatal.nth):
            self.verdict.problems.append(f"Expected the moment of {fatal.point}, was {books}")

    async def until(self, fact: Callable[[], Awaitable[bool]]) -> None:
        """Look until *fact* holds; whoever plays sets a deadline."""
        while not await fact():  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(LOOK_S)

    async def reached(self, step: int) -> bool:
        """Whether the rules are where *step* leads them."""
        wanted = {name: state.value for name, state in self._story.steps[step].states.items()}
        return await states_of(self.pool) == wanted

    async def tell(self, first: int = 0) -> None:
        """Move the market through the story's steps, from the *first*."""
        for step in range(first, len(self._story.steps)):
            self.set_price(step)
            await self.until(lambda: self.reached(step))  # noqa: B023 - awaited within the turn

    async def finish(self) -> Verdict:
        """Wait until nothing is left to do and whoever was killed lives again, then judge."""
        await self.until(self._is_at_rest)
        self.verdict.add(judge(await read_books(self.pool, self._folder), self._story))
        return self.verdict

    async def _is_at_rest(self) -> bool:
        dead = sum(process.exitcode is not None for process in self._processes.values())
        return dead == self.verdict.restarts and await is_quiet(self.pool)

    async def report(self, problem: object) -> Verdict:
        """The findings of a play that did not come to its end, with what its processes said last."""
        books = await read_books(self.pool, self._folder)
        self.verdict.add(judge(books, self._story))
        logs = {log.name: log.read_text(encoding="utf-8")[-3_000:] for log in sorted(self._folder.glob("*.log"))}
        said = "\n".join(f"--- {name}\n{text}" for name, text in logs.items())
        self.verdict.problems.append(f"Expected the story to end, was {problem!r} with {books}\n{said}")
        return self.verdict

    async def end(self) -> None:
        """Kill whatever still runs."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            await self.until(lambda: _ended(process))  # noqa: B023


async def _ended(process: ForkServerProcess) -> bool:
    return process.exitcode is not None


async def _opened(dsn: str) -> Database:
    """The database, though this process and its server have to wait their turn behind dozens of victims."""
    for _ in range(3):
        with suppress(StorageUnavailable):
            return await Database.open(dsn)
    return await Database.open(dsn)


@asynccontextmanager
async def staged(dsn: str, folder: Path, story: Story) -> AsyncIterator[Stage]:
    """A stage with the person and their position, at the story's first price; nothing of it runs on afterwards."""
    database = await _opened(dsn)
    try:
        clock = SystemClock()
        owner = await PostgresStore(database).create_owner(CHANNEL, ADDRESS, clock.now())
        venue = PaperVenue(PostgresLedger(database), clock, LISTING, deposit=DEPOSIT)
        now = datetime.now(UTC)
        await venue.observe(
            Observation(market=MARKET, price=story.steps[0].price, at=now, seen_at=now, source="the stage")
        )
        if story.held:
            await venue.open_position(owner, MARKET, story.held, ENTRY)
    finally:
        await database.close()
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        stage = Stage(dsn, folder, pool, story)
        stage.set_price(0)
        try:
            yield stage
        finally:
            await stage.end()
