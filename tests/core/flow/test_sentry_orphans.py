"""Sentries that nobody wants any more, processes killed with one in hand, bytes that fare badly: never an orphan."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from core.domain.action import MoveStop
from core.domain.condition import Trailing
from core.domain.errors import NoPermission
from core.domain.event import OrderFilled, RuleRelieved
from core.domain.ids import RuleId
from core.domain.order import ENDED, OrderState
from core.domain.rule import Rule, RuleState
from core.flow import lifecycle
from core.flow.asking import ask_cancel
from core.flow.moving import move_stop
from tests.clock import START
from tests.core.flow.bench import SOL, D, below, sell, spec
from tests.core.flow.watchtower import DiesAt, Killed, Watchtower, tower

STOP = spec(below("95"), sell(), oco_group="a")

Deed = Callable[[Watchtower, Rule], Awaitable[None]]


async def _paused(bench: Watchtower, rule: Rule) -> None:
    await bench.pause(await bench.rule(rule))


async def _cancelled(bench: Watchtower, rule: Rule) -> None:
    fresh = await bench.rule(rule)
    await bench.change(lambda tx: lifecycle.cancel(tx, fresh, bench.clock.now(), "gone"))


async def _expired(bench: Watchtower, rule: Rule) -> None:
    fresh = await bench.rule(rule)
    await bench.change(lambda tx: lifecycle.expire(tx, fresh, bench.clock.now()))


async def _killed(bench: Watchtower, rule: Rule) -> None:
    async def kill(tx: Any) -> None:
        await tx.save_owner(replace(await tx.read_owner(), paused=True))
        await ask_cancel(tx, None, sentries=True)
        for one in await tx.rules({RuleState.ARMED}):
            await lifecycle.pause(tx, one, bench.clock.now(), lifecycle.PAUSED_ALL)

    await bench.change(kill)


async def _edited(bench: Watchtower, rule: Rule) -> None:
    trailing = spec(Trailing(market=SOL, direction="down", distance=D(5), unit="usd"), sell())
    await bench.agree(await bench.draft(trailing, replaces=rule.id))
    await bench.work()


async def _closed_by_hand(bench: Watchtower, rule: Rule) -> None:
    await bench.by_hand("sell", "2")
    await bench.reconcile()


DEEDS: list[Deed] = [_paused, _cancelled, _expired, _killed, _edited, _closed_by_hand]


@pytest.mark.parametrize("deed", DEEDS)
async def test_what_is_not_wanted_any_more_is_taken_off(deed: Deed) -> None:
    bench = await tower()
    (rule,) = await bench.arm(STOP)
    await deed(bench, rule)
    await bench.settled(3)
    assert await bench.stops() == []
    [sentry] = [order for order in await bench.orders() if order.step == "sentry"]
    assert sentry.state is OrderState.CANCELLED
    assert (await bench.rule(rule)).sentry is None
    assert await bench.events(RuleRelieved) == [], "whoever did it knows"


CRASHES = [
    "execute.before_sign_commit", "execute.after_sign_commit", "execute.before_send", "execute.after_send",
    "execute.after_sent_commit", "settle.before_lookup", "settle.before_commit", "settle.after_commit",
]  # fmt: skip


@pytest.mark.parametrize("point", CRASHES)
@pytest.mark.parametrize("deed", [None, _paused, _edited], ids=["stays", "paused", "edited"])
async def test_killed_while_placing_one_stands_or_none_as_the_rule_says(point: str, deed: Deed | None) -> None:
    bench = await tower()
    with DiesAt(point) as death, pytest.raises(Killed):
        await bench.arm(STOP)
    assert death.died
    await bench.restart()
    (rule,) = [await bench.rule(one) for one in await _rules(bench)]
    if deed is not None:
        await deed(bench, rule)
    await bench.dead_by_now()
    assert await bench.stops() == (["sell 2 <= 95"] if deed is None else [])
    await _one_exit_when_it_falls(bench, rule, paused=deed is _paused)


@pytest.mark.parametrize("point", ["settle.before_lookup", "settle.before_commit", "settle.after_commit"])
@pytest.mark.parametrize("deed", [_paused, _cancelled, _killed])
async def test_killed_while_taking_one_off_it_is_off_in_the_end(point: str, deed: Deed) -> None:
    bench = await tower()
    (rule,) = await bench.arm(STOP)
    with DiesAt(point), pytest.raises(Killed):
        await deed(bench, rule)
    await bench.restart()
    await bench.settled(3)
    assert await bench.stops() == []
    await _one_exit_when_it_falls(bench, rule, paused=True)


@pytest.mark.parametrize("point", CRASHES)
async def test_killed_while_moving_one_a_single_one_stands_where_the_rule_says(point: str) -> None:
    bench = await tower()
    (rule,) = await bench.arm(STOP)
    account = await bench.venue.real.account(bench.ann)
    mover = replace(rule, id=RuleId("another"))

    async def move(tx: Any) -> None:
        await move_stop(tx, mover, MoveStop(market=SOL, to=D(97)), account, {SOL: D(100)}, START)

    with DiesAt(point), pytest.raises(Killed):
        await bench.change(move)
    await bench.restart()
    await bench.dead_by_now()
    assert await bench.stops() == ["sell 2 <= 97"]
    await _one_exit_when_it_falls(bench, rule, paused=False)


async def _rules(bench: Watchtower) -> list[Rule]:
    async with bench.store.begin(bench.ann) as tx:
        return await tx.rules()


async def _one_exit_when_it_falls(bench: Watchtower, rule: Rule, *, paused: bool) -> None:
    await bench.see("90")
    await bench.settled(5)
    assert await bench.base() == (2 if paused else 0)
    assert (await bench.rule(rule)).state in (
        {RuleState.PAUSED, RuleState.CANCELLED} if paused else {RuleState.COMPLETED}
    )
    assert sum(order.filled_base for order in await bench.orders()) == (0 if paused else 2)
    assert all(order.state in ENDED for order in await bench.orders())


@pytest.mark.parametrize("effect", ["lost", "landed", "late", "silent"])
async def test_however_its_bytes_fare_one_stands_and_one_exit_comes_of_it(effect: Any) -> None:
    bench = await tower()
    bench.venue.will("send", effect)
    (rule,) = await bench.arm(STOP)
    await bench.settled(3)
    await bench.venue.arrive()
    await bench.dead_by_now()
    assert await bench.stops() == ["sell 2 <= 95"]
    await _one_exit_when_it_falls(bench, rule, paused=False)


async def test_a_price_that_comes_while_nobody_knows_whether_it_stands_is_one_exit() -> None:
    bench = await tower()
    bench.venue.will("send", "late")
    (rule,) = await bench.arm(STOP)
    bench.venue.will("send", "lost")
    await bench.see("94")
    assert await bench.states(rule) == [RuleState.FIRING]
    await bench.venue.arrive()
    await bench.settled(30)
    assert (await bench.base(), await bench.states(rule)) == (D(0), [RuleState.COMPLETED])
    assert sum(order.filled_base for order in await bench.orders()) == 2


async def test_one_that_traded_before_it_could_be_taken_off_has_fired() -> None:
    bench = await tower()
    (rule,) = await bench.arm(STOP)
    bench.venue.will("cancel", "lost")
    bench.venue.will("lookup", "lost", "lost")
    await _paused(bench, rule)
    await bench.venue_sees("94")
    bench.venue.heals()
    await bench.settled(2)
    assert await bench.states(rule) == [RuleState.COMPLETED]
    assert len(await bench.events(OrderFilled)) == 1


async def test_what_we_may_not_take_off_is_asked_for_now_and_then_until_we_may() -> None:
    bench = await tower()
    (rule,) = await bench.arm(STOP)
    asked = 0

    async def not_allowed() -> None:
        nonlocal asked
        asked += 1
        raise NoPermission("SayWhen may not trade your account")

    bench.venue.meanwhile("cancel", not_allowed)
    bench.venue.holds_protective_orders = False  # nothing is tended for a while
    await _cancelled(bench, rule)
    await bench.settled(10)
    assert (asked, await bench.stops()) == (1, ["sell 2 <= 95"])
    bench.venue.holds_protective_orders = True
    await bench.settled(2)
    assert await bench.stops() == []
