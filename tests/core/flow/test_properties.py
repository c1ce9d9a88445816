"""Laws of the flow: for any script of prices, failures, cancellations, pauses and restarts."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from core.db.memory_transaction import MemoryTransaction
from core.domain.action import LadderOrder, LimitOrder, MarketOrder, Reverse, TwapOrder
from core.domain.condition import PriceChange, Trailing
from core.domain.order import ENDED, Order, OrderState
from core.domain.order import TRANSITIONS as ORDER_MOVES
from core.domain.rule import LIVE, Repeat, Rule, RuleSpec, RuleState
from core.domain.rule import TRANSITIONS as RULE_MOVES
from core.flow import lifecycle
from core.flow.asking import ask_cancel
from core.venues.paper import Depth
from tests.core.flow.bench import SOL, Bench, D, above, below, buy, open_orders, sell, spec
from tests.core.flow.line import Effect

THIN = Depth(half_spread_bps=D(1), quote_per_bps=D(15), variation=D(0))
DROP = PriceChange(market=SOL, direction="down", threshold=D(3), unit="usd", reference="current_price")
TRAIL = Trailing(market=SOL, direction="down", distance=D(4), unit="usd")
TIGHT = MarketOrder(max_slippage_bps=10)

EXITS: dict[str, tuple[RuleSpec, ...]] = {
    "bracket": (
        spec(below("96"), sell(order=TIGHT), oco_group="a"),
        spec(above("104"), sell(), "r2", oco_group="a"),
    ),
    "half and whole": (
        spec(below("97"), sell("50"), oco_group="a"),
        spec(above("103"), sell(), "r2", oco_group="a"),
    ),
    "slices": (spec(below("97"), sell(order=TwapOrder(over_s=20, slices=3))), spec(TRAIL, sell(), "r2")),
    "resting": (
        spec(above("101"), sell(order=LimitOrder(price=D(103), ttl_s=40)), oco_group="a"),
        spec(below("96"), sell(), "r2", oco_group="a"),
    ),
    "again": (spec(DROP, sell("30"), repeat=Repeat(times=None, cooldown_s=5)),),
}
OTHERS: dict[str, tuple[RuleSpec, ...]] = {
    "entry": (
        spec(below("98"), buy("3", order=TIGHT)),
        spec(below("95"), sell(), "r2", after="r1", oco_group="a"),
        spec(above("103"), sell(), "r3", after="r1", oco_group="a"),
    ),
    "two entries": (
        spec(below("97"), buy("2"), oco_group="a"),
        spec(above("103"), buy("2", order=LimitOrder(price=D(101))), "r2", oco_group="a"),
        spec(below("94"), sell(), "r3", after="r1"),
    ),
    "ladder": (spec(below("99"), buy("4", order=LadderOrder(orders=3, from_price=D(98), to_price=D(95)))),),
    "reverse": (spec(below("97"), Reverse(market=SOL)), spec(above("104"), Reverse(market=SOL), "r2")),
}


@dataclass(frozen=True)
class See:
    price: int


@dataclass(frozen=True)
class Pass:
    seconds: int


@dataclass(frozen=True)
class Break:
    call: str
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Do:
    what: str


STEPS = st.one_of(
    st.builds(See, st.integers(93, 107)),
    st.builds(See, st.integers(93, 107)),
    st.builds(Pass, st.sampled_from([1, 3, 10, 65])),
    st.builds(
        Break, st.just("send"), st.lists(st.sampled_from(["lost", "landed", "late", "silent", "refused"]), max_size=3)
    ).map(lambda step: replace(step, effects=tuple(step.effects))),
    st.builds(
        Break,
        st.sampled_from(["lookup", "account", "mark", "prepare", "cancel", "observe", "status"]),
        st.lists(st.sampled_from(["lost", "silent"]), max_size=3),
    ).map(lambda step: replace(step, effects=tuple(step.effects))),
    st.builds(Do, st.sampled_from(["arrive", "cancel orders", "pause", "resume", "restart", "reconcile", "store"])),
)


async def play(bench: Bench, step: See | Pass | Break | Do, rules: list[Rule]) -> None:
    match step:
        case See(price=price):
            await bench.see(str(price), shown=False)
        case Pass(seconds=seconds):
            await bench.tick(seconds, shown=False)
        case Break(call=call, effects=effects):
            bench.venue.will(call, *effects)
        case Do(what="arrive"):
            await bench.venue.arrive()
        case Do(what="cancel orders"):
            await bench.change(lambda tx: ask_cancel(tx, None))
        case Do(what="restart"):
            await bench.watch.remember()
            await bench.restart()
        case Do(what="reconcile"):
            await bench.reconcile()
        case Do(what="store"):
            bench.store.fails = 1
            await bench.watch.observe(bench.observation(bench.known[SOL]))
            bench.store.fails = 0
        case Do(what=what):
            rule = await bench.rule(rules[-1])
            if what == "pause" and rule.state in {RuleState.ARMED, RuleState.WAITING, RuleState.HELD}:
                await bench.pause(rule)
            if what == "resume" and rule.state is RuleState.PAUSED:
                await bench.resume(rule)


@contextmanager
def only_along_the_tables() -> Iterator[None]:
    """Fail any write that moves an order or a rule where the tables of transitions know no way."""
    save_order, save_rule = MemoryTransaction.save_order, MemoryTransaction.save_rule

    async def checked_order(tx: MemoryTransaction, order: Order, *, was: OrderState) -> bool:
        assert order.state is was or order.state in ORDER_MOVES[was], (was, order.state)
        return await save_order(tx, order, was=was)

    async def checked_rule(tx: MemoryTransaction, rule: Rule, *, was: RuleState, version: int) -> bool:
        assert rule.state is was or rule.state in RULE_MOVES[was], (was, rule.state)
        return await save_rule(tx, rule, was=was, version=version)

    with (
        patch.object(MemoryTransaction, "save_order", checked_order),
        patch.object(MemoryTransaction, "save_rule", checked_rule),
    ):
        yield


async def check(bench: Bench) -> None:
    """What holds after every step."""
    orders = await bench.orders()
    async with bench.store.begin(bench.ann) as tx:
        rules = {rule.id: rule for rule in await tx.rules()}
        fills = await tx.fills()
    bytes_of = defaultdict(set)
    for prepared in bench.venue.sent:
        bytes_of[prepared.signature.split(".")[1]].add(prepared.raw)
    assert all(len(raws) == 1 for raws in bytes_of.values()), "an order was signed twice"
    for order in orders:
        of_order = [fill for fill in fills if fill.order_id == order.id]
        assert order.filled_base == sum((fill.base for fill in of_order), Decimal(0))
        assert order.intent is None or order.filled_base <= order.intent.base
    for rule in rules.values():
        open_legs = open_orders([order for order in orders if order.rule_id == rule.id])
        assert {order.trigger_no for order in open_legs} <= {rule.trigger_no}, "two triggers have live orders"
        assert bool(open_legs) is (rule.state is RuleState.FIRING), (rule.state, open_legs)
        if rule.state is RuleState.HELD:
            assert rule.held_by is not None
            assert rules[rule.held_by].state is RuleState.FIRING, "held by nobody"
        if rule.state is RuleState.WAITING:
            assert rule.after_rule is not None
            assert rules[rule.after_rule].state in LIVE, "waits for what is over"


async def run(specs: tuple[RuleSpec, ...], steps: list[See | Pass | Break | Do], held: str | None) -> None:
    bench = await Bench(depth=THIN).open("100", position=held)
    rules = await bench.arm(*specs)
    begun = await bench.base()
    exits = all(lifecycle.is_protective(one) for one in specs)
    for step in steps:
        await play(bench, step, rules)
        await check(bench)
        if exits:
            assert 0 <= await bench.base() <= begun, "an exit grew or turned the position"
    bench.venue.heals()
    await bench.venue.arrive()
    for _ in range(4):
        await bench.tick(65, shown=False)
        await check(bench)
    async with bench.store.begin(bench.ann) as tx:
        fills = await tx.fills()
    traded = sum((fill.base if fill.side == "buy" else -fill.base for fill in fills), Decimal(0))
    assert await bench.base() == begun + traded, "a fill is not in our books"
    told = [event for name in TELLS for event in await bench.happened(name)]
    for order in await bench.orders():
        if order.state in ENDED and order.filled_base > 0:
            assert any(getattr(event, "order_id", None) == order.id for event in told), "a fill was not told"


TELLS = ("order.filled", "order.partially_filled", "order.cancelled", "order.lapsed")


@given(st.sampled_from(sorted(EXITS)), st.lists(STEPS, min_size=3, max_size=25))
def test_exits_trade_each_leg_once_and_never_beyond_the_position(
    name: str, steps: list[See | Pass | Break | Do]
) -> None:
    with only_along_the_tables():
        asyncio.run(run(EXITS[name], steps, "6"))


@given(st.sampled_from(sorted(OTHERS)), st.lists(STEPS, min_size=3, max_size=25))
def test_entries_and_reversals_trade_each_leg_once_and_leave_nothing_waiting_for_what_is_over(
    name: str, steps: list[See | Pass | Break | Do]
) -> None:
    held = "6" if name == "reverse" else None
    with only_along_the_tables():
        asyncio.run(run(OTHERS[name], steps, held))
