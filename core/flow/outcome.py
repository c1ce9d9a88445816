"""What an order's fills and its end bring about: events, siblings, waiting rules, and the rule's own next state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.action import Trade, is_exit, leaves_the_rest_armed
from core.domain.event import (
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderDenied,
    OrderFilled,
    OrderLapsed,
    OrderPartiallyFilled,
    OrderRejected,
    PositionChanged,
    PositionClosed,
    PositionOpened,
)
from core.domain.event.rules import BY_FILL
from core.domain.market import Side
from core.domain.money import ZERO
from core.domain.order import ENDED, Fill, Order, OrderState
from core.domain.position import Account, Position
from core.domain.rule import Rule, RuleState
from core.domain.wording import say_leg
from core.flow import lifecycle, sentry_news
from core.flow.siblings import settle_siblings
from core.ports import Finding, OrderReport, Transaction

FIRST_REST = timedelta(seconds=2)
LONGEST_REST = timedelta(minutes=5)
"""How long an exit that ended without doing its work rests before its condition is looked at again: doubling, and
never given up, since a position would be left without it."""
SAME_CROSSING = timedelta(minutes=1)
"""What still holds when its rest is over fires then; one that fires this much later has crossed anew."""

_ENDS = {
    Finding.FILLED: OrderState.FILLED,
    Finding.REJECTED: OrderState.REJECTED,
    Finding.CANCELLED: OrderState.CANCELLED,
    Finding.LAPSED: OrderState.LAPSED,
    Finding.DEAD: OrderState.LAPSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One owner's transaction in which an order's news are taken in.

    `account` is the account as the venue showed it with that news, or None where the venue could not be asked; then
    nothing of the order can have traded. `marks` are prices (quote) that what follows from a fill is measured from.
    """

    tx: Transaction
    now: datetime
    account: Account | None
    simulated: bool
    marks: Mapping[str, Decimal] = field(default_factory=dict)

    async def record(self, order: Order, report: OrderReport) -> Order:
        """The order after everything that *report* proves is stored: fills, state, and what follows from them."""
        if order.step == "sentry" and (report.fills or report.triggered):
            await sentry_news.fired(self.tx, order, self.now, simulated=self.simulated)
        new = []
        for fill in report.fills:
            known = replace(fill, order_id=order.id, owner=order.owner, rule_id=order.rule_id)
            if await self.tx.add_fill(known):
                new.append(known)
        was = order.state
        order = replace(
            order,
            filled_base=order.filled_base + sum((fill.base for fill in new), ZERO),
            filled_quote=order.filled_quote + sum((fill.base * fill.price for fill in new), ZERO),
        )
        state = _ENDS.get(report.finding)
        if report.finding is Finding.CANCELLED and self._did_all_it_could(order):
            state = OrderState.FILLED
        if state is not None:
            reason = report.reason or ("it never reached the venue" if report.finding is Finding.DEAD else "")
            return await self.end(order, state, reason, was=was, new=new)
        if report.finding is Finding.LIVE:
            state = OrderState.PARTIALLY_FILLED if order.filled_base > 0 else OrderState.ACCEPTED
        if state is None or (state is was and not new):
            await sentry_news.hurry(self.tx, order, report, self.now)
            return order
        event = _event(order, state, "", await self._said(order), new, self._held(order))
        order = replace(order, state=state, proof="venue", cause=await self.tx.append(event))
        await self.tx.save_order(order, was=was)
        await self._after_fills(order, new)
        if order.step == "sentry":
            if state is OrderState.ACCEPTED:
                await sentry_news.posted(self.tx, order, self.now, simulated=self.simulated)
        elif state is OrderState.ACCEPTED and (rule := await self.tx.rule(order.rule_id)) is not None:
            # It is proven to rest, perhaps for long: its siblings watch on, and whoever fills first ends the others.
            await settle_siblings(self.tx, rule, self.now, filled=False)
        return order

    async def end(
        self,
        order: Order,
        state: OrderState,
        reason: str,
        *,
        gone: bool = False,
        was: OrderState | None = None,
        new: Sequence[Fill] = (),
    ) -> Order:
        """*order* ended in *state*, told, and its rule concluded if this was the trigger's last leg.

        `gone` = there was no position left to exit; `was` is the stored state where *order* is ahead of it; `new` are
        the fills that came with the news.
        """
        before = order.state if was is None else was
        stored = await self.tx.order(order.id)
        if stored is None or stored.state is not before:
            return order  # somebody else was told first, and has told the owner
        fills = await self.tx.fills(order_id=order.id)
        event = _event(order, state, reason, await self._said(order), fills, self._held(order))
        ended = replace(
            order,
            state=state,
            reason=reason or None,
            proof="venue" if order.signature is not None else "never sent",
            ended_at=self.now,
            cause=await self.tx.append(event),
        )
        await self.tx.save_order(ended, was=before)
        await self._after_fills(ended, new)
        stood = ended.step == "sentry" and ended.filled_base == 0
        if not stood or await sentry_news.ended(self.tx, ended, self.now, gone=self._is_closed(order)):
            await self._conclude(ended, gone=gone)
        return ended

    def _did_all_it_could(self, order: Order) -> bool:
        """Whether a sentry traded until nothing was left to close, for the position had shrunk before."""
        return order.step == "sentry" and order.filled_base > 0 and self._is_closed(order)

    def _is_closed(self, order: Order) -> bool:
        """Whether the venue is known to show no position in the order's market."""
        return self.account is not None and self._held(order) is None

    def _held(self, order: Order) -> Position | None:
        return None if self.account is None else self.account.position(order.market)

    async def _common(self, order: Order) -> dict[str, Any]:
        rule = await self.tx.rule(order.rule_id)
        return {
            "at": self.now,
            "owner": order.owner,
            "rule_id": order.rule_id,
            "label": None if rule is None else rule.label,
            "cause": order.cause,
            "market": order.market,
            "simulated": self.simulated,
            "venue": order.venue,
        }

    async def _said(self, order: Order) -> dict[str, Any]:
        """What every event about *order* says."""
        rule = await self.tx.rule(order.rule_id)
        intent = order.intent
        return {
            **await self._common(order),
            "order_id": order.id,
            "sentry": order.step == "sentry",
            "side": _side(order, rule),
            "base": None if intent is None else intent.base,
            "planned": say_leg(rule.spec.action, order.leg_no) if intent is None and rule is not None else "",
        }

    async def _after_fills(self, order: Order, new: Sequence[Fill]) -> None:
        """What a proven fill brings about at once: position events, rules armed by it, siblings that die of it."""
        rule = await self.tx.rule(order.rule_id)
        if not new or rule is None or self.account is None:
            return
        held = self._held(order)
        after = ZERO if held is None else held.base
        before = after - sum((fill.base if fill.side == "buy" else -fill.base for fill in new), ZERO)
        common = {**await self._common(order), "base": after}
        if held is None:
            await self.tx.append(PositionClosed(**common, was=before))
        elif before == 0:
            await self.tx.append(PositionOpened(**common, entry_price=held.entry_price))
        else:
            await self.tx.append(PositionChanged(**common, was=before, entry_price=held.entry_price))
        for waiting in await self.tx.rules({RuleState.WAITING, RuleState.PAUSED}):
            if waiting.after_rule != rule.id:
                continue
            bound = replace(waiting, bound_side=None if held is None else held.side)
            if waiting.state is RuleState.WAITING:
                await self._arm_behind(bound, rule, self._prices(order))
            elif waiting.resume_to is RuleState.WAITING:  # what it waited for has happened while it was paused
                armable = replace(bound, resume_to=RuleState.ARMED)
                await self.tx.save_rule(armable, was=RuleState.PAUSED, version=waiting.version)
        if not is_exit(rule.spec.action) or held is None:
            # An exit that leaves something open has not done its work: what guards the rest of the position stays.
            await settle_siblings(self.tx, rule, self.now, filled=True)
        await retire(self.tx, self.account, self.now, market=order.market, but=rule)

    async def _arm_behind(self, waiting: Rule, filled: Rule, prices: Mapping[str, Decimal]) -> None:
        """Watch what waited for the fill of *filled*; without the price it is measured from it could never fire."""
        unknown = sorted(lifecycle.current_price_markets(waiting.spec) - prices.keys())
        if unknown:
            why = f"there was no price of {unknown[0]} to measure it from when {filled.label} filled"
            await lifecycle.cancel(self.tx, waiting, self.now, why)
            return
        await lifecycle.arm(self.tx, waiting, at=self.now, why="after_fill", prices=prices, entries=self._entries())

    def _prices(self, order: Order) -> dict[str, Decimal]:
        prices = {} if self.account is None else {p.market: p.mark for p in self.account.positions}
        prices.update(self.marks)
        if order.average_price is not None:
            prices.setdefault(order.market, order.average_price)
        return prices

    def _entries(self) -> dict[str, Decimal]:
        return {} if self.account is None else {p.market: p.entry_price for p in self.account.positions}

    async def _conclude(self, order: Order, *, gone: bool) -> None:
        """Decide the rule once every leg of the trigger has ended."""
        planned = await self.tx.orders(rule_id=order.rule_id, trigger_no=order.trigger_no)
        # What stood for the rule and was taken off before it traded says nothing about this trigger.
        legs = [leg for leg in planned if leg.step != "sentry" or leg.filled_base > 0 or leg.state not in ENDED]
        open_legs = [leg for leg in legs if leg.state not in ENDED]
        for leg in open_legs:
            if leg.step == "reverse_open" and leg.market == order.market and leg.state is OrderState.PLANNED:
                await self.tx.enqueue(leg.id)
        rule = await self.tx.rule(order.rule_id)
        if open_legs or rule is None or rule.state is not RuleState.FIRING or rule.trigger_no != order.trigger_no:
            return
        rule = replace(rule, sentry=None)
        filled = any(leg.filled_base > 0 for leg in legs)
        if not filled or (is_exit(rule.spec.action) and self._left_open(legs)):
            await settle_siblings(self.tx, rule, self.now, filled=False)
        if gone and not filled and not self._left_open([leg for leg in legs if leg.market != order.market]):
            await lifecycle.cancel(self.tx, rule, self.now, order.reason or "its position is gone")
            if self.account is not None:
                await retire(self.tx, self.account, self.now, market=order.market)
        elif self._unfinished(rule, legs):
            await self._rest(rule, filled=filled)
        elif filled:
            prices, entries = self._prices(order), self._entries()
            again = await lifecycle.rearm(self.tx, rule, at=self.now, prices=prices, entries=entries)
            if again is None:
                await lifecycle.complete(self.tx, rule, self.now, BY_FILL)
        elif order.cancel_asked:
            await lifecycle.cancel(self.tx, rule, self.now, "its order was cancelled")
        else:
            await lifecycle.fail(self.tx, rule, self.now, order.reason or "its order ended without a fill")

    def _unfinished(self, rule: Rule, legs: Sequence[Order]) -> bool:
        """Whether an exit left open what it was to close, for a reason that another try may overcome."""
        if not lifecycle.is_protective(rule.spec):
            return False
        if any(leg.state is OrderState.DENIED or leg.cancel_asked for leg in legs):
            return False
        if all(leg.filled_base == 0 for leg in legs):
            return any(leg.intent is not None or leg.attempts > 0 for leg in legs)  # else there is nothing to send
        return not leaves_the_rest_armed(rule.spec.action) and self._left_open(legs)

    def _left_open(self, legs: Sequence[Order]) -> bool:
        """Whether something is still held where *legs* traded."""
        return self.account is not None and any(self.account.position(leg.market) is not None for leg in legs)

    async def _rest(self, rule: Rule, *, filled: bool) -> None:
        """Arm an exit again after a pause, longer each time at one crossing; a try that filled some begins anew."""
        rested = rule.memory.get("rest_until")
        same = (
            rested is not None
            and rule.fired_at is not None
            and rule.fired_at - datetime.fromisoformat(rested) <= SAME_CROSSING
        )
        tries = int(rule.memory.get("tries", 0)) + 1 if same and not filled else 1
        rest = FIRST_REST
        for _ in range(1, tries):
            rest = min(LONGEST_REST, rest * 2)
        memory = {**rule.memory, "tries": tries, "rest_until": (self.now + rest).isoformat()}
        await lifecycle.arm(self.tx, rule, at=self.now, why="released", prices={}, memory=memory)


async def retire(
    tx: Transaction,
    account: Account,
    now: datetime,
    *,
    market: str,
    but: Rule | None = None,
    armed_before: datetime | None = None,
) -> int:
    """Cancel the exits of *market* that were meant for a position that is gone or has turned; how many there were.

    Exits armed since `armed_before`, when *account* was asked for, may be for a position that it does not show yet.
    """
    held = account.position(market)
    retired = 0
    for rule in await tx.rules({RuleState.ARMED, RuleState.HELD, RuleState.PAUSED}):
        about = getattr(rule.spec.action, "market", None) == market and rule.bound_side is not None
        if not about or (but is not None and rule.id == but.id) or (held is not None and held.side == rule.bound_side):
            continue
        if armed_before is not None and (rule.armed_at or rule.created_at) >= armed_before:
            continue
        await lifecycle.cancel(tx, rule, now, f"the {rule.bound_side} {market} position it was for is gone")
        retired += 1
    return retired


def _event(
    order: Order, state: OrderState, reason: str, said: dict[str, Any], fills: Sequence[Fill], held: Position | None
) -> Event:
    intent = order.intent
    reduce_only = intent is not None and intent.reduce_only
    base = sum((fill.base for fill in fills), ZERO)
    traded = {
        **said,
        "base": base,
        "price": sum((fill.base * fill.price for fill in fills), ZERO) / base if base else ZERO,
        "fee": sum((fill.fee for fill in fills), ZERO),
        "realised_pnl": _realised(fills),
        "reduce_only": reduce_only,
    }
    match state:
        case OrderState.FILLED:
            after = ZERO if held is None else held.base
            return OrderFilled(**traded, position_after=after, trigger_price=order.trigger_price)
        case OrderState.PARTIALLY_FILLED:
            return OrderPartiallyFilled(
                **traded, left=(order.filled_base if intent is None else intent.base) - order.filled_base
            )
        case OrderState.ACCEPTED:
            return OrderAccepted(**said, price=None if intent is None else intent.price)
        case OrderState.REJECTED:
            return OrderRejected(**said, reason=reason)
        case OrderState.DENIED:
            return OrderDenied(**said, reason=reason)
        case OrderState.LAPSED:
            return OrderLapsed(**said, filled=order.filled_base)
        case _:
            return OrderCancelled(**said, reason=reason, filled=order.filled_base)


def _side(order: Order, rule: Rule | None) -> Side | None:
    """The side *order* was to trade, as far as that is known: what closes or reverses is sized only when it is sent."""
    if order.intent is not None:
        return order.intent.side
    return rule.spec.action.type if rule is not None and isinstance(rule.spec.action, Trade) else None


def _realised(fills: Sequence[Fill]) -> Decimal | None:
    known = [fill.realised_pnl for fill in fills if fill.realised_pnl is not None]
    return sum(known, ZERO) if known else None
