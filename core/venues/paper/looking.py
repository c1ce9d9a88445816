"""An owner's books as the account that everybody sees; decides no figure of its own."""

from collections.abc import Mapping

from core.domain.market import Market
from core.domain.position import Account, Position
from core.venues.paper import margin
from core.venues.paper.desk import Desk


def as_account(venue: str, desk: Desk, markets: Mapping[str, Market]) -> Account:
    """The account at the desk's marks; each liquidation price takes the other markets as they are."""
    prices = desk.prices
    maintenance = desk.maintenance_margin()
    buffer = desk.equity - maintenance
    return Account(
        venue=venue,
        collateral=desk.books.cash,
        positions=tuple(
            Position(
                market=name,
                base=held.base,
                entry_price=held.entry,
                mark=prices[name],
                liquidation_price=margin.liquidation_price(markets[name], held, prices[name], buffer),
                funding=held.funding,
            )
            for name, held in sorted(desk.books.holdings.items())
        ),
        initial_margin=desk.initial_margin(),
        maintenance_margin=maintenance,
    )
