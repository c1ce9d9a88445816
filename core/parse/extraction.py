"""What a language model is asked for: the rule language with empty text for what was not said; decides no default.

The schema is made from the domain's own dataclasses, in the subset that both APIs accept: every field required, no
recursion, no null, no limits on numbers. Conditions are alternatives of joint conditions, so that nothing nests.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from core.domain import action, condition
from core.domain.money import read_decimal
from core.domain.reading import Command

Fields = Mapping[str, Any]
"""A condition, action or order as extracted: texts by field name, empty where nothing was said."""

WHY = ("transfer", "elsewhere", "unlisted", "advice", "negation", "report", "talk", "unclear")
"""Why a model may decline; code has the words for each."""

MOST_RULES = 20
MOST_PARTS = 12
LONGEST_TEXT = 4_000

_LEAVES = tuple(
    kind for kind in get_args(condition.Condition) if kind not in (condition.Now, condition.AllOf, condition.AnyOf)
)
_ADDED: Mapping[type, Mapping[str, Any]] = {
    condition.FundingRate: {"hours": str},
    condition.PriceChange: {"favour": Literal["profit", "loss"]},
}
"""What words say and the language derives from: the hours that funding was said for, profit or loss of a move."""


class BadAnswer(Exception):
    """A model's answer is not what was asked for; the text says what is wrong with it, without quoting it."""


def _strict(name: str, named: Mapping[str, Any]) -> type[BaseModel]:
    make = cast(Any, create_model)
    return cast(
        type[BaseModel],
        make(
            name,
            __config__=ConfigDict(extra="forbid", strict=True),
            **{key: (kind, ...) for key, kind in named.items()},
        ),
    )


@cache
def _shape(kind: type) -> type[BaseModel]:
    """The extraction's form of a domain dataclass."""
    hints = get_type_hints(kind)
    named = {item.name: _text(hints[item.name]) for item in fields(kind)}
    named |= {name: _text(hint) for name, hint in _ADDED.get(kind, {}).items()}
    return _strict(kind.__name__, named)


def _text(hint: Any) -> Any:
    """How a field of this type is written: a text, one of a few texts, or the form of what it holds."""
    parts = [part for part in _parts(hint) if part is not NoneType]
    shapes = [_shape(cast(type, part)) for part in parts if is_dataclass(part)]
    if shapes:
        return _either(shapes)
    if len(parts) == 1 and get_origin(parts[0]) is Literal:
        listed = get_args(parts[0])
        return Literal[listed] if len(listed) == 1 else Literal[(*listed, "")]
    if parts == [bool]:
        return Literal["yes", "no", ""]
    if parts == [tuple[str, ...]]:
        return list[str]
    return str


def _either(shapes: list[type[BaseModel]]) -> Any:
    return cast(Any, Union)[tuple(shapes)]


def _several(shape: Any) -> Any:
    return GenericAlias(list, (shape,))


def _parts(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


@cache
def _answer() -> type[BaseModel]:
    leaf = _either([_shape(kind) for kind in _LEAVES])
    act = _either([_shape(kind) for kind in get_args(action.Action)])
    rule = _strict(
        "Rule",
        {
            "id": str,
            "when_words": str,
            "when": _several(_strict("Together", {"all": _several(leaf)})),
            "do_words": str,
            "do": act,
            "role": Literal["stop", "target", "trail", ""],
            "after": str,
            "exclusive": Literal["yes", "no"],
            "times": str,
            "cooldown_s": str,
            "expires_at": str,
        },
    )
    return _strict(
        "Answer",
        {
            "kind": Literal["rules", "command", "declined"],
            "why": Literal[(*WHY, "")],
            "rules": _several(rule),
            "command": _shape(Command),
        },
    )


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of an answer."""
    return cast(dict[str, Any], _bare(_answer().model_json_schema()))


def _bare(node: Any) -> Any:
    """*node* without titles and descriptions, which are about Python, and with one spelling of a single value."""
    if isinstance(node, Mapping):
        kept = {
            key: ({name: _bare(one) for name, one in item.items()} if key in ("properties", "$defs") else _bare(item))
            for key, item in node.items()
            if key not in ("title", "description")
        }
        if "const" in kept:
            kept["enum"] = [kept.pop("const")]
        return kept
    return [_bare(item) for item in node] if isinstance(node, list) else node


def read_answer(text: str) -> dict[str, Any]:
    """The answer in *text*, held to the schema. Raises BadAnswer."""
    try:
        answer = TypeAdapter(_answer()).validate_json(text)
    except (ValidationError, ValueError, RecursionError):
        raise BadAnswer("its answer is not in the form that was asked for") from None
    read = answer.model_dump()
    if len(read["rules"]) > MOST_RULES or any(_too_long(one) for one in _texts(read)):
        raise BadAnswer("its answer is too long")
    if (read["kind"] == "rules") != bool(read["rules"]):
        raise BadAnswer("its answer contradicts itself")
    for rule in read["rules"]:
        if len(rule["when"]) > MOST_PARTS or any(not 0 < len(part["all"]) <= MOST_PARTS for part in rule["when"]):
            raise BadAnswer("its answer joins conditions in a way that makes no sense")
    return read


def _too_long(text: str) -> bool:
    return len(text) > LONGEST_TEXT


def _texts(node: Any) -> Iterator[str]:
    match node:
        case str():
            yield node
        case Mapping():
            for item in node.values():
                yield from _texts(item)
        case list():
            for item in node:
                yield from _texts(item)
        case _:
            pass


def as_text(answer: Mapping[str, Any]) -> str:
    """*answer* as a model would write it."""
    return json.dumps(answer, ensure_ascii=False)


# --- reading fields --------------------------------------------------------------------------------------------------


def number(item: Fields, name: str) -> Decimal | None:
    """The number in a field; None where it is empty. Raises BadAnswer."""
    text = str(item.get(name, "")).strip()
    if not text:
        return None
    try:
        return read_decimal(text)
    except ValueError:
        raise BadAnswer(f"its answer has no number where {name.replace('_', ' ')} belongs") from None


def whole(item: Fields, name: str) -> int | None:
    """The whole number above zero in a field; None where it is empty. Raises BadAnswer."""
    value = number(item, name)
    if value is None:
        return None
    if value != int(value) or not 0 < value < 10**9:
        raise BadAnswer(f"its answer has no whole number where {name.replace('_', ' ')} belongs")
    return int(value)


def moment(item: Fields, name: str) -> datetime | None:
    """The ISO time in a field, as written; None where it is empty. Raises BadAnswer."""
    text = str(item.get(name, "")).strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadAnswer(f"its answer has no time where {name.replace('_', ' ')} belongs") from None


def leaves_of(rule: Fields) -> list[dict[str, Any]]:
    """Every condition of an extracted rule, in order."""
    return [leaf for together in rule["when"] for leaf in together["all"]]
