"""A line to a real venue that breaks where a test says so; decides nothing of what the venue does with what it gets."""

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from core.domain.errors import VenuePaused, VenueRejected, VenueUnknown
from core.ports import Prepared, VenueStatus
from core.venues.paper import PaperVenue

Effect = Literal["lost", "landed", "late", "silent", "refused", "paused"]
"""`lost`: the call never arrives; `landed`: it does, and the answer is lost; `late`: it arrives when told to;
`silent`: no answer in time, and it never arrived; `refused`: a proven no; `paused`: the venue takes nothing now."""

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
            try:
                await self.real.send(prepared)
            except VenueUnknown:
                continue  # it came after its time, and nobody listens to the answer any more

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
        effect = await self._meets("send", prepared)
        await self.real.send(prepared)
        if effect == "landed":
            raise VenueUnknown("the line broke")

    async def lookup(self, owner: Any, signature: str) -> Any:
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
            case "refused":
                raise VenueRejected("the venue does not want it")
            case "paused":
                raise VenuePaused("the venue rests")
            case "landed" | None:
                return effect
            case _:
                await effect()
                return None
