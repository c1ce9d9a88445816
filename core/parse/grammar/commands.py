"""Decides whether a message is a request that this product serves at once, and which."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from core.domain.reading import Command, CommandName, RuleFilter
from core.parse.grammar.actions import is_one
from core.parse.grammar.items import Cursor
from core.parse.grammar.reader import Sentence

_FILLER = frozenset({
    "MY", "ALL", "EVERY", "OF", "ON", "FOR", "FROM", "I", "SHOW", "NOW", "TODAY", "AND", "COMMA", "IT", "GO",
    "POSITION", "AT", "TO", "CURRENT", "HISTORY", "SET", "WITH", "ATMARKET", "ACROSS", "LEFT", "RULEID", "ACTIVATE",
    "OPENED", "STATE", "WORTH", "LATEST",
})  # fmt: skip
_TOPICS: dict[str, CommandName] = {
    "POSITION": "positions", "EVERYTHING": "positions", "PNL": "positions", "PROFIT": "positions", "RULES": "rules",
    "ALERTS": "rules", "ORDERS": "rules", "HISTORY": "trades", "COLLATERAL": "balance",
    "METRIC": "balance", "MARGIN": "balance", "ACCOUNT": "balance", "LEVERAGE": "balance", "PRICE": "prices",
    "REPORTED": "trades", "LOSS": "positions", "FILLED": "trades", "LIQUIDATED": "positions",
}  # fmt: skip
_FILTERS: dict[str, RuleFilter] = {
    "DCA": "dca", "TARGET": "take_profit", "STOP": "stop_loss", "STOPS": "stop_loss", "TRAIL": "stop_loss",
    "ALERTS": "alert", "ALERT": "alert",
}  # fmt: skip
_BY_ITSELF = ("pause", "resume", "unpause")
"""Words that are said of all rules when nothing follows them."""
_CHANGES: dict[str, CommandName] = {"PAUSE": "pause_rules", "RESUME": "resume_rules", "CANCEL": "cancel_rules"}


def read_command(sentences: list[Sentence]) -> Command | None:
    """The command that the whole message is; None where any word of it would be left over."""
    if not sentences or len(sentences) > 2:
        return None
    items = [item for sentence in sentences for item in sentence.items]
    while len(items) > 1 and items[0].kind in ("COMMA", "DASH"):
        items.pop(0)
    cur = Cursor(items)
    asked = sentences[-1].asked
    readers: tuple[Callable[[Cursor], Command | None], ...] = (
        (_help,) if asked and not sentences[-1].polite else (_help, _kill, _change)
    )
    looking: Callable[[Cursor], Command | None] = partial(_look, asked=asked)
    for reader in (*readers, looking):
        cur.at = 0
        found = reader(cur)
        if found is not None and cur.peek().kind == "END":
            return found
    if items[0].text.lower() in ("how", "what") and items[-1].text.lower() in ("work", "works", "mean", "means"):
        return Command(name="help")
    if items[0].kind == "HELP" and items[0].text.lower().startswith(("how", "what")):
        return Command(name="help")
    return None


def _help(cur: Cursor) -> Command | None:
    cur.skip("SLASH|SET|I|SHOW")
    return Command(name="help") if cur.take("HELP") is not None else None


def _kill(cur: Cursor) -> Command | None:
    """kill · stop everything and pull all my orders."""
    cur.skip("SLASH")
    if not cur.begins("KILL|CANCEL|PAUSE|STOP"):
        return None
    halted = cur.peek().text.lower() == "halt" and cur.peek(1).kind == "END" and cur.take("PAUSE") is not None
    if halted or _both_ways(cur):
        return Command(name="kill")
    while cur.sees("KILL", "KILL") or cur.sees("CANCEL", "IT", "KILL"):
        cur.at += 1 if cur.sees("KILL") else 2
    alone = cur.peek().text.lower() == "kill" and cur.peek(1).kind == "END" and cur.take("CANCEL") is not None
    if not alone and cur.take("KILL") is None and not cur.run("STOP", "EVERYTHING"):
        return None
    cur.skip("MY|RULES")
    if cur.skip("AND|COMMA"):
        if cur.take("CANCEL|PAUSE|STOP") is None:
            return None
        cur.skip("ALL|MY|EVERY")
        if cur.take("ORDERS|RULES|EVERYTHING") is None:
            return None
    cur.skip("NOW|IT|ALL")
    return Command(name="kill")


def _both_ways(cur: Cursor) -> bool:
    """ "cancel everything and pause all": the orders and the rules, which is all there is."""
    begun = cur.at
    done: list[str] = []
    while (verb := cur.take("CANCEL|PAUSE")) is not None:
        cur.skip("MY")
        if cur.take("ALL|EVERYTHING|EVERY") is None:
            break
        cur.skip("MY|OF")
        cur.skip("ORDERS" if verb.kind == "CANCEL" else "RULES")
        done.append(verb.kind)
        cur.skip("AND|COMMA")
    if sorted(done) == ["CANCEL", "PAUSE"] and cur.peek().kind == "END":
        return True
    cur.at = begun
    return False


def _change(cur: Cursor) -> Command | None:
    """pause my DCA rules on SOL · cancel rule r2 · delete all my stop loss rules."""
    cur.skip("SLASH")
    item = cur.take("PAUSE|RESUME|CANCEL|STOP")
    if item is None:
        return None
    name = _CHANGES.get(item.kind, "pause_rules")
    market: str | None = None
    said_filter: RuleFilter | None = None
    ids: list[str] = []
    what: str | None = None
    one = every = False
    while (word := cur.peek()).kind != "END":
        cur.next()
        one = one or (is_one(word) and not (item.kind == "PAUSE" and word.text.lower() in ("strategy", "automation")))
        every = every or word.kind in ("ALL", "EVERY", "EVERYTHING")
        match word.kind:
            case "COIN" if market is None:
                market = word.value
            case "RULEID":
                ids.append(word.value)
            case "NUM" if what == "RULES" and word.text.isdecimal() and len(word.text) < 10:
                ids.append(f"r{word.text}")
            case kind if kind in _FILTERS and not isinstance(word.value, int):
                if said_filter not in (None, _FILTERS[kind]) or word.text.lower() == item.text.lower():
                    return None  # "my TP and SL" are two kinds; "stop stop" is one word said twice
                said_filter = _FILTERS[kind]
                what = "RULES" if kind in ("STOPS", "ALERTS", "ALERT") else what
            case "RULES" | "ORDERS" if what in (None, word.kind) or said_filter is not None:
                what = word.kind if said_filter is None else "RULES"
            case "LIMIT" if what in (None, "ORDERS"):
                what = "ORDERS"
            case "EVERYTHING" if item.kind in ("PAUSE", "RESUME"):
                what = "RULES"
            case "SET" | "I" if what is not None or said_filter is not None or word.text.lower() == "open":
                pass  # "every alert I have"
            case "STATE" | "ACTIVATE" | "MY" | "ALL" | "EVERY" | "ON" | "FOR" | "OF" | "AND" | "COMMA" | "NOW":
                pass
            case _:
                return None
    alone = item.kind in ("PAUSE", "RESUME") and item.text.lower() in _BY_ITSELF and market is None
    if what is None and not ids and said_filter is None and not alone:
        return None
    if one and not (every or ids or market or said_filter):
        return None
    if what == "ORDERS":
        return (
            Command(name="cancel_orders", market=market, all=market is None or None)
            if _plain(name, said_filter, ids)
            else None
        )
    everything = market is None and not ids and said_filter is None
    return Command(
        name=name,
        market=market,
        rule_ids=tuple(ids) or None,
        filter=said_filter,
        all=everything or None,
    )


def _plain(name: str, said_filter: str | None, ids: list[str]) -> bool:
    """Whether "cancel … orders" names orders only; stop-loss orders are rules here, so that is left to a question."""
    return name == "cancel_rules" and said_filter is None and not ids


def _look(cur: Cursor, *, asked: bool) -> Command | None:
    """what are my positions? · price of SOL and BTC · sol? · show me today's trades · how much collateral is left."""
    cur.skip("SLASH")
    begun = cur.peek().kind
    markets: list[str] = []
    topics: list[str] = []
    words: list[str] = []
    said_filter: RuleFilter | None = None
    while (word := cur.peek()).kind != "END":
        cur.next()
        words.append(word.text.lower())
        if words[-1] == "work":
            return None
        if word.kind == "COIN":
            markets.append(word.value)
        elif word.kind == "NUM" and len(words) > 1 and cur.peek(-2).kind == "LATEST" and word.value.unit == "":
            continue
        elif word.kind == "GO" and word.text.lower() == "trades":
            topics.append("HISTORY")
        elif word.kind == "ALERT" and word.text.lower() == "tell me":
            begun = "SHOW"
        elif word.kind == "CURRENT" and "price" in word.text.lower():
            topics.append("PRICE")
        elif word.kind in _FILTERS and begun == "SHOW":
            topics.append("RULES")
            said_filter = _FILTERS[word.kind]
        elif word.kind in _TOPICS:
            topics.append(word.kind)
        elif (word.kind in ("FROM", "WITHIN", "DUR") and topics == ["HISTORY"]) or (
            word.text.lower() in _BACK_THEN and set(topics) <= {"HISTORY"}
        ):
            continue
        elif word.kind not in _FILLER:
            return None
    looking = (
        asked
        or begun in ("SHOW", "SLASH", "PRICE", "MY", "HISTORY", "METRIC", "COLLATERAL", "CURRENT", "LATEST")
        or len(words) <= 2
        or topics == ["PRICE"] == topics[: cur.peek(-1).kind == "PRICE"]
    )
    if not looking:
        return None
    found = _topic(topics, markets, words, begun)
    if found is None or said_filter is None:
        return found
    return replace(found, filter=said_filter) if found.name == "rules" else None


_BACK_THEN = ("yesterday", "last week", "last night", "last month")
_RUNNING = {"armed", "running", "pending", "active", "live"}
"""What a rule is while it is watched: "what's armed?"."""


def _topic(topics: list[str], markets: list[str], words: list[str], begun: str) -> Command | None:
    named = tuple(dict.fromkeys(markets))
    if not topics and begun == "SHOW" and not named and words[1:] in (["open"], ["opened"]):
        return Command(name="positions")
    if not topics and {"do i have", "have i got"} & set(words):
        if not named and {"open", "opened"} & set(words):
            return Command(name="positions")
        return Command(name="positions", market=named[0]) if len(named) == 1 else None
    if not topics and begun == "SHOW" and not named and set(words[1:]) & _RUNNING:
        return Command(name="rules")
    if not topics:
        if named and begun in ("COIN", "SHOW") and words[0] not in ("do i have", "any", "which"):
            return Command(name="prices", markets=named)
        return None
    if "LIQUIDATED" in topics:
        return Command(name="positions", market=named[0] if len(named) == 1 else None)
    kinds = [_TOPICS[topic] for topic in topics]
    if "FILLED" in topics or any(
        word in ("trades", "trade history", "history", "fills", "recent trades") for word in words
    ):
        name: CommandName = "trades"
    elif "prices" in kinds:
        name = "prices"
    elif "balance" in kinds:
        name = "balance"
    else:
        name = kinds[0]
    if name == "prices":
        return Command(name="prices", markets=named or None)
    market = named[0] if len(named) == 1 and name in ("positions", "rules", "trades") else None
    if len(named) > 1:
        return None
    return Command(name=name, market=market)
