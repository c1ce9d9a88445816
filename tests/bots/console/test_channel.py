"""The terminal's conversation: numbers press what was shown, notices come in between, leaving is clean."""

import asyncio
import io
import os
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

import pytest

from bots.channel import Inbound, Outbound
from bots.console.channel import ConsoleChannel
from bots.console.render import Numbered, plain
from bots.console.screen import LONGEST_LINE, Pipes, Terminal
from bots.dialogue import Dialogue
from core.feed.card import Button, Card
from core.feed.press import SettleMissed, write
from tests.bots.scripted import READ, ScriptedCore

SENTENCE = "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
MISSED = Card(
    title="r9 was missed. Run it now?",
    buttons=((
        Button(label="Run it", verb=write(SettleMissed(rule_id="r_9", run=True))),
        Button(label="Skip it", verb=write(SettleMissed(rule_id="r_9", run=False))),
    ),),
    key="missed:9",
)  # fmt: skip


class Paper:
    """A screen in memory: lines to read, and what was shown as plain text."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)
        self.shown: list[str] = []
        self.before_reading: dict[str, Outbound] = {}
        self.channel: ConsoleChannel | None = None
        self.closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed = True

    async def read(self) -> str | None:
        if not self.lines:
            return None
        line = self.lines.pop(0)
        notice = self.before_reading.get(line)
        if notice is not None and self.channel is not None:
            await self.channel.send(notice)
        return line

    def show(self, card: Card, shown: Sequence[Numbered]) -> None:
        self.shown.append(plain(card, shown))


async def talk(core: ScriptedCore, paper: Paper) -> str:
    channel = ConsoleChannel(paper, core.clock)
    paper.channel = channel
    await channel.run(Dialogue(core, core.clock).answer)
    assert paper.closed
    return "\n".join(paper.shown)


async def test_the_sentence_is_answered_and_confirmed_by_number_and_word() -> None:
    core = ScriptedCore()
    said = await talk(core, Paper([SENTENCE, "1", "confirm"]))
    assert "[1] $0.10 and $0.20: fires at $149.90 / $150.20" in said
    assert "[1] Confirm  [2] Edit  [3] Cancel" in said
    assert "+ Confirmed: r1, r2" in said
    assert [call[0] for call in core.calls] == ["say", "answer", "confirm"]


async def test_a_pressed_button_is_gone() -> None:
    core = ScriptedCore()
    core.drafts.result = READ
    await talk(core, Paper([SENTENCE, "1", "1"]))
    assert [call[0] for call in core.calls] == ["say", "confirm", "say"]


async def test_a_notice_with_buttons_never_takes_the_number_of_the_draft() -> None:
    core = ScriptedCore()
    core.drafts.result = READ
    paper = Paper([SENTENCE, "1"])
    paper.before_reading["1"] = Outbound(address="local", card=MISSED)
    said = await talk(core, paper)
    assert "[4] Run it  [5] Skip it" in said
    assert core.calls[-1][0] == "confirm"


async def test_a_notices_button_is_pressed_by_its_own_number() -> None:
    core = ScriptedCore()
    core.drafts.result = READ
    paper = Paper([SENTENCE, "5"])
    paper.before_reading["5"] = Outbound(address="local", card=MISSED)
    await talk(core, paper)
    assert core.calls[-1] == ("skip", "r_9")


async def test_a_repeated_notice_is_shown_once() -> None:
    paper = Paper([])
    channel = ConsoleChannel(paper, ScriptedCore().clock)
    for _ in range(2):
        assert await channel.send(Outbound(address="local", card=MISSED)) == "missed:9"
    assert len(paper.shown) == 1


async def test_kill_is_told_once_though_it_is_an_answer_and_an_event() -> None:
    core = ScriptedCore()
    paper = Paper(["/kill", "/help"])
    [killed] = await Dialogue(core, core.clock).answer(
        Inbound(channel="console", address="local", text="/kill", sent_at=core.clock.now())
    )
    paper.before_reading["/help"] = Outbound(address="local", card=killed)
    said = await talk(core, paper)
    assert said.count("Everything is stopped") == 1


@pytest.mark.parametrize("leave", ["/quit", "exit", "/EXIT"])
async def test_leaving_asks_nothing_of_the_core(leave: str) -> None:
    core = ScriptedCore()
    await talk(core, Paper(["", "   ", leave, SENTENCE]))
    assert core.calls == []


async def piped(sent: bytes, core: ScriptedCore) -> str:
    source, end = os.pipe()
    page = io.StringIO()
    try:
        os.write(end, sent)
        os.close(end)
        channel = ConsoleChannel(Pipes(source, page), core.clock)
        async with asyncio.timeout(10):
            await channel.run(Dialogue(core, core.clock).answer)
    finally:
        os.close(source)
    return page.getvalue()


async def test_a_pipe_is_read_to_its_end_in_order() -> None:
    core = ScriptedCore()
    said = await piped(f"{SENTENCE}\r\n1\nconfirm".encode(), core)
    assert [call[0] for call in core.calls] == ["say", "answer", "confirm"]
    assert said.endswith("[My rules]\n\n")


async def test_a_pipe_with_hundreds_of_lines_and_broken_bytes_loses_none() -> None:
    core = ScriptedCore()
    await piped(b"".join(b"line %d \xff\n" % number for number in range(500)), core)
    assert [call[1] for call in core.calls] == [f"line {number} \N{REPLACEMENT CHARACTER}" for number in range(500)]


async def test_a_line_without_end_does_not_fill_the_memory() -> None:
    core = ScriptedCore()
    await piped(b"x" * 60_000, core)
    assert core.calls == [("say", "x" * LONGEST_LINE)]


async def test_enter_waits_for_the_answer_and_keeps_what_was_typed() -> None:
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    with create_pipe_input() as keys:
        screen = Terminal(input=keys, output=DummyOutput())
        async with screen, asyncio.timeout(10):
            keys.send_text("1\r")
            assert await screen.read() == "1"
            keys.send_text("1\r2")  # the answer to the first is still under way
            session = screen._session
            assert session is not None
            for _ in range(1000):
                if session.default_buffer.text == "12":
                    break
                await asyncio.sleep(0)
            again = asyncio.create_task(screen.read())
            await asyncio.sleep(0)
            assert not again.done()
            keys.send_text("\r")
            assert await again == "12"


@pytest.mark.parametrize("key", ["\x03", "\x04"])
async def test_a_terminal_ends_with_ctrl_c_or_ctrl_d_even_while_answering(key: str) -> None:
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    with create_pipe_input() as keys:
        async with Terminal(input=keys, output=DummyOutput()) as screen, asyncio.timeout(10):
            keys.send_text("hello\r")
            assert await screen.read() == "hello"
            keys.send_text(key)
            assert await screen.read() is None
