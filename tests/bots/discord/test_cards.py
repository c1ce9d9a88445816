"""The main cards as Discord shows them, word for word: `docs/discord-cards.md` is this test's own writing.

`SAYWHEN_WRITE_DOCS=1` writes it anew; look at the difference before you commit it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bots.channel import Inbound
from bots.dialogue import Dialogue
from bots.discord import at_once, channel, ears, feed
from bots.discord.menu import menu
from bots.discord.render import Payload, components_of, escaped, form_of, pages_of
from bots.draft_cards import refusal_card
from bots.views import rules_card
from core.domain.reading import ParseResult
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


UNREAD = ParseResult(kind="not_understood", reason="I did not understand “delete” and “all”.")
FORM = ("What should change?", "Say it the way it should be", "stop loss at 140")


def _drawn_form(form: Payload) -> str:
    check_request("POST callback", {"type": 9, "data": form})
    [[field]] = [row["components"] for row in form["components"]]
    return f"█ {form['title']}\n█ {field['label']}:\n█ [ {field['value']} ]"


def _drawn_menu() -> Iterator[str]:
    for command in menu(dashboard=True):
        yield f"/{command['name']}: {command['description']}"
        for field in command.get("options", ()):
            choices = " · ".join(choice["name"] for choice in field.get("choices", ()))
            more = ", completed while typed" if field.get("autocomplete") else f" ({choices})" if choices else ""
            yield f"   {field['name']}{'' if field['required'] else '?'}: {field['description']}{more}"


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
    cards["Help"] = await say("/help")
    cards["A rule that is not there"] = await say("/delete r9")
    cards["Words that are not read"] = refusal_card(UNREAD, meant="/delete all")
    cards["The server's feed begins"] = feed._BEGINS
    cards["The private chat is closed"] = channel._SHUT
    cards["Somebody else's buttons"] = channel._NOT_YOURS
    cards["A form could not be opened in time"] = at_once._SLOW
    cards["Too many at once"] = ears._CROWDED
    cards["The database is away"] = ears._UNKEPT
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
    parts += ["## The form behind Edit", "```\n" + _drawn_form(form_of("d:ed:d_1", *FORM)) + "\n```"]
    parts += ["## The commands and their fields", "```\n" + "\n".join(_drawn_menu()) + "\n```"]
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


def test_more_buttons_than_discord_can_show_are_left_out_and_that_is_said() -> None:
    rows = tuple((Button(label=f"b{number}", verb=f"c:/{number}"),) for number in range(130))
    [page] = pages_of(Card(title="t", lines=("l",), buttons=rows))
    check_request("POST message", page)
    assert page["embeds"][0]["description"].endswith("what they do can be said in words.")
    last = page["components"][-1]["components"][0]
    assert last["custom_id"] == "c:/129"  # where one turns the page
    assert page["components"][-2]["components"][0]["options"][-1]["value"] == "c:/99"


def test_red_is_for_what_is_gone_afterwards() -> None:
    verbs = {
        "d:ok:d_1:1": 3,
        "d:ed:d_1": 2,
        "d:no:d_1": 4,
        "r:cancel:r1": 4,
        "r:pause:r1": 2,
        "c:/cancel": 4,
        "c:/rules": 2,
    }
    [row] = components_of((tuple(Button(label="b", verb=verb) for verb in list(verbs)[:5]),))
    [rest] = components_of((tuple(Button(label="b", verb=verb) for verb in list(verbs)[5:]),))
    assert [part["style"] for part in [*row["components"], *rest["components"]]] == list(verbs.values())


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
        ("-# small", r"\-# small"),
        ("👨\N{ZERO WIDTH JOINER}👩 ok", "👨\N{ZERO WIDTH JOINER}👩 ok"),
        ("   deep", "\N{NO-BREAK SPACE}" * 3 + "deep"),
        ("a\u202eb\x00c", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"),
    ],
)
def test_words_are_shown_as_they_are(words: str, shown: str) -> None:
    assert escaped(words) == shown
