"""The inbox: what was heard is kept once, until it is answered; one process hears at a time; people are forgotten."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from core.app import Core, inbox, open_core, read_settings
from core.db.lease import PostgresLease
from core.domain.errors import BadInput, StorageUnavailable
from core.domain.preference import QuietHours
from core.ports import Fence, Letter
from tests.clock import START, FakeClock


@pytest.fixture
async def core(postgres_dsn: str) -> AsyncIterator[Core]:
    settings = read_settings(_env_file=None, DATABASE_URL=postgres_dsn, SAYWHEN_PRICES="simulated")
    async with open_core(settings, clock=FakeClock()) as opened:
        yield opened


def letter(number: int, person: str = "7") -> Letter:
    body = {"text": f"words {number}"}
    return Letter(channel="telegram", account="42", number=number, person=person, body=body, sent_at=START)


async def test_a_letter_is_kept_once_and_given_back_until_it_is_answered(core: Core) -> None:
    assert await core.inbox.keep([letter(1), letter(2)]) == [letter(1), letter(2)]
    assert await core.inbox.keep([letter(2), letter(3)]) == [letter(3)]
    await core.inbox.answered("telegram", "42", [1, 3])
    assert await core.inbox.unanswered("telegram", "42") == [letter(2)]
    assert await core.inbox.keep([letter(1)]) == []
    assert await core.inbox.unanswered("telegram", "43") == []


async def test_whoever_writes_is_reachable_again(core: Core) -> None:
    owner = await core.account.sign_in("telegram", "7")
    await core.notices.dead("telegram", "7", "blocked")
    [dead] = await core.parts.outbox.recipients([owner])
    assert dead.places == ()
    await core.inbox.keep([letter(1)])
    [alive] = await core.parts.outbox.recipients([owner])
    assert alive.places == (("telegram", "7"),)


async def test_what_somebody_says_elsewhere_does_not_make_their_private_chat_reachable(core: Core) -> None:
    owner = await core.account.sign_in("discord", "7")
    await core.notices.dead("discord", "7", "closed")
    await core.inbox.keep([replace(letter(1), channel="discord", private=False)])
    [dead] = await core.parts.outbox.recipients([owner])
    assert dead.places == ()


async def test_a_channel_remembers_and_finds_its_cards_on_the_owners_other_channels(core: Core) -> None:
    assert await core.memos.recall("discord", "dm", "7") is None
    for value in ("9", "10"):
        await core.memos.remember("discord", "dm", value, "8")
    assert await core.memos.recall("discord", "dm", "8") == "10"
    assert await core.memos.recall("discord", "dm") is None
    owner = await core.account.sign_in("telegram", "7")
    other = await core.account.sign_in("discord", "8")
    await core.inbox.show("telegram", "7", "100", "7", "view:rules")
    await core.inbox.show("telegram", "7", "101", "7", "view:pnl")
    await core.inbox.show("telegram", "-5", "102", "7", "view:rules")
    assert await core.memos.elsewhere("discord", "8", "view:rules") == []
    code, _ = await core.links.offer(owner)
    claim = await core.links.claim(other, "discord", "8", code)
    await core.links.settle(owner, claim.id, agree=True, by="test")
    assert await core.memos.elsewhere("discord", "8", "view:rules") == [("telegram", "7", "100")]
    assert await core.memos.elsewhere("telegram", "7", "view:rules") == []
    await core.people.forget(owner)
    assert await core.memos.recall("discord", "dm", "8") is None


async def test_a_new_message_of_a_card_names_those_that_showed_it_before(core: Core) -> None:
    assert await core.inbox.show("telegram", "7", "100", "7", "draft:1") == []
    assert await core.inbox.show("telegram", "7", "101", "7", "draft:1") == ["100"]
    assert await core.inbox.show("telegram", "7", "101", "7", "draft:1") == []
    assert await core.inbox.show("telegram", "8", "102", "8", "draft:1") == []
    assert await core.inbox.shown_at("telegram", "8", "102") == ("8", "draft:1")
    assert await core.inbox.shown_at("telegram", "7", "100") == ("7", None)
    assert await core.inbox.shown_at("telegram", "8", "100") is None


async def test_what_is_old_is_swept_away_and_what_is_unanswered_stays(core: Core) -> None:
    clock = core.clock
    assert isinstance(clock, FakeClock)
    await core.inbox.keep([letter(1), letter(2)])
    await core.inbox.answered("telegram", "42", [1])
    await core.inbox.show("telegram", "7", "100", "7", None)
    await clock.advance(timedelta(days=4).total_seconds())
    assert await core.inbox.sweep() == 2
    assert await core.inbox.unanswered("telegram", "42") == [letter(2)]


async def test_one_process_at_a_time_has_the_turn_and_the_next_follows(core: Core) -> None:
    second_waits, second_has = asyncio.Event(), asyncio.Event()

    async def second() -> None:
        async with core.inbox.turn("telegram:42", second_waits):
            second_has.set()

    async with core.inbox.turn("telegram:42", asyncio.Event()) as lost:
        task = asyncio.create_task(second())
        async with asyncio.timeout(10):
            await second_waits.wait()
        assert not second_has.is_set()
        assert not lost.is_set()
    async with asyncio.timeout(10):
        await task
    assert second_has.is_set()


async def test_a_turn_taken_away_is_noticed(core: Core, postgres_dsn: str) -> None:
    async with core.inbox.turn("telegram:42", asyncio.Event()) as lost:
        connection = await asyncpg.connect(postgres_dsn)
        await connection.execute("UPDATE leases SET epoch = epoch + 1, holder = 'somebody else'")
        await connection.close()
        async with asyncio.timeout(10):
            await lost.wait()


@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_turn_that_cannot_be_renewed_is_kept_while_it_lasts_and_given_up_before_another_may_have_it(
    core: Core, monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    monkeypatch.setattr(inbox, "_RENEW_EVERY_S", 0.03)
    monkeypatch.setattr(inbox, "_HELD_S", 5.0 if comes_back else 0.4)
    loop, renew, renewed = asyncio.get_running_loop(), PostgresLease.renew, asyncio.Event()

    async def unsure(lease: PostgresLease) -> list[Fence]:
        if loop.time() < began + 0.15:
            raise StorageUnavailable("nobody answers")
        if not comes_back:
            await asyncio.sleep(3600)  # nor does anybody say so
        renewed.set()
        return await renew(lease)

    async with core.inbox.turn("telegram:42", asyncio.Event()) as lost:
        began = loop.time()
        monkeypatch.setattr(PostgresLease, "renew", unsure)
        async with asyncio.timeout(5):
            await (renewed if comes_back else lost).wait()
        assert lost.is_set() is not comes_back
        assert renewed.is_set() is comes_back


async def test_a_person_who_is_forgotten_leaves_no_row_behind(core: Core, postgres_dsn: str) -> None:
    owner = await core.account.sign_in("telegram", "7")
    stranger = await core.account.sign_in("telegram", "8")
    await core.account.view(owner)
    await core.inbox.keep([letter(1), letter(2, "8")])
    await core.inbox.show("telegram", "7", "100", "7", None)
    await core.account.kill(owner)
    await core.notices.plan()
    await core.people.forget(owner)
    connection = await asyncpg.connect(postgres_dsn)
    try:
        for (table,) in await connection.fetch(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'owner' AND table_schema = 'public'"
        ):
            assert await connection.fetchval(f"SELECT count(*) FROM {table} WHERE owner = $1", owner) == 0, table
        assert await connection.fetchval("SELECT count(*) FROM users") == 1
        assert await connection.fetchval("SELECT count(*) FROM inbox") == 1
    finally:
        await connection.close()
    assert await core.inbox.known("telegram", "8") == stranger


async def test_preferences_last_and_decide_how_loud_something_is_told(core: Core) -> None:
    owner = await core.account.sign_in("telegram", "7")
    await core.people.tell(owner, "market", "off")
    await core.people.be_quiet(owner, QuietHours(start=23 * 60, end=7 * 60))
    await core.people.set_slippage(owner, 30)
    kept = (await core.account.owner(owner)).preferences
    assert kept.loudness("market", 12 * 60) == "off"
    assert kept.loudness("fills", 12 * 60) == "on"
    assert kept.loudness("fills", 6 * 60) == "silent"
    assert kept.loudness("fills", 7 * 60) == "on"
    assert kept.slippage_bps == 30
    with pytest.raises(BadInput, match="cannot be switched off"):
        await core.people.tell(owner, "account", "off")
    with pytest.raises(BadInput, match="slippage"):
        await core.people.set_slippage(owner, 0)


async def test_quiet_hours_make_a_plan_silent_and_off_makes_none(core: Core) -> None:
    owner = await core.account.sign_in("telegram", "7")
    await core.people.be_quiet(owner, QuietHours(start=0, end=24 * 60))
    await core.account.kill(owner)
    await core.notices.plan()
    [silent] = await core.notices.due("telegram")
    assert silent.silent
    await core.notices.sent([silent.id], "1")
    await core.people.be_quiet(owner, None)
    await core.account.kill(owner)
    await core.notices.plan()
    [loud] = await core.notices.due("telegram")
    assert not loud.silent


async def test_an_announcement_reaches_everybody(core: Core) -> None:
    await core.account.sign_in("telegram", "7")
    await core.account.sign_in("telegram", "8")
    assert await core.people.announce("Back in an hour") == 2
    await core.notices.plan()
    assert sorted(notice.address for notice in await core.notices.due("telegram")) == ["7", "8"]
    assert (await core.people.counts())["cards to send"] == 2
    assert not await core.people.watched()
