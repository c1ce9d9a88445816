"""The bot on a real core and database, with the emulator as its Discord and a market that stands where it is put."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bots.discord.run import run_discord
from core.app import Core
from core.domain.ids import OwnerId
from core.domain.market import Observation
from tests.bots.place import a_core, beside, give_sol, put_price
from tests.emulators.discord.server import DiscordServer
from tests.emulators.discord.world import Interaction

ANN, BOB = 7, 8
Message = dict[str, Any]


@dataclass
class Stage:
    """What a test holds in its hands."""

    core: Core
    discord: DiscordServer
    serving: asyncio.Task[None]

    def price(self, price: str, market: str = "SOL-PERP") -> Observation:
        """Put a market somewhere."""
        return put_price(self.core, price, market)

    async def hold(self, base: str = "2", person: int = ANN) -> OwnerId:
        """Give *person* a SOL position bought at $148."""
        return await give_sol(self.core, "discord", person, base)

    async def slash(self, name: str, person: int = ANN, *, guild: bool = False, **fields: Any) -> Message:
        """Use a command and return the message that answers it."""
        return await self.answer(await self.discord.slash(person, name, guild=guild, **fields))

    async def press(self, message: Message, label: str, person: int = ANN) -> Message:
        """Press a button, or choose an option; the message that answers it."""
        return await self.answer(await self.discord.press(person, message, label))

    async def write(self, asked: Interaction, words: str) -> Message:
        """Submit the form that answered *asked*."""
        await self.called_back(asked)
        return await self.answer(await self.discord.submit(asked, words))

    async def say(self, text: str, person: int = ANN) -> Message:
        """Type *text* in the private chat and return the message that answers it."""
        before = len(self.posted(person))
        await self.discord.type(person, text)
        found: list[Message] = await self.discord.until(lambda: self.posted(person)[before:])
        return found[0]

    async def answer(self, asked: Interaction) -> Message:
        """The message that shows the answer to *asked*: the newest of it, once it has one."""
        await self.discord.until(lambda: asked.answered_at)
        return self.discord.messages[asked.channel, asked.said[-1]]

    async def called_back(self, asked: Interaction) -> dict[str, Any]:
        """What *asked* was answered with first."""
        found: dict[str, Any] = await self.discord.until(lambda: asked.callback)
        return found

    def posted(self, person: int = ANN) -> list[Message]:
        """The messages that were written to *person* in private without being asked, or to what they typed."""
        room = self.discord.open_dm(person)
        sent = [call.result for call in self.discord.of("POST message") if call.where["channel"] == room]
        return list({message["id"]: message for message in sent}.values())


def words_of(message: Message) -> str:
    """What a message says."""
    parts = [message["content"]]
    for embed in message["embeds"]:
        parts += [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    return "\n".join(parts).replace("\\", "").strip()


def labels_of(message: Message) -> list[str]:
    """Its buttons, and the options of its selects."""
    parts = [part for row in message["components"] for part in row["components"]]
    return [label for part in parts for label in ([o["label"] for o in part.get("options", ())] or [part["label"]])]


@asynccontextmanager
async def staged(dsn: str, discord: DiscordServer, **settings: Any) -> AsyncIterator[Stage]:
    """The bot served for the length of the block; a second one on the same database and Discord is its restart."""
    async with a_core(dsn, DISCORD_BOT_TOKEN=discord.token, SAYWHEN_STALE_S=600, **settings) as core:
        connected = discord.gateway.readied
        connect = None if discord.lean else discord.connector
        async with beside(run_discord(core, core.prices, connect)) as serving:
            await discord.until(lambda: discord.gateway.readied > connected)
            yield Stage(core, discord, serving)
