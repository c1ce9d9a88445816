"""What people are told of each event: correct, short, and marked where it is not real money."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from core.domain.event import (
    BY_NAME,
    AccountKilled,
    EngineRecovered,
    Event,
    JobDeadLettered,
    JobWaiting,
    OrderAccepted,
    OrderCancelled,
    OrderDenied,
    OrderFilled,
    OrderPartiallyFilled,
    OrderRejected,
    OrderUnknown,
    PositionClosed,
    PositionEndangered,
    PositionLiquidated,
    PriceRecovered,
    PriceStale,
    RuleArmed,
    RuleCancelled,
    RuleConfirmed,
    RuleMissed,
    RulePaused,
    RuleTriggered,
)
from core.domain.event.rules import BY_OWNER
from core.domain.ids import DraftId, OrderId, OwnerId, RuleId
from core.feed import card as card_module
from core.feed.card import Button, Card, Chart, ChartLine, ChartMark, card_of
from core.feed.press import SettleMissed, read
from tests import samples
from tests.core.feed.events import events

D = Decimal
AT = datetime(2026, 11, 22, 11, 20, 3, tzinfo=UTC)
WHO: dict[str, Any] = {"at": AT, "owner": OwnerId(1), "rule_id": RuleId("r_1"), "label": "r1"}
ORDER: dict[str, Any] = {**WHO, "order_id": OrderId("o_1"), "market": "SOL-PERP", "side": "sell", "base": D(1)}
PAPER: dict[str, Any] = {"simulated": True, "venue": "paper"}
RULE = "When SOL-PERP falls $0.10 from $150.00, to $149.90 or lower: sell 50 % of the SOL-PERP long."
UNHEARD = {
    "rule.drafted",
    "rule.amended",
    "rule.confirmed",
    "rule.held",
    "rule.paused",
    "rule.resumed",
    "order.signed",
    "order.sent",
    "job.retried",
    "position.funding_paid",
    "engine.blind",
}


def told(event: Event) -> Card:
    card = card_of(event)
    assert card is not None
    return card


@given(events())
def test_every_event_has_a_card_or_is_nobodys_news(event: Event) -> None:
    card = card_of(event)
    if event.name in UNHEARD:
        assert card is None
        return
    if card is not None:
        assert card.title.strip()
        assert card.key
        assert len(card.title) + sum(map(len, card.lines)) < 4_096 - len(card.lines)
        assert all(read(button.verb) is not None for row in card.buttons for button in row)


@given(events())
def test_simulated_and_paper_are_never_overlooked(event: Event) -> None:
    card = card_of(event)
    if card is not None and getattr(event, "simulated", False):
        assert "SIMULATED" in card.title
    if card is not None and getattr(event, "venue", "") == "paper" and hasattr(event, "simulated"):
        assert "paper" in card.title


@given(events())
def test_one_event_is_told_the_same_way_twice(event: Event) -> None:
    assert card_of(event) == card_of(event)


def test_every_kind_of_event_is_spoken_of_here() -> None:
    assert set(BY_NAME) >= UNHEARD


def test_a_trigger_says_what_was_seen_and_that_an_order_follows() -> None:
    card = told(
        RuleTriggered(
            **WHO, trigger_no=1, summary=RULE, market="SOL-PERP", price=D("149.89"), source="simulated",
            simulated=True, orders=1,
        )
    )  # fmt: skip
    assert card.title == "r1 fired: SOL-PERP at $149.89 · SIMULATED"
    assert card.lines == (RULE, "The order is on its way.", "Price source: simulated.")


def test_a_late_trigger_says_how_late() -> None:
    card = told(RuleTriggered(**WHO, trigger_no=1, summary=RULE, late_s=12, orders=2))
    assert "Noticed 12 seconds late." in card.lines
    assert "2 orders are on their way." in card.lines


def test_an_alert_leads_with_its_message_and_promises_no_order() -> None:
    card = told(RuleTriggered(**WHO, trigger_no=1, summary="When …: alert you.", message="check\nfunding", orders=0))
    assert card.lines == ('"check funding"', "When …: alert you.")


def test_a_fill_says_what_for_how_much_and_what_is_left() -> None:
    card = told(
        OrderFilled(
            **ORDER, **PAPER, price=D("149.87"), fee=D("0.0749"), realised_pnl=D("1.87"), reduce_only=True,
            position_after=D(1), trigger_price=D("149.9"),
        )
    )  # fmt: skip
    assert card == Card(
        title="Sold 1 SOL at $149.87 · paper · SIMULATED",
        lines=(
            "Worth $149.87, fee $0.07, realised PnL +$1.87.",
            "$0.03 (0.02 %) worse than the trigger at $149.90.",
            "Left: 1 SOL long.",
            "r1 · o_1",
        ),
        tone="good",
        key="fill:o_1",
        chart=Chart(
            market="SOL-PERP",
            lines=(ChartLine(price=D("149.9"), label="fired at"),),
            marks=(ChartMark(at=AT, price=D("149.87"), side="sell"),),
            simulated=True,
        ),
    )


def test_a_fill_that_closes_says_that_nothing_is_left() -> None:
    card = told(OrderFilled(**ORDER, price=D(150), fee=D("-0.01"), position_after=D(0)))
    assert "Nothing is left: your SOL-PERP position is closed." in card.lines
    assert card.lines[0] == "Worth $150.00, rebate $0.01."
    assert card.title == "Sold 1 SOL at $150.00"


def test_a_fill_that_opens_says_what_is_held() -> None:
    card = told(OrderFilled(**{**ORDER, "side": "buy"}, price=D(150), fee=D(0), position_after=D(3)))
    assert "You hold 3 SOL long now." in card.lines


def test_trigger_and_fill_are_two_cards() -> None:
    trigger = told(RuleTriggered(**WHO, trigger_no=1, summary=RULE, orders=1))
    fill = told(OrderFilled(**ORDER, price=D(150), fee=D(0)))
    assert trigger.key != fill.key


def test_each_part_of_a_fill_is_a_card_of_its_own() -> None:
    parts = [told(OrderPartiallyFilled(**ORDER, price=D(150), fee=D(0), left=left)) for left in (D(2), D(1))]
    assert len({part.key for part in parts}) == 2
    assert parts[0].title == "Partly filled: sold 1 SOL at $150.00"
    assert "Still open: 2 SOL." in parts[0].lines


@pytest.mark.parametrize(
    ("event", "title", "line"),
    [
        (OrderDenied(**ORDER, reason="slippage of 300 bps is over your limit of 200 bps"), "Not sent: sell 1 SOL",
         "Your own limit: slippage of 300 bps is over your limit of 200 bps."),
        (OrderRejected(**ORDER, reason="not enough collateral"), "Rejected: sell 1 SOL",
         "The venue's reason: Not enough collateral."),
        (OrderCancelled(**ORDER, reason="you asked", filled=D("0.4")), "Cancelled: sell 1 SOL",
         "0.4 SOL had filled before and stays filled."),
        (OrderAccepted(**ORDER, price=D(160)), "Order is resting: sell 1 SOL at $160.00", "r1 · o_1"),
        (OrderUnknown(**ORDER, reason="time-out"), "Not certain yet: sell 1 SOL",
         "Nobody knows yet whether the venue has it. We keep asking and send nothing else for it."),
        (JobDeadLettered(**WHO, order_id=OrderId("o_1"), attempts=5, reason="the venue is gone"),
         "r1 gave up after 5 attempts", "The venue is gone."),
        (JobWaiting(**WHO, order_id=OrderId("o_1"), every_s=30, reason="the venue rests"), "r1 could not act yet",
         "Until the venue answers, your position is without it. It is asked every 30 s."),
        (PositionEndangered(**{**WHO, "rule_id": None}, market="SOL-PERP", base=D(2), liquidation_price=D(90),
                            distance_percent=D("4.2")), "Liquidation is near: 2 SOL long",
         "The mark is 4.2 % from the liquidation price of $90.00."),
        (PositionLiquidated(**WHO, market="SOL-PERP", base=D(0), was=D(-2), price=D(210), fee=D("1.5")),
         "Liquidated: 2 SOL short at $210.00",
         "The venue closed it for lack of margin; fee $1.50. Nothing is left of it."),
        (PositionLiquidated(**WHO, market="SOL-PERP", base=D(0), was=D(0), price=D(90), fee=D("-912.5")),
         "Below zero after an exit on SOL-PERP",
         "The price had jumped past what the account could bear; the venue made good $912.50."),
        (PriceStale(at=AT, market="SOL-PERP", why="stale", source="exchange"), "No trusted price for SOL-PERP",
         "The price is stale (source: exchange). Rules on SOL-PERP wait; nothing fires on such a price."),
        (PriceRecovered(at=AT, market="SOL-PERP", blind_s=61), "SOL-PERP has a trusted price again",
         "Your rules on SOL-PERP are watched again, after 1 minute 1 second."),
        (RuleArmed(**WHO, why="after_fill", summary=RULE, trigger_prices=(D("149.9"),)),
         "r1 is armed now: the rule before it filled", "Fires at $149.90."),
        (RuleCancelled(**WHO, why="r2 filled"), "r1 is cancelled", "R2 filled."),
    ],
)  # fmt: skip
def test_what_is_told(event: Event, title: str, line: str) -> None:
    card = told(event)
    assert card.title == title
    assert line in card.lines


def test_a_missed_entry_asks_with_buttons_for_the_rule() -> None:
    card = told(RuleMissed(**WHO, late_s=300, asked=True, summary=RULE))
    assert card.title == "r1 was missed. Run it now?"
    assert [read(button.verb) for row in card.buttons for button in row] == [
        SettleMissed(rule_id="r_1", run=True),
        SettleMissed(rule_id="r_1", run=False),
    ]


@pytest.mark.parametrize(
    "event",
    [
        RuleConfirmed(**WHO, draft_id=DraftId("d_1"), summary=RULE),
        RuleArmed(**WHO, why="confirmed", summary=RULE),
        RulePaused(**WHO, why="it crossed while nobody watched"),
        RuleCancelled(**WHO, why=BY_OWNER),
        PositionClosed(**WHO, market="SOL-PERP", base=D(0), was=D(2)),
        EngineRecovered(at=AT, blind_s=3),
    ],
)
def test_what_the_owner_knows_already_is_not_told_again(event: Event) -> None:
    assert card_of(event) is None


def test_a_position_closed_elsewhere_is_told() -> None:
    card = told(PositionClosed(**{**WHO, "rule_id": None}, market="SOL-PERP", base=D(0), was=D(2)))
    assert card.title == "SOL-PERP position closed outside your rules"
    assert card.lines == ("It was 2 SOL long.",)


def test_kill_lists_what_stays_open_and_flattens_nothing() -> None:
    card = told(AccountKilled(at=AT, owner=OwnerId(1), rules_paused=2, orders_cancelled=1, positions=("2 SOL long",)))
    assert card.lines[:3] == (
        "2 rules paused, 1 open order cancelled.",
        "Still open, with no rule guarding:",
        "   2 SOL long",
    )
    assert "Nothing fires until you resume." in card.lines


def test_what_a_restart_found_is_told() -> None:
    card = told(EngineRecovered(at=AT, blind_s=3, found=("r1 fired while nobody watched",)))
    assert card.lines == ("R1 fired while nobody watched.",)


@pytest.mark.parametrize("verb", ["", "x" * 65, "d:ok:é"])
def test_a_button_that_a_channel_could_not_carry_cannot_be_made(verb: str) -> None:
    with pytest.raises(ValueError, match="Expected a verb"):
        Button(label="Confirm", verb=verb)


def test_an_event_that_a_fault_of_ours_keeps_from_words_is_told_as_that(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise KeyError("of ours")

    monkeypatch.setattr(card_module, "rule_card", broken)
    card = card_of(samples.armed_event(OwnerId(1)))
    assert card is not None
    assert card.title == "Something happened: rule.armed"
    assert "cannot be put in words" in caplog.text
