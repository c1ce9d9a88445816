"""What goes in and out when somebody signs in, makes keys and agrees, as OpenAPI knows it; decides no value."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Address, Given, In, Scope, Text


class ChallengeIn(In):
    """Who is about to sign."""

    address: Address


class ChallengeOut(BaseModel):
    """What to sign: `input` for `solana:signIn`, or `message` for `signMessage`, or the memo transaction."""

    nonce: str
    input: dict[str, str]
    message: str
    memo_transaction: str
    expires_at: datetime


class ProofIn(In):
    """A challenge's nonce with its signature, or with the signed memo transaction, in base64."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"nonce": "0" * 32, "signature": "c2lnbmF0dXJl"}]}
    )
    nonce: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    signature: Annotated[str, Field(max_length=200)] | None = None
    transaction: Annotated[str, Field(max_length=2_000)] | None = None


class Deliver(In):
    """Where the tokens go: into cookies, for a browser, or into the body, for a program."""

    deliver: Literal["cookie", "body"] = "cookie"


class WalletSignIn(ProofIn):
    """Signing in with a wallet."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"nonce": "0" * 32, "signature": "c2lnbmF0dXJl", "deliver": "cookie"}]},
    )
    deliver: Literal["cookie", "body"] = "cookie"


class LinkSignIn(Deliver):
    """Signing in with a link from a bot."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"token": "x" * 43, "deliver": "cookie"}]}
    )
    token: Annotated[str, Field(min_length=20, max_length=100, pattern=r"^[0-9A-Za-z_-]+$")]


class TelegramSignIn(Deliver):
    """Signing in from a Telegram Mini App."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"init_data": "auth_date=1772452800&user=%7B%22id%22%3A7%7D&hash=00"}]},
    )
    init_data: Annotated[Text, Field(max_length=4_096)]


class RefreshIn(Deliver):
    """The refresh token, where it is not in the cookie."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"refresh_token": "w_064qj3w4m8x2v5k7p0.1.secret"}]}
    )
    refresh_token: Annotated[str, Field(max_length=200, pattern=r"^[0-9A-Za-z_.-]+$")] | None = None


class SignedInOut(BaseModel):
    """Signed in. The tokens are here only where they were asked for in the body."""

    owner: int
    session_id: str
    how: str
    csrf_token: str
    expires_in: int
    access_token: str | None = None
    refresh_token: str | None = None


class SessionOut(BaseModel):
    """Where the owner is signed in."""

    id: str
    how: str
    created_at: datetime
    expires_at: datetime
    current: bool


class CallerOut(BaseModel):
    """Who is asking. A page on another host than the API cannot read the CSRF cookie, hence its token is here too."""

    owner: int
    by: str
    scopes: list[str]
    csrf_token: str | None = None


class KeyIn(In):
    """A program's key: what it may do, for how many days, and its own caps where it confirms by itself."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "my script", "scopes": ["read", "write"], "days": 90}]}
    )
    name: Annotated[Text, Field(min_length=1, max_length=60)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)]
    max_order_usd: Given | None = None
    max_rules_a_day: Annotated[int, Field(ge=1, le=1_000)] | None = None
    days: Annotated[int, Field(ge=1, le=3_650)] | None = None


class ClaimIn(In):
    """Whether to link who waits."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"agree": True}]})

    agree: bool


class ApproveIn(In):
    """Which wallet will sign."""

    address: Address


class ChooseIn(In):
    """Which wallet's account is traded, and who signs: our key, or the wallet each time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"address": "So11111111111111111111111111111111111111112", "how": "delegate"}]},
    )
    address: Address
    how: Literal["delegate", "approve"]


class SetUpIn(In):
    """What to put into the account on the way, in the venue's quote coin; nothing where it is left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"deposit": "100"}]})
    deposit: Given | None = None


class SignedIn(In):
    """The transaction as the wallet signed it, in base64."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"transaction": "AQ=="}]})
    transaction: Annotated[str, Field(max_length=2_000)]
