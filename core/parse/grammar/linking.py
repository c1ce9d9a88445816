"""Decides which exits of a message wait for which entry of it; places no market that was not spoken of."""

from collections.abc import Sequence

from core.parse.grammar.continued import OPENING
from core.parse.grammar.drafts import Change, Cond, GroupDraft, PnlDraft, RuleDraft, Trail
from core.parse.grammar.grouping import SAID_OF_ALL, Unclear


def opens(draft: RuleDraft) -> bool:
    """Whether the draft's action enters a position, as far as its words say."""
    return draft.act.verb in OPENING and not draft.act.held and not draft.act.reduce_only


def cond_markets(cond: Cond | None) -> list[str]:
    """The markets that a condition names, in order."""
    if isinstance(cond, GroupDraft):
        return [market for part in cond.parts for market in cond_markets(part)]
    market = getattr(cond, "market", None)
    return [] if market is None else [market]


def needs_market(cond: Cond | None) -> bool:
    """Whether some part of the condition is about a market that it does not name."""
    if isinstance(cond, GroupDraft):
        return any(needs_market(part) for part in cond.parts)
    return getattr(cond, "market", "") is None


def position_of(cond: Cond | None) -> str | None:
    """The market of the very position that a condition speaks of: its trailing stop, its profit, its entry."""
    own = isinstance(cond, Trail | PnlDraft) or (isinstance(cond, Change) and cond.reference == "entry_price")
    market = cond_markets(cond) if own else []
    return market[0] if market and market[0] != "*" else None


def link(drafts: list[RuleDraft]) -> None:
    """Marks the exits that wait for an entry of the same message. Raises Unclear."""
    entries = [number for number, draft in enumerate(drafts) if opens(draft)]
    if not entries:
        return
    markets = _spoken_of(drafts)
    for number, draft in enumerate(drafts):
        act = draft.act
        if opens(draft) or act.verb in SAID_OF_ALL:
            continue
        before = [entry for entry in entries if entry < number]
        if act.purpose is not None and not before:
            before = [entry for entry in entries[:1] if drafts[entry].sentence == draft.sentence]
        if not before:
            continue
        if _of_which(drafts, number, before):
            raise Unclear(f"Of which of them is the {act.text}? Say it with each.")
        same = _same(markets[number], markets[before[-1]]) and _facing(draft, drafts[before[-1]])
        unnamed = act.market is None and not act.held and act.size is None
        waits = act.purpose is not None or draft.then or act.it or act.inline is not None or unnamed
        waits = waits or (number > 0 and drafts[number - 1].then and (act.rest or not act.held))
        draft.then = bool(same and waits and not act.everything)
        if draft.then and before[-1] > number and act.market is None:
            act.market = markets[before[-1]]  # "sl 3 %, buy ETH": of what is bought then


def _of_which(drafts: Sequence[RuleDraft], number: int, before: Sequence[int]) -> bool:
    """ "long 1 SOL and 1 ETH with 5 % stops": an exit right behind two entries, which names neither."""
    if len(before) < 2 or drafts[number].act.market is not None or position_of(drafts[number].cond) is not None:
        return False
    first, last = drafts[before[-2]], drafts[before[-1]]
    beside = before[-1] == before[-2] + 1 and first.sentence == last.sentence == drafts[number].sentence
    other = first.act.market not in (None, last.act.market)
    behind = all(draft.act.purpose is not None for draft in drafts[before[-1] + 1 : number + 1])
    return beside and other and behind and first.cond == last.cond


def _same(exit_: str | None, entry: str | None) -> bool:
    return exit_ is None or entry is None or exit_ == entry


def _facing(exit_: RuleDraft, entry: RuleDraft) -> bool:
    """Whether the exit may be one of that entry's position: not "the short" after a purchase, no sale after a short."""
    side = "short" if entry.act.verb == "short" else "long"
    sold = side == "short" and exit_.act.verb == "sell" and exit_.act.purpose is None
    return exit_.act.side in (None, side) and not sold


def _spoken_of(drafts: Sequence[RuleDraft]) -> list[str | None]:
    """The market that each draft is about, as far as its own words and those of its sentence go."""
    markets: list[str | None] = []
    for number, draft in enumerate(drafts):
        named = list(dict.fromkeys(name for name in cond_markets(draft.cond) if name != "*"))
        market = draft.act.market or position_of(draft.cond) or (named[0] if len(named) == 1 else None)
        if draft.act.it and draft.act.market is None and not draft.cond_first:
            market = None  # "close it if BTC drops": it is what was spoken of before.
        beside = number > 0 and drafts[number - 1].sentence == draft.sentence and draft.act.purpose is not None
        if market is None and beside and not opens(drafts[number - 1]) and drafts[number - 1].act.purpose is not None:
            market = markets[-1]
        markets.append(market)
    return markets
