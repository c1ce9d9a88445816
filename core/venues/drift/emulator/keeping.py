"""The emulated chain in a file, so that it goes on after a restart; decides what of it is worth keeping."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solders.pubkey import Pubkey
from solders.signature import Signature

from core.venues.drift.emulator.chain import Account, Chain, Landed

MOST = 2_000
"""Transactions kept, the newest: more than any order that may still be asked about."""


def written(chain: Chain, notes: Mapping[str, Any]) -> str:
    """The chain as text, with *notes* on it."""
    landed = sorted(chain.landed.items(), key=lambda item: item[1].slot)[-MOST:]
    body = {
        "notes": dict(notes),
        "slot": chain.slot,
        "time": chain.time,
        "accounts": [
            [str(key), str(account.owner), base64.b64encode(account.content).decode(), account.slot]
            for key, account in chain.accounts.items()
        ],
        "lamports": {str(key): left for key, left in chain.lamports.items()},
        "landed": [
            [
                str(name),
                one.slot,
                one.at,
                one.error,
                list(one.logs),
                base64.b64encode(one.raw).decode(),
                one.units,
                one.fee,
            ]
            for name, one in landed
        ],
    }
    return json.dumps(body, separators=(",", ":"))


def save(text: str, place: Path) -> None:
    """Write what `written` gave to *place*, whole or not at all."""
    part = place.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(place)


def restored(place: Path) -> tuple[Chain, dict[str, Any]]:
    """The chain that was saved at *place* with its notes, or a new one; a file that cannot be read is a new one too."""
    chain = Chain()
    try:
        body = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return chain, {}
    chain.slot, chain.time = int(body["slot"]), float(body["time"])
    for key, owner, content, slot in body["accounts"]:
        chain.accounts[Pubkey.from_string(key)] = Account(Pubkey.from_string(owner), base64.b64decode(content), slot)
    chain.lamports = {Pubkey.from_string(key): int(left) for key, left in body.get("lamports", {}).items()}
    for name, slot, at, error, logs, raw, *used in body["landed"]:
        landed = Landed(slot, at, error, tuple(logs), base64.b64decode(raw), *used)
        chain.remember(Signature.from_string(name), landed)
    return chain, dict(body["notes"])
