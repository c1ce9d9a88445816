"""What trades on the emulated program: fills against its vAMM, positions, fees, funding, liquidation."""

from core.venues.drift import margin
from core.venues.drift.codec import Record
from core.venues.drift.emulator import orders
from core.venues.drift.emulator.orders import open_orders, position, record, sign
from core.venues.drift.emulator.running import BANKRUPT, BEING_LIQUIDATED, FILL_PAUSED, No, Run
from core.venues.drift.emulator.tables import WIRE


def fill(run: Run, user: Record, order_id: int | None, depth: int) -> None:
    """Let a keeper fill an order against the vAMM, by at most *depth* base; one that cannot go on ends. Raises No."""
    if run.state["exchange_status"] & FILL_PAUSED:
        raise No(6024)
    order = orders.find(user, order_id)
    number = order["market_index"]
    run.covers(user, number)
    if order["order_type"].startswith("Trigger") and not order["trigger_condition"].startswith("Triggered"):
        raise No(6110)
    if order["max_ts"] and order["max_ts"] < run.bank.now:
        orders.end(run, user, order, "OrderExpired")
        return
    run.fresh(number)
    held = position(user, number)
    settle_funding(run, user, held)
    left = order["base_asset_amount"] - order["base_asset_amount_filled"]
    if order["reduce_only"]:
        left = min(left, max(0, -held["base_asset_amount"] * sign(order["direction"])))
        if left == 0:
            orders.end(run, user, order, "ReduceOnlyOrderIncreasedPosition")
            return
    price = _price(run, order, number)
    if price is None:
        if order["immediate_or_cancel"]:
            orders.end(run, user, order)
            return
        raise No(6252)
    step = margin.amm(run.world.perps[number])["order_step_size"]
    base = min(left, max(step, depth // step * step))
    before = [dict(held), dict(order)]
    risky = held["base_asset_amount"] * sign(order["direction"]) >= 0
    _trade(run, held, order, base, price)
    if risky and margin.free(user, run.world, "initial") < 0:
        held.update(before[0])
        order.update(before[1])
        run.logs.pop()
        orders.end(run, user, order, "InsufficientFreeCollateral")
        return
    if order["base_asset_amount_filled"] >= order["base_asset_amount"]:
        orders.close_filled(user, order)
    elif order["reduce_only"] and held["base_asset_amount"] == 0:
        orders.end(run, user, order, "ReduceOnlyOrderIncreasedPosition")


def _price(run: Run, order: Record, number: int) -> int | None:
    """What the order trades at now; None where the vAMM does not reach it."""
    oracle = run.world.prices[number]
    bid, ask = orders.book(run.world.perps[number], oracle)
    limit = limit_price(order, oracle, run.bank.slot)
    buys = order["direction"] == "Long"
    best = ask if buys else bid
    reached = limit is None or (limit >= best if buys else limit <= best)
    if not reached:
        return None
    # An order that rests is the maker: it trades at its own price, however far the market has gone through it.
    return limit if rests(order) and limit is not None else best


def rests(order: Record) -> bool:
    return order["order_type"] == "Limit" and not order["immediate_or_cancel"] and not order["auction_duration"]


def limit_price(order: Record, oracle: int, slot: int) -> int | None:
    """The worst price at which it trades in that slot; None for any."""
    if order["auction_duration"] and order["order_type"] != "Limit":
        gone = min(order["auction_duration"], slot - order["slot"])
        start, end = order["auction_start_price"], order["auction_end_price"]
        now = start + (end - start) * gone // order["auction_duration"]
        return int(oracle + now if order["order_type"] == "Oracle" else now)
    if order["oracle_price_offset"]:
        return int(oracle + order["oracle_price_offset"])
    return order["price"] or None


def _trade(run: Run, held: Record, order: Record, base: int, price: int) -> None:
    quote = base * price // margin.BASE
    maker = rests(order)
    tier = run.state["perp_fee_structure"]["fee_tiers"][0]
    if maker:
        fee = -(quote * tier["maker_rebate_numerator"] // tier["maker_rebate_denominator"])
    else:
        fee = -(-quote * tier["fee_numerator"] // tier["fee_denominator"])
    was = held["base_asset_amount"]
    entry = abs(held["quote_entry_amount"])
    move(run, held, order["market_index"], sign(order["direction"]) * base, quote)
    held["quote_asset_amount"] -= fee
    held["quote_break_even_amount"] -= fee
    orders.forget_open(held, order, base)
    order["base_asset_amount_filled"] += base
    order["quote_asset_amount_filled"] += quote
    market = run.world.perps[order["market_index"]]
    market["next_fill_record_id"] += 1
    market["last_fill_price"] = price
    reducing = was * sign(order["direction"]) < 0
    side = "maker" if maker else "taker"
    record(run, order, "Fill", "OrderFilledWithAMM",
        filler=run.key("filler"),
        filler_reward=0,
        fill_record_id=market["next_fill_record_id"],
        base_asset_amount_filled=base,
        quote_asset_amount_filled=quote,
        **_parties(run, order, maker=maker, fee=fee),
        **({f"{side}_existing_quote_entry_amount": entry * base // abs(was) if abs(was) > base else entry}
           if reducing else {}),
        **({f"{side}_existing_base_asset_amount": min(abs(was), base)} if reducing and abs(was) < base else {}),
    )  # fmt: skip


def _parties(run: Run, order: Record, *, maker: bool, fee: int) -> Record:
    """Who was who: the vAMM is nobody."""
    if not maker:
        return {"taker_fee": fee}
    none = {f"taker_{name}": None for name in _ROLE} | {"taker": None}
    return none | {
        "maker": run.key("user"),
        "maker_fee": fee,
        "maker_order_id": order["order_id"],
        "maker_order_direction": order["direction"],
        "maker_order_base_asset_amount": order["base_asset_amount"],
        "maker_order_cumulative_base_asset_amount_filled": order["base_asset_amount_filled"],
        "maker_order_cumulative_quote_asset_amount_filled": order["quote_asset_amount_filled"],
    }


_ROLE = (
    "order_id",
    "order_direction",
    "order_base_asset_amount",
    "order_cumulative_base_asset_amount_filled",
    "order_cumulative_quote_asset_amount_filled",
)


def move(run: Run, held: Record, number: int, signed: int, quote: int) -> None:
    """Change a position by *signed* base for *quote*: grown, reduced, or turned through zero."""
    base, flow = held["base_asset_amount"], -quote if signed > 0 else quote
    market = run.world.perps[number]
    grid = margin.amm(market)
    if base == 0:
        side = "long" if signed > 0 else "short"
        held["last_cumulative_funding_rate"] = grid[f"cumulative_funding_rate_{side}"]
        market["number_of_users_with_base"] += 1
    held["quote_asset_amount"] += flow
    if base * signed >= 0:
        held["quote_entry_amount"] += flow
        held["quote_break_even_amount"] += flow
    else:
        closed = min(abs(base), abs(signed))
        for name in ("quote_entry_amount", "quote_break_even_amount"):
            whole = held[name]
            held[name] = whole - (abs(whole) * closed // abs(base)) * (1 if whole >= 0 else -1)
        if abs(signed) >= abs(base):
            opened = flow - flow * abs(base) // abs(signed) if abs(signed) > abs(base) else 0
            held["quote_entry_amount"] = held["quote_break_even_amount"] = opened
            side = "long" if signed > 0 else "short"
            held["last_cumulative_funding_rate"] = grid[f"cumulative_funding_rate_{side}"]
    held["base_asset_amount"] = base + signed
    grid["base_asset_amount_long"] += max(0, base + signed) - max(0, base)
    grid["base_asset_amount_short"] += min(0, base + signed) - min(0, base)
    if base + signed == 0:
        market["number_of_users_with_base"] -= 1


def settle_funding(run: Run, user: Record, held: Record) -> None:
    """Pay or take what funding has come to since the position last met it."""
    base = held["base_asset_amount"]
    if not base:
        return
    market = run.world.perps[held["market_index"]]
    paid = margin.funding_pnl(held, market)
    grid = margin.amm(market)
    rate = grid["cumulative_funding_rate_long" if base > 0 else "cumulative_funding_rate_short"]
    if rate == held["last_cumulative_funding_rate"]:
        return
    run.emit(
        "FundingPaymentRecord",
        user_authority=user["authority"],
        user=run.key("user"),
        market_index=held["market_index"],
        funding_payment=paid,
        base_asset_amount=base,
        user_last_cumulative_funding=held["last_cumulative_funding_rate"],
        amm_cumulative_funding_long=grid["cumulative_funding_rate_long"],
        amm_cumulative_funding_short=grid["cumulative_funding_rate_short"],
    )
    held["quote_asset_amount"] += paid
    held["quote_break_even_amount"] += paid
    held["last_cumulative_funding_rate"] = rate
    user["cumulative_perp_funding"] += paid


def settle_pnl(run: Run, user: Record, number: int) -> None:
    """Move what a position has earned or lost into collateral. Raises No."""
    run.covers(user, number)
    held = position(user, number)
    if not (held["base_asset_amount"] or held["quote_asset_amount"]):
        raise No(6010)
    settle_funding(run, user, held)
    market, price = run.world.perps[number], run.world.prices[number]
    result = margin.pnl(held, market, price, funding=False)
    credit(run, user, result)
    held["quote_asset_amount"] -= result
    held["settled_pnl"] += result
    user["settled_perp_pnl"] += result
    run.emit(
        "SettlePnlRecord",
        user=run.key("user"),
        market_index=number,
        pnl=result,
        base_asset_amount=held["base_asset_amount"],
        quote_asset_amount_after=held["quote_asset_amount"],
        quote_entry_amount=held["quote_entry_amount"],
        settle_price=price,
    )


def credit(run: Run, user: Record, quote: int) -> None:
    """Change the account's balance of the quote coin."""
    held = user["spot_positions"][0]
    market = run.world.spots[0]
    interest = market["cumulative_deposit_interest"]
    scaled = quote * 10 ** (19 - market["decimals"])
    owned = held["scaled_balance"] if held["balance_type"] == "Deposit" else -held["scaled_balance"]
    owned += scaled // interest if scaled >= 0 else -(-scaled // interest)
    held["balance_type"] = "Deposit" if owned >= 0 else "Borrow"
    held["scaled_balance"] = abs(owned)


def liquidate(run: Run, user: Record, number: int) -> None:
    """Take over a position whose account has too little, whole, at the oracle less the liquidator's fee. Raises No."""
    run.covers(user, number)
    buffer = run.state["liquidation_margin_buffer_ratio"]
    held = position(user, number)
    settle_funding(run, user, held)
    short = margin.free(user, run.world, "maintenance") < 0
    if not short and not user["status"] & BEING_LIQUIDATED:
        raise No(6011)
    base = held["base_asset_amount"]
    if not base:
        raise No(6010)
    cancelled = []
    for order in open_orders(user):
        orders.end(run, user, order, "Liquidation")
        cancelled.append(order["order_id"])
    market, oracle = run.world.perps[number], run.world.prices[number]
    price = oracle - oracle * market["liquidator_fee"] // 1_000_000 * (1 if base > 0 else -1)
    quote = abs(base) * price // margin.BASE
    needed = margin.requirement(user, run.world, "maintenance", buffer=buffer)
    worth = margin.collateral(user, run.world, "maintenance")
    fee = abs(base) * oracle // margin.BASE * market["if_liquidation_fee"] // 1_000_000
    move(run, held, number, -base, quote)
    held["quote_asset_amount"] -= fee
    market["next_fill_record_id"] += 1
    bankrupt = margin.collateral(user, run.world, "maintenance") < 0
    others = any(h["base_asset_amount"] for h in margin.positions(user))
    user["status"] = (user["status"] & ~BEING_LIQUIDATED) | (BANKRUPT if bankrupt and not others else 0)
    if others and margin.free(user, run.world, "maintenance") < 0:
        user["status"] |= BEING_LIQUIDATED
    user["next_liquidation_id"] += 1
    run.emit(
        "LiquidationRecord",
        liquidation_type="LiquidatePerp",
        user=run.key("user"),
        liquidator=run.key("liquidator"),
        margin_requirement=max(0, needed),
        total_collateral=worth,
        margin_freed=max(0, needed),
        liquidation_id=user["next_liquidation_id"],
        bankrupt=bankrupt and not others,
        canceled_order_ids=cancelled,
        liquidate_perp=WIRE.blank("LiquidatePerpRecord")
        | {
            "market_index": number,
            "oracle_price": oracle,
            "base_asset_amount": -base,
            "quote_asset_amount": quote if base > 0 else -quote,
            "fill_record_id": market["next_fill_record_id"],
            "liquidator_fee": abs(base) * oracle // margin.BASE * market["liquidator_fee"] // 1_000_000,
            "if_fee": fee,
        },
    )
