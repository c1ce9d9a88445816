"""Domain ⇄ JSON, once: the canonical form that database, API, LLM schema and dashboard share; decides no meaning."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from core.domain.errors import BadInput
from core.domain.event import BY_NAME, Event
from core.domain.money import plain, read_decimal
from core.domain.reading import Holding, ParseContext, ParseResult
from core.domain.rule import RuleSet, RuleSpec

T = TypeVar("T")

LARGEST_EXPONENT = 60
"""No amount, price or quotient of them comes near 10^60; a longer one is an attack or a mistake."""

DEEPEST = 20
"""Objects and lists within each other. Validating conditions costs twice as much for each level that they nest."""

_SHOWN_WHEN_NONE: Mapping[type, frozenset[str]] = {
    RuleSpec: frozenset({"after", "oco_group", "expires_at"}),
    ParseResult: frozenset({"command", "reason"}),
}
"""Everything else that is None and defaults to None is left out: absent and null mean the same in the language."""


def to_json(value: object) -> Any:
    """*value* in canonical JSON terms: decimals as plain strings, times ISO 8601, dataclasses as objects.

    Raises TypeError for what has no canonical form, floats among them, and ValueError for numbers whose plain digits
    would fill the memory.
    """
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case Decimal():
            if not (value.is_finite() and -LARGEST_EXPONENT < value.adjusted() < LARGEST_EXPONENT):
                raise ValueError(f"Expected a number within 10^±{LARGEST_EXPONENT}, was {value!s:.40}")
            return plain(value)
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): to_json(item) for key, item in value.items()}
        case tuple() | list() | frozenset():
            return [to_json(item) for item in value]
        case _ if is_dataclass(value):
            return {
                name: to_json(item)
                for name, optional in _shape(cast(Any, type(value)))
                if not ((item := getattr(value, name)) is None and optional)
            }
        case _:
            raise TypeError(f"Expected a value of the domain, was {type(value).__name__}")


@cache
def _shape(kind: type) -> tuple[tuple[str, bool], ...]:
    """The fields of a dataclass, each with whether it is left out when None."""
    shown = _SHOWN_WHEN_NONE.get(kind, frozenset())
    return tuple((f.name, f.default is None and f.name not in shown) for f in fields(kind))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def from_json(kind: type[T] | Any, value: object) -> T:
    """The domain value of type *kind* that JSON *value* stands for; numbers may be plain JSON numbers.

    Raises BadInput naming the first field that is wrong, or that the language does not know.
    """
    if _deeper_than(value, DEEPEST):
        raise BadInput("Expected conditions nested less deeply", "Say it with fewer brackets, or as several rules.")
    try:
        read = _adapter(cast(Any, kind)).validate_python(value)
        understood = to_json(read)
    except (ValidationError, ValueError) as problem:
        raise BadInput(_explain(problem), "Correct that field and send it again.") from None
    stray = None if understood == value else _stray(value, understood, "")
    if stray is not None:
        raise BadInput(f"Expected only known fields, was {stray!r}", "Remove that field and send it again.")
    return cast(T, read)


def from_kept(kind: type[T], value: object) -> T:
    """As `from_json`, for immutable values, looked at far more often than they change: the last are remembered."""
    return cast(T, _remembered(cast(Any, kind), json.dumps(value)))


@lru_cache(5_000)
def _remembered(kind: Any, written: str) -> object:
    return from_json(kind, json.loads(written))


def _deeper_than(value: object, most: int) -> bool:
    """Whether objects and lists nest more than *most* levels in *value*; level by level, so no depth can hurt it."""
    level = [value]
    for _ in range(most + 1):
        level = [
            item
            for outer in level
            if isinstance(outer, Mapping | list | tuple)
            for item in (outer.values() if isinstance(outer, Mapping) else outer)
        ]
        if not level:
            return False
    return True


def _explain(problem: Exception) -> str:
    """The one error of a validation that a person can act on: the branch of each union that `type` chose."""
    if not isinstance(problem, ValidationError):
        return str(problem)
    best: tuple[int, str] | None = None
    for error in problem.errors(include_url=False, include_input=False, include_context=False):
        place = [str(part) for part in error["loc"]]
        wrong_branch = error["type"] == "literal_error" and place[-1:] == ["type"]
        weight = -100 if wrong_branch else len([p for p in place if p[:1].islower()])
        if error["type"] == "missing":
            weight -= 50
        if best is None or weight > best[0]:
            names = ".".join(p for p in place if p[:1].islower() or p.isdigit())
            best = (weight, f"{names or 'value'}: {error['msg']}")
    return best[1] if best is not None else "Expected a valid value"


def _stray(given: object, understood: object, path: str) -> str | None:
    """The first field of *given* that did not make it into *understood*."""
    match given, understood:
        case Mapping(), Mapping():
            for key, item in given.items():
                here = f"{path}.{key}".lstrip(".")
                if key not in understood:
                    if item is not None:
                        return here
                elif (found := _stray(item, understood[key], here)) is not None:
                    return found
        case ((list() | tuple()), list()):
            for number, (item, kept) in enumerate(zip(given, understood, strict=False)):
                if (found := _stray(item, kept, f"{path}.{number}".lstrip("."))) is not None:
                    return found
        case _:
            pass
    return None


def event_to_json(event: Event) -> dict[str, Any]:
    """The event with its `name`; its id is the log's business and left out."""
    body = to_json(event)
    body.pop("id", None)
    return {"name": event.name, **body}


def event_from_json(body: Mapping[str, Any]) -> Event:
    """The event that `event_to_json` wrote, here or in another version: fields that are not known here are left out.

    Raises BadInput for a name that nobody knows, and for a field that cannot be what it is here.
    """
    kind = BY_NAME.get(str(body.get("name")))
    if kind is None:
        raise BadInput(f"Expected the name of an event, was {body.get('name')!r}")
    try:
        event: Event = _adapter(cast(Any, kind)).validate_python(
            {key: item for key, item in body.items() if key != "name"}
        )
    except (ValidationError, ValueError) as problem:
        raise BadInput(f"Expected {kind.name}, was something else: {_explain(problem)}") from None
    return event


def rules_from_json(value: object) -> RuleSet:
    """A rule set from JSON: a list of rules, or an object with `rules`. Raises BadInput."""
    rules = value.get("rules") if isinstance(value, Mapping) else value
    return from_json(RuleSet, rules)


def context_from_json(value: Mapping[str, Any], now: datetime) -> ParseContext:
    """A parse context from JSON; positions as objects or as the short form `"+2@148"`. Raises BadInput."""
    positions = {market: _holding(market, item) for market, item in (value.get("positions") or {}).items()}
    return from_json(
        ParseContext,
        {
            "prices": value.get("prices") or {},
            "positions": {market: to_json(holding) for market, holding in positions.items()},
            "max_leverage": value.get("max_leverage") or {},
            "names": value.get("names") or {},
            "timezone": value.get("timezone") or "UTC",
            "now": value.get("now") or now,
        },
    )


def _holding(market: str, item: object) -> Holding:
    if isinstance(item, str):
        base, _, entry = item.partition("@")
        try:
            return Holding(base=read_decimal(base), entry_price=read_decimal(entry))
        except ValueError:
            raise BadInput(
                f"Expected a position of {market} like +2@148 (signed base @ entry price), was {item!r}"
            ) from None
    return from_json(Holding, item)


def rule_set_schema() -> dict[str, Any]:
    """The JSON Schema of a rule set, for language models, OpenAPI and the dashboard."""
    return _adapter(RuleSet).json_schema()


def parse_result_schema() -> dict[str, Any]:
    """The JSON Schema of a ParseResult."""
    return _adapter(ParseResult).json_schema()
