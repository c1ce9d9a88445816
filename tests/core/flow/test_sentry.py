"""Exits that stand at the venue: there when they should be, gone when they should not, and never two exits of one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.action import Close
from core.domain.condition import PriceChange, Trailing
from core.domain.event import OrderFilled, RuleArmed, RulePosted, RuleRelieved, RuleTriggered
from core.domain.ids import OwnerId
from core.domain.position import Account
from core.domain.rule import Repeat, RuleState
from core.domain.sentry import why_not
from core.feed.card import card_of
from core.flow.asking import ask_cancel
from core.ports import VenueStatus
from core.venues.paper import matching
from tests.clock import START
from tests.core.flow.bench import SOL, D, above, below, buy, sell, spec
from tests.core.flow.watchtower import tower

STOP = spec(below("95"), sell(), oco_group="a")
TARGET = spec(above("110"), sell(), "r2", oco_group="a")
HALF = spec(above("105"), sell("50"), "r3", oco_group="a")


# --- where it lives ------------------------------------------------------------------------------------------------


async def test_an_exit_at_a_price_stands_at_the_venue_and_is_told_once_that_is_proven() -> None:
    bench = await tower()
    (rule,) = await bench.arm(STOP)
    assert await bench.stops() == ["sell 2 <= 95"]
    [told] = await bench.events(RulePosted)
    assert (told.base, told.price, told.when, told.order_id) == (D(2), D(95), "<=", (await bench.rule(rule)).sentry)
    card = card_of(told)
    assert card is not None
    assert card.title.startswith("r1 rests on paper now")
    assert card.lines[0] == "Sell 2 SOL below $95.00."
    assert await bench.states(rule) == [RuleState.ARMED]
    assert [event.name for event in await bench.happened("order.accepted") if card_of(event)] == []


@pytest.mark.parametrize(
    "said",
    [
        spec(below("95"), sell(), protect="engine"),
        spec(below("95", for_s=30), sell()),
        spec(below("95"), buy()),
        spec(below("95"), sell(), repeat=Repeat(times=2)),
        spec(Trailing(market=SOL, direction="down", distance=D(5), unit="usd"), sell()),
        spec(
            PriceChange(market=SOL, direction="either", threshold=D(5), unit="usd", reference="current_price"), sell()
        ),
    ],
)
async def test_what_cannot_stand_there_stays_with_us(said: Any) -> None:
    bench = await tower()
    await bench.arm(said)
    assert why_not(said) is not None
    assert (await bench.stops(), await bench.orders()) == ([], [])


async def test_a_venue_that_guards_no_better_gets_nothing() -> None:
    bench = await tower()
    bench.venue.holds_protective_orders = False
    await bench.arm(STOP)
    assert await bench.stops() == []


async def test_where_the_owner_s_own_wallet_signs_nothing_is_placed_ahead() -> None:
    bench = await tower()
    account = replace(await bench.venue.real.account(bench.ann), by_hand=True)

    async def as_it_is(_owner: OwnerId) -> Account:
        return account

    bench.venue.account = as_it_is  # type: ignore[method-assign, assignment]
    await bench.arm(STOP)
    assert (await bench.stops(), await bench.orders()) == ([], [])


async def test_a_change_from_the_entry_stands_where_the_entry_puts_it() -> None:
    bench = await tower()
    drop = PriceChange(market=SOL, direction="down", threshold=D(10), unit="percent", reference="entry_price")
    await bench.arm(spec(drop, Close(market=SOL)))
    assert await bench.stops() == ["sell 2 <= 90"]


# --- firing --------------------------------------------------------------------------------------------------------


async def test_it_fires_while_we_are_down_and_is_told_when_we_are_back() -> None:
    bench = await tower()
    stop, target = await bench.arm(STOP, TARGET)
    assert await bench.stops() == ["sell 2 <= 95", "sell 2 >= 110"]
    await bench.venue_sees("94")
    assert await bench.base() == 0
    await bench.sweep()
    await bench.restart()
    await bench.settled(2)
    assert await bench.states(stop, target) == [RuleState.COMPLETED, RuleState.CANCELLED]
    [fired] = await bench.events(RuleTriggered)
    assert (fired.rule_id, fired.price, fired.resting) == (stop.id, D(95), True)
    [filled] = await bench.events(OrderFilled)
    assert (filled.rule_id, filled.base, filled.sentry) == (stop.id, D(2), True)
    assert card_of(filled) is not None
    assert (await bench.stops(), await bench.base()) == ([], D(0))


async def test_seen_by_both_it_is_one_exit() -> None:
    bench = await tower()
    stop, target = await bench.arm(STOP, TARGET)
    await bench.see("94")
    await bench.settled(3)
    assert await bench.states(stop, target) == [RuleState.COMPLETED, RuleState.CANCELLED]
    assert len(await bench.events(OrderFilled)) == len(await bench.events(RuleTriggered)) == 1
    assert [order.step for order in await bench.orders() if order.filled_base] == ["sentry"]


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue's keepers fire nothing."""
    monkeypatch.setattr(matching, "is_triggered", lambda *_: False)


@pytest.mark.usefixtures("asleep")
async def test_what_keepers_sleep_through_our_engine_does_once_it_has_the_order_back() -> None:
    bench = await tower()
    stop, target = await bench.arm(STOP, TARGET)
    await bench.see("94")
    assert await bench.states(stop, target) == [RuleState.FIRING, RuleState.HELD]
    await bench.settled(10)
    assert await bench.base() == 2, "they are given time"
    await bench.settled(8)
    assert await bench.states(stop, target) == [RuleState.COMPLETED, RuleState.CANCELLED]
    assert (await bench.base(), await bench.stops()) == (D(0), [])
    traded = [order for order in await bench.orders(stop) if order.filled_base]
    assert [(order.step, order.leg_no) for order in traded] == [("trade", 1)]


@pytest.mark.usefixtures("asleep")
async def test_a_price_that_came_back_before_anybody_acted_leaves_it_standing_anew() -> None:
    bench = await tower()
    stop, target = await bench.arm(STOP, TARGET)
    await bench.see("94")
    await bench.see("100")
    await bench.settled(20)
    assert await bench.states(stop, target) == [RuleState.ARMED, RuleState.ARMED]
    assert sorted(await bench.stops()) == ["sell 2 <= 95", "sell 2 >= 110"]
    assert await bench.base() == 2


async def test_a_partial_exit_leaves_its_siblings_standing_for_what_is_left() -> None:
    bench = await tower()
    stop, half = await bench.arm(STOP, HALF)
    await bench.venue_sees("106")
    await bench.settled(2)
    assert await bench.states(stop, half) == [RuleState.ARMED, RuleState.COMPLETED]
    assert (await bench.base(), await bench.stops()) == (D(1), ["sell 1 <= 95"])
    posted = [event for event in await bench.events(RulePosted) if event.rule_id == stop.id]
    assert [(event.base, event.resized, card_of(event) is None) for event in posted] == [
        (D(2), False, False),
        (D(1), True, True),
    ]


# --- what the venue does not want ----------------------------------------------------------------------------------


async def test_a_venue_that_refuses_leaves_it_to_us_and_its_owner_is_told_once() -> None:
    bench = await tower()
    bench.venue.will("send", "refused", "refused", "refused", "refused", "refused")
    (rule,) = await bench.arm(STOP)
    await bench.settled(5)
    for _ in range(4):
        bench.pass_time(minutes=20)
        await bench.see("100")
    [told] = await bench.events(RuleRelieved)
    assert told.reason == "the venue does not want it"
    card = card_of(told)
    assert card is not None
    assert card.title == "r1 does not rest on paper: SayWhen watches it"
    assert 2 <= len(await bench.orders()) <= 4, "asked again, and less and less often"
    bench.venue.heals()
    await bench.see("94")
    assert (await bench.base(), await bench.states(rule)) == (D(0), [RuleState.COMPLETED])


async def test_a_paused_venue_is_told_and_the_order_stands_once_it_takes_orders_again() -> None:
    bench = await tower()
    bench.venue.says = VenueStatus(state="paused", reason="it rests")
    (rule,) = await bench.arm(STOP)
    [told] = await bench.events(RuleRelieved)
    assert "it rests" in told.reason
    bench.venue.says = VenueStatus(state="open")
    bench.pass_time(minutes=6)
    await bench.see("100")
    assert await bench.stops() == ["sell 2 <= 95"]
    assert (await bench.rule(rule)).sentry is not None


async def test_what_its_owner_takes_off_by_hand_stays_off_and_we_watch() -> None:
    bench = await tower()
    (rule,) = await bench.arm(STOP)
    [order] = await bench.orders()
    assert order.signature is not None
    async with bench.venue.real._desk(bench.ann) as (_, desk):
        desk.cancel(order.signature, "")
    await bench.settled(2)
    assert [told.reason for told in await bench.events(RuleRelieved)] == ["it was taken off at paper"]
    bench.pass_time(hours=9)
    await bench.see("100")
    assert await bench.stops() == []
    await bench.see("94")
    assert (await bench.base(), await bench.states(rule)) == (D(0), [RuleState.COMPLETED])


async def test_a_pause_and_a_resume_put_it_back_and_cancelling_orders_leaves_it() -> None:
    bench = await tower()
    (rule,) = await bench.arm(STOP)
    await bench.change(lambda tx: ask_cancel(tx, None))
    await bench.settled(1)
    assert await bench.stops() == ["sell 2 <= 95"], "a stop goes with its rule, not with open orders"
    await bench.pause(await bench.rule(rule))
    await bench.settled(1)
    assert await bench.stops() == []
    await bench.resume(rule)
    await bench.settled(2)
    assert await bench.stops() == ["sell 2 <= 95"]
    assert [event.why for event in await bench.events(RuleArmed)] == ["confirmed", "resumed"]


async def test_it_ends_at_the_venue_when_its_rule_does() -> None:
    bench = await tower()
    until = START + timedelta(hours=1)
    await bench.arm(replace(STOP, expires_at=until))
    assert [one.expires_at for one in await bench.standing()] == [until]
