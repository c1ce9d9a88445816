"""Turns tokens into items by sentence: numbers, times, coins and words; decides what is noise and what is unknown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.parse.grammar.calendar import read_clock_or_date
from core.parse.grammar.coins import Coins
from core.parse.grammar.constructions import recast
from core.parse.grammar.items import Amount, Item
from core.parse.grammar.listed import written_out
from core.parse.grammar.mended import corrected, empty_words, reworded, without_fillers
from core.parse.grammar.quantities import read_quantity
from core.parse.grammar.spelling import known_word
from core.parse.grammar.text import Token
from core.parse.grammar.vocabulary import branches, phrases

_MARKS = {
    ",": "COMMA", ";": "STOPMARK", ".": "STOPMARK", "!": "STOPMARK", "?": "QUESTION", ":": "COLON", "(": "LPAR",
    ")": "RPAR", "=": "THEN", "/": "SLASH", "-": "DASH", "@": "AT", "&": "AND", "~": "NOISE", "*": "NOISE",
    "#": "NOISE", "_": "NOISE", "'": "NOISE", "•": "NOISE",
    "|": "COMMA", "$": "DOLLAR", "+": "AND",
}  # fmt: skip
_ARROWS = {"->": "THEN", "=>": "THEN", ">=": "ABOVE", "<=": "BELOW", ">": "ABOVE", "<": "BELOW"}
_QUOTES = ("usd", "usdc", "usdt")
_CLITICS = ("'s", "'re", "'ll", "'d")
_REQUESTS = (
    "can you",
    "could you",
    "would you",
    "will you",
    "can u",
    "can help me",
    "can we",
    "could we",
    "could u",
    "pl",
    "i want",
    "i'd like",
    "i would like",
    "would it be",
    "is it possible for",
    "i was wondering",
    "if you c",
    "i'd appreciate",
)
_BEGGING = ("please", "pls", "plz", "kindly")
_SPOKEN = frozenset({"word", "mark", "slash", "clock", "number"})
"""Kinds of tokens that phrases and names are made of."""
_POINTING = frozenset({"the", "that", "this", "our", "some", "his", "her", "their", "your", "a"})
_OF_OTHERS = frozenset({
    "sells", "buys", "closes", "shorts", "longs", "dumps", "exits", "takes", "sets", "puts", "cancels", "holds", "apes",
    "and",
})  # fmt: skip
"""What words behind a name say of that person, and not to them."""
_BEFORE_A_COIN = frozenset(
    {"close", "sell", "buy", "long", "short", "exit", "my", "of", "on", "the", "at", "dump", "if"}
)
_ROUNDING = frozenset({"the", "low", "mid", "high", "upper", "lower"})
CORRECTIONS_PER_MESSAGE = 24
"""More misspelt words than this in a message are not looked up: it is no English, and looking up is dear."""


@dataclass(slots=True)
class Sentence:
    """The items between two full stops; `asked` when it ended with a question mark, `broken` with a line only."""

    items: list[Item]
    asked: bool = False
    broken: bool = False
    polite: bool = False


_BEFORE_TIME = frozenset({"ON", "WITHIN", "EVERY", "FOR", "AFTER", "VALIDFOR", "UNTIL", "NEXT", "DUR"})


def _rejoined(items: list[Item]) -> list[Item]:
    """ "crosses abvoe", "stop looss": the phrase that a misspelt word ends."""
    result: list[Item] = []
    for item in items:
        last = result[-1] if result else None
        slipped = last is not None and (last.slip or item.slip)
        both = (*last.text.lower().split(), *item.text.lower().split()) if last is not None and slipped else ()
        if last is not None and both in phrases():
            kind, value = phrases()[both]
            slip = f"{last.slip or last.text} {item.slip or item.text}"
            result[-1] = replace(last, kind=kind, value=value, text=" ".join(both), slip=slip, end=item.end)
        else:
            result.append(item)
    return result


def _split_alternatives(items: list[Item]) -> list[Item]:
    """ "160 or above" is one comparison, "135 or above 170" are two: the second says "or" and "above"."""
    result: list[Item] = []
    for at, item in enumerate(items):
        following = items[at + 1].kind if at + 1 < len(items) else ""
        if item.kind in ("ABOVE", "BELOW") and item.text.lower().startswith("or ") and following == "NUM":
            result.append(replace(item, kind="OR", text="or", end=item.start + 2))
            result.append(replace(item, text=item.text[3:], start=item.start + 3))
        else:
            result.append(item)
    return result


def _settle_minutes(items: list[Item]) -> None:
    """Reads "in 30m" as minutes and "buy 30m BONK" as millions."""
    for at, item in enumerate(items):
        if item.kind != "NUM" or item.value.minutes is None:
            continue
        before = items[at - 1] if at else Item(kind="END")
        after = items[at + 1].kind if at + 1 < len(items) else ""
        spread = before.text.lower() == "over" and any(other.kind == "TWAP" for other in items)
        if (
            (before.kind in _BEFORE_TIME or spread)
            and before.text.lower() != "into"
            and after not in ("COIN", "NOCOIN", "OF")
        ):
            items[at] = replace(item, kind="DUR", value=item.value.minutes)


def _joined_spans(items: list[Item]) -> list[Item]:
    """ "1 hour 30 minutes" and "1 hour and 30 minutes" are one span."""
    result: list[Item] = []
    for at, item in enumerate(items):
        last = result[-1] if result else None
        if item.kind == "DUR" and last is not None:
            joined = len(result) > 1 and last.kind == "AND" and result[-2].kind == "DUR"
            longer = result[-2] if joined else last
            ends = at + 1 == len(items) or items[at + 1].kind not in ("CANDLE", "CLOSES", "CLOSE", "IND")
            if longer.kind == "DUR" and longer.value % 60 == 0 and longer.value > item.value and ends:
                del result[-2 if joined else -1 :]
                said = f"{longer.text} {item.text}"
                result.append(replace(longer, value=longer.value + item.value, text=said, end=item.end))
                continue
        result.append(item)
    return result


def _settle_words(items: list[Item]) -> None:
    """Reads "SOL gains $10" as a rise of the price and "when its 165" as "when it is 165"."""
    for at, item in enumerate(items):
        low = item.text.lower()
        if low not in _UNSETTLED:
            continue
        before = items[at - 1].kind if at else ""
        after = next((later.kind for later in items[at + 1 : at + 3] if later.text.lower() != "another"), "")
        owned = at > 1 and items[at - 2].kind in ("MY", "POSITION")
        if low in ("gain", "gains") and before in ("COIN", "IT", "PRICE") and after in _MEASURED and not owned:
            items[at] = replace(item, kind="RISE")
        elif low == "move" and item.kind == "SHIFT" and before == "NUM" and after in _AFTER_MOVE:
            items[at] = replace(item, kind="MOVE")
        elif low == "|" and _compared(items, at):
            items[at] = replace(item, kind="OR")
        elif low == "spot" and item.kind == "PRICE" and after not in _AFTER_PRICE:
            items[at] = replace(item, kind="FOREIGN")  # "2 SOL spot" is another market than ours
        elif low in ("its", "it's") and item.kind in ("MY", "NOT") and after in ("NUM", "ABOVE", "BELOW", "AT"):
            items[at] = replace(item, kind="IT")


_UNSETTLED = frozenset({"gain", "gains", "move", "|", "spot", "its", "it's"})


def _one_stop(items: list[Item]) -> list[Item]:
    """A misspelt "sttop loss" as the one word it is."""
    return [item for at, item in enumerate(items) if item.kind != "LOSS" or not at or items[at - 1].kind != "STOP"]


def _compared(items: list[Item], at: int) -> bool:
    """Whether a bar stands between two comparisons of a condition, and not between the lines of a signal."""
    kinds = [item.kind for item in items]
    bounds = {"ABOVE", "BELOW", "CROSSUP", "CROSSDOWN"}
    return "IF" in kinds[:at] and bool(bounds & set(kinds[:at])) and bool(bounds & set(kinds[at:]))


_AFTER_MOVE = ("", "EITHER", "ON", "WITHIN", "FROM", "RISEWORD", "FALLWORD", "COMMA")
_AFTER_PRICE = (
    "ABOVE", "BELOW", "FALL", "RISE", "BREAK", "REACH", "GO", "CROSSUP", "CROSSDOWN", "STAY", "MOVE", "EXCEED", "PRICE",
    "LOSE",
)  # fmt: skip
_MEASURED = ("NUM", "BY", "ABOVE", "VAGUE")


class Reader:
    """One message being turned into items."""

    def __init__(self, tokens: Sequence[Token], coins: Coins) -> None:
        self._tokens = tokens
        self._coins = coins
        self._corrections = 0
        words = [token.text for token in tokens if token.kind == "word"]
        self._shouting = bool(words) and sum(word.isupper() for word in words) * 2 > len(words) and len(words) > 1
        self.corrected: list[tuple[str, str]] = []
        self.heard: list[Item] = []
        """Every item as it was said, before anything was reworded; without what was taken back: "ETH, no, SOL"."""

    def sentences(self) -> list[Sentence]:
        """The message as sentences of items, noise left out."""
        done: list[Sentence] = []
        items: list[Item] = []
        polite = False
        at = 0
        while at < len(self._tokens):
            item, count = self._read(at)
            at += count
            if item.kind in ("STOPMARK", "QUESTION", "NEWLINE"):
                if items and not self._corrected_next(at):
                    broken = item.kind == "NEWLINE"
                    done.append(Sentence(items, asked=item.kind == "QUESTION", broken=broken, polite=polite))
                    items, polite = [], False
            elif item.kind == "PERSON" and not self._is_addressed(at - count, at):
                items.append(replace(item, kind="UNKNOWN"))
            elif item.kind not in ("NOISE", "PERSON"):
                items.append(item)
            polite = polite or (item.kind == "NOISE" and self._requests(item.text.lower()))
        if items:
            done.append(Sentence(items, polite=polite))
        empty = empty_words({item.kind for sentence in done for item in sentence.items})
        for sentence in done:
            here = empty | ({"ORNOT"} if sentence.polite else set())
            sentence.items = [item for item in sentence.items if item.kind not in here]
            sentence.items = _split_alternatives(_rejoined(sentence.items))
            _settle_minutes(sentence.items)
            sentence.items = _joined_spans(sentence.items)
            _settle_words(sentence.items)
            sentence.items = _one_stop(sentence.items)
            said = sentence.items
            rewritten = reworded(without_fillers(recast(said)))
            mended = corrected(rewritten)
            taken_back = {item.start for item in rewritten} - {item.start for item in mended}
            self.heard += [item for item in said if item.start not in taken_back]
            sentence.items = written_out(mended)
        return [sentence for sentence in done if sentence.items]

    def _is_addressed(self, at: int, end: int) -> bool:
        """Whether somebody is spoken to; "the boss sells", "bro: sell half" tell of somebody else."""
        before = self._tokens[at - 1].low if at else ""
        behind = self._tokens[end].low if end < len(self._tokens) else ""
        return before not in _POINTING and behind != ":" and behind not in _OF_OTHERS

    def _requests(self, said: str) -> bool:
        """Whether words ask for something to be done; "would you buy SOL at 140?" may ask what we think of it."""
        if not said.startswith(_REQUESTS):
            return False
        return said != "would you" or any(token.low in _BEGGING for token in self._tokens)

    def _corrected_next(self, at: int) -> bool:
        """Whether a correction of this sentence follows: "tp 160 … wait no, 165"."""
        while at < len(self._tokens) and self._tokens[at].text in (".", "!", "…", "\n"):
            at += 1
        found = self._phrase(at, shortest=1) if at < len(self._tokens) else None
        return found is not None and found[0].kind == "CORRECTION"

    def _read(self, at: int) -> tuple[Item, int]:
        token = self._tokens[at]
        if token.kind == "quote":
            return Item(
                kind="QUOTE", value=token.text[1:-1].strip(), text=token.text, start=token.start, end=token.end
            ), 1
        if token.kind == "break":
            return Item(kind="NEWLINE", text="", start=token.start, end=token.end), 1
        long_phrase = self._phrase(at, shortest=2)
        if long_phrase is not None:
            return long_phrase
        if at and self._tokens[at - 1].low in _ROUNDING and self._tens(at):
            return self._make("UNKNOWN", None, at, 1)
        return (
            read_clock_or_date(self._tokens, at) or read_quantity(self._tokens, at) or self._coin(at) or self._word(at)
        )

    def _tens(self, at: int) -> bool:
        """Whether "160s" is no span of seconds but the prices from 160 to 169: "in the 160s"."""
        found = read_quantity(self._tokens, at)
        return found is not None and found[0].kind == "DUR" and found[0].text.lower().endswith("s") and found[1] < 3

    def _words(self, at: int, count: int) -> tuple[str, ...] | None:
        chosen = self._tokens[at : at + count]
        if len(chosen) < count or any(token.kind not in _SPOKEN for token in chosen):
            return None
        return tuple(token.low for token in chosen)

    def _make(self, kind: str, value: object, at: int, count: int) -> tuple[Item, int]:
        first, last = self._tokens[at], self._tokens[at + count - 1]
        text = first.text if count == 1 else " ".join(token.text for token in self._tokens[at : at + count])
        return Item(kind=kind, value=value, text=text, start=first.start, end=last.end), count

    def _phrase(self, at: int, *, shortest: int) -> tuple[Item, int] | None:
        """The longest known phrase of at least *shortest* words here."""
        tokens, end = self._tokens, at
        branch, count = branches(), 0
        kind, value = "", None
        while end < len(tokens) and tokens[end].kind in _SPOKEN and tokens[end].low in branch:
            branch = branch[tokens[end].low]
            end += 1
            if "" in branch:
                (kind, value), count = branch[""], end - at
        return self._make(kind, value, at, count) if count >= shortest else None

    def _coin(self, at: int) -> tuple[Item, int] | None:
        """A market of the venue, or a coin that is none."""
        dollar = self._tokens[at].text == "$"
        begun, at = at, at + 1 if dollar else at
        if at >= len(self._tokens) or self._tokens[at].kind != "word":
            return None
        for count in (3, 2, 1) if self._tokens[at].low in self._coins.begins else (1,):
            words = self._words(at, count) if count > 1 else (self._tokens[at].low,)
            if words is None:
                continue
            words = (*words[:-1], words[-1].removesuffix("'s"))
            market = self._coins.said.get(words) or self._coins.said.get((words[0].removesuffix("s"),))
            if words in self._coins.elsewhere:
                return self._make("NOCOIN", words, begun, count + dollar)
            if market is not None and (len(words) == 1 or words in self._coins.said):
                followed = self._tokens[at + 1].low if at + 1 < len(self._tokens) else ""
                upper = self._tokens[at].text.isupper() and not self._shouting
                plain_word = {words[0], words[0].removesuffix("s")} & self._coins.guarded
                if plain_word and not (dollar or upper or followed in ("perp", "perps")):
                    continue
                return self._make("COIN", market, begun, count + dollar + self._quoted_in(at + count))
        return self._make("NOCOIN", self._tokens[at].low, begun, 2) if dollar else self._unlisted(at)

    def _quoted_in(self, at: int) -> int:
        """How many tokens of "/USD" or "-USDT" follow a coin."""
        following = [token.low for token in self._tokens[at : at + 2]]
        if len(following) == 2 and following[0] == "/" and following[1] in _QUOTES:
            return 2
        return int(bool(following) and following[0] in (*_QUOTES, "perp") and not self._tokens[at].spaced)

    def _unlisted(self, at: int) -> tuple[Item, int] | None:
        """XYZ-PERP where no such market is listed."""
        if at + 1 < len(self._tokens) and self._tokens[at + 1].low == "perp" and self._phrase(at, shortest=1) is None:
            return self._make("NOCOIN", self._tokens[at].low, at, 2)
        return None

    def _word(self, at: int) -> tuple[Item, int]:
        token = self._tokens[at]
        if self._lacks_a_letter(at):
            return self._make("UNKNOWN", None, at, 1)
        if token.kind == "arrow":
            return self._make(_ARROWS[token.text], None, at, 1)
        if token.kind == "mark" and (token.text,) not in phrases():
            return self._make(_MARKS.get(token.text, "UNKNOWN"), None, at, 1)
        found = self._phrase(at, shortest=1)
        if found is not None:
            return found
        if token.kind != "word":
            return self._make("UNKNOWN", None, at, 1)
        low = token.low
        for clitic in _CLITICS:
            if low.endswith(clitic) and (low.removesuffix(clitic),) in phrases():
                kind, value = phrases()[(low.removesuffix(clitic),)]
                owner = clitic == "'s" and kind in ("NOISE", "PERSON")  # "my friend's SOL" is nobody's to close here
                return self._make("UNKNOWN" if owner else kind, value, at, 1)
        if len(low) > 1 and low[0] == "r" and low[1:].isdecimal() and len(low) < 12:
            return self._make("RULEID", low, at, 1)
        if low[0] == "x" and low[1:].isdecimal() and len(low) < 5:
            return self._make("NUM", Amount(value=Decimal(low[1:]), unit="times"), at, 1)
        return self._misspelt(at, token)

    def _misspelt(self, at: int, token: Token) -> tuple[Item, int]:
        """A word with a slip in it, read as what it must be; upper-case tickers are never touched."""
        low = token.low
        looked_up = low.isascii() and (self._shouting or not token.text.isupper())
        if looked_up and self._corrections < CORRECTIONS_PER_MESSAGE:
            self._corrections += 1
            known = known_word(low, self._coins.names)
            if known is not None:
                self.corrected.append((token.text, known))
                if (known,) in self._coins.said and (known,) not in phrases():
                    return self._make("COIN", self._coins.said[(known,)], at, 1)
                both = (known, self._tokens[at + 1].low) if at + 1 < len(self._tokens) else ()
                words = both if both in phrases() else (known,)  # "crossds above"
                item, count = self._make(*phrases()[words], at, len(words))
                return replace(item, text=" ".join(words), slip=item.text), count
        if token.text.isupper() and not self._shouting and 2 <= len(low) <= 10 and low.isascii():
            return self._make("NOCOIN", low, at, 1)
        return self._make("UNKNOWN", None, at, 1)

    def _lacks_a_letter(self, at: int) -> bool:
        """Whether a short word is a slip of a weightier one here: "close so if …", "sell 20 % ever 5 % up"."""
        low = self._tokens[at].low
        if low not in ("so", "ever"):
            return False
        if at + 1 < len(self._tokens) and self._tokens[at + 1].kind == "number":
            return True
        return low == "so" and at > 0 and self._tokens[at - 1].low in _BEFORE_A_COIN
