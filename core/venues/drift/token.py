"""Coins in wallets: where a wallet keeps a coin, and how much its account says it holds; moves nothing.

Source: the SPL token program's `Account` (165 bytes) and the associated token program's derivation.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solders.pubkey import Pubkey

PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
_ASSOCIATED = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"
SIZE = 165
_MINT, _OWNER, _AMOUNT = slice(0, 32), slice(32, 64), slice(64, 72)
_STATE, _INITIALIZED = 108, 1


def place_of(wallet: "Pubkey", mint: "Pubkey") -> "Pubkey":
    """The address at which *wallet* keeps the coin of *mint*."""
    from solders.pubkey import Pubkey

    seeds = [bytes(wallet), bytes(Pubkey.from_string(PROGRAM)), bytes(mint)]
    return Pubkey.find_program_address(seeds, Pubkey.from_string(_ASSOCIATED))[0]


def held_in(content: bytes | None, wallet: "Pubkey", mint: "Pubkey") -> int:
    """Units of the coin that an account's bytes hold for *wallet*; 0 where it is no such account."""
    if content is None or len(content) < SIZE or content[_STATE] != _INITIALIZED:
        return 0
    if content[_MINT] != bytes(mint) or content[_OWNER] != bytes(wallet):
        return 0
    return int.from_bytes(content[_AMOUNT], "little")


def written(wallet: "Pubkey", mint: "Pubkey", units: int) -> bytes:
    """An account's bytes that hold *units* for *wallet*."""
    body = bytearray(SIZE)
    body[_MINT], body[_OWNER] = bytes(mint), bytes(wallet)
    body[_AMOUNT] = units.to_bytes(8, "little")
    body[_STATE] = _INITIALIZED
    return bytes(body)
