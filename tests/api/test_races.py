"""Two things at once: a program's caps, a place that is taken away, an account deleted while something begins."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.domain.errors import Conflict
from core.domain.ids import OwnerId
from core.domain.rule import RuleState
from tests import samples
from tests.api.people import Api


async def _arm(api: Api, owner: int) -> None:
    async with api.core.parts.store.begin(OwnerId(owner)) as tx:
        await tx.add_rule(samples.rule(OwnerId(owner), state=RuleState.ARMED))


async def test_a_key_that_confirms_by_itself_stays_within_its_day_however_many_it_says_at_once(api: Api) -> None:
    ann = await api.paper()
    program = await api.key(ann, "read", "write", "auto_confirm", max_order_usd="500", max_rules_a_day=2)
    said = [{"text": f"buy 1 SOL when SOL drops ${number}"} for number in range(5, 11)]
    answers = await asyncio.gather(*(program.post("/api/rules", body, 201) for body in said))
    assert sorted(answer["state"] for answer in answers) == ["awaiting_confirmation"] * 4 + ["confirmed"] * 2
    assert len((await ann.get("/api/rules"))["rules"]) == 2
    assert [line["act"] for line in (await ann.get("/api/audit"))["audit"]].count("auto_confirm") == 2


async def test_a_chat_whose_owner_has_begun_to_trade_is_not_taken_from_them(api: Api) -> None:
    ann = OwnerId((await api.paper()).session["owner"])
    chat = await api.core.account.sign_in("telegram", "91")
    people = api.core.links._people
    await _arm(api, chat)
    assert not await people.move_link("telegram", "91", was=chat, to=ann, at=datetime.now(UTC))
    assert await api.core.account.sign_in("telegram", "91") == chat


async def test_an_account_is_not_deleted_once_something_of_it_acts_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = OwnerId((await api.paper()).session["owner"])
    people, store = api.core.people, api.core.parts.store
    rule = samples.rule(owner)
    order = samples.signed(samples.order(rule))

    async def traded(_: OwnerId) -> None:  # between the look at the account and the end of it
        async with store.begin(owner) as tx:
            await tx.add_rule(replace(rule, state=RuleState.COMPLETED))
            await tx.add_order(replace(order, filled_base=order.intent.base if order.intent else order.share))
            await tx.add_fill(samples.fill(order))

    with monkeypatch.context() as patched:
        patched.setattr(people, "check_leaving", traded)
        with pytest.raises(Conflict):
            await people.forget(owner)
    await _arm(api, await api.core.account.sign_in("telegram", "92"))
    other = await api.core.account.sign_in("telegram", "92")
    with pytest.raises(Conflict, match="armed just now"):
        await people._census.forget(other)
    await people.forget(other)
    assert await api.core.account.sign_in("telegram", "92") != other
