"""What signs access tokens: as it is set, or made once and kept in the home; decides no token."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from core.app import Settings
from core.domain.errors import StorageUnavailable

NAME = "api-secret"


def signing_secret(settings: Settings) -> str:
    """At least 32 characters. Raises StorageUnavailable where the home cannot keep it."""
    if settings.jwt_secret is not None:
        return settings.jwt_secret.get_secret_value()
    path = settings.home_path / NAME
    try:
        settings.home_path.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(path)
        known = path.read_text(encoding="ascii").strip()
    except OSError as problem:
        raise StorageUnavailable(
            f"{path} cannot be kept: {problem.strerror or problem}.", "Set SAYWHEN_JWT_SECRET, or another SAYWHEN_HOME."
        ) from None
    if len(known) < 32:
        raise StorageUnavailable(f"{path} is damaged.", "Delete it; everybody signs in again.")
    return known


def _make(path: Path) -> None:
    """Whole or not at all, and the first one stays, however many processes start at once."""
    if path.exists():
        return
    new = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was faster; its secret is the one
            os.link(new, path)
    finally:
        new.unlink(missing_ok=True)
