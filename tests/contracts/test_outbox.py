"""What every Outbox promises: each event told once at each address, in order, and no batch planned twice."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.ids import EventId, OwnerId
from core.ports import Cursor, Outbox, Planned, Store
from tests import samples
from tests.clock import START
from tests.storage import Storage


@pytest.fixture
def outbox(storage: Storage) -> Outbox:
    return storage.outbox


@pytest.fixture
async def owner(store: Store) -> OwnerId:
    return await store.create_owner("console", "ann", START)


async def _planned(storage: Storage, owner: OwnerId, *addresses: str) -> list[Planned]:
    """A plan for one event at each address."""
    async with storage.store.begin(owner) as tx:
        event_id = await tx.append(samples.armed_event(owner))
    return [Planned(event_id=event_id, owner=owner, channel="console", address=address) for address in addresses]


async def test_links_are_the_owners_own(store: Store, outbox: Outbox, owner: OwnerId) -> None:
    stranger = await store.create_owner("telegram", "7", START)
    ours, theirs = await outbox.recipients([stranger, owner, OwnerId(404)])
    assert (ours.owner.id, ours.places) == (owner, (("console", "ann"),))
    assert (theirs.owner.id, theirs.places) == (stranger, (("telegram", "7"),))


async def test_nothing_more_goes_to_an_address_that_is_dead(storage: Storage, outbox: Outbox, owner: OwnerId) -> None:
    plan = await _planned(storage, owner, "ann")
    assert await outbox.save_cursor("console", Cursor("1"), was=Cursor(""), planned=plan)
    assert await outbox.dead("console", "ann", "blocked", START) == owner
    assert await outbox.due("console", START) == []
    assert (await outbox.recipients([owner]))[0].places == ()
    assert await outbox.dead("console", "nobody", "blocked", START) is None


async def test_the_address_where_the_most_urgent_waits_comes_first_with_all_that_came_before_it(
    storage: Storage, outbox: Outbox, owner: OwnerId
) -> None:
    chatter = await _planned(storage, owner, "bob", "ann")
    fill = [replace(plan, urgency=0) for plan in await _planned(storage, owner, "ann")]
    assert await outbox.save_cursor("console", Cursor("1"), was=Cursor(""), planned=[*chatter, *fill])
    assert [(d.address, d.urgency) for d in await outbox.due("console", START, 1)] == [("ann", 1)]
    assert [(d.address, d.urgency) for d in await outbox.due("console", START, 2)] == [("bob", 1), ("ann", 1)]
    assert [d.address for d in await outbox.due("console", START, busy={"ann"})] == ["bob"]


async def test_a_reader_that_is_elsewhere_plans_nothing(storage: Storage, outbox: Outbox, owner: OwnerId) -> None:
    planned = await _planned(storage, owner, "ann")
    assert await outbox.cursor("console") == ""
    moved = await asyncio.gather(
        *(outbox.save_cursor("console", Cursor("1"), was=Cursor(""), planned=planned) for _ in range(2))
    )
    assert sorted(moved) == [False, True]
    later = await _planned(storage, owner, "ann")
    assert await outbox.save_cursor("console", Cursor("9"), was=Cursor("8"), planned=later) is False
    assert await outbox.cursor("console") == "1"
    assert len(await outbox.due("console", START)) == 1
    assert await outbox.save_cursor("console", Cursor("2"), was=Cursor("1"), planned=later) is True
    assert await outbox.cursor("console") == "2"
    assert len(await outbox.due("console", START)) == 2


async def test_a_plan_that_cannot_be_kept_leaves_the_cursor(outbox: Outbox, owner: OwnerId) -> None:
    nobody = Planned(event_id=EventId("404"), owner=owner, channel="console", address="ann")
    with pytest.raises(ValueError, match="Expected"):
        await outbox.save_cursor("console", Cursor("1"), was=Cursor(""), planned=[nobody])
    assert await outbox.cursor("console") == ""


async def test_a_delivery_carries_its_event_and_is_told_once(storage: Storage, outbox: Outbox, owner: OwnerId) -> None:
    planned = await _planned(storage, owner, "ann", "anna")
    await outbox.save_cursor("console", Cursor("1"), was=Cursor(""), planned=planned)
    await outbox.save_cursor("console", Cursor("2"), was=Cursor("1"), planned=planned)
    due = await outbox.due("console", START)
    assert [(delivery.address, delivery.attempts, delivery.owner) for delivery in due] == [
        ("ann", 0, owner),
        ("anna", 0, owner),
    ]
    assert due[0].event == replace(samples.armed_event(owner), id=planned[0].event_id)
    assert await outbox.due("telegram", START) == []
    await outbox.sent([due[0].id], START, "message 1")
    await outbox.save_cursor("console", Cursor("3"), was=Cursor("2"), planned=planned)
    assert await outbox.due("console", START) == due[1:]


async def test_a_retry_holds_back_what_is_behind_it_at_its_address_alone(
    storage: Storage, outbox: Outbox, owner: OwnerId
) -> None:
    first = await _planned(storage, owner, "ann", "anna")
    second = await _planned(storage, owner, "ann")
    await outbox.save_cursor("console", Cursor("1"), was=Cursor(""), planned=[*first, *second])
    ann, anna, behind = await outbox.due("console", START)
    retry_at = START + timedelta(seconds=30)
    await outbox.failed(ann.id, "flood control", retry_at)
    assert await outbox.due("console", START) == [anna]
    again = replace(ann, attempts=1)
    assert await outbox.due("console", retry_at) == [again, anna, behind]
    assert await outbox.due("console", retry_at, limit=1) == [again]
    await outbox.failed(ann.id, "blocked", None)
    assert await outbox.due("console", START) == [anna, behind]
    await outbox.failed(ann.id, "blocked", retry_at)
    assert await outbox.due("console", retry_at) == [anna, behind]
