"""Decides which known word a misspelt one is, within one or two slips; never between coins, never into a purchase."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from core.parse.grammar.vocabulary import correctable, phrases

SHORTEST = 4
NEVER_INTO = frozenset({
    "BUY", "LONG", "SHORT", "FOREIGN", "ADVICE", "REPORT", "OTHERCASH", "REVERSE", "KILL", "NOISE", "PERSON", "SOMEDAY",
    "UNNEEDED",
})  # fmt: skip
"""Kinds that no typo becomes, short of a swap of two letters: too much hangs on them."""
SIDES = frozenset({"BUY", "LONG", "SHORT", "REVERSE"})
"""Kinds of those that leave a word unread where they are as near as another."""
SHORT_RIVALS = (
    "with", "post", "now", "sol", "btc", "eth", "not", "buy", "all", "week", "weeks", "hour", "hours", "days", "month",
    "months", "year", "minute", "minutes", "percent", "dollars", "times",
)  # fmt: skip
"""Words that are no item by themselves or too short to be corrected into, and too weighty to be read as another."""


@cache
def english() -> frozenset[str]:
    """Ordinary words of English. One of them is no slip: "less" is not a loss, and "very" not every.

    `english.txt` holds the 22,400 commonest of four letters and more, by the ranks of wordfreq (CC BY-SA 4.0).
    """
    return frozenset(Path(__file__).with_name("english.txt").read_text(encoding="ascii").split())


def distance(a: str, b: str, limit: int) -> int:
    """Slips (insert, delete, replace, swap neighbours) between two words; `limit + 1` when there are more."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, start=1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == b[j - 2] and a[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


@cache
def _by_initials() -> Mapping[str, tuple[tuple[str, frozenset[str]], ...]]:
    """Correctable words with their letters, by their first letter and by their second (for a swap at the start)."""
    index: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for word in correctable():
        for letter in {word[0], word[1]}:
            index.setdefault(letter, []).append((word, frozenset(word)))
    return {letter: tuple(words) for letter, words in index.items()}


@lru_cache(maxsize=4096)
def known_word(word: str, names: tuple[str, ...]) -> str | None:
    """The one known word or coin name (*names*) that *word* must be; None where two meanings are as near.

    Letters that changed places are the nearest slip, a letter left out comes next: "cancle" is cancel, not candle.
    """
    if len(word) < SHORTEST or not word.isalpha():
        return None
    if word in english():
        return next((stem for stem in (word[:-1], word[:-2]) if _plural(word, stem)), None)
    limit = 1 if len(word) < 8 else 2
    best: dict[str, set[str]] = {}
    nearest = 3 * limit + 1
    letters = frozenset(word)
    rivals: list[int] = []
    for candidate, others in _by_initials().get(word[0], ()):
        if abs(len(candidate) - len(word)) > limit or len(letters ^ others) > 2 * limit:
            continue  # A slip changes no more than two letters of the set.
        slips = distance(word, candidate, limit)
        away = 3 * slips - 2 * (sorted(word) == sorted(candidate)) - (slips == 1 and _within(word, candidate))
        meaning = phrases()[(candidate,)]
        if slips > limit or away > nearest:
            continue
        if not _allowed(word, candidate, meaning[0]):
            if meaning[0] in SIDES:
                rivals.append(away)
            continue
        if away < nearest:
            best, nearest = {}, away
        best.setdefault(str(meaning), set()).add(candidate)
    for name in names:
        if len(name) >= 5 and word[0] == name[0] and distance(word, name, 1) <= 1 and nearest >= 3:
            if nearest > 3:
                best, nearest = {}, 3
            best.setdefault("coin " + name, set()).add(name)
    if len(best) != 1 or any(away <= nearest for away in rivals) or _short_rival(word, nearest):
        return None
    if nearest > 2 and _begins_otherwise(word, next(iter(best))):
        return None
    found: str = min(next(iter(best.values())), key=lambda candidate: (not _within(word, candidate), candidate))
    return found


@cache
def _by_tails() -> Mapping[str, frozenset[str]]:
    """What the words mean that end alike, whatever they begin with."""
    index: dict[str, set[str]] = {}
    for word in correctable():
        index.setdefault(word[1:], set()).add(str(phrases()[(word,)]))
    return {tail: frozenset(meanings) for tail, meanings in index.items()}


def prepare() -> None:
    """Build the tables that the first slip would build while somebody waits for an answer (10 ms)."""
    english()
    _by_initials()
    _by_tails()


def _begins_otherwise(word: str, meaning: str) -> bool:
    """Whether a word of another meaning is one slip away at the first letter: "dross" is drops or cross."""
    return any(_by_tails().get(tail, frozenset()) - {meaning} for tail in (word[1:], word))


def _short_rival(word: str, nearest: int) -> bool:
    """Whether one of the short weighty words is as near as the best found: "noow" is no noon."""
    if nearest < 2:
        return False
    return any(word[0] == short[0] and distance(word, short, 1) <= 1 for short in SHORT_RIVALS)


def _plural(word: str, stem: str) -> bool:
    """Whether *word* is a known word with an "s"; other inflections tell of what was done: "placed a stop"."""
    return word in (f"{stem}s", f"{stem}es") and stem in correctable() and phrases()[(stem,)][0] not in NEVER_INTO


def _within(word: str, candidate: str) -> bool:
    """Whether *word* is *candidate* with letters left out, the likeliest slip."""
    letters = iter(candidate)
    return all(letter in letters for letter in word)


def _allowed(word: str, candidate: str, kind: str) -> bool:
    """Whether a word of this kind may be the reading of a misspelt one."""
    return kind not in NEVER_INTO or (len(word) >= 5 and sorted(word) == sorted(candidate))
