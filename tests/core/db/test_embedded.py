"""Real servers and real processes: what starts, joins, survives and stops, and what is refused in words."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from core.db.embedded import EmbeddedPostgres
from core.db.embedded_cluster import Postmaster, find_cluster
from core.domain.errors import StorageUnavailable
from tests.core.db.another_process import DEADLINE_SECONDS, another_user

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home without a cluster; whatever server a test leaves there is stopped."""
    path = tmp_path / "home"
    yield path
    find_cluster(path, durable=False).stop()


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory whose path is short, and open to all like those above it."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cluster was made, used and cleanly stopped."""
    path = tmp_path_factory.mktemp("made") / "home"

    async def make() -> None:
        async with await EmbeddedPostgres.start(path, durable=False) as postgres:
            await ask(postgres, "create table kept as select 42 as answer")

    asyncio.run(make())
    return path


@pytest.fixture
def warm(home: Path, made: Path) -> Path:
    """A home with a cluster at rest."""
    return copy_home(made, home)


def copy_home(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
    return target


async def ask(postgres: EmbeddedPostgres | str, query: str) -> Any:
    connection = await asyncpg.connect(postgres if isinstance(postgres, str) else postgres.dsn(), timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def running(home: Path) -> Postmaster | None:
    return find_cluster(home, durable=False).postmaster()


def postmaster_pid(home: Path) -> int:
    postmaster = running(home)
    assert postmaster is not None
    return postmaster.pid


def servers_of(home: Path) -> list[int]:
    """Every live PostgreSQL process that works in a home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and process.cwd().startswith(str(home)):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


async def until(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not fact():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_a_fresh_home_gets_a_durable_server_that_only_its_user_reaches(home: Path) -> None:
    async with await EmbeddedPostgres.start(home) as postgres:
        settings = "fsync full_page_writes synchronous_commit data_checksums jit listen_addresses timezone"
        shown = [await ask(postgres, f"show {name}") for name in settings.split()]
        assert shown == ["on", "on", "on", "on", "off", "", "UTC"]
        assert await ask(postgres, "show server_version_num") >= "180000"
        assert await ask(postgres, "select current_user || '@' || current_database()") == "saywhen@saywhen"
        assert not await ask(postgres, "select rolsuper from pg_roles where rolname = current_user")
        assert [path for path in (home, *entries(home)) if path.stat().st_mode & 0o077] == []
    assert servers_of(home) == []


def entries(directory: Path) -> list[Path]:
    return list(directory.iterdir())


async def test_further_databases_can_be_made_and_addressed(warm: Path) -> None:
    async with await EmbeddedPostgres.start(warm, durable=False) as postgres:
        await ask(postgres, 'create database "odd name/100%?"')
        assert await ask(postgres.dsn("odd name/100%?"), "select current_database()") == "odd name/100%?"


async def test_a_warm_start_keeps_what_was_stored(warm: Path) -> None:
    async with await EmbeddedPostgres.start(warm, durable=False) as postgres:
        assert await ask(postgres, "select answer from kept") == 42
        assert await ask(postgres, "show fsync") == "off"


async def test_two_that_start_at_once_on_a_fresh_home_share_one_server(home: Path) -> None:
    async with another_user(home) as first, another_user(home) as second:
        assert await first.dsn() == await second.dsn()
        pid = postmaster_pid(home)
        await first.leave()
        assert postmaster_pid(home) == pid
        await second.leave()
    assert servers_of(home) == []


@pytest.mark.chaos
async def test_a_killed_user_leaves_a_server_that_the_next_one_joins_and_stops(warm: Path) -> None:
    async with another_user(warm) as user:
        await user.dsn()
        pid = postmaster_pid(warm)
        await user.kill()
    assert postmaster_pid(warm) == pid
    async with await EmbeddedPostgres.start(warm, durable=False) as postgres:
        assert postmaster_pid(warm) == pid
        assert await ask(postgres, "select answer from kept") == 42
    assert servers_of(warm) == []


async def test_the_first_out_leaves_the_server_to_the_others(warm: Path) -> None:
    first = await EmbeddedPostgres.start(warm, durable=False)
    async with another_user(warm) as user:
        dsn = await user.dsn()
        await first.stop()
        await first.stop()
        assert await ask(dsn, "select answer from kept") == 42
        with pytest.raises(StorageUnavailable, match="was stopped"):
            await first.revive()
        await user.leave()
    assert running(warm) is None


@pytest.mark.chaos
async def test_a_killed_server_is_revived_once_for_all_who_ask(warm: Path) -> None:
    async with await EmbeddedPostgres.start(warm) as postgres, await EmbeddedPostgres.start(warm) as other:
        await ask(postgres, "create table committed as select 7 as answer")
        old = postmaster_pid(warm)
        os.kill(old, signal.SIGKILL)
        await until(lambda: running(warm) is None)
        await asyncio.gather(postgres.revive(), postgres.revive(), other.revive())
        new = postmaster_pid(warm)
        assert new != old
        assert await ask(other, "select answer from committed") == 7
        await postgres.revive()
        assert postmaster_pid(warm) == new


async def test_a_server_whose_socket_was_removed_is_restarted(warm: Path) -> None:
    async with await EmbeddedPostgres.start(warm, durable=False) as postgres:
        (warm / "pg.run" / ".s.PGSQL.5432").unlink()
        await postgres.revive()
        assert await ask(postgres, "select answer from kept") == 42


@pytest.mark.chaos
async def test_an_initdb_killed_half_way_does_not_spoil_the_home(home: Path) -> None:
    async with another_user(home) as user:
        await until((home / "pg.new" / "base").exists)
        await user.kill()
    assert not (home / "pg").exists()
    async with await EmbeddedPostgres.start(home, durable=False) as postgres:
        assert await ask(postgres, "select 1") == 1
    assert not (home / "pg.new").exists()


async def test_a_cancelled_start_leaves_no_server_and_no_lock(home: Path) -> None:
    for sign in ("pg.new", "pg/postmaster.pid"):
        start = asyncio.create_task(EmbeddedPostgres.start(home, durable=False))
        await until((home / sign).exists)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        assert servers_of(home) == []
    async with await EmbeddedPostgres.start(home, durable=False) as postgres:
        assert await ask(postgres, "select 1") == 1


async def test_a_reused_pid_in_the_lock_files_is_not_believed(warm: Path) -> None:
    unrelated = await asyncio.create_subprocess_exec("sleep", "60")
    leave_lock_files(warm, f"{unrelated.pid}")
    async with await EmbeddedPostgres.start(warm, durable=False) as postgres:
        assert await ask(postgres, "select answer from kept") == 42
    assert unrelated.returncode is None
    unrelated.kill()
    await unrelated.wait()


async def test_a_server_of_another_home_in_the_lock_files_is_left_alone(made: Path, warm: Path, tmp_path: Path) -> None:
    neighbour = copy_home(made, tmp_path / "neighbour")
    async with await EmbeddedPostgres.start(neighbour, durable=False) as other:
        pid = postmaster_pid(neighbour)
        leave_lock_files(warm, f"{pid}")
        async with await EmbeddedPostgres.start(warm, durable=False) as postgres:
            assert postmaster_pid(warm) != pid
            assert await ask(postgres, "select answer from kept") == 42
        assert await ask(other, "select answer from kept") == 42


async def test_a_lock_file_cut_short_by_a_crash_is_not_believed(warm: Path) -> None:
    leave_lock_files(warm, "")
    async with await EmbeddedPostgres.start(warm, durable=False) as postgres:
        assert await ask(postgres, "select answer from kept") == 42


def leave_lock_files(home: Path, pid: str) -> None:
    """What a container that was killed leaves on its volume."""
    sockets = home / "pg.run"
    rest = f"\n{home / 'pg'}\n1700000000\n5432\n{sockets}\n\n  1 2\nready   \n" if pid else ""
    for path in (home / "pg" / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        path.write_text(pid + rest)
    (sockets / ".s.PGSQL.5432").touch()


@pytest.mark.parametrize(
    "name", ["with space", 'it\'s $HOME `x` "quoted" 100% &;', "comma, here", "ümläut", "long" * 30]
)
async def test_any_path_will_do(made: Path, tmp_path: Path, name: str) -> None:
    home = copy_home(made, tmp_path / name / "home")
    async with await EmbeddedPostgres.start(home, durable=False) as postgres:
        assert await ask(postgres, "select answer from kept") == 42
        async with another_user(home) as user:
            assert await user.dsn() == postgres.dsn()
            await user.leave()
    assert servers_of(home) == []


async def test_a_long_path_gets_a_private_socket_directory_that_goes_with_the_server(
    made: Path, tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    home = copy_home(made, tmp_path / ("long" * 30) / "home")
    async with await EmbeddedPostgres.start(home, durable=False) as postgres:
        (sockets,) = entries(short)
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert quote(str(sockets), safe="") in postgres.dsn()
    assert entries(short) == []
    sockets.mkdir()
    sockets.chmod(0o777)
    with pytest.raises(StorageUnavailable, match=r"Expected .* mode 0700, was drwxrwxrwx"):
        await EmbeddedPostgres.start(home, durable=False)


@on_linux
async def test_the_server_has_neither_our_environment_nor_our_session(
    warm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAYWHEN_TELEGRAM_TOKEN", "a-secret")
    monkeypatch.setenv("PGPORT", "1")
    async with await EmbeddedPostgres.start(warm, durable=False) as postgres:
        pid = postmaster_pid(warm)
        assert "a-secret" not in psutil.Process(pid).environ().values()
        assert os.getsid(pid) != os.getsid(0)
        assert await ask(postgres, "select 1") == 1


@as_root
@on_linux
async def test_in_a_home_closed_to_others_roots_server_is_unprivileged_but_for_one_capability(warm: Path) -> None:
    warm.parent.chmod(0o700)
    async with await EmbeddedPostgres.start(warm, durable=False):
        uid, capabilities = privileges(postmaster_pid(warm))
        assert uid != 0
        assert capabilities.bit_count() == 1
    assert (warm.parent.stat().st_mode & 0o777, warm.parent.stat().st_uid) == (0o700, 0)


@as_root
@on_linux
async def test_in_an_open_home_roots_server_has_no_capability_and_lets_only_root_in(made: Path, short: Path) -> None:
    home = copy_home(made, short / "home")
    home.chmod(0o755)
    cluster = find_cluster(home, durable=False)
    if not all(parent.stat().st_mode & 0o001 for parent in cluster.binaries.parents):
        pytest.skip("the environment's own directory is closed to other users")
    async with await EmbeddedPostgres.start(home, durable=False) as postgres:
        assert privileges(postmaster_pid(home)) == (cluster.uid, 0)
        command = [str(cluster.binaries / "psql"), "-w", "-c", "select 1", postgres.dsn()]
        assert "Peer authentication failed" in await errors_of(command, user=cluster.uid)
        assert await errors_of(command, user=0) == ""


async def errors_of(command: list[str], *, user: int) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    return (await process.communicate())[1].decode()


def privileges(pid: int) -> tuple[int, int]:
    """The user id a process runs as and its effective capabilities."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines["Uid"].split()[1]), int(lines["CapEff"], 16)


async def test_a_server_that_cannot_start_says_why_and_starts_once_mended(warm: Path) -> None:
    settings = warm / "pg" / "postgresql.auto.conf"
    settings.write_text("no_such_setting = 1\n")
    with pytest.raises(StorageUnavailable, match="no_such_setting") as caught:
        await EmbeddedPostgres.start(warm, durable=False)
    assert str(warm / "pg.log") in caught.value.hint
    settings.write_text("")
    async with await EmbeddedPostgres.start(warm, durable=False) as postgres:
        assert await ask(postgres, "select answer from kept") == 42


async def test_a_cluster_of_another_version_is_refused_untouched(warm: Path) -> None:
    (warm / "pg" / "PG_VERSION").write_text("17\n")
    with pytest.raises(StorageUnavailable, match=r"Expected a cluster of PostgreSQL 18 .* was one of 17"):
        await EmbeddedPostgres.start(warm, durable=False)
    assert (warm / "pg" / "base").exists()


async def test_a_directory_that_lost_its_cluster_is_not_written_over(warm: Path) -> None:
    (warm / "pg" / "PG_VERSION").unlink()
    with pytest.raises(StorageUnavailable, match="without PG_VERSION"):
        await EmbeddedPostgres.start(warm, durable=False)


@as_root
async def test_a_cluster_restored_as_roots_own_is_refused_with_the_remedy(warm: Path) -> None:
    shutil.chown(warm / "pg", 0, 0)
    try:
        with pytest.raises(StorageUnavailable, match="was root's") as caught:
            await EmbeddedPostgres.start(warm, durable=False)
        assert caught.value.hint.startswith("chown -R ")
    finally:
        shutil.rmtree(warm / "pg")


async def test_a_home_that_cannot_be_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailable, match="Expected to keep the database in"):
        await EmbeddedPostgres.start(tmp_path / "file" / "home")
