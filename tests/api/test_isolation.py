"""Two owners: whatever belongs to one does not exist for the other, on every route and every channel."""

import asyncio
import re
from typing import Any

import pytest

from core.domain.ids import OrderId, OwnerId
from core.ports import TradeFilter
from tests import samples
from tests.api.people import Api, Person


async def _all_of(api: Api, person: Person) -> dict[str, str]:
    """Something of everything that has an id, made for *person*, by the name of its place in a path."""
    owner = OwnerId(person.session["owner"])
    await api.hold(person)
    rule = (await person.agree("if SOL drops $20, sell half my position"))["rules"][0]
    draft = await person.post("/api/rules", {"text": "if SOL drops $21, sell half my position"}, 201)
    order = await _order(api, person)
    letter = await _letter(api, owner, order)
    await person.post("/api/api-keys", {"name": "p", "scopes": ["read"]}, 201)
    key = (await person.get("/api/api-keys"))["api_keys"][0]
    claim = await _claim(api, person)
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
        "address": "11111111111111111111111111111112",
        "channel": "console",
        "market": "SOL-PERP",
        "number": str(await _trade(api, owner, order)),
    }


async def _order(api: Api, person: Person) -> str:
    """An order that is planned and never sent: no worker runs here."""
    rule = (await person.agree("if SOL drops $22, sell half my position"))["rules"][0]
    from core.domain.order import Order

    now = api.clock.now()
    planned = Order(
        id=OrderId(f"o_{rule['id']}"),
        owner=OwnerId(person.session["owner"]),
        rule_id=rule["id"],
        trigger_no=1,
        leg_no=1,
        market="SOL-PERP",
        due_at=now,
        created_at=now,
        venue="paper",
    )
    async with api.core.parts.store.begin(planned.owner) as tx:
        await tx.add_order(planned)
    return planned.id


async def _trade(api: Api, owner: OwnerId, order_id: str) -> int:
    """The number of a fill of the order."""
    async with api.core.parts.store.begin(owner) as tx:
        order = await tx.order(OrderId(order_id))
        assert order is not None
        await tx.add_fill(samples.fill(order))
    return (await api.core.trades.page(owner, TradeFilter()))[0][0]


async def _letter(api: Api, owner: OwnerId, order: str) -> int:
    """A dead letter of the order's wake-up."""
    async with api.core.parts.store.begin(owner) as tx:
        await tx.enqueue(OrderId(order))

    async def break_down(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        raise RuntimeError("broken on purpose")

    working = asyncio.create_task(api.core.parts.queue.work(break_down))
    try:
        async with asyncio.timeout(20):
            while not (found := await api.core.letters.list(owner)):  # noqa: ASYNC110 - the queue rings no bell
                await asyncio.sleep(0.05)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    return found[0].id


async def _claim(api: Api, person: Person) -> str:
    code = (await person.post("/api/links", expect=201))["code"]
    address = f"visitor-{person.session['owner']}"
    visitor = await api.core.account.sign_in("console", address)
    return (await api.core.links.claim(visitor, "console", address, code)).id


_BODIES: dict[str, Any] = {
    "/answer": {"option": 0},
    "/amend": {"text": "if SOL drops $25, sell half my position"},
    "/confirm": {"revision": 1},
    "/close": {},
    "/challenge": {"address": "So11111111111111111111111111111111111111112"},
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
