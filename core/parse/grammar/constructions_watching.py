"""Constructions of moments, bounds and pleasantries; `constructions` has those of trades, and puts both to use."""

from core.parse.grammar.recasting import Construction, construction

_BOUND = "ABOVE|BELOW|BREAK|CROSSUP|CROSSDOWN|REACH|FALL|RISE|GO|CLOSES|IND|LOSE|STAY"
_HELD = "MY|COIN|IT|POSITION|LONG|LONGNOUN|SHORT|SHORTNOUN"

MOMENTS: tuple[Construction, ...] = (
    construction('<END "morning|evening|afternoon|gm|gn|sup" >COMMA|END', ""),
    # What is watched, named before or behind its bound: "notify on BTC under 58k", "alert me at 65k btc".
    construction(f'<ALERT "on|for|about|of" COIN PRICE? >{_BOUND}', "IF:if 3 4"),
    construction("<ALERT AT NUM#|NUM$ ON|FOR|OF? COIN >END|COMMA|AND", "IF:if 5 REACH:reaches 3"),
    construction('<COIN|PRICE|IT "take out|taking out|took out" >NUM#|NUM$', "BREAK:takes_out"),
    construction('<COIN|PRICE|IT "does|did|moved|makes|do" NUM% >!PROFIT|LOSS', "MOVE:moves 3"),
    # Distances: "$150 behind price", "5 bucks behind".
    construction('<TRAIL|STOP|NUM "behind|beneath" PRICE|CURRENT|HIGH|IT?', "", None),
    # How long an order rests: "keep it open for 2 hours", "leave it there until Friday".
    construction('<COMMA|AND|THEN "keep|leave|hold" IT|ORDERS? "open|opened|there|resting|alive|live|on|working|in|up|active"? >FOR|UNTIL|VALIDFOR', ""),
    construction('<COMMA|AND|THEN STAY IT|ORDERS OPENED|STATE|ACTIVATE|SET? >FOR|UNTIL|VALIDFOR', ""),
    # A position doubled has no size yet: "double my position".
    construction(f'<!IF|EACH "double|triple|double up on|double up" >{_HELD}', "BUY:add VAGUE:more"),
    construction('"stop everything" AT NUM', "STOP:stop ALL:everything 2 3"),
)
