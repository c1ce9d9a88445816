"""A draft as cards: its open question, its read-back with Confirm / Edit / Cancel, and what became of it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from bots.states import state_of
from bots.views import local_time
from core.domain.condition import markets_of
from core.domain.market import Observation
from core.domain.owner import OPEN_DRAFTS, Draft, DraftState, Owner
from core.domain.reading import ParseResult, Question
from core.domain.rule import Rule, RuleState, leaves_at_once
from core.domain.wording import one_line, say_live, say_rule, trigger_prices
from core.feed.card import Button, Card, Chart, ChartLine, Rows, Tone
from core.feed.press import AnswerDraft, CancelDraft, ConfirmDraft, EditDraft, Say, write

_MOST_LABEL = 60
_MOST_LINES = 8
_MOST_QUOTED = 200
_PAUSED = "Everything of yours is paused: say “resume” before you confirm this."
RESUME = Button(label="Resume", verb=write(Say(words="/resume")))


def draft_card(
    draft: Draft,
    owner: Owner | None = None,
    seen: Sequence[Observation] = (),
    entries: Mapping[str, Decimal] | None = None,
    *,
    replaced: str | None = None,
    notes: Sequence[str] = (),
) -> Card:
    """Where the draft stands, with what can be done about it.

    An offer needs its *owner*, in whose time zone it ends. *seen* is where the markets stand and *entries* the entry
    prices of what is held, for the picture beside it; *replaced* is the rule that is to be so from then on; *notes* are
    what else the account says of it.
    """
    match draft.state:
        case DraftState.ASKING if draft.result.questions:
            return _question_card(draft, draft.result.questions)
        case DraftState.ASKING | DraftState.AWAITING_CONFIRMATION:
            ends = "" if owner is None else f"; this offer ends {local_time(draft.expires_at, owner)}"
            paused = owner is not None and owner.paused and not all(map(leaves_at_once, draft.result.rules))
            until = "Nothing is armed" if replaced is None else f"{replaced} stays as it is"
            return Card(
                title="Confirm this?" if replaced is None else f"Change {replaced} to this?",
                lines=(
                    *draft.summary.splitlines(),
                    *notes,
                    *((_PAUSED,) if paused else ()),
                    f"{until} until you confirm{ends}.",
                ),
                buttons=(
                    (
                        Button(label="Confirm", verb=write(ConfirmDraft(draft_id=draft.id, revision=draft.revision))),
                        Button(label="Edit", verb=write(EditDraft(draft_id=draft.id))),
                        _cancel(draft),
                    ),
                    *(((RESUME,),) if paused else ()),
                ),
                key=_key(draft),
                chart=_chart(draft, seen, entries or {}),
            )
        case DraftState.CANCELLED:
            return Card(title="Dropped", lines=(_unchanged(draft),), key=_key(draft))
        case DraftState.EXPIRED:
            return Card(title="This offer has ended", lines=(f"{_unchanged(draft)} Say it again.",), key=_key(draft))
        case DraftState.CONFIRMED:
            return Card(title="Confirmed", lines=tuple(draft.summary.splitlines()), tone="good", key=_key(draft))


def armed_card(draft_id: str, rules: Sequence[Rule]) -> Card:
    """What was agreed to, with the names it goes by from now on; a rule's next version goes by the old name."""
    labels = ", ".join(rule.label for rule in rules)
    done = "Changed" if any(rule.version > 1 for rule in rules) else "Confirmed"
    lines = []
    for rule in rules:
        before = _before(rule, rules)
        state = "" if rule.state is RuleState.ARMED else f" ({state_of(rule, before)})"
        lines.append(f"{rule.label}{state}: {say_live(rule, after=before)}")
    return Card(
        title=f"{done}: {labels}",
        lines=tuple(lines),
        buttons=((Button(label="My rules", verb=write(Say(words="/rules"))),),),
        tone="good",
        key=f"draft:{draft_id}",
    )


def edit_card(draft: Draft, replaced: str | None = None) -> Card:
    """Asks for the change in words; *replaced* is the rule that is changed, where it is one."""
    if replaced is None:
        title, example = "What should change?", "“make it 40%” or “add a stop at 120”"
        was = f"It was: {_shortened(one_line(draft.words), _MOST_QUOTED)}"
    else:
        title, example = f"What should change about {replaced}?", "“make it 40%” or “at 120 instead”"
        [spec] = draft.result.rules or (None,)
        now_is = one_line(draft.words) if spec is None else say_rule(spec)
        was = f"{replaced} stays as it is until you confirm the change: {_shortened(now_is, _MOST_QUOTED)}"
    lines = (f"Say what should change, for example {example}, or say the whole rule again.", was)
    return Card(title=title, lines=lines, buttons=((_cancel(draft),),))


def refusal_card(result: ParseResult, *, waits: Draft | None = None, meant: str | None = None) -> Card:
    """An honest no: understood and not served, or not understood; names the draft that *waits*, if one does.

    `meant` = the command that the words begin with the name of: offered, never taken.
    """
    title = "SayWhen does not do that" if result.kind == "unsupported" else "I did not understand that"
    lines: tuple[str, ...] = (one_line(result.reason),) if result.reason else ('Try "/help" for what you can say.',)
    if waits is not None and waits.state in OPEN_DRAFTS:
        # Whoever says "confirm" next must know what that is about: not the words that were not understood.
        if waits.state is DraftState.AWAITING_CONFIRMATION:
            said = " ".join(say_rule(spec) for spec in waits.result.rules) or one_line(waits.words)
            lines = (*lines, f"“confirm” would arm the draft from before: {_shortened(said, _MOST_QUOTED)}")
        else:
            lines = (*lines, f"Still open: {one_line(waits.result.questions[0].text)}")
    offer: Rows = () if meant is None else ((Button(label=meant, verb=write(Say(words=meant))),),)
    if meant is not None:
        lines = (*lines, f"If you meant the command, it is {meant} with the slash.")
    return Card(title=title, lines=lines, buttons=offer, tone="warn", public=True)


def _question_card(draft: Draft, questions: Sequence[Question]) -> Card:
    question = questions[0]
    rows: Rows = tuple(
        (
            Button(
                label=_shortened(option.label, _MOST_LABEL),
                verb=write(AnswerDraft(draft_id=draft.id, revision=draft.revision, question=0, option=number)),
            ),
        )
        for number, option in enumerate(question.options)
    )
    lines = [f"You said: {_quoted(draft)}"]
    lines += [option.label for option in question.options if len(option.label) > _MOST_LABEL]
    if len(questions) > 1:
        lines.append(f"{len(questions)} questions are open; this is the first.")
    lines.append("Choose, or answer in words." if question.options else "Answer in words.")
    return Card(title=question.text, lines=tuple(lines), buttons=(*rows, (_cancel(draft),)), key=_key(draft))


def _chart(draft: Draft, seen: Sequence[Observation], entries: Mapping[str, Decimal]) -> Chart | None:
    """The market of the draft's rules with a line wherever one would fire; None where nothing is to be drawn."""
    prices = {observation.market: observation.price for observation in seen}
    lines: dict[str, list[ChartLine]] = {}
    for spec in draft.result.rules:
        for market in sorted(markets_of(spec.condition) & set(prices)):
            side = getattr(spec.action, "type", "")
            for price in trigger_prices(spec.condition, prices, entries):
                tone: Tone = "bad" if price < prices[market] else "good"
                lines.setdefault(market, []).append(
                    ChartLine(price=price, label=f"{spec.id} {side}".strip(), tone=tone)
                )
    if len(lines) != 1:
        return None
    [(market, found)] = lines.items()
    simulated = any(observation.simulated for observation in seen if observation.market == market)
    return Chart(market=market, lines=tuple(found[:_MOST_LINES]), simulated=simulated)


def _before(rule: Rule, rules: Sequence[Rule]) -> str:
    return next((other.label for other in rules if other.id == rule.after_rule), "the rule before it")


def _cancel(draft: Draft) -> Button:
    return Button(label="Cancel", verb=write(CancelDraft(draft_id=draft.id)))


def _unchanged(draft: Draft) -> str:
    return "Nothing was armed." if draft.replaces is None else "The rule is as it was."


def _key(draft: Draft) -> str:
    return f"draft:{draft.id}"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _quoted(draft: Draft) -> str:
    return _shortened(one_line(draft.words), _MOST_QUOTED)
