"""Sensitive acts: what a stolen session cannot do without the wallet, and what paper owners need no wallet for."""

from datetime import timedelta
from typing import Any

import pytest

from core.app.links import CODE_LIFE
from core.domain.errors import Denied
from core.domain.ids import OwnerId
from tests.api.people import Answer, Api, Person, Wallet


async def _sign(person: Person, approval: Any, wallet: Wallet) -> Answer:
    path = f"/api/approvals/{approval['id']}"
    asked = await person.post(f"{path}/challenge", {"address": wallet.address}, 200)
    return await person.post(f"{path}/sign", {"nonce": asked["nonce"], "signature": wallet.sign(asked["message"])})


async def test_limits_are_lowered_at_once_and_raised_by_a_fresh_signature(api: Api) -> None:
    wallet = Wallet()
    ann = await api.with_wallet(wallet)
    lowered = await ann.call("PATCH", "/api/limits", {"max_leverage": "3", "max_orders_a_day": 10}, expect=200)
    assert (lowered["max_leverage"], lowered["max_orders_a_day"]) == ("3", 10)
    asked = await ann.call("PATCH", "/api/limits", {"max_leverage": "7", "max_orders_a_day": 5}, expect=200)
    assert (asked["max_leverage"], asked["max_orders_a_day"]) == ("3", 5)
    assert asked["approval"]["summary"] == "Raise max_leverage from 3 to 7"
    assert (await ann.get("/api/approvals"))["approvals"][0]["id"] == asked["approval"]["id"]
    assert (await _sign(ann, asked["approval"], wallet)).body == {"done": True}
    assert (await ann.get("/api/limits"))["max_leverage"] == "7"
    assert (await _sign_again(ann, asked["approval"], wallet)).status == 404
    names = [event["name"] for event in (await ann.get("/api/events"))["events"]]
    assert names.count("account.limit_changed") == 4
    assert "account.approval_requested" in names
    acts = [line["act"] for line in (await ann.get("/api/audit"))["audit"]]
    assert "raise_limits" in acts


async def _sign_again(person: Person, approval: Any, wallet: Wallet) -> Answer:
    return await person.post(f"/api/approvals/{approval['id']}/challenge", {"address": wallet.address})


async def test_an_approval_takes_the_owners_own_wallet_its_own_challenge_and_a_quarter_of_an_hour(api: Api) -> None:
    wallet, other = Wallet(), Wallet()
    ann = await api.with_wallet(wallet)
    first = (await ann.call("PATCH", "/api/limits", {"max_leverage": "11"}))["approval"]
    second = (await ann.call("PATCH", "/api/limits", {"max_leverage": "12"}))["approval"]
    assert (await _sign_again(ann, first, other)).status == 403
    asked = await ann.post(f"/api/approvals/{first['id']}/challenge", {"address": wallet.address}, 200)
    assert "Raise max_leverage from 10 to 11" in asked["message"]
    crossed = {"nonce": asked["nonce"], "signature": wallet.sign(asked["message"])}
    await ann.post(f"/api/approvals/{second['id']}/sign", crossed, 403)
    sign_in = await api.challenge(wallet)
    replayed = {"nonce": sign_in["nonce"], "signature": wallet.sign(sign_in["message"])}
    await ann.post(f"/api/approvals/{first['id']}/sign", replayed, 403)
    await ann.post(f"/api/approvals/{first['id']}/decline", expect=204)
    assert (await _sign_again(ann, first, wallet)).status == 404
    api.clock.shift = timedelta(minutes=15, seconds=1)
    assert (await _sign_again(ann, second, wallet)).status == 404
    assert (await ann.get("/api/limits"))["max_leverage"] == "10"


async def test_a_paper_owner_without_a_wallet_raises_limits_at_once(api: Api) -> None:
    ann = await api.paper()
    assert (await ann.call("PATCH", "/api/limits", {"max_order_usd": "50000"}))["max_order_usd"] == "50000"


async def test_a_stolen_session_can_neither_shed_the_wallet_nor_bring_its_own(api: Api) -> None:
    wallet, thief = Wallet(), Wallet()
    ann = await api.with_wallet(wallet)
    removed = await ann.call("DELETE", f"/api/wallets/{wallet.address}", expect=202)
    asked = await ann.post("/api/wallets/challenge", {"address": thief.address}, 200)
    proof = {"nonce": asked["nonce"], "signature": thief.sign(asked["message"])}
    added = await ann.post("/api/wallets", proof, 202)
    for approval in (removed["approval"], added["approval"]):
        assert (await _sign_again(ann, approval, thief)).status == 403
    assert [known["address"] for known in (await ann.get("/api/wallets"))["wallets"]] == [wallet.address]
    assert (await _sign(ann, added["approval"], wallet)).status == 200
    assert len((await ann.get("/api/wallets"))["wallets"]) == 2
    assert (await api.with_wallet(thief)).session["owner"] == ann.session["owner"]


async def test_a_paper_owner_links_a_first_wallet_with_its_own_signature_and_nobody_elses(api: Api) -> None:
    wallet, taken = Wallet(), Wallet()
    await api.with_wallet(taken)
    ann, bob = await api.paper(), await api.paper()
    asked = await ann.post("/api/wallets/challenge", {"address": wallet.address}, 200)
    proof = {"nonce": asked["nonce"], "signature": wallet.sign(asked["message"])}
    await bob.post("/api/wallets", proof, 403)  # made for ann, and used up by the attempt
    asked = await ann.post("/api/wallets/challenge", {"address": wallet.address}, 200)
    proof = {"nonce": asked["nonce"], "signature": wallet.sign(asked["message"])}
    await ann.post("/api/wallets", proof, 201)
    assert (await api.with_wallet(wallet)).session["owner"] == ann.session["owner"]
    asked = await bob.post("/api/wallets/challenge", {"address": taken.address}, 200)
    proof = {"nonce": asked["nonce"], "signature": taken.sign(asked["message"])}
    await bob.post("/api/wallets", proof, 409)


async def test_a_channel_is_linked_when_both_sides_agree_and_keeps_what_it_had(api: Api) -> None:
    ann = await api.paper()
    chat = await api.core.account.sign_in("telegram", "55")
    code = (await ann.post("/api/links", expect=201))["code"]
    await api.core.links.claim(chat, "telegram", "55", code.lower())
    assert (await ann.get("/api/links"))["links"] == []
    claim = (await ann.get("/api/links"))["claims"][0]
    assert (claim["channel"], claim["address"]) == ("telegram", "55")
    await ann.post(f"/api/links/{claim['id']}", {"agree": True}, 204)
    assert await api.core.account.sign_in("telegram", "55") == ann.session["owner"]
    assert (await ann.get("/api/links"))["links"][0]["channel"] == "telegram"
    await ann.call("DELETE", "/api/links/telegram/55", expect=204)
    assert (await ann.get("/api/links"))["links"] == []


async def test_a_code_links_once_for_a_quarter_of_an_hour_and_no_other_code_does(api: Api) -> None:
    ann = await api.paper()
    one = await api.core.account.sign_in("telegram", "57")
    two = await api.core.account.sign_in("telegram", "58")
    code = (await ann.post("/api/links", expect=201))["code"]
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    for guess in (wrong, "", code * 2):
        with pytest.raises(Denied):
            await api.core.links.claim(one, "telegram", "57", guess)
    await api.core.links.claim(one, "telegram", "57", code)
    with pytest.raises(Denied):
        await api.core.links.claim(two, "telegram", "58", code)
    claim = (await ann.get("/api/links"))["claims"][0]
    late = (await ann.post("/api/links", expect=201))["code"]
    api.clock.shift = CODE_LIFE + timedelta(seconds=1)
    with pytest.raises(Denied):
        await api.core.links.claim(two, "telegram", "58", late)
    again = await api.paper()  # the session's access has run out as well
    assert again.session["owner"] != ann.session["owner"]
    await ann.post(f"/api/links/{claim['id']}", {"agree": True}, 404)
    assert await api.core.links.list(OwnerId(ann.session["owner"])) == []


async def test_a_channel_with_rules_of_its_own_is_never_taken_away_from_them(api: Api) -> None:
    ann = await api.paper()
    chat = await api.core.account.sign_in("telegram", "56")
    token = (await api.core.links.web(chat, "telegram")).partition("#")[2]
    signed_in = await api.nobody().post("/api/auth/link", {"token": token, "deliver": "body"}, 201)
    await Person(api, signed_in["access_token"], signed_in.body).agree("tell me when SOL is above 200")
    code = (await ann.post("/api/links", expect=201))["code"]
    try:
        await api.core.links.claim(chat, "telegram", "56", code)
    except Exception as problem:  # noqa: BLE001 - its words are what is looked at
        assert "rules, orders or positions of its own" in str(problem)  # noqa: PT017
    else:
        raise AssertionError("Expected a refusal")
    assert await api.core.account.sign_in("telegram", "56") == chat


async def test_a_key_that_confirms_by_itself_stays_within_its_caps(api: Api) -> None:
    ann = await api.paper()
    await ann.post("/api/api-keys", {"name": "x", "scopes": ["write", "auto_confirm"]}, 422)
    caps = {"max_order_usd": "500", "max_rules_a_day": 2}
    program = await api.key(ann, "read", "write", "auto_confirm", **caps)
    armed = await program.post("/api/rules", {"text": "buy 1 SOL when SOL drops $5"}, 201)
    assert armed["state"] == "confirmed"
    assert len(armed["rule_ids"]) == 1
    large = await program.post("/api/rules", {"text": "buy 5 SOL when SOL drops $5"}, 201)
    assert (large["state"], large["rule_ids"]) == ("awaiting_confirmation", [])
    endless = await program.post("/api/rules", {"text": "buy $10 of SOL every day at 9:00"}, 201)
    assert endless["rule_ids"] == []
    await program.post("/api/rules", {"text": "buy 1 SOL when SOL drops $6"}, 201)
    third = await program.post("/api/rules", {"text": "buy 1 SOL when SOL drops $7"}, 201)
    assert third["rule_ids"] == []
    await ann.post(f"/api/drafts/{third['draft_id']}/confirm", {"revision": third["revision"]}, 200)
    asking = await program.post("/api/rules", {"text": "if SOL drops 0.1 buy 1 SOL"}, 201)
    assert asking["state"] == "asking"


async def test_a_wallets_owner_signs_for_a_key_that_confirms_by_itself(api: Api) -> None:
    wallet = Wallet()
    ann = await api.with_wallet(wallet)
    body = {"name": "x", "scopes": ["write", "auto_confirm"], "max_order_usd": "100", "max_rules_a_day": 1}
    waits = await ann.post("/api/api-keys", body, 202)
    assert (await ann.get("/api/api-keys"))["api_keys"] == []
    secret = (await _sign(ann, waits["approval"], wallet))["secret"]
    assert (await Person(api, secret).post("/api/rules", {"text": "tell me when SOL is above 200"}, 201))["rule_ids"]
    assert "secret" not in str((await ann.get("/api/audit")).body)
