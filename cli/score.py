"""`saywhen parse --score`: how well lines with expectations are read, as a table or as JSON; judges no line itself."""

import json
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.running import leave_what_is_loaded
from core.app.offline import VERDICTS, Score, score_words, share
from core.domain.errors import BadInput
from core.domain.reading import ParseContext, ParseResult

_MOST_MISSES = 50
_TITLES = {
    "exact": "exact",
    "confidently_wrong": "confidently wrong",
    "needless_question": "needless questions",
    "missed_question": "missed questions",
    "refused": "refused",
    "otherwise": "otherwise",
}


def run(options: Namespace, read: Callable[[str, ParseContext], ParseResult]) -> int:
    """Print the score that *read* has on the file; 1 where anything was confidently wrong."""
    leave_what_is_loaded()
    score = score_words(_lines(options.score), options.now or datetime.now(UTC), read)
    if not score.lines:
        raise BadInput(f"{options.score} has no lines.", "Name a file with one JSON object a line.")
    if options.json:
        print(json.dumps(score.json()))
    else:
        print(*_table(score), sep="\n")
    return int(score.verdicts["confidently_wrong"] > 0)


def _lines(name: str) -> Iterator[Mapping[str, Any]]:
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        hint = "Name a file of the corpus's shape: text, context, expect, tags."
        raise BadInput(f"{name} cannot be read: {getattr(problem, 'strerror', None) or problem}.", hint) from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _line(line, number)


def _line(text: str, number: int) -> Mapping[str, Any]:
    try:
        line = json.loads(text)
        if not isinstance(line["text"], str) or line["expect"]["kind"] not in _KINDS:
            raise TypeError
        line["context"]["prices"]
    except (ValueError, KeyError, TypeError, IndexError):
        hint = 'Expected {"text", "context": {"prices", …}, "expect": {"kind", …}, "tags"}.'
        raise BadInput(f"Line {number} has no text, context or expectation.", hint) from None
    checked: Mapping[str, Any] = line
    return checked


_KINDS = ("rules", "question", "command", "unsupported", "not_understood")


def _table(score: Score) -> Iterator[str]:
    yield f"{score.lines} lines"
    for verdict in VERDICTS:
        yield f"  {_TITLES[verdict]:<20}{score.verdicts[verdict]:>6}{share(score.verdicts, verdict):>9.2f} %"
    slow = score.percentile(100)
    yield (
        f"  latency             p50 {score.percentile(50):.2f} ms, p90 {score.percentile(90):.2f} ms, "
        f"p99 {score.percentile(99):.2f} ms, slowest {slow:.2f} ms"
    )
    yield from _tags(score.by_tag)
    for miss in score.misses[:_MOST_MISSES]:
        yield f"  {_TITLES[miss.verdict]}: {miss.id} {miss.text[:100]!r} ({miss.expected} expected, was {miss.got})"
    if len(score.misses) > _MOST_MISSES:
        yield f"  and {len(score.misses) - _MOST_MISSES} more; --json lists all of them"


def _tags(by_tag: Mapping[str, Counter[Any]]) -> Iterator[str]:
    """A line a tag: how many, how many of them exact, and how many confidently wrong."""
    if by_tag:
        yield f"  {'tag':<20}{'lines':>6}{'exact':>10}{'wrong':>8}"
    for tag, counted in sorted(by_tag.items()):
        yield f"  {tag:<20}{counted.total():>6}{share(counted, 'exact'):>8.1f} %{counted['confidently_wrong']:>8}"
