"""The owner's account over HTTP: holdings, switches, settings, limits; decides none of them."""

import dataclasses
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.auth import CoreIn, Owning, Reading, Trading, Writing
from api.routes.rules import own_channel
from api.schemas import CloseIn, DraftOut, LimitsIn, SettingsIn, whole
from api.shapes import AccountOut, KilledOut, PausedOut, PositionsOut, SettingsOut
from api.shapes_owner import AuditOut, LimitsOut
from api.views import account_view, approval_view, draft_view, position_view, reply
from core.codec import to_json
from core.domain.action import Close
from core.domain.condition import Now
from core.domain.errors import NotFound
from core.domain.rule import RuleSpec
from core.domain.wording import say_amount

router = APIRouter(prefix="/api", tags=["account"])


@router.get("/account", response_model=AccountOut)
async def account(caller: Reading, core: CoreIn) -> Response:
    """Equity, margin and positions as they are now."""
    owner = await core.account.owner(caller.owner)
    view = await core.account.view(caller.owner)
    shown = account_view(view, simulated=core.parts.venue.simulated)
    return reply({"owner": owner.id, "paused": owner.paused} | shown)


@router.get("/positions", response_model=PositionsOut)
async def positions(caller: Reading, core: CoreIn) -> Response:
    """Open positions."""
    view = await core.account.view(caller.owner)
    return reply({"positions": [position_view(held) for held in view.positions if held.base != 0]})


@router.post("/positions/{market}/close", response_model=DraftOut, status_code=201)
async def close(
    market: Annotated[str, Path(pattern=r"^[A-Z0-9]{1,12}-PERP$", examples=["SOL-PERP"])],
    body: CloseIn,
    caller: Writing,
    core: CoreIn,
) -> Response:
    """A draft that closes the position, or a part of it, once it is confirmed."""
    held = (await core.account.view(caller.owner)).position(market)
    if held is None:
        raise NotFound(f"You hold nothing of {market}.", "See your positions.")
    spec = RuleSpec(id="r1", condition=Now(), action=Close(market=market, amount_percent=whole(body.amount_percent)))
    words = f"Close {body.amount_percent} % of {say_amount(held.base, market, exact=True)}"
    return reply(draft_view(await core.drafts.propose(caller.owner, (spec,), words, own_channel())), 201)


@router.post("/pause", response_model=PausedOut)
async def pause(caller: Writing, core: CoreIn) -> Response:
    """Stop every rule from firing until resumed. Orders and positions stay."""
    return reply({"paused": (await core.account.pause(caller.owner)).paused})


@router.post("/resume", response_model=PausedOut)
async def resume(caller: Trading, core: CoreIn) -> Response:
    """Watch again what pausing everything stopped."""
    return reply({"paused": (await core.account.resume(caller.owner)).paused})


@router.post("/kill", response_model=KilledOut)
async def kill(caller: Writing, core: CoreIn) -> Response:
    """Pause everything and cancel every order. Positions stay open and are named."""
    event = await core.account.kill(caller.owner)
    await core.consent.record(caller.owner, "kill", caller.by)
    return reply(
        {
            "rules_paused": event.rules_paused,
            "orders_cancelled": event.orders_cancelled,
            "positions": list(event.positions),
        }
    )


@router.get("/settings", response_model=SettingsOut)
async def settings(caller: Reading, core: CoreIn) -> Response:
    """What the owner has set."""
    return reply({"timezone": (await core.account.owner(caller.owner)).timezone})


@router.patch("/settings", response_model=SettingsOut)
async def change_settings(body: SettingsIn, caller: Owning, core: CoreIn) -> Response:
    """Change settings; what is left out stays."""
    owner = await core.account.owner(caller.owner)
    if body.timezone is not None:
        owner = await core.account.set_timezone(caller.owner, body.timezone)
    return reply({"timezone": owner.timezone})


@router.get("/limits", response_model=LimitsOut)
async def limits(caller: Reading, core: CoreIn) -> Response:
    """The limits in force."""
    return reply(to_json(await core.limits.view(caller.owner)))


@router.patch("/limits", response_model=LimitsOut)
async def change_limits(body: LimitsIn, caller: Owning, core: CoreIn) -> Response:
    """Lower limits at once; higher ones wait for a wallet's signature where the owner has a wallet."""
    given = body.model_dump(exclude_none=True)
    changes: dict[str, Decimal | int] = {
        name: whole(value) if isinstance(value, str) else value for name, value in given.items()
    }
    now, approval = await core.limits.change(caller.owner, changes)
    waiting = {} if approval is None else {"approval": approval_view(approval)}
    return reply(to_json(now) | waiting)


@router.get("/audit", response_model=AuditOut)
async def audit(caller: Owning, core: CoreIn) -> Response:
    """Sensitive acts in the owner's name, newest first."""
    lines = await core.consent.audits(caller.owner)
    shown = [dataclasses.asdict(line) for line in lines]
    return reply({"audit": [{k: v for k, v in line.items() if k != "owner"} for line in shown]})
