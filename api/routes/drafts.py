"""Drafts over HTTP: answered, changed, confirmed, cancelled; decides nothing about them."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.auth import CoreIn, Reading, Trading, Writing
from api.routes.rules import no_rule
from api.schemas import AmendIn, AnswerIn, ConfirmedOut, ConfirmIn, DraftOut, DraftsOut
from api.views import draft_view, reply, rules_view
from core.domain.errors import BadInput, Conflict
from core.domain.ids import DraftId
from core.domain.owner import DraftState
from core.domain.reading import ParseResult

router = APIRouter(prefix="/api/drafts", tags=["drafts"])
DraftIdIn = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,40}$", examples=["d_064qj3w4m8x2v5k7p0"])]


@router.get("", response_model=DraftsOut)
async def read(caller: Reading, core: CoreIn) -> Response:
    """Drafts that wait for an answer or a confirmation."""
    return reply({"drafts": [draft_view(draft) for draft in await core.drafts.open(caller.owner)]})


@router.get("/{draft_id}", response_model=DraftOut)
async def one(draft_id: DraftIdIn, caller: Reading, core: CoreIn) -> Response:
    """One draft, also one that is over."""
    draft = await core.drafts.get(caller.owner, DraftId(draft_id))
    rules = []
    if draft.state is DraftState.CONFIRMED:
        rules = [rule for rule in await core.rules.read(caller.owner) if rule.draft_id == draft.id]
    return reply(draft_view(draft, rules))


@router.post("/{draft_id}/answer", response_model=DraftOut)
async def answer(draft_id: DraftIdIn, body: AnswerIn, caller: Writing, core: CoreIn) -> Response:
    """Answer a question of the draft: with an option's number and the revision it was read at, or in words."""
    if (body.option is None) == (body.text is None):
        raise BadInput("Expected option or text, and not both.", "Send one of them.")
    draft = await core.drafts.get(caller.owner, DraftId(draft_id))
    if body.option is not None:
        revision = draft.revision if body.revision is None else body.revision
        chosen = await core.drafts.answer(caller.owner, draft.id, revision, body.option, body.question)
        return reply(draft_view(chosen))
    if draft.state is not DraftState.ASKING:
        raise Conflict("No question is open on this draft.", "Confirm it, or amend it.")
    # What is said on the draft's own channel answers it, or else is a draft of its own, which then takes its place.
    said = await core.drafts.say(caller.owner, body.text or "", draft.channel)
    if isinstance(said, ParseResult):
        raise no_rule(said)
    if said.id != draft.id:
        await core.drafts.cancel(caller.owner, draft.id)
    return reply(draft_view(said))


@router.post("/{draft_id}/amend", response_model=DraftOut)
async def amend(draft_id: DraftIdIn, body: AmendIn, caller: Writing, core: CoreIn) -> Response:
    """Say the whole draft anew."""
    return reply(draft_view(await core.drafts.amend(caller.owner, DraftId(draft_id), body.text)))


@router.post("/{draft_id}/confirm", response_model=ConfirmedOut)
async def confirm(draft_id: DraftIdIn, body: ConfirmIn, caller: Trading, core: CoreIn) -> Response:
    """Agree to what the draft's read-back says: its rules are armed, once."""
    rules = await core.drafts.confirm(caller.owner, DraftId(draft_id), body.revision)
    ids = [rule.id for rule in rules]
    return reply({"draft_id": draft_id, "rule_ids": ids, "rules": await rules_view(core, caller.owner, rules)})


@router.post("/{draft_id}/cancel", response_model=DraftOut)
async def cancel(draft_id: DraftIdIn, caller: Writing, core: CoreIn) -> Response:
    """Drop the draft; nothing of it was armed."""
    return reply(draft_view(await core.drafts.cancel(caller.owner, DraftId(draft_id))))
