"""What others do on the chain by themselves, by signed transactions: trigger, fill, expire, fund and liquidate."""

from collections.abc import Mapping
from typing import Any

from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from core.venues.drift import margin
from core.venues.drift.codec import Record, remaining_accounts
from core.venues.drift.emulator import orders, trading
from core.venues.drift.emulator.exchange import INDEX, Exchange, keypair
from core.venues.drift.emulator.tables import WIRE
from core.venues.drift.units import PRICE_DIGITS, oracle_price

HOUR = 3_600


class Keepers:
    """Bots of strangers. `patience` is how many slots they let pass before they act on an order or a trigger."""

    def __init__(self, exchange: Exchange, *, patience: int = 1) -> None:
        self.exchange = exchange
        self.patience = patience
        self.idle = False
        self.rates: dict[str, int] = {}
        """Funding (quote per base and hour, 1e9) by market, paid by longs when positive."""
        self._key: Keypair = keypair("keeper")
        self._decoded: dict[Pubkey, tuple[bytes, Record]] = {}
        self._funded = exchange.chain.now // HOUR
        exchange.chain.each_slot.append(self.turn)

    def turn(self) -> None:
        """One slot's work."""
        if self.idle:
            return
        world = self._world()
        if self.exchange.chain.now // HOUR > self._funded:
            self._funded = self.exchange.chain.now // HOUR
            self._fund()
        mark, chain = WIRE.account_mark("User"), self.exchange.chain
        for key, account in tuple(chain.accounts.items()):
            if account.content[:8] == mark:
                user = self._read(key, account.content)
                if user["open_orders"] or any(h["base_asset_amount"] for h in user["perp_positions"]):
                    self._attend(key, user, world)

    def _attend(self, key: Pubkey, user: Record, world: margin.World) -> None:
        chain = self.exchange.chain
        for order in orders.open_orders(user):
            number = order["market_index"]
            price = world.prices.get(number)
            if price is None or chain.slot - order["slot"] < self.patience:
                continue
            over = order["max_ts"] and order["max_ts"] < chain.now
            waits = order["order_type"].startswith("Trigger") and order["trigger_condition"] in ("Above", "Below")
            if waits and not over:
                above = order["trigger_condition"] == "Above"
                if price > order["trigger_price"] if above else price < order["trigger_price"]:
                    accounts = {"authority": self._key.pubkey(), "filler": key, "user": key}
                    self._send("trigger_order", accounts, {"order_id": order["order_id"]}, user, number)
            elif over or self._crosses(order, price, world, number):
                stats = WIRE.address("user_stats", user["authority"])
                accounts = {
                    "authority": self._key.pubkey(),
                    "filler": key,
                    "filler_stats": stats,
                    "user": key,
                    "user_stats": stats,
                }
                wanted = {"order_id": order["order_id"], "maker_order_id": None}
                self._send("fill_perp_order", accounts, wanted, user, number)
        held = [h for h in user["perp_positions"] if h["base_asset_amount"]]
        if held and all(h["market_index"] in world.prices for h in held):
            fresh = self._read(key, chain.accounts[key].content)
            if margin.free(fresh, world, "maintenance") < 0:
                self._liquidate(key, fresh, held[0]["market_index"])

    def _crosses(self, order: Record, price: int, world: margin.World, number: int) -> bool:
        bid, ask = orders.book(world.perps[number], price)
        limit = trading.limit_price(order, price, self.exchange.chain.slot)
        if order["reduce_only"] or order["immediate_or_cancel"] or limit is None:
            return True
        return bool(limit >= ask if order["direction"] == "Long" else limit <= bid)

    def _liquidate(self, key: Pubkey, user: Record, number: int) -> None:
        stats = WIRE.address("user_stats", user["authority"])
        accounts = {
            "authority": self._key.pubkey(),
            "liquidator": key,
            "liquidator_stats": stats,
            "user": key,
            "user_stats": stats,
        }
        wanted = {"market_index": number, "liquidator_max_base_asset_amount": 2**63, "limit_price": None}
        self._send("liquidate_perp", accounts, wanted, user, number)

    def _fund(self) -> None:
        for symbol, rate in self.rates.items():
            record = self.exchange.market(symbol)["amm"]
            moved = rate
            self.exchange.change_market(
                symbol,
                amm={
                    "cumulative_funding_rate_long": record["cumulative_funding_rate_long"] + moved,
                    "cumulative_funding_rate_short": record["cumulative_funding_rate_short"] + moved,
                    "last_funding_rate": moved,
                    "last_funding_rate_ts": self.exchange.chain.now,
                },
            )
        mark = WIRE.account_mark("User")
        for key, account in tuple(self.exchange.chain.accounts.items()):
            if account.content[:8] == mark:
                user = self._read(key, account.content)
                held = [h["market_index"] for h in user["perp_positions"] if h["base_asset_amount"]]
                if any(self.rates.get(WIRE.profile.markets[number]) for number in held):
                    self._send("settle_funding_payment", {"user": key}, {}, user, held[0])

    def _send(
        self, name: str, accounts: Mapping[str, Pubkey], wanted: Mapping[str, Any], user: Record, number: int
    ) -> None:
        step = WIRE.instruction(name, accounts, wanted, self.rest(user, number))
        self.exchange.chain.send(signed(self.exchange, [step], self._key), preflight=False)

    def rest(self, user: Record, *numbers: int) -> list[Any]:
        """The accounts after an instruction's own that cover the account and those markets."""
        return remaining(self.exchange, user, *numbers)

    def _read(self, key: Pubkey, content: bytes) -> Record:
        known = self._decoded.get(key)
        if known is None or known[0] is not content:
            known = self._decoded[key] = (content, WIRE.account("User", content))
        return known[1]

    def _world(self) -> margin.World:
        chain = self.exchange.chain
        perps = {INDEX[symbol]: self._market(symbol) for symbol in self.exchange.symbols}
        prices = {}
        for number, market in perps.items():
            seen = WIRE.account("PythLazerOracle", chain.accounts[market["amm"]["oracle"]].content)
            if seen["price"] > 0:
                source = market["amm"]["oracle_source"]
                price, _ = oracle_price(seen["price"], seen["conf"], seen["exponent"], source)
                prices[number] = int(price.scaleb(PRICE_DIGITS))
        spot = WIRE.account("SpotMarket", chain.accounts[WIRE.address("spot_market", 0)].content)
        return margin.World(perps=perps, spots={0: spot}, prices=prices, spot_prices={0: 10**6})

    def _market(self, symbol: str) -> Record:
        key = WIRE.address("perp_market", INDEX[symbol])
        content = self.exchange.chain.accounts[key].content
        known = self._decoded.get(key)
        if known is None or known[0] is not content:
            known = self._decoded[key] = (content, WIRE.account("PerpMarket", content))
        return known[1]


def remaining(exchange: Exchange, user: Record, *numbers: int) -> list[Any]:
    """The accounts that cover what *user* holds and the markets of *numbers*."""
    held = dict.fromkeys([*(h["market_index"] for h in margin.positions(user)), *numbers])
    markets = [WIRE.address("perp_market", number) for number in held]
    oracles = [exchange.oracle(WIRE.profile.markets[number]) for number in held]
    return remaining_accounts([*oracles, exchange.coin], [WIRE.address("spot_market", 0)], markets, frozenset(markets))


def signed(exchange: Exchange, steps: list[Instruction], signer: Keypair) -> bytes:
    """A transaction of *steps* on the newest blockhash."""
    made, _ = exchange.chain.blockhash()
    return bytes(VersionedTransaction(MessageV0.try_compile(signer.pubkey(), steps, [], made), [signer]))
