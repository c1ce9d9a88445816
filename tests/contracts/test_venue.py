"""What every implementation of the Venue port keeps to; the flow trusts nothing else about a venue.

A new venue joins by a stage: the venue with what a test needs to move its world.
"""

import dataclasses
import inspect
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import PriceUnavailable, VenueError, VenueRejected
from core.ports import Finding, Venue, VenueStatus
from tests.contracts.venues import ENDED, OWNER, Stage, base, intent, resting, sent


async def test_it_has_the_port_s_methods_and_none_that_moves_money_out(stage: Stage) -> None:
    for name in (name for name in vars(Venue) if not name.startswith("_")):
        assert inspect.iscoroutinefunction(getattr(stage.venue, name)), name
    assert not [name for name in dir(stage.venue) if "withdraw" in name or "transfer" in name]
    assert isinstance(stage.venue.name, str)
    assert isinstance(stage.venue.simulated, bool)
    assert isinstance(stage.venue.holds_protective_orders, bool)


async def test_markets_are_listed_under_their_own_symbols(stage: Stage) -> None:
    markets = await stage.venue.markets()
    assert stage.market in markets
    assert all(symbol == market.symbol for symbol, market in markets.items())


async def test_it_takes_orders_where_a_fresh_price_is_and_says_why_not_elsewhere(stage: Stage) -> None:
    assert await stage.venue.status() == VenueStatus(state="open")
    stage.pass_time(hours=1)
    await stage.show("100", "ETH-PERP")
    halted = await stage.another_process().status()
    assert halted.refusal("ETH-PERP", is_exit=False) is None
    assert halted.refusal(stage.market, is_exit=True) == halted.halted[stage.market].reason
    stage.pass_time(hours=1)
    paused = await stage.venue.status()
    assert (paused.state, paused.refusal(stage.market, is_exit=True)) == ("paused", paused.reason)
    await stage.show("100")
    stage.pass_time(seconds=1)
    assert (await stage.venue.status()).refusal(stage.market, is_exit=False) is None


async def test_the_mark_is_what_the_market_trades_at_and_never_stale(stage: Stage) -> None:
    assert (await stage.venue.mark(stage.market)).price == 100
    stage.pass_time(hours=1)
    with pytest.raises(PriceUnavailable):
        await stage.venue.mark(stage.market)


async def test_preparing_touches_nothing(stage: Stage) -> None:
    before = await stage.venue.account(OWNER)
    prepared = await stage.venue.prepare(intent(stage))
    assert prepared.valid_until > stage.clock.now()
    assert await stage.venue.account(OWNER) == before
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.ABSENT


async def test_preparing_is_repeatable_and_different_orders_have_different_signatures(stage: Stage) -> None:
    first = await stage.venue.prepare(intent(stage))
    assert await stage.another_process().prepare(intent(stage)) == first
    assert (await stage.venue.prepare(intent(stage, "ord_2"))).signature != first.signature


async def test_what_could_never_be_valid_is_refused_when_prepared(stage: Stage) -> None:
    with pytest.raises(VenueRejected):
        await stage.venue.prepare(intent(stage, market="NOSUCH-PERP"))
    with pytest.raises(VenueRejected):
        await stage.venue.prepare(intent(stage, base=Decimal("0.0000001")))


async def test_sending_the_same_bytes_again_takes_effect_once(stage: Stage) -> None:
    prepared = await sent(stage, intent(stage))
    report = await stage.venue.lookup(OWNER, prepared.signature)
    assert report.finding is Finding.FILLED
    for venue in (stage.venue, stage.another_process()):
        await venue.send(prepared)
    assert await stage.venue.lookup(OWNER, prepared.signature) == report
    assert await base(stage) == 10


async def test_sending_again_after_the_validity_is_harmless_for_an_order_that_landed(stage: Stage) -> None:
    prepared = await sent(stage, intent(stage))
    stage.pass_time(hours=1)
    await stage.venue.send(prepared)
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.FILLED
    assert await base(stage) == 10


async def test_bytes_that_were_not_signed_are_refused(stage: Stage) -> None:
    prepared = await stage.venue.prepare(intent(stage))
    for forged in (
        dataclasses.replace(prepared, raw=prepared.raw[:-20] + bytes([prepared.raw[-20] ^ 1]) + prepared.raw[-19:]),
        dataclasses.replace(prepared, raw=b"{"),
        dataclasses.replace(prepared, valid_until=prepared.valid_until + timedelta(hours=1)),
    ):
        with pytest.raises(VenueRejected):
            await stage.venue.send(forged)
    assert await base(stage) == 0


async def test_an_order_that_never_arrived_is_absent_while_it_could_and_dead_after(stage: Stage) -> None:
    prepared = await stage.venue.prepare(intent(stage))
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.ABSENT
    stage.pass_time(hours=1)
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.DEAD


async def test_late_bytes_never_take_effect_and_are_not_called_a_rejection(stage: Stage) -> None:
    prepared = await stage.venue.prepare(intent(stage))
    stage.pass_time(hours=1)
    await stage.show("100")
    for _ in range(2):
        with pytest.raises(VenueError) as refusal:
            await stage.venue.send(prepared)
        assert not isinstance(refusal.value, VenueRejected)
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.DEAD
    assert await base(stage) == 0


async def test_dead_is_for_ever_even_if_a_clock_is_behind(stage: Stage) -> None:
    prepared = await stage.venue.prepare(intent(stage))
    stage.pass_time(hours=1)
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.DEAD
    stage.pass_time(hours=-1)
    with pytest.raises(VenueError):
        await stage.another_process().send(prepared)
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.DEAD
    assert await base(stage) == 0


async def test_a_dead_order_may_be_prepared_anew(stage: Stage) -> None:
    dead = await stage.venue.prepare(intent(stage))
    stage.pass_time(hours=1)
    assert (await stage.venue.lookup(OWNER, dead.signature)).finding is Finding.DEAD
    await stage.show("100")
    fresh = await sent(stage, intent(stage))
    assert (await stage.venue.lookup(OWNER, fresh.signature)).finding is Finding.FILLED
    assert (await stage.venue.lookup(OWNER, dead.signature)).finding is Finding.DEAD
    assert await base(stage) == 10


async def test_a_second_preparation_of_one_order_is_that_order(stage: Stage) -> None:
    first = await stage.venue.prepare(intent(stage))
    stage.pass_time(seconds=1)
    second = await stage.venue.prepare(intent(stage, base=Decimal(20)))
    await stage.venue.send(first)
    await stage.venue.send(second)
    await stage.proceed()
    assert await base(stage) == 10
    reports = [await stage.venue.lookup(OWNER, prepared.signature) for prepared in (first, second)]
    assert reports[0] == reports[1]


async def test_a_proven_rejection_has_a_reason_and_stays(stage: Stage) -> None:
    prepared = await stage.venue.prepare(resting(stage, base=Decimal(100_000)))
    for _ in range(2):
        with pytest.raises(VenueRejected, match="collateral"):
            await stage.venue.send(prepared)
    report = await stage.another_process().lookup(OWNER, prepared.signature)
    assert (report.finding, report.fills) == (Finding.REJECTED, ())
    assert "collateral" in report.reason
    assert await base(stage) == 0


async def test_fills_say_whose_they_are_and_keep_their_ids(stage: Stage) -> None:
    prepared = await sent(stage, intent(stage))
    [fill] = (await stage.venue.lookup(OWNER, prepared.signature)).fills
    assert (fill.order_id, fill.owner, fill.market, fill.side) == ("ord_1", OWNER, stage.market, "buy")
    assert fill.venue == stage.venue.name
    assert fill.simulated == stage.venue.simulated
    assert fill.base == 10
    assert Decimal(99) < fill.price < Decimal(102)
    again = (await stage.another_process().lookup(OWNER, prepared.signature)).fills
    assert again == (fill,)


async def test_a_resting_order_is_live_until_it_fills_or_is_cancelled(stage: Stage) -> None:
    filled, cancelled = await sent(stage, resting(stage)), await sent(stage, resting(stage, "ord_2"))
    for prepared in (filled, cancelled):
        assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.LIVE
    for _ in range(2):
        await stage.venue.cancel(OWNER, cancelled.signature)
        await stage.proceed()
    await stage.show("80")
    reports = [await stage.venue.lookup(OWNER, prepared.signature) for prepared in (filled, cancelled)]
    assert [report.finding for report in reports] == [Finding.FILLED, Finding.CANCELLED]
    assert [fill.price for fill in reports[0].fills] == [90]
    assert await base(stage) == 10


async def test_cancelling_what_has_ended_or_never_was_changes_nothing(stage: Stage) -> None:
    prepared = await sent(stage, intent(stage))
    await stage.venue.cancel(OWNER, prepared.signature)
    await stage.venue.cancel(OWNER, "no such order")
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.FILLED


async def test_an_order_cancelled_before_it_arrives_does_not_trade(stage: Stage) -> None:
    prepared = await stage.venue.prepare(intent(stage))
    await stage.venue.cancel(OWNER, prepared.signature)
    await stage.venue.send(prepared)
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.CANCELLED
    assert await base(stage) == 0


async def test_an_order_lapses_at_its_time(stage: Stage) -> None:
    prepared = await sent(stage, resting(stage, expires_at=stage.clock.now() + timedelta(minutes=1)))
    stage.pass_time(minutes=2)
    assert (await stage.venue.lookup(OWNER, prepared.signature)).finding is Finding.LAPSED


async def test_a_reduce_only_order_never_turns_a_position(stage: Stage) -> None:
    await sent(stage, intent(stage))
    closing = intent(stage, "ord_2", side="sell", base=Decimal(25), reduce_only=True)
    report = await stage.venue.lookup(OWNER, (await sent(stage, closing)).signature)
    assert report.finding in ENDED
    assert sum(fill.base for fill in report.fills) == 10
    assert await base(stage) == 0


async def test_a_restart_changes_nothing(stage: Stage) -> None:
    await sent(stage, intent(stage))
    live = await sent(stage, resting(stage, "ord_2"))
    before = await stage.venue.account(OWNER)
    restarted = stage.another_process()
    assert await restarted.account(OWNER) == before
    assert (await restarted.lookup(OWNER, live.signature)).finding is Finding.LIVE
    assert list(await restarted.activity(OWNER, 0)) == list(await stage.venue.activity(OWNER, 0))


async def test_the_account_names_what_is_held_and_what_is_free(stage: Stage) -> None:
    empty = await stage.venue.account(OWNER)
    assert empty.venue == stage.venue.name
    assert empty.positions == ()
    await sent(stage, intent(stage))
    account = await stage.venue.account(OWNER)
    position = account.position(stage.market)
    assert position is not None
    assert position.base == 10
    assert position.mark == 100
    assert account.free_collateral < empty.free_collateral
    assert account.initial_margin > account.maintenance_margin > 0
