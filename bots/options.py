"""What may follow a command, typed, for channels that ask for it field by field; decides no answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from zoneinfo import available_timezones

from bots.facade import Facade
from core.domain.ids import OwnerId
from core.domain.rule import LIVE
from core.domain.wording import base_of, say_rule

Kind = Literal["words", "number", "choice", "rule", "market", "selection", "zone"]
GUESSED: frozenset[Kind] = frozenset({"rule", "market", "selection", "zone"})
"""What is completed while it is typed, from what there is."""
MOST_GUESSES, MOST_LABEL = 25, 100
_ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One field after a command. `prefix` is what its value is written after, where the order alone does not tell."""

    name: str
    description: str
    kind: Kind = "words"
    required: bool = False
    choices: tuple[str, ...] = ()
    most: int | None = None
    prefix: str = ""


WORDS = Option(name="text", description="What should happen and when, in your own words", required=True)
RULE = Option(name="rule", description="Which rule", kind="rule", required=True)
MARKET = Option(name="market", description="Which market; leave it out for all", kind="market")
MARKETS = Option(name="markets", description="Which markets, with spaces between; leave it out for all", kind="market")
SELECTION = Option(
    name="what", description="Rules like r1 r2, or one market; leave it out for everything", kind="selection"
)
CHOSEN = Option(
    name="what", description="Rules like r1 r2, one market, or all of them", kind="selection", required=True
)
LISTED = Option(name="what", description="Rules like r1 r2, a market, or a kind like stops", kind="selection")
CODE = Option(name="code", description="The code that the other chat shows; leave it out to get one")
PAGE = Option(name="page", description="Which page", kind="number", most=999, prefix="page")
ZONE = Option(name="zone", description="Like Europe/Berlin; leave it out to see yours", kind="zone")


def as_typed(name: str, options: tuple[Option, ...], given: Mapping[str, object]) -> str:
    """The command as somebody would have typed it."""
    words = [f"/{name}"]
    for option in options:
        value = given.get(option.name)
        if value is not None and str(value).strip():
            words += [option.prefix, str(value).strip()] if option.prefix else [str(value).strip()]
    return " ".join(words)


async def guesses(core: Facade, owner: OwnerId | None, kind: Kind, typed: str) -> list[tuple[str, str]]:
    """What *typed* may become, as (what is shown, what is meant); at most as many as a channel can show."""
    *before, last = typed.split(" ")
    kept = f"{' '.join(before)} " if kind in {"selection", "market"} and before else ""
    wanted = last.casefold() if kind in {"selection", "market"} else typed.strip().casefold()
    found: list[tuple[str, str]] = []
    if kind in {"rule", "selection"} and owner is not None:
        rules = await core.rules.list(owner, LIVE)
        found += [(f"{rule.label}: {say_rule(rule.spec, rule.references)}", rule.label) for rule in rules]
    if kind in {"market", "selection"}:
        found += [(base_of(seen.market), base_of(seen.market)) for seen in core.prices.latest()]
    if kind == "selection":
        found.append((_ALL, _ALL))
    if kind == "zone":
        found = [(zone, zone) for zone in sorted(available_timezones())]
    fitting = [(shown, value) for shown, value in found if wanted in shown.casefold()]
    fitting.sort(key=lambda one: not one[1].casefold().startswith(wanted))
    made = [(f"{kept}{shown}"[:MOST_LABEL], f"{kept}{value}") for shown, value in fitting]
    return [(shown, value) for shown, value in made if len(value) <= MOST_LABEL][:MOST_GUESSES]
