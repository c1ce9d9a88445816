"""Rules on what happens to a position: each event in the words of the rule language, from our fills and the venue's."""

from datetime import timedelta
from typing import Any, Literal, get_args

import pytest

from core.domain.action import Alert
from core.domain.condition import PositionEvent, PriceChange
from core.domain.event import RuleTriggered
from core.domain.rule import Repeat
from tests.core.flow.bench import ETH, SOL, Bench, D, above, below, buy, sell, spec

Change = Literal["opened", "closed", "increased", "decreased", "liquidated"]
EVENTS: tuple[Change, ...] = get_args(Change)


async def watching(bench: Bench, *more: Any) -> None:
    """A rule for each event of SOL, r1 to r5, and *more*."""
    on = [PositionEvent(market=SOL, event=event) for event in EVENTS]
    specs = [spec(condition, Alert(), f"r{number}") for number, condition in enumerate(on, 1)]
    await bench.arm(*specs)
    await bench.arm(*more)


async def heard(bench: Bench) -> list[str]:
    """The events whose rules fired."""
    numbers = [int(str(event.label)[1:]) for event in await bench.events(RuleTriggered)]
    return sorted(EVENTS[number - 1] for number in numbers if number <= len(EVENTS))


@pytest.mark.parametrize(
    ("held", "action", "events"),
    [
        (None, buy("2"), ["opened"]),
        ("2", buy("2"), ["increased"]),
        ("2", sell("50"), ["decreased"]),
        ("2", sell("100"), ["closed"]),
        ("2", sell(None, amount_base=D(5), reduce_only=False), ["closed", "opened"]),
        ("-2", buy("1"), ["decreased"]),
    ],
)
async def test_a_fill_is_what_it_did_to_the_position(held: str | None, action: Any, events: list[str]) -> None:
    bench = await Bench().open(position=held)
    await watching(bench, spec(below("95"), action))
    await bench.see("95")
    assert await heard(bench) == events


async def test_a_liquidation_of_everything_is_an_end_too() -> None:
    bench = await Bench().open(position="1500")
    await watching(bench)
    bench.pass_time(seconds=1)
    await bench.venue.observe(bench.observation("93"))
    await bench.reconcile()
    assert await heard(bench) == ["closed", "liquidated"]


async def test_another_market_is_not_meant_and_every_market_is() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    await bench.arm(
        spec(PositionEvent(market=ETH, event="opened"), Alert()),
        spec(PositionEvent(market="*", event="opened"), Alert(), "r2"),
        spec(below("95"), buy(), "r3"),
    )
    await bench.see("95")
    assert [event.label for event in await bench.events(RuleTriggered)] == ["r3", "r2"]


async def test_a_repeating_rule_fires_for_each_event() -> None:
    bench = await Bench().open()
    await bench.arm(
        spec(PositionEvent(market=SOL, event="increased"), Alert(), repeat=Repeat(times=None)),
        spec(below("99"), buy("1"), "r2"),
        spec(below("98"), buy("1"), "r3"),
        spec(below("97"), buy("1"), "r4"),
    )
    for price in ("99", "98", "97"):
        await bench.see(price)
    assert [event.label for event in await bench.events(RuleTriggered)] == ["r2", "r3", "r1", "r4", "r1"]


async def test_a_level_from_the_entry_moves_with_the_entry() -> None:
    bench = await Bench().open(position="2", entry="100")
    drop = PriceChange(market=SOL, direction="down", threshold=D(5), unit="percent", reference="entry_price")
    (stop,) = await bench.arm(spec(drop, sell()))
    await bench.arm(spec(above("119"), buy("2")))
    await bench.see("120")  # the entry is 110 now, and the level 104.5
    await bench.see("105")
    assert (await bench.rule(stop)).trigger_no == 0
    await bench.see("104.4")
    assert (await bench.rule(stop)).trigger_no == 1


async def test_an_account_that_cannot_be_read_when_a_rule_is_armed_is_read_later() -> None:
    bench = await Bench().open(position="2", entry="100")
    drop = PriceChange(market=SOL, direction="down", threshold=D(5), unit="percent", reference="entry_price")
    draft = await bench.draft(spec(drop, sell()))
    await bench.agree(draft)
    bench.venue.will("account", "silent", "lost")
    await bench.work()
    await bench.read_accounts()  # in vain
    await bench.see("94")
    assert await bench.events(RuleTriggered) == []
    await bench.read_accounts()
    await bench.work()
    assert len(await bench.events(RuleTriggered)) == 1


async def test_a_rule_that_cannot_be_expired_now_expires_later() -> None:
    bench = await Bench().open()
    soon = bench.clock.now() + timedelta(seconds=10)
    (rule,) = await bench.arm(spec(below("50"), Alert(), expires_at=soon))
    bench.pass_time(seconds=9)
    await bench.see("100")
    bench.store.fails = 1
    await bench.watch.poll()
    assert (await bench.rule(rule)).state == "armed"
    await bench.watch.poll()
    assert (await bench.rule(rule)).state == "expired"
