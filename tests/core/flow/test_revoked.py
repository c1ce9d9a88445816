"""A withdrawn permission: what trades rests, what only tells goes on, and the owner hears of it once."""

import pytest

from core.domain.action import Alert
from core.domain.event import AccountDelegateRevoked
from core.domain.rule import RuleState
from core.flow.revoked import rest_for_revoked
from tests.core.flow.bench import Bench, below, buy, sell, spec


async def test_what_trades_rests_and_what_tells_goes_on_and_it_is_said_once() -> None:
    bench = await Bench().open()
    [buying] = await bench.arm(spec(below("95"), buy()))
    [telling] = await bench.arm(spec(below("95"), Alert()))
    counts = [await rest_for_revoked(bench.store, bench.ann, "drift", bench.clock.now()) for _ in range(2)]
    assert counts == [1, 0]
    async with bench.store.begin(bench.ann) as tx:
        states = {rule.id: rule.state for rule in await tx.rules(None)}
        assert states[buying.id] is RuleState.PAUSED
        assert states[telling.id] is RuleState.ARMED
    [event] = await bench.events(AccountDelegateRevoked)
    assert event.venue == "drift"


@pytest.mark.parametrize("call", ["prepare", "send"])
async def test_a_no_for_want_of_permission_rests_what_fired_and_all_else_that_trades(call: str) -> None:
    bench = await Bench().open(position="2")
    [exiting] = await bench.arm(spec(below("95"), sell()))
    [other] = await bench.arm(spec(below("50"), buy()))
    bench.venue.will(call, "withdrawn")
    await bench.see("94")
    async with bench.store.begin(bench.ann) as tx:
        states = {rule.id: rule.state for rule in await tx.rules(None)}
    assert states == {exiting.id: RuleState.PAUSED, other.id: RuleState.PAUSED}
    assert len(await bench.events(AccountDelegateRevoked)) == 1
    assert await bench.base() == 2
    await bench.tick(600)
    assert len(bench.venue.sent) == (call == "send"), "nothing is tried again"
