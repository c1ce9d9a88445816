"""Where an owner talks to us: channels linked on both sides, and one-time links from chat to web."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.app.identity import digest
from core.app.parts import Parts
from core.domain.errors import Conflict, Denied, NotFound
from core.domain.ids import OwnerId
from core.domain.order import IN_FLIGHT
from core.domain.rule import LIVE
from core.ports.access import Credentials, Link, Once, People, Purpose

WEB_LIFE = timedelta(minutes=5)
CODE_LIFE = timedelta(minutes=15)
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody on a channel entered a code of the owner's and waits for the owner to agree."""

    id: str
    channel: str
    address: str
    expires_at: datetime


class Links:
    """Both sides agree, each signed in as itself: the web makes a code, the bot claims it, the web confirms."""

    def __init__(self, parts: Parts, credentials: Credentials, people: People) -> None:
        self._parts = parts
        self._credentials = credentials
        self._people = people

    async def web(self, owner: OwnerId, channel: str) -> str:
        """An address that signs *owner* in to the web once, within five minutes; the secret is in its fragment."""
        token = secrets.token_urlsafe(32)
        await self._put("web", digest(token), owner, WEB_LIFE, {"channel": channel})
        return f"{self._parts.settings.public_url}/sign-in#{token}"

    async def offer(self, owner: OwnerId) -> tuple[str, datetime]:
        """A code that links a channel to *owner* when somebody sends it there as `/link CODE`, and when it expires."""
        code = "".join(secrets.choice(_ALPHABET) for _ in range(10))
        return code, await self._put("link", digest(code), owner, CODE_LIFE, {})

    async def claim(self, owner: OwnerId, channel: str, address: str, code: str) -> Claim:
        """As *owner* on a channel, ask to be linked to whoever made the code. Raises Denied, Conflict."""
        now = self._parts.clock.now()
        offer = await self._credentials.take("link", digest(code.strip().upper()), now)
        if offer is None or offer.owner is None:
            raise Denied("This code is used or has expired.", "Make a new one on the web.")
        if offer.owner == owner:
            raise Conflict("This is linked already.", "Nothing needs to be done.")
        await self._check_empty(owner)
        claim_id = secrets.token_hex(8)
        detail = {"channel": channel, "address": address, "owner": owner}
        expires_at = await self._put("link_claim", f"{offer.owner}:{claim_id}", offer.owner, CODE_LIFE, detail)
        return Claim(id=claim_id, channel=channel, address=address, expires_at=expires_at)

    async def claims(self, owner: OwnerId) -> list[Claim]:
        """Who waits to be linked to *owner*."""
        waiting = await self._credentials.pending(owner, "link_claim", self._parts.clock.now())
        return [
            Claim(
                id=once.key.partition(":")[2],
                channel=once.detail["channel"],
                address=once.detail["address"],
                expires_at=once.expires_at,
            )
            for once in waiting
        ]

    async def settle(self, owner: OwnerId, claim_id: str, *, agree: bool) -> None:
        """Link who waits, or send them away. Raises NotFound, and Conflict where they began to trade meanwhile."""
        now = self._parts.clock.now()
        once = await self._credentials.take("link_claim", f"{owner}:{claim_id}", now)
        if once is None:
            raise NotFound("Nobody waits to be linked under that id.", "Make a new code.")
        if not agree:
            return
        was = OwnerId(once.detail["owner"])
        await self._check_empty(was)
        channel, address = once.detail["channel"], once.detail["address"]
        if not await self._people.move_link(channel, address, was=was, to=owner, at=now):
            raise Conflict("That account has changed meanwhile.", "Make a new code and send it again.")

    async def list(self, owner: OwnerId) -> "Places":
        """Where the owner's cards go."""
        return await self._people.links(owner)

    async def remove(self, owner: OwnerId, channel: str, address: str) -> None:
        """Stop talking to the owner there. Raises NotFound."""
        if not await self._people.remove_link(owner, channel, address):
            raise NotFound("No such link of yours.", "See your links.")

    async def _put(
        self, purpose: Purpose, key: str, owner: OwnerId, life: timedelta, detail: dict[str, object]
    ) -> datetime:
        now = self._parts.clock.now()
        once = Once(
            purpose=purpose,
            key=key,
            owner=owner,
            detail=detail,
            created_at=now,
            expires_at=now + life,
        )
        await self._credentials.put(once)
        return once.expires_at

    async def _check_empty(self, owner: OwnerId) -> None:
        """An account that still has something to watch must not lose the place where its owner hears of it."""
        async with self._parts.store.begin(owner) as tx:
            busy = await tx.rules(LIVE) or await tx.orders(states=IN_FLIGHT)
        if busy or (await self._parts.venue.account(owner)).positions:
            raise Conflict(
                "The other account has rules, orders or positions of its own.",
                "Close and cancel them there first; two accounts are never merged.",
            )


Places = list[Link]
