"""What somebody asks instead of saying what to do → the card that answers it; trades and changes nothing, ever.

Looked at only where no rule and no command was read, and only for what sounds like a question: whatever is answered
here, nothing was armed, and words that may be an order are never taken for a question.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bots import explained, obey, why
from bots.earnings import pnl
from bots.turn import Turn
from core.domain.reading import Command
from core.feed.card import Card

_ASKS = re.compile(
    r"^(?:(?:so|and|but|hey|ok|okay|wait|hm+|please),? )*"
    r"(?:what|why|how|when|who|whose|where|which|did|does?|is|are|am|can|could|will|would|has|have"
    r"|tell me (?:what|why|how)|explain)\b"
)
_LONGEST = 160

_WEEK, _MONTH = re.compile(r"\bweek\b"), re.compile(r"\bmonth\b")


@dataclass(frozen=True, slots=True)
class _Question:
    """What it sounds like, and who answers."""

    sounds: re.Pattern[str]
    answer: Callable[[Turn, str], Awaitable[list[Card]]]


async def answer(turn: Turn, words: str) -> list[Card] | None:
    """The cards that answer *words*; None where they are no question that is known."""
    said = _plain(words)
    if len(said) > _LONGEST or not _sounds_asking(said, words):
        return None
    for question in _QUESTIONS:
        if question.sounds.search(said) is not None:
            return await question.answer(turn, said)
    return None


def _plain(words: str) -> str:
    """*words* as they are compared: small letters, one kind of apostrophe, short forms written out."""
    said = " ".join(words.casefold().replace("\u2019", "'").replace("`", "'").split()).rstrip(" ?!.")
    said = re.sub(r"\b(what|how|who|where|when|that|it)'?s\b", r"\1 is", said)
    said = re.sub(r"\b(did|do|does|has|have|is|are|was)n'?t\b", r"\1 not", said)
    return re.sub(r"\bi'm\b", "i am", re.sub(r"\bi've\b", "i have", said))


def _sounds_asking(said: str, words: str) -> bool:
    return _ASKS.search(said) is not None or words.rstrip().endswith("?")


async def _earned(turn: Turn, said: str) -> list[Card]:
    period = "month" if _MONTH.search(said) else "week" if _WEEK.search(said) else "day"
    return await pnl(turn, period)


async def _rules(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - the same whatever the words
    return [await obey.list_rules(turn, Command(name="rules"))]


def _command(name: str) -> Callable[[Turn, str], Awaitable[list[Card]]]:
    async def run(turn: Turn, said: str) -> list[Card]:  # noqa: ARG001 - the same whatever the words
        return await turn.typed(name)

    return run


def _asked(sounds: str, answer: Callable[[Turn, str], Awaitable[list[Card]]]) -> _Question:
    return _Question(re.compile(sounds), answer)


_FIRED = (
    r"(?:fired?|firing|trigger(?:ed)?|go off|gone off|went off|execut\w+|happen(?:ed)?|fill(?:ed)?|work(?:ed|ing)?"
    r"|run|ran|sell|sold|buy|bought|close[d]?)"
)
_MADE = r"(?:ma[kd]e|earn(?:ed)?|win|won|gain(?:ed)?|lose|lost|profit(?:ed)?|pnl|p&l|down|up)"
_NET = r"(?:connection|internet|wifi|wi-fi|network|power|signal)"
_GUARD = r"(?:rules?|r\d+|stops?|targets?|alerts?)"
_STOP = r"(?:stop|pause|cancel|delete|remove|close|kill|undo|change|edit|resume)"
_PLACE = r"(?:chat|window|terminal|app|laptop|computer|browser|telegram|discord)"

# The first that fits answers, so what is narrow stands before what is wide.
_QUESTIONS = (
    _asked(r"\b(?:lose|owe|down) more than\b|\bhow much (?:can|could|might) i lose\b|\bliquidat", explained.risk),
    _asked(rf"\bwhy\b.*\bnot\b.*\b{_FIRED}\b|\bwhy\b.*\b(?:still|never)\b", why.not_fired),
    _asked(
        rf"\bwhen (?:will|does|would|is)\b.*\b{_FIRED}\b|\b(?:did|has|have|will)\b.*\b{_GUARD}\b.*\b{_FIRED}\b",
        why.not_fired,
    ),
    _asked(
        rf"\b(?:lose|lost|loses|drop|drops|no|without|cut|kill)\b.*\b{_NET}\b"
        rf"|\b{_NET}\b.*\b(?:lost|drops?|dies|goes|fails?|down|out|away)\b"
        r"|\b(?:go|goes|am|are|is) (?:offline|down)\b|\b(?:crash|restart|reboot)(?:s|es|ed)?\b"
        r"|\b(?:shuts?|turns?|switch(?:es)?|go(?:es)?|falls?) (?:it |you )?(?:down|off|to sleep|asleep)\b"
        rf"|\b(?:close|quit|leave) (?:(?:this|the|my) )?{_PLACE}\b",
        explained.away,
    ),
    _asked(
        r"\b(?:press|pressed|hit|say|click|tap|type)\b.*\bconfirm\b|\b(?:what|anything) happens? (?:next|now|then)\b",
        explained.confirming,
    ),
    _asked(
        rf"\bhow much\b.*\b{_MADE}\b|\bwhat is my (?:pnl|p&l|profit|loss|gain)|\bmy (?:pnl|profit)\b"
        r"|\bam i (?:up|down|winning|losing|ahead|in profit|making|in the (?:green|red))\b"
        r"|\bhow am i doing\b|\bhow did i do\b",
        _earned,
    ),
    _asked(r"\bhow much\b.*\b(?:money|cash|collateral|equity|funds|left|do i have|have i got)\b", _command("/balance")),
    _asked(
        r"\bwhat (?:did|have) i (?:set|got|ma[kd]e|creat\w+|arm\w*|ask\w*|told|tell|confirm\w*|said|order\w*|have)\b"
        r"|\bwhat is (?:active|armed|set|on|live|open|going on)\b|\bwhat are you (?:watching|waiting|doing)\b"
        rf"|\bdo i have (?:any|some)\b.*\b{_GUARD}\b",
        _rules,
    ),
    _asked(
        r"\bwhat (?:has |have )?happened\b|\bdid anything happen\b|\bwhat did (?:you|i) (?:do|trade|buy|sell|miss)\b",
        _command("/trades"),
    ),
    _asked(r"\breal money\b|\b(?:play|fake|paper|test) ?(?:money|trading|account)?\b", explained.money),
    _asked(r"\bfees?\b|\bcommissions?\b|\b(?:you|it|this) (?:cost|charge)s?\b", explained.fees),
    _asked(
        r"\b(?:private key|seed|password|withdraw|steal|custody|my keys?|take my money|run away)\b"
        r"|\b(?:is (?:this|it|my money)|are you) (?:safe|secure|a scam)\b|\bwhere is my money\b",
        explained.custody,
    ),
    _asked(
        r"\b(?:which|what|whose) price\b|\bwhere\b.*\bprices?\b"
        r"|\bprices?\b.*\b(?:live|real|from|simulated|source)\b",
        explained.prices,
    ),
    _asked(
        rf"\bhow (?:do|can|could|would|should) (?:i|you|we|one)\b.*\b{_STOP}\b|\bhow to {_STOP}\b", explained.stopping
    ),
    _asked(
        r"\bare you (?:there|alive|awake|up|ok|okay|working|running|on|online|watching|still)\b"
        r"|\bis (?:it|this|anybody|anyone|saywhen) (?:working|running|on|there|watching|up)\b"
        r"|\bdo you (?:still )?(?:watch|work|run)\b",
        why.watching,
    ),
    _asked(r"\bhow long\b|\bexpir", explained.lasting),
    _asked(
        rf"^(?:what (?:is|are|does)|what do you mean by|explain)\b.*\b(?:{'|'.join(explained.TERMS)})\b", explained.term
    ),
    _asked(r"\blink\b.*\b(?:chat|account|telegram|discord|phone)\b", _command("/link")),
    _asked(
        r"\bwho are you\b|\bwhat are you\b|\bwhat is (?:this|saywhen)\b|\bhow does (?:this|it|saywhen) work\b",
        _command("/start"),
    ),
    _asked(r"\bwhat (?:can|could|should|do) i (?:say|do|trade|write|type|ask)\b", _command("/help")),
)
