"""Velocity, Drift's successor, as tables: program 2.165.0, the generation in which resting orders live in `User`.

A later generation is put in place under the same program id. Sizes guard against it: an account of any other size is
refused as an unknown layout. Bytes that no public source names are `unread`; where sources disagree whether the size of
PerpMarket counts its mark, the smaller one stands here, so that a wrong guess reads nothing at all.
"""

from core.venues.drift.codec import family
from core.venues.drift.codec.profile import Profile

_TYPES = """
PoolBalance: scaled_balance:u128 market_index:u16 padding:u8*14
PerpPosition: last_cumulative_funding_rate:i64 base_asset_amount:i64 quote_asset_amount:i64
    quote_break_even_amount:i64 quote_entry_amount:i64 open_bids:i64 open_asks:i64 settled_pnl:i64
    isolated_position_scaled_balance:u64 padding:u8*2 max_margin_ratio:u16 market_index:u16 open_orders:u8
    position_flag:u8
Order: slot:u64 price:u64 base_asset_amount:u64 base_asset_amount_filled:u64 quote_asset_amount_filled:u64
    trigger_price:u64 auction_start_price:i64 auction_end_price:i64 max_ts:i64 oracle_price_offset:i64 order_id:u32
    market_index:u16 status:OrderStatus order_type:OrderType market_type:MarketType user_order_id:u8
    existing_position_direction:PositionDirection direction:PositionDirection reduce_only:bool post_only:bool
    immediate_or_cancel:bool trigger_condition:OrderTriggerCondition auction_duration:u8 posted_slot_tail:u8
    bit_flags:u8 padding:u8*5
User: authority:pubkey delegate:pubkey name:u8*32 spot_positions:SpotPosition*8 perp_positions:PerpPosition*8
    orders:Order*32 total_deposits:u64 total_withdraws:u64 total_social_loss:u64 settled_perp_pnl:i64
    cumulative_spot_fees:i64 cumulative_perp_funding:i64 liquidation_margin_freed:u64 last_active_slot:u64
    next_order_id:u32 max_margin_ratio:u32 next_liquidation_id:u16 sub_account_id:u16 status:u8
    is_margin_trading_enabled:bool idle:bool open_orders:u8 has_open_order:bool open_auctions:u8 has_open_auction:bool
    pool_id:u8 special_user_status:u8 padding:u8*3 equity_floor:u64 equity_floor_buffer:u64
UserFees: total_fee_paid:u64 total_fee_rebate:u64 total_token_discount:u64 total_referee_discount:u64
UserStats: authority:pubkey referrer:pubkey fees:UserFees maker_volume_30d:u64 taker_volume_30d:u64
    filler_volume_30d:u64 last_maker_volume_30d_ts:i64 last_taker_volume_30d_ts:i64 last_filler_volume_30d_ts:i64
    if_staked_quote_asset_amount:u64 number_of_sub_accounts:u16 number_of_sub_accounts_created:u16
    referrer_status:u8 disable_update_perp_bid_ask_twap:bool paused_operations:u8 padding1:u8*9
    delegate_permissions:u8 equity_breaker_tripped:u8 padding:u8*62
InsuranceClaim: unread:u8*40
FeeLedger: unread:u8*96
enum MarketStatus: Initialized Active ReduceOnly Settlement Delisted
PerpMarket: pubkey:pubkey base_asset_amount_long:i128 base_asset_amount_short:i128 quote_asset_amount:i128
    quote_entry_amount_long:i128 quote_entry_amount_short:i128 quote_break_even_amount_long:i128
    quote_break_even_amount_short:i128 max_open_interest:u128 total_social_loss:u128
    cumulative_funding_rate_long:i128 cumulative_funding_rate_short:i128 fee_ledger:FeeLedger oracle:pubkey
    pnl_pool:PoolBalance protocol_fee_pool:PoolBalance protocol_liquidation_fee:u32 taker_fee_addon_tenth_bps:u16
    padding1:u8*2 fee_pool_buffer_target:u64 name:u8*32 insurance_claim:InsuranceClaim last_funding_rate:i64
    last_funding_rate_long:i64 last_funding_rate_short:i64 last_funding_rate_ts:i64 net_unsettled_funding_pnl:i64
    funding_clamp_threshold:u32 funding_ramp_slope:u32 order_step_size:u64 order_tick_size:u64
    unrealized_pnl_max_imbalance:u64 expiry_ts:i64 expiry_price:i64 next_fill_record_id:u64
    next_funding_rate_record_id:u64 imf_factor:u32 unrealized_pnl_imf_factor:u32 liquidator_fee:u32
    if_liquidation_fee:u32 margin_ratio_initial:u32 margin_ratio_maintenance:u32
    unrealized_pnl_initial_asset_weight:u32 unrealized_pnl_maintenance_asset_weight:u32
    number_of_users_with_base:u32 number_of_users:u32 market_index:u16 status:MarketStatus contract_type:ContractType
    contract_tier:ContractTier paused_operations:u8 quote_spot_market_index:u16 fee_adjustment:i16
    pending_bankruptcy_claims:u16 padding2:u8*4 last_fill_price:u64 pool_id:u8 unread1:u8*8 oracle_source:OracleSource
    unread2:u8*2 bankruptcy_if_floor_pct:u32 unread3:u8*616
SpotMarket: pubkey:pubkey oracle:pubkey mint:pubkey vault:pubkey name:u8*32 insurance_fund:InsuranceFund
    total_spot_fee:u128 deposit_balance:u128 borrow_balance:u128 cumulative_deposit_interest:u128
    cumulative_borrow_interest:u128 total_social_loss:u128 total_quote_social_loss:u128 revenue_pool:PoolBalance
    spot_fee_pool:PoolBalance historical_oracle_data:HistoricalOracleData historical_index_data:HistoricalIndexData
    withdraw_guard_threshold:u64 max_token_deposits:u64 deposit_token_twap:u64 unread1:u8*32 expiry_ts:i64
    order_step_size:u64 order_tick_size:u64 min_order_size:u64 unread2:u8*24 initial_asset_weight:u32
    maintenance_asset_weight:u32 initial_liability_weight:u32 maintenance_liability_weight:u32 imf_factor:u32
    unread3:u8*20 decimals:u32 market_index:u16 unread4:u8*1 oracle_source:OracleSource status:MarketStatus
    asset_tier:AssetTier paused_operations:u8 unread5:u8*29 scale_initial_asset_weight_start:u64 unread6:u8*4
    withdraw_circuit_breaker_bps:u16 max_deposit_bps_per_day:u16 deposit_guard_threshold:u64
    protocol_fee_pool:PoolBalance unread7:u8*16
OrderRecord: ts:i64 user:pubkey order:Order
enum DepositDirection: Deposit Withdraw
DepositRecord: ts:i64 user_authority:pubkey user:pubkey direction:DepositDirection deposit_record_id:u64 amount:u64
    market_index:u16 oracle_price:i64 market_deposit_balance:u128 market_withdraw_balance:u128
    market_cumulative_deposit_interest:u128 market_cumulative_borrow_interest:u128 total_deposits_after:u64
    total_withdraws_after:u64 explanation:u8 transfer_user:?pubkey signer:?pubkey user_token_amount_after:i128
OrderParams: order_type:OrderType market_type:MarketType direction:PositionDirection user_order_id:u8
    base_asset_amount:u64 price:u64 market_index:u16 reduce_only:bool post_only:PostOnlyParam bit_flags:u8 max_ts:?i64
    trigger_price:?u64 trigger_condition:OrderTriggerCondition oracle_price_offset:?i64 auction_duration:?u8
    auction_start_price:?i64 auction_end_price:?i64 builder_idx:?u8 builder_fee_tenth_bps:?u16
ModifyOrderParams: direction:?PositionDirection base_asset_amount:?u64 price:?u64 reduce_only:?bool
    post_only:?PostOnlyParam bit_flags:?u8 max_ts:?i64 trigger_price:?u64 trigger_condition:?OrderTriggerCondition
    oracle_price_offset:?i64 auction_duration:?u8 auction_start_price:?i64 auction_end_price:?i64 policy:?u8
"""

_INSTRUCTIONS = """
initialize_user_stats: user_stats+w state+w authority payer+ws rent system_program |
initialize_user: user+w user_stats+w state+w authority payer+ws rent system_program | sub_account_id:u16 name:u8*32
"""

VELOCITY = Profile(
    name="velocity",
    program="vELoC1audYbSYVRXn1vPaV8Axoa9oU6BYmNGZZBDZ1P",
    collateral="USDT",
    collateral_mint="Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB",
    collateral_decimals=6,
    seeds={"state": "'velocity_state'", "signer": "'velocity_signer'", **family.SEEDS},
    types=family.TYPES + _TYPES,
    accounts={"User": 4496, "UserStats": 240, "PerpMarket": 1296, "SpotMarket": 808, "PythLazerOracle": 48},
    events=("OrderRecord", "OrderActionRecord", "FundingPaymentRecord", "SettlePnlRecord", "DepositRecord"),
    instructions=family.INSTRUCTIONS + _INSTRUCTIONS.lstrip(),
    owners=family.OWNERS.lstrip(),
    markets=("SOL-PERP", "BTC-PERP", "ETH-PERP", "HYPE-PERP", "ZEC-PERP"),
)
