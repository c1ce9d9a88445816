"""From chat to chat and to the web: codes that both sides agree to, addresses that sign in once; keeps neither."""

from bots import views
from bots.obey import LATE_AFTER_S
from bots.turn import Turn
from core.domain.errors import BadInput, NotFound
from core.domain.event import AccountLinkRequested
from core.feed.card import Button, Card, card_of
from core.feed.press import Say, write
from core.ports.access import Claim, Link

PAYLOAD = "link-"
"""What a deep link's payload begins with, before the code."""


async def web(turn: Turn, words: str) -> list[Card]:  # noqa: ARG001 - takes no words
    """An address that signs in once, shown to nobody else."""
    lines = (
        await turn.core.links.web(turn.owner, turn.channel),
        "It signs you in once, within five minutes. Whoever opens it is you: do not pass it on.",
    )
    return [Card(title="Your dashboard", lines=lines, owner_only=True)]


async def link(turn: Turn, words: str) -> list[Card]:
    """A code without words; else a code that is claimed, or what becomes of a claim or of a link. Raises BadInput."""
    match words.split():
        case []:
            return await _offer(turn)
        case [("yes" | "no") as said, claim_id]:
            return [await _settle(turn, claim_id, agree=said == "yes")]
        case ["off", channel, address]:
            return [await _remove(turn, channel, address)]
        case [code]:
            return [await _claim(turn, code)]
        case _:
            raise BadInput(f"Expected one code, was {words[:40]!r}", "Send it like this: /link 7XK2M9QRTA")


def asked_by_address(payload: str) -> Card:
    """Asks whoever opened a deep link whether they mean it: an address may come from anybody."""
    code = payload.removeprefix(PAYLOAD)
    if not code.isalnum() or len(code) > 20:
        raise BadInput("This address holds no code.", "/link makes one.")
    return Card(
        title="Link this chat to another account?",
        lines=(
            "Only do this if you made the code yourself: this chat then speaks for the account that made it.",
            _LEFT_BEHIND,
        ),
        buttons=((Button(label="Link this chat", verb=write(Say(words=f"/link {code}"))),),),
        tone="warn",
        owner_only=True,
    )


async def _offer(turn: Turn) -> list[Card]:
    links = turn.core.links
    waiting = [card for claim in await links.claims(turn.owner) if (card := _asked(turn, claim)) is not None]
    others = [place for place in await links.list(turn.owner) if not _is_here(turn, place)]
    code, expires_at = await links.offer(turn.owner)
    until = views.local_time(expires_at, await turn.core.account.owner(turn.owner))
    lines = [
        f"/link {code}",
        "Send this line to SayWhen on the other channel. It works once,",
        f"until {until}; then you are asked here whether it was you.",
        "An account there that has rules, orders or positions of its own cannot be linked.",
    ]
    lines += [f"Linked now: {_said(place)}" for place in others]
    off = tuple(
        (Button(label=f"Unlink {place.channel}", verb=write(Say(words=f"/link off {place.channel} {place.address}"))),)
        for place in others
    )
    card = Card(title="Link another chat to this account", lines=tuple(lines), buttons=off, owner_only=True)
    return [*waiting, card]


async def _claim(turn: Turn, code: str) -> Card:
    claim = await turn.core.links.claim(turn.owner, turn.channel, turn.address, code)
    until = views.local_time(claim.expires_at, await turn.core.account.owner(turn.owner))
    lines = (
        f"Now confirm it where you made the code, until {until}.",
        "From then on this chat gives orders for that account and hears of them.",
        _LEFT_BEHIND,
    )
    return Card(title="The other side has to agree", lines=lines, owner_only=True)


async def _settle(turn: Turn, claim_id: str, *, agree: bool) -> Card:
    if agree and turn.waited_s > LATE_AFTER_S:
        return views.late_card(turn.waited_s, "Link it", write(Say(words=f"/link yes {claim_id[:40]}")))
    claim: Claim = await turn.core.links.settle(turn.owner, claim_id, agree=agree, by=turn.channel)
    if not agree:
        return Card(title="Refused", lines=("Nothing was linked.",), key=_key(claim_id))
    title = f"{claim.channel.capitalize()} is linked"
    return Card(title=title, lines=("/link shows and ends it.",), tone="good", key=_key(claim_id))


async def _remove(turn: Turn, channel: str, address: str) -> Card:
    places = await turn.core.links.list(turn.owner)
    if not any(place.channel == channel and place.address == address and not _is_here(turn, place) for place in places):
        raise NotFound("No other chat of yours is linked there.", "/link shows them.")
    await turn.core.links.remove(turn.owner, channel, address, by=turn.channel)
    lines = ("It neither gives orders for this account nor hears of them any more.",)
    return Card(title=f"{channel.capitalize()} is unlinked", lines=lines, owner_only=True)


def _asked(turn: Turn, claim: Claim) -> Card | None:
    """The question that the event of the claim asked already, in case it was missed."""
    asks = AccountLinkRequested(
        at=turn.now, owner=turn.owner, channel=claim.channel, address=claim.address, claim_id=claim.id
    )
    return card_of(asks)


def _key(claim_id: str) -> str:
    return f"link:{claim_id}"


def _is_here(turn: Turn, place: Link) -> bool:
    return place.channel == turn.channel and place.address == turn.address


def _said(place: Link) -> str:
    return f"{place.channel} ({place.address})"


_LEFT_BEHIND = "What this chat had for itself (paper money, history) stays behind and is not merged."
