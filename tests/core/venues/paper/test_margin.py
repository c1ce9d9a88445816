"""What may be opened, when it is taken away and what that costs, in worked numbers."""

from decimal import ROUND_CEILING

import pytest

from core.domain.errors import BadInput, Conflict, VenueRejected
from core.domain.position import Account
from core.ports import Finding
from tests.core.venues.paper.bench import ANN, Bench, D


async def account(bench: Bench) -> Account:
    return await bench.venue.account(ANN)


async def opened(base: str, entry: str = "100", *, deposit: str = "1000", price: str = "100") -> Bench:
    bench = Bench(deposit=deposit)
    await bench.see(price)
    await bench.venue.open_position(ANN, "SOL-PERP", D(base), D(entry))
    return bench


async def test_an_account_begins_with_the_deposit_and_may_be_given_more() -> None:
    bench = Bench(deposit="1000")
    assert (await account(bench)).equity == 1000
    await bench.venue.deposit(ANN, D("500.5"))
    assert (await account(bench)).free_collateral == D("1500.5")
    await bench.venue.deposit(ANN, D("0.0000019"))  # money moves in millionths
    assert (await account(bench)).collateral == D("1500.500001")
    for amount in ("0", "-1", "NaN", "1e13"):
        with pytest.raises(BadInput, match="Expected a deposit"):
            await bench.venue.deposit(ANN, D(amount))


async def test_positions_need_initial_and_maintenance_margin_at_the_mark() -> None:
    bench = await opened("100", price="110")
    held = await account(bench)
    assert held.equity == 2000  # 1,000 + 100 x (110 - 100)
    assert held.initial_margin == 550  # 100 x 110 x 5 %
    assert held.maintenance_margin == 330  # 100 x 110 x 3 %
    assert held.free_collateral == 1450


async def test_resting_orders_tie_up_margin_for_the_worse_side() -> None:
    bench = await opened("10")
    await bench.send("buy", "20", type="limit", price="90")
    assert (await account(bench)).initial_margin == 150  # (10 x 100 + 20 x 100) x 5 %: no less than at the mark
    await bench.send("sell", "15", type="limit", price="120")
    assert (await account(bench)).initial_margin == 150  # -10 x 100 + 15 x 120 = 800 is the better side
    await bench.send("sell", "30", type="limit", price="120")
    assert (await account(bench)).initial_margin == 220  # (-10 x 100 + 45 x 120) x 5 %
    assert (await account(bench)).maintenance_margin == 30
    await bench.send("sell", "10", type="limit", price="120", reduce_only=True)
    assert (await account(bench)).initial_margin == 220


async def test_an_order_beyond_the_free_collateral_is_refused_with_both_figures() -> None:
    bench = Bench(deposit="1000")
    await bench.see(100)
    with pytest.raises(VenueRejected, match=r"it needs \$1,250\.00 and \$1,000\.00 is free"):
        await bench.send("buy", "250")  # 250 x 100 x 5 %
    # 199 x 100 x 5 % = 995, + 1 + 9.95 = 10.95 bps of impact (100.11): 21.89, + fee 199 x 100.11 x 10 bps: 19.92
    with pytest.raises(VenueRejected, match=r"it needs \$1,036\.81 and \$1,000\.00 is free"):
        await bench.send("buy", "199")
    with pytest.raises(VenueRejected, match=r"it needs \$1,250\.00 and \$1,000\.00 is free"):
        await bench.send("buy", "250", type="limit", price="90")
    await bench.send("buy", "150")
    with pytest.raises(VenueRejected, match=r"it needs \$500\.00 and \$2\d\d\.\d\d is free"):
        await bench.send("buy", "100", type="limit", price="90")
    assert await bench.base() == 150


async def test_the_whole_order_must_be_covered_even_if_the_book_would_fill_only_some() -> None:
    bench = Bench(deposit="1000")
    await bench.see(100)
    with pytest.raises(VenueRejected, match=r"it needs \$5,000\.00"):
        await bench.send("buy", "1000", max_slippage_bps=5)


async def test_margin_tied_up_by_orders_is_not_lent_twice() -> None:
    bench = Bench(deposit="1000")
    await bench.see(100)
    signature = await bench.send("buy", "190", type="limit", price="90")
    with pytest.raises(VenueRejected, match=r"\$50\.00 is free"):
        await bench.send("buy", "20", market="SOL-PERP", type="limit", price="90")
    await bench.venue.cancel(ANN, signature)
    await bench.send("buy", "20", type="limit", price="90")


async def test_a_shrinking_order_needs_no_margin() -> None:
    bench = await opened("100", price="94.8")  # equity 1,000 - 520 = 480, of which 474 are tied up
    await bench.see("94")  # equity 400, tied up 470: nothing is free
    with pytest.raises(VenueRejected, match="not enough free collateral"):
        await bench.send("buy", "1")
    await bench.send("sell", "10")
    await bench.send("sell", "10", reduce_only=True)
    await bench.send("sell", "10", type="limit", price="100")
    assert await bench.base() == 80


async def test_turning_a_position_around_needs_margin_for_the_new_one() -> None:
    bench = await opened("100")
    await bench.see("94")  # equity 400
    with pytest.raises(VenueRejected, match="not enough free collateral"):
        await bench.send("sell", "195")  # -95 x 94 x 5 % = 446.50
    await bench.send("sell", "160")
    assert await bench.base() == -60


async def test_what_rests_after_taking_is_covered_after_fees() -> None:
    bench = await opened("10", deposit="100")
    # 10 of 30 trade at once (100 - 1.5 bps) and close; 20 x 100 x 5 % = 100 for the rest, but the fee took 1 of 100
    with pytest.raises(VenueRejected, match="not enough free collateral"):
        await bench.send("sell", "30", type="limit", price="99.98")
    assert await bench.base() == 10


async def test_an_order_that_rested_is_dropped_if_margin_is_gone_when_its_turn_comes() -> None:
    bench = await opened("100")
    signature = await bench.send("buy", "90", type="limit", price="95")  # 190 x 100 x 5 % = 950 of 1,000
    assert await bench.see("94.9") == [ANN]  # equity 490, of which 474.5 carry the position
    report = await bench.report(signature)
    assert (report.finding, report.fills) == (Finding.CANCELLED, ())
    assert report.reason.startswith("not enough free collateral")
    assert await bench.base() == 100


async def test_nothing_opens_while_another_position_s_price_is_old() -> None:
    bench = await opened("10")
    bench.pass_time(seconds=20)
    await bench.see(2000, "ETH-PERP")
    with pytest.raises(VenueRejected, match="margin cannot be checked: the price of SOL-PERP is too old"):
        await bench.send("buy", "1", market="ETH-PERP")


async def test_the_liquidation_price_leaves_exactly_the_maintenance_margin() -> None:
    bench = await opened("100")
    position = (await account(bench)).positions[0]
    # buffer 1,000 - 300 = 700; 700 / (100 x 0.97) = 7.2165 below 100 → 92.7835, up a tick
    assert position.liquidation_price == D("92.79")
    short = (await account(await opened("-100"))).positions[0]
    # 700 / (100 x 1.03) = 6.7961 above 100 → 106.7961, down a tick
    assert short.liquidation_price == D("106.79")


async def test_a_position_that_its_collateral_covers_to_zero_has_no_liquidation_price() -> None:
    bench = await opened("5")
    assert (await account(bench)).positions[0].liquidation_price is None
    assert await bench.see("0.01") == []


async def test_each_liquidation_price_takes_the_other_markets_as_they_are() -> None:
    bench = await opened("100", deposit="2000")
    await bench.see(100, "ETH-PERP")
    await bench.venue.open_position(ANN, "ETH-PERP", D(-50), D(100))
    eth, sol = (await account(bench)).positions
    # buffer 2,000 - (10,000 + 5,000) x 3 % = 1,550; SOL: 1,550 / 97 = 15.979 down; ETH: 1,550 / 51.5 = 30.097 up
    assert (sol.market, sol.liquidation_price) == ("SOL-PERP", D("84.03"))
    assert (eth.market, eth.liquidation_price) == ("ETH-PERP", D("130.09"))


async def test_below_maintenance_as_much_is_closed_as_restores_initial_margin() -> None:
    bench = await opened("100")
    assert await bench.see("92.79") == []
    assert await bench.see("92.78") == [ANN]
    [activity] = await bench.venue.activity(ANN, 0)
    # equity 278; initial 9,278 x 5 % = 463.9; freed per notional closed: 5 % - 1.5 % penalty
    notional = (D("463.9") - 278) / D("0.035")
    closed = (notional / D("92.78") * 10).to_integral_value(ROUND_CEILING) / 10
    assert (activity.number, activity.kind, activity.market) == (1, "liquidation", "SOL-PERP")
    assert (activity.base_before, activity.base_after, activity.price) == (D(100), 100 - closed, D("92.78"))
    assert closed == D("57.3")
    assert activity.amount == D("79.744410")  # 57.3 x 92.78 x 1.5 %
    after = await account(bench)
    assert after.equity == 278 - D("79.744410")
    assert after.equity >= after.initial_margin
    assert await bench.see("92.78") == []


async def test_liquidation_takes_resting_orders_off_first() -> None:
    bench = await opened("100")
    signature = await bench.send("sell", "100", type="limit", price="120", reduce_only=True)
    await bench.see("92.78")
    report = await bench.report(signature)
    assert (report.finding, report.reason) == (Finding.CANCELLED, "the account was liquidated")


async def test_a_penalty_takes_no_more_than_is_left() -> None:
    bench = await opened("100")
    await bench.see("90.5")  # equity 50: not enough for the penalty of 100 x 90.5 x 1.5 % = 135.75
    [activity] = await bench.venue.activity(ANN, 0)
    assert (activity.base_after, activity.amount) == (D(0), D(50))
    assert (await account(bench)).equity == 0


async def test_after_a_gap_beyond_the_collateral_nothing_is_owed() -> None:
    bench = await opened("100")
    await bench.see("80")  # equity 1,000 - 2,000
    [activity] = await bench.venue.activity(ANN, 0)
    assert (activity.base_after, activity.price, activity.amount) == (D(0), D(80), D(-1000))
    assert (await account(bench)).equity == 0
    with pytest.raises(VenueRejected, match=r"\$0\.00 is free"):
        await bench.send("buy", "1")


async def test_what_is_missing_is_paid_once_all_is_closed() -> None:
    bench = await opened("50")
    await bench.see(100, "ETH-PERP")
    await bench.venue.open_position(ANN, "ETH-PERP", D(50), D(100))
    await bench.see(60, "ETH-PERP")  # equity 1,000 - 2,000
    activities = await bench.venue.activity(ANN, 0)
    assert [(activity.market, activity.amount) for activity in activities] == [
        ("SOL-PERP", D(0)),
        ("ETH-PERP", D(-1000)),
    ]
    assert (await account(bench)).equity == 0


async def test_a_liquidation_that_many_markets_cause_together_is_not_missed() -> None:
    bench = await opened("50")
    await bench.see(100, "ETH-PERP")
    await bench.venue.open_position(ANN, "ETH-PERP", D(50), D(100))
    # no market reaches its own liquidation price (100 - 700 / 48.5 = 85.57), both together pass maintenance
    for price in range(99, 92, -1):
        assert await bench.see(price) == []
        assert await bench.see(price, "ETH-PERP") == []
    assert await bench.see("92.7") == []
    assert await bench.see("92.7", "ETH-PERP") == [ANN]
    assert {activity.kind for activity in await bench.venue.activity(ANN, 0)} == {"liquidation"}


async def test_the_largest_position_is_closed_first() -> None:
    bench = await opened("20", deposit="600")
    await bench.see(100, "ETH-PERP")
    await bench.venue.open_position(ANN, "ETH-PERP", D(100), D(100))
    await bench.see("97", "ETH-PERP")
    await bench.see("96.9", "ETH-PERP")
    await bench.see("97", "SOL-PERP")
    activities = await bench.venue.activity(ANN, 0)
    assert [activity.market for activity in activities] == ["ETH-PERP"]
    assert (await account(bench)).positions[1].base == 20


async def test_a_position_is_put_in_once_and_on_the_grid() -> None:
    bench = await opened("10")
    with pytest.raises(Conflict, match="Expected no position in SOL-PERP, was 10"):
        await bench.venue.open_position(ANN, "SOL-PERP", D(10), D(100))
    for name, base, entry in (
        ("DOGE-PERP", "1", "1"),
        ("ETH-PERP", "0", "1"),
        ("ETH-PERP", "0.05", "1"),
        ("ETH-PERP", "1", "0"),
        ("ETH-PERP", "1", "NaN"),
        ("ETH-PERP", "1000", "10000000"),
    ):
        with pytest.raises(BadInput, match="Expected"):
            await bench.venue.open_position(ANN, name, D(base), D(entry))


async def test_a_position_put_in_before_any_price_stands_at_its_entry() -> None:
    bench = Bench(deposit="1000")
    await bench.venue.open_position(ANN, "SOL-PERP", D(10), D(34))
    held = await account(bench)
    assert (held.equity, held.positions[0].mark, held.initial_margin) == (D(1000), D(34), D(17))


async def test_a_stop_that_fills_beyond_bankruptcy_in_a_gap_leaves_nobody_in_debt() -> None:
    bench = await opened("190")
    await bench.send("sell", "190", type="trigger_market", trigger_price="97", trigger_when="<=", reduce_only=True)
    await bench.see("90")
    assert await bench.base() == 0
    assert (await account(bench)).equity == 0
    (paid,) = [one for one in await bench.venue.activity(ANN, 0) if one.kind == "liquidation"]
    assert (paid.base_before, paid.base_after) == (D(0), D(0))
    assert paid.amount < -900  # 1,900 were lost and 1,000 deposited; fee and slippage come on top
