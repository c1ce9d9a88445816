"""The list of armed rules against the plainest reading of every condition, over random rules and prices."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.condition import AllOf, AnyOf, Condition, PriceChange, PriceLevel, Trailing
from core.domain.ids import RuleId
from core.ports import Crossing
from core.watchlist import HeapWatchlist
from tests.core.watchlist.naive import Naive
from tests.core.watchlist.world import ANN, ETH, SOL, START, D, World, account, rule

ENTRIES = {SOL: D(100), ETH: D("99.5")}
FIRST = {SOL: D(100), ETH: D(100)}
HAIR = timedelta(milliseconds=1)

markets = st.sampled_from([SOL, ETH])
prices = st.integers(170, 230).map(lambda half: Decimal(half) / 2)
near = st.integers(190, 210).map(lambda half: Decimal(half) / 2)
steps_of = st.sampled_from([D("0.5"), D(1), D(2), D(5), D(10)])
units = st.sampled_from(["usd", "percent"])

plain_levels = st.builds(PriceLevel, market=markets, operator=st.sampled_from([">=", "<="]), price=near)
lasting = st.builds(
    PriceLevel, market=markets, operator=st.sampled_from([">=", "<="]), price=near, for_s=st.sampled_from([1, 5, 30])
)
directions = st.sampled_from(["up", "down", "either"])
changes = st.builds(
    PriceChange,
    market=markets,
    direction=directions,
    threshold=steps_of,
    unit=units,
    reference=st.sampled_from(["current_price", "entry_price"]),
)
windows = st.builds(
    PriceChange,
    market=markets,
    direction=directions,
    threshold=steps_of,
    unit=units,
    reference=st.just("window"),
    window_s=st.sampled_from([3, 20, 60]),
)
trailings = st.builds(
    Trailing,
    market=markets,
    direction=st.sampled_from(["up", "down"]),
    distance=steps_of,
    unit=units,
    activation_price=st.none() | near,
)
leaves_of = plain_levels | lasting | changes | windows | trailings
parts = st.lists(leaves_of, min_size=2, max_size=3).map(tuple)
compounds = st.builds(AllOf, conditions=parts) | st.builds(AnyOf, conditions=parts)
nested = st.builds(AllOf, conditions=st.tuples(leaves_of, compounds))
conditions: st.SearchStrategy[Condition] = leaves_of | compounds | nested

numbers = st.integers(0, 5)
seconds = st.sampled_from([0, 1, 2, 7, 25])
steps = st.lists(
    st.tuples(st.just("tick"), markets, prices, seconds)
    | st.tuples(st.just("tick"), markets, near, seconds)
    | st.tuples(st.just("wait"), st.sampled_from([1, 6, 40]))
    | st.tuples(st.just("disarm"), numbers)
    | st.tuples(st.just("arm"), numbers)
    | st.tuples(st.just("restart")),
    max_size=25,
)


class Pair:
    """The watchlist and the naive reading of it, told the same."""

    def __init__(self, wanted: Sequence[Condition], known: dict[str, Decimal] = FIRST) -> None:
        self.now = START
        self.world = World(prices=dict(known), accounts={ANN: account((SOL, "2", "100"), (ETH, "-1", "99.5"))})
        self.list = HeapWatchlist(self.world)
        self.naive = Naive(ENTRIES)
        for market, price in known.items():
            self.naive.tick(market, price, self.now)
        self.rules = [rule(number, condition, references=FIRST) for number, condition in enumerate(wanted)]
        self.stored = {r.id: r for r in self.rules}
        self.both_fired: list[RuleId] = []
        for number in range(len(self.rules)):
            self.arm(number)

    def arm(self, number: int) -> None:
        if number >= len(self.rules):
            return
        self.now += HAIR  # what was seen at this very instant was seen before
        armed = self.rules[number] = replace(self.rules[number], armed_at=self.now, memory={})
        self.stored[armed.id] = armed
        self.naive.arm(armed, self.now)
        found = self.list.arm(armed, self.now)
        self.agree([] if found is None else [found])

    def disarm(self, number: int) -> None:
        if number < len(self.rules):
            self.list.disarm(self.rules[number].id)
            self.naive.disarm(self.rules[number].id)

    def tick(self, market: str, price: Decimal, seconds: int) -> None:
        self.wait(seconds)
        before = self.world.prices.get(market)
        if before is not None:
            self._look_ahead(market, before, price)
        quiet = before is not None and self.list.is_quiet(market, min(before, price), max(before, price))
        self.world.prices[market] = price
        self.naive.tick(market, price, self.now)
        found = self.list.observe(market, price, self.now)
        assert not (quiet and found), "said to be quiet, and something fired"
        self.agree(found)

    def wait(self, seconds: int) -> None:
        due = self.list.next_due(self.now)
        end = self.now + timedelta(seconds=seconds)
        early = end if due is None or due > end else due - HAIR
        if early > self.now:
            assert copy.deepcopy(self.list).poll(early) == [], f"fires before {due}"
        self.now = end
        self.agree([])

    def restart(self) -> None:
        """Everything in memory is lost but what `memories` gave, and rules are loaded in whatever order."""
        self.remember()
        watched = set(self.list.armed())
        self.list = HeapWatchlist(self.world)
        found = [self.list.arm(self.stored[rule_id], self.now) for rule_id in sorted(watched, reverse=True)]
        assert not any(found), "fires only because of the restart"

    def remember(self) -> None:
        for rule_id, memory in self.list.memories().items():
            self.stored[rule_id] = replace(self.stored[rule_id], memory=memory)

    def agree(self, found: Sequence[Crossing]) -> None:
        fired = [crossing.rule.id for crossing in [*found, *self.list.poll(self.now)]]
        assert len(fired) == len(set(fired)), "fired twice"
        assert set(fired) == self.naive.fired(self.now)
        assert set(self.list.armed()) == set(self.naive.watched)
        self.both_fired += fired

    def _look_ahead(self, market: str, start: Decimal, end: Decimal) -> None:
        """Nothing fires on the way to the price that `next_crossing` names."""
        if start == end:
            return
        first = self.list.next_crossing(market, start, end)
        reach = end if first is None else first
        for share in (D("0.25"), D("0.5"), D("0.999")):
            between = start + (reach - start) * share
            ahead = copy.deepcopy(self.list)
            ahead._facts.prices[market] = between  # type: ignore[attr-defined]
            found = ahead.observe(market, between, self.now)
            assert found == [], f"{found[0].rule.spec.condition} fires at {between}, before {first}"


@given(st.lists(conditions, min_size=1, max_size=6), steps)
def test_the_list_fires_what_the_plainest_reading_fires(wanted: list[Condition], told: list[tuple[Any, ...]]) -> None:
    pair = Pair(wanted)
    for name, *arguments in told:
        getattr(pair, name)(*arguments)


@given(st.lists(conditions, min_size=1, max_size=6), steps)
def test_rules_armed_before_any_price_is_known_wait_for_one(
    wanted: list[Condition], told: list[tuple[Any, ...]]
) -> None:
    pair = Pair(wanted, known={})
    for name, *arguments in told:
        if name in ("tick", "wait"):
            getattr(pair, name)(*arguments)


def _change(direction: str, threshold: str, unit: str = "usd", **more: Any) -> PriceChange:
    settings: dict[str, Any] = {"market": SOL, "direction": direction, "unit": unit, "reference": "current_price"}
    return PriceChange(threshold=D(threshold), **(settings | more))


FIRES = [
    (PriceLevel(market=SOL, operator=">=", price=D(105)), "104.9 105"),
    (PriceLevel(market=SOL, operator="<=", price=D(95)), "105 95"),
    (_change("down", "5"), "104 95"),
    (_change("up", "5", "percent"), "104.9 110"),
    (_change("either", "5"), "104.9 94"),
    (_change("down", "5", reference="entry_price"), "95.1 95"),
    (_change("down", "5", reference="window", window_s=60), "102 104 99"),
    (_change("up", "5", reference="window", window_s=60), "102 97 102"),
    (Trailing(market=SOL, direction="down", distance=D(5), unit="percent"), "110 104.6 104.5"),
    (Trailing(market=SOL, direction="up", distance=D(5), unit="usd"), "90 94.9 95"),
    (Trailing(market=SOL, direction="down", distance=D(5), unit="usd", activation_price=D(105)), "94 105 107 102"),
    (AllOf(conditions=(_change("up", "5"), _change("up", "5", market=ETH))), "104 104.9 106"),
    (AnyOf(conditions=(_change("up", "5"), _change("down", "5"))), "104 95"),
]


@pytest.mark.parametrize(("condition", "path"), FIRES)
def test_every_kind_fires_at_the_last_price_of_its_path_and_no_sooner(condition: Condition, path: str) -> None:
    pair = Pair([condition])
    pair.tick(ETH, D(106), 1)
    *on_the_way, last = path.split()
    for price in on_the_way:
        pair.tick(SOL, D(price), 1)
    assert pair.both_fired == []
    pair.tick(SOL, D(last), 1)
    assert pair.both_fired == ["rule_0"]


def test_a_level_that_must_last_fires_by_time_alone_and_starts_anew_after_a_break() -> None:
    pair = Pair([PriceLevel(market=SOL, operator=">=", price=D(105), for_s=30)])
    pair.tick(SOL, D(105), 1)
    pair.wait(29)
    pair.tick(SOL, D("104.9"), 0)
    pair.tick(SOL, D(106), 0)
    pair.wait(29)
    assert pair.list.next_due(pair.now) == pair.now + timedelta(seconds=1)
    assert pair.both_fired == []
    pair.wait(1)
    assert pair.both_fired == ["rule_0"]
