"""Our bytes are driftpy's: accounts, events and instructions, for the same values, in both directions."""

import base64
import inspect
import warnings
from random import Random
from typing import Any

import pytest
from anchorpy.program.common import NamedInstruction
from anchorpy.program.context import Context
from hypothesis import given, settings
from hypothesis import strategies as st
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey

from core.venues.drift.codec import DRIFT, Record, owners_codec_of, remaining_accounts
from tests.core.venues.drift.codec import generated, reference
from tests.core.venues.drift.codec.reference import DELEGATE, OWNER, enumerated

CODEC = owners_codec_of("drift")
SEEDS = st.integers(0, 2**32)
USER = CODEC.address("user", OWNER, 3)
STATS = CODEC.address("user_stats", OWNER)
SIGNED = {"user": USER, "authority": DELEGATE.pubkey()}


def record(name: str, seed: int) -> Record:
    """A random record of structure *name*."""
    made: Record = generated.value(CODEC._layout(name), Random(seed))
    return made


@pytest.mark.parametrize("name", list(DRIFT.accounts))
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_an_account_is_read_and_written_as_driftpy_does(name: str, seed: int) -> None:
    ours = record(name, seed)
    content = CODEC.account_bytes(name, ours)
    theirs = reference.coder().accounts.parse(content)
    assert theirs.name == name
    reference.same(ours, reference.plain(theirs.data))
    assert reference.coder().accounts.build(NamedInstruction(data=theirs.data, name=name)) == content
    assert CODEC.account(name, content) == ours


@pytest.mark.parametrize("name", DRIFT.events)
@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_an_event_in_the_logs_is_read_as_driftpy_does(name: str, seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from driftpy.events.parse import parse_logs

    ours = record(name, seed)
    content = CODEC.event_bytes(name, ours)
    logs = [
        "Program ComputeBudget111111111111111111111111111111 invoke [1]",
        "Program ComputeBudget111111111111111111111111111111 success",
        f"Program {DRIFT.program} invoke [1]",
        "Program log: Instruction: PlacePerpOrder",
        f"Program data: {base64.b64encode(content).decode()}",
        f"Program {DRIFT.program} consumed 21000 of 600000 compute units",
        f"Program {DRIFT.program} success",
    ]
    (theirs,) = parse_logs(reference.client().program, logs)
    found = CODEC.events(logs)
    assert found.complete
    assert [(event.name, event.number, event.fields) for event in found.events] == [(name, 0, ours)]
    assert theirs.name == name
    reference.same(ours, reference.plain(theirs.data))
    assert reference.coder().events.layouts[name].build(theirs.data) == content[8:]


def test_the_addresses_are_those_that_driftpy_derives() -> None:
    import driftpy.addresses as theirs

    program = CODEC.program
    assert CODEC.address("state") == theirs.get_state_public_key(program)
    assert CODEC.address("signer") == theirs.get_drift_client_signer_public_key(program)
    assert theirs.get_user_account_public_key(program, OWNER, 3) == USER
    assert theirs.get_user_stats_account_public_key(program, OWNER) == STATS
    for number in (0, 1, 255, 256, 65535):
        assert CODEC.address("perp_market", number) == theirs.get_perp_market_public_key(program, number)
        assert CODEC.address("spot_market", number) == theirs.get_spot_market_public_key(program, number)
        assert CODEC.address("spot_market_vault", number) == theirs.get_spot_market_vault_public_key(program, number)
        assert CODEC.address("insurance_fund_vault", number) == theirs.get_insurance_fund_vault_public_key(
            program, number
        )


def test_markets_and_collateral_are_those_that_driftpy_lists() -> None:
    from driftpy.constants.perp_markets import mainnet_perp_market_configs
    from driftpy.constants.spot_markets import mainnet_spot_market_configs

    assert dict(enumerate(DRIFT.markets)) == {
        market.market_index: market.symbol for market in mainnet_perp_market_configs
    }
    quote = mainnet_spot_market_configs[0]
    assert (DRIFT.collateral, DRIFT.collateral_mint, DRIFT.collateral_decimals) == (
        quote.symbol,
        str(quote.mint),
        quote.decimals,
    )


# ── instructions ────────────────────────────────────────────────────────────────────────────────────────────────────


def order(seed: int) -> Record:
    """Random order parameters, without the flag for which driftpy itself adds an account."""
    made = record("OrderParams", seed)
    return made | {"market_type": "Perp", "bit_flags": made["bit_flags"] & 1}


def change(seed: int) -> Record:
    """Random modifications, without the policy for which driftpy has no value on the wire."""
    return record("ModifyOrderParams", seed) | {"policy": None}


def rest(seed: int) -> list[AccountMeta]:
    """Some remaining accounts, in the program's order."""
    random = Random(seed)
    oracles, spots, perps = ([Pubkey.from_bytes(random.randbytes(32)) for _ in range(2)] for _ in range(3))
    return remaining_accounts(oracles, spots, perps, frozenset(perps[:1]))


def built(seed: int, name: str) -> tuple[Instruction, Instruction]:
    """The same instruction by us and by driftpy's own builder."""
    client, random, metas = reference.client(), Random(seed), rest(seed)
    client.get_remaining_accounts = lambda **_: list(metas)
    number, small = random.randrange(2**32), random.randrange(256)
    arguments: Record
    pick = random.choice
    match name:
        case "place_perp_order":
            params = order(seed)
            return CODEC.instruction(name, SIGNED, {"params": params}, metas), client.get_place_perp_order_ix(
                reference.order_params(params)
            )
        case "place_orders":
            several = [order(seed + step) for step in range(random.randrange(4))]
            return CODEC.instruction(name, SIGNED, {"params": several}, metas), client.get_place_orders_ix(
                [reference.order_params(params) for params in several]
            )
        case "place_and_take_perp_order":
            params = order(seed)
            arguments = {"params": params, "success_condition": None}
            return CODEC.instruction(
                name, SIGNED | {"user_stats": STATS}, arguments, metas
            ), client.get_place_and_take_perp_order_ix(reference.order_params(params))
        case "cancel_order":
            which = pick([None, number])
            return CODEC.instruction(name, SIGNED, {"order_id": which}, metas), client.get_cancel_order_ix(which)
        case "cancel_order_by_user_id":
            arguments = {"user_order_id": small}
            return CODEC.instruction(name, SIGNED, arguments, metas), client.get_cancel_order_by_user_id_ix(small)
        case "cancel_orders":
            kind, index, side = pick([None, "Spot", "Perp"]), pick([None, small]), pick([None, "Long", "Short"])
            arguments = {"market_type": kind, "market_index": index, "direction": side}
            return CODEC.instruction(name, SIGNED, arguments, metas), client.get_cancel_orders_ix(
                enumerated("MarketType", kind), index, enumerated("PositionDirection", side)
            )
        case "modify_order":
            changes = change(seed)
            arguments = {"order_id": number, "modify_order_params": changes}
            return CODEC.instruction(name, SIGNED, arguments, metas), client.get_modify_order_ix(
                number, reference.modify_order_params(changes)
            )
        case "modify_order_by_user_id":
            changes = change(seed)
            arguments = {"user_order_id": small, "modify_order_params": changes}
            return CODEC.instruction(name, SIGNED, arguments, metas), client.get_modify_order_by_user_id_ix(
                small, reference.modify_order_params(changes)
            )
        case "settle_pnl":
            return CODEC.instruction(name, SIGNED, {"market_index": small}, metas), client.get_settle_pnl_ix(
                USER, None, small
            )
        case "initialize_user_stats":
            payer = {"authority": DELEGATE.pubkey(), "payer": DELEGATE.pubkey()}
            return CODEC.instruction(name, {"user_stats": STATS, **payer}), client.get_initialize_user_stats()
        case _:
            return CODEC.instruction(name, *generic(name, seed), metas), theirs(name, seed, metas)


def generic(name: str, seed: int) -> tuple[dict[str, Pubkey], Record]:
    """Random accounts and arguments of an instruction for which driftpy has no builder of its own."""
    random = Random(seed)
    known = {"state", "rent", "system_program", "spot_market_vault", "token_program"}
    accounts = {
        slot.name: Pubkey.from_bytes(random.randbytes(32)) for slot in CODEC._slots[name] if slot.name not in known
    }
    return accounts, generated.value(CODEC._layout(name), random)


def theirs(name: str, seed: int, metas: list[AccountMeta]) -> Instruction:
    """What anchorpy makes of it, given every account by hand."""
    accounts, arguments = generic(name, seed)
    everything = {slot.name: {**CODEC._given, **accounts}[slot.name] for slot in CODEC._slots[name]}
    values = list(arguments.values())
    if name == "settle_multiple_pnls":  # driftpy has no value of this enumeration: one of anchorpy's own
        values[1] = reference.coder().instruction.ix_layout[name].parse(CODEC._layout(name).write(arguments)).mode
    made: Instruction = reference.client().program.instruction[name](
        *values, ctx=Context(accounts=everything, remaining_accounts=metas)
    )
    return made


@pytest.mark.parametrize("name", sorted(CODEC.instructions))
@given(seed=SEEDS)
@settings(max_examples=25, deadline=None)
def test_an_instruction_is_byte_for_byte_what_driftpy_builds(name: str, seed: int) -> None:
    ours, driftpys = built(seed, name)
    assert bytes(ours.data) == bytes(driftpys.data)
    assert ours.accounts == driftpys.accounts
    assert ours == driftpys
    read, arguments = CODEC.arguments(bytes(ours.data))
    assert read == name
    assert CODEC.instruction(name, {slot.name: USER for slot in CODEC._slots[name]}, arguments).data == ours.data


def test_order_parameters_have_the_fields_that_driftpy_knows() -> None:
    import driftpy.types as known

    def names(kind: Any) -> set[str]:
        return set(inspect.signature(kind).parameters)

    assert names(known.OrderParams) == set(CODEC.blank("OrderParams"))
    assert names(known.ModifyOrderParams) == set(CODEC.blank("ModifyOrderParams"))
