"""One thing said in two constructions is one rule; what only looks like a construction is none."""

import pytest

from core.parse.grammar import read
from tests.core.parse.spoken import BOTH, LONG, context

SAME = [
    ("set a buy order for 500 wif at 1.6", "buy 500 wif at 1.6"),
    ("place an order to sell 2 sol at 160", "sell 2 sol at 160"),
    ("buy stop order: sol 155, 2 sol", "buy 2 sol at 155"),
    ("side=buy symbol=SOL-PERP size=2 type=market", "buy 2 sol at market"),
    ("buy SOL-PERP qty=2 price=145 type=limit", "limit buy 2 sol at 145"),
    ("bid 141 for 4 sol post only", "bid for 4 sol at 141 post only"),
    ("order: sell 3 sol limit 168", "sell 3 sol limit 168"),
    ("ape 5x long 2 sol", "long 2 sol 5x"),
    ("if sol can't hold 140 close it", "if sol loses 140 close it"),
    ("if support at 140 breaks, close", "close at 140"),
    ("when 160 hits sell half", "when it hits 160 sell half"),
    ("buy 2 sol on a pullback to 144", "buy 2 sol at 144"),
    ("in case of a drop under 140 close", "if it drops under 140 close"),
    ("have my whole sol position closed once it hits 165", "close my whole sol position once it hits 165"),
    ("half of my sol gets sold at 165", "sell half of my sol at 165"),
    ("if it hits 165 i want out", "if it hits 165 close"),
    ("don't let my sol lose more than 12%", "don't let me lose more than 12% on my sol"),
    ("my max loss on this sol trade is $80", "don't let me lose more than $80 on my sol"),
    ("health under 25? close half my sol", "if health is under 25 close half my sol"),
    ("cut my sol to 30% at 160", "sell 70% of my sol at 160"),
    ("exit in thirds at 160, 170 and 180", "close a third at 160, a third at 170, a third at 180"),
    ("tp 30% 160, 70% 170", "tp 30% at 160, 70% at 170"),
    ("tp1 (50%) 160, tp2 (rest) 170", "tp 160 for half, 170 for the rest"),
    ("buy $300 of sol in three parts at 148, 145, 142", "buy $100 of sol each at 148, 145, 142"),
    ("place 3 buys at 146 144 142 for 0.5 sol each", "buy 0.5 sol each at 146, 144, 142"),
    ("sell 1 sol now and another at 160", "sell 1 sol now and 1 sol at 160"),
    ("sell 2 when it reaches 158 and 3 when it reaches 166", "sell 2 sol at 158. sell 3 sol at 166"),
    ("breakeven stop at 158", "when it hits 158 move my stop to my entry"),
    ("tp/sl 168/142", "tp 168, sl 142"),
    ("trail stop with 2 dollar callback, activation price 158", "trailing stop $2, activate at 158"),
    ("add 1 sol for each 3% dip", "buy 1 sol every time it dips 3%"),
    ("buy 2 sol at 140, cancel if not filled within 2 hours", "buy 2 sol at 140, valid for 2 hours"),
    ("expire this in 12 hours: buy 1 eth below 2350", "buy 1 eth below 2350 valid for 12 hours"),
    ("buy $50 of sol weekly, on wednesday at 14:00", "buy $50 of sol every wednesday at 14:00"),
    ("buy $50 btc at 8am and again at 8pm every day", "buy $50 btc every day at 8am and 8pm"),
    ("in 2h30m sell half my sol", "in 150 minutes sell half my sol"),
    ("sell my whole sol gradually over the next 3 hours", "sell my whole sol over 3 hours"),
    ("close if macd crosses down on 4h", "close if macd crosses below the signal line on 4h"),
    ("close my sol by friday 5pm", "close my sol on friday at 5pm"),
    ("buy 1 sol if sol is under 145 and btc is above 60k and below 65k",
     "buy 1 sol if sol is under 145 and btc is above 60k and btc is below 65k"),
    ("when 15m rsi dips below 25 close sol, when it goes above 75 sell half",
     "when 15m rsi dips below 25 close sol, when 15m rsi goes above 75 sell half"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "plain"), SAME)
def test_two_constructions_are_one_rule(said: str, plain: str) -> None:
    one, other = read(said, context(LONG)), read(plain, context(LONG))
    assert one.kind == other.kind == "rules", (one.reason, other.reason)
    assert one.rules == other.rules


def test_both_are_the_two_positions_that_are_open() -> None:
    done = read("close both when jup drops below 0.7", context(BOTH))
    assert {rule.action.market for rule in done.rules} == set(BOTH)  # type: ignore[union-attr]
    assert read("close both when jup drops below 0.7", context(LONG)).kind == "not_understood"


@pytest.mark.parametrize(
    "text",
    ["im out", "half of my sol is sold", "currently long 2 sol at 145", "i have sol", "i bought 2 sol at 145",
     "close and go short 2 sol at 138", "if sol fails at 160 sell half", "top up my collateral with $100"],
)  # fmt: skip
def test_what_reports_or_is_open_does_nothing(text: str) -> None:
    assert read(text, context(LONG)).kind != "rules"
