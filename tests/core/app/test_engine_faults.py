"""What one market, one owner or one event of ours must not cost the others: their prices, their sweeps, their news."""

import asyncio
from typing import Any, NoReturn

import pytest

from core.app import sweep
from core.domain.action import Alert, LadderOrder, LimitOrder, TwapOrder
from core.domain.condition import CandleClose, PositionPnl
from core.domain.event import JobWaiting, RuleTriggered
from core.domain.order import OrderState
from core.domain.rule import RuleState
from core.feed.card import card_of
from tests.core.app.test_engine import desk
from tests.core.flow.bench import SOL, D, below, buy, sell, spec


async def never(*_: Any) -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError("Expected to wait for ever")


async def test_a_venue_and_a_history_that_never_answer_blind_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await desk(position="2")
    one = await bench.process()
    loss = PositionPnl(market=SOL, operator="<=", threshold=D(-100), unit="usd")
    close = CandleClose(market=SOL, timeframe="1m", operator=">=", price=D(105))
    await one.arm(spec(loss, Alert()), spec(close, Alert(), "r2"), spec(below("95"), Alert(), "r3"))
    with monkeypatch.context() as broken:
        broken.setattr(bench.venue, "account", never)
        broken.setattr(one.parts.store, "candles", never)
        reading = [asyncio.create_task(one.engine.accounts()), asyncio.create_task(one.engine.closes())]
        await asyncio.sleep(0)
        await one.engine.hold_leases()
        bench.pass_time(seconds=1)
        async with asyncio.timeout(5):
            await one.engine.observe(bench.observation("94"))
            await one.engine.poll()
        assert not any(task.done() for task in reading)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
    assert [event.label for event in await bench.events(RuleTriggered)] == ["r3"]


async def test_an_account_that_was_asked_for_earlier_takes_no_newer_ones_place() -> None:
    bench = await desk(position="2")
    one = await bench.process()
    loss = PositionPnl(market=SOL, operator="<=", threshold=D(-100), unit="usd")
    await one.arm(spec(loss, Alert()))
    watch = one.engine._watch
    old = await watch.read_account(bench.ann)
    bench.pass_time(seconds=1)
    await bench.by_hand("buy", "3")
    await one.engine.accounts()
    await watch.take_account(bench.ann, *old)
    seen = one.parts.board.account(bench.ann)
    assert seen is not None
    assert seen.positions[0].base == 5


async def test_a_fault_of_ours_with_one_order_keeps_no_other_from_being_settled(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await desk()
    one = await bench.process()
    await one.arm(
        spec(below("95"), buy("1", order=LimitOrder(price=D(90)))),
        spec(below("95"), buy("1", order=LimitOrder(price=D(91))), "r2"),
    )
    await one.see("95")
    bench.pass_time(seconds=1)
    await bench.venue.real.observe(bench.observation("89"))
    odd, real = (await bench.orders())[0], bench.venue.real.lookup

    async def lookup(owner: Any, signature: str) -> Any:
        if signature == odd.signature:
            raise KeyError("of ours")
        return await real(owner, signature)

    monkeypatch.setattr(bench.venue, "lookup", lookup)
    await one.engine.settle_due()
    assert sorted(order.state for order in await bench.orders()) == [OrderState.ACCEPTED, OrderState.FILLED]
    assert "settling is tried again" in caplog.text


async def test_an_event_that_cannot_be_taken_in_keeps_no_later_one_from_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await desk(position="2")
    one = await bench.process()
    await bench.agree(await bench.draft(spec(below("97"), Alert())))
    (stop,) = await bench.agree(await bench.draft(spec(below("95"), sell())))
    watch, taken = one.engine._watch, one.engine._watch.take_in

    async def take_in(event: Any) -> None:
        if event.name == "rule.armed" and event.label == "r1":
            raise KeyError("of ours")
        await taken(event)

    monkeypatch.setattr(watch, "take_in", take_in)
    await one.engine.take_in_events()
    assert "rule.armed of owner" in caplog.text
    await one.see("94")
    assert await bench.states(stop) == [RuleState.COMPLETED]


async def test_however_many_orders_rest_a_due_leg_is_woken_and_each_of_them_is_asked_about_in_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweep, "MOST_AT_ONCE", 1)
    bench = await desk()
    one = await bench.process()
    ladder = LadderOrder(orders=3, from_price=D(80), to_price=D(78))
    twap = TwapOrder(over_s=600, slices=2)
    await one.arm(spec(below("95"), buy("3", order=ladder)), spec(below("94"), buy("2", order=twap), "r2"))
    await one.see("95")
    await one.see("94")
    assert (await bench.base(), len(await bench.store.orders_to_settle(bench.clock.now()))) == (D(1), 3)
    asked: list[str] = []
    lookup = bench.venue.lookup

    async def counted(owner: Any, signature: str) -> Any:
        asked.append(signature)
        return await lookup(owner, signature)

    bench.pass_time(seconds=300)
    await bench.venue.real.observe(bench.observation("94"))
    monkeypatch.setattr(bench.venue, "lookup", counted)
    await one.engine.settle_due()
    await one.work()
    assert await bench.base() == 2
    for _ in range(2):
        await one.engine.settle_due()
    resting = {o.signature for o in await bench.orders() if o.state is OrderState.ACCEPTED}
    assert resting <= set(asked)


async def test_a_price_that_is_not_trusted_trades_nothing_at_the_paper_venue_and_liquidates_nobody() -> None:
    bench = await desk(position="400")  # four times the account
    one = await bench.process()
    await one.see("100")
    await one.arm(spec(below("99"), buy("1", order=LimitOrder(price=D(60)))))
    await one.see("98.5")
    one.engine._marks.take()
    shown = []
    for price in ("50", "98.4"):
        bench.pass_time(seconds=1)
        await one.engine.observe(bench.observation(price, sources=1))
        shown += one.engine._marks.take()
    assert [mark.price for mark in shown] == [D("98.4")]
    assert (await bench.order()).state is OrderState.ACCEPTED
    assert (await bench.base(), (await bench.venue.mark(SOL)).price) == (D(400), D("98.5"))


async def test_an_order_that_only_a_fault_of_ours_holds_up_is_no_dead_letter_is_told_once_and_goes_on_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await desk(position="2")
    one = await bench.process()
    await one.arm(spec(below("95"), sell()))

    async def broken(_: Any) -> NoReturn:
        raise KeyError("of ours")

    with monkeypatch.context() as patched:
        patched.setattr(bench.venue, "prepare", broken)
        await one.see("94")
        for _ in range(10):
            await one.engine.settle_due()
            await bench.store.queue.drain(one.execution.step)
    assert await bench.store.queue.dead_letters() == []
    (told,) = await bench.events(JobWaiting)
    card = card_of(told)
    assert card is not None
    assert "A fault of ours" in " ".join(card.lines)
    assert "is tried again" in caplog.text
    await bench.store.queue.drain(one.execution.step)
    assert await bench.base() == 0
