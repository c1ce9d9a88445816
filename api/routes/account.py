"""The owner's account over HTTP: holdings, switches, settings, limits; decides none of them."""

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic_core import to_json as encode
from starlette.responses import StreamingResponse

from api.auth import CoreIn, DoorIn, Owning, Reading, Trading, Writing
from api.routes.owner import WAITS, done
from api.routes.rules import own_channel
from api.schemas import CloseIn, DraftOut, LimitsIn, SettingsIn, whole
from api.shapes import AccountOut, KilledOut, PausedOut, PositionsOut, SettingsOut
from api.shapes_owner import AuditOut, DoneOut, LimitsOut
from api.views import account_view, approval_view, draft_view, position_view, reply, settings_view
from core.app.people import Choice
from core.codec import to_json
from core.domain.action import Close
from core.domain.condition import Now
from core.domain.errors import NotFound
from core.domain.preference import QuietHours
from core.domain.rule import RuleSpec
from core.domain.wording import say_amount

router = APIRouter(prefix="/api", tags=["account"])


@router.get("/account", response_model=AccountOut)
async def account(caller: Reading, core: CoreIn) -> Response:
    """Equity, margin and positions as they are now."""
    owner = await core.account.owner(caller.owner)
    view = await core.account.view(caller.owner)
    shown = account_view(view, simulated=core.parts.venue.simulated)
    if core.fees.charged:
        spent = await core.fees.spent_for(caller.owner)
        shown["network_fees"] = {"sol": Decimal(spent.lamports).scaleb(-9), "transactions": spent.transactions}
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
    """What the owner has set: time zone, how they are told of what, quiet hours, slippage."""
    return reply(settings_view(await core.account.owner(caller.owner)))


@router.patch("/settings", response_model=SettingsOut)
async def change_settings(body: SettingsIn, caller: Owning, core: CoreIn) -> Response:
    """Change settings, all that are given or none; what is left out stays."""
    quiet: QuietHours | Literal["off"] | None = None
    if "quiet_hours" in body.model_fields_set:
        hours = body.quiet_hours
        quiet = "off" if hours is None else QuietHours(start=_minute(hours.start), end=_minute(hours.end))
    chosen = Choice(
        timezone=body.timezone,
        notices=body.notices,
        quiet=quiet,
        slippage_bps=body.slippage_bps,
        show_in_groups=body.show_in_groups,
    )
    return reply(settings_view(await core.people.choose(caller.owner, chosen)))


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


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


@router.post("/account/export", response_model=DoneOut, responses=WAITS)
async def ask_export(caller: Owning, core: CoreIn) -> Response:
    """Ask to take everything along; with a wallet it must sign. Then this session may fetch it for ten minutes."""
    return done(await core.leaving.ask_export(caller.owner, caller.by))


@router.get(
    "/account/export",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}}},
)
async def export(caller: Owning, core: CoreIn) -> Response:
    """Everything that is kept of the owner, by table, without hashes of secrets; asked for before."""
    batches = await core.leaving.export(caller.owner, caller.by)
    await core.consent.record(caller.owner, "exported", caller.by)
    headers = {"Content-Disposition": 'attachment; filename="saywhen.json"'}
    return StreamingResponse(_by_table(batches), media_type="application/json", headers=headers)


async def _by_table(batches: AsyncIterator[tuple[str, Sequence[Mapping[str, Any]]]]) -> AsyncIterator[bytes]:
    """One object, each table a list; batches of a table follow each other."""
    table: str | None = None
    rows = 0
    async for name, batch in batches:
        if name != table:
            yield (b"{" if table is None else b"],") + encode(name) + b":["
            table, rows = name, 0
        if batch:
            yield (b"," if rows else b"") + b",".join(encode(row) for row in batch)
            rows += len(batch)
    yield b"{}" if table is None else b"]}"


@router.delete("/account", response_model=DoneOut, responses=WAITS)
async def delete(caller: Owning, core: CoreIn, door: DoorIn) -> Response:
    """Delete the account and everything in it, for good; with a wallet it must sign. Nothing may be open any more."""
    response = done(await core.leaving.ask_deletion(caller.owner))
    if response.status_code == HTTPStatus.OK:
        door.forget(caller.owner)
        door.clear_cookies(response)
    return response
