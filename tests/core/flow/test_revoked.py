"""A withdrawn permission: what trades rests, what only tells goes on, and the owner hears of it once."""

from core.domain.action import Alert
from core.domain.event import AccountDelegateRevoked
from core.domain.rule import RuleState
from core.flow.revoked import rest_for_revoked
from tests.core.flow.bench import Bench, below, buy, spec


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
