"""The built dashboard, served from memory under the API's own policy; decides which addresses are pages of it."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from api.errors import problem

BUILT = Path(__file__).resolve().parents[1] / "web" / "dist"
_INDEX = "index.html"
_OURS = ("/api", "/ws", "/health", "/metrics")
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"
_BROTLI = ".br"
"""What stands beside a file, packed when the dashboard was built (web/vite.config.ts)."""
_NOT_BUILT = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>SayWhen</title>
<p>SayWhen is up, but its dashboard is not built. Build it with <code>make web</code> and start SayWhen anew.
</html>"""
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """One file as it goes out."""

    body: bytes
    packed: Mapping[str, bytes]
    """The body in what a browser may take instead, the smallest first."""
    media: str
    etag: str
    cache: str


class Dashboard(Route):
    """Every address that is not the API's: a file that was built, or the page that finds its way by itself."""

    def __init__(
        self, public_url: str, built: Path = BUILT, *, filled: Mapping[str, str | None] = MappingProxyType({})
    ) -> None:
        """*filled* are values for places that the page leaves open, like `%REACT_APP_API_URL%`; None leaves it so."""
        super().__init__("/{path:path}", self._answer, methods=["GET"], include_in_schema=False)
        self._public = urlsplit(public_url)
        self._files = _read(built, filled)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = str(scope.get("path", ""))
        if any(path == own or path.startswith(f"{own}/") for own in _OURS):
            return Match.NONE, {}
        return super().matches(scope)

    async def _answer(self, request: Request) -> Response:
        path = request.path_params["path"]
        found = self._files.get(path)
        if found is None and "." in path.rsplit("/", 1)[-1]:
            return problem(404, "no_such_path", "Not Found")
        elsewhere = self._elsewhere(request)
        if elsewhere is not None:
            return RedirectResponse(elsewhere, 307)
        return _answer(found or self._files.get(_INDEX) or _served("not-built.html", _NOT_BUILT), request.headers)

    def _elsewhere(self, request: Request) -> str | None:
        """Our own address where somebody came by another name of this machine: sign-in holds for one name only."""
        host = urlsplit(f"//{request.headers.get('host', '')}")
        ours = self._public
        try:
            same_door = host.port == ours.port
        except ValueError:
            return None
        if not same_door or host.hostname == ours.hostname or ours.hostname not in _LOOPBACK:
            return None
        return ours._replace(path=request.url.path).geturl() if host.hostname in _LOOPBACK else None


def _read(built: Path, filled: Mapping[str, str | None]) -> dict[str, _Served]:
    """Every file under *built* by its path; none where nothing is built."""
    paths = [path for path in built.rglob("*") if path.is_file() and not path.name.startswith(".")]
    names = {path.relative_to(built).as_posix(): path for path in paths}
    read = {name: path.read_bytes() for name, path in names.items()}
    for name, value in filled.items():
        if _INDEX in read and value is not None:
            read[_INDEX] = read[_INDEX].replace(f"%{name}%".encode(), value.encode())
    packed = {name: read.pop(name) for name in [*read] if name.endswith(_BROTLI)}
    return {name: _served(name, body, packed.get(name + _BROTLI)) for name, body in read.items()}


def _served(name: str, body: bytes, brotli: bytes | None = None) -> _Served:
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    text = media.startswith("text/") or media in {"image/svg+xml", "application/javascript"}
    packings = {"br": brotli, "gzip": gzip.compress(body, 9, mtime=0) if text and len(body) > 1_000 else None}
    return _Served(
        body=body,
        packed={name: packing for name, packing in packings.items() if packing is not None},
        media=f"{media}; charset=utf-8" if text else media,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        cache=_FOR_EVER if name.startswith("assets/") else _ASK_FIRST,
    )


def _answer(found: _Served, given: Mapping[str, str]) -> Response:
    headers = {"cache-control": found.cache, "etag": found.etag, "vary": "accept-encoding"}
    if found.etag in given.get("if-none-match", ""):
        return Response(None, 304, headers)
    taken = {part.split(";")[0].strip() for part in given.get("accept-encoding", "").split(",")}
    for packing, body in found.packed.items():
        if packing in taken:
            return Response(body, 200, headers | {"content-encoding": packing}, found.media)
    return Response(found.body, 200, headers, found.media)
