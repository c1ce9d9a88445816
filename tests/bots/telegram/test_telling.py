"""Notices on Telegram: once each, in order, paced, as loud as asked; whoever blocked us is left alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from core.domain.event import Event, OrderFilled, PositionEndangered, RuleTriggered
from core.domain.ids import OrderId, OwnerId, RuleId
from tests.bots.telegram.stage import ANN, Stage, staged, words_of
from tests.emulators.telegram.server import Fault, TelegramServer

D = Decimal


@pytest.fixture
async def stage(postgres_dsn: str) -> AsyncIterator[Stage]:
    async with TelegramServer() as telegram, staged(postgres_dsn, telegram) as opened:
        telegram.person(ANN)
        yield opened


def fill(owner: OwnerId, number: int, *, trigger: str | None = None) -> OrderFilled:
    return OrderFilled(
        at=datetime.now(UTC), owner=owner, rule_id=RuleId(f"r_{number}"), label=f"r{number}",
        order_id=OrderId(f"o_{number}"), market="SOL-PERP", side="sell", base=D(1), price=D(150), fee=D("0.1"),
        venue="paper", simulated=True, trigger_price=None if trigger is None else D(trigger),
    )  # fmt: skip


def fired(owner: OwnerId, number: int) -> RuleTriggered:
    return RuleTriggered(
        at=datetime.now(UTC), owner=owner, rule_id=RuleId(f"r_{number}"), label=f"r{number}", trigger_no=1,
        summary="sell 1 SOL", market="SOL-PERP", price=D(150), orders=1,
    )  # fmt: skip


async def happen(stage: Stage, *events: Event) -> None:
    for event in events:
        assert event.owner is not None
        async with stage.core.parts.store.begin(event.owner) as tx:
            await tx.append(event)


async def test_a_trigger_is_told_before_its_fill_and_each_once(stage: Stage) -> None:
    owner = await stage.hold()
    await happen(stage, fired(owner, 1), fill(owner, 1), fired(owner, 2))
    told = await stage.telegram.until(lambda: len(stage.shown(ANN)) == 3 and stage.shown(ANN))
    assert ["fired" in words_of(c.result) for c in told] == [True, False, True]
    assert [b.at - a.at >= 0.99 for a, b in pairwise(told)] == [True, True]
    assert stage.telegram.refused == []


async def test_many_at_once_share_a_card_that_names_each(stage: Stage) -> None:
    owner = await stage.hold()
    await happen(stage, *(fired(owner, number) for number in range(1, 13)))
    await stage.telegram.until(lambda: "r12" in " ".join(words_of(c.result) for c in stage.shown(ANN)))
    said = "\n".join(words_of(call.result) for call in stage.shown(ANN))
    assert "rules fired on SOL-PERP" in said
    assert all(said.count(f"r{number} fired") == 1 for number in range(1, 13))


async def test_a_fill_comes_with_a_picture_that_marks_it(stage: Stage) -> None:
    owner = await stage.hold()
    await stage.has_a_past()
    await happen(stage, fill(owner, 1))
    [told] = await stage.telegram.until(lambda: stage.shown(ANN))
    assert told.method == "sendPhoto"
    assert "Sold 1 SOL" in words_of(told.result)
    assert stage.telegram.last_files[-1].startswith(b"\x89PNG")


async def test_a_danger_is_never_lost_among_others(stage: Stage) -> None:
    owner = await stage.hold()
    danger = PositionEndangered(
        at=datetime.now(UTC), owner=owner, market="SOL-PERP", base=D(2), liquidation_price=D(140),
        distance_percent=D(3),
    )  # fmt: skip
    await happen(stage, *(fired(owner, number) for number in range(6)), danger)
    await stage.telegram.until(lambda: any("Liquidation is near" in words_of(c.result) for c in stage.shown(ANN)))
    [told] = [c for c in stage.shown(ANN) if "Liquidation" in words_of(c.result)]
    assert words_of(told.result).startswith("⛔ Liquidation is near")


async def test_silent_is_silent_and_off_is_nothing(stage: Stage) -> None:
    owner = await stage.hold()
    await stage.core.people.tell(owner, "fills", "silent")
    await stage.core.people.tell(owner, "triggers", "off")
    await happen(stage, fired(owner, 1), fill(owner, 1))
    [told] = await stage.telegram.until(lambda: stage.shown(ANN))
    assert "Sold 1 SOL" in words_of(told.result)
    assert str(told.params["disable_notification"]).lower() == "true"


async def test_what_telegram_asks_to_wait_for_is_waited_for_and_then_told_once(stage: Stage) -> None:
    owner = await stage.hold()
    stage.telegram.faults.append(Fault("sendMessage", 429, "Too Many Requests: retry after 1", 1))
    await happen(stage, fired(owner, 1), fill(owner, 1))
    told = await stage.telegram.until(lambda: len(stage.shown(ANN)) == 2 and stage.shown(ANN))
    assert ["fired" in words_of(c.result) for c in told] == [True, False]


async def test_whoever_blocked_us_is_left_alone_until_they_write_again(stage: Stage) -> None:
    owner = await stage.hold()
    stage.telegram.blocked.add(ANN)
    await happen(stage, fired(owner, 1), fill(owner, 1))
    await stage.telegram.until(lambda: any(code == 403 for _, code, _ in stage.telegram.refused))
    await asyncio.sleep(0.5)
    await happen(stage, fill(owner, 2))
    await asyncio.sleep(1.0)
    assert [code for _, code, _ in stage.telegram.refused] == [403]
    [person] = await stage.core.parts.outbox.recipients([owner])
    assert person.places == ()
    stage.telegram.blocked.clear()
    await stage.say("/privacy")
    await happen(stage, fill(owner, 3))
    await stage.telegram.until(lambda: any("o_3" in words_of(c.result) for c in stage.shown(ANN)))


async def test_blocking_us_is_noticed_at_once(stage: Stage) -> None:
    owner = await stage.hold()
    person = stage.telegram.person(ANN)
    old = {"user": stage.telegram.me, "status": "member"}
    new = {"user": stage.telegram.me, "status": "kicked", "until_date": 0}
    change = {"chat": stage.telegram.chats[ANN], "from": person, "date": 1_760_000_000,
              "old_chat_member": old, "new_chat_member": new}  # fmt: skip
    await stage.telegram.bring({"update_id": next(stage.telegram.updates), "my_chat_member": change})
    async with asyncio.timeout(10):
        while (await stage.core.parts.outbox.recipients([owner]))[0].places:  # noqa: ASYNC110 - rows ring no bell
            await asyncio.sleep(0.05)
