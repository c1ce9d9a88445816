"""Rules over HTTP: said, read, changed, switched; decides no rule."""

import secrets
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from api.auth import Caller, CoreIn, Reading, Trading, Writing
from api.automatic import confirm_by_itself
from api.errors import Refused
from api.listed import Listings
from api.schemas import BulkIn, DraftOut, RuleIn, RuleOut, RulePut, RulesOut
from api.views import draft_view, reply, rules_view
from core.app import Core
from core.codec import from_json, rules_from_json
from core.domain.errors import BadInput, Conflict
from core.domain.owner import Draft
from core.domain.reading import Command, CommandName, ParseResult
from core.domain.rule import LIVE, Rule, RuleSpec, RuleState
from core.domain.wording import say_rule

router = APIRouter(prefix="/api/rules", tags=["rules"])
RuleIdIn = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,40}$", examples=["r_064qj3w4m8x2v5k7p0"])]
Which = Literal[
    "live", "all", "waiting", "armed", "firing", "held", "paused", "completed", "failed", "cancelled", "expired"
]


def own_channel() -> str:
    """A channel for one draft: what is said to another draft, or anew, is never taken for its answer."""
    return f"web:{secrets.token_hex(6)}"


@router.post("", response_model=DraftOut, status_code=201)
async def create(body: RuleIn, caller: Writing, core: CoreIn) -> Response:
    """Say a rule in words or in the rule language. What comes back is a draft; confirm it to arm anything."""
    draft = await understood(core, caller, body)
    rules: list[Rule] = []
    if caller.key is not None and "auto_confirm" in caller.scopes and not draft.result.questions:
        rules = await confirm_by_itself(core, caller.key, draft)
        draft = await core.drafts.get(caller.owner, draft.id)
    return reply(draft_view(draft, rules), 201)


async def understood(core: Core, caller: Caller, body: RuleIn) -> Draft:
    """The draft that the body comes to. Raises Refused for words that are no rule."""
    if (body.text is None) == (body.rules is None):
        raise BadInput("Expected text or rules, and not both.", "Send one of them.")
    if body.text is None:
        rules = rules_from_json(body.rules)
        words = "; ".join(say_rule(spec, {}) for spec in rules)
        return await core.drafts.propose(caller.owner, rules, words, own_channel())
    said = await core.drafts.say(caller.owner, body.text, own_channel())
    if isinstance(said, ParseResult):
        raise no_rule(said)
    return said


ASKED_AT: dict[CommandName, tuple[str, str]] = {
    "positions": ("your positions", "GET /api/positions"),
    "prices": ("prices", "GET /api/prices"),
    "rules": ("your rules", "GET /api/rules"),
    "trades": ("your trades", "GET /api/trades"),
    "balance": ("your account", "GET /api/account"),
    "pause_rules": ("pausing rules", "POST /api/rules/bulk, or /api/pause for everything"),
    "resume_rules": ("resuming rules", "POST /api/rules/bulk, or /api/resume for everything"),
    "cancel_rules": ("cancelling rules", "POST /api/rules/bulk, or DELETE /api/rules/{id}"),
    "cancel_orders": ("cancelling orders", "DELETE /api/orders/{id}"),
    "kill": ("stopping everything", "POST /api/kill"),
    "help": ("help", "GET /api/openapi.json"),
}


def no_rule(result: ParseResult) -> Refused:
    """Why nothing came of the words."""
    if result.command is not None:
        about, place = ASKED_AT[result.command.name]
        return Refused(422, "command", f"These words ask for {about} and make no rule.", f"Use {place}.")
    return Refused(422, result.kind, result.reason or "That is no rule.", "Say what should happen, and when.")


@router.get("", response_model=RulesOut)
async def read(request: Request, caller: Reading, core: CoreIn, state: Annotated[Which, Query()] = "live") -> Response:
    """The owner's rules by number; those that may still act, unless a state is named."""
    states = LIVE if state == "live" else None if state == "all" else frozenset({RuleState(state)})
    listings: Listings = request.app.state.rules
    return Response(await listings.read(core, caller.owner, state, states), media_type="application/json")


@router.post("/bulk", response_model=RulesOut)
async def bulk(body: BulkIn, caller: Writing, core: CoreIn) -> Response:
    """Pause, resume or cancel several rules at once; those that were changed come back."""
    if (body.ids is not None) + (body.market is not None) + body.all != 1:
        raise BadInput("Expected ids, a market, or all.", "Send one of them.")
    labels = None
    if body.ids is not None:
        labels = tuple([(await core.rules.get(caller.owner, rule_id)).label for rule_id in body.ids])
    name: Literal["pause_rules", "resume_rules", "cancel_rules"] = f"{body.do}_rules"  # type: ignore[assignment]
    selection = Command(name=name, rule_ids=labels, market=body.market, all=body.all or None)
    if body.do == "resume" and "trade" not in caller.scopes:
        raise Refused(403, "scope", "This credential may not agree to a trade.", "Use one with the scope 'trade'.")
    deed = {"pause": core.rules.pause, "resume": core.rules.resume, "cancel": core.rules.cancel}[body.do]
    return reply({"rules": await rules_view(core, caller.owner, await deed(caller.owner, selection))})


@router.get("/{rule_id}", response_model=RuleOut)
async def one(rule_id: RuleIdIn, caller: Reading, core: CoreIn) -> Response:
    """One rule."""
    return await _shown(core, await core.rules.get(caller.owner, rule_id))


@router.put("/{rule_id}", response_model=DraftOut)
async def put(rule_id: RuleIdIn, body: RulePut, caller: Writing, core: CoreIn) -> Response:
    """The rule's next version, as a draft to confirm; until then the rule goes on as it is."""
    if (body.text is None) == (body.rule is None):
        raise BadInput("Expected text or rule, and not both.", "Send one of them.")
    rule = await core.rules.get(caller.owner, rule_id)
    said: str | RuleSpec = body.text if body.text is not None else from_json(RuleSpec, body.rule)
    return reply(draft_view(await core.drafts.revise(caller.owner, rule.id, said, own_channel())))


@router.delete("/{rule_id}", response_model=RuleOut)
async def cancel(rule_id: RuleIdIn, caller: Writing, core: CoreIn) -> Response:
    """Cancel the rule for good; its row and its history stay."""
    rule = await core.rules.get(caller.owner, rule_id)
    if rule.state not in LIVE:
        raise _cannot(rule, "cancelled")
    gone = await core.rules.cancel(caller.owner, Command(name="cancel_rules", rule_ids=(rule.label,)))
    if not gone:
        raise _cannot(await core.rules.get(caller.owner, rule_id), "cancelled")
    return await _shown(core, gone[0])


@router.post("/{rule_id}/toggle", response_model=RuleOut)
async def toggle(rule_id: RuleIdIn, caller: Trading, core: CoreIn) -> Response:
    """Pause an armed rule, or arm a paused one again."""
    rule = await core.rules.get(caller.owner, rule_id)
    label = (rule.label,)
    changed: list[Rule] = []
    if rule.state in (RuleState.ARMED, RuleState.WAITING, RuleState.HELD):
        changed = await core.rules.pause(caller.owner, Command(name="pause_rules", rule_ids=label))
    elif rule.state is RuleState.PAUSED:
        changed = await core.rules.resume(caller.owner, Command(name="resume_rules", rule_ids=label))
    if not changed:
        raise _cannot(rule, "switched")
    return await _shown(core, changed[0])


@router.post("/{rule_id}/duplicate", response_model=DraftOut, status_code=201)
async def duplicate(rule_id: RuleIdIn, caller: Writing, core: CoreIn) -> Response:
    """A draft that says the same once more."""
    rule = await core.rules.get(caller.owner, rule_id)
    spec = replace(rule.spec, id="r1", after=None, oco_group=None)
    return reply(draft_view(await core.drafts.propose(caller.owner, (spec,), rule.words, own_channel())), 201)


async def _shown(core: Core, rule: Rule) -> Response:
    return reply((await rules_view(core, rule.owner, [rule]))[0])


def _cannot(rule: Rule, what: str) -> Conflict:
    return Conflict(f"{rule.label} is {rule.state.replace('_', ' ')} and cannot be {what}.", "Nothing was changed.")
