"""A replay over real history fires what a brute-force evaluation of the same candles fires, where and when it does."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import pytest

from core.app.offline import replay_words
from core.domain.reading import Holding
from core.flow.replay import ReplayReport
from tests.core.flow.brute_force import HISTORY, QUARTER, Again, BruteForce, Level, Trail, grouped, read_bars, rsi

pytestmark = pytest.mark.skipif(not HISTORY.exists(), reason="the shared market history is not here")

D = Decimal
START, END = datetime(2021, 12, 1, tzinfo=UTC), datetime(2022, 4, 15, tzinfo=UTC)
ENTRY = D("208.617")
WORKED = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position. "
    "If it goes up by 0.2, take profit on the entire position."
)
Fired = Sequence[tuple[str, datetime, Decimal]]


async def replayed(
    text: str, *, held: str | None = "100", answer: Literal["usd", "percent"] | None = None
) -> ReplayReport:
    positions = {} if held is None else {"SOL-PERP": Holding(base=D(held), entry_price=ENTRY)}
    return await replay_words(
        text, candles_file=HISTORY, market="SOL-PERP", start=START, end=END, positions=positions, answer=answer
    )


def triggers(report: ReplayReport) -> list[tuple[str, datetime, Decimal]]:
    """Each with the start of the candle that it fired in, and its price to the hundred-thousandth of a dollar."""
    quarter = int(QUARTER.total_seconds())
    return [
        (
            trigger.rule,
            datetime.fromtimestamp(trigger.at.timestamp() // quarter * quarter, UTC),
            round(trigger.price or D(0), 5),
        )
        for trigger in report.triggers
    ]


def rounded(fired: Fired) -> list[tuple[str, datetime, Decimal]]:
    return [(name, at, round(price, 5)) for name, at, price in fired]


def brute(*rules: Level) -> list[tuple[str, datetime, Decimal]]:
    return rounded(BruteForce(read_bars(START, END), list(rules)).run())


OPEN = ENTRY
"""The open of the first candle, from which "current price" is measured."""

PRICE_DRIVEN: list[tuple[str, list[Level]]] = [
    (
        WORKED,
        [Level("r1", "down", OPEN * D("0.9")), Level("r2", "up", OPEN * D("1.2"), kills=("r1",))],
    ),
    ("sell half at 215, the rest at 240", [Level("r1", "up", D(215)), Level("r2", "up", D(240))]),
    (
        "take profit 215, stop loss 185",
        [Level("r1", "up", D(215), kills=("r2",)), Level("r2", "down", D(185), kills=("r1",))],
    ),
    (
        "take profit 260, stop loss 150",
        [Level("r1", "up", D(260), kills=("r2",)), Level("r2", "down", D(150), kills=("r1",))],
    ),
    ("trailing stop 15% on my SOL", [Trail("r1", "down", D(0), percent=D(15))]),
    ("trail my SOL by 30%", [Trail("r1", "down", D(0), percent=D(30))]),
    (
        "if SOL falls 3% sell a quarter; if it falls 6% sell the rest",
        [Level("r1", "down", OPEN * D("0.97")), Level("r2", "down", OPEN * D("0.94"))],
    ),
    ("close my SOL if it is up 10%", [Level("r1", "up", ENTRY * D("1.1"))]),
    ("if my SOL position is down $500 close it", [Level("r1", "down", ENTRY - 5)]),
    ("if my SOL position is up $1500 close half", [Level("r1", "up", ENTRY + 15)]),
    ("ping me when SOL hits 120", [Level("r1", "down", D(120))]),
    (
        "whenever SOL drops 8% tell me, at most 6 times",
        [Again("r1", "down", OPEN * D("0.92"), percent=D(8), times=6)],
    ),
    ("when SOL is below 170 and below 160 alert me", [Level("r1", "down", D(160))]),
    (
        "when SOL is above 240 or below 120 alert me",
        [Level("r1", "up", D(240), kills=("r1",)), Level("r1", "down", D(120))],
    ),
]


@pytest.mark.parametrize(("text", "rules"), PRICE_DRIVEN, ids=[text for text, _ in PRICE_DRIVEN])
async def test_what_a_price_fires_is_what_brute_force_finds(text: str, rules: list[Level]) -> None:
    report = await replayed(text, answer="percent")
    expected = brute(*rules)
    assert expected, "history should fire this, or the test shows nothing"
    assert triggers(report) == expected
    assert [fill.rule for fill in report.fills] == [name for name, _, _ in expected if "sell" in text or fills(text)]


def fills(text: str) -> bool:
    return not any(word in text for word in ("ping", "tell", "alert"))


async def test_the_worked_example_fires_its_first_threshold_once_at_the_threshold() -> None:
    start, opened = datetime(2021, 9, 1, tzinfo=UTC), D("108.349")
    report = await replay_words(
        WORKED,
        candles_file=HISTORY,
        market="SOL-PERP",
        start=start,
        positions={"SOL-PERP": Holding(base=D(100), entry_price=opened)},
        answer="percent",
    )
    (trigger,) = report.triggers
    bars = read_bars(start, datetime(2023, 1, 1, tzinfo=UTC))
    ((name, candle, price),) = BruteForce(
        bars, [Level("r1", "down", opened * D("0.9")), Level("r2", "up", opened * D("1.2"), kills=("r1",))]
    ).run()
    assert (trigger.rule, trigger.price) == (name, price) == ("r2", opened * D("1.2"))
    assert candle <= trigger.at < candle + QUARTER
    (fill,) = report.fills
    assert (fill.side, fill.base, fill.at) == ("sell", D(100), trigger.at)
    assert 0 < price - fill.price < price / 200  # slippage comes on top, within the 50 bps
    assert report.positions == {}


async def test_an_entry_away_from_the_price_arms_exits_measured_from_its_fill() -> None:
    report = await replayed("buy 10 SOL at 170, take profit 10%, stop loss 20%", held=None)
    entry = report.fills[0].price
    expected = brute(
        Level("r1", "down", D(170), arms=("r2", "r3")),
        Level("r2", "up", entry * D("1.1"), armed=False, kills=("r3",)),
        Level("r3", "down", entry * D("0.8"), armed=False, kills=("r2",)),
    )
    assert len(expected) == 2
    assert triggers(report) == expected
    assert [(fill.side, fill.base) for fill in report.fills] == [("buy", D(10)), ("sell", D(10))]


async def test_a_fall_within_a_window_is_measured_from_the_highest_price_of_that_window() -> None:
    report = await replayed("if SOL dumps 12% within 4 hours close half")
    bars = read_bars(START, END)
    whole = timedelta(hours=4)
    (trigger,) = report.triggers
    assert trigger.price is not None
    at = next(number for number, bar in enumerate(bars) if bar.start <= trigger.at < bar.start + QUARTER)
    peaks = [max(b.high for b in bars[max(0, n - 16) : n + 1]) for n in range(len(bars))]
    # A candle's path is finer than its high and low: no candle before could have fired, and this one had to.
    assert all(bars[n].low > peaks[n] * D("0.88") for n in range(at))
    seen = [b.high for b in bars if trigger.at - whole <= b.start and b.start + QUARTER <= trigger.at]
    assert trigger.price <= max([*seen, bars[at].open]) * D("0.88") + D("0.001")


async def test_a_schedule_fires_at_each_of_its_times() -> None:
    report = await replayed("every monday at 9am buy $100 of SOL", held=None)
    days = (START + timedelta(hours=9, days=n) for n in range((END - START).days))
    mondays = [day for day in days if day.weekday() == 0]
    assert [trigger.at for trigger in report.triggers] == mondays
    assert [fill.at for fill in report.fills] == mondays
    assert sum(fill.base for fill in report.fills) == report.positions["SOL-PERP"]


async def test_a_candle_close_fires_at_the_end_of_the_first_candle_that_closes_there() -> None:
    report = await replayed("if SOL closes below 150 on the 4h sell everything")
    first = next(end for end, close in grouped(read_bars(START, END), timedelta(hours=4)) if close <= 150)
    assert [(trigger.rule, trigger.at) for trigger in report.triggers] == [("r1", first)]


@pytest.mark.parametrize(("words", "limit"), [("above 80", 80), ("below 25", 25)])
async def test_an_indicator_fires_at_the_close_that_takes_it_there(words: str, limit: int) -> None:
    report = await replayed(f"sell half when the RSI(14) on the 1h is {words}")
    hours = list(grouped(read_bars(START, END), timedelta(hours=1)))
    values = rsi([close for _, close in hours], 14)
    first = next(
        end
        for (end, _), value in zip(hours, values, strict=True)
        if value is not None and (value >= limit if limit > 50 else value <= limit)
    )
    assert [(trigger.rule, trigger.at) for trigger in report.triggers] == [("r1", first)]


async def test_an_instant_fires_then_at_the_price_of_then() -> None:
    report = await replayed("sell everything at 2021-12-10 12:00")
    (trigger,) = report.triggers
    assert trigger.at == datetime(2021, 12, 10, 12, tzinfo=UTC)
    bar = next(bar for bar in read_bars(START, END) if bar.start == trigger.at - QUARTER)
    assert abs(report.fills[0].price - bar.close) < bar.close / 200


async def test_the_account_adds_up_after_months() -> None:
    report = await replayed("whenever SOL drops 8% buy $200, at most 6 times", held=None)
    last = read_bars(START, END)[-1].close
    cash = sum((f.base * f.price * (1 if f.side == "sell" else -1) - f.fee for f in report.fills), D(10_000))
    assert len(report.fills) == 6
    assert round(report.equity, 4) == round(cash + report.positions["SOL-PERP"] * last, 4)
