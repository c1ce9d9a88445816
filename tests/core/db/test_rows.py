"""Rows leave nothing out: a field that the domain grows must find its column."""

from dataclasses import fields, replace
from typing import Any

import pytest

from core.db import rows, tables
from core.domain.action import Close
from core.domain.ids import OwnerId
from core.domain.limit import Limits
from core.domain.market import Candle
from core.domain.order import Fill, Order
from core.domain.owner import Draft
from core.domain.rule import Rule
from core.ports import Job, JobLog
from tests import samples
from tests.clock import START

RULE = samples.rule(OwnerId(1))
ORDER = samples.order(RULE)
JOB = Job(rule_id=RULE.id, owner=RULE.owner, kind="price_monitor", state="active")
LINE = JobLog(rule_id=RULE.id, owner=RULE.owner, at=START, what="armed")


@pytest.mark.parametrize(
    ("kind", "row", "table", "beside"),
    [
        (Draft, rows.draft_row(samples.draft(RULE.owner)), tables.drafts, set()),
        (Rule, rows.rule_row(RULE), tables.trading_rules, {"markets"}),
        (Order, rows.order_row(ORDER), tables.orders, set()),
        (Fill, rows.fill_row(samples.fill(ORDER)), tables.trades, {"id"}),
        (Job, rows.job_row(JOB), tables.jobs, set()),
        (JobLog, rows.job_log_row(LINE), tables.job_logs, {"id"}),
        (Limits, rows.limits_row(Limits()), tables.limits, {"owner"}),
        (Candle, rows.candle_row(samples.candle(START, "1")) | {"timeframe": None}, tables.price_snapshots, set()),
    ],
)
def test_every_field_has_its_column(kind: Any, row: dict[str, Any], table: Any, beside: set[str]) -> None:
    names = {field.name for field in fields(kind)}
    assert set(row) - beside == names
    assert {column.name for column in table.columns} - beside == names - {"timeframe"}


def test_a_rules_markets_are_those_it_watches_and_acts_on() -> None:
    elsewhere = replace(RULE, spec=replace(RULE.spec, action=Close(market="BTC-PERP")))
    assert rows.rule_row(elsewhere)["markets"] == ["BTC-PERP", "SOL-PERP"]
