"""Whatever happens in whatever order: one exit a rule, no position turned, nothing at the venue that nobody wants."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import Conflict
from core.domain.order import ENDED
from core.domain.rule import LIVE, RuleState
from core.domain.sentry import can_stand
from tests.core.flow.bench import above, below, sell, spec
from tests.core.flow.watchtower import DiesAt, Killed, Watchtower, tower

Deed = Callable[[Watchtower], Awaitable[None]]
POINTS = ("execute.after_sign_commit", "execute.after_send", "settle.before_commit", "fire.after_commit")
RULES = (
    spec(below("95"), sell(), oco_group="a"),
    spec(above("110"), sell(), "r2", oco_group="a"),
    spec(above("105"), sell("50"), "r3", oco_group="a"),
)


async def _arms(bench: Watchtower) -> None:
    if await bench.base() > 0:
        with suppress(Conflict):  # a level that the price is past already is confirmed by nobody here
            await bench.arm(*RULES)


async def _pauses_one(bench: Watchtower) -> None:
    async with bench.store.begin(bench.ann) as tx:
        armed = await tx.rules({RuleState.ARMED})
    if armed:
        await bench.pause(armed[0])


async def _resumes_all(bench: Watchtower) -> None:
    async with bench.store.begin(bench.ann) as tx:
        paused = await tx.rules({RuleState.PAUSED})
    for rule in paused:
        await bench.resume(rule)


async def _buys_by_hand(bench: Watchtower) -> None:
    await bench.by_hand("buy", "1")
    await bench.reconcile()


async def _sells_some_by_hand(bench: Watchtower) -> None:
    if await bench.base() >= 1:
        await bench.by_hand("sell", "1")
        await bench.reconcile()


async def _restarts(bench: Watchtower) -> None:
    await bench.restart()
    await bench.settled(1)


def _sees(price: str) -> Deed:
    return lambda bench: bench.see(price)


def _happens_unseen(price: str) -> Deed:
    return lambda bench: bench.venue_sees(price)


def _line(call: str, effect: str) -> Deed:
    async def breaks(bench: Watchtower) -> None:
        bench.venue.will(call, effect)  # type: ignore[arg-type]

    return breaks


def _dies(point: str, then: Deed) -> Deed:
    async def dies(bench: Watchtower) -> None:
        try:
            with DiesAt(point):
                await then(bench)
        except Killed:
            await bench.restart()

    return dies


ONCE: list[Deed] = [
    _arms, _pauses_one, _resumes_all, _buys_by_hand, _sells_some_by_hand, _restarts, _sees("100"), _sees("94"),
    _sees("106"), _sees("111"), _happens_unseen("94"), _happens_unseen("106"), _line("send", "lost"),
    _line("send", "landed"), _line("send", "late"), _line("send", "refused"), _line("cancel", "lost"),
    _line("lookup", "lost"),
]  # fmt: skip
DEEDS = ONCE + [_dies(point, then) for point in POINTS for then in (_arms, _pauses_one, _sees("94"))]


@given(st.lists(st.sampled_from(range(len(DEEDS))), min_size=3, max_size=12))
@settings(max_examples=25, deadline=None)
def test_in_any_order_of_events_it_is_one_exit_a_rule_and_never_an_orphan(numbers: list[int]) -> None:
    asyncio.run(_lives_through([_arms, *(DEEDS[number] for number in numbers)]))


async def _lives_through(deeds: list[Deed]) -> None:
    bench = await tower("4")
    for deed in deeds:
        await deed(bench)
        assert await bench.base() >= 0, "an exit never turns a position"
    await bench.venue.arrive()
    bench.venue.heals()
    await bench.see("100")
    await bench.dead_by_now()
    await bench.reconcile()
    await bench.settled(20)
    async with bench.store.begin(bench.ann) as tx:
        rules, orders = await tx.rules(), await tx.orders()
    standing = await bench.standing()
    wanted = {rule.sentry for rule in rules if rule.state is RuleState.ARMED and can_stand(rule.spec)}
    assert {one.order_id for one in standing} <= wanted, "nothing stands that no armed rule wants"
    for rule in rules:
        exits = [order for order in orders if order.rule_id == rule.id and order.filled_base > 0]
        assert len({order.trigger_no for order in exits}) <= 1, "a rule fires once"
        assert len(exits) <= 1 or rule.state is RuleState.COMPLETED
    dead = {rule.id for rule in rules if rule.state not in LIVE}
    assert all(order.state in ENDED for order in orders if order.rule_id in dead)
