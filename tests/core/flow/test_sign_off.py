"""Orders that only their owner's own wallet may sign, on the Drift emulator: asked for, opened, signed, sent once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from solders.keypair import Keypair
from solders.transaction import VersionedTransaction

from core.db.memory import MemoryStore
from core.domain.action import LimitOrder, Trade
from core.domain.condition import Now, PriceLevel
from core.domain.errors import Conflict, Denied, NotFound
from core.domain.event import AccountApprovalRequested, OrderApprovalRequested
from core.domain.ids import OrderId, OwnerId
from core.domain.order import Order, OrderState
from core.domain.rule import Repeat, Rule, RuleSpec, RuleState
from core.flow.execute import execute
from core.flow.sentry import tend
from core.flow.settle import settle
from core.flow.sign_off import Desk, decline, open_waiting, take_signed
from core.ports import Cursor, Trader
from core.venues.drift.emulator.exchange import keypair
from core.venues.drift.opening import Network, Opened, open_drift
from tests import samples
from tests.core.venues.drift.stage import DriftStage, OneKey, drift_stage

SELL = Trade(type="sell", market="SOL-PERP", amount_percent=Decimal(50), reduce_only=True)
BUY = Trade(type="buy", market="SOL-PERP", amount_base=Decimal(10), reduce_only=False)


class ByHand:
    """Owners by number whose own wallet signs each time."""

    async def of(self, owner: OwnerId) -> Trader | None:
        wallet = str(keypair("wallet", owner).pubkey())
        return Trader(authority=wallet, signer=wallet, by_hand=True)


@dataclass
class Bench:
    """An owner whose wallet signs, a venue that has no key of theirs, and the steps between a firing and a fill."""

    stage: DriftStage
    store: MemoryStore = field(default_factory=MemoryStore)
    opened: list[Opened] = field(default_factory=list)
    owner: OwnerId = field(default_factory=lambda: OwnerId(1))
    numbers: int = 0

    @property
    def wallet(self) -> Keypair:
        return keypair("wallet", self.owner)

    def process(self) -> Desk:
        """One more process of ours; it knows what is stored, and nothing else."""
        opened = open_drift(
            "drift-emulator", Network(rpc=[self.stage.http]), self.stage.clock, traders=ByHand(),
            keyring=OneKey(keypair("nobody's")), notes=self.stage.notes, simulated=True,
        )  # fmt: skip
        self.opened.append(opened)
        return Desk(store=self.store, venue=opened.venue, custody=opened.custody, clock=self.stage.clock)

    async def fired(self, action: Trade = BUY) -> OrderId:
        """A leg that is planned, of a rule that has fired."""
        self.numbers += 1
        now = self.stage.clock.now()
        spec = replace(samples.SPEC, action=action, repeat=Repeat(), oco_group=None, expires_at=None)
        if not action.reduce_only:
            spec = RuleSpec(id="r1", condition=Now(), action=action)
        side = "long" if action.reduce_only else None
        rule = samples.rule(
            self.owner, self.numbers, state=RuleState.FIRING, trigger_no=1, spec=spec, bound_side=side, armed_at=now
        )
        order = samples.order(rule, due_at=now, created_at=now, venue="drift-emulator", share=Decimal(1))
        async with self.store.begin(self.owner) as tx:
            await tx.add_rule(rule)
            await tx.add_order(order)
        return order.id

    async def work(self, desk: Desk, order_id: OrderId) -> Order:
        await execute(desk.store, desk.venue, desk.clock, self.owner, order_id, 1)
        return await self.order(order_id)

    async def order(self, order_id: OrderId) -> Order:
        async with self.store.begin(self.owner) as tx:
            order = await tx.order(order_id)
            assert order is not None
            return order

    async def rule(self, order: Order) -> Rule:
        async with self.store.begin(self.owner) as tx:
            rule = await tx.rule(order.rule_id)
            assert rule is not None
            return rule

    async def asked(self, desk: Desk, action: Trade = BUY) -> OrderId:
        order_id = await self.fired(action)
        await self.work(desk, order_id)
        return order_id

    async def signed(self, desk: Desk, order_id: OrderId, key: Keypair | None = None) -> bytes:
        opened = await open_waiting(desk, self.owner, order_id)
        return sign(opened.unsigned.transaction, key or self.wallet)

    def sent(self) -> list[bytes]:
        """What the node was given that the wallet pays for."""
        all_of = self.stage.chain.received
        return [
            raw
            for raw in all_of
            if VersionedTransaction.from_bytes(raw).message.account_keys[0] == self.wallet.pubkey()
        ]

    async def base(self) -> Decimal:
        held = (await self.process().venue.account(self.owner)).position("SOL-PERP")
        return Decimal(0) if held is None else held.base


def sign(unsigned: bytes, key: Keypair) -> bytes:
    return bytes(VersionedTransaction(VersionedTransaction.from_bytes(unsigned).message, [key]))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with drift_stage() as stage:
        await stage.show("100")
        made = Bench(stage)
        stage.exchange.fund(keypair("wallet", 1).pubkey(), Decimal(0))
        made.owner = await made.store.create_owner("console", "ann", stage.clock.now())
        yield made
        for opened in made.opened:
            await opened.venue.close()


async def test_an_order_is_asked_for_once_and_nothing_is_sent_until_its_wallet_has_signed(bench: Bench) -> None:
    desk = bench.process()
    order_id = await bench.fired()
    asked = [await bench.work(desk, order_id) for _ in range(2)][-1]
    assert (asked.state, asked.raw) == (OrderState.PLANNED, None)
    assert asked.approval_until == desk.clock.now() + timedelta(minutes=15)
    events, _ = await bench.store.event_log.read(Cursor(""))
    [event] = [event for event in events if isinstance(event, OrderApprovalRequested)]
    assert (event.side, event.base, event.until) == ("buy", Decimal(10), asked.approval_until)
    opened = await open_waiting(desk, bench.owner, order_id)
    assert await bench.work(desk, order_id) == await bench.order(order_id)
    assert bench.sent() == []
    transaction = VersionedTransaction.from_bytes(opened.unsigned.transaction)
    assert transaction.message.account_keys[0] == bench.wallet.pubkey()
    await take_signed(desk, bench.owner, order_id, sign(opened.unsigned.transaction, bench.wallet))
    sent = await bench.work(desk, order_id)
    await bench.stage.proceed()
    assert sent.signature is not None
    assert (await settle(desk.store, desk.venue, desk.clock, bench.owner, order_id)) == await bench.order(order_id)
    assert (await bench.order(order_id)).state is OrderState.FILLED
    assert await bench.base() == 10


async def test_only_the_very_transaction_that_was_made_last_is_taken_and_only_from_its_wallet(bench: Bench) -> None:
    desk = bench.process()
    order_id = await bench.asked(desk)
    with pytest.raises(Conflict, match="not opened"):
        await take_signed(desk, bench.owner, order_id, b"")
    older = await bench.signed(desk, order_id)
    bench.stage.chain.advance(1)
    newest = await open_waiting(desk, bench.owner, order_id)
    thief = keypair("thief")
    message = VersionedTransaction.from_bytes(newest.unsigned.transaction).message
    changed = bytearray(sign(newest.unsigned.transaction, bench.wallet))
    changed[-1] ^= 1
    foreign = bytearray(newest.unsigned.transaction)
    foreign[1:65] = bytes(thief.sign_message(bytes([0x80]) + bytes(message)))
    for wrong in (older, newest.unsigned.transaction, bytes(changed), bytes(foreign), b"\x01", b"\x80" * 1_300):
        with pytest.raises(Denied):
            await take_signed(desk, bench.owner, order_id, wrong)
    with pytest.raises(NotFound):
        await take_signed(desk, OwnerId(2), order_id, sign(newest.unsigned.transaction, bench.wallet))
    assert (await bench.work(desk, order_id)).state is OrderState.PLANNED
    assert bench.sent() == []


async def test_one_that_was_opened_too_long_ago_is_refused_and_opened_anew(bench: Bench) -> None:
    desk = bench.process()
    order_id = await bench.asked(desk)
    old = await bench.signed(desk, order_id)
    bench.stage.pass_time(seconds=70)
    await bench.stage.show("100")
    with pytest.raises(Conflict, match="too old"):
        await take_signed(desk, bench.owner, order_id, old)
    await take_signed(desk, bench.owner, order_id, await bench.signed(desk, order_id))
    assert (await bench.order(order_id)).state is OrderState.SIGNED


async def test_it_is_sent_once_though_its_process_dies_after_the_signature_and_every_answer_is_doubted(
    bench: Bench,
) -> None:
    first = bench.process()
    order_id = await bench.asked(first)
    signed = await bench.signed(first, order_id)
    await take_signed(first, bench.owner, order_id, signed)  # and here it is killed: nothing was sent
    assert bench.sent() == []
    second = bench.process()
    again = await take_signed(second, bench.owner, order_id, signed)  # the page did not hear of it, and tells it again
    assert again.state is OrderState.SIGNED
    with pytest.raises(Conflict, match="Another signature"):
        await take_signed(second, bench.owner, order_id, signed + b"\x00")
    bench.stage.chain.faults.lose = 1
    await bench.work(second, order_id)
    third = bench.process()
    for _ in range(4):
        bench.stage.chain.advance(3, seconds=1.2)
        await bench.work(third, order_id)
        await bench.work(second, order_id)
    await bench.stage.proceed()
    await settle(third.store, third.venue, third.clock, bench.owner, order_id)
    assert (await bench.order(order_id)).state is OrderState.FILLED
    sent = bench.sent()
    assert set(sent) == {signed}
    assert len(sent) > 1
    assert await bench.base() == 10


async def test_what_is_declined_ends_and_what_nobody_signs_in_time_is_given_up_but_a_stop_is_asked_for_again(
    bench: Bench,
) -> None:
    desk = bench.process()
    declined = await bench.asked(desk)
    signed = await bench.signed(desk, declined)
    await decline(desk, bench.owner, declined)
    with pytest.raises(Conflict):
        await take_signed(desk, bench.owner, declined, signed)
    over = await bench.order(declined)
    assert (over.state, (await bench.rule(over)).state) == (OrderState.CANCELLED, RuleState.CANCELLED)

    bought = await bench.asked(desk)
    await take_signed(desk, bench.owner, bought, await bench.signed(desk, bought))
    await bench.work(desk, bought)
    await bench.stage.proceed()
    await settle(desk.store, desk.venue, desk.clock, bench.owner, bought)
    count = len(bench.sent())
    entry, stop = await bench.asked(desk), await bench.asked(desk, SELL)
    assert (await open_waiting(desk, bench.owner, stop)).intent.base == 5  # half of what is held when it is opened
    bench.stage.pass_time(minutes=16)
    await bench.stage.show("100")
    for order_id, state in ((entry, RuleState.FAILED), (stop, RuleState.ARMED)):
        with pytest.raises(Conflict):
            await open_waiting(desk, bench.owner, order_id)
        ended = await bench.work(desk, order_id)
        assert (ended.state, (await bench.rule(ended)).state) == (OrderState.CANCELLED, state)
    assert len(bench.sent()) == count


async def test_an_order_that_the_venue_would_refuse_is_told_and_cannot_be_signed(bench: Bench) -> None:
    desk = bench.process()
    huge = replace(BUY, amount_base=Decimal(220))
    async with bench.store.begin(bench.owner) as tx:
        person = await tx.read_owner()
        wide = replace(person.limits, max_order_usd=Decimal(10**6), max_position_usd=Decimal(10**6))
        await tx.save_owner(replace(person, limits=replace(wide, max_leverage=Decimal(10))))
    order_id = await bench.asked(desk, huge)
    bench.stage.exchange.program.refuse = 6003
    opened = await open_waiting(desk, bench.owner, order_id)
    bench.stage.exchange.program.refuse = None
    assert "Not enough free collateral" in opened.unsigned.refused
    signed = sign(opened.unsigned.transaction, bench.wallet)
    with pytest.raises(Conflict, match="not opened"):
        await take_signed(desk, bench.owner, order_id, signed)


async def test_a_resting_order_is_taken_off_by_the_wallet_alone(bench: Bench) -> None:
    desk = bench.process()
    resting = replace(BUY, order=LimitOrder(price=Decimal(90)))
    order_id = await bench.asked(desk, resting)
    opened = await open_waiting(desk, bench.owner, order_id)
    assert opened.intent.price == 90
    await take_signed(desk, bench.owner, order_id, sign(opened.unsigned.transaction, bench.wallet))
    await bench.work(desk, order_id)
    await bench.stage.proceed()
    known = await settle(desk.store, desk.venue, desk.clock, bench.owner, order_id)
    assert known is not None
    assert known.state is OrderState.ACCEPTED
    async with bench.store.begin(bench.owner) as tx:
        await tx.save_order(replace(known, cancel_asked=True), was=known.state)
    # We cannot; its owner is told, once in a while.
    still = [await settle(desk.store, desk.venue, desk.clock, bench.owner, order_id) for _ in range(2)][-1]
    events, _ = await bench.store.event_log.read(Cursor(""))
    [told] = [event for event in events if isinstance(event, AccountApprovalRequested)]
    assert told.what.startswith("Take the SOL-PERP order to buy 10 SOL off drift-emulator")
    assert still is not None
    assert still.state is OrderState.ACCEPTED
    assert known.signature is not None
    unsigned = await desk.custody.take_off(bench.owner, known.signature)
    sealed = desk.custody.sealed(unsigned.raw, sign(unsigned.transaction, bench.wallet))
    assert await desk.custody.hand_over(sealed.raw, first=True) == ""
    await bench.stage.proceed()
    assert await desk.custody.fate(sealed.raw) == ("confirmed", "")
    over = await settle(desk.store, desk.venue, desk.clock, bench.owner, order_id)
    assert over is not None
    assert over.state is OrderState.CANCELLED


async def test_an_order_that_would_stand_at_the_venue_is_not_asked_for_and_our_engine_watches_instead(
    bench: Bench,
) -> None:
    desk = bench.process()
    bought = await bench.asked(desk)
    await take_signed(desk, bench.owner, bought, await bench.signed(desk, bought))
    await bench.work(desk, bought)
    await bench.stage.proceed()
    await settle(desk.store, desk.venue, desk.clock, bench.owner, bought)
    whole = Trade(type="sell", market="SOL-PERP", amount_percent=Decimal(100), reduce_only=True)
    below = PriceLevel(market="SOL-PERP", operator="<=", price=Decimal(90))
    spec = RuleSpec(id="r9", condition=below, action=whole)
    rule = samples.rule(bench.owner, 9, spec=spec, memory={}, armed_at=desk.clock.now())
    async with bench.store.begin(bench.owner) as tx:
        await tx.add_rule(rule)
    assert await tend(desk.store, desk.venue, desk.clock, bench.owner) == 0
    async with bench.store.begin(bench.owner) as tx:
        assert await tx.orders(rule_id=rule.id) == []
        watched = await tx.rule(rule.id)
    assert watched is not None
    assert (watched.state, watched.sentry) == (RuleState.ARMED, None)
