"""Rules over HTTP: said, answered, confirmed, changed, switched; and what is refused, with a code."""

from typing import Any, get_args

import pytest

from api.routes.rules import ASKED_AT
from core.domain.reading import CommandName
from tests.api.people import EXAMPLE, Api

HALF_OUT: dict[str, Any] = {
    "id": "r1",
    "condition": {"type": "price_level", "market": "SOL-PERP", "operator": "<=", "price": 130},
    "action": {"type": "sell", "market": "SOL-PERP", "amount_percent": "50", "reduce_only": True},
}


async def test_the_example_is_asked_about_answered_and_confirmed(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    draft = await ann.post("/api/rules", {"text": EXAMPLE}, 201)
    assert draft["state"] == "asking"
    assert draft["questions"][0]["about"] == "unit"
    early = await ann.post(f"/api/drafts/{draft['draft_id']}/confirm", {"revision": 1}, 409)
    assert early["code"] == "conflict"
    answered = await ann.post(f"/api/drafts/{draft['draft_id']}/answer", {"revision": 1, "option": 0}, 200)
    assert "Fires at $149.90" in " ".join(answered["read_back"])
    stale = await ann.post(f"/api/drafts/{draft['draft_id']}/confirm", {"revision": 1})
    assert stale.status == 409
    confirm = {"revision": answered["revision"]}
    done = await ann.post(f"/api/drafts/{draft['draft_id']}/confirm", confirm, 200)
    assert [rule["references"] for rule in done["rules"]] == [{"SOL-PERP": "150"}] * 2
    await ann.post(f"/api/drafts/{draft['draft_id']}/confirm", confirm, 409)
    shown = await ann.get(f"/api/drafts/{draft['draft_id']}")
    assert shown["rule_ids"] == done["rule_ids"]


async def test_rules_in_the_language_become_a_draft_read_back_by_code(api: Api) -> None:
    ann = await api.paper()
    draft = await ann.post("/api/rules", {"rules": [HALF_OUT]}, 201)
    assert draft["read_back"][0].startswith("When SOL-PERP is at $130.00 or lower: sell 50 %")
    assert draft["rules"][0]["condition"]["price"] == "130"
    assert draft["state"] == "awaiting_confirmation"


def _with(**changes: Any) -> list[dict[str, Any]]:
    rule = {**HALF_OUT, "condition": dict(HALF_OUT["condition"]), "action": dict(HALF_OUT["action"])}
    for place, value in changes.items():
        part, _, name = place.partition("__")
        if name:
            rule[part][name] = value
        else:
            rule[part] = value
    return [rule]


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        (_with(condition__market="DOGE-X"), "not listed"),
        (_with(condition__price="-1"), "above 0"),
        (_with(condition__price="NaN"), "finite"),
        (_with(condition__price=1e999), "finite"),
        (_with(action__amount_percent="150"), "at most 100"),
        (_with(action__amount_base="1"), "exactly one size"),
        (_with(action__amount_percent=None), "exactly one size"),
        (_with(after="r9"), "not in the set"),
        (_with(after="r1"), "circle"),
        (_with(condition={"type": "all", "conditions": []}), "two conditions"),
        (_with(condition={"type": "schedule", "cron": "61 * * * *"}), "cron"),
        (_with(condition={"type": "schedule", "every_s": 60, "timezone": "Mars/Base"}), "time zone"),
        (_with(condition={"type": "time", "at": "2026-01-01T00:00:00"}), "offset"),
        (_with(nonsense=1), "nonsense"),
        (_with() + _with(), "id of its own"),
        (_with(action={"type": "withdraw", "market": "SOL-PERP"}), "action"),
        (_with(action={"type": "alert", "message": "x" * 501}), "longer"),
    ],
)
async def test_rules_that_cannot_be_meant_are_refused_with_the_field(api: Api, rules: Any, fault: str) -> None:
    ann = await api.paper()
    answer = await ann.post("/api/rules", {"rules": rules}, 422)
    assert answer["code"] == "bad_input"
    assert fault in answer["detail"]
    assert (await ann.get("/api/drafts"))["drafts"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("withdraw 5 SOL to my wallet", "unsupported"),
        ("show my positions", "command"),
        ("colourless green ideas", "not_understood"),
    ],
)
async def test_words_that_are_no_rule_say_why(api: Api, words: str, code: str) -> None:
    ann = await api.paper()
    assert (await ann.post("/api/rules", {"text": words}, 422))["code"] == code


async def test_words_that_ask_for_something_else_are_told_where_that_is(api: Api) -> None:
    ann = await api.paper()
    answer = await ann.post("/api/rules", {"text": "show my rules"}, 422)
    assert (answer["detail"], answer["hint"]) == (
        "These words ask for your rules and make no rule.",
        "Use GET /api/rules.",
    )
    assert set(get_args(CommandName)) == set(ASKED_AT)


async def test_a_put_is_a_next_version_and_the_old_one_stays_armed_until_it_is_confirmed(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    old = (await ann.agree("if SOL drops below 140, sell half my position"))["rules"][0]
    path = f"/api/rules/{old['id']}"
    draft = await ann.call("PUT", path, {"text": "if SOL drops below 135, sell 30% of my position"}, expect=200)
    assert draft["replaces"] == old["id"]
    assert (await ann.get(path)).body == old
    done = await ann.post(f"/api/drafts/{draft['draft_id']}/confirm", {"revision": draft["revision"]}, 200)
    new = done["rules"][0]
    assert (new["id"], new["number"], new["version"], new["state"]) == (old["id"], old["number"], 2, "armed")
    assert new["spec"]["condition"]["price"] == "135"
    assert new["spec"]["action"]["amount_percent"] == "30"
    again = await ann.call("PUT", path, {"rule": {**new["spec"], "oco_group": None}}, expect=200)
    await ann.call("DELETE", path, expect=200)
    late = await ann.post(f"/api/drafts/{again['draft_id']}/confirm", {"revision": again["revision"]}, 409)
    assert "cannot be changed" in late["detail"]
    assert (await ann.get(path))["state"] == "cancelled"
    await ann.call("PUT", path, {"text": "if SOL drops below 135, sell half my position"}, expect=409)


async def test_a_put_of_two_rules_or_of_no_rule_changes_nothing(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    old = (await ann.agree("if SOL drops below 140, sell half my position"))["rules"][0]
    for words in ("TP 180, SL 130", "what a day"):
        await ann.call("PUT", f"/api/rules/{old['id']}", {"text": words}, expect=422)
    assert (await ann.get(f"/api/rules/{old['id']}")).body == old


async def test_toggle_switches_armed_and_paused_and_says_no_to_what_is_over(api: Api) -> None:
    ann = await api.paper()
    rule = (await ann.agree("tell me when SOL is above 200"))["rules"][0]
    path = f"/api/rules/{rule['id']}"
    assert (await ann.post(f"{path}/toggle", expect=200))["state"] == "paused"
    assert (await ann.post(f"{path}/toggle", expect=200))["state"] == "armed"
    assert (await ann.call("DELETE", path, expect=200))["state"] == "cancelled"
    assert (await ann.post(f"{path}/toggle", expect=409))["code"] == "conflict"
    await ann.call("DELETE", path, expect=409)
    assert (await ann.get("/api/rules"))["rules"] == []
    assert [kept["id"] for kept in (await ann.get("/api/rules?state=all"))["rules"]] == [rule["id"]]


async def test_a_list_never_shows_what_was_before_the_last_change(api: Api) -> None:
    ann = await api.paper()
    for count in range(1, 6):
        await ann.agree(f"tell me when SOL is above {200 + count}")
        assert len((await ann.get("/api/rules"))["rules"]) == count
    await ann.post("/api/rules/bulk", {"do": "pause", "all": True}, 200)
    assert {rule["state"] for rule in (await ann.get("/api/rules"))["rules"]} == {"paused"}
    await ann.post("/api/rules/bulk", {"do": "cancel", "market": "BTC-PERP"}, 200)
    assert len((await ann.get("/api/rules"))["rules"]) == 5


async def test_closing_is_a_draft_and_the_owners_word_is_needed(api: Api) -> None:
    ann = await api.paper()
    await ann.post("/api/positions/SOL-PERP/close", expect=404)
    await api.hold(ann)
    draft = await ann.post("/api/positions/SOL-PERP/close", {"amount_percent": "50"}, 201)
    assert draft["state"] == "awaiting_confirmation"
    assert draft["rules"][0]["action"] == {
        "type": "close",
        "market": "SOL-PERP",
        "amount_percent": "50",
        "order": {"type": "market", "max_slippage_bps": 50},
    }
    assert (await ann.get("/api/positions"))["positions"][0]["base"] == "2"
    await ann.post("/api/positions/SOL-PERP/close", {"amount_percent": "0"}, 422)
    await ann.post("/api/positions/SOL-PERP/close", {"amount_percent": "101"}, 422)


async def test_what_is_said_anew_is_never_taken_for_the_answer_to_another_draft(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    asking = await ann.post("/api/rules", {"text": EXAMPLE}, 201)
    assert (await ann.post("/api/rules", {"text": "dollars"})).status == 422
    answered = await ann.post(f"/api/drafts/{asking['draft_id']}/answer", {"text": "dollars"}, 200)
    assert answered["state"] == "awaiting_confirmation"


async def test_everything_pauses_resumes_and_dies_at_its_owners_word(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    await ann.agree("if SOL drops below 140, sell half my position")
    assert (await ann.post("/api/pause", expect=200)).body == {"paused": True}
    assert (await ann.get("/api/rules"))["rules"][0]["state"] == "paused"
    assert (await ann.post("/api/resume", expect=200)).body == {"paused": False}
    killed = await ann.post("/api/kill", expect=200)
    assert killed.body == {"rules_paused": 1, "orders_cancelled": 0, "positions": ["2 SOL-PERP"]}
    assert (await ann.get("/api/account"))["paused"]


async def test_words_and_rules_are_two_views_of_the_same_set_and_reading_them_keeps_nothing(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    asked = await ann.post("/api/readings", {"text": EXAMPLE}, 200)
    assert (asked["kind"], asked["questions"][0]["about"]) == ("question", "unit")
    read = await ann.post("/api/readings", {"text": "buy 2 SOL when it drops $5, stop at 120"}, 200)
    assert read["kind"] == "rules"
    assert len(read["rules"]) == 2
    by_form = await ann.post("/api/readings", {"rules": read["rules"]}, 200)
    assert by_form["sentence"] == read["sentence"]
    by_words = await ann.post("/api/readings", {"text": read["sentence"]}, 200)
    assert by_words["rules"] == read["rules"]
    none = await ann.post("/api/readings", {"text": "hello there"}, 200)
    assert (none["kind"], none["sentence"], none["rules"]) == ("not_understood", "", [])
    assert "Tell me" in none["reason"]
    await ann.post("/api/readings", {"rules": _with(condition__price="-1")}, 422)
    assert (await ann.get("/api/drafts"))["drafts"] == []
