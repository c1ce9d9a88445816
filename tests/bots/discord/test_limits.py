"""The emulator refuses what Discord refuses: what its schema says, and what that misses."""

from typing import Any

import pytest

from tests.emulators.discord.rules import Refused, check_request


def _button(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 2, "label": "Go", "custom_id": "x", **more}


def _rows(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"content": "x", "components": [{"type": 1, "components": row} for row in rows]}


def _embed(**more: Any) -> dict[str, Any]:
    return {"embeds": [{"title": "t", **more}]}


def _command(**more: Any) -> list[dict[str, Any]]:
    return [{"name": "rule", "description": "d", "type": 1, **more}]


def _modal(count: int) -> dict[str, Any]:
    inputs = [
        {"type": 1, "components": [{"type": 4, "custom_id": f"i{n}", "label": "l", "style": 1}]} for n in range(count)
    ]
    return {"type": 9, "data": {"custom_id": "m", "title": "t", "components": inputs}}


_BUTTONS = [_button(custom_id=f"x{number}") for number in range(6)]


@pytest.mark.parametrize(
    ("what", "good", "bad"),
    [
        ("POST message", _rows([_button(custom_id="x" * 100)]), _rows([_button(custom_id="x" * 101)])),
        ("POST message", _rows(_BUTTONS[:5]), _rows(_BUTTONS)),
        ("POST message", _rows([_button(label="x" * 80)]), _rows([_button(label="x" * 81)])),
        ("POST message", _embed(title="x" * 256), _embed(title="x" * 257)),
        ("POST message", {"embeds": [{"title": "t"}] * 10}, {"embeds": [{"title": "t"}] * 11}),
        (
            "POST message",
            _embed(fields=[{"name": "n", "value": "v"}] * 25),
            _embed(fields=[{"name": "n", "value": "v"}] * 26),
        ),
        ("PUT commands", _command(description="x" * 100), _command(description="x" * 101)),
        ("POST callback", {"type": 6}, {"type": 3}),
        # What the schema lets through:
        ("POST message", {"content": "x" * 2_000}, {"content": "x" * 2_001}),
        ("POST message", _rows(*([one] for one in _BUTTONS[:5])), _rows(*([one] for one in _BUTTONS))),
        (
            "POST message",
            {"embeds": [{"description": "x" * 3_000}] * 2},
            {"embeds": [{"description": "x" * 3_000}, {"description": "x" * 3_001}]},
        ),
        ("POST message", _rows([_button()]), _rows([{"type": 2, "style": 2, "label": "Go"}])),
        ("PUT commands", _command(name="my-rule"), _command(name="My Rule")),
        ("PATCH message", {"content": "x"}, {"content": "x", "text": "y"}),
        ("POST callback", _modal(5), _modal(6)),
    ],
)
def test_the_last_good_value_passes_and_the_first_bad_one_is_refused(what: str, good: Any, bad: Any) -> None:
    check_request(what, good)
    with pytest.raises(Refused, match="Invalid Form Body") as refused:
        check_request(what, bad)
    assert refused.value.code == 50035
