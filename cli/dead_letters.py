"""`saywhen dead-letters`: work that was given up, to look at or throw away; decides to retry nothing."""

import json
from argparse import Namespace
from datetime import UTC

from cli.home import settings_of
from cli.running import run_until_stopped
from core.app import Settings, open_core, set_up_logs
from core.codec import to_json
from core.domain.errors import NotFound


def run(options: Namespace) -> int:
    """List dead letters, or discard one."""
    settings = settings_of(options)
    set_up_logs("WARNING", "dead-letters")
    return run_until_stopped(lambda: _dead_letters(settings, options.discard, as_json=options.json))


async def _dead_letters(settings: Settings, discard: int | None, *, as_json: bool) -> int:
    async with open_core(settings, role="saywhen dead-letters") as core:
        if discard is not None:
            if not await core.execution.discard(discard):
                raise NotFound(f"There is no dead letter {discard}.", "See saywhen dead-letters.")
            print(json.dumps({"discarded": discard}) if as_json else f"Dead letter {discard} is discarded.")
            return 0
        letters = await core.execution.dead_letters()
    if as_json:
        print(json.dumps([to_json(letter) for letter in letters]))
        return 0
    for letter in letters:
        tries = "1 attempt" if letter.attempts == 1 else f"{letter.attempts} attempts"
        print(
            f"{letter.id}: order {letter.order_id} of owner {letter.owner}, given up "
            f"{letter.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC after {tries}: {' '.join(letter.reason.split())}"
        )
    if letters:
        print("Throw one away with saywhen dead-letters discard N; what it was to trade is not traded.")
    else:
        print("There are no dead letters.")
    return 0
