"""Every error of the table is provoked once and told in words: by the emulated rules, or put in where they never do."""

from collections.abc import Callable
from typing import Any

import pytest

from core.venues.drift.causes import _CODES, Kind, cause_of
from core.venues.drift.emulator.orders import MUST_MODIFY
from core.venues.drift.emulator.running import BANKRUPT, BEING_LIQUIDATED, REDUCE_ONLY
from core.venues.drift.emulator.tables import WIRE
from tests.core.venues.drift.emulator.desk import DELEGATE, DOLLAR, SOL, UNIT, Desk, params

MARKETS = (
    "SOL-PERP",
    "BTC-PERP",
    "ETH-PERP",
    "JUP-PERP",
    "WIF-PERP",
    "DRIFT-PERP",
    "HYPE-PERP",
    "APT-PERP",
    "XRP-PERP",
)


@pytest.fixture
def desk() -> Desk:
    return Desk(MARKETS)


def _off(desk: Desk) -> int | None:
    desk.exchange.program.off = True
    return desk.place()


def _status(bits: int) -> Callable[[Desk], int | None]:
    def provoke(desk: Desk) -> int | None:
        desk.exchange.change("User", desk.user, status=bits)
        return desk.place()

    return provoke


def _revoked(desk: Desk) -> int | None:
    desk.exchange.change("User", desk.user, delegate=WIRE.program)
    return desk.place()


def _settings(desk: Desk) -> int | None:
    return desk.ask("update_user_delegate", {"sub_account_id": 0, "delegate": DELEGATE.pubkey()})


def _unopened(desk: Desk) -> int | None:
    step = {"params": params()}
    rest = desk.rest()
    return desk.ask("place_perp_order", step, rest=rest, user=WIRE.address("user", DELEGATE.pubkey(), 0))


def _nine_positions(desk: Desk) -> int | None:
    codes = []
    for symbol in MARKETS:
        number = WIRE.profile.markets.index(symbol)
        order = params(order_type="Limit", price=90 * DOLLAR, base_asset_amount=UNIT, market_index=number)
        codes.append(desk.ask("place_perp_order", {"params": order}, markets=(number,)))
    assert codes[:8] == [None] * 8
    return codes[8]


def _nothing_held(desk: Desk) -> int | None:
    return desk.ask("settle_pnl", {"market_index": SOL}, spot_market_vault=desk.user)


def _paused(desk: Desk) -> int | None:
    desk.exchange.pause(on=True)
    return desk.place()


def _triggered(shown: str, order_id: int = 1, **fields: Any) -> Callable[[Desk], int | None]:
    def provoke(desk: Desk) -> int | None:
        desk.keepers.idle = True
        stop: dict[str, Any] = {"order_type": "TriggerMarket", "direction": "Short", "trigger_condition": "Below"}
        desk.place(**({**stop, "trigger_price": 95 * DOLLAR} | fields))
        desk.show(shown)
        return desk.ask("trigger_order", {"order_id": order_id}, filler=desk.user)

    return provoke


def _stale(desk: Desk) -> int | None:
    desk.keepers.idle = True
    stop: dict[str, Any] = {"order_type": "TriggerMarket", "direction": "Short", "trigger_condition": "Below"}
    desk.place(trigger_price=95 * DOLLAR, **stop)
    desk.chain.skip(200, seconds=80)
    return desk.ask("trigger_order", {"order_id": 1}, filler=desk.user)


def _without(kind: str) -> Callable[[Desk], int | None]:
    def provoke(desk: Desk) -> int | None:
        mark = WIRE.account_mark(kind)
        rest = [meta for meta in desk.rest() if desk.chain.accounts[meta.pubkey].content[:8] != mark]
        return desk.ask("place_perp_order", {"params": params()}, rest=rest)

    return provoke


def _fill(**fields: Any) -> Callable[[Desk], int | None]:
    def provoke(desk: Desk) -> int | None:
        desk.keepers.idle = True
        desk.place(**fields)
        return desk.ask("fill_perp_order", {"order_id": 1, "maker_order_id": None}, filler=desk.user)

    return provoke


def _market(**changes: Any) -> Callable[[Desk], int | None]:
    def provoke(desk: Desk) -> int | None:
        desk.exchange.change_market("SOL-PERP", **changes)
        return desk.place()

    return provoke


def _full(desk: Desk) -> int | None:
    codes = [desk.limit(50 + n, base_asset_amount=UNIT // 100) for n in range(33)]
    return codes[-1]


def _twice(desk: Desk) -> int | None:
    desk.limit(90, user_order_id=1)
    return desk.limit(91, user_order_id=1)


def _take(desk: Desk) -> int | None:
    desk.exchange.program.depth[SOL] = UNIT // 10
    limit: dict[str, Any] = {"order_type": "Limit", "price": 101 * DOLLAR}
    return desk.place(name="place_and_take_perp_order", more={"success_condition": 2}, **limit)


def _order(**fields: Any) -> Callable[[Desk], int | None]:
    return lambda desk: desk.place(**fields)


def _tiny(desk: Desk) -> int | None:
    number = WIRE.profile.markets.index("HYPE-PERP")
    order = params(**LIMIT, market_index=number, base_asset_amount=UNIT // 20)
    return desk.ask("place_perp_order", {"params": order}, markets=(number,))


MUST = {"modify_order_params": WIRE.blank("ModifyOrderParams") | {"policy": MUST_MODIFY}}
LIMIT: dict[str, Any] = {"order_type": "Limit", "price": 90 * DOLLAR}
BY_RULE: dict[int, Callable[[Desk], int | None]] = {
    101: _off,
    2003: _revoked,
    2006: _settings,
    3012: _unopened,
    6003: _order(base_asset_amount=10_000 * UNIT),
    6005: _nine_positions,
    6010: _nothing_held,
    6024: _paused,
    6035: _stale,
    6036: _without("PythLazerOracle"),
    6044: _order(market_type="Spot"),
    6050: _order(bit_flags=1),
    6051: _order(post_only="MustPostOnly"),
    6053: _order(trigger_price=90 * DOLLAR),
    6054: _order(auction_start_price=102 * DOLLAR, auction_end_price=101 * DOLLAR, auction_duration=10),
    6055: _order(oracle_price_offset=5),
    6056: _tiny,
    6057: _order(order_type="Limit", price=101 * DOLLAR, post_only="MustPostOnly"),
    6058: lambda desk: desk.ask("modify_order_by_user_id", {"user_order_id": 5, **MUST}),
    6059: _order(base_asset_amount=1),
    6060: _full,
    6061: lambda desk: desk.ask("modify_order", {"order_id": 5, **MUST}),
    6064: _market(status="ReduceOnly"),
    6071: _twice,
    6078: _without("PerpMarket"),
    6087: _without("SpotMarket"),
    6110: _fill(order_type="TriggerMarket", direction="Short", trigger_condition="Below", trigger_price=95 * DOLLAR),
    6111: _triggered("90", order_type="Limit", price=120 * DOLLAR, trigger_price=None),
    6112: _triggered("95"),
    6117: _status(BEING_LIQUIDATED),
    6125: _status(BANKRUPT),
    6147: _market(status="Settlement"),
    6154: _market(amm={"max_open_interest": UNIT // 2}),
    6191: _order(order_type="Limit"),
    6213: _market(status="Initialized"),
    6215: _order(order_type="TriggerMarket", trigger_price=95 * DOLLAR, trigger_condition="TriggeredAbove"),
    6252: _fill(**LIMIT),
    6254: _status(REDUCE_ONLY),
    6289: _take,
}  # fmt: skip
PUT_IN = sorted(code for code in _CODES if code not in BY_RULE and code < 6325)


def test_the_rules_refuse_with_their_own_code_and_it_is_told_in_words(desk: Desk) -> None:
    wrong = {code: found for code, provoke in BY_RULE.items() if (found := provoke(Desk(MARKETS))) != code}
    assert wrong == {}
    for code in BY_RULE:
        cause = cause_of({"InstructionError": [2, {"Custom": code}]}, program=str(WIRE.program), ours=2)
        assert cause.code == code
        assert cause.name != f"code {code}"
        assert cause.words.endswith(".")


@pytest.mark.parametrize("code", PUT_IN)
def test_what_our_rules_never_come_to_is_put_in_and_told_in_words(desk: Desk, code: int) -> None:
    desk.exchange.program.refuse = code
    found = desk.place()
    assert found == code
    told = cause_of({"InstructionError": [2, {"Custom": found}]}, program=str(WIRE.program), ours=2)
    assert told.words == _CODES[code][2]
    assert desk.open == []


def test_a_switched_off_program_is_a_pause_and_a_lost_permission_a_revocation() -> None:
    kinds = {code: _CODES[code][1] for code in (101, 6024, 2003)}
    assert kinds == {101: Kind.PAUSED, 6024: Kind.PAUSED, 2003: Kind.REVOKED}
