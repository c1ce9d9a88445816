"""The wallet that is traded, and what it signs, over HTTP: bytes out, signed bytes in; decides none of it."""

import base64
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Response

from api.auth import CoreIn, Owning, Reading
from api.routes.owner import RowId
from api.schemas import whole
from api.schemas_access import ChooseIn, SetUpIn, SignedIn
from api.shapes_seats import OpenedOut, SeatOut, SignableOut, WaitsOut, WalletTransactionOut
from api.views import reply
from core.app.seats import SeatView
from core.app.sign_offs import Shown
from core.codec import to_json
from core.domain.errors import BadInput
from core.domain.order import Order, OrderState
from core.domain.wording import say_amount, say_price
from core.ports import Unsigned, WalletTransaction

router = APIRouter(prefix="/api/trading", tags=["wallet"])
_MAY = "It can place, change and cancel orders in this account."
_MAY_NOT = "It cannot withdraw, transfer, or change who else may trade. You can take it back at any time."


@router.get("", response_model=SeatOut)
async def seat(caller: Owning, core: CoreIn) -> Response:
    """Whose account is traded, by whom, and what the chain says of it."""
    view = await core.seats.view(caller.owner)
    venue = core.parts.venue
    head = {"possible": view is not None, "venue": venue.name, "simulated": venue.simulated}
    return reply(head if view is None else head | _seat(view))


@router.put("/wallet", response_model=SeatOut)
async def choose(body: ChooseIn, caller: Owning, core: CoreIn) -> Response:
    """Trade the account of that wallet from now on: by our key, or by its own signature each time."""
    await core.seats.choose(caller.owner, body.address, body.how)
    return await seat(caller, core)


@router.post("/set-up", response_model=SignableOut, status_code=201)
async def set_up(body: SetUpIn, caller: Owning, core: CoreIn) -> Response:
    """One transaction that opens the account where there is none, deposits where wished, and lets our key trade."""
    deposit = Decimal(0) if body.deposit is None else whole(body.deposit)
    made, unsigned = await core.seats.set_up(caller.owner, deposit)
    view = await core.seats.view(caller.owner)
    words = _set_up_words(view, deposit)
    return reply(_signable(made.id, unsigned, words), 201)


@router.post("/revoke", response_model=SignableOut, status_code=201)
async def revoke(caller: Owning, core: CoreIn) -> Response:
    """One transaction that lets nobody but the wallet trade."""
    made, unsigned = await core.seats.revoke(caller.owner)
    words = [
        "SayWhen may not trade this account any more.",
        "Rules that trade are paused. Open orders and positions stay as they are.",
    ]
    return reply(_signable(made.id, unsigned, words), 201)


@router.post("/transactions/{transaction_id}", response_model=WalletTransactionOut)
async def submit(transaction_id: RowId, body: SignedIn, caller: Owning, core: CoreIn) -> Response:
    """Send what the wallet signed, if it is what was made, unchanged."""
    return reply(_transaction(await core.seats.submit(caller.owner, transaction_id, _bytes(body.transaction))))


@router.get("/transactions/{transaction_id}", response_model=WalletTransactionOut)
async def follow(transaction_id: RowId, caller: Owning, core: CoreIn) -> Response:
    """How it stands on chain."""
    return reply(_transaction(await core.seats.follow(caller.owner, transaction_id)))


@router.get("/waiting", response_model=WaitsOut)
async def waiting(caller: Reading, core: CoreIn) -> Response:
    """Orders that wait for the wallet's signature."""
    return reply({"orders": [_waits(order) for order in await core.sign_offs.waiting(caller.owner)]})


@router.post("/waiting/{order_id}/open", response_model=OpenedOut)
async def open_order(order_id: RowId, caller: Owning, core: CoreIn) -> Response:
    """The order as a fresh transaction, rehearsed; it replaces the one made before."""
    return reply(_opened(order_id, await core.sign_offs.open(caller.owner, order_id)))


@router.post("/waiting/{order_id}/sign", status_code=204)
async def sign(order_id: RowId, body: SignedIn, caller: Owning, core: CoreIn) -> Response:
    """Take the signed order, if it is what was made, unchanged; it is sent at once."""
    await core.sign_offs.sign(caller.owner, order_id, _bytes(body.transaction))
    await core.consent.record(caller.owner, "order_signed", "its own signature", {"order": order_id})
    return Response(status_code=204)


@router.post("/waiting/{order_id}/decline", status_code=204)
async def decline(order_id: RowId, caller: Owning, core: CoreIn) -> Response:
    """Let it not be sent; its rule ends with it."""
    await core.sign_offs.decline(caller.owner, order_id)
    return Response(status_code=204)


@router.post("/waiting/{order_id}/take-off", response_model=SignableOut, status_code=201)
async def take_off(order_id: RowId, caller: Owning, core: CoreIn) -> Response:
    """One transaction that takes a resting order off, which its owner has cancelled."""
    made, unsigned = await core.sign_offs.take_off(caller.owner, order_id)
    return reply(_signable(made.id, unsigned, ["The order is taken off the venue."]), 201)


# ── views ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadInput("Expected a transaction in base64.", "Send it as the wallet gave it.") from None


def _seat(view: SeatView) -> dict[str, Any]:
    shown = {
        "standing": view.standing,
        "wallets": [wallet.address for wallet in view.wallets],
        "address": None if view.trading is None else view.trading.address,
        "how": view.how,
        "key": view.key,
        "chain": None if view.seat is None else to_json(view.seat),
        "pending": [_transaction(one) for one in view.pending],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _transaction(one: WalletTransaction) -> dict[str, Any]:
    return {"id": one.id, "kind": one.kind, "state": one.state, "signature": one.signature, "reason": one.reason}


def _signable(id: str, unsigned: Unsigned, words: list[str]) -> dict[str, Any]:  # noqa: A002
    costs = {"fee": unsigned.fee, "rent": unsigned.rent, "other": unsigned.other}
    return {
        "id": id,
        "address": unsigned.wallet,
        "transaction": base64.b64encode(unsigned.transaction).decode(),
        "words": words,
        "costs": to_json(costs | {"total": sum(costs.values(), Decimal(0))}),
        "expires_at": to_json(unsigned.valid_until),
    }


def _set_up_words(view: SeatView | None, deposit: Decimal) -> list[str]:
    words = []
    on_chain = None if view is None else view.seat
    if on_chain is not None and not on_chain.exists:
        words.append("An account at the venue is opened for this wallet.")
    if deposit and on_chain is not None:
        words.append(f"{deposit.normalize():,f} {on_chain.coin} of this wallet go into that account.")
    if view is not None and view.how == "delegate" and view.standing != "delegated":
        words += [f"The key {view.key} of SayWhen may trade the account.", _MAY, _MAY_NOT]
    return words


def _waits(order: Order) -> dict[str, Any]:
    intent, planned = order.intent, order.state is OrderState.PLANNED
    shown = {
        "order_id": order.id,
        "rule_id": order.rule_id,
        "kind": "place" if planned else "take_off",
        "market": order.market,
        "side": None if intent is None else intent.side,
        "base": None if intent is None else to_json(intent.base),
        "type": None if intent is None else intent.type,
        "price": None if intent is None or intent.price is None else to_json(intent.price),
        "asked_at": to_json(order.created_at),
        "expires_at": to_json(order.approval_until) if planned else None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _opened(order_id: str, shown: Shown) -> dict[str, Any]:
    intent = shown.intent
    out: dict[str, Any] = {
        "order_id": order_id,
        "market": intent.market,
        "side": intent.side,
        "base": to_json(intent.base),
        "type": intent.type,
        "oracle_price": to_json(intent.oracle_price),
        "reduce_only": intent.reduce_only,
        "fee_usd": to_json(shown.fee),
        "refused": shown.unsigned.refused,
    }
    if shown.worst_price is not None:
        out["worst_price"] = to_json(shown.worst_price)
    if not shown.unsigned.refused:
        out["sign"] = _signable(order_id, shown.unsigned, _order_words(shown))
    return out


def _order_words(shown: Shown) -> list[str]:
    intent = shown.intent
    size = say_amount(intent.base, intent.market, exact=True)
    worst = "" if shown.worst_price is None else f", at {say_price(shown.worst_price, exact=True)} at worst"
    words = [f"{'Buy' if intent.side == 'buy' else 'Sell'} {size} on {intent.market}{worst}."]
    if intent.reduce_only:
        words.append("It only makes the position smaller: it can never open one or turn it around.")
    return words
