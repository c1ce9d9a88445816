"""Where an exit acts, in words: an order that stands at the venue, or our engine; decides no placing."""

from collections.abc import Sequence

from core.domain.action import Alert
from core.domain.condition import Now
from core.domain.order import Order
from core.domain.rule import RuleSpec
from core.domain.sentry import AUCTION_BPS, can_stand, why_not
from core.domain.wording_amounts import say_amount, say_bps, say_price


def say_standing(order: Order) -> str:
    """An order that is proven to stand at its venue for an armed rule."""
    intent = order.intent
    if intent is None or intent.trigger_price is None:
        raise ValueError(f"Expected an order that waits for a price, was {order.id}")
    beyond = "below" if intent.trigger_when == "<=" else "above"
    amount = say_amount(intent.base, order.market, exact=True)
    at = f"{beyond} {say_price(intent.trigger_price, exact=True)}"
    return f"On {order.venue}: {intent.side} {amount} {at}, fired by keepers on the oracle price."


def say_where(specs: Sequence[RuleSpec], names: Sequence[str], venue: str, source: str) -> list[str]:
    """Where rules that are to be confirmed would act, where *venue* holds protective orders (\"\" = it holds none).

    Nobody may believe in a stop that the venue does not have: what is not there yet is not said to be.
    """
    waiting = [
        (spec, name)
        for spec, name in zip(specs, names, strict=True)
        if not isinstance(spec.condition, Now) or spec.after is not None
    ]
    there = [name for spec, name in waiting if venue and can_stand(spec)]
    ours = [(spec, name) for spec, name in waiting if not venue or not can_stand(spec)]
    lines = []
    if there:
        rests, it = ("rests", "it") if len(there) == 1 else ("rest", "them")
        lines.append(
            f"{_listed(there).capitalize()} {rests} on {venue} once that is proven, which you are told: keepers there"
            f" fire {it} on the oracle price, also while SayWhen is down. An auction there makes the price; it ends"
            f" {say_bps(AUCTION_BPS)} from the oracle's."
        )
    if ours:
        whom = "" if not there else f" {_listed([name for _, name in ours])} on"
        watches = f"SayWhen watches{whom} {source or 'the market'} and"
        if any(not isinstance(spec.action, Alert) for spec, _ in ours):
            lines.append(f"{watches} acts only while it runs; nothing rests on the venue before a rule fires.")
        else:
            lines.append(f"{watches} tells you only while it runs.")
    if venue:
        reasons = {name: reason for spec, name in ours if (reason := _worth_saying(spec)) is not None}
        lines += [f"{name.capitalize()} does not rest on {venue}: {reason}." for name, reason in reasons.items()]
    return lines


def _worth_saying(spec: RuleSpec) -> str | None:
    """Why an exit stays with us, where its owner might expect otherwise."""
    reason = why_not(spec)
    return reason if spec.protect == "venue" or (reason is not None and "trailing" in reason) else None


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
