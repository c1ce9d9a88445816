"""Signing in and out over HTTP; decides where the tokens go, not who is let in."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response

from api.auth import (
    ACCESS_S,
    REFRESH_COOKIE,
    CoreIn,
    DoorIn,
    Doorkeeper,
    Owning,
    Reading,
    address_of,
    door_of,
    unauthorized,
)
from api.errors import Refused
from api.schemas_access import (
    CallerOut,
    ChallengeIn,
    ChallengeOut,
    Deliver,
    LinkSignIn,
    RefreshIn,
    SessionOut,
    SignedInOut,
    TelegramSignIn,
    WalletSignIn,
)
from api.views import challenge_view, reply
from core.app.identity import Proof, SignedIn
from core.codec import to_json
from core.domain.errors import Denied


async def _from_here(request: Request) -> None:
    """Before anybody is signed in: no foreign page, and not too often from one address."""
    door = door_of(request)
    door.check_origin(request)
    await door.throttle.charge_sign_in(address_of(request))


router = APIRouter(prefix="/api/auth", tags=["signing in"])
public = APIRouter(prefix="/api/auth", tags=["signing in"], dependencies=[Depends(_from_here)])


def _signed_in(door: Doorkeeper, signed_in: SignedIn, deliver: Literal["cookie", "body"], status: int) -> Response:
    session = signed_in.session
    body = {
        "owner": session.owner,
        "session_id": session.id,
        "how": session.how,
        "csrf_token": door.csrf_token(session.id),
        "expires_in": ACCESS_S,
    }
    if deliver == "body":
        body |= {"access_token": door.access_token(signed_in), "refresh_token": signed_in.refresh_token}
    response = reply(body, status)
    if deliver == "cookie":
        door.set_cookies(response, signed_in)
    return response


@public.post("/challenge", response_model=ChallengeOut)
async def challenge(body: ChallengeIn, core: CoreIn) -> Response:
    """A text for a wallet to sign, good for five minutes and for one use."""
    return reply(challenge_view(await core.identity.challenge(body.address)))


@public.post("/wallet", response_model=SignedInOut, status_code=201)
async def wallet(body: WalletSignIn, core: CoreIn, door: DoorIn) -> Response:
    """Sign in with a signed challenge, or with the signed memo transaction of a wallet that signs no messages."""
    proof = Proof(nonce=body.nonce, signature=body.signature, transaction=body.transaction)
    return _signed_in(door, await core.identity.by_wallet(proof), body.deliver, 201)


@public.post("/paper", response_model=SignedInOut, status_code=201)
async def paper(body: Deliver, core: CoreIn, door: DoorIn) -> Response:
    """A new account with play money, which needs no wallet."""
    return _signed_in(door, await core.identity.as_paper(), body.deliver, 201)


@public.post("/link", response_model=SignedInOut, status_code=201)
async def link(body: LinkSignIn, core: CoreIn, door: DoorIn) -> Response:
    """Sign in with the one-time link that a bot gave on /web."""
    return _signed_in(door, await core.identity.by_link(body.token), body.deliver, 201)


@public.post("/telegram", response_model=SignedInOut, status_code=201)
async def telegram(body: TelegramSignIn, core: CoreIn, door: DoorIn) -> Response:
    """Sign in from a Telegram Mini App with its initData."""
    return _signed_in(door, await core.identity.by_telegram(body.init_data), body.deliver, 201)


@public.post("/refresh", response_model=SignedInOut)
async def refresh(body: RefreshIn, request: Request, core: CoreIn, door: DoorIn) -> Response:
    """New tokens for the refresh token, which is used up. Using an old one again signs the session out."""
    token = body.refresh_token or request.cookies.get(REFRESH_COOKIE)
    if token is None:
        raise unauthorized("There is no refresh token.")
    try:
        signed_in = await core.identity.refresh(token)
    except Denied as problem:
        raise Refused(401, "signed_out", str(problem), problem.hint) from None
    return _signed_in(door, signed_in, "body" if body.refresh_token else body.deliver, 200)


@router.get("/me", response_model=CallerOut)
async def me(caller: Reading, door: DoorIn) -> Response:
    """Who is asking, and what this credential may do."""
    csrf = door.csrf_token(caller.by) if caller.key is None else None
    return reply({"owner": caller.owner, "by": caller.by, "scopes": sorted(caller.scopes), "csrf_token": csrf})


@router.get("/sessions", response_model=list[SessionOut])
async def sessions(caller: Owning, core: CoreIn) -> Response:
    """Where the owner is signed in."""
    return reply(
        [
            {
                "id": session.id,
                "how": session.how,
                "created_at": to_json(session.created_at),
                "expires_at": to_json(session.expires_at),
                "current": session.id == caller.by,
            }
            for session in await core.identity.sessions(caller.owner)
        ]
    )


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(
    session_id: Annotated[str, Path(pattern=r"^[0-9a-z_]{1,40}$")], caller: Owning, core: CoreIn, door: DoorIn
) -> Response:
    """Sign one session out; one that is over, or somebody else's, is no session of yours."""
    if not await core.identity.sign_out(caller.owner, session_id):
        raise Refused(404, "not_found", "You have no such session.", "See your sessions.")
    await core.consent.record(caller.owner, "session.ended", caller.by, {"session": session_id})
    door.forget(caller.owner)
    return Response(status_code=204)


@router.post("/sign-out", status_code=204)
async def sign_out(caller: Owning, core: CoreIn, door: DoorIn) -> Response:
    """End this session."""
    await core.consent.record(caller.owner, "session.ended", caller.by, {"session": caller.by})
    return await _out(caller, core, door, caller.by)


@router.post("/sign-out-everywhere", status_code=204)
async def sign_out_everywhere(caller: Owning, core: CoreIn, door: DoorIn) -> Response:
    """End every session of the owner's. Keys of programs stay until they are revoked."""
    await core.consent.record(caller.owner, "session.ended_all", caller.by)
    return await _out(caller, core, door, None)


async def _out(caller: Owning, core: CoreIn, door: DoorIn, session_id: str | None) -> Response:
    await core.identity.sign_out(caller.owner, session_id)
    door.forget(caller.owner)
    response = Response(status_code=204)
    door.clear_cookies(response)
    return response
