"""What a program may write as a rule: far-off times and losses, which no API test needs a server for."""

from typing import Any

import pytest

from core.codec import rules_from_json
from core.domain.errors import BadInput
from core.flow.sound import check_sound
from tests.core.venues.paper.bench import MARKETS


def rules(condition: dict[str, Any], **more: Any) -> Any:
    return rules_from_json([{"id": "r1", "condition": condition, "action": {"type": "alert"}, **more}])


PRICE = {"type": "price_level", "market": "SOL-PERP", "operator": "<=", "price": "90"}
FAR = "9999-12-31T23:59:59-14:00"  # which is the year 10,000 elsewhere


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (rules({"type": "time", "at": FAR}), "the time must lie"),
        (rules({"type": "time", "at": "0001-01-01T00:00:00+14:00"}), "the time must lie"),
        (rules({"type": "schedule", "cron": "0 9 * * *", "start_at": FAR}), "start_at must lie"),
        (rules(PRICE, expires_at=FAR), "expires_at must lie"),
        (rules(PRICE, expires_at="2027-01-01T00:00:00"), "expires_at needs an offset"),
        (rules({**PRICE, "price": "0"}), "price must be above 0"),
    ],
)
def test_what_would_break_those_who_watch_is_refused(written: Any, fault: str) -> None:
    with pytest.raises(BadInput, match=fault):
        check_sound(written, MARKETS)


@pytest.mark.parametrize("threshold", ["-200", "0", "150"])
def test_a_profit_or_loss_has_a_sign(threshold: str) -> None:
    loss = {"type": "position_pnl", "market": "SOL-PERP", "operator": "<=", "threshold": threshold, "unit": "usd"}
    check_sound(rules(loss), MARKETS)
