"""Short ways to say a message's context and the rules expected of it, in the terms of the rule language."""

from datetime import UTC, datetime
from typing import Any

from core import codec
from core.domain.reading import ParseContext, ParseResult
from core.parse.compare import same_rules
from core.parse.grammar import read

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""A Sunday."""
PRICES = {
    "SOL-PERP": "150",
    "BTC-PERP": "60000",
    "ETH-PERP": "2500",
    "JUP-PERP": "0.80",
    "WIF-PERP": "1.80",
    "BONK-PERP": "0.000022",
}
LONG = {"SOL-PERP": {"base": "+10", "entry_price": "140"}}
SHORT = {"SOL-PERP": {"base": "-10", "entry_price": "160"}}
BOTH = {**LONG, "BTC-PERP": {"base": "-0.5", "entry_price": "61000"}}
FLAT: dict[str, Any] = {}


def context(positions: dict[str, Any] = FLAT, **more: Any) -> ParseContext:
    """The context of these tests with these positions."""
    return codec.context_from_json({"prices": PRICES, "positions": positions, "now": NOW.isoformat(), **more}, NOW)


def result(text: str, positions: dict[str, Any] = FLAT) -> ParseResult:
    """What the grammar makes of *text*."""
    return read(text, context(positions))


def means(text: str, *rules: dict[str, Any], held: dict[str, Any] = FLAT) -> None:
    """Asserts that *text* is understood whole and says exactly these rules."""
    read_result = codec.to_json(result(text, held))
    assert read_result["kind"] == "rules", (read_result["reason"], [q["text"] for q in read_result["questions"]])
    numbered = [{"id": f"r{n}", **rule} for n, rule in enumerate(rules, start=1)]
    wanted = {"positions": held, "timezone": "UTC"}
    assert same_rules(numbered, read_result["rules"], wanted), read_result["rules"]


def rule(condition: dict[str, Any], action: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One rule; `after`, `oco_group`, `repeat`, `expires_at` by name."""
    return {"condition": condition, "action": action, **more}


def level(market: str, operator: str, price: str, **more: Any) -> dict[str, Any]:
    """A price level."""
    return {"type": "price_level", "market": f"{market}-PERP", "operator": operator, "price": price, **more}


def change(market: str, direction: str, threshold: str, unit: str, reference: str, **more: Any) -> dict[str, Any]:
    """A price change."""
    named = {"market": f"{market}-PERP", "direction": direction, "threshold": threshold, "unit": unit}
    return {"type": "price_change", **named, "reference": reference, **more}


def buy(market: str, **size: Any) -> dict[str, Any]:
    """An opening purchase."""
    return {"type": "buy", "market": f"{market}-PERP", "reduce_only": False, **size}


def short(market: str, **size: Any) -> dict[str, Any]:
    """An opening sale."""
    return {"type": "sell", "market": f"{market}-PERP", "reduce_only": False, **size}


def leave(market: str, percent: str = "100", side: str = "sell", **more: Any) -> dict[str, Any]:
    """A reduce-only share of a position."""
    return {"type": side, "market": f"{market}-PERP", "reduce_only": True, "amount_percent": percent, **more}


def close(market: str, percent: str = "100") -> dict[str, Any]:
    """A close."""
    return {"type": "close", "market": market if market == "*" else f"{market}-PERP", "amount_percent": percent}


ALERT = {"type": "alert"}
AT_ONCE = {"type": "now"}
FOREVER = {"times": None, "cooldown_s": 0}
