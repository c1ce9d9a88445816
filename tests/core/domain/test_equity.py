"""What an account was worth is what it was seen to be worth, whatever traded, was paid and seized since."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.equity import Movement, Worth, equity_at
from core.domain.errors import VenueRejected
from core.domain.position import Account, Position
from tests.core.venues.paper.bench import ANN, Bench, D

NAMES = ("BTC-PERP", "SOL-PERP")
EXPECTED = {0: "liquidation", 1: "funding"}


@pytest.mark.parametrize("seed", range(4))
async def test_undoing_what_happened_gives_what_was_seen_at_each_instant(seed: int) -> None:
    chance = random.Random(seed)
    bench = Bench(deposit="3000")
    marks: dict[str, list[tuple[datetime, Decimal]]] = {name: [] for name in NAMES}
    prices = dict.fromkeys(NAMES, D(100))
    seen: list[Worth] = []
    signatures: list[str] = []
    for step in range(60):
        for name in NAMES:
            prices[name] = (prices[name] * D(chance.choice(["0.93", "0.99", "1", "1.02", "1.06"]))).quantize(D("0.01"))
            await bench.see(prices[name], name, funding_rate=D("0.02"))
            marks[name].append((bench.clock.now(), prices[name]))
        bench.pass_time(milliseconds=1)  # what happens at an instant counts from then on
        seen.append(Worth(at=bench.clock.now(), equity=(await bench.venue.account(ANN)).equity))
        bench.pass_time(seconds=1)
        try:
            name, size = chance.choice(NAMES), D(chance.randrange(1, 90))
            signatures.append(await bench.send(chance.choice(["buy", "sell"]), str(size), market=name))
        except VenueRejected:
            pass
        if step % 20 == 19:
            bench.pass_time(hours=1)
            await bench.venue.exchange_funding(bench.clock.now())
        bench.pass_time(seconds=1)
    fills = [fill for signature in signatures for fill in (await bench.report(signature)).fills]
    movements = [
        Movement(at=f.at, market=f.market, base=signed, quote=-signed * f.price - f.fee)
        for f in fills
        for signed in [f.base if f.side == "buy" else -f.base]
    ]
    kinds = set()
    for done in await bench.venue.activity(ANN, 0):
        kinds.add(done.kind)
        turned = done.base_after - done.base_before
        paid = done.amount if done.kind == "funding" else -turned * done.price - done.amount
        movements.append(Movement(at=done.at, market=done.market, base=turned, quote=paid))
    account = await bench.venue.account(ANN)
    found = equity_at([worth.at for worth in seen], account, movements, marks)
    assert [worth.at for worth in found] == [worth.at for worth in seen]
    for was, is_now in zip(seen, found, strict=True):
        assert abs(was.equity - is_now.equity) < D("0.001"), was.at
    assert len(fills) > 5
    assert kinds
    assert seed not in EXPECTED or EXPECTED[seed] in kinds


def test_what_cannot_be_priced_is_left_out_and_not_guessed() -> None:
    now = datetime.fromisoformat("2026-03-02T12:00:00Z")
    held = Position(market="SOL-PERP", base=D(2), entry_price=D(100), mark=D(110))
    account = Account(venue="paper", collateral=D(1000), positions=(held,))
    bought = Movement(at=now - timedelta(hours=1), market="SOL-PERP", base=D(2), quote=D(-200))
    times = [now - timedelta(hours=hours) for hours in (2, 1, 0)]
    marks = {"SOL-PERP": [(now - timedelta(minutes=1), D(109))]}
    # Before it was bought nothing needs a price; just after it, none is known.
    assert equity_at(times, account, [bought], marks) == [
        Worth(at=times[0], equity=D(1000)),
        Worth(at=times[1], equity=D(1000)),
        Worth(at=now, equity=D(1018)),
    ]
    assert equity_at([now - timedelta(minutes=30)], account, [], {}) == []
