"""What was understood of one clause, with None for what was not said; decides no default and asks nothing."""

from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Literal

from core.domain.condition import IndicatorName, OtherIndicator
from core.parse.grammar.calendar import Clock, When
from core.parse.grammar.items import Amount

Unit = Literal["usd", "percent"]
Direction = Literal["up", "down", "either"]
PositionSide = Literal["long", "short"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The price against a level; operator None: "hits", decided by the current price.

    `at_entry`: the level is where the position was entered. `near`: not the level itself, but `within` so much of it.
    """

    market: str | None = None
    operator: Literal[">=", "<="] | None = None
    price: Decimal | None = None
    for_s: int | None = None
    at_entry: bool = False
    near: bool = False
    within: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A move of the price; unit None: none was said. `favour` is set instead of a direction for profit and loss.

    `unsaid` marks "when up 10 %", which names neither the price nor the trader as what is up; `state` that something
    is up by then, and not that it moves from here.
    """

    market: str | None = None
    direction: Direction | None = None
    threshold: Decimal | None = None
    unit: Unit | None = None
    reference: Literal["current_price", "entry_price", "window"] = "current_price"
    window_s: int | None = None
    favour: Literal["profit", "loss"] | None = None
    unsaid: bool = False
    state: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A trailing stop, or a rebound from the low; direction None: decided by the position's side.

    `gained` is the percent of profit that it should begin to trail at, where no price was named.
    """

    market: str | None = None
    direction: Literal["down", "up"] | None = None
    distance: Decimal | None = None
    unit: Unit | None = None
    activation: Decimal | None = None
    gained: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleDraft:
    """A candle's close against a price."""

    market: str | None = None
    timeframe: str | None = None
    operator: Literal[">=", "<="]
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorDraft:
    """An indicator against a value or another one; operator `crosses`: it was not said from which side."""

    market: str | None = None
    timeframe: str | None = None
    name: IndicatorName
    period: int | None = None
    operator: Literal[">=", "<=", "crosses_above", "crosses_below", "crosses"]
    value: Decimal | None = None
    other: OtherIndicator | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlDraft:
    """Profit (threshold > 0) or loss of a position; market None: carried."""

    market: str | None = None
    operator: Literal[">=", "<="]
    threshold: Decimal
    unit: Unit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """Something happens to a position."""

    market: str | None = None
    event: Literal["opened", "closed", "increased", "decreased", "liquidated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDraft:
    """An account metric against a value."""

    metric: Literal["health", "leverage", "free_collateral", "margin_ratio"]
    operator: Literal[">=", "<="]
    value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingDraft:
    """Funding in percent an hour; `over_h` is the interval that was said."""

    market: str | None = None
    operator: Literal[">=", "<="]
    value: Decimal
    over_h: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeDraft:
    """Once, at a time."""

    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDraft:
    """Again and again: a plain interval, or a clock time (and `more` of them) on some days (cron's day field).

    `month_day` is cron's field too; "" where a day of the month was meant and none was said.
    """

    every_s: int | None = None
    clock: Clock | None = None
    more: tuple[Clock, ...] = ()
    days: str = "*"
    month_day: str = "*"
    zone: str | None = None
    start: When | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledDraft:
    """Once the entry is filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHit:
    """After the n-th target (or stop) was hit."""

    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDraft:
    """Conditions joined by and (`all`) or or (`any`)."""

    type: Literal["all", "any"]
    parts: "tuple[Cond, ...]"


Cond = (
    Level | Change | Trail | CandleDraft | IndicatorDraft | PnlDraft | EventDraft | AccountDraft | FundingDraft
    | TimeDraft | ScheduleDraft | FilledDraft | TargetHit | GroupDraft
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Order:
    """How an order is to be placed, as far as it was said; `counted`: "4 orders of $100", each or in all."""

    type: Literal["market", "limit", "twap", "ladder"] | None = None
    price: Decimal | None = None
    post_only: bool = False
    ttl_s: int | None = None
    slippage_bps: int | None = None
    over_s: int | None = None
    slices: int | None = None
    orders: int | None = None
    counted: bool = False
    from_price: Decimal | None = None
    to_price: Decimal | None = None


@dataclass(slots=True, kw_only=True)
class Act:
    """An action as said.

    `verb` is the family of the word used. `held` says that a position was spoken of ("my position", "half", "cover"),
    `everything` that all of them were, `all` that the word was "all", which may mean it, `vague` that a size was
    hinted at ("some"), `loose_number` that a bare number may be no size, `some_day` that a moment was hinted at ("the
    dip"). `at` is the price of "at X", which becomes a condition or a limit.
    """

    verb: Literal[
        "buy", "sell", "long", "short", "cover", "trim", "exit", "close", "reverse",
        "cancel_orders", "cancel_rules", "pause_rules", "move_stop", "alert",
    ]  # fmt: skip
    market: str | None = None
    size: Amount | None = None
    margin: Decimal | None = None
    leverage: Decimal | None = None
    notional: bool = False
    of_collateral: bool = False
    at_once: bool = False
    held: bool = False
    everything: bool = False
    rest: bool = False
    whole: bool = False
    all: bool = False
    it: bool = False
    side: PositionSide | None = None
    reduce_only: bool = False
    order: Order
    at: Decimal | None = None
    at_operator: Literal[">=", "<="] | None = None
    message: str | None = None
    to: Decimal | Literal["entry_price"] | None = None
    purpose: Literal["target", "stop", "trail"] | None = None
    number: int | None = None
    inline: Cond | None = None
    bad_number: bool = False
    loose_number: bool = False
    unnamed: bool = False
    vague: bool = False
    some_day: bool = False
    filter: str | None = None
    text: str = ""


@dataclass(slots=True, kw_only=True)
class RuleDraft:
    """One rule as understood: `cond` None means at once, or a level that the action names itself.

    `sentence` numbers the sentences of a message; `cond_first` says that the condition was said before the action.
    `follows` is the draft, no entry, whose fill this one waits for.
    """

    cond: Cond | None
    act: Act
    repeat: bool = False
    times: int | None = None
    cooldown_s: int = 0
    expires: When | None = None
    then: bool = False
    oco: bool = False
    sentence: int = 0
    cond_first: bool = False
    follows: int | None = None


class _Fields(dict[type, tuple[str, ...]]):
    """The names of a dataclass's fields but its flags, looked up once for each class; none for any other class."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        said = fields(kind) if is_dataclass(kind) else ()
        names = self[kind] = tuple(one.name for one in said if one.type is not bool)
        return names


FIELDS = _Fields()
