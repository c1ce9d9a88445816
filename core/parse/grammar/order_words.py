"""Reads how an order is placed: its kind, price, range, slices, slippage, life; decides no size."""

from core.domain.money import HUNDRED
from core.parse.grammar.drafts import Act
from core.parse.grammar.items import Cursor
from core.parse.grammar.phrases import read_price


def read_order(cur: Cursor, act: Act) -> bool:
    """Words about how the order is placed."""
    item = cur.peek()
    match item.kind:
        case "LEVERAGE" if cur.peek(1).kind == "NUM" and cur.peek(1).value.unit in ("", "times"):
            if act.leverage is not None:
                return False
            act.leverage = cur.peek(1).value.value
            cur.next()
        case "ATMARKET":
            act.order.type = act.order.type or "market"
        case "CURRENT" | "NOW":
            act.order.type, act.at_once = act.order.type or "market", True
        case "LIMIT" | "BID" | "OFFER":
            return _read_limit(cur, act)
        case "WITH" if cur.peek(1).kind in ("TWAP", "LADDER", "LIMIT", "ATMARKET", "POSTONLY"):
            pass
        case "AT" if cur.peek(1).kind in ("ATMARKET", "CURRENT") or (act.verb == "buy" and cur.peek(1).kind == "COIN"):
            pass
        case "POSTONLY":
            act.order.type, act.order.post_only = "limit", True
        case "REDUCEONLY":
            act.reduce_only = True
        case "TWAP":
            act.order.type = "twap"
        case "LADDER":
            act.order.type = "ladder"
        case "GTC" | "DIP" | "BREAKOUT" | "ORDERS" | "LEVERAGE" if item.kind != "ORDERS" or act.order.type is not None:
            pass
        case "ACROSS" if act.order.type == "ladder" or act.size is not None:
            act.order.counted = False
        case _:
            return _read_order_terms(cur, act)
    cur.next()
    if item.kind in ("DIP", "BREAKOUT"):
        act.some_day = True
        cur.skip("COMMA")
    return True


def _read_limit(cur: Cursor, act: Act) -> bool:
    """`limit`, with or without its price right behind it."""
    cur.next()
    act.order.type = "limit"
    if act.at is None and act.order.price is None and cur.peek(1).kind not in ("COIN", "BUY", "SELL"):
        act.order.price = read_price(cur)
    return True


def _read_order_terms(cur: Cursor, act: Act) -> bool:
    """Words about an order that carry a number."""
    if not cur.begins("NUM|DUR|WITH|ATMOST|SLIPPAGE|BETWEEN|FROM|ABOVE|ON|FOR|VALIDFOR|WITHIN|THEN|AND|COLON"):
        return False
    if _read_slippage(cur, act) or _read_range(cur, act):
        return True
    if cur.sees("ABOVE|ON|FOR|VALIDFOR|WITHIN", "DUR") and act.order.type == "twap":
        cur.next()
        act.order.over_s = cur.next().value
        return True
    if act.order.type == "twap" and act.order.over_s is None and cur.sees("DUR"):
        act.order.over_s = cur.next().value
        return True
    sized = act.size is not None or act.whole
    sized = sized and act.order.from_price is None
    spread = cur.sees("ABOVE|VALIDFOR|WITHIN", "DUR") and cur.peek().text.lower() in _SPREAD
    if spread and act.order.type in (None, "ladder") and sized:
        cur.next()
        act.order.type, act.order.over_s = "twap", cur.next().value
        return True
    if act.order.ttl_s is not None and cur.run("THEN|AND", "CANCEL", "IT"):
        return True
    if cur.sees("FOR|VALIDFOR", "DUR") and act.order.type == "limit":
        cur.next()
        act.order.ttl_s = cur.next().value
        return True
    begun = cur.at
    cur.skip("ON|WITH")
    if cur.sees("NUM", "ORDERS|BUY|SELL|BID|LIMIT") and cur.peek().value.unit == "" and act.order.type == "ladder":
        return _read_count(cur, act)
    if cur.sees("NUM", "SLICES"):
        act.order.slices = int(cur.next().value.value)
        act.order.type = act.order.type or "twap"
        cur.next()
        return True
    cur.at = begun
    if cur.sees("NUM", "BUY|SELL|ORDERS|BID|LIMIT") and cur.peek().value.unit == "" and act.order.type == "ladder":
        return _read_count(cur, act)
    if cur.sees("NUM", "BUY|SELL", "BETWEEN|FROM") or cur.sees("COLON", "NUM", "BUY|SELL|ORDERS"):
        cur.skip("COLON")
        return _read_count(cur, act)
    return False


_SPREAD = ("over", "over the next", "over the course of")


def _read_count(cur: Cursor, act: Act) -> bool:
    act.order.type = "ladder"
    act.order.orders = int(cur.next().value.value)
    while (item := cur.take("BUY|SELL|ORDERS|BID|LIMIT")) is not None:
        if item.kind in ("BUY", "BID") and act.verb not in ("buy", "long"):
            act.verb = "buy"
        elif item.kind == "SELL" and act.verb == "buy":
            act.verb = "sell"
    act.order.counted = cur.sees("OF", "NUM") and cur.peek(1).value.unit in ("usd", "")
    return True


def _read_slippage(cur: Cursor, act: Act) -> bool:
    begun = cur.at
    cur.skip("WITH|ATMOST")
    if cur.take("SLIPPAGE") is not None:
        cur.skip("OF|AT|ATMOST|TO|BELOW|UNDER")
        item = cur.take("NUM")
    else:
        item = cur.take("NUM")
        if cur.take("SLIPPAGE") is None:
            item = None
    if item is None or item.value.unit not in ("percent", ""):
        cur.at = begun
        return False
    cur.skip("ATMOST" if cur.peek(1).kind != "NUM" else "")
    bps = item.value.value * HUNDRED
    if bps != int(bps) or not 0 < bps <= 10_000:
        cur.at = begun
        return False
    act.order.slippage_bps = int(bps)
    return True


def _read_range(cur: Cursor, act: Act) -> bool:
    """between 4300 and 4600 · from 140 down to 130."""
    begun = cur.at
    if cur.take("BETWEEN|FROM") is not None:
        first = read_price(cur)
        cur.skip("FALLWORD|RISEWORD")
        joined = cur.skip("TO|AND|DASH")
        second = read_price(cur)
        if first is not None and joined and second is not None:
            act.order.type = "ladder"
            act.order.from_price, act.order.to_price = first, second
            return True
    cur.at = begun
    return False
