"""Who somebody is: challenges, proofs and sessions; decides who is let in, not what they may do."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from core.app.parts import Parts
from core.domain.errors import Denied, NotConfigured
from core.domain.ids import OwnerId, new_id
from core.keys import initdata, signin
from core.ports.access import AuditLine, Credentials, Once, People, Purpose, Session

SESSION_LIFE = timedelta(days=30)
ROTATION_GRACE = timedelta(seconds=10)
"""Two tabs may refresh at once: the slower is refused, and only what comes later counts as a stolen token."""
SIGN_IN = "Sign in to SayWhen. This signs no transaction and costs nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a wallet is asked to sign: the fields for `solana:signIn`, the same as text, and the memo transaction."""

    nonce: str
    input: dict[str, str]
    message: str
    memo_transaction: str
    """Base64 of an unsigned transaction, for a wallet that cannot sign messages; it is never sent."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A challenge's nonce with the signature, or with the signed memo transaction, in base64."""

    nonce: str
    signature: str | None = None
    transaction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session, with the only copy of its refresh token."""

    session: Session
    refresh_token: str


class Identity:
    """Signing in and out. What proves somebody is used once, compared with our own copy, and expires."""

    def __init__(self, parts: Parts, credentials: Credentials, people: People) -> None:
        self._parts = parts
        self._credentials = credentials
        self._people = people

    async def challenge(
        self,
        address: str,
        purpose: Literal["sign_in", "link_wallet", "approve"] = "sign_in",
        *,
        owner: OwnerId | None = None,
        statement: str = SIGN_IN,
        about: str = "",
    ) -> Challenge:
        """A text for the wallet at *address* to sign, good for five minutes and for one use. Raises BadInput."""
        now = self._parts.clock.now()
        url = self._parts.settings.public_url
        nonce = secrets.token_hex(16)
        fields = signin.challenge_input(
            domain=urlsplit(url).netloc,
            uri=url,
            address=signin.read_address(address),
            nonce=nonce,
            statement=statement,
            now=now,
        )
        expires_at = now + signin.CHALLENGE_LIFE
        detail = {"input": fields, "about": about}
        once = Once(purpose=purpose, key=nonce, owner=owner, detail=detail, created_at=now, expires_at=expires_at)
        await self._credentials.put(once)
        return Challenge(
            nonce=nonce,
            input=fields,
            message=signin.challenge_text(fields),
            memo_transaction=base64.b64encode(signin.memo_transaction(fields)).decode(),
            expires_at=expires_at,
        )

    async def prove(self, proof: Proof, purpose: Purpose, *, owner: OwnerId | None = None, about: str = "") -> str:
        """The address that signed the challenge. Raises Denied; the challenge is used up either way."""
        once = await self._credentials.take(purpose, proof.nonce, self._parts.clock.now())
        if once is None or once.owner != owner or once.detail.get("about") != about:
            raise Denied("What was signed is too old, was used already, or is not ours.", "Begin again, and sign anew.")
        fields: dict[str, Any] = once.detail["input"]
        if proof.transaction is not None:
            signin.check_memo(fields, _bytes(proof.transaction))
        else:
            signin.check_message(fields, _bytes(proof.signature or ""))
        return str(fields["address"])

    async def by_wallet(self, proof: Proof) -> SignedIn:
        """The owner of the wallet that signed, made if there is none. Raises Denied."""
        address = await self.prove(proof, "sign_in")
        owner = await self._people.of_wallet(address, self._parts.clock.now())
        return await self._begin(owner, f"wallet {address}")

    async def as_paper(self) -> SignedIn:
        """A new owner on the paper venue, who needs no wallet. Raises NotConfigured where a venue trades real money."""
        if not self._parts.venue.simulated:
            raise NotConfigured("Accounts without a wallet exist on paper only.", "Sign in with a wallet.")
        return await self._begin(await self._people.create(self._parts.clock.now()), "paper")

    async def by_link(self, token: str) -> SignedIn:
        """Whoever a bot gave the link to. Raises Denied."""
        once = await self._credentials.take("web", digest(token), self._parts.clock.now())
        if once is None or once.owner is None:
            raise Denied("This link is used or has expired.", "Ask the bot for a new one with /web.")
        return await self._begin(once.owner, f"link from {once.detail.get('channel', 'a bot')}")

    async def by_telegram(self, init_data: str) -> SignedIn:
        """The owner of the Telegram account that opened the Mini App. Raises Denied, or NotConfigured without a bot."""
        token = self._parts.settings.telegram_token
        if token is None:
            raise NotConfigured("No Telegram bot is configured here.", "Sign in another way.")
        now = self._parts.clock.now()
        user, name, expires_at = initdata.read_init_data(init_data, token.get_secret_value(), now)
        fresh = Once(purpose="init_data", key=name, created_at=now, expires_at=expires_at)
        if not await self._credentials.put(fresh):
            raise Denied("This sign-in of Telegram's was used already.", "Open the Mini App anew.")
        known = await self._parts.store.owner_of("telegram", user)
        owner = known if known is not None else await self._parts.store.create_owner("telegram", user, now)
        return await self._begin(owner, "telegram")

    async def refresh(self, token: str) -> SignedIn:
        """The session with a new secret. A secret that was good once ends the session: two hold it. Raises Denied."""
        gone = Denied("You are signed out.", "Sign in again.")
        session_id, _, rest = token.partition(".")
        number, _, secret = rest.partition(".")
        session = await self._credentials.session(session_id) if number.isdecimal() and len(number) < 9 else None
        now = self._parts.clock.now()
        if session is None or session.ended_at is not None or session.expires_at <= now:
            raise gone
        if int(number) < session.generation:
            if int(number) == session.generation - 1 and now - session.rotated_at < ROTATION_GRACE:
                raise Denied("This was refreshed a moment ago, perhaps in another tab.", "Use the newer one.")
            await self._credentials.end_sessions(session.owner, session.id, now)
            line = AuditLine(owner=session.owner, at=now, act="session.reused", by=session.id)
            await self._people.audit(line)
            raise gone
        if int(number) != session.generation or not hmac.compare_digest(digest(secret), session.secret_hash):
            raise gone
        secret = secrets.token_urlsafe(32)
        newer = replace(session, generation=session.generation + 1, secret_hash=digest(secret), rotated_at=now)
        if not await self._credentials.rotate(newer, was=session.generation):
            raise Denied("This was refreshed a moment ago, perhaps in another tab.", "Use the newer one.")
        return SignedIn(session=newer, refresh_token=f"{newer.id}.{newer.generation}.{secret}")

    async def session(self, session_id: str) -> Session | None:
        """The session if it is still good."""
        session = await self._credentials.session(session_id)
        ended = session is None or session.ended_at is not None or session.expires_at <= self._parts.clock.now()
        return None if ended else session

    async def is_good(self, credential_id: str) -> bool:
        """Whether the session or key of that id is good still."""
        return await self._credentials.is_good(credential_id, self._parts.clock.now())

    async def sessions(self, owner: OwnerId) -> list[Session]:
        """Where the owner is signed in, newest first."""
        return await self._credentials.sessions(owner, self._parts.clock.now())

    async def sign_out(self, owner: OwnerId, session_id: str | None) -> int:
        """End one session, or every one of the owner's where None; how many ended."""
        return await self._credentials.end_sessions(owner, session_id, self._parts.clock.now())

    async def _begin(self, owner: OwnerId, how: str) -> SignedIn:
        now = self._parts.clock.now()
        secret = secrets.token_urlsafe(32)
        session = Session(
            id=new_id("w", now),
            owner=owner,
            how=how,
            secret_hash=digest(secret),
            created_at=now,
            rotated_at=now,
            expires_at=now + SESSION_LIFE,
        )
        await self._credentials.add_session(session)
        await self._people.audit(
            AuditLine(owner=owner, at=now, act="session.began", by=session.id, detail={"how": how})
        )
        return SignedIn(session=session, refresh_token=f"{session.id}.1.{secret}")


def digest(secret: str) -> str:
    """What is kept of a secret of ours; they are long and random, so that no salt or slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Denied("The signature is not in base64.", "Send it as base64.") from None
