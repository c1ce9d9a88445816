"""Settling and reconciling: what is proven is taken in once, whoever asks; what the venue did itself is told."""

import asyncio
from dataclasses import replace

import pytest

from core.domain.action import Alert, LimitOrder
from core.domain.condition import PositionEvent, PriceLevel
from core.domain.errors import StorageUnavailable
from core.domain.event import (
    OrderFilled,
    PositionFundingPaid,
    PositionLiquidated,
    RuleCancelled,
    RuleExpired,
)
from core.domain.ids import OrderId
from core.domain.order import OrderState
from core.domain.rule import RuleState
from core.flow import lifecycle
from core.flow.settle import reconcile, settle
from core.ports import Activity
from tests.core.flow.bench import ETH, SOL, Bench, D, above, below, buy, sell, spec


async def resting(bench: Bench, price: str = "90") -> OrderId:
    await bench.arm(spec(below("95"), buy("2", order=LimitOrder(price=D(price)))))
    await bench.see("95")
    return (await bench.order()).id


async def ask(bench: Bench, order_id: OrderId) -> OrderState:
    order = await settle(bench.store, bench.venue, bench.clock, bench.ann, order_id)
    assert order is not None
    return order.state


async def test_settling_a_resting_order_again_changes_nothing() -> None:
    bench = await Bench().open()
    order_id = await resting(bench)
    before = await bench.names()
    assert [await ask(bench, order_id) for _ in range(3)] == [OrderState.ACCEPTED] * 3
    assert await bench.names() == before


async def test_a_fill_is_taken_in_once_by_any_number_of_settlers() -> None:
    bench = await Bench().open()
    order_id = await resting(bench)
    bench.pass_time(seconds=1)
    await bench.venue.real.observe(bench.observation("89"))
    assert set(await asyncio.gather(*(ask(bench, order_id) for _ in range(5)))) == {OrderState.FILLED}
    async with bench.store.begin(bench.ann) as tx:
        fills = await tx.fills()
    assert sum(fill.base for fill in fills) == 2
    assert (await bench.order()).filled_base == 2
    assert len(await bench.events(OrderFilled)) == 1


async def test_an_older_answer_does_not_undo_a_newer_one() -> None:
    bench = await Bench().open()
    order_id = await resting(bench)

    async def somebody_is_faster() -> None:
        bench.pass_time(seconds=1)
        await bench.venue.real.observe(bench.observation("89"))
        await settle(bench.store, bench.venue, bench.clock, bench.ann, order_id)

    bench.venue.meanwhile("account", somebody_is_faster)  # after the first has looked the order up
    assert await ask(bench, order_id) is OrderState.FILLED
    assert len(await bench.events(OrderFilled)) == 1


async def test_a_venue_that_does_not_answer_changes_nothing() -> None:
    bench = await Bench().open()
    order_id = await resting(bench)
    before = await bench.order()
    for call in ("lookup", "account"):
        bench.venue.will(call, "silent")
        assert await ask(bench, order_id) is OrderState.ACCEPTED
    assert await bench.order() == before


async def test_nobodys_order_is_none_and_an_ended_one_is_as_it_was() -> None:
    bench = await Bench().open()
    assert await settle(bench.store, bench.venue, bench.clock, bench.ann, OrderId("o_none")) is None
    await bench.arm(spec(below("95"), buy()))
    await bench.see("95")
    order = await bench.order()
    assert await settle(bench.store, bench.venue, bench.clock, bench.ann, order.id) == order


async def test_a_failed_write_leaves_the_fill_to_the_next_settler() -> None:
    bench = await Bench().open()
    order_id = await resting(bench)
    bench.pass_time(seconds=1)
    await bench.venue.real.observe(bench.observation("89"))

    async def breaks() -> None:
        bench.store.fails = 1

    bench.venue.meanwhile("account", breaks)
    with pytest.raises(StorageUnavailable):
        await ask(bench, order_id)
    assert (await bench.order()).filled_base == 0
    assert await ask(bench, order_id) is OrderState.FILLED
    assert (await bench.order()).filled_base == 2


# --- reconciling ---------------------------------------------------------------------------------------------------


async def test_funding_is_told_once() -> None:
    bench = await Bench().open(position="2")
    await bench.see("100", funding_rate=D("0.01"))
    bench.pass_time(hours=1)
    await bench.venue.real.observe(bench.observation("100", funding_rate=D("0.01")))
    await bench.venue.real.exchange_funding(bench.clock.now())
    assert await bench.reconcile() == 1
    assert await bench.reconcile() == 0
    (paid,) = await bench.events(PositionFundingPaid)
    assert (paid.market, paid.base) == (SOL, D(2))
    assert paid.amount < 0


async def test_a_liquidation_is_told_and_retires_the_exits_of_the_position() -> None:
    bench = await Bench().open(position="1500")
    (stop,) = await bench.arm(spec(below("90"), sell()))
    bench.pass_time(seconds=1)
    await bench.venue.observe(bench.observation("93"))
    await bench.reconcile()
    (gone,) = await bench.events(PositionLiquidated)
    assert (gone.was, gone.base, await bench.base()) == (D(1500), D(0), D(0))
    assert await bench.states(stop) == [RuleState.CANCELLED]


async def test_a_liquidation_of_a_part_leaves_what_the_account_shows_and_closes_nothing() -> None:
    bench = await Bench().open(position="10")
    stop, closed = await bench.arm(
        spec(below("90"), sell()), spec(PositionEvent(market=SOL, event="closed"), Alert(), "r2")
    )
    at = bench.clock.now()
    part = Activity(number=1, kind="liquidation", market=SOL, at=at, amount=D(1), price=D(95), taken=D(4))
    bench.venue.answers["activity"] = [part]  # the venue tells what it took, and not of how much
    await bench.reconcile()
    (seized,) = await bench.events(PositionLiquidated)
    assert (seized.was, seized.base) == (D(14), D(10))
    assert await bench.states(stop, closed) == [RuleState.ARMED, RuleState.ARMED]


async def test_a_position_closed_elsewhere_retires_its_exits() -> None:
    bench = await Bench().open(position="2")
    stop, target = await bench.arm(spec(below("95"), sell()), spec(above("110"), sell(), "r2"))
    await bench.tick()
    await bench.by_hand("sell", "2")
    assert await bench.reconcile() == 2
    assert await bench.states(stop, target) == [RuleState.CANCELLED, RuleState.CANCELLED]
    assert {event.why for event in await bench.events(RuleCancelled)} == {
        "the long SOL-PERP position it was for is gone"
    }


async def test_a_position_that_only_shrank_keeps_its_exits() -> None:
    bench = await Bench().open(position="2")
    (stop,) = await bench.arm(spec(below("95"), sell()))
    await bench.tick()
    await bench.by_hand("sell", "1")
    assert await bench.reconcile() == 0
    assert await bench.states(stop) == [RuleState.ARMED]


async def test_a_position_that_turned_retires_the_exits_of_its_old_side() -> None:
    bench = await Bench().open(position="2")
    (stop,) = await bench.arm(spec(below("95"), sell()))
    await bench.tick()
    await bench.by_hand("sell", "4")
    assert await bench.reconcile() == 1
    assert await bench.states(stop) == [RuleState.CANCELLED]


async def test_an_order_in_flight_may_explain_what_is_gone_so_nothing_of_its_market_is_retired() -> None:
    bench = await Bench().open(position="2")
    _, target = await bench.arm(spec(below("95"), sell("50")), spec(above("110"), sell(), "r2"))
    bench.venue.will("send", "late")
    await bench.see("95")
    await bench.by_hand("sell", "2")
    assert await bench.reconcile() == 0
    assert await bench.states(target) == [RuleState.ARMED]


async def test_an_order_that_rests_in_another_market_does_not_keep_exits_alive() -> None:
    bench = await Bench().open(position="2")
    await bench.see("50", ETH)
    bid = PriceLevel(market=ETH, operator="<=", price=D(49))
    await bench.arm(spec(bid, buy("2", market=ETH, order=LimitOrder(price=D(40)))))
    (stop,) = await bench.arm(spec(below("95"), sell()))
    await bench.see("49", ETH)
    await bench.see("100")
    await bench.by_hand("sell", "2")
    assert await bench.reconcile() == 1
    assert await bench.states(stop) == [RuleState.CANCELLED]


async def test_a_stop_armed_since_the_account_was_read_is_not_retired_by_it() -> None:
    bench = await Bench().open()
    _, stop = await bench.arm(spec(below("95"), buy()), spec(below("90"), sell(), "r2", after="r1"))

    async def filled_meanwhile() -> None:
        empty = await bench.venue.real.account(bench.ann)
        await bench.see("95")
        assert await bench.states(stop) == [RuleState.ARMED]
        bench.venue.answers["account"] = empty

    bench.venue.meanwhile("activity", filled_meanwhile)
    await bench.reconcile()
    assert await bench.states(stop) == [RuleState.ARMED]


async def test_two_reconcilers_tell_the_same_news_once() -> None:
    bench = await Bench().open(position="2")
    await bench.see("100", funding_rate=D("0.01"))
    bench.pass_time(hours=1)
    await bench.venue.real.observe(bench.observation("100"))
    await bench.venue.real.exchange_funding(bench.clock.now())
    each = [reconcile(bench.store, bench.venue, bench.clock, bench.ann) for _ in range(3)]
    assert sorted(await asyncio.gather(*each)) == [0, 0, 1]
    assert len(await bench.events(PositionFundingPaid)) == 1


async def test_a_venue_that_does_not_answer_retires_nobody() -> None:
    bench = await Bench().open(position="2")
    (stop,) = await bench.arm(spec(below("95"), sell()))
    await bench.tick()
    await bench.by_hand("sell", "2")
    for call in ("activity", "account"):
        bench.venue.will(call, "lost")
        assert await bench.reconcile() == 0
    assert await bench.states(stop) == [RuleState.ARMED]


async def test_what_waits_or_is_paused_expires_without_being_watched() -> None:
    bench = await Bench().open(position="2")
    soon = bench.clock.now().replace(minute=10)
    entry, waiting, behind = await bench.arm(
        spec(below("50"), buy()),
        spec(below("40"), sell(), "r2", after="r1", expires_at=soon),
        spec(below("30"), sell(), "r3", after="r2"),
    )
    (paused,) = await bench.arm(spec(below("60"), sell(), expires_at=soon))
    await bench.change(lambda tx: lifecycle.pause(tx, paused, bench.clock.now()))
    await bench.reconcile()
    assert await bench.events(RuleExpired) == []
    bench.pass_time(minutes=10)
    await bench.reconcile()
    assert await bench.states(entry, waiting, behind, paused) == [
        RuleState.ARMED,
        RuleState.EXPIRED,
        RuleState.CANCELLED,
        RuleState.EXPIRED,
    ]
    assert replace(paused, memory={}).label == "r4"
