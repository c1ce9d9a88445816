"""Many notices for one person at once, as one card that names each of them; decides what may share a card."""

from collections import Counter
from collections.abc import Sequence

from core.domain.event import OrderFilled, OrderPartiallyFilled, RuleTriggered
from core.feed.card import Card, Tone
from core.feed.topic import is_grave
from core.ports import Delivery

MANY = 5
"""Fewer than this are told one by one."""
MOST = 25
_WORST: tuple[Tone, ...] = ("bad", "warn", "good", "plain")

Told = tuple[Delivery, Card]


def bundled(waiting: Sequence[Told]) -> list[list[Told]]:
    """*waiting*, in its order, cut into what is told with one card each.

    A card that asks something, and one about a position in danger, always stands alone.
    """
    parts: list[list[Told]] = []
    run: list[Told] = []
    for told in waiting:
        delivery, card = told
        if card.buttons or is_grave(delivery.event):
            parts += [*_split(run), [told]]
            run = []
        else:
            run.append(told)
    return [*parts, *_split(run)]


def one_card(part: Sequence[Told]) -> Card:
    """The card of one part of `bundled`."""
    if len(part) == 1:
        return part[0][1]
    lines: list[str] = []
    for _, card in part:
        lines.append(f"• {card.title}")
        if card.lines:
            lines.append(f"   {card.lines[-1]}")
    tones = {card.tone for _, card in part}
    return Card(title=_title(part), lines=tuple(lines), tone=next(tone for tone in _WORST if tone in tones))


def _split(run: Sequence[Told]) -> list[list[Told]]:
    if len(run) < MANY:
        return [[told] for told in run]
    return [list(run[place : place + MOST]) for place in range(0, len(run), MOST)]


def _title(part: Sequence[Told]) -> str:
    counts = Counter(_kind(delivery) for delivery, _ in part)
    said = [f"{count} {one if count == 1 else many}" for (one, many), count in counts.most_common()]
    markets = {getattr(delivery.event, "market", None) for delivery, _ in part}
    market = next(iter(markets)) if len(markets) == 1 else None
    listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"{listed} on {market}" if market else listed


def _kind(delivery: Delivery) -> tuple[str, str]:
    match delivery.event:
        case RuleTriggered():
            return "rule fired", "rules fired"
        case OrderFilled() | OrderPartiallyFilled():
            return "fill", "fills"
        case _:
            return "other notice", "other notices"
