"""The tables as SQLAlchemy Core sees them and the money rules the database itself enforces; decides no query.

Money and sizes are NUMERIC, times timestamptz, states text with a CHECK of the domain's own names. How each table came
to be is in `migrations/`; a test holds the two equal. PgQueuer's own tables are in `migrations/` only.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from core.domain.order import IN_FLIGHT, OrderState
from core.domain.owner import OPEN_DRAFTS, DraftState
from core.domain.rule import RuleState

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

_Moment = DateTime(timezone=True)


def one_of(column: str, names: Iterable[str]) -> str:
    return "{} IN ({})".format(column, ", ".join(f"'{name}'" for name in sorted(names)))


def _states(names: Iterable[str]) -> CheckConstraint:
    return CheckConstraint(one_of("state", names), name="state")


def _owner(**options: Any) -> Column[int]:
    return Column("owner", Integer, ForeignKey("users.id"), nullable=False, **options)


users = Table(
    "users",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("created_at", _Moment, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("preferences", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
)

limits = Table(
    "limits",
    metadata,
    _owner(primary_key=True),
    Column("max_order_usd", Numeric, nullable=False),
    Column("max_position_usd", Numeric, nullable=False),
    Column("max_leverage", Numeric, nullable=False),
    Column("max_slippage_bps", Integer, nullable=False),
    Column("max_orders_a_day", Integer, nullable=False),
    CheckConstraint(
        "max_order_usd >= 0 AND max_position_usd >= 0 AND max_leverage >= 0"
        " AND max_slippage_bps >= 0 AND max_orders_a_day >= 0",
        name="sign",
    ),
)

links = Table(
    "links",
    metadata,
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    _owner(index=True),
    Column("created_at", _Moment, nullable=False),
    Column("dead_since", _Moment),
    Column("dead_reason", Text),
    PrimaryKeyConstraint("channel", "address"),
)

wallets = Table(
    "wallets",
    metadata,
    Column("address", Text, primary_key=True),
    _owner(index=True),
    Column("kind", Text, nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("trading", Text),
    Column("delegated_at", _Moment),
    CheckConstraint(one_of("kind", ["delegate", "signin"]), name="kind"),
    CheckConstraint(one_of("trading", ["approve", "delegate"]), name="trading"),
    # The account that is traded is one wallet's.
    Index("wallets_trading_idx", "owner", unique=True, postgresql_where=text("trading IS NOT NULL")),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("words", Text, nullable=False),
    Column("result", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("expires_at", _Moment, nullable=False),
    Column("event_id", Text),
    Column("summary", Text, nullable=False),
    Column("earlier", JSONB, nullable=False),
    Column("replaces", Text),
    _states(DraftState),
    Index("drafts_open_idx", "owner", "created_at", postgresql_where=text(one_of("state", OPEN_DRAFTS))),
)

trading_rules = Table(
    "trading_rules",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("number", Integer, nullable=False),
    Column("set_id", Text, nullable=False),
    Column("draft_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("markets", ARRAY(Text), nullable=False),
    Column("spec", JSONB, nullable=False),
    Column("words", Text, nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("armed_at", _Moment),
    Column("references", JSONB, nullable=False),
    Column("memory", JSONB, nullable=False),
    Column("trigger_no", Integer, nullable=False),
    Column("fired_at", _Moment),
    Column("after_rule", Text),
    Column("held_by", Text),
    Column("bound_side", Text),
    Column("resume_to", Text),
    Column("reason", Text),
    Column("sentry", Text),
    Column("cause", Text),
    UniqueConstraint("owner", "number"),
    _states(RuleState),
    CheckConstraint(one_of("bound_side", ["long", "short"]), name="bound_side"),
    Index("trading_rules_armed_idx", "id", postgresql_where=text(one_of("state", [RuleState.ARMED]))),
)

jobs = Table(
    "jobs",
    metadata,
    Column("rule_id", Text, ForeignKey("trading_rules.id"), primary_key=True),
    _owner(),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("checks", BigInteger, nullable=False),
    Column("last_check_at", _Moment),
    Column("last_price", Numeric),
    Column("failures", Integer, nullable=False),
    Column("next_run_at", _Moment),
    CheckConstraint(one_of("kind", ["price_monitor", "position_monitor", "time_based"]), name="kind"),
    _states(["active", "idle", "done", "failed"]),
)

job_logs = Table(
    "job_logs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("rule_id", Text, ForeignKey("trading_rules.id"), nullable=False),
    _owner(),
    Column("at", _Moment, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Index("job_logs_rule_idx", "rule_id", "id"),
)

_VENUE_MAY_HAVE_IT = one_of("state", IN_FLIGHT)

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("rule_id", Text, ForeignKey("trading_rules.id"), nullable=False),
    Column("trigger_no", Integer, nullable=False),
    Column("leg_no", Integer, nullable=False),
    Column("market", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", _Moment, nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("venue", Text, nullable=False),
    Column("share", Numeric, nullable=False),
    Column("step", Text, nullable=False),
    Column("limit_price", Numeric),
    Column("trigger_price", Numeric),
    Column("intent", JSONB(none_as_null=True)),
    Column("signature", Text),
    Column("raw", LargeBinary),
    Column("valid_until", _Moment),
    Column("approval_until", _Moment),
    Column("attempts", Integer, nullable=False),
    Column("filled_base", Numeric, nullable=False),
    Column("filled_quote", Numeric, nullable=False),
    Column("reason", Text),
    Column("proof", Text),
    Column("ended_at", _Moment),
    Column("cancel_asked", Boolean, nullable=False),
    Column("replaces", Text),
    Column("cause", Text),
    # One leg of one trigger is one row, and a row has one live order: what could double an order cannot be stored.
    UniqueConstraint("rule_id", "trigger_no", "leg_no"),
    _states(OrderState),
    CheckConstraint(one_of("step", ["trade", "reverse_open", "sentry"]), name="step"),
    CheckConstraint("share > 0 AND share <= 1", name="share"),
    CheckConstraint("filled_base >= 0 AND filled_quote >= 0", name="filled"),
    # Nothing may be at a venue whose signed bytes were not stored before.
    CheckConstraint(
        f"NOT ({_VENUE_MAY_HAVE_IT}) OR (signature IS NOT NULL AND raw IS NOT NULL AND valid_until IS NOT NULL)",
        name="signed",
    ),
    Index("orders_signature_idx", "venue", "signature", unique=True, postgresql_where=text("signature IS NOT NULL")),
    Index("orders_owner_idx", "owner", "created_at"),
    Index(
        "orders_open_idx",
        "created_at",
        "id",
        postgresql_where=text(one_of("state", IN_FLIGHT | {OrderState.PLANNED})),
    ),
)

trades = Table(
    "trades",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("venue", Text, nullable=False),
    Column("venue_fill_id", Text, nullable=False),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, index=True),
    _owner(),
    Column("rule_id", Text, nullable=False),
    Column("market", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("base", Numeric, nullable=False),
    Column("price", Numeric, nullable=False),
    Column("fee", Numeric, nullable=False),
    Column("at", _Moment, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("realised_pnl", Numeric),
    Column("maker", Boolean, nullable=False),
    UniqueConstraint("venue", "venue_fill_id"),
    CheckConstraint(one_of("side", ["buy", "sell"]), name="side"),
    CheckConstraint("base > 0 AND price > 0", name="sign"),
    Index("trades_owner_idx", "owner", "at", "id"),
)

price_snapshots = Table(
    "price_snapshots",
    metadata,
    Column("market", Text, nullable=False),
    Column("start", _Moment, nullable=False),
    Column("open", Numeric, nullable=False),
    Column("high", Numeric, nullable=False),
    Column("low", Numeric, nullable=False),
    Column("close", Numeric, nullable=False),
    Column("volume", Numeric),
    Column("funding_rate", Numeric),
    Column("source", Text, nullable=False),
    PrimaryKeyConstraint("market", "start"),
    CheckConstraint("date_trunc('minute', start, 'UTC') = start", name="minute"),
)

events = Table(
    "events",
    metadata,
    # The writing transaction's number: readers go by (xid, id) and stay below the oldest transaction still open, for
    # ids alone are handed out before their transactions commit. BIGINT: 64 bits of a counter that starts at 3.
    Column("xid", BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")),
    Column("id", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("owner", Integer),
    Column("rule_id", Text),
    Column("name", Text, nullable=False),
    Column("at", _Moment, nullable=False),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("xid", "id"),
    Index("events_owner_idx", "owner", "xid", "id"),
)

event_epochs = Table(
    "event_epochs",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("cluster", Text, nullable=False),
    Column("shift", BigInteger, nullable=False),
    Column("began_at", _Moment, nullable=False, server_default=func.now()),
)

reader_cursors = Table(
    "reader_cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("cursor", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _owner(),
    Column("event_id", BigInteger, ForeignKey("events.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("retry_at", _Moment),
    Column("sent_at", _Moment),
    Column("message_ref", Text),
    Column("reason", Text),
    Column("urgency", Integer, nullable=False, server_default="1"),
    Column("silent", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("event_id", "channel", "address"),
    _states(["pending", "sent", "failed"]),
    Index("deliveries_pending_idx", "channel", "address", "id", postgresql_where=text("state = 'pending'")),
    Index("deliveries_urgency_idx", "channel", "urgency", "id", postgresql_where=text("state = 'pending'")),
    Index(
        "deliveries_resting_idx",
        "channel",
        "retry_at",
        postgresql_where=text("state = 'pending' AND retry_at IS NOT NULL"),
    ),
)

leases = Table(
    "leases",
    metadata,
    Column("partition", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires", _Moment, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", _Moment, nullable=False),
)

venue_standings = Table(
    "venue_standings",
    metadata,
    Column("venue", Text, primary_key=True),
    Column("body", JSONB, nullable=False),
)

activity_cursors = Table(
    "activity_cursors",
    metadata,
    _owner(),
    Column("venue", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    PrimaryKeyConstraint("owner", "venue"),
)
