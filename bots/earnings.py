"""/pnl: what trading brought in a day, a week or a month, from the fills; decides no value that is not in them."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bots.turn import Turn
from core.domain.errors import BadInput
from core.domain.money import ZERO
from core.domain.wording import say_money, say_signed_money
from core.feed.card import Button, Card
from core.feed.card_marks import marked
from core.feed.press import Say, write

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = ("day", "week", "month")
_SAID: dict[str, str] = {"day": "Today", "week": "This week", "month": "This month"}
_MOST_FILLS = 1_000


async def pnl(turn: Turn, words: str) -> list[Card]:
    """Realised and unrealised profit since the period began in the owner's zone. Raises BadInput."""
    period = words.strip().lower() or "day"
    if period not in PERIODS:
        raise BadInput(f"Expected day, week or month, was {words[:20]!r}", "Try /pnl week.")
    owner = await turn.core.account.owner(turn.owner)
    account = await turn.core.account.view(turn.owner)
    fills = await turn.core.account.trades(turn.owner, _MOST_FILLS)
    start = _start(period, turn.now, _zone(owner.timezone))
    since = [fill for fill in fills if fill.at >= start]
    realised = sum((fill.realised_pnl for fill in since if fill.realised_pnl is not None), ZERO)
    fees = sum((fill.fee for fill in since), ZERO)
    open_pnl = sum((position.unrealised_pnl for position in account.positions if position.base != 0), ZERO)
    counted = "1 fill" if len(since) == 1 else f"{len(since)} fills"
    lines = [
        f"Realised {say_signed_money(realised)}, fees {say_money(fees)}, from {counted}",
        f"Not realised yet, on what you hold now: {say_signed_money(open_pnl)}",
        "Funding is not counted here: /positions shows it.",
    ]
    if len(fills) == _MOST_FILLS and len(since) == _MOST_FILLS:
        lines.append(f"Only your latest {_MOST_FILLS} fills are counted.")
    net = realised - fees
    title = f"{_SAID[period]}: {say_signed_money(net)} after fees"
    others = tuple(
        Button(label=_SAID[other], verb=write(Say(words=f"/pnl {other}"))) for other in PERIODS if other != period
    )
    return [
        Card(
            title=marked(title, simulated=turn.core.prices.simulated, venue=account.venue),
            lines=tuple(lines),
            buttons=(others,),
            key="view:pnl",
        )
    ]


def _start(period: str, now: datetime, zone: tzinfo) -> datetime:
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case "week":
            return midnight - timedelta(days=midnight.weekday())
        case "month":
            return midnight.replace(day=1)
        case _:
            return midnight


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
