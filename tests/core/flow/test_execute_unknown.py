"""What nobody knows yet, and what happens meanwhile: one order for one leg, whatever is lost, late or asked for."""

from dataclasses import replace

import pytest

from core.domain.action import LimitOrder, TwapOrder
from core.domain.event import OrderCancelled, OrderDenied, OrderSent, OrderSigned, OrderUnknown, RuleFailed
from core.domain.order import OrderState
from core.domain.rule import RuleState
from core.flow.asking import ask_cancel
from tests.core.flow.bench import ETH, SOL, Bench, D, below, buy, spec
from tests.core.flow.line import Effect

# --- unknown -------------------------------------------------------------------------------------------------------


async def test_an_order_is_signed_and_stored_before_it_is_sent() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    stored = []

    async def look() -> None:
        stored.append((await bench.order()).state)

    bench.venue.meanwhile("send", look)
    await bench.see("95")
    assert stored == [OrderState.SIGNED]
    assert [event.base for event in await bench.events(OrderSigned)] == [D(2)]
    assert [event.base for event in await bench.events(OrderSent)] == [D(2)]


@pytest.mark.parametrize("effect", ["lost", "silent", "paused"])
async def test_what_was_not_answered_is_unknown_and_sent_again_as_the_same_bytes(effect: Effect) -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    bench.venue.will("send", effect)
    await bench.see("95")
    assert (await bench.order()).state is OrderState.UNKNOWN
    assert len(await bench.events(OrderUnknown)) == 1
    await bench.tick()
    assert (await bench.order()).state is OrderState.FILLED
    first, second = bench.venue.sent
    assert first == second
    assert await bench.base() == 2


async def test_what_landed_without_an_answer_is_found_and_not_sent_again() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    bench.venue.will("send", "landed")
    await bench.see("95")
    assert (await bench.order()).state is OrderState.FILLED
    assert (len(bench.venue.sent), await bench.base()) == (1, D(2))


async def test_bytes_that_arrive_late_trade_once_though_they_were_sent_again() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    bench.venue.will("send", "late")
    await bench.see("95")
    await bench.tick()
    await bench.venue.arrive()
    await bench.tick()
    assert await bench.base() == 2


async def test_bytes_that_died_unsent_lapse_and_are_never_sent_again() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    bench.venue.will("send", "late")
    bench.venue.will("lookup", "lost")
    await bench.see("95")
    await bench.tick(61)
    await bench.venue.arrive()
    await bench.tick()
    order = await bench.order()
    assert (order.state, len(bench.venue.sent), await bench.base()) == (OrderState.LAPSED, 1, D(0))
    (failed,) = await bench.events(RuleFailed)
    assert (failed.rule_id, failed.why) == (rule.id, "it never arrived while it was valid")


async def test_nothing_is_concluded_while_the_venue_does_not_answer() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    bench.venue.will("send", "landed")
    unanswered: list[Effect] = ["silent"] * 20
    bench.venue.will("lookup", *unanswered)
    await bench.see("95")
    for _ in range(3):
        await bench.tick(60)
    assert (await bench.order()).state is OrderState.UNKNOWN
    assert await bench.states(rule) == [RuleState.FIRING]
    bench.venue.heals()
    await bench.tick()
    assert (await bench.order()).state is OrderState.FILLED
    assert len({prepared.raw for prepared in bench.venue.sent}) == 1
    assert await bench.base() == 2


async def test_a_refusal_when_sent_is_proven_and_told_in_the_venues_words() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    bench.venue.will("send", "refused")
    await bench.see("95")
    assert (await bench.order()).state is OrderState.REJECTED
    (failed,) = await bench.events(RuleFailed)
    assert (failed.rule_id, failed.why) == (rule.id, "the venue does not want it")


async def test_a_refusal_whose_account_cannot_be_read_is_concluded_later() -> None:
    bench = await Bench().open()
    free = D(10_000)
    await bench.limit(max_order_usd=D(10**6), max_position_usd=D(10**6), max_leverage=D(1000))
    await bench.arm(spec(below("95"), buy(None, amount_usd=free * 50)))
    bench.venue.meanwhile("account", _nothing)
    bench.venue.will("account", "silent")
    await bench.see("95")
    assert (await bench.order()).state is OrderState.SIGNED
    await bench.tick()
    order = await bench.order()
    assert order.state is OrderState.REJECTED
    assert order.reason is not None
    assert "not enough free collateral" in order.reason


async def test_what_cannot_be_signed_is_denied_in_the_venues_words() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    bench.venue.will("prepare", "refused")
    await bench.see("95")
    assert (await bench.order()).state is OrderState.DENIED
    (denied,) = await bench.events(OrderDenied)
    assert denied.reason == "the venue does not want it"


# --- meanwhile -----------------------------------------------------------------------------------------------------


async def test_an_order_cancelled_between_looking_and_signing_is_never_sent() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    bench.venue.meanwhile("prepare", lambda: _ask(bench))
    await bench.see("95")
    await bench.tick()
    assert bench.venue.sent == []
    (cancelled,) = await bench.events(OrderCancelled)
    assert cancelled.reason == "it was cancelled before it was sent"
    assert await bench.states(rule) == [RuleState.CANCELLED]


async def test_a_rule_cancelled_between_looking_and_signing_sends_nothing() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))

    async def end() -> None:
        async with bench.store.begin(bench.ann) as tx:
            present = await tx.rule(rule.id)
            assert present is not None
            await tx.save_rule(replace(present, state=RuleState.CANCELLED), was=RuleState.FIRING, version=1)

    bench.venue.meanwhile("prepare", end)
    await bench.see("95")
    await bench.tick()
    assert bench.venue.sent == []
    assert (await bench.order()).state is OrderState.CANCELLED


async def test_two_workers_with_one_wake_up_send_one_order() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))

    async def another_worker() -> None:
        order = await bench.order()
        await bench.step(bench.ann, order.id, 1)

    bench.venue.meanwhile("prepare", another_worker)
    await bench.see("95")
    assert (len(bench.venue.sent), await bench.base()) == (1, D(2))


async def test_an_order_asked_off_before_it_is_sent_is_never_sent() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy("4", order=TwapOrder(over_s=100, slices=4))))
    await bench.see("95")
    await bench.change(lambda tx: ask_cancel(tx, None))
    await bench.work()
    states = [order.state for order in await bench.orders()]
    assert states == [OrderState.FILLED, *[OrderState.CANCELLED] * 3]
    assert await bench.base() == 1


async def test_an_order_that_rests_is_taken_off_when_asked() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy("1", order=LimitOrder(price=D(90)))))
    await bench.see("95")
    await bench.change(lambda tx: ask_cancel(tx, SOL))
    await bench.tick()
    assert (await bench.order()).state is OrderState.CANCELLED
    assert await bench.states(rule) == [RuleState.CANCELLED]
    await bench.see("80")
    assert await bench.base() == 0


async def test_an_unknown_order_asked_off_can_never_land_afterwards() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    bench.venue.will("send", "late")
    await bench.see("95")
    await bench.change(lambda tx: ask_cancel(tx, None))
    await bench.tick()
    await bench.venue.arrive()
    assert (await bench.order()).state is OrderState.CANCELLED
    assert await bench.base() == 0


async def test_asking_twice_or_for_another_market_asks_nobody() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy("1", order=LimitOrder(price=D(90)))))
    await bench.see("95")
    async with bench.store.begin(bench.ann) as tx:
        assert [await ask_cancel(tx, ETH), await ask_cancel(tx, SOL), await ask_cancel(tx, "*")] == [0, 1, 0]


async def _ask(bench: Bench) -> None:
    async with bench.store.begin(bench.ann) as tx:
        await ask_cancel(tx, None)


async def _nothing() -> None:
    """Let the call through."""
