"""What a browser may do with what we answer: the headers of every answer; decides no request."""

from collections.abc import Iterable
from urllib.parse import urlsplit

MINI_APP = "/telegram"
"""Under this address the dashboard is Telegram's Mini App: its web client, and no other page, may frame it."""
WEB_CLIENT = "https://web.telegram.org"

Headers = list[tuple[bytes, bytes]]

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'{places}; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {framed}"
)
_ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]
_UNFRAMED = (b"x-frame-options", b"DENY")
_TLS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Policy:
    """The headers by address: those of the Mini App differ in who may frame it."""

    def __init__(self, *, tls: bool = False, places: Iterable[str] = ()) -> None:
        """*places* are where the page may connect beside its own address."""
        told = "".join(f" {place}" for place in places)
        always = [*_ALWAYS, _TLS] if tls else _ALWAYS
        self.everywhere: Headers = [(_csp(told, "'none'")), _UNFRAMED, *always]
        self.mini_app: Headers = [(_csp(told, WEB_CLIENT)), *always]

    def of(self, path: str) -> Headers:
        """What goes with an answer for *path*."""
        return self.mini_app if path == MINI_APP or path.startswith(f"{MINI_APP}/") else self.everywhere


def _csp(places: str, framed: str) -> tuple[bytes, bytes]:
    return b"content-security-policy", _CSP.format(places=places, framed=framed).encode()


def places(api_url: str | None, ws_url: str | None) -> list[str]:
    """Where a page connects whose API is at *api_url* and whose socket is at *ws_url*; none where both are its own."""
    socket = ws_url or (None if api_url is None else f"ws{api_url.removeprefix('http')}")
    found = [_origin(url) for url in (api_url, socket) if url is not None]
    return list(dict.fromkeys(found))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
