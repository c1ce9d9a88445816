"""What Discord wants answered at once, and with no trace: forms to write in, and guesses at what is being typed."""

import asyncio
import logging
from typing import Any

from bots.commands import BY_NAME
from bots.discord.channel import Whole
from bots.discord.hearing import Data, Heard, fields_of
from bots.discord.render import EPHEMERAL, MOST_TEXT, form_of, pages_of
from bots.discord.wire import CHOICES, FORM, MESSAGE, NAME, Wire
from bots.options import guesses
from bots.views import error_card
from core.domain.errors import BadInput, NotFound, SayWhenError
from core.domain.ids import DraftId
from core.domain.owner import Draft
from core.domain.reading import ANSWER_MARK
from core.domain.rule import LIVE
from core.domain.wording import say_rule
from core.feed.card import Card
from core.feed.press import EditDraft, HandleRule

WITHIN_S = 2.2
"""Discord waits three seconds, and neither can be put off."""
_log = logging.getLogger(__name__)
_SLOW = Card(title="That took too long", lines=("Press the button again.",), tone="bad", public=True)
_NOT_YOURS = Card(title="These buttons are for the person who asked.", tone="warn", public=True)


async def open_form(wire: Wire, core: Whole, heard: Heard, press: EditDraft | HandleRule) -> None:
    """Answer with a form that holds the words as they are; what is wrong is told instead."""
    wrong: Card
    try:
        async with asyncio.timeout(WITHIN_S):
            if heard.by is not None and heard.by != heard.person:
                wrong = _NOT_YOURS
            else:
                title, words = await _words_of(core, heard, press)
                if len(words) > MOST_TEXT:
                    raise BadInput("These words are longer than a form.", "Write in private what should change.")
                form = form_of(heard.verb or "", title, "Say it the way it should be", words)
                await wire.call_back(heard, FORM, form)
                return
    except SayWhenError as problem:
        wrong = error_card(problem)
    except TimeoutError:
        wrong = _SLOW
    await _try(wire, heard, MESSAGE, {**pages_of(wrong)[0], "flags": EPHEMERAL})


async def guess(wire: Wire, core: Whole, heard: Heard, data: Data) -> None:
    """Answer what is being typed into a command's field, which *data* tells, with what it may become."""
    found: list[tuple[str, str]] = []
    try:
        async with asyncio.timeout(WITHIN_S):
            command = BY_NAME.get(str(data.get("name")))
            focused = next((one["name"] for one in data.get("options") or () if one.get("focused")), None)
            option = next((one for one in (command.options if command else ()) if one.name == focused), None)
            if option is not None:
                owner = await core.inbox.known(NAME, str(heard.person))
                typed = str(fields_of(data).get(option.name) or "")
                found = await guesses(core, owner, option.kind, typed)
    except (SayWhenError, TimeoutError) as problem:
        _log.info("nothing is guessed: %s", problem)
    await _try(wire, heard, CHOICES, {"choices": [{"name": shown, "value": value} for shown, value in found]})


async def _words_of(core: Whole, heard: Heard, press: EditDraft | HandleRule) -> tuple[str, str]:
    """What the form is called, and the words that stand in it."""
    owner = await core.account.sign_in(NAME, str(heard.person))
    if isinstance(press, EditDraft):
        draft = await core.drafts.get(owner, DraftId(press.draft_id))
        return "What should change?", _whole(draft)
    for rule in await core.rules.list(owner, LIVE):
        if rule.label == press.label:
            return f"How should {rule.label} be?", say_rule(rule.spec, rule.references)
    raise NotFound(f"You have no rule {press.label}.", "/rules shows yours.")


def _whole(draft: Draft) -> str:
    """The words to change: those that were said, or what they have become where answers and corrections came since."""
    if ANSWER_MARK in draft.words and not draft.result.questions and len(draft.result.rules) == 1:
        return say_rule(draft.result.rules[0])
    return draft.words


async def _try(wire: Wire, heard: Heard, kind: int, data: dict[str, Any]) -> None:
    try:
        await wire.call_back(heard, kind, data)
    except SayWhenError as problem:
        _log.info("Discord did not take an answer: %s", problem)
