"""Two owners: whatever belongs to one does not exist for the other, on every route and every channel."""

import asyncio
import re
from typing import Any

import pytest

from core.domain.ids import OwnerId
from tests.api.belongings import claim_of, dead_letter, planned_order, trade_of
from tests.api.people import Api, Person


async def _all_of(api: Api, person: Person) -> dict[str, str]:
    """Something of everything that has an id, made for *person*, by the name of its place in a path."""
    owner = OwnerId(person.session["owner"])
    await api.hold(person)
    rule = (await person.agree("if SOL drops $20, sell half my position"))["rules"][0]
    draft = await person.post("/api/rules", {"text": "if SOL drops $21, sell half my position"}, 201)
    order = await planned_order(api, person)
    letter = await dead_letter(api, owner, order)
    await person.post("/api/api-keys", {"name": "p", "scopes": ["read"]}, 201)
    key = (await person.get("/api/api-keys"))["api_keys"][0]
    claim = await claim_of(api, person)
    return {
        "rule_id": rule["id"],
        "job_id": rule["id"],
        "draft_id": draft["draft_id"],
        "order_id": order,
        "letter_id": str(letter),
        "key_id": key["id"],
        "claim_id": claim,
        "session_id": person.session["session_id"],
        "approval_id": "a_nobody",
        "transaction_id": "t_nobody",
        "address": "11111111111111111111111111111112",
        "channel": "console",
        "market": "SOL-PERP",
        "number": str(await trade_of(api, owner, order)),
    }


_BODIES: dict[str, Any] = {
    "/answer": {"option": 0},
    "/amend": {"text": "if SOL drops $25, sell half my position"},
    "/confirm": {"revision": 1},
    "/close": {},
    "/challenge": {"address": "So11111111111111111111111111111111111111112"},
    "/waiting/{order_id}/sign": {"transaction": "AQ=="},
    "/transactions/{transaction_id}": {"transaction": "AQ=="},
    "/sign": {"nonce": "0" * 32, "signature": "AA=="},
    "/api/links/{claim_id}": {"agree": True},
}


@pytest.mark.timeout(120)
async def test_what_is_one_owners_does_not_exist_for_the_other_on_any_route(api: Api) -> None:
    ann, bob = await api.paper(), await api.paper()
    theirs = await _all_of(api, ann)
    document = (await bob.get("/api/openapi.json")).body
    tried = []
    for path, operations in document["paths"].items():
        names = re.findall(r"{(\w+)}", path)
        if not names:
            continue
        filled = path
        for name in names:
            filled = filled.replace(f"{{{name}}}", theirs[name])  # a new kind of id must be added above
        for method in operations:
            body = next((known for end, known in _BODIES.items() if path.endswith(end)), None)
            if method == "put":
                body = {"text": "if SOL drops $25, sell half my position"}
            answer = await bob.call(method.upper(), filled, body)
            assert answer.status == 404, f"{method} {path}: {answer.status} {answer.body}"
            tried.append(f"{method} {path}")
    assert len(tried) > 20
    still = await ann.get(f"/api/rules/{theirs['rule_id']}")
    assert (still["state"], still["version"]) == ("armed", 1)
    assert (await ann.get(f"/api/drafts/{theirs['draft_id']}"))["state"] == "awaiting_confirmation"
    assert not (await ann.get(f"/api/orders/{theirs['order_id']}"))["cancel_asked"]
    assert len((await ann.get("/api/dead-letters"))["dead_letters"]) == 1
    assert len((await ann.get("/api/links"))["claims"]) == 1
    assert len((await ann.get("/api/auth/sessions")).body) == 1


@pytest.mark.timeout(120)
async def test_no_list_shows_one_owner_what_is_the_others(api: Api) -> None:
    ann, bob = await api.paper(), await api.paper()
    theirs = await _all_of(api, ann)
    document = (await bob.get("/api/openapi.json")).body
    lists = [path for path, deeds in document["paths"].items() if "get" in deeds and "{" not in path]
    assert len(lists) > 20
    for path in lists:
        query = {"/api/candles": "?market=SOL-PERP", "/api/rules": "?state=all", "/api/orders": "?state=all"}
        if path == "/api/account/export":
            await bob.post(path, expect=200)
        answer = await bob.get(path + query.get(path, ""), None)
        assert answer.status == 200, path
        shown = str(answer.body)
        for name in ("rule_id", "draft_id", "order_id", "key_id", "claim_id", "session_id"):
            assert theirs[name] not in shown, f"{path} shows {name}"
    assert theirs["rule_id"] in str((await ann.get("/api/rules")).body)
    bulk = await bob.post("/api/rules/bulk", {"do": "cancel", "ids": [theirs["rule_id"]]})
    assert bulk.status == 404
    await bob.post("/api/rules/bulk", {"do": "cancel", "all": True}, 200)
    await bob.post("/api/kill", expect=200)
    assert (await ann.get(f"/api/rules/{theirs['rule_id']}"))["state"] == "armed"


async def test_no_channel_tells_one_owner_what_happened_to_the_other(api: Api) -> None:
    ann, bob = await api.paper(), await api.paper()
    everything = ("rules", "orders", "positions", "events", "prices:SOL-PERP")
    async with ann.socket(*everything) as hers, bob.socket(*everything) as his:
        assert (await hers.receive_json())["rules"] == []
        assert (await his.receive_json())["rules"] == []
        await api.hold(ann)
        rule = (await ann.agree("if SOL drops $20, sell half my position"))["rules"][0]
        async with asyncio.timeout(10):
            while True:
                if "rules" in (frame := await hers.receive_json()):
                    assert frame["rules"][0]["id"] == rule["id"]
                    break
        mark = (await bob.post("/api/rules", {"text": "if SOL drops $30, sell half my position"}, 201))["draft_id"]
        async with asyncio.timeout(10):
            while True:
                frame = await his.receive_json()
                assert not frame.get("rules")
                assert not frame.get("orders")
                events = frame.get("events", [])
                assert {event["owner"] for event in events} <= {bob.session["owner"]}
                if any(event.get("draft_id") == mark for event in events):
                    break
    # Nor does resuming with the other's token.
    token = (await ann.get("/api/events"))["token"]
    async with bob.socket("events", after=token) as again:
        first = await again.receive_json()
        assert all(event["owner"] == bob.session["owner"] for event in first.get("events", []))
