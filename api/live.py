"""What happens now, for sockets: read once for all of them, kept for each as little as it still must be told.

Prices are conflated: a client that is slow is told the latest, never a backlog. Events are never conflated; a client
that falls too far behind is closed and comes back with the token of the last frame that had one.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from pydantic_core import to_json as encode

from api.guard import Measures
from api.views import order_view, position_view, price_view, rules_view
from api.wire import Write, text_frame
from core.app import Core
from core.domain.errors import NotFound, SayWhenError
from core.domain.event import Event
from core.domain.ids import OwnerId
from core.domain.market import Observation
from core.domain.order import IN_FLIGHT, OrderState
from core.domain.rule import LIVE
from core.feed.envelope import envelope
from core.ports import Cursor

EVERY_S = 0.25
SHARES = 5
"""Into so many parts of `EVERY_S` the clients are dealt, so that they are not told, and do not read, all at once."""
HEARTBEAT_S = 15.0
POSITIONS_S = 5.0
STALLED_S = 20.0
"""A client that takes nothing for this long is let go; the others never wait for it."""
MOST_PENDING = 1_000
MOST_RESUMED = 2_000
CHANNELS = ("rules", "orders", "positions", "events")


_BEGINNING = Cursor("")


class TooFarBehind(Exception):
    """The client must begin anew, or come back with its token."""


@dataclass(eq=False, slots=True)
class Client:
    """What one socket listens to and has not been told yet.

    `turn` is held by whoever tells it something that takes time; `write` hands over a frame made for many, where the
    server can. `wake` asks the socket's own task to look: at what is owed, or at `check_at` whether it may stay.
    `stuck_at` is since when the client has not read.
    """

    owner: OwnerId
    write: Write | None = None
    markets: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    events: list[Event] = field(default_factory=list)
    rules: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    positions: bool = False
    shown_positions: bytes = b"[]"
    prices_seen: int = 0
    token: Cursor = _BEGINNING
    listening: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    told_at: float = 0.0
    check_at: float = 0.0
    positions_at: float = 0.0
    stuck_at: float | None = None

    def take_in(self, events: Sequence[Event], token: Cursor) -> None:
        """Note what these events change for this client."""
        for event in events:
            if event.rule_id is not None and event.name.startswith("rule."):
                self.rules.add(event.rule_id)
            order_id = getattr(event, "order_id", None)
            if order_id is not None:
                self.orders.add(str(order_id))
            if event.name.startswith(("position.", "order.filled", "order.partially")):
                self.positions = True
            if "events" in self.channels:
                self.events.append(event)
        self.token = token

    def stalled(self, now: float) -> bool:
        """Whether it has not read for too long."""
        return self.stuck_at is not None and now - self.stuck_at >= STALLED_S

    @property
    def owes(self) -> bool:
        """Whether there is anything but prices to tell."""
        c = self.channels
        return bool(
            self.events
            or (self.rules and "rules" in c)
            or (self.orders and "orders" in c)
            or (self.positions and "positions" in c)
        )


class Hub:
    """One reader of events and prices for every socket of the process."""

    def __init__(self, core: Core, measures: Measures) -> None:
        self._core = core
        self._measures = measures
        self._clients: dict[OwnerId, set[Client]] = {}
        self._shares: list[set[Client]] = [set() for _ in range(SHARES)]
        self._prices: dict[str, tuple[int, Observation, bytes]] = {}
        self._sequence = 0
        self._frames: dict[tuple[frozenset[str], int], bytes] = {}
        self._shared: dict[bytes, bytes] = {}
        self._token = Cursor("")
        self._ready = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read for the length of the block; what fails is begun again."""
        tasks = [
            asyncio.create_task(_keep(self._follow), name="live-events"),
            asyncio.create_task(_keep(self._tick), name="live-prices"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def count(self, owner: OwnerId) -> int:
        """How many sockets the owner has open."""
        return len(self._clients.get(owner, ()))

    def join(self, client: Client) -> None:
        """Keep what happens from now on for *client*."""
        self._clients.setdefault(client.owner, set()).add(client)
        min(self._shares, key=len).add(client)
        now = asyncio.get_running_loop().time()
        client.told_at, client.check_at = now, now + HEARTBEAT_S
        self._measures.sockets.inc()

    def leave(self, client: Client) -> None:
        """Forget the client."""
        mine = self._clients.get(client.owner, set())
        if client in mine:
            mine.discard(client)
            for share in self._shares:
                share.discard(client)
            self._measures.sockets.dec()
        if not mine:
            self._clients.pop(client.owner, None)

    # --- what is told ------------------------------------------------------------------------------------------

    async def begin(self, client: Client, channels: set[str], after: str | None) -> list[bytes]:
        """The first frames after a subscription: a snapshot of what is new, or what happened since *after*."""
        async with asyncio.timeout(10):
            await self._ready.wait()
        markets = {name.removeprefix("prices:") for name in channels if name.startswith("prices:")}
        states = channels - {f"prices:{market}" for market in markets}
        first = not client.listening
        client.markets |= markets
        client.channels |= states
        if first:
            client.token, client.listening = self._token, True
        if after is not None and first:
            with contextlib.suppress(TooFarBehind):
                return [await self._resumed(client, Cursor(after))]
            reset = encode({"type": "reset", "reason": "Too much happened since; this is a new snapshot."})
            return [reset, await self._snapshot(client, markets, states)]
        return [await self._snapshot(client, markets, states)]

    async def _snapshot(self, client: Client, markets: set[str], states: set[str]) -> bytes:
        parts: dict[str, Any] = {}
        token = client.token
        if "rules" in states:
            rules = await self._core.rules.read(client.owner, LIVE)
            parts["rules"] = await rules_view(self._core, client.owner, rules)
        if "orders" in states:
            open_states = {*IN_FLIGHT, OrderState.PLANNED}
            found = await self._core.orders.page(client.owner, open_states, None, 500)
            parts["orders"] = [order_view(order) for order in found]
        if "positions" in states:
            shown = await self._positions(client)
            parts["positions"] = shown
            client.shown_positions = encode(shown)
        if "events" in states:
            parts["events"] = []
        parts["prices"] = [price_view(self._prices[name][1]) for name in sorted(markets) if name in self._prices]
        return encode({"type": "snapshot", "at": self._now(), "token": token, **parts})

    async def _resumed(self, client: Client, after: Cursor) -> bytes:
        """Everything between *after* and the place where the hub took the client in: nothing lost, nothing twice."""
        upto = client.token
        missed: list[Event] = []
        place = after
        while True:
            events, place_after = await self._core.events.page(client.owner, place, 500, upto)
            missed += events
            if len(missed) > MOST_RESUMED:
                raise TooFarBehind
            if len(events) < 500:
                break
            place = place_after
        gap = Client(owner=client.owner, markets=client.markets, channels=client.channels, token=upto)
        gap.take_in(missed, upto)
        gap.positions = True
        frame = await self._changes(gap)
        client.prices_seen = gap.prices_seen
        client.shown_positions = gap.shown_positions
        return frame or encode({"type": "changes", "at": self._now(), "token": upto})

    async def frame(self, client: Client) -> bytes | None:
        """What the client was not told yet, as one frame; None where that is nothing. Raises TooFarBehind."""
        if len(client.events) > MOST_PENDING:
            raise TooFarBehind
        if client.owes:
            return await self._changes(client)
        prices = self._prices_frame(client)
        client.prices_seen = self._sequence
        return prices

    def _prices_frame(self, client: Client) -> bytes | None:
        """The prices that the client has not seen, made once for all that lack the same."""
        if not client.markets or client.prices_seen >= self._sequence:
            return None
        key = (client.markets, client.prices_seen)
        known = self._frames.get(key)
        if known is None:
            prices = self._fragments(client)
            known = b"" if not prices else b'{"type":"changes","at":"%s","prices":[%s]}' % (
                self._now().encode(), b",".join(prices),
            )  # fmt: skip
            self._frames[key] = known
        return known or None

    async def _changes(self, client: Client) -> bytes | None:
        parts: dict[str, Any] = {}
        token = client.token
        events, client.events = client.events, []
        rules, client.rules = client.rules, set()
        orders, client.orders = client.orders, set()
        positions, client.positions = client.positions, False
        if events:
            parts["events"] = [envelope(event) for event in events]
        if rules and "rules" in client.channels:
            changed = [rule for rule_id in sorted(rules) if (rule := await self._rule(client.owner, rule_id))]
            parts["rules"] = await rules_view(self._core, client.owner, changed)
        if orders and "orders" in client.channels:
            parts["orders"] = [
                order_view(order) for order_id in sorted(orders) if (order := await self._order(client.owner, order_id))
            ]
        if positions and "positions" in client.channels:
            shown = await self._positions(client)
            known = encode(shown)
            if known != client.shown_positions:
                parts["positions"] = shown
                client.shown_positions = known
        prices = self._fragments(client)
        client.prices_seen = self._sequence
        if not parts and not prices:
            return None
        head = encode({"type": "changes", "at": self._now(), "token": token, **parts})
        return head[:-1] + b',"prices":[' + b",".join(prices) + b"]}" if prices else head

    def _fragments(self, client: Client) -> list[bytes]:
        found = (self._prices.get(market) for market in sorted(client.markets))
        return [known[2] for known in found if known is not None and known[0] > client.prices_seen]

    async def _positions(self, client: Client) -> list[dict[str, Any]]:
        view = await self._core.account.view(client.owner)
        return [position_view(held) for held in view.positions if held.base != 0]

    async def _rule(self, owner: OwnerId, rule_id: str) -> Any:
        try:
            return await self._core.rules.get(owner, rule_id)
        except NotFound:
            return None

    async def _order(self, owner: OwnerId, order_id: str) -> Any:
        try:
            return await self._core.orders.get(owner, order_id)
        except NotFound:
            return None

    # --- what comes in -----------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        if not self._ready.is_set():
            self._token = await self._core.events.end()
            self._ready.set()
        async for events, token in self._core.events.follow(self._token, EVERY_S / 3):
            by_owner: dict[OwnerId, list[Event]] = {}
            for event in events:
                for owner in [event.owner] if event.owner is not None else list(self._clients):
                    if owner in self._clients:
                        by_owner.setdefault(owner, []).append(event)
            self._token = token
            for owner, mine in by_owner.items():
                for client in self._clients[owner]:
                    if client.listening:
                        client.take_in(mine, token)

    async def _tick(self) -> None:
        loop, beat = asyncio.get_running_loop(), 0
        while True:
            await asyncio.sleep(EVERY_S / SHARES)
            beat += 1
            self._look()
            self._frames.clear()
            self._shared.clear()
            for client in tuple(self._shares[beat % SHARES]):
                self._attend(client, loop.time())

    def _attend(self, client: Client, now: float) -> None:
        """Tell *client* what everybody is told, at once; what is its own, or takes time, its own task tells."""
        if client.shown_positions != b"[]" and now - client.positions_at >= POSITIONS_S:
            client.positions, client.positions_at = True, now
        other = client.owes or client.turn.locked() or now >= client.check_at or client.stalled(now)
        if other or client.write is None:
            client.wake.set()
            return
        prices = self._prices_frame(client)
        if prices is None and now - client.told_at < HEARTBEAT_S:
            return
        if client.write(self._wired(heartbeat(client) if prices is None else prices)):
            client.told_at, client.stuck_at, client.prices_seen = now, None, self._sequence
            self._measures.frames.inc()
        elif client.stuck_at is None:
            client.stuck_at = now

    def _wired(self, payload: bytes) -> bytes:
        """*payload* as a frame, made once for all that are told the same."""
        known = self._shared.get(payload)
        if known is None:
            known = self._shared[payload] = text_frame(payload)
        return known

    def _look(self) -> None:
        """Take in the prices that changed since last asked."""
        moved = [
            seen
            for seen in self._core.prices.latest()
            if (known := self._prices.get(seen.market)) is None or known[1] is not seen
        ]
        if moved:
            self._sequence += 1
            for seen in moved:
                self._prices[seen.market] = (self._sequence, seen, encode(price_view(seen)))

    def _now(self) -> str:
        return self._core.clock.now().astimezone(UTC).isoformat()


def heartbeat(client: Client) -> bytes:
    """That nothing happened, with the place to come back to."""
    return encode({"type": "heartbeat", "token": client.token})


async def _keep(work: Any) -> None:
    """Run *work* for ever; a failure of the database is waited out."""
    while True:
        try:
            await work()
        except (SayWhenError, TimeoutError, OSError):
            await asyncio.sleep(1.0)
