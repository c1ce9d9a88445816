"""What the API answers beside rules and drafts, as OpenAPI and the dashboard's types know it; decides no value."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.schemas import Amount
from core.domain.order import OrderState
from core.domain.preference import Loudness, Topic


class OrderOut(BaseModel):
    """One leg of a trigger, from plan to end."""

    id: str
    rule_id: str
    trigger_no: int
    leg_no: int
    market: str
    state: OrderState
    venue: str
    side: Literal["buy", "sell"] | None = None
    type: str | None = None
    base: Amount | None = None
    price: Amount | None = None
    reduce_only: bool | None = None
    filled_base: Amount
    average_price: Amount | None = None
    cancel_asked: bool
    attempts: int
    reason: str | None = None
    created_at: datetime
    due_at: datetime
    approval_until: datetime | None = None
    ended_at: datetime | None = None


class OrdersOut(BaseModel):
    """A page, newest first; `next` is the `before` of the page after it."""

    orders: list[OrderOut]
    next: str | None = None


class TradeOut(BaseModel):
    """What actually traded."""

    number: int
    order_id: str
    rule_id: str
    market: str
    side: Literal["buy", "sell"]
    base: Amount
    price: Amount
    notional: Amount
    fee: Amount
    realised_pnl: Amount | None = None
    maker: bool
    at: datetime
    venue: str
    simulated: bool


class TradesOut(BaseModel):
    """A page, newest first; `next` is the `before` of the page after it."""

    trades: list[TradeOut]
    next: int | None = None


class CauseOut(BaseModel):
    """One of the events that led to the fill."""

    id: str
    name: str
    at: datetime


class SaidOut(BaseModel):
    """The draft that was agreed to: what was said, and the read-back that was confirmed."""

    draft_id: str
    words: str
    read_back: list[str]
    confirmed_at: datetime | None = None


class FiredOut(BaseModel):
    """The rule in the version that fired; `says` is how it read then."""

    id: str
    label: str
    version: int
    says: str | None = None


class OriginOut(BaseModel):
    """A fill traced back to the sentence; `trail` begins with the order's latest event and ends at the sentence."""

    trade: TradeOut
    order: OrderOut
    rule: FiredOut
    draft: SaidOut | None = None
    trail: list[CauseOut]


class WorthOut(BaseModel):
    """What the account was worth at an instant, in quote."""

    at: datetime
    equity: Amount


class WorthsOut(BaseModel):
    """Equity over time, oldest first. An instant at which something was held that had no price is missing."""

    timeframe: str
    venue: str
    simulated: bool
    points: list[WorthOut]


class PnlLineOut(BaseModel):
    """One day, market or rule. `net` = realised - fees + funding."""

    key: str
    realised: Amount
    fees: Amount
    funding: Amount
    net: Amount
    fills: int


class PnlOut(BaseModel):
    """Profit and loss; funding belongs to positions, so by rule there is none."""

    by: Literal["day", "market", "rule"]
    lines: list[PnlLineOut]


class PositionOut(BaseModel):
    """What is held; `base` is signed."""

    market: str
    side: Literal["long", "short"]
    base: Amount
    entry_price: Amount
    mark: Amount
    notional: Amount
    unrealised_pnl: Amount
    pnl_percent: Amount
    liquidation_price: Amount | None = None
    funding: Amount


class PositionsOut(BaseModel):
    """Open positions."""

    positions: list[PositionOut]


class FeesOut(BaseModel):
    """What the venue's network took for the owner's transactions so far, none of it from their collateral."""

    sol: Amount
    transactions: int


class AccountOut(BaseModel):
    """The account at its venue as it is now, in quote."""

    owner: int
    paused: bool
    venue: str
    simulated: bool
    equity: Amount
    collateral: Amount
    free_collateral: Amount
    leverage: Amount
    health: Amount
    positions: list[PositionOut]
    network_fees: FeesOut | None = None


class PausedOut(BaseModel):
    """Whether everything of the owner's is paused."""

    paused: bool


class KilledOut(BaseModel):
    """Everything is paused and orders are being cancelled; what stays open is named."""

    rules_paused: int
    orders_cancelled: int
    positions: list[str]


class PriceOut(BaseModel):
    """A market as it was last seen; `simulated` prices are invented or replayed."""

    market: str
    price: Amount
    at: datetime
    source: str
    simulated: bool
    confidence: Amount | None = None
    funding_rate: Amount | None = None


class PricesOut(BaseModel):
    """Fresh, trusted prices. A market without one is missing."""

    prices: list[PriceOut]
    source: str
    simulated: bool
    notice: str | None = None


class MarketOut(BaseModel):
    """What can be traded; margins are fractions of notional, fees in basis points."""

    symbol: str
    base: str
    name: str
    tick: Amount
    step: Amount
    min_base: Amount
    initial_margin: Amount
    maintenance_margin: Amount
    taker_fee_bps: Amount
    maker_fee_bps: Amount
    max_leverage: Amount


class MarketsOut(BaseModel):
    """Markets by symbol."""

    markets: list[MarketOut]


class CandleOut(BaseModel):
    """Prices over `[start, start + timeframe)`."""

    market: str
    timeframe: str
    start: datetime
    open: Amount
    high: Amount
    low: Amount
    close: Amount
    volume: Amount | None = None
    funding_rate: Amount | None = None
    source: str


class CandlesOut(BaseModel):
    """Closed candles, oldest first."""

    candles: list[CandleOut]


class JobOut(BaseModel):
    """A rule being watched; its id is the rule's."""

    id: str
    rule_id: str
    kind: Literal["price_monitor", "position_monitor", "time_based"]
    state: Literal["active", "idle", "done", "failed"]
    checks: int
    failures: int
    last_check_at: datetime | None = None
    last_price: Amount | None = None
    next_run_at: datetime | None = None


class JobsOut(BaseModel):
    """Jobs, that of the newest rule first."""

    jobs: list[JobOut]


class JobLogOut(BaseModel):
    """One line of what was checked and when: armed, checked, triggered, retried, failed, dead_lettered …"""

    number: int
    at: datetime
    what: str
    detail: dict[str, Any]


class JobLogsOut(BaseModel):
    """A page, newest first; `next` is the `before` of the page after it."""

    logs: list[JobLogOut]
    next: int | None = None


class EventsOut(BaseModel):
    """Events, oldest first; `token` is the `after` that goes on behind them."""

    events: list[dict[str, Any]] = Field(
        description="each with id, name (noun.past_participle), at, and its own fields"
    )
    token: str


class NoticeOut(BaseModel):
    """An event as people are told it."""

    id: str
    name: str
    at: datetime
    rule_id: str | None = None
    title: str
    lines: list[str]
    tone: Literal["plain", "good", "warn", "bad"]
    unread: bool | None = Field(default=None, description="newest first only: whether it is not marked as read")


class NoticesOut(BaseModel):
    """A page of the inbox.

    Oldest first, `token` is the `after` of the page behind it. Newest first, `token` is the place behind the newest,
    to be marked as read, and `next` the `before` of the next page. `read_up_to` is what was last marked as read.
    """

    notifications: list[NoticeOut]
    token: str
    read_up_to: str
    next: str | None = None


class LetterOut(BaseModel):
    """An order whose wake-up was given up."""

    id: int
    order_id: str
    attempts: int
    reason: str
    at: datetime


class LettersOut(BaseModel):
    """Dead letters, newest first."""

    dead_letters: list[LetterOut]


class QuietHoursOut(BaseModel):
    """Hours of the owner's day in which everything comes silently."""

    start: str
    end: str


class SettingsOut(BaseModel):
    """What the owner has set; `notices` says of every topic how it is told."""

    timezone: str
    notices: dict[Topic, Loudness]
    quiet_hours: QuietHoursOut | None = None
    slippage_bps: int
    show_in_groups: bool


class ReplayOut(BaseModel):
    """What would have happened; a simulation, and no promise."""

    rules: list[str]
    triggers: list[dict[str, Any]]
    fills: list[dict[str, Any]]
    equity: Amount
    pnl: Amount
    positions: dict[str, Amount]
    notes: list[str]


class HealthOut(BaseModel):
    """Whether the process lives, or can serve."""

    status: Literal["ok", "unready"]
    checks: dict[str, str] = {}
