"""The pace of messages, on a clock that the test owns."""

import asyncio

import pytest

from bots.telegram.pacing import MOST_STUCK, Pace
from tests.clock import START, FakeClock


class Sent:
    """Who had their turn, and at which second."""

    def __init__(self, clock: FakeClock, overall: int = 25) -> None:
        self.clock = clock
        self.pace = Pace(clock, overall)
        self.wire = asyncio.Event()
        self.wire.set()
        self.turns: list[tuple[int, int, float]] = []

    async def one(self, chat: int, urgency: int = 1) -> None:
        async with self.pace.turn(chat, urgency):
            self.turns.append((chat, urgency, (self.clock.now() - START).total_seconds()))
            await self.wire.wait()

    def start(self, *wanted: tuple[int, int]) -> list[asyncio.Task[None]]:
        return [asyncio.ensure_future(self.one(chat, urgency)) for chat, urgency in wanted]


async def test_one_chat_gets_a_message_a_second_and_in_the_order_asked() -> None:
    sent = Sent(FakeClock())
    tasks = sent.start((7, 1), (7, 0), (7, 2))
    await sent.clock.advance(5)
    await asyncio.gather(*tasks)
    assert [urgency for _, urgency, _ in sent.turns] == [1, 0, 2]
    assert [round(b - a, 2) for (*_, a), (*_, b) in zip(sent.turns, sent.turns[1:], strict=False)] == [1.05, 1.05]


async def test_everybody_together_gets_no_more_than_the_overall_rate_and_the_urgent_go_first() -> None:
    sent = Sent(FakeClock(), overall=10)
    tasks = sent.start(*((chat, 2) for chat in range(1, 16)), *((chat, 0) for chat in range(100, 115)))
    await sent.clock.advance(10)
    await asyncio.gather(*tasks)
    for second in range(3):
        assert sum(second <= at < second + 1 for *_, at in sent.turns) <= 11
    assert [urgency for _, urgency, _ in sent.turns[:16]].count(0) == 15


async def test_a_group_gets_twenty_a_minute() -> None:
    sent = Sent(FakeClock())
    tasks = sent.start(*((-100, 1) for _ in range(45)))
    await sent.clock.advance(200)
    await asyncio.gather(*tasks)
    times = [at for *_, at in sent.turns]
    assert all(sum(start <= at < start + 60 for at in times) <= 20 for start in times)


async def test_what_telegram_holds_back_is_held_back_alone_until_it_holds_back_another() -> None:
    sent = Sent(FakeClock())
    sent.pace.hold(7, 30)
    tasks = sent.start((7, 0), (8, 2))
    await sent.clock.advance(1)
    assert [chat for chat, *_ in sent.turns] == [8]
    sent.pace.hold(9, 10)
    tasks += sent.start((10, 0))
    await sent.clock.advance(5)
    assert [chat for chat, *_ in sent.turns] == [8]
    await sent.clock.advance(40)
    await asyncio.gather(*tasks)
    assert [(chat, at) for chat, _, at in sent.turns[1:]] == [(10, 11.0), (7, 30.0)]


async def test_what_waits_for_a_slow_wire_does_not_leave_it_as_a_burst() -> None:
    sent = Sent(FakeClock(), overall=10)
    sent.wire.clear()
    tasks = sent.start(*((chat, 0) for chat in range(1, 31)))
    await sent.clock.advance(30)
    assert len(sent.turns) == 1 + MOST_STUCK  # what got stuck holds up nobody else, up to so many
    sent.wire.set()
    await sent.clock.advance(5)
    await asyncio.gather(*tasks)
    times = [at for *_, at in sent.turns]
    assert all(sum(start <= at < start + 1 for at in times) <= 12 for start in times)


class Wire:
    """Takes *takes_s* for each message; how many were on it at once, at most."""

    def __init__(self, takes_s: float) -> None:
        self.clock = FakeClock()
        self.pace = Pace(self.clock, 25)
        self.takes_s = takes_s
        self.now = self.most = 0
        self.arrived: list[float] = []

    async def one(self, chat: int) -> None:
        async with self.pace.turn(chat, 0):
            self.now += 1
            self.most = max(self.most, self.now)
            await self.clock.sleep(self.takes_s)
            self.now -= 1
            self.arrived.append((self.clock.now() - START).total_seconds())


@pytest.mark.parametrize(("takes_s", "a_second"), [(0.03, 25), (0.1, 10)])
async def test_one_notice_at_a_time_is_on_the_wire_so_that_a_crash_repeats_no_more(
    takes_s: float, a_second: int
) -> None:
    wire = Wire(takes_s)
    tasks = [asyncio.ensure_future(wire.one(chat)) for chat in range(1, 101)]
    await wire.clock.advance(20)
    await asyncio.gather(*tasks)
    assert wire.most == 1
    assert abs(sum(1 <= at < 3 for at in wire.arrived) - 2 * a_second) <= 2
