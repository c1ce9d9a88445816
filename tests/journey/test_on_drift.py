"""The brief's sentence on Drift's emulator, from words to notice: one transaction a trigger, signed by the delegate."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from bots.channel import Answer, Outbound
from bots.delivery import Courier
from core.app import Core, open_core, read_settings
from core.domain.ids import OwnerId
from core.domain.owner import Draft
from core.domain.rule import RuleState
from core.ports import TradeFilter
from core.venues.drift.emulator.chain import Chain
from core.venues.drift.emulator.exchange import INDEX, Exchange, keypair
from core.venues.drift.emulator.keepers import Keepers
from core.venues.drift.emulator.node import serving
from core.venues.drift.emulator.tables import WIRE
from scheduler import run_scheduler, run_worker
from tests.chain import account_of, ticking

EXAMPLE = (
    "If SOL-PERP price drops $0.1 from current price, sell 50% of my position. "
    "If it goes up by $0.2, take profit on the entire position."
)
MARKET = "SOL-PERP"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@dataclass
class Told:
    """A channel whose person reads what is kept here."""

    name: str = "console"
    titles: list[str] = field(default_factory=list)

    async def run(self, answer: Answer) -> None:
        """Nobody types here."""

    async def send(self, outbound: Outbound) -> str:
        self.titles.append(outbound.card.title)
        return "shown"


class Stage:
    """The whole product but its chat, on the emulator, and an owner who talks to it."""

    def __init__(self, core: Core, exchange: Exchange, owner: OwnerId, told: Told) -> None:
        self.core, self.exchange, self.owner, self.told = core, exchange, owner, told
        self.key = account_of(owner)

    async def agree(self, words: str) -> None:
        draft = await self.core.drafts.say(self.owner, words, "console")
        assert isinstance(draft, Draft), draft
        await self.core.drafts.confirm(self.owner, draft.id, draft.revision)

    async def until(self, fact: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(30):
            while not await fact():  # noqa: ASYNC110 - other tasks bring it about
                await asyncio.sleep(0.05)

    async def states(self) -> list[RuleState]:
        return [rule.state for rule in await self.core.rules.list(self.owner, set(RuleState))]

    async def base(self) -> Decimal:
        held = (await self.core.parts.venue.account(self.owner)).position(MARKET)
        return Decimal(0) if held is None else held.base

    async def stands(self, *sizes: int) -> bool:
        """Whether the owner's open orders on chain are of these sizes, in base."""
        orders = self.exchange.user(self.key)["orders"]
        return sorted(one["base_asset_amount"] // 10**9 for one in orders if one["status"] == "Open") == sorted(sizes)

    async def tells(self, words: str) -> bool:
        """Whether the owner was told *words* in some title."""
        return any(words in title for title in self.told.titles)

    def signers(self) -> list[Pubkey]:
        """Who signed each transaction that placed an order of the owner's."""
        chain = self.exchange.chain
        placed = []
        for name in chain.history[self.key]:
            landed = chain.landed[name]
            if any(event.name == "OrderRecord" for event in WIRE.events(landed.logs).events):
                placed.append(VersionedTransaction.from_bytes(landed.raw).message.account_keys[0])
        return placed


@asynccontextmanager
async def _staged(dsn: str, home: Path) -> AsyncIterator[Stage]:
    exchange = Exchange(Chain(time=datetime.now(UTC).timestamp()))
    Keepers(exchange)
    exchange.show(MARKET, Decimal(150))
    async with (
        serving(exchange.chain) as (_, rpc, ws),
        ticking(exchange, 0.05, slots_a_price=10),
        asyncio.TaskGroup() as tasks,
    ):
        settings = read_settings(
            _env_file=None, DATABASE_URL=dsn, SAYWHEN_HOME=str(home), SAYWHEN_VENUE="drift-emulator",
            SOLANA_RPC_URL=rpc, SOLANA_WS_URL=ws,
        )  # fmt: skip
        async with open_core(settings, signs=True) as core:
            owner = await core.parts.store.create_owner("console", "ann", core.clock.now())
            told, ready = Told(), asyncio.Event()
            running = [
                tasks.create_task(run_scheduler(core, ready)),
                tasks.create_task(run_worker(core)),
                tasks.create_task(Courier(core.notices, [told], core.clock).run()),
            ]
            async with asyncio.timeout(30):
                await ready.wait()
            try:
                yield Stage(core, exchange, owner, told)
            finally:
                for task in running:
                    task.cancel()
                await asyncio.wait(running)


async def test_the_sentence_becomes_one_signed_transaction_a_trigger_and_its_fill_is_told(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with _staged(postgres_dsn, tmp_path) as stage:
        await stage.agree("buy 10 SOL now")

        async def bought() -> bool:
            return await stage.base() == 10 and stage.told.titles[-1:] != [] and "Bought" in stage.told.titles[-1]

        await stage.until(bought)
        await stage.agree(EXAMPLE)
        await stage.until(partial(stage.stands, 5, 10))

        async def both_told() -> bool:
            return sum("rests on drift-emulator now" in title for title in stage.told.titles) == 2

        await stage.until(both_told)
        stage.exchange.show(MARKET, Decimal("149.8"))

        async def half_sold() -> bool:
            return any("Sold 5 SOL" in title for title in stage.told.titles)

        await stage.until(half_sold)
        assert await stage.base() == 5
        await stage.until(partial(stage.stands, 5))
        stage.exchange.show(MARKET, Decimal("150.3"))

        async def all_sold() -> bool:
            return sum("Sold 5 SOL" in title for title in stage.told.titles) == 2

        await stage.until(all_sold)
        assert await stage.base() == 0
        assert set(await stage.states()) == {RuleState.COMPLETED}
        trades = await stage.core.trades.page(stage.owner, TradeFilter())
        assert [f"{fill.side} {fill.base:f}" for _, fill in reversed(trades)] == [
            "buy 10.000000000",
            "sell 5.000000000",
            "sell 5.000000000",
        ]
        assert {fill.venue for _, fill in trades} == {"drift-emulator"}
        delegate = stage.exchange.user(stage.key)["delegate"]
        assert stage.signers() == [delegate] * 4, "bought; two that stood on chain, the second sized anew by the first"
        assert await stage.stands()
        assert delegate != keypair("wallet", stage.owner).pubkey()
        await _pays(stage, delegate)


async def _pays(stage: Stage, delegate: Pubkey) -> None:
    """Network fees: the key's, told to the owner as they were, and to who runs this once it runs low."""
    lamports = stage.exchange.chain.lamports
    stage.exchange.chain.advance(40)
    await stage.core.engine.fees()
    spent = await stage.core.fees.spent_for(stage.owner)
    assert (spent.transactions, spent.failed) == (4, 0)
    assert spent.lamports == 10**9 - lamports[delegate] >= 20_000
    lamports[delegate] = 10_000
    await stage.core.engine.fees()

    async def told() -> bool:
        return "A key that pays network fees runs low" in stage.told.titles

    await stage.until(told)


async def test_a_bracket_rests_on_chain_fills_in_parts_and_one_leg_ends_the_other_while_a_trail_is_watched_by_us(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with _staged(postgres_dsn, tmp_path) as stage:
        stage.exchange.program.depth[INDEX[MARKET]] = 4 * 10**9
        await stage.agree("buy 10 SOL now with a stop at 140 and take profit at 160")
        await stage.until(partial(stage.stands, 10, 10))  # sized anew as the entry filled in parts
        await stage.until(partial(stage.tells, "r3 rests"))
        stage.exchange.show(MARKET, Decimal(139))
        await stage.until(partial(stage.tells, "Sold 10 SOL"))
        await stage.until(stage.stands)
        assert await stage.base() == 0
        by_label = {rule.label: rule.state for rule in await stage.core.rules.list(stage.owner, set(RuleState))}
        assert by_label == {"r1": RuleState.COMPLETED, "r2": RuleState.COMPLETED, "r3": RuleState.CANCELLED}
        trades = [fill for _, fill in await stage.core.trades.page(stage.owner, TradeFilter())]
        for side in ("buy", "sell"):
            assert sorted(fill.base for fill in trades if fill.side == side) == [2, 4, 4], "in parts, each told once"

        stage.exchange.program.depth.clear()
        await stage.agree("buy 5 SOL now")
        await stage.until(partial(stage.tells, "Bought 5 SOL"))
        await stage.agree("sell all of my SOL with a trailing stop of $3")
        stage.exchange.show(MARKET, Decimal(145))
        await asyncio.sleep(1)
        assert await stage.stands(), "what trails does not rest on chain"
        stage.exchange.show(MARKET, Decimal(141))
        await stage.until(partial(stage.tells, "Sold 5 SOL"))
        assert await stage.base() == 0
