"""What whoever runs this SayWhen may ask and say in a chat; everybody else is told that there is no such command."""

from bots.turn import Turn
from core.domain.errors import BadInput
from core.domain.wording import say_sol
from core.feed.card import Card

LONGEST_ANNOUNCEMENT = 1_000


async def status(turn: Turn, words: str) -> list[Card]:  # noqa: ARG001 - takes no words
    """Whether everything runs."""
    counts = await turn.core.people.counts()
    watched = await turn.core.people.watched()
    prices = turn.core.prices
    seen = prices.latest()
    lines = [
        "Rules are watched." if watched else "NOBODY watches the rules: no scheduler is heard.",
        f"{prices.notice or f'Prices come from {prices.source_name}.'} Fresh: {_counted(len(seen), 'market')}.",
        *(f"{name.capitalize()}: {count}" for name, count in counts.items()),
    ]
    low = [payer for payer in await turn.core.fees.payers() if payer.low is not None]
    lines += [f"LOW ON SOL: {payer.key} has {say_sol(payer.lamports)} left for network fees." for payer in low]
    good = watched and bool(seen) and not low
    return [
        Card(
            title="All is running" if good else "Something is wrong", lines=tuple(lines), tone="good" if good else "bad"
        )
    ]


async def users(turn: Turn, words: str) -> list[Card]:  # noqa: ARG001 - takes no words
    """How many people there are."""
    counts = await turn.core.people.counts()
    lines = (
        f"{_counted(counts['links'], 'place')} where they are told things, {counts['unreachable']} closed to us",
        _counted(counts["live rules"], "live rule"),
    )
    return [Card(title=_counted(counts["people"], "person", "people"), lines=lines)]


async def broadcast(turn: Turn, words: str) -> list[Card]:
    """Tell everybody. Raises BadInput."""
    if not 0 < len(words) <= LONGEST_ANNOUNCEMENT:
        raise BadInput(
            f"Expected 1 to {LONGEST_ANNOUNCEMENT} characters after /broadcast, were {len(words)}",
            "Try /broadcast Back in an hour.",
        )
    told = await turn.core.people.announce(words)
    return [
        Card(
            title=f"On its way to {_counted(told, 'person', 'people')}",
            lines=("It is sent as fast as the channels allow.",),
        )
    ]


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"
