"""Rules that send no order of their own: cancelling orders and rules, pausing them, moving a stop."""

from typing import Any

from core.domain.action import LimitOrder, MoveStop, Retraction, TwapOrder
from core.domain.condition import PriceChange, PriceLevel, Trailing
from core.domain.event import RuleArmed, RuleCompleted, RuleFailed
from core.domain.order import OrderState
from core.domain.rule import RuleState
from core.feed.card import card_of
from tests.core.flow.bench import ETH, SOL, Bench, D, above, below, buy, sell, spec


async def why(bench: Bench, label: str) -> str:
    told = {event.label: event.why for event in await bench.events(RuleCompleted)}
    return (told | {event.label: event.why for event in await bench.events(RuleFailed)})[label]


def retract(kind: Any, market: str = SOL) -> Retraction:
    return Retraction(type=kind, market=market)


# --- orders --------------------------------------------------------------------------------------------------------


async def test_a_rule_takes_resting_and_planned_orders_of_its_market_off() -> None:
    bench = await Bench().open()
    await bench.arm(
        spec(below("99"), buy("2", order=LimitOrder(price=D(80)))),
        spec(below("99"), buy("2", order=TwapOrder(over_s=600, slices=2)), "r2"),
        spec(below("97"), retract("cancel_orders"), "r3"),
    )
    await bench.see("99")
    await bench.see("97")
    await bench.tick()
    assert sorted(order.state for order in await bench.orders()) == [
        OrderState.CANCELLED,
        OrderState.CANCELLED,
        OrderState.FILLED,
    ]
    assert await why(bench, "r3") == "2 open orders are being cancelled"


async def test_orders_of_another_market_stay() -> None:
    bench = await Bench().open()
    await bench.arm(
        spec(below("99"), buy("2", order=LimitOrder(price=D(80)))),
        spec(below("97"), retract("cancel_orders", ETH), "r2"),
    )
    await bench.see("99")
    await bench.see("97")
    await bench.tick()
    assert (await bench.order()).state is OrderState.ACCEPTED
    assert await why(bench, "r2") == "0 open orders are being cancelled"


# --- rules ---------------------------------------------------------------------------------------------------------


async def test_a_rule_cancels_the_others_of_its_market_and_what_waits_for_them() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    entry, behind, other = await bench.arm(
        spec(below("90"), buy()),
        spec(below("80"), sell(), "r2", after="r1"),
        spec(below("40", ETH), buy(market=ETH), "r3"),
    )
    await bench.arm(spec(below("97"), retract("cancel_rules")))
    await bench.see("97")
    assert await bench.states(entry, behind, other) == [RuleState.CANCELLED, RuleState.CANCELLED, RuleState.ARMED]
    assert await why(bench, "r4") == "1 rules were cancelled"


async def test_a_rule_on_every_market_pauses_all_the_others() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    one, other = await bench.arm(spec(below("90"), buy()), spec(below("40", ETH), buy(market=ETH), "r2"))
    (pausing,) = await bench.arm(spec(below("97"), retract("pause_rules", "*")))
    await bench.see("97")
    assert await bench.states(one, other, pausing) == [RuleState.PAUSED, RuleState.PAUSED, RuleState.COMPLETED]
    assert (await bench.rule(one)).reason == "r3 paused it"


async def test_a_firing_rule_is_left_to_its_order() -> None:
    bench = await Bench().open()
    (resting,) = await bench.arm(spec(below("99"), buy("2", order=LimitOrder(price=D(80)))))
    await bench.see("99")
    await bench.arm(spec(below("97"), retract("cancel_rules", "*")))
    await bench.see("97")
    assert await bench.states(resting) == [RuleState.FIRING]


# --- moving a stop -------------------------------------------------------------------------------------------------


async def test_a_stop_is_moved_to_the_entry_price_as_a_new_version() -> None:
    bench = await Bench().open(position="2", entry="97")
    stop, target = await bench.arm(spec(below("90"), sell()), spec(above("120"), sell(), "r2"))
    await bench.arm(spec(above("105"), MoveStop(market=SOL, to="entry_price")))
    await bench.see("105")
    moved = await bench.rule(stop)
    assert (moved.version, moved.state) == (2, RuleState.ARMED)
    assert moved.spec.condition == PriceLevel(market=SOL, operator="<=", price=D(97))
    assert (await bench.rule(target)).version == 1
    assert await why(bench, "r3") == "the stop r1 is now at $97.00"
    assert (await bench.events(RuleArmed))[-1].trigger_prices == (D(97),)
    await bench.see("97")
    assert await bench.base() == 0


async def test_a_stop_is_moved_to_a_price_of_a_short() -> None:
    bench = await Bench().open(position="-2")
    (stop,) = await bench.arm(spec(above("110"), buy(None, amount_percent=D(100), reduce_only=True)))
    await bench.arm(spec(below("90"), MoveStop(market=SOL, to=D(95))))
    await bench.see("90")
    assert (await bench.rule(stop)).spec.condition == PriceLevel(market=SOL, operator=">=", price=D(95))


async def test_trailing_and_relative_stops_are_stops_too() -> None:
    bench = await Bench().open(position="2")
    trail = Trailing(market=SOL, direction="down", distance=D(10), unit="usd")
    drop = PriceChange(market=SOL, direction="down", threshold=D(10), unit="percent", reference="entry_price")
    rules = await bench.arm(spec(trail, sell()), spec(drop, sell(), "r2"))
    await bench.arm(spec(above("105"), MoveStop(market=SOL, to="entry_price")))
    await bench.see("105")
    assert [(await bench.rule(rule)).spec.condition for rule in rules] == [below("100")] * 2


async def test_how_long_a_stop_must_hold_stays_as_agreed_when_it_is_moved() -> None:
    bench = await Bench().open(position="2")
    (stop,) = await bench.arm(spec(below("90", for_s=60), sell()))
    await bench.arm(spec(above("105"), MoveStop(market=SOL, to="entry_price")))
    await bench.see("105")
    assert (await bench.rule(stop)).spec.condition == below("100", for_s=60)


async def test_a_held_stop_is_moved_and_watched_there_once_it_is_released() -> None:
    bench = await Bench().open(position="2", entry="97")
    stop, target = await bench.arm(
        spec(below("90"), sell(), oco_group="a"), spec(above("105"), sell(), "r2", oco_group="a")
    )
    (mover,) = await bench.arm(spec(above("106"), MoveStop(market=SOL, to="entry_price")))
    bench.venue.will("send", "late")
    bench.venue.will("lookup", "lost")
    await bench.see("105")
    assert await bench.states(stop, target) == [RuleState.HELD, RuleState.FIRING]
    await bench.see("106", work=False)
    assert await bench.states(mover) == [RuleState.COMPLETED]
    assert (await bench.rule(stop)).state is RuleState.HELD
    await bench.tick(70)
    released = await bench.rule(stop)
    assert (released.state, released.version) == (RuleState.ARMED, 2)
    await bench.see("96.9")
    await bench.tick()
    assert await bench.base() == 0


async def test_no_stop_and_no_position_are_said() -> None:
    bench = await Bench().open()
    await bench.arm(spec(above("105"), MoveStop(market=SOL, to="entry_price")))
    await bench.see("105")
    assert await why(bench, "r1") == "there is no SOL-PERP position whose stop could be moved"
    await bench.venue.open_position(bench.ann, SOL, D(2), D(100))
    await bench.arm(spec(above("120"), sell()), spec(above("106"), MoveStop(market=SOL, to="entry_price"), "r2"))
    await bench.see("106")
    assert await why(bench, "r3") == "you have no SOL-PERP stop to move; none was made"
    failed = [card.title for event in await bench.events(RuleFailed) if (card := card_of(event)) is not None]
    assert failed == ["r1 failed", "r3 failed"], "nobody believes in a stop that is not there"


async def test_an_account_that_cannot_be_read_moves_the_stop_later() -> None:
    bench = await Bench().open(position="2", entry="97")
    (stop,) = await bench.arm(spec(below("90"), sell()))
    await bench.arm(spec(above("105"), MoveStop(market=SOL, to="entry_price")))
    bench.venue.will("account", "silent")
    await bench.see("105")
    assert (await bench.rule(stop)).version == 1
    await bench.tick()
    assert (await bench.rule(stop)).version == 2
