"""The only ways a rule's state may change, and what follows from its words."""

from collections.abc import Mapping, Set
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from core.domain.action import Action, Alert, Close, Reverse, Trade, is_exit, leaves_the_rest_armed, trades
from core.domain.condition import (
    AccountLevel,
    AllOf,
    AtTime,
    Condition,
    PositionEvent,
    PositionPnl,
    PriceLevel,
    Schedule,
    leaves,
    markets_of,
)
from core.domain.order import ENDED, IN_FLIGHT, OrderState
from core.domain.order import TRANSITIONS as ORDER_MOVES
from core.domain.rule import LIVE, TRANSITIONS, Late, RuleSpec, RuleState, job_kind

D = Decimal
SOL = "SOL-PERP"
LEVEL = PriceLevel(market=SOL, operator=">=", price=D(160))
TABLES: list[tuple[Mapping[Any, Set[StrEnum]], type[StrEnum], StrEnum]] = [
    (TRANSITIONS, RuleState, RuleState.AWAITING_CONFIRMATION),
    (ORDER_MOVES, OrderState, OrderState.PLANNED),
]


@pytest.mark.parametrize(("table", "states", "begin"), TABLES)
def test_every_state_is_in_the_table_and_can_be_reached(
    table: Mapping[StrEnum, Set[StrEnum]], states: type[StrEnum], begin: StrEnum
) -> None:
    assert set(table) == set(states)
    reached, edge = {begin}, {begin}
    while edge:
        edge = {after for state in edge for after in table[state]} - reached
        reached |= edge
    assert reached == set(states)


@pytest.mark.parametrize(("table", "states", "begin"), TABLES)
def test_from_everywhere_an_end_can_be_reached_and_nothing_leads_back_to_the_beginning(
    table: Mapping[StrEnum, Set[StrEnum]], states: type[StrEnum], begin: StrEnum
) -> None:
    ends = {state for state in states if not table[state]}
    assert ends
    for state in states:
        assert state in ends or ends & table[state]
        assert begin not in table[state]


def test_nothing_follows_an_end() -> None:
    for end in (RuleState.COMPLETED, RuleState.FAILED, RuleState.CANCELLED, RuleState.EXPIRED):
        assert TRANSITIONS[end] == frozenset()
    assert {state for state, after in ORDER_MOVES.items() if not after} == ENDED
    assert {
        OrderState.FILLED, OrderState.REJECTED, OrderState.CANCELLED, OrderState.LAPSED, OrderState.DENIED
    } == ENDED  # fmt: skip


def test_live_and_in_flight_are_what_may_still_act() -> None:
    assert {RuleState.WAITING, RuleState.ARMED, RuleState.FIRING, RuleState.HELD, RuleState.PAUSED} == LIVE
    assert set(OrderState) - ENDED - {OrderState.PLANNED} == IN_FLIGHT


def test_an_unknown_order_can_become_anything_but_planned_or_denied() -> None:
    assert ORDER_MOVES[OrderState.UNKNOWN].isdisjoint({OrderState.PLANNED, OrderState.DENIED, OrderState.SIGNED})
    assert IN_FLIGHT - {OrderState.SIGNED, OrderState.UNKNOWN} <= ORDER_MOVES[OrderState.UNKNOWN]


def sell(**more: object) -> Trade:
    return Trade(type="sell", market=SOL, **{"reduce_only": True, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "exits", "sends", "leaves_armed"),
    [
        (sell(amount_percent=D(50)), True, True, True),
        (sell(amount_percent=D(100)), True, True, False),
        (sell(amount_base=D(2)), True, True, True),
        (sell(amount_base=D(2), reduce_only=False), False, True, False),
        (Close(market="*"), True, True, False),
        (Close(market=SOL, amount_percent=D(99)), True, True, True),
        (Reverse(market=SOL), False, True, False),
        (Alert(), False, False, False),
    ],
)
def test_what_an_action_may_do(action: Action, exits: bool, sends: bool, leaves_armed: bool) -> None:
    assert (is_exit(action), trades(action), leaves_the_rest_armed(action)) == (exits, sends, leaves_armed)


def test_late_exits_run_and_late_entries_ask_unless_told() -> None:
    exit_, entry = sell(amount_percent=D(50)), sell(amount_base=D(2), reduce_only=False)
    assert RuleSpec(id="r1", condition=LEVEL, action=exit_).lateness() == Late(do="run")
    assert RuleSpec(id="r1", condition=LEVEL, action=entry).lateness() == Late(do="ask")
    told = Late(after_s=5, do="skip")
    assert RuleSpec(id="r1", condition=LEVEL, action=exit_, late=told).lateness() == told


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        (LEVEL, "price_monitor"),
        (PositionPnl(market=SOL, operator="<=", threshold=D(-5), unit="usd"), "position_monitor"),
        (PositionEvent(market=SOL, event="closed"), "position_monitor"),
        (AccountLevel(metric="health", operator="<=", value=D(20)), "position_monitor"),
        (Schedule(every_s=60), "time_based"),
        (AllOf(conditions=(LEVEL, AtTime(at=datetime(2026, 3, 2, tzinfo=UTC)))), "time_based"),
    ],
)
def test_jobs_are_of_the_three_kinds(condition: Condition, kind: str) -> None:
    assert job_kind(condition) == kind


def test_leaves_come_from_left_to_right_and_markets_once() -> None:
    eth = PriceLevel(market="ETH-PERP", operator="<=", price=D(1))
    nested = AllOf(conditions=(LEVEL, AllOf(conditions=(eth, LEVEL))))
    assert list(leaves(nested)) == [LEVEL, eth, LEVEL]
    assert markets_of(nested) == {SOL, "ETH-PERP"}
