"""What surrounds every request: sizes, headers, ids, problems, health and figures."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from api.guard import LARGEST_BODY
from core.domain.errors import NotConfigured
from tests.api.people import Api, Wallet, serving


async def test_every_answer_carries_the_headers_that_keep_a_page_safe(api: Api) -> None:
    for path in ("/health", "/api/rules", "/api/nowhere", "/metrics"):
        headers = (await api.nobody().get(path, None)).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert len(headers["X-Request-Id"]) == 16
        assert "Server" not in headers


async def test_a_request_keeps_the_id_it_came_with_unless_it_is_none(api: Api) -> None:
    nobody = api.nobody()
    good = await nobody.call("GET", "/health", headers={"X-Request-Id": "trace-0123456789"})
    assert good.headers["X-Request-Id"] == "trace-0123456789"
    for bad in ("short", "x" * 65, "with space here", "<script>alert</script>"):
        answer = await nobody.call("GET", "/health", headers={"X-Request-Id": bad})
        assert answer.headers["X-Request-Id"] != bad


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nowhere", 404, "no_such_path"),
        ("DELETE", "/api/rules", 405, "method_not_allowed"),
        ("GET", "/api/rules", 401, "not_signed_in"),
    ],
)
async def test_every_error_is_a_problem_with_a_stable_code(
    api: Api, method: str, path: str, status: int, code: str
) -> None:
    answer = await api.nobody().call(method, path, expect=status)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer["status"], answer["code"], answer["type"]) == (status, code, f"urn:saywhen:problem:{code}")


@pytest.mark.parametrize(
    "raw",
    [b"{", b"[" * 5000, b'{"text": "\\ud800"}', b'{"text": "a\\u0000b"}', b"\xff\xfe", b"null", b'{"text": 7}', b""],
)
async def test_a_body_that_cannot_be_read_is_the_callers_fault(api: Api, raw: bytes) -> None:
    ann = await api.paper()
    headers = {"Content-Type": "application/json"}
    answer = await ann.call("POST", "/api/rules", raw=raw, headers=headers)
    assert answer.status in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_rules_nested_without_end_or_with_a_null_byte_are_refused(api: Api) -> None:
    ann = await api.paper()
    deep: object = {"type": "now"}
    for _ in range(200):
        deep = {"type": "all", "conditions": [deep, deep]} if _ < 3 else {"type": "any", "conditions": [deep]}
    nested = {"id": "r1", "condition": deep, "action": {"type": "alert"}}
    assert (await ann.post("/api/rules", {"rules": [nested]}, 422))["code"] == "bad_input"
    nul = {"id": "r1", "condition": {"type": "now"}, "action": {"type": "alert", "message": "a\0b"}}
    assert (await ann.post("/api/rules", {"rules": [nul]}, 422))["code"] == "bad_input"


async def test_a_body_over_the_limit_is_refused_whether_it_says_its_size_or_not(api: Api) -> None:
    ann = await api.paper()
    answer = await ann.call("POST", "/api/rules", raw=b"x" * (LARGEST_BODY + 1), headers={"Content-Type": "text/json"})
    assert (answer.status, answer["code"]) == (413, "too_large")

    async def chunks() -> object:
        for _ in range(40):
            yield b"y" * 4096
            await asyncio.sleep(0)

    headers = {"Authorization": f"Bearer {ann.token}", "Content-Type": "application/json"}
    async with api.http.post(api.url + "/api/rules", data=chunks(), headers=headers) as response:
        assert response.status == 413


async def test_health_is_public_and_says_nothing_of_anybody(api: Api) -> None:
    nobody = api.nobody()
    assert (await nobody.get("/health")).body == {"status": "ok", "checks": {}}
    ready = await nobody.get("/health/ready")
    assert ready["checks"] == {"database": "ok", "prices": "ok", "venue": "ok"}
    api.market.stalled = True
    api.core.parts.board.at = None
    text = (await nobody.get("/metrics")).body
    assert 'saywhen_api_requests_total{method="GET",route="/health",status="200"}' in text


async def test_figures_tell_an_operator_what_is_watched_under_way_and_given_up(api: Api) -> None:
    ann = await api.paper()
    await ann.agree("tell me when SOL is above 200")
    text = (await api.nobody().get("/metrics")).body
    for line in ("people 1.0", "live_rules 1.0", "orders_unknown 0.0", "dead_letters 0.0", "watching 0.0"):
        assert f"saywhen_{line}\n" in text, line
    await ann.agree("tell me when SOL is above 210")
    assert "saywhen_live_rules 1.0" in (await api.nobody().get("/metrics")).body, "asked again within seconds"


async def test_figures_tell_what_keys_have_left_for_network_fees_and_have_paid(api: Api, postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    await connection.execute("INSERT INTO fee_payers VALUES ('Ex4mpLeKey1111', 9, 41250000, now(), now())")
    paid = "INSERT INTO network_fees VALUES ($1, 'Ex4mpLeKey1111', 1, 9, now(), 5250, false)"
    await connection.executemany(paid, [("a",), ("b",)])
    await connection.close()
    text = (await api.nobody().get("/metrics")).body
    for name, value in (("key_lamports", 41_250_000), ("key_low", 1), ("network_fee_lamports", 10_500)):
        assert f'saywhen_{name}{{key="Ex4mpLeK"}} {float(value)}' in text.replace("4.125e+07", "41250000.0")


async def test_logs_and_figures_name_routes_and_never_ids_or_tokens(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    ann = await api.paper()
    rule = (await ann.agree("tell me when SOL is above 200"))["rules"][0]
    await ann.get(f"/api/rules/{rule['id']}?secret=hunter2", None)
    refresh = {"refresh_token": ann.session["refresh_token"]}
    await api.nobody().post("/api/auth/refresh", refresh, 200)
    written = caplog.text + (await ann.get("/metrics")).body
    for secret in (ann.token or "-", refresh["refresh_token"], "hunter2", rule["id"]):
        assert secret not in written
    assert "/api/rules/{rule_id}" in written


async def test_other_origins_are_let_in_only_where_they_are_set(postgres_dsn: str, tmp_path: Path) -> None:
    asks = {"Origin": "https://app.test", "Access-Control-Request-Method": "POST"}
    async with serving(postgres_dsn, tmp_path, SAYWHEN_CORS="https://app.test") as api:
        allowed = await api.nobody().call("OPTIONS", "/api/rules", headers=asks)
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.test"
        foreign = await api.nobody().call("OPTIONS", "/api/rules", headers={**asks, "Origin": "https://evil.test"})
        assert "Access-Control-Allow-Origin" not in foreign.headers


async def test_over_tls_cookies_are_secure_and_transport_is_pinned(postgres_dsn: str, tmp_path: Path) -> None:
    async with serving(postgres_dsn, tmp_path, SAYWHEN_PUBLIC_URL="https://say.test") as api:
        async with api.http.post(api.url + "/api/auth/paper", json={}) as response:
            assert all(cookie["secure"] for cookie in response.cookies.values())
            assert "Strict-Transport-Security" in response.headers
        assert (await api.challenge(Wallet()))["input"]["domain"] == "say.test"


async def test_an_address_that_is_taken_is_told(api: Api, tmp_path: Path, postgres_dsn: str) -> None:
    port = int(api.url.rpartition(":")[2])
    with pytest.raises(NotConfigured, match="cannot listen"):
        async with serving(postgres_dsn, tmp_path, SAYWHEN_API_PORT=port):
            pass
