"""Reads the product's own sentences back: the words of `say_rules` give the very rules they were made from.

What differs from such a sentence by one letter is not read here; the free grammar looks at it then.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.domain.action import (
    Action,
    Alert,
    Close,
    LadderOrder,
    LimitOrder,
    MarketOrder,
    MoveStop,
    OrderKind,
    Retraction,
    Reverse,
    Trade,
    TwapOrder,
)
from core.domain.condition import ALL_MARKETS, Schedule, leaves
from core.domain.money import HUNDRED
from core.domain.reading import DEFAULT_MAX_LEVERAGE, ParseContext, ParseResult
from core.domain.rule import Late, Repeat, RuleSpec
from core.parse.grammar.canonical_conditions import read_condition
from core.parse.grammar.canonical_words import DOLLARS, MARKET, NUMBER, SPAN, TIME, instant, number, seconds

_BEGINNINGS = ("When ", "At ", "Every ", "On ", "Once ", "1. ")
_GROUP = re.compile(r"Rules (\d+(?:, \d+)*) and (\d+) exclude each other\.")
_ONCE = re.compile(r"once (?:rule (?P<number>\d{1,3})|(?P<unnamed>the rule before it)) has filled(?:, (?:when )?)?")
MOST_LINES = 60


def read_canonical(text: str, context: ParseContext) -> ParseResult | None:
    """The rules that *text* states in the product's own words; None where it is anything else."""
    if not text.startswith(_BEGINNINGS) or not text.endswith("."):
        return None
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        return None
    groups = [_GROUP.fullmatch(line) for line in lines]
    said = [line for line, group in zip(lines, groups, strict=True) if group is None]
    rules: list[RuleSpec] = []
    for place, line in enumerate(said, 1):
        mark = f"{place}. "
        if len(said) > 1 and not line.startswith(mark):
            return None
        rule = _rule(line.removeprefix(mark) if len(said) > 1 else line, place, context)
        if rule is None or not _possible(rule, context):
            return None
        rules.append(rule)
    labels: dict[str, str] = {}
    for label, group in zip("abcdefghijklmnopqrstuvwxyz", (group for group in groups if group), strict=False):
        labels |= {f"r{place}": label for place in (*group[1].split(", "), group[2])}
    known = {rule.id for rule in rules}
    if not rules or not labels.keys() <= known or any(rule.after not in {None, *known} for rule in rules):
        return None
    return ParseResult(kind="rules", rules=tuple(replace(rule, oco_group=labels.get(rule.id)) for rule in rules))


def _possible(rule: RuleSpec, context: ParseContext) -> bool:
    """Whether the rule speaks of markets that exist, and of no leverage beyond theirs."""
    markets = {getattr(part, "market", ALL_MARKETS) for part in (*leaves(rule.condition), rule.action)}
    lever = getattr(rule.action, "leverage", None)
    limit = context.max_leverage.get(getattr(rule.action, "market", ""), DEFAULT_MAX_LEVERAGE)
    return markets <= {ALL_MARKETS, *context.prices} and (lever is None or 0 < lever <= limit)


def _rule(line: str, place: int, context: ParseContext) -> RuleSpec | None:
    lead, colon, rest = line.removesuffix(".").partition(": ")
    if not colon or not lead:
        return None
    lead = lead[0].lower() + lead[1:]
    after = None
    once = _ONCE.match(lead)
    if once is not None:
        after = f"r{once['number'] or place - 1}"
        lead = lead[once.end() :] or "at once"
    condition = read_condition(lead.removeprefix("when "), context.timezone)
    deed = _split(rest)
    action = None if deed is None else _action(deed[0])
    if condition is None or action is None or deed is None:
        return None
    times = None if isinstance(condition, Schedule) else 1
    rule = RuleSpec(id=f"r{place}", condition=condition, action=action, after=after, repeat=Repeat(times=times))
    for quality in deed[1]:
        changed = _with(rule, quality)
        if changed is None:
            return None
        rule = changed
    return rule


def _split(rest: str) -> tuple[str, list[str]] | None:
    """The action and the qualities behind it; a dictated message may hold any sign but its own closing quote."""
    if not rest.startswith('alert you: "'):
        action, *qualities = rest.split("; ")
        return action, qualities
    end = rest.rfind('"')
    tail = rest[end + 1 :]
    if end <= len('alert you: "') - 1 or (tail and not tail.startswith("; ")):
        return None
    return rest[: end + 1], tail.split("; ")[1:]


# --- qualities -------------------------------------------------------------------------------------------------------

_REPEATS = re.compile(
    rf"(?:(?P<end>every time it happens, without end)|(?P<times>{NUMBER}) times at most|(?P<once>once))?"
    rf"(?:(?:, )?at least (?P<rest>{SPAN}) apart)?"
)
_LATE = re.compile(
    rf"if noticed more than (?P<after>{SPAN}) late, (?P<do>ask first|still do it if it still holds|do nothing)"
)
_DEEDS: Mapping[str, Any] = {"ask first": "ask", "still do it if it still holds": "run", "do nothing": "skip"}
_PROTECTS: Mapping[str, Any] = {
    "resting on the venue where it can": "venue",
    "watched by SayWhen": "engine",
}


def _with(rule: RuleSpec, quality: str) -> RuleSpec | None:
    """The rule with one more quality; None where the words are none."""
    if (found := re.fullmatch(rf"until (?P<at>{TIME})", quality)) is not None:
        return replace(rule, expires_at=instant(found["at"]))
    if (found := re.fullmatch(rf"checked every (?P<every>{SPAN})", quality)) is not None:
        return replace(rule, check_every_s=seconds(found["every"]))
    if (found := _LATE.fullmatch(quality)) is not None:
        return replace(rule, late=Late(after_s=seconds(found["after"]), do=_DEEDS[found["do"]]))
    if quality in _PROTECTS:
        return replace(rule, protect=_PROTECTS[quality])
    found = _REPEATS.fullmatch(quality)
    if found is None or not quality:
        return None
    times = rule.repeat.times
    if found["end"] is not None:
        times = None
    elif found["times"] is not None:
        times = int(number(found["times"]))
    elif found["once"] is not None:
        times = 1
    rest = 0 if found["rest"] is None else seconds(found["rest"])
    return replace(rule, repeat=Repeat(times=times, cooldown_s=rest))


# --- orders and actions ----------------------------------------------------------------------------------------------


def _market_order(found: re.Match[str]) -> OrderKind | None:
    bps = number(found["bps"]) * HUNDRED
    return MarketOrder(max_slippage_bps=int(bps)) if bps == int(bps) else None


def _limit_order(found: re.Match[str]) -> OrderKind:
    ttl_s = None if found["ttl"] is None else seconds(found["ttl"])
    return LimitOrder(price=number(found["price"]), post_only=found["maker"] is not None, ttl_s=ttl_s)


_ORDERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], OrderKind | None]], ...] = (
    (re.compile(rf"market order, at most (?P<bps>{NUMBER}) % slippage"), _market_order),
    (
        re.compile(
            rf"limit order at (?P<price>{DOLLARS})(?P<maker>, post-only)?(?:, taken back after (?P<ttl>{SPAN}))?"
        ),
        _limit_order,
    ),
    (
        re.compile(rf"in (?P<slices>\d+) equal market orders spread over (?P<over>{SPAN})"),
        lambda found: TwapOrder(over_s=seconds(found["over"]), slices=int(found["slices"])),
    ),
    (
        re.compile(rf"in (?P<orders>\d+) equal limit orders from (?P<low>{DOLLARS}) to (?P<high>{DOLLARS})"),
        lambda found: LadderOrder(
            orders=int(found["orders"]), from_price=number(found["low"]), to_price=number(found["high"])
        ),
    ),
)


def _order(text: str) -> OrderKind | None:
    for pattern, make in _ORDERS:
        found = pattern.fullmatch(text)
        if found is not None:
            return make(found)
    return None


_SIZE = rf"(?:(?P<percent>{NUMBER}) %|(?P<usd>{DOLLARS})|(?P<base>{NUMBER}) (?P<coin>[A-Z0-9]+))"
_LEVERED = rf"(?: at (?P<leverage>{NUMBER})x leverage)?"
_EXIT = re.compile(
    rf"(?:(?P<buy>buy back)|sell) {_SIZE} of the (?P<market>{MARKET}) (?P<side>long|short)"
    rf"(?: with (?P<margin>{DOLLARS}) of margin)?{_LEVERED} \(reduce-only\), "
)
_ENTRY = re.compile(
    rf"(?P<type>buy|sell) (?:(?P<base>{NUMBER}) (?P<coin>[A-Z0-9]+) on (?P<m1>{MARKET})|(?P<usd>{DOLLARS}) of "
    rf"(?P<m2>{MARKET})(?: with (?P<margin>{DOLLARS}) of margin)?|(?P<m3>{MARKET}) with (?P<percent>{NUMBER}) % of "
    rf"free collateral){_LEVERED} \(can open or add to a (?P<side>long|short)\), "
)
_CLOSE = re.compile(
    rf"close (?:(?P<percent>{NUMBER}) % of )?(?:the (?P<market>{MARKET}) position|every open position) "
    r"\(reduce-only\), "
)
_REVERSE = re.compile(rf"close the (?P<market>{MARKET}) position and open the same size on the other side, ")
_RETRACTION = re.compile(rf"(?P<what>cancel all open orders|cancel all rules|pause all rules)(?: on (?P<m>{MARKET}))?")
_RETRACTED: Mapping[str, Any] = {
    "cancel all open orders": "cancel_orders", "cancel all rules": "cancel_rules", "pause all rules": "pause_rules",
}  # fmt: skip
_MOVE = re.compile(
    rf"move the (?P<market>{MARKET}) stop to (?:(?P<entry>the position's entry price)|(?P<to>{DOLLARS}))"
)
_ALERT = re.compile(r'alert you(?:: "(?P<message>.+)")?')


def _action(text: str) -> Action | None:
    if (found := _ALERT.fullmatch(text)) is not None:
        return Alert(message=found["message"])
    if (found := _RETRACTION.fullmatch(text)) is not None:
        return Retraction(type=_RETRACTED[found["what"]], market=found["m"] or ALL_MARKETS)
    if (found := _MOVE.fullmatch(text)) is not None:
        return MoveStop(market=found["market"], to="entry_price" if found["entry"] else number(found["to"]))
    for pattern, make in _TRADES:
        found = pattern.match(text)
        order = None if found is None else _order(text[found.end() :])
        if found is not None and order is not None:
            return make(found, order)
    return None


def _exit(found: re.Match[str], order: OrderKind) -> Action | None:
    if (found["buy"] is not None) != (found["side"] == "short") or not _same_coin(found["coin"], found["market"]):
        return None
    side: Any = "buy" if found["buy"] else "sell"
    return _trade(found, found["market"], side, order, reduce_only=True)


def _entry(found: re.Match[str], order: OrderKind) -> Action | None:
    market = found["m1"] or found["m2"] or found["m3"]
    side: Any = found["type"]
    if (side == "buy") != (found["side"] == "long") or not _same_coin(found["coin"], market):
        return None
    return _trade(found, market, side, order, reduce_only=False)


def _trade(found: re.Match[str], market: str, side: Any, order: OrderKind, *, reduce_only: bool) -> Trade | None:
    leverage = None if found["leverage"] is None else number(found["leverage"])
    sized: dict[str, Any] = {}
    if found["margin"] is not None:
        sized["margin_usd"] = number(found["margin"])
        if found["usd"] is None or number(found["usd"]) != sized["margin_usd"] * (leverage or Decimal(1)):
            return None
    else:
        size = {"amount_percent": found["percent"], "amount_usd": found["usd"], "amount_base": found["base"]}
        sized |= {name: number(text) for name, text in size.items() if text is not None}
    return Trade(type=side, market=market, reduce_only=reduce_only, order=order, leverage=leverage, **sized)


def _same_coin(coin: str | None, market: str) -> bool:
    return coin is None or market == f"{coin}-PERP"


def _closing(found: re.Match[str], order: OrderKind) -> Action:
    percent = HUNDRED if found["percent"] is None else number(found["percent"])
    return Close(market=found["market"] or ALL_MARKETS, amount_percent=percent, order=order)


_TRADES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], OrderKind], Action | None]], ...] = (
    (_EXIT, _exit),
    (_ENTRY, _entry),
    (_CLOSE, _closing),
    (_REVERSE, lambda found, order: Reverse(market=found["market"], order=order)),
)
