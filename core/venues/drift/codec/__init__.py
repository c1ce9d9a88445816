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

__all__ = [
    "DRIFT",
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
    """The codec of the profile with that name, made once. Raises NotConfigured without the extra `drift`."""
    if find_spec("solders") is None:
        raise NotConfigured(
            f"The venue {profile} needs libraries that are not installed: the extra drift.",
            "Run make setup, which installs it.",
        )
    return Codec({known.name: known for known in (DRIFT, VELOCITY)}[profile])


@functools.cache
def owners_codec_of(profile: str) -> Codec:
    """The codec that also has what only an owner's own wallet signs. Raises NotConfigured without the extra."""
    known = codec_of(profile).profile
    return Codec(replace(known, instructions=known.instructions + known.owners))
