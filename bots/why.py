"""Why a rule has not fired, and whether anybody watches: what is known of each, in words; decides no trigger."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from bots import left_open, obey
from bots.nearness import Gauges, nearness
from bots.states import WHY, order_state, ordered, state_of
from bots.turn import Turn
from bots.views import local_time
from core.domain.condition import markets_of
from core.domain.errors import SayWhenError
from core.domain.market import TIMEFRAME_S, Timeframe
from core.domain.position import Account
from core.domain.reading import Command, RuleFilter
from core.domain.rule import Rule, RuleState
from core.domain.trigger import WATCHED
from core.domain.wording import base_of, one_line, say_live, say_price
from core.feed.card import Button, Card
from core.feed.press import Say, write

_MOST = 4
_MOST_CANDLES = 600
_CANDLES_WITHIN_S = 2.0
_LABEL = re.compile(r"\br\d{1,9}\b")
_KINDS: tuple[tuple[str, RuleFilter], ...] = (
    (r"\bstops?\b|\bsl\b", "stop_loss"),
    (r"\btargets?\b|\btps?\b|\btake profits?\b", "take_profit"),
    (r"\balerts?\b", "alert"),
    (r"\bdca\b|\bplans?\b", "dca"),
)


async def not_fired(turn: Turn, said: str) -> list[Card]:
    """For the rules that *said* speaks of: where each stands, what it waits for, how near that came."""
    rules = await _meant(turn, said)
    if not rules:
        return [Card(title="No rule of yours is waiting", lines=("/rules shows rules, /trades what was traded.",))]
    view, owner = await turn.core.account.view(turn.owner), await turn.core.account.owner(turn.owner)
    gauges, sent = await obey.gauges_of(turn, rules[:_MOST]), await left_open.under_way(turn, rules[:_MOST])
    labels = {rule.id: rule.label for rule in await turn.core.rules.list(turn.owner)}
    lines: list[str] = []
    for rule in rules[:_MOST]:
        before = None if rule.after_rule is None else labels.get(rule.after_rule)
        lines.append(f"{rule.label}: {say_live(rule) if before is None else say_live(rule, after=before)}")
        if owner.paused and rule.state not in {RuleState.COMPLETED, RuleState.FAILED, RuleState.CANCELLED}:
            lines.append("   Everything of yours is paused: nothing fires until you resume.")
        lines += [f"   {line}" for line in await _why(turn, rule, before, view, gauges)]
        lines += [f"   Its order: {ordered(order)}, {order_state(order)}." for order in sent.get(rule.id, ())]
    if len(rules) > _MOST:
        lines.append(f"{len(rules) - _MOST} more: ask by name, for example “why has {rules[_MOST].label} not fired?”")
    if not await turn.core.people.watched():
        lines.append("Nobody watches rules just now: start saywhen up.")
    label = rules[0].label
    history = ((Button(label=f"History of {label}", verb=write(Say(words=f"/history {label}"))),),)
    title = f"Why {label} has not fired" if len(rules) == 1 else "Why they have not fired"
    if len(rules) == 1 and rules[0].state in {RuleState.COMPLETED, RuleState.FIRING}:
        title = f"{label} has fired"
    return [Card(title=title, lines=tuple(lines), buttons=history)]


async def watching(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - told from what runs
    """Whether rules are watched just now, how many, at what prices."""
    if not await turn.core.people.watched():
        line = "Nobody watches rules just now: start saywhen up."
        return [Card(title="I am here, but rules are not watched", lines=(line,), tone="warn")]
    paused = (await turn.core.account.owner(turn.owner)).paused
    watched = [] if paused else await turn.core.rules.list(turn.owner, {RuleState.ARMED})
    count = "1 rule of yours is" if len(watched) == 1 else f"{len(watched)} rules of yours are"
    lines = ["All your rules are paused: nothing fires until you resume." if paused else f"{count} watched."]
    if not turn.core.prices.latest(None):
        lines.append("There is no trusted price now, so nothing fires.")
    lines.append(turn.core.prices.notice or f"Prices: {turn.core.prices.source_name}.")
    return [Card(title="Yes, SayWhen is watching", lines=tuple(lines), tone="warn" if paused else "good")]


async def _meant(turn: Turn, said: str) -> Sequence[Rule]:
    """The rules that *said* names by label, kind or coin, those that wait first; all that wait where it names none."""
    list_rules = turn.core.rules.list
    labels = tuple(dict.fromkeys(_LABEL.findall(said)))
    if labels:
        return await list_rules(turn.owner, frozenset(RuleState), Command(name="rules", rule_ids=labels))
    kind = next((kind for sounds, kind in _KINDS if re.search(sounds, said)), None)
    markets = [seen.market for seen in turn.core.prices.latest(None) if base_of(seen.market).casefold() in said.split()]
    market = markets[0] if len(markets) == 1 else None
    found = await list_rules(turn.owner, None, Command(name="rules", filter=kind, market=market))
    if not found and kind is not None:  # the stop that they ask about has done its work
        past = await list_rules(turn.owner, frozenset(RuleState), Command(name="rules", filter=kind, market=market))
        return list(past)[-1:]
    # What has fired already is asked about by name.
    waiting = [rule for rule in found if rule.state is not RuleState.FIRING] or list(found)
    return sorted(waiting, key=lambda rule: rule.state is not RuleState.ARMED)


async def _why(turn: Turn, rule: Rule, before: str | None, view: Account, gauges: Gauges) -> list[str]:
    if rule.state in WATCHED:
        near = nearness(rule, view, turn.core.prices.latest(None), gauges)
        return [*(f"It {line}" if line.startswith("fires") else line for line in near), *await _seen(turn, rule)]
    lines = [f"Now: {state_of(rule, before)}."]
    if rule.reason:
        lines.append(f"Why: {WHY.get(rule.reason, one_line(rule.reason))}.")
    if rule.state is RuleState.PAUSED:
        lines.append(f"“resume {rule.label}” watches it again.")
    return lines


async def _seen(turn: Turn, rule: Rule) -> list[str]:
    """Between which prices the rule's market was since it was armed, by closed candles."""
    markets = sorted(markets_of(rule.spec.condition))
    if rule.armed_at is None or len(markets) != 1:
        return []
    frame = _frame(rule.armed_at, turn.now)
    if frame is None:
        return []
    begin = _whole(rule.armed_at, frame)
    try:
        async with asyncio.timeout(_CANDLES_WITHIN_S):
            candles = await turn.core.prices.candles(markets[0], frame, begin)
    except (SayWhenError, TimeoutError):
        return []
    if not candles:
        return []
    low, high = min(candle.low for candle in candles), max(candle.high for candle in candles)
    owner = await turn.core.account.owner(turn.owner)
    since = local_time(begin, owner)
    return [f"Since {since}, {markets[0]} was between {say_price(low)} and {say_price(high)} ({frame} candles)."]


def _frame(since: datetime, now: datetime) -> Timeframe | None:
    """The shortest candles that tell of the whole time in one go; None while not even one has closed."""
    past = (now - since).total_seconds()
    frames: tuple[Timeframe, ...] = ("1m", "5m", "15m", "1h", "4h", "1d")
    return next((frame for frame in frames if TIMEFRAME_S[frame] < past <= TIMEFRAME_S[frame] * _MOST_CANDLES), None)


def _whole(at: datetime, frame: Timeframe) -> datetime:
    """The first candle that begins once the rule was armed: what was before it is not its."""
    length = TIMEFRAME_S[frame]
    return at + timedelta(seconds=-(at.timestamp() % length) % length)
