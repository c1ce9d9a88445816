"""Signing in: each way works once, and what is replayed, tampered with, expired or foreign is refused."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest

from core.domain.ids import OwnerId
from tests.api.people import Api, Person, Wallet, serving

BOT_TOKEN = "12345:a-token-of-a-test"


async def test_a_wallet_signs_in_and_is_the_same_owner_again(api: Api) -> None:
    wallet = Wallet()
    first, second = await api.with_wallet(wallet), await api.with_wallet(wallet)
    assert first.session["owner"] == second.session["owner"]
    assert (await api.with_wallet(Wallet())).session["owner"] != first.session["owner"]
    assert (await first.get("/api/wallets"))["wallets"][0]["address"] == wallet.address


async def test_the_challenge_names_our_host_the_address_and_an_end(api: Api) -> None:
    wallet = Wallet()
    asked = await api.challenge(wallet)
    fields = asked["input"]
    assert fields["domain"] == api.core.settings.public_url.removeprefix("http://")
    assert fields["address"] == wallet.address
    assert fields["nonce"] in asked["message"]
    assert "Expiration Time: " in asked["message"]


async def test_a_signature_is_good_once(api: Api) -> None:
    wallet = Wallet()
    asked = await api.challenge(wallet)
    proof = {"nonce": asked["nonce"], "signature": wallet.sign(asked["message"])}
    await api.nobody().post("/api/auth/wallet", proof, 201)
    again = await api.nobody().post("/api/auth/wallet", proof, 403)
    assert again["code"] == "denied"


async def test_another_wallets_signature_for_the_address_is_refused_and_uses_the_challenge_up(api: Api) -> None:
    victim, thief = Wallet(), Wallet()
    asked = await api.challenge(victim)
    forged = {"nonce": asked["nonce"], "signature": thief.sign(asked["message"])}
    await api.nobody().post("/api/auth/wallet", forged, 403)
    honest = {"nonce": asked["nonce"], "signature": victim.sign(asked["message"])}
    await api.nobody().post("/api/auth/wallet", honest, 403)


@pytest.mark.parametrize(
    ("old", "new"), [("localhost:", "evil.test"), ("Sign in", "Give away"), ("Nonce: ", "Nonce: 0"), ("\n", "\n ")]
)
async def test_a_signature_over_any_other_text_is_refused(api: Api, old: str, new: str) -> None:
    wallet = Wallet()
    asked = await api.challenge(wallet)
    proof = {"nonce": asked["nonce"], "signature": wallet.sign(asked["message"].replace(old, new, 1))}
    await api.nobody().post("/api/auth/wallet", proof, 403)


async def test_a_challenge_expires(api: Api) -> None:
    wallet = Wallet()
    asked = await api.challenge(wallet)
    api.clock.shift = timedelta(minutes=5, seconds=1)
    proof = {"nonce": asked["nonce"], "signature": wallet.sign(asked["message"])}
    await api.nobody().post("/api/auth/wallet", proof, 403)


async def test_a_wallet_that_signs_only_transactions_proves_itself_with_one_that_is_never_sent(api: Api) -> None:
    wallet = Wallet()
    asked = await api.challenge(wallet)
    signed = wallet.sign_transaction(asked["memo_transaction"])
    answer = await api.nobody().post("/api/auth/wallet", {"nonce": asked["nonce"], "transaction": signed}, 201)
    assert answer["owner"] == (await api.with_wallet(wallet)).session["owner"]
    await api.nobody().post("/api/auth/wallet", {"nonce": asked["nonce"], "transaction": signed}, 403)


async def test_a_memo_transaction_of_another_challenge_or_unsigned_is_refused(api: Api) -> None:
    wallet = Wallet()
    first, second = await api.challenge(wallet), await api.challenge(wallet)
    swapped = {"nonce": second["nonce"], "transaction": wallet.sign_transaction(first["memo_transaction"])}
    await api.nobody().post("/api/auth/wallet", swapped, 403)
    await api.nobody().post(
        "/api/auth/wallet", {"nonce": first["nonce"], "transaction": first["memo_transaction"]}, 403
    )
    third = await api.challenge(wallet)
    garbage = base64.b64encode(b"\x01" * 200).decode()
    await api.nobody().post("/api/auth/wallet", {"nonce": third["nonce"], "transaction": garbage}, 403)


async def test_an_address_that_is_none_is_told_so(api: Api) -> None:
    answer = await api.nobody().post("/api/auth/challenge", {"address": "1" * 44}, 422)
    assert answer["code"] == "bad_input"


async def test_a_link_from_a_bot_signs_its_owner_in_once_and_only_for_five_minutes(api: Api) -> None:
    owner = await api.core.account.sign_in("console", "ann")
    token = (await api.core.links.web(owner, "console")).partition("#")[2]
    answer = await api.nobody().post("/api/auth/link", {"token": token}, 201)
    assert answer["owner"] == owner
    await api.nobody().post("/api/auth/link", {"token": token}, 403)
    late = (await api.core.links.web(owner, "console")).partition("#")[2]
    api.clock.shift = timedelta(minutes=5, seconds=1)
    await api.nobody().post("/api/auth/link", {"token": late}, 403)


def _init_data(user: int, *, at: int, token: str = BOT_TOKEN) -> str:
    fields = {"auth_date": str(at), "query_id": "q", "user": json.dumps({"id": user, "first_name": "A&b=c"})}
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    return urlencode({**fields, "hash": hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()})


async def test_telegrams_init_data_signs_in_once_and_only_fresh_whole_and_ours(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with serving(postgres_dsn, tmp_path, TELEGRAM_BOT_TOKEN=BOT_TOKEN) as api:
        now = int(time.time())
        owner = await api.core.account.sign_in("telegram", "77")
        good = _init_data(77, at=now)
        answer = await api.nobody().post("/api/auth/telegram", {"init_data": good}, 201)
        assert answer["owner"] == owner
        refused = [
            good,
            _init_data(77, at=now - 601),
            _init_data(77, at=now + 3600),
            _init_data(77, at=now - 1, token="1:other"),
            _init_data(77, at=now - 2).replace("77", "78"),
            _init_data(77, at=now - 3) + "&user=%7B%22id%22%3A1%7D",
            "hash=00",
            "",
        ]
        for text in refused:
            assert (await api.nobody().post("/api/auth/telegram", {"init_data": text})).status == 403, text


async def test_without_a_bot_there_is_no_telegram_sign_in(api: Api) -> None:
    answer = await api.nobody().post("/api/auth/telegram", {"init_data": _init_data(1, at=int(time.time()))}, 409)
    assert answer["code"] == "not_configured"


async def test_a_refresh_rotates_and_an_old_token_signs_the_session_out(api: Api) -> None:
    ann = await api.paper()
    first = ann.session["refresh_token"]
    second = (await api.nobody().post("/api/auth/refresh", {"refresh_token": first}, 200))["refresh_token"]
    third = await api.nobody().post("/api/auth/refresh", {"refresh_token": second}, 200)
    await Person(api, third["access_token"]).get("/api/rules")
    await api.nobody().post("/api/auth/refresh", {"refresh_token": first}, 401)
    await api.nobody().post("/api/auth/refresh", {"refresh_token": third["refresh_token"]}, 401)
    audit = await api.core.consent.audits(OwnerId(ann.session["owner"]))
    assert audit[0].act == "session.reused"


async def test_two_tabs_that_refresh_at_once_stay_signed_in(api: Api) -> None:
    ann = await api.paper()
    first = ann.session["refresh_token"]
    second = (await api.nobody().post("/api/auth/refresh", {"refresh_token": first}, 200))["refresh_token"]
    await api.nobody().post("/api/auth/refresh", {"refresh_token": first}, 401)
    await api.nobody().post("/api/auth/refresh", {"refresh_token": second}, 200)


async def test_a_guessed_refresh_secret_is_refused_and_harms_nobody(api: Api) -> None:
    ann = await api.paper()
    good = ann.session["refresh_token"]
    for bad in (good[:-1] + ("A" if good[-1] != "A" else "B"), good.replace(".1.", ".2."), "x", "w_1.9999999999.x"):
        assert (await api.nobody().post("/api/auth/refresh", {"refresh_token": bad})).status == 401
    await api.nobody().post("/api/auth/refresh", {"refresh_token": good}, 200)


async def test_an_access_token_that_is_forged_expired_or_unsigned_is_refused(api: Api) -> None:
    ann = await api.paper()
    assert ann.token is not None
    claims = jwt.decode(ann.token, options={"verify_signature": False})
    head, body, signature = ann.token.split(".")
    flipped = signature[:-2] + ("AA" if signature[-2:] != "AA" else "BB")
    forged = [
        jwt.encode(claims, "x" * 40, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        f"{head}.{body}.{flipped}",
        "garbage",
    ]
    secret = (Path(api.core.settings.home_path) / "api-secret").read_text(encoding="ascii")
    forged.append(jwt.encode({**claims, "exp": int(time.time()) - 1}, secret, algorithm="HS256"))
    forged.append(jwt.encode({**claims, "sub": "999"}, secret, algorithm="HS256"))
    forged.append(jwt.encode({**claims, "aud": "another"}, secret, algorithm="HS256"))
    for token in forged:
        assert (await Person(api, token).get("/api/rules", None)).status == 401


async def test_the_secret_that_was_made_is_readable_by_its_owner_only(api: Api) -> None:
    path = api.core.settings.home_path / "api-secret"
    await api.paper()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_signing_out_everywhere_ends_every_session_at_once(api: Api) -> None:
    wallet = Wallet()
    here, there = await api.with_wallet(wallet), await api.with_wallet(wallet)
    await there.get("/api/rules")
    await here.post("/api/auth/sign-out-everywhere", expect=204)
    for person in (here, there):
        assert (await person.get("/api/rules", None)).status == 401
        refresh = {"refresh_token": person.session["refresh_token"]}
        assert (await api.nobody().post("/api/auth/refresh", refresh)).status == 401


async def test_what_another_replica_ended_changes_nothing_here_from_that_instant_on(api: Api) -> None:
    ann = await api.paper()
    program = await api.key(ann, "read", "write")
    for caller in (ann, program):
        await caller.get("/api/rules")
        await caller.post("/api/pause", expect=200)
    owner = OwnerId(ann.session["owner"])
    key = (await ann.get("/api/api-keys"))["api_keys"][0]
    await api.core.keys.revoke(owner, key["id"])  # behind the back of this process
    await api.core.identity.sign_out(owner, None)
    for caller in (ann, program):
        assert (await caller.post("/api/rules", {"text": "if SOL drops below $120, tell me"}))[
            "code"
        ] == "not_signed_in"
        await caller.get("/api/rules", expect=401)  # and what was refused once is believed no longer


async def test_cookies_cannot_be_read_by_scripts_and_change_nothing_without_the_csrf_token(api: Api) -> None:
    answer = await api.nobody().call("POST", "/api/auth/paper", {})
    async with api.http.post(api.url + "/api/auth/paper", json={}) as response:
        cookies = {cookie.key: cookie for cookie in response.cookies.values()}
        csrf = (await response.json())["csrf_token"]
    assert answer.status == 201
    assert "access_token" not in answer.body
    assert cookies["saywhen_access"]["httponly"]
    assert cookies["saywhen_refresh"]["httponly"]
    assert {cookie["samesite"] for cookie in cookies.values()} == {"strict"}
    jar = {"Cookie": "; ".join(f"{name}={cookie.value}" for name, cookie in cookies.items())}
    visitor = api.nobody()
    await visitor.call("GET", "/api/rules", headers=jar, expect=200)
    refused = await visitor.call("POST", "/api/pause", {}, headers=jar, expect=403)
    assert refused["code"] == "csrf"
    wrong = {**jar, "X-CSRF-Token": "0" * 64}
    await visitor.call("POST", "/api/pause", {}, headers=wrong, expect=403)
    right = {**jar, "X-CSRF-Token": csrf}
    foreign = {**right, "Origin": "https://evil.test"}
    assert (await visitor.call("POST", "/api/pause", {}, headers=foreign, expect=403))["code"] == "foreign_origin"
    await visitor.call("POST", "/api/pause", {}, headers=right, expect=200)
    await visitor.call("POST", "/api/auth/refresh", {}, headers=jar, expect=200)


async def test_a_foreign_page_cannot_sign_anybody_in(api: Api) -> None:
    foreign = {"Origin": "https://evil.test"}
    await api.nobody().call("POST", "/api/auth/paper", {}, headers=foreign, expect=403)


async def test_a_key_does_what_its_scopes_say_until_it_is_revoked_or_expires(api: Api) -> None:
    ann = await api.paper()
    looks, drafts = await api.key(ann, "read"), await api.key(ann, "read", "write", days=1)
    await looks.get("/api/rules")
    assert (await looks.post("/api/rules", {"text": "buy 1 SOL"}, 403))["code"] == "scope"
    draft = await drafts.post("/api/rules", {"text": "buy 1 SOL"}, 201)
    await drafts.post(f"/api/drafts/{draft['draft_id']}/confirm", {"revision": 1}, 403)
    for path in ("/api/api-keys", "/api/wallets", "/api/links", "/api/approvals", "/api/audit", "/api/auth/sessions"):
        assert (await drafts.get(path, 403))["code"] == "scope"
    assert looks.token is not None
    assert (await Person(api, looks.token[:-1] + "_").get("/api/rules", None)).status == 401
    keys = (await ann.get("/api/api-keys"))["api_keys"]
    await ann.call("DELETE", f"/api/api-keys/{keys[0]['id']}", expect=204)
    assert (await looks.get("/api/rules", None)).status == 401
    api.clock.shift = timedelta(days=1, seconds=5)
    await Person(api, drafts.token).post("/api/pause", expect=401)
    assert await api.core.keys.find(drafts.token or "") is None


async def test_too_many_sign_ins_from_one_address_have_to_wait(postgres_dsn: str, tmp_path: Path) -> None:
    async with serving(postgres_dsn, tmp_path, SAYWHEN_API_SIGNINS="3/hour", SAYWHEN_API_WRITES="2/minute") as api:
        people = [await api.paper() for _ in range(3)]
        refused = await api.nobody().post("/api/auth/paper", {}, 429)
        assert refused["code"] == "too_often"
        assert int(refused.headers["Retry-After"]) > 0
        for _ in range(2):
            await people[0].post("/api/pause", expect=200)
        await people[0].post("/api/pause", expect=429)
        await people[0].get("/api/rules")
        await people[1].post("/api/pause", expect=200)


async def test_who_guesses_credentials_has_to_wait_and_nobody_else(postgres_dsn: str, tmp_path: Path) -> None:
    async with serving(postgres_dsn, tmp_path, SAYWHEN_API_WRITES="3/minute") as api:
        ann = await api.paper()
        for guess in range(3):
            await Person(api, f"sw_k_1.{guess}").get("/api/rules", 401)
        answer = await Person(api, "sw_k_1.9").get("/api/rules", 429)
        assert answer["code"] == "too_often"
        await ann.get("/api/rules", 200)
