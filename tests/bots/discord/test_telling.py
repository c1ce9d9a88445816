"""Notices by private message: once each, whatever is lost on the way; a closed chat is left alone, and said so."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.domain.event import OrderFilled
from core.domain.ids import OrderId, OwnerId, RuleId
from tests.bots.discord.stage import ANN, BOB, Stage, labels_of, staged, words_of
from tests.emulators.discord.server import Call, DiscordServer, Fault
from tests.emulators.discord.world import OWNER, ROOM


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as opened:
        yield opened


@pytest.fixture
async def stage(postgres_dsn: str, discord: DiscordServer) -> AsyncIterator[Stage]:
    async with staged(postgres_dsn, discord) as opened:
        await discord.until(lambda: discord.commands)
        await opened.core.account.sign_in("discord", str(ANN))
        yield opened


async def _told(stage: Stage, words: str, person: int = ANN) -> list[str]:
    """Tell everybody *words*; what *person* has been written once that has come."""
    await stage.core.people.announce(words)
    await stage.discord.until(lambda: any(words in words_of(message) for message in stage.posted(person)))
    return [words_of(message) for message in stage.posted(person)]


async def test_a_notice_comes_as_an_embed_in_a_room_that_is_opened_once_and_never_again(
    postgres_dsn: str, discord: DiscordServer
) -> None:
    for words in ("First", "Second"):
        async with staged(postgres_dsn, discord) as stage:
            await stage.core.account.sign_in("discord", str(ANN))
            assert len(await _told(stage, words)) == (1 if words == "First" else 2)
    assert discord.opened == 1
    bodies = [call.body for call in discord.of("POST message")]
    assert len({body["nonce"] for body in bodies}) == 2
    assert all(body["enforce_nonce"] is True and body["allowed_mentions"] == {"parse": []} for body in bodies)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [Fault("POST message", 0, done=True), Fault("POST message", 503, done=True)])
async def test_a_notice_whose_receipt_is_lost_is_sent_again_under_the_same_name_and_shown_once(
    stage: Stage, fault: Fault
) -> None:
    stage.discord.faults.append(fault)
    await stage.core.people.announce("Back soon")
    await stage.discord.until(lambda: len(stage.discord.of("POST message")) == 2)
    first, second = stage.discord.of("POST message")
    assert first.body["nonce"] == second.body["nonce"]
    assert first.result["id"] == second.result["id"]
    assert len([m for m in stage.discord.messages.values() if "Back soon" in words_of(m)]) == 1


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_notice_waits_as_long_as_discord_wants_silence(stage: Stage, everywhere: bool) -> None:
    stage.discord.faults.append(Fault("POST message", 429, message="slow", after_s=0.3, everywhere=everywhere))
    assert len(await _told(stage, "Later")) == 1


async def test_a_room_that_is_no_longer_ours_is_opened_again_once(stage: Stage) -> None:
    await _told(stage, "First")
    stage.discord.faults.append(Fault("POST message", 403, 50001, "Missing Access"))
    assert len(await _told(stage, "Second")) == 2
    assert stage.discord.opened == 2


async def test_a_closed_chat_is_left_alone_said_elsewhere_and_opened_by_writing_again(stage: Stage) -> None:
    owner = await stage.core.account.sign_in("discord", str(ANN))
    stage.discord.closed.add(ANN)
    await stage.core.people.announce("Unheard")
    await stage.discord.until(lambda: any(code == 50007 for _, _, code, _ in stage.discord.refused))
    [link] = await stage.core.links.list(owner)
    while link.dead_since is None:
        await stage.slash("prices", BOB)
        [link] = await stage.core.links.list(owner)
    assert link.dead_reason == "their direct messages are closed to us"
    before = len(stage.discord.refused)
    await stage.core.people.announce("Unheard too")
    asked = await stage.discord.slash(ANN, "prices", guild=True)
    await stage.discord.until(lambda: len(asked.said) == 2)
    offered = stage.discord.messages[asked.channel, asked.said[1]]
    assert words_of(offered).startswith("⚠️ I cannot write to you in private")
    assert offered["flags"] & 64
    again = await stage.discord.slash(ANN, "help", guild=True)
    await stage.answer(again)
    assert len(stage.discord.refused) == before
    stage.discord.closed.discard(ANN)
    assert "Prices" in words_of(await stage.say("/prices"))
    assert len(again.said) == 1
    assert "Open again" in (await _told(stage, "Open again"))[-1]


async def test_an_urgent_question_is_pushed_with_its_buttons_and_they_work(stage: Stage) -> None:
    owner = await stage.hold()
    killed = await stage.core.account.kill(owner)
    assert killed.owner == owner
    [told] = await stage.discord.until(lambda: stage.posted(ANN))
    assert "Everything is stopped" in words_of(told)
    draft = await stage.press(told, labels_of(told)[0])
    assert "Confirm" in labels_of(draft)


async def test_a_servers_feed_shows_what_members_share_and_no_amounts_unless_its_admin_wants_them(stage: Stage) -> None:
    async def happen(number: int) -> None:
        await stage.core.people.announce(f"no {number}")  # of no concern to a feed
        async with stage.core.parts.store.begin(await stage.core.account.sign_in("discord", str(ANN))) as tx:
            await tx.append(_fill(await stage.core.account.sign_in("discord", str(ANN)), number))
        await stage.discord.until(lambda: any(f"{number} SOL" in words_of(told) for told in stage.posted(ANN)))

    def shown() -> list[str]:
        return [
            words_of(call.result) for call in stage.discord.of("POST message") if call.where["channel"] == str(ROOM)
        ]

    assert "Only who may manage this server" in words_of(await stage.slash("feed", guild=True, room=str(ROOM)))
    refused = await stage.slash("feed", OWNER, guild=True, room=str(ROOM + 1))
    assert "I may not write in that room" in words_of(refused)
    assert "This server has no feed" in words_of(await stage.slash("feed", guild=True))
    chosen = await stage.slash("feed", OWNER, guild=True, room=str(ROOM))
    assert "Amounts and prices are hidden" in words_of(chosen)
    assert "Nothing of yours is shown" in words_of(chosen)
    await happen(11)
    assert chosen["flags"] & 64
    await stage.slash("feed", guild=True, share=True)
    await happen(12)
    await stage.discord.until(lambda: len(shown()) == 2)
    assert shown()[0].startswith("This room has the feed now")
    assert shown()[1] == "✅ An order filled on SOL-PERP"
    await stage.slash("feed", OWNER, guild=True, amounts=True)
    assert "Your amounts are not, as you agreed before" in words_of(await stage.slash("feed", guild=True))
    await happen(13)  # who agreed while amounts were hidden did not agree to show them
    await stage.discord.until(lambda: len(shown()) == 3)
    assert shown()[2] == shown()[1]
    await stage.slash("feed", guild=True, share=True)
    await happen(14)
    await stage.discord.until(lambda: len(shown()) == 4)
    assert "14 SOL" in shown()[3]
    await stage.slash("feed", guild=True, share=False)
    await happen(15)
    assert "This server has no feed" in words_of(await stage.slash("feed", OWNER, guild=True, off=True))
    assert len(shown()) == 4
    memos = stage.core.memos
    await memos.remember("discord", "shares", "[2000]", str(ANN))  # as an earlier version noted it
    await stage.slash("feed", OWNER, guild=True, room=str(ROOM), amounts=True)
    await happen(16)
    await stage.discord.until(lambda: len(shown()) == 6)
    assert shown()[5] == shown()[1]

    def look(call: Call) -> None:
        if call.what == "POST message" and "17 SOL" in words_of(call.result):
            stage.discord.on_call = None
            stage.discord.faults.append(Fault("POST message", 403, 50013, "Missing Permissions"))

    stage.discord.on_call = look
    await happen(17)
    await stage.discord.until(lambda: any(code == 50013 for _, _, code, _ in stage.discord.refused))
    assert "This server has no feed" in words_of(await stage.slash("feed", guild=True))


def _fill(owner: OwnerId, amount: int) -> OrderFilled:
    return OrderFilled(
        at=datetime.now(UTC), owner=owner, rule_id=RuleId("r_1"), label="r1", order_id=OrderId(f"o_{amount}"),
        market="SOL-PERP", side="sell", base=Decimal(amount), price=Decimal(150), fee=Decimal("0.1"), venue="paper",
        simulated=True,
    )  # fmt: skip
