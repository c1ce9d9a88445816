"""Rules that were agreed to, for surfaces: list, pause, resume, cancel, history; always the owner's own."""

import asyncio
from collections.abc import Collection, Mapping
from decimal import Decimal

from core.app.drafts import Drafts, is_missed
from core.app.parts import TIME_OUT_S, Parts
from core.domain.action import Alert, is_exit
from core.domain.condition import (
    ALL_MARKETS,
    AtTime,
    Condition,
    Now,
    PriceChange,
    PriceLevel,
    Schedule,
    Trailing,
    entry_markets,
    leaves,
)
from core.domain.errors import Conflict, NotFound, VenueError
from core.domain.event.rules import BY_OWNER
from core.domain.ids import OwnerId, RuleId
from core.domain.order import IN_FLIGHT, Order, OrderState
from core.domain.owner import Draft
from core.domain.reading import Command, RuleFilter
from core.domain.rule import LIVE, Rule, RuleState
from core.domain.trigger import WATCHED, TriggerLine, trigger_lines
from core.flow import lifecycle
from core.flow.asking import ask_cancel
from core.ports import History, Journal, TradeFilter, Transaction

Rows = list[Rule]
_MOST_FILLS = 50
_MOST_STANDING = 200


class Rules:
    """An owner's rules. A selection names them by market, label (r3), filter, or all."""

    def __init__(self, parts: Parts, drafts: Drafts, journal: Journal) -> None:
        self._parts = parts
        self._drafts = drafts
        self._journal = journal

    async def list(
        self, owner: OwnerId, states: Collection[RuleState] | None = None, selection: Command | None = None
    ) -> Rows:
        """Rules in *states* (None = all that may still act), by number; of them, the selected ones where given."""
        rules = await self._parts.store.rules(owner, LIVE if states is None else states)
        if selection is None:
            return sorted(rules, key=lambda rule: rule.number)
        if not _named(selection) <= {rule.label for rule in rules}:
            _tell_apart(await self._parts.store.rules(owner, frozenset(RuleState)), rules, selection)
        return _select(rules, selection)

    async def read(self, owner: OwnerId, states: Collection[RuleState] | None = None) -> Rows:
        """Rules in *states* (None = all there ever were), by number, without waiting for the owner's other acts."""
        return await self._journal.rules(owner, states)

    async def get(self, owner: OwnerId, rule_id: str) -> Rule:
        """Raises NotFound; somebody else's looks the same."""
        rule = await self._journal.rule(owner, RuleId(rule_id))
        if rule is None:
            raise NotFound("You have no such rule.", "See your rules.")
        return rule

    async def lines(self, owner: OwnerId, rules: Collection[Rule]) -> Mapping[RuleId, tuple[TriggerLine, ...]]:
        """By rule, the prices at which it would fire. Those measured from an entry need the venue; without it none."""
        entries: dict[str, Decimal] = {}
        if any(rule.state in WATCHED and entry_markets(rule.spec.condition) for rule in rules):
            try:
                async with asyncio.timeout(TIME_OUT_S):
                    account = await self._parts.venue.account(owner)
                entries = {held.market: held.entry_price for held in account.positions if held.base != 0}
            except (VenueError, TimeoutError):
                pass
        return {rule.id: trigger_lines(rule, entries) for rule in rules}

    async def standing(self, owner: OwnerId, rules: Collection[Rule]) -> Mapping[RuleId, Order]:
        """By rule, the order that is proven to stand at the venue for it; what has none is watched by us."""
        posted = {rule.sentry: rule.id for rule in rules if rule.state is RuleState.ARMED and rule.sentry is not None}
        if not posted:
            return {}
        found = await self._journal.orders(owner, {OrderState.ACCEPTED}, None, _MOST_STANDING)
        resting = [order for order in found if order.step == "sentry"]
        # One that is being moved, or sized anew, stands as it was until the new one is proven.
        kept = {order.rule_id: order for order in resting if order.rule_id in posted.values()}
        return kept | {order.rule_id: order for order in resting if order.id in posted}

    async def pause(self, owner: OwnerId, selection: Command) -> Rows:
        """Stop watching the selected rules until resumed; those paused by this call."""
        now = self._parts.clock.now()
        async with self._parts.store.begin(owner) as tx:
            chosen = await _chosen(tx, LIVE, selection)
            states = {RuleState.ARMED, RuleState.WAITING, RuleState.HELD}
            return [await lifecycle.pause(tx, rule, now) for rule in chosen if rule.state in states]

    async def resume(self, owner: OwnerId, selection: Command) -> Rows:
        """Watch the selected paused rules again; those resumed by this call."""
        async with asyncio.timeout(TIME_OUT_S):
            account = await self._parts.venue.account(owner)
        entries = {position.market: position.entry_price for position in account.positions}
        now = self._parts.clock.now()
        async with self._parts.store.begin(owner) as tx:
            if (await tx.read_owner()).paused:
                raise Conflict("Everything of yours is paused.", "Use /resume to resume everything first.")
            chosen = await _chosen(tx, {RuleState.PAUSED}, selection)
            return [
                await lifecycle.resume(tx, rule, at=now, prices=self._parts.prices(), entries=entries)
                for rule in chosen
            ]

    async def cancel(self, owner: OwnerId, selection: Command) -> Rows:
        """Take the selected rules back for good; those cancelled by this call.

        A rule that fired ends with its orders: they are asked back where none was sent yet, and left alone where one
        was.
        """
        now = self._parts.clock.now()
        cancelled = []
        async with self._parts.store.begin(owner) as tx:
            for chosen in await _chosen(tx, LIVE, selection):
                rule = await tx.rule(chosen.id)
                if rule is None or rule.state not in LIVE:
                    continue
                if rule.state is not RuleState.FIRING:
                    cancelled.append(await lifecycle.cancel(tx, rule, now, BY_OWNER))
                elif not await tx.orders(states=IN_FLIGHT, rule_id=rule.id) and await ask_cancel(
                    tx, None, rule_id=rule.id
                ):
                    cancelled.append(rule)
        return cancelled

    async def history(self, owner: OwnerId, label: str) -> History:
        """What the rule called *label* (r3) has gone through, and what it traded, oldest first. Raises NotFound."""
        async with self._parts.store.begin(owner) as tx:
            rule = next((r for r in await tx.rules() if r.label == label.lower()), None)
            if rule is None:
                raise NotFound(f"You have no rule {label}.", "See /rules.")
            log = await tx.job_logs(rule.id)
        fills = await self._journal.trades(owner, TradeFilter(rule_id=rule.id), None, _MOST_FILLS)
        return History(rule=rule, log=tuple(log), fills=tuple(fill for _, fill in reversed(fills)))

    async def run_missed(self, owner: OwnerId, rule_id: RuleId) -> Draft:
        """A draft that does now, once, what a rule would have done when it crossed unwatched; to be confirmed."""
        return await self._drafts.again(owner, rule_id)

    async def skip_missed(self, owner: OwnerId, rule_id: RuleId) -> Rule:
        """Watch a rule that missed its crossing for the next one: it must stop holding first.

        What has no next one is cancelled; a schedule goes on as it does.
        """
        now = self._parts.clock.now()
        async with self._parts.store.begin(owner) as tx:
            rule = await tx.rule(rule_id)
            if rule is None:
                raise NotFound("There is no such rule of yours.", "See /rules.")
            if not is_missed(rule):
                raise Conflict(f"{rule.label} is {rule.state.replace('_', ' ')} now.", "See /rules.")
            if rule.state is RuleState.ARMED:
                return rule
            if isinstance(rule.spec.condition, AtTime | Now):
                return await lifecycle.cancel(tx, rule, now, BY_OWNER)
            memory = {**rule.memory, "reset": True}
            return await lifecycle.arm(tx, rule, at=now, why="resumed", prices=self._parts.prices(), memory=memory)


async def _chosen(tx: Transaction, states: Collection[RuleState], selection: Command) -> Rows:
    """The rules in *states* that *selection* names. Raises NotFound, and Conflict for one in another state."""
    rules = await tx.rules(states)
    if not _named(selection) <= {rule.label for rule in rules}:
        _tell_apart(await tx.rules(), rules, selection)
    return _select(rules, selection)


def _named(selection: Command) -> set[str]:
    return {label.lower() for label in selection.rule_ids or ()}


def _tell_apart(everyone: Collection[Rule], fitting: Collection[Rule], selection: Command) -> None:
    """Raise NotFound for labels that are nobody's, and Conflict for a rule that stands where this cannot be done."""
    missing = _named(selection) - {rule.label for rule in fitting}
    known = sorted((rule for rule in everyone if rule.label in missing), key=lambda rule: rule.number)
    if known:
        stands = ", ".join(f"{rule.label} is {rule.state.replace('_', ' ')}" for rule in known)
        raise Conflict(f"{stands}: nothing was changed.", f"See /history {known[0].label}.")
    raise NotFound(f"You have no such rule: {', '.join(sorted(missing))}.", "See /rules.")


def _select(rules: Collection[Rule], selection: Command) -> Rows:
    """The rules that *selection* names."""
    chosen = sorted(rules, key=lambda rule: rule.number)
    if selection.rule_ids is not None:
        chosen = [rule for rule in chosen if rule.label in _named(selection)]
    if selection.market not in (None, ALL_MARKETS):
        chosen = [rule for rule in chosen if selection.market in _markets(rule)]
    if selection.filter is not None:
        chosen = [rule for rule in chosen if _is(rule, selection.filter)]
    return chosen


def _markets(rule: Rule) -> set[str]:
    named = {getattr(leaf, "market", None) for leaf in leaves(rule.spec.condition)}
    return {market for market in (*named, getattr(rule.spec.action, "market", None)) if market is not None}


def _is(rule: Rule, kind: RuleFilter) -> bool:
    match kind:
        case "alert":
            return isinstance(rule.spec.action, Alert)
        case "dca":
            return isinstance(rule.spec.condition, Schedule) and not is_exit(rule.spec.action)
        case "stop_loss":
            return is_exit(rule.spec.action) and _fires_downwards(rule) is True
        case "take_profit":
            return is_exit(rule.spec.action) and _fires_downwards(rule) is False


def _fires_downwards(rule: Rule) -> bool | None:
    """Whether an exit fires on its position's losing side; a trailing one always does; None where it has no side."""
    condition: Condition = rule.spec.condition
    short = rule.bound_side == "short" or getattr(rule.spec.action, "type", "") == "buy"
    match condition:
        case Trailing():
            return True
        case PriceLevel(operator=operator):
            return (operator == "<=") is not short
        case PriceChange(direction="down" | "up" as direction):
            return (direction == "down") is not short
        case _:
            return None
