"""A stand-in for Discord that is sparer than it, at another address, is heard and answered all the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bots.discord.hearing import hear_interaction, hear_message
from tests.bots.discord.stage import ANN, labels_of, staged, words_of
from tests.emulators.discord.server import DiscordServer

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PRESS: dict[str, Any] = {
    "id": "77", "type": 3, "token": "t", "channel_id": "5", "user": {"id": "7"}, "data": {"custom_id": "c:/rules"},
}  # fmt: skip
WORDS: dict[str, Any] = {"id": "78", "channel_id": "5", "author": {"id": "7"}, "content": "prices"}


async def test_a_spare_stand_in_at_another_address_is_served_by_its_address_alone(postgres_dsn: str) -> None:
    async with (
        DiscordServer(lean=True) as discord,
        staged(postgres_dsn, discord, DISCORD_API_BASE=discord.base) as stage,
    ):
        await discord.until(lambda: discord.commands)
        for event, data in (("INTERACTION_CREATE", {"type": 2}), ("GUILD_CREATE", {}), ("MESSAGE_CREATE", {"id": "x"})):
            await discord.tell(event, data)  # what cannot be read ends nothing
        for guild in (True, False):
            draft = await stage.slash("rule", guild=guild, text="buy 1 SOL if it drops 3 %")
            form = await discord.press(ANN, draft, "Edit")
            changed = await stage.write(form, "buy 2 SOL if it drops 4 %")
            assert "falls 4 %" in words_of(changed)
            armed = await stage.press(changed, "Confirm")
            assert "Confirmed" in words_of(armed)
            assert armed["id"] == changed["id"]
        assert "Prices" in words_of(await stage.say("prices"))
        first = await stage.slash("rules")
        await stage.slash("rules")
        await discord.until(lambda: not labels_of(first))  # its number was asked for: it is older now
        assert discord.gateway.compressed == [None]


@pytest.mark.parametrize(
    ("more", "private"),
    [
        ({}, True),
        ({"context": 1}, True),
        ({"context": 2}, False),
        ({"channel": {"id": "5", "type": 1}}, True),
        ({"channel": {"id": "5", "type": 3}}, False),
        ({"guild_id": "9"}, False),
        ({"guild_id": "9", "context": 0}, False),
    ],
)
def test_where_something_was_done_is_known_from_whatever_tells_it(more: dict[str, Any], private: bool) -> None:
    heard = hear_interaction(PRESS | more, NOW)
    assert heard is not None
    assert (heard.private, heard.person, heard.place, heard.verb) == (private, 7, 5, "c:/rules")


def test_a_number_that_tells_no_instant_is_of_now_and_discords_own_tell_theirs() -> None:
    counted = hear_interaction(PRESS, NOW)
    assert counted is not None
    assert counted.sent_at == NOW
    assert type(counted).of(counted.kept() | {"of another version": 1}) == counted
    earlier = NOW - timedelta(hours=3)
    number = (int(earlier.timestamp() * 1000) - 1_420_070_400_000) << 22
    told = hear_interaction(PRESS | {"id": str(number)}, NOW)
    assert told is not None
    assert told.sent_at == earlier


@pytest.mark.parametrize("about", ["interaction_metadata", "interaction"])
def test_for_whom_a_message_was_is_read_in_either_of_discords_ways(about: str) -> None:
    heard = hear_interaction(PRESS | {"message": {"id": "3", about: {"id": "2", "user": {"id": "8"}}}}, NOW)
    assert heard is not None
    assert (heard.above, heard.by) == (3, 8)


@pytest.mark.parametrize(
    "more",
    [
        {"author": {"id": "7", "bot": True}},
        {"webhook_id": "1"},
        {"guild_id": "9"},
        {"channel_type": 3},
        {"type": 6},
        {"message_reference": {"type": 1, "message_id": "1"}},
        {"message_snapshots": [{"message": {"content": "buy 1 SOL"}}]},
    ],
)
def test_only_what_somebody_typed_to_us_in_private_is_an_instruction(more: dict[str, Any]) -> None:
    assert hear_message(WORDS, NOW) is not None
    assert hear_message(WORDS | {"guild_id": "", "type": 19, "channel_type": 1}, NOW) is not None
    assert hear_message(WORDS | more, NOW) is None


async def test_what_was_typed_while_nobody_listened_is_heard_once_and_what_was_heard_is_not_heard_again(
    postgres_dsn: str,
) -> None:
    async with DiscordServer() as discord:
        async with staged(postgres_dsn, discord) as stage:
            assert "Prices" in words_of(await stage.say("prices"))
        discord.gateway.session = None  # as after some minutes: nothing is kept for a RESUME
        await discord.type(ANN, "balance")
        await discord.type(ANN, "")  # as a picture comes
        async with staged(postgres_dsn, discord) as stage:
            await discord.until(lambda: len(stage.posted()) >= 2)
            assert "Prices" in words_of(await stage.say("what are the prices"))
            told = [words_of(message).splitlines()[0] for message in stage.posted()]
    assert [told[0][:6], told[1][:6], told[2][:6], len(told)] == ["Prices", "Equity", "Prices", 3]
