"""Where everything of the venue is on chain, and what was last read of it; decides how old an answer may be."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from core.domain.errors import VenueRejected, VenueUnknown
from core.domain.market import Market
from core.domain.money import BPS
from core.venues.drift import margin
from core.venues.drift.codec import Codec, Record, UnknownLayout, remaining_accounts
from core.venues.drift.rpc import Rpc
from core.venues.drift.shelf import Kept, Shelf
from core.venues.drift.units import PRICE_DIGITS, oracle_price

if TYPE_CHECKING:
    from solders.instruction import AccountMeta
    from solders.pubkey import Pubkey

MARKETS_AGE_S = 30.0
STATE_AGE_S = 5.0
TRADED = {"Active", "FundingPaused", "AmmPaused", "FillPaused", "WithdrawPaused", "ReduceOnly"}
"""States of a market in which orders may be placed at all."""


class Atlas:
    """Markets, oracles and accounts of one program, read through a shelf that a feed may keep true."""

    def __init__(self, codec: Codec, rpc: Rpc, shelf: Shelf) -> None:
        self.codec = codec
        self.shelf = shelf
        self._rpc = rpc
        self._decoded: dict[Pubkey, tuple[bytes, Record]] = {}
        self._turn = asyncio.Lock()
        self.state_key = codec.address("state")
        self.quote_key = codec.address("spot_market", 0)
        self._perp_keys = {number: codec.address("perp_market", number) for number in range(len(codec.profile.markets))}
        self.perps: dict[int, Record] = {}
        self.markets: dict[int, Market] = {}
        self.indexes: dict[str, int] = {}

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def read(self, keys: Sequence["Pubkey"], age_s: float, *, slot: int = 0) -> list[Kept]:
        """The accounts of *keys*, none told longer than *age_s* ago nor as of before *slot*. Raises VenueUnknown."""
        since = asyncio.get_running_loop().time() - age_s
        found = [self.shelf.get(key, since=since) for key in keys]
        missing = [key for key, kept in zip(keys, found, strict=True) if kept is None or kept.slot < slot]
        if missing:
            now = asyncio.get_running_loop().time()
            needed = max(slot, self.shelf.floor)
            for key, seen in zip(missing, await self._rpc.accounts(missing, slot=needed), strict=True):
                self.shelf.put(key, seen.content, seen.slot, now)
                known = self.shelf.kept[key]
                if seen.slot >= known.slot:
                    known.at = now
        kept = [self.shelf.kept[key] for key in keys]
        if behind := [one for one in kept if one.slot < slot]:
            raise VenueUnknown(f"the Solana node is behind: it knows slot {behind[0].slot}, needed is {slot}")
        return kept

    def record(self, name: str, key: "Pubkey", content: bytes) -> Record:
        """The fields of an account, read once for as long as its bytes stay. Raises VenueUnknown for other layouts."""
        known = self._decoded.get(key)
        if known is None or known[0] != content:
            try:
                known = (content, self.codec.account(name, content))
                if name != "User":  # of those there may be many, and each is some ten times its bytes
                    self._decoded[key] = known
            except UnknownLayout:
                raise VenueUnknown(
                    f"{self.codec.profile.name} keeps {name} in a form not known here: it was upgraded.",
                    "Update SayWhen; nothing is sent meanwhile.",
                ) from None
        return known[1]

    async def load(self) -> None:
        """Learn what is listed, if that was not done lately. Raises VenueUnknown."""
        async with self._turn:
            keys = [self.state_key, self.quote_key, *self._perp_keys.values()]
            kept = await self.read(keys, MARKETS_AGE_S)
            if kept[0].content is None or kept[1].content is None:
                raise VenueUnknown(f"{self.codec.profile.name} is not on this network.")
            taker, maker = self._fees(self.record("State", self.state_key, kept[0].content))
            for (number, key), one in zip(self._perp_keys.items(), kept[2:], strict=True):
                if one.content is None:
                    continue
                record = self.record("PerpMarket", key, one.content)
                if self.perps.get(number) is record:
                    continue
                self.perps[number] = record
                symbol = self.codec.profile.markets[number]
                if record["status"] in TRADED and symbol.endswith("-PERP"):
                    self.markets[number] = margin.market_of(record, symbol, taker, maker)
                else:
                    self.markets.pop(number, None)
            self.indexes = {market.symbol: number for number, market in self.markets.items()}

    @staticmethod
    def _fees(state: Record) -> "tuple[Decimal, Decimal]":
        """Taker and maker fee of the first tier, in basis points."""
        tier = state["perp_fee_structure"]["fee_tiers"][0]
        taker = Decimal(tier["fee_numerator"]) / tier["fee_denominator"] * BPS
        maker = Decimal(tier["maker_rebate_numerator"]) / tier["maker_rebate_denominator"] * BPS
        return taker, -maker

    async def state(self) -> Record:
        """The venue's own account. Raises VenueUnknown."""
        [kept] = await self.read([self.state_key], STATE_AGE_S)
        if kept.content is None:
            raise VenueUnknown(f"{self.codec.profile.name} is not on this network.")
        return self.record("State", self.state_key, kept.content)

    def index(self, symbol: str) -> int:
        """The market's number. Raises VenueRejected where it is not listed."""
        number = self.indexes.get(symbol)
        if number is None:
            raise VenueRejected(f"{self.codec.profile.name} does not list {symbol[:20]}")
        return number

    async def close(self) -> None:
        """Let go of connections."""
        await self._rpc.close()

    # ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────

    def perp(self, number: int) -> "Pubkey":
        return self._perp_keys[number]

    def oracle(self, number: int) -> "Pubkey":
        key: Pubkey = margin.amm(self.perps[number])["oracle"]
        return key

    def quote(self) -> Record:
        """The market of the quote coin."""
        content = self.shelf.kept[self.quote_key].content or b""
        return self.record("SpotMarket", self.quote_key, content)

    def spots(self, user: Record) -> list[int]:
        """Coins that the account holds or owes, the quote coin always."""
        held = [one["market_index"] for one in user["spot_positions"] if one["scaled_balance"]]
        return list(dict.fromkeys([0, *held]))

    def rest(self, user: Record, world: margin.World, *numbers: int, writable: bool = False) -> "list[AccountMeta]":
        """The accounts after an instruction's own that cover the account and the markets of *numbers*."""
        held = list(dict.fromkeys([*(one["market_index"] for one in margin.positions(user)), *numbers]))
        spots = {number: self.codec.address("spot_market", number) for number in self.spots(user)}
        oracles = [self.oracle(number) for number in held] + [world.spots[number]["oracle"] for number in spots]
        markets = [self.perp(number) for number in held]
        written = frozenset([*markets, *spots.values()]) if writable else frozenset()
        return remaining_accounts(oracles, spots.values(), markets, written)

    # ── the world ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def world(self, user: Record, numbers: Iterable[int], age_s: float) -> margin.World:
        """Markets and prices for what the account holds and for the markets of *numbers*. Raises VenueUnknown."""
        held = list(dict.fromkeys([*(one["market_index"] for one in margin.positions(user)), *numbers]))
        if missing := [number for number in held if number not in self.perps]:
            raise VenueUnknown(f"{self.codec.profile.name} has a market {missing[0]} that is not known here.")
        keys = {number: self.codec.address("spot_market", number) for number in self.spots(user)}
        coins = await self.read(list(keys.values()), MARKETS_AGE_S)
        spots = {
            number: self.record("SpotMarket", key, kept.content or b"")
            for (number, key), kept in zip(keys.items(), coins, strict=True)
        }
        wanted = [self.perp(number) for number in held] + [self.oracle(number) for number in held]
        wanted += [market["oracle"] for market in spots.values()]
        kept = await self.read(wanted, age_s)
        half = len(held)
        perps = {
            number: self.record("PerpMarket", self.perp(number), one.content or b"")
            for number, one in zip(held, kept[:half], strict=True)
        }
        prices = {
            number: self._price(margin.amm(perps[number]), one)
            for number, one in zip(held, kept[half : 2 * half], strict=True)
        }
        coin_prices = {
            number: self._price(market, one)
            for (number, market), one in zip(spots.items(), kept[2 * half :], strict=True)
        }
        return margin.World(perps=perps, spots=spots, prices=prices, spot_prices=coin_prices)

    def _price(self, market: Mapping[str, object], kept: Kept) -> int:
        seen = self.record("PythLazerOracle", market["oracle"], kept.content or b"")  # type: ignore[arg-type]
        try:
            price, _ = oracle_price(seen["price"], seen["conf"], seen["exponent"], str(market["oracle_source"]))
        except ValueError as problem:
            raise VenueUnknown(f"an oracle of {self.codec.profile.name} shows no price: {problem}") from None
        return int(price.scaleb(PRICE_DIGITS))
