"""Reads one action from the words at hand: a trade, a close, an exit order, an alert, a retraction."""

from decimal import Decimal
from typing import Literal

from core.parse.grammar.drafts import Act, Order
from core.parse.grammar.exits import read_exit
from core.parse.grammar.items import Cursor, Item
from core.parse.grammar.phrases import read_price, read_reference, read_subject
from core.parse.grammar.slots import ORDER_KINDS, read_slots

_VERBS: dict[str, Literal["buy", "sell", "long", "short", "cover", "trim", "exit", "close", "reverse"]] = {
    "BUY": "buy", "BID": "buy", "DCA": "buy", "SELL": "sell", "OFFER": "sell", "LONG": "long", "SHORT": "short",
    "COVER": "cover", "TRIM": "trim", "TAKE": "trim", "CUT": "exit", "CLOSE": "close", "REVERSE": "reverse",
}  # fmt: skip
_SIDES = ("LONG", "SHORT", "LONGNOUN", "SHORTNOUN")
_DOING = (*_VERBS, "ALERT", "CANCEL", "PAUSE")
_LEADING = frozenset({"REDUCEONLY", "SET", "PUTIN", "LIMIT", "POSTONLY", "TWAP", "LADDER", "ATMARKET", "MY"})
_OPENING = "|".join((*_VERBS, *_LEADING, "NUM", "ALL", "COIN"))
"""Kinds that a trade may begin with."""
_AFTER_A_COIN = "|".join((*_VERBS, "COLON", "LIMIT", "NUM"))
_RETRACTIONS: dict[str, Literal["cancel_orders", "cancel_rules", "pause_rules"]] = {
    "ORDERS": "cancel_orders", "RULES": "cancel_rules", "ALERTS": "cancel_rules", "STOPS": "cancel_rules",
}  # fmt: skip

_EXIT_FILTERS: dict[str, Literal["stop_loss", "take_profit"]] = {
    "STOP": "stop_loss", "TRAIL": "stop_loss", "TARGET": "take_profit",
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
    cur.skip("FOR" if cur.peek(1).kind in ("IF", "EACH") else "")
    read_message(cur, act)
    return act


def read_message(cur: Cursor, act: Act) -> bool:
    """The words that the trader dictates for an alert; whether there were any."""
    begun = cur.at
    cur.skip("WITH")
    first = cur.peek()
    if cur.skip("PRICE"):
        cur.skip("OF|COIN|ON|AND|COMMA")
    if cur.at > begun and cur.sees("END"):
        act.message = cur.source[first.start : cur.peek(-1).end].strip()
        return True
    cur.at = begun
    cur.skip("WITH")
    said = cur.take("SAYING") or (cur.take("COLON") if cur.peek(1).kind == "QUOTE" else None)
    quote = cur.take("QUOTE")
    if quote is not None:
        act.message = str(quote.value) or None
        return True
    told = said is None and act.text.lower() in _REMINDING and cur.peek(-1).kind in _MOMENTS
    if told and cur.peek().text.lower() in ("that", "about", "of"):
        said = cur.next()
    if said is None and (cur.peek().text.lower() != "to" or cur.take("TO") is None):
        cur.at = begun
        return False
    first, last = cur.peek(), None
    while cur.peek().kind not in ("END", "IF", "EACH", "QUOTE") and not _goes_on(cur):
        last = cur.next()
    if last is None or act.message is not None:
        cur.at = begun
        return False
    act.message = cur.source[first.start : last.end].strip()
    return True


_REMINDING = ("remind me", "remind", "send me a reminder", "set a reminder", "set me a reminder")
_MOMENTS = ("CLOCK", "DAY", "DATE", "NOON", "MIDNIGHT", "TOMORROW", "TODAY", "TONIGHT", "DUR", "DAYPART", "ZONE")


def _goes_on(cur: Cursor) -> bool:
    """Whether what follows is an instruction of its own: "remind me to check funding, then sell half"."""
    if cur.peek().kind == "AND":
        return cur.peek(1).kind in _DOING
    ahead = 1
    while cur.peek(ahead).kind not in ("END", "QUOTE", *_DOING):
        ahead += 1
    return cur.peek().kind in ("COMMA", "THEN") and cur.peek(ahead).kind in _DOING


def read_retraction(cur: Cursor) -> Act | None:
    """cancel all my SOL orders · pause all rules."""
    begun = cur.at
    item = cur.take("CANCEL|PAUSE")
    if item is None:
        return None
    act = Act(verb="cancel_orders", order=Order(), text=item.text)
    _read_whose(cur, act)
    if item.kind == "PAUSE" and cur.peek(-1).kind == "EVERYTHING":
        act.verb = "pause_rules"
        return act
    what = cur.take("ORDERS|RULES|ALERTS|STOPS|STOP|TARGET|TRAIL")
    if what is None:
        return None
    every = any(cur.peek(n - cur.at).kind in ("ALL", "EVERY", "EVERYTHING") for n in range(begun, cur.at))
    if is_one(what) and not every and not cur.sees("ON|FOR", "COIN") and act.market is None:
        return None
    cur.skip("RULES|ORDERS" if what.kind in _EXIT_FILTERS else "")
    _read_whose(cur, act)
    verb = _RETRACTIONS.get(what.kind, "cancel_rules")
    if item.kind == "PAUSE":
        if verb == "cancel_orders":
            return None
        verb = "pause_rules"
    act.verb = verb
    act.filter = {"ALERTS": "alert", "STOPS": "stop_loss", **_EXIT_FILTERS}.get(what.kind)
    cur.skip("NOW")
    return act


def is_one(item: Item) -> bool:
    """Whether one order or rule is spoken of, so that cancelling all of them is not what was said."""
    last = item.text.lower().split()[-1]
    return item.kind in ("ORDERS", "RULES") and last in ("order", "rule", "trigger", "strategy", "automation")


def _read_whose(cur: Cursor, act: Act) -> None:
    while (item := cur.take("ALL|MY|EVERY|COIN|ON|FOR|OF|EVERYTHING|REST|STATE")) is not None:
        if item.kind == "COIN":
            act.market = item.value


def _read_move_stop(cur: Cursor) -> Act | None:
    """move my ETH stop up to 3250 · slide my stop to breakeven."""
    begun = cur.at
    moved = cur.take("SHIFT|SET|TRAIL")
    if moved is None:
        return None
    subject = read_subject(cur)
    meant = moved.kind == "SHIFT" and subject.it and cur.sees("TO|AT", "BREAKEVEN")
    if cur.take("STOP") is None and not meant:
        cur.at = begun
        return None
    reference = read_reference(cur)
    market = subject.market or (None if reference is None else reference.market)
    by = cur.skip("RISEWORD|FALLWORD") and cur.sees("NUM")  # "up 5" is no price
    cur.skip("TO|AT")
    cur.skip("MY")
    to: Decimal | Literal["entry_price"] | None
    if cur.take("BREAKEVEN") is not None:
        to = "entry_price"
    elif moved.kind == "SHIFT" and not by:
        to = read_price(cur)
    else:
        to = None
    unsaid = moved.kind == "SHIFT" and cur.peek(-1).kind in ("STOP", "RISEWORD", "FALLWORD") and cur.sees("END")
    if to is None and not unsaid:
        cur.at = begun
        return None
    reference = read_reference(cur)
    market = market or (None if reference is None else reference.market)
    return Act(verb="move_stop", market=market, to=to, order=Order(), text=moved.text)


def _read_trade(cur: Cursor) -> Act | None:
    """Any verb that trades, with what stands before and after it."""
    if not cur.begins(_OPENING) or (cur.sees("COIN") and not cur.sees("COIN", _AFTER_A_COIN)):
        return None
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
    if verb is None and act.of_collateral and act.size is not None and item.kind == "COIN":
        act.verb, act.text = "buy", "put"  # "put 10 % of my balance in SOL"
        return act if read_slots(cur, act) else None
    if verb is None:
        if act.order.type not in ("twap", "ladder"):
            return None
        return _read_verbless(cur, act, begun)
    if item.kind == "TAKE" and cur.peek(1).kind not in ("NUM", "ALL", "VAGUE", "REST"):
        return None
    cur.next()
    act.verb, act.text = verb, item.text
    if item.kind in ("BID", "OFFER"):
        act.order.type = "limit"
    if item.kind == "REVERSE":
        cur.skip("TO" if cur.peek(1).kind in ("LONG", "SHORT") else "")
        turned = cur.take("LONG|SHORT")
        act.side = None if turned is None else "short" if turned.kind == "LONG" else "long"
    elif item.kind in ("LONG", "SHORT", "SELL", "BUY", "OFFER"):
        _read_doubled(cur, act)
    cur.skip("COLON" if cur.peek(1).kind not in _VERBS else "")
    cur.skip("ON|POSITION" if act.verb in ("long", "short") and cur.peek(1).kind != "DUR" else "")
    read_slots(cur, act)
    if item.kind == "REVERSE" and act.side is not None and cur.sees("TO|ON", "LONG|SHORT"):
        cur.at += 2
    return act


def _verb_last(cur: Cursor) -> bool:
    """`2 SOL long at market`, `$50 bitcoin purchases`."""
    amount = cur.peek().value
    if amount.unit not in ("", "usd") or amount.words or cur.peek(1).kind != "COIN":
        return False
    word, after = cur.peek(2), cur.peek(3).kind
    levered = after == "NUM" and cur.peek(3).value.unit == "times"
    return word.kind in ("LONG", "SHORT", "BUY", "LONGNOUN", "SHORTNOUN") and (
        levered
        or after
        not in (
            "NUM",
            "COIN",
            "MY",
            "VAGUE",
        )
    )


def _staked(cur: Cursor) -> bool:
    """`$150 10x long ETH`, `$150 ETH 10x long`: dollars before what they are for."""
    ahead, levered = 1, False
    while cur.peek(ahead).kind == "COIN" or (cur.peek(ahead).kind == "NUM" and cur.peek(ahead).value.unit == "times"):
        levered = levered or cur.peek(ahead).kind == "NUM"
        ahead += 1
    behind = cur.peek(ahead + 1).kind
    if cur.peek(ahead).kind not in _SIDES or ahead > 3:
        return False
    return behind == "COIN" or (levered and behind in _AFTER_A_STAKE)


_AFTER_A_STAKE = ("END", "COMMA", "AT", "STOP", "TARGET", "NOW", "ATMARKET", "IF", "WITH")


def _is_stake(cur: Cursor) -> bool:
    """`put $500 into SOL`, `put 25 % of my balance into ETH`."""
    bare = cur.sees("NUM", "ON", "COIN") and cur.peek().value.unit == ""  # "put 100 into SOL": of what is asked
    if not cur.sees("NUM") or not (bare or cur.peek().value.unit in ("usd", "percent")):
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
        if item.kind in _LEADING or (item.kind in ("ORDERS", "TO") and act.order.type is not None):
            act.order.type = ORDER_KINDS.get(item.kind, act.order.type)
            act.order.post_only = act.order.post_only or item.kind == "POSTONLY"
            act.reduce_only = act.reduce_only or item.kind == "REDUCEONLY"
            act.text = act.text or item.text
            cur.next()
            cur.skip("COLON" if item.kind in ("TWAP", "LADDER", "LIMIT", "ATMARKET") else "")
        elif item.kind == "NUM" and item.value.unit == "times" and act.leverage is None:
            act.leverage = item.value.value
            cur.next()
            cur.skip("LEVERAGE")
        elif (item.kind == "NUM" and act.size is None and opened and cur.peek(1).kind in _SIDES) or (
            item.kind == "NUM" and item.value.unit == "usd" and act.size is None and _staked(cur)
        ):
            act.size = item.value
            cur.next()
        elif cur.sees("NUM", "MARGIN|COLLATERAL", "AND|TO|COMMA") and item.value.unit == "usd":
            act.margin = item.value.value
            cur.at += 3
        elif item.kind == "NUM" and act.size is None and _verb_last(cur):
            act.size, act.market = item.value, cur.peek(1).value
            cur.at += 2
        elif item.kind == "ALL" and cur.peek(1).kind == "COLLATERAL" and cur.peek(2).kind == "TO":
            act.whole = act.of_collateral = True
            cur.at += 3
        elif item.kind == "NUM" and item.value.unit == "percent" and cur.peek(1).kind in ("OF", "MY", "COLLATERAL"):
            if not _read_stake(cur, act):
                return
        elif item.kind == "COIN" and act.market is None and cur.sees("COIN", _AFTER_A_COIN):
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
    if cur.take("COLLATERAL|METRIC|ACCOUNT") is None or cur.take("TO|ON|AND") is None:
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
    if act.order.type == "ladder" and cur.sees("COMMA|COLON", "NUM", "ORDERS|LIMIT|BUY|SELL|BID"):
        cur.next()
        read_slots(cur, act)
    if out and act.size is not None:
        act.whole = False
    ranged = act.order.from_price is not None and act.size is not None
    counted = act.order.type == "ladder" and (act.order.orders is not None or ranged)
    return act if out or counted or act.order.type == "twap" else None
