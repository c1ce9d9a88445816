"""The Discord bot as a process of its own, to be killed, without zstd, so that frames come as one zlib stream.

`python -m tests.bots.discord.victim DSN PORT TOKEN SLOW_S < AUTHORITY`: each sentence takes SLOW_S seconds to be read.
"""

import asyncio
import sys
from typing import Any

sys.modules["zstandard"] = None  # type: ignore[assignment]  # as if it were not installed

from bots.discord.run import run_discord  # noqa: E402
from core.app import open_core, read_settings  # noqa: E402
from tests.bots.discord.stage import placed  # noqa: E402
from tests.emulators.discord.server import connector_to  # noqa: E402


async def main(dsn: str, port: int, token: str, slow_s: float, authority: str) -> None:
    """Serve until killed."""
    settings = read_settings(
        _env_file=None, DATABASE_URL=dsn, SAYWHEN_PRICES="simulated", SAYWHEN_STALE_S=600, DISCORD_BOT_TOKEN=token
    )
    async with open_core(settings) as core:
        assert core.parts.own is not None
        await core.parts.own.observe(placed(core, "150"))
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
