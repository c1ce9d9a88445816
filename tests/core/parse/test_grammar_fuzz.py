"""Messages that nobody would type: none breaks the reader, none makes a number that cannot be, none takes for ever."""

import json
import os
import random
from pathlib import Path

import pytest

from core.domain.reading import ParseResult
from core.parse.grammar import answer, correct, read
from core.parse.grammar.items import STEP_BUDGET
from core.parse.grammar.lexicon import TRADING
from core.parse.grammar.lexicon_watching import WATCHING
from core.parse.grammar.understanding import understand
from tests.core.parse.soundness import assert_sound, assert_whole
from tests.core.parse.spoken import BOTH, FLAT, LONG, SHORT, context

MESSAGES = 200_000 if os.environ.get("SAYWHEN_EXAM") else 2_000
SHARDS = 8
WORDS = [phrase for listed in (*TRADING.values(), *WATCHING.values()) for phrase in listed.split("|")]
LINES = [
    json.loads(line)["text"]
    for path in sorted(Path(__file__).parent.glob("unseen*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]
SPOKEN_NUMBERS = (
    "0 1 2 10x 0x 5% 0% -5% 101% $200 $0 -$3 140 155 1.5k 0.1 .5 -3 half 1/4 0/5 1/0 9am 25:99 4h 0h 5m 2,5 1,,0 1e9 "
    "9999999999999999999999 0.000000000000000001 NaN inf -0 +0 00 1.2.3 12/31 31/12 160/170/180 3-2 5\u20136 ½ ٣ Ⅷ"
)
NUMBERS = SPOKEN_NUMBERS.split()
MARKS = [",", ".", "?", "!", ":", ";", "(", ")", "->", "=", "@", "/", "-", '"', "'", "\n", "🚀", "\x00", "\u202e", "$"]
COINS = ["SOL", "btc", "$ETH", "sol-perp", "WIFUSDT", "doge", "XYZ-PERP"]
POSITIONS = (FLAT, LONG, SHORT, BOTH)


def _spoken(chance: random.Random) -> str:
    pools = (WORDS, WORDS, NUMBERS, COINS, MARKS)
    return " ".join(chance.choice(chance.choice(pools)) for _ in range(chance.randint(1, 24)))


def _mangled(chance: random.Random) -> str:
    words = chance.choice(LINES).split(" ")
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(words))
        match chance.randrange(5):
            case 0:
                words[at] = chance.choice(NUMBERS)
            case 1:
                words.insert(at, chance.choice(WORDS))
            case 2:
                words[at] = "".join(chance.sample(words[at], len(words[at])))
            case 3:
                other = chance.randrange(len(words))
                words[at], words[other] = words[other], words[at]
            case _:
                words += chance.choice(LINES).split(" ")[:6]
    return " ".join(words)


def _noise(chance: random.Random) -> str:
    return "".join(chr(chance.choice((chance.randrange(32, 127), chance.randrange(0x3000)))) for _ in range(60))


MAKERS = (_spoken, _spoken, _mangled, _mangled, _mangled, _noise)


@pytest.mark.timeout(60 + MESSAGES // 100)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_message_breaks_the_reader_or_makes_a_number_that_cannot_be(shard: int) -> None:
    chance = random.Random(20261127 + shard)
    for number in range(MESSAGES // SHARDS):
        text = chance.choice(MAKERS)(chance)
        seen = context(chance.choice(POSITIONS))
        result = read(text, seen)
        assert_whole(result, text)
        assert_sound(result, text)
        if number % 10 == 0:
            assert read(text, seen) == result, text
            assert understand(text, seen).steps < STEP_BUDGET, text
            reply = chance.choice(MAKERS)(chance)[:200]
            for replied in (answer(text, result, reply, seen), correct(text, result, reply, seen)):
                if isinstance(replied, ParseResult):
                    assert_sound(replied, f"{text}\n{reply}")
