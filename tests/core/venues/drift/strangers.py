"""driftpy's own, unmodified client on the stage's node: what a stranger's software makes of the emulator."""

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from core.venues.drift.emulator.exchange import keypair
from tests.core.venues.drift.stage import SHARD, DriftStage


@asynccontextmanager
async def driftpy_client(stage: DriftStage, subscription: Literal["cached", "websocket"]) -> AsyncIterator[Any]:
    """A subscribed DriftClient that trades as the delegate of owner 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from driftpy.account_subscription_config import AccountSubscriptionConfig
        from driftpy.drift_client import DriftClient
        from driftpy.types import OracleInfo, OracleSource, TxParams
        from solana.rpc.async_api import AsyncClient
        from solana.rpc.commitment import Confirmed

        oracles = [
            OracleInfo(stage.exchange.oracle("SOL-PERP"), OracleSource.PythLazer()),
            OracleInfo(stage.exchange.coin, OracleSource.PythLazerStableCoin()),
        ]
        client: Any = DriftClient(
            AsyncClient(stage.http),
            SHARD,
            authority=keypair("wallet", 1).pubkey(),
            account_subscription=AccountSubscriptionConfig(subscription),
            perp_market_indexes=[0],
            spot_market_indexes=[0],
            oracle_infos=oracles,
            market_lookup_tables=[],
            sub_account_ids=[0],
            active_sub_account_id=0,
            tx_params=TxParams(600_000, 0),
            tx_sender_blockhash_commitment=Confirmed,
        )
        await client.subscribe()
        try:
            yield client
        finally:
            await client.unsubscribe()
            await client.connection.close()
