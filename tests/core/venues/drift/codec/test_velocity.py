"""Velocity's tables against every address, mark, offset and size that its public sources give."""

import base64
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solders.pubkey import Pubkey

from core.venues.drift.codec import VELOCITY, UnknownLayout, codec_of
from core.venues.drift.codec.wire import discriminator
from tests.core.venues.drift.codec import generated

CODEC = codec_of("velocity")
KEY = Pubkey.from_string("7JxdyeMMC9hvUyJ83PRF2RyRGZXPCZJ5oT8rLPJmBhZN")

INSTRUCTIONS = {
    "initialize_user_stats": (254, 243, 72, 98, 251, 130, 168, 213),
    "initialize_user": (111, 17, 185, 250, 60, 122, 38, 254),
    "update_user_delegate": (139, 205, 141, 141, 113, 36, 94, 187),
    "place_perp_order": (69, 161, 93, 202, 120, 126, 76, 185),
    "place_orders": (60, 63, 50, 123, 12, 197, 60, 190),
    "place_and_take_perp_order": (213, 51, 1, 187, 108, 220, 230, 224),
    "cancel_order": (95, 129, 237, 240, 8, 49, 223, 132),
    "cancel_order_by_user_id": (107, 211, 250, 133, 18, 37, 57, 100),
    "cancel_orders": (238, 225, 95, 158, 227, 103, 8, 194),
    "cancel_orders_by_ids": (134, 19, 144, 165, 94, 240, 210, 94),
    "modify_order": (47, 124, 117, 255, 201, 197, 130, 94),
    "modify_order_by_user_id": (158, 77, 4, 253, 252, 194, 161, 179),
    "settle_pnl": (43, 61, 234, 45, 15, 95, 152, 153),
    "settle_multiple_pnls": (127, 66, 117, 57, 40, 50, 152, 127),
    "trigger_order": (63, 112, 51, 233, 232, 47, 240, 199),
}
ACCOUNTS = {
    "User": (159, 117, 95, 227, 239, 151, 58, 236),
    "UserStats": (176, 223, 136, 27, 122, 79, 32, 227),
    "PerpMarket": (10, 223, 12, 44, 107, 245, 55, 247),
    "SpotMarket": (100, 177, 8, 107, 168, 65, 65, 39),
    "PythLazerOracle": (159, 7, 161, 249, 34, 81, 121, 133),
}
EVENTS = {
    "OrderRecord": (104, 19, 64, 56, 89, 21, 2, 90),
    "OrderActionRecord": (224, 52, 67, 71, 194, 237, 109, 1),
    "FundingPaymentRecord": (8, 59, 96, 20, 137, 201, 56, 95),
    "SettlePnlRecord": (57, 68, 105, 26, 119, 198, 213, 89),
    "DepositRecord": (180, 241, 218, 207, 102, 135, 44, 134),
}
ADDRESSES = [
    ("state", (), "2etx5NvPNxeMZ7EfHE6GjJfW2imRYEUANehNS1WB4CVW"),
    ("signer", (), "FchXiT9JgMDis6CFLjz9uG5mQYkmDtHqiWtBPEYUabaK"),
    ("perp_market", (0,), "FDejXbUrSy6zayBCL5xuk2SXLHZgr8ppfFTLcHbyJorY"),
    ("perp_market", (1,), "7s5WRWA3GahueLNfNb8bbVnHnxCssK5YjGCR3wP6Aa1t"),
    ("perp_market", (2,), "Bx7JoyYAmBLDPnEdQsPUEhs2dDu4Ga5PoW5BhhhAcChg"),
    ("perp_market", (3,), "Sozrqx5wyAiRUQKJSmNTQisUT5sJJViK2L13nL9v46k"),
    ("perp_market", (4,), "5rrUpt58QM7UiCXAsRXycFu2tCeNARSzjoMrpLde1JRd"),
    ("spot_market", (0,), "2QpHj5vzgCdWaGM2KSoGtYJWeSkx24cMyzUDHDrucvRc"),
    ("spot_market_vault", (0,), "G9NKtiafHiCTArgVouXx6XS7Jb3DqigrT6S6BgSDLrvz"),
    ("pyth_lazer", (6,), "2k3UHX6ehRFzx5fTVvbL6FwXhMjkucjJDL9MuVKLo8TV"),
    ("pyth_lazer", (1,), "J7Fp8iTKuKdCM7PnzqHXTdTo5Jr7ykAmiDyvpz58GJGZ"),
    ("pyth_lazer", (2,), "6wQ5RiQ7usJ3TqYZSiuAPZHrVCeSWNrvace84khDKEmH"),
    ("pyth_lazer", (110,), "Nc9hadTxNbLw6SiYVGVGjp4WZjanWUuNiKSxdHwHNtK"),
    ("pyth_lazer", (66,), "AqpaPcu6PYHrYNySrVptnQnwxVCNxWVFuCgCsr8R1eLQ"),
    ("pyth_lazer", (8,), "Dai8hT1YRBBm5rBSJUSKcdR11psM55LVAkshbypfC4k4"),
]
OFFSETS = {
    "User": """
        authority=8 delegate=40 name=72 spot_positions=104 spot_positions.0.scaled_balance=104
        spot_positions.0.open_bids=112 spot_positions.0.open_asks=120 spot_positions.0.cumulative_deposits=128
        spot_positions.0.market_index=136 spot_positions.0.balance_type=138 spot_positions.0.open_orders=139
        perp_positions=424 perp_positions.0.last_cumulative_funding_rate=424 perp_positions.0.base_asset_amount=432
        perp_positions.0.quote_asset_amount=440 perp_positions.0.quote_break_even_amount=448
        perp_positions.0.quote_entry_amount=456 perp_positions.0.open_bids=464 perp_positions.0.open_asks=472
        perp_positions.0.settled_pnl=480 perp_positions.0.isolated_position_scaled_balance=488
        perp_positions.0.max_margin_ratio=498 perp_positions.0.market_index=500 perp_positions.0.open_orders=502
        perp_positions.0.position_flag=503 orders=1064 orders.0.slot=1064 orders.0.price=1072
        orders.0.base_asset_amount=1080 orders.0.base_asset_amount_filled=1088
        orders.0.quote_asset_amount_filled=1096 orders.0.trigger_price=1104 orders.0.auction_start_price=1112
        orders.0.auction_end_price=1120 orders.0.max_ts=1128 orders.0.oracle_price_offset=1136
        orders.0.order_id=1144 orders.0.market_index=1148 orders.0.status=1150 orders.0.order_type=1151
        orders.0.market_type=1152 orders.0.user_order_id=1153 orders.0.existing_position_direction=1154
        orders.0.direction=1155 orders.0.reduce_only=1156 orders.0.post_only=1157 orders.0.immediate_or_cancel=1158
        orders.0.trigger_condition=1159 orders.0.auction_duration=1160 orders.0.posted_slot_tail=1161
        orders.0.bit_flags=1162 total_deposits=4392 total_withdraws=4400 total_social_loss=4408
        settled_perp_pnl=4416 cumulative_spot_fees=4424 cumulative_perp_funding=4432 liquidation_margin_freed=4440
        last_active_slot=4448 next_order_id=4456 max_margin_ratio=4460 next_liquidation_id=4464 sub_account_id=4466
        status=4468 is_margin_trading_enabled=4469 idle=4470 open_orders=4471 has_open_order=4472 open_auctions=4473
        has_open_auction=4474 pool_id=4475 special_user_status=4476 equity_floor=4480 equity_floor_buffer=4488
    """,
    "UserStats": """
        authority=8 referrer=40 fees=72 maker_volume_30d=104 taker_volume_30d=112 filler_volume_30d=120
        if_staked_quote_asset_amount=152 number_of_sub_accounts=160 number_of_sub_accounts_created=162
        referrer_status=164 disable_update_perp_bid_ask_twap=165 paused_operations=166 delegate_permissions=176
        equity_breaker_tripped=177
    """,
    "SpotMarket": """
        pubkey=8 oracle=40 mint=72 vault=104 name=136 insurance_fund=168 total_spot_fee=280 deposit_balance=296
        borrow_balance=312 cumulative_deposit_interest=328 cumulative_borrow_interest=344 revenue_pool=392
        spot_fee_pool=424 historical_oracle_data=456 historical_index_data=504 withdraw_guard_threshold=544
        max_token_deposits=552 deposit_token_twap=560 expiry_ts=600 order_step_size=608 order_tick_size=616
        min_order_size=624 initial_asset_weight=656 maintenance_asset_weight=660 initial_liability_weight=664
        maintenance_liability_weight=668 imf_factor=672 decimals=696 market_index=700 oracle_source=703 status=704
        asset_tier=705 paused_operations=706 scale_initial_asset_weight_start=736 withdraw_circuit_breaker_bps=748
        max_deposit_bps_per_day=750 deposit_guard_threshold=752
    """,
    "PerpMarket": """
        pubkey=8 base_asset_amount_long=40 quote_asset_amount=72 max_open_interest=152 total_social_loss=168
        cumulative_funding_rate_long=184 cumulative_funding_rate_short=200 fee_ledger=216 oracle=312 pnl_pool=344
        protocol_fee_pool=376 protocol_liquidation_fee=408 taker_fee_addon_tenth_bps=412 fee_pool_buffer_target=416
        name=424 insurance_claim=456 last_funding_rate=496 last_funding_rate_ts=520 net_unsettled_funding_pnl=528
        funding_clamp_threshold=536 funding_ramp_slope=540 order_step_size=544 order_tick_size=552
        unrealized_pnl_max_imbalance=560 expiry_ts=568 expiry_price=576 next_fill_record_id=584
        next_funding_rate_record_id=592 imf_factor=600 unrealized_pnl_imf_factor=604 liquidator_fee=608
        if_liquidation_fee=612 margin_ratio_initial=616 margin_ratio_maintenance=620 number_of_users_with_base=632
        number_of_users=636 market_index=640 status=642 contract_type=643 contract_tier=644 paused_operations=645
        quote_spot_market_index=646 fee_adjustment=648 pending_bankruptcy_claims=650 last_fill_price=656 pool_id=664
        oracle_source=673 bankruptcy_if_floor_pct=676
    """,
}


@pytest.mark.parametrize(("kind", "parts", "address"), ADDRESSES)
def test_an_address_is_the_one_seen_on_the_network(kind: str, parts: tuple[int, ...], address: str) -> None:
    assert str(CODEC.address(kind, *parts)) == address


@pytest.mark.parametrize("name", sorted(CODEC.instructions))
def test_an_instruction_begins_with_its_published_mark(name: str) -> None:
    content = b"".join([bytes(INSTRUCTIONS[name]), CODEC._layout(name).write(CODEC._layout(name).blank())])
    assert CODEC.arguments(content) == (name, CODEC.blank(name))


@pytest.mark.parametrize("name", list(VELOCITY.accounts))
def test_an_account_has_its_published_mark_and_size(name: str) -> None:
    content = CODEC.account_bytes(name, CODEC.blank(name))
    assert content[:8] == CODEC.account_mark(name) == bytes(ACCOUNTS[name])
    assert len(content) == VELOCITY.accounts[name]


@pytest.mark.parametrize("name", VELOCITY.events)
def test_an_event_has_its_published_mark(name: str) -> None:
    assert discriminator("event", name) == bytes(EVENTS[name])


@pytest.mark.parametrize("name", list(OFFSETS))
def test_every_published_field_lies_where_it_is_published_to_lie(name: str) -> None:
    published = dict(pair.split("=") for pair in OFFSETS[name].split())
    assert {path: CODEC.offset(name, path) for path in published} == {path: int(at) for path, at in published.items()}


@pytest.mark.parametrize("name", [*VELOCITY.accounts, *VELOCITY.events])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_what_is_written_is_read_again(name: str, seed: int) -> None:
    record = generated.value(CODEC._layout(name), Random(seed))
    if name in VELOCITY.accounts:
        assert CODEC.account(name, CODEC.account_bytes(name, record)) == record
        return
    logs = [
        f"Program {VELOCITY.program} invoke [1]",
        f"Program data: {base64.b64encode(CODEC.event_bytes(name, record)).decode()}",
        f"Program {VELOCITY.program} success",
    ]
    found = CODEC.events(logs)
    assert found.complete
    assert [(event.name, event.fields) for event in found.events] == [(name, record)]


def test_an_order_with_an_offset_is_wider_than_drifts_by_the_offset_and_the_builder() -> None:
    """The offset is i64 where Drift has i32, and two options for a builder's fee follow at the end."""
    made = CODEC.blank("OrderParams") | {
        "order_type": "Limit",
        "market_type": "Perp",
        "oracle_price_offset": -5_000_000,
    }
    ours = CODEC.instruction("place_perp_order", {"user": KEY, "authority": KEY}, {"params": made}).data
    assert ours.hex() == (
        "45a15dca787e4cb9"  # place_perp_order
        "01" "01" "00" "00"  # limit, perp, long, no user order id
        "0000000000000000" "0000000000000000" "0000"  # size, price, market
        "00" "00" "00" "00" "00" "00"  # reduce-only, post-only, flags, no max_ts, no trigger price, above
        "01" "c0b4b3ffffffffff"  # the offset: -5.0 in millionths
        "00" "00" "00"  # no auction
        "00" "00"  # no builder
    )  # fmt: skip


def test_the_accounts_of_drift_and_of_a_later_generation_are_refused() -> None:
    drift = codec_of("drift")
    with pytest.raises(UnknownLayout, match="Expected 4496 bytes of User of velocity, was 4376"):
        CODEC.account("User", drift.account_bytes("User", drift.blank("User")))
    later = CODEC.account_bytes("User", CODEC.blank("User")) + bytes(64)
    with pytest.raises(UnknownLayout, match="was 4560"):
        CODEC.account("User", later)
