"""What becomes of each kind of order, and why one is refused, in words and worked numbers."""

from datetime import timedelta
from typing import Any

import pytest

from core.domain.errors import VenueRejected
from core.domain.ids import OwnerId
from core.ports import Finding
from tests.core.venues.paper.bench import ANN, START, Bench, D


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    await bench.see(100)
    return bench


@pytest.fixture
async def long(bench: Bench) -> Bench:
    """Holding +10 SOL at 100."""
    await bench.venue.open_position(ANN, "SOL-PERP", D(10), D(100))
    return bench


async def test_a_market_order_fills_at_once_for_the_taker_fee(bench: Bench) -> None:
    report = await bench.trade("buy", "10", max_slippage_bps=50)
    assert report.finding is Finding.FILLED
    [fill] = report.fills
    assert (fill.base, fill.price, fill.maker, fill.realised_pnl) == (D(10), D("100.02"), False, None)
    assert fill.fee == D("1.0002")  # 10 x 100.02 x 10 bps
    assert (fill.market, fill.side, fill.owner, fill.venue, fill.simulated) == ("SOL-PERP", "buy", ANN, "paper", True)
    assert fill.at == bench.clock.time
    account = await bench.venue.account(ANN)
    assert account.collateral == D("9998.9998")  # 10,000 - 1.0002
    assert account.equity == D("9998.7998")  # 10 x (100 - 100.02) more


async def test_closing_realises_the_profit_and_partial_closing_its_share(long: Bench) -> None:
    await long.see(110)
    half = await long.trade("sell", "5", reduce_only=True)
    # 5 x 110 = 550 quote: 1 + 0.275 = 1.275 bps of 110 → 109.985975, down a tick → 109.98; 5 x 9.98 = 49.90
    assert (half.fills[0].price, half.fills[0].realised_pnl) == (D("109.98"), D("49.90"))
    long.pass_time(seconds=10)
    await long.see(110)
    rest = await long.trade("sell", "5", reduce_only=True)
    assert rest.fills[0].realised_pnl == D("49.90")
    assert await long.base() == 0


async def test_an_order_through_zero_closes_and_opens(long: Bench) -> None:
    report = await long.trade("sell", "30")
    assert report.fills[0].realised_pnl == 10 * (report.fills[0].price - 100)
    position = (await long.venue.account(ANN)).position("SOL-PERP")
    assert position is not None
    assert (position.base, position.entry_price) == (D(-20), report.fills[0].price)


async def test_a_market_order_leaves_what_lies_beyond_its_slippage(bench: Bench) -> None:
    report = await bench.trade("buy", "600", max_slippage_bps=50)
    assert report.finding is Finding.CANCELLED
    assert [(fill.base, fill.price) for fill in report.fills] == [(D(490), D("100.26"))]
    assert report.reason == "490 of 600 filled; the rest would have traded beyond 100.5"


async def test_slippage_is_counted_from_the_price_the_order_was_sized_at(bench: Bench) -> None:
    report = await bench.trade("buy", "10", max_slippage_bps=50, oracle_price="99")
    assert (report.finding, report.fills) == (Finding.CANCELLED, ())
    assert report.reason == "0 of 10 filled; the rest would have traded beyond 99.49"


async def test_orders_at_one_instant_pay_as_much_as_one(bench: Bench) -> None:
    reports = [await bench.trade("buy", "20") for _ in range(3)]
    assert [report.fills[0].price for report in reports] == [D("100.02"), D("100.04"), D("100.06")]
    bench.pass_time(seconds=10)
    await bench.see(100)
    assert (await bench.trade("buy", "20")).fills[0].price == D("100.02")


async def test_a_limit_order_waits_for_its_price_and_fills_there_for_the_maker_fee(bench: Bench) -> None:
    signature = await bench.send("buy", "10", type="limit", price="99")
    assert (await bench.report(signature)).finding is Finding.LIVE
    assert await bench.see("99.01") == []
    assert await bench.see("98.9") == [ANN]
    report = await bench.report(signature)
    [fill] = report.fills
    assert (report.finding, fill.price, fill.maker) == (Finding.FILLED, D(99), True)
    assert fill.fee == D("0.198")  # 10 x 99 x 2 bps


async def test_a_resting_order_fills_bit_by_bit_as_volume_reaches_it(bench: Bench) -> None:
    signature = await bench.send("buy", "10", type="limit", price="99")
    for volume in (40, 0, 30, 100):
        await bench.see(99, volume=D(volume))
    report = await bench.report(signature)
    assert [fill.base for fill in report.fills] == [4, 3, 3]
    assert [fill.venue_fill_id for fill in report.fills] == [f"paper.{report.fills[0].order_id}.{n}" for n in (1, 2, 3)]
    assert report.finding is Finding.FILLED


async def test_resting_orders_share_the_volume_that_reaches_them(bench: Bench) -> None:
    first, second = [await bench.send("buy", "3", type="limit", price="99") for _ in range(2)]
    await bench.see(99, volume=D(40))
    assert [fill.base for fill in (await bench.report(first)).fills] == [3]
    assert [fill.base for fill in (await bench.report(second)).fills] == [1]


async def test_the_nearest_of_several_orders_is_reached_first(bench: Bench) -> None:
    far, near = [await bench.send("buy", "3", type="limit", price=price) for price in ("98", "99")]
    assert await bench.see("98.5") == [ANN]
    assert (await bench.report(near)).finding is Finding.FILLED
    assert (await bench.report(far)).finding is Finding.LIVE


async def test_a_limit_beyond_the_book_takes_first_and_rests_with_the_rest(bench: Bench) -> None:
    signature = await bench.send("buy", "200", type="limit", price="100.1")
    report = await bench.report(signature)
    # up to 100.10 lie 10 bps, 9 of them with 1,000 quote each: 90 base, on average at 1 + 4.5 = 5.5 bps → 100.055
    assert report.finding is Finding.LIVE
    assert [(fill.base, fill.price, fill.maker) for fill in report.fills] == [(D(90), D("100.06"), False)]
    await bench.see(99)
    report = await bench.report(signature)
    assert [(fill.base, fill.price, fill.maker) for fill in report.fills[1:]] == [(D(110), D("100.1"), True)]


async def test_post_only_never_takes(bench: Bench) -> None:
    with pytest.raises(VenueRejected, match="post-only, but it would have traded at once at the mark of 100"):
        await bench.send("buy", "10", type="limit", price="100.01", post_only=True)
    signature = await bench.send("buy", "10", type="limit", price="100", post_only=True)
    assert (await bench.report(signature)).fills == ()
    await bench.see("99.9")
    assert [fill.maker for fill in (await bench.report(signature)).fills] == [True]


@pytest.mark.parametrize(
    ("when", "trigger", "short_of_it", "reached"),
    [(">=", "110", "109.99", "110"), ("<=", "90", "90.01", "90")],
)
async def test_a_trigger_fires_when_the_mark_reaches_it(
    long: Bench, when: str, trigger: str, short_of_it: str, reached: str
) -> None:
    signature = await long.send(
        "sell", "10", type="trigger_market", trigger_price=trigger, trigger_when=when, reduce_only=True
    )
    assert await long.see(short_of_it) == []
    assert (await long.report(signature)).finding is Finding.LIVE
    assert await long.see(reached) == [ANN]
    report = await long.report(signature)
    assert report.finding is Finding.FILLED
    assert D(reached) * D("0.999") < report.fills[0].price < D(reached)
    assert await long.base() == 0


async def test_a_trigger_whose_condition_holds_on_arrival_fires_then(long: Bench) -> None:
    stop: dict[str, Any] = {"trigger_price": "100", "trigger_when": "<=", "reduce_only": True}
    report = await long.trade("sell", "10", type="trigger_market", **stop)
    assert report.finding is Finding.FILLED


async def test_a_triggered_market_order_is_bounded_from_the_mark_that_triggered_it(long: Bench) -> None:
    stop: dict[str, Any] = {"trigger_price": "90", "trigger_when": "<=", "reduce_only": True}
    signature = await long.send("sell", "10", type="trigger_market", max_slippage_bps=50, **stop)
    await long.see(80)  # a gap far beyond 50 bps of the price it was sized at
    report = await long.report(signature)
    assert report.finding is Finding.FILLED
    assert report.fills[0].price == D("79.98")  # 1 + 0.4 = 1.4 bps below 80 → 79.9888, down a tick


async def test_a_triggered_limit_order_takes_up_to_its_price_and_rests(long: Bench) -> None:
    signature = await long.send(
        "sell", "10", type="trigger_limit", trigger_price="90", trigger_when="<=", price="89.9", reduce_only=True
    )
    await long.see(80)  # gapped through: nobody pays 89.90
    report = await long.report(signature)
    assert (report.finding, report.fills) == (Finding.LIVE, ())
    await long.see("89.95")
    report = await long.report(signature)
    assert [(fill.price, fill.maker) for fill in report.fills] == [(D("89.9"), True)]


async def test_an_order_lapses_at_its_time_whether_or_not_anybody_looks(bench: Bench) -> None:
    ends = bench.clock.now() + timedelta(minutes=5)
    looked_at = await bench.send("buy", "10", type="limit", price="99", expires_at=ends)
    crossed = await bench.send("buy", "10", type="limit", price="99", expires_at=ends)
    assert (await bench.venue.account(ANN)).initial_margin > 0
    bench.pass_time(minutes=4, seconds=59)
    assert (await bench.report(looked_at)).finding is Finding.LIVE
    bench.pass_time(seconds=1)
    report = await bench.report(looked_at)
    assert (report.finding, report.reason) == (Finding.LAPSED, "its time ran out")
    await bench.see(98)
    assert (await bench.report(crossed)).finding is Finding.LAPSED
    assert (await bench.venue.account(ANN)).initial_margin == 0


async def test_an_order_whose_time_is_over_on_arrival_lapses(bench: Bench) -> None:
    assert (await bench.trade("buy", "10", expires_at=START)).finding is Finding.LAPSED
    assert await bench.base() == 0


async def test_cancelling_twice_is_cancelling_once_and_fills_stay(bench: Bench) -> None:
    signature = await bench.send("buy", "10", type="limit", price="99")
    await bench.see(99, volume=D(40))
    for _ in range(2):
        await bench.venue.cancel(ANN, signature)
        report = await bench.report(signature)
        assert (report.finding, [fill.base for fill in report.fills]) == (Finding.CANCELLED, [D(4)])
    assert await bench.see(90) == []


async def test_cancelling_a_filled_order_changes_nothing(bench: Bench) -> None:
    signature = await bench.send("buy", "10")
    await bench.venue.cancel(ANN, signature)
    assert (await bench.report(signature)).finding is Finding.FILLED


# ── reduce-only ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reduce_only_order_closes_at_most_the_position(long: Bench) -> None:
    report = await long.trade("sell", "25", reduce_only=True)
    assert (report.finding, report.fills[0].base) == (Finding.CANCELLED, D(10))
    assert report.reason == "10 of 25 filled; nothing is left to reduce"
    assert await long.base() == 0


async def test_a_reduce_only_order_with_nothing_to_reduce_is_refused(bench: Bench) -> None:
    with pytest.raises(VenueRejected, match="a reduce-only sell has nothing to reduce: there is no position"):
        await bench.send("sell", "1", reduce_only=True)
    await bench.venue.open_position(ANN, "SOL-PERP", D(10), D(100))
    with pytest.raises(VenueRejected, match="a reduce-only buy has nothing to reduce: the position is 10 in SOL-PERP"):
        await bench.send("buy", "1", reduce_only=True)


async def test_reduce_only_orders_end_when_the_position_does(long: Bench) -> None:
    stop = await long.send("sell", "10", type="trigger_market", trigger_price="90", trigger_when="<=", reduce_only=True)
    target = await long.send("sell", "10", type="limit", price="120", reduce_only=True)
    await long.send("sell", "10", reduce_only=True)
    for signature in (stop, target):
        report = await long.report(signature)
        assert (report.finding, report.reason) == (
            Finding.CANCELLED,
            "0 of 10 filled; nothing is left to reduce",
        )


async def test_an_exit_that_ended_does_not_close_what_is_opened_after_it(long: Bench) -> None:
    await long.send("sell", "10", type="limit", price="101", reduce_only=True)
    await long.send("buy", "5", type="trigger_market", trigger_price="101", trigger_when=">=")
    ended = await long.send("sell", "10", type="limit", price="101", reduce_only=True)
    await long.see(105)  # the first closes all, the second opens anew, the third had nothing left
    assert (await long.report(ended)).finding is Finding.CANCELLED
    assert await long.base() == 5


async def test_a_reduce_only_limit_shrinks_with_the_position(long: Bench) -> None:
    target = await long.send("sell", "10", type="limit", price="101", reduce_only=True)
    await long.send("sell", "7", reduce_only=True)
    await long.see(105)
    report = await long.report(target)
    assert (report.finding, report.fills[0].base) == (Finding.CANCELLED, D(3))
    assert await long.base() == 0


async def test_a_reduce_only_order_may_be_smaller_than_the_smallest_but_not_than_a_step(long: Bench) -> None:
    assert (await long.trade("sell", "0.19", reduce_only=True)).fills[0].base == D("0.1")
    with pytest.raises(VenueRejected, match=r"below the smallest of 0\.1 SOL"):
        await long.send("sell", "0.09", reduce_only=True)


# ── grid and refusals ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_sizes_and_prices_go_to_the_grid_in_the_careful_direction(bench: Bench) -> None:
    bought = await bench.send("buy", "1.19", type="limit", price="99.019")
    sold = await bench.send("sell", "1.19", type="limit", price="101.011")
    await bench.see("50")
    await bench.see("150")
    for signature, price in ((bought, "99.01"), (sold, "101.02")):
        [fill] = (await bench.report(signature)).fills
        assert (fill.base, fill.price) == (D("1.1"), D(price))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"market": "DOGE-PERP"}, "the market DOGE-PERP is not listed here"),
        ({"base": D("0.49")}, "the order of 0.49 SOL is below the smallest of 0.5 SOL"),
        ({"base": D(0)}, "must be above zero"),
        ({"base": D("NaN")}, "must be above zero"),
        ({"base": D(10**8)}, r"worth more than the largest of \$1,000,000,000"),
        ({"type": "limit"}, "a limit order needs limit price"),
        ({"price": D(99)}, "a market order takes no limit price"),
        ({"type": "limit", "price": D(-1)}, "must be above zero"),
        ({"type": "limit", "price": D("0.001")}, "a price is below one tick of 0.01"),
        ({"type": "trigger_market"}, "a trigger_market order needs trigger price and direction"),
        (
            {"type": "trigger_market", "trigger_price": D(90)},
            "a trigger_market order needs trigger price and direction",
        ),
        ({"trigger_price": D(90), "trigger_when": "<="}, "a market order takes no trigger price"),
        ({"post_only": True}, "a market order cannot be post-only"),
        ({"max_slippage_bps": 0}, "slippage must lie between 0 and 100 %"),
        (
            {"type": "trigger_limit", "price": D(96), "trigger_price": D(90), "trigger_when": "<="},
            r"the limit price 96 is 6.7 % beyond 90 \(at most 5 %\)",
        ),
    ],
)
async def test_what_no_market_could_take_is_refused_when_prepared(
    bench: Bench, changes: dict[str, Any], reason: str
) -> None:
    intent = await bench.intent("buy", str(changes.pop("base", "10")), **changes)
    with pytest.raises(VenueRejected, match=reason):
        await bench.venue.prepare(intent)


async def test_a_limit_far_beyond_the_mark_is_refused(bench: Bench) -> None:
    with pytest.raises(VenueRejected, match=r"the limit price 110 is 10.0 % beyond 100 \(at most 5 %\)"):
        await bench.send("buy", "10", type="limit", price="110")
    await bench.send("buy", "10", type="limit", price="50")


async def test_nothing_trades_on_a_price_that_is_missing_or_old(bench: Bench) -> None:
    with pytest.raises(VenueRejected, match="no price of ETH-PERP is known yet"):
        await bench.send("buy", "10", market="ETH-PERP")
    bench.pass_time(seconds=15)
    await bench.send("buy", "1")
    bench.pass_time(seconds=2)
    with pytest.raises(VenueRejected, match="the price of SOL-PERP is 17 s old"):
        await bench.send("buy", "1")


async def test_a_refused_order_stays_refused(bench: Bench) -> None:
    prepared = await bench.venue.prepare(await bench.intent("sell", "10", reduce_only=True))
    for _ in range(2):
        with pytest.raises(VenueRejected, match="nothing to reduce"):
            await bench.venue.send(prepared)
    await bench.venue.open_position(ANN, "SOL-PERP", D(10), D(100))
    with pytest.raises(VenueRejected, match="nothing to reduce"):
        await bench.venue.send(prepared)
    report = await bench.report(prepared.signature)
    assert (report.finding, report.fills) == (Finding.REJECTED, ())
    assert "nothing to reduce" in report.reason


async def test_one_owner_never_sees_another_s_order(bench: Bench) -> None:
    signature = await bench.send("buy", "10")
    assert (await bench.venue.lookup(OwnerId(2), signature)).finding is Finding.ABSENT
    assert (await bench.venue.account(OwnerId(2))).positions == ()
