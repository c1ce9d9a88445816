"""The application put together: routes, guards, errors and the OpenAPI document; decides no behaviour."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from starlette.middleware.cors import CORSMiddleware

from api import errors, socket
from api.auth import ACCESS_COOKIE, CSRF_HEADER, Doorkeeper
from api.dashboard import Dashboard
from api.guard import Guard, Measures
from api.listed import Listings
from api.live import Hub
from api.policy import Policy, places
from api.routes import account, drafts, health, history, market, owner, readings, rules, seats, signing_in, trades
from api.schemas import Problem
from api.secret import signing_secret
from api.throttle import Throttle
from api.unchanged import Unchanged
from core.app import Core, Settings, open_core, read_settings
from core.domain.rule import RuleSet

TITLE = "SayWhen"
VERSION = "1"
_ABOUT = """Say when, and it trades: rules in plain words become confirmed orders on perpetual markets.

Nothing trades unconfirmed: whatever opens, closes or changes something comes back as a draft, and arms only when the
draft is confirmed at the revision that was read. Amounts are decimal strings, times ISO 8601 in UTC, errors
problem+json with a stable `code`."""
_PUBLIC = ("/health", "/metrics", "/api/auth/challenge", "/api/auth/wallet", "/api/auth/paper", "/api/auth/link",
           "/api/auth/telegram", "/api/auth/refresh")  # fmt: skip
_WHY = {
    400: "The body is not JSON",
    401: "Nobody is signed in",
    403: "Not allowed: a scope, a limit, a foreign page, a proof that does not hold",
    404: "No such thing of yours",
    409: "Not in a state for that",
    413: "The body is too large",
    422: "What was sent cannot be used",
    429: "Too often",
    503: "Something we need does not answer now",
}


def create_app(core: Core | None = None, settings: Settings | None = None) -> FastAPI:
    """The application on *core*; without one it opens a Core of its own, as the settings say, when it starts."""
    known = core.settings if core is not None else settings or read_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            opened = core if core is not None else await stack.enter_async_context(open_core(known, role="saywhen api"))
            app.state.core = opened
            throttle = Throttle(known)
            stack.push_async_callback(throttle.close)
            app.state.door = Doorkeeper(opened, signing_secret(known), throttle)
            app.state.hub = Hub(opened, app.state.measures)
            await stack.enter_async_context(app.state.hub.running())
            yield

    app = FastAPI(
        title=TITLE,
        version=VERSION,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere, which our policy forbids
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses={status: _problem(words) for status, words in _WHY.items()},
        separate_input_output_schemas=False,
    )
    app.state.measures = Measures()
    app.state.rules = Listings()
    errors.install(app)
    for part in (signing_in.public, signing_in.router, rules.router, readings.router, drafts.router, market.router,
                 account.router, history.router, trades.router, owner.router, seats.router, health.router,
                 socket.router):  # fmt: skip
        app.include_router(part)
    filled = {"REACT_APP_API_URL": known.web_api_url, "REACT_APP_WS_URL": known.web_ws_url}
    app.router.routes.append(Dashboard(known.public_url, filled=filled))
    if known.other_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=known.other_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["authorization", "content-type", CSRF_HEADER],
            expose_headers=["x-request-id", "retry-after"],
            max_age=600,
        )
    app.add_middleware(Unchanged)
    policy = Policy(tls=known.public_url.startswith("https://"), places=places(known.web_api_url, known.web_ws_url))
    app.add_middleware(Guard, measures=app.state.measures, policy=policy)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _problem(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {errors.MEDIA: {"schema": schema}}}


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The document: what FastAPI finds, with the rule language, the problems, and how one signs in."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components: dict[str, Any] = document.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    template = "#/components/schemas/{model}"
    language = TypeAdapter(RuleSet).json_schema(ref_template=template)
    for name, schema in {**language["$defs"], "Problem": Problem.model_json_schema(ref_template=template)}.items():
        schemas.setdefault(name, schema)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An access token, or a program's key (sw_…)"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": ACCESS_COOKIE},
    }
    for path, operations in document["paths"].items():
        if not path.startswith(_PUBLIC):
            for operation in operations.values():
                operation["security"] = [{"bearer": []}, {"cookie": []}]
    app.openapi_schema = _with_language(document)
    return app.openapi_schema


def _with_language(part: Any) -> Any:
    """*part* with a reference to the rule language's schema wherever something stands for it."""
    match part:
        case {"x-stands-for": name}:
            return {"$ref": f"#/components/schemas/{name}"}
        case dict():
            return {key: _with_language(item) for key, item in part.items()}
        case list():
            return [_with_language(item) for item in part]
        case _:
            return part
