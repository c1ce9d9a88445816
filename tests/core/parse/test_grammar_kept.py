"""What stays out of all, and one size of each of several coins: read where the account bears it out, else nothing."""

import pytest

from core.parse.grammar import read
from tests.core.parse.spoken import BOTH, FLAT, LONG, context

THREE = {**BOTH, "ETH-PERP": {"base": "+2", "entry_price": "2400"}}
SAME = [
    ("close everything except btc", "close sol. close eth", THREE),
    ("close all my positions except my eth and sol if btc drops below 55k", "if btc drops below 55k close btc", THREE),
    ("close everything except my btc short if jup falls below 0.7", "if jup falls below 0.7 close sol and eth", THREE),
    ("keep 1 sol and sell the other 9 at 160", "sell 9 sol at 160", LONG),
    ("sell all 10 sol at 160", "sell 10 sol at 160", LONG),
    ("sell 3 of my 10 sol at 160", "sell 3 sol at 160", LONG),
    ("sell half at 160 and keep the rest", "sell half at 160", LONG),
    ("sell 3 sol at 155, 3 at 165 and the last 4 at 175", "sell 3 sol at 155, 3 at 165, 4 at 175", LONG),
    ("ladder out of my sol: 25% each at 155, 160, 165, 170", "sell 25% of sol each at 155, 160, 165, 170", LONG),
    ("tp at 160, otherwise stop at 135", "tp at 160 or stop at 135", LONG),
    ("flip my sol to short if it loses 130", "flip my sol short if it loses 130", LONG),
    ("buy $50 each of sol and eth every monday at 9am",
     "every monday at 9am buy $50 of sol and buy $50 of eth", FLAT),
    ("buy sol and eth, $50 each", "buy $50 of sol and buy $50 of eth", FLAT),
    ("buy 1 sol and 2 eth if btc drops 5%", "if btc drops 5% buy 1 sol and buy 2 eth", FLAT),
    ("buy $80 of eth if it falls by 6% today", "buy $80 of eth if it falls by 6%, until 23:59 today", FLAT),
    ("close my sol at the end of the month", "close my sol on november 30 at 23:59", LONG),
    ("close my sol at 5pm on the last day of the month", "close my sol on november 30 at 17:00", LONG),
    ("day after tomorrow at 15:00 sell half my sol", "on november 24 at 15:00 sell half my sol", LONG),
    ("stop limit on my sol: trigger 135, limit 134", "if sol is below 135 sell my sol limit 134", LONG),
    ("activate a 3% trailing stop once sol reaches 160", "trail my sol by 3%, activate at 160", LONG),
    ("place an oco order on my sol: take profit at 165, stop loss at 135", "tp 165 or sl 135", LONG),
    ("watch btc on the 4h and tell me when rsi < 30", "tell me when btc 4h rsi is below 30", FLAT),
    ("chuck $100 at sol if it hits 135", "buy $100 of sol if it hits 135", FLAT),
    ("close sol and eth on friday at 18:00", "on friday at 18:00 close sol and close eth", THREE),
    ("take profit at 160 and stop loss at 130 for my sol", "my sol: take profit 160, stop loss 130", THREE),
    ("ping me when sol hits 160, 170 and 180",
     "ping me when sol hits 160. ping me when sol hits 170. ping me when sol hits 180", FLAT),
    ("when i hit $500 profit on sol close it", "when i am $500 in profit on sol close it", LONG),
    ("sell my sol for at least 160", "sell my sol at 160", LONG),
    ("the market looks weak, so please close half my sol at 145", "close half my sol at 145", LONG),
]  # fmt: skip
NOTHING = [
    ("close everything except jup", THREE),  # not held, so what is meant?
    ("close everything except half my sol", THREE),
    ("sell everything except 2 sol", LONG),
    ("keep 1 sol and sell the other 8", LONG),  # ten are held
    ("sell 3 of my 9 sol at 160", LONG),
    ("sell all 8 sol at 160", LONG),
    ("buy $50 of sol and eth", FLAT),  # fifty each, or in all?
    ("buy $50 each of sol and eth at 2400", FLAT),  # one price for two coins
    ("buy 1 sol and 1 eth at 2400", FLAT),
    ("alert me if sol is up 5% today", FLAT),  # since the day began is not watched
    ("if sol is above 160 sell half, otherwise alert me", LONG),
    ("if sol is above 160 at 18:00 sell half, otherwise stop at 135", LONG),  # from now on, or from 18:00?
    ("sell everything but my btc at 70k", THREE),  # whose price is that?
    ("take 25% profit", LONG),  # a quarter, or at 25 %?
    ("tell my sol at 165", LONG),  # "sell" was meant
    ("i've got 47% 10 sol. when it trades at 155 sell 3 of them", LONG),
    ("if sol is above 160 sell half and keep the rest at 170", LONG),
]


@pytest.mark.parametrize(("said", "plain", "held"), SAME)
def test_the_account_bears_out_what_is_said(said: str, plain: str, held: dict[str, object]) -> None:
    one, other = read(said, context(held)), read(plain, context(held))
    assert one.kind == other.kind == "rules", (one.reason, other.reason)
    assert one.rules == other.rules


@pytest.mark.parametrize(("text", "held"), NOTHING)
def test_what_it_does_not_bear_out_does_nothing(text: str, held: dict[str, object]) -> None:
    assert read(text, context(held)).kind != "rules"


@pytest.mark.parametrize("text", ["sell everything if btc falls under 55k", "flatten me if btc falls under 55k"])
def test_everything_beside_one_of_several_positions_is_asked_about(text: str) -> None:
    asked = read(text, context(THREE))
    assert asked.kind == "question"
    labels = [option.label for option in asked.questions[0].options]
    assert (labels[0], labels[-1]) == ("BTC-PERP", "everything")
