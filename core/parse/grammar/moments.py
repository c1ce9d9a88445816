"""Turns a condition as said into a condition of the language: units, directions, times; asks where words are short."""

from dataclasses import replace
from decimal import Decimal
from typing import Literal, cast

from core.domain.condition import (
    AccountLevel,
    AllOf,
    AnyOf,
    AtTime,
    CandleClose,
    Condition,
    FundingRate,
    Indicator,
    Now,
    PositionEvent,
    PositionPnl,
    PriceChange,
    PriceLevel,
    Trailing,
)
from core.domain.market import Timeframe
from core.domain.money import HUNDRED
from core.parse.grammar.desk import Desk, Point, money
from core.parse.grammar.drafts import (
    AccountDraft,
    CandleDraft,
    Change,
    Cond,
    EventDraft,
    FundingDraft,
    GroupDraft,
    IndicatorDraft,
    Level,
    PnlDraft,
    ScheduleDraft,
    TimeDraft,
    Trail,
)
from core.parse.grammar.items import Amount
from core.parse.grammar.linking import opens
from core.parse.grammar.subjects import entry_of, side_of
from core.parse.grammar.timing import instant, not_before_entry, settle_schedule
from core.parse.grammar.units import resolved_unit

TIMEFRAMES = ("1m", "5m", "15m", "1h", "4h", "1d")

LEAST_HEALTH = 3
"""Below this a number is a health factor, as of a loan, and no share of the health that is measured here."""


def settle_condition(desk: Desk, number: int, cond: Cond | None) -> Condition | None:
    """The condition of draft *number*; None where too little is known even for a guess."""
    match cond:
        case None:
            return Now()
        case GroupDraft():
            parts = tuple(settle_condition(desk, number, part) for part in cond.parts)
            if any(part is None for part in parts):
                return None
            known = cast(tuple[Condition, ...], parts)
            return AllOf(conditions=known) if cond.type == "all" else AnyOf(conditions=known)
        case AccountDraft():
            if cond.value is None:
                return None
            if cond.metric == "health" and cond.value < LEAST_HEALTH:
                text = f"Health is from 0 to 100 here. Did you mean {money(cond.value).removeprefix('$')} of that?"
                desk.ask(Point(key=f"health:{number}", about="value", text=text))
            return AccountLevel(metric=cond.metric, operator=cond.operator, value=cond.value)
        case TimeDraft():
            at = instant(desk, number, not_before_entry(desk, number, cond.when))
            return None if at is None else AtTime(at=at)
        case ScheduleDraft():
            return settle_schedule(desk, number, cond)
        case _:
            return _of_market(desk, number, cond)


def _of_market(desk: Desk, number: int, cond: Cond) -> Condition | None:
    market = getattr(cond, "market", None) or desk.markets[number]
    if isinstance(cond, PnlDraft | EventDraft) and market is None:
        held = desk.held_markets()
        market = held[0] if len(held) == 1 else "*"
        if market == "*":
            desk.assume("All positions together.")
    if market is None or (market == "*" and not isinstance(cond, PnlDraft | EventDraft)):
        held = desk.held_markets()
        market = held[0] if len(held) == 1 else None
        if market is None:
            candidates = tuple((name, name) for name in (held or list(desk.context.prices))[:8])
            market = desk.ask(
                Point(key="market", about="market", text="Which market do you mean?", candidates=candidates)
            )
    if market is None:
        return None
    match cond:
        case Level():
            return _level(desk, number, cond, market)
        case Change():
            return _change(desk, number, cond, market)
        case Trail():
            return _trail(desk, number, cond, market)
        case CandleDraft():
            return _candle(desk, number, cond, market)
        case IndicatorDraft():
            return _indicator(desk, number, cond, market)
        case PnlDraft():
            _loss_or_price(desk, number, cond, market)
            unit = (
                cond.unit
                or resolved_unit(desk, abs(cond.threshold), "gain" if cond.threshold > 0 else "either", market)[1]
            )
            return PositionPnl(market=market, operator=cond.operator, threshold=cond.threshold, unit=unit)
        case EventDraft():
            return PositionEvent(market=market, event=cond.event)
        case FundingDraft():
            return _funding(desk, cond, market)
        case _:
            return None


def _loss_or_price(desk: Desk, number: int, cond: PnlDraft, market: str) -> None:
    """ "if SOL losses 140": a bare number that is about the price of what was named."""
    current, size = desk.price(market), abs(cond.threshold)
    near = current is not None and size >= 100 and abs(size - current) <= current / 4
    if near and cond.unit is None and cond.market is not None:
        text = f"Is {money(size)} a profit or loss of yours, or the price of {market}? Say the whole rule again."
        desk.ask(Point(key=f"loss:{number}", about="value", text=text))


def _level(desk: Desk, number: int, cond: Level, market: str) -> Condition | None:
    if cond.at_entry:
        cond = replace(cond, price=_entry_price(desk, number, market))
    if cond.price is None:
        desk.ask(Point(key=f"level:{number}", about="value", text="At which price is that? Say it like $160."))
        return None
    if cond.near:
        return _near(desk, number, cond, cond.price, market)
    operator = cond.operator or _exit_operator(desk, number)
    if operator is None:
        base = _reference(desk, number, market)
        if base is None:
            return None
        operator = ">=" if cond.price >= base else "<="
    return PriceLevel(market=market, operator=operator, price=cond.price, for_s=cond.for_s)


def _near(desk: Desk, number: int, cond: Level, price: Decimal, market: str) -> Condition | None:
    """The level so much before *price* that the market comes to first; asked for where it was not said."""
    within = cond.within
    if within is None:
        shares = tuple(Amount(value=Decimal(share), unit="percent") for share in ("0.5", "1", "2"))
        choices = tuple((f"within {share.value} %", share) for share in shares)
        text = f"How close to {money(price)} is close? Say it like 1 %, or like $2."
        within = desk.ask(Point(key=f"near:{number}", about="value", text=text, candidates=choices))
    base = _reference(desk, number, market)
    if within is None or base is None:
        return None
    margin = within.value if within.unit == "usd" else price * within.value / HUNDRED
    if abs(base - price) <= margin:
        text = f"{market} is that close to {money(price)} already: it is at {money(base)}. Give the price to wait for."
        desk.ask(Point(key=f"within:{number}", about="already_true", text=text))
        return None
    rising = base < price
    reached = price - margin if rising else price + margin
    if reached <= 0:
        return None
    side = "more" if rising else "less"
    desk.assume(f"That close to {money(price)} is {money(reached)} or {side}.")
    return PriceLevel(market=market, operator=">=" if rising else "<=", price=reached)


def _entry_price(desk: Desk, number: int, market: str) -> Decimal | None:
    """Where the open position was entered; asked for where there is none."""
    held = desk.holding(market)
    if held is not None and not desk.drafts[number].then:
        desk.assume(f"Your {market} entry is {money(held.entry_price)}.")
        return held.entry_price
    point = Point(key=f"entry:{number}", about="value", text="At which price is your entry? I see no position yet.")
    answer: Decimal | None = desk.ask(point)
    return answer


def _exit_operator(desk: Desk, number: int) -> Literal[">=", "<="] | None:
    """A stop lies on the losing side of the position, a target on the winning one."""
    purpose = desk.drafts[number].act.purpose
    if purpose not in ("stop", "target"):
        return None
    facing = side_of(desk, number)
    if facing is None:
        return None
    return ">=" if (facing == "long") == (purpose == "target") else "<="


def _reference(desk: Desk, number: int, market: str) -> Decimal | None:
    """What "hits" is measured from: the entry for an exit that waits for one, else the current price."""
    draft = desk.drafts[number]
    if draft.then and not opens(draft) and (draft.follows is not None or entry_of(desk, number) is not None):
        for before in range(number - 1, -1, -1):
            earlier = desk.drafts[before]
            level = earlier.cond if isinstance(earlier.cond, Level) else None
            entry = earlier.act.order.price if level is None else level.price
            of_it = desk.markets[before] == market and (level is None or level.market in (None, market))
            if entry is not None and opens(earlier) and of_it:
                return entry
    return desk.price(market)


def _change(desk: Desk, number: int, cond: Change, market: str) -> Condition | None:
    direction = cond.direction
    if direction is None:
        facing = side_of(desk, number)
        if facing is None:
            desk.assume("Profit and loss as of a long position.")
        direction = "up" if (facing != "short") == (cond.favour == "profit") else "down"
    if cond.threshold is None:
        way = {"up": "rise", "down": "fall"}.get(direction, "move")
        desk.ask(
            Point(key=f"move:{number}", about="value", text=f"By how much should it {way}? Say it like 5 %, or $3.")
        )
        return None
    threshold, unit = cond.threshold, cond.unit
    if unit is None:
        threshold, unit = resolved_unit(desk, threshold, direction, market)
    reference = cond.reference
    entered = entry_of(desk, number) is not None and not opens(desk.drafts[number])
    if reference == "current_price" and cond.state and entered:
        reference = "entry_price"  # "buy 10 HYPE, and when it's up 8 % sell it"
    if reference == "current_price" and cond.direction is not None and _entry_spoken_of(desk, number, market):
        point = Point(key="from", about="value", text="From where: your entry, or the price now?", candidates=_FROM)
        reference = desk.ask(point, best="entry_price")
    if cond.unsaid and desk.holding(market) is not None and not opens(desk.drafts[number]):
        point = Point(key="from", about="value", text="From where: your entry, or the price now?", candidates=_FROM)
        reference = desk.ask(point, best="entry_price")
    return PriceChange(
        market=market,
        direction=direction,
        threshold=threshold,
        unit=unit,
        reference=reference,
        window_s=cond.window_s,
    )


def _entry_spoken_of(desk: Desk, number: int, market: str) -> bool:
    """Whether a move just before was said to be from the entry: "30 % above what I paid …, then 60 %"."""
    before = [draft.cond for draft in desk.drafts[:number] if draft.act.purpose is None]
    last = before[-1] if before else None
    if not isinstance(last, Change) or last.reference != "entry_price" or last.favour is not None:
        return False
    return last.market in (None, market) and desk.drafts[number].act.purpose is None


_FROM = (("From my entry", "entry_price"), ("From the price now", "current_price"))


def _trail(desk: Desk, number: int, cond: Trail, market: str) -> Condition | None:
    if cond.distance is None:
        return None
    direction = cond.direction
    if direction is None:
        direction = "up" if side_of(desk, number) == "short" else "down"
    distance, unit = cond.distance, cond.unit
    if unit is None:
        distance, unit = resolved_unit(desk, distance, direction, market)
    activation = cond.activation if cond.gained is None else _begins_at(desk, number, market, cond.gained)
    return Trailing(market=market, direction=direction, distance=distance, unit=unit, activation_price=activation)


def _begins_at(desk: Desk, number: int, market: str, gained: Decimal) -> Decimal | None:
    """The price from which a stop trails that was said to begin at some profit: asked, with what that would be."""
    held = desk.holding(market)
    text = f"A trailing stop begins at a price. From which price should it trail for +{gained.normalize():f} %?"
    candidates: tuple[tuple[str, Decimal], ...] = ()
    if held is not None and not desk.drafts[number].then:
        sign = 1 if held.base > 0 else -1
        price = held.entry_price * (HUNDRED + sign * gained) / HUNDRED
        candidates = (
            (f"{money(price)}: {gained.normalize():f} % from your entry at {money(held.entry_price)}", price),
        )
    answer: Decimal | None = desk.ask(
        Point(key=f"begin:{number}", about="value", text=text, candidates=candidates),
        best=candidates[0][1] if candidates else None,
    )
    return answer


def _timeframe(desk: Desk, number: int, said: str | None) -> Timeframe:
    if said in TIMEFRAMES:
        return cast(Timeframe, said)
    named = {name for draft in desk.drafts for name in _timeframes(draft.cond)}
    if said is None and len(named) == 1 and (name := next(iter(named))) in TIMEFRAMES:
        desk.assume(f"All on {name} candles.")
        return cast(Timeframe, name)
    point = Point(
        key=f"timeframe:{number}",
        about="timeframe",
        text="On which candles: 1m, 5m, 15m, 1h, 4h or 1d?",
        candidates=tuple((name, name) for name in TIMEFRAMES),
    )
    return cast(Timeframe, desk.ask(point, best="1h"))


def _timeframes(cond: Cond | None) -> list[str]:
    """The timeframes that a condition names."""
    match cond:
        case GroupDraft():
            return [name for part in cond.parts for name in _timeframes(part)]
        case IndicatorDraft(timeframe=str(name)) | CandleDraft(timeframe=str(name)):
            return [name]
        case _:
            return []


def _candle(desk: Desk, number: int, cond: CandleDraft, market: str) -> Condition | None:
    if cond.price is None:
        return None
    timeframe = _timeframe(desk, number, cond.timeframe)
    return CandleClose(market=market, timeframe=timeframe, operator=cond.operator, price=cond.price)


def _indicator(desk: Desk, number: int, cond: IndicatorDraft, market: str) -> Condition | None:
    operator = cond.operator
    if operator == "crosses" and desk.drafts[number].act.verb == "alert":
        ways = (replace(cond, operator="crosses_above"), replace(cond, operator="crosses_below"))
        made = [_indicator(desk, number, one, market) for one in ways]
        return None if None in made else AnyOf(conditions=cast(tuple[Condition, ...], tuple(made)))
    timeframe = _timeframe(desk, number, cond.timeframe)
    if operator == "crosses":
        text = "Crosses from below or from above?"
        operator = desk.ask(Point(key=f"crossing:{number}", about="value", text=text, candidates=_CROSSINGS))
        if operator is None:
            return None
    period, other = cond.period, cond.other
    if cond.value is None and other is None:
        usual = Decimal(30 if operator == "<=" else 70)
        text = f"{'Below' if operator == '<=' else 'Above'} what {cond.name.upper()} is that?"
        value = desk.ask(Point(key=f"extreme:{number}", about="value", text=text, candidates=((str(usual), usual),)))
        if value is None:
            return None
        cond = replace(cond, value=value)
    if cond.name in ("sma", "ema") and period is None:
        period = desk.ask(
            Point(key=f"period:{number}", about="value", text=f"Over how many candles is the {cond.name.upper()}?")
        )
    if other is not None and other.name in ("sma", "ema") and other.period is None:
        text = f"Over how many candles is the {other.name.upper()}?"
        other = replace(other, period=desk.ask(Point(key=f"period2:{number}", about="value", text=text)))
    if cond.name in ("rsi", "atr", "bollinger_upper", "bollinger_lower"):
        desk.assume(f"{cond.name.replace('_', ' ').upper()} over {period} candles.")
    return Indicator(
        market=market,
        timeframe=timeframe,
        name=cond.name,
        period=period,
        operator=operator,
        value=cond.value,
        other=other,
    )


_CROSSINGS = (("From below: crosses above", "crosses_above"), ("From above: crosses below", "crosses_below"))


def _funding(desk: Desk, cond: FundingDraft, market: str) -> Condition:
    value = cond.value
    if cond.over_h is not None and cond.over_h != 1:
        value = value / cond.over_h
        desk.assume(f"{cond.value} % over {cond.over_h} hours is {value} % per hour.")
    elif cond.over_h is None and value != 0:
        desk.assume("Funding in percent per hour.")
    return FundingRate(market=market, operator=cond.operator, value=value)
