"""Orders on the emulated program: placed, cancelled, modified and triggered by Drift's rules (drift.md §5)."""

from typing import Any

from core.venues.drift import margin
from core.venues.drift.codec import Record
from core.venues.drift.emulator.running import BANKRUPT, BEING_LIQUIDATED, REDUCE_ONLY, No, Run
from core.venues.drift.emulator.tables import WIRE

MOST = 2**64 - 1
IOC = 1
MUST_MODIFY = 1
AUCTION_WIDTH = 200
"""The share of a price (1/200 = 0.5 %) that an auction without prices of its own ends at."""


def sign(direction: str) -> int:
    return 1 if direction == "Long" else -1


def place(run: Run, user: Record, params: Record) -> Record | None:
    """Place one order; None where the program does nothing and says nothing. Raises No."""
    if user["status"] & BEING_LIQUIDATED:
        raise No(6117)
    if user["status"] & BANKRUPT:
        raise No(6125)
    number = params["market_index"]
    if params["market_type"] != "Perp":
        raise No(6044)
    run.covers(user, number)
    market, price = run.world.perps[number], run.world.prices[number]
    if market["status"] == "Initialized":
        raise No(6213)
    if market["status"] in ("Settlement", "Delisted"):
        raise No(6147)
    expire(run, user)
    if params["max_ts"] is not None and params["max_ts"] != 0 and params["max_ts"] < run.bank.now:
        run.say(f"max_ts {params['max_ts']} < now {run.bank.now}, skipping order")
        return None
    slot = next((n for n, order in enumerate(user["orders"]) if order["status"] != "Open"), None)
    if slot is None:
        raise No(6060)
    own = params["user_order_id"]
    if own and any(o["status"] == "Open" and o["user_order_id"] == own for o in user["orders"]):
        raise No(6071)
    held = position(user, number)
    order = _order(run, user, held, market, params, price)
    kind = _validated(order, params, market, price)
    if kind == "nothing":
        return None
    _permitted(user, held, market, order)
    user["orders"][slot] = order
    _count(user, held, order, 1)
    user["next_order_id"] += 1
    if _increases(held, order) and margin.free(user, run.world, "initial") < 0:
        raise No(6003)
    _open_interest(market, order)
    record(run, order, "Place")
    run.emit("OrderRecord", user=run.key("user"), order=order)
    return order


def _order(run: Run, user: Record, held: Record, market: Record, params: Record, price: int) -> Record:
    grid, side = margin.amm(market), params["direction"]
    size = params["base_asset_amount"]
    if size == MOST:
        size = abs(held["base_asset_amount"]) if params["reduce_only"] else _most(run, user, market, price)
    size = size // grid["order_step_size"] * grid["order_step_size"]
    tick = grid["order_tick_size"]
    order = WIRE.blank("Order") | {
        "slot": run.bank.slot,
        "price": on_tick(params["price"], tick, side),
        "base_asset_amount": size,
        "trigger_price": on_tick(params["trigger_price"] or 0, tick, side),
        "max_ts": params["max_ts"] or 0,
        "oracle_price_offset": params["oracle_price_offset"] or 0,
        "order_id": user["next_order_id"],
        "market_index": params["market_index"],
        "status": "Open",
        "order_type": params["order_type"],
        "market_type": "Perp",
        "user_order_id": params["user_order_id"],
        "existing_position_direction": "Long" if held["base_asset_amount"] >= 0 else "Short",
        "direction": side,
        "reduce_only": params["reduce_only"],
        "post_only": params["post_only"] != "None",
        "immediate_or_cancel": bool(params["bit_flags"] & IOC),
        "trigger_condition": params["trigger_condition"],
    }
    if order["order_type"] in ("Market", "Oracle"):
        _auction(order, params, price, run.state["min_perp_auction_duration"])
        order["max_ts"] = order["max_ts"] or run.bank.now + max(30, order["auction_duration"] // 2 + 10)
    return order


def _auction(order: Record, params: Record, price: int, shortest: int) -> None:
    order["auction_duration"] = max(params["auction_duration"] or 0, shortest)
    start, end = params["auction_start_price"], params["auction_end_price"]
    if start is None or end is None:
        away = 0 if order["order_type"] == "Oracle" else price
        start, end = away, away + sign(order["direction"]) * (price // AUCTION_WIDTH)
        if order["price"]:
            beyond = (end - order["price"]) * sign(order["direction"]) > 0
            end = order["price"] if beyond else end
            start = min(start, end) if order["direction"] == "Long" else max(start, end)
    order["auction_start_price"], order["auction_end_price"] = start, end


def on_tick(price: int, tick: int, side: str) -> int:
    """Down for a long, up for a short."""
    return price // tick * tick if side == "Long" else -(-price // tick) * tick


def _most(run: Run, user: Record, market: Record, price: int) -> int:
    spare = max(0, margin.free(user, run.world, "initial"))
    return int(spare * 10_000 // market["margin_ratio_initial"] * margin.BASE // price)


def _validated(order: Record, params: Record, market: Record, price: int) -> str:
    """Refuse what makes no sense; "nothing" where the program drops the order without a word."""
    grid = margin.amm(market)
    if order["base_asset_amount"] < grid["order_step_size"]:
        raise No(6059)
    if order["base_asset_amount"] < grid["min_order_size"] and not order["reduce_only"]:
        raise No(6056)
    match order["order_type"]:
        case "Market" | "Oracle":
            _like_market(order)
        case "Limit":
            if order["trigger_price"]:
                raise No(6053)
            if bool(order["price"]) is bool(order["oracle_price_offset"]):
                raise No(6191)
            if params["post_only"] != "None":
                return _post_only(order, params, market, price)
        case "TriggerMarket" | "TriggerLimit":
            _like_trigger(order)
        case _:
            raise No(6042)
    return ""


def _like_market(order: Record) -> None:
    if order["trigger_price"]:
        raise No(6053)
    if order["post_only"]:
        raise No(6051)
    if order["immediate_or_cancel"]:
        raise No(6050)
    if order["order_type"] == "Market" and order["oracle_price_offset"]:
        raise No(6055)
    if order["order_type"] == "Oracle" and order["price"]:
        raise No(6191)
    way = sign(order["direction"])
    start, end = order["auction_start_price"] * way, order["auction_end_price"] * way
    if start > end or (order["price"] and order["order_type"] == "Market" and end > order["price"] * way):
        raise No(6054)


def _like_trigger(order: Record) -> None:
    if order["trigger_condition"] not in ("Above", "Below"):
        raise No(6215)
    if not order["trigger_price"]:
        raise No(6053)
    if order["post_only"]:
        raise No(6051)
    if bool(order["price"]) is (order["order_type"] == "TriggerMarket"):
        raise No(6191)


def _post_only(order: Record, params: Record, market: Record, price: int) -> str:
    if order["immediate_or_cancel"]:
        raise No(6051)
    bid, ask = book(market, price)
    limit = order["price"] or price + order["oracle_price_offset"]
    if (limit >= ask) if order["direction"] == "Long" else (limit <= bid):
        if params["post_only"] == "MustPostOnly":
            raise No(6057)
        if params["post_only"] == "TryPostOnly":
            return "nothing"
        tick = margin.amm(market)["order_tick_size"]
        order["price"] = (
            on_tick(ask, tick, "Long") - tick if order["direction"] == "Long" else bid // tick * tick + tick
        )
    return ""


def book(market: Record, price: int) -> tuple[int, int]:
    """What the vAMM buys and sells at: half its spread on either side of the oracle."""
    half = max(1, price * margin.amm(market)["base_spread"] // 2_000_000)
    return price - half, price + half


def _permitted(user: Record, held: Record, market: Record, order: Record) -> None:
    increases = _increases(held, order)
    if user["status"] & REDUCE_ONLY and not order["reduce_only"]:
        raise No(6254)
    if market["status"] == "ReduceOnly" and increases:
        raise No(6064)


def _increases(held: Record, order: Record) -> bool:
    if order["reduce_only"]:
        return False
    base = held["base_asset_amount"]
    return bool(base * sign(order["direction"]) >= 0 or order["base_asset_amount"] > abs(base))


def _open_interest(market: Record, order: Record) -> None:
    cap = margin.amm(market)["max_open_interest"]
    if cap and not order["reduce_only"]:
        one_side = max(margin.amm(market)["base_asset_amount_long"], -margin.amm(market)["base_asset_amount_short"])
        if one_side + order["base_asset_amount"] > cap:
            raise No(6154)


def position(user: Record, number: int) -> Record:
    """The account's position in that market, a new one where there is none. Raises No(6005) where none is free."""
    free: Record | None = None
    for held in user["perp_positions"]:
        used = held["base_asset_amount"] or held["open_orders"] or held["quote_asset_amount"]
        if used and held["market_index"] == number:
            found: Record = held
            return found
        if not used and free is None:
            free = held
    if free is None:
        raise No(6005)
    free.update(WIRE.blank("PerpPosition") | {"market_index": number})
    return free


def _count(user: Record, held: Record, order: Record, by: int, left: int | None = None) -> None:
    """Open orders as the position and the account count them; untriggered ones tie nothing up."""
    held["open_orders"] += by
    user["open_orders"] += by
    user["has_open_order"] = user["open_orders"] > 0
    waits = order["order_type"].startswith("Trigger") and not order["trigger_condition"].startswith("Triggered")
    if not waits and not order["reduce_only"]:
        size = order["base_asset_amount"] - order["base_asset_amount_filled"] if left is None else left
        side = "open_bids" if order["direction"] == "Long" else "open_asks"
        held[side] += by * sign(order["direction"]) * size


def forget_open(held: Record, order: Record, base: int) -> None:
    """*base* of an open order has traded."""
    if not order["reduce_only"]:
        held["open_bids" if order["direction"] == "Long" else "open_asks"] -= sign(order["direction"]) * base


def record(run: Run, order: Record, action: str, explanation: str = "None", **fields: Any) -> None:
    """Log what was done with an order of the account as its taker."""
    run.emit(
        "OrderActionRecord",
        action=action,
        action_explanation=explanation,
        market_index=order["market_index"],
        market_type="Perp",
        oracle_price=run.world.prices.get(order["market_index"], 0),
        **(
            {
                "taker": run.key("user"),
                "taker_order_id": order["order_id"],
                "taker_order_direction": order["direction"],
                "taker_order_base_asset_amount": order["base_asset_amount"],
                "taker_order_cumulative_base_asset_amount_filled": order["base_asset_amount_filled"],
                "taker_order_cumulative_quote_asset_amount_filled": order["quote_asset_amount_filled"],
            }
            | fields
        ),
    )


def end(run: Run, user: Record, order: Record, explanation: str = "None") -> None:
    """Take an open order off."""
    held = position(user, order["market_index"])
    _count(user, held, order, -1)
    order["status"] = "Canceled"
    record(run, order, "Expire" if explanation == "OrderExpired" else "Cancel", explanation)


def close_filled(user: Record, order: Record) -> None:
    """An order that has filled whole is open no more."""
    held = position(user, order["market_index"])
    _count(user, held, order, -1, left=0)
    order["status"] = "Filled"


def expire(run: Run, user: Record) -> None:
    """Take off what has run out, as the program does before other work on the account."""
    for order in user["orders"]:
        if order["status"] == "Open" and order["max_ts"] and order["max_ts"] < run.bank.now:
            end(run, user, order, "OrderExpired")


def open_orders(user: Record) -> list[Record]:
    return [order for order in user["orders"] if order["status"] == "Open"]


def modify(run: Run, user: Record, order: Record, changes: Record) -> None:
    """Cancel and place anew, as the program does: the order gets a new number."""
    params = WIRE.blank("OrderParams") | {
        name: order[name]
        for name in ("order_type", "market_type", "direction", "price", "market_index", "reduce_only", "trigger_price")
    }
    params |= {
        "base_asset_amount": order["base_asset_amount"] - order["base_asset_amount_filled"],
        "user_order_id": order["user_order_id"],
        "post_only": "MustPostOnly" if order["post_only"] else "None",
        "max_ts": order["max_ts"] or None,
        "trigger_price": order["trigger_price"] or None,
        "trigger_condition": order["trigger_condition"].removeprefix("Triggered"),
        "oracle_price_offset": order["oracle_price_offset"] or None,
    }
    params |= {name: value for name, value in changes.items() if value is not None and name != "policy"}
    end(run, user, order)
    place(run, user, params)


def trigger(run: Run, user: Record, order_id: int) -> None:
    """Let a keeper start a trigger order: the oracle must be strictly beyond. Raises No."""
    order = find(user, order_id)
    if not order["order_type"].startswith("Trigger") or order["trigger_condition"].startswith("Triggered"):
        raise No(6111)
    number = order["market_index"]
    run.covers(user, number)
    run.fresh(number)
    price = run.world.prices[number]
    above = order["trigger_condition"] == "Above"
    if not (price > order["trigger_price"] if above else price < order["trigger_price"]):
        raise No(6112)
    held = position(user, number)
    _count(user, held, order, -1)
    order["trigger_condition"] = "TriggeredAbove" if above else "TriggeredBelow"
    order["slot"] = run.bank.slot
    if order["order_type"] == "TriggerMarket":
        nothing = {"auction_duration": None, "auction_start_price": None, "auction_end_price": None}
        _auction(order, nothing, price, run.state["min_perp_auction_duration"])
    _count(user, held, order, 1)
    if _increases(held, order) and margin.free(user, run.world, "initial") < 0:
        end(run, user, order, "InsufficientFreeCollateral")
        return
    record(run, order, "Trigger", filler=run.key("filler"), trigger_price=price)


def find(user: Record, order_id: int | None) -> Record:
    """The open order of that number, or the last one. Raises No."""
    if order_id is None:
        order_id = user["next_order_id"] - 1
    for order in user["orders"]:
        if order["order_id"] == order_id and order["status"] == "Open":
            found: Record = order
            return found
    raise No(6061)
