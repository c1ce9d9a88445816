"""The confirmation card's lines: every rule, what it would do in numbers, and how the rules relate."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from core.domain.action import (
    DEFAULT_SLIPPAGE_BPS,
    Action,
    Alert,
    Close,
    MarketOrder,
    MoveStop,
    Retraction,
    Trade,
    leaves_the_rest_armed,
)
from core.domain.condition import Now, PriceChange, Schedule, leaves
from core.domain.money import HUNDRED
from core.domain.position import Position
from core.domain.reading import Holding
from core.domain.rule import RuleSet, RuleSpec
from core.domain.wording_amounts import say_bps
from core.domain.wording_condition import NO_PRICES
from core.domain.wording_consequence import Ground, say_consequences
from core.domain.wording_estimate import Reading, say_size, say_triggers
from core.domain.wording_now import say_now
from core.domain.wording_rule import say_rule
from core.domain.wording_sentry import say_where

SHARES_OF_THE_MOMENT = "Each share is of the position as it is when its rule fires."
"""What a percentage is of: an assumption of whoever reads the words, told by the card where nobody assumed it."""

_INDENT = "   "


def read_back(
    rules: RuleSet,
    *,
    prices: Mapping[str, Decimal],
    positions: Mapping[str, Holding | Position],
    references: Mapping[str, Decimal] | None = None,
    markets_source: str = "",
    assumptions: Sequence[str] = (),
    ground: Ground | None = None,
    stands_at: str = "",
) -> tuple[str, ...]:
    """What the owner is asked to agree to, line by line, without markup.

    Before confirmation each rule is its canonical sentence, which the grammar reads back; `ground` adds what the
    account would be like after. `prices` are those of now and `positions` those held now, both by market. `references`
    are the prices that "from current price" was frozen at; None = not yet, and the lines say so. `markets_source`
    names where the watched price comes from, with the word SIMULATED in it where that is so. `stands_at` is the venue
    where it holds protective orders.
    """
    numbered = len(rules) > 1
    reading = Reading(
        rules=rules,
        names={spec.id: f"rule {number}" if numbered else "this rule" for number, spec in enumerate(rules, 1)},
        prices=prices,
        references=prices if references is None else references,
        held=positions,
    )
    lines: list[str] = []
    for number, spec in enumerate(rules, 1):
        after = reading.names.get(spec.after or "", "the rule before it")
        sentence = say_rule(spec, NO_PRICES if references is None else references, after=after)
        lines.append(f"{number}. {sentence}" if numbered else sentence)
        lines += [f"{_INDENT}{line}" for line in (*say_triggers(spec, reading), *say_size(spec, reading))]
        if ground is not None:
            lines += [f"{_INDENT}{line}" for line in _say_standing(spec, ground)]
            lines += [f"{_INDENT}{line}" for line in say_consequences(spec, reading, ground)]
    lines += _say_relations(reading, assumptions)
    lines += _say_terms(rules, assumptions, frozen=references is not None)
    lines += say_where(rules, [reading.names[spec.id] for spec in rules], stands_at, markets_source)
    lines += [f"Assumed: {assumption}" for assumption in assumptions]
    return tuple(lines)


def _say_standing(spec: RuleSpec, ground: Ground) -> list[str]:
    """Where the profit, the account or the funding stands that the rule waits for."""
    if spec.after is not None:
        return []
    told = [line for leaf in leaves(spec.condition) for line in say_now(leaf, ground.account, ground.funding)]
    return [f"{line[0].upper()}{line[1:]}." for line in told]


def _say_relations(reading: Reading, assumptions: Sequence[str]) -> list[str]:
    lines = []
    followers: dict[str, list[str]] = {}
    for spec in reading.rules:
        if spec.after is not None and spec.after in reading.names:
            followers.setdefault(reading.names[spec.after], []).append(reading.names[spec.id])
    for first, names in followers.items():
        are, they = ("is", "it is") if len(names) == 1 else ("are", "they are")
        who = _listed(names).capitalize()
        lines.append(f"{who} {are} armed once {first} has filled; if {first} ends without a fill, {they} cancelled.")
    groups: dict[str, list[RuleSpec]] = {}
    for spec in reading.rules:
        if spec.oco_group is not None:
            groups.setdefault(spec.oco_group, []).append(spec)
    for group in groups.values():
        if len(group) > 1:
            lines += _say_group(group, reading)
    if SHARES_OF_THE_MOMENT not in assumptions and any(_is_percent_exit(spec.action) for spec in reading.rules):
        lines.append(SHARES_OF_THE_MOMENT)
    return lines


def _say_group(group: Sequence[RuleSpec], reading: Reading) -> list[str]:
    lines = []
    for spec in group:
        others = [reading.names[other.id] for other in group if other is not spec]
        verb = "stays" if len(others) == 1 else "stay"
        if leaves_the_rest_armed(spec.action):
            lines.append(f"If {reading.names[spec.id]} fires, {_listed(others)} {verb} armed for what is left.")
        else:
            verb = "is" if len(others) == 1 else "are"
            lines.append(f"If {reading.names[spec.id]} fires and fills, {_listed(others)} {verb} cancelled.")
    return lines


def _say_terms(rules: RuleSet, assumptions: Sequence[str], *, frozen: bool) -> list[str]:
    """How often, how long, at what slippage, counted from when: what a rule has by default is said too."""
    lines = []
    conditions = [leaf for spec in rules for leaf in leaves(spec.condition)]
    if not frozen and any(isinstance(c, PriceChange) and c.reference == "current_price" for c in conditions):
        lines.append("The starting price is taken when you confirm; the figures here use the price now.")
    waiting = [spec for spec in rules if not isinstance(spec.condition, Now)]
    who = "It" if len(rules) == 1 else "Each rule"
    terms = []
    if waiting and all(spec.repeat.times == 1 and not isinstance(spec.condition, Schedule) for spec in waiting):
        terms.append(f"{who} fires once")
    if any(isinstance(spec.condition, Schedule) and spec.repeat.times is None for spec in waiting):
        terms.append("It repeats until you cancel it" if len(rules) == 1 else "Schedules repeat until you cancel them")
    if waiting and all(spec.expires_at is None for spec in waiting):
        terms.append("no expiry" if terms else "No expiry")
    slippages = {
        spec.action.order.max_slippage_bps
        for spec in rules
        if not isinstance(spec.action, Retraction | MoveStop | Alert) and isinstance(spec.action.order, MarketOrder)
    }
    if DEFAULT_SLIPPAGE_BPS in slippages and not any("slippage" in said.lower() for said in assumptions):
        terms.append(f"{say_bps(DEFAULT_SLIPPAGE_BPS)} slippage is the default")
    kinds = sorted({order.type for spec in rules if (order := getattr(spec.action, "order", None)) is not None})
    terms += [f"the {kind} order is yours" for kind in kinds if kind != "market"]
    terms += [f"{say_bps(bps)} slippage is yours" for bps in sorted(slippages - {DEFAULT_SLIPPAGE_BPS})]
    return [*lines, f"{'; '.join(terms)}."] if terms else lines


def _is_percent_exit(action: Action) -> bool:
    match action:
        case Close(amount_percent=percent):
            return percent < HUNDRED
        case Trade(reduce_only=True, amount_percent=percent):
            return percent is not None and percent < HUNDRED
        case _:
            return False


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
