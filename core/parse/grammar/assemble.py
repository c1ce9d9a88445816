"""Joins clauses to rules: which condition belongs to which action, what waits for what; fills no default."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise, zip_longest

from core.parse.grammar.calendar import When
from core.parse.grammar.clauses import Part
from core.parse.grammar.drafts import (
    AccountDraft,
    Act,
    CandleDraft,
    Change,
    Cond,
    FilledDraft,
    FundingDraft,
    GroupDraft,
    IndicatorDraft,
    Level,
    PnlDraft,
    RuleDraft,
    ScheduleDraft,
    TargetHit,
    TimeDraft,
    Trail,
)
from core.parse.grammar.grouping import ALONGSIDE, SAID_OF_ALL, Group, Unclear, groups
from core.parse.grammar.linking import link, needs_market, opens
from core.parse.grammar.remarks import Mod
from core.parse.grammar.schedules import DAY_S, one_schedule

_BESIDE_A_PRICE = (Level, CandleDraft, IndicatorDraft, AccountDraft, FundingDraft)
"""Conditions that go together with "at X" of the action before them: "half at 160 only if BTC is above 62k"."""

_JOINING = frozenset({"AND", "OR", "WHILE", "SLASH", "THEN"})
_LEAVING = ("close", "sell", "exit", "trim", "cover", "reverse")
_RETRACTED = ("cancel_orders", "cancel_rules", "pause_rules")
_SOME_ORDERS = "I can cancel all orders or rules of a market, not those at some price. If you mean when, say “when”."
_SOME_RULES = "When something happens I can only cancel or pause all rules of a market, not some kind of them."


def assemble(sentences: Sequence[Sequence[Part]]) -> list[RuleDraft]:
    """The rules that the clauses make, in the order said. Raises Unclear."""
    drafts: list[RuleDraft] = []
    for number, parts in enumerate(sentences):
        said = len(drafts)
        for group in groups(parts):
            _add_rules(drafts, group)
        for draft in drafts[said:]:
            draft.sentence = number
    link(drafts)
    _must_say_when(drafts)
    if any(isinstance(part.what, Mod) and part.what.kind == "oco" for parts in sentences for part in parts):
        entries = all(opens(draft) for draft in drafts)
        for draft in drafts:
            draft.oco = draft.oco or entries or not opens(draft)
    if len(drafts) > 1 and any(d.act.verb == "move_stop" and d.cond is None and not d.then for d in drafts):
        raise Unclear("When should the stop be moved: now, or once something happened? Say that with it.")
    return drafts


def _measured_alike(parts: Sequence[Part]) -> None:
    """ "up 10 % or down 5 % from entry": both from the entry, or the first from here? Raises Unclear."""
    moves = [part.what for part in parts if isinstance(part.what, Change)]
    if len({(move.market, move.reference) for move in moves}) > len({move.market for move in moves}):
        raise Unclear("From where is each of those moves: your entry, or the price now? Say it with each.")


def _not_within(parts: Sequence[Part]) -> None:
    """ "if I lose 10 % in a day": only a price is watched within a time. Raises Unclear."""
    for before, part in pairwise(parts):
        span = part.what.when.in_s if isinstance(part.what, TimeDraft) else None
        if span is not None and not part.joins and not before.is_time:
            raise Unclear("I can watch how far a price moves within some time, not that. Say it without the time.")


def _must_say_when(drafts: Sequence[RuleDraft]) -> None:
    """An action behind a rule that waits must not be done at once unless that was said. Raises Unclear."""
    waiting: set[int] = set()
    for draft, behind in zip_longest(drafts, drafts[1:]):
        act = draft.act
        if behind is not None and _shares(draft, behind):
            raise Unclear(f"When should “{act.text}” be done: at once, or at that price too? Say it with it.")
        said = act.at_once or act.order.type is not None or act.purpose is not None or act.verb == "alert"
        at_once = draft.then and act.verb in _LEAVING  # an entry that is left as soon as it is filled
        if draft.cond is None and (at_once or not draft.then) and not said and draft.sentence in waiting:
            raise Unclear(f"When should “{act.text}” be done: at once, or under that condition too? Say it with it.")
        if draft.cond is not None and not draft.then:
            waiting.add(draft.sentence)


def _shares(draft: RuleDraft, behind: RuleDraft) -> bool:
    """ "Sell half and close the rest at 160": whether two exits of one sentence may be meant for one price."""
    act, rest = draft.act, behind.act
    bare = draft.cond is None and not (draft.then or act.at_once or act.order.type or act.purpose)
    beside = draft.sentence == behind.sentence and not behind.then and isinstance(behind.cond, Level)
    return bare and beside and act.verb in _LEAVING and rest.verb in _LEAVING and rest.rest


def _add_rules(drafts: list[RuleDraft], group: Group) -> None:
    if not group.acts:
        _add_remarks(drafts, group)
        return
    if any(part.act.verb != "alert" for part in group.acts) and _listed_levels(group.conds):
        raise Unclear("It cannot hit both at once. Say “or”, or how much to do at each of them.")
    told = all(part.act.verb == "alert" for part in group.acts) and len(group.conds) > 1
    if told and all(part.led for part in group.conds) and any("AND" in part.joins for part in group.conds[1:]):
        raise Unclear("Once when all of that holds, or for each of them? Say “both”, or send two messages.")
    cond = joined(group.conds)
    if not group.cond_first and group.conds and "OR" in group.conds[0].joins:
        raise Unclear("I cannot tell what that is an alternative to. Send one rule at a time.")
    traded = {part.act.market for part in group.acts if part.act.verb not in SAID_OF_ALL and part.act.market}
    if len(traded) > 1 and needs_market(cond):
        raise Unclear("Of which market is that said? Name it in the condition.")
    if any(part.act.at_once for part in group.acts) and any(not (part.led or part.is_time) for part in group.conds):
        raise Unclear("Now, or when that happens? Send what to do now as a message of its own.")
    each = any("EACH" in part.joins for part in group.conds)
    then = any({"THEN", "IF"} <= part.joins for part in group.conds)
    for part in group.acts:
        act = part.act
        if act.filter is not None:
            raise Unclear(_SOME_RULES, beyond=True)
        if act.verb in _RETRACTED and not group.cond_first and any(not (one.led or one.is_time) for one in group.conds):
            raise Unclear(_SOME_ORDERS, beyond=True)
        if _only_share(drafts, cond, act):
            continue
        if act.verb == "alert" and len(group.acts) == 1 and _listed_levels(group.conds):
            drafts += [RuleDraft(cond=level, act=replace(act), repeat=each) for level in _listed_levels(group.conds)]
            continue
        follows = "THEN" in part.joins and not (group.cond_first and part is group.acts[0])
        draft = RuleDraft(
            cond=cond, act=act, repeat=each, then=then or (follows and bool(drafts)), cond_first=group.cond_first
        )
        next_step = follows and cond is None and act.at is None and act.inline is None
        rested = follows and cond is None and act.purpose == "trail" and (act.rest or act.whole)
        if isinstance(cond, FilledDraft) or (
            (next_step or rested) and drafts and not any(opens(one) for one in drafts)
        ):
            draft.follows = _awaited(drafts)
        elif rested and _leaves_another(drafts):
            draft.follows = len(drafts) - 1
        draft.oco = "OR" in part.joins and bool(drafts)
        if draft.oco:
            drafts[-1].oco = True
        _settle_price(draft, beside=not group.cond_first and all(part.led for part in group.conds))
        over_s, plan = act.order.over_s, draft.cond
        if over_s is not None and isinstance(plan, ScheduleDraft) and over_s >= (plan.every_s or DAY_S):
            raise Unclear("Once, spread over that time, or again and again? Say it as one or the other.")
        if draft.cond is None and not draft.then and act.verb in ALONGSIDE and part is not group.acts[0]:
            beside = "AND" in part.joins or act.market in (None, drafts[-1].act.market)
            draft.cond = drafts[-1].cond if beside else None
        drafts.append(draft)
        for mod in group.mods:
            apply_mod(draft, mod)


def _leaves_another(drafts: Sequence[RuleDraft]) -> bool:
    """Whether the last of them leaves a market that none of them enters: "short BTC. Sell half my SOL, then …"."""
    last = drafts[-1].act.market if drafts and not opens(drafts[-1]) else None
    return last is not None and all(draft.act.market not in (None, last) for draft in drafts if opens(draft))


def _awaited(drafts: Sequence[RuleDraft]) -> int | None:
    """The exit whose fill "once filled" speaks of; None where it is an entry's. Raises Unclear."""
    if any(opens(draft) for draft in drafts):
        return None
    traded = [number for number, draft in enumerate(drafts) if draft.act.verb not in ALONGSIDE]
    if not traded:
        raise Unclear("Once which order is filled? Say that order and what follows it in one message.")
    return traded[-1]


def _listed_levels(conds: Sequence[Part]) -> list[Level]:
    """ "ping me at 200 and at 190": it cannot be at two prices at once, so each is an alert of its own."""
    levels = [part.what for part in conds if isinstance(part.what, Level) and part.what.operator is None]
    apart = all("AND" in part.joins and "LISTED" not in part.joins for part in conds[1:])
    named = {level.market for level in levels} - {None}
    if len(conds) < 2 or len(levels) < len(conds) or not apart or len(named) > 1:
        return []
    return [replace(level, market=next(iter(named), None)) for level in levels]


def _only_share(drafts: list[RuleDraft], cond: Cond | None, act: Act) -> bool:
    """ "…, only sell half when it triggers": the size of the exit before, and no rule of its own."""
    if not isinstance(cond, FilledDraft) or not drafts or drafts[-1].act.purpose is None or act.at is not None:
        return False
    if act.verb not in ("sell", "exit", "close", "trim") or act.size is None or act.size.unit != "percent":
        return False
    drafts[-1].act.size = act.size
    return True


def _add_remarks(drafts: list[RuleDraft], group: Group) -> None:
    """A sentence of its own that speaks of the rules before it."""
    if group.conds:
        raise Unclear("I see when, but not what to do then.")
    if not drafts:
        raise Unclear("I see no condition and no action in that.")
    for mod in group.mods:
        for draft in _spoken_of(drafts, mod) if mod.kind in ("oco", *_ENDS) else drafts[-1:]:
            apply_mod(draft, mod)


_ENDS = ("expires", "due", "lasting", "over")


def _spoken_of(drafts: list[RuleDraft], mod: Mod) -> list[RuleDraft]:
    """The rules that a remark is about: a signal that is "valid for a day" keeps the stop of what was bought."""
    entered = mod.kind in _ENDS and any(opens(draft) for draft in drafts)
    return [draft for draft in drafts if not (entered and draft.act.purpose is not None)]


def joined(parts: Sequence[Part]) -> Cond | None:
    """The conditions as one, by their "and", "or" and brackets. Raises Unclear where the words leave it open."""
    if not parts:
        return None
    if any(part.joins & {"AFTER", "THEN"} and not isinstance(part.what, FilledDraft) for part in parts[1:]):
        text = (
            "One thing after another is more than one rule can watch. Send the later step once the first has happened."
        )
        raise Unclear(text, beyond=True)
    if len(parts) == 2 and (schedule := one_schedule(parts[0].what, parts[1].what)) is not None:
        return schedule
    _measured_alike(parts)
    _not_within(parts)
    levels = [part.what for part in parts if isinstance(part.what, Level) and part.what.operator is None]
    if 1 < len(levels) == len(parts) and len({level.market for level in levels} - {None}) < 2:
        # One market cannot hit two prices at once.
        return GroupDraft(type="any", parts=tuple(levels))
    if any(part.joins == {"COMMA"} for part in parts[1:]) and not any(part.joins & _JOINING for part in parts[1:]):
        raise Unclear("Must all of those hold, or any of them? Put “and” or “or” between them.")
    if any(not (one.joins or one.opened or one.is_time or before.is_time) for before, one in pairwise(parts)):
        raise Unclear("I cannot tell how the conditions belong together. Put “and” or “or” between them.")
    tokens: list[object] = []
    for number, part in enumerate(parts):
        if number:
            tokens.append("any" if "OR" in part.joins or "SLASH" in part.joins else "all")
        tokens += ["("] * part.opened + [part.what] + [")"] * part.closed
    balanced = tokens.count("(") == tokens.count(")")
    if not balanced:
        tokens = [token for token in tokens if token not in ("(", ")")]
    result, rest = _expression(tokens, led=any(part.led for part in parts))
    if rest:
        raise Unclear("I cannot tell how the conditions belong together.")
    return result


def _expression(tokens: list[object], *, led: bool) -> tuple[Cond, list[object]]:
    """One level of brackets; mixing and with or needs brackets."""
    found: list[Cond] = []
    kinds: set[object] = set()
    while tokens and tokens[0] != ")":
        head = tokens[0]
        if head == "(":
            part, tokens = _expression(tokens[1:], led=led)
            tokens = tokens[1:]
            found.append(part)
        elif isinstance(head, str):
            kinds.add(head)
            tokens = tokens[1:]
        else:
            found.append(head)  # type: ignore[arg-type]
            tokens = tokens[1:]
    if len(kinds) > 1:
        raise Unclear('You mix "and" with "or"; put brackets around what belongs together.')
    if not found:
        raise Unclear("I cannot tell how the conditions belong together.")
    if len(found) == 1:
        return found[0], tokens
    if any(isinstance(part, TimeDraft) for part in found) and not led:
        raise Unclear("I cannot tell how the time goes together with the price. Say when, and if what.")
    times = [part for part in found if isinstance(part, TimeDraft | ScheduleDraft)]
    if len(times) > 1 or any(isinstance(part, ScheduleDraft) and part.clock is None for part in times):
        raise Unclear("I cannot tell how the times go together with the rest. Send one rule at a time.")
    if any(isinstance(part, FilledDraft | TargetHit | Trail) for part in found):
        raise Unclear("I cannot combine those conditions.")
    return GroupDraft(type="any" if "any" in kinds else "all", parts=tuple(found)), tokens


def _settle_price(draft: RuleDraft, *, beside: bool) -> None:
    """Makes "at X" a limit price or a level, and an exit's own level its condition. Raises Unclear."""
    act = draft.act
    if act.at is not None and act.order.type == "limit" and act.order.price is None:
        act.order.price, act.at = act.at, None
    _settle_limit(draft)
    if act.at_once and act.at is not None:
        raise Unclear("Now, or at that price? Say it as one or the other.")
    own: Cond | None = act.inline
    if act.at is not None:
        own = Level(operator=act.at_operator, price=act.at)
    if isinstance(draft.cond, FilledDraft):
        draft.then, draft.cond = True, None
    if own is None:
        if act.purpose in ("target", "stop") and isinstance(draft.cond, GroupDraft):
            raise Unclear("At which of those prices? Say one, or how much at each.")
        return
    if draft.cond is None:
        draft.cond = own
    elif isinstance(own, Trail) and isinstance(draft.cond, Level) and own.activation is None:
        draft.cond = replace(own, activation=draft.cond.price, market=draft.cond.market)
    elif isinstance(own, Trail) and (gained := _gained(draft.cond)) is not None and own.activation is None:
        draft.cond = replace(own, gained=gained)
    elif isinstance(own, Level) and act.purpose is None and beside and isinstance(draft.cond, _BESIDE_A_PRICE):
        draft.cond = GroupDraft(type="all", parts=(replace(own, market=act.market), draft.cond))
    else:
        raise Unclear(f"I cannot tell how {act.text!r} at a price goes with the other condition.")


def _gained(cond: Cond) -> Decimal | None:
    """The profit in percent that a condition waits for."""
    match cond:
        case Change(
            direction="up" | None, unit="percent", threshold=Decimal() as gained, reference=reference, favour=favour
        ):
            own = favour == "profit" or reference == "entry_price" or cond.unsaid
            return gained if own and favour != "loss" else None
        case PnlDraft(operator=">=", unit="percent", threshold=gained) if gained > 0:
            return gained
        case _:
            return None


def _settle_limit(draft: RuleDraft) -> None:
    """ "limit sell my ETH when it hits 2900": the level on the better side of the price is where the order rests."""
    act, cond = draft.act, draft.cond
    if act.order.type != "limit" or act.order.price is not None or not isinstance(cond, Level) or cond.price is None:
        return
    better = "<=" if act.verb in ("buy", "long", "cover") else ">="
    if cond.for_s is None and cond.market in (None, act.market) and cond.operator in (None, better):
        act.order.price, draft.cond = cond.price, None


def apply_mod(draft: RuleDraft, mod: Mod) -> None:
    """Puts what was said of a rule as a whole into its draft. Raises Unclear."""
    if mod.kind == "over":
        if isinstance(draft.cond, ScheduleDraft) and opens(draft):
            raise Unclear("Is that the size each time, or in all? Say how much each time, and how often.")
        mod = replace(mod, kind="lasting")
    match mod.kind:
        case "due" if draft.cond is None and not draft.then and draft.act.verb in ("close", "exit", "sell", "trim"):
            draft.cond = TimeDraft(when=mod.value)  # "close it by Friday 5pm": at that time at the latest.
        case "lasting" | "for" | "expires" | "due" if isinstance(draft.cond, TimeDraft):
            raise Unclear("A single time cannot last. For something daily, say every day at that time.")
        case "lasting" | "for" if draft.act.order.type == "limit":
            draft.act.order.ttl_s = mod.value
        case "expires" | "due" | "lasting" if draft.cond is None and not draft.then and draft.act.order.type != "limit":
            raise Unclear("Something done at once needs no end. Say what it should wait for, or leave the end out.")
        case "expires" | "due":
            draft.expires = mod.value
        case "lasting":
            draft.expires = When(in_s=mod.value)
        case "for":
            _last_for(draft, mod.value)
        case "times" if draft.cond is None and not draft.then and draft.act.inline is None and draft.act.at is None:
            raise Unclear("Several times at once? Say the whole size, or how often.")
        case "times":
            draft.times = mod.value
        case "cooldown":
            draft.cooldown_s = mod.value
            draft.repeat = draft.repeat or draft.times is not None
        case "oco":
            draft.oco = draft.oco or not opens(draft)
        case "again":
            draft.repeat = True
        case "rate":
            draft.repeat, draft.cooldown_s = True, mod.value
        case "start":
            if not isinstance(draft.cond, ScheduleDraft):
                raise Unclear("Only a schedule can start later.")
            draft.cond = replace(draft.cond, start=mod.value)
        case _:
            pass


def _last_for(draft: RuleDraft, seconds: int) -> None:
    """ "for 10 days": of a schedule its number of times, of a level how long it must hold."""
    match draft.cond:
        case ScheduleDraft(every_s=int(every)) if seconds % every == 0:
            draft.times = seconds // every
        case ScheduleDraft():
            draft.expires = When(in_s=seconds)
        case Level(for_s=None) if draft.act.at is None:
            draft.cond = replace(draft.cond, for_s=seconds)
        case _:
            raise Unclear("I cannot tell what should last that long.")
