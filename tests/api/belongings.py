"""Things that belong to somebody and that no route makes: orders, fills, dead letters, claims; decides no test."""

import asyncio

from core.domain.ids import OrderId, OwnerId
from core.domain.order import Order
from core.ports import TradeFilter
from tests import samples
from tests.api.people import Api, Person


async def planned_order(api: Api, person: Person) -> str:
    """An order that is planned and never sent: no worker runs here."""
    rule = (await person.agree("if SOL drops $22, sell half my position"))["rules"][0]
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


async def trade_of(api: Api, owner: OwnerId, order_id: str) -> int:
    """The number of a fill of the order."""
    async with api.core.parts.store.begin(owner) as tx:
        order = await tx.order(OrderId(order_id))
        assert order is not None
        await tx.add_fill(samples.fill(order))
    return (await api.core.trades.page(owner, TradeFilter()))[0][0]


async def dead_letter(api: Api, owner: OwnerId, order: str) -> int:
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


async def claim_of(api: Api, person: Person) -> str:
    code = (await person.post("/api/links", expect=201))["code"]
    address = f"visitor-{person.session['owner']}"
    visitor = await api.core.account.sign_in("console", address)
    return (await api.core.links.claim(visitor, "console", address, code)).id
