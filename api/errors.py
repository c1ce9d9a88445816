"""Every error as problem+json (RFC 9457) with a stable `code`; decides which status an error of the core becomes."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from core.app.offline import StillAsking
from core.domain.errors import (
    BadInput,
    Conflict,
    Denied,
    NotConfigured,
    NotFound,
    PriceUnavailable,
    SayWhenError,
    StorageUnavailable,
    VenueError,
    VenuePaused,
    VenueRejected,
    VenueUnknown,
)

MEDIA = "application/problem+json"
TYPES = "urn:saywhen:problem:"

_log = logging.getLogger(__name__)


class Refused(SayWhenError):
    """What the API itself says no to, before the core is asked."""

    def __init__(
        self, status: int, code: str, message: str, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.code = code
        self.headers = headers


_BY_KIND: tuple[tuple[type[SayWhenError], int, str], ...] = (
    (StillAsking, 409, "still_asking"),
    (BadInput, 422, "bad_input"),
    (NotFound, 404, "not_found"),
    (Conflict, 409, "conflict"),
    (Denied, 403, "denied"),
    (PriceUnavailable, 503, "price_unavailable"),
    (StorageUnavailable, 503, "storage_unavailable"),
    (NotConfigured, 409, "not_configured"),
    (VenueRejected, 409, "venue_rejected"),
    (VenuePaused, 409, "venue_paused"),
    (VenueUnknown, 503, "venue_unknown"),
    (VenueError, 503, "venue_error"),
)
_BY_STATUS = {400: "malformed", 404: "no_such_path", 405: "method_not_allowed", 413: "too_large", 415: "not_json"}


def problem(
    status: int, code: str, detail: str, hint: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The answer that says what went wrong, and what to do where that is known."""
    body = {"type": TYPES + code, "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
    if hint:
        body["hint"] = hint
    return Response(to_json(body | more), status, dict(headers or {}), MEDIA)


def of(error: SayWhenError) -> Response:
    """The answer for an error that was raised on purpose."""
    if isinstance(error, Refused):
        return problem(error.status, error.code, str(error), error.hint, error.headers)
    for kind, status, code in _BY_KIND:
        if isinstance(error, kind):
            headers = {"Retry-After": "2"} if status == 503 else None
            return problem(status, code, str(error), error.hint, headers)
    return problem(500, "unexpected", "Something went wrong on our side.", "Try again; nothing may have been changed.")


def install(app: FastAPI) -> None:
    """Have every error of *app* answered here."""

    async def on_purpose(_request: Request, error: Exception) -> Response:
        if not isinstance(error, SayWhenError):
            raise error
        return of(error)

    async def invalid(_request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        fields = [
            {"field": ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0]), "fault": item["msg"]}
            for item in error.errors()[:20]
        ]
        first = fields[0] if fields else {"field": "body", "fault": "cannot be read"}
        detail = f"{first['field']}: {first['fault']}"
        return problem(422, "bad_input", detail, "Correct it and send it again.", errors=fields)

    async def http(_request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        code = _BY_STATUS.get(error.status_code, "http_error")
        return problem(error.status_code, code, str(error.detail), headers=error.headers)

    async def slow(_request: Request, _error: Exception) -> Response:
        return of(
            StorageUnavailable("That took too long and was given up.", "Look whether it happened, then try again.")
        )

    async def accident(request: Request, error: Exception) -> Response:
        _log.error("%s %s failed", request.method, request.scope.get("path"), exc_info=error)
        return of(SayWhenError(""))

    app.add_exception_handler(SayWhenError, on_purpose)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(TimeoutError, slow)
    app.add_exception_handler(Exception, accident)
