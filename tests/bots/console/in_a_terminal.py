"""A console on this process's own terminal with a scripted core, for tests that hold the other end of it."""

import asyncio
import os

from bots.channel import Outbound
from bots.console.channel import ConsoleChannel
from bots.console.screen import open_screen
from bots.dialogue import Dialogue
from core.clock import SystemClock
from core.feed.card import Card
from tests.bots.scripted import READ, ScriptedCore


async def main() -> None:
    """Talk; when the file named by NOTICE_PIPE says a word, show a notice with it."""
    core = ScriptedCore()
    core.drafts.result = READ
    channel = ConsoleChannel(open_screen(), SystemClock())
    loop = asyncio.get_running_loop()
    notices = int(os.environ["NOTICE_FD"])

    def tell() -> None:
        words = os.read(notices, 100).decode()
        task = loop.create_task(channel.send(Outbound(address="local", card=Card(title=words, key=words))))
        task.add_done_callback(lambda done: done.result())

    loop.add_reader(notices, tell)
    await channel.run(Dialogue(core, SystemClock()).answer)
    print("left cleanly after", [call[0] for call in core.calls])  # noqa: T201 - what the test waits for


if __name__ == "__main__":
    asyncio.run(main())
