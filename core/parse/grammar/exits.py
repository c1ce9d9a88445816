"""Reads a stop, a target or a trailing stop: where it lies and how much it takes; decides no side."""

from dataclasses import replace
from decimal import Decimal
from typing import Literal

from core.domain.money import HUNDRED
from core.parse.grammar.drafts import Act, Change, Cond, Level, Order, PnlDraft, Trail
from core.parse.grammar.items import Amount, Cursor
from core.parse.grammar.phrases import Subject, read_price, read_reference, read_subject
from core.parse.grammar.slots import ORDER_KINDS

_PURPOSES: dict[str, Literal["target", "stop", "trail"]] = {"TARGET": "target", "STOP": "stop", "TRAIL": "trail"}


def read_exit(cur: Cursor) -> Act | None:
    """TP 160 · stop loss at 142 · a 4 % trailing stop · +6 % tp · stop me out."""
    if not cur.holds("TARGET|STOP|TRAIL|LETLOSE"):
        return None
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
        cur.run("MY", "STOP")
        cur.skip("STOP")
    act.purpose = _PURPOSES[item.kind]
    act.number = item.value
    act.text = item.text
    activation = _read_activation(cur) if act.purpose == "trail" else None
    if before is None and cur.sees("NUM", "AT|COLON|THEN", "NUM") and cur.peek().value.value in range(1, 6):
        act.number = int(cur.next().value.value)
    if (
        item.kind == "STOP"
        and before is None
        and cur.sees("TO|AT", "BREAKEVEN")
        and cur.peek(2).kind not in ("AND", "DASH", "NUM")
    ):
        cur.at += 2
        reference = read_reference(cur)
        market = act.market or (None if reference is None else reference.market)
        return Act(verb="move_stop", market=market, to="entry_price", order=Order(), text=item.text)
    if before is not None:
        act.inline = _exit_condition(act, before, None)
    read_exit_slots(cur, act)
    if activation is not None and isinstance(act.inline, Trail):
        act.inline = replace(act.inline, activation=activation)
    return act if activation is None or isinstance(act.inline, Trail) else None


def _read_activation(cur: Cursor) -> Decimal | None:
    """ "…: activate at 165, trail 2 %": the activation where it comes before the distance."""
    begun = cur.at
    cur.skip("COLON|COMMA")
    price = None
    if cur.take("ACTIVATE|RESUME") is not None:
        cur.skip("AT|ABOVE|BELOW|REACH|PRICE|OF")
        price = read_price(cur)
    if price is None:
        cur.at = begun
        return None
    cur.skip("COMMA|AND|THEN|TRAIL|BY|WITH")
    return price


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
    if led and cur.peek(2).kind not in ("NUM", "AT", "COLON", "THEN"):
        amount = cur.next().value
        if amount is not None and amount.words:
            act.size, amount = amount, None
    subject = read_subject(cur)
    act.market = act.market or subject.market
    return amount


def read_exit_slots(cur: Cursor, act: Act) -> None:
    """What follows the word, in any order."""
    while True:
        begun = cur.at
        if _read_exit_value(cur, act) or read_exit_share(cur, act):
            continue
        cur.at = begun
        goes_on = cur.sees("ALL|REST", "AT", "NUM") or cur.sees("REST", "NUM", "AT", "NUM")
        if goes_on and act.inline is not None:
            return
        if cur.peek().kind in ("ALL", "REST"):
            act.whole = True
            rest = cur.next().kind == "REST"
            if rest and cur.sees("NUM") and cur.peek().value.unit == "percent":
                cur.next()  # "the remaining 50 %" is what remains.
            cur.skip("OF")
        elif cur.peek().kind == "OUT":
            cur.next()
        elif (reference := _read_whose(cur)) is not None:
            act.market = reference.market or act.market
            act.side = reference.side or act.side
            act.it = act.it or reference.it
            act.held = act.held or reference.position or reference.my
            act.whole = act.whole or reference.whole
            act.everything = act.everything or reference.everything
        elif cur.peek().kind in ("LIMIT", "ATMARKET", "REDUCEONLY"):
            act.order.type = ORDER_KINDS.get(cur.next().kind, act.order.type)
        else:
            return


def _read_whose(cur: Cursor) -> Subject | None:
    """ "to my SOL", "on ETH": the position that the exit belongs to."""
    begun = cur.at
    if cur.sees("TO", "MY|COIN|POSITION|IT"):
        cur.next()
    found = read_reference(cur)
    if found is None:
        cur.at = begun
    return found


def _read_exit_value(cur: Cursor, act: Act) -> bool:
    """Where the exit lies: a price, a percent, a distance from the entry."""
    if act.inline is not None:
        return False
    cur.skip("AT|OF|TO|COLON|BY|THEN|ON|GO|IF" if cur.peek(1).kind == "NUM" else "")
    cur.skip("ABOVE|BELOW|REACH|GO" if cur.peek(1).kind == "NUM" and act.purpose != "trail" else "")
    if _read_from_entry(cur, act):
        return True
    item = cur.peek()
    if item.kind != "NUM" or item.value.words or item.value.unit == "times":
        return False
    if item.value.unit == "percent" and (
        cur.sees("NUM", "OF", "BREAKEVEN") or cur.sees("NUM", "OF", "MY", "BREAKEVEN")
    ):
        return _read_part_of_entry(cur, act)
    shared = cur.sees("NUM", "OF", "MY|POSITION|COIN|IT|ALL") or cur.sees("NUM", "AT", "NUM")
    if item.value.unit == "percent" and act.size is None and shared:
        act.size = cur.next().value
        return True
    cur.next()
    act.inline = _exit_condition(act, item.value, cur)
    return act.inline is not None


def _read_part_of_entry(cur: Cursor, act: Act) -> bool:
    """ "a stop at 80 % of my entry" lies 20 % below it."""
    moved = cur.peek().value.value - HUNDRED
    if not moved or act.purpose == "trail":
        return False
    cur.at += 2
    cur.skip("MY|BREAKEVEN")
    act.inline = Change(
        direction="up" if moved > 0 else "down", threshold=abs(moved), unit="percent", reference="entry_price"
    )
    return True


def _read_from_entry(cur: Cursor, act: Act) -> bool:
    """entry + 12 % · entry - $4."""
    begun = cur.at
    cur.skip("AT|TO|COLON")
    if act.purpose != "trail" and cur.take("BREAKEVEN") is not None:
        mark = cur.take("AND|DASH")
        item = cur.take("NUM")
        signed = item is not None and (mark is not None or item.value.sign)
        if signed and item is not None and item.value.unit in ("usd", "percent") and not item.value.words:
            down = (mark is not None and mark.kind == "DASH") or item.value.sign == "-"
            act.inline = Change(
                direction="down" if down else "up",
                threshold=item.value.value,
                unit=item.value.unit,
                reference="entry_price",
            )
            return True
    cur.at = begun
    return False


def _exit_condition(act: Act, amount: Amount, cur: Cursor | None) -> Cond | None:
    unit: Literal["usd", "percent"] | None = amount.unit if amount.unit in ("usd", "percent") else None
    if act.purpose == "trail":
        if cur is not None:
            cur.skip("FROM|BELOW|HIGH|OF|CURRENT")
        return Trail(distance=amount.value, unit=unit)
    favour: Literal["profit", "loss"] = "profit" if act.purpose == "target" else "loss"
    if cur is not None and cur.take(favour.upper()) is not None:
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
    anchor = cur.take("BREAKEVEN|CURRENT|ATMARKET")
    if anchor is None and side is not None and cur.sees("IT", "END|COMMA"):
        cur.next()
    if anchor is None and side is not None and unit == "percent" and cur.peek().kind in ("END", "COMMA", "AND", "RPAR"):
        up = side.kind in ("ABOVE", "RISEWORD")
        return Change(direction="up" if up else "down", threshold=amount.value, unit=unit, reference="entry_price")
    if anchor is None or side is None:
        if anchor is None or anchor.kind != "BREAKEVEN" or unit != "percent":
            cur.at = begun
        return None
    up = side.kind in ("ABOVE", "RISEWORD")
    reference: Literal["entry_price", "current_price"] = (
        "entry_price" if anchor.kind == "BREAKEVEN" else "current_price"
    )
    return Change(direction="up" if up else "down", threshold=amount.value, unit=unit, reference=reference)


def read_exit_share(cur: Cursor, act: Act) -> bool:
    """for half · (50 %) · half at 0.95."""
    begun = cur.at
    cur.skip("FOR|ON|LPAR|DASH|WITH|CLOSE|SELL|OF")
    item = cur.peek()
    percent = item.kind == "NUM" and item.value.unit == "percent" and act.size is None
    if percent and (item.value.words or act.inline is not None):
        cur.next()
        cur.skip("RPAR|OF")
        act.size = item.value
        return True
    if item.kind in ("REST", "ALL") and cur.at > begun:
        cur.next()
        cur.skip("RPAR")
        act.whole = True
        return True
    cur.at = begun
    return False
