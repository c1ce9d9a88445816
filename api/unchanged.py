"""Answers that have not changed, given before the router is asked; decides only that nothing has changed.

A dashboard asks for its rules again and again. Matching seventy routes and their parameters costs several times what
it costs to see that the credential was good a moment ago and that nothing of its owner's has happened since. Whatever
is not plainly that goes on to the route, which decides everything.
"""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import ACCESS_COOKIE, Doorkeeper
from api.errors import Refused, of
from api.listed import Listings


@dataclass(frozen=True, slots=True)
class _Named:
    """What the access log and the figures call a route by."""

    path: str


_RULES = _Named("/api/rules")


class Unchanged:
    """Pure ASGI around the application: `GET /api/rules` from `app.state.rules`, while it holds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == _RULES.path and scope["method"] == "GET":
            body = None
            if not scope["query_string"]:
                try:
                    body = await self._kept(scope)
                except Refused as refused:
                    scope["route"] = _RULES
                    await of(refused)(scope, receive, send)
                    return
            if body is not None:
                scope["route"] = _RULES
                headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self._app(scope, receive, send)

    async def _kept(self, scope: Scope) -> bytes | None:
        """The rules as they were answered last, if they still are so. Raises Refused for too many requests."""
        state = scope["app"].state
        door: Doorkeeper = state.door
        caller = door.recall(_credential(scope))
        if caller is None or "read" not in caller.scopes:
            return None
        listings: Listings = state.rules
        body = await listings.kept(state.core, caller.owner, "live")
        if body is not None:
            await door.throttle.charge(caller.owner, caller.key_id, writes=False)
        return body


def _credential(scope: Scope) -> str:
    """The token or key, or the access cookie, as the route would read it; "" where that is not plain."""
    cookie = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return value[7:].decode("latin-1") if value.startswith(b"Bearer ") else ""
        if name == b"cookie":
            cookie = value
    lead = f"{ACCESS_COOKIE}=".encode()
    found = [part[len(lead) :] for part in cookie.split(b"; ") if part.startswith(lead)]
    # A key never comes by cookie; two cookies of one name are for the route to refuse.
    return found[0].decode("latin-1") if len(found) == 1 and not found[0].startswith(b"sw_") else ""
