"""Rules that were not said in words here → a draft to confirm: a program's, a rule's next version, a second try."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from core.domain.condition import Now, leaves
from core.domain.event import RuleDrafted
from core.domain.ids import DraftId, OwnerId, RuleId, new_id
from core.domain.level import levels
from core.domain.owner import Draft, DraftState
from core.domain.reading import ParseResult
from core.domain.rule import Rule, RuleSpec
from core.flow.draft import LIFE, Scene, summary_of
from core.flow.sound import check_sound
from core.ports import Clock, Store


async def propose(
    store: Store,
    clock: Clock,
    *,
    owner: OwnerId,
    result: ParseResult,
    words: str,
    channel: str,
    scene: Scene,
    replaces: RuleId | None = None,
) -> Draft:
    """The draft of *result*, stored; nothing of it is armed. Raises BadInput for rules that cannot be meant."""
    if result.kind == "rules":
        check_sound(result.rules, scene.markets)
    now = clock.now()
    asking = result.kind == "question"
    draft = Draft(
        id=DraftId(new_id("d", now)),
        owner=owner,
        words=words,
        result=result,
        state=DraftState.ASKING if asking else DraftState.AWAITING_CONFIRMATION,
        channel=channel,
        created_at=now,
        expires_at=now + LIFE,
        summary="" if asking else summary_of(result.rules, scene, assumptions=result.assumptions),
        replaces=replaces,
    )
    said = RuleDrafted(at=now, owner=owner, rule_id=replaces, draft_id=draft.id, words=words)
    return await store.add_draft(draft, said)


def once_now(rule: Rule) -> RuleSpec:
    """What *rule* does, as a rule of its own that does it once, at confirmation."""
    return replace(
        rule.spec,
        id="r1",
        condition=Now(),
        after=None,
        oco_group=None,
        expires_at=None,
        repeat=type(rule.spec.repeat)(),
    )


def still_holds(rule: Rule, prices: Mapping[str, Decimal], entries: Mapping[str, Decimal]) -> bool | None:
    """Whether the price is still at or past the rule's level; None where it has no one level."""
    found = []
    for leaf in leaves(rule.spec.condition):
        price = prices.get(getattr(leaf, "market", ""))
        where = levels(leaf, references=rule.references, entries=entries)
        if where is not None and price is not None:
            found.append(where.reached(price))
    return all(found) if found else None
