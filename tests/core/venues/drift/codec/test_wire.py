"""What the codec refuses: look-alikes, other sizes, values that do not fit; it cuts and guesses nothing."""

import base64
import re
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from solders.pubkey import Pubkey

from core.domain.errors import NotConfigured
from core.venues.drift.codec import EXTRA, Profile, UnknownLayout, codec_of, remaining_accounts
from core.venues.drift.codec.layout import read_tables

CODEC = codec_of("drift")
OWN = str(CODEC.program)
OTHER = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"
KEY = Pubkey.from_string(OTHER)
PLACED = CODEC.blank("OrderActionRecord") | {"taker": KEY, "taker_order_id": 7}


def logged(content: bytes) -> str:
    return f"Program data: {base64.b64encode(content).decode()}"


LINE = logged(CODEC.event_bytes("OrderActionRecord", PLACED))


def test_a_look_alike_from_another_program_is_not_believed() -> None:
    logs = [f"Program {OTHER} invoke [1]", LINE, f"Program {OTHER} success"]
    assert CODEC.events(logs).events == ()


def test_our_event_counts_when_another_program_calls_ours_and_not_once_ours_has_returned() -> None:
    logs = [
        f"Program {OTHER} invoke [1]",
        f"Program {OWN} invoke [2]",
        LINE,
        f"Program {OTHER} invoke [3]",
        LINE,
        f"Program {OTHER} success",
        LINE,
        f"Program {OWN} success",
        LINE,
        f"Program {OTHER} failed: custom program error: 0x1",
    ]
    found = CODEC.events(logs)
    assert [(event.number, event.fields) for event in found.events] == [(0, PLACED), (1, PLACED)]
    assert found.complete


def test_a_log_line_that_mimics_a_call_changes_nothing() -> None:
    logs = [
        f"Program {OTHER} invoke [1]",
        f"Program log: Program {OWN} invoke [2]",
        LINE,
        f"Program {OTHER} success",
    ]
    assert CODEC.events(logs).events == ()


def test_truncated_logs_are_told_as_incomplete() -> None:
    found = CODEC.events([f"Program {OWN} invoke [1]", LINE, "Log truncated"])
    assert len(found.events) == 1
    assert not found.complete


@pytest.mark.parametrize(
    "line",
    [
        logged(CODEC.event_bytes("OrderActionRecord", PLACED)[:-1]),
        logged(CODEC.event_bytes("OrderActionRecord", PLACED) + b"\x00"),
        "Program data: not base64!",
    ],
)
def test_an_event_that_cannot_be_read_makes_the_logs_incomplete(line: str) -> None:
    found = CODEC.events([f"Program {OWN} invoke [1]", line, LINE])
    assert [event.fields for event in found.events] == [PLACED]
    assert not found.complete


def test_an_event_of_a_name_we_do_not_read_is_passed_over_and_counted() -> None:
    found = CODEC.events([f"Program {OWN} invoke [1]", logged(bytes(40)), LINE])
    assert [event.number for event in found.events] == [1]
    assert found.complete


def test_a_variant_that_a_newer_program_added_is_kept_by_its_number() -> None:
    newer = PLACED | {"action_explanation": "#37"}
    found = CODEC.events([f"Program {OWN} invoke [1]", logged(CODEC.event_bytes("OrderActionRecord", newer))])
    assert found.events[0].fields["action_explanation"] == "#37"


@given(st.lists(st.sampled_from([LINE, f"Program {OWN} invoke [1]", f"Program {OWN} success", "Program ", "", "x"])))
def test_any_logs_can_be_read(logs: list[str]) -> None:
    assert len(CODEC.events(logs).events) <= logs.count(LINE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", -1),
        ("price", 2**64),
        ("price", 1.0),
        ("price", Decimal(1)),
        ("price", None),
        ("max_ts", 2**63),
        ("oracle_price_offset", 2**31),
        ("reduce_only", 1),
        ("reduce_only", None),
        ("direction", "long"),
        ("direction", 0),
        ("order_type", None),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(field: str, value: Any) -> None:
    params = CODEC.blank("OrderParams") | {field: value}
    with pytest.raises(ValueError, match=rf"{field}: Expected .*, was {re.escape(repr(value))}"):
        CODEC.instruction("place_perp_order", {"user": KEY, "authority": KEY}, {"params": params})


@pytest.mark.parametrize(
    ("params", "odd"),
    [
        (CODEC.blank("OrderParams") | {"builder_idx": None}, "builder_idx"),
        ({k: v for k, v in CODEC.blank("OrderParams").items() if k != "reduce_only"}, "reduce_only"),
    ],
)
def test_no_field_is_left_to_a_default_and_none_is_ignored(params: dict[str, Any], odd: str) -> None:
    with pytest.raises(ValueError, match=f"Expected every field of OrderParams and no other, was .*: {odd}"):
        CODEC.instruction("place_perp_order", {"user": KEY, "authority": KEY}, {"params": params})


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ({"user": KEY}, "was without authority"),
        ({"user": KEY, "authority": KEY, "user_stats": KEY}, "was also user_stats"),
    ],
)
def test_an_account_too_few_or_too_many_is_refused(accounts: dict[str, Pubkey], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CODEC.instruction("place_perp_order", accounts, {"params": CODEC.blank("OrderParams")})


@pytest.mark.parametrize("content", [b"", b"short", bytes(4376), CODEC.account_mark("User") + bytes(4367)])
def test_bytes_that_are_not_the_account_are_refused(content: bytes) -> None:
    with pytest.raises(UnknownLayout, match="Expected 4376 bytes of User of drift"):
        CODEC.account("User", content)


@pytest.mark.parametrize("extra", [b"", b"\x00"])
def test_an_instruction_we_do_not_know_is_refused(extra: bytes) -> None:
    with pytest.raises(UnknownLayout):
        CODEC.arguments(b"\x00" * 8 + extra)
    known = bytes(CODEC.instruction("cancel_order", {"user": KEY, "authority": KEY}, {"order_id": 1}).data)
    with pytest.raises(UnknownLayout, match="Expected 13 bytes of cancel_order, was 14"):
        CODEC.arguments(known + b"\x00")


@pytest.mark.parametrize("content", [b"\x02\x00\x00\x00\x00", b"\x01\x00"])
def test_an_option_that_is_neither_there_nor_absent_is_refused(content: bytes) -> None:
    marked = bytes(CODEC.instruction("cancel_order", {"user": KEY, "authority": KEY}, {"order_id": None}).data)[:8]
    with pytest.raises(ValueError, match="Expected"):
        CODEC.arguments(marked + content)


def test_a_list_longer_than_its_bytes_is_refused_before_it_is_made() -> None:
    marked = bytes(CODEC.instruction("cancel_orders_by_ids", {"user": KEY, "authority": KEY}, {"order_ids": []}).data)
    with pytest.raises(ValueError, match="was one of 4294967295"):
        CODEC.arguments(marked[:8] + b"\xff" * 4)


@pytest.mark.parametrize("profile", ["drift", "velocity"])
def test_no_codec_can_withdraw_deposit_or_transfer(profile: str) -> None:
    names = codec_of(profile).instructions
    assert "place_perp_order" in names
    assert not [name for name in names if re.search("withdraw|deposit|transfer|swap|delete", name)]


def test_the_delegate_lies_where_filters_look_for_it() -> None:
    assert {codec_of(profile).offset("User", "delegate") for profile in ("drift", "velocity")} == {40}


@pytest.mark.parametrize("path", ["orders.32.price", "orders.x", "nothing", "authority.x", "orders.3.nothing"])
def test_a_field_that_is_not_there_has_no_offset(path: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        CODEC.offset("User", path)


def test_a_size_that_the_fields_do_not_fill_is_noticed_when_the_codec_is_made() -> None:
    from dataclasses import replace

    from core.venues.drift.codec import DRIFT, Codec

    wrong: Profile = replace(DRIFT, accounts={"User": 4377})
    with pytest.raises(ValueError, match="Expected the fields of User to fill 4377 bytes, was 4368 and 8"):
        Codec(wrong)


@pytest.mark.parametrize(
    "table", ["A: x:unknown", "A: x:u8\nA: y:u8", "enum u8: A", "A: x:u8 x:u8", "A: x:?u8\nB: y:A*2", "struct A: x:u8"]
)
def test_a_table_with_a_slip_is_refused(table: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        read_tables(table)


def test_remaining_accounts_stand_once_each_in_the_programs_order() -> None:
    oracle, spot, perp = (Pubkey.new_unique() for _ in range(3))
    metas = remaining_accounts([oracle, oracle], [spot], [perp, perp], frozenset([perp]))
    assert [(meta.pubkey, meta.is_signer, meta.is_writable) for meta in metas] == [
        (oracle, False, False),
        (spot, False, False),
        (perp, False, True),
    ]


@pytest.mark.parametrize("piece", EXTRA)
def test_without_a_piece_of_the_extra_one_is_told_what_to_install(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, piece, None)
    codec_of.cache_clear()
    with pytest.raises(NotConfigured, match=f"libraries that are not installed: {piece}, of the extra drift") as told:
        codec_of("velocity")
    assert told.value.hint == "Run make setup, which installs them all."


def test_the_pieces_are_those_that_the_extra_names() -> None:
    project = tomllib.loads((Path(__file__).parents[5] / "pyproject.toml").read_text(encoding="utf-8"))
    named = {Requirement(line).name for line in project["project"]["optional-dependencies"]["drift"]}
    assert named == set(EXTRA)
