"""Rate limits: where they are counted, and what is said when that cannot be."""

import asyncio
import time
from pathlib import Path

import pytest

from api.errors import Refused
from api.throttle import Throttle
from core.app import read_settings
from core.domain.errors import NotConfigured
from core.domain.ids import OwnerId
from tests.redis import RedisServer

ANN, BOB = OwnerId(1), OwnerId(2)


@pytest.fixture(params=["memory", "redis"])
def counted_in(request: pytest.FixtureRequest) -> dict[str, str]:
    """The setting that says where, for each place there is."""
    return {} if request.param == "memory" else {"REDIS_URL": request.getfixturevalue("redis").url}


def _throttle(tmp_path: Path, **settings: str) -> Throttle:
    return Throttle(read_settings(_env_file=None, SAYWHEN_HOME=str(tmp_path), **settings))


async def test_each_credential_and_each_kind_of_request_has_a_limit_of_its_own(
    tmp_path: Path, counted_in: dict[str, str]
) -> None:
    limits = {"SAYWHEN_API_READS": "2/hour", "SAYWHEN_API_WRITES": "1/hour", "SAYWHEN_API_SIGNINS": "1/hour"}
    throttle = _throttle(tmp_path, **limits, **counted_in)
    await throttle.charge(ANN, None, writes=False)
    await throttle.charge(ANN, None, writes=False)
    await throttle.charge(ANN, None, writes=True)
    await throttle.charge(BOB, None, writes=False)
    await throttle.charge_sign_in("192.0.2.1")
    for more in (
        throttle.charge(ANN, None, writes=False),
        throttle.charge(ANN, None, writes=True),
        throttle.charge_sign_in("192.0.2.1"),
    ):
        with pytest.raises(Refused) as refused:
            await more
        assert refused.value.status == 429
        assert refused.value.headers is not None
        assert 0 < int(refused.value.headers["Retry-After"]) <= 3600
    await throttle.charge_sign_in("192.0.2.2")
    await throttle.close()


async def test_a_key_has_a_limit_of_its_own_all_keys_of_an_owner_have_one_and_so_has_a_strangers_address(
    tmp_path: Path, counted_in: dict[str, str]
) -> None:
    throttle = _throttle(tmp_path, SAYWHEN_API_READS="2/hour", SAYWHEN_API_WRITES="2/hour", **counted_in)
    for number in range(6):
        await throttle.charge(ANN, f"k_{number // 2}", writes=False)
    for more in (
        throttle.charge(ANN, "k_0", writes=False),
        throttle.charge(ANN, "k_9", writes=False),  # new, but the owner's keys have had theirs
    ):
        with pytest.raises(Refused):
            await more
    await throttle.charge(ANN, None, writes=False)  # who is signed in is not kept out by their programs
    await throttle.charge(BOB, "k_8", writes=False)
    for _ in range(2):
        await throttle.charge_stranger("192.0.2.1")
    with pytest.raises(Refused):
        await throttle.charge_stranger("192.0.2.1")
    await throttle.charge_stranger("192.0.2.2")
    await throttle.close()


async def test_a_window_that_is_over_begins_anew(tmp_path: Path, counted_in: dict[str, str]) -> None:
    throttle = _throttle(tmp_path, SAYWHEN_API_READS="1/second", **counted_in)
    await throttle.charge(ANN, None, writes=False)
    with pytest.raises(Refused) as refused:
        await throttle.charge(ANN, None, writes=False)
    assert refused.value.headers == {"Retry-After": "1"}
    await asyncio.sleep(1.05)
    await throttle.charge(ANN, None, writes=False)
    await throttle.close()


async def test_replicas_share_what_redis_counts_and_none_waits_for_one_that_is_away(
    tmp_path: Path, redis: RedisServer
) -> None:
    one, two = (_throttle(tmp_path, SAYWHEN_API_READS="3/hour", REDIS_URL=redis.url) for _ in range(2))
    outcomes = await asyncio.gather(
        *(replica.charge(ANN, None, writes=False) for _ in range(3) for replica in (one, two)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType"] * 3 + ["Refused"] * 3
    redis.stop()
    began = time.monotonic()
    for _ in range(50):
        await one.charge(ANN, None, writes=False)  # nobody can count, so nobody is refused
    assert time.monotonic() - began < 1.0
    await one.close()
    await two.close()


def test_an_address_of_redis_that_cannot_be_used_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured) as refused:
        _throttle(tmp_path, REDIS_URL="nonsense://:hunter2@host")
    assert "REDIS_URL" in str(refused.value)
    assert "hunter2" not in str(refused.value) + refused.value.hint
