"""How the built dashboard is served: which addresses are pages, what may be kept, and by what name it is reached."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Match

from api.dashboard import Dashboard

PUBLIC = "http://localhost:8000"
Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<title>SayWhen</title>")
    (tmp_path / "dist" / "assets" / "index-abc.js").write_text("// a line\n" * 500)
    (tmp_path / "dist" / ".made-from").write_text("a digest")
    (tmp_path / "secret.txt").write_text("not for the web")
    return tmp_path / "dist"


def _scope(path: str, host: str, given: dict[str, str]) -> dict[str, Any]:
    headers = [(b"host", host.encode()), *((name.encode(), value.encode()) for name, value in given.items())]
    return {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers, "scheme": "http"}


async def get(built: Path, path: str, host: str = "localhost:8000", **given: str) -> Answer:
    route = Dashboard(PUBLIC, built)
    scope = _scope(path, host, {name.replace("_", "-"): value for name, value in given.items()})
    match, child = route.matches(scope)
    assert match is Match.FULL
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    await route.handle({**scope, **child}, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:])


@pytest.mark.parametrize("path", ["/", "/rules", "/sign-in", "/no/such/page"])
async def test_an_address_without_a_file_is_the_page_that_finds_its_way(built: Path, path: str) -> None:
    status, headers, body = await get(built, path)
    assert (status, headers["cache-control"]) == (200, "no-cache")
    assert b"SayWhen" in body


async def test_what_carries_its_digest_in_its_name_is_kept_for_ever_and_goes_out_packed(built: Path) -> None:
    status, headers, body = await get(built, "/assets/index-abc.js", accept_encoding="gzip, br")
    assert status == 200
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert gzip.decompress(body) == b"// a line\n" * 500
    (built / "assets" / "index-abc.js.br").write_bytes(b"packed when it was built")
    for offered, packing in (("gzip, deflate, br", "br"), ("gzip, br;q=0", "gzip"), ("identity", None)):
        _, headers, body = await get(built, "/assets/index-abc.js", accept_encoding=offered)
        assert headers.get("content-encoding") == packing
        assert (body == b"packed when it was built") is (packing == "br")
    assert (await get(built, "/assets/index-abc.js.br"))[0] == 404


async def test_what_is_still_the_same_is_not_sent_again(built: Path) -> None:
    _, headers, _ = await get(built, "/")
    status, _, body = await get(built, "/", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


@pytest.mark.parametrize("path", ["/assets/gone.js", "/../secret.txt", "/.made-from", "/assets/../../secret.txt"])
async def test_a_file_that_was_not_built_is_not_found(built: Path, path: str) -> None:
    status, headers, body = await get(built, path)
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert b"not for the web" not in body


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/ws", "/health/nothing", "/metrics"])
def test_the_api_s_own_addresses_are_never_pages(built: Path, path: str) -> None:
    assert Dashboard(PUBLIC, built).matches(_scope(path, "localhost:8000", {}))[0] is Match.NONE


async def test_another_name_of_this_machine_leads_to_the_one_that_sign_in_holds_for(built: Path) -> None:
    status, headers, _ = await get(built, "/rules", host="127.0.0.1:8000")
    assert (status, headers["location"]) == (307, "http://localhost:8000/rules")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1:9999", "localhost:x"])
async def test_nobody_is_led_away_from_any_other_name(built: Path, host: str) -> None:
    status, _, _ = await get(built, "/", host=host)
    assert status == 200


async def test_where_nothing_is_built_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    status, _, body = await get(tmp_path / "nothing", "/")
    assert status == 200
    assert b"make web" in body
