"""What every channel keeps to: whoever writes or presses there is answered, and nothing of a card is lost or forged.

A channel joins by a desk: one person's place on it, over its real wire, with a scripted core behind the dialogue.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol

import pytest

from bots.channel import Channel, Outbound, TryAgain, Undeliverable
from core.feed.card import Button, Card
from core.feed.press import SettleMissed, write
from tests.bots.console.desk import console_desk
from tests.bots.scripted import READ, ScriptedCore
from tests.bots.telegram.desk import telegram_desk

SENTENCE = "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
MISSED = Card(
    title="r9 was missed. Run it now?",
    lines=("When SOL-PERP is at $140.00 or lower: sell half.",),
    buttons=((
        Button(label="Run it", verb=write(SettleMissed(rule_id="r_9", run=True))),
        Button(label="Skip it", verb=write(SettleMissed(rule_id="r_9", run=False))),
    ),),
    key="missed:9",
)  # fmt: skip


class Desk(Protocol):
    """One person on a channel. `say` and `press` return once they are answered."""

    core: ScriptedCore
    address: str

    @property
    def channel(self) -> Channel: ...

    async def say(self, words: str) -> None: ...
    async def press(self, label: str) -> None:
        """Press the newest button whose label begins with *label*."""
        ...

    def seen(self) -> str:
        """Everything the person sees: texts and labels."""
        ...

    def fail(self, how: Literal["gone", "later", "broken"]) -> None:
        """Let the wire refuse the next card: for good, for seven seconds, or without a reason."""
        ...


Made = Callable[[], AbstractAsyncContextManager[Desk]]
WIRED: dict[str, Made] = {"telegram": telegram_desk}
DESKS: dict[str, Made] = {"console": console_desk, **WIRED}


@pytest.fixture(params=list(DESKS.values()), ids=list(DESKS))
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with request.param() as made:
        yield made


@pytest.fixture(params=list(WIRED.values()), ids=list(WIRED))
async def wired(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with request.param() as made:
        yield made


async def test_words_become_an_armed_rule_by_buttons(desk: Desk) -> None:
    await desk.say(SENTENCE)
    assert "Dollars or percent?" in desk.seen()
    await desk.press("$0.10")
    await desk.press("Confirm")
    assert [call[0] for call in desk.core.calls] == ["say", "answer", "confirm"]
    assert "Confirmed: r1, r2" in desk.seen()


async def test_a_draft_is_confirmed_in_words_and_a_command_needs_no_button(desk: Desk) -> None:
    desk.core.drafts.result = READ
    await desk.say(SENTENCE)
    await desk.say("confirm")
    await desk.say("/pause r1")
    assert [call[0] for call in desk.core.calls] == ["say", "confirm", "pause"]
    assert "Paused: r1" in desk.seen()


async def test_what_goes_wrong_is_told_with_what_to_do(desk: Desk) -> None:
    await desk.say("/trades many")
    assert "Try /trades 20." in desk.seen()
    assert desk.core.calls == []


async def test_a_notice_is_told_whole_and_its_buttons_work(desk: Desk) -> None:
    assert isinstance(await desk.channel.send(Outbound(address=desk.address, card=MISSED)), str)
    for part in (MISSED.title, *MISSED.lines, "Run it", "Skip it"):
        assert part in desk.seen()
    await desk.press("Skip it")
    assert desk.core.calls == [("skip", "r_9")]
    assert "r1 skipped" in desk.seen()


async def test_a_card_longer_than_a_message_loses_nothing(desk: Desk) -> None:
    lines = tuple(f"line {number:02}: {'x' * 600}" for number in range(16))
    await desk.channel.send(Outbound(address=desk.address, card=Card(title="A long one", lines=lines)))
    assert all(line in desk.seen() for line in lines)


async def test_text_is_shown_as_it_is_and_can_forge_nothing(desk: Desk) -> None:
    said = "<b>*sell* _all_ `now` [x](http://y) & 5 < 6"
    await desk.channel.send(Outbound(address=desk.address, card=Card(title="t", lines=(said, "a\x00b\u202ec\x1b[2Jd"))))
    assert said in desk.seen()
    assert not {"\x00", "\u202e", "\x1b"} & set(desk.seen())


async def test_an_address_that_takes_nothing_more_is_told_apart_from_one_that_must_wait(wired: Desk) -> None:
    outbound = Outbound(address=wired.address, card=MISSED)
    wired.fail("later")
    with pytest.raises(TryAgain) as later:
        await wired.channel.send(outbound)
    assert later.value.retry_in_s == 7
    wired.fail("gone")
    with pytest.raises(Undeliverable):
        await wired.channel.send(outbound)


async def test_a_wire_that_breaks_is_tried_again_and_no_card_is_given_up(wired: Desk) -> None:
    wired.fail("broken")
    with pytest.raises(TryAgain):
        await wired.channel.send(Outbound(address=wired.address, card=MISSED))
    await wired.channel.send(Outbound(address=wired.address, card=MISSED))
    assert wired.seen().count(MISSED.title) == 1
