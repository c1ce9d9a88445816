"""The wire of Drift and its successor behind one interface: a `Codec` over a `Profile` of tables."""

import functools
from dataclasses import replace
from importlib.util import find_spec

from core.domain.errors import NotConfigured
from core.venues.drift.codec.drift import DRIFT
from core.venues.drift.codec.layout import Record
from core.venues.drift.codec.profile import Profile
from core.venues.drift.codec.velocity import VELOCITY
from core.venues.drift.codec.wire import Codec, Emissions, Emitted, UnknownLayout, remaining_accounts

EXTRA = ("base58", "driftpy", "solana", "solders")
"""What the extra `drift` installs, by the name that it is imported under."""

__all__ = [
    "DRIFT",
    "EXTRA",
    "VELOCITY",
    "Codec",
    "Emissions",
    "Emitted",
    "Profile",
    "Record",
    "UnknownLayout",
    "codec_of",
    "owners_codec_of",
    "remaining_accounts",
]


@functools.cache
def codec_of(profile: str) -> Codec:
    """The codec of the profile with that name, made once. Raises NotConfigured unless the whole extra is there."""
    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise NotConfigured(
            f"The venue {profile} needs libraries that are not installed: {', '.join(missing)}, of the extra drift.",
            "Run make setup, which installs them all.",
        )
    return Codec({known.name: known for known in (DRIFT, VELOCITY)}[profile])


@functools.cache
def owners_codec_of(profile: str) -> Codec:
    """The codec that also has what only an owner's own wallet signs. Raises NotConfigured without the extra."""
    known = codec_of(profile).profile
    return Codec(replace(known, instructions=known.instructions + known.owners))
