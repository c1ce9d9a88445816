"""What a person asked to see, as cards: account, market, rules; decides layout in words, never a value."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bots.facade import Prices
from bots.nearness import Gauges, nearness
from bots.states import STATE_WORDS, WHY, order_state, ordered, state_of
from core.domain.errors import SayWhenError
from core.domain.ids import RuleId
from core.domain.market import Observation
from core.domain.money import ZERO
from core.domain.order import Fill, Order, OrderState
from core.domain.owner import Owner
from core.domain.position import Account, Position
from core.domain.rule import Rule, RuleState
from core.domain.wording import (
    base_of,
    one_line,
    say_amount,
    say_bps,
    say_duration,
    say_leg,
    say_live,
    say_money,
    say_number,
    say_percent,
    say_price,
    say_rough_percent,
    say_signed_money,
    say_sol,
    say_standing,
    say_time,
)
from core.feed.card import Button, Card, Rows, Tone
from core.feed.card_marks import marked
from core.feed.press import HandleRule, Say, fits, write
from core.ports import History, JobLog
from core.ports.fees import Spent

RULES_A_PAGE = 6
"""So many that all their buttons fit into one of Discord's selects."""
NOTHING_STANDS: Mapping[RuleId, Order] = MappingProxyType({})
NOTHING_SENT: Mapping[RuleId, Sequence[Order]] = MappingProxyType({})
_MOST_BUTTON_ROWS = 8
_MOST_HISTORY = 40
_NO_POSITION = Card(title="You hold no position", lines=('Open one in words: "buy 1 SOL".',))


BROKEN = Card(
    title="Something broke on our side",
    lines=("It may or may not have been done: look at /rules and /orders before you repeat it.",),
    tone="bad",
)


def error_card(problem: SayWhenError) -> Card:
    """What went wrong and what to do, in the error's own words."""
    return Card(
        title=one_line(str(problem)), lines=(one_line(problem.hint),) if problem.hint else (), tone="bad", public=True
    )


def positions_card(
    account: Account, *, simulated: bool, guards: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Card:
    """Every open position with its profit, liquidation price, and buttons that open a draft to close it.

    *guards* are the rules, by market, that would close or shrink it.
    """
    held = [position for position in account.positions if position.base != 0]
    if not held:
        return _NO_POSITION
    lines = []
    for position in held:
        lines += _position_lines(position)
        if position.market in guards:
            by = ", ".join(guards[position.market])
            lines.append(f"   guarded by {by}" if by else "   no rule guards it")
    lines.append(f"Account leverage {_times(account.leverage)}.")
    rows = tuple(row for position in held[:_MOST_BUTTON_ROWS] for row in _position_buttons(position.market))
    title = marked("Your positions", simulated=simulated, venue=account.venue)
    return Card(title=title, lines=tuple(lines), buttons=rows)


def _position_buttons(market: str) -> Rows:
    """Each opens a draft that is to be confirmed, or a question."""
    close = tuple(
        Button(
            label=f"Close {percent} % {base_of(market)}",
            verb=write(Say(words=f"close {percent}% of my {market} position")),
        )
        for percent in (25, 50, 100)
    )
    guard = (
        Button(label=f"Add stop {base_of(market)}", verb=write(Say(words=f"stop loss on my {market} position"))),
        Button(label=f"Add target {base_of(market)}", verb=write(Say(words=f"take profit on my {market} position"))),
    )
    return close, guard


def _position_lines(position: Position) -> list[str]:
    size = f"{say_amount(abs(position.base), position.market, exact=True)} {position.side}"
    pnl = position.unrealised_pnl
    moved = position.pnl_percent if position.entry_price else ZERO
    percent = f"{say_rough_percent(abs(moved))}{' down' if moved < 0 else ' up' if moved > 0 else ''}"
    prices = f"entry {say_price(position.entry_price)}, mark {say_price(position.mark)}"
    liquidation = position.liquidation_price
    danger = "no liquidation price" if liquidation is None else f"liquidation at {say_price(liquidation)}"
    return [
        f"{position.market}: {size}, worth {say_money(position.notional)}",
        f"   {say_signed_money(pnl)} ({percent}), {prices}",
        f"   {danger}, funding so far {say_signed_money(position.funding)}",
    ]


def balance_card(account: Account, spent: Spent | None, *, simulated: bool) -> Card:
    """Equity, what is free, how near the account is to liquidation, and what a chain took for its transactions."""
    fees: tuple[str, ...] = ()
    if spent is not None:
        count = f"{spent.transactions} transaction{'' if spent.transactions == 1 else 's'}"
        fees = (f"Network fees so far {say_sol(spent.lamports)} for {count}, none of it from your collateral",)
    return Card(
        title=marked(f"Equity {say_money(account.equity)}", simulated=simulated, venue=account.venue),
        lines=(
            f"Collateral {say_money(account.collateral)}, free {say_money(account.free_collateral)}",
            f"Leverage {_times(account.leverage)}, health {say_rough_percent(account.health)}",
            f"Margin in use {say_money(account.initial_margin)}, maintenance {say_money(account.maintenance_margin)}",
            *fees,
        ),
    )


def prices_card(seen: Sequence[Observation], prices: Prices, asked: Sequence[str] | None) -> Card:
    """The latest trusted prices; what was asked for and has none is named."""
    lines = []
    for observation in seen:
        funding = observation.funding_rate
        tail = "" if funding is None else f", funding {say_percent(funding)} per hour"
        alone = ", one source only" if observation.sources == 1 and not observation.simulated else ""
        lines.append(f"{observation.market}: {say_price(observation.price)}{tail}{alone}")
    missing = [market for market in asked or () if market not in {seen_one.market for seen_one in seen}]
    if missing:
        lines.append(f"No trusted price now: {', '.join(missing)}.")
    lines.append(prices.notice or f"Source: {prices.source_name}.")
    title = "Prices" if seen else "There is no trusted price now"
    return Card(
        title=marked(title, simulated=prices.simulated),
        lines=tuple(lines),
        tone="plain" if seen else "warn",
        public=True,
    )


def no_rules_card() -> Card:
    """What somebody without rules sees in place of their list."""
    return Card(title="You have no rules", lines=('Say one: "if SOL drops 2 % sell half my position".',))


def rules_card(
    rules: Sequence[Rule],
    account: Account,
    seen: Sequence[Observation],
    owner: Owner,
    *,
    page: int = 1,
    asked: str = "",
    standing: Mapping[RuleId, Order] = NOTHING_STANDS,
    sent: Mapping[RuleId, Sequence[Order]] = NOTHING_SENT,
    gauges: Gauges | None = None,
) -> Card:
    """A page of the owner's rules with state and distance to trigger, and buttons to pause, resume and cancel.

    *standing* are the orders that are proven to rest at the venue for them, *sent* those of rules that fired, *gauges*
    where indicators stand. *asked* is what they were asked for by, so that the next page is of the same.
    """
    pages = -(-len(rules) // RULES_A_PAGE)
    page = min(max(page, 1), pages)
    shown = rules[(page - 1) * RULES_A_PAGE : page * RULES_A_PAGE]
    lines = ["All rules are paused: nothing fires until you resume."] if owner.paused else []
    labels = {rule.id: rule.label for rule in rules}
    for rule in shown:
        before = None if rule.after_rule is None else labels.get(rule.after_rule)
        said = say_live(rule) if before is None else say_live(rule, after=before)
        lines.append(f"{rule.label} ({state_of(rule, before)}): {said}")
        if rule.state is RuleState.ARMED:
            lines += [f"   {line}" for line in nearness(rule, account, seen, gauges)]
        if (order := standing.get(rule.id)) is not None:
            lines.append(f"   {say_standing(order)}")
        lines += [f"   its order: {ordered(one)}, {order_state(one)}" for one in sent.get(rule.id, ())]
    rows = [_rule_buttons(rule) for rule in shown]
    if pages > 1:
        lines.append(f"Page {page} of {pages}.")
        rows.append(_turning(page, pages, asked))
    title = "You have 1 rule" if len(rules) == 1 else f"You have {len(rules)} rules"
    tone: Tone = "warn" if owner.paused else "plain"
    return Card(title=title, lines=tuple(lines), buttons=tuple(rows), tone=tone, key="view:rules")


def _turning(page: int, pages: int, asked: str) -> tuple[Button, ...]:
    """To the page before and the one after, as far as there are any."""
    which = f"/rules {asked}".rstrip()
    which = which if fits(f"{which} page {pages}") else "/rules"
    to = [(page - 1, "‹ Before")] if page > 1 else []
    to += [(page + 1, "More ›")] if page < pages else []
    return tuple(Button(label=label, verb=write(Say(words=f"{which} page {number}"))) for number, label in to)


def _rule_buttons(rule: Rule) -> tuple[Button, ...]:
    turn = (
        Button(label=f"Resume {rule.label}", verb=write(HandleRule(deed="resume", label=rule.label)))
        if rule.state is RuleState.PAUSED
        else Button(label=f"Pause {rule.label}", verb=write(HandleRule(deed="pause", label=rule.label)))
    )
    label = rule.label
    return (
        turn,
        Button(label=f"Edit {label}", verb=write(HandleRule(deed="edit", label=label))),
        Button(label=f"Copy {label}", verb=write(HandleRule(deed="copy", label=label))),
        Button(label=f"Delete {label}", verb=write(HandleRule(deed="cancel", label=label))),
    )


def orders_card(orders: Sequence[Order], owner: Owner, rules: Sequence[Rule] = ()) -> Card:
    """Orders that are planned, on their way or resting; *rules* say what the planned ones are to trade."""
    if not orders:
        return Card(title="You have no open orders")
    lines = []
    actions = {rule.id: rule.spec.action for rule in rules}
    for order in orders:
        intent = order.intent
        action = actions.get(order.rule_id)
        what = f"{order.market}, part {order.leg_no}" if action is None else say_leg(action, order.leg_no)
        what = f"{what}, to be sent {local_time(order.due_at, owner)}"
        if intent is not None:
            what = ordered(order)
        filled = "" if order.filled_base == 0 else f", {say_amount(order.filled_base, order.market, exact=True)} filled"
        state = order_state(order)
        if order.state is OrderState.PLANNED and order.approval_until is not None:
            state = f"waits for your wallet until {local_time(order.approval_until, owner)}"
        lines.append(f"{what}: {state}{filled} · {order.id}")
    venue = orders[0].venue
    title = "You have 1 open order" if len(orders) == 1 else f"You have {len(orders)} open orders"
    cancel = ((Button(label="Cancel all of them", verb=write(Say(words="/cancel"))),),)
    return Card(title=marked(title, simulated=False, venue=venue), lines=tuple(lines), buttons=cancel)


def trades_card(fills: Sequence[Fill], owner: Owner) -> Card:
    """The latest fills, newest first."""
    if not fills:
        return Card(title="Nothing has traded yet")
    lines = [f"{local_time(f.at, owner)}: {_traded(f)}" for f in sorted(fills, key=lambda f: f.at, reverse=True)]
    simulated = any(fill.simulated for fill in fills)
    return Card(title=marked("Your latest trades", simulated=simulated, venue=fills[0].venue), lines=tuple(lines))


def history_card(history: History, owner: Owner) -> Card:
    """What happened to one rule and what it traded, oldest first; of looks in a row only the last."""
    rule = history.rule
    said = say_live(rule)
    found = [(line.at, ", ".join([line.what.replace("_", " "), *_details(line.detail)])) for line in _told(history.log)]
    found += [(fill.at, _traded(fill)) for fill in history.fills]
    lines = [f"{local_time(at, owner)}: {what}" for at, what in sorted(found, key=lambda line: line[0])]
    if len(lines) > _MOST_HISTORY:
        lines = [f"… {len(lines) - _MOST_HISTORY} earlier lines are left out.", *lines[-_MOST_HISTORY:]]
    title = f"History of {rule.label} ({STATE_WORDS[rule.state]})"
    simulated = any(fill.simulated for fill in history.fills)
    venue = history.fills[0].venue if history.fills else ""
    title = marked(title, simulated=simulated, venue=venue)
    return Card(title=title, lines=(said, *(lines or ("Nothing has happened to it yet.",))))


def _told(log: Sequence[JobLog]) -> Iterator[JobLog]:
    """*log* without the looks that another look follows at once: they say only that it is watched."""
    ordered = sorted(log, key=lambda line: line.at)
    for line, following in zip_longest(ordered, ordered[1:]):
        if line.what != "checked" or following is None or following.what != "checked":
            yield line


def _traded(fill: Fill) -> str:
    pnl = "" if fill.realised_pnl is None else f", PnL {say_signed_money(fill.realised_pnl)}"
    done = "bought" if fill.side == "buy" else "sold"
    size = say_amount(fill.base, fill.market, exact=True)
    return f"{done} {size} at {say_price(fill.price)}, fee {say_money(fill.fee)}{pnl}"


def limits_card(owner: Owner) -> Card:
    """What the owner allows at most."""
    limits = owner.limits
    return Card(
        title="Your limits",
        lines=(
            f"Largest order {say_money(limits.max_order_usd)}, largest position {say_money(limits.max_position_usd)}",
            f"Leverage up to {say_number(limits.max_leverage)}x, slippage up to {say_bps(limits.max_slippage_bps)}",
            f"At most {limits.max_orders_a_day} orders a day",
            "They are checked when you confirm and again when an order is sent.",
            "Change them in the dashboard, under Account; raising one takes your wallet's signature if you have one.",
        ),
    )


def late_card(waited_s: float, words: str, again: str | None) -> Card:
    """Refuses what waited too long to be done unasked, and offers to do it now."""
    buttons = () if again is None else ((Button(label="Do it now", verb=again),),)
    return Card(
        title=f"Not done: you sent this {say_duration(int(waited_s))} ago",
        lines=(
            f'"{one_line(words)[:200]}" arrived late, and the market may have moved since.',
            "Press to do it now." if buttons else "Send it again to do it now.",
        ),
        buttons=buttons,
        tone="warn",
    )


def local_time(at: datetime, owner: Owner) -> str:
    """An instant in the owner's time zone."""
    try:
        return say_time(at.astimezone(ZoneInfo(owner.timezone)))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return say_time(at)


def _details(detail: Mapping[str, Any]) -> Iterator[str]:
    """What a line of a rule's log says beyond its word; numbers come as the text that JSON keeps of them."""
    if (price := detail.get("price")) is not None:
        yield f"at {say_price(Decimal(price))}"
    if prices := detail.get("trigger_prices"):
        yield f"fires at {' / '.join(say_price(Decimal(price)) for price in prices)}"
    if (late_s := int(Decimal(detail.get("late_s") or 0))) > 0:
        yield f"{say_duration(late_s)} late"
    if checks := detail.get("checks"):
        yield "1 check" if checks == 1 else f"{checks} checks"
    if why := detail.get("why"):
        yield WHY.get(str(why), one_line(str(why)))


def _times(leverage: Decimal) -> str:
    return f"{leverage:.2f}x"
