"""Turns the lexicon into a table of phrases and adds inflections; decides nothing about sentences."""

from functools import cache
from typing import Any

from core.parse.grammar.lexicon import TRADING
from core.parse.grammar.lexicon_ignored import IGNORED
from core.parse.grammar.lexicon_watching import WATCHING

_PRICE_VERBS = {
    "RISE": "rise pump rip gain climb rally moon jump surge spike increase bounce rebound recover skyrocket "
    "appreciate pop",
    "FALL": "drop fall dip dump nuke crash decline slide sink tank bleed retrace rug plunge plummet decrease "
    "tumble slip correct",
    "MOVE": "wick move swing change shift fluctuate",
    "REACH": "hit reach touch tag print tap attain arrive",
    "BREAK": "break cross clear breach pierce pass",
    "STAY": "stay hold remain sit keep",
    "EXCEED": "exceed top surpass",
}


def _forms(verb: str) -> list[str]:
    """The inflections of a price verb: drops, dropping, dropped …"""
    ends_e = verb.endswith("e")
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return [verb, verb[:-1] + "ies", verb + "ing", verb[:-1] + "ied"]
    third = verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s")
    doubled = verb + verb[-1] if verb[-1] in "pgbtm" and verb[-2] in "aeiou" and verb[-3:-2] not in "aeiou" else verb
    ing = (verb[:-1] if ends_e else doubled) + "ing"
    past = verb + "d" if ends_e else doubled + "ed"
    return [verb, third, ing, past]


@cache
def phrases() -> dict[tuple[str, ...], tuple[str, Any]]:
    """Every phrase as words → (kind, value); price verbs in all their forms."""
    table: dict[tuple[str, ...], tuple[str, Any]] = {}
    for entry, listed in (*IGNORED.items(), *TRADING.items(), *WATCHING.items()):
        kind, _, value = entry.partition("=")
        for phrase in listed.split("|"):
            table.setdefault(tuple(phrase.replace("-", " ").split()), (kind, value or None))
    for kind, verbs in _PRICE_VERBS.items():
        for verb in verbs.split():
            *present, past = _forms(verb)
            for form in present:
                table.setdefault((form,), (kind, None))
            table.setdefault((past,), (kind, "past"))
    for go in (
        "go",
        "goes",
        "going",
        "moves",
        "move",
        "is",
        "heads",
        "ticks",
        "trades",
        "runs",
        "gets",
        "goin",
        "comes",
    ):
        for kind, words in (("RISE", ("up", "higher")), ("FALL", ("down", "lower"))):
            for word in words:
                table.setdefault((go, word), (kind, None))
                for extra in ("another", "by"):
                    table.setdefault((go, word, extra), (kind, None))
        for word, kind in (("higher", "ABOVE"), ("lower", "BELOW")):
            table.setdefault((go, word, "than"), (kind, None))
    for past, kind in (
        ("fell", "FALL"),
        ("rose", "RISE"),
        ("fallen", "FALL"),
        ("risen", "RISE"),
        ("sunk", "FALL"),
        ("broke", "BREAK"),
        ("held", "STAY"),
    ):
        table.setdefault((past,), (kind, "past"))
    for number in range(1, 6):
        for stem in ("tp", "target"):
            table[(f"{stem}{number}",)] = ("TARGET", number)
        table[(f"sl{number}",)] = ("STOP", number)
    for number, word in enumerate(("first", "second", "third"), start=1):
        for stem in ("target", "tp", "take profit"):
            table[(word, *stem.split())] = ("TARGET", number)
    return table


Branch = dict[str, Any]
"""Words that go on from here, each with its own branch; under "" what the phrase means that ends here."""


@cache
def branches() -> Branch:
    """Every phrase as a tree of its words, so that the longest one is found by walking along what was said."""
    root: Branch = {}
    for words, meaning in phrases().items():
        branch = root
        for word in words:
            branch = branch.setdefault(word, {})
        branch[""] = meaning
    return root


@cache
def correctable() -> tuple[str, ...]:
    """Single words that a typo may be read as."""
    return tuple(
        words[0]
        for words, (kind, _) in phrases().items()
        if len(words) == 1 and words[0].isalpha() and len(words[0]) >= 4 and kind != "UNREAD"
    )
