"""What happens to one owner's orders and positions at the marks seen; reads and keeps nothing by itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from core.domain.ids import RuleId
from core.domain.market import Market, Observation, Side
from core.domain.money import BPS, HUNDRED, ZERO, floor_to, plain
from core.domain.order import Fill
from core.ports import Activity, Finding
from core.venues.paper import margin, matching
from core.venues.paper.book import Books, PaperOrder, Taken, credit, trade
from core.venues.paper.matching import Depth

HOUR = timedelta(hours=1)
LIQUIDATION_SHARE = Decimal("0.5")
"""A liquidation's penalty as a share of the maintenance margin that it frees, so that closing always restores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for every account of a venue. Marks older than `mark_max_age` open nothing."""

    markets: Mapping[str, Market]
    mark_max_age: timedelta
    depth: Callable[[Observation], Depth]


class Desk:
    """One owner's books while they are worked on; `books`, `changed` and `activities` are what must be kept after.

    `marks` holds the mark of every market in which something is held, rests or is about to be placed, where known.
    """

    def __init__(
        self,
        rules: Rules,
        books: Books,
        resting: Iterable[PaperOrder],
        marks: Mapping[str, Observation],
        now: datetime,
    ) -> None:
        self.books = books
        self.changed: dict[str, PaperOrder] = {}
        self.activities: list[Activity] = []
        self._rules = rules
        self._resting = {order.signature: order for order in resting}
        self._marks = marks
        self._traded = ""
        self._now = now
        for order in tuple(self._resting.values()):
            if order.intent.expires_at is not None and order.intent.expires_at <= now:
                self._end(order, Finding.LAPSED, "its time ran out")

    @property
    def resting(self) -> tuple[PaperOrder, ...]:
        """The orders that rest, oldest first."""
        return tuple(self._resting.values())

    @property
    def prices(self) -> dict[str, Decimal]:
        """Marks in quote; a position that was never seen at a mark counts at its entry."""
        entries = {name: held.entry for name, held in self.books.holdings.items()}
        return entries | {name: mark.price for name, mark in self._marks.items()}

    @property
    def equity(self) -> Decimal:
        """Collateral and unrealised profit together, in quote."""
        return margin.equity(self.books, self.prices)

    def initial_margin(self) -> Decimal:
        """What positions and resting orders tie up, in quote."""
        return margin.initial_margin(self.books, self._resting.values(), self.prices, self._rules.markets)

    def maintenance_margin(self) -> Decimal:
        """What positions need in order not to be liquidated, in quote."""
        return margin.maintenance_margin(self.books, self.prices, self._rules.markets)

    # ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def place(self, order: PaperOrder) -> PaperOrder:
        """Take a new *order* in: it trades, rests, or ends with a reason in words."""
        intent = order.intent
        if intent.replaces is not None:
            return self._replace(self._resting.get(intent.replaces), order)
        if intent.expires_at is not None and intent.expires_at <= self._now:
            return self._end(order, Finding.LAPSED, "its time had run out when it arrived")
        if reason := self._refusal(order):
            return self.refuse(order, reason)
        if order.waits and not matching.is_triggered(intent, self._marks[intent.market].price):
            return self._attempt(order, Finding.REJECTED, self._rest)
        return self._attempt(replace(order, triggered=order.waits), Finding.REJECTED, self._take)

    def _replace(self, before: PaperOrder | None, order: PaperOrder) -> PaperOrder:
        """Put *order* in the place of *before*: both, or neither."""
        if before is None:
            return self.refuse(order, "the order whose place it was to take is not open any more")
        if before.intent.type != order.intent.type:
            return self.refuse(order, f"a {before.intent.type} order cannot become a {order.intent.type} order")
        resting, changed = dict(self._resting), dict(self.changed)
        self._end(before, Finding.CANCELLED, "another order took its place")
        placed = self.place(replace(order, intent=replace(order.intent, replaces=None)))
        if placed.finding is Finding.REJECTED:
            self._resting, self.changed = resting, {**changed, order.signature: placed}
        return placed

    def refuse(self, order: PaperOrder, reason: str) -> PaperOrder:
        """Record that a new *order* was refused for *reason*."""
        return self._end(order, Finding.REJECTED, reason)

    def match(self, market: str) -> None:
        """Let resting orders of *market* meet its mark: triggers fire, limits fill; those placed after it wait."""
        mark = self._marks[market]
        if self._age_of(mark) > self._rules.mark_max_age:
            return
        listed, depth = self._rules.markets[market], self._rules.depth(mark)
        made: dict[Side, Decimal] = {"buy": ZERO, "sell": ZERO}
        for order in self.resting:
            if order.intent.market != market or mark.at < order.placed_at:
                continue
            if order.signature not in self._resting:
                continue  # ended by what an earlier one did
            side, limit = order.intent.side, matching.limit_price(order.intent, listed, mark.price)
            if order.waits:
                if matching.is_triggered(order.intent, mark.price):
                    self._attempt(replace(order, triggered=True), Finding.CANCELLED, self._take)
            elif limit is not None:
                wanted = self._reducible(order) if order.intent.reduce_only else order.left
                base = depth.make(listed, side, wanted, mark=mark, limit=limit, made=made[side])
                if base > 0:
                    made[side] += base
                    step = partial(self._make, base=base, price=limit)
                    self._attempt(order, Finding.CANCELLED, step)

    def cancel(self, signature: str, reason: str) -> None:
        """Take a resting order off; nothing happens to one that does not rest."""
        if (order := self._resting.get(signature)) is not None:
            self._end(order, Finding.CANCELLED, reason)

    def _refusal(self, order: PaperOrder) -> str:
        """Why a new *order* is refused before it meets the book; "" when it is not."""
        intent = order.intent
        mark = self._marks.get(intent.market)
        if mark is None:
            return f"no price of {intent.market} is known yet"
        if (age := self._age_of(mark)) > self._rules.mark_max_age:
            return f"the price of {intent.market} is {age.total_seconds():.0f} s old"
        if intent.reduce_only and self._reducible(order) == 0:
            held = self.books.holdings.get(intent.market)
            have = "there is no position" if held is None else f"the position is {plain(held.base)}"
            return f"a reduce-only {intent.side} has nothing to reduce: {have} in {intent.market}"
        limit = matching.limit_price(intent, self._rules.markets[intent.market], mark.price)
        if limit is not None and limit <= 0:
            return "its price would be below zero"
        if intent.type == "limit" and limit is not None:
            if intent.post_only and self._rules.depth(mark).reaches(intent.side, limit, mark.price):
                return f"post-only, but it would have traded at once at the mark of {plain(mark.price)}"
            if reason := matching.beyond_band(replace(intent, price=limit), mark.price):
                return reason
        return "" if intent.reduce_only else self._unaffordable(order)

    def _attempt(self, order: PaperOrder, refused: Finding, step: Callable[[PaperOrder], PaperOrder]) -> PaperOrder:
        """Do *step* with *order*; undo it and end the order as *refused* if margin does not allow the outcome."""
        books, resting, changed = self.books, dict(self._resting), dict(self.changed)
        equity, initial = self.equity, self.initial_margin()
        done = step(order)
        reason = self._objection(done, books, equity, initial)
        if reason:
            self.books, self._resting, self.changed = books, resting, changed
            return self._end(order, refused, reason)
        self._drop_pointless(order.intent.market)
        return self.changed[order.signature]

    def _objection(self, order: PaperOrder, before: Books, equity: Decimal, initial: Decimal) -> str:
        """Why margin does not allow what was just done with *order*; "" when it does, as for all that only shrinks."""
        market = order.intent.market
        was, held = before.holdings.get(market), self.books.holdings.get(market)
        base_was, base = ZERO if was is None else was.base, ZERO if held is None else held.base
        shrank = base_was * base >= 0 and abs(base) <= abs(base_was)
        tied_up = self.initial_margin()
        rests = order.signature in self._resting and not order.intent.reduce_only
        if shrank and not (rests and tied_up > initial):
            return ""
        return self._short_of(tied_up, needs=tied_up - initial + equity - self.equity, free=equity - initial)

    def _unaffordable(self, order: PaperOrder) -> str:
        """Why margin does not allow the whole of a new *order* to be taken in; "" when it does."""
        initial = self.initial_margin()
        orders = (*self._resting.values(), order)
        tied_up = margin.initial_margin(self.books, orders, self.prices, self._rules.markets)
        if tied_up <= initial:
            return ""
        return self._short_of(tied_up, needs=tied_up - initial, free=self.equity - initial)

    def _short_of(self, tied_up: Decimal, *, needs: Decimal, free: Decimal) -> str:
        """Why *tied_up* of initial margin cannot be covered; "" when it can."""
        for name in self.books.holdings:
            mark = self._marks.get(name)
            if mark is None or self._age_of(mark) > self._rules.mark_max_age:
                return f"margin cannot be checked: the price of {name} is too old"
        if self.equity >= tied_up:
            return ""
        return f"not enough free collateral: it needs ${needs:,.2f} and ${max(ZERO, free):,.2f} is free"

    def _rest(self, order: PaperOrder) -> PaperOrder:
        self._resting[order.signature] = self.changed[order.signature] = order
        return order

    def _take(self, order: PaperOrder) -> PaperOrder:
        """Take what the book gives within the order's bound; a limit order rests with what is left."""
        intent = order.intent
        market, mark = self._rules.markets[intent.market], self._marks[intent.market]
        wanted = self._reducible(order) if intent.reduce_only else order.left
        place = f"{intent.market}:{intent.side}"
        missing = matching.still_missing(self.books.taken.get(place), self._now)
        worst = matching.worst_price(market, order, mark.price)
        depth = self._rules.depth(mark)
        found = depth.take(market, intent.side, wanted, mark=mark.price, worst=worst, taken=missing)
        if found is not None:
            base, price = found
            order = self._fill(order, base, price, maker=False)
            taken = Taken(notional=(missing + base * mark.price).quantize(Decimal("0.01")), at=self._now)
            self.books = replace(self.books, taken={**self.books.taken, place: taken})
        if order.left == 0:
            return self._end(order, Finding.FILLED)
        if order.filled == wanted:
            return self._end(order, Finding.CANCELLED, self._nothing_left(order))
        if intent.type in ("limit", "trigger_limit") and not intent.immediate_or_cancel:
            return self._rest(order)
        return self._end(
            order,
            Finding.CANCELLED,
            f"{plain(order.filled)} of {plain(intent.base)} filled; the rest would have traded beyond {plain(worst)}",
        )

    def _make(self, order: PaperOrder, base: Decimal, price: Decimal) -> PaperOrder:
        """Fill *base* of a resting limit order at its price."""
        order = self._fill(order, base, price, maker=True)
        return self._rest(order) if order.left > 0 else self._end(order, Finding.FILLED)

    def _fill(self, order: PaperOrder, base: Decimal, price: Decimal, *, maker: bool) -> PaperOrder:
        """Trade *base* of *order* at *price* on the books. The fill names no rule: a venue knows of none."""
        intent, market = order.intent, self._rules.markets[order.intent.market]
        bps = market.maker_fee_bps if maker else market.taker_fee_bps
        fee = -credit(-(base * price * bps / BPS))
        realised = self._trade(intent.market, base if intent.side == "buy" else -base, price, fee)
        fill = Fill(
            venue_fill_id=f"paper.{intent.order_id}.{len(order.fills) + 1}",
            order_id=intent.order_id,
            owner=intent.owner,
            rule_id=RuleId(""),
            market=intent.market,
            side=intent.side,
            base=base,
            price=price,
            fee=fee,
            at=self._now,
            venue="paper",
            simulated=True,
            realised_pnl=realised,
            maker=maker,
        )
        return replace(order, fills=(*order.fills, fill))

    def _trade(self, market: str, signed: Decimal, price: Decimal, fee: Decimal) -> Decimal | None:
        self._traded = market
        tick = self._rules.markets[market].tick
        held, realised = trade(self.books.holdings.get(market), signed, price, tick=tick, at=self._now)
        self.books = replace(
            self.books,
            realised=self.books.realised + (ZERO if realised is None else realised),
            fees=self.books.fees + fee,
            holdings=self.books.with_holding(market, held),
            changed_at=self._now,
        )
        return realised

    def _reducible(self, order: PaperOrder) -> Decimal:
        """How much of *order* the position on the other side leaves room for, in base."""
        held = self.books.holdings.get(order.intent.market)
        if held is None or (held.base > 0) == (order.intent.side == "buy"):
            return ZERO
        return min(order.left, floor_to(abs(held.base), self._rules.markets[order.intent.market].step))

    def _drop_pointless(self, market: str) -> None:
        """End reduce-only orders of *market* that have nothing left to reduce."""
        for order in self.resting:
            if order.intent.market == market and order.intent.reduce_only and self._reducible(order) == 0:
                self._end(order, Finding.CANCELLED, self._nothing_left(order))

    def _nothing_left(self, order: PaperOrder) -> str:
        return f"{plain(order.filled)} of {plain(order.intent.base)} filled; nothing is left to reduce"

    def _end(self, order: PaperOrder, finding: Finding, reason: str = "") -> PaperOrder:
        ended = replace(order, finding=finding, reason=reason)
        self._resting.pop(order.signature, None)
        self.changed[order.signature] = ended
        return ended

    def _age_of(self, mark: Observation) -> timedelta:
        return self._now - mark.at

    # ── what the venue does by itself ───────────────────────────────────────────────────────────────────────────────

    def fund(self, hour: datetime) -> None:
        """Exchange funding for every whole hour up to *hour* that a position has not seen yet, at the mark's rate."""
        for name, held in tuple(self.books.holdings.items()):
            mark = self._marks.get(name)
            due = held.funded_at.replace(minute=0, second=0, microsecond=0) + HOUR
            if mark is None or due > hour:
                continue
            rate = ZERO if mark.funding_rate is None else mark.funding_rate
            amount = credit(-held.base * mark.price * rate / HUNDRED)
            hours = (hour - due) // HOUR + 1
            for number in range(hours if amount != 0 else 0):
                exchanged = Activity(
                    number=0,
                    kind="funding",
                    market=name,
                    at=due + number * HOUR,
                    amount=amount,
                    rate=rate,
                    base_before=held.base,
                    base_after=held.base,
                    price=mark.price,
                )
                self._tell(exchanged)
            after = replace(held, funding=held.funding + hours * amount, funded_at=due + (hours - 1) * HOUR)
            self.books = replace(
                self.books,
                funding=self.books.funding + hours * amount,
                holdings=self.books.with_holding(name, after),
            )

    def liquidate(self, seen: Observation | None = None) -> None:
        """Where maintenance is breached: cancel every order, then close at the mark until initial margin is covered.

        Largest position first. The penalty is `LIQUIDATION_SHARE` of the maintenance margin freed, at most what is
        left; once all is closed, what is missing is paid by the venue (a negative penalty): nobody owes a paper venue.
        A mark *seen* before the holdings last changed says nothing about them.
        """
        if seen is not None and self.books.changed_at is not None and seen.at < self.books.changed_at:
            return
        if not self.books.holdings or self.equity >= self.maintenance_margin():
            return
        for order in self.resting:
            self._end(order, Finding.CANCELLED, "the account was liquidated")
        prices = self.prices
        for name in sorted(self.books.holdings, key=lambda n: -abs(self.books.holdings[n].base) * prices[n]):
            if self.equity >= self.initial_margin():
                return
            self._seize(name, prices[name])

    def make_good(self) -> None:
        """Pay what an exit in a gap left below zero once nothing is held: nobody owes a paper venue."""
        if self.books.holdings or self.equity >= 0 or not self._traded:
            return
        missing, market = self.equity, self._traded
        self.books = replace(self.books, fees=self.books.fees + missing)
        paid = Activity(
            number=0, kind="liquidation", market=market, at=self._now, amount=missing, price=self.prices[market]
        )
        self._tell(paid)

    def _seize(self, name: str, price: Decimal) -> None:
        market, held = self._rules.markets[name], self.books.holdings[name]
        rate = market.maintenance_margin * LIQUIDATION_SHARE
        size = margin.to_restore(market, held, price, fee=rate, equity=self.equity, initial=self.initial_margin())
        realised = self._trade(name, -size if held.base > 0 else size, price, ZERO)
        affordable = self.equity if not self.books.holdings else max(ZERO, credit(self.equity))
        fee = min(-credit(-(size * price * rate)), affordable)
        self.books = replace(self.books, fees=self.books.fees + fee)
        left = self.books.holdings.get(name)
        seized = Activity(
            number=0,
            kind="liquidation",
            market=name,
            at=self._now,
            amount=fee,
            base_before=held.base,
            base_after=ZERO if left is None else left.base,
            price=price,
            realised=realised,
        )
        self._tell(seized)

    def _tell(self, activity: Activity) -> None:
        self.books = replace(self.books, activities=self.books.activities + 1)
        self.activities.append(replace(activity, number=self.books.activities))
