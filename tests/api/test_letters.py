"""Dead letters: looked at, tried again as a draft of now, thrown away."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from core.domain.ids import OrderId, OwnerId
from core.domain.order import OrderState
from tests.api.belongings import dead_letter, planned_order
from tests.api.people import Api


async def test_a_dead_letter_is_tried_again_as_a_draft_that_is_checked_and_confirmed_anew(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    owner = OwnerId(ann.session["owner"])
    order_id = await planned_order(api, ann)  # of a rule at $20 below
    letter = await dead_letter(api, owner, order_id)
    path = f"/api/dead-letters/{letter}"
    assert (await ann.get(path))["order_id"] == order_id
    unknown = await ann.post(f"{path}/retry", expect=409)
    assert "Nobody knows yet" in unknown["detail"]
    async with api.core.parts.store.begin(owner) as tx:
        order = await tx.order(OrderId(order_id))
        assert order is not None
        ended = replace(order, state=OrderState.LAPSED, ended_at=api.clock.now(), reason="given up")
        assert await tx.save_order(ended, was=order.state)
    draft = await ann.post(f"{path}/retry", expect=201)
    assert draft["state"] == "awaiting_confirmation"
    assert "NOT at its level any more" in draft["assumptions"][0]
    assert [rule["condition"]["type"] for rule in draft["rules"]] == ["now"]
    assert any("50 %" in line for line in draft["read_back"])
    assert len((await ann.get("/api/rules?state=all"))["rules"]) == 1  # nothing is armed by asking
    for price in ("144", "138", "132", "127"):  # a jump at once would not be believed
        api.market.move("SOL-PERP", price)
        async with asyncio.timeout(10):
            while (await ann.get("/api/prices"))["prices"][-1]["price"] != price:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    again = await ann.post(f"{path}/retry", expect=201)
    assert "still at its level" in again["assumptions"][0]
    armed = await ann.post(f"/api/drafts/{again['draft_id']}/confirm", {"revision": 1}, 200)
    assert [rule["state"] for rule in armed["rules"]] == ["armed"]
    api.clock.shift = timedelta(hours=1)
    late = await ann.post(f"/api/drafts/{draft['draft_id']}/confirm", {"revision": 1}, 409)
    assert late["code"] == "conflict"
    await ann.call("DELETE", path, expect=204)
    await ann.get(path, expect=404)
    await ann.post(f"{path}/retry", expect=404)
