"""Fills a trade with what is said around its verb: size, market, price, leverage, kind of order."""

from dataclasses import replace
from decimal import Decimal
from typing import Literal

from core.domain.money import HUNDRED
from core.parse.grammar.drafts import Act, Change, PnlDraft
from core.parse.grammar.instants import hour_of
from core.parse.grammar.items import Amount, Cursor
from core.parse.grammar.order_words import read_order
from core.parse.grammar.phrases import outdoes_share, read_price, read_reference, read_subject

ORDER_KINDS: dict[str, Literal["market", "limit", "twap", "ladder"]] = {
    "LIMIT": "limit", "POSTONLY": "limit", "TWAP": "twap", "LADDER": "ladder", "ATMARKET": "market",
}  # fmt: skip
_LATER = frozenset({"REDUCEONLY", "POSTONLY", "SLIPPAGE", "ATMARKET", "LIMIT", "LEVERAGE", "WITH"})


def read_slots(cur: Cursor, act: Act) -> bool:
    """Everything that belongs to the trade from here on; whether there was anything."""
    begun = cur.at
    while read_order(cur, act) or _read_numbers(cur, act) or _read_things(cur, act):
        pass
    return cur.at > begun


def resumes(cur: Cursor, ahead: int, last: Act | None = None) -> bool:
    """Whether the item *ahead* still speaks of the order before it: `…, reduce only`, `…, max slippage 1 %`."""
    first, second, third = (cur.peek(ahead + n) for n in range(3))
    if first.kind in _LATER:
        return first.kind != "WITH" or (second.kind == "NUM" and third.kind not in ("TRAIL", "STOP", "TARGET"))
    if (first.kind in ("ALL", "NOW") and second.kind == "END") or (
        first.text.lower() == "size" and second.kind in ("NUM", "OF")
    ):
        return True
    if last is not None and last.order.type == "ladder" and (first.kind, second.kind) == ("NUM", "ORDERS"):
        return True
    times = first.kind == "NUM" and first.value.unit == "times"
    slip = first.kind in ("ATMOST", "NUM", "WITH") and "SLIPPAGE" in (second.kind, third.kind)
    if first.kind == "NUM" and last is not None and second.kind in ("SLICES", "MARGIN", "COLLATERAL"):
        return True
    if last is not None and last.order.type == "twap" and last.order.over_s is None and first.kind == "DUR":
        return True
    return (times and second.kind not in ("LONG", "SHORT", "BUY", "SELL")) or slip


def _read_numbers(cur: Cursor, act: Act) -> bool:
    """Sizes, prices, leverage and margin."""
    item = cur.peek()
    if item.kind == "WORTH" and cur.peek(1).kind == "NUM" and act.size is None and act.margin is None:
        cur.next()
        found = _read_bare_number(cur, act)
        act.notional = act.notional or found
        return found
    if item.kind == "BADNUM":
        act.bad_number = True
        cur.next()
        return True
    if item.text.lower() == "size" and (cur.peek(1).kind == "NUM" or cur.sees("POSITION", "OF", "NUM")):
        cur.next()
        cur.skip("OF")
        act.notional = True
        return _read_bare_number(cur, act)
    if item.kind == "AMOUNT" and act.size is None:
        named = cur.sees("AMOUNT", "THEN|COLON|OF", "NUM")
        if named or cur.sees("AMOUNT", "NUM"):
            cur.at += 1 + int(named)
            found = _read_bare_number(cur, act)
            act.loose_number = act.loose_number and not found
            return found
    if item.kind == "FROM" and act.verb in ("buy", "long", "short") and act.at is None and cur.sees("FROM", "NUM"):
        if cur.peek(2).kind in ("TO", "DASH", "FALLWORD", "RISEWORD", "AND"):
            return False
        cur.next()
        act.at = read_price(cur)  # "get me short from 63k"
        return act.at is not None
    if item.kind in ("AT", "FOR", "WITH", "ABOVE", "BELOW", "ON", "TO", "OF", "BY") and cur.peek(1).kind == "NUM":
        return _read_led_number(cur, act, item.kind)
    if item.kind == "NUM":
        return _read_bare_number(cur, act)
    return False


def _read_led_number(cur: Cursor, act: Act, lead: str) -> bool:
    amount: Amount = cur.peek(1).value
    if lead == "AT" and _read_multiple(cur, act, amount):
        return True
    if amount.unit == "times":
        cur.at += 2
        cur.skip("LEVERAGE")
        return _lever(act, amount)
    if lead == "AT" and amount.unit == "percent" and amount.sign:
        cur.at += 2
        act.inline = Change(
            threshold=amount.value,
            unit="percent",
            reference="entry_price",
            favour="loss" if amount.sign == "-" else "profit",
        )
        begun = cur.at
        cur.skip("FROM|ABOVE|BELOW|OF|ON|MY|VERSUS")
        anchor = cur.take("BREAKEVEN|CURRENT|NOW") if cur.at > begun else None
        if anchor is None:
            cur.at = begun
        elif anchor.kind != "BREAKEVEN":
            direction: Literal["up", "down"] = "down" if amount.sign == "-" else "up"
            act.inline = Change(direction=direction, threshold=amount.value, unit="percent")
        return True
    if lead == "TO" and amount.unit == "percent" and act.size is None and act.verb in ("trim", "exit"):
        cur.at += 2
        left = HUNDRED - amount.signed
        act.size, act.held = replace(amount, value=abs(left), sign="-" if left < 0 else ""), True
        return True  # "reduce it to 30 %" sells 70 %.
    if lead == "AT" and cur.peek(2).kind in ("PROFIT", "LOSS") and amount.unit and act.inline is None:
        return _read_gain(cur, act, amount)
    if lead == "AT" and amount.unit in ("", "usd") and not amount.words and act.at is None and act.order.price is None:
        if hour_of(amount) is not None and (
            cur.peek(2).kind in ("TOMORROW", "TODAY", "TONIGHT", "DAYPART", "ZONE") or cur.peek(2).kind == "DAY"
        ):
            return False
        cur.next()
        if cur.peek(1).kind in ("PROFIT", "LOSS", "SLIPPAGE", "BELOW", "ABOVE") or (
            cur.peek(1).kind == "COIN" and cur.peek(2).kind != "END"
        ):
            cur.at -= 1
            return False
        act.at = read_price(cur)
        mark = cur.take("ABOVE|BELOW") if cur.peek(1).kind != "NUM" else None
        if mark is not None:
            act.at_operator = ">=" if mark.kind == "ABOVE" else "<="
        return act.at is not None
    if lead in ("ABOVE", "BELOW") and act.at is None and amount.unit in ("", "usd") and not amount.sign:
        cur.next()
        act.at, act.at_operator = read_price(cur), ">=" if lead == "ABOVE" else "<="
        return act.at is not None
    if lead == "WITH" and amount.unit == "usd" and cur.peek(2).kind not in ("NOTIONAL", "WORTH"):
        cur.at += 2
        cur.skip("OF|MY")
        cur.skip("MARGIN|COLLATERAL")
        act.margin = amount.value
        return True
    if lead in ("FOR", "WITH", "ON", "OF") or (lead == "BY" and act.verb in ("trim", "exit", "close")):
        dollars = lead == "FOR" and amount.value >= 1  # "SOL for 100 at 140": SOL, or dollars?
        sized = cur.peek(2).kind == "AT" and not dollars
        named = cur.peek(2).kind == "COIN" or (sized and not act.held and act.size is None)
        if lead in ("ON", "FOR") and amount.unit == "" and not named:
            return False
        if lead == "FOR" and amount.unit == "usd" and act.verb in ("sell", "close", "exit"):
            return False
        cur.next()
        if _read_bare_number(cur, act):
            return True
        cur.at -= 1
    return False


def _read_multiple(cur: Cursor, act: Act, amount: Amount) -> bool:
    """ "half at 2x", "25 % at 50 %": what a part of the position has gained when it is sold."""
    leaves = (
        act.verb in ("sell", "exit", "trim", "close") and act.inline is None and not amount.sign and not amount.words
    )
    if (
        not leaves
        or amount.unit not in ("times", "percent")
        or cur.peek(2).kind in ("PROFIT", "LOSS", "LEVERAGE", "BELOW")
    ):
        return False
    gain = amount.value if amount.unit == "percent" else (amount.value - 1) * HUNDRED
    if (
        (act.size is None and not act.rest and not act.whole)
        or gain <= 0
        or cur.peek(2).kind in ("ABOVE", "RISEWORD", "OF")
    ):
        return False
    cur.at += 2
    act.inline = Change(threshold=gain, unit="percent", reference="entry_price", favour="profit")
    return True


def _read_gain(cur: Cursor, act: Act, amount: Amount) -> bool:
    """at 10 % profit · at a $200 loss."""
    if amount.words or amount.sign or act.verb in ("buy", "long", "short"):
        return False
    favour: Literal["profit", "loss"] = "profit" if cur.peek(2).kind == "PROFIT" else "loss"
    cur.at += 3
    if amount.unit == "percent":
        act.inline = Change(threshold=amount.value, unit="percent", reference="entry_price", favour=favour)
    else:
        gain = favour == "profit"
        value = amount.value if gain else -amount.value
        act.inline = PnlDraft(operator=">=" if gain else "<=", threshold=value, unit="usd")
    return True


def _lever(act: Act, amount: Amount) -> bool:
    if act.leverage is not None:
        return False
    act.leverage = amount.value
    return True


def _read_bare_number(cur: Cursor, act: Act) -> bool:
    amount: Amount = cur.peek().value
    if amount.unit == "times":
        cur.next()
        cur.skip("LEVERAGE")
        return _lever(act, amount)
    follower = cur.peek(1)
    own = "MARGIN|COLLATERAL"
    if amount.unit in ("usd", "") and (
        cur.sees("NUM", own) or cur.sees("NUM", "OF", own) or cur.sees("NUM", "OF", "MY", own)
    ):
        while cur.take(own) is None:
            cur.next()
        act.margin = amount.value
        return True
    if amount.sign == "+" and amount.unit == "percent":
        return False
    if act.size is not None and _rests_at(cur, act, amount):
        return True
    if act.size is not None or follower.kind in ("IND", "TRAIL", "SLICES"):
        return False
    if amount.words and follower.kind == "NUM" and follower.value.unit == "percent":
        act.bad_number = True
        cur.at += 2
        return True
    if act.verb in ("buy", "long", "short") and _read_zone(cur, act):
        return True
    if follower.kind in ("STOP", "TARGET") and cur.peek(2).kind not in ("NUM", "AT", "COLON"):
        return False
    if amount.unit == "" and follower.text.lower() in ("into", "in") and cur.peek(2).kind == "COIN":
        act.bad_number = True
    if amount.unit == "":
        act.loose_number = follower.kind not in ("COIN", "ATMARKET") and not cur.sees("NUM", "AT", "ATMARKET")
        act.unnamed = act.market is None and follower.kind != "OF"
        behind = (cur.peek(-n) for n in range(1, 6))
        if cur.sees("NUM", "OF", "COIN") and any(one.kind == "NUM" and one.value.unit == "usd" for one in behind):
            act.bad_number = True  # "$20 of SOL, 50 of ETH": fifty of which?
        coin = follower.kind == "COIN"
        if coin and act.market is not None and act.market != follower.value:
            return False
    cur.next()
    act.size = amount
    if amount.unit == "usd":
        act.notional = (
            act.notional
            or cur.skip("WORTH|NOTIONAL")
            or _is_size(cur)
            or cur.sees("OF|ON|FOR", "COIN|MY|IT")
            or cur.sees("COIN", "NUM")
        )
    if amount.unit == "percent":
        return _read_share_of(cur, act)
    return True


def _is_size(cur: Cursor) -> bool:
    """$400 size: the whole position, not the margin."""
    sized = cur.peek().text.lower() in ("size", "position", "position size") and cur.peek(1).kind != "AT"
    cur.at += int(sized)
    return sized


def _read_zone(cur: Cursor, act: Act) -> bool:
    """ "SOL long 145-142": no size is a range, so these are prices."""
    begun = cur.at
    first = read_price(cur)
    second = read_price(cur) if cur.skip("DASH|SLASH|TO" if act.order.type == "ladder" else "DASH|SLASH") else None
    if first is None or second is None or act.order.from_price is not None or act.order.price is not None:
        cur.at = begun
        return False
    act.order.type, act.order.from_price, act.order.to_price = "ladder", first, second
    return True


def _rests_at(cur: Cursor, act: Act, amount: Amount) -> bool:
    """ "limit long 2 SOL 144": the second number of a limit order is its price."""
    entry = act.verb in ("buy", "long", "short") and act.order.type is None and act.at is None
    if entry and act.market is not None and cur.sees("NUM", "STOP|TARGET", "NUM|AT|COLON"):
        act.at = read_price(cur) if amount.unit in ("", "usd") else None
        return act.at is not None
    limit = act.order.type == "limit" and act.order.price is None and act.at is None
    if (
        not limit
        or act.market is None
        or cur.peek(1).kind
        not in (
            "END",
            "COMMA",
            "GTC",
            "POSTONLY",
            "STOP",
            "TARGET",
            "BY",
            "UNTIL",
            "VALIDFOR",
            "FOR",
            "AND",
            "WITH",
            "REDUCEONLY",
        )
    ):
        return False
    price = read_price(cur) if amount.unit in ("", "usd") else None
    act.order.price = price
    return price is not None


def _read_share_of(cur: Cursor, act: Act) -> bool:
    """Whose share it is: of my collateral, of my SOL, off."""
    begun = cur.at
    cur.skip("OF|MY|ALL|METRIC")
    if cur.take("COLLATERAL|ACCOUNT") is not None or (cur.peek(-1).kind == "METRIC" and cur.at > begun):
        act.of_collateral = True
    else:
        cur.at = begun
        if act.verb not in ("long", "short", "buy"):
            act.held = True
    return True


def _read_things(cur: Cursor, act: Act) -> bool:
    """Markets, positions, all, the rest."""
    item = cur.peek()
    match item.kind:
        case "ALL" | "EVERYTHING" if outdoes_share(cur, act.size):
            return False  # "sell half at 160, all of it"
        case "ALL":
            act.whole = True
            act.it = act.it or item.text.lower() in ("it all", "all of it")
            act.all = act.all or item.text.lower() in ("all", "all of", "all my", "all of my")
        case "REST" if act.size is None and not act.whole:
            act.rest = act.held = True
            cur.next()
            if cur.sees("NUM") and cur.peek().value.unit == "percent" and not cur.peek().value.sign:
                cur.next()  # "the remaining half" is what remains, not half of it.
            cur.skip("OF")
            return True
        case "VAGUE":
            act.vague = True
        case "EVERYTHING":
            act.everything = True
        case "OUT" if act.verb in ("trim", "exit", "sell", "close"):
            pass
        case "ON" if (
            act.verb == "trim"
            and item.text.lower() == "off"
            and cur.peek(1).kind not in ("MY", "COIN", "IT", "POSITION")
        ):
            pass
        case "COLLATERAL" if act.whole or act.rest:
            act.of_collateral = True
        case _:
            return _read_spoken_of(cur, act)
    cur.next()
    cur.skip("OF")
    return True


def _read_spoken_of(cur: Cursor, act: Act) -> bool:
    if not cur.begins("TO|OF|ON|FROM|FOR|ALL|EVERYTHING|COIN|POSITION|MY|I|IT|PRICE|LONG|LONGNOUN|SHORT|SHORTNOUN"):
        return False
    begun = cur.at
    adds = act.verb in ("buy", "long", "short")
    cur.skip("TO" if adds and cur.peek(1).kind in ("MY", "COIN", "POSITION") else "")
    subject = read_reference(cur) or read_subject(cur)
    added = adds and cur.at > begun and cur.peek(begun - cur.at).kind == "TO"
    if cur.at == begun or subject.me or subject.price:
        cur.at = begun
        return False
    if subject.market is not None and act.market is not None and subject.market != act.market:
        cur.at = begun
        return False
    act.market = subject.market or act.market
    if subject.side is not None and not subject.my and (act.verb, subject.side) in (("sell", "short"), ("buy", "long")):
        act.verb = subject.side
        return True
    if added and subject.side == "short" and act.verb == "buy" and act.text.lower() == "add":
        act.verb = "short"
    act.side = subject.side or act.side
    act.it = act.it or subject.it
    act.whole = act.whole or subject.whole
    act.everything = act.everything or subject.everything
    if added:
        return True
    if subject.position or (subject.my and act.verb not in ("long", "short", "buy")):
        act.held = True
    return True


def share(act: Act) -> Decimal | None:
    """The percent of a position that the action speaks of, where it does."""
    if act.size is not None:
        return act.size.signed if act.size.unit == "percent" else None
    return HUNDRED if act.whole or act.rest or act.everything else None
