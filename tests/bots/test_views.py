"""What people asked to see: complete, exact where it matters, marked where it is not real."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bots import views
from bots.nearness import nearness
from core.domain.condition import (
    AccountLevel,
    AnyOf,
    Condition,
    FundingRate,
    Indicator,
    OtherIndicator,
    PositionPnl,
    PriceLevel,
    Trailing,
)
from core.domain.errors import BadInput
from core.domain.order import Fill, OrderState
from core.domain.owner import Owner
from core.domain.position import Account
from core.domain.rule import RuleState
from core.domain.wording import say_rule
from core.ports import History, JobLog
from core.ports.fees import Spent
from tests import samples
from tests.bots.scripted import ACCOUNT, LONG, ME, RULES, Prices
from tests.clock import START

D = Decimal
SOL = "SOL-PERP"
OWNER = Owner(id=ME, created_at=START, timezone="America/New_York")


def test_positions_show_profit_liquidation_and_ways_out() -> None:
    card = views.positions_card(ACCOUNT, simulated=True)
    assert card.title == "Your positions · paper · SIMULATED"
    assert card.lines == (
        "SOL-PERP: 2 SOL long, worth $300.00",
        "   +$4.00 (1.35 % up), entry $148.00, mark $150.00",
        "   liquidation at $80.50, funding so far $0.00",
        "Account leverage 0.03x.",
    )
    assert [button.label for button in card.buttons[0]] == ["Close 25 % SOL", "Close 50 % SOL", "Close 100 % SOL"]


def test_a_losing_short_reads_as_one() -> None:
    short = replace(LONG, base=D(-2), liquidation_price=None, funding=D("-0.5"))
    card = views.positions_card(replace(ACCOUNT, positions=(short,)), simulated=False)
    assert card.lines[0] == "SOL-PERP: 2 SOL short, worth $300.00"
    assert card.lines[1].startswith("   -$4.00 (1.35 % down)")
    assert card.lines[2] == "   no liquidation price, funding so far -$0.50"


def test_no_position_says_how_to_open_one() -> None:
    assert views.positions_card(Account(venue="paper", collateral=D(1)), simulated=True).title == "You hold no position"


def test_balance_shows_what_is_free() -> None:
    card = views.balance_card(ACCOUNT, None, simulated=False)
    assert card.title == "Equity $10,004.00 · paper"
    assert "Collateral $10,000.00, free $9,989.00" in card.lines


def test_balance_says_what_a_chain_took_and_that_it_was_not_theirs() -> None:
    spent = Spent(owner=ME, lamports=1_234_000, transactions=34)
    card = views.balance_card(ACCOUNT, spent, simulated=False)
    assert card.lines[-1] == "Network fees so far 0.001234 SOL for 34 transactions, none of it from your collateral"


def test_prices_name_what_has_none_and_where_they_come_from() -> None:
    prices = Prices(notice="Exchanges cannot be reached, so prices are simulated.")
    card = views.prices_card(prices.latest(("SOL-PERP", "BTC-PERP")), prices, ("SOL-PERP", "BTC-PERP"))
    assert card.title == "Prices · SIMULATED"
    assert card.lines == (
        "SOL-PERP: $150.00, funding 0.001 % per hour",
        "No trusted price now: BTC-PERP.",
        "Exchanges cannot be reached, so prices are simulated.",
    )


def test_rules_show_state_and_distance() -> None:
    rule = samples.rule(ME, 1, spec=RULES[0], references={"SOL-PERP": D(150)})
    paused = samples.rule(ME, 2, spec=RULES[1], references={"SOL-PERP": D(150)}, state=RuleState.PAUSED)
    card = views.rules_card([rule, paused], ACCOUNT, Prices().latest(), OWNER)
    assert card.title == "You have 2 rules"
    assert card.lines[0].startswith("r1 (armed): When SOL-PERP falls $0.10 from $150.00")
    assert card.lines[1] == "   fires at $149.90, 0.07 % below the price now ($150.00)"
    assert card.lines[2].startswith("r2 (paused): ")
    assert [[button.label for button in row] for row in card.buttons] == [
        ["Pause r1", "Edit r1", "Copy r1", "Delete r1"],
        ["Resume r2", "Edit r2", "Copy r2", "Delete r2"],
    ]


_RSI = Indicator(market=SOL, timeframe="1h", name="rsi", period=14, operator="<=", value=D(30))
_CROSSING = Indicator(
    market=SOL, timeframe="1h", name="ema", period=20, operator="crosses_above",
    other=OtherIndicator(name="ema", period=50),
)  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "memory", "expected"),
    [
        (Trailing(market=SOL, direction="down", distance=D(5), unit="percent"), {"extreme": "160"},
         "fires at $152.00, 1.33 % above the price now ($150.00)"),
        (Trailing(market=SOL, direction="down", distance=D(5), unit="usd", activation_price=D(165)), {},
         "starts to trail at $165.00, 10 % above the price now ($150.00)"),
        (AnyOf(conditions=(PriceLevel(market=SOL, operator="<=", price=D(120)), FundingRate(market=SOL, operator=">=",
         value=D(1)))), {}, "fires at $120.00, 20 % below the price now ($150.00); now 0.001 % per hour"),
        (PositionPnl(market="*", operator="<=", threshold=D(-200), unit="usd"), {}, "now +$4.00"),
        (PositionPnl(market=SOL, operator="<=", threshold=D(-5), unit="percent"), {}, "now +1.35 %"),
        (PositionPnl(market="BTC-PERP", operator="<=", threshold=D(-5), unit="usd"), {}, "no such position is held"),
        (AccountLevel(metric="health", operator="<=", value=D(20)), {}, "now 99.91 %"),
        (_RSI, {}, "RSI (14) is at 43.21 now"),
        (_CROSSING, {}, "EMA (20) is at $150.10 now, EMA (50) at $149.90"),
        (replace(_RSI, period=7), {}, ""),
    ],
)  # fmt: skip
def test_how_far_off_a_rule_is_is_told_for_what_it_waits_for(
    condition: Condition, memory: dict[str, str], expected: str
) -> None:
    rule = samples.rule(ME, spec=replace(RULES[0], condition=condition), memory=memory)
    gauges = {_RSI: (D("43.2109"), None), _CROSSING: (D("150.1"), D("149.9"))}
    assert "; ".join(nearness(rule, ACCOUNT, Prices().latest(), gauges)) == expected


def test_what_a_rule_waited_for_is_not_said_once_it_has_come() -> None:
    waits = samples.rule(ME, spec=replace(RULES[0], after="r0"), state=RuleState.WAITING)
    came = replace(waits, state=RuleState.ARMED)
    card = views.rules_card([waits, came], ACCOUNT, Prices().latest(), OWNER)
    assert [("Once the rule before it has filled" in line) for line in card.lines if line.startswith("r1")] == [
        True,
        False,
    ]


def test_many_rules_are_turned_through_page_by_page() -> None:
    rules = [samples.rule(ME, number, spec=RULES[0], references={"SOL-PERP": D(150)}) for number in range(1, 101)]
    shown: list[str] = []
    for page in range(1, 18):
        card = views.rules_card(rules, ACCOUNT, Prices().latest(), OWNER, page=page, asked="SOL")
        assert card.title == "You have 100 rules"
        assert card.lines[-1] == f"Page {page} of 17."
        turning = [button.verb for button in card.buttons[-1]]
        around = ([page - 1] if page > 1 else []) + ([page + 1] if page < 17 else [])
        assert turning == [f"c:/rules SOL page {number}" for number in around]
        shown += [row[0].label for row in card.buttons[:-1]]
        assert len("\n".join((card.title, *card.lines))) < 4_096
    assert shown == [f"Pause r{number}" for number in range(1, 101)]
    beyond = views.rules_card(rules, ACCOUNT, Prices().latest(), replace(OWNER, paused=True), page=99)
    assert beyond.lines[0] == "All rules are paused: nothing fires until you resume."
    assert beyond.lines[-1] == "Page 17 of 17."


def test_orders_say_what_rests_and_what_filled() -> None:
    order = samples.signed(samples.order(samples.rule(ME)))
    part = replace(order, state=OrderState.PARTIALLY_FILLED, filled_base=D("0.5"))
    planned = samples.order(samples.rule(ME))
    card = views.orders_card([part, planned], OWNER)
    assert card.lines == (
        f"sell 1.5 SOL at market: partly filled, 0.5 SOL filled · {order.id}",
        f"SOL-PERP, part 1, to be sent Mon 2 Mar 2026, 07:00 UTC-05:00: not sent yet · {planned.id}",
    )
    assert views.orders_card([], OWNER).title == "You have no open orders"


def test_trades_are_newest_first_in_the_owners_time() -> None:
    fill = Fill(
        venue_fill_id="1", order_id=samples.order(samples.rule(ME)).id, owner=ME, rule_id=samples.rule(ME).id,
        market="SOL-PERP", side="sell", base=D(1), price=D("149.87"), fee=D("0.0749"), at=START, venue="paper",
        simulated=True, realised_pnl=D("1.87"),
    )  # fmt: skip
    later = replace(fill, at=START + timedelta(minutes=1), side="buy", realised_pnl=None)
    card = views.trades_card([fill, later], OWNER)
    assert card.title == "Your latest trades · paper · SIMULATED"
    assert card.lines == (
        "Mon 2 Mar 2026, 07:01 UTC-05:00: bought 1 SOL at $149.87, fee $0.07",
        "Mon 2 Mar 2026, 07:00 UTC-05:00: sold 1 SOL at $149.87, fee $0.07, PnL +$1.87",
    )


def test_history_is_told_in_order() -> None:
    rule = samples.rule(ME)
    first = {"why": "confirmed", "trigger_prices": ["149.9", "150.2"]}
    armed = JobLog(rule_id=rule.id, owner=ME, at=START, what="armed", detail=first)
    looked = replace(armed, at=START + timedelta(seconds=30), what="checked", detail={"price": "149.95", "checks": 60})
    late = {"trigger_no": 1, "price": "149.87", "late_s": "31.2"}
    fired = replace(armed, at=START + timedelta(minutes=1), what="triggered", detail=late)
    at_once = replace(fired, at=START + timedelta(minutes=2), detail={"trigger_no": 2, "price": None, "late_s": 0})
    before = replace(looked, at=START + timedelta(seconds=10))
    fill = replace(
        samples.fill(samples.order(rule)), base=D(2), price=D("149.87"), fee=D("0.15"), realised_pnl=D("1.87"),
        at=START + timedelta(seconds=90), simulated=True,
    )  # fmt: skip
    card = views.history_card(History(rule=rule, log=(at_once, fired, looked, before, armed), fills=(fill,)), OWNER)
    assert card.title == "History of r1 (armed) · paper · SIMULATED"
    assert card.lines[0] == say_rule(rule.spec)
    assert [line.split(": ", 1)[1] for line in card.lines[1:]] == [
        "armed, fires at $149.90 / $150.20, as you confirmed",
        "checked, at $149.95, 60 checks",
        "triggered, at $149.87, 31 seconds late",
        "sold 2 SOL at $149.87, fee $0.15, PnL +$1.87",
        "triggered",
    ]


def test_limits_are_told_in_people_terms() -> None:
    card = views.limits_card(OWNER)
    assert "Largest order $25,000.00, largest position $100,000.00" in card.lines
    assert "Leverage up to 10x, slippage up to 2 %" in card.lines


def test_an_error_is_one_line_and_what_to_do() -> None:
    card = views.error_card(BadInput("Expected a\nnumber", "Say 5."))
    assert (card.title, card.lines) == ("Expected a number", ("Say 5.",))
    assert views.error_card(BadInput("Only this")).lines == ()


def test_an_unknown_time_zone_does_not_hide_the_time() -> None:
    assert views.local_time(START, replace(OWNER, timezone="Nowhere/Land")) == "Mon 2 Mar 2026, 12:00 UTC"
