"""Does what the commands of the language ask, one façade call each; decides what is too old to do unasked."""

import asyncio
from collections.abc import Sequence
from typing import assert_never

from bots import left_open, views
from bots.nearness import Gauges
from bots.turn import Turn
from core.domain.condition import Indicator, leaves
from core.domain.errors import SayWhenError
from core.domain.reading import Command, RuleFilter
from core.domain.rule import LIVE, Rule, RuleState
from core.feed.card import Button, Card, card_of
from core.feed.press import Say, fits, write

LATE_AFTER_S = 60
"""A command about money that waited longer (the bot was down) is refused, with an offer to do it now."""

_MOST_INDICATORS, _GAUGED_WITHIN_S = 6, 1.0

_REFUSED_LATE = frozenset({"resume_rules", "cancel_rules", "cancel_orders", "kill"})
# Not `pause_rules`: pausing late harms nobody, and not pausing may.

_KINDS: dict[RuleFilter, str] = {"alert": "alerts", "stop_loss": "stops", "take_profit": "targets", "dca": "plans"}
_GONE = "Gone for good; say it again to have it back."
_WATCHED_AGAIN = "Where a condition holds already, an exit acts at once and an entry asks you first."


async def obey(turn: Turn, command: Command) -> list[Card]:
    """The answer to *command*, done. Raises what the façade raises."""
    if command.name in _REFUSED_LATE and turn.waited_s > LATE_AFTER_S:
        words = _as_slash(command)
        again = write(Say(words=words)) if fits(words) else None
        return [views.late_card(turn.waited_s, words, again)]
    account, prices = turn.core.account, turn.core.prices
    match command.name:
        case "positions":
            view = await account.view(turn.owner)
            guards = await left_open.guards(turn, view)
            return [views.positions_card(view, simulated=prices.simulated, guards=guards)]
        case "balance":
            fees = turn.core.fees
            spent = await fees.spent_for(turn.owner) if fees.charged else None
            return [views.balance_card(await account.view(turn.owner), spent, simulated=prices.simulated)]
        case "prices":
            return [views.prices_card(prices.latest(command.markets), prices, command.markets)]
        case "rules":
            return [await list_rules(turn, command)]
        case "trades":
            return [views.trades_card(await account.trades(turn.owner), await account.owner(turn.owner))]
        case "pause_rules":
            return [await _pause(turn, command)]
        case "resume_rules":
            return [await _resume(turn, command)]
        case "cancel_rules":
            return [await _delete(turn, command)]
        case "cancel_orders":
            return [await _cancel_orders(turn, command)]
        case "help":
            return await turn.typed("/help")
        case "kill":
            return [await _kill(turn)]
        case _:
            assert_never(command.name)


def everything(command: Command) -> bool:
    """Whether a selection names nothing in particular: no argument, `*` and `all` mean the same."""
    return command.rule_ids is None and command.filter is None and command.market in {None, "*"}


async def list_rules(turn: Turn, command: Command, asked: str = "", page: int = 1) -> Card:
    """One page of the rules that *command* names; *asked* is how that was said, for the buttons to the other pages."""
    rules = await turn.core.rules.list(turn.owner, LIVE, command)
    if not rules and not everything(command):
        what = "rules like that" if command.filter is None else _KINDS[command.filter]
        where = "" if command.market in {None, "*"} else f" on {command.market}"
        return Card(title=f"You have no {what}{where}", lines=("/rules shows all you have.",), key="view:rules")
    if not rules:
        return views.no_rules_card()
    view, owner = await turn.core.account.view(turn.owner), await turn.core.account.owner(turn.owner)
    standing = await turn.core.rules.standing(turn.owner, rules)
    sent = await left_open.under_way(turn, rules)
    seen, gauges = turn.core.prices.latest(None), await gauges_of(turn, rules)
    return views.rules_card(
        rules, view, seen, owner, page=page, asked=asked, standing=standing, sent=sent, gauges=gauges
    )


async def gauges_of(turn: Turn, rules: Sequence[Rule]) -> Gauges:
    """Where the indicators stand that armed rules wait for; a list of rules does not wait for long."""
    waited = (leaf for rule in rules if rule.state is RuleState.ARMED for leaf in leaves(rule.spec.condition))
    wanted = list(dict.fromkeys(leaf for leaf in waited if isinstance(leaf, Indicator)))
    if not wanted:
        return {}
    try:
        async with asyncio.timeout(_GAUGED_WITHIN_S):
            return await turn.core.prices.gauges(wanted[:_MOST_INDICATORS])
    except (SayWhenError, TimeoutError):
        return {}


async def _pause(turn: Turn, command: Command) -> Card:
    if not everything(command):
        paused = await turn.core.rules.pause(turn.owner, command)
        bare = await left_open.unguarded(turn) if paused else []
        return _done("Paused", paused, "Not watched until you resume.", *bare)
    await turn.core.account.pause(turn.owner)
    return Card(
        title="All rules are paused",
        lines=(
            "Nothing fires until you resume. Positions and open orders stay as they are.",
            *await left_open.unguarded(turn),
        ),
        buttons=((Button(label="Resume", verb=write(Say(words="/resume"))),),),
        tone="warn",
    )


async def _delete(turn: Turn, command: Command) -> Card:
    """Rules taken back; who fired stays with its order, and what nobody guards any more is named."""
    before = await turn.core.rules.list(turn.owner, LIVE, command)
    deleted = await turn.core.rules.cancel(turn.owner, command)
    gone = {rule.id for rule in deleted}
    stay = [rule for rule in before if rule.id not in gone and rule.state is RuleState.FIRING]
    orders = await left_open.under_way(turn, stay)
    lines = [left_open.told(rule, orders.get(rule.id, ())) for rule in stay]
    bare = await left_open.unguarded(turn) if deleted or stay else []
    if not deleted and not stay:
        return _done("Deleted", [])
    labels = ", ".join(rule.label for rule in deleted or stay)
    return Card(
        title=f"Deleted: {labels}" if deleted else f"Not deleted: {labels}",
        lines=(*((_GONE,) if deleted else ()), *lines, *bare),
        buttons=left_open.cancelling([order for found in orders.values() for order in found]),
        tone="warn" if lines or bare else "plain",
    )


async def _resume(turn: Turn, command: Command) -> Card:
    if not everything(command) or not (await turn.core.account.owner(turn.owner)).paused:
        resumed = await turn.core.rules.resume(turn.owner, command)
        if not resumed and everything(command):
            return Card(title="Nothing of yours is paused", lines=("/rules shows what is watched.",))
        return _done("Resumed", resumed, _WATCHED_AGAIN)
    await turn.core.account.resume(turn.owner)
    again = await turn.core.rules.list(turn.owner, LIVE - {RuleState.PAUSED})
    watched = (f"{', '.join(rule.label for rule in again)}. {_WATCHED_AGAIN}",) if again else ("You have none now.",)
    # A rule that was paused by itself was paused on purpose: lifting the pause of everything leaves it.
    alone = await turn.core.rules.list(turn.owner, {RuleState.PAUSED})
    if not alone:
        return Card(title="Your rules are watched again", lines=watched, tone="good")
    labels = ", ".join(rule.label for rule in alone)
    return Card(
        title="Your rules are watched again",
        lines=(*watched, f"Still paused by themselves: {labels}."),
        buttons=((Button(label="Resume these too", verb=write(Say(words="/resume"))),),),
        tone="good",
    )


async def _cancel_orders(turn: Turn, command: Command) -> Card:
    market = None if command.market in {None, "*"} else command.market
    count = await turn.core.account.cancel_orders(turn.owner, market)
    where = "" if market is None else f" on {market}"
    if count == 0:
        return Card(title=f"There is no open order to cancel{where}")
    return Card(title=f"{count} open {'order' if count == 1 else 'orders'}{where} cancelled")


async def _kill(turn: Turn) -> Card:
    card = card_of(await turn.core.account.kill(turn.owner))
    if card is None:
        return Card(title="Everything is stopped", tone="warn")
    return card


def _done(what: str, rules: Sequence[Rule], *notes: str) -> Card:
    if not rules:
        return Card(title="No rule fits that", lines=('Say "/rules" to see yours.',))
    labels = ", ".join(rule.label for rule in rules)
    return Card(title=f"{what}: {labels}", lines=notes)


def _as_slash(command: Command) -> str:
    """The command as somebody could type it, to be put behind a button."""
    name = {"resume_rules": "/resume", "cancel_rules": "/delete", "cancel_orders": "/cancel", "kill": "/kill"}
    words = [name[command.name], *(command.rule_ids or ())]
    words += [part for part in (command.filter, command.market) if part]
    if command.name == "cancel_rules" and everything(command):
        words = ["/delete", "all"]
    return " ".join(words)
