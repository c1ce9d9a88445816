"""What people ask about SayWhen itself, answered from how this one is set up; decides no value of an account."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from bots.turn import Turn
from core.domain.wording import say_amount, say_price
from core.feed.card import Button, Card
from core.feed.press import Say, write

TERMS: Mapping[str, str] = MappingProxyType({
    "reduce-only": "An order that can only shrink a position. It never opens one, nor turns it to the other side.",
    "reduce only": "An order that can only shrink a position. It never opens one, nor turns it to the other side.",
    "slippage": "How much worse than the price seen an order may fill. Beyond it the order does not trade.",
    "leverage": "What you hold, divided by your equity. At 5x a move of 1 % changes your equity by about 5 %.",
    "funding": "What longs and shorts pay each other while they hold. Above 0 % longs pay, below 0 % shorts pay.",
    "margin": "The part of your collateral that a position ties up. The rest is free.",
    "collateral": "The money in the account that all your positions are backed by.",
    "equity": "Collateral, plus or minus what your open positions have made so far.",
    "health": "100 % with nothing at risk; at 0 % the venue liquidates.",
    "mark": "The price by which the venue values positions and liquidates them.",
    "notional": "What a position is worth: its size times the price.",
    "perp": "A perpetual future: it follows the coin's price, has no end, and no coin changes hands.",
    "perpetual": "A perpetual future: it follows the coin's price, has no end, and no coin changes hands.",
    "twap": "One order cut into equal slices over a time, so that the market moves less.",
    "dca": "Buying a fixed amount again and again, whatever the price: “buy $50 of SOL every Monday at 9”.",
    "oco": "Two rules of which one cancels the other: a stop and a target, for example.",
    "trailing stop": "A stop that follows the price up and never down: “trail my SOL by 3 %”.",
    "stop loss": "A rule that closes a position once the price has gone against you: “stop at 140”.",
    "take profit": "A rule that closes a position once the price has gone your way: “take profit at 170”.",
    "limit order": "An order that rests at its price and fills at that price or better, or not at all.",
    "market order": "An order that fills at once at the best price there is, within the slippage you allow.",
    "paper": "Trading with play money at the market's prices: nothing real is bought or sold.",
    "bps": "Basis points: 100 bps are 1 %.",
    "draft": "What SayWhen understood and you have not confirmed. It does nothing.",
})  # fmt: skip
"""Words of the cards, each in a sentence."""


async def term(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - says the same to everybody
    """What the words of a card mean that *said* asks about."""
    found = dict.fromkeys(text for name, text in TERMS.items() if re.search(rf"\b{re.escape(name)}\b", said))
    named = next(name for name in TERMS if re.search(rf"\b{re.escape(name)}\b", said))
    return [Card(title=named.capitalize() if len(named) > 4 else named.upper(), lines=tuple(found), public=True)]


async def away(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - about every way of being away
    """What happens while this chat, this machine or SayWhen is away."""
    lines = [
        "Rules are watched where SayWhen runs, not in this chat. What you miss is told when you are back."
        if turn.channel != "console"
        else "Closing a chat window of saywhen chat changes nothing. Where saywhen up ends, watching ends with it.",
        "If SayWhen stops, nothing is lost: rules, drafts and orders are stored, and taken up where they were.",
        "Nothing is sent twice: an order under way is proven first. You are told how long nobody watched.",
        "A rule whose price was crossed meanwhile: an exit acts if its condition still holds, an entry asks you first.",
        "A price that is stale or lost fires nothing, and you are told so.",
    ]
    view = await turn.core.account.view(turn.owner)
    if view.venue == "drift":
        lines.append("Fixed stops and targets that rest on drift work there meanwhile: /rules says which.")
    else:
        lines.append("Nothing of a rule rests at the venue before it fires: while SayWhen is down, no stop acts.")
    return [Card(title="If the connection is lost", lines=tuple(lines))]


async def confirming(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - the same for every draft
    """What a confirmation starts."""
    lines = (
        "Exactly what the card says is armed: “At once” trades now, the rest waits for its condition.",
        "You are told when a rule fires, and again of the fill: its price, its fee, and what you hold then.",
        "/rules shows what is armed and how far off; each can be paused, changed or deleted there.",
        "A draft that is not confirmed does nothing, and ends after 15 minutes.",
    )
    return [Card(title="After Confirm", lines=lines, public=True)]


async def risk(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - told from the account
    """What can be lost, and where what is held would be liquidated."""
    view = await turn.core.account.view(turn.owner)
    lines = [
        "The whole account backs every position: at worst what is in it is lost.",
        "A position is liquidated before that, when its margin no longer suffices; the card of each draft says where.",
        "A stop limits a loss, but fills at the price there is: in a jump that can be worse than its level.",
    ]
    for held in (position for position in view.positions if position.base != 0):
        at = held.liquidation_price
        where = (
            "no liquidation price"
            if at is None
            else f"liquidation at {say_price(at)}, the price now {say_price(held.mark)}"
        )
        lines.append(f"{say_amount(abs(held.base), held.market, exact=True)} {held.side}: {where}.")
    return [Card(title="What you can lose", lines=tuple(lines))]


async def money(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - told from the account
    """Whether it is real."""
    venue = (await turn.core.account.view(turn.owner)).venue
    if venue == "paper":
        return [
            Card(
                title="It is play money",
                lines=("Your account is on paper: nothing real is bought or sold.", _price_words(turn)),
            )
        ]
    lines = (f"Your account is on {venue}. Orders there are real transactions.", _price_words(turn))
    return [Card(title=f"It trades on {venue}", lines=lines)]


async def fees(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - the same for every order
    """What trading costs."""
    lines = [
        "SayWhen takes nothing. The venue takes a fee of each fill: the draft says about how much, the fill exactly.",
        "Funding comes on top for as long as you hold: it is paid between longs and shorts. /prices shows the rates.",
    ]
    if turn.core.fees.charged:
        lines.append("Network fees are paid by the key that trades, not from your collateral: /balance shows them.")
    lines.append("/pnl tells fees and funding apart from what trading made.")
    return [Card(title="What it costs", lines=tuple(lines))]


async def custody(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - the same for every account
    """Who can touch the money."""
    lines = [
        "SayWhen can trade and nothing else: no part of it can withdraw or transfer money.",
        "It never asks for a private key or a seed phrase. Whoever does is not SayWhen: do not answer.",
        "Only what you type yourself is an instruction, and nothing trades before you confirm it.",
    ]
    if (await turn.core.account.view(turn.owner)).venue == "paper":
        lines.append("Here there is no money at all: your account is on paper.")
    return [Card(title="Your money stays yours", lines=tuple(lines))]


async def prices(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - told from the source
    """Which price fires rules."""
    lines = (
        _price_words(turn),
        "A price that is stale, uncertain, or jumped alone fires nothing; you are told when that lasts.",
        "/prices shows the latest ones.",
    )
    return [Card(title="The price that is watched", lines=lines)]


async def stopping(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - says the same to everybody
    """The ways of stopping, and what each leaves open."""
    lines = (
        "“pause r2” stops watching one rule, “pause” all of them. Orders and positions stay.",
        "“delete r2” takes a rule back for good. “edit r2” changes it, once you confirm the change.",
        "/cancel takes resting orders off. Rules and positions stay.",
        "“close my SOL” or “close everything” closes positions, once you confirm.",
        "/kill, or “stop everything”, pauses all rules and cancels all orders. Positions stay; you are asked.",
        "“resume” watches again what was paused.",
        "A draft is dropped by “cancel”, its last change by “undo”.",
    )
    buttons = (
        (
            Button(label="My rules", verb=write(Say(words="/rules"))),
            Button(label="Pause all", verb=write(Say(words="/pause"))),
        ),
    )
    return [Card(title="How to stop or change something", lines=lines, buttons=buttons)]


async def lasting(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - the same for every rule
    """How long drafts and rules last."""
    lines = (
        "A draft can be confirmed for 15 minutes; its card says until when.",
        "A rule lasts until it has fired, unless its card says that it repeats or expires.",
        "A rule that guards a position ends with the position, and you are told.",
    )
    return [Card(title="How long it lasts", lines=lines, public=True)]


def _price_words(turn: Turn) -> str:
    source = turn.core.prices
    said = (
        "Prices are SIMULATED: invented, not the market's."
        if source.simulated
        else f"Prices come from {source.source_name}."
    )
    return source.notice or said
