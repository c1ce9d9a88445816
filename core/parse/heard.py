"""Turns what a model extracted into drafts, which the grammar's own back half settles; derives and asks nothing itself.

So sides, units, defaults, groups and questions come from one place, whoever read the words.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from core.domain.condition import ALL_MARKETS, OtherIndicator
from core.domain.money import HUNDRED
from core.parse.extraction import BadAnswer, Fields, moment, number, whole
from core.parse.grammar.calendar import DAY_NAMES, Clock, Day, When
from core.parse.grammar.drafts import (
    AccountDraft,
    Act,
    CandleDraft,
    Change,
    Cond,
    EventDraft,
    FundingDraft,
    GroupDraft,
    IndicatorDraft,
    Level,
    Order,
    PnlDraft,
    RuleDraft,
    ScheduleDraft,
    TargetHit,
    TimeDraft,
    Trail,
)
from core.parse.grammar.indicators import DEFAULT_PERIODS
from core.parse.grammar.items import Amount
from core.parse.grammar.linking import link, opens
from core.parse.grammar.understanding import Understanding

UNPLACED = "?"
"""Stands for a time, reference or share that the words do not make certain, so that it is asked for."""
UNSAID = "-"
"""Stands in a schedule for a time of day that was not said, so that code fills it in."""
AHEAD = "+"
"""Stands before a number of seconds from now: "for the next 24 hours"."""
_REDUCING = {"sell": "sell", "buy": "cover"}
_MARKETLESS = ("account", "time", "schedule")


def understanding_of(answer: Fields) -> Understanding:
    """The drafts of a grounded answer of kind `rules`. Raises BadAnswer where it cannot be one."""
    rules = answer["rules"]
    numbers = {rule["id"]: at for at, rule in enumerate(rules)}
    drafts = [_draft(rule) for rule in rules]
    for at, rule in enumerate(rules):
        first = numbers.get(rule["after"])
        if rule["after"] and (first is None or first == at):
            raise BadAnswer("one of its rules waits for a rule that is not there")
        if first is not None:
            _wait(drafts, at, first)
    waits = [draft.then for draft in drafts]
    link(drafts)
    for draft, then in zip(drafts, waits, strict=True):
        draft.then = draft.then or then
    for draft in drafts:
        _settle_market(draft)
    return Understanding(drafts=drafts)


def _wait(drafts: list[RuleDraft], at: int, first: int) -> None:
    """Makes one draft wait for another's fill."""
    draft, awaited = drafts[at], drafts[first]
    if opens(awaited):
        draft.then = True
        return
    targets = [other for other in drafts if other.act.purpose == "target"]
    if awaited not in targets or draft.cond is not None:
        raise BadAnswer("one of its rules waits for something that never fills")
    draft.cond = TargetHit(number=next(n for n, other in enumerate(targets, 1) if other is awaited))


def _settle_market(draft: RuleDraft) -> None:
    """`*` on a trade means every position."""
    act = draft.act
    if act.market != ALL_MARKETS:
        return
    if act.verb in ("close", "sell", "exit", "cover"):
        act.everything, act.held, act.market = True, True, None
    elif act.verb not in ("cancel_orders", "cancel_rules", "pause_rules", "alert"):
        act.market = None
    if draft.cond is None and act.verb == "close":
        act.whole = act.size is None


def _draft(rule: Fields) -> RuleDraft:
    groups = [_joined("all", [_leaf(leaf) for leaf in part["all"]]) for part in rule["when"]]
    cond = None if not groups else _joined("any", groups)
    act = _act(rule["do"])
    role = rule["role"]
    if role and act.verb in ("sell", "cover", "close"):
        act.purpose = role
        act.verb = "exit" if act.verb == "close" else act.verb
    times = rule["times"].strip().lower()
    endless = times in ("endless", "forever", "unlimited")
    return RuleDraft(
        cond=cond,
        act=act,
        repeat=endless,
        times=None if endless else whole(rule, "times"),
        cooldown_s=0 if rule["cooldown_s"].strip() == "0" else whole(rule, "cooldown_s") or 0,
        expires=_when(rule, "expires_at"),
        oco=rule["exclusive"] == "yes",
    )


def _joined(kind: str, parts: list[Cond]) -> Cond:
    return parts[0] if len(parts) == 1 else GroupDraft(type=cast(Any, kind), parts=tuple(parts))


def _name(item: Fields, name: str) -> Any:
    return item[name].strip() or None


def _needed(item: Fields, name: str) -> Any:
    """A field without which a condition says nothing. Raises BadAnswer."""
    value = _name(item, name)
    if value is None:
        raise BadAnswer(f"its answer leaves out {name.replace('_', ' ')}")
    return value


def _needed_number(item: Fields, name: str) -> Decimal:
    value = number(item, name)
    if value is None:
        raise BadAnswer(f"its answer leaves out {name.replace('_', ' ')}")
    return value


def _leaf(leaf: Fields) -> Cond:
    market = None if leaf["type"] in _MARKETLESS else _name(leaf, "market")
    match leaf["type"]:
        case "price_level":
            return Level(
                market=market,
                operator=_name(leaf, "operator"),
                price=number(leaf, "price"),
                for_s=whole(leaf, "for_s"),
            )
        case "price_change":
            return _change(leaf, market)
        case "trailing":
            return Trail(
                market=market,
                direction=_name(leaf, "direction"),
                distance=number(leaf, "distance"),
                unit=_name(leaf, "unit"),
                activation=number(leaf, "activation_price"),
            )
        case "candle_close":
            timeframe, operator = _name(leaf, "timeframe"), _needed(leaf, "operator")
            return CandleDraft(market=market, timeframe=timeframe, operator=operator, price=number(leaf, "price"))
        case "indicator":
            return _indicator(leaf, market)
        case "position_pnl":
            threshold, unit = _needed_number(leaf, "threshold"), _name(leaf, "unit")
            return PnlDraft(market=market, operator=_needed(leaf, "operator"), threshold=threshold, unit=unit)
        case "position_event":
            return EventDraft(market=market, event=_needed(leaf, "event"))
        case "account":
            return AccountDraft(
                metric=_needed(leaf, "metric"), operator=_needed(leaf, "operator"), value=number(leaf, "value")
            )
        case "funding_rate":
            value, over_h = _needed_number(leaf, "value"), whole(leaf, "hours")
            return FundingDraft(market=market, operator=_needed(leaf, "operator"), value=value, over_h=over_h)
        case "time":
            return TimeDraft(when=_when(leaf, "at") or When())
        case _:
            return _schedule(leaf)


def _change(leaf: Fields, market: str | None) -> Change:
    favour, direction = _name(leaf, "favour"), _name(leaf, "direction")
    unsure = leaf["reference"] == UNPLACED
    if direction is None and favour is None:
        raise BadAnswer("its answer leaves out direction")
    reference = "entry_price" if favour is not None else (_name(leaf, "reference") or "current_price")
    reference = "current_price" if unsure else reference
    return Change(
        market=market,
        direction=None if favour is not None else direction,
        threshold=number(leaf, "threshold"),
        unit=_name(leaf, "unit"),
        reference=cast(Any, reference),
        unsaid=unsure,
        window_s=whole(leaf, "window_s"),
        favour=favour,
    )


def _indicator(leaf: Fields, market: str | None) -> IndicatorDraft:
    name, value = _needed(leaf, "name"), number(leaf, "value")
    second = leaf["other"]
    other = None
    if _name(second, "name") is not None:
        period = whole(second, "period")
        other = OtherIndicator(
            name=second["name"], period=period if period is not None else DEFAULT_PERIODS.get(second["name"])
        )
    if (value is None) == (other is None):
        raise BadAnswer("its answer compares an indicator to nothing, or to two things")
    period = whole(leaf, "period")
    return IndicatorDraft(
        market=market,
        timeframe=_name(leaf, "timeframe"),
        name=name,
        period=period if period is not None else DEFAULT_PERIODS.get(name),
        operator=_needed(leaf, "operator"),
        value=value,
        other=other,
    )


def _schedule(leaf: Fields) -> ScheduleDraft:
    start = _when(leaf, "start_at")
    every_s, cron = whole(leaf, "every_s"), _name(leaf, "cron")
    if cron is None:
        if every_s is None:
            raise BadAnswer("its answer leaves out how often")
        return ScheduleDraft(every_s=every_s, start=start)
    zone = _name(leaf, "timezone")
    said = cron.replace(UNSAID, "0", 2) if cron.startswith(UNSAID) else cron
    minute, hour, month_day, days, sure = cron_of(said)
    clock = None if said != cron else Clock(hour=hour, minute=minute, sure=sure)
    return ScheduleDraft(clock=clock, days=days, month_day=month_day, start=start, zone=zone)


def cron_of(cron: str) -> tuple[int, int, str, str, bool]:
    """Minute, hour, day of the month, weekdays of a cron for one time of day, and whether the hour is sure (no `8?`).

    Raises BadAnswer.
    """
    sure = UNPLACED not in cron
    parts = cron.upper().replace(UNPLACED, "").split()
    plain = len(parts) == 5 and parts[0].isdecimal() and parts[1].isdecimal() and parts[3] == "*"
    if not plain or int(parts[0]) > 59 or int(parts[1]) > 23:
        raise BadAnswer("its answer has a schedule that is no time of day")
    month_day, days = parts[2], parts[4]
    if month_day != "*" and not (month_day.isdecimal() and 1 <= int(month_day) <= 31):
        raise BadAnswer("its answer has a schedule that is no time of day")
    named = [day for piece in days.split(",") for day in piece.split("-")]
    numbered = {str(n): name for n, name in enumerate(("SUN", *DAY_NAMES))}
    if days != "*" and any(day not in DAY_NAMES and day not in numbered for day in named):
        raise BadAnswer("its answer has a schedule that is no time of day")
    for digit, name in numbered.items():
        days = days.replace(digit, name)
    return int(parts[0]), int(parts[1]), month_day, days, sure


def _when(item: Fields, name: str) -> When | None:
    """A written local time; one with an offset is its instant."""
    if item[name] == UNPLACED:
        return When()
    if item[name].startswith(AHEAD):
        return When(in_s=int(item[name].removeprefix(AHEAD)))
    at: datetime | None = moment(item, name)
    if at is None:
        return None
    zone = None
    if at.tzinfo is not None:
        at, zone = at.astimezone(UTC), "UTC"
    return When(
        date=Day(month=at.month, day=at.day, year=at.year), clock=Clock(hour=at.hour, minute=at.minute), zone=zone
    )


# --- actions ---------------------------------------------------------------------------------------------------------


def _act(do: Fields) -> Act:
    match do["type"]:
        case "buy" | "sell":
            return _trade(do)
        case "close":
            size, vague = _percent(do), do["amount_percent"] == UNPLACED
            market, order = _name(do, "market"), _order(do["order"])
            whole_of_it = size is None and not vague
            # A position is meant, not every one: that is said by the market `*`.
            return Act(verb="close", market=market, size=size, held=True, whole=whole_of_it, vague=vague, order=order)
        case "reverse":
            return Act(verb="reverse", market=_name(do, "market"), held=True, order=_order(do["order"]))
        case "cancel_orders" | "cancel_rules" | "pause_rules":
            return Act(verb=do["type"], market=_name(do, "market"), order=Order())
        case "move_stop":
            to = _name(do, "to")
            price = to if to in (None, "entry_price") else number(do, "to")
            return Act(verb="move_stop", market=_name(do, "market"), held=True, to=cast(Any, price), order=Order())
        case "alert":
            return Act(verb="alert", message=_name(do, "message"), order=Order())
        case _:
            raise BadAnswer("its answer has an action that is neither a purchase nor a sale")


def _trade(do: Fields) -> Act:
    reduces = do["reduce_only"] == "yes"
    sizes = ("amount_percent", "amount_base", "amount_usd", "margin_usd")
    given = [name for name in sizes if do[name].strip() not in ("", UNPLACED)]
    if len(given) > 1:
        raise BadAnswer("its answer has two sizes for one order")
    size, margin = None, None
    match given:
        case ["amount_percent"]:
            size = _percent(do)
        case ["amount_base"]:
            size = Amount(value=number(do, "amount_base") or Decimal(0))
        case ["amount_usd"]:
            size = Amount(value=number(do, "amount_usd") or Decimal(0), unit="usd")
        case ["margin_usd"]:
            margin = number(do, "margin_usd")
        case _:
            pass
    opens_short = do["type"] == "sell" and do["reduce_only"] == "no"
    verb = _REDUCING[do["type"]] if reduces else "short" if opens_short else do["type"]
    of_collateral = not reduces and given == ["amount_percent"]
    return Act(
        verb=cast(Any, verb),
        market=_name(do, "market"),
        size=size,
        margin=margin,
        leverage=number(do, "leverage"),
        of_collateral=of_collateral and (opens_short or do["type"] == "buy"),
        held=reduces,
        reduce_only=reduces and do["type"] == "buy",
        loose_number=given == ["amount_base"],
        vague=do["amount_percent"] == UNPLACED,
        order=_order(do["order"]),
    )


def _percent(do: Fields) -> Amount | None:
    value = None if do["amount_percent"] == UNPLACED else number(do, "amount_percent")
    if value is None:
        return None
    return Amount(value=value, unit="percent", words=value == HUNDRED)


def _order(order: Fields) -> Order:
    kind = order["type"]
    made = Order(type=None if kind == "market" else kind)
    match kind:
        case "market":
            made.slippage_bps = whole(order, "max_slippage_bps")
            made.type = None if made.slippage_bps is None else "market"
        case "limit":
            made.price, made.ttl_s = number(order, "price"), whole(order, "ttl_s")
            made.post_only = order["post_only"] == "yes"
        case "twap":
            made.over_s, made.slices = whole(order, "over_s"), whole(order, "slices")
        case _:
            made.orders = whole(order, "orders")
            made.from_price, made.to_price = number(order, "from_price"), number(order, "to_price")
    return made
