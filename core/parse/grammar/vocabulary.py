"""The words that the grammar knows, by the kind of item they make; decides nothing about sentences."""

from functools import cache
from typing import Any

# kind or kind=value: the phrases that make it. Longest phrase wins. NOISE is the closed list of ignorable words.
_PRICE_VERBS = {
    "RISE": "rise pump rip gain climb rally moon jump surge spike increase bounce rebound recover skyrocket appreciate pop",
    "FALL": "drop fall dip dump nuke crash decline slide sink tank bleed retrace plunge plummet decrease tumble slip correct",
    "MOVE": "move swing change shift fluctuate",
    "REACH": "hit reach touch tag print tap",
    "BREAK": "break cross clear breach pierce",
    "STAY": "stay hold remain sit keep",
    "EXCEED": "exceed top surpass",
}

_PHRASES: dict[str, str] = {
    "NOISE": "the|a|an|too|only|please|pls|plz|plss|just|hey|hi|hello|yo|bro|bruh|dude|man|mate|sir|ser|ok|okay|so|well|lol|lfg|lets|"
    "let's|thanks|thx|ty|thank you|i want to|i want you to|i'd like to|i would like to|i wanna|wanna|i need to|"
    "i need you to|want to|can you|could you|would you|will you|can u|could u|go ahead and|help me|make sure to|"
    "make sure you|be sure to|automatically|auto|simply|actually|basically|right|straight away|"
    "for me|asap|kindly|then go|gonna|going to|there|some|me to|lets go|let's go|gooo|lets gooo|"
    "lfggg|in total|total of|perp|perps|perpetual|coin|token|coins|tokens|level|mark|if possible|my friend|fam|guys|"
    "another|more|additional|extra|actual|worth|value|do|we|again|back|also|then please|figure|"
    "current|currently|at least|or so|fully|really|finally|eventually|instead|it's time to",
    "IF": "if|when|wen|once|as soon as|in case|in the event that|in the event|provided|provided that|the moment|the minute|"
    "the second|upon|only if|only when|if and when|should|assuming|whn|iff|if ever|the next time|next time",
    "EACH": "every time|each time|whenever|any time|anytime|everytime|evry time|every single time",
    "WHILE": "while|as long as|so long as|whilst",
    "AFTER": "after|afterwards|following that",
    "AND": "and|&|plus|n|as well as|along with|and also|but",
    "OR": "or|or else",
    "THEN": "then|->|and then|after that",
    "BUY": "buy|ape|grab|purchase|acquire|get|scoop|pick up|load up|load|accumulate|stack|snag|add|market buy|buy in|buy the dip|buy dips|"
    "invest|put in|throw|yolo|ape into|buys",
    "SELL": "sell|dump|offload|unload|market sell|sel|liquidate|sells",
    "CUT": "cut",
    "TRIM": "trim|reduce|scale out|scale out of|shave|lighten|take off|decrease|derisk",
    "TAKE": "take",
    "COVER": "cover|buy back|buyback",
    "LONG": "long|longs|go long|go long on|open long|open a long|enter long|enter a long|start a long|open a long position|"
    "enter a long position|open long position|take a long|longing",
    "SHORT": "short|shorts|go short|go short on|open short|open a short|enter short|enter a short|start a short|"
    "open a short position|enter a short position|open short position|take a short|shorting|shrt",
    "CLOSE": "close|exit|get out of|get out|get me out of|get me out|flatten|flat|bail|bail out|bail out of|close out|"
    "close out of|get rid of|unwind|exit out of|pull out of|cash out|cash out of|shut|close down",
    "CLOSES": "closes|closing|closed|gets closed|is closed|closure|candle closes|candle closed|candle close|has closed|"
    "got closed|candle closing|get closed|was closed",
    "REVERSE": "reverse|flip|flip it|flip my|reverse my|switch sides|flip to",
    "CANCEL": "cancel|delete|remove|pull|kill|scrap|drop all|cancle|clear all|clear out|get rid of all|wipe|revoke|void|clear my",
    "PAUSE": "pause|suspend|disable|freeze|halt|turn off|deactivate|hold off",
    "RESUME": "resume|unpause|reactivate|restart|enable|turn on|activate|turn back on|continue|re-enable|unfreeze",
    "SHIFT": "move|slide|shift|raise|lower|drag|bring|adjust|tighten|push|bump|change|trail up|update|modify",
    "SET": "set|put|place|make|create|set up|setup|use|attach|give me|have|start|do a|submit|enter|open|initiate|run",
    "ALERT": "tell|tell me|ping|ping me|notify|notify me|alert|alert me|let me know|lemme know|wake me up|wake me|warn|"
    "warn me|inform me|message me|msg me|text me|dm me|shout|send me an alert|send me a notification|remind me|remind|"
    "send an alert|send a notification|send alert|give me a heads up|heads up|give me a shout|buzz me|shoot me a message|"
    "hit me up|send me a message|send me a ping|set an alert|set alert|price alert|alerts me|lmk|keep me posted|"
    "let me kno|lemme knw|lemme kno|let me knw|send me a reminder|create an alert|notification|drop me a message|"
    "a heads up|alert please|notify us|yell at me|give me an alert|call me",
    "SAYING": "saying|that says|says|say|with the message|with message|with the text|message|reading|with a message|with text",
    "TARGET": "take profit|take profits|take-profit|takeprofit|tp|tps|target|targets|profit target|price target|tp at|"
    "take my profit|take my profits|book profit|book profits|lock in profit|lock in profits|lock profits|"
    "secure profits|taking profit|take profit order|tp order|take some profit|take some profits|bank profits|"
    "take gains|profit taking|realize profits|lock profit|secure profit|a target",
    "STOP": "stop loss|stop losses|stoploss|sl|stop|stops|stop out|stop me out|stopped out|stop-loss|stop order|"
    "stop loss order|stop-loss order|hard stop|protective stop|stop market|cut losses|cut my losses|cut loss|stop limit|"
    "invalidation|stop it out|get stopped out",
    "TRAIL": "trailing stop|trailing stops|trailing stop loss|trailing sl|tsl|trail|trailing|trailing stop order|trail stop|"
    "trailing stop-loss|stop trailing|trail stop loss",
    "BREAKEVEN": "breakeven|break even|be|my entry|entry|entry price|my entry price|avg entry|average entry|cost basis|"
    "my avg|average price|my avg price|where i got in|my cost|my average|average entry price|my buy price|"
    "where i entered|where i bought|my fill price|fill price|purchase price|where i opened|where i shorted",
    "CURRENT": "current price|current market price|here|current level|current levels|this price|"
    "this level|present price|the price now|current prices|spot price|market price|where it is now|todays price|"
    "where we are|current value|this point|where we are now|right here",
    "NOW": "now|rn|immediately|right now|instantly|at once|straight away|right away|currently|at this moment|this instant",
    "ATMARKET": "at market|market|at market price|at the market|at market order|market order|with a market order|"
    "at the market price|mkt|at mkt|using a market order|at current price|at the current price|at current market price|"
    "by market|at the current market price|at current",
    "LIMIT": "limit|limit order|a limit|lmt|limit orders|resting limit|with a limit order|using a limit order",
    "BID": "bid|bids|limit buy|buy limit",
    "OFFER": "offer|ask|limit sell|sell limit",
    "POSTONLY": "post only|post-only|maker only|postonly|maker|as maker",
    "REDUCEONLY": "reduce only|reduce-only|reduceonly",
    "TWAP": "twap|twap in|twap into|twap out|twap out of|dollar cost|time weighted",
    "LADDER": "ladder|laddered|scale in|scale into|scaled|scale|scaled orders|ladder in|ladder out|spread|laddering|split",
    "SLICES": "slices|slice|chunks|pieces|parts|clips|tranches|equal parts|equal slices|equal pieces|portions",
    "ORDERS": "order|orders|open order|open orders|pending orders|resting orders|limit orders|buys|sells|working orders",
    "RULES": "rule|rules|strategy|strategies|automations|automation|bots|trigger|triggers|instructions|setups",
    "ALERTS": "alerts|reminders|notifications|price alerts",
    "STOPS": "stop loss rules|stop losses rules|stop loss rule|stops rules|sl rules|stop rules",
    "DCA": "dca|dollar cost average|dca into|dca in|dollar cost averaging|dollar-cost average|dollar cost average into",
    "SLIPPAGE": "slippage|max slippage|slippage tolerance|slip|max slip|maximum slippage|slippage limit",
    "RISEWORD": "up|higher|green|upward|upwards|upside",
    "FALLWORD": "down|lower|red|downward|downwards|downside",
    "EITHER": "either way|either direction|in either direction|up or down|any direction|in any direction|either side|"
    "both ways|in both directions|any way|whichever way|+/-",
    "GO": "flips|go|goes|going|gets|get to|gets back|getting|trades|trading|is|are|'s|be|was|becomes|comes|come|turns|turn|has|"
    "went|gone|heads|runs|moves to|moves back|moved|ticks|gotten|ever|has been|has gone|pulls|makes it|ends up",
    "ABOVE": "above|over|>|>=|greater than|more than|higher than|at or above|at or over|or more|north of|or above|or higher|"
    "past|upwards of|bigger than|at least|or better|through the top of|beyond|abv|no less than|or greater|equal or above",
    "BELOW": "below|under|<|<=|less than|lower than|at or below|at or under|beneath|south of|or below|or lower|or less|"
    "smaller than|underneath|blow|belo|at most|no more than|undr|equal or below",
    "LOSE": "lose|loses|losing|lost|loose|looses",
    "CROSSUP": "crosses above|cross above|crosses over|crosses up through|golden cross|crossing above|breaks above|"
    "crosses back above|crosses up|break above|back above|cross over|crossed above|flips above|reclaims|reclaim|"
    "moves back above|crosses upward through",
    "CROSSDOWN": "crosses below|cross below|crosses under|crosses down through|death cross|crossing below|breaks below|"
    "crosses back below|crosses down|break below|back below|back under|cross under|crossed below|breaks under|flips below|"
    "breaks down through|breaks down below|break under",
    "GOLDEN": "golden cross|golden crossover",
    "DEATH": "death cross|death crossover",
    "TO": "to|down to|up to|back to|back up to|back down to|till it's at",
    "BY": "by|by another",
    "FROM": "from|off of",
    "AT": "at|@|around|near|for a price of|at price|at a price of",
    "OF": "of",
    "ON": "on|in|into|off|out of",
    "FOR": "for",
    "WITH": "with|using|w/|w|on margin of|via",
    "WITHIN": "within|in under|inside|in less than|in the last|in the past|over the last|over the past|within the last|"
    "in the space of|during the last|in a span of|inside of|over the course of|within any",
    "UNTIL": "until|till|til|by the end of|before|valid until|valid till|good until|good till|no later than|expires|expiring|"
    "expires at|good til|expire|expire at|expires on|befor|cancel by",
    "VALIDFOR": "valid for|good for|for the next|expires in|expire in|expires after|valid for the next|good for the next|"
    "valid|cancel after|expire after|over the next|during the next|within the next",
    "BETWEEN": "between|ranging from",
    "EVERY": "every|each|per|once every|once per|once each",
    "MY": "my|mine|our|this|that|these|those|his|its",
    "IT": "it|them|it's|it is|that's|it'll|itll|it has",
    "I": "i|i'm|im|i am|i've|ive|i have|i get|i'm at|if im|me|we're|we are|you're",
    "ALL": "all out|all in|whole of|all|whole|entire|everything i have|all of|all my|whole thing|the whole thing|the lot|it all|"
    "all of it|all of my|full|entirely|completely|every",
    "EVERYTHING": "everything|all positions|all my positions|all open positions|every position|whole portfolio|"
    "entire portfolio|portfolio|all of my positions|all trades|my whole book|all my open positions|across the board|"
    "every open position|all the positions|anything|any position|any of my positions|all my trades|whole account|any market",
    "REST": "rest|remainder|remaining|the rest|what's left|whats left|what is left|leftover|other half|the other half|"
    "balance of it|remaining half|rest of it|the remaining",
    "POSITION": "position|positions|bag|bags|trade|trades|holdings|exposure|stack|size|open position|open positions|holding|"
    "postion|pos|posi|contracts|open trade|the trade|open trades|position size|stake in",
    "PRICE": "price|prices|the price of|price of|spot|mark price|index price|px|market price of|last price|quote|value of",
    "PNL": "pnl|p&l|p/l|profit and loss|unrealized pnl|unrealised pnl|total pnl|unrealized|profit or loss|p l|upnl|roi|roe|returns",
    "PROFIT": "profit|in profit|profits|in the green|in the money|gains|gain|in the black|winning|to the good|unrealized profit",
    "LOSS": "loss|in loss|losses|in the red|underwater|max loss|maximum loss|under water|in the hole|drawdown|"
    "at a loss|max drawdown|unrealized loss",
    "ACROSS": "across everything|across all positions|overall|in total|total|across the account|combined|across all|"
    "across my account|altogether|across the whole account|across the portfolio",
    "FUNDING": "funding|funding rate|funding rates|the funding rate|funding payment|fr",
    "NEGATIVE": "negative|below zero",
    "POSITIVE": "positive|above zero",
    "ACCOUNT": "account|my account|account's|acct",
    "METRIC=health": "health|account health|health ratio|health factor|health score",
    "METRIC=leverage": "account leverage|my leverage|total leverage|effective leverage|overall leverage",
    "METRIC=free_collateral": "free collateral|available collateral|free margin|available margin|collateral left|"
    "buying power|available balance|unused collateral|free balance",
    "METRIC=margin_ratio": "margin ratio|maintenance margin ratio|margin level|margin usage",
    "LEVERAGE": "leverage|lev|leveraged",
    "MARGIN": "margin|own money|of margin|as margin|in margin|margin of|stake",
    "COLLATERAL": "collateral|balance|account balance|free cash|funds|cash|bankroll|equity|wallet balance|capital|buying power of mine",
    "IND=rsi": "rsi|relative strength index",
    "IND=sma": "sma|ma|moving average|simple moving average|dma|day ma",
    "IND=ema": "ema|exponential moving average",
    "IND=macd": "macd|macd line",
    "IND=macd_signal": "macd signal|signal line|macd signal line|its signal line|signal",
    "IND=bollinger_upper": "upper bollinger|upper bollinger band|bollinger upper|upper band|upper bb|top bollinger band|"
    "bollinger top|bb upper|bollinger upper band|top bollinger|upper bollinger bands|top band",
    "IND=bollinger_lower": "lower bollinger|lower bollinger band|bollinger lower|lower band|lower bb|bottom bollinger band|"
    "bollinger bottom|bb lower|bollinger lower band|bottom bollinger|lower bollinger bands|bottom band",
    "IND=atr": "atr|average true range",
    "IND=volume": "volume|vol|trading volume",
    "BOLLINGER": "bollinger|bollinger band|bollinger bands|bb",
    "CANDLE": "candle|candles|bar|chart|timeframe|tf|candlestick|charts|time frame",
    "TF=1h": "hourly",
    "TF=1d": "daily",
    "TF=bad": "weekly|monthly",
    "LIQUIDATED": "liquidated|liquidation|liqd|rekt|get liquidated|gets liquidated|liq|get rekt",
    "OPENED": "opens|opened|is opened|gets opened|get opened|get filled into",
    "INCREASED": "bigger|larger|increased|gets bigger|grows|added to|is increased|gets increased|grow|gets added to|increases",
    "DECREASED": "smaller|reduced|decreased|shrinks|gets reduced|is reduced|gets smaller|gets decreased|shrink|trimmed|gets trimmed",
    "FILLED": "filled|fills|fill|is filled|gets filled|it fills|order fills|it's filled|entry fills|i'm in|im in|"
    "it is filled|on fill|on entry|executed|executes|that fills|order is filled|triggered|it gets filled|i get filled|"
    "filled in|the order fills|the fill|triggers|it triggers|fires",
    "OUT": "out|off the table",
    "OCO": "one cancels the other|oco|whichever comes first|whichever is first|whichever hits first|one cancels other|"
    "whichever first|cancel the other|whatever comes first|cancels the other|whichever happens first|whichever triggers first|"
    "cancel the other one|cancels other",
    "TIMES": "times|time",
    "ONCE": "only once|one time|one time only|just once|a single time|one-time",
    "TWICE": "twice|two times",
    "ATMOST": "max|at most|up to a max of|maximum|up to|limit of|no more than|for a total of|for a max of|a maximum of",
    "STARTING": "starting|start at|beginning|starting from|from tomorrow|commencing|starting at|starts",
    "LONGNOUN": "long position|longs position|buy position",
    "SHORTNOUN": "short position|shorts position|sell position",
    "LOW": "low|lows|the low|bottom|local low|recent low|trough|its low|the bottom|the lows",
    "HIGH": "high|highs|peak|top|local high|recent high|its high|the top|the highs|its peak|ath|the peak",
    "COOLDOWN": "cooldown|cool down|cooldown of|wait|pause between|apart",
    "GTC": "gtc|good till cancelled|good til cancelled|good until cancelled|good till canceled",
    "DIP": "the dip|this dip",
    "ZONE=UTC": "utc|gmt|zulu",
    "ZONE=America/New_York": "est|edt|et|eastern|new york time|eastern time|ny time|nyc time",
    "ZONE=America/Chicago": "cst|cdt|ct|central time|chicago time",
    "ZONE=America/Los_Angeles": "pst|pdt|pt|pacific|pacific time|la time",
    "ZONE=Europe/Paris": "cet|cest|paris time|berlin time|central european time",
    "ZONE=Europe/London": "bst|london time|uk time",
    "ZONE=Asia/Tokyo": "jst|tokyo time|japan time",
    "ZONE=Asia/Singapore": "sgt|singapore time",
    "ZONE=Asia/Hong_Kong": "hkt|hong kong time",
    "ZONE=Asia/Seoul": "kst|seoul time|korea time",
    "ZONE=local": "my time|local time|my timezone|my local time",
    "TODAY": "today|todays|today's|this day",
    "TONIGHT": "tonight|this evening",
    "TOMORROW": "tomorrow|tmrw|tmr|tomorow|tomorrow's|2moro",
    "NOON": "noon|midday",
    "MIDNIGHT": "midnight",
    "DAYPART=am": "in the morning|this morning|tomorrow morning|am|morning",
    "DAYPART=pm": "in the evening|in the afternoon|pm|at night|afternoon|evening",
    "EOD": "end of day|eod|end of the day|the end of the day|close of day|end of today|day's end",
    "WEEKDAYS": "weekday|weekdays|business day|working day|business days",
    "WEEKENDS": "weekend|weekends",
    "NEXT": "next|this coming|coming",
    "EVERYDAY": "every day|everyday|each day|once a day|per day|once daily|once per day",
    "EVERYHOUR": "every hour|each hour|once an hour|per hour|once per hour|every single hour",
    "PERHOUR": "/hr|/h|p/h",
    "DAY=MON": "monday|mon|mondays", "DAY=TUE": "tuesday|tue|tues|tuesdays", "DAY=WED": "wednesday|wed|weds|wednesdays",
    "DAY=THU": "thursday|thu|thurs|thur|thursdays", "DAY=FRI": "friday|fri|fridays", "DAY=SAT": "saturday|sat|saturdays",
    "DAY=SUN": "sunday|sundays",
    "MONTH=1": "january|jan", "MONTH=2": "february|feb", "MONTH=3": "march", "MONTH=4": "april|apr", "MONTH=5": "may",
    "MONTH=6": "june|jun", "MONTH=7": "july|jul", "MONTH=8": "august|aug", "MONTH=9": "september|sep|sept",
    "MONTH=10": "october|oct", "MONTH=11": "november|nov", "MONTH=12": "december|dec",
    "SHOW": "show|list|display|view|check|what are|what is|what's|whats|wats|wat are|what|how much|how many|show me|give|"
    "see|how are|how is|how's|hows|where is|which|whats up with|do i have|have i got|how|status|any|got|wat|i see|lookup",
    "LEFT": "left|available|remaining balance|free|have left|got left|do i got left|do i have left|to trade with",
    "HISTORY": "history|trade history|fills history|recent trades|last trades|past trades|executions|trading history|recent fills",
    "HELP": "help|commands|what can you do|how does this work|how do i|how to|how can i|how does it work|/help|/start|instructions please|"
    "what can i say|manual|guide|tutorial|what do you do|how do you work|what can i do",
    "KILL": "kill switch|killswitch|emergency stop|panic|stop everything|kill everything|panic button|emergency|kill all|kill it all|"
    "shut everything down|shut it all down|abort everything|halt everything|stop all trading|kill|stop it all|stop trading",
    "NOT": "don't|dont|do not|never|not|doesn't|doesnt|does not|no|without|unless|except|isn't|isnt|won't|avoid|refuse|nor|"
    "stop buying|stop selling|neither|didn't|didnt|did not|hasn't|hasnt|can't|cannot|rather than|instead of|forget|"
    "nevermind|never mind|ignore|disregard|wasn't|shouldn't|only not|barring",
    "LETLOSE": "don't let me lose more than|dont let me lose more than|don't let me loose more than|"
    "dont let me loose more than|never let me lose more than|do not let me lose more than|i don't want to lose more than|"
    "i dont want to lose more than|don't want to lose more than|can't lose more than|risk no more than|"
    "not lose more than|never lose more than",
    "ADVICE": "should i|should we|do you think|what do you think|would you|is it a good idea|what if|would it|is it worth|"
    "will it|thoughts on|what would happen|what happens if|what happens when|can i|could i|is it possible|does it|do you|"
    "is now a good|should|would have|could have|i wonder|wonder if|wondering|why did|why does|why is|imagine|suppose|"
    "hypothetically|let's say|lets say|i might|i may|maybe|might|perhaps|considering|thinking about|thinking of|was it|"
    "i wish|if only|i heard|i think|i would have|i guess|what makes|someday|one day|i hope|hopefully|predict|prediction|"
    "opinion|make of|probably|possibly|would|could|if i had|had i|backtest|should've|could've|would've|who|why|does",
    "REPORT": "sold|bought|shorted|longed|aped|dumped|covered|flipped|"
    "i closed|i sold|i bought|i just sold|i just bought|i was|used to|yesterday|last week|last night|last month|"
    "he said|she said|they said|my friend|forwarded|people say|someone|everyone|told me|said|earlier|ago|reportedly|"
    "already sold|already bought|exited|entered|last year",
    "FOREIGN": "withdraw|withdrawal|transfer|swap|bridge|stake tokens|unstake|lend|borrow|copy trade|copytrade|copy|mirror|call|"
    "put option|call option|option|options|tweet|tweets|tweeted|news|nft|nfts|airdrop|mint|wallet|address|deposit|"
    "send|snipe|sniping|stock|stocks|shares|binance|coinbase|bybit|kraken|okx|uniswap|raydium|jupiter swap|arbitrage|"
    "grid|grid bot|martingale|follow|elon|trump says|announcement|announces|fed|cpi|fomc|rate cut|staking|lp|liquidity pool|"
    "farm|yield|spot buy|spot sell|usdc to|convert|exchange|seed phrase|private key|api key|deribit|ftx|metamask|phantom|"
    "loan|repay|tax|launch|listing|listed|open interest|dominance|market cap|marketcap|mcap|sentiment|whale|whales",
    "OTHERCASH": "€|£|¥|eur|euros|euro|gbp|pounds|yen|jpy|inr|rupees|rub|cny|yuan|krw|won|lira|cad|aud|chf|sats|"
    "satoshi|gwei|wei|lamports",
}  # fmt: skip

MAX_WORDS = 6


def _forms(verb: str) -> list[str]:
    """The inflections of a price verb: drops, dropping, dropped …"""
    ends_e = verb.endswith("e")
    third = verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s")
    doubled = verb + verb[-1] if verb[-1] in "pgbtm" and verb[-2] in "aeiou" and verb[-3:-2] not in "aeiou" else verb
    ing = (verb[:-1] if ends_e else doubled) + "ing"
    past = verb + "d" if ends_e else doubled + "ed"
    return [verb, third, ing, past]


@cache
def phrases() -> dict[tuple[str, ...], tuple[str, Any]]:
    """Every phrase as words → (kind, value); price verbs in all their forms."""
    table: dict[tuple[str, ...], tuple[str, Any]] = {}
    for entry, listed in _PHRASES.items():
        kind, _, value = entry.partition("=")
        for phrase in listed.split("|"):
            table.setdefault(tuple(phrase.replace("-", " ").split()), (kind, value or None))
    for kind, verbs in _PRICE_VERBS.items():
        for verb in verbs.split():
            *present, past = _forms(verb)
            for form in present:
                table.setdefault((form,), (kind, None))
            table.setdefault((past,), (kind, "past"))
    for go in ("go", "goes", "going", "moves", "move", "is", "heads", "ticks", "trades", "runs", "gets", "goin", "comes"):
        for kind, words in (("RISE", ("up", "higher")), ("FALL", ("down", "lower"))):
            for word in words:
                table.setdefault((go, word), (kind, None))
                for extra in ("another", "by"):
                    table.setdefault((go, word, extra), (kind, None))
    for past, kind in (("fell", "FALL"), ("rose", "RISE"), ("broke", "BREAK"), ("held", "STAY")):
        table.setdefault((past,), (kind, "past"))
    for number in range(1, 6):
        for stem in ("tp", "target"):
            table[(f"{stem}{number}",)] = ("TARGET", number)
        table[(f"sl{number}",)] = ("STOP", number)
    for number, word in enumerate(("first", "second", "third"), start=1):
        for stem in ("target", "tp", "take profit"):
            table[(word, *stem.split())] = ("TARGET", number)
    return table


@cache
def correctable() -> tuple[str, ...]:
    """Single words that a typo may be read as."""
    return tuple(words[0] for words in phrases() if len(words) == 1 and words[0].isalpha() and len(words[0]) >= 4)
