"""What other languages say, with the answer that a model that reads them well gives; shared by several tests."""

from dataclasses import dataclass, field
from typing import Any

from tests.core.parse.spoken import FOREVER, buy, change, close, leave, level, rule
from tests.emulators.llm.answers import Answer, action, condition
from tests.emulators.llm.answers import rule as says
from tests.emulators.llm.answers import rules as answer

MARKET = {"type": "market"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A message, what is held, what a good model answers, and the rules that follow."""

    text: str
    answer: Answer
    rules: tuple[dict[str, Any], ...]
    held: dict[str, Any] = field(default_factory=dict)


def _held(market: str, base: str, entry: str) -> dict[str, Any]:
    return {f"{market}-PERP": {"base": base, "entry_price": entry}}


def _exit(market: str, price: str, operator: str, role: str, words: str) -> Answer:
    when = condition("price_level", market=f"{market}-PERP", price=price)
    do = action("sell", market=f"{market}-PERP", amount_percent="100", reduce_only="yes", order=MARKET)
    return says(words, when, words, do, role=role, after="r1")


LINES = (
    Line(
        text="Si SOL baja de 145, vende la mitad de mi posición.",
        held=_held("SOL", "+10", "140"),
        answer=answer(
            says(
                "Si SOL baja de 145",
                condition("price_level", market="SOL-PERP", operator="<=", price="145"),
                "vende la mitad de mi posición",
                action("sell", market="SOL-PERP", amount_percent="50", reduce_only="yes", order=MARKET),
            )
        ),
        rules=(rule(level("SOL", "<=", "145"), leave("SOL", "50")),),
    ),
    Line(
        text="me avisa quando o bitcoin passar de 80 mil",
        answer=answer(
            says(
                "quando o bitcoin passar de 80 mil",
                condition("price_level", market="BTC-PERP", operator=">=", price="80000"),
                "me avisa",
                action("alert"),
            )
        ),
        rules=(rule(level("BTC", ">=", "80000"), {"type": "alert"}),),
    ),
    Line(
        text="Ferme tout si le BTC passe sous 52 000",
        held={**_held("SOL", "+8", "130"), **_held("BTC", "+0.3", "61000")},
        answer=answer(
            says(
                "si le BTC passe sous 52 000",
                condition("price_level", market="BTC-PERP", operator="<=", price="52000"),
                "Ferme tout",
                action("close", market="*", amount_percent="100", order=MARKET),
            )
        ),
        rules=(rule(level("BTC", "<=", "52000"), close("*")),),
    ),
    Line(
        text="Trailing-Stop mit 2,5 % auf meine ETH-Long-Position",
        held=_held("ETH", "+1.5", "2400"),
        answer=answer(
            says(
                "Trailing-Stop mit 2,5 %",
                condition("trailing", market="ETH-PERP", distance="2.5", unit="percent"),
                "Trailing-Stop mit 2,5 % auf meine ETH-Long-Position",
                action("sell", market="ETH-PERP", amount_percent="100", reduce_only="yes", order=MARKET),
                role="trail",
            )
        ),
        rules=(
            rule(
                {"type": "trailing", "market": "ETH-PERP", "direction": "down", "distance": "2.5", "unit": "percent"},
                leave("ETH"),
            ),
        ),
    ),
    Line(
        text="если эфир упадёт на 3% за час, закрой мою позицию",
        held=_held("ETH", "+2", "2400"),
        answer=answer(
            says(
                "если эфир упадёт на 3% за час",
                condition(
                    "price_change",
                    market="ETH-PERP",
                    direction="down",
                    threshold="3",
                    unit="percent",
                    reference="window",
                    window_s="3600",
                ),
                "закрой мою позицию",
                action("close", amount_percent="100", order=MARKET),
            )
        ),
        rules=(rule(change("ETH", "down", "3", "percent", "window", window_s=3600), close("ETH")),),
    ),
    Line(
        text="比特币跌破55000就平掉一半仓位",
        held=_held("BTC", "+0.25", "58000"),
        answer=answer(
            says(
                "比特币跌破55000就",
                condition("price_level", market="BTC-PERP", operator="<=", price="55000"),
                "平掉一半仓位",
                action("close", market="BTC-PERP", amount_percent="50", order=MARKET),
            )
        ),
        rules=(rule(level("BTC", "<=", "55000"), close("BTC", "50")),),
    ),
    Line(
        text="SOLが200ドルになったら教えて",
        answer=answer(
            says(
                "SOLが200ドルになったら",
                condition("price_level", market="SOL-PERP", price="200"),
                "教えて",
                action("alert"),
            )
        ),
        rules=(rule(level("SOL", ">=", "200"), {"type": "alert"}),),
    ),
    Line(
        text="솔라나가 지금보다 5% 떨어지면 100달러어치 매수해줘",
        answer=answer(
            says(
                "솔라나가 지금보다 5% 떨어지면",
                condition(
                    "price_change",
                    market="SOL-PERP",
                    direction="down",
                    threshold="5",
                    unit="percent",
                    reference="current_price",
                ),
                "100달러어치 매수해줘",
                action("buy", market="SOL-PERP", amount_usd="100", reduce_only="no", order=MARKET),
            )
        ),
        rules=(rule(change("SOL", "down", "5", "percent", "current_price"), buy("SOL", amount_usd="100")),),
    ),
    Line(
        text="Piyasadan 3 SOL long aç, TP 165, SL 142",
        answer=answer(
            says(
                "",
                None,
                "3 SOL long aç",
                action("buy", market="SOL-PERP", amount_base="3", reduce_only="no", order=MARKET),
            ),
            _exit("SOL", "165", ">=", "target", "TP 165"),
            _exit("SOL", "142", "<=", "stop", "SL 142"),
        ),
        rules=(
            rule({"type": "now"}, buy("SOL", amount_base="3")),
            rule(level("SOL", ">=", "165"), leave("SOL"), after="r1", oco_group="a"),
            rule(level("SOL", "<=", "142"), leave("SOL"), after="r1", oco_group="a"),
        ),
    ),
    Line(
        text="beli SOL $50 tiap hari jam 8 pagi",
        answer=answer(
            says(
                "tiap hari jam 8 pagi",
                condition("schedule", cron="0 8 * * *"),
                "beli SOL $50",
                action("buy", market="SOL-PERP", amount_usd="50", reduce_only="no", order=MARKET),
                times="endless",
            )
        ),
        rules=(
            rule(
                {"type": "schedule", "cron": "0 8 * * *", "timezone": "UTC"},
                buy("SOL", amount_usd="50"),
                repeat=FOREVER,
            ),
        ),
    ),
)
