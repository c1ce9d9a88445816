"""What the API answers about the wallet that is traded and what it signs, as OpenAPI knows it; decides no value."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from api.schemas import Amount


class CostsOut(BaseModel):
    """What the wallet pays, in SOL: the network's fee; rent, which comes back when the account is closed; the rest."""

    fee: Amount
    rent: Amount
    other: Amount
    total: Amount


class SignableOut(BaseModel):
    """A transaction for the wallet to sign; no other bytes are taken back. `words` say what is in it."""

    id: str
    address: str
    transaction: str
    words: list[str]
    costs: CostsOut
    expires_at: datetime


class WalletTransactionOut(BaseModel):
    """How a transaction of the wallet's own stands."""

    id: str
    kind: Literal["set_up", "revoke", "take_off"]
    state: Literal["built", "sent", "confirmed", "failed", "lapsed"]
    signature: str | None = None
    reason: str = ""


class OnChainOut(BaseModel):
    """The wallet and its account, as the chain has them."""

    account: str
    exists: bool
    delegate: str | None = None
    sol: Amount
    coin: str
    coins: Amount


class SeatOut(BaseModel):
    """Whose account is traded and how. `possible` = the venue knows wallets; where not, nothing else is told."""

    possible: bool
    venue: str
    simulated: bool
    standing: (
        Literal["unlinked", "unchosen", "imported", "no_account", "undelegated", "delegated", "revoked", "approve"]
        | None
    ) = None
    wallets: list[str] = []
    address: str | None = None
    how: Literal["delegate", "approve"] | None = None
    key: str | None = None
    chain: OnChainOut | None = None
    pending: list[WalletTransactionOut] = []


class WaitingOut(BaseModel):
    """An order that waits for its owner's wallet: to be sent, or to be taken off. Sized as of when it was asked."""

    order_id: str
    rule_id: str
    kind: Literal["place", "take_off"]
    market: str
    side: Literal["buy", "sell"] | None = None
    base: Amount | None = None
    type: str | None = None
    price: Amount | None = None
    asked_at: datetime
    expires_at: datetime | None = None


class WaitsOut(BaseModel):
    """Orders that wait, newest first."""

    orders: list[WaitingOut]


class OpenedOut(BaseModel):
    """An order as the wallet is to sign it now. Where `refused` says why the venue would not take it, none is there."""

    order_id: str
    market: str
    side: Literal["buy", "sell"]
    base: Amount
    type: str
    oracle_price: Amount
    worst_price: Amount | None = None
    reduce_only: bool
    fee_usd: Amount
    refused: str = ""
    sign: SignableOut | None = None
