"""What every Store promises of orders, fills and what is read across owners, whatever keeps them."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.errors import Conflict
from core.domain.ids import EventId, OrderId, OwnerId, RuleId
from core.domain.market import Candle
from core.domain.order import Order, OrderState
from core.domain.rule import Rule, RuleState
from core.ports import Store
from tests import samples
from tests.clock import START
from tests.storage import Storage, broken_off


@pytest.fixture
async def owner(store: Store) -> OwnerId:
    return await store.create_owner("console", "ann", START)


@pytest.fixture
async def rule(store: Store, owner: OwnerId) -> Rule:
    rule = samples.rule(owner)
    async with store.begin(owner) as tx:
        await tx.add_rule(rule)
    return rule


async def _add(store: Store, *orders: Order) -> None:
    async with store.begin(orders[0].owner) as tx:
        for order in orders:
            await tx.add_order(order)


async def test_an_order_comes_back_as_it_was_stored(store: Store, rule: Rule) -> None:
    planned = samples.order(rule, limit_price=Decimal("149.90"), step="reverse_open")
    full = samples.signed(
        planned,
        attempts=2,
        filled_base=Decimal("0.000000001"),
        filled_quote=Decimal("123456789012345678.000000001"),
        reason="because",
        proof="a fill",
        ended_at=START,
        cancel_asked=True,
        cause=EventId("7"),
    )
    await _add(store, planned)
    async with store.begin(rule.owner) as tx:
        assert await tx.order(planned.id) == planned
        assert await tx.save_order(full, was=OrderState.PLANNED) is True
    async with store.begin(rule.owner) as tx:
        assert await tx.order(planned.id) == full
        assert await tx.order(OrderId("another")) is None


async def test_a_leg_is_planned_once_and_the_transaction_lives_on(store: Store, rule: Rule) -> None:
    await _add(store, samples.order(rule))
    async with store.begin(rule.owner) as tx:
        with pytest.raises(Conflict):
            await tx.add_order(samples.order(rule, id=OrderId("o_again")))
        await tx.add_order(samples.order(rule, leg_no=2))
        assert len(await tx.orders(rule_id=rule.id, trigger_no=1)) == 2


async def test_of_two_who_save_an_order_in_the_same_state_one_wins(store: Store, rule: Rule) -> None:
    order = samples.order(rule)
    await _add(store, order)

    async def sign() -> bool:
        async with store.begin(rule.owner) as tx:
            saved = await tx.save_order(samples.signed(order), was=OrderState.PLANNED)
            await asyncio.sleep(0)
            return saved

    assert sorted(await asyncio.gather(sign(), sign())) == [False, True]


async def test_no_order_can_be_at_a_venue_without_stored_bytes(store: Store, rule: Rule) -> None:
    order = samples.order(rule)
    await _add(store, order)
    with pytest.raises(ValueError, match=r"(?i)signed"):
        async with store.begin(rule.owner) as tx:
            await tx.save_order(replace(order, state=OrderState.SENT), was=OrderState.PLANNED)
    async with store.begin(rule.owner) as tx:
        assert await tx.order(order.id) == order


async def test_a_signature_belongs_to_one_order(store: Store, rule: Rule) -> None:
    first, second = samples.order(rule, 1), samples.order(rule, 2)
    await _add(store, first, second)
    stolen = replace(samples.signed(second), signature=samples.signed(first).signature)
    async with broken_off(store, rule.owner) as tx:
        await tx.save_order(samples.signed(first), was=OrderState.PLANNED)
        with pytest.raises(Conflict):
            await tx.save_order(stolen, was=OrderState.PLANNED)
    async with store.begin(rule.owner) as tx:
        assert await tx.orders() == [first, second]
        assert await tx.save_order(samples.signed(first), was=OrderState.PLANNED)
        dead = replace(first, reason="never landed")
        assert await tx.save_order(dead, was=OrderState.SIGNED)
        assert await tx.save_order(stolen, was=OrderState.PLANNED)


async def test_orders_are_found_by_state_rule_trigger_and_age(store: Store, owner: OwnerId, rule: Rule) -> None:
    other = samples.rule(owner, 2)
    async with store.begin(owner) as tx:
        await tx.add_rule(other)
    late = START + timedelta(hours=1)
    a = samples.order(rule, 1)
    b = samples.order(rule, 2)
    c = samples.order(rule, 1, trigger_no=2, created_at=late)
    d = samples.order(other, 1, created_at=late, state=OrderState.DENIED)
    await _add(store, d, c, b, a)
    async with store.begin(owner) as tx:
        assert await tx.orders() == [a, b, d, c]
        assert await tx.orders(rule_id=rule.id) == [a, b, c]
        assert await tx.orders(rule_id=rule.id, trigger_no=1) == [a, b]
        assert await tx.orders(since=late) == [d, c]
        assert await tx.orders(since=late, states=[OrderState.DENIED]) == [d]
        assert await tx.orders(states=[OrderState.PLANNED]) == [a, b, c]
        assert await tx.orders(states=[OrderState.PLANNED], since=late) == [c]
        assert await tx.orders(states=[OrderState.PLANNED, OrderState.DENIED], limit=2) == [d, c]
        assert await tx.orders(states=[]) == []


async def test_a_fill_is_recorded_once(store: Store, rule: Rule) -> None:
    order = samples.order(rule)
    await _add(store, order)
    late = samples.fill(order, 1, at=START + timedelta(seconds=1), maker=True, realised_pnl=None)
    early = samples.fill(order, 2)
    async with store.begin(rule.owner) as tx:
        assert await tx.add_fill(late) is True
        assert await tx.add_fill(late) is False
        assert await tx.add_fill(early) is True
    async with store.begin(rule.owner) as tx:
        assert await tx.add_fill(early) is False
        assert await tx.fills() == [early, late]
        assert await tx.fills(order_id=order.id, limit=1) == [late]
        assert await tx.fills(order_id=OrderId("another")) == []


async def test_an_exception_takes_orders_and_fills_back(store: Store, rule: Rule) -> None:
    kept, lost = samples.order(rule, 1), samples.order(rule, 2)
    await _add(store, kept)
    async with broken_off(store, rule.owner) as tx:
        await tx.add_order(lost)
        await tx.save_order(samples.signed(kept), was=OrderState.PLANNED)
        await tx.save_order(replace(samples.signed(kept), state=OrderState.FILLED), was=OrderState.SIGNED)
        await tx.add_fill(samples.fill(kept))
    async with store.begin(rule.owner) as tx:
        assert await tx.orders() == [kept]
        assert await tx.orders(states=[OrderState.PLANNED]) == [kept]
        assert await tx.fills() == []
        await tx.add_order(lost)
        assert await tx.add_fill(samples.fill(kept)) is True


async def test_what_must_be_settled_is_in_flight_or_due(store: Store, rule: Rule) -> None:
    due = samples.order(rule, 1, due_at=START)
    slice_to_come = samples.order(rule, 2, due_at=START + timedelta(minutes=5))
    in_flight = samples.order(rule, 3, created_at=START - timedelta(hours=1), due_at=START - timedelta(hours=1))
    ended = samples.order(rule, 4)
    rests = samples.order(rule, 5, created_at=START - timedelta(days=9), due_at=START - timedelta(days=9))
    await _add(store, due, slice_to_come, in_flight, ended, rests)
    async with store.begin(rule.owner) as tx:
        unknown = replace(samples.signed(in_flight), state=OrderState.UNKNOWN)
        await tx.save_order(unknown, was=OrderState.PLANNED)
        await tx.save_order(replace(ended, state=OrderState.DENIED), was=OrderState.PLANNED)
        accepted = replace(samples.signed(rests), state=OrderState.ACCEPTED)
        await tx.save_order(samples.signed(rests), was=OrderState.PLANNED)
        await tx.save_order(accepted, was=OrderState.SIGNED)
    first = (rule.owner, in_flight.id, OrderState.UNKNOWN)
    moving = [first, (rule.owner, due.id, OrderState.PLANNED)]
    assert await store.orders_to_settle(START, resting=False) == moving
    # What rests for days comes last: however much of it there is, nothing that moves waits behind it.
    assert await store.orders_to_settle(START) == [*moving, (rule.owner, rests.id, OrderState.ACCEPTED)]
    assert await store.orders_to_settle(START, limit=1) == [first]


async def test_only_armed_rules_are_watchable(store: Store, owner: OwnerId, rule: Rule) -> None:
    stranger = await store.create_owner("console", "bob", START)
    theirs = samples.rule(stranger)
    async with store.begin(owner) as tx:
        await tx.add_rule(samples.rule(owner, 2, state=RuleState.HELD))
    async with store.begin(stranger) as tx:
        await tx.add_rule(theirs)

    async def watchable(owners: list[OwnerId] | None = None) -> list[Rule]:
        return [rule async for batch in store.watchable(owners) for rule in batch]

    assert sorted(await watchable(), key=lambda found: found.owner) == [rule, theirs]
    assert await watchable([stranger]) == [theirs]
    assert await watchable([]) == []


async def test_more_rules_than_a_batch_are_each_watchable_once(store: Store, owner: OwnerId) -> None:
    count = 1003
    async with store.begin(owner) as tx:
        for number in range(1, count + 1):
            await tx.add_rule(samples.rule(owner, number))
    batches = [batch async for batch in store.watchable()]
    assert len(batches) > 1
    assert sorted(rule.number for batch in batches for rule in batch) == list(range(1, count + 1))


async def test_memories_are_kept_for_rules_still_armed_as_the_same_version(
    store: Store, owner: OwnerId, rule: Rule
) -> None:
    paused = samples.rule(owner, 2, state=RuleState.PAUSED)
    amended = replace(samples.rule(owner, 3), version=2)
    async with store.begin(owner) as tx:
        await tx.add_rule(paused)
        await tx.add_rule(amended)
    memory = {"peak": "160.5", "window": [["2026-03-02T12:00:00+00:00", "1"]]}
    kept = [(rule.id, rule.version), (paused.id, paused.version), (amended.id, 1), (RuleId("gone"), 1)]
    await store.save_memories(dict.fromkeys(kept, memory), {})
    await store.save_memories({}, {})
    async with store.begin(owner) as tx:
        assert await tx.rules() == [replace(rule, memory=memory), paused, amended]


async def test_memories_are_kept_from_whoever_holds_the_lease_only(
    storage: Storage, owner: OwnerId, rule: Rule
) -> None:
    store, key = storage.store, (rule.id, rule.version)
    (before,) = await storage.lease("paused").acquire(["a"])
    await storage.lease("paused").release()
    (now,) = await storage.lease("eager").acquire(["a"])
    await store.save_memories({key: {"peak": "160"}}, {rule.id: now})
    await store.save_memories({key: {"peak": "150"}}, {rule.id: before})
    async with store.begin(owner) as tx:
        assert await tx.rules() == [replace(rule, memory={"peak": "160"})]


async def test_candles_are_replaced_and_read_by_market_and_time(store: Store) -> None:
    first, second, third = (samples.candle(START + timedelta(minutes=n), str(150 + n)) for n in range(3))
    better = replace(second, close=Decimal("151.5"), volume=Decimal("3.25"), funding_rate=Decimal("0.001"), source="x")
    await store.save_candles([third, first, second])
    await store.save_candles([better, replace(first, market="BTC-PERP")])
    await store.save_candles([])
    assert await store.candles("SOL-PERP", "1m", START, START + timedelta(minutes=2)) == [first, better]
    assert await store.candles("ETH-PERP", "1m", START, START + timedelta(minutes=2)) == []


async def test_larger_candles_are_built_from_minutes_aligned_to_utc(store: Store) -> None:
    def minute(offset: int, *prices: str, volume: str | None) -> Candle:
        open_, high, low, close = (Decimal(price) for price in prices)
        return samples.candle(
            START + timedelta(minutes=offset),
            "1",
            open=open_,
            high=high,
            low=low,
            close=close,
            volume=None if volume is None else Decimal(volume),
            funding_rate=None if volume is None else Decimal(volume) / 100,
        )

    await store.save_candles(
        [
            minute(-1, "9", "9", "9", "9", volume="9"),
            minute(0, "10", "12", "9", "11", volume="1"),
            minute(3, "11", "15", "10", "14", volume="2"),
            minute(4, "14", "14", "7", "8", volume=None),
            minute(5, "8", "8", "8", "8", volume=None),
        ]
    )

    async def five(start: datetime, minutes: int) -> list[Candle]:
        return await store.candles("SOL-PERP", "5m", start, START + timedelta(minutes=minutes))

    whole = samples.candle(
        START,
        "1",
        timeframe="5m",
        open=Decimal(10),
        high=Decimal(15),
        low=Decimal(7),
        close=Decimal(8),
        volume=Decimal(3),
        funding_rate=Decimal("0.015"),
    )
    growing = samples.candle(START + timedelta(minutes=5), "8", timeframe="5m")
    assert await five(START, 6) == [whole, growing]
    assert await five(START, 5) == [whole]
    assert await five(START - timedelta(minutes=4), 5) == [whole]
    assert await five(START + timedelta(seconds=1), 6) == [growing]


async def test_a_heartbeat_never_goes_back(store: Store) -> None:
    assert await store.heard("watcher") is None
    await store.beat("watcher", START)
    await store.beat("watcher", START - timedelta(seconds=5))
    assert await store.heard("watcher") == START
    assert await store.heard("worker") is None
