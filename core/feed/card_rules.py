"""Events about rules as cards; what the owner has just done in the dialogue itself is not told twice."""

from typing import assert_never

from core.domain.event import (
    RuleAmended,
    RuleArmed,
    RuleCancelled,
    RuleCompleted,
    RuleConfirmed,
    RuleDrafted,
    RuleExpired,
    RuleFailed,
    RuleHeld,
    RuleMissed,
    RulePaused,
    RulePosted,
    RuleRelieved,
    RuleResumed,
    RuleTriggered,
)
from core.domain.event.rules import BY_FILL, BY_OWNER, BY_TELLING, UNWATCHABLE
from core.domain.wording import one_line, say_amount, say_duration, say_price
from core.feed.card_marks import marked, rule_name, sentence, settled_key
from core.feed.parts import Button, Card
from core.feed.press import SettleMissed, write

RuleHappened = (
    RuleDrafted
    | RuleAmended
    | RuleConfirmed
    | RuleArmed
    | RuleHeld
    | RulePaused
    | RulePosted
    | RuleRelieved
    | RuleResumed
    | RuleTriggered
    | RuleCompleted
    | RuleFailed
    | RuleCancelled
    | RuleExpired
    | RuleMissed
)


def rule_card(event: RuleHappened) -> Card | None:
    """The card of an event about a rule, or None where nobody needs to hear of it."""
    name = rule_name(event)
    match event:
        case RulePaused(why=why) if why == UNWATCHABLE:
            lines = (sentence(why), "It does nothing until you resume it.")
            return Card(title=f"{name} is paused", lines=lines, tone="bad", key=settled_key(event))
        case RuleDrafted() | RuleAmended() | RuleConfirmed() | RuleHeld() | RulePaused() | RuleResumed():
            # The dialogue, the card of the sibling that fired, or that of the missed crossing tells it.
            return None
        case RuleCompleted(why=why) if why in {"", BY_FILL, BY_TELLING}:
            return None
        case RuleCompleted(why=why):
            return Card(title=f"{name} is done", lines=(sentence(why),), tone="good", key=settled_key(event))
        case RuleArmed():
            return _armed(event)
        case RulePosted():
            return None if event.resized else _posted(event)
        case RuleRelieved(venue=venue, reason=reason):
            lines = (sentence(reason), "It acts while SayWhen runs.")
            return Card(
                title=f"{name} does not rest on {venue}: SayWhen watches it",
                lines=lines,
                tone="warn",
                key=settled_key(event),
            )
        case RuleCancelled(why=why) if why == BY_OWNER:
            return None
        case RuleTriggered():
            return _triggered(event)
        case RuleFailed(why=why):
            return Card(
                title=f"{name} failed",
                lines=(sentence(why), "It does nothing any more. Check your position."),
                tone="bad",
                key=settled_key(event),
            )
        case RuleCancelled(why=why):
            return Card(title=f"{name} is cancelled", lines=(sentence(why),), key=settled_key(event))
        case RuleExpired():
            return Card(title=f"{name} expired before it fired", key=settled_key(event))
        case RuleMissed():
            return _missed(event)
        case _:
            assert_never(event)


def _armed(event: RuleArmed) -> Card | None:
    match event.why:
        case "confirmed" | "resumed" | "repeat" | "late_run":
            return None
        case "after_fill":
            title = f"{rule_name(event)} is armed now: the rule before it filled"
        case "released":
            title = f"{rule_name(event)} is armed again: the order ended without a fill"
        case _:
            assert_never(event.why)
    fires = " / ".join(say_price(price) for price in event.trigger_prices)
    return Card(
        title=title,
        lines=(event.summary, f"Fires at {fires}.") if fires else (event.summary,),
        key=settled_key(event),
    )


def _posted(event: RulePosted) -> Card:
    beyond = "below" if event.when == "<=" else "above"
    amount = say_amount(event.base, event.market, exact=True)
    return Card(
        title=marked(f"{rule_name(event)} rests on {event.venue} now", simulated=event.simulated),
        lines=(
            f"{event.side.capitalize()} {amount} {beyond} {say_price(event.price, exact=True)}.",
            "Keepers there fire it on the oracle price, also while SayWhen is down.",
        ),
        key=settled_key(event),
    )


def _triggered(event: RuleTriggered) -> Card:
    alert = event.orders == 0
    name = rule_name(event)
    title = f"{name} fired"
    if event.market is not None and event.price is not None:
        title += f": {event.market} at {say_price(event.price)}"
    lines = [event.summary]
    if event.message:
        lines.insert(0, f'"{one_line(event.message)}"')
    if event.late_s > 0:
        lines.append(f"Noticed {say_duration(event.late_s)} late.")
    if event.resting:
        lines.append("Its order was at the venue already.")
    elif not alert:
        lines.append("The order is on its way." if event.orders == 1 else f"{event.orders} orders are on their way.")
    if event.source:
        lines.append(f"Price source: {event.source}.")
    return Card(
        title=marked(title, simulated=event.simulated),
        lines=tuple(lines),
        tone="warn" if alert else "plain",
        key=f"trigger:{event.rule_id}:{event.trigger_no}",
    )


def _missed(event: RuleMissed) -> Card:
    lines = (event.summary, f"Its condition was met, noticed {say_duration(event.late_s)} late. It was not run.")
    if not event.asked or event.rule_id is None:
        return Card(title=f"{rule_name(event)} was missed", lines=lines, tone="warn", key=settled_key(event))
    return Card(
        title=f"{rule_name(event)} was missed. Run it now?",
        lines=(*lines, "Running it opens a draft at today's price, to confirm."),
        buttons=(
            (
                Button(label="Run it", verb=write(SettleMissed(rule_id=event.rule_id, run=True))),
                Button(label="Skip it", verb=write(SettleMissed(rule_id=event.rule_id, run=False))),
            ),
        ),
        tone="warn",
        key=settled_key(event),
    )
