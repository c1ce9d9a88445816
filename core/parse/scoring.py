"""Counts how a parser does on lines with expectations: right, confidently wrong, asked for nothing; decides no line."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal

from core.parse.compare import matches

ACTING = frozenset({"pause_rules", "resume_rules", "cancel_rules", "cancel_orders", "kill"})
"""Commands that change something; the others only show."""
Verdict = Literal["exact", "confidently_wrong", "needless_question", "missed_question", "refused", "otherwise"]
VERDICTS: tuple[Verdict, ...] = (
    "exact", "confidently_wrong", "needless_question", "missed_question", "refused", "otherwise",
)  # fmt: skip
PERCENTILES = (50, 90, 99, 100)
Read = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""A line (`text`, `context`) → its ParseResult, both in the language's JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A line that was not read as expected."""

    id: str
    text: str
    verdict: Verdict
    expected: str
    got: str


@dataclass(slots=True, kw_only=True)
class Score:
    """What came of all lines, over all and by tag; `latency_ms` holds one figure a line."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    by_tag: dict[str, Counter[Verdict]] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)
    latency_ms: list[float] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """How many lines were read."""
        return self.verdicts.total()

    def percentile(self, percent: int) -> float:
        """The latency (ms) that *percent* of the lines stay within; 0 without lines."""
        ordered = sorted(self.latency_ms)
        return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else 0.0

    def json(self) -> dict[str, Any]:
        """The score as plain JSON: counts, shares in percent, latencies in milliseconds."""
        return {
            "lines": self.lines,
            **{verdict: self.verdicts[verdict] for verdict in VERDICTS},
            "percent": {verdict: share(self.verdicts, verdict) for verdict in VERDICTS},
            "latency_ms": {f"p{p}" if p < 100 else "max": round(self.percentile(p), 3) for p in PERCENTILES},
            "by_tag": {
                tag: {"lines": counted.total(), **{verdict: counted[verdict] for verdict in VERDICTS}}
                for tag, counted in sorted(self.by_tag.items())
            },
            "misses": [
                {"id": miss.id, "text": miss.text, "verdict": miss.verdict, "expected": miss.expected, "got": miss.got}
                for miss in self.misses
            ],
        }


def share(counted: Counter[Verdict], verdict: Verdict) -> float:
    """The percent of lines with this verdict."""
    return round(100 * counted[verdict] / counted.total(), 2) if counted else 0.0


def scored(lines: Iterable[Mapping[str, Any]], read: Read) -> Score:
    """The score of *read* on lines of the corpus's shape. Raises KeyError for a line without text or expectation."""
    score = Score()
    lines = list(lines)
    for line in lines[:1]:
        read(line)  # Tables that are built once are no line's latency.
    for number, line in enumerate(lines, 1):
        begun = perf_counter()
        result = read(line)
        score.latency_ms.append(1000 * (perf_counter() - begun))
        verdict = judged(line["expect"], result, line["context"])
        score.verdicts[verdict] += 1
        for tag in line.get("tags", ()):
            score.by_tag.setdefault(tag, Counter())[verdict] += 1
        if verdict != "exact":
            expected = line["expect"]["kind"]
            name = str(line.get("id", number))
            score.misses.append(
                Miss(id=name, text=line["text"], verdict=verdict, expected=expected, got=result["kind"])
            )
    return score


def judged(expect: Mapping[str, Any], result: Mapping[str, Any], context: Mapping[str, Any]) -> Verdict:
    """What one result is worth against one expectation and its alternatives."""
    wanted = [expect, *expect.get("alternatives", [])]
    if any(matches(one, result, context) for one in wanted):
        return "exact"
    kinds = {one["kind"] for one in wanted}
    kind = result["kind"]
    if kind == "question":
        return "otherwise" if "question" in kinds else "needless_question"
    if kind == "rules" or (kind == "command" and result["command"]["name"] in ACTING):
        return "confidently_wrong"
    if kinds & {"rules", "command"} and kind in ("unsupported", "not_understood"):
        return "refused"
    return "missed_question" if "question" in kinds else "otherwise"
