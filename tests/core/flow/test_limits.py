"""An owner's limits hold for all orders together: what rests, what is on its way, what was signed a moment ago."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.action import LimitOrder, TwapOrder
from core.domain.event import OrderCancelled, OrderDenied
from core.domain.order import ENDED, OrderState
from core.domain.rule import RuleState
from core.flow.lifecycle import PAUSED_ALL
from tests.core.flow.bench import ETH, SOL, Bench, D, below, buy, sell, spec


async def test_orders_that_rest_count_against_the_limit_on_a_position() -> None:
    bench = await Bench().open()
    await bench.limit(max_position_usd=D(250))
    for _ in range(4):
        await bench.arm(spec(below("99"), buy("1", order=LimitOrder(price=D(90)))))
    await bench.see("98.9")
    assert sorted(order.state for order in await bench.orders()) == [OrderState.ACCEPTED] * 2 + [OrderState.DENIED] * 2
    await bench.see("80")
    await bench.see("79")
    await bench.settle_all()
    assert await bench.base() == 2
    (denied, _) = await bench.events(OrderDenied)
    assert denied.reason == (
        "a position of $270.00, with what your open orders may add, is over your limit of $250.00 a position"
    )


async def test_orders_that_rest_elsewhere_count_against_the_limit_on_leverage() -> None:
    bench = await Bench().open()
    await bench.see("100", ETH)
    await bench.limit(max_leverage=D("0.5"), max_order_usd=D(10_000))
    await bench.arm(spec(below("99"), buy("40", order=LimitOrder(price=D(90)))))
    await bench.see("98.9")
    await bench.arm(spec(below("99", ETH), buy("20", ETH)))
    await bench.see("98.9", ETH)
    assert await bench.base(ETH) == 0
    assert [event.reason for event in await bench.events(OrderDenied)] == [
        "account leverage of 0.6x, with what your open orders may add, is over your limit of 0.5x"
    ]


@pytest.mark.parametrize("call", ["account", "prepare"])
async def test_an_order_signed_while_another_is_looked_at_or_prepared_counts_for_it(call: str) -> None:
    bench = await Bench().open()
    await bench.limit(max_position_usd=D(250))
    for _ in range(2):
        await bench.arm(spec(below("99"), buy("2")))
    await bench.see("98.9", work=False)
    one, two = await bench.orders()

    async def meanwhile() -> None:
        await bench.step(bench.ann, two.id, 1)

    bench.venue.meanwhile(call, meanwhile)
    await bench.step(bench.ann, one.id, 1)
    assert await bench.base() == 2
    assert sorted(order.state for order in await bench.orders()) == [OrderState.DENIED, OrderState.FILLED]


async def test_two_orders_at_once_do_not_share_the_last_one_of_the_day() -> None:
    bench = await Bench().open()
    await bench.limit(max_orders_a_day=1)
    for _ in range(2):
        await bench.arm(spec(below("99"), buy("1")))
    await bench.see("98.9", work=False)
    one, two = await bench.orders()

    async def meanwhile() -> None:
        await bench.step(bench.ann, two.id, 1)

    bench.venue.meanwhile("prepare", meanwhile)
    await bench.step(bench.ann, one.id, 1)
    assert await bench.base() == 1


async def test_an_exit_waits_for_no_other_order_and_counts_for_none() -> None:
    bench = await Bench().open(position="2")
    await bench.limit(max_position_usd=D(250))
    await bench.arm(spec(below("99"), buy("1", order=LimitOrder(price=D(50)))))
    await bench.see("98.9")
    bench.venue.will("send", "lost", "lost")
    (stop,) = await bench.arm(spec(below("95"), sell()))
    await bench.see("94")
    bench.venue.heals()
    await bench.tick()
    assert all(order.state in ENDED for order in await bench.orders(stop))
    assert await bench.base() == 0
    await bench.see("100")
    await bench.arm(spec(below("95"), buy("1"), expires_at=bench.clock.now() + timedelta(hours=1)))
    await bench.see("94")
    assert await bench.base(SOL) == 1


async def pause_everything(tx: Any) -> None:
    await tx.save_owner(replace(await tx.read_owner(), paused=True))


async def test_nothing_opens_once_everything_is_paused_and_what_exits_goes_on() -> None:
    bench = await Bench().open(position="6")
    slices = TwapOrder(over_s=60, slices=3)
    entry, late, out = await bench.arm(
        spec(below("95"), buy("3", order=slices)),
        spec(below("94"), buy("1"), "r2"),
        spec(below("95"), sell("50", order=slices), "r3"),
    )
    await bench.see("95")
    await bench.see("94", work=False)
    await bench.change(pause_everything)
    for _ in range(3):
        await bench.tick(20)
    assert await bench.base() == D("3.6")  # half of seven is out, in whole steps, and two of the three never came in
    assert await bench.states(entry, late, out) == [RuleState.COMPLETED, RuleState.PAUSED, RuleState.COMPLETED]
    assert {event.reason for event in await bench.events(OrderCancelled)} == {
        "everything of yours was paused, so nothing was sent"
    }
    assert (await bench.rule(late)).reason == PAUSED_ALL
