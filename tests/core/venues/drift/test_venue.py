"""What the Drift venue promises beyond the port: the account as driftpy counts it, fees, pauses, doubts and gaps."""

import dataclasses
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from solders.compute_budget import ID as BUDGET
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from core.domain.errors import NoPermission, VenuePaused, VenueRejected, VenueUnknown
from core.domain.ids import OrderId, OwnerId
from core.domain.order import OrderIntent
from core.ports import Finding, Prepared
from core.venues.drift import ticket
from core.venues.drift.causes import _CODES as CODES
from core.venues.drift.causes import Kind
from core.venues.drift.emulator.chain import priority_fee
from core.venues.drift.emulator.exchange import INDEX
from core.venues.drift.emulator.tables import WIRE
from core.venues.drift.rpc import Rpc
from tests.core.venues.drift.stage import SHARD, DriftStage, drift_stage
from tests.core.venues.drift.strangers import driftpy_client

OWNER = OwnerId(1)


@pytest.fixture
async def stage() -> AsyncIterator[DriftStage]:
    async with drift_stage() as opened:
        await opened.show("100")
        yield opened


def intent(order_id: str = "ord_1", **changes: Any) -> OrderIntent:
    bought = OrderIntent(
        order_id=OrderId(order_id), owner=OWNER, market="SOL-PERP", side="buy", base=Decimal(10), reduce_only=False,
        oracle_price=Decimal(100), max_slippage_bps=100,
    )  # fmt: skip
    return dataclasses.replace(bought, **changes)


async def placed(stage: DriftStage, wanted: OrderIntent) -> Prepared:
    prepared = await stage.drift.prepare(wanted)
    await stage.drift.send(prepared)
    await stage.proceed()
    return prepared


def transaction(prepared: Prepared) -> VersionedTransaction:
    return VersionedTransaction.from_bytes(ticket.read(prepared).transaction)


async def finding(stage: DriftStage, prepared: Prepared) -> Finding:
    return (await stage.drift.lookup(OWNER, prepared.signature)).finding


async def test_collateral_margin_health_and_liquidation_are_those_that_driftpy_counts(stage: DriftStage) -> None:
    await placed(stage, intent(base=Decimal(300)))
    resting = intent("ord_2", type="limit", price=Decimal(90), max_slippage_bps=None, base=Decimal(50))
    await placed(stage, resting)
    await stage.show("97")
    account = await stage.drift.account(OWNER)

    def quote(units: float) -> Decimal:
        return Decimal(int(units)).scaleb(-6)

    near = Decimal("0.00001")
    position = account.position("SOL-PERP")
    assert position is not None
    assert position.liquidation_price is not None
    async with driftpy_client(stage, "cached") as client:
        from driftpy.math.margin import MarginCategory

        user = client.get_user()
        needed = quote(user.get_margin_requirement(MarginCategory.MAINTENANCE))
        assert abs(account.free_collateral - quote(user.get_free_collateral())) <= near
        assert abs(account.maintenance_margin - needed) <= near
        assert abs(account.equity - quote(user.get_total_collateral(MarginCategory.MAINTENANCE))) <= near
        assert abs(position.liquidation_price - quote(user.get_perp_liq_price(0))) < Decimal("0.2")
        assert abs(account.health - user.get_health()) <= 1
        assert abs(account.leverage - Decimal(user.get_leverage(False)) / 10_000) < Decimal("0.001")


async def test_a_transaction_asks_for_what_it_needs_and_a_fifth_and_pays_within_its_bounds(stage: DriftStage) -> None:
    stage.chain.fees = [500, 2_000, 9_000_000, 1_500, 800]
    made = transaction(await stage.drift.prepare(intent()))
    keys = made.message.account_keys
    limit, price, _ = (bytes(step.data) for step in made.message.instructions)
    used = stage.chain.simulate(made).units
    assert int.from_bytes(limit[1:5], "little") == used * 6 // 5
    assert int.from_bytes(price[1:9], "little") == 2_000
    assert keys[made.message.instructions[0].program_id_index] == BUDGET
    stage.chain.fees = [10**12] * 5
    dear = transaction(await stage.another_process().prepare(intent()))
    assert priority_fee(dear) + 5_000 <= 200_000
    assert keys[0] == SHARD.pubkey()
    programs = {keys[step.program_id_index] for step in made.message.instructions}
    assert programs == {BUDGET, WIRE.program}, "no durable nonce is advanced, nothing else is called"


@pytest.mark.parametrize("how", ["switched off", "paused"])
async def test_a_paused_venue_is_a_status_and_nothing_is_signed(stage: DriftStage, how: str) -> None:
    """Known to whoever asks, before there is any wallet, and on a node that rehearses for no payer without money."""
    stage.chain.poor = True
    if how == "paused":
        stage.exchange.pause(on=True)
    else:
        stage.exchange.program.off = True
    status = await stage.another_process().status()
    assert status.state == "paused"
    assert status.reason
    stage.chain.lamports[SHARD.pubkey()] = 10**9
    with pytest.raises(VenuePaused):
        await stage.drift.prepare(intent())
    assert stage.keyring.signed == 0


async def test_an_open_venue_is_told_apart_without_a_wallet_too(stage: DriftStage) -> None:
    stage.chain.poor = True
    assert (await stage.drift.status()).state == "open"
    assert stage.node.asked["getSlotLeader"] == 1


async def test_a_withdrawn_permission_is_told_before_anything_is_signed(stage: DriftStage) -> None:
    stage.exchange.change("User", stage.user, delegate=Pubkey.default())
    with pytest.raises(VenueRejected, match="permission was withdrawn"):
        await stage.drift.prepare(intent())
    assert stage.keyring.signed == 0


async def test_a_failure_on_chain_after_a_clean_preflight_is_a_rejection_in_words(stage: DriftStage) -> None:
    prepared = await stage.drift.prepare(intent())
    stage.chain.faults.fail_next = 1
    await stage.drift.send(prepared)
    assert await finding(stage, prepared) is Finding.ABSENT
    await stage.proceed()
    report = await stage.drift.lookup(OWNER, prepared.signature)
    assert report.finding is Finding.REJECTED
    assert report.reason == "Not enough free collateral for this order"


async def test_lost_bytes_are_sent_again_as_they_are_and_trade_once(stage: DriftStage) -> None:
    prepared = await stage.drift.prepare(intent())
    stage.chain.faults.lose = 1
    await stage.drift.send(prepared)
    stage.drift._fates._sent_at.clear()
    assert await finding(stage, prepared) is Finding.ABSENT
    await stage.proceed()
    assert await finding(stage, prepared) is Finding.FILLED
    assert len(set(stage.chain.received[:2])) == 1
    assert stage.keyring.signed == 1


async def test_a_confirmed_transaction_that_placed_nothing_is_a_lapse_and_no_fill(stage: DriftStage) -> None:
    soon = stage.clock.now().replace(microsecond=0)
    prepared = await stage.drift.prepare(
        intent(type="limit", price=Decimal(90), max_slippage_bps=None, expires_at=soon)
    )
    stage.chain.time += 3
    await stage.drift.send(prepared)
    await stage.proceed()
    report = await stage.drift.lookup(OWNER, prepared.signature)
    assert (report.finding, report.fills) == (Finding.LAPSED, ())
    assert "had run out" in report.reason


async def test_fills_that_nobody_listened_to_are_found_from_the_account_s_transactions(stage: DriftStage) -> None:
    stage.exchange.program.depth[INDEX["SOL-PERP"]] = 3 * 10**9
    prepared = await placed(stage, intent())
    for _ in range(3):
        await stage.proceed()
    report = await stage.another_process().lookup(OWNER, prepared.signature)
    assert report.finding is Finding.FILLED
    assert [fill.base for fill in report.fills] == [3, 3, 3, 1]
    assert len({fill.venue_fill_id for fill in report.fills}) == 4
    assert sum(fill.fee for fill in report.fills) > 0


async def test_closing_tells_what_was_earned(stage: DriftStage) -> None:
    await placed(stage, intent())
    await stage.show("110")
    sold = await placed(
        stage, intent("ord_2", side="sell", base=Decimal(4), reduce_only=True, oracle_price=Decimal(110))
    )
    [fill] = (await stage.drift.lookup(OWNER, sold.signature)).fills
    assert fill.realised_pnl is not None
    assert abs(fill.realised_pnl - 4 * (fill.price - Decimal("100.01"))) < Decimal("0.001")


async def test_a_stop_on_the_venue_fires_strictly_beyond_its_price(stage: DriftStage) -> None:
    await placed(stage, intent())
    stop = intent(
        "ord_2", side="sell", reduce_only=True, type="trigger_market", trigger_price=Decimal(95), trigger_when="<=",
        max_slippage_bps=None,
    )  # fmt: skip
    prepared = await placed(stage, stop)
    await stage.show("95")
    assert await finding(stage, prepared) is Finding.LIVE
    await stage.show("94.9")
    await stage.proceed()
    assert await finding(stage, prepared) is Finding.FILLED


async def test_funding_and_liquidation_are_activities_numbered_from_one_and_told_once(stage: DriftStage) -> None:
    assert await stage.drift.activity(OWNER, 0) == []
    await placed(stage, intent(base=Decimal(1_900)))
    stage.keepers.rates["SOL-PERP"] = 20_000_000
    stage.pass_time(hours=1)
    await stage.show("95")
    await stage.proceed()
    told = [list(await venue.activity(OWNER, 0)) for venue in (stage.drift, stage.another_process())]
    assert [(item.number, item.kind) for item in told[0]] == [(1, "funding"), (2, "liquidation")]
    assert told[0][0].amount == -38
    assert told[0][1].taken == 1_900
    assert told[1] == told[0]


async def test_all_orders_of_a_market_are_taken_off_and_results_settled(stage: DriftStage) -> None:
    limits = [intent(f"ord_{n}", type="limit", price=Decimal(90 - n), max_slippage_bps=None) for n in range(3)]
    prepared = [await placed(stage, limit) for limit in limits]
    await stage.drift.cancel_all(OWNER, "SOL-PERP")
    await stage.proceed()
    assert [await finding(stage, one) for one in prepared] == [Finding.CANCELLED] * 3
    await placed(stage, intent("ord_9"))
    await stage.show("110")
    await stage.drift.settle_pnl(OWNER, "SOL-PERP")
    await stage.proceed()
    assert stage.exchange.user(stage.user)["settled_perp_pnl"] > 98 * 10**6


async def test_a_node_that_fails_leaves_everything_unknown(stage: DriftStage) -> None:
    prepared = await stage.drift.prepare(intent())
    stage.chain.faults.broken = 1.0
    drift = stage.drift
    for asked in (drift.send(prepared), drift.lookup(OWNER, prepared.signature), drift.account(OWNER)):
        with pytest.raises(VenueUnknown):
            await asked
    with pytest.raises(VenueUnknown):
        await drift.prepare(intent("ord_2"))
    stage.chain.faults.broken = 0.0
    await stage.drift.send(prepared)
    await stage.proceed()
    assert await finding(stage, prepared) is Finding.FILLED


async def test_a_program_replaced_in_place_is_refused_and_not_misread(stage: DriftStage) -> None:
    stage.chain.put(stage.user, WIRE.program, stage.chain.accounts[stage.user].content + bytes(120))
    with pytest.raises(VenueUnknown, match="upgraded"):
        await stage.drift.account(OWNER)


async def test_every_error_of_the_program_reaches_the_trader_in_words_and_places_nothing(stage: DriftStage) -> None:
    raised: dict[Kind, type[Exception]] = {
        Kind.REFUSED: VenueRejected, Kind.PAUSED: VenuePaused, Kind.REVOKED: NoPermission, Kind.OURS: VenueUnknown,
    }  # fmt: skip
    codes = [code for code in CODES if code < 6_325]
    for code in codes:
        _, kind, words = CODES[code]
        stage.exchange.program.refuse = code
        with pytest.raises(raised[kind]) as told:
            await stage.drift.send(await stage.drift.prepare(intent(f"ord_{code}")))
        assert type(told.value) is raised[kind]
        assert words.rstrip(".") in str(told.value), code
    assert len(codes) > 45
    assert stage.exchange.user(stage.user)["open_orders"] == 0


async def test_one_that_was_to_take_the_place_of_a_stop_that_fired_is_refused_and_none_is_left(
    stage: DriftStage,
) -> None:
    await placed(stage, intent())
    stop = intent(
        "ord_2", side="sell", reduce_only=True, type="trigger_market", trigger_price=Decimal(95), trigger_when="<=",
        max_slippage_bps=None,
    )  # fmt: skip
    first = await placed(stage, stop)
    stage.chain.faults.lose = 1
    wanted = dataclasses.replace(stop, order_id=OrderId("ord_3"), base=Decimal(4), replaces=first.signature)
    second = await stage.drift.prepare(wanted)
    await stage.drift.send(second)
    await stage.show("94")
    await stage.proceed()
    stage.drift._fates._sent_at.clear()
    assert await finding(stage, first) is Finding.FILLED
    assert await finding(stage, second) is Finding.ABSENT, "lost, and sent again by asking"
    await stage.proceed()
    report = await stage.drift.lookup(OWNER, second.signature)
    assert (report.finding, report.reason) == (Finding.REJECTED, "The order is gone")
    assert all(order["status"] != "Open" for order in stage.exchange.user(stage.user)["orders"])


async def test_a_stop_that_triggers_and_fills_in_parts_says_so(stage: DriftStage) -> None:
    await placed(stage, intent())
    stop = intent(
        "ord_2", side="sell", reduce_only=True, type="trigger_market", trigger_price=Decimal(95), trigger_when="<=",
        max_slippage_bps=None,
    )  # fmt: skip
    prepared = await placed(stage, stop)
    stage.exchange.program.depth[INDEX["SOL-PERP"]] = 3 * 10**9
    stage.keepers.patience = 4
    await stage.show("94")
    stage.chain.advance(2)
    report = await stage.drift.lookup(OWNER, prepared.signature)
    assert (report.finding, report.triggered, report.fills) == (Finding.LIVE, True, ())
    for _ in range(5):
        await stage.proceed()
    report = await stage.drift.lookup(OWNER, prepared.signature)
    assert report.finding is Finding.FILLED
    assert [fill.base for fill in report.fills] == [3, 3, 3, 1]


async def test_what_rests_is_not_asked_about_while_its_account_is_told_to_be_the_same(stage: DriftStage) -> None:
    told = stage.open(ws=True)
    stage._others.append(told)
    prepared = await placed(stage, intent(type="limit", price=Decimal(90), max_slippage_bps=None))
    assert told.feed is not None
    told.feed.connected.set()
    assert (await told.venue.lookup(OWNER, prepared.signature)).finding is Finding.LIVE
    asked = stage.node.asked.total()
    assert (await told.venue.lookup(OWNER, prepared.signature)).finding is Finding.LIVE
    assert stage.node.asked.total() == asked


async def test_a_record_that_is_missing_or_torn_proves_nothing(
    stage: DriftStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node without logs, and one that cuts them off: neither makes an order that trades one that never was."""
    transaction_of = Rpc.transaction
    torn: list[Any] = []

    async def told(rpc: Rpc, signature: str) -> dict[str, Any]:
        whole = await transaction_of(rpc, signature)
        return whole | {"meta": whole["meta"] | torn[0]} if torn else whole

    monkeypatch.setattr(Rpc, "transaction", told)
    for logs in (None, ["Program log: so far", "Log truncated"]):
        torn[:] = [{"logMessages": logs}]
        prepared = await placed(stage, intent(f"ord_{logs is None}"))
        with pytest.raises(VenueUnknown):
            await stage.another_process().lookup(OWNER, prepared.signature)
        torn.clear()
        report = await stage.another_process().lookup(OWNER, prepared.signature)
        assert (report.finding, len(report.fills) > 0) == (Finding.FILLED, True)
