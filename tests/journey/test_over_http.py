"""The main job over HTTP alone: sign in with a key, say it, answer, confirm, and hear of the fill on the socket."""

import asyncio
from pathlib import Path

import pytest

from core.domain.ids import OwnerId
from tests.api.people import EXAMPLE, PRICES, ShiftedClock, Wallet, served
from tests.journey.product import running


@pytest.mark.timeout(120)
async def test_from_a_wallets_signature_to_an_exported_trade(postgres_dsn: str, tmp_path: Path) -> None:
    async with (
        running(postgres_dsn, PRICES, str(tmp_path)) as product,
        served(product.core, product.market, ShiftedClock(), follow=False) as api,
    ):
        ann = await api.with_wallet(Wallet())
        await ann.agree("buy 2 SOL")
        async with ann.socket("events", "orders", "positions", "prices:SOL-PERP") as live:
            async with asyncio.timeout(30):
                while not (await ann.get("/api/positions"))["positions"]:  # noqa: ASYNC110 - it has just begun to listen
                    await asyncio.sleep(0.05)
            draft = await ann.post("/api/rules", {"text": EXAMPLE}, 201)
            assert draft["questions"][0]["text"] == "0.1 and 0.2: dollars or percent?"
            draft = await ann.post(f"/api/drafts/{draft['draft_id']}/answer", {"text": "dollars"}, 200)
            confirm = {"revision": draft["revision"]}
            rules = (await ann.post(f"/api/drafts/{draft['draft_id']}/confirm", confirm, 200))["rules"]
            product.market.move("SOL-PERP", "150.25")
            names: list[str] = []
            filled: list[dict[str, object]] = []
            async with asyncio.timeout(30):
                while not filled:
                    events = (await live.receive_json()).get("events", [])
                    names += [event["name"] for event in events]
                    filled = [e for e in events if e["name"] == "order.filled" and e["rule_id"] == rules[1]["id"]]
        assert "rule.triggered" in names
        trades = (await ann.get(f"/api/trades?rule_id={rules[1]['id']}"))["trades"]
        assert [(trade["side"], trade["base"], trade["market"]) for trade in trades] == [("sell", "2", "SOL-PERP")]
        exported = (await ann.get("/api/trades/export?format=csv")).body.splitlines()
        assert len(exported) == 3
        assert trades[0]["order_id"] in exported[1]
        as_json = (await ann.get("/api/trades/export?format=json")).body
        assert [trade["number"] for trade in as_json] == [trade["number"] for trade in reversed(as_json)][::-1]
        assert as_json[0] == trades[0]
        logs = (await ann.get(f"/api/jobs/{rules[1]['id']}/logs"))["logs"]
        assert {"armed", "triggered"} <= {line["what"] for line in logs}
        other = await ann.get(f"/api/rules/{rules[0]['id']}")
        assert other["state"] == "cancelled"
        origin = await ann.get(f"/api/trades/{trades[0]['number']}/origin")
        assert (origin["trade"], origin["order"]["id"]) == (trades[0], trades[0]["order_id"])
        assert (origin["rule"]["id"], origin["rule"]["version"]) == (rules[1]["id"], 1)
        assert EXAMPLE in origin["draft"]["words"]
        assert "$150.20" in str(origin["draft"]["read_back"])
        steps = [step["name"] for step in origin["trail"]]
        assert (steps[0], steps[-1]) == ("order.filled", "rule.drafted")
        assert {"order.sent", "rule.triggered", "rule.armed", "rule.confirmed"} < set(steps)
        worths = (await ann.get("/api/account/history?timeframe=1m&limit=5"))["points"]
        assert worths[-1]["equity"] == (await ann.get("/api/account"))["equity"]
        await product.core.engine.sample()  # which it does every five seconds
        job = next(job for job in (await ann.get("/api/jobs"))["jobs"] if job["id"] == rules[1]["id"])
        assert job["checks"] > 0
        assert (job["last_price"], job["state"]) == ("150.25", "done")
        line = (await ann.get("/api/pnl?by=market"))["lines"][0]
        assert line["fills"] == 2
        assert float(line["net"]) == pytest.approx(
            float(line["realised"]) - float(line["fees"]) + float(line["funding"])
        )
        page = await ann.get("/api/trades?limit=1")
        rest = await ann.get(f"/api/trades?limit=1&before={page['next']}")
        assert page["trades"][0]["number"] > rest["trades"][0]["number"]
        titles = [notice["title"] for notice in (await ann.get("/api/notifications"))["notifications"]]
        assert any("Sold 2 SOL" in title for title in titles)
        assert (await ann.get("/health/ready"))["status"] == "ok"
        assert product.told.cards == []  # a web owner is told on the web; nobody else hears of it
        assert await product.core.notices.due("wallet") == []
        assert OwnerId(ann.session["owner"]) in await product.core.parts.store.owners()
