"""What a rule would come to at today's prices, in words: where it fires, how far off, how much; binds nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.domain.action import Close, LadderOrder, LimitOrder, Reverse, Trade
from core.domain.condition import ALL_MARKETS, Trailing, leaves, markets_of
from core.domain.level import stop_of
from core.domain.money import HUNDRED, ONE, ZERO, percent_of
from core.domain.position import Position
from core.domain.reading import Holding
from core.domain.rule import RuleSet, RuleSpec
from core.domain.wording_amounts import say_amount, say_level, say_money, say_rough_percent
from core.domain.wording_condition import trigger_levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a card's figures are made from; `names` is what each rule is called on it."""

    rules: RuleSet
    names: Mapping[str, str]
    prices: Mapping[str, Decimal]
    references: Mapping[str, Decimal]
    held: Mapping[str, Holding | Position]


def say_triggers(spec: RuleSpec, reading: Reading) -> list[str]:
    """Each price the rule would fire at, with its distance from now."""
    said = []
    several = len(markets_of(spec.condition)) > 1
    for market, price in trigger_levels(spec.condition, reading.references, _entries(spec, reading)):
        now = reading.prices.get(market)
        where = "" if now is None or now == 0 else f", {_say_distance(price, now)}"
        said.append(f"Fires at {f'{market} ' if several else ''}{say_level(price)}{where}.")
    for leaf in leaves(spec.condition):
        if isinstance(leaf, Trailing) and leaf.activation_price is None and spec.after is None:
            start = reading.prices.get(leaf.market)
            if start is not None:
                level = say_level(stop_of(leaf, start))
                said.append(f"From the price now it would fire at {level}; that level follows the price.")
    return said


def _say_distance(price: Decimal, now: Decimal) -> str:
    if price == now:
        return f"the price now ({say_level(now)})"
    percent = abs(price - now) / now * HUNDRED
    return f"{say_rough_percent(percent)} {'below' if price < now else 'above'} the price now ({say_level(now)})"


def say_size(spec: RuleSpec, reading: Reading) -> list[str]:
    """How much the rule would trade, in base and in USD, or why that cannot be told."""
    action = spec.action
    if not isinstance(action, Trade | Close | Reverse):
        return []
    if action.market == ALL_MARKETS:
        return _say_all_held(reading)
    price = _fill_price(spec, reading)
    if isinstance(action, Trade) and not action.reduce_only:
        base = opening_base(action, price)
        return [] if base is None or price is None else [f"About {_say_worth(base, action.market, price)}."]
    held, whose = _held_base(spec, reading)
    if held is None:
        if spec.after is not None:
            return ["Sized from the position as it is then."]
        return [f"You hold no {action.market} position now; with none when it fires, nothing is traded."]
    if isinstance(action, Trade) and (held > 0) != (action.type == "sell"):
        side = "short" if held < 0 else "long"
        return [f"Your {action.market} position is {side} now; a reduce-only {action.type} cannot reduce a {side}."]
    base = _exit_base(action, abs(held), price)
    worth = "" if base is None or price is None else f"About {_say_worth(base, action.market, price)} of "
    side = "long" if held > 0 else "short"
    return [f"{worth}the {say_amount(abs(held), action.market)} {side} {whose}."] if worth else []


def _say_all_held(reading: Reading) -> list[str]:
    """Every position that an order on all of them would be about, by market."""
    told = []
    for market, holding in sorted(reading.held.items()):
        if holding.base != 0:
            price = reading.prices.get(market)
            base, side = abs(holding.base), "long" if holding.base > 0 else "short"
            size = say_amount(base, market) if price is None else _say_worth(base, market, price)
            told.append(f"{size} {side}")
    return [f"Held now: {', '.join(told)}."] if told else ["You hold no position now; with none, nothing is traded."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A signed change of a position: what it is `before`, by how much it changes, at about which price (quote)."""

    before: Decimal
    change: Decimal
    price: Decimal


def move_of(spec: RuleSpec, reading: Reading) -> Move | None:
    """What the rule's order would do to the position of its market; None where that cannot be told."""
    action = spec.action
    if not isinstance(action, Trade | Close | Reverse) or action.market == ALL_MARKETS:
        return None
    price = _fill_price(spec, reading)
    held, _ = _held_base(spec, reading)
    before = held or ZERO
    if price is None:
        return None
    if isinstance(action, Trade) and not action.reduce_only:
        base = opening_base(action, price)
        return (
            None if base is None else Move(before=before, change=base if action.type == "buy" else -base, price=price)
        )
    if held is None or (isinstance(action, Trade) and (held > 0) != (action.type == "sell")):
        return None
    base = _exit_base(action, abs(held), price)
    if base is None:
        return None
    base *= 2 if isinstance(action, Reverse) else 1
    return Move(before=before, change=-base if held > 0 else base, price=price)


def _say_worth(base: Decimal, market: str, price: Decimal) -> str:
    return f"{say_amount(base, market)} (worth {say_money(base * price)})"


def opening_base(trade: Trade, price: Decimal | None) -> Decimal | None:
    """The base that an opening trade comes to at *price*; None where it hangs on free collateral or on no price."""
    if trade.amount_base is not None:
        return trade.amount_base
    if price is None or price <= 0:
        return None
    if trade.amount_usd is not None:
        return trade.amount_usd / price
    if trade.margin_usd is not None:
        return trade.margin_usd * (trade.leverage or ONE) / price
    return None


def _exit_base(action: Trade | Close | Reverse, held: Decimal, price: Decimal | None) -> Decimal | None:
    match action:
        case Reverse():
            return held
        case Close(amount_percent=percent):
            return percent_of(percent, held)
        case Trade(amount_percent=percent) if percent is not None:
            return percent_of(percent, held)
        case Trade():
            base = opening_base(action, price)
            return None if base is None else min(base, held)


def _held_base(spec: RuleSpec, reading: Reading) -> tuple[Decimal | None, str]:
    """The signed position that an exit would find: the one held now, with its entry's fill where it follows one."""
    market = getattr(spec.action, "market", "")
    now = reading.held.get(market)
    base = None if now is None or now.base == 0 else now.base
    if spec.after is None:
        return base, "held now"
    entry = _entry_of(spec, reading)
    if (
        entry is None
        or not isinstance(entry.action, Trade)
        or entry.action.reduce_only
        or entry.action.market != market
    ):
        return None, ""
    bought = opening_base(entry.action, _fill_price(entry, reading))
    if bought is None:
        return None, ""
    total = (base or ZERO) + (bought if entry.action.type == "buy" else -bought)
    return (total if total != 0 else None), "held then"


def _entry_of(spec: RuleSpec, reading: Reading) -> RuleSpec | None:
    """The rule whose fill arms *spec*, if that one waits for no other: longer chains are not foretold."""
    return next((rule for rule in reading.rules if rule.id == spec.after and rule.after is None), None)


def _entries(spec: RuleSpec, reading: Reading) -> dict[str, Decimal]:
    """Entry prices by market as this rule would find them; a rule after an entry counts from that entry's price."""
    entries = {market: held.entry_price for market, held in reading.held.items() if held.base != 0}
    entry = _entry_of(spec, reading)
    if entry is not None and isinstance(entry.action, Trade) and not entry.action.reduce_only:
        price = None if entry.action.market in entries else _fill_price(entry, reading)
        entries.pop(entry.action.market, None)
        if price is not None:
            entries[entry.action.market] = price
    return entries


def _fill_price(spec: RuleSpec, reading: Reading) -> Decimal | None:
    """Where the rule's order would about trade: its limit, else the one trigger price, else the price now."""
    market = getattr(spec.action, "market", "")
    match getattr(spec.action, "order", None):
        case LimitOrder(price=price):
            return price
        case LadderOrder(from_price=low, to_price=high):
            return (low + high) / 2
        case _:
            levels = trigger_levels(spec.condition, reading.references, _entries(spec, reading))
            mine = {price for name, price in levels if name == market}
            return mine.pop() if len(mine) == 1 else reading.prices.get(market)
