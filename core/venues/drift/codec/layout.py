"""Layouts as text → readers and writers of packed little-endian bytes; knows no account, instruction or venue.

A table names structures and enumerations, each after those it uses; continued lines are indented:

    enum OrderStatus: Init Open Filled Canceled
    Fill: order_id:u32 filled:?u64 taker:pubkey ids:[]u32 name:u8*32 legs:Leg*8

`?T` is Borsh's option, `[]T` its vector, `T*n` an array (bytes for u8). An enumeration is one byte and is read as the
name of its variant, or as `#21` where the table has none: a newer program may know more than we do.
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Record = dict[str, Any]
"""A structure as read: integers as they are on the wire, keys as solders' Pubkey, names of enumerations."""

_NUMBERS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i8": "b", "i16": "h", "i32": "i", "i64": "q"}


class Layout(Protocol):
    """How one type lies in bytes; `size` is None where it depends on the value."""

    @property
    def size(self) -> int | None: ...

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        """The value at offset *at*, and the offset after it. Raises ValueError if the bytes cannot be one."""
        ...

    def write(self, value: Any) -> bytes:
        """The bytes of *value*. Raises ValueError if it is not of this type; nothing is cut or rounded."""
        ...

    def blank(self) -> Any:
        """The value whose bytes are all zero."""
        ...


@dataclass(frozen=True, slots=True)
class _Scalar:
    """A fixed number of bytes with struct's *format*; *load* and *dump* translate where Python has a better type."""

    name: str
    format: str
    zero: Any
    load: Callable[[Any], Any] | None = None
    dump: Callable[[Any], Any] | None = None

    @property
    def size(self) -> int:
        return struct.calcsize("<" + self.format)

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        end = at + self.size
        if end > len(data):
            raise ValueError(f"Expected {self.size} bytes of {self.name} at {at}, was {max(0, len(data) - at)}")
        (value,) = struct.unpack_from("<" + self.format, data, at)
        return (value if self.load is None else self.load(value)), end

    def write(self, value: Any) -> bytes:
        try:
            return struct.pack("<" + self.format, value if self.dump is None else self.dump(value))
        except (struct.error, OverflowError, TypeError, AttributeError):
            raise ValueError(f"Expected {self.name}, was {value!r}") from None

    def blank(self) -> Any:
        return self.zero


@dataclass(frozen=True, slots=True)
class _Optional:
    inner: Layout
    size: int | None = None

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        tag = data[at : at + 1]
        if tag == b"\x00":
            return None, at + 1
        if tag == b"\x01":
            return self.inner.read(data, at + 1)
        raise ValueError(f"Expected 0 or 1 before an optional value at {at}, was {tag!r}")

    def write(self, value: Any) -> bytes:
        return b"\x00" if value is None else b"\x01" + self.inner.write(value)

    def blank(self) -> Any:
        return None


@dataclass(frozen=True, slots=True)
class _List:
    inner: Layout
    size: int | None = None

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        if at + 4 > len(data):
            raise ValueError(f"Expected the length of a list at {at}, was the end")
        count, at = int.from_bytes(data[at : at + 4], "little"), at + 4
        if count > len(data) - at:  # every item has a byte at least
            raise ValueError(f"Expected a list that fits in {len(data) - at} bytes, was one of {count}")
        values = []
        for _ in range(count):
            value, at = self.inner.read(data, at)
            values.append(value)
        return values, at

    def write(self, value: Any) -> bytes:
        return len(value).to_bytes(4, "little") + b"".join(map(self.inner.write, value))

    def blank(self) -> Any:
        return []


class _Array:
    """*count* values of a fixed size in a row."""

    def __init__(self, inner: Layout, count: int) -> None:
        if inner.size is None:
            raise ValueError("Expected an array of values of a fixed size, was one of optional or listed values")
        self._inner, self._count = inner, count
        self.size: int | None = inner.size * count

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        values = []
        for _ in range(self._count):
            value, at = self._inner.read(data, at)
            values.append(value)
        return values, at

    def write(self, value: Any) -> bytes:
        if len(value) != self._count:
            raise ValueError(f"Expected {self._count} values, was {len(value)}")
        return b"".join(map(self._inner.write, value))

    def blank(self) -> Any:
        return [self._inner.blank() for _ in range(self._count)]

    def offset(self, path: str) -> int:
        """Offset of the item with the number that begins *path*, or of what the path names inside it."""
        number, _, rest = path.partition(".")
        if not number.isdecimal() or int(number) >= self._count:
            raise ValueError(f"Expected an item below {self._count}, was {number!r}")
        return int(number) * (self._inner.size or 0) + _offset_in(self._inner, rest)


class _Run:
    """Neighbouring scalars of a structure, read by a single call into struct."""

    def __init__(self, fields: list[tuple[str, _Scalar]]) -> None:
        self._packer = struct.Struct("<" + "".join(kind.format for _, kind in fields))
        self._fields = fields
        self._names = [name for name, _ in fields]
        self._loads = [(name, kind.load) for name, kind in fields if kind.load is not None]
        self.size = self._packer.size

    def read_into(self, record: Record, data: bytes, at: int) -> int:
        record.update(zip(self._names, self._packer.unpack_from(data, at), strict=True))
        for name, load in self._loads:
            record[name] = load(record[name])
        return at + self.size

    def write_from(self, record: Mapping[str, Any]) -> bytes:
        try:
            return self._packer.pack(
                *(record[name] if kind.dump is None else kind.dump(record[name]) for name, kind in self._fields)
            )
        except (struct.error, OverflowError, TypeError, AttributeError, ValueError):
            for name, kind in self._fields:
                _write_field(name, kind, record[name])
            raise


class _Structure:
    """Named fields in a row, without gaps."""

    def __init__(self, name: str, fields: list[tuple[str, Layout]]) -> None:
        self._name, self._fields = name, dict(fields)
        if len(self._fields) != len(fields):
            raise ValueError(f"Expected each field of {name} once, was one twice")
        sizes = [kind.size for _, kind in fields]
        self.size: int | None = None if None in sizes else sum(size or 0 for size in sizes)
        self._parts: list[_Run | tuple[str, Layout]] = []
        run: list[tuple[str, _Scalar]] = []
        for field, kind in fields:
            if isinstance(kind, _Scalar):
                run.append((field, kind))
                continue
            self._parts += ([_Run(run)] if run else []) + [(field, kind)]
            run = []
        self._parts += [_Run(run)] if run else []

    def read(self, data: bytes, at: int) -> tuple[Record, int]:
        record: Record = {}
        try:
            for part in self._parts:
                if isinstance(part, _Run):
                    at = part.read_into(record, data, at)
                else:
                    record[part[0]], at = part[1].read(data, at)
        except struct.error:
            raise ValueError(f"Expected the bytes of {self._name}, was {len(data)} bytes: too few") from None
        return record, at

    def write(self, value: Any) -> bytes:
        if value.keys() != self._fields.keys():
            odd = ", ".join(sorted(value.keys() ^ self._fields.keys()))
            raise ValueError(f"Expected every field of {self._name} and no other, was missing or unknown: {odd}")
        return b"".join(
            part.write_from(value) if isinstance(part, _Run) else _write_field(*part, value[part[0]])
            for part in self._parts
        )

    def blank(self) -> Record:
        return {name: kind.blank() for name, kind in self._fields.items()}

    def offset(self, path: str) -> int:
        """Offset of the field that *path* names, as `orders.3.price`. Raises ValueError if it has no fixed place."""
        wanted, _, rest = path.partition(".")
        at = 0
        for name, kind in self._fields.items():
            if name == wanted:
                return at + _offset_in(kind, rest)
            if kind.size is None:
                break
            at += kind.size
        raise ValueError(f"Expected a field at a fixed place in {self._name}, was {path!r}")


def _offset_in(kind: Layout, path: str) -> int:
    if not path:
        return 0
    if not isinstance(kind, _Structure | _Array):
        raise ValueError(f"Expected nothing inside a plain value, was {path!r}")
    return kind.offset(path)


def _write_field(name: str, kind: Layout, value: Any) -> bytes:
    try:
        return kind.write(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    except TypeError:
        raise ValueError(f"{name}: Expected another type, was {value!r}") from None


def _wide(name: str, *, signed: bool) -> _Scalar:
    return _Scalar(
        name,
        "16s",
        0,
        lambda raw: int.from_bytes(raw, "little", signed=signed),
        lambda number: number.to_bytes(16, "little", signed=signed),
    )


def _exactly(size: int) -> Callable[[Any], bytes]:
    def dump(value: Any) -> bytes:
        if not isinstance(value, bytes) or len(value) != size:
            raise ValueError(f"Expected {size} bytes, was {value!r}")
        return value

    return dump


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"Expected true or false, was {value!r}")
    return value


def _enumeration(name: str, variants: list[str]) -> _Scalar:
    numbers = {variant: number for number, variant in enumerate(variants)}
    names = tuple(variants) + tuple(f"#{number}" for number in range(len(variants), 256))

    def dump(value: Any) -> int:
        if (number := numbers.get(value)) is not None:
            return number
        if isinstance(value, str) and value in names:
            return names.index(value)
        raise ValueError(f"Expected one of {', '.join(variants)}, was {value!r}")

    return _Scalar(name, "B", names[0], names.__getitem__, dump)


def read_tables(text: str) -> dict[str, Layout]:
    """The layouts that *text* names, beside the plain types. Raises ValueError where the text is not a table."""
    from solders.pubkey import Pubkey

    known: dict[str, Layout] = {name: _Scalar(name, code, 0) for name, code in _NUMBERS.items()}
    known |= {
        "u128": _wide("u128", signed=False),
        "i128": _wide("i128", signed=True),
        "bool": _Scalar("bool", "?", False, None, _truth),
        "pubkey": _Scalar("pubkey", "32s", Pubkey.default(), Pubkey.from_bytes, Pubkey.__bytes__),
    }

    def layout(spelled: str) -> Layout:
        if spelled.startswith("?"):
            return _Optional(layout(spelled[1:]))
        if spelled.startswith("[]"):
            return _List(layout(spelled[2:]))
        if "*" in spelled:
            inner, _, count = spelled.rpartition("*")
            if inner == "u8":
                size = int(count)
                return _Scalar(f"{size} bytes", f"{size}s", bytes(size), None, _exactly(size))
            return _Array(layout(inner), int(count))
        if spelled not in known:
            raise ValueError(f"Expected a type that is known by then, was {spelled!r}")
        return known[spelled]

    for entry in re.split(r"\n(?=\S)", text.strip()):
        head, _, body = entry.partition(":")
        kind, name = ("", head) if " " not in head else head.split(" ", 1)
        if name in known or kind not in {"", "enum"}:
            raise ValueError(f"Expected a new name, was {head!r}")
        if kind == "enum":
            known[name] = _enumeration(name, body.split())
        else:
            pairs = [field.split(":", 1) for field in body.split()]
            known[name] = _Structure(name, [(field, layout(spelled)) for field, spelled in pairs])
    return known


def offset(kind: Layout, path: str) -> int:
    """Where in *kind* the field lies that *path* names, in bytes. Raises ValueError if it has no fixed place."""
    return _offset_in(kind, path)
