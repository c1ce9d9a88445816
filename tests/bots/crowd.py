"""People and an inbox that answer as told, for the scripted core; decides nothing."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.errors import Denied
from core.domain.ids import OwnerId
from core.domain.owner import Owner
from core.domain.preference import Loudness, QuietHours, Topic
from core.ports import Letter, PnlBy, PnlLine, TradeFilter
from core.ports.access import Claim, Link
from tests.clock import START


class People:
    """Preferences of the one person there is, kept in their account."""

    def __init__(self, account: Any) -> None:
        self.account = account
        self.said: list[str] = []
        self.forgotten = 0
        self.are_watched = True

    async def tell(self, owner: OwnerId, topic: Topic, loudness: Loudness) -> Owner:
        notices = {**self.account.person.preferences.notices, topic: loudness}
        return self._chosen(notices=notices)

    async def be_quiet(self, owner: OwnerId, hours: QuietHours | None) -> Owner:
        return self._chosen(quiet=hours)

    async def show_in_groups(self, owner: OwnerId, *, shown: bool) -> Owner:
        return self._chosen(show_in_groups=shown)

    async def set_slippage(self, owner: OwnerId, bps: int) -> Owner:
        return self._chosen(slippage_bps=bps)

    async def forget(self, owner: OwnerId) -> None:
        self.forgotten += 1

    async def counts(self) -> Mapping[str, int]:
        return {"people": 3, "links": 4, "unreachable": 1, "live rules": 2, "cards to send": 0}

    async def watched(self) -> bool:
        return self.are_watched

    async def announce(self, words: str) -> int:
        self.said.append(words)
        return 3

    def _chosen(self, **changes: Any) -> Owner:
        person: Owner = self.account.person
        self.account.person = replace(person, preferences=replace(person.preferences, **changes))
        return self.account.person  # type: ignore[no-any-return]


class Trades:
    """What the fills of the account come to, and any funding, on one market."""

    def __init__(self, account: Any) -> None:
        self.account = account
        self.funding = Decimal(0)

    async def pnl(self, owner: OwnerId, by: PnlBy, wanted: TradeFilter) -> list[PnlLine]:
        fills = [fill for fill in self.account.fills if wanted.start is None or fill.at >= wanted.start]
        realised = sum((fill.realised_pnl for fill in fills), Decimal(0))
        fees = sum((fill.fee for fill in fills), Decimal(0))
        line = PnlLine(key="SOL-PERP", realised=realised, fees=fees, funding=self.funding, fills=len(fills))
        return [line] if fills or self.funding else []


class Links:
    """One code, and whoever enters it waits to be agreed to."""

    def __init__(self) -> None:
        self.waiting: list[Claim] = []
        self.places: list[Link] = []
        self.settled: list[tuple[str, bool, str]] = []

    async def web(self, owner: OwnerId, channel: str) -> str:
        return f"https://desk.example/sign-in#{owner}-{channel}"

    async def offer(self, owner: OwnerId) -> tuple[str, datetime]:
        return "7XK2M9QRTA", START + timedelta(minutes=15)

    async def claim(self, owner: OwnerId, channel: str, address: str, code: str) -> Claim:
        if code != "7XK2M9QRTA":
            raise Denied("This code is used or has expired.", "Make a new one.")
        return Claim(id="c1", channel=channel, address=address, expires_at=START + timedelta(minutes=15))

    async def claims(self, owner: OwnerId) -> list[Claim]:
        return self.waiting

    async def settle(self, owner: OwnerId, claim_id: str, *, agree: bool, by: str) -> Claim:
        self.settled.append((claim_id, agree, by))
        return self.waiting.pop()

    async def list(self, owner: OwnerId) -> "Places":
        return self.places

    async def remove(self, owner: OwnerId, channel: str, address: str, *, by: str) -> None:
        self.places = [place for place in self.places if (place.channel, place.address) != (channel, address)]


Places = list[Link]


class NoInbox:
    """Nothing is kept: what has no crash needs no inbox."""

    async def keep(self, letters: Sequence[Letter]) -> list[Letter]:
        return list(letters)

    async def unanswered(self, channel: str, account: str) -> list[Letter]:
        return []

    async def answered(self, channel: str, account: str, numbers: Collection[int]) -> None: ...

    async def show(self, channel: str, place: str, ref: str, person: str, key: str | None) -> list[str]:
        return []

    async def shown_at(self, channel: str, place: str, ref: str) -> tuple[str, str | None] | None:
        return None

    async def known(self, channel: str, address: str) -> OwnerId | None:
        return OwnerId(1)

    async def sweep(self) -> int:
        return 0

    async def listened(self, name: str) -> datetime | None:
        return None

    async def listening(self, name: str) -> None: ...

    def turn(self, name: str, waiting: asyncio.Event) -> AbstractAsyncContextManager[asyncio.Event]:
        raise NotImplementedError


class NoMemos:
    """Remembers for as long as it lives, and knows no card elsewhere."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], str] = {}

    async def recall(self, channel: str, name: str, person: str = "") -> str | None:
        return self.kept.get((channel, person, name))

    async def remember(self, channel: str, name: str, value: str | None, person: str = "") -> None:
        if value is None:
            self.kept.pop((channel, person, name), None)
        else:
            self.kept[channel, person, name] = value

    async def about_people(self, channel: str, name: str) -> Mapping[str, str]:
        return {key[1]: value for key, value in self.kept.items() if key[::2] == (channel, name) and key[1]}

    async def elsewhere(self, channel: str, person: str, key: str) -> list[tuple[str, str, str]]:
        return []
