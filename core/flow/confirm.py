"""A draft → confirmed, armed rules, claimed once, in one transaction; nothing that is not agreed to gets past here."""

from dataclasses import replace
from typing import Literal

from core.domain.action import Trade, is_exit
from core.domain.condition import ALL_MARKETS, Trailing, leaves
from core.domain.errors import Conflict, Denied, NotFound, PriceUnavailable, VenuePaused
from core.domain.event import RuleAmended, RuleConfirmed
from core.domain.ids import DraftId, EventId, OwnerId, RuleId, SetId, new_id
from core.domain.level import levels
from core.domain.owner import Draft, DraftState
from core.domain.position import Account
from core.domain.rule import Rule, RuleSet, RuleSpec, RuleState
from core.flow.allow import objections, refusals
from core.flow.draft import LIFE, Scene, lapse, set_aside, summary_of
from core.flow.lifecycle import arm, current_price_markets
from core.flow.points import passing
from core.ports import Clock, Store, Transaction


async def confirm(
    store: Store, clock: Clock, *, owner: OwnerId, draft_id: DraftId, revision: int, scene: Scene
) -> list[Rule]:
    """The rules of the draft, confirmed and armed (or waiting for the rule before them).

    Raises NotFound; Conflict for a draft that is claimed, expired, changed, still asking, or whose condition has begun
    to hold since the card was shown (the draft then says so and can be confirmed again); Denied by a limit;
    PriceUnavailable where "current price" is not known; VenuePaused where the venue would take no order. The draft
    survives all of them but its expiry.
    """
    refusal: Conflict | None = None
    rules: list[Rule] = []
    async with store.begin(owner) as tx:
        draft = await tx.draft(draft_id)
        if draft is None:
            raise NotFound("There is no such draft of yours.", "Send the words again.")
        draft = await lapse(tx, draft, clock)
        refusal = _refusal(draft, revision)
        if refusal is None:
            _check(draft.result.rules, scene)
            crossed = _crossed_meanwhile(draft, scene)
            if crossed:
                refusal = await _warn(tx, draft, crossed, clock, scene)
            else:
                rules = await _claim(tx, draft, clock, scene)
        passing("confirm.before_commit")
    passing("confirm.after_commit")
    if refusal is not None:
        raise refusal
    return rules


def _refusal(draft: Draft, revision: int) -> Conflict | None:
    match draft.state:
        case DraftState.CONFIRMED:
            return Conflict("This was confirmed already; it is armed once.", "See /rules.")
        case DraftState.CANCELLED:
            return Conflict("This draft was cancelled.", "Send the words again.")
        case DraftState.EXPIRED:
            return Conflict(
                f"This draft is older than {LIFE.seconds // 60} minutes and has expired; nothing was armed.",
                "Send the words again to see it at the price of now.",
            )
        case DraftState.ASKING:
            return Conflict("A question is still open.", "Answer it first.")
        case DraftState.AWAITING_CONFIRMATION if draft.revision != revision:
            return Conflict("This card is older than your last change.", "Confirm the latest card.")
        case _:
            return None


def _check(rules: RuleSet, scene: Scene) -> None:
    paused = refusals(rules, scene.venue)
    if paused:
        raise VenuePaused(
            f"{paused[0]}.",
            "Nothing was armed. The draft stays; confirm it when orders are taken again.",
        )
    for market in sorted({market for spec in rules for market in current_price_markets(spec)}):
        if market not in scene.prices:
            raise PriceUnavailable(
                f"There is no fresh price of {market}, so its current price cannot be fixed.",
                "Nothing was armed. Try again in a moment.",
            )
    found = objections(rules, scene.limits, scene)
    if found:
        raise Denied(f"Your limits say no: {found[0]}.", "Nothing was armed. Edit the rule, or raise the limit.")


def _crossed_meanwhile(draft: Draft, scene: Scene) -> list[str]:
    """Warnings for fixed levels that the price has reached, and that the card did not speak of."""
    warnings = []
    entries = {position.market: position.entry_price for position in scene.account.positions}
    for spec in draft.result.rules:
        if spec.after is not None or current_price_markets(spec):
            continue
        for leaf in leaves(spec.condition):
            market = getattr(leaf, "market", "")
            price = scene.prices.get(market)
            where = None if isinstance(leaf, Trailing) else levels(leaf, references={}, entries=entries)
            if price is None or where is None or not where.reached(price) or spec.condition is not leaf:
                continue
            warning = f"The price is past the level of {spec.id} already: once confirmed, it fires at once."
            if warning not in draft.result.assumptions:
                warnings.append(warning)
    return warnings


async def _warn(tx: Transaction, draft: Draft, warnings: list[str], clock: Clock, scene: Scene) -> Conflict:
    now = clock.now()
    result = replace(draft.result, assumptions=(*draft.result.assumptions, *warnings))
    event = RuleAmended(at=now, owner=draft.owner, draft_id=draft.id, words=draft.words, cause=draft.event_id)
    warned = replace(
        draft,
        result=result,
        revision=draft.revision + 1,
        expires_at=now + LIFE,
        summary=summary_of(result.rules, scene, assumptions=result.assumptions),
        event_id=await tx.append(event),
    )
    await tx.save_draft(warned, was=draft.state, revision=draft.revision)
    return Conflict(
        f"The price has moved since: {warnings[0][0].lower()}{warnings[0][1:]}",
        "Look at the new card; confirm it if that is what you want.",
    )


async def _claim(tx: Transaction, draft: Draft, clock: Clock, scene: Scene) -> list[Rule]:
    now = clock.now()
    references = {market: scene.prices[market] for spec in draft.result.rules for market in current_price_markets(spec)}
    summary = summary_of(draft.result.rules, scene, assumptions=draft.result.assumptions, references=references)
    claimed = replace(draft, state=DraftState.CONFIRMED, summary=summary)
    if not await tx.save_draft(claimed, was=DraftState.AWAITING_CONFIRMATION, revision=draft.revision):
        raise Conflict("This was confirmed already, perhaps on another device; it is armed once.", "See /rules.")
    await set_aside(tx, draft)
    cause = await tx.append(
        RuleConfirmed(at=now, owner=draft.owner, draft_id=draft.id, summary=summary, cause=draft.event_id)
    )
    if draft.replaces is not None:
        return [await _next_version(tx, draft, draft.replaces, cause, clock, scene)]
    ids = {spec.id: RuleId(new_id("r", now)) for spec in draft.result.rules}
    set_id = SetId(new_id("s", now))
    number = await tx.next_rule_number()
    entries = {position.market: position.entry_price for position in scene.account.positions}
    rules = []
    for offset, spec in enumerate(draft.result.rules):
        rule = Rule(
            id=ids[spec.id],
            owner=draft.owner,
            number=number + offset,
            set_id=set_id,
            draft_id=draft.id,
            state=RuleState.AWAITING_CONFIRMATION,
            spec=spec,
            words=draft.words,
            created_at=now,
            after_rule=None if spec.after is None else ids[spec.after],
            bound_side=_bound_side(spec, scene.account),
            cause=cause,
        )
        if rule.after_rule is not None:
            rule = replace(rule, state=RuleState.WAITING)
            await tx.add_rule(rule)
        else:
            await tx.add_rule(rule)
            rule = await arm(tx, rule, at=now, why="confirmed", prices=scene.prices, entries=entries)
        rules.append(rule)
    return rules


async def _next_version(
    tx: Transaction, draft: Draft, rule_id: RuleId, cause: EventId, clock: Clock, scene: Scene
) -> Rule:
    """The rule saying what the draft says; it keeps its name and its place among its siblings."""
    old = await tx.rule(rule_id)
    changeable = {RuleState.ARMED, RuleState.PAUSED, RuleState.WAITING}
    if old is None or old.state not in changeable or len(draft.result.rules) != 1:
        was = "gone" if old is None else old.state.replace("_", " ")
        raise Conflict(f"The rule is {was} by now and cannot be changed.", "Send the words as a new rule.")
    (said,) = draft.result.rules
    new = replace(
        old,
        version=old.version + 1,
        spec=replace(said, id=old.spec.id, after=old.spec.after, oco_group=old.spec.oco_group or said.oco_group),
        words=draft.words,
        draft_id=draft.id,
        references={},
        memory={},
        bound_side=_bound_side(said, scene.account) if old.spec.after is None else None,
        cause=cause,
    )
    if not await tx.save_rule(new, was=old.state, version=old.version):
        raise Conflict(f"{old.label} has changed meanwhile.", "Look at it and try again.")
    if old.state is RuleState.WAITING or old.resume_to is RuleState.WAITING:
        return new
    entries = {position.market: position.entry_price for position in scene.account.positions}
    return await arm(tx, new, at=clock.now(), why="confirmed", prices=scene.prices, entries=entries)


def _bound_side(spec: RuleSpec, account: Account) -> Literal["long", "short"] | None:
    """The side of the position that an exit is meant for, where it is open now."""
    action = spec.action
    market = getattr(action, "market", ALL_MARKETS)
    position = account.position(market)
    if not is_exit(action) or spec.after is not None or position is None:
        return None
    if isinstance(action, Trade) and action.type != ("sell" if position.base > 0 else "buy"):
        return None
    return position.side
