"""Rate limits: where they are counted, and what is said when that cannot be."""

from pathlib import Path

import pytest

from api.errors import Refused
from api.throttle import Throttle
from core.app import read_settings
from core.domain.errors import NotConfigured


def _throttle(tmp_path: Path, **settings: str) -> Throttle:
    return Throttle(read_settings(_env_file=None, SAYWHEN_HOME=str(tmp_path), **settings))


async def test_each_credential_and_each_kind_of_request_has_a_limit_of_its_own(tmp_path: Path) -> None:
    throttle = _throttle(
        tmp_path, SAYWHEN_API_READS="2/hour", SAYWHEN_API_WRITES="1/hour", SAYWHEN_API_SIGNINS="1/hour"
    )
    await throttle.charge("ann", writes=False)
    await throttle.charge("ann", writes=False)
    await throttle.charge("ann", writes=True)
    await throttle.charge("bob", writes=False)
    await throttle.charge_sign_in("192.0.2.1")
    for more in (
        throttle.charge("ann", writes=False),
        throttle.charge("ann", writes=True),
        throttle.charge_sign_in("192.0.2.1"),
    ):
        with pytest.raises(Refused) as refused:
            await more
        assert refused.value.status == 429
        assert refused.value.headers is not None
        assert 0 < int(refused.value.headers["Retry-After"]) <= 3600
    await throttle.charge_sign_in("192.0.2.2")


def test_an_address_of_redis_that_cannot_be_used_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured) as refused:
        _throttle(tmp_path, REDIS_URL="nonsense://:hunter2@host")
    assert "REDIS_URL" in str(refused.value)
    assert "hunter2" not in str(refused.value) + refused.value.hint
