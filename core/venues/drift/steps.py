"""Which instruction says an order to the program: placed, taken at once, or put in another's place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.errors import VenueRejected
from core.domain.order import OrderIntent
from core.ports import Trader
from core.venues.drift.atlas import Atlas
from core.venues.drift.codec import Codec, Record
from core.venues.drift.margin import World

if TYPE_CHECKING:
    from solders.instruction import Instruction
    from solders.pubkey import Pubkey

MUST_MODIFY = 1
"""Modify or fail: without it the program takes the changing of an order that is gone for done, and says nothing."""
_GONE = "the order whose place it was to take is not open any more"
_CHANGED = (
    "direction", "base_asset_amount", "reduce_only", "trigger_price", "trigger_condition", "auction_duration",
    "auction_start_price", "auction_end_price",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Whose account an instruction is about, who signs it, and what it holds."""

    trader: Trader
    key: "Pubkey"
    user: Record
    world: World


def step_of(atlas: Atlas, seat: Seat, intent: OrderIntent, params: Record, before: int | None) -> "Instruction":
    """The instruction of *intent*, said as *params*; *before* is the program's number of the order it replaces.

    Raises VenueRejected where that one is not open, or is of another type.
    """
    from solders.pubkey import Pubkey

    codec = atlas.codec
    authority, signer = (Pubkey.from_string(name) for name in (seat.trader.authority, seat.trader.signer))
    accounts = {"user": seat.key, "authority": signer}
    number = params["market_index"]
    if intent.replaces is not None:
        wanted = {"order_id": before, "modify_order_params": _changes(seat.user, before, params, codec)}
        return codec.instruction("modify_order", accounts, wanted, atlas.rest(seat.user, seat.world, number))
    if intent.immediate_or_cancel:
        accounts["user_stats"] = codec.address("user_stats", authority)
        rest = atlas.rest(seat.user, seat.world, number, writable=True)
        return codec.instruction(
            "place_and_take_perp_order", accounts, {"params": params, "success_condition": None}, rest
        )
    return codec.instruction(
        "place_perp_order", accounts, {"params": params}, atlas.rest(seat.user, seat.world, number)
    )


def _changes(user: Record, before: int | None, params: Record, codec: Codec) -> Record:
    order = next((one for one in user["orders"] if one["order_id"] == before and one["status"] == "Open"), None)
    if before is None or order is None:
        raise VenueRejected(_GONE)
    if order["order_type"] != params["order_type"] or order["market_index"] != params["market_index"]:
        raise VenueRejected("an order can only take the place of one of its own type in its own market")
    blank = codec.blank("ModifyOrderParams")
    return (
        blank
        | {name: params[name] for name in _CHANGED}
        | {
            "price": params["price"] or None,
            "oracle_price_offset": params["oracle_price_offset"] or None,
            "post_only": params["post_only"],
            "max_ts": params["max_ts"] or 0,
            "policy": MUST_MODIFY,
        }
    )
