"""The façades and the engine on memory, with the flow's clock and line in hand."""

from typing import Any, NoReturn, cast

from core.app.account import Accounts
from core.app.drafts import Drafts
from core.app.engine import Engine
from core.app.execution import Execution
from core.app.parts import Parts
from core.app.rules import Rules
from core.db.memory import MemoryLease
from core.db.memory_outbox import MemoryOutbox
from core.domain.rule import Rule
from core.flow.board import Board
from core.flow.trust import Bounds, Trust
from core.parse.grammar import GrammarParser
from core.ports import Inbox, Journal
from core.settings import read_settings
from tests.core.flow.bench import Bench


class Desk(Bench):
    """The bench with everything that `open_core` would plug together; Ann is signed in by `open`."""

    def parts(self, holder: str) -> Parts:
        """The adapters of one process: another *holder* shares nothing with it but what is stored."""
        return Parts(
            settings=read_settings(_env_file=None),
            clock=self.clock,
            store=self.store,
            log=self.store.event_log,
            outbox=MemoryOutbox(self.store),
            queue=self.store.queue,
            lease=MemoryLease(self.store, holder),
            leases=lambda: MemoryLease(self.store, f"{holder}:more"),
            inbox=cast(Inbox, Closed()),
            venue=self.venue,
            own=self.venue,
            parser=GrammarParser(),
            board=Board(fresh_s=5.0),
            trust=Trust(Bounds()),
        )

    async def process(self, holder: str = "one", *, start: bool = True) -> "Process":
        process = Process(self, self.parts(holder))
        if start:
            await process.engine.start()
        return process


class Closed:
    """Stands where the database's lists would be; what is tested here changes things and lists none."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"Expected nobody to read lists here, was {name}")


class Process:
    """What one process of the product runs."""

    def __init__(self, desk: Desk, parts: Parts) -> None:
        self.desk, self.parts = desk, parts
        self.engine, self.execution = Engine(parts), Execution(parts)
        journal = cast(Journal, Closed())
        self.account, self.drafts = Accounts(parts), Drafts(parts, journal)
        self.rules = Rules(parts, self.drafts, journal)

    async def see(self, price: str, **more: Any) -> None:
        """A second passes and the market is seen; what follows is done."""
        self.desk.pass_time(seconds=1)
        observation = self.desk.observation(price, **more)
        self.desk.known[observation.market] = observation.price
        await self.desk.venue.real.observe(observation)
        await self.engine.observe(observation)
        await self.work()

    async def work(self) -> None:
        """Wake-ups and events, until nothing more follows."""
        for _ in range(5):
            await self.desk.store.queue.drain(self.execution.step)
            await self.engine.take_in_events()

    async def arm(self, *specs: Any) -> list[Rule]:
        rules = await self.desk.agree(await self.desk.draft(*specs))
        await self.engine.take_in_events()
        return rules
