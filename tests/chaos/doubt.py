"""A venue that leaves its answer open: decides when the line breaks, never what the venue does with what it gets."""

import asyncio
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from unittest.mock import patch

from core.domain.errors import VenueUnknown
from core.domain.order import OrderIntent
from core.ports import Prepared, Venue

LATE_S = 1.0
SHORT_LIFE_S = 2.0
PATIENCE_S = 1.5

How = Literal["landed", "lost", "hung", "late", "dead", "unprepared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """How the venue answers the first `times` calls.

    `landed`: an order sent takes effect and the line breaks; `lost`: only the line breaks; `hung`: it takes effect and
    no answer ever comes; `late`: the line breaks, and the bytes arrive a second later; `dead`: so they do, but when
    they are valid no more; `unprepared`: an order cannot even be signed.
    """

    how: How
    times: int = 1


def cast_doubt(venue: Venue, doubt: Doubt, stack: ExitStack) -> None:
    """Break *venue*'s line as *doubt* says, for the life of *stack*."""
    line = _Line(venue, doubt)
    if doubt.how == "unprepared":
        stack.enter_context(patch.object(venue, "prepare", line.prepare))
        return
    if doubt.how == "hung":
        stack.enter_context(patch("core.flow.execute.TIME_OUT_S", PATIENCE_S))
    if doubt.how == "dead":
        stack.enter_context(patch("core.venues.paper.tickets.VALID_FOR", timedelta(seconds=SHORT_LIFE_S)))
    stack.enter_context(patch.object(venue, "send", line.send))


class _Line:
    """The line to a venue, which breaks."""

    def __init__(self, venue: Venue, doubt: Doubt) -> None:
        self._prepare, self._send = venue.prepare, venue.send
        self._doubt = doubt
        self._left = doubt.times
        self._dead: str | None = None
        self._arriving: set[asyncio.Task[None]] = set()

    async def prepare(self, intent: OrderIntent) -> Prepared:
        if self._breaks():
            raise VenueUnknown("the line broke")
        return await self._prepare(intent)

    async def send(self, prepared: Prepared) -> None:
        if self._doubt.how == "dead":
            # Every sending of the first order is lost, and of no other.
            self._dead = self._dead or prepared.signature
            if prepared.signature == self._dead:
                self._arrive_in(SHORT_LIFE_S + LATE_S, prepared)
                raise VenueUnknown("the line broke")
        if not self._breaks():
            await self._send(prepared)
            return
        match self._doubt.how:
            case "landed":
                await self._send(prepared)
            case "hung":
                await self._send(prepared)
                await asyncio.Event().wait()
            case "late":
                self._arrive_in(LATE_S, prepared)
            case "lost" | "dead" | "unprepared":
                pass
        raise VenueUnknown("the line broke")

    def _breaks(self) -> bool:
        self._left -= 1
        return self._left >= 0 and self._doubt.how != "dead"

    def _arrive_in(self, seconds: float, prepared: Prepared) -> None:
        async def arrive() -> None:
            await asyncio.sleep(seconds)
            with suppress(VenueUnknown):
                await self._send(prepared)

        self._arriving.add(asyncio.create_task(arrive()))
