"""Codes are told in words, under the program's own names, and another program's code is never taken for ours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.venues.drift.causes import _CODES, Kind, cause_of
from tests.core.venues.drift.codec import reference

OURS = "dRiftyHA39MWEi3m9aunc5MzRF1JYuBsbn6VPcn33UH"
TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"


def custom(code: object, step: object = 2) -> dict[str, Any]:
    return {"InstructionError": [step, {"Custom": code}]}


def told(error: object, logs: list[str] | None = None) -> tuple[Kind, int | None, str]:
    cause = cause_of(error, program=OURS, ours=2, logs=logs or [])
    return cause.kind, cause.code, cause.words


def test_every_code_of_drift_bears_the_name_that_its_interface_description_gives() -> None:
    names = {error.code: error.name for error in reference.client().program.idl.errors}
    drift = {code: name for code, (name, _, _) in _CODES.items() if 6000 <= code <= 6324}
    assert len(drift) > 40
    assert drift == {code: names[code] for code in drift}


@pytest.mark.parametrize("code", sorted(_CODES))
def test_words_are_one_short_sentence_without_jargon(code: int) -> None:
    words = cause_of(custom(code), program=OURS, ours=2).words
    assert words[0].isupper()
    assert words.endswith(".")
    assert len(words) <= 110
    assert str(code) not in words
    assert "0x" not in words


def test_a_program_without_its_instructions_is_a_paused_venue() -> None:
    logs = [
        f"Program {OURS} invoke [1]",
        "Program log: AnchorError occurred. Error Code: InstructionFallbackNotFound. Error Number: 101.",
        f"Program {OURS} failed: custom program error: 0x65",
    ]
    assert told(custom(101), logs) == (
        Kind.PAUSED,
        101,
        "The venue is switched off or was replaced; it takes no orders.",
    )


def test_a_withdrawn_permission_is_told_apart_from_a_refused_order() -> None:
    assert told(custom(2003))[0] is Kind.REVOKED


def test_a_code_from_another_step_is_not_the_venues() -> None:
    assert told(custom(6003, step=0)) == (
        Kind.OURS,
        6003,
        "Step 0 of the transaction failed outside the venue, with code 6003.",
    )


def test_a_code_of_a_program_that_ours_called_is_not_the_venues() -> None:
    logs = [
        f"Program {OURS} invoke [1]",
        f"Program {TOKEN} invoke [2]",
        f"Program {TOKEN} failed: custom program error: 0x65",
        f"Program {OURS} failed: custom program error: 0x65",
    ]
    assert told(custom(101), logs)[0] is Kind.OURS


def test_an_unknown_code_has_the_name_that_the_program_logged() -> None:
    logs = ["Program log: AnchorError thrown in x.rs:1. Error Code: BrandNew. Error Number: 6399. Error Message: x."]
    assert told(custom(6399), logs) == (Kind.REFUSED, 6399, "The venue refused it: BrandNew (6399).")
    assert told(custom(6398), logs)[2] == "The venue refused it: code 6398 (6398)."


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("BlockhashNotFound", "The transaction was too old, or too new for the node that was asked."),
        ("InsufficientFundsForFee", "The account that pays network fees is empty."),
        ({"InsufficientFundsForRent": {"account_index": 0}}, "The account that pays network fees is empty."),
        ("SomethingNew", "The network refused the transaction: SomethingNew."),
        ({"DuplicateInstruction": 1}, "The network refused the transaction: DuplicateInstruction."),
        (
            {"InstructionError": [2, "ProgramFailedToComplete"]},
            "Step 2 of the transaction broke off: ProgramFailedToComplete.",
        ),
        ({"InstructionError": [2, {"BorshIoError": "x"}]}, "Step 2 of the transaction broke off: BorshIoError."),
    ],
)
def test_errors_of_the_network_are_ours_to_look_at(error: object, words: str) -> None:
    assert told(error) == (Kind.OURS, None, words)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
)


@given(json | st.builds(custom, json, json) | st.builds(lambda inner: {"InstructionError": inner}, json))
def test_whatever_a_node_answers_becomes_words_and_never_an_order_refused_by_mistake(error: object) -> None:
    cause = cause_of(error, program=OURS, ours=2)
    assert cause.words.endswith(".")
    if cause.kind is Kind.REFUSED:
        assert error == custom(cause.code)


def test_what_a_node_says_cannot_smuggle_in_markup_or_length() -> None:
    words = told("<b>pay me</b> https://evil.example " * 50)[2]
    assert len(words) < 110
    assert "<" not in words
    assert "/" not in words
