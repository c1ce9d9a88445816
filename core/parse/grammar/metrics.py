"""Reads conditions on what the owner has: profit and loss, positions opened or closed, the account, funding."""

from dataclasses import replace
from decimal import Decimal
from typing import Literal

from core.parse.grammar.drafts import AccountDraft, Change, Cond, EventDraft, FundingDraft, PnlDraft
from core.parse.grammar.items import Amount, Cursor
from core.parse.grammar.phrases import Subject, level_operator, read_comparison, read_reference, read_subject

Metric = Literal["health", "leverage", "free_collateral", "margin_ratio"]
EVENTS: dict[str, Literal["opened", "closed", "increased", "decreased", "liquidated"]] = {
    "CLOSES": "closed", "OPENED": "opened",
    "INCREASED": "increased", "DECREASED": "decreased", "LIQUIDATED": "liquidated",
}  # fmt: skip


def read_account(cur: Cursor) -> Cond | None:
    """health under 20 · my leverage goes above 5x · free collateral falls below $100."""
    cur.skip("MY|ACCOUNT")
    metric = cur.peek()
    if metric.kind == "LEVERAGE" and (cur.peek(1).kind in ("GO", "ABOVE", "BELOW", "EXCEED", "RISE", "FALL", "REACH")):
        name: Metric = "leverage"
    elif metric.kind == "METRIC":
        name = metric.value
    else:
        return None
    cur.next()
    comparison = read_comparison(cur)
    item = cur.take("NUM")
    if comparison is None or item is None:
        return None
    operator = level_operator(comparison) or (">=" if name == "leverage" else "<=")
    return AccountDraft(metric=name, operator=operator, value=item.value.signed)


def read_funding(cur: Cursor) -> Cond | None:
    """funding above 0.01 % · BTC funding flips negative · 8h funding of 0.08 %."""
    hours, span = cur.take("DUR"), cur.take("TF")
    subject = read_subject(cur)
    hours = hours or cur.take("DUR")
    span = span or (cur.take("TF") if hours is None else None)
    if cur.take("FUNDING") is None:
        return None
    market = subject.market
    if cur.sees("ON|FOR|OF", "COIN") or cur.sees("LPAR", "COIN", "RPAR"):
        cur.next()
        market = cur.next().value
        cur.skip("RPAR")
    cur.skip("GO|REVERSE|STAY")
    sign = cur.take("NEGATIVE|POSITIVE")
    if sign is not None:
        operator: Literal[">=", "<="] = "<=" if sign.kind == "NEGATIVE" else ">="
        if market is None and cur.sees("ON|FOR", "COIN"):
            cur.next()
            market = cur.next().value
        return FundingDraft(market=market, operator=operator, value=Decimal(0))
    comparison = read_comparison(cur)
    item = cur.take("NUM")
    if comparison is None or item is None or item.value.unit not in ("percent", ""):
        return None
    operator = level_operator(comparison) or ("<=" if item.value.sign == "-" else ">=")
    over_h = None if hours is None else hours.value // 3600
    if span is not None:
        over_h = {"1h": 1, "1d": 24}.get(span.value, 0)
    cur.skip("EVERYHOUR|PERHOUR")
    if cur.sees("EVERY|SLASH", "DUR"):
        cur.next()
        over_h = cur.next().value // 3600
    elif cur.sees("DUR"):
        over_h = cur.next().value // 3600
    if over_h == 0:
        return None
    if market is None and cur.sees("ON|FOR", "COIN"):
        cur.next()
        market = cur.next().value
    return FundingDraft(market=market, operator=operator, value=item.value.signed, over_h=over_h)


def read_event(cur: Cursor) -> Cond | None:
    """my SOL long closes · I get liquidated on anything · I open anything on WIF."""
    subject = read_subject(cur)
    if cur.sees("OCO"):
        return None
    if subject.me and cur.peek().kind == "SET" and cur.peek().text.lower() in ("open", "enter"):
        cur.next()
        found = read_reference(cur)
        return None if found is None else EventDraft(market=_market(cur, found), event="opened")
    if subject.me and cur.peek().kind == "CLOSE":
        cur.next()
        found = read_reference(cur)
        return None if found is None else EventDraft(market=_market(cur, found), event="closed")
    cur.skip("GO")
    word = cur.peek()
    known = subject.position or subject.me or subject.everything or (subject.my and subject.market)
    if word.kind not in EVENTS or not known:
        return None
    cur.next()
    if cur.peek().kind in ("NUM", "ABOVE", "BELOW", "AT"):
        return None
    if not subject.market and not subject.everything:
        found = read_reference(cur)
        if found is not None:
            return EventDraft(market=_market(cur, found), event=EVENTS[word.kind])
        if word.kind == "LIQUIDATED":
            return EventDraft(market="*", event="liquidated")
    return EventDraft(market="*" if subject.everything else subject.market, event=EVENTS[word.kind])


def _market(cur: Cursor, subject: Subject) -> str | None:
    if subject.market is None and cur.sees("ON", "COIN"):
        cur.next()
        return str(cur.next().value)
    return "*" if subject.everything and subject.market is None else subject.market


def read_pnl(cur: Cursor) -> Cond | None:
    """I'm down $200 on BTC · total PnL is below -$250 · $150 in profit · loss exceeds 5 %."""
    everything = cur.skip("ACROSS")
    subject = read_subject(cur)
    everything = cur.skip("ACROSS") or everything or subject.everything
    everything = everything or cur.peek().text.lower().startswith(("total", "overall"))
    owned = subject.me or subject.position or subject.everything or (subject.my and subject.market is not None)
    sign, amount = _gain(cur, subject, owned=owned)
    if amount is None:
        return None
    from_entry = False
    if cur.sees("FROM", "BREAKEVEN"):
        cur.at += 2
        from_entry = True
    reference = read_reference(cur)
    if reference is not None:
        subject.market = subject.market or reference.market
        everything = everything or reference.everything
    everything = cur.skip("ACROSS") or everything or subject.everything
    market = "*" if everything else subject.market
    if amount.unit == "percent" and (from_entry or sign in ("profit of", "loss of")) and not everything:
        favour: Literal["profit", "loss"] = "profit" if sign.startswith("profit") else "loss"
        return Change(market=market, threshold=amount.value, unit="percent", reference="entry_price", favour=favour)
    value = -amount.value if sign.startswith("loss") else amount.value
    operator = _pnl_operator(sign, amount)
    if sign in ("above", "below", "hits"):
        value = amount.signed
    unit = amount.unit if amount.unit in ("usd", "percent") else None
    return PnlDraft(market=market, operator=operator, threshold=value, unit=unit)


def _pnl_operator(sign: str, amount: Amount) -> Literal[">=", "<="]:
    if sign == "hits":
        return "<=" if amount.sign == "-" else ">="
    return "<=" if sign.startswith("loss") or sign == "below" else ">="


def _gain(cur: Cursor, subject: Subject, *, owned: bool) -> tuple[str, Amount | None]:
    """Which way the money went and by how much."""
    if cur.skip("PNL"):
        subject.everything = cur.skip("ACROSS") or subject.everything
        reference = read_reference(cur)
        if reference is not None:
            subject.market = subject.market or reference.market
        comparison = read_comparison(cur) or ("hits" if cur.skip("GO|OF") else None)
        operator = None if comparison is None else level_operator(comparison)
        item = cur.take("NUM")
        if comparison is None or item is None:
            return "", None
        return {">=": "above", "<=": "below", None: "hits"}[operator], item.value
    if cur.sees("PROFIT|LOSS"):
        return _named(cur, subject)
    if not owned and not (subject.it and cur.sees("GO|EARN", "NUM", "PROFIT|LOSS")):
        return "", None
    cur.skip("GO|EARN" if cur.peek(2).kind in ("PROFIT", "LOSS") else "GO")
    if subject.me and cur.sees("NUM") and cur.peek().value.sign and cur.peek().value.unit in ("usd", "percent"):
        amount = cur.next().value
        return ("profit" if amount.sign == "+" else "loss"), replace(amount, sign="")
    if cur.sees("NUM", "PROFIT|LOSS") or cur.sees("NUM", "FALLWORD|RISEWORD"):
        amount = cur.next().value
        return ("profit" if cur.next().kind in ("PROFIT", "RISEWORD") else "loss"), amount
    if cur.sees("PROFIT|LOSS") and cur.peek().text.lower() in _BARE and cur.peek(1).kind in _ENDS_A_GAIN:
        return ("profit" if cur.next().kind == "PROFIT" else "loss"), Amount(value=Decimal(0), unit="usd")
    if cur.sees("PROFIT|LOSS"):
        return _named(cur, subject)
    word = cur.take("RISEWORD|FALLWORD|LOSE|FALL|RISE|EARN")
    if word is None:
        return "", None
    cur.skip("BY|ABOVE|I" if word.kind == "EARN" else "BY|ABOVE")
    item = cur.take("NUM")
    if item is None or item.value.sign:
        return "", None
    return ("profit" if word.kind in ("RISEWORD", "RISE", "EARN") else "loss"), item.value


_BARE = ("in profit", "in the green", "in the black", "in loss", "at a loss", "in the red", "underwater", "under water")
_ENDS_A_GAIN = ("END", "COMMA", "AND", "OR", "THEN", "SELL", "CLOSE", "TRIM", "ON", "ALERT")


def _named(cur: Cursor, subject: Subject) -> tuple[str, Amount | None]:
    """profit reaches $100 · max loss 500 bucks · loss of 5 % · my loss on SOL reaches $300."""
    kind = "profit" if cur.next().kind == "PROFIT" else "loss"
    if cur.sees("AT"):
        return "", None
    cur.skip("ACROSS")
    if cur.sees("ON|FOR|OF", "MY|COIN|POSITION|IT|LONG|SHORT"):
        reference = read_reference(cur)
        if reference is not None:
            subject.market = subject.market or reference.market
    comparison = read_comparison(cur)
    if comparison is None:
        cur.skip("OF|BY|GO|ABOVE")
    item = cur.take("NUM")
    if item is None or comparison in ("<=", "crosses_below") or item.value.words:
        return "", None
    return f"{kind} of", item.value
