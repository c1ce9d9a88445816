"""Random values for any layout, extremes often among them; a seed makes them again."""

from random import Random
from typing import Any

from solders.pubkey import Pubkey

from core.venues.drift.codec import layout as laid

_KEY = Pubkey.default()


def value(kind: laid.Layout, random: Random) -> Any:
    """A value that *kind* can write."""
    match kind:
        case laid._Optional(inner=inner):
            return value(inner, random) if random.random() < 0.5 else None
        case laid._List(inner=inner):
            return [value(inner, random) for _ in range(random.randrange(4))]
        case laid._Array():
            return [value(kind._inner, random) for _ in range(kind._count)]
        case laid._Structure():
            return {name: value(inner, random) for name, inner in kind._fields.items()}
        case laid._Scalar():
            return _scalar(kind, random)
        case _:
            raise AssertionError(kind)


def _scalar(kind: laid._Scalar, random: Random) -> Any:
    if kind.name == "bool":
        return random.random() < 0.5
    if kind.name == "pubkey":
        return Pubkey.from_bytes(random.randbytes(32))
    if kind.name in {"u128", "i128"} or kind.name in laid._NUMBERS:
        bits = int(kind.name[1:])
        low, high = (0, 2**bits - 1) if kind.name[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return random.choice([low, high, 0, 1, random.randint(low, high), random.randint(low, high)])
    if kind.name.endswith(" bytes"):
        return random.randbytes(kind.size)
    names = [kind.load(number) for number in range(256)] if kind.load else []
    return random.choice([name for name in names if not name.startswith("#")])
