"""Where an owner talks to us: channels linked on both sides, and one-time links from chat to web."""

import asyncio
import secrets
from datetime import datetime, timedelta

from core.app.identity import digest
from core.app.parts import TIME_OUT_S, Parts
from core.domain.errors import Conflict, Denied, NotFound
from core.domain.event import AccountLinkRequested
from core.domain.ids import OwnerId
from core.domain.order import IN_FLIGHT
from core.domain.rule import LIVE
from core.ports.access import AuditLine, Claim, Credentials, Link, Once, People, Purpose

WEB_LIFE = timedelta(minutes=5)
CODE_LIFE = timedelta(minutes=15)
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class Links:
    """Both sides agree, each signed in as itself: one makes a code, the other claims it, the first confirms."""

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
            raise Denied("This code is used or has expired.", "Make a new one where you made it: /link, or the web.")
        if offer.owner == owner:
            raise Conflict("This is linked already.", "Nothing needs to be done.")
        await self._check_empty(owner, "This account")
        claim_id = secrets.token_hex(8)
        detail = {"channel": channel, "address": address, "owner": owner}
        expires_at = await self._put("link_claim", f"{offer.owner}:{claim_id}", offer.owner, CODE_LIFE, detail)
        async with self._parts.store.begin(offer.owner) as tx:
            await tx.append(
                AccountLinkRequested(at=now, owner=offer.owner, channel=channel, address=address, claim_id=claim_id)
            )
        return Claim(id=claim_id, channel=channel, address=address, expires_at=expires_at)

    async def claims(self, owner: OwnerId) -> list[Claim]:
        """Who waits to be linked to *owner*."""
        return [_claim(once) for once in await self._credentials.pending(owner, "link_claim", self._parts.clock.now())]

    async def settle(self, owner: OwnerId, claim_id: str, *, agree: bool, by: str) -> Claim:
        """Link who waits, or send them away; *by* whom, for the audit log.

        Raises NotFound, and Conflict where they began to trade meanwhile.
        """
        now = self._parts.clock.now()
        once = await self._credentials.take("link_claim", f"{owner}:{claim_id}", now)
        if once is None:
            raise NotFound("Nobody waits to be linked any more.", "Make a new code.")
        claim = _claim(once)
        if agree:
            was = OwnerId(once.detail["owner"])
            await self._check_empty(was, "The other account")
            if not await self._people.move_link(claim.channel, claim.address, was=was, to=owner, at=now):
                raise Conflict("That account has changed meanwhile.", "Make a new code and send it again.")
        await self._people.audit(AuditLine(owner=owner, at=now, act="link", by=by, detail={"agree": agree}))
        return claim

    async def list(self, owner: OwnerId) -> "Places":
        """Where the owner's cards go."""
        return await self._people.links(owner)

    async def remove(self, owner: OwnerId, channel: str, address: str, *, by: str) -> None:
        """Stop talking to the owner there; *by* whom, for the audit log. Raises NotFound."""
        if not await self._people.remove_link(owner, channel, address):
            raise NotFound("No such link of yours.", "See your links.")
        now = self._parts.clock.now()
        await self._people.audit(AuditLine(owner=owner, at=now, act="unlink", by=by, detail={"channel": channel}))

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

    async def _check_empty(self, owner: OwnerId, which: str) -> None:
        """An account that still has something to watch must not lose the place where its owner hears of it."""
        async with self._parts.store.begin(owner) as tx:
            busy = await tx.rules(LIVE) or await tx.orders(states=IN_FLIGHT)
        async with asyncio.timeout(TIME_OUT_S):
            account = await self._parts.venue.account(owner)
        if busy or account.positions:
            raise Conflict(
                f"{which} has rules, orders or positions of its own.",
                "Close and cancel them first; two accounts are never merged.",
            )


def _claim(once: Once) -> Claim:
    return Claim(
        id=once.key.partition(":")[2],
        channel=once.detail["channel"],
        address=once.detail["address"],
        expires_at=once.expires_at,
    )


Places = list[Link]
