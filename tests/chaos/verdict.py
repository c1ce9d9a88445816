"""What the books must say whatever died meanwhile: no rule lost, no order doubled, no fill untold, money conserved."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.domain.order import ENDED
from core.domain.rule import LIVE, RuleState
from tests.chaos.books import Books
from tests.chaos.stories import ENTRY, Story
from tests.chaos.victim import MARKET

ZERO = Decimal(0)
DEPOSIT = Decimal(10_000)


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was found of one run, or of all runs at one point."""

    plays: int = 0
    kills: int = 0
    restarts: int = 0
    rules_lost: int = 0
    double_orders: int = 0
    fills_untold: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        """Take another run's findings in."""
        self.plays += other.plays
        self.kills += other.kills
        self.restarts += other.restarts
        self.rules_lost += other.rules_lost
        self.double_orders += other.double_orders
        self.fills_untold += other.fills_untold
        self.problems += other.problems


def judge(books: Books, story: Story) -> Verdict:
    """The findings once *story* is over; `problems` says each in words, and what else is not as it must be."""
    lost = list(_rules_lost(books, story))
    double = list(_double_orders(books, story))
    untold = list(_fills_untold(books))
    return Verdict(
        rules_lost=len(lost),
        double_orders=len(double),
        fills_untold=len(untold),
        problems=[*lost, *double, *untold, *_undone(books, story), *_unfinished(books), *_money(books, story)],
    )


def _rules_lost(books: Books, story: Story) -> Iterator[str]:
    found = Counter((local, state) for _, local, state in books.rules)
    wanted = Counter((local, state.value) for local, state in story.steps[-1].states.items())
    for local, state in (wanted - found).elements():
        yield f"Expected {local} to be {state}, was {sorted(found)}"


def _double_orders(books: Books, story: Story) -> Iterator[str]:
    for local, count in Counter(local for _, local, _ in books.rules).items():
        if count > 1:
            yield f"Expected one {local}, were {count}"
    for local in (_fired(books) - story.triggers).elements():
        yield f"Expected {story.triggers[local]} triggers of {local}, was one more"
    for local in (_planned(books) - story.triggers).elements():
        yield f"Expected {story.triggers[local]} orders of {local}, was one more"
    for order in books.orders:
        if len(books.of_venue(order["id"])) > 1:
            yield f"Expected one order at the venue for {order['id']}, were {books.of_venue(order['id'])}"
    for signature in books.signed_again:
        yield f"Expected the venue to be sent one signature an order, was also {signature}"
    for stranger in {one.order_id for one in books.venue} - {order["id"] for order in books.orders}:
        yield f"Expected only orders of ours at the venue, was {stranger}"


def _fills_untold(books: Books) -> Iterator[str]:
    told = {key: place for place, key in reversed(list(enumerate(books.told)))}
    for order in books.orders:
        if not any(one.fills for one in books.of_venue(order["id"])):
            continue
        card = f"fill:{order['id']}"
        fill = next((place for key, place in told.items() if key == card or key.startswith(f"{card}:")), None)
        trigger = told.get(f"trigger:{order['rule_id']}:{order['trigger_no']}")
        if fill is None or trigger is None:
            yield f"Expected cards of trigger and fill of {order['id']}, were {books.told}"
        elif trigger > fill:
            yield f"Expected the trigger of {order['id']} to be told before its fill"


def _undone(books: Books, story: Story) -> Iterator[str]:
    if books.drafts.count("confirmed") != 1:
        yield f"Expected one confirmed draft, was {books.drafts}"
    if (_fired(books), _planned(books)) != (story.triggers, story.triggers):
        yield f"Expected triggers {story.triggers}, was {_fired(books)} with orders {_planned(books)}"
    local = _locals(books)
    traded: dict[str, Decimal] = {}
    for order in books.orders:
        at_venue, rule = books.of_venue(order["id"]), local[order["rule_id"]]
        if len(at_venue) != (order["state"] == "filled"):
            yield f"Expected an order at the venue only for one that filled, were {len(at_venue)} for {order}"
        traded[rule] = traded.get(rule, ZERO) + sum((base for one in at_venue for _, base, _, _ in one.fills), ZERO)
    if traded != story.trades:
        yield f"Expected trades of {story.trades}, was {traded}"
    for rule_id, number in books.triggers:
        if f"trigger:{rule_id}:{number}" not in books.told:
            yield f"Expected a card of trigger {number} of {local[rule_id]}, were {books.told}"


def _locals(books: Books) -> dict[str, str]:
    return {rule_id: local for rule_id, local, _ in books.rules}


def _fired(books: Books) -> Counter[str]:
    return Counter(_locals(books)[rule_id] for rule_id, _ in books.triggers)


def _planned(books: Books) -> Counter[str]:
    return Counter(_locals(books)[order["rule_id"]] for order in books.orders)


def _unfinished(books: Books) -> Iterator[str]:
    for rule_id, local, state in books.rules:
        if state in (RuleState.FIRING, RuleState.HELD):
            yield f"Expected {local} to be at rest, was {state}"
        if (books.jobs.get(rule_id) in ("active", "idle")) != (state in LIVE):
            yield f"Expected the job of {local} to follow its rule, which is {state}, was {books.jobs.get(rule_id)}"
    for order in books.orders:
        if order["state"] not in ENDED:
            yield f"Expected {order['id']} to have ended, was {order['state']}"
    if books.unsent:
        yield f"Expected every card to be sent, were {books.unsent} not"
    if books.dead_letters:
        yield f"Expected no dead letter, were {books.dead_letters}"


def _money(books: Books, story: Story) -> Iterator[str]:
    """The venue's books against its own fills, and ours against the venue's."""
    fills = [fill for order in books.venue for fill in order.fills]
    ours = {
        (t["venue_fill_id"], t["base"] * (1 if t["side"] == "buy" else -1), t["price"], t["fee"]) for t in books.trades
    }
    if ours != set(fills) or len(books.trades) != len(fills):
        yield f"Expected our trades to be the venue's fills {fills}, was {ours}"
    account = {name: Decimal(books.account.get(name, 0)) for name in ("deposits", "realised", "fees", "funding")}
    base, cash = story.held, DEPOSIT + account["funding"]
    entry = ENTRY if base else ZERO
    for _, traded, price, fee in fills:
        if base * traded >= 0:
            entry = (base * entry + traded * price) / (base + traded)
        else:
            cash += -traded * (price - entry)
        base, cash = base + traded, cash - fee
    said = account["deposits"] + account["realised"] - account["fees"] + account["funding"]
    # Money moves in millionths, rounded against the owner, once a fill.
    if not ZERO <= cash - said <= len(fills) * Decimal("0.000002"):
        yield f"Expected {cash} of cash, was {said}"
    held = books.account.get("holdings", {}).get(MARKET)
    if (ZERO if held is None else Decimal(held["base"])) != base:
        yield f"Expected a position of {base}, was {held}"
    if story.held + sum(story.trades.values(), ZERO) != base:
        yield f"Expected the position to end at {story.held} + {sum(story.trades.values())}, was {base}"


def _last(books: Books) -> tuple[str, int, int]:
    """The newest order's state, how many orders the venue has for it, and how many trades we know of it."""
    if not books.orders:
        return "none", 0, 0
    order = books.orders[-1]
    trades = sum(trade["order_id"] == order["id"] for trade in books.trades)
    return order["state"], len(books.of_venue(order["id"])), trades


MOMENTS: Mapping[str, Callable[[Books, int], bool]] = {
    "confirm.before_commit": lambda books, _: books.drafts[-1] == "awaiting_confirmation" and not books.rules,
    "confirm.after_commit": lambda books, _: books.drafts[-1] == "confirmed" and bool(books.rules),
    "fire.before_commit": lambda books, nth: len(books.orders) == nth - 1,
    "fire.after_commit": lambda books, nth: len(books.orders) == nth and _last(books) == ("planned", 0, 0),
    "execute.before_sign_commit": lambda books, _: _last(books) == ("planned", 0, 0),
    "execute.after_sign_commit": lambda books, _: _last(books) == ("signed", 0, 0),
    "execute.before_send": lambda books, _: _last(books) == ("signed", 0, 0),
    "execute.after_send": lambda books, _: _last(books)[1] == 1,
    "execute.after_sent_commit": lambda books, _: _last(books)[0] in ("sent", "filled"),
    "settle.before_commit": lambda books, _: _last(books)[1:] == (1, 0),
    "settle.after_commit": lambda books, _: _last(books) == ("filled", 1, 1),
    "deliver.after_send": lambda books, _: books.unsent > 0 and len(books.told) > 0,
}
"""What must be stored right after a kill at the n-th passing of a point, so that the point is where its name says."""


def torn(books: Books, story: Story) -> Iterator[str]:
    """What may not be true even at the instant of a kill: a draft and its rules are confirmed together."""
    confirmed = "confirmed" in books.drafts
    if confirmed != (len(books.rules) == len(story.steps[0].states)) or (not confirmed and books.rules):
        yield f"Expected draft and rules to be confirmed together, was {books.drafts} with {books.rules}"
    if books.agreed and not confirmed:
        yield "Expected what the person was shown as confirmed to be stored"
    for order in books.orders:
        if len(books.of_venue(order["id"])) > 1:
            yield f"Expected at most one live order for {order['id']}, were more"
