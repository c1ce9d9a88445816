"""Domain values → what the API shows of them, in canonical JSON terms; decides what stays inside."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, get_args

from fastapi import Response
from pydantic_core import to_json as encode

from core.app import Core
from core.app.activity import Notice, Origin
from core.app.identity import Challenge
from core.app.readings import Reading
from core.codec import to_json
from core.domain.action import DEFAULT_SLIPPAGE_BPS
from core.domain.equity import Worth
from core.domain.ids import OwnerId
from core.domain.market import Candle, Market, Observation
from core.domain.order import Fill, Order
from core.domain.owner import Draft, Owner
from core.domain.position import Account, Position
from core.domain.preference import Topic
from core.domain.reading import ParseResult
from core.domain.rule import Rule
from core.domain.trigger import TriggerLine
from core.domain.wording import say_live, say_standing
from core.ports import DeadLetter, Job, JobLog
from core.ports.access import ApiKey, Approval

View = dict[str, Any]


def reply(value: Any, status: int = 200) -> Response:
    """*value*, of canonical JSON terms, as an answer."""
    return Response(encode(value), status, media_type="application/json")


def _some(**fields: Any) -> View:
    """The fields that are known."""
    return {name: to_json(value) for name, value in fields.items() if value is not None}


Prices = Mapping[str, Decimal]
"""Fresh prices by market."""


def trigger_view(line: TriggerLine, now: Decimal | None) -> View:
    if not now:
        return {"market": line.market, "price": to_json(line.price)}
    return {
        "market": line.market,
        "price": to_json(line.price),
        "distance": to_json(line.distance(now)),
        "percent": to_json(round(line.percent(now), 4)),
    }


def rule_facts(rule: Rule, standing: Order | None = None) -> View:
    """What changes only with an event."""
    return _some(
        id=rule.id,
        label=rule.label,
        number=rule.number,
        version=rule.version,
        state=rule.state,
        says=say_live(rule),
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
        stands=None if standing is None else say_standing(standing),
    )


async def rules_view(core: Core, owner: OwnerId, rules: Collection[Rule]) -> list[View]:
    """The owner's rules with their trigger lines."""
    lines = await core.rules.lines(owner, rules)
    standing = await core.rules.standing(owner, rules)
    prices = {seen.market: seen.price for seen in core.prices.latest()}
    return [
        rule_facts(rule, standing.get(rule.id))
        | {"triggers": [trigger_view(line, prices.get(line.market)) for line in lines[rule.id]]}
        for rule in rules
    ]


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
        approval_until=order.approval_until,
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


def origin_view(origin: Origin) -> View:
    draft, confirmed = origin.draft, origin.confirmed
    said = None
    if draft is not None:
        agreed = draft.summary if confirmed is None else confirmed.summary
        said = _some(
            draft_id=draft.id,
            words=draft.words,
            read_back=[line for line in agreed.split("\n") if line],
            confirmed_at=None if confirmed is None else confirmed.at,
        )
    return _some(
        trade=trade_view(origin.number, origin.fill),
        order=order_view(origin.order),
        rule=_some(id=origin.rule.id, label=origin.rule.label, version=origin.version, says=origin.says),
        draft=said,
        trail=[{"id": event.id, "name": event.name, "at": event.at} for event in origin.trail],
    )


def worth_view(worth: Worth) -> View:
    return _some(at=worth.at, equity=worth.equity)


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
        unread=notice.unread,
    )


def settings_view(owner: Owner) -> View:
    chosen = owner.preferences
    return _some(
        timezone=owner.timezone,
        notices={topic: chosen.notices.get(topic, "on") for topic in get_args(Topic)},
        quiet_hours=None
        if chosen.quiet is None
        else {"start": _clock(chosen.quiet.start), "end": _clock(chosen.quiet.end)},
        slippage_bps=chosen.slippage_bps or DEFAULT_SLIPPAGE_BPS,
        show_in_groups=chosen.show_in_groups,
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


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
