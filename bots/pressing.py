"""What becomes of the card whose button was pressed, the same on every channel that can edit; decides no words."""

from collections.abc import Sequence
from dataclasses import replace

from bots.channel import Answer, Inbound
from core.feed.card import Card
from core.feed.press import EditDraft, HandleRule, Press, Say


async def relisted(press: Press | None, cards: list[Card], answer: Answer, inbound: Inbound) -> list[Card]:
    """After a deed of the list's buttons, the list as it is now, headed by what was done."""
    if isinstance(press, HandleRule) and press.deed not in {"copy", "edit"} and cards[0].tone != "bad":
        [rules] = await answer(replace(inbound, verb=None, text="/rules"))
        return [replace(rules, lines=(f"{cards[0].title}.", *rules.lines))]
    return cards


def is_refusal(press: Press | None, cards: Sequence[Card]) -> bool:
    """Whether the press did nothing, so that the card stays as it is and the reason is told beside it."""
    return cards[0].tone == "bad" and press is not None and not isinstance(press, Say)


def goes_above(press: Press | None, cards: Sequence[Card], shown: str | None) -> bool:
    """Whether the answer takes the place of the card that was pressed, whose key is *shown* where that is known."""
    if len(cards) != 1 or press is None or isinstance(press, EditDraft):
        return False
    if isinstance(press, Say):
        return cards[0].key is not None and cards[0].key == shown
    return not (isinstance(press, HandleRule) and press.deed in {"copy", "edit"})
