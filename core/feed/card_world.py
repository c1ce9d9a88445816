"""Events about positions, prices, venues, accounts and the engine as cards."""

from decimal import Decimal, InvalidOperation
from typing import assert_never

from core.domain.event import (
    AccountAnnounced,
    AccountApprovalRequested,
    AccountDelegateRevoked,
    AccountDrawdownReached,
    AccountKilled,
    AccountLimitChanged,
    AccountLinked,
    AccountLinkRequested,
    DeliveryFailed,
    EngineBlind,
    EngineRecovered,
    KeyRanLow,
    KeyRefilled,
    PositionChanged,
    PositionClosed,
    PositionEndangered,
    PositionFundingPaid,
    PositionLiquidated,
    PositionOpened,
    PriceRecovered,
    PriceStale,
    VenueLost,
    VenuePaused,
    VenueRecovered,
)
from core.domain.wording import (
    base_of,
    one_line,
    say_amount,
    say_duration,
    say_money,
    say_price,
    say_rough_percent,
    say_sol,
)
from core.feed.card_marks import marked, sentence, settled_key
from core.feed.parts import Button, Card
from core.feed.press import Say, fits, write

PositionHappened = (
    PositionOpened | PositionChanged | PositionClosed | PositionEndangered | PositionLiquidated | PositionFundingPaid
)
MarketHappened = PriceStale | PriceRecovered | VenueLost | VenuePaused | VenueRecovered | EngineBlind | EngineRecovered
AccountHappened = (
    DeliveryFailed
    | AccountLinked
    | AccountLinkRequested
    | AccountLimitChanged
    | AccountDrawdownReached
    | AccountKilled
    | AccountDelegateRevoked
    | AccountApprovalRequested
    | AccountAnnounced
    | KeyRanLow
    | KeyRefilled
)

_SHORT_BLINDNESS_S = 60
"""A restart shorter than this in which nothing was found is nobody's news."""


_NO_PRICE = {"halted": "The exchange has halted the market", "unlisted": "No price source lists it"}


def position_card(event: PositionHappened) -> Card | None:
    """The card of an event about a position; what a rule's own fill did to it is told by the fill's card."""
    match event:
        case PositionFundingPaid():
            return None
        case PositionOpened() | PositionChanged() | PositionClosed() if event.rule_id is not None:
            return None
        case PositionOpened():
            title = f"Position opened outside your rules: {_held(event)}"
            return _position(event, title, f"Entry {say_price(event.entry_price)}.", bad=False)
        case PositionChanged():
            title = f"Position changed outside your rules: {_held(event)}"
            return _position(event, title, f"It was {_signed(event.was, event.market)}.", bad=False)
        case PositionClosed():
            title = f"{event.market} position closed outside your rules"
            return _position(event, title, f"It was {_signed(event.was, event.market)}.", bad=False)
        case PositionEndangered():
            title = f"Liquidation is near: {_held(event)}"
            line = (
                f"The mark is {say_rough_percent(event.distance_percent)} from the liquidation price"
                f" of {say_price(event.liquidation_price)}."
            )
            return _position(event, title, line, bad=True)
        case PositionLiquidated(was=was, fee=fee) if was == 0:
            title = f"Below zero after an exit on {event.market}"
            line = f"The price had jumped past what the account could bear; the venue made good {say_money(-fee)}."
            return _position(event, title, line, bad=True)
        case PositionLiquidated():
            title = f"Liquidated: {_signed(event.was, event.market)} at {say_price(event.price)}"
            left = "Nothing is left of it." if event.base == 0 else f"Left: {_held(event)}."
            line = f"The venue closed it for lack of margin; fee {say_money(event.fee)}. {left}"
            return _position(event, title, line, bad=True)
        case _:
            assert_never(event)


def market_card(event: MarketHappened) -> Card | None:
    """The card of an event about prices, venues or the engine."""
    match event:
        case EngineBlind():
            return None
        case PriceStale(market=market, why=why):
            said = _NO_PRICE.get(why, f"The price is {why}")
            line = f"{said}{_from(event.source)}. Rules on {market} wait; nothing fires on such a price."
            return Card(title=f"No trusted price for {market}", lines=(line,), tone="warn", key=settled_key(event))
        case PriceRecovered(market=market, blind_s=blind_s):
            line = f"Your rules on {market} are watched again, after {say_duration(blind_s)}{_from(event.source)}."
            return Card(title=f"{market} has a trusted price again", lines=(line,), tone="good", key=settled_key(event))
        case VenueLost(venue=venue, reason=reason):
            lines = (sentence(reason), "Orders wait until it answers again.")
            return Card(title=f"{venue.capitalize()} does not answer", lines=lines, tone="warn", key=settled_key(event))
        case VenuePaused(reason=reason):
            lines = (sentence(reason), "Rules are watched, but cannot trade.")
            return Card(title=f"{_where(event)} takes no orders now", lines=lines, tone="warn", key=_key_at(event))
        case VenueRecovered():
            return Card(title=f"{_where(event)} takes orders again", tone="good", key=_key_at(event))
        case EngineRecovered(blind_s=blind_s, found=found):
            if not found and blind_s < _SHORT_BLINDNESS_S:
                return None
            return Card(
                title=f"Watching again: nobody watched for {say_duration(blind_s)}",
                lines=tuple(sentence(line) for line in found) or ("Nothing was missed.",),
                tone="warn",
                key=settled_key(event),
            )
        case _:
            assert_never(event)


def account_card(event: AccountHappened) -> Card | None:
    """The card of an event about somebody's account."""
    key = settled_key(event)
    match event:
        case DeliveryFailed(channel=channel, reason=reason):
            # Told wherever else this person is reachable; on the channel itself nothing is.
            again = f"Write to SayWhen on {channel.capitalize()} again to be told things there."
            title = f"{channel.capitalize()} takes no messages for you"
            return Card(title=title, lines=(sentence(reason), again), tone="warn", key=key)
        case AccountLinked(channel=channel):
            lines = ("It can now give orders for your account. If that was not you, end it: /link, or the dashboard.",)
            return Card(title=f"{channel.capitalize()} is linked", lines=lines, key=key)
        case AccountLinkRequested():
            return _link_requested(event)
        case AccountLimitChanged(limit=limit, was=was, now=now):
            return Card(title=f"Limit changed: {limit.replace('_', ' ')}", lines=(f"{was} → {now}",), key=key)
        case AccountDrawdownReached(percent=percent):
            return Card(title=f"Today's loss reached {say_rough_percent(percent)} of your equity", tone="bad", key=key)
        case AccountKilled():
            return _killed(event)
        case AccountDelegateRevoked(venue=venue):
            stay = "Orders of yours that rest there stay until you take them off yourself."
            return Card(
                title=f"SayWhen may no longer trade for you on {venue}",
                lines=("Rules cannot trade there until you allow it again.", stay),
                tone="bad",
                key=key,
            )
        case AccountApprovalRequested(what=what):
            how = "Sign it in the dashboard, under Account. If you did not ask for it, leave it."
            return Card(title="Your wallet's signature is needed", lines=(sentence(what), how), tone="warn", key=key)
        case AccountAnnounced(words=words):
            said = tuple(one_line(line) for line in words.splitlines())
            return Card(title="From the people who run this SayWhen", lines=said, key=key)
        case KeyRanLow(venue=venue, key=payer, lamports=lamports, minimum=minimum):
            left = f"{say_sol(lamports)} left; it should hold {say_sol(minimum)} or more."
            need = f"Send SOL to {payer}. Without it, nothing is traded on {venue} for those it trades for."
            title = "A key that pays network fees runs low"
            return Card(title=title, lines=(left, need), tone="bad", key=f"key:{payer}")
        case KeyRefilled(key=payer, lamports=lamports):
            line = f"{payer} holds {say_sol(lamports)}."
            return Card(title="Network fees can be paid again", lines=(line,), tone="good", key=f"key:{payer}")
        case _:
            assert_never(event)


def _link_requested(event: AccountLinkRequested) -> Card:
    said = {"Link it": f"/link yes {event.claim_id}", "Refuse": f"/link no {event.claim_id}"}
    answers = tuple(Button(label=label, verb=write(Say(words=words))) for label, words in said.items() if fits(words))
    return Card(
        title=f"Link {event.channel.capitalize()} to this account?",
        lines=(
            f"Your code was entered there, by {one_line(event.address)}.",
            "Once linked, it gives orders for your account and hears of them. If that was not you, refuse.",
        ),
        buttons=(answers,) if answers else (),
        tone="warn",
        key=f"link:{event.claim_id}",
    )


def _killed(event: AccountKilled) -> Card:
    rules, orders = event.rules_paused, event.orders_cancelled
    paused = f"{rules} {'rule' if rules == 1 else 'rules'} paused"
    cancelled = f"{orders} open {'order' if orders == 1 else 'orders'} cancelled"
    lines = [f"{paused}, {cancelled}."]
    if event.positions:
        lines.append("Still open, with no rule guarding:")
        lines += [f"   {_stays(position)}" for position in event.positions]
        lines.append('They stay as they are. To close them say "close everything"; you will be asked to confirm.')
    else:
        lines.append("No position is open.")
    lines.append("Nothing fires until you resume.")
    flatten = (Button(label="Close everything", verb=write(Say(words="close everything"))),)
    return Card(
        title="Everything is stopped",
        lines=tuple(lines),
        buttons=(*((flatten,) if event.positions else ()), (Button(label="Resume", verb=write(Say(words="/resume"))),)),
        tone="warn",
        key=settled_key(event),
    )


def _stays(position: str) -> str:
    """A position as the event names it (`-2 SOL-PERP`), as people do."""
    base, _, market = position.partition(" ")
    try:
        return _signed(Decimal(base), market) if market.isupper() else position
    except InvalidOperation:
        return position


def _position(event: PositionHappened, title: str, line: str, *, bad: bool) -> Card:
    return Card(
        title=marked(title, simulated=event.simulated, venue=event.venue),
        lines=(line,),
        tone="bad" if bad else "warn",
        key=settled_key(event) + f":{event.market}",
    )


def _where(event: VenuePaused | VenueRecovered) -> str:
    return event.venue.capitalize() if event.market is None else f"{event.market} on {event.venue}"


def _key_at(event: VenuePaused | VenueRecovered) -> str:
    return settled_key(event) + ("" if event.market is None else f":{event.market}")


def _held(event: PositionHappened) -> str:
    return _signed(event.base, event.market)


def _signed(base: Decimal, market: str) -> str:
    if base == 0:
        return f"no {base_of(market)}"
    return f"{say_amount(abs(base), market)} {'long' if base > 0 else 'short'}"


def _from(source: str) -> str:
    return f" (source: {source})" if source else ""
