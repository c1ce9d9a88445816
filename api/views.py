"""Domain values → what the API shows of them, in canonical JSON terms; decides what stays inside."""

from typing import Any

from fastapi import Response
from pydantic_core import to_json as encode

from core.app.activity import Notice
from core.app.identity import Challenge
from core.app.readings import Reading
from core.codec import to_json
from core.domain.market import Candle, Market, Observation
from core.domain.order import Fill, Order
from core.domain.owner import Draft
from core.domain.position import Account, Position
from core.domain.reading import ParseResult
from core.domain.rule import Rule
from core.domain.wording import say_rule
from core.ports import DeadLetter, Job, JobLog
from core.ports.access import ApiKey, Approval

View = dict[str, Any]


def reply(value: Any, status: int = 200) -> Response:
    """*value*, of canonical JSON terms, as an answer."""
    return Response(encode(value), status, media_type="application/json")


def _some(**fields: Any) -> View:
    """The fields that are known."""
    return {name: to_json(value) for name, value in fields.items() if value is not None}


def rule_view(rule: Rule) -> View:
    return _some(
        id=rule.id,
        label=rule.label,
        number=rule.number,
        version=rule.version,
        state=rule.state,
        says=say_rule(rule.spec, rule.references),
        words=rule.words,
        spec=rule.spec,
        references=rule.references,
        trigger_no=rule.trigger_no,
        set_id=rule.set_id,
        draft_id=rule.draft_id,
        created_at=rule.created_at,
        armed_at=rule.armed_at,
        fired_at=rule.fired_at,
        after_rule=rule.after_rule,
        held_by=rule.held_by,
        reason=rule.reason,
    )


def draft_view(draft: Draft, rules: list[Rule] | None = None) -> View:
    return _some(
        draft_id=draft.id,
        revision=draft.revision,
        state=draft.state,
        words=draft.words,
        read_back=[line for line in draft.summary.split("\n") if line],
        questions=_questions(draft.result),
        assumptions=draft.result.assumptions,
        rules=draft.result.rules,
        rule_ids=[rule.id for rule in rules or ()],
        replaces=draft.replaces,
        created_at=draft.created_at,
        expires_at=draft.expires_at,
    )


def _questions(result: ParseResult) -> list[View]:
    return [
        {"about": asked.about, "text": asked.text, "options": [option.label for option in asked.options]}
        for asked in result.questions
    ]


def reading_view(reading: Reading) -> View:
    result = reading.result
    return _some(
        kind=result.kind,
        sentence=reading.sentence,
        rules=result.rules,
        questions=_questions(result),
        assumptions=result.assumptions,
        reason=result.reason,
    )


def order_view(order: Order) -> View:
    intent = order.intent
    return _some(
        id=order.id,
        rule_id=order.rule_id,
        trigger_no=order.trigger_no,
        leg_no=order.leg_no,
        market=order.market,
        state=order.state,
        venue=order.venue,
        side=None if intent is None else intent.side,
        type=None if intent is None else intent.type,
        base=None if intent is None else intent.base,
        price=order.limit_price if intent is None else intent.price,
        reduce_only=None if intent is None else intent.reduce_only,
        filled_base=order.filled_base,
        average_price=order.average_price,
        cancel_asked=order.cancel_asked,
        attempts=order.attempts,
        reason=order.reason,
        created_at=order.created_at,
        due_at=order.due_at,
        ended_at=order.ended_at,
    )


def trade_view(number: int, fill: Fill) -> View:
    return _some(
        number=number,
        order_id=fill.order_id,
        rule_id=fill.rule_id,
        market=fill.market,
        side=fill.side,
        base=fill.base,
        price=fill.price,
        notional=fill.base * fill.price,
        fee=fill.fee,
        realised_pnl=fill.realised_pnl,
        maker=fill.maker,
        at=fill.at,
        venue=fill.venue,
        simulated=fill.simulated,
    )


def position_view(position: Position) -> View:
    return _some(
        market=position.market,
        side=position.side,
        base=position.base,
        entry_price=position.entry_price,
        mark=position.mark,
        notional=position.notional,
        unrealised_pnl=position.unrealised_pnl,
        pnl_percent=round(position.pnl_percent, 6),
        liquidation_price=position.liquidation_price,
        funding=position.funding,
    )


def account_view(account: Account, *, simulated: bool) -> View:
    return _some(
        venue=account.venue,
        simulated=simulated,
        equity=account.equity,
        collateral=account.collateral,
        free_collateral=account.free_collateral,
        leverage=round(account.leverage, 6),
        health=round(account.health, 6),
        positions=[position_view(position) for position in account.positions if position.base != 0],
    )


def price_view(seen: Observation) -> View:
    return _some(
        market=seen.market,
        price=seen.price,
        at=seen.at,
        source=seen.source,
        simulated=seen.simulated,
        confidence=seen.confidence,
        funding_rate=seen.funding_rate,
    )


def market_view(market: Market) -> View:
    return {**to_json(market), "max_leverage": to_json(round(market.max_leverage, 6))}


def candle_view(candle: Candle) -> View:
    shown: View = to_json(candle)
    return shown


def job_view(job: Job) -> View:
    return _some(
        id=job.rule_id,
        rule_id=job.rule_id,
        kind=job.kind,
        state=job.state,
        checks=job.checks,
        failures=job.failures,
        last_check_at=job.last_check_at,
        last_price=job.last_price,
        next_run_at=job.next_run_at,
    )


def job_log_view(number: int, line: JobLog) -> View:
    return {"number": number, "at": line.at.isoformat(), "what": line.what, "detail": dict(line.detail)}


def letter_view(letter: DeadLetter) -> View:
    return _some(id=letter.id, order_id=letter.order_id, attempts=letter.attempts, reason=letter.reason, at=letter.at)


def notice_view(notice: Notice) -> View:
    card = notice.card
    return _some(
        id=notice.event.id,
        name=notice.event.name,
        at=notice.event.at,
        rule_id=notice.event.rule_id,
        title=card.title,
        lines=card.lines,
        tone=card.tone,
    )


def challenge_view(challenge: Challenge) -> View:
    shown: View = to_json(challenge)
    return shown


def key_view(key: ApiKey) -> View:
    return _some(
        id=key.id,
        name=key.name,
        scopes=key.scopes,
        max_order_usd=key.max_order_usd,
        max_rules_a_day=key.max_rules_a_day,
        created_at=key.created_at,
        expires_at=key.expires_at,
    )


def approval_view(approval: Approval) -> View:
    return _some(
        id=approval.id,
        kind=approval.kind,
        summary=approval.summary,
        state=approval.state,
        created_at=approval.created_at,
        expires_at=approval.expires_at,
    )
