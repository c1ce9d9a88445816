"""Everything is walked over the wire, in a server and in private: commands and their fields, buttons, selects, forms.

What there is comes from the code itself: a command, a field or a line that makes a button fails this unless it is used.
"""

import ast
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from bots.commands import BY_NAME, in_menu
from bots.discord import feed
from bots.linking import PAYLOAD
from core.domain.event import RuleMissed
from core.domain.ids import OwnerId
from core.domain.reading import Command
from core.domain.rule import LIVE, RuleState
from core.feed import press
from core.feed.card import Button
from core.feed.press import Press, RuleDeed
from tests import samples
from tests.bots.discord.stage import ANN, BOB, Message, Stage, staged, words_of
from tests.emulators.discord.server import DiscordServer
from tests.emulators.discord.world import OWNER, ROOM, Interaction

ROOT = Path(__file__).parents[3]
_FILES = [*(ROOT / "bots").glob("*.py"), *(ROOT / "core" / "feed").glob("*.py")]
Site = tuple[str, int]
"""A line that makes a button: the file's name and the number of the line."""

QUESTION = "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
ALERT = "tell me when SOL is below 120"
USES: dict[str, tuple[dict[str, Any], ...]] = {
    "start": ({},),
    "rule": (
        {"text": QUESTION},
        {"text": "stop loss at 141"},
        {"text": "settings fills on"},
        {"text": "how do I stop it?"},
        {"text": "why has r1 not fired?"},
    ),
    "rules": ({}, {"what": "SOL", "page": 1}),
    "positions": ({},),
    "balance": ({},),
    "prices": ({}, {"markets": "SOL BTC"}),
    "orders": ({},),
    "trades": ({}, {"number": 5}),
    "pnl": ({}, {"period": "week"}),
    "alerts": ({},),
    "history": ({}, {"rule": "r1"}),
    "pause": ({"what": "r1"}, {}),
    "resume": ({}, {"what": "r1"}),
    "delete": ({"what": "r2"}, {"what": "r3"}),
    "cancel": ({"market": "BTC"},),
    "limits": ({},),
    "timezone": ({}, {"zone": "Europe/Berlin"}),
    "settings": ({}, {"what": "fills", "value": "silent"}),
    "link": ({}, {"code": "ABCD-EFGH"}),
    "web": ({},),
    "privacy": ({},),
    "help": ({},),
    "feed": ({"room": str(ROOM), "amounts": True}, {"share": True}, {"off": True}),
    "kill": ({},),
    "deleteme": ({},),
}
TYPED = {"status": "", "users": "", "broadcast": "Back soon", "start": f"{PAYLOAD}ABCDEF"}
"""What no menu has and is typed in private: an operator's commands, an address of ours."""
SAYS_NO = (
    ("link: ", "used or has expired"), ("c:/link ABCDEF: ", "used or has expired"), ("rule: ", "did not understand"),
    ("c:/deleteme now: ", "You hold a position"),
)  # fmt: skip
"""Where what is used here is refused, and rightly."""


def _lines() -> set[Site]:
    """Every line of the product that makes a button for a channel to show."""
    return {(file.name, number) for file in _FILES for number in _made_in(ast.parse(file.read_text()))}


def _made_in(tree: ast.AST) -> set[int]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return {call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "write"}


class Walk:
    """One person's way through everything, in one place. `made` = which lines made which verb."""

    def __init__(self, stage: Stage, made: Mapping[str, set[Site]], *, guild: bool) -> None:
        self.stage, self.guild, self.made = stage, guild, made
        self.walked: set[Site] = set()
        self.kinds: set[Any] = set()
        self.forms: set[type] = set()
        self.selects = 0
        self.refused: list[str] = []

    def lacks(self, name: str, fields: Mapping[str, Any]) -> bool:
        """Whether Discord would not let anybody use *name* with *fields* only."""
        command = next(one for one in self.stage.discord.commands if one["name"] == name)
        return any(one["required"] and one["name"] not in fields for one in command.get("options", ()))

    async def use(self, name: str, person: int = ANN, **fields: Any) -> Message:
        return await self.looked_at(await self.stage.discord.slash(person, name, guild=self.guild, **fields), name)

    async def looked_at(self, asked: Interaction, what: str) -> Message:
        """The answer to *asked*, which says something, to its own person only."""
        callback = await self.stage.called_back(asked)
        if callback["type"] == 9:
            self.forms.add(type(press.read(callback["data"]["custom_id"])))
            words = "stop loss at 138" if "140" not in str(callback) else "stop loss at 139"
            asked = await self.stage.discord.submit(asked, words)
        shown = await self.stage.answer(asked)
        assert words_of(shown), what
        if shown["channel_id"] == str(ROOM):
            assert shown["flags"] & 64, what
        if words_of(shown).startswith("⛔"):
            self.refused.append(f"{what}: {words_of(shown)}")
        return shown

    def _next(self) -> tuple[Message, str, str, list[str] | None] | None:
        """Something that is shown and was made by a line not walked yet; what is in this place first, a stop last."""
        last = None
        here = sorted(
            self.stage.discord.messages.values(), key=lambda one: (one["channel_id"] == str(ROOM)) != self.guild
        )
        for message in here:
            if message["channel_id"] not in {str(ROOM), self.stage.discord.open_dm(ANN)}:
                continue
            for part in (part for row in message["components"] for part in row["components"]):
                for value in [option["value"] for option in part.get("options", ())] or [part["custom_id"]]:
                    verb = value.split("~")[0]
                    if self.made.get(verb, set()) - self.walked and verb != "c:/deleteme now":
                        found = message, verb, part["custom_id"], [value] if "options" in part else None
                        if verb != "c:/pause":
                            return found
                        last = found
        return last

    async def press_everything(self) -> None:
        while (found := self._next()) is not None:
            message, verb, name, values = found
            await self.press(message, verb, name, values)

    async def press(
        self, message: Message, verb: str, name: str | None = None, values: list[str] | None = None,
        *, at: float | None = None,
    ) -> Interaction:  # fmt: skip
        self.walked |= self.made[verb]
        meant = press.read(verb)
        self.kinds |= {type(meant), getattr(meant, "deed", None), getattr(meant, "run", None)}
        self.selects += values is not None
        asked = await self.stage.discord.press_id(ANN, message, name or verb, values, at=at)
        if at is None:
            await self.looked_at(asked, verb)
        return asked


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[Site]]:
    """Which line made which verb, from now on."""
    found: dict[str, set[Site]] = defaultdict(set)
    write = press.write

    def noted(meant: Press) -> str:
        verb = write(meant)
        frame = sys._getframe(1)
        found[verb].add((Path(frame.f_code.co_filename).name, frame.f_lineno))
        return verb

    for file in _FILES:
        for line in ast.parse(file.read_text()).body:
            if isinstance(line, ast.Assign) and (lines := _made_in(line)):
                module = sys.modules[".".join(file.relative_to(ROOT).with_suffix("").parts)]
                standing = getattr(module, ast.unparse(line.targets[0]))
                assert isinstance(standing, Button), "a button that is made when its module is"
                found[standing.verb] |= {(file.name, number) for number in lines}
    for name, module in list(sys.modules.items()):
        if name.startswith(("bots.", "core.feed.")) and getattr(module, "write", None) is write:
            monkeypatch.setattr(module, "write", noted)
    return found


def test_every_command_and_field_is_used_below() -> None:
    assert {*USES, *TYPED} == {*BY_NAME, feed.COMMAND}
    for command in in_menu(dashboard=True, admin=False):
        used = {field for fields in USES[command.name] for field in fields}
        assert used == {option.name for option in command.options}, command.name
    assert {field for fields in USES[feed.COMMAND] for field in fields} == {one["name"] for one in feed.MENU["options"]}


@pytest.mark.slow
@pytest.mark.parametrize("guild", [True, False], ids=["in a server", "in private"])
async def test_every_command_button_select_and_form_is_answered(
    guild: bool, postgres_dsn: str, made: dict[str, set[Site]]
) -> None:
    async with (
        DiscordServer() as discord,
        staged(postgres_dsn, discord, SAYWHEN_PUBLIC_URL="https://saywhen.example", DISCORD_ADMINS=str(ANN)) as stage,
    ):
        await discord.until(lambda: discord.commands)
        assert {command["name"] for command in discord.commands} == set(USES)
        walk = Walk(stage, made, guild=guild)
        owner = await _settled(walk)
        for name, uses in USES.items():
            for fields in uses:
                if walk.lacks(name, fields):
                    continue
                if name == feed.COMMAND:
                    if guild:
                        await walk.use(name, OWNER if "share" not in fields else ANN, **fields)
                    continue
                if name == "kill":
                    await _pushed(walk, owner)
                    await walk.press_everything()  # while nothing is stopped
                await walk.use(name, **fields)
        for name, words in TYPED.items():
            assert "There is no command" not in words_of(await stage.say(f"/{name} {words}".strip()))
        await walk.press_everything()
        await _late(walk)
        assert _lines() - walk.walked == set(), "lines that make a button which is never pressed here"
        assert walk.kinds >= {*get_args(Press), *get_args(RuleDeed), True, False}
        assert walk.forms == {press.EditDraft, press.HandleRule}
        assert walk.selects
        unexpected = [no for no in walk.refused if not any(no.startswith(one) and why in no for one, why in SAYS_NO)]
        assert unexpected == []
        assert [refusal for refusal in discord.refused if refusal[2] != 10062] == []


async def _settled(walk: Walk) -> OwnerId:
    """A position, more rules than a page, an order that rests, and another chat that is linked."""
    stage = walk.stage
    owner = await stage.hold()
    for _ in range(10):
        draft = await walk.use("rule", text=ALERT)
        await stage.press(draft, "Confirm")
    code, _ = await stage.core.links.offer(owner)
    other = await stage.core.account.sign_in("telegram", "99")
    claim = await stage.core.links.claim(other, "telegram", "99", code)
    await stage.core.links.settle(owner, claim.id, agree=True, by="test")
    async with stage.core.parts.store.begin(owner) as tx:
        fired = next(rule for rule in await tx.rules() if rule.label == "r3")
        await tx.save_rule(replace(fired, state=RuleState.FIRING), was=fired.state, version=fired.version)
        await tx.add_order(planned := samples.order(fired))
        await tx.save_order(samples.signed(planned), was=planned.state)
    return owner


async def _pushed(walk: Walk, owner: OwnerId) -> None:
    """What asks by itself: rules that were missed, and somebody who entered the code."""
    stage = walk.stage
    labels = tuple(rule.label for rule in (await stage.core.rules.list(owner, LIVE))[-2:])
    await stage.core.rules.pause(owner, Command(name="pause_rules", rule_ids=labels))
    async with stage.core.parts.store.begin(owner) as tx:
        for rule in [rule for rule in await tx.rules() if rule.label in labels]:
            now = datetime.now(UTC)
            await tx.append(
                RuleMissed(at=now, owner=owner, rule_id=rule.id, label=rule.label, late_s=840, asked=True, summary="It")
            )
    code, _ = await stage.core.links.offer(owner)
    await walk.use("link", BOB, code=code)

    def told(words: str) -> list[Message]:
        return [one for one in stage.posted() if words in words_of(one)]

    await stage.discord.until(lambda: len(told("was missed")) == 2 and len(told("Your code was entered")) == 2)
    for missed, part in zip(told("was missed"), (0, 1), strict=True):
        await walk.press(missed, missed["components"][0]["components"][part]["custom_id"])
    claimed = told("Your code was entered")[-1]
    await walk.press(claimed, claimed["components"][0]["components"][0]["custom_id"], at=time.time() - 300)
    await stage.discord.until(lambda: any("Not done" in words_of(one) for one in stage.posted()))


async def _late(walk: Walk) -> None:
    """What was done too long ago comes in private, and asks again; last, everything is deleted."""
    stage, old = walk.stage, time.time() - 300
    before = len(stage.posted())

    def refused() -> list[Message]:  # beside what is told unasked meanwhile
        return [one for one in stage.posted()[before:] if "Not done" in words_of(one)]

    await stage.discord.slash(ANN, "kill", guild=walk.guild, at=old)
    sure = await walk.use("deleteme")
    await walk.press(sure, "c:/deleteme now", at=old)
    await stage.discord.until(lambda: len(refused()) == 2)
    await walk.press_everything()
    await walk.press(refused()[-1], "c:/deleteme now")
