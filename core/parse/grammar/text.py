"""Cuts a message into tokens in one linear pass; decides nothing about what they mean."""

import re
import unicodedata
from typing import NamedTuple

MAX_CHARS = 4000
"""Longer messages are declined before anything is read."""

_REPLACED = {
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "`": "'",
    "–": "-", "—": " - ", "−": "-", "‐": "-", "‑": "-", "→": "->", "⇒": "->", "≥": ">=", "≤": "<=",
    "½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "×": "x", "、": ",", "。": ". ",
}  # fmt: skip

# Every alternative starts differently and none nests a repetition, so matching is linear.
_TOKEN = re.compile(
    r"""
    (?P<word>[^\W\d_][\w]*(?:'[^\W\d_]+)?)
  | (?P<quote>"[^"]*"|(?<!\w)'[^']*'(?!\w))
  | (?P<iso>\d{4}-\d{1,2}-\d{1,2})
  | (?P<clock>\d{1,2}:\d{2}(?!\d))
  | (?P<slash>\d{1,4}/\d{1,4}(?:/\d{2,4})?)
  | (?P<period>(?<=\()\d{1,3}(?=,[ ]?\d+[mhd]\b))
  | (?P<number>\d+(?:[.,]\d+)*|\.\d+)
  | (?P<arrow>->|=>|>=|<=|>|<)
  | (?P<mark>\S)
    """,
    re.VERBOSE | re.DOTALL,
)

_RULE_ID = re.compile(r"r\d{1,9}\b", re.IGNORECASE)
_INDICATOR = re.compile(r"(rsi|sma|ema|ma|atr)(\d{1,3})|(tp|sl)(\d{2,9})", re.IGNORECASE)
"""An indicator written together with its period, an exit with its price: ema50, tp165."""


class Token(NamedTuple):
    """A piece of the cleaned message, `low` without regard to case; `spaced`: white space stood before it."""

    kind: str
    text: str
    low: str
    start: int
    end: int
    spaced: bool


def clean(text: str) -> str:
    """*text* in one spelling of each sign: full-width digits plain, quotes straight, emoji and marks gone."""
    if text.isascii():
        return text.translate(_ASCII)
    return "".join(map(_sign, unicodedata.normalize("NFKC", "".join(_REPLACED.get(char, char) for char in text))))


def _sign(char: str) -> str:
    if char in "\n\t ":
        return char
    if char in _BRACKETS:
        return _BRACKETS[char]
    category = unicodedata.category(char)
    if category in ("So", "Sk", "Cc", "Mn", "Me", "Co", "Cs", "Cn", "Zs", "Zl", "Zp"):
        return " "
    return "" if category == "Cf" else _REPLACED.get(char, char)


_BRACKETS = {"_": " ", "[": "(", "]": ")"}
_ASCII = {code: _sign(_REPLACED.get(chr(code), chr(code))) for code in range(128)}
"""What becomes of each plain sign, so that a message of these alone is one look-up a sign."""


def tokens(cleaned: str) -> list[Token]:
    """The tokens of a cleaned message, from left to right; line breaks become `break`."""
    found: list[Token] = []
    last = 0
    for match in _TOKEN.finditer(cleaned):
        kind, text, start = str(match.lastgroup), match.group(), match.start()
        spaced = start > last or not last
        if spaced and "\n" in cleaned[last:start]:
            _break(found, last, start)
        last = match.end()
        if text == "-" and not spaced and found and _glues(found[-1], cleaned, last):
            continue
        if kind == "slash" and not _is_share_or_date(text, found[-1].low if found else ""):
            found += _apart(text, start, spaced=spaced)
            continue
        kind = "number" if kind == "period" else kind
        glued = _INDICATOR.fullmatch(text) if kind == "word" and text[-1].isdecimal() else None
        if glued is not None:
            name, text = (part for part in glued.groups() if part)
            found.append(Token(kind, name, name.lower(), start, start + len(name), spaced))
            kind, start, spaced = "number", start + len(name), False
        found.append(Token(kind, text, text.lower(), start, last, spaced))
    if "\n" in cleaned[last:]:
        _break(found, last, len(cleaned))
    return found


def _break(found: list[Token], start: int, end: int) -> None:
    if found and found[-1].kind != "break":
        found.append(Token("break", "\n", "\n", start, end, True))


_SHARES = frozenset({"1/2", "1/3", "2/3", "1/4", "3/4", "1/5", "1/8", "1/10", "2/5", "3/5", "4/5", "50/50"})
_BEFORE_DATE = frozenset({"on", "until", "till", "by", "before", "expires", "from", "starting"})


def _is_share_or_date(text: str, before: str) -> bool:
    """Whether 1/4 or 05/12 is one thing, rather than prices in a row like 160/170."""
    parts = [int(part) for part in text.split("/")]
    dated = max(parts[:2]) <= 31 and min(parts[:2]) <= 12 and (before in _BEFORE_DATE or len(parts) == 3)
    return text in _SHARES or dated


def _apart(text: str, start: int, *, spaced: bool) -> list[Token]:
    """The numbers of 160/170 and the slashes between them."""
    pieces: list[Token] = []
    for piece in re.split("(/)", text):
        kind = "mark" if piece == "/" else "number"
        pieces.append(Token(kind, piece, piece, start, start + len(piece), spaced))
        start, spaced = start + len(piece), False
    return pieces


def _glues(before: Token, cleaned: str, after: int) -> bool:
    """Whether a hyphen only joins words: `SOL-PERP`, `post-only`, `4-hour`."""
    if before.kind == "word" and _RULE_ID.fullmatch(before.text) and _RULE_ID.match(cleaned, after):
        return False  # "r1-r3" is a range
    return before.kind in ("word", "number") and after < len(cleaned) and cleaned[after].isalpha()
