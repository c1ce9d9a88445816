"""Private keys at rest: how one is sealed and opened, under which version of the master key; decides nobody's rights.

AES-256-GCM twice: a data key of its own encrypts each private key, the master key encrypts the data key. Both are bound
to the address, so that a sealed key cannot be passed off as another's. Plaintext lives in buffers that are overwritten
after use; what the interpreter or a library copied meanwhile cannot be reached from here.
"""

import base64
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.domain.errors import BadInput, NotConfigured

_MARK = b"SW1"
_NONCE = 12
_KEY = 32
_TAG = 16
_MOST = 1 << 16


class MasterKey:
    """Every version of the master key that anything may still be sealed under; the highest seals what is new.

    One that was read from a file is read again when another process has made a version meanwhile.
    """

    def __init__(self, versions: dict[int, bytearray], path: Path | None = None) -> None:
        if not versions or any(len(key) != _KEY for key in versions.values()):
            raise NotConfigured("The master key file holds no key of 32 bytes.", "Restore it from your back-up.")
        self._versions = versions
        self._path = path

    def __repr__(self) -> str:
        return f"MasterKey(versions={sorted(self._versions)})"

    @property
    def newest(self) -> int:
        """The version that seals now."""
        return max(self._versions)

    def refresh(self) -> None:
        """Learn of versions that were made since. Raises NotConfigured."""
        if self._path is not None:
            self._versions = _versions(self._path)

    def seal(self, secret: bytes | bytearray, address: str) -> bytes:
        """*secret*, the 32 bytes of a private key, as it may be stored."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        own = bytearray(os.urandom(_KEY))
        try:
            outer, inner = os.urandom(_NONCE), os.urandom(_NONCE)
            bound = _bound(address, self.newest)
            wrapped = AESGCM(self._versions[self.newest]).encrypt(outer, bytes(own), bound)
            return _MARK + outer + wrapped + inner + AESGCM(own).encrypt(inner, bytes(secret), bound)
        finally:
            wipe(own)

    @contextmanager
    def opened(self, sealed: bytes, address: str, version: int) -> Iterator[bytearray]:
        """The private key for the length of the block; overwritten at its end. Raises NotConfigured."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if version not in self._versions:
            self.refresh()
        master = self._versions.get(version)
        if master is None or not sealed.startswith(_MARK) or len(sealed) != len(_MARK) + 2 * (_NONCE + _KEY + _TAG):
            raise NotConfigured(
                f"The trading key {address} cannot be opened: it is sealed under version {version} of the master key.",
                "Restore that version of the master key file.",
            )
        parts = memoryview(sealed)[len(_MARK) :]
        half = _NONCE + _KEY + _TAG
        bound = _bound(address, version)
        own, secret = bytearray(_KEY), bytearray(_KEY)
        try:
            try:
                AESGCM(master).decrypt_into(bytes(parts[:_NONCE]), bytes(parts[_NONCE:half]), bound, own)
                inner = parts[half:]
                AESGCM(own).decrypt_into(bytes(inner[:_NONCE]), bytes(inner[_NONCE:]), bound, secret)
            except InvalidTag:
                raise NotConfigured(
                    f"The trading key {address} cannot be opened with this master key.",
                    "Restore the master key file that it was sealed with.",
                ) from None
            yield secret
        finally:
            wipe(own)
            wipe(secret)


def wipe(buffer: bytearray) -> None:
    """Overwrite *buffer* with zeros."""
    buffer[:] = bytes(len(buffer))


def _bound(address: str, version: int) -> bytes:
    return f"saywhen trading key {address} under {version}".encode()


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_master(path: Path, *, make: bool) -> MasterKey:
    """The master key in the file at *path*, one `version:base64` a line; made there if it is absent and *make*.

    Raises NotConfigured for a file that others may read, that is damaged, or that is not there.
    """
    if make and not path.exists():
        with _turn_at(path):
            _write(path, _line(1), new=True)
    return MasterKey(_versions(path), path)


def _versions(path: Path) -> dict[int, bytearray]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotConfigured(
            "There is no master key to open trading keys with.",
            "Restore the file that SAYWHEN_MASTER_KEY_FILE names.",
        ) from None
    except OSError as problem:
        raise NotConfigured(f"The master key file cannot be read: {problem.strerror}.", "Correct its rights.") from None
    with os.fdopen(descriptor, "rb") as file:
        rights = os.fstat(file.fileno())
        if stat.S_ISREG(rights.st_mode) and rights.st_mode & 0o077 and rights.st_uid == os.getuid():
            raise NotConfigured("The master key file may be read by others.", "Take their rights away: chmod 600.")
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise NotConfigured("The master key file is too long.", "Take out versions that nothing is sealed under.")
    versions: dict[int, bytearray] = {}
    for line in content.splitlines():
        number, _, text = line.strip().partition(b":")
        if number:
            try:
                versions[int(number)] = bytearray(base64.b64decode(text, validate=True))
            except ValueError:
                raise NotConfigured("The master key file is damaged.", "Restore it from your back-up.") from None
    return versions


def add_version(path: Path) -> MasterKey:
    """Make the next version in the file; what is sealed under older ones still opens. Raises NotConfigured.

    The file is replaced whole: a process that is killed here leaves the old one or the new one, and never a part.
    """
    with _turn_at(path):
        newest = read_master(path, make=False).newest
        _write(path, path.read_bytes().rstrip(b"\n") + b"\n" + _line(newest + 1), new=False)
        return read_master(path, make=False)


def _line(version: int) -> bytes:
    return f"{version}:{base64.b64encode(os.urandom(_KEY)).decode()}\n".encode()


@contextmanager
def _turn_at(path: Path) -> Iterator[None]:
    """One writer at a time: two that made the same version would each seal under a key that the other has dropped."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as problem:
        raise _unwritable(problem) from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(path: Path, content: bytes, *, new: bool) -> None:
    """The file with *content*, whole or not at all; a *new* one only if there is none. Raises NotConfigured."""
    place = path.resolve()
    part = place.with_name(f"{place.name}.part")
    try:
        with suppress(FileNotFoundError):
            part.unlink()
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if new:
            with suppress(FileExistsError):  # another process of ours made it meanwhile
                os.link(part, place)
            part.unlink()
        else:
            part.replace(place)
        folder = os.open(place.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as problem:
        raise _unwritable(problem) from None


def _unwritable(problem: OSError) -> NotConfigured:
    return NotConfigured(
        f"The master key file cannot be written: {problem.strerror}.", "Correct SAYWHEN_MASTER_KEY_FILE."
    )


# ── what people paste ───────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def pasted(text: str) -> Iterator[tuple[bytearray, str]]:
    """The private key (32 bytes) and its address in what a wallet exports: base58, or a list of 64 numbers.

    Raises BadInput, which repeats none of it.
    """
    from solders.keypair import Keypair

    try:
        stripped = text.strip()
        pair = Keypair.from_json(stripped) if stripped.startswith("[") else Keypair.from_base58_string(stripped)
    except ValueError:
        raise BadInput(
            "This is not a private key.", "Paste what your wallet exports: base58 text, or a list of 64 numbers."
        ) from None
    secret = bytearray(pair.secret())
    try:
        yield secret, str(pair.pubkey())
    finally:
        wipe(secret)
