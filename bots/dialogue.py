"""What somebody wrote or pressed → the cards they get back; talks to the façade only and means nothing itself."""

import logging
import re
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, replace

from bots import draft_cards, left_open, questions, views
from bots.channel import Inbound
from bots.commands import as_command, near_command, run_command
from bots.facade import Facade
from bots.obey import LATE_AFTER_S, obey
from bots.small_talk import small_talk
from bots.turn import Turn
from core.domain.condition import entry_markets
from core.domain.errors import BadInput, Conflict, SayWhenError, StorageUnavailable
from core.domain.ids import DraftId, RuleId
from core.domain.owner import OPEN_DRAFTS, Draft, DraftState
from core.domain.reading import Command, CommandName, ParseResult
from core.domain.rule import LIVE, RuleState
from core.feed.card import Card
from core.feed.press import (
    AnswerDraft,
    CancelDraft,
    ConfirmDraft,
    EditDraft,
    HandleRule,
    Press,
    Say,
    SettleMissed,
    read,
)
from core.ports import Clock

_log = logging.getLogger(__name__)

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
"""What UTF-8 or the database has no place for, and no keyboard types."""
# Only what cannot answer anything else: a "yes" may be meant for another card that asks.
_YES = frozenset({"confirm", "confirm it"})
_NO = frozenset({
    "cancel", "cancel it", "cancel that", "drop it", "drop that", "never mind", "nevermind", "forget it", "forget that",
    "scrap that", "neither", "none of them", "none of those",
})  # fmt: skip
_NAMED = re.compile(r"(edit|change|modify|update|copy)\s+(r\d{1,9})\b[\s:,]*(.*)", re.IGNORECASE | re.DOTALL)
"""A rule that is armed, named to be changed; what follows is the change."""
_ASKED_AFTER = frozenset({"help", "positions"})
"""Commands that answer a question with everything there is; a narrower answer goes before."""
_MOST_REMEMBERED = 10_000
_DEEDS: dict[str, CommandName] = {"pause": "pause_rules", "resume": "resume_rules", "cancel": "cancel_rules"}


@dataclass(frozen=True, slots=True)
class _Shown:
    """The draft somebody looks at; `editing` = their next words change it."""

    draft_id: DraftId
    revision: int
    state: DraftState
    editing: bool = False


class Dialogue:
    """The conversation on every channel.

    Only a convenience lives in memory: which draft somebody was shown last, so that a typed "confirm" means it.
    Everything that matters is in the façade, so a restart loses no draft, question or button.
    """

    def __init__(
        self,
        core: Facade,
        clock: Clock,
        *,
        dashboard: str | None = None,
        admins: Collection[tuple[str, str]] = (),
    ) -> None:
        """*dashboard* is its address, *admins* the (channel, address) of those who run this SayWhen."""
        self._core = core
        self._dashboard = dashboard
        self._admins = frozenset(admins)
        self._clock = clock
        self._shown: OrderedDict[tuple[str, str], _Shown] = OrderedDict()

    async def answer(self, inbound: Inbound) -> list[Card]:
        """The cards to show for *inbound*. Never raises, whatever was sent."""
        try:
            return await self._answer(inbound)
        except StorageUnavailable as problem:
            # What is wrong with it is for whoever runs this, and for their log.
            _log.warning("A turn on %s found no database: %s", inbound.channel, problem)
            return [
                Card(
                    title="SayWhen's database does not answer just now",
                    lines=(
                        "It may or may not have been done: look at /rules and /orders before you repeat it.",
                        "No rule fires meanwhile, and you are told how long nobody watched.",
                    ),
                    tone="bad",
                    public=True,
                )
            ]
        except SayWhenError as problem:
            return [views.error_card(problem)]
        except TimeoutError:
            return [
                Card(
                    title="That took too long, so it was given up",
                    lines=("Look at /rules and /orders before you repeat it.",),
                    tone="bad",
                )
            ]
        except Exception:  # noqa: BLE001 - whatever broke, the person gets an answer and the log the rest
            _log.exception("A turn on %s broke", inbound.channel)
            return [views.BROKEN]

    async def _answer(self, inbound: Inbound) -> list[Card]:
        owner = inbound.owner
        if owner is None:
            owner = await self._core.account.sign_in(inbound.channel, inbound.address)
        place = (inbound.channel, inbound.address)

        async def draft(words: str) -> list[Card]:
            return await self._draft(turn, place, words)

        async def typed(words: str) -> list[Card]:
            return await self._typed(turn, place, words)

        now = self._clock.now()
        turn = Turn(
            core=self._core,
            owner=owner,
            channel=inbound.channel,
            address=inbound.address,
            now=now,
            waited_s=(now - inbound.sent_at).total_seconds(),
            draft=draft,
            typed=typed,
            again=inbound.again,
            dashboard=self._dashboard,
            admin=place in self._admins,
        )
        text = inbound.text
        if inbound.verb is not None:
            press = read(inbound.verb)
            if press is None:
                raise BadInput("That button is not known here any more", "Say what you want in words instead.")
            if isinstance(press, EditDraft | HandleRule) and inbound.text:
                return await self._change(turn, place, press, inbound.text)
            if not isinstance(press, Say):
                return await self._press(turn, place, press, inbound.verb)
            text = press.words
        text = _NOT_STORABLE.sub("", text).strip()
        if not text:
            raise BadInput("There were no words in that", 'Say a rule, for example "if SOL drops 2 % sell half".')
        return await self._typed(turn, place, text)

    async def _typed(self, turn: Turn, place: tuple[str, str], text: str) -> list[Card]:
        if text.startswith("/"):
            return await run_command(turn, text)
        return await self._words(turn, place, text)

    async def _words(self, turn: Turn, place: tuple[str, str], text: str) -> list[Card]:
        shown = self._shown.get(place)
        said = text.casefold().rstrip(" .!")
        if shown is not None:
            if said in _NO:
                return await self._press(turn, place, CancelDraft(draft_id=shown.draft_id), text)
            if shown.editing and as_command(text) is None:
                try:
                    return await self._amend(turn, place, shown.draft_id, text)
                except BadInput as problem:  # the next words are still meant for this draft
                    raise BadInput(str(problem), f"{problem.hint} “cancel” leaves it as it is.".strip()) from None
            if shown.state is DraftState.AWAITING_CONFIRMATION:
                if said in _YES:
                    confirm = ConfirmDraft(draft_id=shown.draft_id, revision=shown.revision)
                    return await self._press(turn, place, confirm, text)
                if said == "edit" or said.startswith("edit "):
                    change = text[4:].strip()
                    if change:
                        return await self._amend(turn, place, shown.draft_id, change)
                    return await self._press(turn, place, EditDraft(draft_id=shown.draft_id), text)
        named = _NAMED.fullmatch(text)
        if named is not None:
            press = HandleRule(deed="copy" if named[1].casefold() == "copy" else "edit", label=named[2].lower())
            return await self._change(turn, place, press, named[3])
        command = as_command(text)
        return await (self._draft(turn, place, text) if command is None else run_command(turn, command))

    async def _draft(self, turn: Turn, place: tuple[str, str], words: str) -> list[Card]:
        if turn.again:
            # Said just before a crash: where it became a draft then, it must not become another.
            for draft in reversed(await self._core.drafts.open(turn.owner)):
                if draft.channel == turn.channel and draft.words.endswith(words):
                    return [await self._show(turn, place, draft)]
        try:
            made = await self._core.drafts.say(turn.owner, words, turn.channel)
        except BadInput:  # words that change no draft may be a question
            answered = await questions.answer(turn, words)
            if answered is None:
                raise
            return answered
        if isinstance(made, Draft):
            return [await self._show(turn, place, made)]
        return await self._read(turn, place, made, words)

    async def _read(self, turn: Turn, place: tuple[str, str], result: ParseResult, words: str) -> list[Card]:
        command, shown = result.command, self._shown.get(place)
        if command is None or command.name in _ASKED_AFTER:
            answered = await questions.answer(turn, words)
            answered = answered or small_talk(words, None if shown is None else shown.state)
            if answered is not None:
                return answered
        if result.kind == "command" and command is not None:
            return await obey(turn, command)
        # Words that failed to change a draft must not be taken for a change that was made.
        waits = None if shown is None else await self._core.drafts.get(turn.owner, shown.draft_id)
        return [draft_cards.refusal_card(result, waits=waits, meant=near_command(turn, words))]

    async def _press(self, turn: Turn, place: tuple[str, str], press: Press, sent: str) -> list[Card]:
        drafts, rules = self._core.drafts, self._core.rules
        match press:
            case ConfirmDraft(draft_id=draft_id, revision=revision):
                if turn.waited_s > LATE_AFTER_S:
                    verb = sent if read(sent) is not None else None
                    return [views.late_card(turn.waited_s, "Confirm", verb)]
                try:
                    agreed = await drafts.confirm(turn.owner, DraftId(draft_id), revision)
                except Conflict as problem:
                    return await self._newer(turn, place, draft_id, revision, problem)
                self._forget(place, draft_id)
                return [draft_cards.armed_card(draft_id, agreed)]
            case AnswerDraft(draft_id=draft_id, revision=revision, question=question, option=option):
                try:
                    draft = await drafts.answer(turn.owner, DraftId(draft_id), revision, option, question)
                except Conflict as problem:
                    return await self._newer(turn, place, draft_id, revision, problem)
                return [await self._show(turn, place, draft)]
            case EditDraft(draft_id=draft_id):
                draft = await drafts.get(turn.owner, DraftId(draft_id))
                if draft.state not in OPEN_DRAFTS:
                    return [await self._show(turn, place, draft)]
                self._remember(place, draft, editing=True)
                return [draft_cards.edit_card(draft, await self._replaced(turn, draft))]
            case CancelDraft(draft_id=draft_id):
                draft = await drafts.cancel(turn.owner, DraftId(draft_id))
                return [await self._show(turn, place, draft)]
            case SettleMissed(rule_id=rule_id, run=True):
                return [await self._show(turn, place, await rules.run_missed(turn.owner, RuleId(rule_id)))]
            case SettleMissed(rule_id=rule_id):
                rule = await rules.skip_missed(turn.owner, RuleId(rule_id))
                return [Card(title=f"{rule.label} skipped", lines=("Nothing was traded.",))]
            case HandleRule(deed="copy", label=label):
                return [await self._show(turn, place, await drafts.copy(turn.owner, label))]
            case HandleRule(deed="edit", label=label):
                [rule] = await rules.list(turn.owner, LIVE, Command(name="rules", rule_ids=(label,)))
                draft = await drafts.revise(turn.owner, rule.id, rule.spec, turn.channel)
                self._remember(place, draft, editing=True)
                return [draft_cards.edit_card(draft, label)]
            case HandleRule(deed=deed, label=label):
                return await obey(turn, Command(name=_DEEDS[deed], rule_ids=(label,)))
            case Say(words=words):
                return await self._draft(turn, place, words)

    async def _change(
        self, turn: Turn, place: tuple[str, str], press: EditDraft | HandleRule, words: str
    ) -> list[Card]:
        """The button and the words that go with it, in one: on channels that ask for both with a form."""
        cards = await self._press(turn, place, press, words)
        shown = self._shown.get(place)
        words = _NOT_STORABLE.sub("", words).strip()
        if shown is None or not shown.editing or not words:
            return cards
        return await self._amend(turn, place, shown.draft_id, words)

    async def _newer(
        self, turn: Turn, place: tuple[str, str], draft_id: str, revision: int, problem: Conflict
    ) -> list[Card]:
        """Why the button of an older card did nothing, and the draft's present card if there is one to press."""
        draft = await self._core.drafts.get(turn.owner, DraftId(draft_id))
        if draft.state in OPEN_DRAFTS and draft.revision == revision:
            paused = (await self._core.account.owner(turn.owner)).paused
            return [replace(views.error_card(problem), buttons=((draft_cards.RESUME,),) if paused else ())]
        return [views.error_card(problem), await self._show(turn, place, draft)]

    async def _amend(self, turn: Turn, place: tuple[str, str], draft_id: DraftId, words: str) -> list[Card]:
        return [await self._show(turn, place, await self._core.drafts.amend(turn.owner, draft_id, words))]

    async def _show(self, turn: Turn, place: tuple[str, str], draft: Draft) -> Card:
        if draft.state in OPEN_DRAFTS:
            self._remember(place, draft)
        else:
            self._forget(place, draft.id)
        replaced = await self._replaced(turn, draft)
        if draft.state is not DraftState.AWAITING_CONFIRMATION:  # nothing of theirs is in it
            return draft_cards.draft_card(draft, replaced=replaced)
        owner = await self._core.account.owner(turn.owner)
        entries = {}
        if any(entry_markets(spec.condition) for spec in draft.result.rules):
            held = (await self._core.account.view(turn.owner)).positions
            entries = {position.market: position.entry_price for position in held if position.base != 0}
        notes = await left_open.stops_to_move(turn, draft.result.rules)
        seen = self._core.prices.latest()
        return draft_cards.draft_card(draft, owner, seen, entries, replaced=replaced, notes=notes)

    async def _replaced(self, turn: Turn, draft: Draft) -> str | None:
        """What the rule is called whose next version *draft* is."""
        if draft.replaces is None:
            return None
        rules = await self._core.rules.list(turn.owner, frozenset(RuleState))
        return next((rule.label for rule in rules if rule.id == draft.replaces), None)

    def _remember(self, place: tuple[str, str], draft: Draft, *, editing: bool = False) -> None:
        self._shown[place] = _Shown(draft.id, draft.revision, draft.state, editing)
        self._shown.move_to_end(place)
        while len(self._shown) > _MOST_REMEMBERED:
            self._shown.popitem(last=False)

    def _forget(self, place: tuple[str, str], draft_id: str) -> None:
        shown = self._shown.get(place)
        if shown is not None and shown.draft_id == draft_id:
            del self._shown[place]
