"""Who calls and what they may do: tokens, cookies and keys → a Caller; decides permission, never identity."""

import hmac
import time
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from fastapi import Depends, Request, Response
from starlette.requests import HTTPConnection

from api.errors import Refused
from api.throttle import Throttle
from core.app import Core
from core.app.identity import SESSION_LIFE, SignedIn
from core.domain.ids import OwnerId
from core.ports.access import ApiKey

ACCESS_S = 600
ACCESS_COOKIE, REFRESH_COOKIE, CSRF_COOKIE = "saywhen_access", "saywhen_refresh", "saywhen_csrf"
CSRF_HEADER = "x-csrf-token"
REFRESH_PATH = "/api/auth"
BELIEVED_S = 2.0
"""How long a credential that was good is believed to be, for looking; whatever changes something is asked about."""
_MOST_KNOWN = 20_000
_ALL = frozenset({"read", "write", "trade", "owner"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_AUDIENCE = "saywhen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """An owner, by a session or by a program's key, and what that credential may do."""

    owner: OwnerId
    by: str
    scopes: frozenset[str]
    key: ApiKey | None = None

    @property
    def key_id(self) -> str | None:
        """The program's key, where it is one that calls."""
        return None if self.key is None else self.key.id


class Doorkeeper:
    """Issues and reads access tokens, and remembers for two seconds whom it let in."""

    def __init__(self, core: Core, secret: str, throttle: Throttle) -> None:
        self._core = core
        self._secret = secret
        self._known: dict[str, tuple[float, Caller]] = {}
        self._good: dict[str, float] = {}
        self.throttle = throttle
        self.secure = core.settings.public_url.startswith("https://")
        self.origins = {core.settings.public_url, *core.settings.other_origins}

    # --- tokens ------------------------------------------------------------------------------------------------

    def access_token(self, signed_in: SignedIn) -> str:
        """Good for ten minutes, and only as long as its session is."""
        now = int(time.time())
        claims = {
            "sub": str(signed_in.session.owner),
            "sid": signed_in.session.id,
            "aud": _AUDIENCE,
            "iat": now,
            "exp": now + ACCESS_S,
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def csrf_token(self, session_id: str) -> str:
        """What a page must repeat in a header; another site's page cannot know it."""
        return hmac.digest(self._secret.encode(), f"csrf {session_id}".encode(), "sha256").hex()

    def set_cookies(self, response: Response, signed_in: SignedIn) -> None:
        """Access and refresh where scripts cannot read them, the CSRF token where they can."""
        options: dict[str, Any] = {"secure": self.secure, "samesite": "strict"}
        life = int(SESSION_LIFE.total_seconds())
        response.set_cookie(ACCESS_COOKIE, self.access_token(signed_in), ACCESS_S, httponly=True, path="/", **options)
        response.set_cookie(REFRESH_COOKIE, signed_in.refresh_token, life, httponly=True, path=REFRESH_PATH, **options)
        response.set_cookie(CSRF_COOKIE, self.csrf_token(signed_in.session.id), life, path="/", **options)

    def clear_cookies(self, response: Response) -> None:
        """Forget all three."""
        for name, path in ((ACCESS_COOKIE, "/"), (REFRESH_COOKIE, REFRESH_PATH), (CSRF_COOKIE, "/")):
            response.delete_cookie(name, path=path, secure=self.secure, samesite="strict", httponly=name != CSRF_COOKIE)

    # --- letting in --------------------------------------------------------------------------------------------

    async def admit(self, credential: str, *, believed: bool = True) -> Caller:
        """Who an access token or a key belongs to. Raises Refused.

        Where it is not *believed*, the database is asked also about one that was let in a moment ago.
        """
        known = self.recall(credential)
        if known is not None and (believed or await self._core.identity.is_good(known.by)):
            return known
        self._known.pop(credential, None)
        caller = await (self._by_key if credential.startswith("sw_") else self._by_token)(credential)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
            self._good.clear()
        self._known[credential] = (time.monotonic() + BELIEVED_S, caller)
        return caller

    def recall(self, credential: str) -> Caller | None:
        """Who it belongs to, if it was let in within the last two seconds."""
        known = self._known.get(credential)
        return known[1] if known is not None and time.monotonic() < known[0] else None

    async def still_good(self, caller: Caller, seconds: float) -> bool:
        """Whether what *caller* came in with is good still; asked once in *seconds* for all that came in with it."""
        now = time.monotonic()
        if now < self._good.get(caller.by, 0.0):
            return True
        self._good[caller.by] = now + seconds
        good = await self._core.identity.is_good(caller.by)
        if not good:
            self._good.pop(caller.by, None)
        return good

    def forget(self, owner: OwnerId) -> None:
        """Ask anew about every credential of *owner*: something was revoked here."""
        gone = {known.by for _, known in self._known.values() if known.owner == owner}
        self._known = {name: known for name, known in self._known.items() if known[1].owner != owner}
        self._good = {by: until for by, until in self._good.items() if by not in gone}

    async def _by_key(self, secret: str) -> Caller:
        key = await self._core.keys.find(secret)
        if key is None:
            raise unauthorized("This key is revoked, expired or was never made.")
        return Caller(owner=key.owner, by=key.id, scopes=frozenset(key.scopes), key=key)

    async def _by_token(self, token: str) -> Caller:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub", "sid", "aud"]},
            )
        except jwt.InvalidTokenError:
            raise unauthorized("Your access has expired or is not ours.") from None
        session = await self._core.identity.session(str(claims["sid"]))
        if session is None or str(session.owner) != claims["sub"]:
            raise unauthorized("You are signed out.")
        return Caller(owner=session.owner, by=session.id, scopes=_ALL)

    def check_origin(self, connection: HTTPConnection) -> None:
        """A browser names the page that asks; a foreign one may not. Raises Refused."""
        origin = connection.headers.get("origin")
        if origin is not None and origin not in self.origins:
            raise Refused(403, "foreign_origin", "This page may not do that.", "Use the address of SayWhen itself.")


def unauthorized(message: str) -> Refused:
    """Who are you?"""
    headers = {"WWW-Authenticate": 'Bearer realm="saywhen"'}
    return Refused(401, "not_signed_in", message, "Sign in again.", headers)


def core_of(connection: HTTPConnection) -> Core:
    """The Core this application answers from."""
    core: Core = connection.app.state.core
    return core


def door_of(connection: HTTPConnection) -> Doorkeeper:
    """The application's Doorkeeper."""
    door: Doorkeeper = connection.app.state.door
    return door


def bearer_of(connection: HTTPConnection) -> str | None:
    """The token or key in the Authorization header, if there is one."""
    kind, _, credential = connection.headers.get("authorization", "").partition(" ")
    return credential.strip() or None if kind.lower() == "bearer" else None


def address_of(connection: HTTPConnection) -> str:
    """The network address that asks, as a trusted proxy tells it."""
    return "" if connection.client is None else connection.client.host


async def _caller(request: Request) -> Caller:
    door = door_of(request)
    credential, looks = bearer_of(request), request.method in _SAFE
    cookie = request.cookies.get(ACCESS_COOKIE) if credential is None else None
    if cookie is not None and cookie.startswith("sw_"):
        cookie = None
    try:
        if credential is None and cookie is None:
            raise unauthorized("Nobody is signed in.")
        caller = await door.admit(credential or cookie or "", believed=looks)
    except Refused:
        await door.throttle.charge_stranger(address_of(request))
        raise
    if cookie is not None and not looks:
        door.check_origin(request)
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), door.csrf_token(caller.by).encode()):
            hint = "Send the value of the cookie saywhen_csrf in the header X-CSRF-Token."
            raise Refused(403, "csrf", "The request does not come from our page.", hint)
    await door.throttle.charge(caller.owner, caller.key_id, writes=not looks)
    return caller


def _may(scope: str) -> Any:
    async def check(request: Request) -> Caller:
        caller = await _caller(request)
        if scope not in caller.scopes:
            detail = f"This credential may not {_DEEDS[scope]}."
            raise Refused(403, "scope", detail, f"Use one with the scope {scope!r}.")
        return caller

    return check


_DEEDS = {
    "read": "look",
    "write": "change anything",
    "trade": "agree to a trade",
    "owner": "do what only the owner does, signed in",
}

Reading = Annotated[Caller, Depends(_may("read"))]
Writing = Annotated[Caller, Depends(_may("write"))]
Trading = Annotated[Caller, Depends(_may("trade"))]
Owning = Annotated[Caller, Depends(_may("owner"))]


async def _core(request: Request) -> Core:
    return core_of(request)


async def _door(request: Request) -> Doorkeeper:
    return door_of(request)


CoreIn = Annotated[Core, Depends(_core)]
DoorIn = Annotated[Doorkeeper, Depends(_door)]
