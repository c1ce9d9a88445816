"""Whether the venue takes orders: who is told of a change, once, and only when it lasts."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from core.domain.action import Alert
from core.domain.errors import VenuePaused as Refused
from core.domain.event import VenueLost, VenuePaused, VenueRecovered
from core.domain.order import OrderState
from core.domain.rule import RuleState
from core.flow.draft import summary_of
from core.flow.standing import LASTS, Standing
from core.ports import Halt, VenueStatus
from tests.core.flow.bench import ETH, SOL, Bench, below, buy, sell, spec

OPEN = VenueStatus(state="open")
PAUSED = VenueStatus(state="paused", reason="maintenance")
LOST = VenueStatus(state="lost", reason="it does not answer")
HALTED = VenueStatus(state="open", halted={SOL: Halt(reason="it settles")})
EXITS = VenueStatus(state="open", halted={SOL: Halt(reason="it settles", exits=True)})


def standing(bench: Bench, *, silent: Callable[[str], bool] = lambda _market: False) -> Standing:
    return Standing(bench.store, bench.clock, "paper", silent=silent)


async def lasting(bench: Bench, of: Standing, status: VenueStatus) -> None:
    await of.look(status)
    bench.pass_time(seconds=LASTS.total_seconds())
    await of.look(status)


async def told(bench: Bench) -> list[tuple[str, str | None]]:
    names = [VenuePaused.name, VenueLost.name, VenueRecovered.name]
    return [
        (event.name, getattr(event, "market", None))
        for event in [event for name in names for event in await bench.happened(name)]
    ]


async def test_a_change_that_lasts_is_told_once_and_once_more_when_it_is_over() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    watched = standing(bench)
    await watched.look(PAUSED)
    assert await told(bench) == []
    await lasting(bench, watched, PAUSED)
    await lasting(bench, standing(bench), PAUSED)  # as after a restart
    assert await told(bench) == [("venue.paused", None)]
    await lasting(bench, standing(bench), OPEN)
    await lasting(bench, watched, OPEN)
    assert await told(bench) == [("venue.paused", None), ("venue.recovered", None)]
    (paused,) = await bench.events(VenuePaused)
    assert (paused.owner, paused.venue, paused.reason) == (bench.ann, "paper", "maintenance")


async def test_a_hiccup_is_nobodys_news() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    watched = standing(bench)
    for _ in range(3):
        await watched.look(LOST)
        bench.pass_time(seconds=LASTS.total_seconds() - 1)
        await watched.look(LOST)
        await watched.look(OPEN)
    assert await told(bench) == []
    await lasting(bench, watched, LOST)
    assert await told(bench) == [("venue.lost", None)]


async def test_a_halted_market_is_told_to_those_who_would_trade_there_only() -> None:
    bench = await Bench().open()
    bob = await bench.owner("bob")
    await bench.arm(spec(below("95"), buy()), spec(below("95"), Alert(), "r2"))
    await bench.agree(await bench.draft(spec(below("95"), buy(market=ETH)), owner=bob), owner=bob)
    watched = standing(bench)
    await lasting(bench, watched, HALTED)
    assert [(event.owner, event.market) for event in await bench.events(VenuePaused)] == [(bench.ann, SOL)]
    await lasting(bench, watched, PAUSED)
    assert [event.owner for event in await bench.events(VenuePaused)] == [bench.ann, bench.ann, bob]
    await lasting(bench, watched, HALTED)
    await lasting(bench, watched, OPEN)
    recovered = [(event.owner, event.market) for event in await bench.events(VenueRecovered)]
    assert recovered == [(bench.ann, None), (bob, None), (bench.ann, SOL)]


async def test_a_halted_market_is_told_to_whoever_holds_a_position_there_without_a_rule() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    await bench.see("94")
    await bench.work()
    await bench.settle_all()
    assert (await bench.base(), (await bench.rule(rule)).state) == (Decimal(2), RuleState.COMPLETED)
    await lasting(bench, standing(bench), HALTED)
    assert [(event.owner, event.market) for event in await bench.events(VenuePaused)] == [(bench.ann, SOL)]


async def test_a_market_whose_price_is_lost_is_told_as_that_and_no_second_time() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    await lasting(bench, standing(bench, silent=lambda market: market == SOL), HALTED)
    assert await told(bench) == []
    await lasting(bench, standing(bench), HALTED)
    assert await told(bench) == [("venue.paused", SOL)]


async def test_a_halted_market_takes_no_confirmation_and_the_draft_says_so_before() -> None:
    bench = await Bench().open(position="2")
    halted = await bench.scene(venue=HALTED)
    draft = await bench.draft(spec(below("95"), sell()))
    assert "SOL-PERP takes no orders now: it settles." in summary_of(draft.result.rules, halted)
    with pytest.raises(Refused, match="SOL-PERP takes no orders now: it settles"):
        await bench.agree(draft, halted)
    exits = await bench.scene(venue=EXITS)
    with pytest.raises(Refused):
        await bench.agree(await bench.draft(spec(below("95"), buy())), exits)
    assert len(await bench.agree(await bench.draft(spec(below("95"), sell())), exits)) == 1


async def test_an_order_waits_for_its_market_and_an_exit_goes_where_exits_are_taken() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell("50")))
    bench.venue.says = HALTED
    await bench.see("95", work=False)
    await bench.work()
    assert (await bench.order()).state is OrderState.PLANNED
    bench.venue.says = EXITS
    await bench.tick(2)
    assert (await bench.order()).state is OrderState.FILLED
