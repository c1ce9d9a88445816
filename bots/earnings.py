"""/pnl: what trading brought in a day, a week or a month, fees and funding apart; decides no value of it."""

from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bots.turn import Turn
from core.domain.errors import BadInput
from core.domain.money import ZERO
from core.domain.wording import say_signed_money
from core.feed.card import Button, Card
from core.feed.card_marks import marked
from core.feed.press import Say, write
from core.ports import PnlLine, TradeFilter

Period = Literal["day", "week", "month"]
_PERIODS: tuple[Period, ...] = ("day", "week", "month")
_SAID: dict[str, str] = {"day": "Today", "week": "This week", "month": "This month"}
_PARTS = ("realised", "fees", "funding")


async def pnl(turn: Turn, words: str) -> list[Card]:
    """What came in since the period began in the owner's zone, fees and funding apart. Raises BadInput."""
    period = words.strip().lower() or "day"
    if period not in _PERIODS:
        raise BadInput(f"Expected day, week or month, was {words[:20]!r}", "Try /pnl week.")
    owner = await turn.core.account.owner(turn.owner)
    account = await turn.core.account.view(turn.owner)
    start = _start(period, turn.now, _zone(owner.timezone))
    by_market = await turn.core.trades.pnl(turn.owner, "market", TradeFilter(start=start))
    realised, fees, funding = (sum((getattr(line, part) for line in by_market), ZERO) for part in _PARTS)
    fills = sum(line.fills for line in by_market)
    open_pnl = sum((position.unrealised_pnl for position in account.positions if position.base != 0), ZERO)
    lines = [
        f"Realised {say_signed_money(realised)}, from {'1 fill' if fills == 1 else f'{fills} fills'}",
        f"Fees {say_signed_money(-fees)}",
        f"Funding {say_signed_money(funding)}",
    ]
    if len(by_market) > 1:
        lines += [f"   {line.key}: {say_signed_money(_net(line))}" for line in by_market]
    lines.append(f"Not realised yet, on what you hold now: {say_signed_money(open_pnl)}")
    net = sum((_net(line) for line in by_market), ZERO)
    title = f"{_SAID[period]}: {say_signed_money(net)} after fees and funding"
    others = tuple(
        Button(label=_SAID[other], verb=write(Say(words=f"/pnl {other}"))) for other in _PERIODS if other != period
    )
    return [
        Card(
            title=marked(title, simulated=turn.core.prices.simulated, venue=account.venue),
            lines=tuple(lines),
            buttons=(others,),
            key="view:pnl",
        )
    ]


def _net(line: PnlLine) -> Decimal:
    return line.realised - line.fees + line.funding


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
