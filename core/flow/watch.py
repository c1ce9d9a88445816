"""Observations → triggers: keeps the watchlist in step with the event log and fires what crosses; sends nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.action import MoveStop
from core.domain.condition import ALL_MARKETS, candles_of, entry_markets, markets_of, needs_account
from core.domain.errors import SayWhenError, VenueError
from core.domain.event import (
    Event,
    Happened,
    PositionChanged,
    PositionClosed,
    PositionLiquidated,
    PositionOpened,
    RuleArmed,
)
from core.domain.event.rules import UNWATCHABLE
from core.domain.ids import OwnerId, RuleId
from core.domain.market import Observation
from core.domain.money import ZERO
from core.domain.position import Account
from core.domain.rule import Rule, RuleState
from core.domain.trigger import trigger_lines
from core.flow import lifecycle
from core.flow.board import Board
from core.flow.expiries import Expiries
from core.flow.fire import World, fire
from core.flow.looks import Looks
from core.flow.price_news import PriceNews
from core.flow.readings import ARM_TIME_OUT_S, READ_TIME_OUT_S, History, Readings
from core.flow.trust import Trust
from core.ports import Clock, Crossing, Fence, Look, Store, Venue, Watchlist

_log = logging.getLogger(__name__)


class Watch:
    """Armed rules of some owners under observation.

    `fence` gives the lease that an owner's firing must carry, or None where nothing is shared; `before_firing` is
    called with the observation that is about to fire something (a paper venue is shown it as its mark). Methods take
    turns, but for `read_account` and `read_candles`, which wait for others and hold up nobody; firings of different
    owners run side by side, those of one owner one after another.
    """

    def __init__(
        self,
        *,
        store: Store,
        venue: Venue,
        clock: Clock,
        watchlist: Watchlist,
        board: Board,
        trust: Trust,
        history: History,
        fence: Callable[[OwnerId], Fence | None] = lambda _owner: None,
        before_firing: Callable[[Observation], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._venue = venue
        self._clock = clock
        self._list = watchlist
        self._board = board
        self._trust = trust
        self._readings = Readings(venue, clock, board, history)
        self._fence = fence
        self._before_firing = before_firing
        self._again: list[Crossing] = []
        self._unwatchable: list[Rule] = []
        self._news = PriceNews(store, fence)
        self._expiries = Expiries()
        self.looks = Looks()

    # --- what is watched ---------------------------------------------------------------------------------------

    async def load(self, mine: Callable[[OwnerId], bool], blind_since: datetime | None) -> int:
        """Watch every armed rule of the owners that are `mine`; nobody had watched them since `blind_since`."""
        count = 0
        async for batch in self._store.watchable():
            for rule in (rule for rule in batch if mine(rule.owner)):
                count += 1
                memory = rule.memory if blind_since is None else lifecycle.unwatched_since(rule.memory, blind_since)
                await self._arm(replace(rule, memory=memory), self._again)
        return count

    def forget(self, mine: Callable[[OwnerId], bool]) -> None:
        """Stop watching rules whose owner is not `mine` any more."""
        for rule in [rule for rule in self._list.armed().values() if not mine(rule.owner)]:
            self._disarm(rule.id)
        self._news.forget(mine)

    async def take_in(self, event: Event) -> None:
        """Follow what happened to rules and positions, from the event log."""
        crossings: list[Crossing] = []
        match event:
            case RuleArmed(owner=int() as owner, rule_id=str() as rule_id):
                async with self._store.begin(owner) as tx:
                    rule = await tx.rule(RuleId(rule_id))
                if rule is not None and rule.state is RuleState.ARMED:
                    await self._arm(rule, crossings)
                else:
                    self._disarm(RuleId(rule_id))
            case PositionOpened() | PositionChanged() | PositionClosed() | PositionLiquidated():
                await self._position_moved(event, crossings)
            case Happened(rule_id=str() as rule_id) if event.name in _OFF:
                self._disarm(RuleId(rule_id))
            case _:
                return
        await self.fire(crossings)

    async def _arm(self, rule: Rule, crossings: list[Crossing]) -> None:
        try:
            if needs_account(rule.spec.condition) and not self._readings.is_read(rule.owner):
                await self._read_account(rule.owner, crossings, ARM_TIME_OUT_S)
            for market, timeframe in candles_of(rule.spec.condition):
                if not self._board.candles(market, timeframe):
                    await self._readings.read_candles(market, timeframe, ARM_TIME_OUT_S)
        except (SayWhenError, TimeoutError, OSError) as problem:
            _log.warning("%s is watched before all it needs is known: %s", rule.id, problem)
        self._expiries.put(rule)
        now = self._clock.now()
        self.looks.begin(rule, now)
        try:
            found = self._list.arm(rule, now)
        except Exception:  # noqa: BLE001 - a rule that nobody can watch must not keep the others from being watched
            _log.exception("%s cannot be watched", rule.id)
            await self._set_aside(rule)
            return
        if found is not None:
            crossings.append(found)

    async def _set_aside(self, rule: Rule) -> None:
        """Pause a rule that cannot be watched, so that its owner hears of it."""
        self._disarm(rule.id)
        try:
            async with self._store.begin(rule.owner) as tx:
                present = await tx.rule(rule.id)
                if present is not None and present.state is RuleState.ARMED and present.version == rule.version:
                    await lifecycle.pause(tx, present, self._clock.now(), UNWATCHABLE)
        except (SayWhenError, TimeoutError, OSError) as problem:
            _log.warning("%s is not watched, and its owner is told later: %s", rule.id, problem)
            self._unwatchable.append(rule)

    def _disarm(self, rule_id: RuleId) -> None:
        self._list.disarm(rule_id)
        self._expiries.drop(rule_id)
        self.looks.end(rule_id)

    async def _position_moved(self, event: Any, crossings: list[Crossing]) -> None:
        """Entry prices and PnL have changed: conditions measured from them are placed anew."""
        owner: OwnerId = event.owner
        concerned = [
            rule for rule in self._list.armed().values() if rule.owner == owner and needs_account(rule.spec.condition)
        ]
        if not concerned:
            self._readings.outdate(owner)
            return
        try:
            await self._read_account(owner, crossings, ARM_TIME_OUT_S)
        except (VenueError, TimeoutError, OSError) as problem:
            _log.warning("the account of owner %d is read later: %s", owner, problem)
        for name in _position_words(event):
            crossings += self._list.position_event(owner, event.market, name, self._clock.now())

    async def _read_account(
        self, owner: OwnerId, crossings: list[Crossing], within_s: float = READ_TIME_OUT_S
    ) -> Account:
        account, asked_at = await self._readings.account(owner, within_s)
        self._show_account(owner, account, asked_at, crossings)
        return account

    def _show_account(self, owner: OwnerId, account: Account, asked_at: datetime, crossings: list[Crossing]) -> None:
        """Put the account on the board; levels measured from an entry price that is another now are placed anew."""
        before, after = _entries(self._board.account(owner)), _entries(account)
        if not self._readings.put(owner, account, asked_at):
            return
        now = self._clock.now()
        for rule in [rule for rule in self._list.armed().values() if rule.owner == owner]:
            if any(before.get(market) != after.get(market) for market in entry_markets(rule.spec.condition)):
                found = self._list.arm_anew(rule.id, now)
                if found is not None:
                    crossings.append(found)

    # --- what is seen ------------------------------------------------------------------------------------------

    async def observe(self, observation: Observation) -> bool:
        """Take in a price, and say whether it is trusted: nothing fires on one that is not."""
        now = self._clock.now()
        if self._trust.judge(observation, now) is not None:
            return False
        self._board.put(observation)
        self.looks.saw(observation.market, now, observation.price)
        blind_s = self._trust.recovered(observation.market, now)
        crossings = self._list.observe(observation.market, observation.price, observation.seen_at)
        if blind_s is not None:
            # What they crossed, they crossed some time while nothing was seen.
            since = now - timedelta(seconds=blind_s)
            crossings = [replace(crossing, due=min(crossing.due, since), already=True) for crossing in crossings]
            self._news.back(observation, blind_s, now)
        if crossings and self._before_firing is not None:
            try:
                await self._before_firing(observation)
            except Exception:  # noqa: BLE001 - whoever cannot be shown a price must not cost anybody their trigger
                _log.exception("%s at %s is fired on before it is shown", observation.market, observation.price)
        await self.fire(crossings)
        await self._news.tell()
        return True

    async def poll(self, trouble: Callable[[str], str | None] = lambda _market: None) -> None:
        """Everything that no price brings about: times, expiries, lost prices, failed firings.

        `trouble` says why a market's source gives no price, where it knows.
        """
        now = self._clock.now()
        self._board.at = now
        self.looks.saw("", now)
        for market in sorted(self._list.markets() - {ALL_MARKETS}):
            why = self._trust.lost(market, now, trouble(market))
            if why is not None:
                self._news.lost(market, why, self._concerned(market), now)
        await self._news.tell()
        await self._expire(now)
        crossings, self._again = [*self._again, *self._list.poll(now)], []
        await self.fire(crossings)

    def lookers(self) -> Sequence[OwnerId]:
        """The owners whose armed rules look at positions or margin."""
        return sorted({rule.owner for rule in self._list.armed().values() if needs_account(rule.spec.condition)})

    async def read_account(self, owner: OwnerId) -> tuple[Account, datetime]:
        """The account for `take_account`, and when it was asked for. Raises VenueError, TimeoutError."""
        return await self._readings.account(owner)

    async def take_account(self, owner: OwnerId, account: Account, asked_at: datetime) -> None:
        """Look at *account* from now on, unless a newer one is known."""
        crossings: list[Crossing] = []
        self._show_account(owner, account, asked_at, crossings)
        await self.fire(crossings)

    async def read_candles(self) -> bool:
        """Know the candles that have closed since; whether there were any, which `poll` then looks at."""
        return await self._readings.candles(
            pair for rule in self._list.armed().values() for pair in candles_of(rule.spec.condition)
        )

    def next_due(self) -> datetime | None:
        """When the next rule is due, or expires, by time alone; may lie in the past until polled."""
        due = self._list.next_due(self._clock.now())
        return min((at for at in (due, self._expiries.next()) if at is not None), default=None)

    def samples(self, most: int) -> list[Look]:
        """Looks at watched rules that were not told yet; with each line that is due, how far off its trigger is."""
        return [self._with_distance(look) for look in self.looks.take(self._clock.now(), most)]

    def _with_distance(self, look: Look) -> Look:
        rule = self._list.armed().get(look.rule_id)
        if look.line is None or look.price is None or rule is None:
            return look
        # What a trailing rule remembers is with the watchlist; the rule has what it remembered when it was armed.
        lines = trigger_lines(replace(rule, memory={}), _entries(self._board.account(rule.owner)))
        prices = {line: price for line in lines if (price := self._board.price(line.market)) is not None}
        near = min(((abs(line.distance(price)), line.price) for line, price in prices.items()), default=None)
        if near is None:
            return look
        return replace(look, detail={"fires_at": near[1], "distance": near[0]})

    async def remember(self) -> None:
        """Store what watching must not forget; one who was paused does not write over what was seen meanwhile."""
        armed = self._list.armed()
        memories = {
            (rule_id, armed[rule_id].version): memory
            for rule_id, memory in self._list.memories().items()
            if rule_id in armed
        }
        if memories:
            fences = {rule_id: fence for rule_id, _ in memories if (fence := self._fence(armed[rule_id].owner))}
            await self._store.save_memories(memories, fences)

    # --- what follows ------------------------------------------------------------------------------------------

    async def fire(self, crossings: Iterable[Crossing]) -> None:
        """Turn crossings into triggers; one that cannot be stored now is tried again at the next poll."""
        by_owner: dict[OwnerId, list[Crossing]] = {}
        for crossing in crossings:
            by_owner.setdefault(crossing.rule.owner, []).append(crossing)
        await asyncio.gather(*(self._fire_all(of_owner) for of_owner in by_owner.values()))
        odd, self._unwatchable = [*self._list.broken(), *self._unwatchable], []
        for rule in odd:
            await self._set_aside(rule)

    async def _fire_all(self, crossings: list[Crossing]) -> None:
        for crossing in crossings:
            self.looks.end(crossing.rule.id)
            try:
                world = await self._world(crossing)
                await fire(self._store, self._clock, crossing, world, self._fence(crossing.rule.owner))
            except (SayWhenError, TimeoutError, OSError) as problem:
                _log.warning("firing of %s is tried again: %s", crossing.rule.id, problem)
                self._again.append(crossing)
            except Exception:  # noqa: BLE001 - a fault of ours must cost neither this trigger nor the next one
                _log.exception("firing of %s is tried again", crossing.rule.id)
                self._again.append(crossing)

    async def _world(self, crossing: Crossing) -> World:
        action = crossing.rule.spec.action
        account = self._board.account(crossing.rule.owner)
        if isinstance(action, MoveStop) or getattr(action, "market", None) == ALL_MARKETS:
            account = await self._read_account(crossing.rule.owner, self._again)
        return World(
            account=account if account is not None else Account(venue=self._venue.name, collateral=ZERO),
            observation=None if crossing.market is None else self._board.observation(crossing.market),
            venue=self._venue.name,
            prices=self._board.prices(),
        )

    async def _expire(self, now: datetime) -> None:
        while (rule_id := self._expiries.due(now)) is not None:
            known, is_armed = self._list.armed().get(rule_id), False
            if known is not None:
                try:
                    async with self._store.begin(known.owner) as tx:
                        rule = await tx.rule(rule_id)
                        is_armed = rule is not None and rule.state is RuleState.ARMED
                        # Its owner may have given it more time since: what is stored counts, not what is watched.
                        if rule is not None and is_armed and rule.spec.is_over(now):
                            await lifecycle.expire(tx, rule, now)
                            is_armed = False
                except (SayWhenError, TimeoutError, OSError) as problem:
                    _log.warning("%s expires later: %s", rule_id, problem)
                    return
                if not is_armed:
                    self._disarm(rule_id)
            self._expiries.drop(rule_id)

    def _concerned(self, market: str) -> set[OwnerId]:
        """The owners of armed rules on *market*."""
        return {rule.owner for rule in self._list.armed().values() if market in markets_of(rule.spec.condition)}


_OFF = frozenset(
    {
        "rule.held",
        "rule.paused",
        "rule.cancelled",
        "rule.expired",
        "rule.completed",
        "rule.failed",
    }
)


def _entries(account: Account | None) -> dict[str, Decimal]:
    return {} if account is None else {position.market: position.entry_price for position in account.positions}


def _position_words(event: Any) -> list[str]:
    """The rule language's words for what an event did to a position."""
    match event:
        case PositionOpened():
            return ["opened"]
        case PositionClosed():
            return ["closed"]
        case PositionLiquidated(was=was) if was == 0:
            return []  # the venue made good what an exit had left; its fill has said the rest
        case PositionLiquidated(base=base):
            return ["liquidated", "closed"] if base == 0 else ["liquidated"]
        case PositionChanged(base=base, was=was) if base * was < 0:
            return ["closed", "opened"]  # it turned: the one is gone, and another is there
        case PositionChanged(base=base, was=was):
            return ["increased" if abs(base) > abs(was) else "decreased"]
        case _:
            return []
