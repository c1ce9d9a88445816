"""Words → a draft that waits for an answer or a confirmation; nothing here arms or trades."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from core.domain.action import DEFAULT_SLIPPAGE_BPS
from core.domain.errors import BadInput, Conflict, NotFound
from core.domain.event import RuleAmended, RuleDrafted
from core.domain.ids import DraftId, OwnerId, new_id
from core.domain.limit import Limits
from core.domain.market import Market
from core.domain.owner import OPEN_DRAFTS, Draft, DraftState, Said
from core.domain.position import Account
from core.domain.reading import ANSWER_MARK, Holding, ParseContext, ParseResult, Question
from core.domain.rule import RuleSet
from core.domain.wording import Ground, read_back
from core.flow.allow import objections, refusals
from core.ports import Clock, RuleParser, Store, Transaction, VenueStatus

LIFE = timedelta(minutes=15)
"""How long a draft can be confirmed; the price it was read at grows old."""
LONGEST_MESSAGE = 4_000


MOST_REMEMBERED = 12
"""Earlier states that a draft keeps for "undo"."""
_UNDO = frozenset(
    {"undo", "undo that", "undo it", "undo last", "undo the last one", "go back", "revert", "revert that"}
)


class AnswerReader(Protocol):
    """Reads a reply to a draft: an answer in words to a question that was asked, or a correction."""

    def answer(self, words: str, asked: ParseResult, reply: str, context: ParseContext) -> ParseResult | None:
        """What results from *reply*, or None if it does not answer any question of *asked*."""
        ...

    def correct(self, words: str, result: ParseResult, reply: str, context: ParseContext) -> ParseResult | str | None:
        """What *result* becomes with a correction; a sentence where it is doubtful, None where it is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is true when words are said: the account, the venue, and prices (quote) by market.

    `prices` are fresh and trusted; `known` are the last ones seen, and name the markets that exist. `source` says in
    words who says what the prices are. `funding` is percent an hour by market, where known. `stands_at` names the venue
    where it holds protective orders.
    """

    prices: Mapping[str, Decimal]
    known: Mapping[str, Decimal]
    markets: Mapping[str, Market]
    account: Account
    source: str
    venue: VenueStatus
    timezone: str
    limits: Limits
    funding: Mapping[str, Decimal] = field(default_factory=dict)
    slippage_bps: int = DEFAULT_SLIPPAGE_BPS
    stands_at: str = ""

    def context(self, clock: Clock) -> ParseContext:
        """The scene as a parser needs it."""
        return ParseContext(
            prices=self.known,
            positions={
                position.market: Holding(base=position.base, entry_price=position.entry_price)
                for position in self.account.positions
            },
            max_leverage={symbol: market.max_leverage for symbol, market in self.markets.items()},
            names={symbol: market.name for symbol, market in self.markets.items()},
            timezone=self.timezone,
            slippage_bps=self.slippage_bps,
            now=clock.now(),
        )


async def say(
    store: Store,
    parser: RuleParser,
    answers: AnswerReader,
    clock: Clock,
    *,
    owner: OwnerId,
    words: str,
    channel: str,
    scene: Scene,
) -> Draft | ParseResult:
    """What *words* come to: a draft (new, or one that they answer, correct or undo), or a result that is no rule.

    Raises BadInput where they would correct the open draft in more than one way; it stays as it was.
    """
    words = words.strip()
    context = scene.context(clock)
    latest: Draft | None = None
    if len(words) <= LONGEST_MESSAGE:
        latest = await _open(store, owner, channel, clock)
        if _is_undo(words):
            return _NOTHING_TO_UNDO if latest is None else await _undo(store, clock, latest, scene)
        if latest is not None:
            revised = await _replied(store, answers, clock, latest, words, scene=scene, context=context)
            if revised is not None:
                return revised
    result = await parser.parse(words, context)
    if result.kind not in ("rules", "question"):
        unread = latest is not None and result.reason is not None
        return replace(result, reason=f"{result.reason} {_UNCHANGED}") if unread else result
    now = clock.now()
    draft = Draft(
        id=DraftId(new_id("d", now)),
        owner=owner,
        words=words,
        result=result,
        state=_state(result),
        channel=channel,
        created_at=now,
        expires_at=now + LIFE,
        summary=_summary(result, scene),
    )
    return await store.add_draft(draft, RuleDrafted(at=now, owner=owner, draft_id=draft.id, words=words))


_UNCHANGED = "The draft is unchanged."
_NOTHING_TO_UNDO = ParseResult(
    kind="not_understood",
    reason="There is no open draft to undo. Armed rules are paused or cancelled by their name; see /rules.",
)


def _is_undo(words: str) -> bool:
    return words.casefold().strip(" .!") in _UNDO


async def _replied(
    store: Store,
    answers: AnswerReader,
    clock: Clock,
    draft: Draft,
    words: str,
    *,
    scene: Scene,
    context: ParseContext,
) -> Draft | None:
    """The open draft after a reply that answers or corrects it; None where *words* are neither. Raises BadInput."""
    reply: ParseResult | str | None = None
    if draft.state is DraftState.ASKING:
        reply = answers.answer(draft.words, draft.result, words, context)
    if reply is None:
        reply = answers.correct(draft.words, draft.result, words, context)
    if isinstance(reply, str):
        raise BadInput(reply, _UNCHANGED)
    if reply is None:
        return None
    return await _revise(store, clock, draft, f"{draft.words}{ANSWER_MARK}{words}", reply, scene)


async def _undo(store: Store, clock: Clock, draft: Draft, scene: Scene) -> Draft:
    """The draft as it was before the last answer or correction."""
    if not draft.earlier:
        raise BadInput("Nothing was changed in this draft yet.", 'Say "cancel" to drop it.')
    last = draft.earlier[-1]
    return await _revise(store, clock, draft, last.words, last.result, scene, earlier=draft.earlier[:-1])


async def choose(
    store: Store,
    clock: Clock,
    *,
    owner: OwnerId,
    draft_id: DraftId,
    revision: int,
    question: int,
    option: int,
    scene: Scene,
) -> Draft:
    """The draft after its owner picked an option. Raises NotFound, Conflict (old card, expired) or BadInput."""
    draft = await find(store, clock, owner, draft_id)
    if draft.state is DraftState.EXPIRED:
        raise Conflict("This draft has expired; nothing was armed.", "Send the words again.")
    if draft.state is not DraftState.ASKING or draft.revision != revision:
        raise Conflict("That question is answered already.", "Use the latest card.")
    try:
        asked: Question = draft.result.questions[question]
        chosen = asked.options[option]
    except IndexError:
        raise BadInput("There is no such option on this card.", "Use the latest card.") from None
    result = replace(
        draft.result,
        kind="question" if chosen.questions else "rules",
        rules=chosen.rules,
        questions=chosen.questions,
    )
    return await _revise(store, clock, draft, f"{draft.words}{ANSWER_MARK}{chosen.label}", result, scene)


async def amend(
    store: Store,
    parser: RuleParser,
    answers: AnswerReader,
    clock: Clock,
    *,
    owner: OwnerId,
    draft_id: DraftId,
    words: str,
    scene: Scene,
) -> Draft:
    """The draft corrected, or with its words replaced. Raises BadInput, with the draft as it was, if neither can be."""
    draft = await find(store, clock, owner, draft_id)
    if draft.state not in OPEN_DRAFTS:
        raise Conflict(f"This draft is {draft.state.replace('_', ' ')} already.", "Send the words as a new message.")
    if _is_undo(words):
        return await _undo(store, clock, draft, scene)
    context = scene.context(clock)
    revised = await _replied(store, answers, clock, draft, words.strip(), scene=scene, context=context)
    if revised is not None:
        return revised
    result = await parser.parse(words.strip(), context)
    if result.kind not in ("rules", "question"):
        raise BadInput(result.reason or "That is no rule.", "The draft is unchanged; say the whole rule again.")
    return await _revise(store, clock, draft, words.strip(), result, scene)


async def drop(store: Store, clock: Clock, *, owner: OwnerId, draft_id: DraftId) -> Draft:
    """The draft cancelled. Cancelling twice is no error; a confirmed one raises Conflict."""
    draft = await find(store, clock, owner, draft_id)
    if draft.state is DraftState.CONFIRMED:
        raise Conflict("This draft was confirmed; its rules are armed.", "Use /rules to pause or cancel them.")
    if draft.state not in OPEN_DRAFTS:
        return draft
    dropped = replace(draft, state=DraftState.CANCELLED, revision=draft.revision + 1)
    if not await store.drop_draft(dropped, was=draft.state, revision=draft.revision):
        raise Conflict("This draft has changed meanwhile.", "Use the latest card.")
    return dropped


async def set_aside(tx: Transaction, settled: Draft) -> None:
    """Leave older drafts of the channel to their own buttons once *settled* is done with.

    A bare "yes" or "2" that comes next is no answer to a card from before it.
    """
    for draft in await tx.open_drafts(settled.channel):
        if draft.created_at <= settled.created_at and draft.id != settled.id:
            await tx.save_draft(replace(draft, channel=""), was=draft.state, revision=draft.revision)


async def find(store: Store, clock: Clock, owner: OwnerId, draft_id: DraftId) -> Draft:
    """The owner's draft, expired if its time is over. Raises NotFound; somebody else's looks the same."""
    draft = await store.draft(owner, draft_id)
    if draft is not None and draft.state in OPEN_DRAFTS and clock.now() >= draft.expires_at:
        async with store.begin(owner) as tx:
            draft = await tx.draft(draft_id)
            draft = None if draft is None else await lapse(tx, draft, clock)
    if draft is None:
        raise NotFound("There is no such draft of yours.", "Send the words again.")
    return draft


async def lapse(tx: Transaction, draft: Draft, clock: Clock) -> Draft:
    """*draft*, stored as expired if it is open and its time is over."""
    if draft.state not in OPEN_DRAFTS or clock.now() < draft.expires_at:
        return draft
    expired = replace(draft, state=DraftState.EXPIRED)
    await tx.save_draft(expired, was=draft.state, revision=draft.revision)
    return expired


async def _open(store: Store, owner: OwnerId, channel: str, clock: Clock) -> Draft | None:
    """The latest draft of the channel that waits for an answer or a confirmation; those whose time is over lapse."""
    waiting = await store.open_drafts(owner, channel)
    if any(clock.now() >= draft.expires_at for draft in waiting):
        async with store.begin(owner) as tx:
            drafts = [await lapse(tx, draft, clock) for draft in await tx.open_drafts(channel)]
        waiting = [draft for draft in drafts if draft.state in OPEN_DRAFTS]
    return max(waiting, key=lambda draft: draft.created_at, default=None)


async def _revise(
    store: Store,
    clock: Clock,
    draft: Draft,
    words: str,
    result: ParseResult,
    scene: Scene,
    *,
    earlier: tuple[Said, ...] | None = None,
) -> Draft:
    """The draft with other words and result, stored; `earlier` is what it was before, its present self by default."""
    before = (*draft.earlier, Said(words=draft.words, result=draft.result)) if earlier is None else earlier
    now = clock.now()
    if draft.state not in OPEN_DRAFTS:
        raise Conflict(f"This draft is {draft.state.replace('_', ' ')}.", "Send the words again.")
    if draft.replaces is not None and len(result.rules) != 1:
        raise BadInput(
            f"Expected one rule in place of the old one, were {len(result.rules)}.",
            "The draft is unchanged. Say what is new as a rule of its own afterwards.",
        )
    revised = replace(
        draft,
        words=words,
        result=result,
        state=_state(result),
        revision=draft.revision + 1,
        expires_at=now + LIFE,
        earlier=before[-MOST_REMEMBERED:],
        summary=_summary(result, scene),
    )
    async with store.begin(draft.owner) as tx:
        event = RuleAmended(at=now, owner=draft.owner, draft_id=draft.id, words=words, cause=draft.event_id)
        revised = replace(revised, event_id=await tx.append(event))
        if not await tx.save_draft(revised, was=draft.state, revision=draft.revision):
            raise Conflict("This draft has changed meanwhile, perhaps on another device.", "Use the latest card.")
    return revised


def _state(result: ParseResult) -> DraftState:
    return DraftState.ASKING if result.kind == "question" else DraftState.AWAITING_CONFIRMATION


def _summary(result: ParseResult, scene: Scene) -> str:
    """The read-back, made by code from the structured rules, with what would be refused if confirmed now."""
    if result.kind == "question":
        return ""
    return summary_of(result.rules, scene, assumptions=result.assumptions)


def summary_of(
    rules: RuleSet,
    scene: Scene,
    *,
    assumptions: tuple[str, ...] = (),
    references: Mapping[str, Decimal] | None = None,
) -> str:
    """The card's lines for *rules* in *scene*, joined by newlines."""
    lines = list(
        read_back(
            rules,
            prices=scene.prices,
            positions={position.market: position for position in scene.account.positions},
            references=references,
            markets_source=scene.source,
            assumptions=assumptions,
            stands_at=scene.stands_at,
            ground=Ground(account=scene.account, markets=scene.markets, funding=scene.funding),
        )
    )
    lines += [f"{refusal}. It can be confirmed once they are taken again." for refusal in refusals(rules, scene.venue)]
    lines += [f"Not allowed now: {objection}" for objection in objections(rules, scene.limits, scene)]
    return "\n".join(lines)
