"""Writes out lists before a sentence is read: one size at several prices, a share "out", prices of an OCO pair."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from core.parse.grammar.items import Amount, Item

_BETWEEN_PRICES = ("COMMA", "AND", "SLASH")
_BEGINS_A_CLAUSE = ("", "COMMA", "AND", "THEN", "COLON", "TO")
_MEASURES = ("PROFIT", "LOSS", "PNL", "PRICE", "IND", "METRIC", "FUNDING", "COIN")
MOST_PLACES = 10


def written_out(items: list[Item]) -> list[Item]:
    """ "25 % each at 155 160 165" as "25 % at 155, 25 % at 160, 25 % at 165", and the like."""
    kinds = [item.kind for item in items]
    words = {item.text.lower() for item in items}
    result = _coins_apart(items) if kinds.count("COIN") > 1 else items
    result = _lone_words(result) if "OUT" in kinds or "DUR" in kinds else result
    result = _shares_out(_apart(result) if "OCO" in kinds else result)
    result = _equal_signs(result) if "=" in words else result
    result = _counted_buys(result) if "OF" in kinds else result
    result = _in_parts(result) if "SLICES" in kinds or not words.isdisjoint(_DIVIDED) else result
    return _each(result) if not words.isdisjoint(_EACH) else result


def _coins_apart(items: list[Item]) -> list[Item]:
    """ "buy 1 SOL and 2 ETH", "buy $50 each of SOL and ETH", "buy SOL and ETH, $50 each": one order for each coin."""
    result: list[Item] = []
    at = 0
    while at < len(items):
        if items[at].kind == "CLOSE" and (closed := _closed(items, at)) is not None:
            result += closed[0]
            at = closed[1]
            continue
        said = _orders(items, at + 1) if items[at].kind in _OPENING else None
        if said is None:
            result.append(items[at])
            at += 1
            continue
        sized, end = said
        for number, (size, coin) in enumerate(sized):
            result += [replace(items[at], kind="AND", value=None, text="and")] if number else []
            result += [items[at], size, coin]
        at = end
    return result


def _closed(items: Sequence[Item], at: int) -> tuple[list[Item], int] | None:
    """ "close SOL and ETH at 18:00": both at that time; a price there is left as it is."""
    named, end = list[Item](), at + 1
    while _kind(items, end) in ("COIN", "MY", "COMMA", "AND"):
        named += [items[end]] if items[end].kind == "COIN" else []
        end += 1
    timed = _kind(items, end) in _TIMES or (_kind(items, end) in ("AT", "ON") and _kind(items, end + 1) in _TIMES)
    if len(named) < 2 or not timed or _kind(items, end - 1) != "COIN":
        return None
    joined = replace(items[at], kind="AND", value=None, text="and")
    return [one for coin in named for one in (joined, items[at], coin)][1:], end


_TIMES = ("CLOCK", "DAY", "TOMORROW", "TODAY", "TONIGHT", "NOON", "MIDNIGHT", "EOD", "MONTHEND", "DATE")


def _orders(items: Sequence[Item], at: int) -> tuple[list[tuple[Item, Item]], int] | None:
    """The sizes and coins that stand in a row from *at* on, and where they end; None for fewer than two."""
    each = _kind(items, at) == "NUM" and _is_each(items, at + 1)
    size = items[at] if each else None
    at += 2 * int(each)
    found: list[tuple[Item | None, Item]] = []
    while len(found) < MOST_PLACES:
        own = items[at] if size is None and _kind(items, at) == "NUM" else None
        coin = at + int(own is not None)
        coin += int(_kind(items, coin) in ("OF", "ON") and (own is not None or (each and not found)))
        if _kind(items, coin) != "COIN" or (found and (own is None) != (found[0][0] is None)):
            return None
        found.append((own, items[coin]))
        at = coin + 1
        ahead = at
        while _kind(items, ahead) in ("COMMA", "AND"):
            ahead += 1
        follows = _kind(items, ahead) == "COIN" or (found[0][0] is not None and _has_coin(items, ahead))
        if ahead == at or not follows:
            break
        at = ahead
    if size is None and found[0][0] is None:
        ahead = at + int(_kind(items, at) in ("COMMA", "COLON", "DASH", "FOR", "AT", "WITH"))
        if _kind(items, ahead) != "NUM" or not _is_each(items, ahead + 1):
            return None
        size, at = items[ahead], ahead + 2
    if _kind(items, at) in _PRICING or (_kind(items, at) in ("AT", "FOR", "COMMA") and _prices(items, at + 1)[0]):
        return None  # a price behind is that of one coin, or of all?
    sized = [(own or size, coin) for own, coin in found]
    complete = [(own, coin) for own, coin in sized if own is not None and not own.value.sign]
    coins = {coin.value for _, coin in complete}
    return (complete, at) if len(complete) == len(found) == len(coins) > 1 else None


def _has_coin(items: Sequence[Item], at: int) -> bool:
    """Whether a size with its coin stands here."""
    return _kind(items, at) == "NUM" and "COIN" in (_kind(items, at + 1), _kind(items, at + 2))


def _is_each(items: Sequence[Item], at: int) -> bool:
    return at < len(items) and items[at].text.lower() in ("each", "apiece", "each of")


_OPENING = ("BUY", "LONG", "SHORT")
_PRICING = ("NUM", "LIMIT", "BELOW", "ABOVE", "BETWEEN", "FROM", "TO", "SLASH", "DASH", "LPAR", "ATMOST")


def _kind(items: Sequence[Item], at: int) -> str:
    return items[at].kind if 0 <= at < len(items) else ""


def _is_price(items: Sequence[Item], at: int) -> bool:
    if _kind(items, at) != "NUM":
        return False
    amount = items[at].value
    return amount.unit in ("", "usd") and not amount.words and not amount.sign


def _prices(items: Sequence[Item], at: int) -> tuple[list[Item], int]:
    """The prices that stand in a row from *at* on, and where they end."""
    found: list[Item] = []
    while _is_price(items, at) and len(found) < MOST_PLACES:
        found.append(items[at])
        at += 1
        ahead = at
        while _kind(items, ahead) in _BETWEEN_PRICES:
            ahead += 1
        if not _is_price(items, ahead):
            break
        at = ahead
    return found, at


def _placed(size: Sequence[Item], prices: Sequence[Item], lead: Item) -> list[Item]:
    """*size* at every one of *prices*, with commas between."""
    result: list[Item] = []
    for price in prices:
        if result:
            result.append(replace(lead, kind="COMMA", text=","))
        result += [*size, replace(lead, kind="AT", text="at"), price]
    return result


_EACH = ("each", "apiece")


def _each(items: list[Item]) -> list[Item]:
    """ "25 % each at 155 160", "at 155, 160 and 165, 25 % each"."""
    for at, item in enumerate(items):
        if item.text.lower() not in _EACH:
            continue
        if _is_price(items, at - 1) and _kind(items, at - 2) in ("FOR", "AT") and _size_before(items, at - 2) < at - 2:
            return [*items[: at - 2], replace(items[at - 2], kind="AT"), items[at - 1], *items[at + 1 :]]
        size = _size_before(items, at)
        if size == at:
            continue
        said = items[size:at]
        if _kind(items, at + 1) == "AT":
            prices, end = _prices(items, at + 2)
            if len(prices) > 1:
                return [*items[:size], *_placed(said, prices, item), *items[end:]]
        lead = next((n for n in range(size - 1, -1, -1) if items[n].kind == "AT"), None)
        if lead is not None:
            prices, end = _prices(items, lead + 1)
            while _kind(items, end) in ("COMMA", "COLON", "FOR", "WITH", "DASH"):
                end += 1
            if len(prices) > 1 and end in (size, size + 1):
                verb = lead - 1
                counted = _kind(items, verb) in ("BUY", "SELL", "BID") and _kind(items, verb - 1) == "NUM"
                if counted and items[verb - 1].value.value == Decimal(len(prices)):
                    return [*items[: verb - 1], items[verb], *_placed(said, prices, item), *items[at + 1 :]]
                return [*items[:lead], *_placed(said, prices, item), *items[at + 1 :]]
    return items


def _size_before(items: Sequence[Item], at: int) -> int:
    """Where the size begins that ends before *at*: "25 %", "1 SOL", "$100 of ETH"."""
    begun = at
    if _kind(items, begun - 1) == "COIN":
        begun -= 1
        begun -= int(_kind(items, begun - 1) == "OF")
    return begun - 1 if _kind(items, begun - 1) == "NUM" else at


def _counted_buys(items: list[Item]) -> list[Item]:
    """ "3 buys of $100 at 145 140 135" is $100 at each of the three."""
    for at in range(len(items)):
        verb = _kind(items, at + 1)
        if _kind(items, at) != "NUM" or verb not in ("BUY", "SELL", "ORDERS", "BID") or _kind(items, at + 2) != "OF":
            continue
        kind = "SELL" if items[at + 1].text.lower().startswith("sell") else "BUY"
        end = at + 4 + int(_kind(items, at + 4) == "OF")
        end += int(_kind(items, end) == "COIN")
        prices, after = _prices(items, end + 1)
        named = items[at + 1].text.lower().startswith(("buy", "sell", "bid"))
        if named and _kind(items, end) == "AT" and items[at].value.value == Decimal(len(prices)) and len(prices) > 1:
            begun = at - int(_kind(items, at - 1) == "LADDER")
            order = replace(items[at + 1], kind=kind)
            return [*items[:begun], order, *_placed(items[at + 3 : end], prices, items[end]), *items[after:]]
    return items


def _in_parts(items: list[Item]) -> list[Item]:
    """ "$300 of SOL in three parts at 148, 145, 142" is $100 at each; only where the parts come out even."""
    for at in range(2, len(items) - 2):
        share = _DIVIDED.get(items[at].text.lower())
        if share is not None and _kind(items, at - 1) == "ON" and items[at + 1].kind in ("AT", "COLON"):
            prices, end = _prices(items, at + 2)
            if len(prices) == round(100 / float(share)):
                amount = Amount(value=Decimal(share), unit="percent", words=True)
                each = replace(items[at], kind="NUM", value=amount)
                return [*items[: at - 1], *_placed([each], prices, items[at + 1]), *items[end:]]
        if items[at].kind != "SLICES" or items[at - 1].kind != "NUM" or _kind(items, at + 1) not in ("AT", "COLON"):
            continue
        size = at - 2 - int(_kind(items, at - 2) in ("ON", "OVER", "ABOVE"))
        begun = _size_before(items, size + 1)
        prices, end = _prices(items, at + 2)
        if begun > size or len(prices) < 2 or items[at - 1].value.value != Decimal(len(prices)):
            continue
        amount = items[begun].value
        part = amount.value / len(prices)
        if amount.unit not in ("", "usd") or amount.sign or part * len(prices) != amount.value:
            continue
        each = replace(items[begun], value=replace(amount, value=part), holds=(items[begun], items[at - 1]))
        said = [each, *items[begun + 1 : size + 1]]
        return [*items[:begun], *_placed(said, prices, items[at + 1]), *items[end:]]
    return items


_DIVIDED = {"halves": "50", "thirds": "33.33", "quarters": "25", "fifths": "20"}


def _shares_out(items: list[Item]) -> list[Item]:
    """ "half out at 160" is a sale; "take 30 % profits when …" too."""
    result = list(items)
    for at in range(len(items) - 1, -1, -1):
        item = items[at]
        if item.kind != "NUM" or item.value.unit != "percent":
            continue
        following = "OUT" if at + 1 < len(items) and items[at + 1].text.lower() == "off" else _kind(items, at + 1)
        if (
            following == "OUT"
            and _kind(items, at - 1) in _BEGINS_A_CLAUSE
            and _kind(items, at + 2) in ("AT", "IF", "ON")
        ):
            result[at : at + 2] = [replace(item, kind="SELL", text="sell"), item]
        elif (
            following == "PROFIT"
            and _kind(items, at - 1) == "TAKE"
            and _kind(items, at + 2) != "AT"
            and any(one.kind == "IF" for one in items[:at])
        ):
            del result[at + 1]
    return result


def _lone_words(items: list[Item]) -> list[Item]:
    """ "4h close < 142 -> out" is an exit; "sell 1 SOL a day for 5 days" a rhythm."""
    result = list(items)
    for at, item in enumerate(items):
        before, after = _kind(items, at - 1), _kind(items, at + 1)
        if item.kind == "OUT" and before in ("THEN", "COMMA") and not after and _kind(items, at - 2) == "NUM":
            result[at] = replace(item, kind="CLOSE")
        elif item.kind == "DUR" and item.text.lower() in _RHYTHMS and before == "COIN" and after in _AFTER_RHYTHM:
            traded = _kind(items, at - 2) == "NUM" or _kind(items, at - 2) == "OF"
            result[at] = replace(item, kind=_RHYTHMS[item.text.lower()]) if traded else item
    return result


_RHYTHMS = {"a day": "EVERYDAY", "an hour": "EVERYHOUR"}
_AFTER_RHYTHM = ("", "FOR", "UNTIL", "AT", "VALIDFOR", "STARTING")


def _equal_signs(items: list[Item]) -> list[Item]:
    """ "when profit = 25 %": the sign compares; elsewhere it says what follows."""
    result = list(items)
    led = False
    for at, item in enumerate(items):
        led = led or (at > 0 and items[at - 1].kind in ("IF", "EACH"))
        if item.text == "=" and led and _kind(items, at - 1) in _MEASURES and _kind(items, at + 1) == "NUM":
            result[at] = replace(item, kind="TO", text="to")
    return result


def _apart(items: list[Item]) -> list[Item]:
    """ "OCO sell SOL 160 / 140": two prices, either of them."""
    for at in range(1, len(items) - 2):
        pair = (
            _is_price(items, at) and items[at + 1].kind in ("SLASH", "OR", "AND", "DASH") and _is_price(items, at + 2)
        )
        if pair and _kind(items, at + 3) in ("", "OCO", "COMMA", "LPAR"):
            lead = [] if items[at - 1].kind in ("AT", "TO") else [replace(items[at], kind="AT", text="at")]
            joined = replace(items[at + 1], kind="OR", text="or")
            return [*items[:at], *lead, items[at], joined, *items[at + 2 :]]
    return items
