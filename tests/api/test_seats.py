"""The traded wallet over HTTP on the Drift emulator: set up, revoked, chosen; told twice, cut off, tried by others."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from solders.transaction import VersionedTransaction

from core.app import open_core, read_settings
from core.domain.action import LimitOrder, Trade
from core.domain.condition import Now
from core.domain.event import AccountDelegateRevoked
from core.domain.ids import OwnerId
from core.domain.rule import RuleSpec, RuleState
from core.ports import Cursor
from core.venues.drift.emulator.chain import Chain
from core.venues.drift.emulator.exchange import Exchange
from core.venues.drift.emulator.node import serving as node
from tests import samples
from tests.api.people import PRICES, Api, Person, ShiftedClock, Wallet, served
from tests.journey.product import MovedMarket

pytestmark = pytest.mark.timeout(60)


@dataclass
class OnChain:
    """The API, the chain beneath it, and an owner with a wallet."""

    api: Api
    exchange: Exchange
    wallet: Wallet
    ann: Person

    @property
    def owner(self) -> OwnerId:
        return OwnerId(self.ann.session["owner"])

    def sign(self, asked: Any) -> dict[str, str]:
        message = VersionedTransaction.from_bytes(base64.b64decode(asked["transaction"])).message
        signed = VersionedTransaction(message, [self.wallet.pair])
        return {"transaction": base64.b64encode(bytes(signed)).decode()}

    async def ended(self, transaction_id: str) -> str:
        """How it ended, as the page follows it."""
        async with asyncio.timeout(10):
            while (told := await self.ann.get(f"/api/trading/transactions/{transaction_id}"))["state"] == "sent":
                self.exchange.chain.advance(2, seconds=0.1)
        return str(told["state"])


@asynccontextmanager
async def _staged(dsn: str, home: Path) -> AsyncIterator[OnChain]:
    exchange = Exchange(Chain(time=datetime.now(UTC).timestamp()))
    for symbol in exchange.symbols:
        exchange.show(symbol, PRICES.get(symbol, Decimal(10)))
    async with node(exchange.chain) as (_, rpc, ws):
        settings = read_settings(
            _env_file=None, DATABASE_URL=dsn, SAYWHEN_HOME=str(home), SAYWHEN_VENUE="drift-emulator",
            SOLANA_RPC_URL=rpc, SOLANA_WS_URL=ws, SAYWHEN_API_PORT=0,
        )  # fmt: skip
        clock = ShiftedClock()
        async with open_core(settings, clock=clock, signs=True) as core:
            core.parts.source = market = MovedMarket(PRICES)
            async with served(core, market, clock, follow=True) as api:
                wallet = Wallet()
                yield OnChain(api, exchange, wallet, await api.with_wallet(wallet))


async def test_a_wallet_is_set_up_once_and_revoked_once_however_often_that_is_told(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with _staged(postgres_dsn, tmp_path) as stage:
        ann, address = stage.ann, stage.wallet.address
        assert (await ann.get("/api/trading"))["standing"] == "unchosen"
        stranger = Wallet()
        await ann.call("PUT", "/api/trading/wallet", {"address": stranger.address, "how": "delegate"}, expect=404)
        chosen = await ann.call("PUT", "/api/trading/wallet", {"address": address, "how": "delegate"}, expect=200)
        assert (chosen["standing"], chosen["chain"]["coins"]) == ("no_account", "10000")
        asked = await ann.post("/api/trading/set-up", {"deposit": "500"}, 201)
        assert sum(Decimal(asked["costs"][name]) for name in ("fee", "rent", "other")) == Decimal(
            asked["costs"]["total"]
        )
        place, signed = f"/api/trading/transactions/{asked['id']}", stage.sign(asked)

        bob = await stage.api.with_wallet(stranger)
        for method, body in (("GET", None), ("POST", signed)):
            await bob.call(method, place, body, expect=404)
        await ann.post(place, {"transaction": asked["transaction"]}, 403)  # as it was made: nobody signed it
        stage.exchange.chain.faults.lose = 1
        assert (await ann.post(place, signed, 200))["state"] == "sent"
        assert (await ann.post(place, signed, 200))["state"] == "sent"  # told twice, and sent again as it is
        assert await stage.ended(asked["id"]) == "confirmed"
        seat = await ann.get("/api/trading")
        assert (seat["standing"], seat["chain"]["delegate"]) == ("delegated", seat["key"])
        assert (await ann.get("/api/account"))["equity"] == "500"
        # Whoever holds the session alone cannot let the key act again for somebody who chose to sign each order.
        for how, status in (("approve", 200), ("delegate", 409)):
            await ann.call("PUT", "/api/trading/wallet", {"address": address, "how": how}, expect=status)
        await _chosen(stage, "delegate")
        assert (await bob.get("/api/trading"))["standing"] == "unchosen"
        assert (await ann.post("/api/trading/set-up", {}))["code"] == "conflict"

        rule = samples.rule(stage.owner, state=RuleState.ARMED)
        async with stage.api.core.parts.store.begin(stage.owner) as tx:
            await tx.add_rule(rule)
        asked = await ann.post("/api/trading/revoke", {}, 201)
        place, signed = f"/api/trading/transactions/{asked['id']}", stage.sign(asked)
        await ann.post(place, signed, 200)
        assert await stage.ended(asked["id"]) == "confirmed"
        assert (await ann.post(place, signed, 200))["state"] == "confirmed"
        assert (await ann.get("/api/trading"))["standing"] == "revoked"
        async with stage.api.core.parts.store.begin(stage.owner) as tx:
            known = await tx.rule(rule.id)
        assert known is not None
        assert known.state is RuleState.PAUSED
        events, _ = await stage.api.core.parts.log.read(Cursor(""))
        assert len([event for event in events if isinstance(event, AccountDelegateRevoked)]) == 1
        acts = [line["act"] for line in (await ann.get("/api/audit"))["audit"]]
        assert [acts.count(act) for act in ("wallet_set_up", "wallet_revoke", "trading_wallet")] == [1, 1, 2]


async def _chosen(stage: OnChain, how: Literal["delegate", "approve"]) -> None:
    """As if the owner had chosen so with a signature."""
    assert await stage.api.core.seats._people.choose_wallet(stage.owner, stage.wallet.address, how)


async def test_what_is_too_old_is_not_sent_and_what_was_stored_is_sent_though_nobody_looks(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with _staged(postgres_dsn, tmp_path) as stage:
        ann, chain = stage.ann, stage.exchange.chain
        await ann.call("PUT", "/api/trading/wallet", {"address": stage.wallet.address, "how": "approve"}, expect=200)
        asked = await ann.post("/api/trading/set-up", {}, 201)
        assert not any("may trade" in words for words in asked["words"])
        chain.advance(200)
        place, signed = f"/api/trading/transactions/{asked['id']}", stage.sign(asked)
        assert (await ann.post(place, signed))["code"] == "conflict"
        assert chain.received == []

        asked = await ann.post("/api/trading/set-up", {}, 201)
        # A process that dies between the store and the node: the bytes are stored, and nobody was given them.
        core = stage.api.core
        known = await core.seats.get(stage.owner, asked["id"])
        sealed = core.seats.custody.sealed(known.raw, base64.b64decode(stage.sign(asked)["transaction"]))
        sent = replace(known, state="sent", raw=sealed.raw, signature=sealed.signature)
        assert await core.seats._transactions.save(sent, was="built")
        await core.engine.hold_leases()
        async with asyncio.timeout(10):
            while (await core.seats.get(stage.owner, asked["id"])).state == "sent":
                await core.engine.signed()
                chain.advance(2, seconds=0.1)
        assert (await core.seats.get(stage.owner, asked["id"])).state == "confirmed"
        seat = await ann.get("/api/trading")
        assert (seat["standing"], "delegate" in seat["chain"]) == ("approve", True)
        assert seat["chain"]["delegate"] is None
        assert len(set(chain.received)) == 1


async def test_another_wallet_is_not_traded_while_something_is_open_in_the_first_ones_account(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with _staged(postgres_dsn, tmp_path) as stage:
        ann, store = stage.ann, stage.api.core.parts.store
        await ann.call("PUT", "/api/trading/wallet", {"address": stage.wallet.address, "how": "delegate"}, expect=200)
        second = Wallet()
        await stage.api.core.parts.store.owners()
        await stage.api.core.wallets._people.add_wallet(stage.owner, second.address, datetime.now(UTC))
        rule = samples.rule(stage.owner, state=RuleState.FIRING, trigger_no=1)
        async with store.begin(stage.owner) as tx:
            await tx.add_rule(rule)
            await tx.add_order(samples.order(rule))
        body = {"address": second.address, "how": "delegate"}
        assert (await ann.call("PUT", "/api/trading/wallet", body))["code"] == "conflict"
        # Nor is the first one unlinked: its positions would stay there without their stops.
        await ann.call("DELETE", f"/api/wallets/{stage.wallet.address}", expect=409)
        await ann.call("DELETE", f"/api/wallets/{second.address}", expect=202)
        same = {"address": stage.wallet.address, "how": "approve"}
        assert (await ann.call("PUT", "/api/trading/wallet", same, expect=200))["how"] == "approve"


async def test_an_order_is_signed_and_taken_off_again_over_http_and_by_nobody_else(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with _staged(postgres_dsn, tmp_path) as stage:
        ann, core, chain = stage.ann, stage.api.core, stage.exchange.chain
        await ann.call("PUT", "/api/trading/wallet", {"address": stage.wallet.address, "how": "approve"}, expect=200)
        asked = await ann.post("/api/trading/set-up", {"deposit": "5000"}, 201)
        await ann.post(f"/api/trading/transactions/{asked['id']}", stage.sign(asked), 200)
        assert await stage.ended(asked["id"]) == "confirmed"
        order = LimitOrder(price=Decimal(120))
        buying = Trade(type="buy", market="SOL-PERP", amount_base=Decimal(2), reduce_only=False, order=order)
        spec = RuleSpec(id="r1", condition=Now(), action=buying)
        rule = samples.rule(
            stage.owner, state=RuleState.FIRING, trigger_no=1, spec=spec, bound_side=None, memory={}
        )  # fmt: skip
        now = core.clock.now()
        planned = samples.order(rule, due_at=now, created_at=now, venue="drift-emulator", share=Decimal(1))
        async with core.parts.store.begin(stage.owner) as tx:
            await tx.add_rule(rule)
            await tx.add_order(planned)
        await core.execution.step(stage.owner, planned.id, 1)
        [waits] = (await ann.get("/api/trading/waiting"))["orders"]
        assert (waits["kind"], waits["side"], waits["base"], waits["price"]) == ("place", "buy", "2", "120")
        place = f"/api/trading/waiting/{planned.id}"
        bob = await stage.api.with_wallet(Wallet())
        for deed, body in (("open", {}), ("sign", {"transaction": "AQ=="}), ("decline", {}), ("take-off", {})):
            await bob.post(f"{place}/{deed}", body, 404)
        opened = await ann.post(f"{place}/open", {}, 200)
        assert (opened["worst_price"], opened["refused"], opened["reduce_only"]) == ("120", "", False)
        await ann.post(f"{place}/sign", stage.sign(opened["sign"]), 204)
        await ann.post(f"{place}/sign", stage.sign(opened["sign"]), 204)  # told twice
        await core.execution.step(stage.owner, planned.id, 1)
        chain.advance(4)
        await core.engine.settle_due()
        assert (await ann.get(f"/api/orders/{planned.id}"))["state"] == "accepted"
        assert (await ann.get("/api/trading/waiting"))["orders"] == []

        await ann.call("DELETE", f"/api/orders/{planned.id}", expect=200)
        await core.engine.settle_due()
        [waits] = (await ann.get("/api/trading/waiting"))["orders"]
        assert waits["kind"] == "take_off"
        await bob.post(f"{place}/take-off", {}, 404)
        asked = await ann.post(f"{place}/take-off", {}, 201)
        await ann.post(f"/api/trading/transactions/{asked['id']}", stage.sign(asked), 200)
        assert await stage.ended(asked["id"]) == "confirmed"
        await core.engine.settle_due()
        assert (await ann.get(f"/api/orders/{planned.id}"))["state"] == "cancelled"
