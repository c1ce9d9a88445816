"""A server's feed: what fired and filled for members who share it, in a room that an admin chose; decides no notice."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.discord.hearing import ADMINISTRATOR, MANAGE_SERVER, Data, Heard, fields_of
from bots.discord.render import EPHEMERAL, pages_of
from bots.discord.wire import MESSAGE, NAME, Gone, Wire
from core.domain.errors import SayWhenError
from core.feed.card import Card
from core.ports import Memos

COMMAND = "feed"
_FEED, _SHARES = "feed", "shares"
_BOOLEAN, _CHANNEL, _TEXT_ROOM = 5, 7, 0
_SAID = {"trigger": "A rule fired", "fill": "An order filled"}
_log = logging.getLogger(__name__)

MENU: dict[str, Any] = {
    "type": 1,
    "name": COMMAND,
    "description": "A room where this server sees rules fire and orders fill",
    "integration_types": [0],
    "contexts": [0],
    "options": [
        {
            "type": _BOOLEAN, "name": "share", "required": False,
            "description": "Whether your own triggers and fills are shown there",
        },
        {
            "type": _CHANNEL, "name": "room", "required": False, "channel_types": [_TEXT_ROOM],
            "description": "For admins: where the feed goes",
        },
        {
            "type": _BOOLEAN, "name": "amounts", "required": False,
            "description": "For admins: whether amounts and prices are shown; hidden otherwise",
        },
        {"type": _BOOLEAN, "name": "off", "required": False, "description": "For admins: no feed any more"},
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where a server's feed goes, and whether it shows amounts."""

    room: int
    amounts: bool = False


class Feeds:
    """The servers' feeds. Nothing is kept in memory: who is forgotten, or leaves, is shown nowhere from then on."""

    def __init__(self, wire: Wire, memos: Memos) -> None:
        self._wire = wire
        self._memos = memos

    async def answer(self, heard: Heard, data: Data) -> None:
        """Do what `/feed` asks, as *data* tells, and say for this person's eyes only how things stand."""
        guild = data.get("guild_id")
        if not guild:
            return
        allowed = int((data.get("member") or {}).get("permissions") or 0)
        given = fields_of(data.get("data") or {})
        card = await self._done(int(guild), heard.person, given, admin=bool(allowed & (ADMINISTRATOR | MANAGE_SERVER)))
        try:
            await self._wire.call_back(heard, MESSAGE, {**pages_of(card)[0], "flags": EPHEMERAL})
        except SayWhenError as problem:
            _log.info("/feed was done and could not be answered: %s", problem)

    async def tell(self, person: int, card: Card, token: str) -> None:
        """Show what *person* was just told in the feeds that they share it in. What cannot be shown is left out."""
        kind = (card.key or "").partition(":")[0]
        if kind not in _SAID:
            return
        try:
            await self._tell(person, kind, card, token)
        except SayWhenError as problem:
            _log.info("a server's feed misses something: %s", problem)

    async def _tell(self, person: int, kind: str, card: Card, token: str) -> None:
        for guild in await self._shared(person):
            feed = await self._feed(guild)
            if feed is None:
                continue
            shown = Card(title=card.title, lines=card.lines, tone=card.tone) if feed.amounts else _hidden(kind, card)
            body = {**pages_of(shown)[0], "allowed_mentions": {"parse": []}}
            body |= {"nonce": f"{token[:20]}.f", "enforce_nonce": True} if token else {}
            try:
                await self._wire.post_in(feed.room, body)
            except Gone:
                await self._memos.remember(NAME, _feed_of(guild), None)

    async def _done(self, guild: int, person: int, given: Mapping[str, object], *, admin: bool) -> Card:
        if {"room", "amounts", "off"} & set(given):
            if not admin:
                return Card(title="Only who may manage this server chooses its feed", tone="bad")
            await self._choose(guild, given)
        if "share" in given:
            shared = set(await self._shared(person))
            shared = shared | {guild} if given["share"] is True else shared - {guild}
            value = json.dumps(sorted(shared)) if shared else None
            await self._memos.remember(NAME, _SHARES, value, str(person))
        feed, shares = await self._feed(guild), guild in await self._shared(person)
        if feed is None:
            return Card(title="This server has no feed", lines=("An admin chooses its room with /feed room.",))
        lines = (
            "Amounts and prices are shown." if feed.amounts else "Amounts and prices are hidden.",
            "Your triggers and fills are shown there: /feed share False stops that."
            if shares
            else "Nothing of yours is shown there: /feed share True changes that.",
        )
        return Card(title="This server has a feed", lines=lines)

    async def _choose(self, guild: int, given: Mapping[str, object]) -> None:
        before = await self._feed(guild)
        room = given.get("room", before.room if before else None)
        if given.get("off") is True or room is None:
            await self._memos.remember(NAME, _feed_of(guild), None)
            return
        amounts = given.get("amounts", before.amounts if before else False) is True
        await self._memos.remember(NAME, _feed_of(guild), json.dumps({"room": int(str(room)), "amounts": amounts}))

    async def _feed(self, guild: int) -> Feed | None:
        noted = await self._memos.recall(NAME, _feed_of(guild))
        return None if noted is None else Feed(**json.loads(noted))

    async def _shared(self, person: int) -> list[int]:
        noted = await self._memos.recall(NAME, _SHARES, str(person))
        return [] if noted is None else [int(guild) for guild in json.loads(noted)]


def _feed_of(guild: int) -> str:
    return f"{_FEED}:{guild}"


def _hidden(kind: str, card: Card) -> Card:
    """That something happened, and where; not to whom, nor how much."""
    where = "" if card.chart is None else f" on {card.chart.market}"
    return Card(title=f"{_SAID[kind]}{where}", tone=card.tone)
