"""Watching goes on: with more time given to a rule, past a rule that nobody can watch, past what is known no longer."""

from datetime import timedelta

import pytest

from core.domain.action import Alert
from core.domain.condition import FundingRate, Schedule
from core.domain.event import RuleMissed, RulePaused, RuleTriggered
from core.domain.event.rules import UNWATCHABLE
from core.domain.rule import RuleState
from core.feed.card import card_of
from tests.core.flow.bench import SOL, Bench, D, above, below, buy, sell, spec


async def test_a_rule_that_was_given_more_time_ends_when_it_now_says() -> None:
    bench = await Bench().open(position="2")
    soon, later = (bench.clock.now() + timedelta(seconds=seconds) for seconds in (30, 300))
    (stop,) = await bench.arm(spec(below("95"), sell(), expires_at=soon))
    longer = await bench.draft(spec(below("95"), sell(), expires_at=later), replaces=stop.id)
    await bench.agree(longer)
    bench.pass_time(seconds=40)
    await bench.watch.poll()  # before the news of the change has come
    await bench.work()
    assert await bench.states(stop) == [RuleState.ARMED]
    assert bench.watch.next_due() == later
    await bench.tick(270)
    assert await bench.states(stop) == [RuleState.EXPIRED]


async def test_a_rule_whose_end_was_taken_away_does_not_end() -> None:
    bench = await Bench().open(position="2")
    (stop,) = await bench.arm(spec(below("95"), sell(), expires_at=bench.clock.now() + timedelta(seconds=30)))
    await bench.agree(await bench.draft(spec(below("95"), sell()), replaces=stop.id))
    await bench.work()
    await bench.tick(40)
    await bench.see("94")
    assert await bench.base() == 0


async def test_a_rule_that_cannot_be_watched_is_paused_and_told_and_the_others_fire() -> None:
    bench = await Bench().open()
    never, also = await bench.arm(
        spec(Schedule(cron="0 0 30 2 *"), buy()),  # there is no such day
        spec(below("95"), Alert(), "r2"),
    )
    assert await bench.states(never, also) == [RuleState.PAUSED, RuleState.ARMED]
    (paused,) = await bench.events(RulePaused)
    card = card_of(paused)
    assert paused.why == UNWATCHABLE
    assert card is not None
    assert card.title == "r1 is paused"
    await bench.see("94")
    assert [event.label for event in await bench.events(RuleTriggered)] == ["r2"]


async def test_a_rule_that_becomes_unwatchable_is_paused_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await Bench().open()
    odd, other = await bench.arm(
        spec(FundingRate(market=SOL, operator=">=", value=D(1)), Alert()), spec(above("105"), Alert(), "r2")
    )

    def broken(_: str) -> None:
        raise ArithmeticError("of ours")

    monkeypatch.setattr(bench.board, "funding", broken)
    bench.store.fails = 2  # nor can that be stored at once, or what fired
    await bench.see("106")
    assert await bench.states(odd, other) == [RuleState.ARMED, RuleState.ARMED]
    await bench.watch.poll()
    await bench.work()
    assert await bench.states(odd, other) == [RuleState.PAUSED, RuleState.COMPLETED]


async def test_a_funding_rate_fires_nothing_once_its_market_has_fallen_silent() -> None:
    bench = await Bench().open()
    await bench.see("100", funding_rate=D(2))
    bench.pass_time(seconds=60)
    await bench.watch.poll()
    await bench.arm(spec(FundingRate(market=SOL, operator=">=", value=D(1)), Alert()))
    await bench.watch.poll()
    await bench.work()
    assert await bench.events(RuleTriggered) == []
    await bench.see("100", funding_rate=D(2))
    assert len(await bench.events(RuleMissed)) == 1  # since when it held, nobody knows
