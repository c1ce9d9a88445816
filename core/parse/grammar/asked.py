"""Joins a condition that ends in a question mark with what is to be done then; decides no clause."""

from dataclasses import replace

from core.parse.grammar.reader import Sentence

_SUBJECTS = frozenset({"COIN", "METRIC", "IND", "FUNDING", "PRICE", "MY", "PNL", "LEVERAGE", "ACCOUNT", "POSITION"})
_BOUNDS = frozenset(
    {"CLOSES", "AT", "ABOVE", "BELOW", "REACH", "BREAK", "CROSSUP", "CROSSDOWN", "RISE", "FALL", "EXCEED"}
)
_NO_CONDITION = frozenset(
    {
        "BUY",
        "SELL",
        "LONG",
        "SHORT",
        "CLOSE",
        "TRIM",
        "ALERT",
        "ADVICE",
        "SHOW",
        "HELP",
        "NOT",
        "REPORT",
        "STOP",
        "TARGET",
    }
)


def answered(sentences: list[Sentence]) -> list[Sentence]:
    """ "health under 25? cut half": a condition with a question mark, and what to do then, are one sentence."""
    result: list[Sentence] = []
    for sentence in sentences:
        before = result[-1] if result else None
        kinds = {item.kind for item in before.items} if before is not None and before.asked else set()
        begun = before.items[0].kind if before is not None else ""
        closed = "CLOSES" in kinds and begun in ("COIN", "MY", "POSITION")
        led = before is not None and kinds & _BOUNDS and begun in (*_SUBJECTS, "AT")
        if led and kinds & (_NO_CONDITION - {"LONG", "SHORT"} if closed else _NO_CONDITION):
            led = False
        if before is None or not led or sentence.asked:
            result.append(sentence)
            continue
        first, last = before.items[0], before.items[-1]
        joined = [replace(first, kind="IF", value=None, text="if"), *before.items]
        joined += [replace(last, kind="THEN", value=None, text="?"), *sentence.items]
        result[-1] = Sentence(joined, polite=sentence.polite)
    return result
