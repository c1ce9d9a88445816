"""Domain values ⇄ rows of the tables, noun by noun; decides spelling, not queries."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.codec import from_json, from_kept, to_json
from core.domain.condition import markets_of
from core.domain.ids import DraftId, EventId, OrderId, OwnerId, RuleId, SetId
from core.domain.limit import Limits
from core.domain.market import Candle, Timeframe
from core.domain.order import Fill, Order, OrderIntent, OrderState
from core.domain.owner import Draft, DraftState, Owner, Said
from core.domain.preference import Preferences
from core.domain.reading import ParseResult
from core.domain.rule import Rule, RuleSpec, RuleState
from core.ports.storage import Job, JobLog

Row = Mapping[Any, Any]
"""Values by the name of their column, as SQLAlchemy's RowMapping gives them."""


def owner_of(row: Row) -> Owner:
    """An owner from a row of `users` joined with `limits`."""
    return Owner(
        id=OwnerId(row["id"]),
        created_at=row["created_at"],
        timezone=row["timezone"],
        paused=row["paused"],
        limits=Limits(
            max_order_usd=row["max_order_usd"],
            max_position_usd=row["max_position_usd"],
            max_leverage=row["max_leverage"],
            max_slippage_bps=row["max_slippage_bps"],
            max_orders_a_day=row["max_orders_a_day"],
        ),
        preferences=from_kept(Preferences, row["preferences"]),
    )


def user_row(owner: Owner) -> dict[str, Any]:
    return {"timezone": owner.timezone, "paused": owner.paused, "preferences": to_json(owner.preferences)}


def limits_row(limits: Limits) -> dict[str, Any]:
    return {
        "max_order_usd": limits.max_order_usd,
        "max_position_usd": limits.max_position_usd,
        "max_leverage": limits.max_leverage,
        "max_slippage_bps": limits.max_slippage_bps,
        "max_orders_a_day": limits.max_orders_a_day,
    }


def draft_of(row: Row) -> Draft:
    return Draft(
        id=DraftId(row["id"]),
        owner=OwnerId(row["owner"]),
        words=row["words"],
        result=from_kept(ParseResult, row["result"]),
        state=DraftState(row["state"]),
        revision=row["revision"],
        channel=row["channel"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        event_id=None if row["event_id"] is None else EventId(row["event_id"]),
        summary=row["summary"],
        earlier=tuple(
            Said(words=said["words"], result=from_json(ParseResult, said["result"])) for said in row["earlier"]
        ),
        replaces=None if row["replaces"] is None else RuleId(row["replaces"]),
    )


def draft_row(draft: Draft) -> dict[str, Any]:
    return {
        "id": draft.id,
        "owner": draft.owner,
        "words": draft.words,
        "result": to_json(draft.result),
        "state": draft.state,
        "revision": draft.revision,
        "channel": draft.channel,
        "created_at": draft.created_at,
        "expires_at": draft.expires_at,
        "event_id": draft.event_id,
        "summary": draft.summary,
        "earlier": [{"words": said.words, "result": to_json(said.result)} for said in draft.earlier],
        "replaces": draft.replaces,
    }


def rule_of(row: Row) -> Rule:
    return Rule(
        id=RuleId(row["id"]),
        owner=OwnerId(row["owner"]),
        number=row["number"],
        set_id=SetId(row["set_id"]),
        draft_id=DraftId(row["draft_id"]),
        version=row["version"],
        state=RuleState(row["state"]),
        spec=from_kept(RuleSpec, row["spec"]),
        words=row["words"],
        created_at=row["created_at"],
        armed_at=row["armed_at"],
        references={market: Decimal(price) for market, price in row["references"].items()},
        memory=row["memory"],
        trigger_no=row["trigger_no"],
        fired_at=row["fired_at"],
        after_rule=None if row["after_rule"] is None else RuleId(row["after_rule"]),
        held_by=None if row["held_by"] is None else RuleId(row["held_by"]),
        bound_side=row["bound_side"],
        resume_to=None if row["resume_to"] is None else RuleState(row["resume_to"]),
        reason=row["reason"],
        sentry=None if row["sentry"] is None else OrderId(row["sentry"]),
        cause=None if row["cause"] is None else EventId(row["cause"]),
    )


def rule_row(rule: Rule) -> dict[str, Any]:
    markets = markets_of(rule.spec.condition) | {getattr(rule.spec.action, "market", None)}
    return {
        "id": rule.id,
        "owner": rule.owner,
        "number": rule.number,
        "set_id": rule.set_id,
        "draft_id": rule.draft_id,
        "version": rule.version,
        "state": rule.state,
        "markets": sorted(market for market in markets if market is not None),
        "spec": to_json(rule.spec),
        "words": rule.words,
        "created_at": rule.created_at,
        "armed_at": rule.armed_at,
        "references": to_json(rule.references),
        "memory": to_json(rule.memory),
        "trigger_no": rule.trigger_no,
        "fired_at": rule.fired_at,
        "after_rule": rule.after_rule,
        "held_by": rule.held_by,
        "bound_side": rule.bound_side,
        "resume_to": rule.resume_to,
        "reason": rule.reason,
        "sentry": rule.sentry,
        "cause": rule.cause,
    }


def order_of(row: Row) -> Order:
    return Order(
        id=OrderId(row["id"]),
        owner=OwnerId(row["owner"]),
        rule_id=RuleId(row["rule_id"]),
        trigger_no=row["trigger_no"],
        leg_no=row["leg_no"],
        market=row["market"],
        state=OrderState(row["state"]),
        due_at=row["due_at"],
        created_at=row["created_at"],
        venue=row["venue"],
        share=row["share"],
        step=row["step"],
        limit_price=row["limit_price"],
        trigger_price=row["trigger_price"],
        intent=None if row["intent"] is None else from_json(OrderIntent, row["intent"]),
        signature=row["signature"],
        raw=row["raw"],
        valid_until=row["valid_until"],
        approval_until=row["approval_until"],
        attempts=row["attempts"],
        filled_base=row["filled_base"],
        filled_quote=row["filled_quote"],
        reason=row["reason"],
        proof=row["proof"],
        ended_at=row["ended_at"],
        cancel_asked=row["cancel_asked"],
        replaces=None if row["replaces"] is None else OrderId(row["replaces"]),
        cause=None if row["cause"] is None else EventId(row["cause"]),
    )


def order_row(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "owner": order.owner,
        "rule_id": order.rule_id,
        "trigger_no": order.trigger_no,
        "leg_no": order.leg_no,
        "market": order.market,
        "state": order.state,
        "due_at": order.due_at,
        "created_at": order.created_at,
        "venue": order.venue,
        "share": order.share,
        "step": order.step,
        "limit_price": order.limit_price,
        "trigger_price": order.trigger_price,
        "intent": to_json(order.intent),
        "signature": order.signature,
        "raw": order.raw,
        "valid_until": order.valid_until,
        "approval_until": order.approval_until,
        "attempts": order.attempts,
        "filled_base": order.filled_base,
        "filled_quote": order.filled_quote,
        "reason": order.reason,
        "proof": order.proof,
        "ended_at": order.ended_at,
        "cancel_asked": order.cancel_asked,
        "replaces": order.replaces,
        "cause": order.cause,
    }


def fill_of(row: Row) -> Fill:
    return Fill(
        venue_fill_id=row["venue_fill_id"],
        order_id=OrderId(row["order_id"]),
        owner=OwnerId(row["owner"]),
        rule_id=RuleId(row["rule_id"]),
        market=row["market"],
        side=row["side"],
        base=row["base"],
        price=row["price"],
        fee=row["fee"],
        at=row["at"],
        venue=row["venue"],
        simulated=row["simulated"],
        realised_pnl=row["realised_pnl"],
        maker=row["maker"],
    )


def fill_row(fill: Fill) -> dict[str, Any]:
    return {
        "venue_fill_id": fill.venue_fill_id,
        "order_id": fill.order_id,
        "owner": fill.owner,
        "rule_id": fill.rule_id,
        "market": fill.market,
        "side": fill.side,
        "base": fill.base,
        "price": fill.price,
        "fee": fill.fee,
        "at": fill.at,
        "venue": fill.venue,
        "simulated": fill.simulated,
        "realised_pnl": fill.realised_pnl,
        "maker": fill.maker,
    }


def job_of(row: Row) -> Job:
    return Job(
        rule_id=RuleId(row["rule_id"]),
        owner=OwnerId(row["owner"]),
        kind=row["kind"],
        state=row["state"],
        checks=row["checks"],
        last_check_at=row["last_check_at"],
        last_price=row["last_price"],
        failures=row["failures"],
        next_run_at=row["next_run_at"],
    )


def job_row(job: Job) -> dict[str, Any]:
    return {
        "rule_id": job.rule_id,
        "owner": job.owner,
        "kind": job.kind,
        "state": job.state,
        "checks": job.checks,
        "last_check_at": job.last_check_at,
        "last_price": job.last_price,
        "failures": job.failures,
        "next_run_at": job.next_run_at,
    }


def job_log_of(row: Row) -> JobLog:
    return JobLog(
        rule_id=RuleId(row["rule_id"]),
        owner=OwnerId(row["owner"]),
        at=row["at"],
        what=row["what"],
        detail=row["detail"],
    )


def job_log_row(line: JobLog) -> dict[str, Any]:
    return {
        "rule_id": line.rule_id,
        "owner": line.owner,
        "at": line.at,
        "what": line.what,
        "detail": to_json(line.detail),
    }


def candle_of(row: Row, timeframe: Timeframe) -> Candle:
    return Candle(
        market=row["market"],
        timeframe=timeframe,
        start=row["start"],
        open=row["open"],
        high=row["high"],
        low=row["low"],
        close=row["close"],
        volume=row["volume"],
        funding_rate=row["funding_rate"],
        source=row["source"],
    )


def candle_row(candle: Candle) -> dict[str, Any]:
    return {
        "market": candle.market,
        "start": candle.start,
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "volume": candle.volume,
        "funding_rate": candle.funding_rate,
        "source": candle.source,
    }
