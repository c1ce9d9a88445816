"""Every kind of event, with any values its fields can have, for properties about all of them."""

import types
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from core.domain.event import BY_NAME, Event
from core.domain.ids import new_id

_AT = datetime(2026, 11, 22, 11, 20, 3, tzinfo=UTC)
_DECIMALS = st.decimals(
    min_value=Decimal(-10) ** 15, max_value=Decimal(10) ** 15, allow_nan=False, allow_infinity=False, places=9
)
_NAMED: dict[str, st.SearchStrategy[Any]] = {
    "id": st.just(None) | st.builds(str, st.integers(1)),
    "rule_id": st.just(None) | st.just(new_id("r", _AT)),
    "order_id": st.just(new_id("o", _AT)),
    "draft_id": st.just(new_id("d", _AT)),
    "market": st.sampled_from(["SOL-PERP", "1MBONK-PERP"]),
    "late_s": st.integers(0, 10**7),
    "in_s": st.integers(0, 10**7),
    "blind_s": st.integers(0, 10**7),
}


def events() -> st.SearchStrategy[Event]:
    """Any event."""
    return st.one_of([events_of(kind) for kind in BY_NAME.values()])


def events_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    """Any event of one kind."""
    hints = get_type_hints(kind)
    values = {
        field.name: _NAMED[field.name] if field.name in _NAMED else _values(hints[field.name]) for field in fields(kind)
    }
    return st.builds(kind, **values)


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) in {Union, types.UnionType}:
        return st.one_of([_values(part) for part in get_args(hint)])
    if get_origin(hint) is tuple:
        return st.lists(_values(get_args(hint)[0]), max_size=3).map(tuple)
    hint = getattr(hint, "__supertype__", hint)
    return {
        Decimal: _DECIMALS,
        int: st.integers(0, 10**9),
        str: st.text(max_size=60),
        bool: st.booleans(),
        datetime: st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        type(None): st.none(),
    }[hint]
