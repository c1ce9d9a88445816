"""Reads a correction of a draft in words and makes it in the drafts; where it could mean two things it says so."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.domain.money import HUNDRED
from core.domain.reading import ParseContext
from core.parse.grammar.assemble import apply_mod, joined
from core.parse.grammar.changes import Changed, Correction, put, without
from core.parse.grammar.clauses import read_clauses
from core.parse.grammar.coins import coins_of
from core.parse.grammar.continued import OPENING
from core.parse.grammar.drafts import Act, GroupDraft, Level, Order, RuleDraft, ScheduleDraft, TimeDraft
from core.parse.grammar.exits import read_exit
from core.parse.grammar.grouping import Unclear
from core.parse.grammar.items import Amount, Cursor
from core.parse.grammar.linking import link, opens
from core.parse.grammar.reader import Reader, Sentence
from core.parse.grammar.relative import read_relative
from core.parse.grammar.remarks import Mod
from core.parse.grammar.removals import PLACES, removed
from core.parse.grammar.slots import read_slots
from core.parse.grammar.spots import (
    UNTRADED,
    Name,
    Spot,
    altered,
    leaves_of,
    put_leverage,
    put_size,
    put_slippage,
    say,
    spots_of,
)
from core.parse.grammar.swaps import other_market, read_swap
from core.parse.grammar.text import clean, tokens
from core.parse.grammar.understanding import understand

_OPENERS = re.compile(
    r"^(?:(?:(?:yes|yeah|yep|sure|fine|good)[\s,]+but|no|nope|nah|wait|sorry|oops|actually|i meant|i mean|i said|ok|"
    r"okay|please|pls|but|rather|correction|hmm|hm)\b[\s,.:!-]*)+"
)
_ADDS = re.compile(r"^(?:(?:and|also|plus|with|add|then)\b[\s,]*)+")
_PLACED = re.compile(
    r"^(?:(?:make|change|set|move|use)\b )?(?:the )?(?P<place>first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th)"
    r"(?: (?:one|rule|order|target|stop|tp|sl|price))?(?: (?:should be|to|at|is))? ?[:,]? (?=\S)"
)
_PLACED_LAST = re.compile(
    r"[, ]+(?:for|on|of|in|with|at) (?:the )?(?P<place>first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th)"
    r"(?: (?:one|rule|order|target|stop|tp|sl|sale|buy))?[ .!]*$"
)
_ONLY = re.compile(r"^(?:only|just)\b")
_MARKED = re.compile(
    r"^(?:no|nope|nah|not|wait|sorry|oops|actually|i meant?|i said|rather|and|also|plus|but|add|with|make|change|only|"
    r"just|use|first|second|third|replace|correction|raise|lower|move the|set the|put the|adjust|update|the|"
    r"half that|double|twice|same|do the same|(?:yes|yeah|yep|sure|fine|good),? but)\b|"
    r"\b(?:instead|not)\b"
)
_NO_EXIT = re.compile(r"^no (?:stop|stop loss|sl|target|take profit|tp|alert|trailing stop)\b")
_EVEN = ((re.compile(r"\bshould be\b"), "to"), (re.compile(r"\breplace\b"), "change"), (re.compile(r"\bbut\b"), ","))
_LEADS = "SHIFT|EARN|SET|IT|TO|AT|COMMA|AND|COLON|THEN|MY"
_NAMED: Mapping[str, Name] = {"POSITION": "size", "PRICE": "price", "LEVERAGE": "leverage", "SLIPPAGE": "slippage"}
_PURPOSES = {"TARGET": "target", "STOP": "stop", "TRAIL": "trail"}


def is_marked(reply: str) -> bool:
    """Whether the words begin or end as a correction does, even if they could stand alone as a rule."""
    return _MARKED.search(clean(reply).strip().lower()) is not None


def is_bare(reply: str, context: ParseContext) -> bool:
    """Whether *reply* is a number that names nothing it could be: with a question open it may be meant for that."""
    said = _correction(clean(reply), context)
    if said is None or said.place is not None:
        return False
    items = [item for item in said.items if item.kind not in _LEADS.split("|")]
    bounded = any(item.kind in ("ABOVE", "BELOW", "ATMOST") for item in items)
    bounded = bounded or any(item.text.lower() == "up to" for item in said.items)
    told = [item for item in items if item.kind not in ("ABOVE", "BELOW", "ATMOST", "COIN")]
    if len(told) != 1 or told[0].kind not in ("NUM", "DUR"):
        return False
    amount = told[0].value if told[0].kind == "NUM" else None
    named = any(item.kind == "COIN" for item in items) or (amount is not None and amount.unit == "times")
    return bounded or not (named or said.only or (amount is not None and amount.words))


def corrected(
    drafts: list[RuleDraft], choices: Mapping[str, Any], reply: str, context: ParseContext
) -> Changed | str | None:
    """The drafts after *reply*; a sentence where it could mean two things; None where it is no correction.

    *drafts* are changed in place, so they must be copies with every answer of *choices* already put in.
    """
    low = " ".join(clean(reply).lower().split()).rstrip(" .!")
    away = removed(drafts, choices, low)
    if away is not None:
        return away
    if _NO_EXIT.match(low):
        return "Say “remove it” with its name, or its new price, for example “change the stop to 120”."
    said = _correction(clean(reply), context)
    if said is None:
        return None
    if said.place is not None and not said.place < len(drafts):
        return f"There are only {len(drafts)} rules in it."
    try:
        for reader in (read_relative, read_swap, _addition, _named_exit, _value, _terms, _occasion):
            found = reader(drafts, choices, said)
            if found is not None:
                return found
    except Unclear as unclear:
        return str(unclear)
    return None


def _correction(cleaned: str, context: ParseContext) -> Correction | None:
    low = _OPENERS.sub("", cleaned.strip().lower())
    text = cleaned.strip()[len(cleaned.strip()) - len(low) :]
    place = _PLACED.match(low)
    if place is not None:
        text = text[place.end() :]
    elif (place := _PLACED_LAST.search(text.lower())) is not None:
        text = text[: place.start()]  # "15 percent for the first"
    for pattern, word in _EVEN:
        text = pattern.sub(word, text)
    sentences = Reader(tokens(text), coins_of(context)).sentences()
    items = tuple(item for sentence in sentences for item in sentence.items)
    if not items or any(sentence.asked for sentence in sentences):
        return None
    return Correction(
        low=low,
        source=text,
        items=items,
        only=bool(_ONLY.match(low)),
        context=context,
        place=None if place is None else PLACES[place["place"]],
    )


# --- one more rule ---------------------------------------------------------------------------------------------------


def _addition(drafts: list[RuleDraft], choices: Mapping[str, Any], said: Correction) -> Changed | str | None:
    """and add a stop at 120 · also tell me at 180 · plus sell the rest at 200."""
    lead = _ADDS.match(said.low)
    if lead is None:
        return None
    # The words may be shorter than `low` by what was evened out, but never in their lead.
    understood = understand(said.source[lead.end() :], said.context)
    if not understood.drafts:
        return None
    more = understood.drafts
    before = [draft.then for draft in drafts]
    link([*drafts, *more])
    for draft, then in zip(drafts, before, strict=True):
        draft.then = then
    return Changed(drafts=[*drafts, *more], choices=choices, notes=understood.notes)


# --- one number ------------------------------------------------------------------------------------------------------


def _named_exit(drafts: list[RuleDraft], choices: Mapping[str, Any], said: Correction) -> Changed | str | None:
    """change the stop to 120 · tp 180 · the trailing stop should be 4 %."""
    cur = Cursor(said.items, said.source)
    cur.skip(_LEADS)
    purpose = _PURPOSES.get(cur.peek().kind)
    if purpose is None:
        return None
    if any(item.kind == "BY" for item in said.items):
        return "Say the new price itself, for example “change the stop to 120”."
    found = read_exit(cur)
    if found is None or cur.peek().kind != "END" or found.inline is None or found.market is not None:
        return None
    meant = [draft for draft in drafts if draft.act.purpose == purpose and found.number in (None, draft.act.number)]
    if len(meant) != 1:
        return (
            None
            if not meant
            else f"There is more than one {found.text} in it. Say its old price too, like 120 not 130."
        )
    draft, new = meant[0], found.inline
    if draft.act.order.price is not None and isinstance(new, Level) and new.price is not None:
        draft.act.order.price = new.price
    elif draft.cond is None or (len(list(leaves_of(draft.cond))) == 1 and not isinstance(draft.cond, ScheduleDraft)):
        market = getattr(draft.cond, "market", None)
        draft.cond = altered(new, market=market) if hasattr(new, "market") else new
        draft.act.inline = draft.cond
    else:
        return "I cannot tell which part of that exit should change. Say the whole rule again."
    if found.size is not None:
        put_size(draft, found.size)
    return Changed(drafts=drafts, choices=without(choices, drafts.index(draft), "standing", "far", "exit", "price"))


def _value(drafts: list[RuleDraft], choices: Mapping[str, Any], said: Correction) -> Changed | str | None:
    """make it 40 % · only half · no, 5 % · the size to 3 SOL · make it ETH · every 2 hours."""
    cur = Cursor(said.items, said.source)
    cur.skip(_LEADS)
    name = _NAMED.get(cur.peek().kind)
    placed = cur.peek(-1).kind == "AT" and cur.peek().kind == "NUM" and cur.peek().value.unit in ("", "usd")
    name = "price" if placed else name  # "at 140" is never a size
    if name is not None and not placed:
        cur.next()
        cur.skip("TO|AT|OF|THEN|COLON")
    item = cur.next()
    after = cur.next() if cur.peek().kind in ("COIN", "CANDLE", "LEVERAGE", "SLIPPAGE") else None
    cur.skip("OF|MY|IT|POSITION|ALL" if item.kind in ("NUM", "ALL") else "")
    if cur.peek().kind != "END":
        return None
    found = [spot for spot in spots_of(drafts, choices) if said.place in (None, spot.number)]
    match item.kind:
        case "COIN" if after is None and name is None:
            return other_market(drafts, choices, item.value)
        case "DUR":
            amount = Amount(value=Decimal(item.value))
            wanted: tuple[Name, ...] = ("candles",) if after is not None else ("duration", "candles")
            spots = [spot for spot in found if spot.name in wanted]
        case "ALL" | "EVERYTHING":
            amount = Amount(value=HUNDRED, unit="percent", words=True)
            spots = _fitting(found, amount, "size")
        case "NUM":
            amount = item.value
            if after is not None and after.kind in _NAMED:
                name = _NAMED[after.kind]
            sized = said.only or amount.words or (after is not None and after.kind == "COIN")
            name = "size" if name is None and sized and amount.unit != "times" else name
            if after is not None and after.kind == "COIN" and not _all_in(drafts, after.value):
                return f"It is not about {after.text}. Say the whole rule again."
            if name in ("leverage", "slippage") or amount.unit == "times":
                return _of_order(drafts, choices, name, amount)
            if after is not None and after.kind == "COIN":
                return _counted(drafts, choices, _fitting(found, amount, name), amount)
            spots = _fitting(found, amount, name)
        case _:
            return None
    if not spots:
        return None
    if len(spots) > 1:
        listed = " or ".join(f"{spot.words} of rule {spot.number + 1}" for spot in spots[:4])
        return f"Which should change: {listed}? Say both numbers, like “200 not 20”, or name what you mean."
    return put(drafts, choices, spots[0], replace(amount, unit="") if spots[0].name == "duration" else amount)


def _counted(
    drafts: list[RuleDraft], choices: Mapping[str, Any], spots: list[Spot], amount: Amount
) -> Changed | str | None:
    """2 SOL: a size whose unit was said with it."""
    if len(spots) != 1 or amount.unit or amount.sign:
        return "Of which rule? Say the whole rule again." if len(spots) > 1 else None
    spot = spots[0]
    if not spot.put(drafts[spot.number], amount):
        return f"{say(amount)} cannot stand where {spot.words} is. Say the whole rule again."
    return Changed(drafts=drafts, choices=without(choices, spot.number, "amount", "leverage"))


def _fitting(spots: list[Spot], amount: Amount, name: Name | None) -> list[Spot]:
    """The spots that a number may be meant for; where some have its very unit, or were said, only those."""
    fitting = [
        spot
        for spot in spots
        if (spot.name == name if name is not None else spot.name not in ("duration", "candles", "slippage"))
    ]
    if name is None and amount.unit == "" and amount.value > HUNDRED:
        fitting = [spot for spot in fitting if spot.amount.unit != "percent"] or fitting
    if name is None and amount.unit == "percent":
        same = [spot for spot in fitting if spot.said and spot.amount.unit == "percent"]
        fitting = same or [spot for spot in fitting if spot.name in ("size", "move")]
    elif name is None and amount.unit == "usd":
        fitting = [spot for spot in fitting if spot.name in ("size", "price", "move")]
        dollars = [spot for spot in fitting if spot.said and spot.amount.unit == "usd"]
        fitting = dollars or [s for s in fitting if s.amount.unit != "percent" or s.name in ("size", "move")]
    said = [spot for spot in fitting if spot.said]
    if name is None and amount.unit == "usd" and not said:
        return []  # "$3" of a stop at 5 % is no size that was never spoken of
    return said or fitting


def _of_order(drafts: list[RuleDraft], choices: Mapping[str, Any], name: Name | None, amount: Amount) -> Changed | str:
    """The leverage or slippage of the one trade that can have it."""
    slippage = name == "slippage"
    trades = _trades(drafts, openings=not slippage)
    if len(trades) != 1:
        return "I cannot tell which trade you mean. Say the whole rule again."
    number = drafts.index(trades[0])
    if not (put_slippage if slippage else put_leverage)(trades[0], amount):
        return f"{say(amount)} cannot be its {'slippage' if slippage else 'leverage'}."
    return Changed(drafts=drafts, choices=without(choices, number, "leverage"))


def _all_in(drafts: list[RuleDraft], market: str) -> bool:
    return all(draft.act.market in (None, market) for draft in drafts)


# --- how, how long, when ---------------------------------------------------------------------------------------------


def _terms(drafts: list[RuleDraft], choices: Mapping[str, Any], said: Correction) -> Changed | str | None:
    """use a limit order · post only · limit at 140 · reduce only."""
    cur = Cursor(said.items, said.source)
    cur.skip(_LEADS)
    blank = Act(verb="buy", order=Order())
    if not read_slots(cur, blank) or cur.peek().kind != "END":
        return None
    order, limit = blank.order, blank.order.type == "limit"
    if blank.market is not None or blank.size is not None or blank.held or blank.everything or blank.margin is not None:
        return None
    if order.type is None and order.slippage_bps is None and not blank.reduce_only:
        return None
    if any(item.kind == "NOW" for item in said.items):
        return None if not any(draft.cond for draft in drafts) else "At once, or as it says? Say the whole rule again."
    if (blank.at is not None and not limit) or order.type in ("ladder", "twap"):
        return None
    trades = _trades(drafts, openings=False)
    if len(trades) != 1:
        trades = _trades(drafts, openings=True)
    if len(trades) != 1:
        return "I cannot tell which order you mean. Say the whole rule again."
    draft = trades[0]
    draft.act.reduce_only = draft.act.reduce_only or blank.reduce_only
    if order.slippage_bps is not None:
        draft.act.order.slippage_bps = order.slippage_bps
    if limit:
        _rest(draft, order, order.price if order.price is not None else blank.at)
    elif order.type == "market":
        if draft.act.order.price is not None:
            return "At once, or when the price gets there? Say the whole rule again."
        draft.act.order = Order(type="market", slippage_bps=draft.act.order.slippage_bps)
    return Changed(drafts=drafts, choices=without(choices, drafts.index(draft), "price", "far", "standing"))


def _rest(draft: RuleDraft, order: Order, price: Decimal | None) -> None:
    """Makes the draft's order a limit order; "at 140" was its condition and becomes its price."""
    own = draft.act.order
    own.type, own.post_only = "limit", own.post_only or order.post_only
    own.ttl_s = order.ttl_s if order.ttl_s is not None else own.ttl_s
    if price is None and own.price is None and draft.act.at is not None and isinstance(draft.cond, Level):
        price = draft.cond.price
        draft.cond, draft.act.at = None, None
    own.price = own.price if price is None else price


def _occasion(drafts: list[RuleDraft], choices: Mapping[str, Any], said: Correction) -> Changed | str | None:
    """until Friday · only once · when it hits 180 instead · every 2 hours."""
    at = next((n for n, item in enumerate(said.items) if item.kind not in ("EARN", "SHIFT", "SET", "IT", "COMMA")), 0)
    clauses = read_clauses(Sentence(list(said.items[at:])), said.source)
    whats = [part.what for part in clauses.parts]
    if not whats or clauses.leftover:
        return None
    mods = [what for what in whats if isinstance(what, Mod)]
    if len(mods) == len(whats):
        if len(drafts) > 1 and any(mod.kind not in ("expires", "lasting", "oco") for mod in mods):
            return "I cannot tell which rule you mean. Say the whole rule again."
        for mod in mods:
            for draft in drafts:
                apply_mod(draft, mod)
        return Changed(drafts=drafts, choices=choices)
    if mods or any(isinstance(what, Act) for what in whats):
        return None
    if len(drafts) > 1:
        return "I cannot tell which rule should wait for that. Say the whole rule again."
    draft = drafts[0]
    if draft.act.purpose is not None or draft.act.order.price is not None or (draft.act.verb in OPENING and draft.then):
        return "I cannot put that in place of its price. Say the whole rule again."
    if _ADDS.match(said.low) or said.items[0].kind == "OR" or isinstance(draft.cond, GroupDraft):
        return "Must both hold, or is one of them enough? Say the whole rule again."
    new = joined(clauses.parts)
    market = getattr(draft.cond, "market", None)
    if new is not None and market is not None and getattr(new, "market", "") is None:
        new = altered(new, market=market)  # "above 65k": of what it waits for now
    if isinstance(new, TimeDraft) and isinstance(draft.cond, ScheduleDraft):
        return "Once at that time, or again and again? Say the whole rule again."
    draft.cond, draft.act.at, draft.act.inline = new, None, None
    draft.repeat = any("EACH" in part.joins for part in clauses.parts)
    return Changed(
        drafts=drafts, choices=without(choices, 0, "standing", "far", "time", "start", "timeframe", "period")
    )


def _trades(drafts: list[RuleDraft], *, openings: bool) -> list[RuleDraft]:
    return [draft for draft in drafts if draft.act.verb not in UNTRADED and (not openings or opens(draft))]
