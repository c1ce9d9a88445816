"""Our bytes on a node of our own, through unmodified clients of others: a paused program, and what proves it."""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest
from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Confirmed, Finalized
from solana.rpc.core import RPCException
from solana.rpc.types import MemcmpOpts, TxOpts
from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from core.venues.drift.causes import Kind
from core.venues.drift.codec import codec_of
from core.venues.drift.emulator.chain import Chain, Ran, switched_off
from core.venues.drift.emulator.node import Node, serving
from core.venues.drift.outcome import Proof, Reading, Verdict, prove, read_status
from tests.core.venues.drift.codec.reference import DELEGATE, OWNER

CODEC = codec_of("drift")
PROGRAM = str(CODEC.program)
USER = CODEC.address("user", OWNER, 0)
PLACE = CODEC.instruction(
    "place_perp_order",
    {"user": USER, "authority": DELEGATE.pubkey()},
    {"params": CODEC.blank("OrderParams") | {"market_type": "Perp", "base_asset_amount": 10**9}},
)
SKIP = TxOpts(skip_preflight=True, preflight_commitment=Confirmed)


class Bench:
    """A node with one program on it, and solana-py's client of it."""

    def __init__(self, node: Node, http: str, ws: str) -> None:
        self.node, self.chain, self.http, self.ws = node, node.chain, http, ws
        self.client = AsyncClient(http)

    async def signed(self, signer: Keypair = DELEGATE) -> tuple[VersionedTransaction, int]:
        """The order as a transaction on a fresh blockhash, and the last height at which it can land."""
        fresh = (await self.client.get_latest_blockhash(Confirmed)).value
        steps = [set_compute_unit_limit(60_000), set_compute_unit_price(1), PLACE]
        message = MessageV0.try_compile(signer.pubkey(), steps, [], fresh.blockhash)
        return VersionedTransaction(message, [signer]), fresh.last_valid_block_height

    async def reading(self, signature: Signature) -> Reading:
        """The node's height first, then what it knows of the signature."""
        height = (await self.client.get_block_height(Finalized)).value
        answer = await self.client.get_signature_statuses([signature], search_transaction_history=True)
        return Reading(status=read_status(json.loads(answer.to_json())["result"]["value"][0]), finalized_height=height)

    async def proof(self, signature: Signature, last: int, reads: int = 1) -> Proof:
        return prove([await self.reading(signature) for _ in range(reads)], last)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving(Chain({CODEC.program: switched_off})) as (node, http, ws):
        made = Bench(node, http, ws)
        yield made
        await made.client.close()


async def test_a_paused_program_is_found_out_by_a_simulation(bench: Bench) -> None:
    transaction, _ = await bench.signed()
    answer = json.loads((await bench.client.simulate_transaction(transaction)).to_json())["result"]["value"]
    proof = Proof(verdict=Verdict.FAILED, error=answer["err"])
    cause = proof.cause(program=PROGRAM, ours=2, logs=answer["logs"])
    assert cause is not None
    assert (cause.kind, cause.code) == (Kind.PAUSED, 101)
    assert cause.words == "The venue is switched off or was replaced; it takes no orders."


async def test_a_send_with_preflight_is_refused_and_nothing_lands(bench: Bench) -> None:
    transaction, _ = await bench.signed()
    with pytest.raises(RPCException) as refused:
        await bench.client.send_transaction(transaction)
    assert "101" in str(refused.value)
    assert bench.chain.landed == {}


async def test_a_failure_on_chain_is_proven_once_confirmed_and_not_before(bench: Bench) -> None:
    transaction, last = await bench.signed()
    signature = (await bench.client.send_transaction(transaction, SKIP)).value
    assert (await bench.proof(signature, last)).verdict is Verdict.UNKNOWN
    bench.chain.advance(2)
    proof = await bench.proof(signature, last)
    assert proof.verdict is Verdict.FAILED
    cause = proof.cause(program=PROGRAM, ours=2)
    assert cause is not None
    assert cause.kind is Kind.PAUSED


async def test_what_a_node_lost_lapses_only_past_the_finalized_end_of_its_life_and_on_two_reads(bench: Bench) -> None:
    bench.chain.faults.lose = 1
    transaction, last = await bench.signed()
    signature = (await bench.client.send_transaction(transaction, SKIP)).value
    bench.chain.advance(151)
    assert bench.chain.height("processed") > last
    assert (await bench.proof(signature, last, reads=3)).verdict is Verdict.UNKNOWN
    bench.chain.advance(32)
    assert (await bench.proof(signature, last, reads=1)).verdict is Verdict.UNKNOWN
    assert (await bench.proof(signature, last, reads=2)).verdict is Verdict.LAPSED


async def test_lost_bytes_sent_again_land_and_landed_bytes_sent_again_change_nothing(bench: Bench) -> None:
    bench.chain.programs[CODEC.program] = lambda bank, content, accounts: Ran()
    bench.chain.faults.lose = 1
    transaction, last = await bench.signed()
    signature = transaction.signatures[0]
    for _ in range(3):
        assert (await bench.client.send_transaction(transaction, SKIP)).value == signature
    assert len(bench.chain.received) == 3
    assert len(bench.chain.landed) == 1
    bench.chain.advance(2)
    assert (await bench.proof(signature, last)).verdict is Verdict.LANDED


async def test_a_signature_by_another_key_and_an_old_blockhash_are_refused(bench: Bench) -> None:
    transaction, _ = await bench.signed()
    forged = VersionedTransaction.populate(transaction.message, [Keypair().sign_message(b"other")])
    with pytest.raises(RPCException, match="TransactionSignatureVerificationFailure"):
        await bench.client.send_transaction(forged, SKIP)
    bench.chain.advance(151)
    with pytest.raises(RPCException, match="simulation failed"):
        await bench.client.send_transaction(transaction)


async def test_accounts_are_read_in_bulk_and_an_unknown_one_is_none(bench: Bench) -> None:
    record = CODEC.blank("User") | {"authority": OWNER, "delegate": DELEGATE.pubkey()}
    bench.chain.put(USER, CODEC.program, CODEC.account_bytes("User", record))
    first, second = (await bench.client.get_multiple_accounts([USER, OWNER])).value
    assert second is None
    assert first is not None
    assert CODEC.account("User", first.data) == record


async def test_driftpys_own_client_meets_the_paused_program_too(bench: Bench) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from driftpy.account_subscription_config import AccountSubscriptionConfig
        from driftpy.drift_client import DriftClient

        client: Any = DriftClient(
            bench.client,
            DELEGATE,
            authority=OWNER,
            account_subscription=AccountSubscriptionConfig("cached"),
            perp_market_indexes=[],
            spot_market_indexes=[],
            oracle_infos=[],
            market_lookup_tables=[],
        )
    with pytest.raises(RPCException, match="101"):
        await client.send_ixs([PLACE])
    assert bench.node.asked == {"getLatestBlockhash": 1, "sendTransaction": 1}


async def test_changes_are_pushed_to_those_who_subscribed_and_to_nobody_else(bench: Bench) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from solana.rpc.websocket_api import connect

        async with asyncio.timeout(10), connect(bench.ws) as stream:
            mine = MemcmpOpts(offset=CODEC.offset("User", "delegate"), bytes=str(DELEGATE.pubkey()))
            await stream.account_subscribe(USER, encoding="base64")
            await stream.recv()
            await stream.program_subscribe(CODEC.program, encoding="base64", filters=[mine])
            await stream.recv()
            await stream.slot_subscribe()
            await stream.recv()
            record = CODEC.blank("User") | {"authority": OWNER}
            bench.chain.put(Pubkey.new_unique(), CODEC.program, CODEC.account_bytes("User", record))
            delegated = record | {"delegate": DELEGATE.pubkey()}
            bench.chain.put(USER, CODEC.program, CODEC.account_bytes("User", delegated))
            bench.chain.advance()
            told: list[Any] = []
            while len(told) < 3:
                told += await stream.recv()
    account, owned, slot = told
    assert CODEC.account("User", account.result.value.data) == delegated
    assert owned.result.value.pubkey == USER
    assert slot.result.slot == 1_001
