"""The emulator's honesty: driftpy's unmodified client subscribes, places, cancels, fills and sees it all on it."""

import asyncio
from decimal import Decimal
from typing import Any

from core.venues.drift.emulator.chain import SLOT_S
from tests.core.venues.drift.stage import DriftStage, drift_stage
from tests.core.venues.drift.strangers import driftpy_client


async def _tick(stage: DriftStage) -> None:
    while True:
        await asyncio.sleep(0.01)
        stage.chain.advance(1, seconds=SLOT_S)
        if stage.chain.slot % 20 == 0:
            stage.exchange.post_again()


async def _until(seen: Any, wanted: object) -> None:
    async with asyncio.timeout(10):
        while seen() != wanted:  # noqa: ASYNC110 - its caches change by themselves
            await asyncio.sleep(0.01)


async def test_driftpy_s_own_client_subscribes_places_cancels_and_sees_its_position() -> None:
    async with drift_stage() as stage:
        await stage.show("100")
        async with driftpy_client(stage, "websocket") as client:
            user = client.get_user()
            from driftpy.types import MarketType, OrderParams, OrderType, PositionDirection

            kinds: Any = (OrderType, MarketType, PositionDirection)
            common = {"market_type": kinds[1].Perp(), "market_index": 0, "base_asset_amount": 2 * 10**9}
            ticking = asyncio.create_task(_tick(stage))
            try:
                limit = OrderParams(kinds[0].Limit(), direction=kinds[2].Long(), price=90 * 10**6, **common)
                await client.place_perp_order(limit)
                await _until(lambda: [order.price for order in user.get_open_orders()], [90 * 10**6])
                [order] = user.get_open_orders()
                await client.cancel_order(order.order_id)
                await _until(user.get_open_orders, [])
                await client.place_perp_order(OrderParams(kinds[0].Market(), direction=kinds[2].Short(), **common))
                await _until(
                    lambda: user.get_perp_position(0) and user.get_perp_position(0).base_asset_amount, -2 * 10**9
                )
                assert 0 < user.get_free_collateral() < 10_000 * 10**6
                stage.exchange.show("SOL-PERP", Decimal(110))
                await _until(lambda: client.get_oracle_price_data_for_perp_market(0).price, 110 * 10**6)
                assert user.get_unrealized_pnl() < -19 * 10**6
            finally:
                ticking.cancel()
                await asyncio.wait([ticking])
        held = stage.exchange.user(stage.user)["perp_positions"][0]
        assert held["base_asset_amount"] == -2 * 10**9
