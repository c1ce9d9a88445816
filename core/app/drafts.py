"""Words on their way to becoming rules, for surfaces; decides nothing that the flow does not."""

from dataclasses import replace

from core.app.parts import Parts
from core.domain.condition import Now, Schedule
from core.domain.errors import BadInput, Conflict, NotFound
from core.domain.event import RuleAmended
from core.domain.ids import DraftId, OwnerId, RuleId, new_id
from core.domain.owner import Draft, DraftState
from core.domain.reading import ParseResult
from core.domain.rule import Rule, RuleSet, RuleSpec, RuleState, leaves_at_once
from core.flow import confirm as confirming
from core.flow import draft as drafting
from core.flow.draft import Scene
from core.flow.propose import propose
from core.ports import Journal, Transaction


def is_missed(rule: Rule) -> bool:
    """Whether *rule* may stand where a missed crossing leaves it: paused, or a schedule that goes on."""
    return rule.state is RuleState.PAUSED or (
        rule.state is RuleState.ARMED and isinstance(rule.spec.condition, Schedule)
    )


class Drafts:
    """What an owner said and has not agreed to yet. All methods raise SayWhenError subclasses with words for people."""

    def __init__(self, parts: Parts, journal: Journal) -> None:
        self._parts = parts
        self._journal = journal

    async def say(self, owner: OwnerId, text: str, channel: str) -> Draft | ParseResult:
        """What *text* comes to: a draft (new, or one whose question it answers), or a result that is no rule."""
        parts = self._parts
        return await drafting.say(
            parts.store,
            parts.parser,
            parts.parser,
            parts.clock,
            owner=owner,
            words=text,
            channel=channel,
            scene=await self._scene(owner),
        )

    async def answer(
        self, owner: OwnerId, draft_id: DraftId, revision: int, option_index: int, question_index: int = 0
    ) -> Draft:
        """The draft after its owner picked an option of a question."""
        return await drafting.choose(
            self._parts.store,
            self._parts.clock,
            owner=owner,
            draft_id=draft_id,
            revision=revision,
            question=question_index,
            option=option_index,
            scene=await self._scene(owner),
        )

    async def amend(self, owner: OwnerId, draft_id: DraftId, words: str) -> Draft:
        """The draft corrected, or with its words replaced."""
        parts = self._parts
        scene = await self._scene(owner)
        return await drafting.amend(
            parts.store,
            parts.parser,
            parts.parser,
            parts.clock,
            owner=owner,
            draft_id=draft_id,
            words=words,
            scene=scene,
        )

    async def confirm(self, owner: OwnerId, draft_id: DraftId, revision: int) -> list[Rule]:
        """The draft's rules, confirmed and armed. One claim wins; every other raises Conflict."""
        async with self._parts.store.begin(owner) as tx:
            draft = await tx.draft(draft_id)
            leaves = draft is not None and all(map(leaves_at_once, draft.result.rules))
            if (await tx.read_owner()).paused and not leaves:
                raise Conflict("Everything of yours is paused, so nothing new is armed.", "Resume first, then confirm.")
        return await confirming.confirm(
            self._parts.store,
            self._parts.clock,
            owner=owner,
            draft_id=draft_id,
            revision=revision,
            scene=await self._scene(owner),
        )

    async def cancel(self, owner: OwnerId, draft_id: DraftId) -> Draft:
        """The draft, cancelled."""
        return await drafting.drop(self._parts.store, self._parts.clock, owner=owner, draft_id=draft_id)

    async def get(self, owner: OwnerId, draft_id: DraftId) -> Draft:
        """The owner's draft as it is now."""
        return await drafting.find(self._parts.store, self._parts.clock, owner, draft_id)

    async def open(self, owner: OwnerId) -> list[Draft]:
        """The drafts that wait for an answer or a confirmation, oldest first."""
        return await self._journal.drafts(owner, self._parts.clock.now())

    async def propose(self, owner: OwnerId, rules: RuleSet, words: str, channel: str) -> Draft:
        """A draft of rules that were written in the rule language. Raises BadInput for what cannot be meant."""
        return await propose(
            self._parts.store,
            self._parts.clock,
            owner=owner,
            result=ParseResult(kind="rules", rules=rules),
            words=words,
            channel=channel,
            scene=await self._scene(owner),
        )

    async def revise(self, owner: OwnerId, rule_id: RuleId, said: str | RuleSpec, channel: str) -> Draft:
        """A draft of the rule's next version; until it is confirmed the rule stays as it is.

        Raises NotFound, Conflict for a rule that is over or firing, and BadInput for words that are not one rule.
        """
        scene = await self._scene(owner)
        rule = await self._journal.rule(owner, rule_id)
        if rule is None:
            raise NotFound("You have no such rule.", "See your rules.")
        if rule.state not in (RuleState.ARMED, RuleState.PAUSED, RuleState.WAITING):
            raise Conflict(f"{rule.label} is {rule.state.replace('_', ' ')} and cannot be changed.", "Say a new rule.")
        if isinstance(said, str):
            result = await self._parts.parser.parse(said.strip(), scene.context(self._parts.clock))
            if result.kind not in ("rules", "question"):
                raise BadInput(result.reason or "That is no rule.", f"{rule.label} is unchanged; say the whole rule.")
        else:
            result = ParseResult(kind="rules", rules=(replace(said, id="r1", after=None),))
        if len(result.rules) != 1:
            raise BadInput(f"Expected one rule in place of {rule.label}, was {len(result.rules)}.", "Say one rule.")
        return await propose(
            self._parts.store,
            self._parts.clock,
            owner=owner,
            result=result,
            words=said if isinstance(said, str) else rule.words,
            channel=channel,
            scene=scene,
            replaces=rule_id,
        )

    async def copy(self, owner: OwnerId, label: str) -> Draft:
        """A draft of a rule of its own that says what the rule called *label* (r3) says. Raises NotFound."""
        scene = await self._scene(owner)
        now = self._parts.clock.now()
        async with self._parts.store.begin(owner) as tx:
            rule = next((r for r in await tx.rules() if r.label == label.lower()), None)
            if rule is None:
                raise NotFound(f"You have no rule {label}.", "See /rules.")
            lasts = rule.spec.expires_at if rule.spec.expires_at is not None and rule.spec.expires_at > now else None
            spec = replace(rule.spec, id="r1", after=None, oco_group=None, expires_at=lasts)
            return await self._offer(tx, rule, spec, f"A rule of its own, like {rule.label}.", scene)

    async def again(self, owner: OwnerId, rule_id: RuleId) -> Draft:
        """A draft that does what the rule's action says, now: for a missed crossing, checked and confirmed anew."""
        scene = await self._scene(owner)
        async with self._parts.store.begin(owner) as tx:
            rule = await tx.rule(rule_id)
            if rule is None:
                raise NotFound("There is no such rule of yours.", "See /rules.")
            if not is_missed(rule):
                raise Conflict(f"{rule.label} is {rule.state.replace('_', ' ')} now.", "See /rules.")
            stays = "stays paused" if rule.state is RuleState.PAUSED else "goes on"
            spec = replace(rule.spec, id="r1", condition=Now(), after=None, oco_group=None, expires_at=None)
            return await self._offer(tx, rule, spec, f"Runs once, now; {rule.label} {stays}.", scene)

    async def _offer(self, tx: Transaction, rule: Rule, spec: RuleSpec, why: str, scene: Scene) -> Draft:
        """A draft of *spec*, which comes of *rule*, to be confirmed."""
        now = self._parts.clock.now()
        result = ParseResult(kind="rules", rules=(spec,), assumptions=(why,))
        draft = Draft(
            id=DraftId(new_id("d", now)),
            owner=rule.owner,
            words=rule.words,
            result=result,
            state=DraftState.AWAITING_CONFIRMATION,
            channel="",
            created_at=now,
            expires_at=now + drafting.LIFE,
            summary=drafting.summary_of(result.rules, scene, assumptions=result.assumptions),
        )
        event = RuleAmended(
            at=now,
            owner=rule.owner,
            rule_id=rule.id,
            label=rule.label,
            draft_id=draft.id,
            words=rule.words,
            cause=rule.cause,
        )
        draft = replace(draft, event_id=await tx.append(event))
        await tx.add_draft(draft)
        return draft

    async def _scene(self, owner: OwnerId) -> Scene:
        return await self._parts.scene(owner)
