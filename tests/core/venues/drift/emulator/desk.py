"""A bench for the emulated exchange without a network: an owner, its delegate, and what each asks for."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from solders.compute_budget import set_compute_unit_price
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from core.venues.drift.codec import Emitted, Record
from core.venues.drift.emulator.exchange import INDEX, LISTED, Exchange, keypair
from core.venues.drift.emulator.keepers import Keepers, remaining, signed
from core.venues.drift.emulator.tables import WIRE

OWNER, DELEGATE = keypair("owner"), keypair("delegate")
SOL = INDEX["SOL-PERP"]
UNIT = 10**9
DOLLAR = 10**6


class Desk:
    """SOL at 100, an account with $10,000, and keepers who act one slot later."""

    def __init__(self, symbols: tuple[str, ...] = LISTED) -> None:
        self.exchange = Exchange(symbols=symbols)
        self.chain = self.exchange.chain
        self.keepers = Keepers(self.exchange)
        for symbol in symbols:
            self.exchange.show(symbol, Decimal(100))
        self._asked = 0
        self.user = self.exchange.open_user(OWNER.pubkey(), Decimal(10_000), DELEGATE.pubkey())

    def ask(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        by: Keypair = DELEGATE,
        markets: tuple[int, ...] = (SOL,),
        rest: list[Any] | None = None,
        **accounts: Pubkey,
    ) -> int | None:
        """Send one instruction; the program's error code, None for success."""
        given = {"user": self.user, "authority": by.pubkey(), **accounts}
        known = {slot: given[slot] for slot in WIRE.accounts_of(name) if slot in given}
        known |= {
            slot: WIRE.address("user_stats", OWNER.pubkey())
            for slot in WIRE.accounts_of(name)
            if slot.endswith("_stats")
        }
        more = remaining(self.exchange, self.account, *markets) if rest is None else rest
        step = WIRE.instruction(name, known, arguments or {}, more)
        self._asked += 1  # or the same request in the same slot would be the same transaction
        steps = [set_compute_unit_price(self._asked), step]
        signature = self.chain.send(signed(self.exchange, steps, by), preflight=False)
        error = self.chain.landed[signature].error
        assert error is None or isinstance(error, dict)
        return None if error is None else error["InstructionError"][1]["Custom"]

    def place(
        self, *, name: str = "place_perp_order", more: Mapping[str, Any] | None = None, **fields: Any
    ) -> int | None:
        """Place an order of one SOL, a market buy unless told otherwise; the error code."""
        return self.ask(name, {"params": params(**fields), **(more or {})})

    def limit(self, price: float, **fields: Any) -> int | None:
        return self.place(order_type="Limit", price=int(price * DOLLAR), **fields)

    def rest(self) -> list[Any]:
        """The accounts that an order of SOL needs after its own."""
        return remaining(self.exchange, self.account, SOL)

    def pass_slots(self, slots: int = 3) -> None:
        self.chain.advance(slots)

    def show(self, price: str) -> None:
        self.exchange.show("SOL-PERP", Decimal(price))

    @property
    def account(self) -> Record:
        return self.exchange.user(self.user)

    @property
    def open(self) -> list[Record]:
        return [order for order in self.account["orders"] if order["status"] == "Open"]

    @property
    def base(self) -> int:
        return sum(h["base_asset_amount"] for h in self.account["perp_positions"] if h["market_index"] == SOL)

    def events(self, name: str = "OrderActionRecord") -> list[Emitted]:
        """Everything of that name that was emitted for the account, oldest first."""
        found = [self.chain.landed[s] for s in self.chain.history.get(self.user, [])]
        return [e for landed in found if not landed.error for e in WIRE.events(landed.logs).events if e.name == name]


def params(**fields: Any) -> Record:
    """Parameters of an order of one SOL: a market buy unless told otherwise."""
    usual = {"order_type": "Market", "market_type": "Perp", "base_asset_amount": UNIT, "market_index": SOL}
    return WIRE.blank("OrderParams") | usual | fields
