"""Holds an extracted action to the words it quotes: its side, size, order and leverage."""

from decimal import Decimal
from typing import Any

from core.domain.condition import ALL_MARKETS
from core.domain.money import HUNDRED
from core.parse.extraction import Fields, number, whole
from core.parse.heard import UNPLACED
from core.parse.witness import Ungrounded, Witness

_BUYS = frozenset({"BUY", "LONG", "BID", "DCA", "PUTIN"})
_SELLS = frozenset({"SELL", "SHORT", "OFFER"})
_SIDES = frozenset({"LONG", "SHORT"})
"""Verbs of an entry, but nouns of a position that is held."""
_EXITS = frozenset({"CLOSE", "TRIM", "CUT", "COVER", "TARGET", "STOP", "TRAIL", "TAKE", "OUT", "LETLOSE"})
_HELD = frozenset({"MY", "IT", "POSITION", "REST", "ALL", "EVERYTHING", "REDUCEONLY", "LONGNOUN", "SHORTNOUN"})
_LIMITS = frozenset({"LIMIT", "BID", "OFFER", "POSTONLY"})
_ORDERS = {
    "limit": _LIMITS, "twap": frozenset({"TWAP", "SLICES"}), "ladder": frozenset({"LADDER", "BETWEEN", "ORDERS"}),
}  # fmt: skip
_TAKEN_BACK = {
    "cancel_orders": {"CANCEL"}, "cancel_rules": {"CANCEL", "STOP"}, "pause_rules": {"PAUSE"}, "reverse": {"REVERSE"},
    "move_stop": {"SHIFT", "SET", "TRAIL", "BREAKEVEN"}, "alert": {"ALERT"},
}  # fmt: skip


def ground_action(do: dict[str, Any], witness: Witness) -> None:
    """Changes *do* in place. Raises Ungrounded, or BadAnswer for a field that cannot be read."""
    if "market" in do:
        do["market"] = _market(do, witness)
    match do["type"]:
        case "buy" | "sell":
            _trade(do, witness)
        case "close":
            _closing(do, witness)
        case _:
            _other(do, witness)


def _trade(do: dict[str, Any], witness: Witness) -> None:
    kinds = witness.kinds() | _ways_in_and_out(witness)
    kinds |= _carried(witness, kinds)
    if not kinds & (_BUYS | _SELLS):
        kinds |= {kind for mark, kind in witness.said.slips().items() if mark in witness.do}  # and asked about
    selling, buying = bool(kinds & _SELLS), bool(kinds & _BUYS)
    exits = kinds & _EXITS
    opens = do["reduce_only"] != "yes"
    claimed = do["type"]
    if claimed == "buy" and not buying and (opens or not exits):
        raise Ungrounded("it buys where you did not say that")
    if claimed == "sell" and not selling and (opens or not exits):
        raise Ungrounded("it sells where you did not say that")
    sold, bought = bool(kinds & _SELLS - _SIDES), bool(kinds & _BUYS - _SIDES)
    turned = (sold, bought) == ((False, True) if claimed == "sell" else (True, False))
    if not opens and turned and "COVER" not in kinds:
        raise Ungrounded("it turned a purchase into a sale, or a sale into a purchase")
    _entered(claimed, witness, opens=opens)
    if opens and "REDUCEONLY" in kinds:
        raise Ungrounded("it left out that it may only reduce")
    if not opens and not kinds & (_HELD | _EXITS) and not _share(witness):
        do["reduce_only"] = ""
    if claimed == "sell" and do["reduce_only"] == "no" and not kinds & {"SHORT", "LEVERAGE"} and not do["leverage"]:
        do["reduce_only"] = ""
    if "REDUCEONLY" in kinds:
        witness.take({"REDUCEONLY"})
    _size(do, witness)
    if (leverage := number(do, "leverage")) is not None:
        units = ("times", "") if "LEVERAGE" in kinds else ("times",)
        witness.needs(witness.do, leverage, units)
    _order(do["order"], witness, do["market"])


def _entered(claimed: str, witness: Witness, *, opens: bool) -> None:
    """Words that enter a position are no exit."""
    said = {mark.kind for mark in witness.do}
    held = {"COVER", "STOP", "TARGET", "TRAIL", "REDUCEONLY", "SHORTNOUN", "LONGNOUN", "REST"}
    entries = {"BUY", "LONG", "DCA"} if claimed == "buy" else {"SHORT"}
    held |= {"SHORT"} if claimed == "buy" else {"MY", "POSITION", "CLOSE"}
    if not opens and said & entries and not said & held:
        raise Ungrounded("it made an exit of what enters a position")


def _carried(witness: Witness, kinds: set[str]) -> set[str]:
    """The verb that words without one carry on from: "sell half at 160 and the rest at 170"."""
    verbs = _BUYS | _SELLS | _EXITS
    if kinds & verbs or not witness.do:
        return set()
    start = witness.do[0].start
    before = [mark.kind for mark in witness.said.marks if mark.start < start and mark.kind in verbs]
    return set(before[-1:])


def _ways_in_and_out(witness: Witness) -> set[str]:
    """ "twap into" and "ladder in" buy, "twap out of" and "scale out" sell; alone they buy."""
    words = [set(mark.text.lower().split()) for mark in witness.both if mark.kind in ("TWAP", "LADDER")]
    others = witness.kinds() & (_BUYS | _SELLS | _EXITS)
    return {"SELL" if "out" in said else "BUY" for said in words if {"in", "into", "out"} & said or not others}


def _share(witness: Witness) -> bool:
    return any(mark.kind == "NUM" and mark.unit == "percent" for mark in witness.do)


def _size(do: dict[str, Any], witness: Witness) -> None:
    if (percent := number(do, "amount_percent")) is not None:
        _percent(do, percent, witness)
    if (base := number(do, "amount_base")) is not None:
        witness.needs(witness.do, base, ("",))
    if (usd := number(do, "amount_usd")) is not None and not witness.number(witness.do, usd, ("usd",)):
        mark = witness.needs(witness.do, usd, ("",))
        if do["reduce_only"] != "no":  # without a size this would be the whole position
            raise Ungrounded(f"it made dollars of “{mark.text}”")
        do["amount_usd"] = ""
    if (margin := number(do, "margin_usd")) is not None:
        witness.needs(witness.do, margin, ("usd",))
        if not witness.take({"MARGIN", "COLLATERAL", "WITH", "PUTIN"}, witness.do):
            do["amount_usd"], do["margin_usd"] = do["margin_usd"], ""
    if not any(do[name] for name in ("amount_percent", "amount_base", "amount_usd", "margin_usd")):
        _unsized(do, witness)


def _unsized(do: dict[str, Any], witness: Witness) -> None:
    """An exit without a size is of the whole position, unless something may have been said about how much."""
    kinds = {mark.kind for mark in witness.do}
    certain = kinds & {"ALL", "EVERYTHING", "REST", "CLOSE", "STOP", "TARGET", "TRAIL", "COVER", "CUT"}
    unread = witness.said.tongue is not None or "UNKNOWN" in kinds
    if do["reduce_only"] != "no" and (kinds & {"VAGUE", "TRIM"} or (unread and not certain)):
        do["amount_percent"] = UNPLACED


def _percent(do: dict[str, Any], percent: Decimal, witness: Witness) -> None:
    """A share must be said; all of it may be what an exit means anyway."""
    if witness.number(witness.do, percent, ("percent",)) is not None:
        return
    whole_said = witness.take({"ALL", "EVERYTHING", "REST"}, witness.do)
    if percent == HUNDRED and (whole_said or do["type"] == "close" or do.get("reduce_only") == "yes"):
        do["amount_percent"] = "100" if whole_said else ""
        return
    witness.needs(witness.do, percent, ("percent",))


def _closing(do: dict[str, Any], witness: Witness) -> None:
    kinds = witness.kinds()
    kinds |= _carried(witness, kinds)
    if not kinds & (_EXITS | {"SELL", "CLOSES"}):
        raise Ungrounded("it closes a position where you did not say that")
    if (percent := number(do, "amount_percent")) is not None:
        _percent(do, percent, witness)
    if do["amount_percent"] == "" and "VAGUE" in kinds:
        do["amount_percent"] = UNPLACED
    witness.take({"REDUCEONLY"})
    _order(do["order"], witness, do["market"])


def _other(do: dict[str, Any], witness: Witness) -> None:
    wanted = _TAKEN_BACK.get(do["type"], set())
    if not witness.kinds() & wanted:
        raise Ungrounded(f"it has “{do['type'].replace('_', ' ')}” where you did not say that")
    match do["type"]:
        case "reverse":
            _order(do["order"], witness, do["market"])
        case "move_stop":
            if do["to"] == "entry_price":
                if not witness.take({"BREAKEVEN"}):
                    raise Ungrounded("it moves the stop to your entry where you did not say that")
            elif (price := number(do, "to")) is not None:
                witness.needs(witness.do, price, ("", "usd"), do["market"])
        case "alert":
            spoken = do["message"].strip()
            if spoken and witness.said.places(spoken) is None:
                do["message"] = ""
            elif spoken:
                spans = witness.said.places(spoken) or ()
                inside = [m for m in witness.both if any(a <= m.start and m.end <= b for a, b in spans)]
                witness.used.update(inside)
        case _:
            pass


def _order(order: dict[str, Any], witness: Witness, market: str) -> None:
    kind = order["type"]
    if kind in _ORDERS and not witness.take(_ORDERS[kind]):
        raise Ungrounded(f"it places a {kind} order where you did not say that")
    for name in ("price", "from_price", "to_price"):
        if (price := number(order, name)) is not None:
            witness.needs(witness.both, price, ("", "usd"), market)
    if order.get("post_only") == "yes" and not witness.take({"POSTONLY"}):
        raise Ungrounded("it makes the order post-only where you did not say that")
    if (bps := whole(order, "max_slippage_bps")) is not None:
        if not witness.take({"SLIPPAGE"}):
            raise Ungrounded("it has a slippage where you did not say one")
        witness.needs(witness.do, Decimal(bps) / HUNDRED, ("percent", ""))
    for name in ("ttl_s", "over_s"):
        if (seconds := whole(order, name)) is not None:
            witness.needs_span(witness.both, seconds)
    for name in ("slices", "orders"):
        if (count := whole(order, name)) is not None:
            witness.needs(witness.do, Decimal(count), ("",))


def _market(do: Fields, witness: Witness) -> str:
    if do["market"] != ALL_MARKETS:
        return witness.market(do["market"], witness.do)
    if do["type"] in ("cancel_orders", "cancel_rules", "pause_rules", "alert"):
        return ALL_MARKETS if not witness.market_named(witness.do) else ""
    spoken = {mark.kind for mark in witness.do}
    apart = [mark for mark in witness.do if mark not in witness.when]
    every = "EVERYTHING" in spoken or ("ALL" in spoken and not witness.market_named(witness.do))
    if "IT" in spoken or witness.market_named(apart) or not (every or "ACROSS" in witness.kinds()):
        raise Ungrounded("it speaks of every market where you did not")
    return ALL_MARKETS
