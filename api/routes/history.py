"""Orders, jobs, events, notifications and dead letters over HTTP, page by page; decides no order of them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from api.auth import CoreIn, Reading, Writing
from api.schemas import DraftOut, ReadIn, Token
from api.shapes import EventsOut, JobLogsOut, JobsOut, LetterOut, LettersOut, NoticesOut, OrderOut, OrdersOut
from api.views import draft_view, job_log_view, job_view, letter_view, notice_view, order_view, reply
from core.domain.errors import BadInput
from core.domain.order import IN_FLIGHT, OrderState
from core.feed.envelope import envelope

router = APIRouter(prefix="/api", tags=["history"])
RowId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,40}$", examples=["r_064qj3w4m8x2v5k7p0"])]
LetterId = Annotated[int, Path(ge=0, le=2**53)]
Before = Annotated[int | None, Query(ge=1, le=2**53)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/orders", response_model=OrdersOut)
async def orders(
    caller: Reading,
    core: CoreIn,
    state: Annotated[Literal["open", "all"], Query()] = "open",
    before: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z_]{1,40}$")] = None,
    limit: Limit = 50,
) -> Response:
    """Orders, newest first: those that the venue has, may have or will get, or all there ever were."""
    states = {*IN_FLIGHT, OrderState.PLANNED} if state == "open" else None
    found = await core.orders.page(caller.owner, states, before, limit)
    more = {"next": found[-1].id} if len(found) == limit else {}
    return reply({"orders": [order_view(order) for order in found]} | more)


@router.get("/orders/{order_id}", response_model=OrderOut)
async def order(order_id: RowId, caller: Reading, core: CoreIn) -> Response:
    """One order."""
    return reply(order_view(await core.orders.get(caller.owner, order_id)))


@router.delete("/orders/{order_id}", response_model=OrderOut)
async def cancel_order(order_id: RowId, caller: Writing, core: CoreIn) -> Response:
    """Have the order taken off the venue, or never sent; an event tells what became of it."""
    return reply(order_view(await core.orders.cancel(caller.owner, order_id)))


@router.get("/jobs", response_model=JobsOut)
async def jobs(caller: Reading, core: CoreIn) -> Response:
    """What is being watched, the newest rule first."""
    return reply({"jobs": [job_view(job) for job in await core.jobs.list(caller.owner)]})


@router.get("/jobs/{job_id}/logs", response_model=JobLogsOut)
async def job_logs(job_id: RowId, caller: Reading, core: CoreIn, before: Before = None, limit: Limit = 100) -> Response:
    """What the job checked and when, newest first."""
    found = await core.jobs.logs(caller.owner, job_id, before, limit)
    more = {"next": found[-1][0]} if len(found) == limit else {}
    return reply({"logs": [job_log_view(number, line) for number, line in found]} | more)


@router.get("/events", response_model=EventsOut)
async def events(caller: Reading, core: CoreIn, after: Annotated[Token, Query()] = "", limit: Limit = 100) -> Response:
    """What happened, oldest first; `after` is the token of the page before, and empty for the beginning."""
    found, token = await core.events.page(caller.owner, after, limit)
    return reply({"events": [envelope(event) for event in found], "token": token})


@router.get("/notifications", response_model=NoticesOut)
async def notifications(
    caller: Reading,
    core: CoreIn,
    order: Annotated[Literal["oldest", "newest"], Query()] = "oldest",
    after: Annotated[Token, Query()] = "",
    before: Annotated[Token, Query()] = "",
    limit: Limit = 50,
) -> Response:
    """The inbox. Oldest first it goes on `after` the token of the page before, and ends where that no longer moves;
    a page may hold fewer than asked for. Newest first it goes on `before` the `next` of the page before."""
    if (after and order == "newest") or (before and order == "oldest"):
        raise BadInput("Expected after with the oldest first, before with the newest.", "Leave one of them out.")
    read = await core.events.read_up_to(caller.owner)
    if order == "oldest":
        notices, token = await core.events.inbox(caller.owner, after, limit)
        more = {}
    else:
        notices, token, following = await core.events.latest(caller.owner, before, limit)
        more = {"next": following} if following else {}
    shown = [notice_view(notice) for notice in notices]
    return reply({"notifications": shown, "token": token, "read_up_to": read} | more)


@router.post("/notifications/read", status_code=204)
async def mark_read(body: ReadIn, caller: Writing, core: CoreIn) -> Response:
    """Note that the inbox was read up to a token."""
    await core.events.mark_read(caller.owner, body.token)
    return Response(status_code=204)


@router.get("/dead-letters", response_model=LettersOut)
async def letters(caller: Reading, core: CoreIn) -> Response:
    """Orders whose wake-up was given up, newest first."""
    return reply({"dead_letters": [letter_view(letter) for letter in await core.letters.list(caller.owner)]})


@router.get("/dead-letters/{letter_id}", response_model=LetterOut)
async def letter(letter_id: LetterId, caller: Reading, core: CoreIn) -> Response:
    """One dead letter."""
    return reply(letter_view(await core.letters.get(caller.owner, letter_id)))


@router.delete("/dead-letters/{letter_id}", status_code=204)
async def discard(letter_id: LetterId, caller: Writing, core: CoreIn) -> Response:
    """Throw it away; what it was to trade is not traded."""
    await core.letters.discard(caller.owner, letter_id)
    return Response(status_code=204)


@router.post("/dead-letters/{letter_id}/retry", response_model=DraftOut, status_code=201)
async def retry(letter_id: LetterId, caller: Writing, core: CoreIn) -> Response:
    """A draft that does now what was given up, checked anew and to be confirmed anew."""
    return reply(draft_view(await core.letters.retry(caller.owner, letter_id)), 201)
