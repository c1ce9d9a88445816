"""Drift, and programs of its family, as a venue: the port on top of atlas, sender and trail; decides what is proven.

Two things are remembered beside the chain (`Notes`), each before it is acted on: which bytes of an order were handed
over, so that no order is ever two, and which references were promised never to take effect.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.domain.errors import ApprovalNeeded, NoPermission, PriceUnavailable, VenueRejected
from core.domain.ids import OwnerId
from core.domain.market import Market, Observation
from core.domain.money import ZERO
from core.domain.order import OrderIntent
from core.domain.position import Account
from core.ports import (
    Activity,
    Changed,
    Finding,
    Halt,
    OrderReport,
    Prepared,
    Trader,
    VenueStatus,
)
from core.venues.drift import activity, margin, steps, ticket
from core.venues.drift.codec import Record, remaining_accounts
from core.venues.drift.fate import Fates, Means
from core.venues.drift.feed import Feed
from core.venues.drift.oracle import published
from core.venues.drift.sender import raise_for_all
from core.venues.drift.shelf import Kept
from core.venues.drift.units import oracle_price

if TYPE_CHECKING:
    from solders.instruction import Instruction
    from solders.pubkey import Pubkey

VALID_FOR = timedelta(seconds=60)
"""How long we go on sending; that the bytes can land no more is proven by block height alone."""
USER_AGE_S = 0.0
FED_AGE_S = 10.0
PRICE_AGE_S = 0.0
_PAUSED_WHOLE = 0xFF
_FILL_PAUSED = 4
STATUS_PERIOD = timedelta(seconds=1)
MOST_PAYERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old the oracle's price may be: in seconds of its own time, and in slots."""

    seconds: float = 15.0
    slots: int = 100


class DriftVenue:
    """The Venue port on chain. `name` is the venue's; several processes may use one account at once."""

    simulated = False
    holds_protective_orders = True

    def __init__(
        self,
        name: str,
        means: Means,
        *,
        feed: Feed | None = None,
        freshness: Freshness | None = None,
        simulated: bool = False,
    ) -> None:
        self.name = name
        self.simulated = simulated
        self._atlas = means.atlas
        self._codec = means.atlas.codec
        self._sender = means.sender
        self._traders = means.traders
        self._notes = means.notes
        self._clock = means.clock
        self._fates = Fates(name, means, simulated=simulated, told=lambda: self._fed)
        self._feed = feed
        self._freshness = Freshness() if freshness is None else freshness
        self._owners: dict[Pubkey, tuple[OwnerId, Trader]] = {}
        if feed is not None:
            feed.also = lambda: list(self._owners)
        self._status = VenueStatus(state="open")
        self._looked_at: datetime | None = None

    # ── the venue ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def markets(self) -> Mapping[str, Market]:
        """Tradable markets by symbol, as the program lists them. Raises VenueUnknown."""
        await self._atlas.load()
        return {market.symbol: market for market in self._atlas.markets.values()}

    async def status(self) -> VenueStatus:
        """Whether it takes orders: not when its program is switched off, nor where no fresh oracle price is.

        Raises VenueUnknown.
        """
        now = self._clock.now()
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < STATUS_PERIOD:
            self._status = await self._look()
            self._looked_at = now
        return self._status

    async def _look(self) -> VenueStatus:
        await self._atlas.load()
        state = await self._atlas.state()
        if state["exchange_status"] == _PAUSED_WHOLE:
            return VenueStatus(state="paused", reason=f"{self.name} has paused all trading")
        refused = await self._sender.is_switched_off(
            self._probe, [_pubkey(trader.authority) for _, trader in self._owners.values()][:MOST_PAYERS]
        )
        if refused is not None:
            return VenueStatus(state="paused", reason=refused.words.rstrip("."))
        numbers = list(self._atlas.markets)
        kept = await self._atlas.read(
            [self._atlas.oracle(number) for number in numbers], FED_AGE_S if self._fed else PRICE_AGE_S
        )
        halted = {
            self._atlas.markets[number].symbol: halt
            for number, one in zip(numbers, kept, strict=True)
            if (halt := self._halt(number, one)) is not None
        }
        if numbers and len(halted) == len(numbers) and not any(halt.exits for halt in halted.values()):
            return VenueStatus(state="paused", reason="no fresh price of any market comes in")
        return VenueStatus(state="open", halted=halted)

    def _halt(self, number: int, oracle: Kept) -> Halt | None:
        """Why one market takes no orders."""
        market = self._atlas.perps[number]
        if market["status"] == "FillPaused" or market["paused_operations"] & _FILL_PAUSED:
            return Halt(reason=f"{self.name} has paused trading in it")
        try:
            self._observation(self._atlas.markets[number].symbol, number, oracle)
        except PriceUnavailable:
            return Halt(reason="no fresh price of it comes in")
        if market["status"] == "ReduceOnly":
            return Halt(reason=f"{self.name} only lets positions in it be closed", exits=True)
        return None

    async def mark(self, market: str) -> Observation:
        """The oracle price that the program triggers and liquidates on. Raises PriceUnavailable, VenueUnknown."""
        await self._atlas.load()
        number = self._atlas.indexes.get(market)
        if number is None:
            raise PriceUnavailable(f"{self.name} does not list {market[:20]}")
        [kept] = await self._atlas.read([self._atlas.oracle(number)], FED_AGE_S if self._fed else PRICE_AGE_S)
        return self._observation(market, number, kept)

    def _observation(self, market: str, number: int, kept: Kept) -> Observation:
        """What an oracle's account says. Raises PriceUnavailable where it is too old, or says nothing."""
        seen = self._atlas.record("PythLazerOracle", self._atlas.oracle(number), kept.content or b"")
        now = self._clock.now()
        at = published(seen["publish_time"])
        age = (now - at).total_seconds()
        behind = self._atlas.shelf.slot - seen["posted_slot"]
        if age > self._freshness.seconds or behind > self._freshness.slots:
            raise PriceUnavailable(f"The oracle price of {market} is {age:.0f} s and {behind} slots old")
        source = str(margin.amm(self._atlas.perps[number])["oracle_source"])
        try:
            price, confidence = oracle_price(seen["price"], seen["conf"], seen["exponent"], source)
        except ValueError as problem:
            raise PriceUnavailable(f"The oracle of {market} shows no price: {problem}") from None
        return Observation(
            market=market,
            price=price,
            at=min(at, now),
            seen_at=now,
            source=self.name,
            confidence=confidence,
            simulated=self.simulated,
        )

    @property
    def _fed(self) -> bool:
        return self._feed is not None and self._feed.connected.is_set()

    # ── the account ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def account(self, owner: OwnerId) -> Account:
        """The account as it is now; an empty one while there is none on chain. Raises VenueUnknown."""
        await self._atlas.load()
        trader = await self._traders.of(owner)
        user = None if trader is None else await self._user(owner, trader)
        by_hand = trader is not None and trader.by_hand
        if user is None:
            return Account(venue=self.name, collateral=ZERO, by_hand=by_hand)
        world = await self._atlas.world(user, (), FED_AGE_S if self._fed else PRICE_AGE_S)
        return replace(margin.account_of(user, world, self._atlas.markets, self.name), by_hand=by_hand)

    def user_key(self, trader: Trader) -> "Pubkey":
        """The address of the account that *trader* trades."""
        from solders.pubkey import Pubkey

        return self._codec.address("user", Pubkey.from_string(trader.authority), 0)

    async def _user(self, owner: OwnerId, trader: Trader) -> Record | None:
        key = self.user_key(trader)
        self._follow(key, owner, trader)
        age = FED_AGE_S if self._fed and key in self._atlas.shelf.kept else USER_AGE_S
        [kept] = await self._atlas.read([key], age, slot=self._fates.slot_of(key))
        return None if kept.content is None else self._atlas.record("User", key, kept.content)

    def _follow(self, key: "Pubkey", owner: OwnerId, trader: Trader) -> None:
        """Hear of the account from now on: one subscription follows all that are delegated to one key."""
        if self._owners.get(key) == (owner, trader):
            return
        self._owners[key] = (owner, trader)
        if self._feed is not None:
            size = self._codec.profile.accounts["User"]
            whose = "authority" if trader.by_hand else "delegate"
            ours = {"memcmp": {"offset": self._codec.offset("User", whose), "bytes": trader.signer}}
            self._feed.want_program(self._codec.program, [{"dataSize": size}, ours])

    async def changes(self) -> AsyncGenerator[Changed]:
        """Owners whose account was changed on chain, as it is told or found; each once for many changes at a time."""
        touched: dict[OwnerId, Pubkey] = {}
        arrived = asyncio.Event()

        def changed(key: "Pubkey", kept: Kept) -> None:  # noqa: ARG001 - a watcher's arguments
            if (known := self._owners.get(key)) is not None:
                touched[known[0]] = key
                arrived.set()

        self._atlas.shelf.watchers.append(changed)
        try:
            while True:
                await arrived.wait()
                arrived.clear()
                told, touched = touched, {}
                for owner, key in told.items():
                    yield Changed(owner=owner, permitted=await self._permits(owner, key))
        finally:
            self._atlas.shelf.watchers.remove(changed)

    async def _permits(self, owner: OwnerId, key: "Pubkey") -> bool:
        """Whether we may trade the account as it was told last, by whatever way its owner has chosen by now."""
        trader, content = await self._traders.of(owner), self._atlas.shelf.kept[key].content
        if trader is None or content is None or self.user_key(trader) != key:
            return True
        signer = bytes(_pubkey(trader.signer))
        places = [self._codec.offset("User", name) for name in ("authority", "delegate")]
        return any(content[place : place + len(signer)] == signer for place in places)

    # ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def prepare(self, intent: OrderIntent) -> Prepared:
        """*intent* as signed bytes. Raises VenueRejected where it can never be valid, VenuePaused, VenueUnknown.

        Raises ApprovalNeeded where the owner's own wallet is to sign.
        """
        trader, key, step, now = await self.placing(intent)
        if trader.by_hand:
            raise ApprovalNeeded("your own wallet must sign this order", "Sign it in the dashboard.")
        signed = await self._sender.build(step, _pubkey(trader.signer), [key], slot=self._fates.slot_of(key))
        return ticket.write(intent.owner, intent.order_id, signed.transaction, signed.height, now + VALID_FOR)

    async def placing(self, intent: OrderIntent) -> "tuple[Trader, Pubkey, Instruction, datetime]":
        """Who trades, which account, and what places *intent*. Raises VenueRejected where it can never be valid."""
        await self._atlas.load()
        number = self._atlas.index(intent.market)
        grid = margin.amm(self._atlas.perps[number])
        now = self._clock.now()
        blank = self._codec.blank("OrderParams")
        ticket.params_of(intent, grid, number, 0, now, blank)  # before anybody is asked
        trader, key, user = await self._trading(intent.owner)
        taken = {order["user_order_id"] for order in user["orders"] if order["status"] == "Open"}
        own = ticket.own_number(intent.order_id, taken)
        params = ticket.params_of(intent, grid, number, own, now, blank)
        world = await self._atlas.world(user, (number,), FED_AGE_S)
        before = None if intent.replaces is None else await self._open_number(intent.owner, intent.replaces)
        seat = steps.Seat(trader=trader, key=key, user=user, world=world)
        return trader, key, steps.step_of(self._atlas, seat, intent, params, before), now

    async def _open_number(self, owner: OwnerId, signature: str) -> int | None:
        """The program's number of an order that is open now; None where it is not. Raises VenueUnknown."""
        reference = ticket.reference_of(signature)
        if reference is None or (await self.lookup(owner, signature)).finding is not Finding.LIVE:
            return None
        return self._fates.number_of(reference)

    async def _trading(self, owner: OwnerId) -> "tuple[Trader, Pubkey, Record]":
        """Who trades for *owner*, the account's address and what it holds. Raises VenueRejected."""
        trader = await self._traders.of(owner)
        if trader is None:
            raise VenueRejected(
                f"you have no account at {self.name} that SayWhen may trade; set it up in the dashboard"
            )
        key = self.user_key(trader)
        user = await self._user(owner, trader)
        if user is None:
            raise VenueRejected(f"your account at {self.name} does not exist yet; set it up first")
        if trader.signer not in (str(user["authority"]), str(user["delegate"])):
            raise NoPermission(
                f"SayWhen may not trade your account at {self.name}: its permission was withdrawn, or never given"
            )
        return trader, key, user

    async def send(self, prepared: Prepared) -> None:
        """Hand the bytes over: written down first, then sent. Raises VenueRejected only if it is proven."""
        await self._fates.send(ticket.read(prepared), prepared)

    async def lookup(self, owner: OwnerId, signature: str) -> OrderReport:
        """What the chain proves of the order that was prepared under *signature*. Raises VenueUnknown."""
        reference = ticket.reference_of(signature)
        if reference is None:
            return OrderReport(finding=Finding.DEAD, reason="no such order was ever prepared")
        await self._atlas.load()
        trader = await self._traders.of(owner)
        key = None if trader is None else self.user_key(trader)
        return await self._fates.report(owner, reference, key)

    async def cancel(self, owner: OwnerId, signature: str) -> None:
        """Take an order off, or keep one that was not handed over from ever being. Raises VenueUnknown."""
        reference = ticket.reference_of(signature)
        if reference is None or await self._fates.promise_never(owner, reference):
            return
        trader, key, step = await self.taking_off(owner, signature)
        if step is not None and trader.by_hand:
            raise ApprovalNeeded("your own wallet must sign that it is taken off", "Sign it in the dashboard.")
        if step is not None:
            await self._do(step, trader, key)

    async def taking_off(self, owner: OwnerId, signature: str) -> "tuple[Trader, Pubkey, Instruction | None]":
        """Who trades, which account, and what takes the order off; None where it does not rest. Raises VenueUnknown."""
        trader, key, user = await self._trading(owner)
        number = await self._open_number(owner, signature)
        if number is None:
            return trader, key, None
        world = await self._atlas.world(user, (), FED_AGE_S)
        accounts = {"user": key, "authority": _pubkey(trader.signer)}
        rest = self._atlas.rest(user, world)
        return trader, key, self._codec.instruction("cancel_order", accounts, {"order_id": number}, rest)

    async def cancel_all(self, owner: OwnerId, market: str | None = None) -> None:
        """Take off every open order of the account, or of *market*, whoever placed it. Raises VenueUnknown."""
        await self._atlas.load()
        trader, key, user = await self._trading(owner)
        number = None if market is None else self._atlas.index(market)
        world = await self._atlas.world(user, (), FED_AGE_S)
        wanted = {"market_type": None if market is None else "Perp", "market_index": number, "direction": None}
        accounts = {"user": key, "authority": _pubkey(trader.signer)}
        step = self._codec.instruction("cancel_orders", accounts, wanted, self._atlas.rest(user, world))
        await self._do(step, trader, key)

    async def settle_pnl(self, owner: OwnerId, market: str) -> None:
        """Move what a position has earned or lost into the account's collateral. Raises VenueUnknown."""
        await self._atlas.load()
        trader, key, user = await self._trading(owner)
        number = self._atlas.index(market)
        world = await self._atlas.world(user, (number,), FED_AGE_S)
        accounts = {"user": key, "authority": _pubkey(trader.signer)}
        rest = self._atlas.rest(user, world, number, writable=True)
        await self._do(self._codec.instruction("settle_pnl", accounts, {"market_index": number}, rest), trader, key)

    async def _do(self, step: "Instruction", trader: Trader, key: "Pubkey") -> None:
        """Send what may be sent any number of times. Raises VenuePaused, VenueRejected, VenueUnknown."""
        signed = await self._sender.build(step, _pubkey(trader.signer), [key], slot=self._fates.slot_of(key))
        if signed.refused is not None:
            raise VenueRejected(signed.refused.words.rstrip("."))
        raise_for_all(await self._sender.hand_over(signed.transaction, first=True))

    def _probe(self, payer: "Pubkey") -> "Instruction":
        """An instruction that changes nothing where the program is there, and *payer* would pay for: nobody does."""
        accounts = {"user": self._atlas.state_key, "authority": payer}
        return self._codec.instruction("cancel_order", accounts, {"order_id": None}, remaining_accounts([], [], []))

    # ── what it did by itself ───────────────────────────────────────────────────────────────────────────────────────

    async def activity(self, owner: OwnerId, after: int) -> Sequence[Activity]:
        """What the venue did by itself after activity number *after*, at most 500. Raises VenueUnknown."""
        await self._atlas.load()
        trader = await self._traders.of(owner)
        if trader is None:
            return []
        key = self.user_key(trader)
        symbols = {number: market.symbol for number, market in self._atlas.markets.items()}
        return await activity.taken_in(
            self._notes, owner, self._fates.trail(key), self._atlas.shelf.slot, after, symbols
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._atlas.close()


def _pubkey(text: str) -> "Pubkey":
    from solders.pubkey import Pubkey

    return Pubkey.from_string(text)
