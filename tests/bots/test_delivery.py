"""Notices reach people at least once and in order, whatever fails on the way."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bots.channel import Answer, Outbound, TryAgain, Undeliverable
from bots.delivery import SEND_WITHIN_S, Courier
from core.domain.errors import StorageUnavailable
from core.domain.event import Event, OrderSent, PriceRecovered, RuleExpired
from core.domain.ids import OrderId
from core.ports import Delivery
from tests.bots.scripted import ME, ScriptedCore

AT = datetime(2026, 11, 22, 11, 20, 3, tzinfo=UTC)


class Wall:
    """A channel that keeps what it was given, after raising what it was told to raise."""

    name = "wall"

    def __init__(self) -> None:
        self.shown: list[Outbound] = []
        self.problems: list[BaseException] = []
        self.heard = asyncio.Event()

    async def run(self, answer: Answer) -> None:
        raise NotImplementedError

    async def send(self, outbound: Outbound) -> str:
        if self.problems:
            raise self.problems.pop(0)
        self.shown.append(outbound)
        self.heard.set()
        return f"message {len(self.shown)}"


def expired(number: int, address: str = "local") -> Delivery:
    event = RuleExpired(at=AT, owner=ME, label=f"r{number}")
    return Delivery(id=number, owner=ME, event=event, channel="wall", address=address)


def about(event: Event) -> Delivery:
    return replace(expired(1), event=event)


@pytest.fixture
def core() -> ScriptedCore:
    return ScriptedCore()


@pytest.fixture
def wall() -> Wall:
    return Wall()


async def deliver(core: ScriptedCore, wall: Wall, *notices: Delivery) -> Courier:
    courier = Courier(core.notices, [wall], core.clock)
    core.notices.planned = list(notices)
    await courier.plan_once()
    await courier.send_once(wall)
    return courier


async def test_a_planned_notice_is_shown_and_marked_sent(core: ScriptedCore, wall: Wall) -> None:
    await deliver(core, wall, expired(1), expired(2))
    assert [out.card.title for out in wall.shown] == ["r1 expired before it fired", "r2 expired before it fired"]
    assert core.notices.log == [("sent", 1, "message 1"), ("sent", 2, "message 2")]


async def test_an_event_that_has_no_card_is_done_without_being_shown(core: ScriptedCore, wall: Wall) -> None:
    await deliver(core, wall, about(OrderSent(at=AT, order_id=OrderId("o_1"), market="SOL-PERP", side="sell")))
    assert wall.shown == []
    assert core.notices.log == [("sent", 1, "")]


async def test_a_dead_address_is_not_tried_again(core: ScriptedCore, wall: Wall) -> None:
    wall.problems = [Undeliverable("blocked by the user")]
    courier = await deliver(core, wall, expired(1))
    assert core.notices.log == [("failed", 1, "blocked by the user", None), ("dead", expired(1).address)]
    assert await courier.send_once(wall) == 0


async def test_a_channel_that_asks_for_time_gets_exactly_that(core: ScriptedCore, wall: Wall) -> None:
    wall.problems = [TryAgain("flood control", 7.5)]
    await deliver(core, wall, expired(1))
    assert core.notices.log == [("failed", 1, "flood control", 7.5)]


@pytest.mark.parametrize(("attempts", "pause"), [(0, 1), (1, 2), (5, 32), (9, 300), (10_000, 300)])
async def test_other_failures_wait_twice_as_long_each_time(
    core: ScriptedCore, wall: Wall, attempts: int, pause: float
) -> None:
    wall.problems = [ConnectionResetError("secret detail")]
    await deliver(core, wall, replace(expired(1), attempts=attempts))
    assert core.notices.log == [("failed", 1, "ConnectionResetError", pause)]


async def test_a_failed_notice_holds_back_the_later_ones_of_its_address_only(core: ScriptedCore, wall: Wall) -> None:
    wall.problems = [TryAgain("not now")]
    await deliver(core, wall, expired(1, "ann"), expired(2, "ann"), expired(3, "bob"))
    assert [(out.address, out.card.title[:2]) for out in wall.shown] == [("bob", "r3")]
    assert core.notices.log == [("failed", 1, "not now", 1.0), ("sent", 3, "message 1")]


async def test_a_send_that_hangs_is_given_up_and_tried_again(
    core: ScriptedCore, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.delivery.SEND_WITHIN_S", 0.0)
    monkeypatch.setattr(wall, "send", lambda outbound: asyncio.Event().wait())
    await deliver(core, wall, expired(1))
    assert core.notices.log == [("failed", 1, "TimeoutError", 1.0)]
    assert SEND_WITHIN_S == 120.0


async def test_a_crash_before_the_mark_repeats_a_card_that_is_recognisably_the_same(
    core: ScriptedCore, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = asyncio.Event()

    async def never(ids: list[int], ref: str) -> None:
        noting.set()
        await asyncio.Event().wait()

    courier = Courier(core.notices, [wall], core.clock)
    core.notices.planned = [expired(1)]
    await courier.plan_once()
    sent = core.notices.sent
    monkeypatch.setattr(core.notices, "sent", never)
    sending = asyncio.create_task(courier.send_once(wall))
    await noting.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    monkeypatch.setattr(core.notices, "sent", sent)
    await courier.send_once(wall)
    first, second = wall.shown
    assert first == second
    assert core.notices.log == [("sent", 1, "message 2")]


async def test_what_arrived_while_the_database_was_away_is_noted_when_it_is_back_and_not_told_again(
    core: ScriptedCore, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, away = core.notices.sent, [True, True]

    async def falter(ids: list[int], ref: str) -> None:
        if away:
            away.pop()
            raise StorageUnavailable("the database went away")
        await sent(ids, ref)

    monkeypatch.setattr(core.notices, "sent", falter)
    courier = Courier(core.notices, [wall], core.clock)
    core.notices.planned = [expired(1)]
    await courier.plan_once()
    sending = asyncio.create_task(courier.send_once(wall))
    await core.clock.advance(10)
    assert await sending == 1
    assert await courier.send_once(wall) == 0
    assert core.notices.log == [("sent", 1, "message 1")]
    assert len(wall.shown) == 1


async def test_it_runs_until_cancelled_and_outlives_a_database_that_comes_back(core: ScriptedCore, wall: Wall) -> None:
    core.notices.problem = StorageUnavailable("the database is away", "wait")
    core.notices.planned = [about(PriceRecovered(at=AT, owner=ME, market="SOL-PERP", blind_s=9))]
    running = asyncio.create_task(Courier(core.notices, [wall], core.clock).run())
    await core.clock.advance(5)
    async with asyncio.timeout(5):
        await wall.heard.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [out.card.title for out in wall.shown] == ["SOL-PERP has a trusted price again"]
