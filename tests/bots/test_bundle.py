"""Many notices on one card: none lost, none out of order, none that asks or warns of danger hidden among others."""

from decimal import Decimal

from bots.bundle import MOST, bundled, one_card
from core.domain.event import Event, PositionEndangered, RuleMissed, RuleTriggered
from core.domain.ids import RuleId
from core.feed.card import Card, card_of
from core.ports import Delivery
from tests.bots.scripted import ME
from tests.clock import START

D = Decimal


def told(number: int, event: Event) -> tuple[Delivery, Card]:
    card = card_of(event)
    assert card is not None
    return Delivery(id=number, owner=ME, event=event, channel="telegram", address="7"), card


def fired(number: int, market: str = "SOL-PERP") -> tuple[Delivery, Card]:
    event = RuleTriggered(
        at=START, owner=ME, rule_id=RuleId(f"r_{number}"), label=f"r{number}", trigger_no=1, summary="sell",
        market=market, price=D(150), orders=1,
    )  # fmt: skip
    return told(number, event)


def test_few_are_told_one_by_one() -> None:
    waiting = [fired(number) for number in range(4)]
    assert bundled(waiting) == [[one] for one in waiting]
    assert one_card([waiting[0]]) is waiting[0][1]


def test_many_share_a_card_with_their_number_and_market() -> None:
    [part] = bundled([fired(number) for number in range(12)])
    card = one_card(part)
    assert card.title == "12 rules fired on SOL-PERP"
    assert [line for line in card.lines if line.startswith("•")] == [
        f"• r{number} fired: SOL-PERP at $150.00" for number in range(12)
    ]
    assert one_card([*part, fired(13, "BTC-PERP")]).title == "13 rules fired"


def test_what_asks_or_warns_of_danger_stands_alone_and_in_its_place() -> None:
    missed = told(
        50, RuleMissed(at=START, owner=ME, rule_id=RuleId("r_9"), label="r9", late_s=60, asked=True, summary="s")
    )
    danger = told(
        51,
        PositionEndangered(
            at=START, owner=ME, market="SOL-PERP", base=D(1), liquidation_price=D(140), distance_percent=D(3)
        ),
    )
    waiting = [*(fired(number) for number in range(6)), missed, *(fired(number) for number in range(6, 12)), danger]
    assert [len(part) for part in bundled(waiting)] == [6, 1, 6, 1]
    assert [one for part in bundled(waiting) for one in part] == waiting


def test_no_card_grows_without_end() -> None:
    assert [len(part) for part in bundled([fired(number) for number in range(2 * MOST + 3)])] == [MOST, MOST, 3]
