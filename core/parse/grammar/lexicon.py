"""The phrases of trading, by the kind of item they make."""

TRADING: dict[str, str] = {
    "RECURRING": "repeat|repeats|rearm|re-arm|keep repeating|recurring|regular|repeating|repeated|regularly",
    "IF": (
        "if|when|wen|once|as soon as|in case|in the event that|in the event|provided|provided that|the moment|"
        "the minute|the second|upon|only if|only when|if and when|should|assuming|whn|iff|if ever|the next time|"
        "next time|at the point where|at the point when|at the time when|the instant|at the moment|the day"
    ),
    "EACH": (
        "each time when|every time when|each time that|every time that|everytime when|all the times when|always when|"
        "whenever that|every time|each time|whenever|any time|anytime|everytime|evry time|every single time"
    ),
    "WHILE": "while|as long as|so long as|whilst",
    "AFTER": "after|afterwards|following that",
    "VAGUE": "some|more|a bit|a little|a bit of|a little bit|some of|part of|a portion of|a few|a couple of",
    "AND": "and|&|plus|n|as well as|along with|and also|also",
    "OR": "or|or else",
    "THEN": "then|->|and then|after that|immediately after that|right after that",
    "BUY": (
        "punt|punt on|smash buy|slam buy|hammer buy|buy|get me|panic buy|ape|grab|acquire|get|scoop|pick up|load up|"
        "load|accumulate|stack|snag|add|market buy|buy in|invest|throw|yolo|ape into|buys|scoop up|snap up|buy up|"
        "mop up|buying|purchase|purchases|purchasing|fomo in|fomo into|grab me|nibble|nibble on|nibble at|lift|cop|"
        "snatch|swoop|get in|jump in|jump into|hop in|hop into|buy me|order me|top up|add on|deploy|pile into|"
        "start a position in|build a position in|pick me up|bag me|long up|get some|get into|go in|wade into|"
        "hoover up|nab|"
        "market in|average into|average in|averaging into|averaging in|averaging|buy back in|get back in|"
        "get back into|buy back into|double down|double down on|pyramid|pyramid in|pyramid into|reload|reload on"
    ),
    "SELL": (
        "sell|panic sell|dump|offload|unload|market sell|sel|liquidate|sells|ditch|shed|dispose of|part with|"
        "let go of|jettison|flog|get shot of|paper hand|paperhand|slam out"
    ),
    "CUT": "cut",
    "TRIM": (
        "take some chips off the table|take chips off the table|take some off the table|take some risk off the table|"
        "take a bit off the table|scale me out of|scale me out|dca out of|dca out|trim|reduce|scale out|scale out of|"
        "shave|lighten|take off|decrease|derisk|de risk|de-risk|peel off|peel|skim|skim off|knock off|lop off|"
        "chop off|pare|pare back|pare down"
    ),
    "TAKE": "take|lock in|bank|realise|realize|pocket",
    "COVER": "buy it back|buy them back|buy that back|buying it back|buy this back|cover|buy back|buyback",
    "LONG": (
        "take long|take long in|go for long|go for a long|long|longs|go long|go long on|open long|open a long|"
        "enter long|enter a long|start a long|open a long position|enter a long position|open long position|"
        "take a long|longing"
    ),
    "SHORT": (
        "take short|take short in|go for short|go for a short|short|shorts|go short|go short on|open short|"
        "open a short|enter short|enter a short|start a short|open a short position|enter a short position|"
        "open short position|take a short|shorting|shrt|fade"
    ),
    "CLOSE": (
        "lock it in|lock them in|book it|bank it|flatten me|close me out|close me out of|force exit|force close|"
        "force sell|forceexit|forcesell|nuke my|nuke all|nuke it|close|get me flat|i want out|i also want out|"
        "i want out of|exit|get out of|get out|get me out of|get me out|flatten|flat|bail|bail out|bail out of|"
        "close out|close out of|get rid of|unwind|exit out of|pull out of|cash out|cash out of|shut|close down|"
        "square off|square up|exit from|step out of|take me out|take me out of|pull the plug on|wrap up|abandon|"
        "kill my position|get me the hell out|get me the hell out of|take me flat|go flat|be flat|be out of|be out|"
        "be done with|be rid of|comot me from|comot me for|comot from|comot|"
        "cut me|cut me out|kick me out|boot me out|bin"
    ),
    "CLOSES": (
        "will be closed|is being closed|has been closed|gets closed out|will close|is closed out|was closed out|"
        "closes|closing|closed|gets closed|is closed|closure|candle closes|candle closed|candle close|has closed|"
        "got closed|candle closing|get closed|was closed"
    ),
    "REVERSE": "reverse|flip|flip it|flip my|reverse my|switch sides|flip to",
    "CANCEL": (
        "cancel|delete|remove|pull|kill|scrap|drop all|clear all|clear out|get rid of all|wipe|revoke|void|clear my"
    ),
    "PAUSE": "pause|suspend|disable|freeze|halt|turn off|deactivate|hold off",
    "RESUME": "resume|unpause|reactivate|restart|enable|turn on|activate|turn back on|continue|re-enable|unfreeze",
    "SHIFT": (
        "move|slide|shift|raise|lower|drag|bring|adjust|tighten|push|bump|change|trail up|update|modify|step|step up|"
        "ratchet|ratchet up|hike|tuck|notch"
    ),
    "EARN": "makes|earns|nets|netted|netting|brings in|brought in|make|made|earn|earned|making",
    "PUTIN": "put in|place in|drop in|throw in",
    "SET": (
        "execute|protect|set|put|place|create|set up|setup|use|attach|give me|have|start|do a|submit|enter|open|"
        "initiate|run|queue|queue up|line up|schedule|arrange|work|gimme|re enter|reenter"
    ),
    "NOTIONAL": "notional|in notional|of notional|notional size|in size",
    "DOUBLES": "doubles|doubles in price|doubles in value|doubled|does a 2x",
    "FALL": (
        "breaks down|break down|breaking down|rolls over hard|pulls back|pull back|pulling back|sells off|rolls over|"
        "backs off|pullback|pull-back|retracement|selloff|sell off|flush|flushes|sinks to"
    ),
    "BREAK": (
        "brakes|brake|takes out|tears through|rips through|slices through|cuts through|gets through|pushes through|"
        "goes through|pokes through|pops through|breaks out|break out|breaking out|broke out|breaks through|"
        "break through|blows through|smashes through|punches through|blasts through|busts through|breaks past|"
        "breaks out past"
    ),
    "RISE": "bounces back|takes off|shoots up",
    "BOTH": (
        "both|both of them|both of these|the two of them|both of my positions|both positions|both my positions|"
        "my two positions|the two positions"
    ),
    "COINWORD": "tokens|coins|units",
    "WATCH": (
        "keep an eye on|watch|keep watching|monitor|keep track of|track|look at|keep watch on|keep watch over|"
        "keep tabs on"
    ),
    "WORTH": "worth|worth of",
    "CURRENTLY": "currently|presently|at present",
    "UNREAD": (
        "again and again|over and over|over and over again|you know best|you decide|you choose|your call|up to you|"
        "or so|drips|retest|retests"
    ),
    "BREAKOUT": "the pump|the rip|the spike|the breakout|breakout|the breakdown|breakdown",
    "AGAINST": "against me|against us|against my position|against my long|against my short|the wrong way",
    "FAVOUR": "in my favor|in my favour|my way|in our favor",
    "LATEST": "last|latest|recent",
    "EXTREME": "overbought|oversold",
    "CORRECTION": (
        "typo|edit|or actually|i take that back|my bad|my mistake|rather|no no|no wait no|wait actually|"
        "actually wait|sry|srry|strike that|let me correct that|let me rephrase|fix|i should say|no wait|wait no|"
        "no sorry|sorry no|sorry|i mean|i meant|make that|scratch that|actually no|no actually|or rather|correction|"
        "oops|i mean to say|no make that|wait"
    ),
    "ALERT": (
        "intimate me|intimate|kindly intimate|make me alarm|make me an alarm|make alarm|make an alarm|make an alert|"
        "make me alert|make me an alert|give me alarm|give me an alarm|give alarm|give me alert|do alarm|"
        "send me alert|send me alarm|send me an alarm|send me notification|send notification|send me message|"
        "please inform|inform|let me be informed|let me be notified|advise me|keep me informed|keep me updated|"
        "update me|put me an alert|put an alert|put an alarm|put alert|alert set|make a notification|write me|"
        "write to me|drop me a note|drop me a ping|signal me|shout at me|bell me|i want to know|i'd like to know|"
        "i would like to know|i want to be told|i want to be notified|i'd like to be notified|"
        "i would like to be notified|i want to be alerted|i'd like to be told|i would like to be told|"
        "i wish to be notified|i wish to be informed|i would like to be informed|i'd like to be informed|"
        "i want to hear|i want a ping|i want a notification|i want a message|i want a heads up|i'd like an alert|"
        "i would like an alert|i'd like a notification|i would like a notification|i'd like a ping|need an alert|"
        "i need an alert|want an alert|i want an alert|need a ping|hit me with a ping|hit me with an alert|"
        "throw me an alert|shoot me an alert|gimme a ping|gimme an alert|gimme a shout|gimme a heads up|tell|tell me|"
        "ping|ping me|notify|notify me|alert|alert me|let me know|lemme know|wake me up|wake me|warn|warn me|"
        "inform me|message me|msg me|text me|dm me|shout|send me an alert|send me a notification|remind me|remind|"
        "send an alert|send a notification|send alert|give me a heads up|heads up|give me a shout|buzz me|"
        "shoot me a message|hit me up|send me a message|send me a ping|set an alert|set alert|price alert|alerts me|"
        "lmk|keep me posted|let me kno|lemme knw|lemme kno|let me knw|send me a reminder|create an alert|"
        "notification|drop me a message|a heads up|alert please|hmu|telling me|pinging me|alerting me|notifying me|"
        "letting me know|shoot me a text|send me a text|shoot me a ping|drop me a line|give me a ping|"
        "give me a nudge|nudge me|poke me|flag|flag it|let us know|ring me|notify us|yell at me|give me an alert|"
        "call me|alarm|price alarm|set an alarm|set alarm|alarm me|set me an alarm|set me an alert|set me a reminder|"
        "set a reminder|set a price alert|set me a price alert|set me a price alarm|set a price alarm|raise an alarm|"
        "page me|beep me|holler|holler at me|give me a nod|give me a call"
    ),
    "SAYING": (
        "saying|that says|says|say|with the message|with message|with the text|message|reading|with a message|with text"
    ),
    "TARGET": (
        "tgt|tgts|take profit|take profits|take-profit|takeprofit|tp|tps|target|targets|profit target|price target|"
        "tp at|take my profit|take my profits|book profit|book profits|lock in profit|lock in profits|lock profits|"
        "secure profits|taking profit|take profit order|tp order|bank profits|take gains|profit taking|"
        "realize profits|lock profit|secure profit|a target"
    ),
    "STOP": (
        "stp|stpo|stop loss|stop losses|stoploss|sl|stop|stops|stop out|stop me out|stopped out|stop-loss|stop order|"
        "stop loss order|stop-loss order|hard stop|protective stop|stop market|cut losses|cut my losses|cut loss|"
        "stop limit|invalidation|stop it out|get stopped out|stop me"
    ),
    "TRAIL": (
        "trailing stop loss order|trailing stop-loss order|trailing-stop|trailing stop limit|trailing take profit|"
        "trailing tp|trailing stop|trailing stops|trailing stop loss|trailing sl|tsl|trail|trailing|"
        "trailing stop order|trail stop|trailing stop-loss|stop trailing|trail stop loss|trailing exit|"
        "trailing order|trailing sell|trailing buy"
    ),
    "BREAKEVEN": (
        "where i get in|where i enter|where i buy|the buy price|buy price|the buying price|buying price|"
        "my buying price|the price i bought|price i bought|the price i bought at|price i bought at|"
        "the price where i bought|the price i paid|price i paid|my purchase price|the price i got in|"
        "the price i got in at|the price i entered|the price i entered at|what i bought it for|what i bought at|"
        "what i bought it at|where i bought at|price of purchase|price of entry|the price of entry|entry cost|"
        "my avg entry|my average entry|my avg entry price|my average entry price|my average price|my cost price|"
        "cost price|my avg cost|average cost|my average cost|where i opened it|where i opened the position|"
        "the price i shorted|the price i shorted at|where i shorted at|the price i sold at|where i got in at|"
        "what it cost me|my opening price|opening price of mine|the entry|the entry price|where i entered the trade|"
        "where i came in|my own entry|breakeven|break even|break-even|b / e|be|my break even|my breakeven|my entry|"
        "entry|entry price|my entry price|avg entry|average entry|where i bought it|where i got it|"
        "where i entered it|what i paid|what i paid for it|where i shorted it|cost basis|my avg|average price|"
        "my avg price|where i got in|my cost|my average|average entry price|my buy price|where i entered|"
        "where i bought|my fill price|fill price|purchase price|where i opened|where i shorted|cost|my cost basis|"
        "my entry level|entry level"
    ),
    "CURRENT": (
        "cmp|current price|current market price|here|current level|current levels|this price|this level|"
        "present price|the price now|current prices|spot price|market price|where it is now|todays price|"
        "where we are|current value|this point|where we are now|right here"
    ),
    "NOW": "now|rn|immediately|right now|instantly|at once|straight away|right away|at this moment|this instant",
    "ATMARKET": (
        "at market|market|at market price|at the market|at market order|market order|with a market order|"
        "at the market price|mkt|at mkt|using a market order|at current price|at the current price|"
        "at current market price|by market|at the current market price|at current"
    ),
    "LIMIT": "limit|limit order|a limit|lmt|limit orders|resting limit|with a limit order|using a limit order",
    "BID": "bid|bids|limit buy|buy limit",
    "OFFER": "offer|ask|limit sell|sell limit",
    "POSTONLY": "post only|post-only|maker only|postonly|maker|as maker",
    "REDUCEONLY": (
        "it should only reduce my position|it should only reduce|only reduce my position|should only reduce|"
        "only reducing|to reduce only|reducing only|must only reduce|must not open a short|may only reduce|"
        "it may only reduce my position|it must only reduce my position|reduce-only order|as reduce only|"
        "as reduce-only|reduce only|reduce-only|reduceonly"
    ),
    "TWAP": "twap|twap in|twap into|twap out|twap out of|dollar cost|time weighted",
    "LADDER": (
        "ladder|laddered|scale in|scale into|scaled|scale|scaled orders|ladder in|ladder out|spread|laddering|split"
    ),
    "SLICES": (
        "slices|slice|chunks|pieces|parts|clips|tranches|equal parts|equal slices|equal pieces|portions|"
        "equal portions|equal chunks|equal tranches|equal clips|even parts|lots|steps|batches|equal orders|"
        "orders of equal size"
    ),
    "ORDERS": (
        "other orders|remaining orders|leftover orders|order|orders|open order|open orders|pending orders|"
        "resting orders|limit orders|buys|sells|working orders"
    ),
    "RULES": "rule|rules|strategy|strategies|automations|automation|bots|trigger|triggers|instructions|setups",
    "ALERTS": "alerts|reminders|notifications|price alerts|alarms|price alarms",
    "STOPS": "stop loss rules|stop losses rules|stop loss rule|stops rules|sl rules|stop rules",
    "DCA": "dca|dollar cost average|dca into|dca in|dollar cost averaging|dollar-cost average|dollar cost average into",
    "SLIPPAGE": "slippage|max slippage|slippage tolerance|slip|max slip|maximum slippage|slippage limit",
    "RISEWORD": "up|higher|green|upward|upwards|upside",
    "FALLWORD": "cheaper|down|lower|red|downward|downwards|downside",
    "EITHER": (
        "either way|either direction|in either direction|up or down|any direction|in any direction|either side|"
        "both ways|in both directions|any way|whichever way|+/-"
    ),
    "GO": (
        "become|do become|did|gets itself|happens to be|finds itself|will be|would be|shall be|were|stands|stand|"
        "stood|standing|lies|hovers|sits at|does a|does an|makes a|makes an|has a|sees a|prints a|takes a|there's a|"
        "there is a|flips|go|goes|going|gets|get to|gets back|getting|trades|trading|is|are|'s|be|was|becomes|comes|"
        "come|turns|turn|has|went|gone|heads|runs|moves to|moves back|moved|ticks|gotten|ever|has been|should be|"
        "needs to be|must be|has to be|has gone|pulls|makes it|ends up|becoming|is becoming|reaching at|comes down|"
        "comes up|sits"
    ),
    "ABOVE": (
        "better than|above|over|>|>=|greater than|more than|higher than|at or above|at or over|or more|north of|"
        "or above|or higher|past|upwards of|bigger than|at least|or better|beyond|abv|no less than|or greater|"
        "equal or above|equal to or above|equal to or greater than|greater than or equal to|equal to or over"
    ),
    "BELOW": (
        "no more then|not over|not above|sub|south side of|below|blow|under|<|<=|less than|lower than|at or below|"
        "at or under|beneath|south of|or below|or lower|or less|smaller than|underneath|at most|no more than|"
        "equal or below|equal to or below|equal to or less than|less than or equal to|equal to or under|worse than"
    ),
    "LOSE": (
        "lose|loses|losing|lost|loose|looses|can't hold|cant hold|cannot hold|fails to hold|doesn't hold|doesnt hold|"
        "does not hold|fails to stay above|can't stay above|cannot stay above"
    ),
    "CROSSUP": (
        "crosses above|cross above|crosses over|crosses up through|golden cross|crossing above|breaks above|"
        "crosses back above|crosses up|break above|back above|cross over|crossed above|flips above|reclaims|reclaim|"
        "moves back above|crosses upward through|bullish cross|bullish crossover|crosses bullish|bull cross|"
        "crosses bullishly|crosses to the upside"
    ),
    "CROSSDOWN": (
        "crosses below|cross below|crosses under|crosses down through|death cross|crossing below|breaks below|"
        "crosses back below|crosses down|break below|back below|back under|cross under|crossed below|breaks under|"
        "flips below|breaks down through|breaks down below|break under|bearish cross|bearish crossover|"
        "crosses bearish|bear cross|crosses bearishly|crosses to the downside"
    ),
    "GOLDEN": "golden cross|golden crossover",
    "DEATH": "death cross|death crossover",
    "TO": "to|down to|up to|back to|back up to|back down to|till it's at",
    "THROUGH": "through|thru",
    "BY": "by|by another",
    "FROM": "from|form|off of|since|relative to|compared to|compared with",
    "AT": "at|@|around|for a price of|at price|at a price of",
    "NEAR": (
        "near|nearby|close to|very close to|really close to|closes in on|closing in on|approaches|approaching|approach|"
        "nears|nearing|almost at|nearly at|just about at|within reach of|within striking distance of|in the area of|"
        "in the vicinity of|in the neighborhood of|in the neighbourhood of|around about|somewhere near|"
        "somewhere around|close enough to|not far from"
    ),
    "OF": "regarding|concerning|with regard to|with regards to|related to|relating to|of",
    "ON": "on|in|into|off|out of",
    "FOR": "for",
    "WITH": "with|using|w /|w|on margin of|via",
    "WITHIN": (
        "within|in under|inside|in less than|in the last|in the past|over the last|over the past|within the last|"
        "in the space of|during the last|in a span of|inside of|over the course of|within any"
    ),
    "UNTIL": (
        "until|till|til|by the end of|before|valid until|valid till|good until|good till|no later than|expires|"
        "expiring|expires at|good til|expire|expire at|expires on|befor|cancel by"
    ),
    "VALIDFOR": (
        "ttl|time to live|ttl of|valid for|good for|for the next|expires in|expire in|expires after|"
        "valid for the next|good for the next|in the next|valid|cancel after|expire after|over the next|"
        "during the next|within the next"
    ),
    "BETWEEN": "between|across|anywhere between|ranging from",
    "EVERY": "every|each|each of|per|once every|once per|once each",
    "MY": "my|mine|our|this|that|these|those|its",
    "IT": (
        "e|this thing|that thing|this one|that one|this coin|that coin|it|them|they|they're|it's|it is|that's|it'll|"
        "itll|it has|em|'em"
    ),
    "I": "i|i'm|im|i am|i've|ive|i have|i get|i'm at|if im|me|we're|we are|you're",
    "ALL": (
        "full quantity|full qty|entire quantity|whole quantity|full amount|entire amount|whole amount|all out|all in|"
        "whole of|all|whole|entire|everything i have|all of|all my|whole thing|the whole thing|the lot|it all|"
        "all of it|all of my|full|entirely|completely|every"
    ),
    "EVERYTHING": (
        "whatever i have open|whatever i have|everything i have open|all i have open|whatever is open|"
        "everything that is open|whatever's open|all that is open|all that's open|anything i have open|"
        "everything open|every position i have|all positions i have|all my stuff|everything|my book|book|"
        "my whole portfolio|all positions|all my positions|all open positions|every position|whole portfolio|"
        "entire portfolio|portfolio|all of my positions|all trades|my whole book|all my open positions|"
        "across the board|every open position|all the positions|anything|any position|any of my positions|"
        "all my trades|whole account|any market"
    ),
    "REST": (
        "rest|remainder|remaining|the rest|whatever is left|whatever's left|whatevers left|what remains|"
        "whatever remains|what's remaining|what is remaining|everything left|all that's left|all thats left|"
        "what i have left|what's left|whats left|what is left|leftover|other half|the other half|balance of it|"
        "remaining half|rest of it|the remaining"
    ),
    "POSITION": (
        "positions update|position update|how am i positioned|position|positions|bag|bags|trade|trades|holdings|"
        "exposure|stack|size|open position|open positions|holding|postion|pos|posi|contracts|open trade|the trade|"
        "open trades|position size|stake in|what am i holding|what do i hold|what am i in|what do i own|"
        "what do i have open|what have i got open|what positions am i in|what i hold|what i have"
    ),
    "PRICE": (
        "rate|rates|current rate|price|prices|the price of|price of|spot|mark price|index price|px|market price of|"
        "last price|quote|value of|value|what can i trade|which markets can i trade|what markets can i trade|"
        "which coins can i trade|what coins can i trade|which markets are there|what markets are there|"
        "which markets do you have|what markets do you have|available markets|supported markets|list of markets|"
        "which markets do you support|what markets do you support|which coins do you support|"
        "what coins do you support|list markets|which coins do you have|what coins do you have"
    ),
    "PNL": (
        "p & l|pnl|p&l|p/l|profit and loss|unrealized pnl|unrealised pnl|total pnl|unrealized|profit or loss|"
        "how am i doing|how i'm doing|how are we doing|how am i looking|p l|upnl|roi|roe|returns"
    ),
    "PROFIT": (
        "profit|in profit|profits|in the green|in the money|gains|gain|in the black|winning|to the good|"
        "unrealized profit"
    ),
    "LOSS": (
        "loss|in loss|losses|in the red|underwater|max loss|maximum loss|under water|in the hole|drawdown|at a loss|"
        "max drawdown|unrealized loss"
    ),
    "ACROSS": (
        "across everything|across all positions|overall|in total|total|across the account|combined|across all|"
        "across my account|together|all together|in aggregate|altogether|across the whole account|"
        "across the portfolio"
    ),
}
"""`kind` or `kind=value` → its phrases, separated by bars. Of two kinds that list one phrase, the first has it."""
