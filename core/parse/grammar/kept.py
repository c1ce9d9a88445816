"""Names what stays out of "all": "close everything except BTC", "keep 1 SOL and sell the other 8".

What is left is told from the open positions, so it is said in their names, and only where the words agree with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from core.parse.grammar.items import Item

_EXCEPTING = frozenset({"except", "except for", "but", "but not", "apart from", "other than", "besides", "save for"})
_NAMING = ("MY", "POSITION", "COIN", "LONG", "SHORT", "LONGNOUN", "SHORTNOUN")
_JOINS = ("AND", "COMMA", "OR")


def named_instead(items: list[Item], held: Mapping[str, Decimal]) -> list[Item]:
    """*items* with the positions themselves for "everything except BTC", and without a "keep 1" that they bear out."""
    return _counted(_kept(_excepted(items, held), held), held)


def _excepted(items: list[Item], held: Mapping[str, Decimal]) -> list[Item]:
    for at in range(1, len(items) - 2):
        if items[at].kind != "EVERYTHING" or items[at - 1].kind not in ("CLOSE", "SELL"):
            continue
        if items[at + 1].text.lower() not in _EXCEPTING:
            continue
        end, out = at + 2, list[str]()
        while end < len(items) and (items[end].kind in _NAMING or _joins(items, end)):
            out += [items[end].value] if items[end].kind == "COIN" else []
            end += 1
        left = [market for market in held if market not in out]
        priced = end + 1 < len(items) and items[end].kind == "AT" and items[end + 1].kind == "NUM"
        if not out or not left or priced or any(market not in held for market in out):
            return items  # "everything but BTC at 70k": whose price is that?
        said = tuple(items[at:end])
        named: list[Item] = []
        for market in left:
            if named:
                named.append(replace(items[at], kind="AND", value=None, text="and"))
            named.append(replace(items[at], kind="COIN", value=market, text=market.split("-")[0], holds=said))
        return [*items[:at], *named, *items[end:]]
    return items


def _joins(items: Sequence[Item], at: int) -> bool:
    """Whether a comma or "and" here is followed by another position that stays."""
    ahead = at + 1 + int(at + 1 < len(items) and items[at + 1].kind == "MY")
    return items[at].kind in _JOINS and ahead < len(items) and items[ahead].kind == "COIN"


def _kept(items: list[Item], held: Mapping[str, Decimal]) -> list[Item]:
    """ "keep 1 SOL and sell the other 8": the 8, where 9 are held; else it stays, and is left over."""
    for at in range(len(items) - 4):
        if items[at].text.lower() not in ("keep", "hold", "hold on to", "leave"):
            continue
        after = at + 2
        coin = items[after] if items[after].kind == "COIN" else None
        after += int(coin is not None)
        while after < len(items) and items[after].kind in ("AND", "COMMA", "THEN"):
            after += 1
        if after + 2 >= len(items) or items[after].kind not in ("SELL", "CLOSE", "TRIM"):
            continue
        other = after + 1
        if items[other].text.lower() != "other" or items[at + 1].kind != "NUM" or items[other + 1].kind != "NUM":
            continue
        market: str = str(coin.value) if coin is not None else next(iter(held)) if len(held) == 1 else ""
        keeps, sells = items[at + 1].value, items[other + 1].value
        plain = not (keeps.unit or keeps.sign or keeps.words or sells.unit or sells.sign or sells.words)
        if market not in held or not plain or keeps.value + sells.value != abs(held[market]):
            continue
        sold = replace(items[other + 1], holds=tuple(items[at : other + 1]))
        own = items[other + 2].kind == "COIN" if other + 2 < len(items) else False
        name = replace(items[at], kind="COIN", value=market, text=market.split("-", maxsplit=1)[0])
        return [*items[:at], items[after], sold, *([] if own else [name]), *items[other + 2 :]]
    return items


def _counted(items: list[Item], held: Mapping[str, Decimal]) -> list[Item]:
    """ "sell all 8 SOL", "sell 3 of my 8 SOL": what is held is only told again, where it is so."""
    for at in range(1, len(items) - 2):
        own = items[at].kind == "OF" and items[at - 1].kind == "NUM" and items[at + 1].kind == "MY"
        begun = at + 2 if own else at + 1 + int(items[at + 1].kind == "MY")
        if not (own or items[at].kind == "ALL") or begun + 1 >= len(items) or items[begun].kind != "NUM":
            continue
        told, coin = items[begun].value, items[begun + 1]
        bare = not (told.unit or told.sign or told.words)
        if coin.kind != "COIN" or not bare or abs(held.get(coin.value, Decimal(0))) != told.value:
            continue
        if own:
            named = replace(coin, holds=(items[at + 1], items[begun]))
            return [*items[: at + 1], named, *items[begun + 2 :]]
        counted = replace(items[begun], holds=tuple(items[at:begun]))
        return [*items[:at], counted, *items[begun + 1 :]]
    return items
