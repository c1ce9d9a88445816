"""What a program of Drift's family is made of, as data; decides nothing about orders."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One program: its address, seeds, collateral and layouts. A new one needs no code.

    `seeds` by kind of address: literal words in quotes, then the types of what the caller gives (`'user' pubkey u16`).
    `types` is a table for `layout.read_tables`. `accounts` gives each account's whole size in bytes, discriminator
    included: a program that was replaced in place is noticed by it. `instructions` by name: accounts with `+w`
    (written) and `+s` (signs), then `|` and the arguments; `owners` are those that only an owner's own wallet signs.
    `markets` are perp symbols in the order of their index.
    """

    name: str
    program: str
    collateral: str
    collateral_mint: str
    collateral_decimals: int
    seeds: Mapping[str, str]
    types: str
    accounts: Mapping[str, int]
    events: tuple[str, ...]
    instructions: str
    owners: str
    markets: tuple[str, ...]
