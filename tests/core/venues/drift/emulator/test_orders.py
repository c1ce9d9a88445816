"""The emulated program keeps to Drift's rules of orders, as observed on the real one or read from its source."""

from typing import Any

import pytest

from tests.core.venues.drift.emulator.desk import DELEGATE, DOLLAR, OWNER, SOL, UNIT, Desk, params


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_market_order_never_trades_in_its_own_transaction_but_in_a_later_slot(desk: Desk) -> None:
    assert desk.place() is None
    assert desk.base == 0
    assert [e.fields["action"] for e in desk.events()] == ["Place"]
    desk.pass_slots(1)
    assert desk.base == UNIT
    fill = desk.events()[-1].fields
    assert (fill["action"], fill["taker"], fill["taker_order_id"]) == ("Fill", desk.user, 1)
    assert fill["taker_fee"] == -(-fill["quote_asset_amount_filled"] // 1_000)


def test_a_market_order_without_prices_gets_an_auction_of_half_a_percent_and_thirty_seconds(desk: Desk) -> None:
    desk.place()
    [order] = desk.open
    assert (order["auction_start_price"], order["auction_end_price"]) == (100 * DOLLAR, 100_500_000)
    assert order["auction_duration"] == 10
    assert order["max_ts"] == desk.chain.now + 30


def test_sizes_are_floored_to_the_step_without_a_word(desk: Desk) -> None:
    assert desk.place(base_asset_amount=2 * UNIT + 1) is None
    assert desk.open[0]["base_asset_amount"] == 2 * UNIT


def test_prices_go_down_for_a_long_and_up_for_a_short(desk: Desk) -> None:
    desk.limit(90.00005)
    desk.limit(110.00005, direction="Short")
    assert [order["price"] for order in desk.open] == [90_000_000, 110_000_100]


def test_three_things_succeed_without_effect(desk: Desk) -> None:
    assert desk.limit(90, max_ts=desk.chain.now - 1) is None
    assert desk.limit(101, post_only="TryPostOnly") is None
    assert desk.ask("cancel_order", {"order_id": 99}) is None
    assert desk.ask("cancel_order_by_user_id", {"user_order_id": 9}) is None
    assert desk.open == []
    assert desk.events() == []


def test_a_sliding_post_only_order_is_priced_anew(desk: Desk) -> None:
    assert desk.limit(101, post_only="Slide") is None
    assert desk.open[0]["price"] < 100_010_000


def test_there_are_32_orders_and_no_more(desk: Desk) -> None:
    for number in range(32):
        assert desk.limit(50 + number / 100, base_asset_amount=UNIT // 100) is None
    assert desk.limit(60) == 6060


def test_a_user_order_id_is_unique_among_open_orders_only(desk: Desk) -> None:
    assert desk.limit(90, user_order_id=7) is None
    assert desk.limit(91, user_order_id=7) == 6071
    assert desk.ask("cancel_order_by_user_id", {"user_order_id": 7}) is None
    assert desk.limit(91, user_order_id=7) is None


def test_a_delegate_trades_and_does_nothing_else_and_loses_it_at_once(desk: Desk) -> None:
    assert desk.limit(90) is None
    money = {"market_index": 0, "amount": UNIT, "reduce_only": False}
    accounts: dict[str, Any] = dict.fromkeys(("user_token_account", "token_program", "drift_signer"), desk.user)
    assert desk.ask("withdraw", money, **accounts) == 2006
    assert desk.ask("update_user_delegate", {"sub_account_id": 0, "delegate": DELEGATE.pubkey()}) == 2006
    other = {"sub_account_id": 0, "delegate": OWNER.pubkey()}
    assert desk.ask("update_user_delegate", other, by=OWNER) is None
    assert desk.limit(91) == 2003
    assert desk.ask("cancel_order", {"order_id": 1}) == 2003
    assert len(desk.open) == 1


def test_a_trigger_fires_strictly_beyond_its_price_and_trades_a_slot_later(desk: Desk) -> None:
    desk.place()
    desk.pass_slots()
    stop: dict[str, Any] = {
        "order_type": "TriggerMarket",
        "direction": "Short",
        "reduce_only": True,
        "trigger_condition": "Below",
    }
    assert desk.place(trigger_price=95 * DOLLAR, **stop) is None
    desk.show("95")
    desk.pass_slots()
    assert desk.base == UNIT
    desk.show("94.9999")
    desk.pass_slots(1)
    assert desk.open[0]["trigger_condition"] == "TriggeredBelow"
    desk.pass_slots(2)
    assert desk.base == 0
    assert [e.fields["action"] for e in desk.events()][-2:] == ["Trigger", "Fill"]


def test_a_closing_order_shrinks_to_the_position_and_its_rest_is_taken_off(desk: Desk) -> None:
    desk.place()
    desk.pass_slots()
    assert desk.place(direction="Short", base_asset_amount=3 * UNIT, reduce_only=True) is None
    desk.pass_slots()
    assert (desk.base, desk.open) == (0, [])
    assert desk.events()[-1].fields["action_explanation"] == "ReduceOnlyOrderIncreasedPosition"


def test_an_order_runs_out(desk: Desk) -> None:
    desk.limit(90, max_ts=desk.chain.now + 2)
    desk.chain.skip(10, seconds=4)
    assert desk.open == []
    assert desk.events()[-1].fields["action"] == "Expire"


def test_a_shallow_book_fills_in_parts(desk: Desk) -> None:
    desk.exchange.program.depth[SOL] = 4 * UNIT // 10
    desk.place()
    filled = []
    for _ in range(3):
        desk.pass_slots(1)
        filled.append(desk.base)
    assert filled == [400_000_000, 800_000_000, UNIT]
    numbers = [e.fields["fill_record_id"] for e in desk.events() if e.fields["action"] == "Fill"]
    assert len(set(numbers)) == 3


def test_a_resting_order_trades_at_its_own_price_and_is_paid_for_it(desk: Desk) -> None:
    desk.limit(90)
    desk.show("80")
    desk.pass_slots()
    fill = desk.events()[-1].fields
    assert fill["quote_asset_amount_filled"] == 90 * DOLLAR
    assert fill["maker"] == desk.user
    assert fill["maker_fee"] < 0


def test_a_market_order_waits_while_its_auction_does_not_reach_the_book(desk: Desk) -> None:
    auction: dict[str, Any] = {
        "auction_start_price": 99 * DOLLAR,
        "auction_end_price": 101 * DOLLAR,
        "auction_duration": 10,
    }
    desk.place(price=101 * DOLLAR, **auction)
    desk.pass_slots(3)
    assert desk.base == 0
    desk.pass_slots(4)
    assert desk.base == UNIT


def test_modifying_gives_the_order_a_new_number(desk: Desk) -> None:
    desk.limit(90, user_order_id=3)
    changes = dict.fromkeys(("base_asset_amount", "reduce_only", "post_only", "bit_flags", "max_ts", "policy"))
    nothing = dict.fromkeys(
        ("direction", "trigger_price", "trigger_condition", "oracle_price_offset", "auction_duration",
         "auction_start_price", "auction_end_price"),
    )  # fmt: skip
    wanted = {"user_order_id": 3, "modify_order_params": changes | nothing | {"price": 91 * DOLLAR}}
    assert desk.ask("modify_order_by_user_id", wanted) is None
    [order] = desk.open
    assert (order["order_id"], order["price"], order["user_order_id"]) == (2, 91 * DOLLAR, 3)


def test_place_and_take_trades_in_its_transaction(desk: Desk) -> None:
    take: dict[str, Any] = {"name": "place_and_take_perp_order", "more": {"success_condition": None}}
    limit: dict[str, Any] = {"order_type": "Limit", "price": 101 * DOLLAR, "bit_flags": 1}
    assert desk.place(**take, **limit) is None
    assert desk.base == UNIT


def test_a_poor_account_is_liquidated_and_its_orders_with_it(desk: Desk) -> None:
    assert desk.place(base_asset_amount=1_900 * UNIT) is None
    desk.pass_slots()
    desk.limit(120, reduce_only=True, direction="Short")
    desk.show("97")
    desk.pass_slots(2)
    assert desk.base == 0
    [liquidation] = desk.events("LiquidationRecord")
    assert liquidation.fields["liquidate_perp"]["base_asset_amount"] == -1_900 * UNIT
    assert len(liquidation.fields["canceled_order_ids"]) == 1


def test_funding_is_paid_by_the_hour(desk: Desk) -> None:
    desk.place()
    desk.pass_slots()
    desk.keepers.rates["SOL-PERP"] = 20_000_000
    desk.chain.skip(100, seconds=3_600)
    [paid] = desk.events("FundingPaymentRecord")
    assert paid.fields["funding_payment"] == -20_000


def test_several_orders_are_placed_or_none(desk: Desk) -> None:
    both = [params(order_type="Limit", price=90 * DOLLAR), params(order_type="Limit", price=0)]
    assert desk.ask("place_orders", {"params": both}) == 6191
    assert desk.open == []
