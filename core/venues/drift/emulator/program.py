"""The emulated Drift program: which instruction does what, with whose rights; its rules are in its neighbours."""

from collections.abc import Callable, Mapping
from typing import Any

from solders.pubkey import Pubkey

from core.venues.drift import token
from core.venues.drift.codec import Record, UnknownLayout
from core.venues.drift.emulator import orders, trading
from core.venues.drift.emulator.chain import Bank, Meta, Ran, rent
from core.venues.drift.emulator.running import ALL_PAUSED, No, Run
from core.venues.drift.emulator.tables import WIRE
from core.venues.drift.margin import free

ANCHOR = {
    3002: "AccountDiscriminatorMismatch",
    3010: "AccountNotSigner",
    3012: "AccountNotInitialized",
    2003: "ConstraintRaw",
    2006: "ConstraintSeeds",
}
UNITS = {
    "place_perp_order": 21_000,
    "place_orders": 34_000,
    "place_and_take_perp_order": 90_000,
    "modify_order": 28_000,
    "modify_order_by_user_id": 28_000,
    "trigger_order": 13_000,
    "fill_perp_order": 65_000,
    "liquidate_perp": 90_000,
    "settle_pnl": 40_000,
}
"""Compute units as measured on the real program, or near; others take `DEFAULT_UNITS`."""
DEFAULT_UNITS = 12_000
NAMES: dict[int, str] = {}


class DriftProgram:
    """A `Program` for a chain. `depth` is the base (units) that the vAMM gives one fill, by market index."""

    def __init__(self) -> None:
        self.depth: dict[int, int] = {}
        self.off = False
        """Whether every instruction is taken out, as on mainnet."""
        self.refuse: int | None = None
        """A code that the next instruction is refused with, for what our rules here never come to."""
        self._handlers: Mapping[str, Callable[[Run, Record], None]] = {
            "initialize_user_stats": self._open_stats,
            "initialize_user": self._open_user,
            "deposit": self._deposit,
            "withdraw": self._withdraw,
            "update_user_delegate": self._delegate,
            "place_perp_order": self._place,
            "place_orders": self._place_all,
            "place_and_take_perp_order": self._take,
            "cancel_order": self._cancel,
            "cancel_order_by_user_id": self._cancel_by_user_id,
            "cancel_orders": self._cancel_some,
            "cancel_orders_by_ids": self._cancel_by_ids,
            "modify_order": self._modify,
            "modify_order_by_user_id": self._modify_by_user_id,
            "settle_pnl": self._settle,
            "settle_multiple_pnls": self._settle_many,
            "trigger_order": self._trigger,
            "fill_perp_order": self._fill,
            "liquidate_perp": self._liquidate,
            "settle_funding_payment": self._fund,
        }

    def __call__(self, bank: Bank, content: bytes, accounts: list[Meta]) -> Ran:
        """Run one instruction."""
        try:
            name, arguments = WIRE.arguments(content)
        except UnknownLayout:
            name, arguments = "", {}
        if self.off or name not in self._handlers:
            log = "Program log: AnchorError occurred. Error Code: InstructionFallbackNotFound. Error Number: 101."
            return Ran({"Custom": 101}, (log,), 3_000)
        slots = WIRE.accounts_of(name)
        run = Run(bank, dict(zip(slots, accounts, strict=False)), accounts[len(slots) :])
        units = UNITS.get(name, DEFAULT_UNITS) + 2_000 * len(run.world.perps)
        try:
            if self.refuse is not None:
                raise No(self.refuse)
            self._handlers[name](run, arguments)
        except No as no:
            words = ANCHOR.get(no.code, NAMES.get(no.code, f"Error{no.code}"))
            log = f"Program log: AnchorError thrown. Error Code: {words}. Error Number: {no.code}. Error Message: {no}."
            return Ran({"Custom": no.code}, (*run.logs, log), units // 2)
        run.finish({meta.key for meta in accounts if meta.writable})
        return Ran(None, tuple(run.logs), units)

    # ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _open_stats(self, run: Run, arguments: Record) -> None:  # noqa: ARG002 - a handler's arguments
        authority = run.named["authority"]
        if not authority.signer:
            raise No(3010)
        self._make(run, run.key("user_stats"), "UserStats")
        run.keep("UserStats", run.key("user_stats"), WIRE.blank("UserStats") | {"authority": authority.key})

    def _open_user(self, run: Run, arguments: Record) -> None:
        authority, sub = run.named["authority"], arguments["sub_account_id"]
        if not authority.signer:
            raise No(3010)
        if WIRE.address("user", authority.key, sub) != run.key("user"):
            raise No(2006)
        run.record("UserStats", run.key("user_stats"))
        self._make(run, run.key("user"), "User")
        fresh = {"authority": authority.key, "sub_account_id": sub, "name": arguments["name"], "next_order_id": 1}
        run.keep("User", run.key("user"), WIRE.blank("User") | fresh)

    @staticmethod
    def _make(run: Run, key: Pubkey, name: str) -> None:
        """Have the payer pay for a new account. Raises No where it is there already, or they cannot."""
        if run.bank.read(key) is not None:
            raise No(0, "already in use")
        if not run.bank.pay(run.key("payer"), rent(WIRE.profile.accounts[name])):
            raise No(1, "insufficient lamports")

    def _deposit(self, run: Run, arguments: Record) -> None:
        user, giver = run.record("User", run.key("user")), run.named["authority"]
        if not giver.signer:
            raise No(3010)
        run.covers(user)
        mint, place = Pubkey.from_string(WIRE.profile.collateral_mint), run.key("user_token_account")
        held = token.held_in(run.bank.read(place), giver.key, mint)
        if held < arguments["amount"]:
            run.logs += [f"Program {token.PROGRAM} invoke [2]", f"Program {token.PROGRAM} failed: custom error: 0x1"]
            raise No(1, "insufficient funds")
        left = token.written(giver.key, mint, held - arguments["amount"])
        run.bank.write(place, Pubkey.from_string(token.PROGRAM), left)
        trading.credit(run, user, arguments["amount"])
        user["total_deposits"] += arguments["amount"]

    def _withdraw(self, run: Run, arguments: Record) -> None:
        user = run.own()
        run.covers(user)
        trading.credit(run, user, -arguments["amount"])
        if free(user, run.world, "initial") < 0:
            raise No(6003)

    def _delegate(self, run: Run, arguments: Record) -> None:
        run.own()["delegate"] = arguments["delegate"]

    # ── orders ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, run: Run) -> Record:
        """The account, where the exchange is open at all."""
        user = run.user()
        if run.state["exchange_status"] == ALL_PAUSED:
            raise No(6024)
        return user

    def _place(self, run: Run, arguments: Record) -> None:
        user = self._open(run)
        if arguments["params"]["bit_flags"] & orders.IOC:
            raise No(6050)
        orders.place(run, user, arguments["params"])

    def _place_all(self, run: Run, arguments: Record) -> None:
        user = self._open(run)
        for params in arguments["params"]:
            orders.place(run, user, params)

    def _take(self, run: Run, arguments: Record) -> None:
        user = self._open(run)
        params = dict(arguments["params"])
        order = orders.place(run, user, params)
        if order is None:
            return
        run.named["filler"] = run.named["user"]
        trading.fill(run, user, order["order_id"], self._depth(params["market_index"]))
        whole = order["status"] == "Filled"
        if order["immediate_or_cancel"] and not order["base_asset_amount_filled"]:
            raise No(6252)
        if arguments["success_condition"] == 2 and not whole:
            raise No(6289)
        if not whole and order["status"] == "Open" and order["immediate_or_cancel"]:
            orders.end(run, user, order)

    def _cancel(self, run: Run, arguments: Record) -> None:
        user = self._open(run)
        wanted = arguments["order_id"] if arguments["order_id"] is not None else user["next_order_id"] - 1
        self._end_where(run, user, lambda order: order["order_id"] == wanted)

    def _cancel_by_user_id(self, run: Run, arguments: Record) -> None:
        wanted = arguments["user_order_id"]
        self._end_where(run, self._open(run), lambda order: order["user_order_id"] == wanted)

    def _cancel_some(self, run: Run, arguments: Record) -> None:
        def wanted(order: Record) -> bool:
            return all(arguments[name] in (None, order[name]) for name in ("market_type", "market_index", "direction"))

        self._end_where(run, self._open(run), wanted)

    def _cancel_by_ids(self, run: Run, arguments: Record) -> None:
        wanted = set(arguments["order_ids"])
        self._end_where(run, self._open(run), lambda order: order["order_id"] in wanted)

    def _end_where(self, run: Run, user: Record, wanted: Callable[[Record], Any]) -> None:
        """Cancel what matches; that nothing does is no error."""
        for order in orders.open_orders(user):
            if wanted(order):
                orders.end(run, user, order)

    def _modify(self, run: Run, arguments: Record) -> None:
        user, changes = self._open(run), arguments["modify_order_params"]
        try:
            order = orders.find(user, arguments["order_id"])
        except No:
            if (changes["policy"] or 0) & orders.MUST_MODIFY:
                raise
            run.say(f"Order id {arguments['order_id']} not found")
            return
        orders.modify(run, user, order, changes)

    def _modify_by_user_id(self, run: Run, arguments: Record) -> None:
        user = self._open(run)
        wanted = arguments["user_order_id"]
        found = next((o for o in orders.open_orders(user) if o["user_order_id"] == wanted), None)
        if found is None:
            if (arguments["modify_order_params"]["policy"] or 0) & orders.MUST_MODIFY:
                raise No(6058)
            run.say(f"User order id {wanted} not found")
            return
        orders.modify(run, user, found, arguments["modify_order_params"])

    # ── keepers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _trigger(self, run: Run, arguments: Record) -> None:
        orders.trigger(run, run.record("User", run.key("user")), arguments["order_id"])

    def _fill(self, run: Run, arguments: Record) -> None:
        user = run.record("User", run.key("user"))
        order = orders.find(user, arguments["order_id"])
        trading.fill(run, user, order["order_id"], self._depth(order["market_index"]))

    def _depth(self, number: int) -> int:
        return self.depth.get(number, 2**63)

    def _liquidate(self, run: Run, arguments: Record) -> None:
        trading.liquidate(run, run.record("User", run.key("user")), arguments["market_index"])

    def _fund(self, run: Run, arguments: Record) -> None:  # noqa: ARG002 - a handler's arguments
        user = run.record("User", run.key("user"))
        run.covers(user)
        for held in user["perp_positions"]:
            trading.settle_funding(run, user, held)

    def _settle(self, run: Run, arguments: Record) -> None:
        trading.settle_pnl(run, run.record("User", run.key("user")), arguments["market_index"])

    def _settle_many(self, run: Run, arguments: Record) -> None:
        for number in arguments["market_indexes"]:
            trading.settle_pnl(run, run.record("User", run.key("user")), number)
