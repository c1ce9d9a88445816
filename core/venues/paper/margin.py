"""How much collateral positions and orders need, and at which prices that must be looked at; decides no order.

Cross margin: all positions of an owner share one collateral. Initial margin must be covered to open and is tied up by
resting orders too; maintenance margin is for positions alone, since a liquidation cancels the orders first.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from core.domain.market import Market
from core.domain.money import ZERO, round_price
from core.venues.paper.book import Books, Holding, PaperOrder

Marks = Mapping[str, Decimal]
"""Marks in quote of at least every market in which something is held or rests."""

Markets = Mapping[str, Market]


def equity(books: Books, marks: Marks) -> Decimal:
    """Collateral and unrealised profit together, in quote."""
    return books.cash + sum((held.base * (marks[name] - held.entry) for name, held in books.holdings.items()), ZERO)


def initial_margin(books: Books, resting: Iterable[PaperOrder], marks: Marks, markets: Markets) -> Decimal:
    """What positions tie up together with those resting orders that could still open, in quote.

    By market the worst of three: no order fills, all buys fill, all sells fill; an order counts at its own price (or
    trigger price) where that is above the mark. Reduce-only orders open nothing and count nothing.
    """
    long = {name: held.base * marks[name] for name, held in books.holdings.items()}
    short = {name: -notional for name, notional in long.items()}
    for order in resting:
        if order.intent.reduce_only:
            continue
        name = order.intent.market
        mark = marks[name]
        side = long if order.intent.side == "buy" else short
        other = short if order.intent.side == "buy" else long
        dearest = max(price for price in (mark, order.intent.price, order.intent.trigger_price) if price is not None)
        side[name] = side.get(name, ZERO) + order.left * dearest
        other.setdefault(name, ZERO)
    return sum((max(long[name], short[name]) * markets[name].initial_margin for name in long), ZERO)


def maintenance_margin(books: Books, marks: Marks, markets: Markets) -> Decimal:
    """What positions need in order not to be liquidated, in quote."""
    return sum(
        (abs(held.base) * marks[name] * markets[name].maintenance_margin for name, held in books.holdings.items()),
        ZERO,
    )


def liquidation_price(market: Market, holding: Holding, mark: Decimal, buffer: Decimal) -> Decimal | None:
    """The mark (quote, on the tick) at which *buffer* above maintenance is used up by this market alone.

    Equity moves by `base` for each unit of price and maintenance by `|base| x fraction`, so it lies
    `buffer / (base - |base| x fraction)` below *mark*. Rounded towards *mark*: never promises more than there is. None
    where no price above zero gets there.
    """
    slope = holding.base - abs(holding.base) * market.maintenance_margin
    price = round_price(mark - buffer / slope, market.tick, up=holding.base > 0)
    return price if price > 0 else None


def wake_prices(
    books: Books, resting: Iterable[PaperOrder], marks: Marks, markets: Markets
) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """By market the prices (at or below, at or above) at which an order may do something or a liquidation is near.

    With several positions a liquidation can come from all of them moving a little. It cannot come before one of them
    has used up its equal share of what is left above maintenance, so each wakes at its share, and shares are dealt
    anew then.
    """
    below: dict[str, Decimal] = {}
    above: dict[str, Decimal] = {}
    for order in resting:
        intent, price = order.intent, order.price
        if price is None:
            continue
        falling = intent.trigger_when == "<=" if order.waits else intent.side == "buy"
        if falling:
            below[intent.market] = max(price, below.get(intent.market, price))
        else:
            above[intent.market] = min(price, above.get(intent.market, price))
    if books.holdings:
        share = (equity(books, marks) - maintenance_margin(books, marks, markets)) / len(books.holdings)
        for name, held in books.holdings.items():
            at = liquidation_price(markets[name], held, marks[name], share)
            if at is not None and held.base > 0:
                below[name] = max(at, below.get(name, at))
            elif at is not None:
                above[name] = min(at, above.get(name, at))
    return {name: (below.get(name), above.get(name)) for name in below.keys() | above.keys()}


def to_restore(
    market: Market, holding: Holding, mark: Decimal, *, fee: Decimal, equity: Decimal, initial: Decimal
) -> Decimal:
    """Base to close at *mark*, at *fee* (a fraction of notional), for equity to cover initial margin again.

    Closing notional n costs `fee x n` and frees `initial fraction x n`: n = (initial - equity) / (fraction - fee).
    The whole position where that is not enough, or where less than the smallest order would be left.
    """
    whole = abs(holding.base)
    if equity <= 0:
        return whole
    notional = (initial - equity) / (market.initial_margin - fee)
    size = round_price(notional / mark, market.step, up=True)
    return whole if whole - size < max(market.min_base, market.step) else max(size, ZERO)
