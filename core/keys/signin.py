"""Sign-In With Solana: the text a wallet is asked to sign, and whether it did; decides nobody's permissions.

Protocol: Wallet Standard `solana:signIn` 1.0: the wallet signs the text below, byte for
byte. We rebuild it from our own copy and never trust a text that comes back. A wallet that can sign transactions only
(most hardware ones) signs one that is never sent: a single memo instruction that carries the nonce.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core.domain.errors import BadInput, Denied

CHALLENGE_LIFE = timedelta(minutes=5)
MEMO_PROGRAMS = ("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr", "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo")
LONGEST_TRANSACTION = 1232
"""The protocol's own limit on a transaction's bytes."""


def challenge_input(
    *, domain: str, uri: str, address: str, nonce: str, statement: str, now: datetime
) -> dict[str, str]:
    """The fields of `solana:signIn`, made by us; what the wallet shows."""
    return {
        "domain": domain,
        "address": address,
        "statement": statement,
        "uri": uri,
        "version": "1",
        "chainId": "mainnet",
        "nonce": nonce,
        "issuedAt": _moment(now),
        "expirationTime": _moment(now + CHALLENGE_LIFE),
    }


def challenge_text(fields: Mapping[str, Any]) -> str:
    """The text that a wallet makes of the fields and signs."""
    return (
        f"{fields['domain']} wants you to sign in with your Solana account:\n{fields['address']}\n\n"
        f"{fields['statement']}\n\nURI: {fields['uri']}\nVersion: {fields['version']}\n"
        f"Chain ID: {fields['chainId']}\nNonce: {fields['nonce']}\n"
        f"Issued At: {fields['issuedAt']}\nExpiration Time: {fields['expirationTime']}"
    )


def memo_text(fields: Mapping[str, Any]) -> str:
    """What the memo of a transaction must say that stands for a signed message."""
    return f"{fields['domain']}: {fields['statement']} Nonce: {fields['nonce']}"


def read_address(text: str) -> str:
    """*text* if it is a Solana address of an ordinary wallet: 32 bytes in base58. Raises BadInput."""
    from solders.pubkey import Pubkey

    try:
        key = Pubkey.from_string(text)
    except ValueError:
        raise BadInput("Expected a Solana address.", "Copy it from your wallet; it has 32 to 44 characters.") from None
    if not key.is_on_curve():
        raise BadInput("That address belongs to a program and cannot sign.", "Use your wallet's own address.")
    return str(key)


def check_message(fields: Mapping[str, Any], signature: bytes) -> None:
    """Raises Denied unless *signature* is the address's own over exactly the text of *fields*."""
    from nacl.exceptions import BadSignatureError
    from nacl.signing import VerifyKey
    from solders.pubkey import Pubkey

    key = bytes(Pubkey.from_string(str(fields["address"])))
    try:
        VerifyKey(key).verify(challenge_text(fields).encode(), signature)
    except (BadSignatureError, ValueError, TypeError):
        raise Denied(
            "The signature is not by the account that was chosen.",
            "Choose that account in the wallet, begin again, and sign what is asked then.",
        ) from None


def check_memo(fields: Mapping[str, Any], transaction: bytes) -> None:
    """Raises Denied unless *transaction* does nothing but carry the challenge, signed by the address as its payer."""
    from solders.pubkey import Pubkey
    from solders.transaction import VersionedTransaction

    hint = "Sign the memo transaction of the challenge, unchanged."
    try:
        if len(transaction) > LONGEST_TRANSACTION:
            raise ValueError
        signed = VersionedTransaction.from_bytes(transaction)
        message = signed.message
        valid = bool(signed.verify_with_results()[0])
    except Exception:  # noqa: BLE001 - the library has an error of its own for each way bytes can be wrong
        raise Denied("That is no signed transaction.", hint) from None
    keys = message.account_keys
    if len(message.instructions) != 1 or not keys or not valid:
        raise Denied("The transaction is not the one that was asked for, or not signed.", hint)
    (instruction,) = message.instructions
    index = instruction.program_id_index
    program = str(keys[index]) if index < len(keys) else ""
    says = bytes(instruction.data) == memo_text(fields).encode()
    if program not in MEMO_PROGRAMS or not says or keys[0] != Pubkey.from_string(str(fields["address"])):
        raise Denied("The transaction is not the one that was asked for.", hint)


def memo_transaction(fields: Mapping[str, Any]) -> bytes:
    """The unsigned transaction for a wallet that signs transactions only. Its blockhash is zero: it can never land."""
    from solders.hash import Hash
    from solders.instruction import AccountMeta, Instruction
    from solders.message import Message
    from solders.pubkey import Pubkey
    from solders.transaction import Transaction

    payer = Pubkey.from_string(str(fields["address"]))
    memo = Instruction(
        Pubkey.from_string(MEMO_PROGRAMS[0]),
        memo_text(fields).encode(),
        [AccountMeta(payer, is_signer=True, is_writable=True)],
    )
    return bytes(Transaction.new_unsigned(Message.new_with_blockhash([memo], payer, Hash.default())))


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
