"""Holds an extracted condition to the words it quotes: empties what they do not state, refuses what they contradict."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.domain.market import TIMEFRAME_S
from core.parse.evidence import Mark
from core.parse.extraction import moment, number, whole
from core.parse.glossary import says_half
from core.parse.grammar.calendar import zone_of
from core.parse.grammar.indicators import DEFAULT_PERIODS
from core.parse.heard import AHEAD, UNPLACED, UNSAID, cron_of
from core.parse.witness import Ungrounded, Witness

_UPWARD = {">=": "up", "crosses_above": "up", "<=": "down", "crosses_below": "down", "": ""}
_EVENTS = {
    "opened": {"OPENED", "FILLED", "SET"}, "closed": {"CLOSES", "CLOSE", "OUT"}, "increased": {"INCREASED", "RISE"},
    "decreased": {"DECREASED", "FALL"}, "liquidated": {"LIQUIDATED"},
}  # fmt: skip
_TIMES = (
    "CLOCK",
    "DATE",
    "DAY",
    "TODAY",
    "TONIGHT",
    "TOMORROW",
    "NOON",
    "MIDNIGHT",
    "EOD",
    "ORDINAL",
    "NUM",
    "DUR",
    "AM",
    "PM",
    "NEXT",
    "MONTH",
)
_ENTRY = frozenset({"BREAKEVEN", "TARGET", "STOP", "PROFIT", "LOSS", "LETLOSE"})


def ground_condition(leaf: dict[str, Any], witness: Witness, *, reduces: bool) -> None:
    """Changes *leaf* in place. Raises Ungrounded, or BadAnswer for a field that cannot be read."""
    if "market" in leaf:
        leaf["market"] = witness.market(leaf["market"], witness.when)
    if leaf["type"] == "trailing" and reduces:
        leaf["direction"] = ""
    _GROUNDS[leaf["type"]](leaf, witness)


def _agree(leaf: dict[str, Any], name: str, way: str | None) -> None:
    """Refuses a direction that the words contradict."""
    claimed = _UPWARD.get(leaf[name], leaf[name])
    if way is not None and claimed in ("up", "down") and claimed != way:
        words = {"up": "above", "down": "below"}
        raise Ungrounded(f"it turned {words[way]} into {words[claimed]}")


def _pointed(leaf: dict[str, Any], witness: Witness, mark: Mark | None) -> None:
    """A comparison needs a word that says which way."""
    way = witness.way(witness.when, mark)
    if way is None and not any(mark.kind in ("ABOVE", "BELOW", "RISE", "FALL") for mark in witness.when):
        raise Ungrounded("it says above or below where you did not")
    _agree(leaf, "operator", way)


def _level(leaf: dict[str, Any], witness: Witness) -> None:
    price = number(leaf, "price")
    mark = None if price is None else witness.needs(witness.when, price, ("", "usd"), leaf["market"])
    way = witness.way(witness.when, mark)
    _agree(leaf, "operator", way)
    if way is None:
        leaf["operator"] = ""
    if (for_s := whole(leaf, "for_s")) is not None:
        witness.needs_span(witness.when, for_s)


def _change(leaf: dict[str, Any], witness: Witness) -> None:
    threshold = number(leaf, "threshold")
    mark = None
    if threshold is not None:
        leaf["unit"] = witness.measured(witness.when, threshold, leaf["unit"])
        mark = next((m for m in witness.when if m.kind == "NUM" and threshold in m.values), None)
    if (window_s := whole(leaf, "window_s")) is not None:
        witness.needs_span(witness.when, window_s)
    kinds = {item.kind for item in witness.when}
    favour = leaf["favour"]
    if favour:
        wanted = {"STOP", "LOSS", "LOSE", "LETLOSE"} if favour == "loss" else {"TARGET", "PROFIT", "RISEWORD"}
        if not witness.kinds() & wanted:
            raise Ungrounded(f"it speaks of {favour} where you did not")
    else:
        _moving(leaf, witness, mark, kinds)
    if not favour:
        _reference(leaf, witness, mark)
    if (leaf["reference"] == "window") != (whole(leaf, "window_s") is not None):
        raise Ungrounded("it has a time window where you did not say that")


def _reference(leaf: dict[str, Any], witness: Witness, mark: Mark | None) -> None:
    """What a move is measured from must be said, or follow from the words; else it is asked."""
    kinds = witness.kinds()
    signed = mark is not None and bool(getattr(mark.value, "sign", ""))
    exits, moves = bool(kinds & (_ENTRY - {"BREAKEVEN"})), bool(kinds & {"FALL", "RISE"})
    match leaf["reference"]:
        case "entry_price" if "BREAKEVEN" not in kinds and (moves or not (exits or signed)):
            leaf["reference"] = UNPLACED
        case "current_price" | "" if "BREAKEVEN" in kinds:
            raise Ungrounded("it measures from the price now where you said your entry")
        case "current_price" | "" if not (moves or "CURRENT" in kinds) and (exits or signed):
            leaf["reference"] = UNPLACED
        case _:
            pass


def _moving(leaf: dict[str, Any], witness: Witness, mark: Mark | None, kinds: set[str]) -> None:
    if leaf["direction"] == "either":
        if not kinds & {"EITHER", "MOVE"} and witness.way(witness.when, mark) is not None:
            raise Ungrounded("it watches both directions where you said one")
        return
    way = witness.way(witness.when, mark)
    if way is None or "EITHER" in kinds:
        raise Ungrounded("it says which way the price moves where you did not")
    _agree(leaf, "direction", way)


def _trailing(leaf: dict[str, Any], witness: Witness) -> None:
    if not witness.take({"TRAIL", "LOW", "HIGH"}):
        raise Ungrounded("it trails the price where you did not say that")
    turned = {"up": "HIGH", "down": "LOW"}.get(leaf["direction"], "")
    if turned in witness.kinds():
        raise Ungrounded("it trails the price the other way")
    distance = number(leaf, "distance")
    if distance is not None:
        leaf["unit"] = witness.measured(witness.both, distance, leaf["unit"])
    if (price := number(leaf, "activation_price")) is not None:
        witness.needs(witness.both, price, ("", "usd"), leaf["market"])


def _timeframe(leaf: dict[str, Any], witness: Witness) -> None:
    """Empties a timeframe that nobody said."""
    name = leaf["timeframe"]
    if not name:
        return
    named = [mark for mark in witness.said.marks if mark.kind == "TF" and mark.value == name]
    witness.used.update(named)
    if not named and not witness.span(witness.said.marks, TIMEFRAME_S[name]):
        leaf["timeframe"] = ""


def _candle(leaf: dict[str, Any], witness: Witness) -> None:
    if not witness.take({"CLOSES", "CLOSE", "CANDLE"}, witness.when):
        raise Ungrounded("it waits for a candle where you did not say that")
    _timeframe(leaf, witness)
    price = number(leaf, "price")
    mark = None if price is None else witness.needs(witness.when, price, ("", "usd"), leaf["market"])
    _pointed(leaf, witness, mark)


def _indicator(leaf: dict[str, Any], witness: Witness) -> None:
    _timeframe(leaf, witness)
    for line in (leaf, leaf["other"]):
        _line(line, witness)
    value = number(leaf, "value")
    mark = None if value is None else witness.needs(witness.when, abs(value), ("", "usd", "percent"))
    if mark is None:
        mark = next((item for item in witness.when if item.kind in ("CROSSUP", "CROSSDOWN")), None)
    band = {"bollinger_upper": "up", "bollinger_lower": "down"}.get(leaf["other"]["name"])
    if band is not None and witness.way(witness.when, mark) is None:
        _agree(leaf, "operator", band)  # "touches the lower band" says from which side
        return
    _pointed(leaf, witness, mark)


_CROSSES = ("golden cross", "death cross", "golden crossover", "death crossover")


def _line(line: dict[str, Any], witness: Witness) -> None:
    """One side of a comparison: its indicator must be named, its period said or left to the default."""
    name = line["name"]
    crossed = any(m.kind in ("GOLDEN", "DEATH") or m.text.lower() in _CROSSES for m in witness.both)
    if name in ("", "price"):
        line["period"] = ""
        return
    named = [mark for mark in witness.when if mark.kind == "IND" and mark.value == name]
    band = name.startswith("bollinger") and "BOLLINGER" in witness.kinds()
    if not named and not band and not (crossed and name == "sma"):
        raise Ungrounded(f"it watches {name.replace('_', ' ')} where you did not name it")
    witness.used.update(named)
    period = whole(line, "period")
    if period is None:
        return
    days = witness.span(witness.when, period * 86_400)
    if not days and witness.number(witness.when, Decimal(period), ("",)) is None:
        if crossed and period in (50, 200):
            return
        if DEFAULT_PERIODS.get(name) != period:
            raise Ungrounded(f"it has a period of {period} where you did not say that")
        line["period"] = ""


def _pnl(leaf: dict[str, Any], witness: Witness) -> None:
    if not witness.take({"PNL", "PROFIT", "LOSS", "LOSE", "EARN", "LETLOSE", "I", "POSITION", "FALLWORD", "RISEWORD"}):
        raise Ungrounded("it watches your profit and loss where you did not say that")
    threshold = number(leaf, "threshold")
    if threshold is None:
        return
    mark = None
    if threshold == 0:
        leaf["unit"] = "usd"  # no profit is none in either
    else:
        leaf["unit"] = witness.measured(witness.both, abs(threshold), leaf["unit"])
        mark = next((m for m in witness.both if m.kind == "NUM" and abs(threshold) in m.values), None)
    losing, winning = witness.kinds() & {"LETLOSE", "LOSS", "LOSE"}, "PROFIT" in witness.kinds()
    way = "down" if losing and not winning else witness.way(witness.both, mark)
    if way is not None and threshold != 0 and (threshold > 0) != (way == "up"):
        raise Ungrounded("it turned a loss into a profit, or a profit into a loss")
    compared = {">=": "ABOVE", "<=": "BELOW"}.get(leaf["operator"], "") in witness.kinds()
    if threshold == 0 and way is not None and (leaf["operator"] == ">=") != (way == "up"):
        raise Ungrounded("it turned a loss into a profit, or a profit into a loss")
    if threshold != 0 and (threshold > 0) != (leaf["operator"] == ">=") and (losing or not compared):
        raise Ungrounded("it waits for your profit or loss to turn back")


def _event(leaf: dict[str, Any], witness: Witness) -> None:
    if not witness.take(_EVENTS[leaf["event"]], witness.when):
        raise Ungrounded(f"it waits for a position to be {leaf['event']} where you did not say that")


def _account(leaf: dict[str, Any], witness: Witness) -> None:
    named = [mark for mark in witness.when if mark.kind == "METRIC" and mark.value == leaf["metric"]]
    loose = {"leverage": {"LEVERAGE"}, "free_collateral": {"COLLATERAL", "LEFT"}}.get(leaf["metric"], set())
    if not named and not witness.take(loose, witness.when):
        raise Ungrounded(f"it watches {leaf['metric'].replace('_', ' ')} where you did not name it")
    witness.used.update(named)
    value = number(leaf, "value")
    mark = None if value is None else witness.needs(witness.when, value, ("", "usd", "percent", "times"))
    _pointed(leaf, witness, mark)


def _funding(leaf: dict[str, Any], witness: Witness) -> None:
    if not witness.take({"FUNDING"}, witness.when):
        raise Ungrounded("it watches funding where you did not say that")
    value = number(leaf, "value")
    mark = None
    if value is not None and value != 0:
        mark = witness.needs(witness.when, abs(value), ("", "percent"))
    if (value or 0) < 0 and "NEGATIVE" not in witness.kinds() and (mark is None or mark.value.sign != "-"):
        raise Ungrounded("it made the funding rate negative")
    if (hours := whole(leaf, "hours")) is not None and not witness.span(witness.when, hours * 3600):
        leaf["hours"] = ""
    _pointed(leaf, witness, mark)


# --- time ------------------------------------------------------------------------------------------------------------


def ground_instant(item: dict[str, Any], name: str, witness: Witness) -> None:
    """Keeps a time only if the words name that very instant; any other is to be asked for."""
    at = moment(item, name)
    if at is None:
        return
    zone = zone_of(None, witness.context.timezone)
    instant: datetime = (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)
    # A model is shown the time to the minute, so "in an hour" comes back to the minute.
    near = [one for one in witness.said.instants if abs((one[0] - instant).total_seconds()) < 60]
    if len({known for known, _, _ in near}) != 1:
        witness.take(_TIMES, witness.when)
        witness.used.update(mark for mark in witness.when if mark.kind == "NUM" and mark.unit == "" and _hour(mark))
        item[name] = UNPLACED
        return
    known = near[0][0]
    for _, start, end in near:
        witness.used.update(mark for mark in witness.said.marks if start <= mark.start and mark.end <= end)
    ahead = (known - witness.context.now).total_seconds()
    counted = any(mark.kind == "DUR" and Decimal(int(ahead)) in mark.values for mark in witness.said.marks)
    item[name] = f"{AHEAD}{int(ahead)}" if counted else known.astimezone(UTC).isoformat()


def _hour(mark: Mark) -> bool:
    return any(value == int(value) and 0 <= value <= 31 for value in mark.values)


def _time(leaf: dict[str, Any], witness: Witness) -> None:
    ground_instant(leaf, "at", witness)


def _schedule(leaf: dict[str, Any], witness: Witness) -> None:
    ground_instant(leaf, "start_at", witness)
    every_s, cron = whole(leaf, "every_s"), leaf["cron"].strip()
    if every_s is not None and not cron:
        witness.needs_span(witness.both, every_s)
        return
    if not cron:
        return
    _zone(leaf, witness)
    minute, hour, month_day, days, _ = cron_of(cron)
    witness.take({"EVERY", "EVERYDAY", "EVERYWEEK", "EVERYMONTH", "EACH", "DAYPART", "AM", "PM"})
    _days(witness, days, month_day)
    leaf["every_s"] = ""
    if (hour, minute) == (0, 0) and not any(mark.kind in _CLOCKS for mark in witness.both):
        leaf["cron"] = f"{UNSAID} {UNSAID} {month_day} * {days}"
        return
    sure = _clock(witness, hour, minute)
    leaf["cron"] = f"{minute} {hour}{'' if sure else UNPLACED} {month_day} * {days}"


_CLOCKS = ("CLOCK", "NOON", "MIDNIGHT", "AM", "PM", "DAYPART")


def _zone(leaf: dict[str, Any], witness: Witness) -> None:
    """The time zone is the one that was said, or the trader's."""
    named = [str(mark.value) for mark in witness.both if mark.kind == "ZONE"]
    if len(named) > 1 or any("|" in name for name in named):
        raise Ungrounded("it cannot tell which time zone you mean")
    leaf["timezone"] = named[0] if named and named[0] != "local" else ""


def _days(witness: Witness, days: str, month_day: str) -> None:
    """Weekdays and days of the month must be named; every day needs a word for it."""
    kinds = witness.kinds()
    named = {str(mark.value) for mark in witness.both if mark.kind == "DAY"}
    witness.take({"DAY", "WEEKDAYS", "WEEKENDS"})
    claimed = set(days.split(",")) if days != "*" else set()
    groups = {"WEEKDAYS": "MON-FRI", "WEEKENDS": "SAT,SUN"}
    grouped = any(kind in kinds and days in (text, text.replace(",", "-")) for kind, text in groups.items())
    if claimed != named and not grouped:
        raise Ungrounded("it has other weekdays than you said")
    if month_day != "*":
        ordinals = [mark for mark in witness.both if mark.kind == "ORDINAL" and str(mark.value) == month_day]
        witness.used.update(ordinals)
        if not ordinals and witness.number(witness.both, Decimal(month_day), ("",)) is None:
            raise Ungrounded("it has another day of the month than you said")
    elif not claimed and not kinds & {"EVERY", "EVERYDAY", "EACH"}:
        raise Ungrounded("it repeats every day where you did not say that")


def _clock(witness: Witness, hour: int, minute: int) -> bool:
    """Whether the words leave no doubt about this time of day. Raises Ungrounded where they name none such."""
    half = says_half({mark.kind for mark in witness.both})
    for mark in witness.both:
        if mark.kind in ("NOON", "MIDNIGHT") and (hour, minute) == (12 if mark.kind == "NOON" else 0, 0):
            witness.used.add(mark)
            return True
        if mark.kind == "CLOCK" and mark.value.minute == minute and (mark.value.hour - hour) % 12 == 0:
            witness.used.add(mark)
            if mark.value.sure and mark.value.hour != hour and half is None:
                raise Ungrounded("it has another time of day than you said")
            return half == ("am" if hour < 12 else "pm") if half is not None else bool(mark.value.sure)
        plain_hour = mark.kind == "NUM" and mark.unit == "" and minute == 0
        if plain_hour and any((value - hour) % 12 == 0 and 0 <= value <= 24 for value in mark.values):
            witness.used.add(mark)
            if half is not None and half != ("am" if hour < 12 else "pm"):
                raise Ungrounded("it has another half of the day than you said")
            return half is not None or any(value > 12 for value in mark.values)
    raise Ungrounded("it has a time of day that you did not say")


_GROUNDS: Mapping[str, Callable[[dict[str, Any], Witness], None]] = {
    "price_level": _level, "price_change": _change, "trailing": _trailing, "candle_close": _candle,
    "indicator": _indicator, "position_pnl": _pnl, "position_event": _event, "account": _account,
    "funding_rate": _funding, "time": _time, "schedule": _schedule,
}  # fmt: skip
