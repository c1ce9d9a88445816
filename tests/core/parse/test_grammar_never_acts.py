"""Words that say more than the language can, or other: whatever is asked or declined, no rule comes of them."""

import pytest

from tests.core.parse.spoken import BOTH, FLAT, LONG, result

BEYOND = """
sell half my sol at 160 and the other half 10 minutes later
buy 2 sol at 140 then double it at 130
sell at 160 instead of 150
sell my sol at 160 not 150
buy 2 sol unless it drops below 140
close sol if it hasn't hit 160 by friday
sell if sol doesn't break 160 within 2 hours
close my sol 5 minutes after it hits 160
sell half every time sol makes a new high
buy 2 sol on the second touch of 140
buy 2 sol 5 minutes before the daily close
sell when i'm up as much as i was yesterday
close half my sol at 160 and if it goes back to 150 buy it back
buy sol with all my profits
buy 2 sol if eth outperforms btc
sell half if sol/btc drops 5%
sell all but 2 sol at 160
sell all except 1 sol at 160
keep 2 sol and sell the rest at 160
leave 10% on and close the rest at 170
reduce my position to 5 sol at 160
reduce my sol position to 2 sol at 160
bring my leverage down to 3x
buy until i have 20 sol
buy $200 worth of sol at 1% below the best bid
cancel my stop loss if sol goes above 160
cancel my alerts when sol drops 5%
if sol hits 165 sell half and set a stop at 140
buy $100 of eth at 2400, 2300 and 2200
stop loss 5% below 150
close sol at market close
sell half at double my entry
close when i double my money
sell half at 2x leverage
buy 2 sol 3 times
buy 2 sol once it bounces
buy 2 sol after it dips
buy 2 sol when
buy 2 sol if
buy the dip with 2 sol
long the breakout of sol with 2 sol
sell my sol now or at 160
if sol hits 160 before it hits 140 sell half
if sol drops 5% after hitting 160 sell
close sol 10x
switch my sol to eth at 160
hedge my sol with a short of the same size
alert me when i should sell
if my stop gets hit open a short
after the tp hits, buy back 2 sol at 150
sell sol if price > 160 or < 140 but not on weekends
sell half my sol at 160, unless btc is above 62k
if btc > 62k then ignore my sol stop
sell 100 usd of sol every day until it hits 140
if sol goes from 150 to 160 sell half
stop 138 after 1 hour
sell half at 160 for 2 hours
hold until 160 then sell half
close after 3 candles
sell 50%, 25% at 160, 25% at 170
sell 20-30% at 160
sell half of half my sol at 160
close on friday unless sol is up 10%
no more than 2 trades a day
only trade between 9am and 5pm
risk 1% of my account on a long sol with stop at 140
buy 1-2 sol at 140
buy 2 or 3 sol at 140
buy 2 sol if btc > 60k & eth < 2400 | sol < 140
if sol > 160 sell half else buy 2
when sol hits 160 sell half. when it hits 140 buy back.
take profit between 160 and 170
dca $600 into eth over 6 days, daily
sell slowly
sell +10%
sell half of my sol, sorry
close it, no wait
""".strip().splitlines()
"""One message a line."""


@pytest.mark.parametrize("text", BEYOND)
@pytest.mark.parametrize("held", [FLAT, LONG, BOTH], ids=["flat", "long", "both"])
def test_nothing_is_done_at_once_with_what_is_only_half_understood(text: str, held: dict[str, object]) -> None:
    read = result(text, held)
    assert read.kind not in ("rules", "command"), read.rules
    assert read.reason or read.questions
