"""One instruction while it runs: the accounts it was given, what it may read, what it logs, and how it says no."""

from typing import Any

from solders.pubkey import Pubkey

from core.venues.drift.codec import Record, UnknownLayout
from core.venues.drift.emulator.chain import Bank, Meta, emitted
from core.venues.drift.emulator.tables import WIRE
from core.venues.drift.margin import World, amm, positions
from core.venues.drift.units import PRICE_DIGITS, oracle_price

BEING_LIQUIDATED, BANKRUPT, REDUCE_ONLY = 1, 2, 4
ALL_PAUSED, FILL_PAUSED = 0xFF, 8
OPEN_STATES = {"Open"}


class No(Exception):
    """The program says no, with its error code."""

    def __init__(self, code: int, why: str = "") -> None:
        super().__init__(why or str(code))
        self.code = code


class Run:
    """The named accounts of one instruction and the markets and oracles after them."""

    def __init__(self, bank: Bank, named: dict[str, Meta], rest: list[Meta]) -> None:
        self.bank = bank
        self.named = named
        self.logs: list[str] = []
        self.units = 0
        self._rest = rest
        self._world: World | None = None
        self._kept: dict[Pubkey, tuple[str, Record]] = {}

    # ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def key(self, name: str) -> Pubkey:
        return self.named[name].key

    def record(self, name: str, key: Pubkey) -> Record:
        """The account's fields, the same record each time. Raises No(3012) where there is none."""
        if key in self._kept:
            return self._kept[key][1]
        content = self.bank.read(key)
        if content is None:
            raise No(3012)
        try:
            record = WIRE.account(name, content)
        except UnknownLayout:
            raise No(3002) from None
        self._kept[key] = (name, record)
        return record

    def keep(self, name: str, key: Pubkey, record: Record) -> None:
        """Have the account written at the end."""
        self._kept[key] = (name, record)

    def finish(self, writable: set[Pubkey]) -> None:
        """Write what is writable."""
        for key, (name, record) in self._kept.items():
            if key in writable:
                content = WIRE.account_bytes(name, record)
                if content != self.bank.read(key):
                    self.bank.write(key, WIRE.program, content)

    @property
    def state(self) -> Record:
        return self.record("State", WIRE.address("state"))

    def user(self) -> Record:
        """The account traded, if the signer may: as its owner or as its delegate. Raises No."""
        record = self.record("User", self.key("user"))
        signer = self.named["authority"]
        if not signer.signer:
            raise No(3010)
        if signer.key not in (record["authority"], record["delegate"]):
            raise No(2003)
        return record

    def own(self) -> Record:
        """The account, if its owner signs. Raises No."""
        record = self.record("User", self.key("user"))
        signer = self.named["authority"]
        sub = record["sub_account_id"]
        if not signer.signer or WIRE.address("user", signer.key, sub) != self.key("user"):
            raise No(2006)
        return record

    # ── the world ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def world(self) -> World:
        """Markets and oracle prices among the accounts given; nothing else is known to the instruction."""
        if self._world is None:
            given = {meta.key for meta in self._rest}
            perps: dict[int, Record] = {}
            spots: dict[int, Record] = {}
            for meta in self._rest:
                content = self.bank.read(meta.key)
                if content is None or content[:8] == WIRE.account_mark("PythLazerOracle"):
                    continue
                if content[:8] == WIRE.account_mark("PerpMarket"):
                    market = self.record("PerpMarket", meta.key)
                    perps[market["market_index"]] = market
                elif content[:8] == WIRE.account_mark("SpotMarket"):
                    market = self.record("SpotMarket", meta.key)
                    spots[market["market_index"]] = market
            prices = {n: p for n, m in perps.items() if (p := self._oracle(amm(m), given)) is not None}
            coins = {n: p for n, m in spots.items() if (p := self._oracle(m, given)) is not None}
            self._world = World(perps=perps, spots=spots, prices=prices, spot_prices=coins)
        return self._world

    def _oracle(self, market: Record, given: set[Pubkey]) -> int | None:
        key = market["oracle"]
        if key not in given or (content := self.bank.read(key)) is None:
            return None
        seen = WIRE.account("PythLazerOracle", content)
        price, _ = oracle_price(seen["price"], seen["conf"], seen["exponent"], market["oracle_source"])
        return int(price.scaleb(PRICE_DIGITS))

    def covers(self, user: Record, *also: int) -> None:
        """That every market of the account and those of *also* were given, with their oracles. Raises No."""
        world = self.world
        for held in user["spot_positions"]:
            if held["scaled_balance"] and held["market_index"] not in world.spots:
                raise No(6087)
        if 0 not in world.spots:
            raise No(6087)
        for number in {held["market_index"] for held in positions(user)} | set(also):
            if number not in world.perps:
                raise No(6078)
            if number not in world.prices:
                raise No(6036)

    def fresh(self, number: int) -> None:
        """That the market's oracle is good enough to trigger and fill on. Raises No."""
        market = self.world.perps[number]
        content = self.bank.read(amm(market)["oracle"])
        seen = WIRE.account("PythLazerOracle", content or b"")
        rails = self.state["oracle_guard_rails"]["validity"]
        if self.bank.slot - seen["posted_slot"] > rails["slots_before_stale_for_margin"]:
            raise No(6035)

    # ── saying ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def emit(self, name: str, **fields: Any) -> None:
        """Log an event; fields that are not given are absent."""
        self.logs.append(emitted(WIRE.event_bytes(name, WIRE.blank(name) | {"ts": self.bank.now} | fields)))

    def say(self, text: str) -> None:
        self.logs.append(f"Program log: {text}")
