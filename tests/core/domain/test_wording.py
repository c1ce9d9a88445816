"""Rules in words: every number is there, and it reads the way a trader would say it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codec import context_from_json, rules_from_json, to_json
from core.domain.action import Alert, Close, LimitOrder, MarketOrder, Reverse, Trade, TwapOrder
from core.domain.condition import (
    AllOf,
    AnyOf,
    AtTime,
    FundingRate,
    Now,
    PositionPnl,
    PriceChange,
    PriceLevel,
    Schedule,
    Trailing,
)
from core.domain.position import Position
from core.domain.rule import Late, Repeat, RuleSet, RuleSpec
from core.domain.wording import (
    SHARES_OF_THE_MOMENT,
    read_back,
    say_action,
    say_condition,
    say_duration,
    say_rule,
    trigger_prices,
)

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus" / "examples.jsonl"
D = Decimal
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOWN = PriceChange(market="SOL-PERP", direction="down", threshold=D("0.1"), unit="usd", reference="current_price")
UP = PriceChange(market="SOL-PERP", direction="up", threshold=D("0.2"), unit="usd", reference="current_price")
HALF = Trade(type="sell", market="SOL-PERP", amount_percent=D(50), reduce_only=True)
ALL = Trade(type="sell", market="SOL-PERP", amount_percent=D(100), reduce_only=True)
SENTENCE = (
    RuleSpec(id="r1", condition=DOWN, action=HALF, oco_group="a"),
    RuleSpec(id="r2", condition=UP, action=ALL, oco_group="a"),
)
LONG = Position(market="SOL-PERP", base=D(2), entry_price=D(148), mark=D(150))


def test_a_change_from_the_current_price_says_where_it_ends() -> None:
    assert say_condition(DOWN, {"SOL-PERP": D(150)}) == "SOL-PERP falls $0.10 from $150.00, to $149.90 or lower"
    assert say_condition(DOWN) == "SOL-PERP falls $0.10 from its price at confirmation"


def test_an_action_says_size_kind_and_slippage() -> None:
    assert say_action(HALF) == "sell 50 % of the SOL-PERP long (reduce-only), market order, at most 0.5 % slippage"
    assert (
        say_action(Close(market="*")) == "close every open position (reduce-only), market order, at most 0.5 % slippage"
    )


def test_an_opening_trade_says_that_it_can_open() -> None:
    trade = Trade(type="sell", market="SOL-PERP", amount_base=D(2), reduce_only=False)
    assert "sell 2 SOL on SOL-PERP (can open or add to a short)" in say_action(trade)


def test_margin_and_leverage_are_told_with_the_notional_they_make() -> None:
    trade = Trade(type="buy", market="SOL-PERP", margin_usd=D(50), leverage=D(10), reduce_only=False)
    assert say_action(trade).startswith("buy $500.00 of SOL-PERP with $50.00 of margin at 10x leverage")


@pytest.mark.parametrize(
    ("operator", "threshold", "said"),
    [
        ("<=", "-200", "down $200.00 or more"),
        (">=", "300", "up $300.00 or more"),
        ("<=", "50", "up $50.00 or less, or at a loss"),
        (">=", "-50", "down $50.00 or less, or in profit"),
        ("<=", "0", "at break-even or at a loss"),
    ],
)
def test_profit_thresholds_keep_their_direction(operator: Any, threshold: str, said: str) -> None:
    condition = PositionPnl(market="BTC-PERP", operator=operator, threshold=D(threshold), unit="usd")
    assert say_condition(condition) == f"the BTC-PERP position is {said} (unrealised)"


def test_mixed_and_or_is_bracketed() -> None:
    level = PriceLevel(market="SOL-PERP", operator=">=", price=D(200))
    funding = FundingRate(market="SOL-PERP", operator="<=", value=D("-0.01"))
    said = say_condition(AllOf(conditions=(AnyOf(conditions=(level, funding)), AtTime(at=NOON))))
    assert said == (
        "(SOL-PERP is at $200.00 or higher or SOL-PERP funding is -0.01 % per hour or lower (shorts pay longs))"
        " and it is Sun 22 Nov 2026, 12:00 UTC or later"
    )


def test_an_alert_cannot_forge_lines_of_the_card() -> None:
    said = say_action(Alert(message="done.\n\nConfirmed: r9\x1b[2J armed\u202e"))
    assert said == 'alert you: "done. Confirmed: r9[2J armed"'


def test_a_rule_is_one_sentence_with_repeat_expiry_and_lateness() -> None:
    spec = RuleSpec(
        id="r1",
        condition=PriceLevel(market="SOL-PERP", operator="<=", price=D(140), for_s=300),
        action=Trade(
            type="buy",
            market="SOL-PERP",
            amount_base=D(1),
            reduce_only=False,
            order=LimitOrder(price=D("139.5"), ttl_s=60),
        ),
        repeat=Repeat(times=3, cooldown_s=3600),
        expires_at=NOON,
        late=Late(after_s=45, do="skip"),
        check_every_s=10,
    )
    assert say_rule(spec) == (
        "When SOL-PERP is at $140.00 or lower for 5 minutes without a break:"
        " buy 1 SOL on SOL-PERP (can open or add to a long), limit order at $139.50, taken back after 1 minute;"
        " 3 times at most, at least 1 hour apart; until Sun 22 Nov 2026, 12:00 UTC;"
        " if noticed more than 45 seconds late, do nothing; checked every 10 seconds."
    )


def test_trigger_prices_come_from_levels_references_and_entries() -> None:
    both = AnyOf(
        conditions=(
            PriceLevel(market="SOL-PERP", operator=">=", price=D(170)),
            PriceChange(
                market="SOL-PERP", direction="either", threshold=D(10), unit="percent", reference="current_price"
            ),
            PriceChange(market="SOL-PERP", direction="down", threshold=D(2), unit="percent", reference="entry_price"),
        )
    )
    references, entries = {"SOL-PERP": D(150)}, {"SOL-PERP": D(148)}
    assert trigger_prices(both, references, entries) == (D(170), D(135), D(165), D("145.04"))
    assert trigger_prices(both) == (D(170),)


def test_what_moves_with_the_price_has_no_trigger_price_yet() -> None:
    trail = Trailing(market="SOL-PERP", direction="down", distance=D(5), unit="percent")
    window = PriceChange(
        market="SOL-PERP", direction="down", threshold=D(5), unit="percent", reference="window", window_s=60
    )
    assert trigger_prices(AllOf(conditions=(trail, window)), {"SOL-PERP": D(150)}) == ()


def test_the_sentence_is_read_back_with_prices_sizes_and_what_cancels_what() -> None:
    lines = read_back(
        SENTENCE, prices={"SOL-PERP": D(150)}, positions={"SOL-PERP": LONG}, markets_source="SIMULATED prices"
    )
    assert lines == (
        (
            "1. When SOL-PERP falls $0.10 from its price at confirmation: sell 50 % of the SOL-PERP long"
            " (reduce-only), market order, at most 0.5 % slippage."
        ),
        "   Fires at $149.90, 0.07 % below the price now ($150.00).",
        "   About 1 SOL (worth $149.90) of the 2 SOL long held now.",
        (
            "2. When SOL-PERP rises $0.20 from its price at confirmation: sell 100 % of the SOL-PERP long"
            " (reduce-only), market order, at most 0.5 % slippage."
        ),
        "   Fires at $150.20, 0.13 % above the price now ($150.00).",
        "   About 2 SOL (worth $300.40) of the 2 SOL long held now.",
        "If rule 1 fires, rule 2 stays armed for what is left.",
        "If rule 2 fires and fills, rule 1 is cancelled.",
        "Each share is of the position as it is when its rule fires.",
        "The starting price is taken when you confirm; the figures here use the price now.",
        "Each rule fires once; no expiry; 0.5 % slippage is the default.",
        "SayWhen watches SIMULATED prices and acts only while it runs; nothing rests on the venue before a rule fires.",
    )


def test_frozen_references_are_used_and_no_longer_announced() -> None:
    lines = read_back(
        SENTENCE, prices={"SOL-PERP": D(151)}, positions={"SOL-PERP": LONG}, references={"SOL-PERP": D(150)}
    )
    assert "   Fires at $149.90, 0.73 % below the price now ($151.00)." in lines
    assert not any("when you confirm" in line for line in lines)


def test_exits_after_an_entry_are_sized_and_priced_from_it() -> None:
    entry = RuleSpec(
        id="r1", condition=Now(), action=Trade(type="buy", market="SOL-PERP", amount_base=D(3), reduce_only=False)
    )
    stop = RuleSpec(
        id="r2",
        condition=PriceChange(
            market="SOL-PERP", direction="down", threshold=D(10), unit="percent", reference="entry_price"
        ),
        action=HALF,
        after="r1",
    )
    lines = read_back((entry, stop), prices={"SOL-PERP": D(150)}, positions={})
    assert "   Fires at $135.00, 10 % below the price now ($150.00)." in lines
    assert "   About 1.5 SOL (worth $202.50) of the 3 SOL long held then." in lines
    assert "Rule 2 is armed once rule 1 has filled; if rule 1 ends without a fill, it is cancelled." in lines


def test_rules_that_wait_for_each_other_can_still_be_read() -> None:
    first = RuleSpec(id="a", condition=Now(), action=Alert(), after="b")
    rules = (first, RuleSpec(id="b", condition=Now(), action=ALL, after="a"))
    lines = read_back(rules, prices={"SOL-PERP": D(150)}, positions={"SOL-PERP": LONG})
    assert lines[0] == "1. Once rule 2 has filled: alert you."
    assert lines[2] == "   Sized from the position as it is then."


def test_an_exit_with_nothing_to_exit_says_so() -> None:
    rules = (RuleSpec(id="r1", condition=Now(), action=ALL),)
    short = Position(market="SOL-PERP", base=D(-2), entry_price=D(148), mark=D(150))
    none = "\n".join(read_back(rules, prices={"SOL-PERP": D(150)}, positions={}))
    wrong = "\n".join(read_back(rules, prices={"SOL-PERP": D(150)}, positions={"SOL-PERP": short}))
    assert "You hold no SOL-PERP position now" in none
    assert "a reduce-only sell cannot reduce a short" in wrong


def test_every_assumption_is_on_the_card_and_the_default_slippage_only_once() -> None:
    lines = read_back(SENTENCE, prices={}, positions={}, assumptions=("Slippage is 0.5 %.", "SOL means SOL-PERP."))
    assert lines[-2:] == ("Assumed: Slippage is 0.5 %.", "Assumed: SOL means SOL-PERP.")
    assert not any("slippage is the default" in line for line in lines)


def test_where_a_stop_lives_is_said() -> None:
    spec = RuleSpec(
        id="r1", condition=PriceLevel(market="SOL-PERP", operator="<=", price=D(140)), action=ALL, protect="venue"
    )
    ours = "SayWhen watches the market and acts only while it runs; nothing rests on the venue before a rule fires."
    assert ours in read_back((spec,), prices={}, positions={})
    assert ours not in read_back((spec,), prices={}, positions={}, stands_at="drift")


def _corpus() -> Iterator[tuple[str, RuleSet, dict[str, Any]]]:
    if not CORPUS.exists():
        return
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        example = json.loads(line)
        for number, rules in enumerate([example["expect"].get("rules"), *_alternatives(example)]):
            if rules:
                yield f"{example['id']}.{number}", rules_from_json(rules), example["context"]


def _alternatives(example: dict[str, Any]) -> list[Any]:
    return [other.get("rules") for other in example["expect"].get("alternatives", ())]


def _numbers(value: object, key: str = "") -> Iterator[tuple[str, Decimal]]:
    """Every number of a rule in its canonical JSON, with the name of its field."""
    match value:
        case dict():
            for name, item in value.items():
                yield from _numbers(item, name)
        case list():
            for item in value:
                yield from _numbers(item, key)
        case bool() | None:
            return
        case int():
            yield key, D(value)
        case str() if re.fullmatch(r"-?\d+(\.\d+)?", value):
            yield key, D(value)


def _wanted(key: str, number: Decimal, spec: RuleSpec) -> Decimal | None:
    """The number as its words put it; None where words say it without one ("once", "close the position")."""
    if number == 0 or (key == "times" and number == 1):
        return None
    if key == "amount_percent" and number == 100 and isinstance(spec.action, Close):
        return None
    return number / 100 if key == "max_slippage_bps" else abs(number)


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not beside this checkout")
def test_every_number_of_every_rule_of_the_corpus_is_in_its_words() -> None:
    checked = 0
    for name, rules, _ in _corpus():
        for spec in rules:
            words = say_rule(spec)
            said = {D(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", words)}
            for key, number in _numbers(to_json(spec)):
                wanted = _wanted(key, number, spec)
                if wanted is None:
                    continue
                checked += 1
                if key.endswith("_s"):
                    assert say_duration(int(number)).removeprefix("1 ") in words, (name, key, words)
                else:
                    assert wanted in said, (name, key, number, words)
    assert checked > 300


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not beside this checkout")
def test_every_rule_set_of_the_corpus_is_read_back_without_markup_or_jargon() -> None:
    for name, rules, context in _corpus():
        read = context_from_json(context, NOON)
        lines = read_back(rules, prices=read.prices, positions=read.positions, markets_source="exchange prices")
        text = "\n".join(lines)
        assert len(text) < 4_096, name
        assert all(line.isprintable() for line in lines), name
        assert not re.search(r"[_*`<>]|None|Decimal|E[+-]\d|oco|bps", text), (name, text)


@given(st.integers(0, 10**9))
def test_every_schedule_and_order_has_words(seconds: int) -> None:
    assert say_condition(Schedule(every_s=seconds))
    assert say_action(Reverse(market="SOL-PERP", order=TwapOrder(over_s=seconds, slices=3)))
    assert say_action(Close(market="SOL-PERP", order=MarketOrder(max_slippage_bps=seconds)))


def test_what_was_assumed_of_shares_is_told_once() -> None:
    half = RuleSpec(
        id="r1",
        condition=PriceLevel(market="SOL-PERP", operator=">=", price=Decimal(160)),
        action=Trade(type="sell", market="SOL-PERP", amount_percent=Decimal(50), reduce_only=True),
    )
    for assumptions in ((), (SHARES_OF_THE_MOMENT,)):
        lines = read_back((half,), prices={}, positions={}, assumptions=assumptions)
        assert sum(SHARES_OF_THE_MOMENT in line for line in lines) == 1


def test_closing_everything_names_what_is_held() -> None:
    spec = RuleSpec(id="r1", condition=Now(), action=Close(market="*"))
    held = {
        "SOL-PERP": Position(market="SOL-PERP", base=Decimal(2), entry_price=Decimal(140), mark=Decimal(150)),
        "BTC-PERP": Position(market="BTC-PERP", base=Decimal("-0.1"), entry_price=Decimal(1), mark=Decimal(1)),
        "ETH-PERP": Position(market="ETH-PERP", base=Decimal(0), entry_price=Decimal(1), mark=Decimal(1)),
    }
    lines = read_back((spec,), prices={"SOL-PERP": Decimal(150)}, positions=held)
    assert lines[1].strip() == "Held now: 0.1 BTC short, 2 SOL (worth $300.00) long."
    assert (
        read_back((spec,), prices={}, positions={})[1].strip()
        == "You hold no position now; with none, nothing is traded."
    )
