"""/history: what happened to a rule, or which of the latest is meant; decides no layout of it."""

import re

from bots import views
from bots.states import state_of
from bots.turn import Turn
from core.domain.errors import BadInput
from core.domain.rule import RuleState
from core.domain.wording import say_live
from core.feed.card import Button, Card
from core.feed.press import Say, write

_LABEL = re.compile(r"r\d{1,9}", re.IGNORECASE)
_MOST_OFFERED = 5


async def history(turn: Turn, words: str) -> list[Card]:
    """What the rule that *words* name went through; which one, where they name none. Raises BadInput."""
    label = words.lower()
    if not label:
        return [await _whose_history(turn)]
    if not _LABEL.fullmatch(label):
        raise BadInput(f"Expected a rule like r1, was {words[:40]!r}", "/rules shows yours.")
    owner = await turn.core.account.owner(turn.owner)
    return [views.history_card(await turn.core.rules.history(turn.owner, label), owner)]


async def _whose_history(turn: Turn) -> Card:
    """Asks which rule is meant; the latest are a press away, those that are over too."""
    rules = (await turn.core.rules.list(turn.owner, frozenset(RuleState)))[: -_MOST_OFFERED - 1 : -1]
    if not rules:
        return Card(title="There is no rule yet that something could have happened to")
    lines = tuple(f"{rule.label} ({state_of(rule)}): {say_live(rule)}" for rule in rules)
    row = tuple(Button(label=rule.label, verb=write(Say(words=f"/history {rule.label}"))) for rule in rules)
    return Card(title="The history of which rule?", lines=lines, buttons=(row,))
