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
    construction('<TRAIL|STOP|NUM "behind|beneath" PRICE|CURRENT|HIGH|IT?', ""),
    # How long an order rests: "keep it open for 2 hours", "leave it there until Friday".
    construction(
        '<COMMA|AND|THEN "keep|leave|hold" IT|ORDERS? "open|opened|there|resting|alive|live|on|working|in|up|active"? '
        ">FOR|UNTIL|VALIDFOR",
        "",
    ),
    construction("<COMMA|AND|THEN STAY IT|ORDERS OPENED|STATE|ACTIVATE|SET? >FOR|UNTIL|VALIDFOR", ""),
    # A position doubled has no size yet: "double my position".
    construction(f'<!IF|EACH "double|triple|double up on|double up" >{_HELD}', "BUY:add VAGUE:more"),
    construction('"stop everything" AT NUM', "STOP:stop ALL:everything 2 3"),
    # What is wanted: "I want a stop at 142", "make a stop loss at 5 %".
    construction(
        'I? "want|wants|wish|need|require|desire|like" '
        ">STOP|TARGET|TRAIL|BUY|SELL|LONG|SHORT|CLOSE|SET|BID|COVER|TRIM|SHIFT|TAKE|LIMIT",
        "",
    ),
    construction('"make|do|making" >STOP|TARGET|TRAIL|LIMIT|ORDERS|BID', "SET:set"),
    construction('"at the moment|at the minute" >END|COMMA', "NOW:now"),
    construction("LETLOSE NUM ON? MY? COIN|IT|POSITION? COMMA|AND? CLOSE >END", "1 2 3 4 5"),
    construction('IF ATMARKET|PRICE FALL|RISE|MOVE|BREAK COMMA|DASH|COLON? "say|meaning|i.e.|ie|that is|like"', "1"),
    construction("WITH >LEVERAGE|MARGIN", ""),
    construction("LEVERAGE OF|AT >NUM", "1"),
    construction('"but" >WITH|ATMOST|BELOW|AT', ""),
    construction("WITH? BELOW|ATMOST|ABOVE NUM SLIPPAGE", "3 4", lambda taken: taken[1][0].kind != "ABOVE"),
    construction('"other" >NUM%', "REST:rest"),
    construction("EARN NUM PROFIT|LOSS", "GO:is 2 3"),
    construction("FROM LONG TO SHORT", ""),
    construction("FROM SHORT TO LONG", ""),
    construction("BREAKOUT LONG|SHORT|BUY|SELL COIN? >ABOVE|BELOW", "2 3"),
    construction('<END|COMMA|AND "no" TARGET|STOP >END|COMMA|AND', ""),
    construction('ATMARKET "entry|entries|enter" >END|COMMA', "1"),
    construction("<TRAIL|STOP|TARGET ORDERS OF >NUM", ""),
    construction('TRAIL NUM% "instead"', "1 2"),
    construction('LONG|SHORT|BUY|SELL COIN? "setup|trade|idea|signal" >COMMA|END|NUM', "1 2"),
    construction('"total" NUM COIN >END|COMMA', "2 3"),
    construction("OCO ORDERS ON|FOR|OF COIN|MY|IT", "CANCEL:cancel 2 3 4"),
    construction("WITH|ON NUM# LIMIT|ORDERS+ LADDER? >FROM|BETWEEN", "LADDER:ladder 2 ORDERS:orders"),
    construction("NUM#|NUM$ THEN NUM#|NUM$ >END|COMMA", "FROM:from 1 TO:to 3"),
    construction('"stop everything" ABOVE|BELOW NUM', "STOP:stop ALL:everything 2 3"),
)
