"""Keys, wallets, links and approvals over HTTP: what only the owner does, signed in; decides none of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.auth import CoreIn, DoorIn, Owning
from api.schemas import whole
from api.schemas_access import ApproveIn, ChallengeIn, ChallengeOut, ClaimIn, KeyIn, ProofIn
from api.shapes_owner import ApprovalsOut, CodeOut, DoneOut, KeysOut, LinksOut, WalletsOut
from api.views import approval_view, challenge_view, key_view, reply
from core.app.identity import Proof
from core.codec import to_json
from core.ports.access import Approval

router = APIRouter(prefix="/api", tags=["owner"])
RowId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,40}$", examples=["a_064qj3w4m8x2v5k7p0"])]
Address = Annotated[str, Path(pattern=r"^[1-9A-HJ-NP-Za-km-z]{32,44}$")]


def done(result: Any, status: int = 200) -> Response:
    """What came of an act: an approval that waits, a key's secret, or just that it is done."""
    if isinstance(result, Approval):
        return reply({"done": False, "approval": approval_view(result)}, 202)
    secret = {"secret": result} if isinstance(result, str) else {}
    return reply({"done": True} | secret, status)


WAITS: dict[int | str, dict[str, Any]] = {202: {"model": DoneOut, "description": "Waits for a wallet's signature"}}


@router.get("/api-keys", response_model=KeysOut)
async def keys(caller: Owning, core: CoreIn) -> Response:
    """Keys of the owner's programs."""
    return reply({"api_keys": [key_view(key) for key in await core.keys.list(caller.owner)]})


@router.post("/api-keys", response_model=DoneOut, status_code=201, responses=WAITS)
async def create_key(body: KeyIn, caller: Owning, core: CoreIn) -> Response:
    """A key for a program; its secret is shown this once. One that confirms by itself needs caps and a signature."""
    cap = None if body.max_order_usd is None else whole(body.max_order_usd)
    made = await core.keys.create(
        caller.owner,
        body.name,
        body.scopes,
        max_order_usd=cap,
        max_rules_a_day=body.max_rules_a_day,
        days=body.days,
    )
    return done(made, 201)


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_key(key_id: RowId, caller: Owning, core: CoreIn, door: DoorIn) -> Response:
    """Make a key useless from now on."""
    await core.keys.revoke(caller.owner, key_id)
    door.forget(caller.owner)
    return Response(status_code=204)


@router.get("/wallets", response_model=WalletsOut)
async def wallets(caller: Owning, core: CoreIn) -> Response:
    """Wallets that sign in as the owner."""
    found = [{"address": it.address, "created_at": it.created_at} for it in await core.wallets.list(caller.owner)]
    return reply({"wallets": to_json(found)})


@router.post("/wallets/challenge", response_model=ChallengeOut)
async def wallet_challenge(body: ChallengeIn, caller: Owning, core: CoreIn) -> Response:
    """What a wallet must sign to be linked."""
    return reply(challenge_view(await core.wallets.challenge(caller.owner, body.address)))


@router.post("/wallets", response_model=DoneOut, status_code=201, responses=WAITS)
async def add_wallet(body: ProofIn, caller: Owning, core: CoreIn) -> Response:
    """Link the wallet that signed; where there is one already, that one must agree."""
    proof = Proof(nonce=body.nonce, signature=body.signature, transaction=body.transaction)
    return done(await core.wallets.add(caller.owner, proof), 201)


@router.delete("/wallets/{address}", response_model=DoneOut, responses=WAITS)
async def remove_wallet(address: Address, caller: Owning, core: CoreIn) -> Response:
    """Unlink a wallet, once one of the owner's has signed."""
    return done(await core.wallets.remove(caller.owner, address))


@router.get("/approvals", response_model=ApprovalsOut)
async def approvals(caller: Owning, core: CoreIn) -> Response:
    """What waits for a signature."""
    return reply({"approvals": [approval_view(waits) for waits in await core.consent.waiting(caller.owner)]})


@router.post("/approvals/{approval_id}/challenge", response_model=ChallengeOut)
async def approval_challenge(approval_id: RowId, body: ApproveIn, caller: Owning, core: CoreIn) -> Response:
    """What one of the owner's wallets must sign to approve."""
    return reply(challenge_view(await core.consent.challenge(caller.owner, approval_id, body.address)))


@router.post("/approvals/{approval_id}/sign", response_model=DoneOut)
async def approve(approval_id: RowId, body: ProofIn, caller: Owning, core: CoreIn, door: DoorIn) -> Response:
    """Approve with a fresh signature; it is done at once."""
    proof = Proof(nonce=body.nonce, signature=body.signature, transaction=body.transaction)
    agreed = await core.consent.settle(caller.owner, approval_id, proof)
    door.forget(caller.owner)  # what was agreed to may be that the account is gone
    return done(agreed)


@router.post("/approvals/{approval_id}/decline", status_code=204)
async def decline(approval_id: RowId, caller: Owning, core: CoreIn) -> Response:
    """Let it not be done."""
    await core.consent.settle(caller.owner, approval_id, None)
    return Response(status_code=204)


@router.get("/links", response_model=LinksOut)
async def links(caller: Owning, core: CoreIn) -> Response:
    """Where the owner's cards go, and who waits to be linked."""
    places = [to_json(place) for place in await core.links.list(caller.owner)]
    return reply({"links": places, "claims": [to_json(claim) for claim in await core.links.claims(caller.owner)]})


@router.post("/links", response_model=CodeOut, status_code=201)
async def offer_link(caller: Owning, core: CoreIn) -> Response:
    """A code to send to the bot as `/link CODE`; what comes of it waits here to be agreed to."""
    code, expires_at = await core.links.offer(caller.owner)
    return reply({"code": code, "expires_at": to_json(expires_at)}, 201)


@router.post("/links/{claim_id}", status_code=204)
async def settle_link(claim_id: RowId, body: ClaimIn, caller: Owning, core: CoreIn) -> Response:
    """Link who waits, or send them away."""
    await core.links.settle(caller.owner, claim_id, agree=body.agree, by=caller.by)
    return Response(status_code=204)


@router.delete("/links/{channel}/{address}", status_code=204)
async def remove_link(
    channel: Annotated[str, Path(pattern=r"^[a-z]{1,20}$")],
    address: Annotated[str, Path(pattern=r"^[0-9A-Za-z_.:@-]{1,80}$")],
    caller: Owning,
    core: CoreIn,
) -> Response:
    """Stop telling the owner anything there."""
    await core.links.remove(caller.owner, channel, address, by=caller.by)
    return Response(status_code=204)
