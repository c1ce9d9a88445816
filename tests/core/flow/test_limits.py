"""An owner's limits hold for all orders together: what rests, what is on its way, what was signed a moment ago."""

from datetime import timedelta

import pytest

from core.domain.action import LimitOrder
from core.domain.event import OrderDenied
from core.domain.order import ENDED, OrderState
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
    assert denied.reason == "a position of $270.00 is over your limit of $250.00 a position"


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
        "account leverage of 0.6x is over your limit of 0.5x"
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
