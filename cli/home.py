"""A home in use: which settings a command runs on, and who runs on a home already; not what is in it."""

import fcntl
import json
import os
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from core.app import Settings, read_settings
from core.domain.errors import StorageUnavailable


def settings_of(options: Namespace, **overrides: Any) -> Settings:
    """The settings in force for *options*; `--home` means that folder's own database, whatever else is configured."""
    if options.home is not None:
        overrides = {"SAYWHEN_HOME": options.home, "DATABASE_URL": None, **overrides}
    return read_settings(**overrides)


class Occupancy:
    """The home's `up.lock`: held by the one `saywhen up` of the home, which writes down what the others need to know.

    The kernel drops the lock however its holder ends, so what is written in it counts only while it is held.
    """

    def __init__(self, descriptor: int) -> None:
        """Use `take`."""
        self._descriptor = descriptor

    @classmethod
    def take(cls, home: Path) -> Self | None:
        """Occupy *home* (made if absent); None where somebody else has. Raises StorageUnavailable."""
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(_lock(home), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise StorageUnavailable(
                f"{home} cannot be used: {problem.strerror or problem}.", "Choose another home with --home DIR."
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        os.truncate(descriptor, 0)
        return cls(descriptor)

    def write(self, notes: Mapping[str, Any]) -> None:
        """Tell those who come later, in place of what was told before."""
        text = json.dumps(notes).encode()
        os.truncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text, 0)

    def end(self) -> None:
        """Leave the home to the next."""
        os.close(self._descriptor)


def is_occupied(home: Path) -> bool:
    """Whether a `saywhen up` runs on *home* now."""
    try:
        descriptor = os.open(_lock(home), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def notes_of(home: Path) -> dict[str, Any]:
    """What the present occupant wrote down; nothing where it has not yet."""
    try:
        notes = json.loads(_lock(home).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _lock(home: Path) -> Path:
    return home / "up.lock"
