"""What an owner's own wallet signs: an account set up, its permission given and taken back, and nothing else ever."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from core.domain.errors import BadInput, Conflict, Denied, NoPermission, NotConfigured
from core.domain.ids import OrderId, OwnerId
from core.domain.order import OrderIntent
from core.ports import Unsigned
from core.venues.drift.codec import codec_of, owners_codec_of
from core.venues.drift.custody import REVOKE, SET_UP
from core.venues.drift.emulator.chain import rent
from core.venues.drift.emulator.exchange import keypair
from core.venues.drift.emulator.tables import WIRE
from tests.core.venues.drift.stage import SHARD, DriftStage, drift_stage

OWNER = OwnerId(2)
WALLET = keypair("wallet", OWNER)
ADDRESS, KEY = str(WALLET.pubkey()), str(SHARD.pubkey())
USER = WIRE.address("user", WALLET.pubkey(), 0)
SOL = Decimal(10) ** 9


@pytest.fixture
async def stage() -> AsyncIterator[DriftStage]:
    async with drift_stage() as opened:
        await opened.show("100")
        opened.exchange.fund(WALLET.pubkey(), Decimal(1_000))
        yield opened


async def signed(stage: DriftStage, unsigned: Unsigned, key: Keypair = WALLET) -> tuple[str, str]:
    """Sign it, send it, and see what comes of it."""
    custody = stage.opened.custody
    message = VersionedTransaction.from_bytes(unsigned.transaction).message
    sealed = custody.sealed(unsigned.raw, bytes(VersionedTransaction(message, [key])))
    refused = await custody.hand_over(sealed.raw, first=True)
    if refused:
        return "failed", refused
    await stage.proceed()
    return await custody.fate(sealed.raw)


def asked_of(unsigned: Unsigned) -> list[str]:
    """What the transaction asks of the program, in its order; of other programs only a budget."""
    message = VersionedTransaction.from_bytes(unsigned.transaction).message
    keys = message.account_keys
    names = []
    for step in message.instructions:
        if keys[step.program_id_index] == WIRE.program:
            names.append(WIRE.arguments(bytes(step.data))[0])
        else:
            assert str(keys[step.program_id_index]) == "ComputeBudget111111111111111111111111111111"
    return names


async def test_one_signature_opens_deposits_and_delegates_at_the_price_that_was_shown(stage: DriftStage) -> None:
    custody, chain = stage.opened.custody, stage.chain
    before = await custody.seat(ADDRESS)
    assert (before.exists, before.delegate) == (False, None)
    assert [before.sol, before.coins] == [Decimal(1), Decimal(1_000)]
    unsigned = await custody.set_up(ADDRESS, KEY, Decimal("250.5"))
    assert asked_of(unsigned) == ["initialize_user_stats", "initialize_user", "deposit", "update_user_delegate"]
    assert unsigned.rent * SOL == rent(240) + rent(4_376)
    assert unsigned.other == 0
    assert unsigned.refused == ""
    assert len(unsigned.transaction) <= 1_232
    assert await signed(stage, unsigned) == ("confirmed", "")
    after = await custody.seat(ADDRESS)
    assert (after.exists, after.delegate, after.coins) == (True, KEY, Decimal("749.5"))
    assert after.sol == 1 - unsigned.rent - unsigned.fee
    assert chain.lamports[WALLET.pubkey()] == after.sol * SOL
    assert (await stage.drift.account(OWNER)).collateral == Decimal("250.5")
    with pytest.raises(Conflict, match="set up already"):
        await custody.set_up(ADDRESS, KEY, Decimal(0))
    more = await custody.set_up(ADDRESS, KEY, Decimal("749.5"))
    assert asked_of(more) == ["deposit"]
    assert more.rent == 0
    assert await signed(stage, more) == ("confirmed", "")
    assert (await stage.drift.account(OWNER)).collateral == 1_000


async def test_one_signature_takes_the_permission_back_and_it_is_noticed_at_once(stage: DriftStage) -> None:
    custody = stage.opened.custody
    await signed(stage, await custody.set_up(ADDRESS, KEY, Decimal(100)))
    await stage.drift.account(OWNER)
    changes = stage.drift.changes()
    noticed = anext(changes)
    revoking = await custody.revoke(ADDRESS)
    assert asked_of(revoking) == ["update_user_delegate"]
    waiting = asyncio.ensure_future(noticed)
    await asyncio.sleep(0)
    assert await signed(stage, revoking) == ("confirmed", "")
    assert stage.exchange.user(USER)["delegate"] == Pubkey.default()
    buying = OrderIntent(
        order_id=OrderId("o"), owner=OWNER, market="SOL-PERP", side="buy", base=Decimal(1), reduce_only=False,
        oracle_price=Decimal(100), max_slippage_bps=100,
    )  # fmt: skip
    with pytest.raises(NoPermission, match="permission was withdrawn"):
        await stage.drift.prepare(buying)
    async with asyncio.timeout(5):
        told = await waiting
    assert (told.owner, told.permitted) == (OWNER, False)
    await changes.aclose()
    with pytest.raises(Conflict, match="Nobody but your wallet"):
        await custody.revoke(ADDRESS)


async def test_what_the_wallet_cannot_pay_is_said_before_it_is_asked_to_sign(stage: DriftStage) -> None:
    custody = stage.opened.custody
    with pytest.raises(BadInput, match=r"holds 1000 USDC, less than 1000\.5"):
        await custody.set_up(ADDRESS, KEY, Decimal("1000.5"))
    with pytest.raises(BadInput, match="Expected an amount"):
        await custody.set_up(ADDRESS, KEY, Decimal("0.0000001"))
    stage.chain.lamports[WALLET.pubkey()] = 10**7
    with pytest.raises(BadInput, match=r"holds 0\.01 SOL; this takes 0\.03"):
        await custody.set_up(ADDRESS, KEY, Decimal(0))
    nobody = str(keypair("empty").pubkey())
    with pytest.raises(BadInput, match="holds 0 SOL"):
        await custody.set_up(nobody, KEY, Decimal(0))


async def test_a_transaction_that_another_wallet_signed_or_anybody_changed_is_not_sent(stage: DriftStage) -> None:
    custody = stage.opened.custody
    unsigned = await custody.set_up(ADDRESS, KEY, Decimal(0))
    thief = keypair("thief")
    other = await custody.set_up(ADDRESS, str(thief.pubkey()), Decimal(0))
    message = VersionedTransaction.from_bytes(other.transaction).message
    with pytest.raises(Denied, match="it was changed"):
        custody.sealed(unsigned.raw, bytes(VersionedTransaction(message, [WALLET])))
    ours = VersionedTransaction.from_bytes(unsigned.transaction).message
    forged = VersionedTransaction.populate(ours, [thief.sign_message(bytes(ours))])
    for wrong in (bytes(forged), unsigned.transaction):
        with pytest.raises(Denied, match="not signed by the wallet"):
            custody.sealed(unsigned.raw, wrong)
    assert stage.chain.received == []


async def test_nothing_but_the_few_allowed_steps_may_leave(stage: DriftStage) -> None:
    accounts = dict.fromkeys(WIRE.accounts_of("withdraw"), WALLET.pubkey())
    out = WIRE.instruction("withdraw", accounts, {"market_index": 0, "amount": 1, "reduce_only": False})
    system = Instruction(
        Pubkey.default(), b"\x02\0\0\0" + bytes(8), [AccountMeta(WALLET.pubkey(), is_signer=True, is_writable=True)]
    )
    order = WIRE.instruction("cancel_order", dict.fromkeys(("user", "authority"), WALLET.pubkey()), {"order_id": None})
    for step in (out, system, order):
        message = MessageV0.try_compile(WALLET.pubkey(), [step], [], Hash.default())
        for allowed in (SET_UP, REVOKE):
            with pytest.raises(NotConfigured):
                stage.opened.custody.check(
                    bytes(VersionedTransaction.populate(message, [Signature.default()])), allowed
                )


@pytest.mark.parametrize("profile", ["drift", "velocity"])
def test_owners_are_asked_for_a_deposit_beside_what_our_keys_do_and_for_no_more(profile: str) -> None:
    assert owners_codec_of(profile).instructions - codec_of(profile).instructions == {"deposit"}
