"""The emulated program's own tables: Drift's, and what owners and keepers ask of it, which our product never does."""

from dataclasses import replace

from core.venues.drift.codec import DRIFT, Codec

_MORE = """
withdraw: state user+w user_stats+w authority+s spot_market_vault+w drift_signer user_token_account+w token_program | market_index:u16 amount:u64 reduce_only:bool
fill_perp_order: state authority+s filler+w filler_stats+w user+w user_stats+w | order_id:?u32 maker_order_id:?u32
liquidate_perp: state authority+s liquidator+w liquidator_stats+w user+w user_stats+w | market_index:u16 liquidator_max_base_asset_amount:u64 limit_price:?u64
settle_funding_payment: state user+w |
"""  # noqa: E501 - one instruction a line, as the codec reads it

WIRE = Codec(replace(DRIFT, instructions=DRIFT.instructions + DRIFT.owners + _MORE.lstrip()))
