"""Times our codec beside driftpy's on the same values; run by `make bench-drift-codec`, decides nothing."""

import base64
import gc
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from random import Random
from statistics import median
from typing import Any

from anchorpy.program.common import NamedInstruction

from core.venues.drift.codec import codec_of
from tests.core.venues.drift.codec import generated, reference
from tests.core.venues.drift.codec.reference import DELEGATE, OWNER

ROUNDS = 15
ROUND_S = 0.02


def microseconds(work: Callable[[], Any]) -> float:
    """Median of `ROUNDS` rounds, each of about `ROUND_S`, per call."""
    began = time.perf_counter()
    work()
    calls = max(1, int(ROUND_S / max(time.perf_counter() - began, 1e-7)))
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(calls):
            work()
        rounds.append((time.perf_counter() - began) / calls * 1e6)
    return median(rounds)


def main() -> None:
    """Print one line a task: ours, driftpy's, and how often ours fits into it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from driftpy.decode.user import decode_user
        from driftpy.events.parse import parse_logs
    codec, client, coder = codec_of("drift"), reference.client(), reference.coder()
    random = Random(0)
    client.get_remaining_accounts = lambda **_: []
    params = generated.value(codec._layout("OrderParams"), random) | {"market_type": "Perp", "bit_flags": 0}
    accounts = {"user": codec.address("user", OWNER, 3), "authority": DELEGATE.pubkey()}
    content = {name: generated.value(codec._layout(name), random) for name in codec.profile.accounts}
    packed = {name: codec.account_bytes(name, record) for name, record in content.items()}
    decoded = {name: coder.accounts.decode(packed[name]) for name in packed}
    fill = codec.event_bytes("OrderActionRecord", generated.value(codec._layout("OrderActionRecord"), random))
    logs = [
        f"Program {codec.program} invoke [1]",
        f"Program data: {base64.b64encode(fill).decode()}",
        f"Program {codec.program} success",
    ]
    theirs = reference.order_params(params)
    place = bytes(codec.instruction("place_perp_order", accounts, {"params": params}).data)

    tasks: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = [
        (
            "build place_perp_order",
            lambda: codec.instruction("place_perp_order", accounts, {"params": params}),
            lambda: client.get_place_perp_order_ix(theirs),
        ),
        ("read its arguments", lambda: codec.arguments(place), lambda: coder.instruction.parse(place)),
        ("read a fill from logs", lambda: codec.events(logs), lambda: parse_logs(client.program, logs)),
        ("read User (decode_user)", lambda: codec.account("User", packed["User"]), lambda: decode_user(packed["User"])),
    ]
    tasks += [
        (f"read {name}", partial(codec.account, name, packed[name]), partial(coder.accounts.decode, packed[name]))
        for name in packed
    ]
    tasks.append(
        (
            "write User",
            lambda: codec.account_bytes("User", content["User"]),
            lambda: coder.accounts.build(NamedInstruction(data=decoded["User"], name="User")),
        )
    )
    gc.disable()
    out = sys.stdout.write
    out(f"{'microseconds, median of ' + str(ROUNDS):<28} {'ours':>9} {'driftpy':>9} {'ratio':>7}\n")
    for label, ours, driftpys in tasks:
        one, other = microseconds(ours), microseconds(driftpys)
        out(f"{label:<28} {one:>9.1f} {other:>9.1f} {other / one:>6.0f}x\n")


if __name__ == "__main__":
    main()
