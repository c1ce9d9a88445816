"""Sets aside what is only talk beside an instruction, as in "I'm tired of this chart. Put a stop at 142".

A sentence, or a part of one up to a comma, is talk when it holds a word of the closed list in `lexicon_talk` beside
only words that bind others, and when it is a statement of its own or nothing that could say how or when. A number, a
time, a verb of trading, a condition or a word that nobody knows makes it no talk, and then it is read or asked about
like everything else. What stands before a colon is somebody who speaks: "my brother: buy 2 SOL" is not the trader's.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.parse.grammar.items import Item
from core.parse.grammar.lexicon_talk import QUALIFYING, TALK
from core.parse.grammar.reader import Sentence
from core.parse.grammar.vocabulary import phrases

_WORDS = frozenset(TALK.split())
_QUALIFYING = frozenset(QUALIFYING.split())
_SUBJECTS = frozenset({"I", "MY", "IT"})
_SPEAKERS = frozenset({
    "because", "cuz", "he", "she", "they'd", "they've", "you", "you'd", "you've", "everyone", "everybody", "everyone's",
    "nobody", "people", "ppl", "market", "markets", "chart's", "retail", "whales", "crowd", "bulls", "bears", "coin's",
    "rally's", "today", "tonight's",
})  # fmt: skip
"""Words that a sentence of talk is about, where it is about no coin and not about the trader."""
_DOUBTING = frozenset({
    "know", "feel", "feels", "felt", "like", "likes", "mean", "think", "thinking", "thinks", "sure", "mind", "care",
    "guess", "hate", "hates", "want", "wants", "wanted",
})  # fmt: skip
"""Words of somebody who may not mean it: "I don't feel like it"."""
_WILLING = frozenset({"want", "wants", "wanted", "decided", "need"})
"""Words of what somebody would have: another's are not the trader's, whatever follows."""
_YIELDING = frozenset({"let", "letting", "leave", "leaving", "mind", "try", "trying"})
"""Words of giving way, which may be about what is asked beside them: "leave it", "I won't let you"."""
_REASONS = frozenset({"because", "cuz", "cause"})
_POINTING = frozenset({"this", "that", "these", "those", "you", "you'd", "you've", "your", "yours", "up"})
_JUDGING = _WILLING | frozenset({
    "wrong", "bad", "worse", "worst", "better", "best", "terrible", "strange", "weird", "funny", "crazy", "insane",
    "dangerous", "risky", "safe", "safer", "keep", "keeping", "ready", "trust", "trusting", "other", "others",
    "whatever", "hate", "hates", "like", "likes", "however",
    "although", "though", "serious", "seriously", "hopium", "copium", "crap", "no", "stop", "missing", "forever",
})  # fmt: skip
"""Words that may take back or change what was just asked for, where they stand behind it."""
_CANNOT = frozenset({"can't", "cannot", "won't"})
_BINDING = frozenset({
    "I", "MY", "IT", "GO", "COIN", "OF", "ON", "FOR", "WITH", "AND", "TO", "AT", "FROM", "PRICE", "TODAY",
    "TONIGHT", "NOW", "VAGUE", "ALL", "BY", "CURRENT", "POSITION", "SHOW", "WATCH", "EARN", "CANDLE", "LATEST",
    "TIMES", "UNREAD", "PROFIT", "DAYPART", "WEEKENDS", "CURRENTLY", "MOVE", "RISE", "FALL", "SHIFT",
    "BREAKOUT", "DIP", "ACROSS", "TAKE", "LOSS", "TOMORROW", "BREAKEVEN", "LOSE", "OUT", "NOT", "ONCE", "STAY",
    "TF", "EVERY", "SET", "THROUGH", "NOON", "ACCOUNT",
})  # fmt: skip
_PARTING = ("COMMA", "COLON", "DASH", "THEN")
_BACKING_OUT = frozenset(
    {"nevermind", "never mind", "forget", "ignore", "disregard", "unless", "except", "barring", "without"}
)
MOST_WORDS = 24
"""A longer part is no aside that anybody would want unread."""


_SIGNED = re.compile(
    r"\b(?:regards|sincerely|truly|faithfully|wishes)[ ]*[,.!]?[ ]*\n\s*([A-Z][a-z]+(?:[ ][A-Z][a-z]+)?)[.]?\s*\Z"
)


def unsigned(text: str) -> str:
    """*text* without the name below a letter's last words: "Kind regards,\nMargaret"."""
    signed = _SIGNED.search(text)
    if signed is None or any((name.lower(),) in phrases() for name in signed[1].split()):
        return text
    return text[: text.rindex("\n", 0, len(text.rstrip()))]


def without_talk(sentences: Sequence[Sentence]) -> tuple[list[Sentence], list[Item]] | None:
    """The sentences without the parts that are only talk, and the items of those parts; None where there are none."""
    kept: list[Sentence] = []
    aside: list[Item] = []
    for sentence in sentences:
        rest: list[Item] = []
        items = _without_forbidden(sentence.items, sentences, aside)
        for part, mark in _parts(items):
            whole = part == items
            said = [item for done in kept for item in done.items] + rest
            behind = any(item.kind in _INSTRUCTS for item in said)
            if (
                _is_talk(part)
                and not (behind and _comments(part, said))
                and _stands_apart(part, mark, whole=whole, leads=not rest)
            ):
                aside += part
            else:
                rest += [*part, *([mark] if mark is not None else [])]
        while rest and rest[-1].kind in ("COMMA", "COLON", "DASH"):
            rest.pop()
        if rest:
            kept.append(replace(sentence, items=rest))
    return (kept, aside) if aside and kept else None


def _without_forbidden(items: Sequence[Item], sentences: Sequence[Sentence], aside: list[Item]) -> list[Item]:
    """*items* without what forbids something that nothing else asks for: "sell my SOL at 160, not my ETH"."""
    begun = next((at for at, item in enumerate(items) if item.kind == "NOT"), None)
    if begun is None or items[begun].text.lower() in _BACKING_OUT - {"without"}:
        return list(items)
    end = begun + 1
    while end < len(items) and items[end].kind not in (*_PARTING, "AND", "IF", "EACH"):
        end += 1
    span = items[begun:end]
    others = [item for sentence in sentences for item in sentence.items if item not in span]
    named = {item.value for item in span if item.kind == "COIN"}
    done = {item.kind for item in span if item.kind in _DOING}
    asked = {item.kind for item in others}
    free = not (named & {item.value for item in others if item.kind == "COIN"}) if named else not done & asked
    parted = begun == 0 or items[begun - 1].kind in ("COMMA", "DASH", "AND") or items[begun - 1].text.lower() == "but"
    parted = parted or (begun == 1 and items[0].kind == "I")
    apart = parted and (end == len(items) or items[end].kind in ("COMMA", "DASH", "THEN"))
    if len(span) > 1 and span[0].text.lower() == "no" and span[1].kind == "COIN":
        return list(items)  # "close SOL, no ETH": without ETH, or ETH instead?
    if len(span) < 2 or not apart or not free or asked & {"EVERYTHING", "BOTH", "NOT"} or not asked & _INSTRUCTS:
        return list(items)
    if not (named or done) or any(item.kind not in _FORBIDDEN and not _said_in_talk(item) for item in span):
        return list(items)
    if named and "COIN" not in asked:
        return list(items)
    aside += span
    lead = begun - int(begun > 0 and items[begun - 1].kind in ("COMMA", "AND"))
    lead -= int(lead > 0 and items[lead - 1].text.lower() == "but")
    behind = end + int(begun == 0 and end < len(items))
    return [*items[:lead], *items[behind:]]


_DOING = frozenset({
    "BUY", "SELL", "LONG", "SHORT", "CLOSE", "TRIM", "COVER", "REVERSE", "CANCEL", "PAUSE", "STOP", "TARGET", "TRAIL",
    "LEVERAGE", "STOPS", "ALERTS", "HELP",
})  # fmt: skip
_FORBIDDEN = _DOING | {
    "NOT", "MY", "COIN", "IT", "POSITION", "ON", "OF", "EVERYTHING", "ALL", "ORDERS", "RULES", "VAGUE", "I", "TO",
}  # fmt: skip
_INSTRUCTS = frozenset({
    "BUY", "SELL", "LONG", "SHORT", "CLOSE", "TRIM", "COVER", "ALERT", "STOP", "TARGET", "TRAIL", "SHOW", "CANCEL",
    "PAUSE", "BID",
})  # fmt: skip


def _parts(items: Sequence[Item]) -> list[tuple[list[Item], Item | None]]:
    """The parts of a sentence with the mark behind each."""
    found: list[tuple[list[Item], Item | None]] = []
    part: list[Item] = []
    for item in items:
        if item.kind in _PARTING:
            found.append((part, item))
            part = []
        elif part and item.kind == "UNKNOWN" and item.text.lower() in _REASONS:
            found.append((part, None))
            part = [item]
        else:
            part.append(item)
    return [*found, (part, None)]


_NEWS = frozenset(
    {"everyone", "whales", "whale", "cpi", "fomc", "fed", "news", "etf", "etfs", "sentiment", "dominance"}
)
"""Words that block a rule where they stand in it, and only tell of the day elsewhere."""


def _said_in_talk(item: Item) -> bool:
    return item.text.lower() in _WORDS or item.text.lower() in _NEWS or item.kind == "WATCH"


def _is_talk(part: Sequence[Item]) -> bool:
    spoken = [item for item in part if item.kind == "UNKNOWN" or item.text.lower() in _NEWS]
    if not spoken and len(part) > 2 and part[0].kind in ("I", "NOT"):
        spoken = [item for item in part if item.kind == "WATCH" and any(one.kind == "NOT" for one in part)]
    told = any(item.text.lower() in _NEWS for item in part)
    if told and (len(part) < 3 or part[0].kind == "AT"):
        return False  # "@whale: buy 2 SOL" is somebody else's word
    if not spoken or len(part) > MOST_WORDS or any(not _said_in_talk(item) for item in spoken):
        return False
    willing = {item.text.lower() for item in part} & _WILLING
    yielding = {item.text.lower() for item in part} & _YIELDING
    if yielding or part[0].text.lower() == "like" or (willing and not any(item.kind == "I" for item in part)):
        return False
    for at, item in enumerate(part):
        if item in spoken:
            continue
        own = item.kind in ("LONG", "SHORT") and at > 0 and part[at - 1].kind == "MY"
        own = own or (item.kind in ("LONG", "SHORT") and at + 1 < len(part) and part[at + 1].kind == "UNKNOWN")
        own = own or (at == 0 and len(part) > 2 and item.text.lower() == "market")  # "the market looks weak"
        if not own and item.kind not in _BINDING and not (item.kind == "UNTIL" and item.text.lower() == "before"):
            return False
        if item.kind == "NOT" and (item.text.lower() in _BACKING_OUT or len(part) < 3):
            return False
    return True


def _comments(part: Sequence[Item], said: Sequence[Item]) -> bool:
    """Whether talk behind an instruction may be about it: "that was my brother", "I'm not ready", "up to you".

    A reason that was given as one takes nothing back: "because it looks weak".
    """
    words = {item.text.lower() for item in part}
    denied = any(item.kind == "NOT" for item in part)
    if {item.value for item in part if item.kind == "COIN"} - {item.value for item in said if item.kind == "COIN"}:
        return True
    if part[0].text.lower() in _REASONS and not denied:
        return False
    if denied and not (part[0].kind == "I" and _is_busy(part)):
        return True
    pointed = any(
        item.text.lower() in _POINTING and (at + 1 == len(part) or part[at + 1].kind not in ("CANDLE", "PRICE"))
        for at, item in enumerate(part)
    )  # "this chart" is not what was asked
    return pointed or any(item.kind == "IT" for item in part) or bool(words & _JUDGING)


def _stands_apart(part: Sequence[Item], mark: Item | None, *, whole: bool, leads: bool) -> bool:
    """Whether talk says nothing of how, when or by whose word to do what stands beside it."""
    words = {item.text.lower() for item in part}
    denied = any(item.kind == "NOT" for item in part)
    own = denied or part[0].kind == "I" or (mark is not None and mark.kind != "COMMA")
    if (words & (_DOUBTING | {"ready"} if denied else _DOUBTING) and own) or (denied and not (whole or _is_busy(part))):
        return False
    if mark is not None and mark.kind in ("COLON", "THEN"):
        return any(item.kind == "I" for item in part) or part[0].kind in ("IT", "EARN")  # else somebody else speaks
    if _is_statement(part):
        return True
    placed = part[0].kind in ("ON", "AT", "WITH", "BY", "FROM", "FOR", "TO", "UNTIL", "THROUGH", "EVERY", "ONCE")
    mood = bool(words & (_WORDS - _QUALIFYING)) and not placed
    if whole:
        return mood or part[0].kind in ("GO", "I", "NOT")
    mood = mood and not words & _QUALIFYING and not any(item.kind == "MY" for item in part)
    return leads and (part[0].kind == "GO" or mood)


def _is_statement(part: Sequence[Item]) -> bool:
    """Whether it says something of somebody: "my sister is bored", "because the market is calm"."""
    lead = next((item for item in part if item.kind not in ("AND", "NOW", "TODAY", "CURRENTLY")), None)
    if lead is None or len(part) < 3:
        return False
    return lead.kind in _SUBJECTS or (lead.kind == "COIN" and len(part) > 3) or lead.text.lower() in _SPEAKERS | _NEWS


def _is_busy(part: Sequence[Item]) -> bool:
    """ "I can't stare at the screen": a no that is said of the trader's time, and of no trade."""
    return part[0].kind == "I" and all(item.text.lower() in _CANNOT for item in part if item.kind == "NOT")
