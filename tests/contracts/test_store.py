"""What every Store and its Transaction promise of people, drafts and rules, whatever keeps them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import Conflict, NotFound
from core.domain.event import RuleDrafted
from core.domain.ids import DraftId, EventId, OwnerId, RuleId
from core.domain.limit import Limits
from core.domain.owner import DraftState
from core.domain.rule import Rule, RuleState
from core.ports import Cursor, Halt, Job, JobLog, Look, Store, Transaction, VenueStatus
from tests import samples
from tests.clock import START
from tests.storage import Storage, broken_off


@pytest.fixture
async def owner(store: Store) -> OwnerId:
    return await store.create_owner("console", "ann", START)


@pytest.fixture
async def stranger(store: Store) -> OwnerId:
    return await store.create_owner("console", "bob", START)


async def test_an_address_has_one_owner_however_often_it_is_created(store: Store) -> None:
    created = await asyncio.gather(*(store.create_owner("telegram", "7", START) for _ in range(5)))
    assert len(set(created)) == 1
    assert await store.owner_of("telegram", "7") == created[0]
    assert await store.owner_of("discord", "7") is None
    assert await store.owners() == [created[0]]


async def test_an_owner_is_kept_with_limits_and_pause(store: Store, owner: OwnerId) -> None:
    limits = Limits(max_order_usd=Decimal("1234.56"), max_leverage=Decimal("2.5"), max_orders_a_day=3)
    async with store.begin(owner) as tx:
        fresh = await tx.read_owner()
        assert (fresh.id, fresh.created_at, fresh.paused, fresh.limits) == (owner, START, False, Limits())
        await tx.save_owner(replace(fresh, timezone="Europe/Paris", paused=True, limits=limits))
    async with store.begin(owner) as tx:
        assert await tx.read_owner() == replace(fresh, timezone="Europe/Paris", paused=True, limits=limits)


async def test_engaged_are_those_who_have_something_that_may_still_act(
    store: Store, owner: OwnerId, stranger: OwnerId
) -> None:
    resting = await store.create_owner("console", "cy", START)
    for who, states in ((owner, (RuleState.WAITING, RuleState.PAUSED)), (stranger, (RuleState.COMPLETED,))):
        async with store.begin(who) as tx:
            for number, state in enumerate(states, 1):
                await tx.add_rule(samples.rule(who, number, state=state))
    async with store.begin(resting) as tx:
        rule = samples.rule(resting, 1, state=RuleState.COMPLETED)
        await tx.add_rule(rule)
        await tx.add_order(samples.order(rule))
    assert await store.engaged() == [owner, resting]


async def test_holdings_are_what_the_fills_leave_open(store: Store, owner: OwnerId, stranger: OwnerId) -> None:
    for who, sides in ((owner, ("buy", "buy", "sell")), (stranger, ("buy", "sell"))):
        async with store.begin(who) as tx:
            rule = samples.rule(who, 1)
            await tx.add_rule(rule)
            order = samples.order(rule)
            await tx.add_order(order)
            for number, side in enumerate(sides, 1):
                await tx.add_fill(samples.fill(order, 10 * who + number, side=side))
    assert {who: set(markets) for who, markets in (await store.holdings()).items()} == {owner: {"SOL-PERP"}}


async def test_what_was_told_of_a_venue_is_kept(store: Store) -> None:
    assert await store.standing("paper") is None
    for status in (
        VenueStatus(state="paused", reason="maintenance"),
        VenueStatus(state="open", halted={"SOL-PERP": Halt(reason="it settles", exits=True)}),
    ):
        await store.save_standing("paper", status)
        assert await store.standing("paper") == status
    assert await store.standing("drift") is None


async def test_reading_an_owner_who_is_not_there_is_not_found(store: Store) -> None:
    async with store.begin(OwnerId(404)) as tx:
        with pytest.raises(NotFound):
            await tx.read_owner()


async def test_a_draft_comes_back_as_it_was_stored(store: Store, owner: OwnerId) -> None:
    draft = samples.draft(owner)
    async with store.begin(owner) as tx:
        await tx.add_draft(draft)
    async with store.begin(owner) as tx:
        assert await tx.draft(draft.id) == draft
        assert await tx.open_drafts() == [draft]
        with pytest.raises(Conflict):
            await tx.add_draft(draft)


async def test_a_draft_and_its_being_said_are_kept_together_or_not_at_all(
    store: Store, storage: Storage, owner: OwnerId
) -> None:
    draft = replace(samples.draft(owner), event_id=None)
    said = RuleDrafted(at=START, owner=owner, draft_id=draft.id, words=draft.words)
    kept = await store.add_draft(draft, said)
    with pytest.raises(Conflict):
        await store.add_draft(draft, said)
    [event] = (await storage.event_log.read(Cursor("")))[0]
    assert replace(event, id=None) == replace(said, id=None)
    assert kept == replace(draft, event_id=event.id)
    assert await store.draft(owner, draft.id) == kept


async def test_a_draft_waits_for_its_owners_turn_to_be_said(store: Store, storage: Storage, owner: OwnerId) -> None:
    draft = samples.draft(owner)
    async with store.begin(owner) as tx:
        said = asyncio.create_task(
            store.add_draft(draft, RuleDrafted(at=START, owner=owner, draft_id=draft.id, words=draft.words))
        )
        await asyncio.sleep(0.05)
        await tx.append(samples.armed_event(owner, "before it"))
        assert not said.done()
    await said
    assert [event.name for event in (await storage.event_log.read(Cursor("")))[0]] == ["rule.armed", "rule.drafted"]


async def test_a_draft_is_dropped_once_and_takes_the_channel_of_older_ones_along(
    store: Store, owner: OwnerId, stranger: OwnerId
) -> None:
    draft = samples.draft(owner)
    older, newer, elsewhere = (
        replace(draft, id=DraftId(f"d_{name}"), created_at=START + timedelta(minutes=minutes), channel=channel)
        for name, minutes, channel in (("older", -1, draft.channel), ("newer", 1, draft.channel), ("else", -1, "web:1"))
    )
    done = replace(older, id=DraftId("d_done"), state=DraftState.CONFIRMED)
    async with store.begin(owner) as tx:
        for one in (draft, older, newer, elsewhere, done):
            await tx.add_draft(one)
    dropped = replace(draft, state=DraftState.CANCELLED, revision=2)
    was = DraftState.AWAITING_CONFIRMATION
    assert not await store.drop_draft(replace(dropped, owner=stranger), was=was, revision=1)
    assert not await store.drop_draft(dropped, was=was, revision=2)
    once = [store.drop_draft(dropped, was=was, revision=1) for _ in range(2)]
    assert sorted(await asyncio.gather(*once)) == [False, True]
    kept = [await store.draft(owner, one.id) for one in (draft, older, newer, elsewhere, done)]
    assert kept == [dropped, replace(older, channel=""), newer, elsewhere, done]


async def test_a_draft_is_claimed_by_state_and_revision_once(store: Store, owner: OwnerId) -> None:
    draft = samples.draft(owner)
    async with store.begin(owner) as tx:
        await tx.add_draft(draft)
    confirmed = replace(draft, state=DraftState.CONFIRMED)

    async def confirm(revision: int) -> bool:
        async with store.begin(owner) as tx:
            return await tx.save_draft(confirmed, was=DraftState.AWAITING_CONFIRMATION, revision=revision)

    assert await confirm(2) is False
    assert sorted(await asyncio.gather(confirm(1), confirm(1))) == [False, True]
    async with store.begin(owner) as tx:
        assert await tx.open_drafts() == []


async def test_a_rule_comes_back_as_it_was_stored(store: Store, owner: OwnerId) -> None:
    rule = samples.rule(
        owner,
        after_rule=RuleId("rule_before"),
        held_by=RuleId("rule_sibling"),
        resume_to=RuleState.WAITING,
        fired_at=START + timedelta(seconds=1, microseconds=2),
        trigger_no=2,
        reason="because",
        cause=EventId("7"),
        version=3,
    )
    async with store.begin(owner) as tx:
        await tx.add_rule(rule)
    async with store.begin(owner) as tx:
        assert await tx.rule(rule.id) == rule
        assert await tx.rule(RuleId("another")) is None


async def test_rules_are_numbered_per_owner_and_listed_by_number_and_state(
    store: Store, owner: OwnerId, stranger: OwnerId
) -> None:
    async with store.begin(owner) as tx:
        assert await tx.next_rule_number() == 1
        second, first = samples.rule(owner, 2, state=RuleState.PAUSED), samples.rule(owner, 1)
        await tx.add_rule(second)
        await tx.add_rule(first)
        assert await tx.next_rule_number() == 3
        assert await tx.rules() == [first, second]
        assert await tx.rules([RuleState.PAUSED]) == [second]
        assert await tx.rules([]) == []
        with pytest.raises(Conflict):
            await tx.add_rule(samples.rule(owner, 2, id=RuleId("another")))
    async with store.begin(stranger) as tx:
        assert await tx.next_rule_number() == 1


async def test_of_two_who_save_a_rule_in_the_same_state_one_wins(store: Store, owner: OwnerId) -> None:
    rule = samples.rule(owner)
    async with store.begin(owner) as tx:
        await tx.add_rule(rule)

    async def fire(to: RuleState) -> bool:
        async with store.begin(owner) as tx:
            saved = await tx.save_rule(replace(rule, state=to, trigger_no=1), was=RuleState.ARMED, version=1)
            await asyncio.sleep(0)
            return saved

    assert sorted(await asyncio.gather(fire(RuleState.FIRING), fire(RuleState.CANCELLED))) == [False, True]


async def test_a_rule_is_saved_in_its_version_only(store: Store, owner: OwnerId) -> None:
    rule = samples.rule(owner, version=2)
    async with store.begin(owner) as tx:
        await tx.add_rule(rule)
        paused = replace(rule, state=RuleState.PAUSED)
        assert await tx.save_rule(paused, was=RuleState.ARMED, version=1) is False
        assert await tx.rule(rule.id) == rule
        assert await tx.save_rule(paused, was=RuleState.ARMED, version=2) is True
        assert await tx.rule(rule.id) == paused


async def test_an_exception_takes_everything_back(store: Store, owner: OwnerId) -> None:
    kept, lost = samples.rule(owner, 1), samples.rule(owner, 2)
    async with store.begin(owner) as tx:
        await tx.add_rule(kept)
        before = await tx.read_owner()
    async with broken_off(store, owner) as tx:
        await tx.save_owner(replace(before, paused=True))
        await tx.add_draft(samples.draft(owner))
        await tx.add_rule(lost)
        await tx.save_rule(replace(kept, state=RuleState.FIRING), was=RuleState.ARMED, version=1)
        await tx.save_job(_job(kept))
        await tx.log_job(JobLog(rule_id=kept.id, owner=owner, at=START, what="armed"))
        await tx.save_activity_cursor("paper", 7)
    async with store.begin(owner) as tx:
        assert await tx.read_owner() == before
        assert await tx.open_drafts() == []
        assert await tx.rules() == [kept]
        assert await tx.job(kept.id) is None
        assert await tx.job_logs(kept.id) == []
        assert await tx.activity_cursor("paper") == 0


async def test_one_owners_transactions_run_one_after_another_and_strangers_do_not_wait(
    store: Store, owner: OwnerId, stranger: OwnerId
) -> None:
    entered = asyncio.Event()

    async def second() -> None:
        async with store.begin(owner):
            entered.set()

    async with store.begin(owner):
        waiting = asyncio.create_task(second())
        async with asyncio.timeout(5), store.begin(stranger) as tx:
            await tx.read_owner()
        assert not entered.is_set()
    await waiting


async def test_nothing_of_another_owner_can_be_read_or_changed(store: Store, owner: OwnerId, stranger: OwnerId) -> None:
    draft, rule = samples.draft(owner), samples.rule(owner)
    order = samples.order(rule)
    fill = samples.fill(order)
    async with store.begin(owner) as tx:
        await tx.add_draft(draft)
        await tx.add_rule(rule)
        await tx.add_order(order)
        await tx.add_fill(fill)
        await tx.save_job(_job(rule))
        await tx.log_job(JobLog(rule_id=rule.id, owner=owner, at=START, what="armed"))
        await tx.save_activity_cursor("paper", 7)
    async with store.begin(stranger) as tx:
        assert await tx.draft(draft.id) is None
        assert await tx.open_drafts() == []
        assert await tx.rule(rule.id) is None
        assert await tx.rules() == []
        assert await tx.order(order.id) is None
        assert await tx.orders() == []
        assert await tx.orders(rule_id=rule.id) == []
        assert await tx.fills() == []
        assert await tx.fills(order_id=order.id) == []
        assert await tx.job(rule.id) is None
        assert await tx.job_logs(rule.id) == []
        assert await tx.activity_cursor("paper") == 0
        for write in _writes_of_another(tx, owner):
            with pytest.raises(ValueError, match="Expected something of owner"):
                await write
        disguised = replace(rule, owner=stranger, state=RuleState.CANCELLED)
        assert await tx.save_rule(disguised, was=RuleState.ARMED, version=1) is False
        assert await tx.save_order(replace(order, owner=stranger), was=order.state) is False
    async with store.begin(owner) as tx:
        assert await tx.rule(rule.id) == rule


async def test_a_job_is_saved_over_and_its_log_keeps_the_newest_lines(store: Store, owner: OwnerId) -> None:
    rule = samples.rule(owner)
    job = _job(rule)
    lines = [
        JobLog(rule_id=rule.id, owner=owner, at=START, what="checked", detail={"price": "150.1", "n": n})
        for n in range(4)
    ]
    async with store.begin(owner) as tx:
        await tx.add_rule(rule)
        await tx.save_job(job)
        later = replace(job, failures=1, next_run_at=START)
        await tx.save_job(later)
        for line in lines:
            await tx.log_job(line)
    async with store.begin(owner) as tx:
        assert await tx.job(rule.id) == later
        assert await tx.job_logs(rule.id) == lines
        assert await tx.job_logs(rule.id, limit=2) == lines[2:]


async def test_looks_are_counted_in_jobs_and_stay_whatever_becomes_of_those(store: Store, owner: OwnerId) -> None:
    rule = samples.rule(owner)
    job = _job(rule)
    price = Decimal("149.95")
    look = Look(rule_id=rule.id, owner=owner, checks=9, at=START, price=price)
    gone = replace(look, rule_id=RuleId("gone"))
    async with store.begin(owner) as tx:
        await tx.add_rule(rule)
        await tx.save_job(job)
    assert await store.save_looks([]) == set()
    assert await store.save_looks([look, gone]) == {rule.id}
    due = replace(look, checks=2, at=START + timedelta(seconds=5), line=11, detail={"distance": "0.1"})
    assert await store.save_looks([due]) == {rule.id}
    async with store.begin(owner) as tx:
        await tx.save_job(replace(job, state="done"))
        kept = replace(job, state="done", checks=11, last_price=price, last_check_at=due.at)
        assert await tx.job(rule.id) == kept
        (line,) = await tx.job_logs(rule.id)
    assert (line.what, line.at, line.detail["checks"], line.detail["distance"]) == ("checked", due.at, 11, "0.1")


async def test_an_activity_cursor_starts_at_zero_and_is_kept_by_venue(store: Store, owner: OwnerId) -> None:
    async with store.begin(owner) as tx:
        assert await tx.activity_cursor("paper") == 0
        await tx.save_activity_cursor("paper", 5)
        await tx.save_activity_cursor("paper", 6)
        assert await tx.activity_cursor("paper") == 6
        assert await tx.activity_cursor("drift") == 0


def _job(rule: Rule) -> Job:
    return Job(rule_id=rule.id, owner=rule.owner, kind="price_monitor", state="active")


def _writes_of_another(tx: Transaction, owner: OwnerId):  # type: ignore[no-untyped-def]
    rule = samples.rule(owner)
    order = samples.order(rule)
    yield tx.add_draft(samples.draft(owner))
    yield tx.save_draft(samples.draft(owner), was=DraftState.AWAITING_CONFIRMATION, revision=1)
    yield tx.add_rule(rule)
    yield tx.save_rule(rule, was=RuleState.ARMED, version=1)
    yield tx.add_order(order)
    yield tx.save_order(order, was=order.state)
    yield tx.add_fill(samples.fill(order))
    yield tx.save_job(_job(rule))
    yield tx.log_job(JobLog(rule_id=rule.id, owner=owner, at=START, what="armed"))
    yield tx.append(samples.armed_event(owner))
