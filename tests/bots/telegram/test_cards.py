"""The main cards as Telegram shows them, word for word: `docs/telegram-cards.md` is this test's own writing.

`SAYWHEN_WRITE_DOCS=1` writes it anew; look at the difference before you commit it.
"""

import os
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bots.bundle import bundled, one_card
from bots.channel import Inbound
from bots.dialogue import Dialogue
from bots.telegram.render import Page, pages_of, units
from core.domain.event import (
    BY_NAME,
    DeliveryFailed,
    EngineBlind,
    JobRetried,
    OrderSent,
    OrderSigned,
    PositionFundingPaid,
    RuleAmended,
    RuleCompleted,
    RuleConfirmed,
    RuleDrafted,
    RuleHeld,
    RulePaused,
    RuleResumed,
)
from core.domain.listing import LISTING
from core.domain.order import OrderState
from core.domain.rule import RuleSet
from core.domain.wording import Ground, read_back
from core.feed.card import Card, card_of
from core.ports import Delivery
from tests import samples
from tests.bots.scripted import ACCOUNT, ASKING, LONG, ME, READ, RULES, ScriptedCore
from tests.bots.telegram.told import EVENTS, MANY
from tests.clock import START

FILE = Path(__file__).parents[3] / "docs" / "telegram-cards.md"
D = Decimal
SILENT = {
    RuleDrafted, RuleAmended, RuleConfirmed, RuleHeld, RulePaused, RuleResumed, RuleCompleted, OrderSigned, OrderSent,
    JobRetried, PositionFundingPaid, DeliveryFailed, EngineBlind,
}  # fmt: skip
"""Kinds that the dialogue has answered already, or that are traffic."""


def _summary(rules: RuleSet) -> str:
    """What the draft of *rules* reads back, as the flow makes it."""
    lines = read_back(
        rules,
        prices={"SOL-PERP": D(150)},
        positions={"SOL-PERP": LONG},
        markets_source="SIMULATED prices",
        assumptions=("Market order, at most 0.5 % slippage.",),
        ground=Ground(account=ACCOUNT, markets=LISTING, funding={}),
    )
    return "\n".join(lines)


async def _cards() -> dict[str, Card]:
    core = ScriptedCore()
    core.drafts.summary = _summary(RULES)
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
    planned = samples.order(samples.rule(ME))
    core.account.open_orders = [replace(samples.signed(planned), state=OrderState.ACCEPTED), planned]
    core.account.fills = [
        replace(samples.fill(planned), base=D(2), realised_pnl=D("3.5"), fee=D("0.3"), simulated=True, at=START)
    ]
    core.trades.funding = D("-0.12")
    for command in (
        "rules", "positions", "balance", "prices", "orders", "trades", "pnl week", "history r1", "alerts", "limits",
        "settings", "timezone", "link", "privacy", "deleteme", "help",
    ):  # fmt: skip
        found[f"/{command}"] = await said(f"/{command}")
    core.drafts.summary = _summary(RULES[:1])
    found["Edit on /rules"] = await said(verb="r:edit:r1")
    found["A change of a rule"] = change = await said("make it 40%")
    found["Changed"] = await said(verb=change.buttons[0][0].verb)
    found["/link with a code"] = await said("/link 7XK2M9QRTA")
    found["/pause"] = await said("/pause")
    found["/kill"] = await said("/kill")
    found["Too old to be done"] = await said("/resume", ago_s=300)
    found["An error"] = await said("/trades many")
    for name, event in EVENTS.items():
        card = card_of(event)
        assert card is not None
        found[name] = card
    told = []
    for number, event in enumerate(MANY):
        card = card_of(event)
        assert card is not None
        told.append((Delivery(id=number, owner=ME, event=event, channel="telegram", address="7"), card))
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
    assert "broke" not in text


def test_every_kind_of_event_is_told_as_documented_or_silent_on_purpose() -> None:
    assert {type(event) for event in EVENTS.values()} | SILENT == set(BY_NAME.values())


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
