"""Whatever is ordered, seen, paid and cancelled, in whatever sequence: the books balance and no exit opens anything."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.domain.errors import VenueError, VenueRejected
from core.domain.order import Fill, OrderIntent
from core.domain.position import Account
from core.ports import Activity, Finding, OrderReport, Prepared
from tests.core.venues.paper.bench import ANN, MARKETS, ROUND, Bench, D

T = TypeVar("T")
NAMES = sorted(MARKETS)
DEPOSIT = D(2_000)
RESTS = {Finding.LIVE}

sides = st.sampled_from(["buy", "sell"])
whens = st.sampled_from([">=", "<="])
names = st.sampled_from(NAMES)
sizes = st.integers(5, 4000).map(lambda tenths: D(tenths) / 10)
near = st.integers(-400, 400).map(lambda bps: 1 + D(bps) / 10_000)
rates = st.none() | st.integers(-50, 50).map(lambda n: D(n) / 1000)
slippages = st.sampled_from([None, 1, 20, 200])
lives = st.sampled_from([None, 5, 4000])


class Trading(RuleBasedStateMachine):
    """Two venues over one ledger, and our own reckoning beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.bench = Bench(depth=replace(ROUND, variation=D("0.2")), deposit=str(DEPOSIT), seed=7)
        self.twin = Bench(depth=replace(ROUND, variation=D("0.2")), deposit=str(DEPOSIT), seed=7)
        self.sent: list[tuple[Prepared, OrderIntent]] = []
        self.deposits = DEPOSIT
        for name in NAMES:
            self.see(name, D(100), None, None)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.runner.close()

    # ── what may happen ─────────────────────────────────────────────────────────────────────────────────────────────

    def see(self, name: str, price: Decimal, volume: Decimal | None, rate: Decimal | None) -> None:
        for bench in (self.bench, self.twin):
            self.run(bench.see(price, name, volume=volume, funding_rate=rate))

    @rule(name=names, move=near, volume=st.none() | st.integers(0, 500).map(D), rate=rates)
    def price_drifts(self, name: str, move: Decimal, volume: Decimal | None, rate: Decimal | None) -> None:
        self.move(name, move, volume, rate)

    @rule(name=names, move=st.integers(-3000, 3000).map(lambda bps: 1 + D(bps) / 10_000))
    def price_jumps(self, name: str, move: Decimal) -> None:
        self.move(name, move, None, None)

    def move(self, name: str, move: Decimal, volume: Decimal | None, rate: Decimal | None) -> None:
        price = (self.mark(name) * move).quantize(D("0.01"))
        self.see(name, min(max(price, D(1)), D(10_000)), volume, rate)

    @rule(name=names, side=sides, size=sizes, slippage=slippages, reduce_only=st.booleans())
    def market_order(self, name: str, side: str, size: Decimal, slippage: int | None, reduce_only: bool) -> None:
        self.order(name, side, size, max_slippage_bps=slippage, reduce_only=reduce_only)

    @rule(name=names, side=sides, size=sizes, away=near, post_only=st.booleans(), life=lives)
    def limit_order(
        self, name: str, side: str, size: Decimal, away: Decimal, post_only: bool, life: int | None
    ) -> None:
        self.order(name, side, size, type="limit", price=self.at(name, away), post_only=post_only, life=life)

    @rule(name=names, side=sides, size=sizes, away=near, when=whens, limit=st.none() | near, reduce_only=st.booleans())
    def trigger_order(  # noqa: PLR0917 - hypothesis passes by name
        self,
        name: str,
        side: str,
        size: Decimal,
        away: Decimal,
        when: str,
        limit: Decimal | None,
        reduce_only: bool,
    ) -> None:
        more: dict[str, Any] = {"type": "trigger_market"}
        if limit is not None:
            more = {"type": "trigger_limit", "price": self.at(name, away * limit)}
        more |= {"trigger_price": self.at(name, away), "trigger_when": when}
        self.order(name, side, size, reduce_only=reduce_only, **more)

    @rule(name=names, share=st.integers(1, 30).map(lambda tenths: D(tenths) / 10), away=st.none() | near)
    def exit_order(self, name: str, share: Decimal, away: Decimal | None) -> None:
        base = self.base_of(self.account(), name)
        if base == 0:
            return self.order(name, "buy", D(100))
        size = max(D("0.1"), (abs(base) * share).quantize(D("0.1")))
        more: dict[str, Any] = {} if away is None else {"type": "limit", "price": self.at(name, away)}
        return self.order(name, "sell" if base > 0 else "buy", size, reduce_only=True, **more)

    def order(self, name: str, side: str, size: Decimal, *, life: int | None = None, **more: Any) -> None:
        if life is not None:
            more["expires_at"] = self.bench.clock.now() + timedelta(seconds=life)
        before = self.account()
        live = any(self.report(prepared).finding in RESTS for prepared, _ in self.sent)
        accepted = True
        for bench in (self.bench, self.twin):
            intent = self.run(bench.intent(side, str(size), market=name, **more))
            try:
                prepared = self.run(bench.venue.prepare(intent))
            except VenueRejected:
                return
            if bench is self.bench:
                self.sent.append((prepared, intent))
            try:
                self.run(bench.venue.send(prepared))
            except VenueRejected:
                accepted = False
        self.check_the_order(before, accepted=accepted, alone=not live)

    def check_the_order(self, before: Account, *, accepted: bool, alone: bool) -> None:
        prepared, intent = self.sent[-1]
        after, report = self.account(), self.report(prepared)
        was, now = self.base_of(before, intent.market), self.base_of(after, intent.market)
        moved = sum((f.base if f.side == "buy" else -f.base for f in report.fills), D(0))
        assert accepted == (report.finding is not Finding.REJECTED)
        if not accepted:
            assert replace(after, venue="") == replace(before, venue="")
        if now == was + moved and (abs(now) > abs(was) or was * now < 0):
            assert not intent.reduce_only
            assert after.equity >= after.initial_margin, "an order opened beyond the free collateral"
        if intent.reduce_only:
            assert was * now >= 0
            assert abs(now) <= abs(was)
        if alone and accepted and report.finding is Finding.LIVE and not intent.reduce_only:
            assert after.equity >= after.initial_margin or after.initial_margin <= before.initial_margin

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def the_same_bytes_arrive_again(self, data: st.DataObject) -> None:
        prepared, _ = data.draw(st.sampled_from(self.sent))
        account, report = self.account(), self.report(prepared)
        try:
            self.run(self.bench.another_process().send(prepared))
        except VenueError:
            assert report.finding in (Finding.REJECTED, Finding.DEAD)
        assert (self.account(), self.report(prepared)) == (account, report)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.sent) - 1))
        prepared, intent = self.sent[number]
        for bench in (self.bench, self.twin):
            self.run(bench.venue.cancel(intent.owner, prepared.signature))
        assert self.report(prepared).finding not in RESTS

    @rule(hours=st.integers(1, 3))
    def hours_pass(self, hours: int) -> None:
        for bench in (self.bench, self.twin):
            bench.pass_time(hours=hours)
            self.run(bench.venue.exchange_funding(bench.clock.now()))
        for name in NAMES:
            self.see(name, self.mark(name), None, None)

    @rule(amount=st.integers(1, 500).map(D))
    def deposit(self, amount: Decimal) -> None:
        self.deposits += amount
        for bench in (self.bench, self.twin):
            self.run(bench.venue.deposit(ANN, amount))

    @rule()
    def restart(self) -> None:
        before = (self.account(), self.activities(), [self.report(prepared) for prepared, _ in self.sent])
        self.bench.venue = self.bench.another_process()
        assert (self.account(), self.activities(), [self.report(prepared) for prepared, _ in self.sent]) == before

    # ── what holds whatever happens ─────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def everything_adds_up(self) -> None:
        account, activities = self.account(), self.activities()
        reports = [(intent, self.report(prepared)) for prepared, intent in self.sent]
        fills = [fill for _, report in reports for fill in report.fills]
        self.the_books_balance_to_the_last_digit(account, fills, activities)
        self.money_comes_from_nowhere(account, fills, activities)
        self.positions_are_the_sum_of_fills(account, fills, activities)
        self.fills_keep_to_their_orders(reports)
        assert account.equity >= account.maintenance_margin, "a breached account was left alone"
        assert self.run(self.twin.venue.account(ANN)) == account, "the same seed had another outcome"

    def the_books_balance_to_the_last_digit(
        self, account: Account, fills: list[Fill], activities: list[Activity]
    ) -> None:
        realised = sum((fill.realised_pnl for fill in fills if fill.realised_pnl is not None), D(0))
        fees = sum((fill.fee for fill in fills), D(0))
        fees += sum((activity.amount for activity in activities if activity.kind == "liquidation"), D(0))
        funding = sum((activity.amount for activity in activities if activity.kind == "funding"), D(0))
        unrealised = sum((p.base * (p.mark - p.entry_price) for p in account.positions), D(0))
        realised += sum((activity.realised for activity in activities if activity.realised is not None), D(0))
        assert account.equity == self.deposits + realised + unrealised - fees + funding
        assert account.collateral == self.deposits + realised - fees + funding

    def money_comes_from_nowhere(self, account: Account, fills: list[Fill], activities: list[Activity]) -> None:
        """Equity is deposits and the cash flows of all trades at today's marks, less rounding and never more."""
        cash, traded = self.deposits, D(0)
        for fill in fills:
            cash -= (1 if fill.side == "buy" else -1) * fill.base * fill.price + fill.fee
            traded += fill.base
        for activity in activities:
            if activity.kind == "funding":
                cash += activity.amount
            else:
                cash -= (activity.base_after - activity.base_before) * activity.price + activity.amount
        worth = cash + sum((p.base * p.mark for p in account.positions), D(0))
        times = len(fills) + len(activities)
        assert -times * (D("0.000001") + traded * D("0.00000001")) <= account.equity - worth <= 0

    def positions_are_the_sum_of_fills(self, account: Account, fills: list[Fill], activities: list[Activity]) -> None:
        for name in NAMES:
            base = sum((f.base if f.side == "buy" else -f.base for f in fills if f.market == name), D(0))
            base += sum((a.base_after - a.base_before for a in activities if a.market == name), D(0))
            assert base == self.base_of(account, name)

    def fills_keep_to_their_orders(self, reports: list[tuple[OrderIntent, OrderReport]]) -> None:
        ids = [fill.venue_fill_id for _, report in reports for fill in report.fills]
        assert len(ids) == len(set(ids))
        for intent, report in reports:
            assert sum((fill.base for fill in report.fills), D(0)) <= intent.base
            sign = 1 if intent.side == "buy" else -1
            for fill in report.fills:
                if intent.price is not None:
                    assert sign * fill.price <= sign * intent.price
                elif intent.type == "market" and intent.max_slippage_bps is not None:
                    bound = intent.oracle_price * (1 + sign * D(intent.max_slippage_bps) / 10_000)
                    assert sign * fill.price <= sign * bound
                assert fill.maker or not intent.post_only

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def mark(self, name: str) -> Decimal:
        mark = self.run(self.bench.ledger.mark(name))
        assert mark is not None
        return mark.price

    def at(self, name: str, share: Decimal) -> Decimal:
        """A price at *share* of the mark, on the tick."""
        return (self.mark(name) * share).quantize(D("0.01"))

    def account(self) -> Account:
        return self.run(self.bench.venue.account(ANN))

    def activities(self) -> list[Activity]:
        found: list[Activity] = []
        while page := self.run(self.bench.venue.activity(ANN, len(found))):
            found += page
        return found

    def report(self, prepared: Prepared) -> OrderReport:
        return self.run(self.bench.venue.lookup(ANN, prepared.signature))

    @staticmethod
    def base_of(account: Account, name: str) -> Decimal:
        position = account.position(name)
        return D(0) if position is None else position.base


Trading.TestCase.settings = settings(settings(), max_examples=settings().max_examples // 4, stateful_step_count=40)
TestTrading = pytest.mark.slow(pytest.mark.timeout(900)(Trading.TestCase))
