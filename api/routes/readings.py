"""Words ⇄ rules over HTTP, while somebody types or fills in a form; decides no rule and keeps none."""

from fastapi import APIRouter, Response

from api.auth import CoreIn, Reading
from api.schemas import ReadingOut, RuleIn
from api.views import reading_view, reply
from core.codec import rules_from_json
from core.domain.errors import BadInput
from core.domain.rule import RuleSet

router = APIRouter(prefix="/api/readings", tags=["rules"])


@router.post("", response_model=ReadingOut)
async def read(body: RuleIn, caller: Reading, core: CoreIn) -> Response:
    """What words would be understood as, or what rules are in words. Nothing is kept; a draft comes of POST /rules."""
    if (body.text is None) == (body.rules is None):
        raise BadInput("Expected text or rules, and not both.", "Send one of them.")
    said: str | RuleSet = body.text if body.text is not None else rules_from_json(body.rules)
    return reply(reading_view(await core.readings.read(caller.owner, said)))
