"""Trading keys at rest: sealed, shared by so many owners, opened only to sign, and never seen anywhere else."""

import base64
import json
import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature

from core.db.connection import Database
from core.db.trading_keys import PostgresKeyStore
from core.domain.errors import BadInput, Denied, NotConfigured, NotFound, SayWhenError, VenueUnknown
from core.domain.ids import OwnerId
from core.keys.sealing import MasterKey, add_version, pasted, read_master, wipe
from core.keys.vault import NoKeys, Vault
from core.ports import StoredKey
from tests.clock import FakeClock

MESSAGE = b"a transaction"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "home" / "master.key"


async def _owners(database: Database, count: int) -> list[OwnerId]:
    from core.db.store import PostgresStore

    store = PostgresStore(database)
    return [await store.create_owner("console", f"o{n}", datetime.now(UTC)) for n in range(count)]


def _verifies(address: str, signature: bytes) -> bool:
    return Signature.from_bytes(signature).verify(Pubkey.from_string(address), MESSAGE)


async def test_a_key_made_here_signs_and_is_stored_sealed_only(database: Database, place: Path) -> None:
    store = PostgresKeyStore(database)
    vault = Vault(store, read_master(place, make=True), FakeClock())
    address = await vault.make()
    assert _verifies(address, await vault.sign(address, MESSAGE))
    [kept] = await store.all()
    with vault._master.opened(kept.sealed, address, 1) as secret:
        assert str(Keypair.from_seed(bytes(secret)).pubkey()) == address
        assert bytes(secret) not in kept.sealed
    assert (kept.kind, kept.address, kept.master) == ("delegate", address, 1)
    with pytest.raises(NotFound):
        await vault.sign(str(Keypair().pubkey()), MESSAGE)


async def test_owners_fill_one_key_before_the_next_is_used(database: Database, place: Path) -> None:
    store = PostgresKeyStore(database)
    vault = Vault(store, read_master(place, make=True), FakeClock())
    owners = await _owners(database, 5)
    assert await store.share(owners[0], 2) is None
    for _ in range(3):
        await vault.make()
    used = [await store.share(owner, 2) for owner in owners]
    assert sorted(used.count(address) for address in set(used)) == [1, 2, 2]
    assert [await store.share(owner, 2) for owner in owners] == used
    assert await store.seats(2) == 1
    await vault.make_room()
    assert await store.seats(200) >= 100


async def test_an_imported_key_is_its_owner_s_in_every_form_a_wallet_exports(database: Database, place: Path) -> None:
    store = PostgresKeyStore(database)
    vault = Vault(store, read_master(place, make=True), FakeClock())
    [owner] = await _owners(database, 1)
    pair = Keypair()
    for text in (str(pair), json.dumps(list(bytes(pair)))):
        assert await vault.take_in(owner, text) == str(pair.pubkey())
    assert await store.of_owner(owner) == str(pair.pubkey())
    sealed = await vault.sealed_text(str(pair.pubkey()))
    assert await vault.take_in(owner, sealed) == str(pair.pubkey())
    assert await vault.plain_text(str(pair.pubkey())) == str(pair)


async def test_rotation_seals_everything_anew_and_old_versions_still_open(database: Database, place: Path) -> None:
    store = PostgresKeyStore(database)
    vault = Vault(store, read_master(place, make=True), FakeClock())
    [owner] = await _owners(database, 1)
    imported = await vault.take_in(owner, str(Keypair()))
    addresses = [imported, await vault.make(), await vault.make()]
    before = {key.address: key.sealed for key in await store.all()}
    old = await vault.sealed_text(imported)
    assert await vault.rotate(place) == 3
    after = await store.all()
    assert {key.master for key in after} == {2}
    assert all(key.sealed != before[key.address] for key in after)
    again = Vault(store, read_master(place, make=False), FakeClock())
    for address in addresses:
        assert _verifies(address, await again.sign(address, MESSAGE))
    assert await again.take_in(owner, old) == imported


class Killed(BaseException):
    """The process ends here."""


class Mortal(PostgresKeyStore):
    """A store whose process is killed at its so-manieth replacement of a key."""

    left = 0

    async def reseal(self, key: StoredKey, was: int) -> bool:
        if self.left == 0:
            raise Killed
        self.left -= 1
        return await super().reseal(key, was)


async def test_a_rotation_killed_at_any_point_loses_no_key_and_the_next_one_ends_it(
    database: Database, place: Path
) -> None:
    store = Mortal(database)
    vault = Vault(store, read_master(place, make=True), FakeClock())
    running = Vault(PostgresKeyStore(database), read_master(place, make=False), FakeClock())
    addresses = [await vault.make() for _ in range(3)]
    for survived in range(3):
        store.left = survived
        with pytest.raises(Killed):
            await vault.rotate(place)
        assert {key.master for key in await store.all()} > {read_master(place, make=False).newest} or survived == 0
        for one in (running, Vault(store, read_master(place, make=False), FakeClock())):
            for address in addresses:
                assert _verifies(address, await one.sign(address, MESSAGE)), "what runs goes on signing"
            one._known.clear()
    store.left = 3
    assert await vault.rotate(place) == 3
    assert {key.master for key in await store.all()} == {5}
    late = await running.make()
    assert {key.master for key in await store.all()} == {5}, "what runs seals under the newest"
    assert _verifies(late, await vault.sign(late, MESSAGE))


def test_a_master_key_file_is_replaced_whole_and_by_one_at_a_time(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise Killed

    read_master(place, make=True)
    before = place.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die)
        with pytest.raises(Killed):
            add_version(place)
    assert place.read_bytes() == before
    with ThreadPoolExecutor(4) as threads:
        made = {key.newest for key in threads.map(add_version, [place] * 100)}
    assert made == set(range(2, 102))
    assert read_master(place, make=False).newest == 101
    assert place.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in place.parent.iterdir()] == [place.name]


async def test_only_an_imported_key_is_given_out(database: Database, place: Path) -> None:
    vault = Vault(PostgresKeyStore(database), read_master(place, make=True), FakeClock())
    address = await vault.make()
    for giving in (vault.plain_text, vault.sealed_text):
        with pytest.raises(Denied, match="stays here"):
            await giving(address)


async def test_another_master_key_or_another_address_opens_nothing(database: Database, tmp_path: Path) -> None:
    master, other = (read_master(tmp_path / name / "master.key", make=True) for name in ("a", "b"))
    pair = Keypair()
    sealed = master.seal(pair.secret(), str(pair.pubkey()))
    with master.opened(sealed, str(pair.pubkey()), 1) as secret:
        assert bytes(secret) == pair.secret()
    assert bytes(secret) == bytes(32), "it is overwritten after use"
    for key, address, version in (
        (other, str(pair.pubkey()), 1),
        (master, "another", 1),
        (master, str(pair.pubkey()), 2),
    ):
        with pytest.raises(NotConfigured), key.opened(sealed, address, version):
            pass


def test_a_master_key_that_others_may_read_is_refused(place: Path) -> None:
    read_master(place, make=True)
    assert place.stat().st_mode & 0o777 == 0o600
    place.chmod(0o644)
    with pytest.raises(NotConfigured, match="read by others"):
        read_master(place, make=False)
    place.chmod(0o600)
    add_version(place)
    assert read_master(place, make=False).newest == 2
    place.write_bytes(b"1:nonsense!\n")
    with pytest.raises(NotConfigured, match="damaged"):
        read_master(place, make=False)


async def test_a_process_that_does_not_sign_says_so() -> None:
    with pytest.raises(VenueUnknown):
        await NoKeys().sign("any", MESSAGE)


async def test_no_log_error_traceback_or_repr_shows_a_key(
    database: Database, place: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    store = PostgresKeyStore(database)
    master = read_master(place, make=True)
    vault = Vault(store, master, FakeClock())
    [owner] = await _owners(database, 1)
    pair = Keypair()
    said: list[str] = []
    for text in (str(pair), str(pair)[:-3], json.dumps(list(bytes(pair))[:-1]), "saywhen-key.1.x"):
        try:
            await vault.take_in(owner, text)
        except SayWhenError as problem:
            said += [str(problem), problem.hint, *traceback.format_exception(problem)]
    await vault.sign(str(pair.pubkey()), MESSAGE)
    wrong = Vault(store, MasterKey({1: bytearray(32)}), FakeClock())
    try:
        await wrong.sign(str(pair.pubkey()), MESSAGE)
    except SayWhenError as problem:
        said += [str(problem), *traceback.format_exception(problem)]
    said += [repr(vault), repr(master), repr(await store.all()), caplog.text, *capsys.readouterr()]
    whole = "\n".join(said)
    secrets = [str(pair), str(pair)[:-3], pair.secret().hex(), str(list(pair.secret()))[1:-1]]
    secrets += [base64.b64encode(key).decode() for key in master._versions.values()]
    assert whole
    assert not [secret for secret in secrets if secret in whole]


def test_what_is_no_key_is_refused_without_being_repeated() -> None:
    with pytest.raises(BadInput) as refused, pasted("hunter2"):
        pass
    assert "hunter2" not in f"{refused.value} {refused.value.hint}"
    buffer = bytearray(b"secret")
    wipe(buffer)
    assert buffer == bytes(6)
