"""A server's feed: what fired and filled for members who share it, in a room that an admin chose; decides no notice."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.channel import TryAgain
from bots.discord.hearing import ADMINISTRATOR, MANAGE_SERVER, Data, Heard, fields_of
from bots.discord.render import EPHEMERAL, pages_of
from bots.discord.wire import DEFER, NAME, Gone, Refused, Wire
from bots.views import error_card
from core.domain.errors import Conflict, SayWhenError
from core.feed.card import Card
from core.ports import Memos

COMMAND = "feed"
_FEED, _SHARES = "feed", "shares"
_BOOLEAN, _CHANNEL, _TEXT_ROOM = 5, 7, 0
_PROVEN_WITHIN_S = 10.0
_SAID = {"trigger": "A rule fired", "fill": "An order filled"}
_BEGINS = Card(
    title="This room has the feed now",
    lines=("Rules that fire and orders that fill are shown here, of members who agree: /feed share:True.",),
)
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
            "description": "For admins: whether amounts and prices of those who agree are shown",
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
        try:
            await self._wire.call_back(heard, DEFER, {"flags": EPHEMERAL})
        except SayWhenError as problem:
            _log.info("/feed cannot be answered, and is not done: %s", problem)
            return
        try:
            admin = bool(allowed & (ADMINISTRATOR | MANAGE_SERVER))
            card = await self._done(int(guild), heard.person, given, admin=admin)
        except SayWhenError as problem:
            card = error_card(problem)
        try:
            await self._wire.edit_original(heard, pages_of(card)[0])
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
        for guild, openly in (await self._shared(person)).items():
            feed = await self._feed(guild)
            if feed is None:
                continue
            whole = Card(title=card.title, lines=card.lines, tone=card.tone)
            shown = whole if feed.amounts and openly else _hidden(kind, card)
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
        feed, shared = await self._feed(guild), await self._shared(person)
        if "share" in given:
            shared.pop(guild, None)
            if given["share"] is True:
                shared[guild] = feed is not None and feed.amounts
            value = json.dumps({str(one): openly for one, openly in sorted(shared.items())}) if shared else None
            await self._memos.remember(NAME, _SHARES, value, str(person))
        if feed is None:
            return Card(title="This server has no feed", lines=("An admin chooses its room with /feed room.",))
        theirs = "Nothing of yours is shown there: /feed share:True changes that."
        if guild in shared:
            theirs = "Your triggers and fills are shown there: /feed share:False stops that."
            if feed.amounts and not shared[guild]:
                theirs = f"{theirs} Your amounts are not, as you agreed before: /feed share:True shows them, too."
        amounts = "Amounts and prices are shown." if feed.amounts else "Amounts and prices are hidden."
        return Card(title="This server has a feed", lines=(amounts, theirs))

    async def _choose(self, guild: int, given: Mapping[str, object]) -> None:
        """Note what an admin chose. Raises Conflict for a room that we may not write in."""
        before = await self._feed(guild)
        room = given.get("room", before.room if before else None)
        if given.get("off") is True or room is None:
            await self._memos.remember(NAME, _feed_of(guild), None)
            return
        if before is None or before.room != int(str(room)):
            await self._prove(int(str(room)))
        amounts = given.get("amounts", before.amounts if before else False) is True
        await self._memos.remember(NAME, _feed_of(guild), json.dumps({"room": int(str(room)), "amounts": amounts}))

    async def _prove(self, room: int) -> None:
        """Say in *room* that it has the feed: whether we may write there is only known by doing so."""
        try:
            async with asyncio.timeout(_PROVEN_WITHIN_S):
                await self._wire.post_in(room, {**pages_of(_BEGINS)[0], "allowed_mentions": {"parse": []}})
        except (Gone, Refused) as problem:
            _log.info("a feed cannot be written: %s", problem)
            raise Conflict(
                "I may not write in that room.", "Let me view it, send messages and embed links there; then try again."
            ) from None
        except TimeoutError:
            raise TryAgain("Discord does not answer.") from None

    async def _feed(self, guild: int) -> Feed | None:
        noted = await self._memos.recall(NAME, _feed_of(guild))
        return None if noted is None else Feed(**json.loads(noted))

    async def _shared(self, person: int) -> dict[int, bool]:
        """The servers in whose feeds *person* is shown, and whether with amounts where those are shown."""
        noted = json.loads(await self._memos.recall(NAME, _SHARES, str(person)) or "{}")
        if isinstance(noted, list):  # as an earlier version noted it, when nobody was asked about amounts
            return {int(guild): False for guild in noted}
        return {int(guild): bool(openly) for guild, openly in noted.items()}


def _feed_of(guild: int) -> str:
    return f"{_FEED}:{guild}"


def _hidden(kind: str, card: Card) -> Card:
    """That something happened, and where; not to whom, nor how much."""
    where = "" if card.chart is None else f" on {card.chart.market}"
    return Card(title=f"{_SAID[kind]}{where}", tone=card.tone)
