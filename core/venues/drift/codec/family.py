"""Tables that Drift v2 and its successor share: what was checked to be the same in both, byte for byte.

Names, order and widths are those of the program's own interface description (Drift v2.142.0, Velocity 2.165.0).
"""

TYPES = """
enum SpotBalanceType: Deposit Borrow
SpotPosition: scaled_balance:u64 open_bids:i64 open_asks:i64 cumulative_deposits:i64 market_index:u16
    balance_type:SpotBalanceType open_orders:u8 padding:u8*4
enum OrderStatus: Init Open Filled Canceled
enum OrderType: Market Limit TriggerMarket TriggerLimit Oracle
enum MarketType: Spot Perp
enum PositionDirection: Long Short
enum OrderTriggerCondition: Above Below TriggeredAbove TriggeredBelow
enum PostOnlyParam: None MustPostOnly TryPostOnly Slide
enum SettlePnlMode: MustSettle TrySettle
enum OracleSource: Pyth Switchboard QuoteAsset Pyth1K Pyth1M PythStableCoin Prelaunch PythPull Pyth1KPull Pyth1MPull
    PythStableCoinPull SwitchboardOnDemand PythLazer PythLazer1K PythLazer1M PythLazerStableCoin
HistoricalOracleData: last_oracle_price:i64 last_oracle_conf:u64 last_oracle_delay:i64 last_oracle_price_twap:i64
    last_oracle_price_twap5min:i64 last_oracle_price_twap_ts:i64
HistoricalIndexData: last_index_bid_price:u64 last_index_ask_price:u64 last_index_price_twap:u64
    last_index_price_twap5min:u64 last_index_price_twap_ts:i64
InsuranceFund: vault:pubkey total_shares:u128 user_shares:u128 shares_base:u128 unstaking_period:i64
    last_revenue_settle_ts:i64 revenue_settle_period:i64 total_factor:u32 user_factor:u32
enum AssetTier: Collateral Protected Cross Isolated Unlisted
enum ContractType: Perpetual Future Prediction
enum ContractTier: A B C Speculative HighlySpeculative Isolated
PythLazerOracle: price:i64 publish_time:u64 posted_slot:u64 exponent:i32 padding:u8*4 conf:u64
enum OrderAction: Place Cancel Fill Trigger Expire
enum OrderActionExplanation: None InsufficientFreeCollateral OraclePriceBreachedLimitPrice
    MarketOrderFilledToLimitPrice OrderExpired Liquidation OrderFilledWithAMM OrderFilledWithAMMJit
    OrderFilledWithMatch OrderFilledWithMatchJit MarketExpired RiskingIncreasingOrder ReduceOnlyOrderIncreasedPosition
    OrderFillWithSerum NoBorrowLiquidity OrderFillWithPhoenix OrderFilledWithAMMJitLPSplit OrderFilledWithLPJit
    DeriskLp OrderFilledWithOpenbookV2 TransferPerpPosition
OrderActionRecord: ts:i64 action:OrderAction action_explanation:OrderActionExplanation market_index:u16
    market_type:MarketType filler:?pubkey filler_reward:?u64 fill_record_id:?u64 base_asset_amount_filled:?u64
    quote_asset_amount_filled:?u64 taker_fee:?u64 maker_fee:?i64 referrer_reward:?u32 quote_asset_amount_surplus:?i64
    spot_fulfillment_method_fee:?u64 taker:?pubkey taker_order_id:?u32 taker_order_direction:?PositionDirection
    taker_order_base_asset_amount:?u64 taker_order_cumulative_base_asset_amount_filled:?u64
    taker_order_cumulative_quote_asset_amount_filled:?u64 maker:?pubkey maker_order_id:?u32
    maker_order_direction:?PositionDirection maker_order_base_asset_amount:?u64
    maker_order_cumulative_base_asset_amount_filled:?u64 maker_order_cumulative_quote_asset_amount_filled:?u64
    oracle_price:i64 bit_flags:u8 taker_existing_quote_entry_amount:?u64 taker_existing_base_asset_amount:?u64
    maker_existing_quote_entry_amount:?u64 maker_existing_base_asset_amount:?u64 trigger_price:?u64 builder_idx:?u8
    builder_fee:?u64
FundingPaymentRecord: ts:i64 user_authority:pubkey user:pubkey market_index:u16 funding_payment:i64
    base_asset_amount:i64 user_last_cumulative_funding:i64 amm_cumulative_funding_long:i128
    amm_cumulative_funding_short:i128
enum SettlePnlExplanation: None ExpiredPosition
SettlePnlRecord: ts:i64 user:pubkey market_index:u16 pnl:i128 base_asset_amount:i64 quote_asset_amount_after:i64
    quote_entry_amount:i64 settle_price:i64 explanation:SettlePnlExplanation
"""

INSTRUCTIONS = """
place_perp_order: state user+w authority+s | params:OrderParams
place_orders: state user+w authority+s | params:[]OrderParams
place_and_take_perp_order: state user+w user_stats+w authority+s | params:OrderParams success_condition:?u32
cancel_order: state user+w authority+s | order_id:?u32
cancel_order_by_user_id: state user+w authority+s | user_order_id:u8
cancel_orders: state user+w authority+s | market_type:?MarketType market_index:?u16 direction:?PositionDirection
cancel_orders_by_ids: state user+w authority+s | order_ids:[]u32
modify_order: state user+w authority+s | order_id:?u32 modify_order_params:ModifyOrderParams
modify_order_by_user_id: state user+w authority+s | user_order_id:u8 modify_order_params:ModifyOrderParams
settle_pnl: state user+w authority+s spot_market_vault | market_index:u16
settle_multiple_pnls: state user+w authority+s spot_market_vault | market_indexes:[]u16 mode:SettlePnlMode
trigger_order: state authority+s filler+w user+w | order_id:u32
update_user_delegate: user+w authority+s | sub_account_id:u16 delegate:pubkey
"""
"""All that our keys ask of the program. No line here withdraws, deposits or transfers, and none may be added."""

OWNERS = """
deposit: state user+w user_stats+w authority+s spot_market_vault+w user_token_account+w token_program | market_index:u16 amount:u64 reduce_only:bool
"""  # noqa: E501 - one instruction a line, as the codec reads it
"""What an owner's own wallet may be asked to sign beside that. No key of ours signs it, and nothing here takes out."""

SEEDS = {
    "user": "'user' pubkey u16",
    "user_stats": "'user_stats' pubkey",
    "perp_market": "'perp_market' u16",
    "spot_market": "'spot_market' u16",
    "spot_market_vault": "'spot_market_vault' u16",
    "insurance_fund_vault": "'insurance_fund_vault' u16",
    "pyth_lazer": "'pyth_lazer' u32",
}
"""Seeds by kind of address; `state` and `signer` differ between the programs."""
