"""`saywhen keys`: the keys that trade, for whoever runs this SayWhen; decides what is printed and what never is."""

import asyncio
import sys
from argparse import Namespace

from cli.home import settings_of
from core.app import Core, open_core
from core.domain.errors import BadInput
from core.domain.ids import OwnerId

_LONGEST = 4_096


def run(options: Namespace) -> int:
    """List, import, export or rotate."""
    return asyncio.run(_run(options))


async def _run(options: Namespace) -> int:
    async with open_core(settings_of(options), role="saywhen keys") as core:
        match options.deed:
            case "import":
                print(f"Owner {options.owner} trades with {await _take_in(core, options)} from now on.")
            case "export":
                print(await core.trading_keys.export(options.address, plain=options.plain))
            case "rotate":
                count = await core.trading_keys.rotate()
                print(f"{count} {'key is' if count == 1 else 'keys are'} sealed under a new version of the master key.")
                print(
                    "Restart what signs. Keep the master key file's old versions for as long as old back-ups are kept."
                )
            case _:
                await _list(core)
    return 0


async def _take_in(core: Core, options: Namespace) -> str:
    """Read the key from standard input: an argument would stand in the shell's history and in everybody's `ps`."""
    if sys.stdin.isatty():
        from getpass import getpass

        text = getpass("Private key (it is not shown): ")
    else:
        text = sys.stdin.read(_LONGEST)
    if not text.strip():
        raise BadInput("No key was given.", "Paste it, or pipe it into saywhen keys import.")
    return await core.trading_keys.take_in(OwnerId(options.owner), text)


async def _list(core: Core) -> None:
    keys = await core.trading_keys.list()
    for key in keys:
        what = "made here; it can trade and not withdraw" if key.kind == "delegate" else "imported"
        print(f"{key.address}  {what}, since {key.created_at:%Y-%m-%d}, master key version {key.master}")
    if not keys:
        print("There are no trading keys yet. The process that signs makes one when it starts on drift.")
