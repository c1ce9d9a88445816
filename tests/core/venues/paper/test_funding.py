"""Hourly funding in worked numbers: who pays, when, and that no hour is exchanged twice or lost."""

from datetime import timedelta

import pytest

from core.domain.ids import OwnerId
from tests.core.venues.paper.bench import ANN, START, Bench, D

BOB = OwnerId(2)
HOUR = timedelta(hours=1)


async def holding(base: str, rate: str | None = "0.01", price: str = "110") -> Bench:
    bench = Bench()
    await bench.see(price, funding_rate=None if rate is None else D(rate))
    await bench.venue.open_position(ANN, "SOL-PERP", D(base), D(100))
    return bench


@pytest.mark.parametrize(
    ("base", "rate", "amount"),
    [("10", "0.01", "-0.11"), ("-10", "0.01", "0.11"), ("10", "-0.01", "0.11"), ("-10", "-0.01", "-0.11")],
)
async def test_longs_pay_shorts_at_a_positive_rate_and_the_other_way_round(base: str, rate: str, amount: str) -> None:
    bench = await holding(base, rate)
    assert await bench.venue.exchange_funding(START + HOUR) == [ANN]
    [activity] = await bench.venue.activity(ANN, 0)
    assert activity.amount == D(amount)  # 10 x 110 x 0.01 %
    assert (activity.kind, activity.at, activity.rate, activity.price) == ("funding", START + HOUR, D(rate), D(110))
    account = await bench.venue.account(ANN)
    assert account.collateral == 10_000 + D(amount)
    assert account.positions[0].funding == D(amount)


async def test_an_unknown_rate_costs_nothing() -> None:
    bench = await holding("10", rate=None)
    assert await bench.venue.exchange_funding(START + HOUR) == []
    assert await bench.venue.activity(ANN, 0) == []


async def test_an_observation_without_a_rate_keeps_the_last_known_one() -> None:
    bench = await holding("10")
    await bench.see(120)
    await bench.venue.exchange_funding(START + HOUR)
    [activity] = await bench.venue.activity(ANN, 0)
    assert activity.amount == D("-0.12")


async def test_no_hour_is_exchanged_twice_whoever_does_it() -> None:
    bench = await holding("10")
    other = bench.another_process()
    assert await bench.venue.exchange_funding(START + HOUR) == [ANN]
    for venue in (bench.venue, other, bench.another_process()):
        assert await venue.exchange_funding(START + HOUR + timedelta(minutes=59)) == []
    assert await other.exchange_funding(START + 2 * HOUR) == [ANN]
    assert await bench.venue.exchange_funding(START + 2 * HOUR) == []
    assert [activity.number for activity in await bench.venue.activity(ANN, 0)] == [1, 2]


async def test_missed_hours_are_caught_up_one_by_one() -> None:
    bench = await holding("10")
    await bench.venue.exchange_funding(START + 5 * HOUR)
    activities = await bench.venue.activity(ANN, 0)
    assert [activity.at for activity in activities] == [START + n * HOUR for n in range(1, 6)]
    assert (await bench.venue.account(ANN)).collateral == 10_000 - 5 * D("0.11")


async def test_a_crash_between_two_owners_charges_nobody_twice() -> None:
    bench = await holding("10")
    await bench.venue.open_position(BOB, "SOL-PERP", D(10), D(100))
    kept = bench.ledger.save_value

    async def lose_power(key: str, value: str) -> None:
        raise ConnectionError

    bench.ledger.save_value = lose_power  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await bench.venue.exchange_funding(START + HOUR)
    bench.ledger.save_value = kept  # type: ignore[method-assign]
    assert await bench.another_process().exchange_funding(START + HOUR) == []
    for owner in (ANN, BOB):
        assert len(await bench.venue.activity(owner, 0)) == 1


async def test_a_position_pays_only_for_hours_it_saw() -> None:
    bench = await holding("10")
    bench.pass_time(hours=3, minutes=30)
    await bench.venue.open_position(BOB, "SOL-PERP", D(10), D(100))
    await bench.venue.exchange_funding(START + 4 * HOUR)
    assert len(await bench.venue.activity(ANN, 0)) == 4
    assert [activity.at for activity in await bench.venue.activity(BOB, 0)] == [START + 4 * HOUR]


async def test_a_new_position_starts_its_funding_at_zero() -> None:
    bench = await holding("10")
    bench.pass_time(hours=1)
    await bench.venue.exchange_funding(bench.clock.now())
    await bench.see(110)
    await bench.send("sell", "20")
    position = (await bench.venue.account(ANN)).positions[0]
    assert (position.base, position.funding) == (D(-10), D(0))


async def test_funding_can_liquidate() -> None:
    bench = Bench(deposit="311")
    await bench.see(100, funding_rate=D("0.05"))
    await bench.venue.open_position(ANN, "SOL-PERP", D(100), D(100))  # 300 of 311 needed
    assert await bench.venue.exchange_funding(START + 2 * HOUR) == [ANN]  # 5 an hour: 301 left
    assert await bench.base() == 100
    await bench.venue.exchange_funding(START + 3 * HOUR)
    kinds = [activity.kind for activity in await bench.venue.activity(ANN, 0)]
    assert kinds == ["funding", "funding", "funding", "liquidation"]


async def test_funding_is_rounded_against_the_owner() -> None:
    for base, amount in (("1", "-0.000034"), ("-1", "0.000033")):
        bench = await holding(base, rate="0.00003", price="111.11")
        await bench.venue.exchange_funding(START + HOUR)
        [activity] = await bench.venue.activity(ANN, 0)
        assert activity.amount == D(amount)  # 1 x 111.11 x 0.00003 % = 0.000033333


async def test_activity_is_read_in_pages() -> None:
    bench = await holding("10")
    await bench.venue.exchange_funding(START + 501 * HOUR)
    first = await bench.venue.activity(ANN, 0)
    assert [activity.number for activity in first] == list(range(1, 501))
    assert [activity.number for activity in await bench.venue.activity(ANN, 500)] == [501]


async def test_an_account_that_cannot_be_charged_keeps_nobody_else_from_it_and_nobody_pays_twice() -> None:
    bench = await holding("10")
    await bench.venue.open_position(BOB, "SOL-PERP", D(10), D(100))
    async with bench.ledger.open(ANN) as page:
        sound = page.account
        assert sound is not None
        await page.save_account({**sound, "books": {"deposits": "many"}}, wakes={}, exposed=["SOL-PERP"])
    for _ in range(2):
        with pytest.raises(ExceptionGroup):
            await bench.venue.exchange_funding(START + HOUR)
    assert len(await bench.venue.activity(BOB, 0)) == 1
    async with bench.ledger.open(ANN) as page:
        await page.save_account(sound, wakes={}, exposed=["SOL-PERP"])
    assert await bench.venue.exchange_funding(START + HOUR) == [ANN]  # once it is mended, for the same hour
