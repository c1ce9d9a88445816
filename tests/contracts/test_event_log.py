"""What every EventLog promises its readers, whatever keeps the events."""

import asyncio
from dataclasses import replace

import pytest

from core.domain.errors import BadInput
from core.domain.event import Event
from core.domain.ids import OwnerId
from core.ports import Cursor, EventLog, Store
from tests import samples
from tests.clock import START
from tests.storage import Storage, broken_off


@pytest.fixture
async def owner(store: Store) -> OwnerId:
    return await store.create_owner("console", "ann", START)


@pytest.fixture
def log(storage: Storage) -> EventLog:
    return storage.event_log


async def _append(store: Store, owner: OwnerId, *summaries: str) -> list[Event]:
    appended: list[Event] = []
    async with store.begin(owner) as tx:
        for summary in summaries:
            event = samples.armed_event(owner, summary)
            appended.append(replace(event, id=await tx.append(event)))
    return appended


async def test_events_are_read_in_order_from_any_place(store: Store, log: EventLog, owner: OwnerId) -> None:
    assert await log.read(Cursor("")) == ([], "")
    assert await log.end() == ""
    first = await _append(store, owner, "a", "b")
    middle = await log.end()
    second = await _append(store, owner, "c")
    events, end = await log.read(Cursor(""))
    assert events == first + second
    assert await log.read(middle) == (second, end)
    assert await log.read(end) == ([], end)
    assert await log.end() == end


async def test_a_page_ends_where_the_next_begins(store: Store, log: EventLog, owner: OwnerId) -> None:
    appended = await _append(store, owner, *"abcde")
    read, cursor = [], Cursor("")
    for _ in range(3):
        page, cursor = await log.read(cursor, limit=2)
        read.append(page)
    assert read == [appended[:2], appended[2:4], appended[4:]]


async def test_ids_are_unique_and_an_event_names_its_cause(store: Store, log: EventLog, owner: OwnerId) -> None:
    async with store.begin(owner) as tx:
        cause = await tx.append(samples.armed_event(owner))
        effect = await tx.append(samples.armed_event(owner, cause=cause))
    events, _ = await log.read(Cursor(""))
    assert cause != effect
    assert [(event.id, event.cause) for event in events] == [(cause, None), (effect, cause)]


async def test_what_concerns_everybody_has_no_owner(store: Store, log: EventLog, owner: OwnerId) -> None:
    async with store.begin(owner) as tx:
        await tx.append(samples.stale_event())
    events, _ = await log.read(Cursor(""))
    assert [replace(event, id=None) for event in events] == [samples.stale_event()]


async def test_a_rolled_back_event_never_happened(store: Store, log: EventLog, owner: OwnerId) -> None:
    async with broken_off(store, owner) as tx:
        await tx.append(samples.armed_event(owner, "lost"))
    kept = await _append(store, owner, "kept")
    assert (await log.read(Cursor("")))[0] == kept


async def test_an_event_is_read_only_once_its_transaction_is_over(store: Store, log: EventLog, owner: OwnerId) -> None:
    stranger = await store.create_owner("console", "bob", START)
    async with store.begin(owner) as tx:
        early = await tx.append(samples.armed_event(owner, "early"))
        late = await _append(store, stranger, "late")
        _, cursor = await log.read(Cursor(""))
    behind, _ = await log.read(cursor)
    everything, _ = await log.read(Cursor(""))
    assert early in {event.id for event in behind}
    assert {event.id for event in everything} == {early, late[0].id}


@pytest.mark.parametrize("cursor", ["nonsense", "-1", "1.2", "99999", "99.1.1", "1.2.3.4", "٣"])
async def test_a_cursor_that_the_log_never_gave_is_refused(log: EventLog, cursor: str) -> None:
    with pytest.raises(BadInput):
        await log.read(Cursor(cursor))


async def test_the_bell_rings_for_what_is_appended_and_not_for_what_is_taken_back(
    store: Store, log: EventLog, owner: OwnerId
) -> None:
    async with log.bell() as bell, log.bell() as other:
        assert await bell.wait(5)  # once to begin with: something may have been missed
        assert await other.wait(5)
        async with broken_off(store, owner) as tx:
            await tx.append(samples.armed_event(owner))
        assert not await bell.wait(0.05)
        waiting = asyncio.create_task(bell.wait(5))
        await _append(store, owner, "a", "b")
        assert await waiting
        assert await other.wait(5)
        assert not await bell.wait(0.05)
