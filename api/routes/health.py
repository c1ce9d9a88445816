"""Whether the process lives and can serve, and its figures; decides no alarm."""

import asyncio
from contextlib import suppress

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.auth import CoreIn
from api.shapes import HealthOut
from api.views import reply
from core.domain.errors import SayWhenError

router = APIRouter(tags=["health"])
_WITHIN_S = 3.0


@router.get("/health", response_model=HealthOut)
async def health() -> Response:
    """The process answers."""
    return reply({"status": "ok", "checks": {}})


@router.get(
    "/health/ready",
    response_model=HealthOut,
    responses={503: {"model": HealthOut, "description": "Not now; the checks say why"}},
)
async def ready(core: CoreIn) -> Response:
    """The database answers, prices come in, and the venue takes orders."""
    checks = {}
    try:
        async with asyncio.timeout(_WITHIN_S):
            await core.events.end()
        checks["database"] = "ok"
    except (SayWhenError, TimeoutError, OSError):
        checks["database"] = "does not answer"
    checks["prices"] = "ok" if core.prices.latest() else "no fresh price"
    status = await core.venue_status() if checks["database"] == "ok" else None
    checks["venue"] = "unknown" if status is None else "ok" if status.state == "open" else status.state
    good = all(check == "ok" for check in checks.values())
    return reply({"status": "ok" if good else "unready", "checks": checks}, 200 if good else 503)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, core: CoreIn) -> Response:
    """Figures in Prometheus' text format; what the database does not tell in time stays as it was told last."""
    measures = request.app.state.measures
    with suppress(SayWhenError, TimeoutError, OSError):
        async with asyncio.timeout(_WITHIN_S):
            measures.show(await core.fees.payers())
            await measures.figures.take(core)
    return Response(generate_latest(measures.registry), media_type=CONTENT_TYPE_LATEST)
