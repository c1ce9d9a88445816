"""Where an exit acts is said before it is agreed to, and nothing is said to stand at a venue that does not."""

from datetime import UTC, datetime
from decimal import Decimal

from core.domain.action import MarketOrder, Trade
from core.domain.condition import PriceLevel, Trailing
from core.domain.ids import OrderId, OwnerId, RuleId
from core.domain.order import Order, OrderIntent, OrderState
from core.domain.rule import RuleSpec
from core.domain.wording import read_back, say_standing

SELL = Trade(type="sell", market="SOL-PERP", amount_percent=Decimal(100), reduce_only=True)
STOP = RuleSpec(id="r1", condition=PriceLevel(market="SOL-PERP", operator="<=", price=Decimal(130)), action=SELL)
TRAIL = RuleSpec(
    id="r2", condition=Trailing(market="SOL-PERP", direction="down", distance=Decimal(5), unit="usd"), action=SELL
)
OURS = "SayWhen watches the market and acts only while it runs; nothing rests on the venue before a rule fires."


def said(*rules: RuleSpec, stands_at: str = "drift") -> tuple[str, ...]:
    return read_back(rules, prices={"SOL-PERP": Decimal(150)}, positions={}, stands_at=stands_at)


def test_a_stop_is_said_to_rest_where_the_venue_holds_it_and_who_fires_it() -> None:
    [line] = [line for line in said(STOP) if "rests on" in line]
    assert line == (
        "This rule rests on drift once that is proven, which you are told: keepers there fire it on the oracle price,"
        " also while SayWhen is down. An auction there makes the price; it ends 0.5 % from the oracle's."
    )
    assert OURS not in said(STOP)


def test_at_a_venue_that_holds_none_nothing_is_said_to_rest() -> None:
    assert OURS in said(STOP, stands_at="")
    assert not any("rests on drift" in line for line in said(STOP, stands_at=""))


def test_each_rule_of_a_set_is_said_to_act_where_it_does() -> None:
    lines = said(STOP, TRAIL)
    assert any(line.startswith("Rule 1 rests on drift") for line in lines)
    assert (
        "SayWhen watches rule 2 on the market and acts only while it runs;"
        " nothing rests on the venue before a rule fires." in lines
    )
    assert "Rule 2 does not rest on drift: a trailing stop moves with the price, so SayWhen watches it." in lines


def test_less_slippage_than_an_auction_takes_is_kept_by_us() -> None:
    tight = Trade(
        type="sell",
        market="SOL-PERP",
        amount_percent=Decimal(100),
        reduce_only=True,
        order=MarketOrder(max_slippage_bps=10),
    )
    rule = RuleSpec(id="r1", condition=STOP.condition, action=tight, protect="venue")
    assert "This rule does not rest on drift: the venue cannot hold it to so little slippage." in said(rule)


def test_an_order_that_stands_is_told_with_its_size_and_price() -> None:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    intent = OrderIntent(
        order_id=OrderId("o_1"), owner=OwnerId(1), market="SOL-PERP", side="sell", base=Decimal(5),
        type="trigger_market", trigger_price=Decimal(130), trigger_when="<=", reduce_only=True,
        oracle_price=Decimal(150),
    )  # fmt: skip
    order = Order(
        id=OrderId("o_1"), owner=OwnerId(1), rule_id=RuleId("r_1"), trigger_no=1, leg_no=-1, market="SOL-PERP",
        state=OrderState.ACCEPTED, due_at=at, created_at=at, venue="drift", step="sentry", intent=intent,
    )  # fmt: skip
    assert say_standing(order) == "On drift: sell 5 SOL below $130.00, fired by keepers on the oracle price."
