"""The big switches and an owner's hold on their rules: pause, resume, kill, cancel; all stored, all their own."""

import pytest

from core.domain.action import Alert, LimitOrder
from core.domain.condition import AtTime
from core.domain.errors import Conflict, NotFound
from core.domain.event import AccountKilled, RuleMissed
from core.domain.ids import RuleId
from core.domain.order import OrderState
from core.domain.reading import Command
from core.domain.rule import RuleState
from core.ports import VenueStatus
from tests.core.app.desk import Desk, Process
from tests.core.flow.bench import D, above, below, buy, sell, spec


async def opened(*, position: str | None = None) -> tuple[Desk, Process]:
    desk = Desk()
    await desk.open("100", position=position)
    process = await desk.process()
    await process.see("100")
    return desk, process


async def test_nothing_is_confirmed_while_everything_is_paused_and_the_draft_stays() -> None:
    desk, process = await opened()
    draft = await desk.draft(spec(below("95"), buy()))
    await process.account.pause(desk.ann)
    with pytest.raises(Conflict, match="Everything of yours is paused"):
        await process.drafts.confirm(desk.ann, draft.id, 1)
    await process.account.resume(desk.ann)
    assert len(await process.drafts.confirm(desk.ann, draft.id, 1)) == 1


async def test_pausing_everything_survives_a_restart_and_fires_nothing() -> None:
    desk, process = await opened()
    (rule,) = await process.arm(spec(below("95"), buy()))
    await process.account.pause(desk.ann)
    await process.engine.stop()
    again = await desk.process("two")
    await again.see("94")
    assert await desk.states(rule) == [RuleState.PAUSED]
    assert await desk.orders() == []


async def test_resuming_everything_leaves_what_was_paused_alone_paused() -> None:
    desk, process = await opened()
    one, other = await process.arm(spec(below("95"), buy()), spec(below("94"), buy(), "r2"))
    await process.rules.pause(desk.ann, Command(name="pause_rules", rule_ids=("r2",)))
    await process.account.pause(desk.ann)
    await process.account.resume(desk.ann)
    assert await desk.states(one, other) == [RuleState.ARMED, RuleState.PAUSED]


async def test_kill_pauses_rules_cancels_orders_and_names_the_positions_that_stay() -> None:
    desk, process = await opened(position="2")
    await process.arm(spec(below("99"), buy("1", order=LimitOrder(price=D(80)))), spec(below("70"), sell(), "r2"))
    await process.see("99")
    event = await process.account.kill(desk.ann)
    assert (event.rules_paused, event.orders_cancelled, event.positions) == (1, 1, ("2 SOL-PERP",))
    await process.work()
    assert (await desk.order()).state is OrderState.CANCELLED
    assert await desk.base() == 2
    assert len(await desk.events(AccountKilled)) == 1


async def test_kill_works_when_the_venue_does_not() -> None:
    desk, process = await opened(position="2")
    (rule,) = await process.arm(spec(below("70"), sell()))
    desk.venue.will("account", "lost")
    assert (await process.account.kill(desk.ann)).positions == ()
    assert await desk.states(rule) == [RuleState.PAUSED]


async def test_rules_are_not_resumed_one_by_one_while_everything_is_paused() -> None:
    desk, process = await opened()
    await process.arm(spec(below("95"), buy()))
    await process.account.pause(desk.ann)
    with pytest.raises(Conflict, match="Everything of yours is paused"):
        await process.rules.resume(desk.ann, Command(name="resume_rules"))


async def test_cancelling_an_entry_takes_along_what_waits_for_it() -> None:
    desk, process = await opened()
    rules = await process.arm(spec(below("95"), buy()), spec(below("90"), sell(), "r2", after="r1"))
    cancelled = await process.rules.cancel(desk.ann, Command(name="cancel_rules", all=True))
    assert [rule.label for rule in cancelled] == ["r1"]
    assert await desk.states(*rules) == [RuleState.CANCELLED, RuleState.CANCELLED]


async def test_a_firing_rule_is_not_cancelled_behind_its_order() -> None:
    desk, process = await opened()
    (rule,) = await process.arm(spec(below("99"), buy("1", order=LimitOrder(price=D(80)))))
    await process.see("99")
    assert await process.rules.cancel(desk.ann, Command(name="cancel_rules")) == []
    assert await desk.states(rule) == [RuleState.FIRING]


async def test_a_rule_whose_order_waits_for_the_venue_is_cancelled_with_it() -> None:
    desk, process = await opened(position="2")
    (rule,) = await process.arm(spec(below("95"), sell()))
    desk.venue.says = VenueStatus(state="paused", reason="it rests")
    await process.see("95")
    assert await desk.states(rule) == [RuleState.FIRING]
    chosen = await process.rules.cancel(desk.ann, Command(name="cancel_rules", all=True))
    assert [rule.label for rule in chosen] == ["r1"]
    await process.see("95")
    assert await desk.states(rule) == [RuleState.CANCELLED]


async def test_rules_are_chosen_by_what_they_are() -> None:
    desk, process = await opened(position="2")
    await process.arm(spec(below("95"), sell()), spec(above("110"), sell(), "r2"), spec(below("50"), Alert(), "r3"))
    for name, label in (("stop_loss", "r1"), ("take_profit", "r2"), ("alert", "r3")):
        paused = await process.rules.pause(desk.ann, Command(name="pause_rules", filter=name))  # type: ignore[arg-type]
        assert [rule.label for rule in paused] == [label]


async def test_a_label_that_is_nobodys_is_said() -> None:
    desk, process = await opened()
    with pytest.raises(NotFound, match="r9"):
        await process.rules.cancel(desk.ann, Command(name="cancel_rules", rule_ids=("r9",)))


async def missed(desk: Desk, process: Process) -> RuleId:
    (rule,) = await process.arm(spec(below("95"), buy()))
    await process.engine.stop()
    desk.pass_time(minutes=5)
    again = await desk.process("two")
    await again.see("94")
    assert len(await desk.events(RuleMissed)) == 1
    return rule.id


async def test_a_missed_crossing_is_run_once_as_a_draft_to_confirm() -> None:
    desk, process = await opened()
    rule_id = await missed(desk, process)
    await process.see("94")
    draft = await process.rules.run_missed(desk.ann, rule_id)
    assert await desk.orders() == []
    (rule,) = await process.drafts.confirm(desk.ann, draft.id, draft.revision)
    assert (rule.spec.condition.type, rule.label) == ("now", "r2")


async def test_a_missed_crossing_that_is_skipped_waits_for_the_next() -> None:
    desk, process = await opened()
    rule_id = await missed(desk, process)
    skipped = await process.rules.skip_missed(desk.ann, rule_id)
    assert (skipped.state, skipped.memory["reset"]) == (RuleState.ARMED, True)


async def test_a_missed_time_that_is_skipped_is_over() -> None:
    desk, process = await opened()
    (rule,) = await process.arm(spec(AtTime(at=desk.clock.now().replace(minute=1)), buy()))
    desk.pass_time(minutes=5)
    await process.engine.poll()
    assert await desk.states(rule) == [RuleState.PAUSED]
    assert (await process.rules.skip_missed(desk.ann, rule.id)).state is RuleState.CANCELLED
