"""Rules over HTTP: said, read, changed, switched; decides no rule."""

import secrets
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic_core import to_json as encode

from api.auth import Caller, CoreIn, Reading, Trading, Writing
from api.automatic import confirm_by_itself
from api.errors import Refused
from api.schemas import BulkIn, DraftOut, RuleIn, RuleOut, RulePut, RulesOut
from api.unchanged import Kept
from api.views import draft_view, reply, rule_view
from core.app import Core
from core.codec import from_json, rules_from_json
from core.domain.errors import BadInput, Conflict
from core.domain.ids import OwnerId
from core.domain.owner import Draft
from core.domain.reading import Command, ParseResult
from core.domain.rule import LIVE, Rule, RuleSpec, RuleState
from core.domain.wording import say_rule

router = APIRouter(prefix="/api/rules", tags=["rules"])
RuleIdIn = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,40}$", examples=["r_064qj3w4m8x2v5k7p0"])]
Which = Literal[
    "live", "all", "waiting", "armed", "firing", "held", "paused", "completed", "failed", "cancelled", "expired"
]
_CACHED_OWNERS = 1_000


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


def no_rule(result: ParseResult) -> Refused:
    """Why nothing came of the words."""
    if result.command is not None:
        about = f"That is the request {result.command.name}, which is no rule."
        return Refused(422, "command", about, "Use the endpoint for it.")
    return Refused(422, result.kind, result.reason or "That is no rule.", "Say what should happen, and when.")


@router.get("", response_model=RulesOut)
async def read(request: Request, caller: Reading, core: CoreIn, state: Annotated[Which, Query()] = "live") -> Response:
    """The owner's rules by number; those that may still act, unless a state is named."""
    return Response(await _rules(core, caller.owner, state, request.app.state.rules), media_type="application/json")


async def _rules(core: Core, owner: OwnerId, state: Which, cache: Kept) -> bytes:
    """The rules as bytes, made anew when anything of the owner's has changed since.

    Asking the database whether something has costs a tenth of reading and writing fifty rules.
    """
    revision = await core.events.revision(owner)
    known = cache.get((owner, state))
    if known is not None and known[0] == revision:
        return known[1]
    states = LIVE if state == "live" else None if state == "all" else {RuleState(state)}
    body = encode({"rules": [rule_view(rule) for rule in await core.rules.read(owner, states)]})
    if len(cache) >= _CACHED_OWNERS:
        cache.clear()
    cache[owner, state] = (revision, body)
    return body


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
    return reply({"rules": [rule_view(rule) for rule in await deed(caller.owner, selection)]})


@router.get("/{rule_id}", response_model=RuleOut)
async def one(rule_id: RuleIdIn, caller: Reading, core: CoreIn) -> Response:
    """One rule."""
    return reply(rule_view(await core.rules.get(caller.owner, rule_id)))


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
    return reply(rule_view(gone[0]))


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
    return reply(rule_view(changed[0]))


@router.post("/{rule_id}/duplicate", response_model=DraftOut, status_code=201)
async def duplicate(rule_id: RuleIdIn, caller: Writing, core: CoreIn) -> Response:
    """A draft that says the same once more."""
    rule = await core.rules.get(caller.owner, rule_id)
    spec = replace(rule.spec, id="r1", after=None, oco_group=None)
    return reply(draft_view(await core.drafts.propose(caller.owner, (spec,), rule.words, own_channel())), 201)


def _cannot(rule: Rule, what: str) -> Conflict:
    return Conflict(f"{rule.label} is {rule.state.replace('_', ' ')} and cannot be {what}.", "Nothing was changed.")
