"""Decides which market and which side of a position every rule speaks of, or asks."""

from decimal import Decimal
from typing import Any

from core.domain.condition import ALL_MARKETS
from core.parse.grammar.desk import Desk, Point
from core.parse.grammar.drafts import (
    AccountDraft,
    Act,
    Cond,
    GroupDraft,
    Level,
    PnlDraft,
    PositionSide,
    RuleDraft,
)
from core.parse.grammar.linking import cond_markets, needs_market, opens, position_of

MAX_MARKET_OPTIONS = 8
_ALL_OF_IT = (
    "flatten",
    "flatten me",
    "close me out",
    "get me flat",
    "flat",
    "be flat",
    "go flat",
    "take me flat",
    "be out",
    "get out",
    "i out",
)
"""Words that close whatever is open, where nothing is named."""


def settle_markets(desk: Desk) -> None:
    """Gives every draft its action's market: named, carried, held, or asked for."""
    carried: str | None = None
    for number, draft in enumerate(desk.drafts):
        market = _market_of(desk, draft, carried, number)
        desk.markets.append(market)
        named = [name for name in cond_markets(draft.cond) if name != "*"]
        if market not in (None, "*"):
            carried = market
        elif named:
            carried = named[-1]


def _market_of(desk: Desk, draft: RuleDraft, carried: str | None, number: int) -> str | None:
    act = draft.act
    if act.market is not None:
        return act.market
    named = list(dict.fromkeys(name for name in cond_markets(draft.cond) if name != "*"))
    if act.verb in ("cancel_orders", "cancel_rules", "pause_rules"):
        return "*"
    if act.verb == "alert":
        return (named[0] if named else carried) if needs_market(draft.cond) or named else "*"
    if act.everything and act.verb in ("close", "exit") and act.purpose is None:
        return "*"
    alone = not (act.it or act.held or act.size or carried or draft.then)
    flat = act.verb == "close" and act.text.lower() in _ALL_OF_IT and alone and not act.whole
    if flat and len(desk.held_markets()) == 1 and not set(named) - set(desk.context.prices):
        return desk.held_markets()[0]
    if flat and len(desk.held_markets()) > 1:
        if not set(named) & set(desk.held_markets()) or _of_account(draft.cond):
            return "*"
        return _ask_market(desk, [*named, *desk.held_markets(), "*"])
    elsewhere = not (set(named) & set(desk.held_markets())) and len(desk.held_markets()) > 1
    if (
        act.verb == "close"
        and act.whole
        and not (act.it or act.held or carried or draft.then)
        and (not named or elsewhere)
    ):
        return "*"
    others = [market for market in desk.held_markets() if market != carried]
    if carried is not None and others and not named and _of_all(draft):
        return _ask_market(desk, [carried, ALL_MARKETS])
    if len(desk.held_markets()) > 1 and named and (_flattens(act) or _may_be_all(act)):
        return _all_or_named(desk, named, elsewhere=elsewhere and carried is None)
    if act.everything and not opens(draft) and (carried is not None or not named):
        if carried is not None and others:
            return _ask_market(desk, [carried, ALL_MARKETS])  # everything of it, or all positions?
        return carried or _all_of(desk)
    if isinstance(draft.cond, PnlDraft) and draft.cond.market == "*" and act.verb == "close":
        return "*"
    own = None if opens(draft) else position_of(draft.cond)
    if own is not None:
        return own
    if carried is not None and named and carried not in named:
        return _own_or_carried(desk, draft, named, carried)
    if draft.then and carried is not None:
        return carried
    if opens(draft):
        return _opening_market(desk, named, carried, number)
    return _exit_market(desk, draft, named, carried)


def _own_or_carried(desk: Desk, draft: RuleDraft, named: list[str], carried: str) -> str | None:
    """ "Long 1 ETH. Get out if BTC drops": of the market that its own condition names, or of the one before it?"""
    if opens(draft):
        return _ask_market(desk, [*named, carried])
    if draft.act.it and not draft.cond_first:
        return carried
    entered = [market for n, market in enumerate(desk.markets) if opens(desk.drafts[n])]
    meant = [market for market in (carried, *named) if market in entered or market in desk.held_markets()]
    return _ask_market(desk, meant or [carried, *named]) if len(meant) != 1 else meant[0]


def _flattens(act: Act) -> bool:
    """Whether it is a bare "flatten", which may be of what was spoken of or of everything."""
    return act.verb == "close" and act.text.lower() in _ALL_OF_IT and not (act.it or act.held or act.size or act.whole)


def _all_or_named(desk: Desk, named: list[str], *, elsewhere: bool) -> str | None:
    """Every position, or that of the market which the condition names; every one where none is held there."""
    return ALL_MARKETS if elsewhere else _ask_market(desk, [*named, ALL_MARKETS])


def _may_be_all(act: Act) -> bool:
    """Whether it leaves "all", or "all my position": what was spoken of, or every position?"""
    return act.all and act.verb in ("close", "exit", "sell") and not (act.purpose or act.it or act.size or act.side)


def _of_all(draft: RuleDraft) -> bool:
    """Whether it may leave every position: "exit all", or a bare "flatten" under a condition that is of no market."""
    act = draft.act
    if act.verb not in ("close", "exit", "sell") or act.purpose is not None or act.it:
        return False
    bare = act.verb == "close" and not act.held and act.size is None and not act.rest and act.side is None
    return (act.whole and not act.held and act.size is None) or (bare and isinstance(draft.cond, AccountDraft))


def _of_account(cond: Cond | None) -> bool:
    """Whether a condition speaks of the account as a whole."""
    if isinstance(cond, GroupDraft):
        return any(_of_account(part) for part in cond.parts)
    return isinstance(cond, AccountDraft) or (isinstance(cond, PnlDraft) and cond.market == "*")


def _all_of(desk: Desk) -> str | None:
    """ "sell everything": the one position, or all of them."""
    held = desk.held_markets()
    return held[0] if len(held) == 1 else "*"


def _opening_market(desk: Desk, named: list[str], carried: str | None, number: int) -> str | None:
    if len(named) == 1:
        return named[0]
    if not named and carried is not None and number > 0:
        return carried
    return _ask_market(desk, named or desk.held_markets())


def _exit_market(desk: Desk, draft: RuleDraft, named: list[str], carried: str | None) -> str | None:
    held = desk.held_markets()
    if draft.act.side is not None and draft.act.verb != "reverse" and not (named and named[0] in held):
        facing = [market for market in held if desk.held_side(market) == draft.act.side]
        held = facing or held
    if draft.act.everything and named and named[0] not in held:
        return _all_of(desk)
    if draft.act.everything and named and len(desk.held_markets()) > 1:
        return _ask_market(desk, [*named, ALL_MARKETS])  # all of that market, or all there is?
    if len(named) == 1 and (named[0] in held or not held or not draft.act.held):
        if named[0] in held or not held:
            return named[0]
        return _ask_market(desk, [*held, named[0]])
    if len(held) == 1 and (len(named) == 1 or (named and draft.act.held)):
        return held[0]
    if not named and carried is not None:
        alone = draft.act.side is not None and [desk.held_side(market) for market in held] == [draft.act.side]
        entered = any(opens(one) and _faces(one) == draft.act.side for one in desk.drafts)
        return held[0] if alone and not entered else carried
    if not named and len(held) == 1:
        return held[0]
    if not desk.held_markets() and not named:
        level = draft.cond.price if isinstance(draft.cond, Level) else None
        return _ask_market(desk, [], text="You hold no position. Which market is it for?", level=level)
    return _ask_market(desk, named or held)


def _ask_market(
    desk: Desk, first: list[str], *, text: str = "Which market do you mean?", level: Decimal | None = None
) -> str | None:
    """The answer to which market is meant; offers those of *first*, else those whose price is not far from *level*."""
    known = [name for name, price in desk.context.prices.items() if level is None or level / 2 < price < level * 2]
    ordered = list(dict.fromkeys([*first, *(known or desk.context.prices)]))[:MAX_MARKET_OPTIONS]
    if len(first) > 1:
        ordered = first[:MAX_MARKET_OPTIONS]
    point = Point(
        key="market",
        about="market",
        text=text,
        candidates=tuple(("everything" if market == "*" else market, market) for market in ordered),
    )
    answer: str | None = desk.ask(point)
    return answer


def entry_of(desk: Desk, number: int) -> int | None:
    """The entry that the draft waits for."""
    if desk.drafts[number].follows is not None:
        return None  # it waits for another exit's fill
    before = [n for n in range(number) if opens(desk.drafts[n])]
    if not desk.drafts[number].then and not (before and _of_what_is_bought(desk, number, before[-1])):
        return None
    if before and _of_what_is_held(desk, number, before[-1]):
        return None
    if before:
        return before[-1]
    after = [n for n in range(number + 1, len(desk.drafts)) if opens(desk.drafts[n])]
    return after[0] if after else None


def _of_what_is_held(desk: Desk, number: int, entry: int) -> bool:
    """ "Long 2 SOL if it breaks 165. When SOL reaches 160 move my stop up": that of the SOL which is held already."""
    draft, entered = desk.drafts[number], desk.drafts[entry]
    market = desk.markets[number] if number < len(desk.markets) else draft.act.market
    apart = draft.act.verb == "move_stop" and draft.sentence != entered.sentence and entered.cond is not None
    return apart and market is not None and desk.held_side(market) == _faces(entered)


def _of_what_is_bought(desk: Desk, number: int, entry: int) -> bool:
    """Whether an exit can only mean the position that the entry before it opens, since there is no other."""
    act = desk.drafts[number].act
    if act.verb not in ("sell", "close", "exit", "trim", "cover") or act.everything or desk.markets[number] == "*":
        return False
    market = desk.markets[number] if number < len(desk.markets) else act.market
    same = market == desk.markets[entry] if number < len(desk.markets) else market is None
    sold = act.verb != "sell" or act.size is None or act.held or act.it
    same = same and act.side in (None, _faces(desk.drafts[entry]))
    return same and desk.holding(market) is None and sold


def _elsewhere(desk: Desk, number: int, entry: int) -> bool:
    """Whether an exit is of another market than the entry before it, so that the entry's side is not its own."""
    if max(number, entry) >= len(desk.markets):
        return False
    left, entered = desk.markets[number], desk.markets[entry]
    return None not in (left, entered) and left != entered


def _faces(entry: RuleDraft) -> PositionSide:
    """Which way the position faces that an entry opens."""
    return "short" if entry.act.verb == "short" else "long"


def side_of(desk: Desk, number: int) -> PositionSide | None:
    """Which way the position faces that the draft exits or watches; None: cannot be known."""
    act = desk.drafts[number].act
    entry = entry_of(desk, number)
    if entry is not None and not _elsewhere(desk, number, entry):
        entered = _faces(desk.drafts[entry])
        _of_which_position(desk, number, entry, entered)
        return entered
    market = desk.markets[number] if number < len(desk.markets) else act.market
    held = desk.held_side(market)
    said = act.side if act.verb != "reverse" else None
    if act.verb == "cover" and said is None:
        said = "short"
    if held is not None and said is not None and held != said:
        text = f"You speak of a {said}, but your {market} position is {held}. Which do you mean?"
        desk.ask(Point(key=f"side:{number}", about="contradiction", text=text))
    return said or held or _side_by_prices(desk, number)


def _of_which_position(desk: Desk, number: int, entry: int, entered: PositionSide) -> None:
    """An exit in a sentence of its own, where an entry came before and the opposite is held: the exit of which?"""
    act = desk.drafts[number].act
    market = act.market or (desk.markets[number] if number < len(desk.markets) else None)
    held = desk.held_side(market)
    apart = desk.drafts[number].sentence != desk.drafts[entry].sentence and not act.it
    apart = apart and not _left_before(desk, number, market)
    if apart and (act.purpose is not None or act.held) and held is not None and held != entered:
        text = f"Is the {act.text} for the {market} {held} that you hold, or for what is traded then?"
        desk.ask(Point(key=f"whose:{number}", about="contradiction", text=text))


def _left_before(desk: Desk, number: int, market: str | None) -> bool:
    """Whether what is held is left by then: "close my short, long 2 SOL, stop 140"."""
    leaving = ("close", "reverse", "cover", "sell", "exit")
    return any(
        draft.act.verb in leaving and draft.act.purpose is None and desk.markets[n] in (market, "*")
        for n, draft in enumerate(desk.drafts[:number])
        if n < len(desk.markets)
    )


def _side_by_prices(desk: Desk, number: int) -> PositionSide | None:
    """With no position in sight, a stop under the price guards a long, one above it a short."""
    market = desk.markets[number]
    targets, stops = _exit_levels(desk, market, "target"), _exit_levels(desk, market, "stop")
    if targets and stops:
        return "long" if targets[0] > stops[0] else "short"
    current = desk.price(market)
    if current is None:
        return None
    if targets:
        return "long" if targets[0] >= current else "short"
    return ("long" if stops[0] <= current else "short") if stops else None


def _exit_levels(desk: Desk, market: str | None, purpose: str) -> list[Decimal]:
    found: list[Any] = [
        draft.cond.price
        for number, draft in enumerate(desk.drafts)
        if draft.act.purpose == purpose
        and isinstance(draft.cond, Level)
        and number < len(desk.markets)
        and desk.markets[number] == market
    ]
    return [price for price in found if price is not None]
