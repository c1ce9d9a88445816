"""The phrases of watching, of time, of requests and of what is no instruction, by the kind of item they make."""

WATCHING: dict[str, str] = {
    "FUNDING": "funding|funding rate|funding rates|the funding rate|funding payment|fr",
    "NEGATIVE": "negative|below zero",
    "POSITIVE": "positive|above zero",
    "ACCOUNT": (
        "how is my account|how's my account|hows my account|how is my account looking|how's my account looking|"
        "hows my account looking|how is my account doing|how's my account doing|hows my account doing|"
        "account overview|account summary|account status|account info|account|my account|account's|acct"
    ),
    "METRIC=health": "health|account health|health ratio|health factor|health score",
    "METRIC=leverage": "account leverage|my leverage|total leverage|effective leverage|overall leverage",
    "METRIC=free_collateral": (
        "free collateral|available collateral|free margin|available margin|collateral left|buying power|"
        "available balance|unused collateral|free balance"
    ),
    "METRIC=margin_ratio": "margin ratio|maintenance margin ratio|margin level",
    "LEVERAGE": "leverage|lev|leveraged",
    "MARGIN": "principal|of principal|margin|own money|of margin|as margin|in margin|margin of|stake",
    "COLLATERAL": (
        "usdc do i have|usdc have i got|usdc balance|usdc i have|usdc left|usdc available|collateral|balance|"
        "account balance|free cash|funds|cash|bankroll|equity|wallet balance|capital|buying power of mine|bal"
    ),
    "IND=rsi": "rsi|relative strength index",
    "IND=sma": "sma|ma|moving average|simple moving average|dma|day ma",
    "IND=ema": "ema|exponential moving average",
    "IND=macd": "macd|macd line",
    "IND=macd_signal": "macd signal|signal line|macd signal line|its signal line|signal",
    "IND=bollinger_upper": (
        "upper bollinger|upper bollinger band|bollinger upper|upper band|upper bb|top bollinger band|bollinger top|"
        "bb upper|bollinger upper band|top bollinger|upper bollinger bands|top band"
    ),
    "IND=bollinger_lower": (
        "lower bollinger|lower bollinger band|bollinger lower|lower band|lower bb|bottom bollinger band|"
        "bollinger bottom|bb lower|bollinger lower band|bottom bollinger|lower bollinger bands|bottom band"
    ),
    "IND=atr": "atr|average true range",
    "IND=volume": "volume|vol|trading volume",
    "BOLLINGER": "bollinger|bollinger band|bollinger bands|bb",
    "CANDLE": "candle|candles|bar|chart|timeframe|tf|candlestick|charts|time frame",
    "TF=1h": "hourly",
    "TF=1d": "daily",
    "TF=bad": "weekly",
    "LIQUIDATED": (
        "liquidates|is liquidated|liquidated|liquidation|liqd|rekt|get liquidated|gets liquidated|liq|get rekt"
    ),
    "OPENED": "opens|opened|is opened|gets opened|get opened|get filled into|is open|opens up",
    "INCREASED": (
        "bigger|larger|increased|gets bigger|grows|added to|is increased|gets increased|grow|gets added to|increases"
    ),
    "DECREASED": (
        "smaller|reduced|decreased|shrinks|gets reduced|is reduced|gets smaller|gets decreased|shrink|decreases|"
        "trimmed|gets trimmed"
    ),
    "FILLED": (
        "filled|fills|fill|is filled|gets filled|it fills|order fills|it's filled|entry fills|i'm in|im in|"
        "it is filled|on fill|on entry|executed|executes|that fills|order is filled|triggered|it gets filled|"
        "i get filled|filled in|the order fills|the fill|triggers|it triggers|fires"
    ),
    "OUT": "out|off the table",
    "OCO": (
        "one cancels the other|oco|whichever comes first|whichever is first|whichever hits first|one cancels other|"
        "whichever first|cancel the other|whatever comes first|cancels the other|whichever happens first|"
        "whichever triggers first|cancel the other one|cancels other"
    ),
    "TIMES": "times|time",
    "ONCE": "only once|one time|one time only|just once|a single time|one-time",
    "TWICE": "twice|two times",
    "ATMOST": (
        "but not more than|not more than|but no more than|but at most|max|at most|up to a max of|maximum|up to|"
        "limit of|no more than|for a total of|for a max of|a maximum of"
    ),
    "STARTING": (
        "begin|begins|begin at|begin on|starting on|start on|starts on|kick off|kicking off|starting|start at|"
        "beginning|starting from|from tomorrow|commencing|starting at|starts"
    ),
    "LONGNOUN": "long position|longs position|buy position",
    "SHORTNOUN": "short position|shorts position|sell position",
    "ENTRYWORD": (
        "entry zone|entry range|buy zone|buy range|entries|entry point|entry target|entry targets|entry level|"
        "entry area|entry order|enter at|enter around"
    ),
    "AMOUNT": "amount|quantity|qty|order size|trade size",
    "LOW": "low|lows|the low|bottom|local low|recent low|trough|its low|the bottom|the lows",
    "HIGH": "high|highs|peak|top|local high|recent high|its high|the top|the highs|its peak|ath|the peak",
    "STATE": "pending|running|armed|live|ongoing|outstanding",
    "ACTIVATE": "activate|activated|activation|activation price|activating|activates|active|arm it|kicks in|kicking in",
    "PERIOD": "period|periods|length",
    "COOLDOWN": "cooldown|cool down|cooldown of|pause between|apart",
    "GTC": "gtc|good till cancelled|good til cancelled|good until cancelled|good till canceled",
    "DIP": "the dip|this dip",
    "ZONE=UTC": "utc|gmt|zulu",
    "ZONE=America/New_York": "est|edt|et|eastern|new york|nyc|new york time|eastern time|ny time|nyc time",
    "ZONE=America/Chicago": "cdt|ct|central time|us central|chicago|chicago time",
    "ZONE=America/Los_Angeles": "pst|pdt|pt|pacific|los angeles|pacific time|la time",
    "ZONE=Europe/Paris": "cet|cest|paris|berlin|paris time|berlin time|central european time",
    "ZONE=Europe/London": "bst|london|london time|uk time",
    "ZONE=Asia/Tokyo": "jst|tokyo|tokyo time|japan time",
    "ZONE=Asia/Singapore": "sgt|singapore|singapore time",
    "ZONE=Asia/Hong_Kong": "hkt|hong kong|hong kong time",
    "ZONE=Asia/Seoul": "kst|seoul|seoul time|korea time",
    "ZONE=Asia/Dubai": "gst|dubai|dubai time",
    "ZONE=Australia/Sydney": "aest|aedt|sydney|sydney time",
    "ZONE=America/Chicago|Asia/Shanghai": "cst",
    "ZONE=Asia/Kolkata|Asia/Jerusalem": "ist",
    "ZONE=local": "my time|local time|my timezone|my local time",
    "THISDAY": "today only|only today|just for today|for today|for today only|just today",
    "TODAY": "today|todays|today's|this day",
    "TONIGHT": "tonight|this evening",
    "TOMORROW=2": "day after tomorrow|the day after tomorrow|overmorrow",
    "TOMORROW": "tomorrow|tmrw|tmr|tomorow|tomorrow's|2moro",
    "NOON": "noon|midday",
    "MIDNIGHT": "midnight",
    "DAYPART=am": "in the morning|am|morning",
    "DAYPART=pm": "in the evening|in the afternoon|pm|at night|afternoon|evening",
    "EOD": "end of day|eod|end of the day|the end of the day|close of day|end of today|day's end",
    "FEAST=12-25": "christmas|xmas|christmas day|xmas day",
    "FEAST=12-24": "christmas eve|xmas eve",
    "FEAST=1-1": "new year|new years|new year's|new year's day|new years day|the new year",
    "FEAST=10-31": "halloween",
    "FEAST=2-14": "valentine's day|valentines day|valentine's|valentines",
    "FEAST=7-4": "the fourth of july|fourth of july|july 4th|4th of july",
    "MONTHEND": (
        "end of month|the end of month|end of the month|the end of the month|end of this month|the end of this month|"
        "month end|month's end|eom|last day of the month|the last day of the month|last day of this month|"
        "the last day of this month"
    ),
    "YEAREND": (
        "the end of the year|end of the year|end of year|year end|year's end|end of this year|end of december|"
        "the end of december|new year's eve|new years eve"
    ),
    "WEEKDAYS": "weekday|weekdays|business day|working day|business days",
    "WEEKENDS": "weekend|weekends",
    "NEXT": "next|this coming|coming",
    "EVERYDAY": (
        "every day|everyday|each day|once a day|per day|once daily|once per day|nightly|every single day|"
        "each and every day|on a daily basis"
    ),
    "EVERYWEEK": "every week|each week|once a week|per week|once per week|a week",
    "EVERYMONTH": (
        "every month|each month|once a month|per month|once per month|monthly|of the month|of every month|of each month"
    ),
    "MONTHSTART": (
        "first of each month|first of every month|first of the month|first day of each month|"
        "first day of every month|first day of the month|start of each month|start of every month|"
        "beginning of each month|beginning of every month"
    ),
    "SPAN=43200": "twice a day|two times a day|twice daily|twice per day|2 times a day|2x a day",
    "SPAN=28800": "three times a day|three times daily|3 times a day|thrice a day",
    "SPAN=21600": "four times a day|four times daily|4 times a day",
    "SPAN=172800": "every other day|every second day|each other day|alternate days",
    "SPAN=1209600": "every other week|every second week|biweekly|fortnightly|every fortnight",
    "EVERYHOUR": (
        "every hour|each hour|once an hour|per hour|once per hour|every single hour|at the start of every hour|"
        "at the top of the hour|at the top of every hour|on the hour|every hour on the hour"
    ),
    "PERHOUR": "/ hr|/ h|/ hour|p / h|/ 1h",
    "DAY=MON": "monday|mon|mondays",
    "DAY=TUE": "tuesday|tue|tues|tuesdays",
    "DAY=WED": "wednesday|wed|weds|wednesdays",
    "DAY=THU": "thursday|thu|thurs|thur|thursdays",
    "DAY=FRI": "friday|fri|fridays",
    "DAY=SAT": "saturday|sat|saturdays",
    "DAY=SUN": "sunday|sundays",
    "MONTH=1": "january|jan",
    "MONTH=2": "february|feb",
    "MONTH=3": "march",
    "MONTH=4": "april|apr",
    "MONTH=5": "may",
    "MONTH=6": "june|jun",
    "MONTH=7": "july|jul",
    "MONTH=8": "august|aug",
    "MONTH=9": "september|sep|sept",
    "MONTH=10": "october|oct",
    "MONTH=11": "november|nov",
    "MONTH=12": "december|dec",
    "SHOW": (
        "may i see|can i see|could i see|may i have|i'd like to see|i want to see|i would like to see|let me see|"
        "lemme see|can i get|could i get|can i have|could i have|remind me of|remind me what are|remind me what is|"
        "tell me what are|tell me what is|tell me what's|do tell me|give me a list of|give me an overview of|"
        "an overview of|overview of|a list of|a summary of|summary of|give me a summary of|i need to see|"
        "would you show me|show me please|please show me|which|show|list|display|view|check|what are|what is|what's|"
        "whats|wats|wat are|what|how much|how many|show me|give|see|how are|how is|how's|hows|where is|whats up with|"
        "do i have|have i got|how|status|any|got|wat|i see|lookup|am i"
    ),
    "LEFT": "left|available|remaining balance|free|have left|got left|do i got left|do i have left|to trade with",
    "HISTORY": (
        "trades this week|trades this month|trades so far|fills this week|fills today|what did i trade|"
        "what did i buy|what did i sell|what have i traded|what have i bought|what have i sold|trades of mine|"
        "history|trade history|fills history|recent trades|last trades|past trades|executions|trading history|"
        "recent fills"
    ),
    "HELP": (
        "what can i tell you to do|what can i tell you|what can i ask you|what can you do for me|how do i use this|"
        "how do i use you|how do you help|help|help me|commands|what can you do|how does this work|how do i|how to|"
        "how can i|how does it work|/help|/start|instructions please|what can i say|manual|guide|tutorial|"
        "what do you do|how do you work|what can i do"
    ),
    "KILL": (
        "kill switch|killswitch|emergency stop|panic|stop everything|kill everything|panic button|emergency|kill all|"
        "kill it all|shut everything down|shut it all down|abort everything|halt everything|stop all trading|kill|"
        "stop it all|stop trading"
    ),
    "NOT": (
        "don't|dont|do not|never|not|doesn't|doesnt|does not|no|without|unless|except|isn't|isnt|won't|avoid|refuse|"
        "nor|stop buying|stop selling|neither|didn't|didnt|did not|hasn't|hasnt|can't|cannot|rather than|instead of|"
        "forget|nevermind|never mind|ignore|disregard|wasn't|shouldn't|only not|barring"
    ),
    "LETLOSE": (
        "cap my loss at|cap my losses at|cap losses at|cap the loss at|limit my loss to|limit my losses to|"
        "limit losses to|limit the loss to|don't let me lose more than|dont let me lose more than|"
        "don't let me loose more than|dont let me loose more than|never let me lose more than|"
        "do not let me lose more than|i don't want to lose more than|i dont want to lose more than|"
        "don't want to lose more than|can't lose more than|risk no more than|not lose more than|never lose more than"
    ),
    "ADVICE": (
        "should i|should we|do you think|what do you think|would you|is it a good idea|what if|would it|is it worth|"
        "will it|thoughts on|what would happen|what happens if|what happens when|can i|could i|is it possible|"
        "does it|do you|is now a good|should|would have|could have|i wonder|wonder if|wondering|why did|why does|"
        "why is|imagine|suppose|hypothetically|let's say|lets say|i might|i may|maybe|might|perhaps|considering|"
        "thinking about|thinking of|was it|i wish|if only|i heard|i think|i would have|i guess|what makes|someday|"
        "one day|i hope|hopefully|predict|prediction|opinion|make of|probably|possibly|would|could|if i had|had i|"
        "idk|dunno|backtest|should've|could've|would've|who|why|does"
    ),
    "REPORT": (
        "sold|bought|shorted|longed|aped|dumped|covered|flipped|i closed|i sold|i bought|i just sold|i just bought|"
        "i was|used to|yesterday|last week|last night|last month|he said|she said|they said|my friend|forwarded|"
        "people say|someone|everyone|told me|said|earlier|ago|reportedly|already sold|already bought|exited|entered|"
        "last year|yeah right|ya right|as if"
    ),
    "FOREIGN": (
        "xauusd|xau|xagusd|s & p|s & p 500|spx|nasdaq|dow jones|dxy|vix|tesla|tsla|nvda|aapl|gold|silver|crude oil|"
        "nikkei|dax|forex|eurusd|etf|etfs|checking account|savings account|brokerage|brokerage account|wire transfer|"
        "isolated margin|isolated|cross margin|hedge mode|roll over|rollover|december future|dated future|"
        "dated futures|quarterly future|quarterly futures|quarterlies|bank account|my bank|my bank account|"
        "to my bank|to the bank|paypal|venmo|revolut|cold wallet|cold storage|ledger|debit card|credit card|"
        "strike price|put options|puts|call options|covered call|straddle|strike|expiry date|futures on|"
        "prediction market|polymarket|memecoin launch|presale|ico|rug|liquidity|slot|gamble|casino|withdraw|"
        "withdrawal|transfer|swap|bridge|stake tokens|unstake|lend|borrow|copy trade|copytrade|copy|mirror|call|"
        "put option|call option|option|options|tweet|tweets|tweeted|news|nft|nfts|airdrop|mint|wallet|address|"
        "deposit|send|snipe|sniping|stock|stocks|shares|binance|coinbase|bybit|kraken|okx|uniswap|raydium|"
        "jupiter swap|arbitrage|grid|grid bot|martingale|follow|elon|trump says|announcement|announces|fed|cpi|fomc|"
        "rate cut|staking|lp|liquidity pool|farm|yield|spot buy|spot sell|usdc to|convert|exchange|seed phrase|"
        "private key|api key|deribit|ftx|metamask|phantom|loan|repay|tax|launch|listing|listed|open interest|"
        "dominance|market cap|marketcap|mcap|sentiment|whale|whales"
    ),
    "BEYOND=day": (
        "daily loss|daily losses|daily pnl|daily profit|daily drawdown|daily loss limit|max daily loss|weekly loss|"
        "weekly pnl|loss for the day|loss today|losses today|profit for the day|profit today|day's pnl|daily limit|"
        "monthly loss"
    ),
    "BEYOND=risk": "risk|risking|risks|r|rr|r:r|risk reward|risk to reward|reward|r multiple",
    "BEYOND=chart": (
        "histogram|macd histogram|vwap|stochastic|stoch|stoch rsi|stochastic rsi|ichimoku|supertrend|adx|obv|cci|mfi|"
        "keltner|donchian|fib|fibonacci|fibs|trendline|trend line|head and shoulders|double top|double bottom|"
        "divergence|order block|fvg|fair value gap|liquidity sweep|heikin ashi|pivot|pivots|parabolic sar|psar|"
        "engulfing|doji|order book|orderbook|cvd|volatility|candlestick pattern|cup and handle|wedge|triangle|"
        "flag pattern"
    ),
    "BEYOND=worth": "account value|net worth|portfolio value|account equity|total equity|net value",
    "BEYOND=ratio": "ratio|outperforms|underperforms|correlation|decouples|relative strength to|eth/btc",
    "ABSENT": (
        "while i sleep|while i'm asleep|while i am asleep|while i'm away|while i am away|while i'm at work|"
        "while i'm out|while im asleep|while im away"
    ),
    "OTHERCASH": (
        "€|£|¥|eur|euros|euro|gbp|pounds|yen|jpy|inr|rupees|rub|cny|yuan|krw|won|lira|cad|aud|chf|sats|satoshi|gwei|"
        "wei|lamports"
    ),
}
"""See `lexicon.TRADING`, which comes first."""
