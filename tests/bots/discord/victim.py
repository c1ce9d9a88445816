"""The Discord bot as a process of its own, to be killed, without zstd, so that frames come as one zlib stream.

`python -m tests.bots.discord.victim DSN PORT TOKEN SLOW_S < AUTHORITY`: each sentence takes SLOW_S seconds to be read.
"""

import asyncio
import sys
from typing import Any

sys.modules["zstandard"] = None  # type: ignore[assignment]  # as if it were not installed

from bots.discord.run import run_discord  # noqa: E402
from tests.bots.place import a_core  # noqa: E402
from tests.emulators.discord.server import connector_to  # noqa: E402


async def main(dsn: str, port: int, token: str, slow_s: float, authority: str) -> None:
    """Serve until killed."""
    async with a_core(dsn, SAYWHEN_STALE_S=600, DISCORD_BOT_TOKEN=token) as core:
        say = core.drafts.say

        async def slowly(*arguments: Any) -> Any:
            made = await say(*arguments)
            await asyncio.sleep(slow_s)
            return made

        type(core.drafts).say = lambda self, *arguments: slowly(*arguments)  # type: ignore[method-assign]
        await run_discord(core, core.prices, lambda: connector_to(port, authority))


if __name__ == "__main__":
    _, where, at, secret, seconds = sys.argv
    asyncio.run(main(where, int(at), secret, float(seconds), sys.stdin.read()))
