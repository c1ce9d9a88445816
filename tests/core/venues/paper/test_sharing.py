"""Several processes over one ledger: whoever comes first, an order takes effect once and nobody is told wrongly."""

import asyncio
from datetime import timedelta

from core.domain.errors import VenueUnknown
from core.ports import Finding
from core.venues.paper import tickets
from tests.core.venues.paper.bench import ANN, Bench


async def bench_at_100() -> Bench:
    bench = Bench()
    await bench.see(100)
    return bench


async def test_the_same_bytes_sent_by_many_at_once_trade_once() -> None:
    bench = await bench_at_100()
    prepared = await bench.venue.prepare(await bench.intent("buy", "10"))
    await asyncio.gather(*(bench.another_process().send(prepared) for _ in range(20)))
    assert await bench.base() == 10


async def test_every_preparation_of_an_order_sent_at_once_trades_once() -> None:
    bench = await bench_at_100()
    intent = await bench.intent("buy", "10")
    preparations = []
    for _ in range(10):
        preparations.append(await bench.venue.prepare(intent))
        bench.pass_time(milliseconds=1)
    await asyncio.gather(*(bench.another_process().send(prepared) for prepared in preparations))
    assert await bench.base() == 10
    reports = [await bench.report(prepared.signature) for prepared in preparations]
    assert {report.finding for report in reports} == {Finding.FILLED}
    assert len({report.fills for report in reports}) == 1


async def test_whoever_was_told_dead_may_rely_on_it_however_the_race_goes() -> None:
    for order in (0, 1):
        bench = await bench_at_100()
        prepared = await bench.venue.prepare(await bench.intent("buy", "10"))
        sender, asker = bench.another_process(), bench.another_process()
        # The sender's clock is a minute and more behind the asker's: on its own it would let the order in.
        late = Bench()
        late.clock.time = bench.clock.time
        bench.clock.time = prepared.valid_until + timedelta(milliseconds=1)
        sender._clock = late.clock
        tasks = [sender.send(prepared), asker.lookup(ANN, prepared.signature)]
        results = await asyncio.gather(*(tasks if order == 0 else tasks[::-1]), return_exceptions=True)
        sent, told = results if order == 0 else results[::-1]
        traded = await bench.base() != 0
        assert not isinstance(told, BaseException)
        assert told is not None
        assert (told.finding is Finding.DEAD) == isinstance(sent, VenueUnknown) == (not traded)


async def test_a_limit_order_fills_once_though_two_processes_observe() -> None:
    bench = await bench_at_100()
    await bench.send("buy", "10", type="limit", price="99")
    bench.pass_time(seconds=1)
    seen = bench.seen(98)
    await asyncio.gather(*(bench.another_process().observe(seen) for _ in range(5)))
    assert await bench.base() == 10


async def test_a_signature_tells_how_long_its_bytes_are_valid_and_nothing_else_does() -> None:
    bench = await bench_at_100()
    prepared = await bench.venue.prepare(await bench.intent("buy", "10", order_id="odd.id.5"))
    assert tickets.valid_until(prepared.signature) == prepared.valid_until
    for foreign in ("", "x", "paper.a", "paper.a.b.c", "paper.a.²3.c", "velocity.a.1.c", "paper.a." + "9" * 40 + ".c"):
        assert tickets.valid_until(foreign) is None
        assert (await bench.report(foreign)).finding is Finding.DEAD
