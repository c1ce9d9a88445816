"""A line to a real venue that breaks where a test says so; decides nothing of what the venue does with what it gets."""

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Literal

from core.domain.errors import NoPermission, VenuePaused, VenueRejected, VenueUnknown
from core.ports import Finding, OrderReport, Prepared, VenueStatus
from core.venues.paper import PaperVenue, tickets

Effect = Literal["lost", "landed", "late", "silent", "refused", "withdrawn", "paused"]
"""`lost`: the call never arrives; `landed`: it does, and the answer is lost; `late`: it arrives when told to;
`silent`: no answer in time, and it never arrived; `refused`: a proven no; `withdrawn`: one to all that is the owner's;
`paused`: the venue takes nothing now."""

NO = "the venue does not want it"
Work = Callable[[], Awaitable[None]]


class Line:
    """The Venue port on a real venue. Effects are used up in the order they were scripted in, one a call."""

    def __init__(self, real: PaperVenue) -> None:
        self.real = real
        self.name, self.simulated = real.name, real.simulated
        self.holds_protective_orders = real.holds_protective_orders
        self.sent: list[Prepared] = []
        self.says = VenueStatus(state="open")
        self.answers: dict[str, Any] = {}
        """By call, an answer that has been on its way for long: given once, whatever is true by then."""
        self._script: defaultdict[str, deque[Effect | Work]] = defaultdict(deque)
        self._refused: set[str] = set()
        self._late: list[Prepared] = []

    def will(self, call: str, *effects: Effect) -> None:
        """Have the next calls of *call* end so."""
        self._script[call].extend(effects)

    def meanwhile(self, call: str, work: Work) -> None:
        """Do *work* while the next call of *call* is on its way; the call itself then succeeds."""
        self._script[call].append(work)

    def heals(self) -> None:
        """Forget whatever was scripted."""
        self._script.clear()

    async def arrive(self) -> None:
        """Let what is late arrive."""
        late, self._late = self._late, []
        for prepared in late:
            if prepared.signature not in self._refused:
                with suppress(VenueUnknown, VenueRejected):  # nobody listens to the answer any more
                    await self.real.send(prepared)

    async def markets(self) -> Any:
        return await self._call("markets")

    async def status(self) -> VenueStatus:
        await self._meets("status")
        return self.says

    async def mark(self, market: str) -> Any:
        return await self._call("mark", market)

    async def account(self, owner: Any) -> Any:
        return await self._call("account", owner)

    async def prepare(self, intent: Any) -> Any:
        return await self._call("prepare", intent)

    async def send(self, prepared: Prepared) -> None:
        self.sent.append(prepared)
        if prepared.signature in self._refused:
            raise VenueRejected(NO)
        effect = await self._meets("send", prepared)
        await self.real.send(prepared)
        if effect == "landed":
            raise VenueUnknown("the line broke")

    async def lookup(self, owner: Any, signature: str) -> Any:
        if signature in self._refused:
            await self._meets("lookup")
            return OrderReport(finding=Finding.REJECTED, reason=NO)
        return await self._call("lookup", owner, signature)

    async def cancel(self, owner: Any, signature: str) -> None:
        await self._call("cancel", owner, signature)

    async def activity(self, owner: Any, after: int) -> Any:
        return await self._call("activity", owner, after)

    async def observe(self, observation: Any) -> Any:
        return await self._call("observe", observation)

    async def exchange_funding(self, now: Any) -> Any:
        return await self._call("exchange_funding", now)

    async def open_position(self, owner: Any, market: str, base: Any, entry_price: Any) -> None:
        await self.real.open_position(owner, market, base, entry_price)

    async def close(self) -> None:
        await self.real.close()

    async def _call(self, name: str, *arguments: Any) -> Any:
        await self._meets(name)
        if name in self.answers:
            return self.answers.pop(name)
        return await getattr(self.real, name)(*arguments)

    async def _meets(self, name: str, prepared: Prepared | None = None) -> Effect | None:
        script = self._script[name]
        effect = script.popleft() if script else None
        match effect:
            case "lost":
                raise VenueUnknown("the line broke")
            case "late":
                assert prepared is not None, "only what is sent can be late"
                self._late.append(prepared)
                raise VenueUnknown("the line broke")
            case "silent":
                raise TimeoutError
            case "refused" | "withdrawn":
                if prepared is not None:
                    owner = tickets.read(prepared).owner
                    if (await self.real.lookup(owner, prepared.signature)).finding is not Finding.ABSENT:
                        return None  # a no is only said where it is proven, and it was taken in already
                    self._refused.add(prepared.signature)
                raise NoPermission(NO) if effect == "withdrawn" else VenueRejected(NO)
            case "paused":
                raise VenuePaused("the venue rests")
            case "landed" | None:
                return effect
            case _:
                await effect()
                return None
