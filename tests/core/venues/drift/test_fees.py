"""Network fees: each transaction counts once, for whom it was, whatever is killed; a key that runs low is told once."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.db.census import Census
from core.db.connection import Database
from core.db.fees import PostgresFeeBook
from core.db.memory import MemoryStore
from core.domain.errors import VenueUnknown
from core.domain.event import KeyRanLow
from core.domain.ids import OwnerId
from core.flow.fees import KEPT_SLOTS, FeeAccounts
from core.ports import StoredKey
from core.ports.fees import Paid
from core.venues.drift.emulator.exchange import keypair
from core.venues.drift.purse import DriftPurse
from tests.core.venues.drift.stage import SHARD, DriftStage, Emulated, drift_stage
from tests.core.venues.drift.test_venue import intent

KEY = str(SHARD.pubkey())
SOL = 10**9
OWNERS = (OwnerId(1), OwnerId(2))


class Keys:
    """One delegate key of two owners, once it is `used`."""

    used = True

    async def all(self) -> list[StoredKey]:
        return [StoredKey(address=KEY, kind="delegate", sealed=b"", master=1, created_at=datetime.now(UTC))]

    async def owners(self, address: str) -> list[OwnerId]:
        return list(OWNERS) if address == KEY and self.used else []


class Killed(BaseException):
    """The process ends here."""


class MortalBook(PostgresFeeBook):
    """A book whose process is killed right after, or before, it has put something in."""

    when = ""

    async def put(self, key: str, paid: Sequence[tuple[OwnerId | None, Paid]], reached: int) -> None:
        if self.when == "before":
            raise Killed
        await super().put(key, paid, reached)
        if self.when == "after":
            raise Killed


class Counting:
    """A stage with two owners' accounts, the book of its fees, and the operator that is told."""

    def __init__(self, stage: DriftStage, book: MortalBook, store: MemoryStore, operator: OwnerId) -> None:
        self.stage, self.book, self.store, self.operator = stage, book, store, operator
        self.keys = Keys()
        self.accounts = self.restarted()

    def restarted(self) -> FeeAccounts:
        """Accounts that remember nothing but what is in the book."""
        purse = DriftPurse(self.stage.opened.rpc, Emulated(), self.stage.drift.user_key)
        return FeeAccounts(purse, self.book, self.keys, "drift", minimum=SOL // 20)  # type: ignore[arg-type]

    async def trade(self, order_id: str, owner: OwnerId = OWNERS[0], **changes: Any) -> None:
        prepared = await self.stage.drift.prepare(intent(order_id, owner=owner, **changes))
        await self.stage.drift.send(prepared)
        await self.stage.proceed()

    async def look(self) -> None:
        await self.accounts.look(self.store, self.stage.clock, [self.operator])

    def charged(self) -> int:
        return SOL - self.stage.chain.lamports[SHARD.pubkey()]

    async def spent(self) -> dict[OwnerId | None, tuple[int, int, int]]:
        return {one.owner: (one.lamports, one.transactions, one.failed) for one in await self.book.spent()}


@pytest.fixture
async def counting(database: Database) -> AsyncIterator[Counting]:
    async with drift_stage() as stage:
        await stage.show("100")
        stage.exchange.open_user(keypair("wallet", OWNERS[1]).pubkey(), Decimal(10_000), SHARD.pubkey())
        stage.chain.lamports[SHARD.pubkey()] = SOL
        stage.chain.fees = [50_000]
        store = MemoryStore()
        operator = await store.create_owner("telegram", "9", stage.clock.now())
        yield Counting(stage, MortalBook(database), store, operator)


async def test_each_share_is_what_the_chain_charged_and_all_add_up_to_what_the_key_lost(
    counting: Counting,
) -> None:
    await counting.trade("ord_1")
    await counting.trade("ord_2", OWNERS[1], type="limit", price=Decimal(90), max_slippage_bps=None)
    counting.stage.chain.faults.fail_next = 1
    await counting.trade("ord_3", OWNERS[1])
    await counting.stage.drift.cancel_all(OWNERS[1])
    await counting.look()
    assert await counting.spent() == {}, "what is not final may be undone yet"
    counting.stage.chain.advance(40)
    await counting.look()
    spent = await counting.spent()
    assert [entry[1:] for entry in (spent[OWNERS[0]], spent[OWNERS[1]])] == [(1, 0), (3, 1)]
    assert sum(entry[0] for entry in spent.values()) == counting.charged()
    assert spent[OWNERS[0]][0] > 5_000, "the price of being early is in it"
    assert await counting.book.spent_for(OWNERS[1]) == (await counting.book.spent())[0]
    [payer] = await counting.book.payers()
    assert (payer.key, payer.lamports, payer.lamports_spent, payer.low) == (
        KEY, SOL - counting.charged(), counting.charged(), None,
    )  # fmt: skip


async def test_a_transaction_counts_once_however_often_it_is_looked_at_and_whenever_a_look_is_killed(
    counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.flow.fees.AT_ONCE", 2)
    for number in range(5):
        await counting.trade(f"ord_{number}")
    counting.stage.chain.advance(40)
    for when in ("before", "after", "before", "after"):
        counting.book.when = when
        counting.accounts = counting.restarted()
        with pytest.raises(Killed):
            await counting.look()
    counting.book.when = ""
    await counting.look()
    await counting.restarted().look(counting.store, counting.stage.clock, [counting.operator])
    assert await counting.spent() == {OWNERS[0]: (counting.charged(), 5, 0)}


async def test_a_transaction_that_is_listed_late_counts_too_and_one_that_others_paid_does_not(
    counting: Counting,
) -> None:
    await counting.trade("ord_1")
    first = str(counting.stage.chain.history[SHARD.pubkey()][0])
    counting.stage.node.hidden.add(first)
    await counting.trade("ord_2")
    counting.stage.chain.advance(40)
    await counting.look()
    assert (await counting.spent())[OWNERS[0]][1] == 1
    counting.stage.node.hidden.clear()
    await counting.look()
    assert await counting.spent() == {OWNERS[0]: (counting.charged(), 2, 0)}


async def test_a_transaction_that_no_node_keeps_holds_the_rest_up_for_an_hour_at_most(counting: Counting) -> None:
    await counting.trade("ord_1")
    cost = counting.charged()
    kept_from = counting.stage.chain.slot
    await counting.trade("ord_2")
    counting.stage.chain.advance(40)
    counting.stage.node.kept_from = kept_from
    with pytest.raises(VenueUnknown):
        await counting.look()
    assert await counting.spent() == {}
    assert [payer.key for payer in await counting.book.payers()] == [KEY], "what it has left is seen all the same"
    counting.stage.chain.skip(KEPT_SLOTS, 3_600)
    await counting.stage.show("100")
    await counting.trade("ord_3")
    counting.stage.chain.advance(40)
    await counting.look()
    assert await counting.spent() == {OWNERS[0]: (counting.charged() - cost, 2, 0)}


async def test_a_key_that_runs_low_is_told_once_until_it_has_enough_again(counting: Counting) -> None:
    start = await counting.store.event_log.end()
    counting.keys.used = False
    counting.stage.chain.lamports[SHARD.pubkey()] = 0
    await counting.look()
    counting.keys.used = True
    for lamports in (SOL // 20, SOL // 20 - 1, SOL // 50, SOL // 10, SOL // 10, SOL // 100):
        counting.stage.chain.lamports[SHARD.pubkey()] = lamports
        await counting.look()
        await counting.restarted().look(counting.store, counting.stage.clock, [counting.operator])
    events, _ = await counting.store.event_log.read(start)
    assert [(event.name, event.owner) for event in events] == [
        ("key.ran_low", counting.operator), ("key.refilled", counting.operator), ("key.ran_low", counting.operator),
    ]  # fmt: skip
    low = events[0]
    assert isinstance(low, KeyRanLow)
    assert (low.key, low.lamports, low.minimum) == (KEY, SOL // 20 - 1, SOL // 20)


async def test_what_was_paid_for_somebody_who_left_stays_in_the_book_as_nobody_s(
    counting: Counting, database: Database
) -> None:
    await counting.trade("ord_1")
    counting.stage.chain.advance(40)
    await counting.look()
    await Census(database).forget(OWNERS[0])
    await counting.look()
    assert await counting.spent() == {None: (counting.charged(), 1, 0)}
