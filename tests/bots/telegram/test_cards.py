"""The main cards as Telegram shows them, word for word: `docs/telegram-cards.md` is this test's own writing.

`SAYWHEN_WRITE_DOCS=1` writes it anew; look at the difference before you commit it.
"""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bots.bundle import bundled, one_card
from bots.channel import Inbound
from bots.dialogue import Dialogue
from bots.telegram.render import Page, pages_of, units
from core.domain.event import (
    Event,
    OrderFilled,
    OrderPartiallyFilled,
    OrderRejected,
    PositionEndangered,
    PriceRecovered,
    PriceStale,
    RuleMissed,
    RuleTriggered,
)
from core.domain.ids import OrderId, RuleId
from core.feed.card import Card, card_of
from core.ports import Delivery
from tests.bots.scripted import ASKING, ME, READ, ScriptedCore
from tests.clock import START

FILE = Path(__file__).parents[3] / "docs" / "telegram-cards.md"
D = Decimal
_ORDER: dict[str, Any] = {"at": START, "owner": ME, "rule_id": RuleId("r_1"), "label": "r1", "order_id": OrderId("o_1"),
          "market": "SOL-PERP", "side": "sell", "venue": "paper", "simulated": True}  # fmt: skip
_RULE: dict[str, Any] = {"at": START, "owner": ME, "rule_id": RuleId("r_1"), "label": "r1"}
EVENTS: dict[str, Event] = {
    "A rule fired": RuleTriggered(
        **_RULE, trigger_no=1, summary="When SOL-PERP falls $0.10: sell 50 % of the position.", market="SOL-PERP",
        price=D("149.9"), source="simulated", simulated=True, orders=1,
    ),
    "An order filled": OrderFilled(
        **_ORDER, base=D(20), price=D("149.87"), fee=D("1.50"), realised_pnl=D("37.4"), reduce_only=True,
        position_after=D(20), trigger_price=D("149.9"),
    ),
    "A part of it filled": OrderPartiallyFilled(**_ORDER, base=D(5), price=D("149.87"), fee=D("0.4"), left=D(15)),
    "An order was rejected": OrderRejected(**_ORDER, base=D(20), reason="the market is in reduce-only mode"),
    "Liquidation is near": PositionEndangered(
        at=START, owner=ME, market="SOL-PERP", base=D(40), liquidation_price=D(140), distance_percent=D("4.2"),
        venue="paper", simulated=True,
    ),
    "A price is lost": PriceStale(at=START, owner=ME, market="SOL-PERP", why="stale", source="kraken"),
    "A price is back": PriceRecovered(at=START, owner=ME, market="SOL-PERP", blind_s=75, source="kraken"),
    "A rule was missed": RuleMissed(**_RULE, late_s=840, asked=True, summary="When SOL-PERP is at $140 or lower."),
}  # fmt: skip


async def _cards() -> dict[str, Card]:
    core = ScriptedCore()
    dialogue = Dialogue(core, core.clock)

    async def said(text: str = "", verb: str | None = None, ago_s: float = 0) -> Card:
        sent_at = core.clock.now() - timedelta(seconds=ago_s)
        inbound = Inbound(channel="telegram", address="7", sent_at=sent_at, text=text, verb=verb)
        return (await dialogue.answer(inbound))[-1]

    found = {"/start": await said("/start")}
    core.drafts.result = ASKING
    found["A question"] = question = await said("If SOL drops 0.1 sell half, if it rises 0.2 take profit")
    found["A draft"] = draft = await said(verb=question.buttons[0][0].verb)
    core.drafts.result = READ
    found["Confirmed"] = await said(verb=draft.buttons[0][0].verb)
    for command in ("rules", "positions", "balance", "prices", "trades", "pnl week", "limits", "settings", "help"):
        found[f"/{command}"] = await said(f"/{command}")
    found["/pause"] = await said("/pause")
    found["/kill"] = await said("/kill")
    found["Too old to be done"] = await said("/resume", ago_s=300)
    found["An error"] = await said("/trades many")
    for name, event in EVENTS.items():
        card = card_of(event)
        assert card is not None
        found[name] = card
    told = []
    for number in range(1, 8):
        event = RuleTriggered(
            at=START, owner=ME, rule_id=RuleId(f"r_{number}"), label=f"r{number}", trigger_no=1, summary="sell half",
            market="SOL-PERP", price=D("149.9"), orders=1, simulated=True,
        )  # fmt: skip
        card = card_of(event)
        assert card is not None
        delivery = Delivery(id=number, owner=ME, event=event, channel="telegram", address="7")
        told.append((delivery, card))
    [bundle] = bundled(told)
    found["Many at once"] = one_card(bundle)
    return found


def _drawn(pages: list[Page]) -> str:
    lines = []
    for page in pages:
        [bold] = page.entities or [None]
        head = page.text.encode("utf-16-le")[: 2 * bold.length].decode("utf-16-le") if bold else ""
        assert page.text.startswith(head)
        lines += [f"**{head}**", *page.text[len(head) :].splitlines()[1:]]
        for row in page.keyboard.inline_keyboard if page.keyboard else ():
            lines.append("  ".join(f"[ {button.text} ]" for button in row))
    return "\n".join(lines)


async def test_every_main_card_reads_as_it_is_documented() -> None:
    cards = await _cards()
    parts = [
        "# The main cards in Telegram\n\nWritten by `tests/bots/telegram/test_cards.py`; bold is bold there too.\n"
    ]
    parts += [f"## {name}\n\n```\n{_drawn(pages_of(card))}\n```\n" for name, card in cards.items()]
    text = "\n".join(parts)
    if os.environ.get("SAYWHEN_WRITE_DOCS"):
        FILE.write_text(text, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == text
    assert len(cards) >= 20


async def test_every_main_card_keeps_telegrams_limits() -> None:
    for card in (await _cards()).values():
        for page in pages_of(card):
            assert units(page.text) <= 4096
            if page.keyboard is not None:
                buttons = [button for row in page.keyboard.inline_keyboard for button in row]
                assert all(len(str(button.callback_data).encode()) <= 64 for button in buttons)


@pytest.mark.parametrize("letter", ["x", "é", "😀"])
def test_a_card_longer_than_a_message_is_told_in_several_and_loses_nothing(letter: str) -> None:
    card = Card(title="A long one", lines=(*(f"{number} {letter * 700}" for number in range(12)), letter * 9_000))
    pages = pages_of(card)
    assert all(units(page.text) <= 4096 for page in pages)
    assert "".join(page.text for page in pages).count(letter) == 12 * 700 + 9_000
    assert [bool(page.entities) for page in pages] == [True, *[False] * (len(pages) - 1)]


def test_what_could_forge_a_message_is_made_visible() -> None:
    [page] = pages_of(Card(title="a\u202eb", lines=("c\x00d",)))
    assert page.text == "a\N{REPLACEMENT CHARACTER}b\nc\N{REPLACEMENT CHARACTER}d"
