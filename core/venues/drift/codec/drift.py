"""Drift v2 as tables, after the interface description 2.142.0 that driftpy 0.8.89 carries; tests hold it to that."""

from core.venues.drift.codec import family
from core.venues.drift.codec.profile import Profile

_TYPES = """
PoolBalance: scaled_balance:u128 market_index:u16 padding:u8*6
PerpPosition: last_cumulative_funding_rate:i64 base_asset_amount:i64 quote_asset_amount:i64
    quote_break_even_amount:i64 quote_entry_amount:i64 open_bids:i64 open_asks:i64 settled_pnl:i64 lp_shares:u64
    last_base_asset_amount_per_lp:i64 last_quote_asset_amount_per_lp:i64 padding:u8*2 max_margin_ratio:u16
    market_index:u16 open_orders:u8 per_lp_base:i8
Order: slot:u64 price:u64 base_asset_amount:u64 base_asset_amount_filled:u64 quote_asset_amount_filled:u64
    trigger_price:u64 auction_start_price:i64 auction_end_price:i64 max_ts:i64 oracle_price_offset:i32 order_id:u32
    market_index:u16 status:OrderStatus order_type:OrderType market_type:MarketType user_order_id:u8
    existing_position_direction:PositionDirection direction:PositionDirection reduce_only:bool post_only:bool
    immediate_or_cancel:bool trigger_condition:OrderTriggerCondition auction_duration:u8 posted_slot_tail:u8
    bit_flags:u8 padding:u8*1
enum MarginMode: Default HighLeverage HighLeverageMaintenance
User: authority:pubkey delegate:pubkey name:u8*32 spot_positions:SpotPosition*8 perp_positions:PerpPosition*8
    orders:Order*32 last_add_perp_lp_shares_ts:i64 total_deposits:u64 total_withdraws:u64 total_social_loss:u64
    settled_perp_pnl:i64 cumulative_spot_fees:i64 cumulative_perp_funding:i64 liquidation_margin_freed:u64
    last_active_slot:u64 next_order_id:u32 max_margin_ratio:u32 next_liquidation_id:u16 sub_account_id:u16 status:u8
    is_margin_trading_enabled:bool idle:bool open_orders:u8 has_open_order:bool open_auctions:u8 has_open_auction:bool
    margin_mode:MarginMode pool_id:u8 padding1:u8*3 last_fuel_bonus_update_ts:u32 padding:u8*12
UserFees: total_fee_paid:u64 total_fee_rebate:u64 total_token_discount:u64 total_referee_discount:u64
    total_referrer_reward:u64 current_epoch_referrer_reward:u64
UserStats: authority:pubkey referrer:pubkey fees:UserFees next_epoch_ts:i64 maker_volume_30d:u64
    taker_volume_30d:u64 filler_volume_30d:u64 last_maker_volume_30d_ts:i64 last_taker_volume_30d_ts:i64
    last_filler_volume_30d_ts:i64 if_staked_quote_asset_amount:u64 number_of_sub_accounts:u16
    number_of_sub_accounts_created:u16 referrer_status:u8 disable_update_perp_bid_ask_twap:bool padding1:u8*1
    fuel_overflow_status:u8 fuel_insurance:u32 fuel_deposits:u32 fuel_borrows:u32 fuel_positions:u32 fuel_taker:u32
    fuel_maker:u32 if_staked_gov_token_amount:u64 last_fuel_if_bonus_update_ts:u32 padding:u8*12
AMM: oracle:pubkey historical_oracle_data:HistoricalOracleData base_asset_amount_per_lp:i128
    quote_asset_amount_per_lp:i128 fee_pool:PoolBalance base_asset_reserve:u128 quote_asset_reserve:u128
    concentration_coef:u128 min_base_asset_reserve:u128 max_base_asset_reserve:u128 sqrt_k:u128 peg_multiplier:u128
    terminal_quote_asset_reserve:u128 base_asset_amount_long:i128 base_asset_amount_short:i128
    base_asset_amount_with_amm:i128 base_asset_amount_with_unsettled_lp:i128 max_open_interest:u128
    quote_asset_amount:i128 quote_entry_amount_long:i128 quote_entry_amount_short:i128
    quote_break_even_amount_long:i128 quote_break_even_amount_short:i128 user_lp_shares:u128 last_funding_rate:i64
    last_funding_rate_long:i64 last_funding_rate_short:i64 last24h_avg_funding_rate:i64 total_fee:i128
    total_mm_fee:i128 total_exchange_fee:u128 total_fee_minus_distributions:i128 total_fee_withdrawn:u128
    total_liquidation_fee:u128 cumulative_funding_rate_long:i128 cumulative_funding_rate_short:i128
    total_social_loss:u128 ask_base_asset_reserve:u128 ask_quote_asset_reserve:u128 bid_base_asset_reserve:u128
    bid_quote_asset_reserve:u128 last_oracle_normalised_price:i64 last_oracle_reserve_price_spread_pct:i64
    last_bid_price_twap:u64 last_ask_price_twap:u64 last_mark_price_twap:u64 last_mark_price_twap5min:u64
    last_update_slot:u64 last_oracle_conf_pct:u64 net_revenue_since_last_funding:i64 last_funding_rate_ts:i64
    funding_period:i64 order_step_size:u64 order_tick_size:u64 min_order_size:u64 mm_oracle_slot:u64 volume24h:u64
    long_intensity_volume:u64 short_intensity_volume:u64 last_trade_ts:i64 mark_std:u64 oracle_std:u64
    last_mark_price_twap_ts:i64 base_spread:u32 max_spread:u32 long_spread:u32 short_spread:u32 mm_oracle_price:i64
    max_fill_reserve_fraction:u16 max_slippage_ratio:u16 curve_update_intensity:u8 amm_jit_intensity:u8
    oracle_source:OracleSource last_oracle_valid:bool target_base_asset_amount_per_lp:i32 per_lp_base:i8
    taker_speed_bump_override:i8 amm_spread_adjustment:i8 oracle_slot_delay_override:i8 mm_oracle_sequence_id:u64
    net_unsettled_funding_pnl:i64 quote_asset_amount_with_unsettled_lp:i64 reference_price_offset:i32
    amm_inventory_spread_adjustment:i8 reference_price_offset_deadband_pct:u8 padding:u8*2
    last_funding_oracle_twap:i64
InsuranceClaim: revenue_withdraw_since_last_settle:i64 max_revenue_withdraw_per_period:u64 quote_max_insurance:u64
    quote_settled_insurance:u64 last_revenue_withdraw_ts:i64
enum MarketStatus: Initialized Active FundingPaused AmmPaused FillPaused WithdrawPaused ReduceOnly Settlement
    Delisted
PerpMarket: pubkey:pubkey amm:AMM pnl_pool:PoolBalance name:u8*32 insurance_claim:InsuranceClaim
    unrealized_pnl_max_imbalance:u64 expiry_ts:i64 expiry_price:i64 next_fill_record_id:u64
    next_funding_rate_record_id:u64 next_curve_record_id:u64 imf_factor:u32 unrealized_pnl_imf_factor:u32
    liquidator_fee:u32 if_liquidation_fee:u32 margin_ratio_initial:u32 margin_ratio_maintenance:u32
    unrealized_pnl_initial_asset_weight:u32 unrealized_pnl_maintenance_asset_weight:u32 number_of_users_with_base:u32
    number_of_users:u32 market_index:u16 status:MarketStatus contract_type:ContractType contract_tier:ContractTier
    paused_operations:u8 quote_spot_market_index:u16 fee_adjustment:i16 fuel_boost_position:u8 fuel_boost_taker:u8
    fuel_boost_maker:u8 pool_id:u8 high_leverage_margin_ratio_initial:u16 high_leverage_margin_ratio_maintenance:u16
    protected_maker_limit_price_divisor:u8 protected_maker_dynamic_divisor:u8 padding1:u32 last_fill_price:u64
    padding:u8*24
SpotMarket: pubkey:pubkey oracle:pubkey mint:pubkey vault:pubkey name:u8*32
    historical_oracle_data:HistoricalOracleData historical_index_data:HistoricalIndexData revenue_pool:PoolBalance
    spot_fee_pool:PoolBalance insurance_fund:InsuranceFund total_spot_fee:u128 deposit_balance:u128
    borrow_balance:u128 cumulative_deposit_interest:u128 cumulative_borrow_interest:u128 total_social_loss:u128
    total_quote_social_loss:u128 withdraw_guard_threshold:u64 max_token_deposits:u64 deposit_token_twap:u64
    borrow_token_twap:u64 utilization_twap:u64 last_interest_ts:u64 last_twap_ts:u64 expiry_ts:i64 order_step_size:u64
    order_tick_size:u64 min_order_size:u64 max_position_size:u64 next_fill_record_id:u64 next_deposit_record_id:u64
    initial_asset_weight:u32 maintenance_asset_weight:u32 initial_liability_weight:u32
    maintenance_liability_weight:u32 imf_factor:u32 liquidator_fee:u32 if_liquidation_fee:u32 optimal_utilization:u32
    optimal_borrow_rate:u32 max_borrow_rate:u32 decimals:u32 market_index:u16 orders_enabled:bool
    oracle_source:OracleSource status:MarketStatus asset_tier:AssetTier paused_operations:u8 if_paused_operations:u8
    fee_adjustment:i16 max_token_borrows_fraction:u16 flash_loan_amount:u64 flash_loan_initial_token_amount:u64
    total_swap_fee:u64 scale_initial_asset_weight_start:u64 min_borrow_rate:u8 fuel_boost_deposits:u8
    fuel_boost_borrows:u8 fuel_boost_taker:u8 fuel_boost_maker:u8 fuel_boost_insurance:u8 token_program_flag:u8
    pool_id:u8 padding:u8*40
FeeTier: fee_numerator:u32 fee_denominator:u32 maker_rebate_numerator:u32 maker_rebate_denominator:u32
    referrer_reward_numerator:u32 referrer_reward_denominator:u32 referee_fee_numerator:u32
    referee_fee_denominator:u32
OrderFillerRewardStructure: reward_numerator:u32 reward_denominator:u32 time_based_reward_lower_bound:u128
FeeStructure: fee_tiers:FeeTier*10 filler_reward_structure:OrderFillerRewardStructure
    referrer_reward_epoch_upper_bound:u64 flat_filler_fee:u64
PriceDivergenceGuardRails: mark_oracle_percent_divergence:u64 oracle_twap5min_percent_divergence:u64
ValidityGuardRails: slots_before_stale_for_amm:i64 slots_before_stale_for_margin:i64
    confidence_interval_max_size:u64 too_volatile_ratio:i64
OracleGuardRails: price_divergence:PriceDivergenceGuardRails validity:ValidityGuardRails
State: admin:pubkey whitelist_mint:pubkey discount_mint:pubkey signer:pubkey srm_vault:pubkey
    perp_fee_structure:FeeStructure spot_fee_structure:FeeStructure oracle_guard_rails:OracleGuardRails
    number_of_authorities:u64 number_of_sub_accounts:u64 lp_cooldown_time:u64 liquidation_margin_buffer_ratio:u32
    settlement_duration:u16 number_of_markets:u16 number_of_spot_markets:u16 signer_nonce:u8
    min_perp_auction_duration:u8 default_market_order_time_in_force:u8 default_spot_auction_duration:u8
    exchange_status:u8 liquidation_duration:u8 initial_pct_to_liquidate:u16 max_number_of_sub_accounts:u16
    max_initialize_user_fee:u16 feature_bit_flags:u8 padding:u8*9
OrderRecord: ts:i64 user:pubkey order:Order
enum DepositDirection: Deposit Withdraw
enum DepositExplanation: None Transfer Borrow RepayBorrow Reward
DepositRecord: ts:i64 user_authority:pubkey user:pubkey direction:DepositDirection deposit_record_id:u64 amount:u64
    market_index:u16 oracle_price:i64 market_deposit_balance:u128 market_withdraw_balance:u128
    market_cumulative_deposit_interest:u128 market_cumulative_borrow_interest:u128 total_deposits_after:u64
    total_withdraws_after:u64 explanation:DepositExplanation transfer_user:?pubkey
enum LiquidationType: LiquidatePerp LiquidateSpot LiquidateBorrowForPerpPnl LiquidatePerpPnlForDeposit
    PerpBankruptcy SpotBankruptcy
LiquidatePerpRecord: market_index:u16 oracle_price:i64 base_asset_amount:i64 quote_asset_amount:i64 lp_shares:u64
    fill_record_id:u64 user_order_id:u32 liquidator_order_id:u32 liquidator_fee:u64 if_fee:u64
LiquidateSpotRecord: asset_market_index:u16 asset_price:i64 asset_transfer:u128 liability_market_index:u16
    liability_price:i64 liability_transfer:u128 if_fee:u64
LiquidateBorrowForPerpPnlRecord: perp_market_index:u16 market_oracle_price:i64 pnl_transfer:u128
    liability_market_index:u16 liability_price:i64 liability_transfer:u128
LiquidatePerpPnlForDepositRecord: perp_market_index:u16 market_oracle_price:i64 pnl_transfer:u128
    asset_market_index:u16 asset_price:i64 asset_transfer:u128
PerpBankruptcyRecord: market_index:u16 pnl:i128 if_payment:u128 clawback_user:?pubkey clawback_user_payment:?u128
    cumulative_funding_rate_delta:i128
SpotBankruptcyRecord: market_index:u16 borrow_amount:u128 if_payment:u128 cumulative_deposit_interest_delta:u128
LiquidationRecord: ts:i64 liquidation_type:LiquidationType user:pubkey liquidator:pubkey margin_requirement:u128
    total_collateral:i128 margin_freed:u64 liquidation_id:u16 bankrupt:bool canceled_order_ids:[]u32
    liquidate_perp:LiquidatePerpRecord liquidate_spot:LiquidateSpotRecord
    liquidate_borrow_for_perp_pnl:LiquidateBorrowForPerpPnlRecord
    liquidate_perp_pnl_for_deposit:LiquidatePerpPnlForDepositRecord perp_bankruptcy:PerpBankruptcyRecord
    spot_bankruptcy:SpotBankruptcyRecord
OrderParams: order_type:OrderType market_type:MarketType direction:PositionDirection user_order_id:u8
    base_asset_amount:u64 price:u64 market_index:u16 reduce_only:bool post_only:PostOnlyParam bit_flags:u8 max_ts:?i64
    trigger_price:?u64 trigger_condition:OrderTriggerCondition oracle_price_offset:?i32 auction_duration:?u8
    auction_start_price:?i64 auction_end_price:?i64
ModifyOrderParams: direction:?PositionDirection base_asset_amount:?u64 price:?u64 reduce_only:?bool
    post_only:?PostOnlyParam bit_flags:?u8 max_ts:?i64 trigger_price:?u64 trigger_condition:?OrderTriggerCondition
    oracle_price_offset:?i32 auction_duration:?u8 auction_start_price:?i64 auction_end_price:?i64 policy:?u8
"""

_INSTRUCTIONS = """
initialize_user_stats: user_stats+w state+w authority+s payer+ws rent system_program |
initialize_user: user+w user_stats+w state+w authority+s payer+ws rent system_program | sub_account_id:u16 name:u8*32
"""

_MARKETS = """
SOL-PERP BTC-PERP ETH-PERP APT-PERP 1MBONK-PERP POL-PERP ARB-PERP DOGE-PERP BNB-PERP SUI-PERP 1MPEPE-PERP OP-PERP
RENDER-PERP XRP-PERP HNT-PERP INJ-PERP LINK-PERP RLB-PERP PYTH-PERP TIA-PERP JTO-PERP SEI-PERP AVAX-PERP WIF-PERP
JUP-PERP DYM-PERP TAO-PERP W-PERP KMNO-PERP TNSR-PERP DRIFT-PERP CLOUD-PERP IO-PERP ZEX-PERP POPCAT-PERP 1KWEN-PERP
TRUMP-WIN-2024-BET KAMALA-POPULAR-VOTE-2024-BET FED-CUT-50-SEPT-2024-BET REPUBLICAN-POPULAR-AND-WIN-BET
BREAKPOINT-IGGYERIC-BET DEMOCRATS-WIN-MICHIGAN-BET TON-PERP LANDO-F1-SGP-WIN-BET MOTHER-PERP MOODENG-PERP
WARWICK-FIGHT-WIN-BET DBR-PERP WLF-5B-1W-BET VRSTPN-WIN-F1-24-DRVRS-CHMP LNDO-WIN-F1-24-US-GP 1KMEW-PERP MICHI-PERP
GOAT-PERP FWOG-PERP PNUT-PERP RAY-PERP SUPERBOWL-LIX-LIONS-BET SUPERBOWL-LIX-CHIEFS-BET HYPE-PERP LTC-PERP ME-PERP
PENGU-PERP AI16Z-PERP TRUMP-PERP MELANIA-PERP BERA-PERP NBAFINALS25-OKC-BET NBAFINALS25-BOS-BET KAITO-PERP IP-PERP
FARTCOIN-PERP ADA-PERP PAXG-PERP LAUNCHCOIN-PERP PUMP-PERP ASTER-PERP XPL-PERP 2Z-PERP ZEC-PERP MNT-PERP 1KPUMP-PERP
MET-PERP 1KMON-PERP LIT-PERP
"""

DRIFT = Profile(
    name="drift",
    program="dRiftyHA39MWEi3m9aunc5MzRF1JYuBsbn6VPcn33UH",
    collateral="USDC",
    collateral_mint="EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    collateral_decimals=6,
    seeds={"state": "'drift_state'", "signer": "'drift_signer'", **family.SEEDS},
    types=family.TYPES + _TYPES,
    accounts={
        "User": 4376,
        "UserStats": 240,
        "PerpMarket": 1216,
        "SpotMarket": 776,
        "State": 992,
        "PythLazerOracle": 48,
    },
    events=(
        "OrderRecord",
        "OrderActionRecord",
        "FundingPaymentRecord",
        "SettlePnlRecord",
        "DepositRecord",
        "LiquidationRecord",
    ),
    instructions=family.INSTRUCTIONS + _INSTRUCTIONS.lstrip(),
    owners=family.OWNERS.lstrip(),
    markets=tuple(_MARKETS.split()),
)
