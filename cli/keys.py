"""`saywhen keys`: the keys that trade, for whoever runs this SayWhen; decides what is printed and what never is."""

import asyncio
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from cli.home import settings_of
from core.app import Core, open_core
from core.domain.errors import BadInput
from core.domain.ids import OwnerId
from core.domain.wording import say_sol

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
                await _give_out(core, options)
            case "rotate":
                count = await core.trading_keys.rotate()
                print(f"{count} {'key is' if count == 1 else 'keys are'} sealed under a new version of the master key.")
                print("What runs learns of it by itself. Keep the file's old versions for as long as old back-ups.")
            case "fees":
                await _fees(core, options.days)
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


async def _give_out(core: Core, options: Namespace) -> None:
    """Into a new file of the operator's, or to the screen; a private key is shown only once its address was typed."""
    if options.to is None:
        if options.plain:
            _confirm(options.address)
        print(await core.trading_keys.export(options.address, plain=options.plain, to="screen"))
        return
    place = Path(options.to)
    with _new(place) as file:  # made before the key is opened: what cannot be written is not given out
        file.write(await core.trading_keys.export(options.address, plain=options.plain, to="file") + "\n")
    what = "The private key" if options.plain else "The key, sealed,"
    print(f"{what} of {options.address} is in {place}, which only you can read.")


@contextmanager
def _new(place: Path) -> Iterator[TextIO]:
    """A new file that only we can read; gone again if the block fails. Raises BadInput."""
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise BadInput(f"{place} cannot be made: {problem.strerror}.", "Name a file that does not exist yet.") from None
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            os.fchmod(file.fileno(), 0o600)  # whatever the umask is
            yield file
    except BaseException:
        place.unlink(missing_ok=True)
        raise


def _confirm(address: str) -> None:
    """Raises BadInput unless the address is typed once more."""
    asked = "Whoever sees this private key owns what it owns. To print it, type its address: "
    print(asked, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline(_LONGEST).strip() != address:
        raise BadInput("That is not its address; nothing was printed.", "Or write it to a file with --to FILE.")


async def _list(core: Core) -> None:
    keys = await core.trading_keys.list()
    payers = {payer.key: payer for payer in await core.fees.payers()}
    for key in keys:
        what = "made here; it can trade and not withdraw" if key.kind == "delegate" else "imported"
        print(f"{key.address}  {what}, since {key.created_at:%Y-%m-%d}, master key version {key.master}")
        if (payer := payers.get(key.address)) is not None:
            low = "" if payer.low is None else "LOW: send SOL to it. "
            left = f"{say_sol(payer.lamports)} left at {payer.seen_at:%Y-%m-%d %H:%M} UTC"
            spent = f"{say_sol(payer.lamports_spent)} paid in network fees for {_transactions(payer.transactions)}"
            print(f"    {low}{left}; {spent}")
    if not keys:
        print("There are no trading keys yet. The process that signs makes one when it starts on drift.")


async def _fees(core: Core, days: int | None) -> None:
    """What the network took, by owner: who pays is the key, and no owner's collateral."""
    since = None if days is None else core.clock.now() - timedelta(days=days)
    spent = await core.fees.spent(since)
    for one in spent:
        whose = "nobody's" if one.owner is None else f"owner {one.owner}"
        failed = "" if one.failed == 0 else f", {one.failed} of them failed"
        print(f"{whose}: {say_sol(one.lamports)} for {_transactions(one.transactions)}{failed}")
    total = sum(one.lamports for one in spent)
    print(f"in all: {say_sol(total)}" + ("" if days is None else f" within {days} days"))


def _transactions(count: int) -> str:
    return f"{count} transaction" if count == 1 else f"{count} transactions"
