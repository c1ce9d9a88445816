"""The main cards as Discord shows them, word for word: `docs/discord-cards.md` is this test's own writing.

`SAYWHEN_WRITE_DOCS=1` writes it anew; look at the difference before you commit it.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from bots.channel import Inbound
from bots.dialogue import Dialogue
from bots.discord.render import Payload, components_of, escaped, pages_of
from bots.views import rules_card
from core.feed.card import Button, Card, card_of
from tests.bots.scripted import ACCOUNT, ASKING, ME, READ, RULES, Prices, ScriptedCore
from tests.bots.telegram.told import EVENTS
from tests.clock import START
from tests.emulators.discord.rules import check_request
from tests.samples import rule

FILE = Path(__file__).parents[3] / "docs" / "discord-cards.md"


def _drawn(payload: Payload) -> str:
    lines = []
    for embed in payload["embeds"]:
        lines += [f"█ {embed['title']}"] if "title" in embed else []
        lines += [f"█ {line}" for line in embed.get("description", "").splitlines()]
    for row in payload["components"]:
        for part in row["components"]:
            if part["type"] == 3:
                lines.append(f"[{part['placeholder']} ▾] {' · '.join(one['label'] for one in part['options'])}")
        shown = [f"[ {part['label']} ]" for part in row["components"] if part["type"] == 2]
        lines += ["  ".join(shown)] if shown else []
    return "\n".join(lines).replace("\\", "")


async def _cards() -> dict[str, Card]:
    core = ScriptedCore()
    dialogue = Dialogue(core, core.clock)

    async def say(text: str, **more: Any) -> Card:
        [card] = await dialogue.answer(Inbound(channel="discord", address="7", text=text, sent_at=START, **more))
        return card

    cards = {"/start": await say("/start")}
    core.drafts.result = ASKING
    cards["A question"] = await say("If SOL drops 0.1 sell half, if it rises 0.2 take profit")
    core.drafts.result = READ
    cards["A draft"] = draft = await say("sell half my SOL at 149.90")
    cards["Confirmed"] = await say("", verb=draft.buttons[0][0].verb)
    cards["Settings"] = await say("/settings")
    cards["Positions"] = await say("/positions")
    owner = await core.account.owner(ME)
    rules = [rule(ME, number, spec=RULES[number % 2]) for number in range(1, 9)]
    cards["Many rules"] = rules_card(rules, ACCOUNT, Prices().latest(), owner)
    for title, event in EVENTS.items():
        card = card_of(event)
        assert card is not None
        cards[title] = card
    return cards


async def test_the_cards_are_as_the_document_shows_them() -> None:
    parts = [
        "# The main cards in Discord",
        "Written by `tests/bots/discord/test_cards.py`; the bar is an embed's edge.",
    ]
    for title, card in (await _cards()).items():
        pages = pages_of(card)
        for page in pages:
            check_request("POST message", page)
        parts += [f"## {title}", "```\n" + "\n".join(map(_drawn, pages)) + "\n```"]
    text = "\n\n".join(parts) + "\n"
    if os.environ.get("SAYWHEN_WRITE_DOCS"):
        FILE.write_text(text, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == text


def test_a_long_card_is_cut_into_messages_that_lose_nothing() -> None:
    words = "x" * 3_000 + "!" * 6_000
    card = Card(title="t" * 300, lines=(words, "end"), buttons=((Button(label="b" * 90, verb="c:go"),),))
    pages = pages_of(card)
    said = "".join(page["embeds"][0].get("description", "") for page in pages)
    assert "t" * 300 in said
    assert said.count("x") == 3_000
    assert said.count("!") == 6_000
    assert [bool(page["components"]) for page in pages] == [False] * (len(pages) - 1) + [True]
    for page in pages:
        check_request("POST message", page)


@pytest.mark.parametrize("count", [5, 6, 25, 26, 100])
def test_any_number_of_buttons_is_shown_and_none_lost(count: int) -> None:
    rows = tuple((Button(label=f"b{number}", verb=f"c:/{number}"),) for number in range(count))
    shown = components_of(rows)
    check_request("POST message", {"content": "x", "components": shown})
    parts = [part for row in shown for part in row["components"]]
    verbs = [v for part in parts for v in ([o["value"] for o in part.get("options", ())] or [part["custom_id"]])]
    assert verbs == [f"c:/{number}" for number in range(count)]


def test_two_buttons_of_one_verb_are_told_apart_on_the_wire() -> None:
    one = Button(label="b", verb="c:/rules")
    check_request("POST message", {"content": "x", "components": components_of(((one, one, one),))})


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a *b* _c_ ~d~ `e` |f| <@1> [g](h) #i", r"a \*b\* \_c\_ \~d\~ \`e\` \|f\| \<@1\> \[g\](h) #i"),
        ("see https://a.b/c_d_e#f now_", r"see https://a.b/c_d_e#f now\_"),
        ("## first", r"\## first"),
        ("1. first", r"1\. first"),
        ("- first", r"\- first"),
        ("   deep", "\N{NO-BREAK SPACE}" * 3 + "deep"),
        ("a\u202eb\x00c", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"),
    ],
)
def test_words_are_shown_as_they_are(words: str, shown: str) -> None:
    assert escaped(words) == shown
