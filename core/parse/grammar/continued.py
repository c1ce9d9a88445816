"""Reads clauses that lean on one before them: a second price or bound, one more target, the terms of an entry."""

from dataclasses import replace
from typing import Any, Literal, cast

from core.domain.money import HUNDRED
from core.parse.grammar.drafts import (
    AccountDraft,
    Act,
    CandleDraft,
    Cond,
    EventDraft,
    FundingDraft,
    IndicatorDraft,
    Level,
    Order,
    PnlDraft,
)
from core.parse.grammar.exits import read_exit_share, read_exit_slots
from core.parse.grammar.items import Cursor
from core.parse.grammar.metrics import EVENTS
from core.parse.grammar.phrases import level_operator, read_comparison, read_price
from core.parse.grammar.slots import read_slots

OPENING = ("buy", "long", "short")
_ALTERNATIVES = frozenset({"OR", "AND", "SLASH"})
_LISTED = frozenset({"SLASH", "COMMA", "AND", "DASH"})
_ENDS_A_PRICE = ("END", "COMMA", "SLASH", "AND", "DASH", "STOP", "TARGET", "NUM", "OR")


def second_bound(cur: Cursor, last: Cond | None, joins: set[str]) -> Cond | None:
    """ "160 or 140" · "under 25 or over 80": another price or bound of what was just spoken of."""
    if last is None or not joins & _ALTERNATIVES:
        return None
    begun = cur.at
    if isinstance(last, Level) and last.operator is None:
        if cur.peek(1).kind in ("IF", "EACH", "COIN", "AT"):
            return None  # "2 when it reaches 158 and 3 when …": another size, not another price.
        price = read_price(cur)
        return None if price is None else replace(last, price=price)
    if isinstance(last, EventDraft):
        word = cur.take("|".join(EVENTS))
        return None if word is None else replace(last, event=EVENTS[word.kind])
    found = _bounded(cur, last)
    if found is None:
        cur.at = begun
    return found


def is_loose(cur: Cursor, last: Act | None) -> bool:
    """Whether "-4 %" stands behind an action and may be its stop, its distance or its moment."""
    signed = cur.peek().kind == "NUM" and cur.peek().value.sign != ""
    return signed and last is not None and last.purpose is None and last.inline is None


def one_more_bound(cur: Cursor, last: Cond | None) -> Cond | None:
    """ "if health is under 45 …, if it drops below 20 …": "it" is the account's figure that was spoken of."""
    begun = cur.at
    found = None
    rsi = isinstance(last, IndicatorDraft) and last.name == "rsi" and last.value is not None
    figure = next((cur.peek(n) for n in range(1, 5) if cur.peek(n).kind == "NUM"), None)
    rsi = rsi and figure is not None and figure.value.unit == "" and figure.value.value <= HUNDRED
    if last is not None and (rsi or isinstance(last, AccountDraft | FundingDraft)) and cur.take("IT") is not None:
        found = _bounded(cur, last)
    if found is None:
        cur.at = begun
    return found


def _bounded(cur: Cursor, last: Cond) -> Cond | None:
    if isinstance(last, PnlDraft):
        word = cur.take("RISEWORD|FALLWORD")
        item = cur.take("NUM")
        if word is None or item is None or item.value.sign or item.value.unit not in ("usd", "percent"):
            return None
        up = word.kind == "RISEWORD"
        value = item.value.value if up else -item.value.value
        return replace(last, operator=">=" if up else "<=", threshold=value, unit=item.value.unit)
    if not isinstance(last, IndicatorDraft | FundingDraft | AccountDraft | CandleDraft):
        return None
    comparison = read_comparison(cur)
    item = cur.take("NUM")
    if (
        comparison is None
        or comparison == "hits"
        or item is None
        or item.value.words
        or cur.peek().kind in ("IND", "BOLLINGER")
    ):
        return None
    if isinstance(last, IndicatorDraft):
        kept = last.operator.startswith("crosses") == comparison.startswith("crosses")
        return replace(last, operator=comparison, value=item.value.signed, other=None) if kept else None
    operator = level_operator(comparison)
    if operator is None:
        return None
    match last:
        case CandleDraft():
            return replace(last, operator=operator, price=item.value.value)
        case FundingDraft():
            return replace(last, operator=operator, value=item.value.signed)
        case _:
            return replace(last, operator=operator, value=item.value.signed)


def one_more_exit(cur: Cursor, last: Act | None, joins: set[str]) -> Act | None:
    """ "targets 160 / 170 / 180": another price for the exit before it."""
    if last is None or last.purpose not in ("target", "stop") or not isinstance(last.inline, Level):
        return None
    shared = cur.sees("NUM", "FOR", "NUM|REST|ALL") or cur.sees("NUM", "LPAR", "NUM|REST|ALL", "RPAR")
    ends = shared or cur.sees("NUM", "|".join(_ENDS_A_PRICE))
    if joins - _LISTED or not ends or (cur.peek(1).kind == "NUM" and joins):
        return None
    begun = cur.at
    price = read_price(cur)
    if price is None:
        cur.at = begun
        return None
    act = Act(verb="exit", purpose=last.purpose, market=last.market, side=last.side, held=last.held,
              order=Order(), text=last.text, inline=Level(market=last.inline.market, price=price))  # fmt: skip
    if shared and not read_exit_share(cur, act):
        cur.at = begun
        return None
    return act


def other_place(cur: Cursor, last: Act | None, joins: set[str]) -> Act | None:
    """ "sell it at 155 or 140": the same action at the other price, whichever comes first."""
    if last is None or last.at is None or joins != {"OR"}:
        return None
    begun = cur.at
    bound = cur.take("ABOVE|BELOW") if last.at_operator is not None else None
    if last.at_operator is not None and bound is None:
        return None
    cur.skip("AT")
    price = read_price(cur)
    if price is None or cur.peek().kind not in ("END", "COMMA", "OCO", "STOP", "TARGET", "AND", "LPAR"):
        cur.at = begun
        return None
    operator: Literal[">=", "<="] | None = None if bound is None else ">=" if bound.kind == "ABOVE" else "<="
    return replace(last, at=price, at_operator=operator, order=replace(last.order))


def one_more_market(cur: Cursor, last: Act | None, joins: set[str]) -> Act | None:
    """ "close ETH and BTC if …": the same exit of another position."""
    if last is None or last.market is None or not joins or joins - {"AND", "COMMA"}:
        return None
    if cur.peek(-2).kind not in _NAMES_A_MARKET:
        return None  # "close SOL when ETH drops and BTC too": whose is BTC?
    share = last.size is None or last.size.unit == "percent"
    if (
        last.verb not in ("close", "sell", "exit", "trim")
        or last.purpose is not None
        or not share
        or last.at is not None
    ):
        return None
    if last.verb != "close" and not (last.whole or last.size is not None):
        return None
    begun = cur.at
    cur.skip("MY|ALL")
    item = cur.take("COIN")
    cur.skip("POSITION")
    if item is None or item.value == last.market or cur.peek().kind not in _AFTER_MARKETS:
        cur.at = begun
        return None
    cur.skip("NOW|ATMARKET")
    return replace(last, market=item.value, order=replace(last.order))


_NAMES_A_MARKET = ("COIN", "POSITION", "LONG", "SHORT", "LONGNOUN", "SHORTNOUN", "COMMA", "NOW")
_AFTER_MARKETS = ("END", "IF", "EACH", "COMMA", "AND", "NOW", "ATMARKET")


def exit_elsewhere(cur: Cursor, last: Act | None, joins: set[str]) -> Act | None:
    """ "tp 5 % on SOL and 8 % on ETH" · "stop for ETH at 2700 and for SOL at 141"."""
    if last is None or last.purpose is None or last.market is None or not joins or joins - {"AND", "COMMA"}:
        return None
    bare = cur.sees("COIN", "NUM", "END|COMMA|AND") or cur.sees("COIN", "AT", "NUM")
    if not (bare or cur.sees("ON|FOR", "COIN", "AT", "NUM") or cur.sees("NUM", "ON|FOR", "COIN")):
        return None
    begun = cur.at
    act = Act(verb="exit", purpose=last.purpose, order=Order(), text=last.text)
    read_exit_slots(cur, act)
    if act.market in (None, last.market) or act.inline is None:
        cur.at = begun
        return None
    return act


def shared_out(cur: Cursor, acts: list[Act]) -> bool:
    """ "tp 145 / 140 / 135, a third each": the share of every exit just listed."""
    listed: list[Act] = []
    for act in reversed(acts):
        if act.purpose is None or act.purpose != acts[-1].purpose or act.size is not None or act.whole:
            break
        listed.append(act)
    item = cur.peek()
    if len(listed) < 2 or item.kind != "NUM" or item.value.unit != "percent" or cur.peek(1).text.lower() != "each":
        return False
    cur.at += 2
    for act in listed:
        act.size = item.value
    return True


def stop_beside_sale(sale: Act, act: Act) -> bool:
    """ "when it hits 156 sell half and set a stop at 148": it is not said whether the stop waits for that."""
    if act.purpose == "trail" and act.whole and act.text and sale.at is not None and sale.size is not None:
        return sale.purpose is None  # "cover a third at 110k and trail the rest"
    return act.purpose == "stop" and sale.purpose is None and sale.verb in ("sell", "trim", "exit", "close", "cover")


def entry_terms(cur: Cursor, entry: Act | None) -> bool:
    """ "Entry: 145" · "Leverage 5x" · "Margin $100" · "size: 2 SOL": the terms of the entry before it."""
    if entry is None or entry.verb not in OPENING:
        return False
    begun = cur.at
    done = _entry_price(cur, entry) or _entry_size(cur, entry)
    if not done:
        cur.at = begun
    return done


def _entry_price(cur: Cursor, entry: Act) -> bool:
    word = cur.take("ENTRYWORD|BREAKEVEN|SET")
    if word is None or (word.kind != "ENTRYWORD" and word.text.lower() not in ("entry", "entry price", "enter")):
        return False
    cur.skip("COLON|AT|THEN|DASH|BETWEEN")
    if cur.skip("ATMARKET|CURRENT|NOW"):
        entry.at_once = True
        return entry.at is None and entry.order.price is None
    if entry.at is not None or entry.order.price is not None:
        return False
    mark = cur.take("ABOVE|BELOW")
    first = read_price(cur)
    if first is None:
        return False
    if cur.skip("DASH|TO|SLASH|AND") and mark is None:
        second = read_price(cur)
        entry.order.type, entry.order.from_price, entry.order.to_price = "ladder", first, second
        return second is not None
    entry.at = first
    entry.at_operator = None if mark is None else ">=" if mark.kind == "ABOVE" else "<="
    return cur.peek().kind != "NUM"


def _entry_size(cur: Cursor, entry: Act) -> bool:
    named = cur.take("LEVERAGE|MARGIN|COLLATERAL|POSITION|AMOUNT")
    if named is None:
        return False
    cur.skip("COLON|THEN|OF|AT|DASH|POSITION")
    if named.kind == "LEVERAGE" and cur.peek().text.lower() == "cross":
        cur.next()
    item = cur.peek()
    if item.kind != "NUM":
        return False
    amount = item.value
    if named.kind != "LEVERAGE" and entry.loose_number and entry.size is not None and entry.at is None:
        entry.at, entry.size, entry.loose_number = entry.size.value, None, False  # "eth long 2450 … size $1000"
    match named.kind:
        case "LEVERAGE" if entry.leverage is None and amount.unit in ("", "times"):
            entry.leverage = amount.value
        case "MARGIN" | "COLLATERAL" if entry.margin is None and entry.size is None and amount.unit in ("", "usd"):
            entry.margin = amount.value
        case "POSITION" | "AMOUNT" if entry.size is None and entry.margin is None and named.text.lower() != "position":
            entry.notional = entry.notional or named.kind == "POSITION"
            return read_slots(cur, entry)
        case _:
            return False
    cur.next()
    cur.skip("LEVERAGE")
    return True


def late_size(cur: Cursor, last: Act) -> bool:
    """Whether the size of the trade before follows: `…, 3 SOL`, `…, $50 collateral`."""
    loose = last.loose_number and last.size is not None and last.at is None and cur.sees("COMMA", "NUM", "COIN")
    named = loose and last.market == cur.peek(2).value and cur.peek(1).value.unit == ""
    if named and last.size is not None and cur.peek(3).kind in _CLOSES:
        last.at, last.size, last.loose_number = last.size.value, None, False  # "sell stop SOL 140, 2 SOL"
    if last.size is not None or last.margin is not None or last.whole:
        return False
    if last.purpose is not None:
        shared = cur.sees("COMMA", "NUM", "POSITION|OF|END|COMMA") and cur.peek(1).value.unit == "percent"
        return shared and last.inline is not None and not cur.peek(1).value.sign and cur.peek(2).text.lower() != "size"
    if last.verb in ("alert", "reverse", "move_stop") or not cur.sees("COMMA|COLON", "NUM"):
        return False
    if cur.peek().kind == "COLON" and last.at is not None:
        return False
    unit, after = cur.peek(1).value.unit, cur.peek(2)
    if unit == "percent" and last.verb in ("sell", "trim", "exit", "close"):
        return after.kind in (*_CLOSES, "EVERY", "EVERYDAY", "TF", "SPAN", "EVERYWEEK", "EVERYHOUR")
    coin = unit == "" and after.kind == "COIN" and last.market in (None, after.value)
    return (coin and cur.peek(3).kind in _CLOSES) or (
        unit == "usd" and (after.kind in ("MARGIN", "COLLATERAL") or after.kind in _CLOSES)
    )


_CLOSES = ("END", "COMMA", "ACROSS", "STOP", "TARGET", "AND", "WITH", "EVERY", "EVERYDAY", "TF", "SPAN", "EVERYWEEK")


def takes_over(heading: Act, act: Act) -> Act:
    """*act* with what the heading before its colon said: "scale out of my SOL: 25 % at 160"."""
    bare = replace(act)
    bare.market, bare.side = act.market or heading.market, act.side or heading.side
    bare.held, bare.everything = act.held or heading.held, act.everything or heading.everything
    return bare


def is_heading(act: Act) -> bool:
    """Whether an action only announces what follows."""
    said = (act.size, act.margin, act.leverage, act.at, act.inline, act.order.type, act.order.price, act.to)
    flags = act.whole or act.rest or act.bad_number or act.at_once
    return (
        all(part is None for part in said)
        and not flags
        and (act.verb not in ("alert", "reverse", *OPENING) or act.some_day)
    )


def last_condition(last: object) -> Cond | None:
    """The clause that was read last, where it is a condition."""
    return None if last is None or isinstance(last, Act) else cast(Cond, last)


def altered_timeframe(what: Any, timeframe: str) -> Any:
    """The condition on candles of this length."""
    return replace(what, timeframe=timeframe)
