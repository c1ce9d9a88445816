"""Reads one action from the words at hand: a trade, a close, an exit order, an alert, a retraction."""

from decimal import Decimal
from typing import Literal

from core.parse.grammar.drafts import Act, Change, Cond, Level, Order, PnlDraft, Trail
from core.parse.grammar.items import Amount, Cursor
from core.parse.grammar.phrases import read_price, read_reference, read_subject
from core.parse.grammar.slots import read_slots

_VERBS: dict[str, Literal["buy", "sell", "long", "short", "cover", "trim", "exit", "close", "reverse"]] = {
    "BUY": "buy", "BID": "buy", "DCA": "buy", "SELL": "sell", "OFFER": "sell", "LONG": "long", "SHORT": "short",
    "COVER": "cover", "TRIM": "trim", "TAKE": "trim", "CUT": "exit", "CLOSE": "close", "REVERSE": "reverse",
}  # fmt: skip
_SIDES = ("LONG", "SHORT", "LONGNOUN", "SHORTNOUN")
_LEADING = "SET|LIMIT|POSTONLY|TWAP|LADDER|ATMARKET|MY"
_PURPOSES: dict[str, Literal["target", "stop", "trail"]] = {"TARGET": "target", "STOP": "stop", "TRAIL": "trail"}
_ORDERS: dict[str, Literal["market", "limit", "twap", "ladder"]] = {
    "LIMIT": "limit", "POSTONLY": "limit", "TWAP": "twap", "LADDER": "ladder", "ATMARKET": "market",
}  # fmt: skip
_RETRACTIONS: dict[str, Literal["cancel_orders", "cancel_rules", "pause_rules"]] = {
    "ORDERS": "cancel_orders", "RULES": "cancel_rules", "ALERTS": "cancel_rules", "STOPS": "cancel_rules",
}  # fmt: skip


def read_action(cur: Cursor) -> Act | None:
    """The action that begins here; None puts the cursor back."""
    begun = cur.at
    for reader in (read_alert, read_retraction, _read_move_stop, read_exit, _read_trade):
        act = reader(cur)
        if act is not None:
            return act
        cur.at = begun
    return None


def read_alert(cur: Cursor) -> Act | None:
    """tell me · ping me · remind me to check funding."""
    cur.skip("SET")
    item = cur.take("ALERT")
    if item is None:
        return None
    act = Act(verb="alert", order=Order(), text=item.text)
    cur.skip("I|ALERT|NOW")
    read_message(cur, act)
    return act


def read_message(cur: Cursor, act: Act) -> bool:
    """The words that the trader dictates for an alert; whether there were any."""
    begun = cur.at
    cur.skip("WITH")
    said = cur.take("SAYING") or (cur.take("COLON") if cur.peek(1).kind == "QUOTE" else None)
    quote = cur.take("QUOTE")
    if quote is not None:
        act.message = str(quote.value) or None
        return True
    if said is None and cur.take("TO") is None:
        cur.at = begun
        return False
    first, last = cur.peek(), None
    while cur.peek().kind not in ("END", "IF", "EACH", "QUOTE"):
        last = cur.next()
    if last is None or act.message is not None:
        cur.at = begun
        return False
    act.message = cur.source[first.start : last.end].strip()
    return True


def read_retraction(cur: Cursor) -> Act | None:
    """cancel all my SOL orders · pause all rules."""
    item = cur.take("CANCEL|PAUSE")
    if item is None:
        return None
    act = Act(verb="cancel_orders", order=Order(), text=item.text)
    _read_whose(cur, act)
    what = cur.take("ORDERS|RULES|ALERTS|STOPS")
    if what is None:
        return None
    _read_whose(cur, act)
    verb = _RETRACTIONS[what.kind]
    if item.kind == "PAUSE":
        if verb == "cancel_orders":
            return None
        verb = "pause_rules"
    act.verb = verb
    act.filter = {"ALERTS": "alert", "STOPS": "stop_loss"}.get(what.kind)
    cur.skip("NOW")
    return act


def _read_whose(cur: Cursor, act: Act) -> None:
    while (item := cur.take("ALL|MY|EVERY|COIN|ON|FOR|OF|EVERYTHING")) is not None:
        if item.kind == "COIN":
            act.market = item.value


def _read_move_stop(cur: Cursor) -> Act | None:
    """move my ETH stop up to 3250 · slide my stop to breakeven."""
    begun = cur.at
    moved = cur.take("SHIFT|SET|TRAIL")
    if moved is None:
        return None
    subject = read_subject(cur)
    if cur.take("STOP") is None:
        cur.at = begun
        return None
    reference = read_reference(cur)
    market = subject.market or (None if reference is None else reference.market)
    cur.skip("RISEWORD|FALLWORD")
    cur.skip("TO|AT")
    cur.skip("MY")
    to: Decimal | Literal["entry_price"] | None
    if cur.take("BREAKEVEN") is not None:
        to = "entry_price"
    elif moved.kind == "SHIFT":
        to = read_price(cur)
    else:
        to = None
    if to is None:
        cur.at = begun
        return None
    reference = read_reference(cur)
    market = market or (None if reference is None else reference.market)
    return Act(verb="move_stop", market=market, to=to, order=Order(), text=moved.text)


def read_exit(cur: Cursor) -> Act | None:
    """TP 160 · stop loss at 142 · a 4 % trailing stop · +6 % tp · stop me out."""
    while cur.peek().kind in ("SET", "WITH", "MY") or cur.peek().text.lower() in ("add", "get", "have"):
        cur.next()
    act = Act(verb="exit", order=Order())
    if cur.sees("LETLOSE", "NUM"):
        return _read_loss_limit(cur, act)
    before = _read_exit_lead(cur, act)
    item = cur.take("TARGET|STOP|TRAIL")
    if item is None:
        return None
    if item.kind == "TRAIL":
        cur.skip("STOP")
    act.purpose = _PURPOSES[item.kind]
    act.number = item.value
    act.text = item.text
    if before is None and cur.sees("NUM", "AT|COLON|THEN", "NUM") and cur.peek().value.value in range(1, 6):
        act.number = int(cur.next().value.value)
    if before is not None:
        act.inline = _exit_condition(act, before, None)
    _read_exit_slots(cur, act)
    return act


def _read_loss_limit(cur: Cursor, act: Act) -> Act:
    """don't let me lose more than $75 on this WIF trade."""
    act.text = cur.next().text
    amount: Amount = cur.next().value
    unit: Literal["usd", "percent"] | None = amount.unit if amount.unit in ("usd", "percent") else None
    act.inline = PnlDraft(operator="<=", threshold=-amount.value, unit=unit)
    reference = read_reference(cur)
    if reference is not None:
        act.market, act.side, act.everything = reference.market, reference.side, reference.everything
    return act


def _read_exit_lead(cur: Cursor, act: Act) -> Amount | None:
    """What stands before the word: `full SL`, `4 % trailing stop`, `SOL stop 140`."""
    amount = None
    subject = read_subject(cur)
    act.market, act.side = subject.market, subject.side
    cur.skip("WITH|COLON" if not subject.empty else "")
    if cur.skip("ALL"):
        act.whole = True
    led = cur.peek().kind == "NUM" and cur.peek(1).kind in ("TARGET", "STOP", "TRAIL")
    if led and cur.peek(2).kind not in ("NUM", "AT"):
        amount = cur.next().value
        if amount is not None and amount.words:
            act.size, amount = amount, None
    subject = read_subject(cur)
    act.market = act.market or subject.market
    return amount


def _read_exit_slots(cur: Cursor, act: Act) -> None:
    """What follows the word, in any order."""
    while True:
        begun = cur.at
        if _read_exit_value(cur, act) or _read_exit_share(cur, act):
            continue
        cur.at = begun
        if cur.peek().kind in ("ALL", "REST"):
            act.whole = True
            cur.next()
            cur.skip("OF")
        elif cur.peek().kind == "OUT":
            cur.next()
        elif (reference := read_reference(cur)) is not None:
            act.market = reference.market or act.market
            act.side = reference.side or act.side
            act.it = act.it or reference.it
            act.held = act.held or reference.position or reference.my
            act.whole = act.whole or reference.whole
            act.everything = act.everything or reference.everything
        elif cur.peek().kind in ("LIMIT", "ATMARKET", "REDUCEONLY"):
            act.order.type = _ORDERS.get(cur.next().kind, act.order.type)
        else:
            return


def _read_exit_value(cur: Cursor, act: Act) -> bool:
    """Where the exit lies: a price, a percent, a distance from the entry."""
    if act.inline is not None:
        return False
    cur.skip("AT|OF|TO|COLON|BY|THEN|ON|GO|IF" if cur.peek(1).kind == "NUM" else "")
    cur.skip("ABOVE|BELOW|REACH|GO" if cur.peek(1).kind == "NUM" and act.purpose != "trail" else "")
    item = cur.peek()
    if item.kind != "NUM" or item.value.words or item.value.unit == "times":
        return False
    shared = cur.sees("NUM", "OF", "MY|POSITION|COIN|IT|ALL") or cur.sees("NUM", "AT", "NUM")
    if item.value.unit == "percent" and act.size is None and shared:
        act.size = cur.next().value
        return True
    cur.next()
    act.inline = _exit_condition(act, item.value, cur)
    return act.inline is not None


def _exit_condition(act: Act, amount: Amount, cur: Cursor | None) -> Cond | None:
    unit: Literal["usd", "percent"] | None = amount.unit if amount.unit in ("usd", "percent") else None
    if act.purpose == "trail":
        if cur is not None:
            cur.skip("FROM|BELOW|HIGH|OF")
        return Trail(distance=amount.value, unit=unit)
    favour: Literal["profit", "loss"] = "profit" if act.purpose == "target" else "loss"
    if cur is not None and cur.take("PROFIT|LOSS") is not None:
        if unit == "percent":
            return Change(threshold=amount.value, unit=unit, reference="entry_price", favour=favour)
        value = amount.value if favour == "profit" else -amount.value
        return PnlDraft(operator=">=" if favour == "profit" else "<=", threshold=value, unit=unit)
    if cur is not None and (anchored := _from_entry(cur, amount, unit)) is not None:
        return anchored
    if unit == "percent":
        return Change(threshold=amount.value, unit=unit, reference="entry_price", favour=favour)
    return None if amount.sign else Level(price=amount.value)


def _from_entry(cur: Cursor, amount: Amount, unit: Literal["usd", "percent"] | None) -> Change | None:
    """50 cents under my entry · 3 % below the current price · 5 % from entry."""
    begun = cur.at
    side = cur.take("ABOVE|BELOW|RISEWORD|FALLWORD")
    cur.skip("FROM|ON|OF|MY|AT")
    anchor = cur.take("BREAKEVEN|CURRENT")
    if anchor is None or side is None:
        if anchor is None or anchor.kind != "BREAKEVEN" or unit != "percent":
            cur.at = begun
        return None
    up = side.kind in ("ABOVE", "RISEWORD")
    reference: Literal["entry_price", "current_price"] = (
        "entry_price" if anchor.kind == "BREAKEVEN" else "current_price"
    )
    return Change(direction="up" if up else "down", threshold=amount.value, unit=unit, reference=reference)


def _read_exit_share(cur: Cursor, act: Act) -> bool:
    """for half · (50 %) · half at 0.95."""
    begun = cur.at
    cur.skip("FOR|ON|LPAR|WITH|CLOSE|SELL|OF")
    item = cur.peek()
    percent = item.kind == "NUM" and item.value.unit == "percent" and act.size is None
    if percent and (item.value.words or act.inline is not None):
        cur.next()
        cur.skip("RPAR|OF")
        act.size = item.value
        return True
    if item.kind in ("REST", "ALL") and cur.at > begun:
        cur.next()
        act.whole = True
        return True
    cur.at = begun
    return False


def _read_trade(cur: Cursor) -> Act | None:
    """Any verb that trades, with what stands before and after it."""
    act = Act(verb="buy", order=Order())
    begun = cur.at
    _read_before_verb(cur, act)
    item = cur.peek()
    verb = _VERBS.get(item.kind)
    if verb is None and item.kind in _SIDES and act.size is not None:
        verb = "long" if item.kind == "LONGNOUN" else "short"
    if verb is None and cur.peek(-1).text.lower() == "put" and _is_stake(cur):
        cur.at -= 1
        verb, item = "buy", cur.peek()
    if verb is None:
        if act.order.type not in ("twap", "ladder"):
            return None
        return _read_verbless(cur, act, begun)
    if item.kind == "TAKE" and cur.peek(1).kind not in ("NUM", "ALL"):
        return None
    cur.next()
    act.verb, act.text = verb, item.text
    if item.kind in ("BID", "OFFER"):
        act.order.type = "limit"
    if item.kind == "REVERSE":
        turned = cur.take("LONG|SHORT")
        act.side = None if turned is None else "short" if turned.kind == "LONG" else "long"
    elif item.kind in ("LONG", "SHORT", "SELL", "BUY", "OFFER"):
        _read_doubled(cur, act)
    cur.skip("COLON")
    cur.skip("ON|POSITION" if act.verb in ("long", "short") and cur.peek(1).kind != "DUR" else "")
    read_slots(cur, act)
    return act


def _is_stake(cur: Cursor) -> bool:
    """`put $500 into SOL`, `put 25 % of my balance into ETH`."""
    if not cur.sees("NUM") or cur.peek().value.unit not in ("usd", "percent"):
        return False
    return any(cur.peek(n).kind == "ON" and cur.peek(n).text.lower() in ("into", "in") for n in range(1, 5))


def _read_doubled(cur: Cursor, act: Act) -> None:
    """`sell short`, `buy long`, `limit order to buy`, `short position`."""
    if act.verb == "sell" and cur.take("SHORT") is not None:
        act.verb = "short"
    elif act.verb == "buy" and cur.take("LONG") is not None:
        act.verb = "long"


def _read_before_verb(cur: Cursor, act: Act) -> None:
    """Leverage, order words, a market or a share of the collateral that stand before the verb."""
    opened = False
    while True:
        item = cur.peek()
        opened = opened or item.text.lower() in ("open", "enter", "start", "initiate")
        if item.kind in _LEADING.split("|") or (item.kind in ("ORDERS", "TO") and act.order.type is not None):
            act.order.type = _ORDERS.get(item.kind, act.order.type)
            act.order.post_only = act.order.post_only or item.kind == "POSTONLY"
            act.text = act.text or item.text
            cur.next()
        elif item.kind == "NUM" and item.value.unit == "times" and act.leverage is None:
            act.leverage = item.value.value
            cur.next()
            cur.skip("LEVERAGE")
        elif item.kind == "NUM" and act.size is None and opened and cur.peek(1).kind in _SIDES:
            act.size = item.value
            cur.next()
        elif item.kind == "ALL" and cur.peek(1).kind == "COLLATERAL" and cur.peek(2).kind == "TO":
            act.whole = act.of_collateral = True
            cur.at += 3
        elif item.kind == "NUM" and item.value.unit == "percent" and cur.peek(1).kind == "OF":
            if not _read_stake(cur, act):
                return
        elif item.kind == "COIN" and act.market is None and cur.peek(1).kind in (*_VERBS, "COLON", "LIMIT", "NUM"):
            act.market = item.value
            cur.next()
            cur.skip("COLON")
        elif item.kind == "POSITION" or (item.kind == "NUM" and act.order.type == "ladder"):
            return
        else:
            return


def _read_stake(cur: Cursor, act: Act) -> bool:
    """`10 % of my collateral to long …`; whether it was that."""
    begun = cur.at
    amount = cur.next().value
    cur.skip("OF|MY|ALL")
    if cur.take("COLLATERAL") is None or cur.take("TO|ON|AND") is None:
        cur.at = begun
        return False
    act.size, act.of_collateral = amount, True
    return True


def _read_verbless(cur: Cursor, act: Act, begun: int) -> Act | None:
    """`twap into $10k of BTC`, `twap out over 1h`, `ladder 5 buys …`."""
    words = " ".join(cur.peek(n - cur.at).text.lower() for n in range(begun, cur.at))
    out = "out" in words
    act.verb, act.whole = ("exit", True) if out else ("buy", False)
    if not read_slots(cur, act):
        return None
    if out and act.size is not None:
        act.whole = False
    counted = act.order.type == "ladder" and act.order.orders is not None
    return act if out or counted or act.order.type == "twap" else None
