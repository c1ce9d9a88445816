"""What cards of events have in common: how a rule is called, how paper and simulation are marked, identities."""

from core.domain.event import Event


def rule_name(event: Event) -> str:
    """The rule as its owner calls it: `r7`."""
    return event.label or "A rule"


def marked(title: str, *, simulated: bool, venue: str = "") -> str:
    """*title* with what nobody may overlook behind it: `… · paper · SIMULATED`."""
    marks = [mark for mark, holds in (("paper", venue == "paper"), ("SIMULATED", simulated)) if holds]
    return " · ".join([title, *marks])


def sentence(words: str) -> str:
    """*words* as a sentence: capital letter and full stop."""
    said = words.strip()
    if not said:
        return "No reason was given."
    return said[0].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")


def settled_key(event: Event) -> str:
    """The identity of a card that is told once: what happened, to which rule, when."""
    return f"{event.name}:{event.rule_id or event.owner}:{event.at:%Y%m%dT%H%M%S%f}"
