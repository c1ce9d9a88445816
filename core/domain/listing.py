"""The perpetual markets SayWhen lists on paper and looks for elsewhere: pure facts of trade, no prices."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from core.domain.market import Market


def _perpetual(
    base: str, name: str, tick: str, step: str, initial: str, maintenance: str, *, min_base: str | None = None
) -> Market:
    return Market(
        symbol=f"{base}-PERP",
        base=base,
        name=name,
        tick=Decimal(tick),
        step=Decimal(step),
        min_base=Decimal(step if min_base is None else min_base),
        initial_margin=Decimal(initial),
        maintenance_margin=Decimal(maintenance),
        taker_fee_bps=Decimal(5),
        maker_fee_bps=Decimal(1),
    )


LISTING: Mapping[str, Market] = MappingProxyType(
    {
        market.symbol: market
        for market in (
            _perpetual("SOL", "Solana", "0.0001", "0.01", "0.05", "0.03"),
            _perpetual("BTC", "Bitcoin", "0.1", "0.0001", "0.05", "0.03"),
            _perpetual("ETH", "Ethereum", "0.01", "0.001", "0.05", "0.03"),
            _perpetual("JUP", "Jupiter", "0.00001", "1", "0.1", "0.05"),
            _perpetual("WIF", "dogwifhat", "0.0001", "0.1", "0.1", "0.05", min_base="1"),
            _perpetual("BONK", "Bonk", "0.000000001", "1000", "0.1", "0.05", min_base="10000"),
            _perpetual("DRIFT", "Drift", "0.00001", "1", "0.1", "0.05"),
            _perpetual("HYPE", "Hyperliquid", "0.001", "0.01", "0.1", "0.05", min_base="0.1"),
        )
    }
)
"""By symbol. Margins and fees are of the order that on-chain venues ask of small accounts: 20x or 10x, 5 and 1 bps."""
