"""Holds a model's answer to the words it was made from: empties what they do not state, refuses what they contradict.

What is emptied is asked about later; what the words say and the answer leaves out is a contradiction too. Nothing is
ever added, and nothing decided here trades: rules still go through questions and the confirmation.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

from core.domain.condition import ALL_MARKETS
from core.domain.reading import ParseContext
from core.parse.evidence import Evidence, Mark, evidence_of
from core.parse.extraction import Fields, leaves_of, whole
from core.parse.grounding_actions import ground_action
from core.parse.grounding_conditions import ground_condition, ground_instant
from core.parse.heard import UNPLACED
from core.parse.witness import Ungrounded, Witness

DAY_S = 86_400
MOST_STRANGE = 3
"""At most one mark in so many may be a word that means nothing here, or the message speaks of something else."""
_MARKUP = re.compile(
    r"</?[a-z_|]+\b[^<>]*>|\{\{|\}\}|\}\]|\[/?INST\]|```|--|;\s*DROP|^\s*>|"
    r"^\W*(?:system|assistant|developer|tool\w*|user|instructions?|response|answer|prompt)\W*:",
    re.IGNORECASE | re.MULTILINE,
)
"""Marks of code and of other people's prompts, which nobody types to say when to trade."""
_ROLES = {"stop": {"STOP", "LOSS", "LETLOSE", "CUT"}, "target": {"TARGET", "PROFIT"}, "trail": {"TRAIL"}}


def ground(answer: Fields, text: str, context: ParseContext) -> dict[str, Any]:
    """*answer*, of kind `rules`, with everything emptied that *text* does not state. Raises Ungrounded or BadAnswer."""
    said = evidence_of(text, context)
    _forbid(said)
    grounded = deepcopy(dict(answer))
    _not_denied(grounded["rules"], said)
    witnesses = [_witness(rule, said, context) for rule in grounded["rules"]]
    for rule, witness in zip(grounded["rules"], witnesses, strict=True):
        _ground_rule(rule, witness)
        idle = [m for m in witness.both if _counts(m, witness) and m not in witness.used and not _denied(m, said)]
        if idle:
            raise Ungrounded(f"it left out “{idle[0].text}”")
    _nothing_left_out(grounded, said, witnesses)
    deeds = [(rule["when"], rule["do"], rule["after"]) for rule in grounded["rules"]]
    if any(deed in deeds[:n] for n, deed in enumerate(deeds)):
        raise Ungrounded("it has the same rule twice")
    return grounded


def _forbid(said: Evidence) -> None:
    """Messages that are no rule, whatever is made of them."""
    if foreign := next((mark for mark in said.marks if mark.kind in ("FOREIGN", "OTHERCASH")), None):
        raise Ungrounded(f"“{foreign.text}” is not something I do", foreign=True)
    if coin := next((mark for mark in said.marks if mark.kind == "NOCOIN"), None):
        raise Ungrounded(f"“{coin.text}” is not among the markets here", foreign=True)
    strange = sum(mark.kind == "UNKNOWN" for mark in said.marks)
    foreign_body = _MARKUP.search(said.text) is not None or strange * MOST_STRANGE > len(said.marks)
    told = any(mark.kind in ("ADVICE", "REPORT") and mark.text.lower() not in _OWN for mark in said.marks)
    if foreign_body or told or _asks(said):
        raise Ungrounded("that does not sound like an instruction")


def doubtful(text: str, context: ParseContext) -> bool:
    """Whether the message of a grounded answer may be no instruction, or another one.

    It denies, reports, wonders or asks as well, or has a slip in its verb. A model that makes something of it is worth
    one question. What is plainly forbidden is worth none: `ground`.
    """
    said = evidence_of(text, context)
    return said.asked or bool(said.slips()) or bool(said.kinds() & {"NOT", "ADVICE", "REPORT"})


def _asks(said: Evidence) -> bool:
    """Whether what is to be done is itself asked: "sell half at 160?", and not "SOL at 130? Close it"."""
    if not said.asked:
        return False
    asked = [said.text[match.start() : match.end()] for match in _ASKED.finditer(said.text)]
    spans = [match.span() for match in _ASKED.finditer(said.text)]
    inside = [mark for mark in said.marks if any(a <= mark.start and mark.end <= b for a, b in spans)]
    return not asked or any(mark.kind in DEEDS or mark.kind in ("ADVICE", "REPORT") for mark in inside)


def _not_denied(rules: Sequence[Fields], said: Evidence) -> None:
    """What the words forbid is no rule: "don't sell half at 160"."""
    for at, mark in enumerate(said.marks):
        if mark.kind != "NOT" or mark.text.lower() in _TURNING:
            continue
        denied = next((one for one in said.marks[at + 1 :] if one.kind in DEEDS), None)
        apart = denied is None or _ENDED.search(said.text[mark.end : denied.start]) is not None
        for rule in rules:
            if denied is not None and not apart and denied.kind in _DEED_WORDS[rule["do"]["type"]]:
                raise Ungrounded("you say what not to do")


DEEDS = frozenset({
    "BUY", "SELL", "LONG", "SHORT", "BID", "OFFER", "DCA", "PUTIN", "CLOSE", "TRIM", "CUT", "COVER", "TARGET", "STOP",
    "TRAIL", "TAKE", "OUT", "REVERSE", "CANCEL", "PAUSE", "ALERT", "SHIFT", "TWAP", "LADDER",
})  # fmt: skip
_TRADES = DEEDS - {"CANCEL", "PAUSE", "ALERT", "SHIFT"}
_DEED_WORDS: Mapping[str, frozenset[str]] = {
    "buy": _TRADES, "sell": _TRADES, "close": _TRADES, "reverse": _TRADES, "alert": frozenset({"ALERT"}),
    "cancel_orders": frozenset({"CANCEL"}), "cancel_rules": frozenset({"CANCEL", "STOP"}),
    "pause_rules": frozenset({"PAUSE"}), "move_stop": frozenset({"SHIFT", "STOP"}),
}  # fmt: skip
"""The words for each action, any of which may be what a denial before it denies."""
_TURNING = frozenset({"unless", "except", "without", "instead of", "rather than", "no", "barring"})
"""Denials that turn what they stand beside round, and forbid no deed."""
_OWN = frozenset({
    "i was", "i closed", "i sold", "i bought", "i just sold", "i just bought", "sold", "bought", "shorted", "longed",
    "aped", "dumped", "covered", "flipped", "closed", "exited", "entered", "already sold", "already bought",
    "used to", "yesterday", "last week", "last night", "last month", "last year", "earlier", "ago", "who", "why",
    "i guess", "i think", "i hope", "hopefully", "i wish", "probably", "would you", "could", "would", "does",
    "will it", "considering", "thinking about", "thinking of", "should",
})  # fmt: skip
"""Words of the trader's own past and doubts; what others said, and what is only imagined, is no instruction at all."""
_ASKED = re.compile(r"[^.!?;\n]*\?")
_ENDED = re.compile(r"[.!?;\n](?!\d)")


def _witness(rule: Fields, said: Evidence, context: ParseContext) -> Witness:
    when = said.within(rule["when_words"]) if rule["when_words"].strip() else ()
    do = said.within(rule["do_words"])
    if when is None or do is None:
        raise Ungrounded("it quotes words that are not yours")
    if not (rule["when"] or rule["after"]) and any(mark.kind in ("IF", "EACH", "WHILE") for mark in when):
        raise Ungrounded("it left out a condition")
    pieces = ((rule["when_words"], when), (rule["do_words"], do))
    twins = frozenset(mark for words, marks in pieces if len(said.places(words) or ()) > 1 for mark in marks)
    return Witness(said=said, context=context, when=when, do=do, twins=twins)


def _counts(mark: Mark, witness: Witness) -> bool:
    """Whether a mark is a number that some rule must use, and not one of what the trader says to hold."""
    if mark.kind == "NUM" and _told_of_holding(mark, witness):
        return False
    return mark.kind in ("NUM", "CLOCK", "BADNUM") or (mark.kind == "DUR" and mark.unit != "one")


def _told_of_holding(mark: Mark, witness: Witness) -> bool:
    """ "I am having 12 SOL, exit 6 of it", "I'm long from 143": a number of the open position, told before any deed."""
    held = [one for holding in witness.context.positions.values() for one in (abs(holding.base), holding.entry_price)]
    if mark.unit not in ("", "usd") or not set(mark.values) & set(held):
        return False
    said = witness.said
    begun = max((match.end() for match in _ENDED.finditer(said.text, 0, mark.start)), default=0)
    before = {one.kind for one in said.marks if begun <= one.start and one.end <= mark.start}
    return bool(before & {"I", "MY"}) and not before & (DEEDS - {"LONG", "SHORT"} | {"IF", "EACH", "WHILE", "AFTER"})


def _ground_rule(rule: dict[str, Any], witness: Witness) -> None:
    do = rule["do"]
    reduces = do["type"] == "close" or do.get("reduce_only") == "yes"
    for leaf in leaves_of(rule):
        ground_condition(leaf, witness, reduces=reduces)
    _role(rule, witness, reduces=reduces)
    ground_action(do, witness)
    _terms(rule, witness)


def _role(rule: dict[str, Any], witness: Witness, *, reduces: bool) -> None:
    """A stop is a stop where the words say so, and only there."""
    kinds = witness.kinds()
    spoken = [role for role, words in _ROLES.items() if kinds & words]
    if rule["role"] and rule["role"] not in spoken:
        raise Ungrounded(f"it made a {rule['role']} of something else")
    exits = [role for role in ("stop", "target") if role in spoken and kinds & {role.upper()}]
    if reduces and not rule["role"] and len(exits) == 1 and "trail" not in spoken:
        rule["role"] = exits[0]
    if rule["role"] in ("stop", "target") and reduces:
        for leaf in leaves_of(rule):
            if leaf["type"] == "price_level" and witness.way(witness.when, None) is None:
                leaf["operator"] = ""


# --- how often, how long ---------------------------------------------------------------------------------------------


def _terms(rule: dict[str, Any], witness: Witness) -> None:
    scheduled = any(leaf["type"] == "schedule" for leaf in leaves_of(rule))
    times = rule["times"].strip().lower()
    if times in ("endless", "forever", "unlimited"):
        if not (leaves_of(rule) or rule["after"]):
            raise Ungrounded("it repeats what has no condition")
        hourly = set() if any(leaf["type"] == "funding_rate" for leaf in leaves_of(rule)) else {"EVERYHOUR"}
        if not scheduled and not witness.take(hourly | {"EVERY", "EACH", "EVERYDAY", "EVERYWEEK"}):
            raise Ungrounded("it repeats without end where you did not say that")
    elif (count := whole(rule, "times") or 1) > 1 and not (leaves_of(rule) or rule["after"]):
        raise Ungrounded("it repeats what has no condition")
    elif count > 1 and not (count == 2 and witness.take({"TWICE"})):
        every = [seconds for leaf in leaves_of(rule) if (seconds := whole(leaf, "every_s")) is not None]
        every += [DAY_S for leaf in leaves_of(rule) if leaf.get("cron")]
        if not any(witness.span(witness.both, seconds * count) for seconds in every):  # "daily for 10 days"
            witness.needs(witness.both, Decimal(count), ("", "times"))
    if rule["cooldown_s"].strip() not in ("", "0") and (rest := whole(rule, "cooldown_s")) is not None:
        witness.needs_span(witness.both, rest)
    if rule["expires_at"].strip():
        _expiry(rule, witness)
    if rule["exclusive"] == "yes" and "OCO" not in witness.said.kinds():
        rule["exclusive"] = "no"


def _expiry(rule: dict[str, Any], witness: Witness) -> None:
    lasting = {"UNTIL", "VALIDFOR", "TODAY", "TONIGHT", "WITHIN", "FOR", "NEXT", "EOD"}
    if witness.said.tongue is None and not witness.kinds() & lasting:
        raise Ungrounded("it expires where you did not say that")
    both = Witness(said=witness.said, context=witness.context, when=witness.both, do=(), used=witness.used)
    ground_instant(rule, "expires_at", both)


# --- what was said and is not there ----------------------------------------------------------------------------------


def _nothing_left_out(answer: Fields, said: Evidence, witnesses: list[Witness]) -> None:
    used = {mark for witness in witnesses for mark in witness.used}
    quoted = {mark for witness in witnesses for mark in witness.both}
    wanted = [mark for mark in said.marks if not _denied(mark, said)]
    for mark in wanted:
        counts = _counts(mark, witnesses[0]) and mark not in used
        strange = mark.kind == "UNKNOWN" and mark not in quoted and any(char.isalnum() for char in mark.text)
        if counts or strange:
            raise Ungrounded(f"it left out “{mark.text}”")
    markets = {leaf.get("market") for rule in answer["rules"] for leaf in leaves_of(rule)}
    markets |= {rule["do"].get("market") for rule in answer["rules"]}
    for mark in wanted:
        if mark.kind == "COIN" and mark.value not in markets and not _emptied(answer):
            raise Ungrounded(f"it left out “{mark.text}”")
    features = _features(answer)
    for mark in wanted:
        one_of = None if mark.text.lower() in _WEAK else _MUST.get(mark.kind)
        if one_of is not None and not one_of & features:
            raise Ungrounded(f"it left out “{mark.text}”")


def _denied(mark: Mark, said: Evidence) -> bool:
    """Whether a denial stands right before it, so that it is to be left out: "not at 155", "instead of 165"."""
    before = [one for one in said.marks if one.end <= mark.start][-3:]
    denials = [one for one in before if one.kind == "NOT" and one.text.lower() not in ("unless", "without", "only not")]
    return any(_PARTED.search(said.text[one.end : mark.start]) is None for one in denials)


_PARTED = re.compile(r"[,.!?;:\n]|\b(?:but|and|if|when)\b", re.IGNORECASE)


def _emptied(answer: Fields) -> bool:
    """Whether some market is to be asked about."""
    return any(item.get("market") == "" for rule in answer["rules"] for item in (rule["do"], *leaves_of(rule)))


_MUST: Mapping[str, frozenset[str]] = {
    kind: frozenset(features.split())
    for kinds, features in (
        ("IF EACH WHILE AFTER", "waits"),
        ("REDUCEONLY", "reduces"),
        ("LIMIT POSTONLY", "limit move_stop"),
        ("POSTONLY", "post_only"),
        ("TWAP SLICES", "twap"),
        ("LADDER", "ladder twap"),
        ("TRAIL", "trailing"),
        ("FUNDING", "funding_rate alert"),
        ("IND BOLLINGER GOLDEN DEATH", "indicator"),
        ("TF", "indicator candle_close repeats funding_rate"),
        ("METRIC", "account amount_percent"),
        ("ALERT", "alert"),
        ("REVERSE", "reverse"),
        ("PAUSE", "pause_rules"),
        ("CANCEL", "cancel_orders cancel_rules expires exclusive"),
        ("UNTIL VALIDFOR", "expires"),
        ("EVERY EACH EVERYDAY EVERYWEEK EVERYHOUR EVERYMONTH SPAN", "repeats funding_rate"),
        ("DAY WEEKDAYS WEEKENDS DATE MONTH NOON MIDNIGHT TONIGHT TOMORROW", "schedule time expires"),
        ("TWICE", "repeats"),
        ("OCO", "exclusive"),
        ("BUY", "buy reverse"),
        ("LONG SHORT", "buy sell reduces reverse alert move_stop cancel_rules"),
        ("SELL", "sell close reverse"),
        ("CLOSE REVERSE COVER TRIM", "reduces reverse candle_close position_event"),
        ("STOP", "stop trailing move_stop cancel_rules loss alert"),
        ("TARGET", "target profit alert after"),
        ("LIQUIDATED", "position_event"),
        ("CLOSES", "position_event candle_close reduces"),
        ("SLIPPAGE", "slippage"),
        ("LEVERAGE", "leverage account"),
        ("BREAKEVEN", "move_stop entry_price"),
        ("MARGIN", "margin_usd account"),
        ("ALL EVERYTHING", "whole all"),
    )
    for kind in kinds.split()
}  # fmt: skip
"""For each kind of trading word, what of it an answer must have at least one of."""


_WEAK = frozenset({"get", "set", "put", "take", "have"})
"""Words that trade in some sentences and mean nothing in others."""


def _features(answer: Fields) -> set[str]:
    """What an answer does, as far as a word of the message may demand it."""
    found: set[str] = set()
    for rule in answer["rules"]:
        do = rule["do"]
        leaves = leaves_of(rule)
        found |= {do["type"], rule["role"], *(leaf["type"] for leaf in leaves)}
        found |= {leaf[name] for leaf in leaves for name in ("favour", "reference") if name in leaf}
        order = do.get("order", {"type": ""})
        found |= {order["type"], *(name for name in ("margin_usd", "leverage", "amount_percent") if do.get(name))}
        flags = {
            "after": bool(rule["after"]),
            "waits": bool(leaves) or bool(rule["after"]) or order["type"] == "limit",
            "reduces": do["type"] == "close" or do.get("reduce_only") in ("yes", ""),
            "whole": do.get("amount_percent", "") in ("", "100", UNPLACED),
            "all": do.get("market") == ALL_MARKETS or any(leaf.get("market") == ALL_MARKETS for leaf in leaves),
            "post_only": order.get("post_only") == "yes",
            "slippage": bool(order.get("max_slippage_bps")),
            "expires": bool(rule["expires_at"] or order.get("ttl_s")),
            "exclusive": rule["exclusive"] == "yes",
            "repeats": bool(rule["times"]) or any(leaf["type"] == "schedule" for leaf in leaves),
        }
        found |= {name for name, holds in flags.items() if holds}
    return found
