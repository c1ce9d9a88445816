"""The kinds of orders that every venue takes, and how one takes the place of another."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from core.domain.errors import VenueRejected
from core.domain.order import OrderIntent
from core.ports import Finding, Prepared
from tests.contracts.venues import ENDED, OWNER, Stage, base, intent, resting, sent


def stop(stage: Stage, order_id: str = "stop_1", **changes: Any) -> OrderIntent:
    """A stop under a long position."""
    waits: dict[str, Any] = {
        "side": "sell", "reduce_only": True, "type": "trigger_market", "trigger_price": Decimal(95),
        "trigger_when": "<=", "max_slippage_bps": None,
    }  # fmt: skip
    return intent(stage, order_id, **(waits | changes))


async def found(stage: Stage, prepared: Prepared) -> Finding:
    return (await stage.another_process().lookup(OWNER, prepared.signature)).finding


async def test_a_trigger_order_waits_for_its_price_and_says_when_that_has_come(stage: Stage) -> None:
    await sent(stage, intent(stage))
    prepared = await sent(stage, stop(stage))
    await stage.show("96")
    report = await stage.venue.lookup(OWNER, prepared.signature)
    assert (report.finding, report.triggered) == (Finding.LIVE, False)
    await stage.show("94")
    await stage.proceed()
    assert await found(stage, prepared) is Finding.FILLED
    assert await base(stage) == 0


async def test_an_order_that_replaces_another_ends_it_and_stands_in_its_place(stage: Stage) -> None:
    await sent(stage, intent(stage))
    before = await sent(stage, stop(stage))
    after = await sent(
        stage, stop(stage, "stop_2", base=Decimal(4), trigger_price=Decimal(97), replaces=before.signature)
    )
    assert [await found(stage, one) for one in (before, after)] == [Finding.CANCELLED, Finding.LIVE]
    await stage.show("94")
    await stage.proceed()
    assert await found(stage, after) is Finding.FILLED
    assert await base(stage) == 6


async def test_what_is_gone_by_then_is_not_replaced_and_nothing_is_placed(stage: Stage) -> None:
    await sent(stage, intent(stage))
    before = await sent(stage, stop(stage))
    after = await stage.venue.prepare(stop(stage, "stop_2", base=Decimal(4), replaces=before.signature))
    await stage.show("94")
    await stage.proceed()
    with pytest.raises(VenueRejected):
        await stage.venue.send(after)
    assert [await found(stage, one) for one in (before, after)] == [Finding.FILLED, Finding.REJECTED]
    late = stop(stage, "stop_3", replaces=before.signature)
    with pytest.raises(VenueRejected):
        await stage.venue.send(await stage.venue.prepare(late))
    assert await base(stage) == 0


async def test_an_order_of_another_type_takes_nobody_s_place(stage: Stage) -> None:
    before = await sent(stage, resting(stage))
    with pytest.raises(VenueRejected):
        await stage.venue.send(await stage.venue.prepare(stop(stage, replaces=before.signature)))
    assert await found(stage, before) is Finding.LIVE


async def test_immediate_or_cancel_takes_what_there_is_and_never_rests(stage: Stage) -> None:
    ioc: dict[str, Any] = {"immediate_or_cancel": True}
    taken = await sent(stage, resting(stage, price=Decimal(101), **ioc))
    assert await found(stage, taken) is Finding.FILLED
    assert await base(stage) == 10
    low = await stage.venue.prepare(resting(stage, "ord_2", price=Decimal(90), **ioc))
    with suppress(VenueRejected):
        await stage.venue.send(low)
    await stage.proceed()
    report = await stage.venue.lookup(OWNER, low.signature)
    assert report.finding in ENDED
    assert report.fills == ()
    with pytest.raises(VenueRejected):
        await stage.venue.send(await stage.venue.prepare(intent(stage, "ord_3", **ioc)))


async def test_an_offset_from_the_oracle_follows_it(stage: Stage) -> None:
    follows: dict[str, Any] = {"price": None, "type": "limit", "max_slippage_bps": None}
    low = await sent(stage, intent(stage, oracle_offset=Decimal(-2), **follows))
    await stage.show("80")
    await stage.proceed()
    assert await found(stage, low) is Finding.LIVE, "its price went down with the market's"
    high = await sent(stage, intent(stage, "ord_2", oracle_price=Decimal(80), oracle_offset=Decimal(1), **follows))
    report = await stage.venue.lookup(OWNER, high.signature)
    assert report.finding is Finding.FILLED
    assert all(fill.price <= 81 for fill in report.fills)
    for wrong in ({"price": Decimal(80)}, {"type": "market", "price": None}, {"oracle_offset": Decimal(10_000_000)}):
        with pytest.raises(VenueRejected):
            await stage.venue.send(
                await stage.venue.prepare(intent(stage, "ord_3", **(follows | {"oracle_offset": Decimal(1)} | wrong)))
            )
