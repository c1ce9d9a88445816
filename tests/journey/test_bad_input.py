"""Whatever is typed gets an answer, nothing raises, and nothing is stored that was not confirmed."""

from decimal import Decimal
from pathlib import Path

from core.domain.rule import RuleState
from tests.journey.product import running

PRICES = {"SOL-PERP": Decimal(150)}
INPUTS = [
    "",
    "   \n\t ",
    "a" * 10_000,
    "sell " * 2_000,
    "🚀🚀🚀🌕",
    "sell\x00 half my sol at 170",
    "\u202esell half my sol\u202c at 170",
    "sell -5",
    "sell -5 SOL",
    "sell 500%",
    "sell 500% of my SOL position",
    "NaN",
    "buy NaN SOL",
    "buy inf SOL at 140",
    "buy 1e999999999 SOL",
    "buy " + "9" * 1_000_000 + " SOL",
    "'; DROP TABLE trading_rules; --",
    "{{7*7}} ${jndi:ldap://x} %n%s",
    "/nosuchcommand",
    "/rule",
    "/history r999",
    "/delete r1",
    "confirm",
    "1",
]


async def test_every_bad_input_gets_an_answer_and_stores_no_rule(postgres_dsn: str, tmp_path: Path) -> None:
    async with running(postgres_dsn, PRICES, str(tmp_path)) as product:
        owner = await product.owner()
        for text in INPUTS:
            cards = await product.say(text)
            assert cards, f"Expected an answer to {text[:40]!r}"
            for card in cards:
                words = " ".join([card.title, *card.lines])
                assert words.strip(), text[:40]
                assert "broke on our side" not in words, text[:40]
                assert len(words) < 4_096, f"{text[:40]!r} was answered with {len(words)} characters"
        assert await product.core.rules.list(owner, set(RuleState)) == []
        assert await product.core.account.orders(owner) == []
        assert {event.name for event in await product.events()} <= {"rule.drafted", "rule.amended", "account.killed"}
