"""The bots that `make bench-discord` measures, each as a process of its own: the product, and a bare discord.py bot.

`python -m tests.bench.discord_bot product|echo PORT TOKEN < AUTHORITY`
"""

import asyncio
import gc
import sys

import discord
import uvloop

from bots.discord.run import run_discord
from core.app import open_core, read_settings, set_up_logs
from tests.emulators.discord.server import connector_to

COMMANDS = ("prices", "rules", "positions", "balance", "help", "start")


async def product(port: int, token: str, authority: str) -> None:
    """What `saywhen run bots` serves, with Discord on loopback."""
    settings = read_settings(_env_file=None, DISCORD_BOT_TOKEN=token)
    set_up_logs("WARNING", "bots")
    async with open_core(settings) as core, asyncio.TaskGroup() as tasks:
        gc.collect()
        gc.freeze()  # as `saywhen run bots` does
        tasks.create_task(core.prices.follow())
        tasks.create_task(run_discord(core, core.prices, lambda: connector_to(port, authority)))


async def echo(port: int, token: str, authority: str) -> None:
    """The least a discord.py bot can do: a command tree whose answers are one line."""
    client = discord.Client(intents=discord.Intents(guilds=True), connector=connector_to(port, authority))
    tree = discord.app_commands.CommandTree(client)

    def add(name: str) -> None:
        @tree.command(name=name, description=name)
        async def answer(interaction: discord.Interaction) -> None:
            await interaction.response.send_message(name, ephemeral=interaction.guild_id is not None)

    for name in COMMANDS:
        add(name)

    @tree.command(name="rule", description="rule")
    async def rule(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.send_message(text, ephemeral=interaction.guild_id is not None)

    async with client:
        await client.login(token)
        await tree.sync()
        await client.connect()


if __name__ == "__main__":
    _, which, at, secret = sys.argv
    # The loop that `saywhen run bots` runs on, for both.
    uvloop.run({"product": product, "echo": echo}[which](int(at), secret, sys.stdin.read()))
