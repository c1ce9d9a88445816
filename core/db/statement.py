"""A statement of SQLAlchemy's Core in asyncpg's own words; decides spelling and JSON, asks no database.

Building, compiling and running a Core statement through SQLAlchemy's connection costs ten times what the database takes
for it. What is asked often is therefore written down once, with `bindparam`s, and run on asyncpg itself.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.engine import Compiled

Row = Mapping[Any, Any]
"""Values by the name of their column; SQLAlchemy taught the connection to read JSON, but not to write it."""

_DIALECT = dialect()  # type: ignore[no-untyped-call]


class Statement:
    """Compiled when it is first used; the values of its `bindparam`s are given by name each time it is run."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement

    @cached_property
    def _compiled(self) -> Compiled:
        return self._statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined, no-any-return]

    @cached_property
    def text(self) -> str:
        """What the database is asked."""
        text: str = self._compiled.string
        if "POSTCOMPILE" in text:
            raise AssertionError(f"Expected a statement of one text (ANY instead of IN), was {text}")
        return text

    @cached_property
    def _plan(self) -> tuple[list[tuple[str, bool]], Mapping[str, Any]]:
        """Parameters in their order with whether they are JSON; the values of those that are fixed."""
        compiled: Any = self._compiled
        binds = [(name, isinstance(compiled.binds[name].type, JSON)) for name in compiled.positiontup]
        fixed = {name: bind.effective_value for name, _ in binds if not (bind := compiled.binds[name]).required}
        return binds, fixed

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """*values* in the statement's order. Raises KeyError where one is missing."""
        binds, fixed = self._plan
        found = []
        for name, is_json in binds:
            value = values[name] if name in values else fixed[name]
            found.append(json.dumps(value) if is_json else value)
        return found
