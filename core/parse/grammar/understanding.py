"""Reads a message as far as words alone tell: rule drafts, a command, or a refusal; asks nothing yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.domain.reading import ParseContext, ParseResult
from core.parse.grammar.asides import unsigned, without_talk
from core.parse.grammar.asked import answered
from core.parse.grammar.assemble import assemble
from core.parse.grammar.clauses import Clauses, Part, read_clauses
from core.parse.grammar.coins import coins_of
from core.parse.grammar.commands import read_command
from core.parse.grammar.constructions import named_both
from core.parse.grammar.continued import last_condition
from core.parse.grammar.drafts import Act, Change, Cond, RuleDraft, Trail
from core.parse.grammar.grouping import Unclear
from core.parse.grammar.items import Item, TooMuchWork
from core.parse.grammar.kept import named_instead
from core.parse.grammar.reader import Reader, Sentence
from core.parse.grammar.refusals import contradicted, declined, not_understood, unsupported
from core.parse.grammar.sheets import layouts
from core.parse.grammar.text import MAX_CHARS, clean, tokens
from core.parse.grammar.topics import Topic, about, led_by_topic, reported, told_first

MOST_RULES = 20
MOST_REMEMBERED = 4
"""A turn has the words of a draft and those that are said of it; where a context serves longer, it begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What a message says: `drafts` to settle, or a `verdict` that needs no settling.

    The drafts were made of `said`; `heard` is the same before constructions, corrections and lists were written out.
    """

    drafts: list[RuleDraft] = field(default_factory=list)
    said: tuple[Item, ...] = ()
    heard: tuple[Item, ...] = ()
    verdict: ParseResult | None = None
    notes: tuple[str, ...] = ()
    steps: int = 0


class Turn:
    """What words say in one context: those that may answer, correct or begin something are understood only once."""

    def __init__(self, context: ParseContext) -> None:
        self.context = context
        self._understood: dict[str, Understanding] = {}

    def understand(self, text: str) -> Understanding:
        """The reading of *text*; never raises for any text."""
        found = self._understood.get(text)
        if found is None:
            found = understand(text, self.context)
            if len(self._understood) == MOST_REMEMBERED:
                self._understood.clear()
            self._understood[text] = found
        return found


def understand(text: str, context: ParseContext) -> Understanding:
    """The reading of *text*; never raises for any text."""
    if len(text) > MAX_CHARS:
        reason = f"That is too long: {len(text)} characters, and I read at most {MAX_CHARS}. Send it in parts."
        return Understanding(verdict=not_understood(reason))
    try:
        return _read(clean(text)[:MAX_CHARS], context)
    except TooMuchWork:
        return Understanding(verdict=not_understood("That is too involved for me. Send it in smaller parts."))


def _read(cleaned: str, context: ParseContext) -> Understanding:
    reader = Reader(tokens(unsigned(cleaned)), coins_of(context))
    sentences = reader.sentences()
    held = {market: holding.base for market, holding in context.positions.items() if holding.base != 0}
    for sentence in sentences:
        sentence.items = named_instead(sentence.items, held)
    if any(item.kind == "BOTH" for sentence in sentences for item in sentence.items):
        named = named_both([sentence.items for sentence in sentences], list(held))
        sentences = [replace(sentence, items=items) for sentence, items in zip(sentences, named, strict=True) if items]
    sentences = answered(sentences)
    notes = tuple(f"I read “{wrong}” as “{right}”." for wrong, right in reader.corrected)
    if not sentences:
        return Understanding(verdict=not_understood("I see no words in that. Tell me what to do and when."))
    found = _understanding(sentences, reader, cleaned, notes, context)
    declined_ = found.verdict is not None and found.verdict.kind in ("not_understood", "unsupported")
    if not declined_ or (told := without_talk(sentences)) is None:
        return found
    rest, talk = told
    spoken = cleaned[min(item.start for item in talk) : max(item.end for item in talk)][:60]
    heard = (*notes, f"I took “{spoken}” as no instruction.")
    coins = {item.value for item in talk if item.kind == "COIN"}
    carried = len(coins) == 1 and not any(item.kind == "COIN" for sentence in rest for item in sentence.items)
    topic = Topic(market=next(iter(coins))) if carried else None
    again = _understanding(rest, reader, cleaned, heard, context, _Talk(talk, topic))
    return replace(again, steps=found.steps + again.steps)


@dataclass(frozen=True, slots=True)
class _Talk:
    """What was said beside the instructions, and the market that it was about."""

    items: list[Item]
    topic: Topic | None


def _understanding(
    sentences: list[Sentence],
    reader: Reader,
    cleaned: str,
    notes: tuple[str, ...],
    context: ParseContext,
    talk: _Talk | None = None,
) -> Understanding:
    """What sentences say; *talk* stood beside them."""
    aside, topic = ([], None) if talk is None else (_places(talk.items), talk.topic)
    command = read_command(sentences)
    if command is not None:
        return Understanding(verdict=ParseResult(kind="command", command=command, assumptions=notes))
    told = _told(sentences, cleaned, topic)
    told.aside += aside
    understood = _understood(told, reader, notes, context)
    for laid_out in (
        layouts(sentences, whole_lines=understood is not None)
        if understood is None or understood.verdict is not None
        else ()
    ):
        other = _told(laid_out, cleaned, topic)
        other.aside += aside
        other.steps += told.steps
        reread = _understood(other, reader, notes, context)
        if reread is not None and reread.verdict is None:
            return reread
        told.steps = other.steps
    if understood is not None:
        return understood
    verdict = contradicted(sentences) or declined(sentences, told.leftover, list(context.prices))
    return Understanding(verdict=verdict, steps=told.steps)


def _understood(told: "_Told", reader: Reader, notes: tuple[str, ...], context: ParseContext) -> Understanding | None:
    """What clauses with nothing left over say; None where something is."""
    if told.leftover:
        return None
    if any(sentence.asked and not sentence.polite for sentence in told.sentences):
        return Understanding(verdict=not_understood(_QUESTION), steps=told.steps)
    said = tuple(item for sentence in told.sentences for item in sentence.items)
    heard = tuple(item for item in reader.heard if not any(item.start in span for span in told.aside))
    return replace(_assembled(told.parts, notes, told.steps, context), said=said, heard=heard)


def _places(items: Sequence[Item]) -> list[range]:
    return [range(item.start, item.end) for item in items]


@dataclass(slots=True)
class _Told:
    """What the sentences of a message are made of, and what of them was not understood."""

    parts: list[list[Part]] = field(default_factory=list)
    leftover: list[Item] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    aside: list[range] = field(default_factory=list)
    """Where words stand that only tell of a position, or say nothing, and ask for nothing."""
    steps: int = 0


def _told(sentences: Sequence[Sentence], cleaned: str, topic: Topic | None = None) -> _Told:
    told = _Told()
    before: list[Act] = []
    spoken: Cond | None = None
    for number, sentence in enumerate(sentences, start=1):
        clauses = _clauses(sentence, cleaned, before, spoken)
        told.steps += clauses.steps
        if clauses.leftover and (first := told_first(sentence.items)) is not None:
            again = read_clauses(replace(sentence, items=first[1]), cleaned, before, spoken)
            if not again.leftover:
                clauses = replace(again, parts=about(first[0], again.parts))
                sentence = replace(sentence, items=first[1])  # noqa: PLW2901 - what follows reads what is left of it
                told.aside += _places(first[2])
        if clauses.leftover and number < len(sentences) and (tells := reported(sentence.items)) is not None:
            topic = tells
            told.aside.append(range(sentence.items[0].start, sentence.items[-1].end))
            continue
        if topic is not None and not any(item.kind == "COIN" for item in sentence.items):
            clauses.parts = about(topic, clauses.parts)
        told.sentences.append(sentence)
        told.leftover += clauses.leftover
        told.parts.append(clauses.parts)
        conds = [part.what for part in clauses.parts if part.is_cond]
        spoken = last_condition(conds[-1]) if conds else spoken
        before += [part.what for part in clauses.parts if isinstance(part.what, Act)]
    return told


def _clauses(sentence: Sentence, cleaned: str, before: list[Act], spoken: Cond | None) -> Clauses:
    """The clauses of a sentence; where words are left over, those of what its first words say that it is about."""
    clauses = read_clauses(sentence, cleaned, before, spoken)
    owned = [item.kind for item in sentence.items[:2]] == ["MY", "COIN"]  # "my DRIFT short: cover at 0.18"
    if not (clauses.leftover or owned) or (topical := led_by_topic(sentence.items)) is None:
        return clauses
    topic, rest = topical
    told = read_clauses(replace(sentence, items=rest), cleaned, before, spoken)
    told.steps += clauses.steps
    if told.leftover or not (topic.side or clauses.leftover):
        return replace(clauses, steps=told.steps)
    return replace(told, parts=about(topic, told.parts))


_QUESTION = "Was that a question? If it is what I should do, send it without the question mark."


def _assembled(read: list[list[Part]], notes: tuple[str, ...], steps: int, context: ParseContext) -> Understanding:
    try:
        drafts = assemble([parts for parts in read if parts])
    except Unclear as unclear:
        verdict = unsupported(str(unclear)) if unclear.beyond else not_understood(str(unclear))
        return Understanding(verdict=verdict, steps=steps)
    if not drafts or len(drafts) > MOST_RULES:
        return Understanding(
            verdict=not_understood("Tell me what to do and when, at most 20 rules at once."), steps=steps
        )
    return Understanding(drafts=_for_each_position(drafts, context), notes=notes, steps=steps)


def _for_each_position(drafts: list[RuleDraft], context: ParseContext) -> list[RuleDraft]:
    """ "a stop at -10 % for all my positions" is one rule for each that is open."""
    held = [market for market, holding in context.positions.items() if holding.base != 0]
    result: list[RuleDraft] = []
    for draft in drafts:
        act, cond = draft.act, draft.cond
        own = isinstance(cond, Change) and cond.reference == "entry_price" and cond.market is None
        own = own or (isinstance(cond, Trail) and cond.market is None and cond.activation is None)
        if not (act.everything and act.purpose is not None and act.market is None and own and not draft.then):
            result.append(draft)
        else:
            result += [replace(draft, act=replace(act, market=market, everything=False)) for market in held] or [draft]
    return result
