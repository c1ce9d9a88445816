"""Constructions that say in other words what clauses are read from, as a table; how they are found is `recasting`."""

from collections.abc import Sequence
from dataclasses import replace

from core.parse.grammar.constructions_watching import MOMENTS
from core.parse.grammar.items import Item
from core.parse.grammar.recasting import Recaster, construction

_HELD = "MY|ALL|COIN|POSITION|LONG|LONGNOUN|SHORT|SHORTNOUN|NUM|OF|REST|EVERYTHING"
_HEADINGS = "order|orders|rule|trigger|strategy|plan|idea|signal|setup|trade|trades|instruction|update|note"
_MOVES = "REACH|GO|FALL|RISE|BREAK|CROSSUP|CROSSDOWN|LOSE|STAY"
_VERB = "BUY|SELL|LONG|SHORT|BID|OFFER"

_TABLE = Recaster(
    (
        *MOMENTS,
        # Orders spoken of as things: "set a buy order for 500 WIF", "place an order to sell 2 SOL".
        construction(f"<!CANCEL|MY|PAUSE|SHOW SET? {_VERB} ORDERS FOR|OF|ON|TO >NUM|COIN|ALL|MY|REST", "3"),
        construction(f"<!CANCEL|MY|PAUSE|SHOW SET ORDERS TO|FOR >{_VERB}|CLOSE|TRIM|TWAP|LADDER", ""),
        construction(f"<!NUM SET? {_VERB} OF >NUM", "3"),
        # Fields with names: "qty=2 price=145 type=limit", "order: sell 3 SOL".
        construction('"type|order type|ordertype" "=|:" LIMIT|ATMARKET', "3"),
        construction('"size|position size" "=|:" NUM', "1 3"),
        construction('<!IF|EACH|AND|OR PRICE "=|:" NUM', "AT:at 4"),
        construction(f'<END|COMMA|NUM|COIN|{_VERB}|ATMARKET|LIMIT "=" >COIN|{_VERB}', ""),
        construction(f'<END "{_HEADINGS}" COLON', ""),
        construction('I "want" OUT', "CLOSE:get_out"),
        # Who leads on and on: "ape 50x long", "yolo long".
        construction('"ape|ape into|yolo|send|get me|put me" NUMx? LONG|SHORT', "2 3"),
        construction("TAKE PROFIT >!OF|AT|NUM", "TARGET:take_profit"),
        # What a level is called: "if ETH can't hold 2400", "first target hit at 165:".
        construction("TARGET REACH AT? NUM >COLON|COMMA|THEN|DASH", "IF:if PRICE:price REACH:reaches 4"),
        construction('<COIN|IT|PRICE "does" >NUM', ""),
        construction("METRIC|LEVERAGE OF|ON MY? ACCOUNT", "1"),
        construction('"expire|expires" MY|IT|ORDERS+ ON|AFTER DUR COLON|COMMA?', "VALIDFOR:for 4 5"),
        construction("<COMMA|AND CANCEL IT|MY|ORDERS+ ON|AFTER >DUR", "VALIDFOR:for"),
        construction("AND|COMMA? CANCEL IT|ORDERS* AFTER|ON DUR IF IT|ORDERS* NOT GO* FILLED", "VALIDFOR:for 5"),
        construction("WITH COIN >ABOVE|BELOW", "AND:and 2"),
        # Losses that are not to be borne: "don't let my SOL lose more than 12 %", "my max loss on this trade is $80".
        construction(
            'NOT "let" MY|COIN|IT|POSITION|LONG|LONGNOUN|SHORTNOUN+ LOSE ABOVE? NUM', "LETLOSE:not_lose 6 ON:on 3"
        ),
        construction(
            "MY? LOSS ON|FOR|OF MY|COIN|IT|POSITION|LONG|LONGNOUN|SHORTNOUN+ GO|AT|COLON NUM$|NUM%",
            "LETLOSE:not_lose 6 ON:on 4",
            lambda taken: taken[1][0].text.lower().startswith("max"),
        ),
        # Several orders at once: "6 sell orders between 170 and 195".
        construction(f"<END|COMMA|COLON|THEN SET? NUM# {_VERB} ORDERS >BETWEEN|FROM", "LADDER:ladder 3 4"),
        construction('"partial|partially" SELL|CLOSE|TRIM|CUT|COVER', "2 VAGUE:part"),
        construction('"partial" TARGET', "2"),
        construction("STOP AT|OF? NUM ON|FOR? MY? COIN? TRAIL >END|COMMA|AND", "TRAIL:trailing 3 4 5 6"),
        construction('<END "stake" NUM|MY|ALL|COIN', "FOREIGN:stake 3"),
        construction('"give me|gimme" >NUM#|NUM$', "BUY:get_me"),
        construction("<!IF|EACH|END I OUT >END", "CLOSE:get_out"),
        construction('"another" >!AT|IF|EACH', ""),
        construction("STOP THEN BREAKEVEN", "1 TO:to 3"),
        construction("<NUM|REST|ALL AT TARGET >NUM", "2"),
        construction("TARGET ON NUM# SLICES", "1"),
        construction("WITH >IND", "AND:and"),
        construction(
            f"<END|COMMA|COLON|THEN LIMIT? NUM# {_VERB}? LIMIT|ORDERS+ OF NUM COIN >FROM|BETWEEN",
            "LADDER:ladder 3 4 5 6 7 8",
        ),
        # The order types of exchanges: "buy stop BTC 62000", "stop buy 0.5 ETH at 2600"; a callback is a distance.
        construction(
            "BUY|SELL|LONG|SHORT STOP ORDERS? COLON? >COIN|NUM|AT",
            "1",
            lambda taken: (
                taken[0][0].text.lower() in ("buy", "sell", "long", "short") and taken[1][0].text.lower() != "sl"
            ),
        ),
        construction('<END|COMMA|SET "stop" BUY|SELL >NUM|COIN', "3"),
        construction('<TRAIL|STOP WITH|COLON|COMMA* "callback|distance|offset" "rate"? OF|AT|COLON? >NUM', ""),
        construction('TRAIL WITH? NUM "callback|distance|offset" "rate"?', "1 3"),
        construction('"bracket" ORDERS? COLON', ""),
        construction(
            f'<END|COMMA|THEN {_HELD}+ "gets|be|should be|must be|has to be|needs to be" "sold"',
            "SELL:sell 2",
        ),
        construction(f'<END|COMMA|THEN {_HELD}+ "gets closed"', "CLOSE:close 2"),
        construction("IF OF FALL|RISE|MOVE|BREAK TO|OF NUM#|NUM$", "1 PRICE:price REACH:reaches 5"),
        construction("IF OF FALL|RISE|MOVE|BREAK BELOW|ABOVE NUM#|NUM$", "1 PRICE:price GO:is 4 5"),
        construction("<IF|AFTER|EACH NUM#|NUM$ REACH|BREAK >!NUM|BY|ABOVE|BELOW|COIN", "PRICE:price REACH:reaches 2"),
        construction('<I "trade" >AT|ABOVE|BELOW', "GO:trades"),
        construction('SELL NUM COIN "into" NUM#|NUM$ >END|COMMA|AND', "1 2 3 AT:at 5"),
        construction('"book|cash in" >NUM%', "TAKE:take"),
        construction('"lower|bring down" MY? COIN? POSITION BY NUM%', "TRIM:reduce 2 3 4 5 6"),
        construction("TARGET|STOP SLASH TARGET|STOP COLON|AT|THEN? NUM SLASH|COMMA|AND NUM", "1 5 COMMA:, 3 7"),
        construction('"guard|protect|defend" MY|COIN|POSITION|LONG|SHORT+ AT NUM', "STOP:stop 3 4 ON:on 2"),
        construction("BREAKEVEN STOP >AT|IF", "SHIFT:move STOP:stop TO:to BREAKEVEN:entry"),
        construction("<IF|AFTER TARGET LPAR|AT? NUM RPAR? REACH|FILLED", "PRICE:price REACH:reaches 4"),
        construction("TARGET|STOP DASH NUM DASH NUM%", "1 3 LPAR:( 5 RPAR:)"),
        construction("<END|COMMA TARGET|STOP DASH NUM >END|COMMA", "2 4"),
        construction("<END CURRENTLY LONG|SHORT", "I:i 3"),
        construction("CURRENTLY", ""),
        construction('<END "regarding|re|about|concerning|for|on" MY? COIN POSITION? COLON|DASH|COMMA', "4 COLON::"),
        construction('"gradually|slowly|evenly" >ABOVE|FOR|ON|WITHIN|VALIDFOR', ""),
        construction('NUM "a day" ON COIN', "1 3 4 EVERYDAY:every_day"),
        construction("NUM EVERYDAY|EVERYWEEK|EVERYHOUR ON COIN", "1 3 4 2"),
        construction("STOP AFTER NUM# BUY|SELL|TIMES", "ATMOST:max 3 TIMES:times"),
        construction('ALERT "about" IT >END', "1"),
        construction('"lift|drag|walk" MY? COIN? >STOP', "SHIFT:move 2 3"),
        construction(f'<!IF|EACH SET? FOR? {_HELD}+ TO "be" "sold"', "SELL:sell 4"),
        construction(f'<!IF|EACH SET? FOR? {_HELD}+ TO "be" "closed"', "CLOSE:close 4"),
        construction('"in" ALL >AT|END|IF|EACH', "2"),
        construction('<!COIN|PRICE|IT "sell off" >NUM|ALL|MY|REST|POSITION', "SELL:sell"),
        construction('"sale" OF >NUM|ALL|MY|REST', "SELL:sell"),
        construction("FOR >TOMORROW|DAY|DATE|MONTH|CLOCK|NOON|MIDNIGHT", ""),
        construction('<!IF|EACH|END I "gone" >END', "CLOSE:get_out"),
        construction('"crosses|cross|crossing|crossed" NUM FROM BELOW', "CROSSUP:crosses_above 2"),
        construction('"crosses|cross|crossing|crossed" NUM FROM ABOVE', "CROSSDOWN:crosses_below 2"),
        construction("TARGET NUM% NUM#|NUM$ >END|COMMA|SLASH|AND", "1 3 LPAR:( 2 RPAR:)"),
        construction("TARGET LPAR NUM%|REST|ALL RPAR AT? NUM#|NUM$", "1 6 2 3 4"),
        # Places of a chart: "breaks 2600 resistance", "on a pullback to 144", "on a break above 155".
        construction('<NUM "support|resistance|handle|area|region|barrier"', ""),
        construction(
            '"support|resistance" AT|OF NUM "breaks|broken|is broken|gets broken|gives way|goes|cracks"',
            "PRICE:price BREAK:breaks 3",
        ),
        construction(
            "ON FALL|RISE|MOVE|REACH|BREAK TO|OF|THROUGH|AT NUM#|NUM$ >!IND|PERIOD|DASH",
            "IF:if PRICE:price REACH:reaches 4",
        ),
        construction("ON FALL|RISE|MOVE|BREAK ABOVE|BELOW NUM#|NUM$ >!IND|PERIOD", "IF:if PRICE:price GO:is 3 4"),
        construction("DIP TO|AT >NUM#|NUM$", "AT:at"),
        construction('<SELL|BUY|TRIM ON "strength|weakness" COLON', "4"),
        construction(f'<PRICE|COIN|IT|POSITION "can|manages to|is able to|happens to" >{_MOVES}', ""),
        construction("<COMMA|AND|SLASH REST NUM# >END|COMMA|SLASH|AND", "2 AT:at 3"),
        construction("<COMMA|AND|SLASH|COLON NUM% NUM# >END|COMMA|SLASH|AND", "2 AT:at 3"),
        construction('<END|SET|GO "all in" ON COIN', "BUY:all_in ALL:all COLLATERAL:balance 3 4"),
        construction('"lever up|levered up|leveraged|levered" NUMx', "2"),
        # What is wanted done: "have my whole ETH position closed", "my SOL should be closed".
        construction(f'<!IF|EACH|AFTER "have|get|want" {_HELD}+ "closed|liquidated"', "CLOSE:close 3"),
        construction(f'<!IF|EACH|AFTER "have|get|want" {_HELD}+ "sold"', "SELL:sell 3"),
        construction(
            f'<END|COMMA|THEN {_HELD}+ "should be|must be|needs to be|has to be|to be" "closed|liquidated"',
            "CLOSE:close 2",
        ),
        construction(f'<PRICE|COIN|IT|POSITION "will|shall" >{_MOVES}', ""),
        construction("<IF|EACH|AND|OR ATMARKET >GO|FALL|RISE|MOVE|LOSE", "PRICE:price"),
        construction('I "buyer" OF?', "BUY:buy"),
        construction('I "seller" OF?', "SELL:sell"),
        construction("ON? EVERY DUR|TF CANDLE? CLOSE|CLOSES >ABOVE|BELOW|AT", "EACH:each 3 4 5"),
        construction('ON|FOR "any|a|every"? LIQUIDATED >END', "IF:if I:i 3"),
        construction(
            'IF|AFTER "entry|my entry|the fill|fill" >COMMA|THEN|SET|TRAIL|STOP|TARGET', "AFTER:after FILLED:filled"
        ),
        construction('NUM SLASH|EVERY "day" ON COIN', "1 4 5 EVERYDAY:every_day"),
        construction('NUM SLASH|EVERY "hour" ON COIN', "1 4 5 EVERYHOUR:every_hour"),
        construction('NUM SLASH|EVERY "week" ON COIN', "1 4 5 EVERYWEEK:every_week"),
        construction("BID|OFFER NUM#|NUM$ FOR NUM COIN", "1 4 5 AT:at 2"),
        # Rhythms of a move: "add 1 SOL for each 3 % dip".
        construction('"for" EVERY >NUM', "2"),
        construction(f"<END|COMMA|THEN|AND|COLON TO >{_VERB}|CLOSE|COVER|TRIM|CUT|ALERT|SET", ""),
        construction("SET? TARGET|STOP SLASH|AND TARGET|STOP ON|FOR|TO? MY? COIN? POSITION? COLON", "7 COLON::"),
        construction('"give" MY|COIN|IT|POSITION+ STOP|TARGET|TRAIL', "SET:set 3 ON:on 2"),
        construction('TAKE NUM% PROFIT >"off|now|out of|from"', "1 2"),
        # Orders that end: "cancel if not filled by Friday", "cancel it if it hasn't filled within 2 hours".
        construction(
            "AND|COMMA? CANCEL IT|ORDERS* IF|UNTIL|AFTER IT|ORDERS* NOT GO* FILLED UNTIL|BY|AT|ON >!DUR", "UNTIL:until"
        ),
        construction(
            "AND|COMMA? CANCEL IT|ORDERS* IF IT|ORDERS* NOT GO* FILLED WITHIN|ON|AFTER|VALIDFOR >DUR", "VALIDFOR:for"
        ),
    )
)


_CLOSING = ("CLOSE", "SELL", "TRIM", "CUT", "COVER", "OF", "FOR", "ON")
_NAMES = ("COIN", "MY", "LONG", "SHORT", "STOP", "TARGET")


def named_both(sentences: Sequence[list[Item]], held: Sequence[str]) -> list[list[Item]]:
    """ "close both": the two markets that the message names, else the two of the open positions (*held*).

    Beside an "and" the word adds nothing: "both SOL and ETH". Where no two are meant it stays, and is left over.
    """
    named = list(dict.fromkeys(item.value for items in sentences for item in items if item.kind == "COIN"))
    pair = named if len(named) == 2 else list(held)
    result = []
    for items in sentences:
        told: list[Item] = []
        joined = any(item.kind in ("AND", "SLASH") for item in items)
        for at, item in enumerate(items):
            behind = items[at + 1].kind if at + 1 < len(items) else ""
            if item.kind != "BOTH":
                told.append(item)
            elif joined and (not told or told[-1].kind not in _CLOSING or behind in _NAMES):
                continue
            elif len(pair) == 2:
                coins = [replace(item, kind="COIN", value=market, text=market.split("-")[0]) for market in pair]
                told += [coins[0], replace(item, kind="AND", text="and"), coins[1]]
            else:
                told.append(item)
        result.append(told)
    return result


def recast(items: list[Item]) -> list[Item]:
    """*items* with what was said another way in the words that clauses are made of; bounded."""
    return _TABLE.recast(items)
