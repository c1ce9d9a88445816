"""Watching: only trusted prices fire; what is lost is told once; what must be remembered survives a restart."""

from datetime import timedelta

import pytest

from core.domain.action import Alert
from core.domain.condition import (
    CandleClose,
    PositionEvent,
    PositionPnl,
    PriceChange,
    Schedule,
    Trailing,
)
from core.domain.errors import StorageUnavailable
from core.domain.event import PriceRecovered, PriceStale, RuleExpired, RuleTriggered
from core.domain.market import Candle
from core.domain.rule import Repeat, RuleState
from core.flow import lifecycle
from tests.core.flow.bench import ETH, SOL, Bench, D, above, below, buy, sell, spec


async def fired(bench: Bench) -> list[str]:
    return [str(event.label) for event in await bench.events(RuleTriggered)]


async def silence(bench: Bench, seconds: float = 7) -> None:
    """No price for *seconds*, and the watch has noticed."""
    bench.pass_time(seconds=seconds)
    await bench.watch.poll()
    await bench.work()


# --- what is trusted -----------------------------------------------------------------------------------------------


async def test_a_stale_price_fires_nothing() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), Alert()))
    await bench.see("90", at=bench.clock.now() - timedelta(seconds=10))
    assert await fired(bench) == []


async def test_a_wide_price_fires_nothing() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), Alert()))
    await bench.see("90", confidence=D(5))
    assert await fired(bench) == []


async def test_a_lone_jump_fires_nothing_until_it_is_seen_again() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), Alert()))
    await bench.see("80", sources=1)
    assert await fired(bench) == []
    await bench.see("80.1", sources=1)
    assert await fired(bench) == ["r1"]


async def test_a_lost_price_is_told_once_and_once_when_it_is_back() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), Alert()), spec(below("90"), Alert(), "r2"))
    for _ in range(3):
        await silence(bench)
    await bench.see("100")
    await bench.see("100")
    stale, back = await bench.events(PriceStale), await bench.events(PriceRecovered)
    assert [(event.owner, event.market, event.why) for event in stale] == [(bench.ann, SOL, "stale")]
    assert [(event.owner, event.market, event.blind_s) for event in back] == [(bench.ann, SOL, 22)]


async def test_only_owners_of_a_rule_on_the_market_hear_of_it() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    await bench.arm(spec(below("40", ETH), Alert()))
    await silence(bench)
    assert [event.market for event in await bench.events(PriceStale)] == [ETH]


async def test_a_crossing_found_at_recovery_follows_late() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    await silence(bench, 40)
    await bench.see("90")
    assert await bench.states(rule) == [RuleState.PAUSED]
    assert await fired(bench) == []


async def test_whoever_was_told_of_the_loss_is_told_of_the_recovery_that_fires_their_rule() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell()))
    await silence(bench)
    await bench.see("90")
    assert await fired(bench) == ["r1"]
    assert len(await bench.events(PriceRecovered)) == 1


async def test_whoever_was_never_told_of_the_loss_is_not_told_of_the_recovery() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    await bench.arm(spec(below("40", ETH), Alert()))
    await silence(bench)
    await bench.arm(spec(below("95"), Alert()))
    await bench.see("100")
    assert await bench.events(PriceRecovered) == []


# --- what a failure must not lose ----------------------------------------------------------------------------------


async def test_a_failing_store_loses_no_crossing() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    bench.store.fails = 1
    await bench.see("94")
    assert await fired(bench) == []
    await bench.tick()
    assert await fired(bench) == ["r1"]
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_a_store_that_fails_at_the_recovery_loses_neither_the_crossing_nor_the_news() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), Alert()))
    await silence(bench)
    bench.store.fails = 2
    await bench.see("94")
    await bench.tick()
    assert await fired(bench) == ["r1"]
    assert len(await bench.events(PriceRecovered)) == 1


async def test_a_store_that_fails_when_a_price_is_lost_tells_of_it_later() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), Alert()))
    bench.store.fails = 1
    await silence(bench)
    assert await bench.events(PriceStale) == []
    await silence(bench, 1)
    assert len(await bench.events(PriceStale)) == 1


async def test_a_venue_that_cannot_be_shown_the_price_loses_no_crossing() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell()))
    bench.venue.meanwhile("observe", _nothing)  # the price itself
    bench.venue.will("observe", "lost")  # the one that is about to fire
    await bench.see("94")
    await bench.tick()
    assert await fired(bench) == ["r1"]


async def test_one_rule_that_cannot_be_fired_does_not_keep_the_next_from_firing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), Alert()), spec(below("95"), Alert(), "r2"))
    real, broken = bench.watch._world, ["r1"]

    async def world(crossing: object) -> object:
        if broken and crossing.rule.label == broken[0]:  # type: ignore[attr-defined]
            broken.pop()
            raise ValueError("a fault of our own")
        return await real(crossing)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.watch, "_world", world)
    await bench.see("94")
    assert await fired(bench) == ["r2"]
    await bench.tick()
    assert await fired(bench) == ["r2", "r1"]


async def _nothing() -> None:
    """Let the call through."""


# --- what survives a restart ---------------------------------------------------------------------------------------


async def test_a_trailing_peak_survives_a_restart() -> None:
    bench = await Bench().open(position="2")
    trail = Trailing(market=SOL, direction="down", distance=D(5), unit="usd")
    (rule,) = await bench.arm(spec(trail, sell()))
    await bench.see("120")
    await bench.watch.remember()
    await bench.restart()
    await bench.see("115.1")
    assert await bench.states(rule) == [RuleState.ARMED]
    await bench.see("115")
    assert await fired(bench) == ["r1"]


async def test_the_high_of_a_window_survives_a_restart() -> None:
    bench = await Bench().open()
    dump = PriceChange(market=SOL, direction="down", threshold=D(5), unit="percent", reference="window", window_s=3600)
    await bench.arm(spec(dump, Alert()))
    await bench.see("110")
    await bench.watch.remember()
    await bench.restart(blind_since=False)
    await bench.see("105")
    assert await fired(bench) == []
    await bench.see("104.5")
    assert await fired(bench) == ["r1"]


async def test_what_must_hold_for_a_while_starts_anew_when_it_breaks() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95", for_s=10), Alert()))
    await bench.see("95")
    await bench.tick(8)
    await bench.see("96")
    await bench.see("95")
    await bench.tick(9)
    assert await fired(bench) == []
    await bench.tick(1)
    assert await fired(bench) == ["r1"]


async def test_a_fired_rule_is_not_watched_after_a_restart() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), Alert()))
    await bench.see("95")
    await bench.restart()
    await bench.see("94")
    assert await fired(bench) == ["r1"]


async def test_rules_of_others_are_neither_loaded_nor_kept() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), Alert()))
    watch = bench.another_watch()
    assert await watch.load(lambda owner: owner != bench.ann, None) == 0
    assert await watch.load(lambda _owner: True, None) == 1
    watch.forget(lambda owner: owner != bench.ann)
    await watch.observe(bench.observation("90"))
    assert await fired(bench) == []


# --- time ----------------------------------------------------------------------------------------------------------


async def test_a_schedule_fires_once_for_each_time_however_often_it_is_polled() -> None:
    bench = await Bench().open()
    await bench.arm(spec(Schedule(every_s=60), Alert(), repeat=Repeat(times=None)))
    bench.pass_time(seconds=60)
    for _ in range(3):
        await bench.watch.poll()
    await bench.work()
    await bench.watch.poll()
    assert await fired(bench) == ["r1"]
    await bench.tick(60)
    assert await fired(bench) == ["r1", "r1"]


async def test_the_next_due_instant_is_known() -> None:
    bench = await Bench().open()
    assert bench.watch.next_due() is None
    await bench.arm(spec(Schedule(every_s=60), Alert(), repeat=Repeat(times=None)))
    assert bench.watch.next_due() == bench.clock.now() + timedelta(seconds=60)
    soon = bench.clock.now() + timedelta(seconds=30)
    await bench.arm(spec(below("90"), Alert(), expires_at=soon))
    assert bench.watch.next_due() == soon


async def test_a_rule_expires_while_it_is_watched_and_takes_along_what_waited_for_it() -> None:
    bench = await Bench().open()
    soon = bench.clock.now() + timedelta(seconds=30)
    entry, stop = await bench.arm(
        spec(below("90"), buy(), expires_at=soon), spec(below("80"), sell(), "r2", after="r1")
    )
    await bench.tick(30)
    assert await bench.states(entry, stop) == [RuleState.EXPIRED, RuleState.CANCELLED]
    assert len(await bench.events(RuleExpired)) == 1
    await bench.see("85")
    assert await fired(bench) == []


# --- accounts and candles ------------------------------------------------------------------------------------------


async def test_a_rule_on_profit_follows_the_account() -> None:
    bench = await Bench().open(position="2")
    loss = PositionPnl(market=SOL, operator="<=", threshold=D(-20), unit="usd")
    await bench.arm(spec(loss, sell()))
    await bench.see("91")
    await bench.read_accounts()
    assert await fired(bench) == []
    await bench.see("90")
    await bench.read_accounts()
    await bench.work()
    assert await fired(bench) == ["r1"]


async def test_a_level_below_the_entry_is_placed_by_the_entry_of_now_not_of_an_account_read_long_ago() -> None:
    bench = await Bench().open(position="2", entry="100")
    pnl = PositionPnl(market=SOL, operator="<=", threshold=D(-500), unit="usd")
    (old,) = await bench.arm(spec(pnl, Alert()))  # the account is read for this one, and then for nobody
    await bench.change(lambda tx: lifecycle.cancel(tx, old, bench.clock.now(), ""))
    await bench.arm(spec(above("119"), buy("2")))
    await bench.see("120")  # four at an entry of 110
    assert await bench.base() == 4
    drop = PriceChange(market=SOL, direction="down", threshold=D(5), unit="percent", reference="entry_price")
    await bench.arm(spec(drop, sell()))
    await bench.see("104.6")
    assert await fired(bench) == ["r2"]
    await bench.see("104.4")
    assert await fired(bench) == ["r2", "r3"]


async def test_a_closed_position_fires_its_rule_though_the_account_cannot_be_read_then() -> None:
    bench = await Bench().open(position="2")
    gone = PositionEvent(market=SOL, event="closed")
    await bench.arm(spec(gone, Alert()), spec(below("95"), sell(), "r2"))
    await bench.see("95", work=False)
    await bench.store.queue.drain(bench.step)
    bench.venue.will("account", "silent")
    await bench.work()
    assert await fired(bench) == ["r2", "r1"]


async def test_a_candle_is_read_when_it_has_closed() -> None:
    bench = await Bench().open()
    await bench.arm(spec(CandleClose(market=SOL, timeframe="1m", operator=">=", price=D(105)), Alert()))
    start = bench.clock.now().replace(second=0)
    closed = Candle(market=SOL, timeframe="1m", start=start, open=D(100), high=D(107), low=D(99), close=D(106))
    bench.candles.append(closed)
    await bench.tick(30)
    assert await fired(bench) == []
    await bench.tick(31)
    assert await fired(bench) == ["r1"]


async def test_candles_that_cannot_be_read_hold_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await Bench().open()
    await bench.arm(spec(CandleClose(market=SOL, timeframe="1m", operator=">=", price=D(105)), Alert()))
    soon = bench.clock.now() + timedelta(seconds=90)
    (rule,) = await bench.arm(spec(below("90"), Alert(), expires_at=soon))

    async def unavailable(*_: object) -> list[Candle]:
        raise StorageUnavailable("The database cannot be reached.")

    monkeypatch.setattr(bench.watch._readings, "_history", unavailable)
    await bench.tick(95)
    assert await bench.states(rule) == [RuleState.EXPIRED]


async def test_what_was_looked_at_is_counted_and_the_count_begins_anew() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), Alert()))
    await bench.see("99")
    await bench.see("98")
    (look,) = bench.watch.samples(10)
    assert (look.rule_id, look.price, look.checks, look.line) == (rule.id, D(98), 2, 2)
    assert look.detail == {"fires_at": D(95), "distance": D(3)}
    assert bench.watch.samples(10) == []
    await bench.see("97")
    (look,) = bench.watch.samples(10)
    assert (look.price, look.checks, look.line) == (D(97), 1, None)  # a line comes once a minute at first
    bench.watch.looks.give_back([look])
    await bench.see("94")
    fired_at = bench.clock.now()
    await bench.see("96")  # nobody looks for what has fired
    (look,) = bench.watch.samples(10)
    assert (look.price, look.checks, look.at) == (D(94), 2, fired_at)
