"""What an owner sees of their account and chooses about it, takes along, and deletes."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from core.domain.event import PositionFundingPaid, PositionLiquidated
from core.domain.ids import OwnerId
from core.domain.market import Candle
from tests.api.people import Answer, Api, Person, Wallet


async def test_each_rule_tells_at_which_price_it_fires_and_how_far_off_that_is(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    fixed = (await ann.agree("if SOL drops below $120, sell half my position"))["rules"][0]
    assert fixed["triggers"] == [{"market": "SOL-PERP", "price": "120", "distance": "-30", "percent": "-20"}]
    entry = (await ann.agree("if SOL rises 10% above my entry price, sell half my position"))["rules"][0]
    trail = (await ann.agree("trailing stop 5% on SOL"))["rules"][0]
    (line,) = entry["triggers"]
    assert (line["price"], line["distance"]) == ("162.8", "12.8")
    shown = {rule["id"]: rule for rule in (await ann.get("/api/rules"))["rules"]}
    assert shown[entry["id"]]["triggers"] == [line]
    assert shown[trail["id"]]["triggers"] == []  # nobody watches here, so no peak is known
    await api.core.parts.store.save_memories({(trail["id"], trail["version"]): {"extreme": "160"}}, {})
    async with asyncio.timeout(10):
        while not (found := (await ann.get(f"/api/rules/{trail['id']}"))["triggers"]):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert found == [{"market": "SOL-PERP", "price": "152", "distance": "2", "percent": "1.3333"}]
    api.market.move("SOL-PERP", "149")
    async with asyncio.timeout(10):
        while True:  # nothing happened to the rule, but the price did
            shown = {rule["id"]: rule for rule in (await ann.get("/api/rules"))["rules"]}
            if shown[fixed["id"]]["triggers"][0]["distance"] == "-29":
                break
            await asyncio.sleep(0.05)
    paused = await ann.post(f"/api/rules/{fixed['id']}/toggle", expect=200)
    assert (paused["state"], paused["triggers"]) == ("paused", [])


async def test_equity_over_time_is_told_at_the_closes_that_are_kept(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann, base="2", entry="140")
    api.clock.shift = timedelta(minutes=4)
    now = api.clock.now().replace(second=0, microsecond=0)
    candles = [
        Candle(
            market="SOL-PERP", timeframe="1m", start=now - timedelta(minutes=back), open=close, high=close, low=close,
            close=close, source="test",
        )
        for back, close in ((3, Decimal(141)), (2, Decimal(143)), (1, Decimal(139)))
    ]  # fmt: skip
    await api.core.parts.store.save_candles(candles)
    told = await ann.get("/api/account/history?timeframe=1m&limit=10")
    assert (told["venue"], told["simulated"]) == ("paper", True)
    points = [point["equity"] for point in told["points"]]
    assert points[-4:-1] == ["10002", "10006", "9998"]
    assert points[-1] == (await ann.get("/api/account"))["equity"]
    assert told["points"][-2]["at"] == now.isoformat()
    until = (now - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    earlier = await ann.get(f"/api/account/history?timeframe=1m&limit=1&end={until}")
    assert [point["equity"] for point in earlier["points"]] == ["10006"]
    await ann.get("/api/account/history?timeframe=2m", expect=422)


async def test_the_inbox_is_read_newest_first_and_knows_what_is_unread(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    for level in range(3):
        rule = (await ann.agree(f"if SOL drops below ${120 - level}, sell half my position"))["rules"][0]
        owner = OwnerId(ann.session["owner"])
        async with api.core.parts.store.begin(owner) as tx:
            from core.domain.event import RuleExpired

            event = RuleExpired(at=api.clock.now(), owner=owner, rule_id=rule["id"], label=f"r{level + 1}")
            await tx.append(event)
    first = await ann.get("/api/notifications?order=newest&limit=2")
    titles = [notice["title"] for notice in first["notifications"]]
    assert [title.split()[0] for title in titles] == ["r3", "r2"]
    assert [notice["unread"] for notice in first["notifications"]] == [True, True]
    rest = await ann.get(f"/api/notifications?order=newest&limit=2&before={first['next']}")
    assert "next" not in rest.body
    oldest = (await ann.get("/api/notifications"))["notifications"]
    assert [notice["id"] for notice in [*first["notifications"], *rest["notifications"]]] == [
        notice["id"] for notice in reversed(oldest)
    ]
    await ann.post("/api/notifications/read", {"token": first["token"]}, 204)
    again = await ann.get("/api/notifications?order=newest")
    assert {notice["unread"] for notice in again["notifications"]} == {False}
    await ann.get("/api/notifications?before=1.1.1", expect=422)


async def test_settings_are_those_of_the_bots_and_change_together_or_not_at_all(api: Api) -> None:
    ann = await api.paper()
    plain = (await ann.get("/api/settings")).body
    assert plain["notices"]["fills"] == "on"
    assert "quiet_hours" not in plain
    chosen = {
        "timezone": "Europe/Berlin",
        "notices": {"triggers": "off", "fills": "silent"},
        "quiet_hours": {"start": "23:00", "end": "07:30"},
        "slippage_bps": 30,
        "show_in_groups": True,
    }
    shown = await ann.call("PATCH", "/api/settings", chosen, expect=200)
    assert shown.body == plain | chosen | {"notices": plain["notices"] | chosen["notices"]}
    kept = await api.core.account.owner(OwnerId(ann.session["owner"]))
    assert (kept.preferences.quiet.start, kept.preferences.quiet.end) == (23 * 60, 7 * 60 + 30)  # type: ignore[union-attr]
    for wrong in ({"notices": {"account": "off"}}, {"slippage_bps": 5_000}, {"timezone": "Mars/Olympus"}):
        await ann.call("PATCH", "/api/settings", {"show_in_groups": False, **wrong}, expect=422)
    assert (await ann.get("/api/settings")).body == shown.body
    quiet_never = await ann.call("PATCH", "/api/settings", {"quiet_hours": None}, expect=200)
    assert "quiet_hours" not in quiet_never.body
    assert quiet_never["slippage_bps"] == 30


async def test_everything_is_taken_along_but_for_secrets_and_only_by_who_asked(api: Api) -> None:
    ann, bob = await api.paper(), await api.paper()
    await api.hold(ann)
    rule = (await ann.agree("if SOL drops below $120, sell half my position"))["rules"][0]
    key = (await ann.post("/api/api-keys", {"name": "p", "scopes": ["read"]}, 201))["secret"]
    assert (await ann.get("/api/account/export", expect=403))["code"] == "denied"
    assert (await ann.post("/api/account/export", expect=200)).body == {"done": True}
    everything = await ann.get("/api/account/export")
    assert everything["trading_rules"][0]["id"] == rule["id"]
    assert everything["drafts"][0]["words"] == "if SOL drops below $120, sell half my position"
    assert [row["id"] for row in everything["users"]] == [ann.session["owner"]]
    assert {"events", "job_logs", "limits", "audit_log", "paper_accounts", "sessions"} <= set(everything.body)
    text = json.dumps(everything.body)
    for secret in (key, ann.token, ann.session["refresh_token"], "secret_hash"):
        assert str(secret) not in text
    assert (await bob.get("/api/account/export", expect=403))["code"] == "denied"
    program = await api.key(ann, "read", "write", "trade")
    assert (await program.get("/api/account/export", expect=403))["code"] == "scope"
    api.clock.shift = timedelta(minutes=11)
    await ann.get("/api/account/export", expect=403)


async def test_an_account_is_deleted_once_nothing_is_open_and_nobody_finds_it_after(api: Api) -> None:
    ann, bob = await api.paper(), await api.paper()
    await api.hold(ann)
    await ann.agree("if SOL drops below $120, sell half my position")
    await bob.agree("if SOL drops below $120, tell me")
    kept = await ann.call("DELETE", "/api/account", expect=409)
    assert "SOL-PERP" in kept["detail"]
    cat = await api.paper()
    await cat.agree("if SOL drops below $120, tell me")
    assert (await cat.call("DELETE", "/api/account", expect=200)).body == {"done": True}
    await cat.get("/api/rules", expect=401)
    assert (await cat.call("POST", "/api/auth/refresh", {"refresh_token": cat.session["refresh_token"]})).status == 401
    assert OwnerId(cat.session["owner"]) not in await api.core.parts.store.owners()
    assert len((await bob.get("/api/rules"))["rules"]) == 1
    assert len((await ann.get("/api/rules"))["rules"]) == 1


async def test_with_a_wallet_it_must_sign_afresh_to_take_along_or_to_delete(api: Api) -> None:
    wallet = Wallet()
    ann = await api.with_wallet(wallet)
    asked = await ann.post("/api/account/export", expect=202)
    await ann.get("/api/account/export", expect=403)
    assert (await _sign(ann, asked["approval"], wallet)).status == 200
    assert (await ann.get("/api/account/export"))["wallets"][0]["address"] == wallet.address
    leaving = await ann.call("DELETE", "/api/account", expect=202)
    assert leaving["approval"]["summary"] == "Delete your account and all its data"
    await ann.get("/api/rules", expect=200)
    assert (await _sign(ann, leaving["approval"], wallet)).body == {"done": True}
    await ann.get("/api/rules", expect=401)
    again = await api.with_wallet(wallet)
    assert again.session["owner"] != ann.session["owner"]


async def _sign(person: Person, approval: Any, wallet: Wallet) -> Answer:
    path = f"/api/approvals/{approval['id']}"
    asked = await person.post(f"{path}/challenge", {"address": wallet.address}, 200)
    return await person.post(f"{path}/sign", {"nonce": asked["nonce"], "signature": wallet.sign(asked["message"])})


async def test_profit_funding_fees_and_what_a_liquidation_cost_come_to_what_the_account_lost(api: Api) -> None:
    ann = await api.paper()
    owner, now = OwnerId(ann.session["owner"]), api.clock.now()
    common: dict[str, Any] = {"at": now, "owner": owner, "market": "SOL-PERP", "venue": "paper"}
    async with api.core.parts.store.begin(owner) as tx:
        await tx.append(PositionFundingPaid(**common, base=Decimal(5), amount=Decimal("-0.25"), rate=Decimal(1)))
        seized = PositionLiquidated(
            **common, base=Decimal(2), was=Decimal(5), price=Decimal(90), fee=Decimal("1.5"), realised_pnl=Decimal(-30)
        )
        await tx.append(seized)
    for by in ("day", "market"):
        (line,) = (await ann.get(f"/api/pnl?by={by}"))["lines"]
        assert [line[name] for name in ("realised", "fees", "funding", "net")] == ["-30", "1.5", "-0.25", "-31.75"]
    assert (await ann.get("/api/pnl?by=rule"))["lines"] == []
