"""Confirming: claimed once, checked anew, frozen at that instant; what is refused arms nothing and can come again."""

import asyncio
from datetime import timedelta

import pytest

from core.domain.action import Alert
from core.domain.condition import PriceChange
from core.domain.errors import Conflict, Denied, NotFound, PriceUnavailable, VenuePaused
from core.domain.event import RuleAmended, RuleArmed, RuleConfirmed
from core.domain.owner import DraftState
from core.domain.rule import Rule, RuleState
from core.flow.draft import LIFE
from core.ports import VenueStatus
from tests.core.flow.bench import ETH, SOL, Bench, D, above, below, buy, sell, spec

DROP = PriceChange(
    market=SOL, direction="down", threshold=D("0.1"), unit="usd", reference="current_price", window_s=None
)


async def test_a_confirmed_draft_is_armed_and_says_where_it_fires() -> None:
    bench = await Bench().open("100", position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    assert (rule.state, rule.number, rule.bound_side) == (RuleState.ARMED, 1, "long")
    (armed,) = await bench.events(RuleArmed)
    assert (armed.why, armed.trigger_prices) == ("confirmed", (D(95),))


async def test_a_second_confirmation_arms_nothing() -> None:
    bench = await Bench().open()
    draft = await bench.draft(spec(below("95"), buy()))
    await bench.agree(draft)
    with pytest.raises(Conflict, match="confirmed already"):
        await bench.agree(draft)
    assert len(await bench.events(RuleArmed)) == 1


async def test_two_devices_at_once_arm_one_set() -> None:
    bench = await Bench().open()
    draft = await bench.draft(spec(below("95"), buy()))
    scene = await bench.scene()
    came = await asyncio.gather(*(bench.agree(draft, scene) for _ in range(5)), return_exceptions=True)
    assert [len(one) for one in came if isinstance(one, list)] == [1]
    assert sum(isinstance(one, Conflict) for one in came) == 4
    assert len(await bench.events(RuleConfirmed)) == 1


async def test_an_expired_draft_is_stored_as_expired_and_arms_nothing() -> None:
    bench = await Bench().open()
    draft = await bench.draft(spec(below("95"), buy()))
    bench.pass_time(seconds=LIFE.total_seconds())
    with pytest.raises(Conflict, match="expired"):
        await bench.agree(draft)
    async with bench.store.begin(bench.ann) as tx:
        kept = await tx.draft(draft.id)
    assert kept is not None
    assert kept.state is DraftState.EXPIRED
    assert await bench.events(RuleArmed) == []


async def test_a_draft_is_good_until_its_last_second() -> None:
    bench = await Bench().open()
    draft = await bench.draft(spec(below("95"), buy()))
    bench.pass_time(seconds=LIFE.total_seconds() - 1)
    assert len(await bench.agree(draft)) == 1


async def test_an_older_card_is_told_so() -> None:
    bench = await Bench().open()
    draft = await bench.draft(spec(below("95"), buy()), revision=2)
    with pytest.raises(Conflict, match="older than your last change"):
        await bench.agree(draft, revision=1)
    assert len(await bench.agree(draft)) == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [(DraftState.ASKING, "question is still open"), (DraftState.CANCELLED, "was cancelled")],
)
async def test_what_is_not_awaiting_confirmation_is_not_confirmed(state: DraftState, words: str) -> None:
    bench = await Bench().open()
    draft = await bench.draft(spec(below("95"), buy()), state=state)
    with pytest.raises(Conflict, match=words):
        await bench.agree(draft)


async def test_somebody_elses_draft_looks_like_none() -> None:
    bench = await Bench().open()
    bob = await bench.owner("bob")
    draft = await bench.draft(spec(below("95"), buy()))
    with pytest.raises(NotFound, match="no such draft of yours"):
        await bench.agree(draft, owner=bob)
    assert len(await bench.agree(draft)) == 1


async def test_a_paused_venue_takes_no_confirmation_of_a_trade_and_the_draft_stays() -> None:
    bench = await Bench().open()
    draft = await bench.draft(spec(below("95"), buy()))
    paused = await bench.scene(venue=VenueStatus(state="paused", reason="maintenance"))
    with pytest.raises(VenuePaused, match="maintenance"):
        await bench.agree(draft, paused)
    assert len(await bench.agree(draft)) == 1


async def test_an_alert_is_confirmed_while_the_venue_is_paused() -> None:
    bench = await Bench().open()
    draft = await bench.draft(spec(below("95"), Alert()))
    paused = await bench.scene(venue=VenueStatus(state="lost", reason="no answer"))
    assert len(await bench.agree(draft, paused)) == 1


async def test_current_price_needs_a_fresh_price() -> None:
    bench = await Bench().open(position="2")
    draft = await bench.draft(spec(DROP, sell()))
    with pytest.raises(PriceUnavailable, match=SOL):
        await bench.agree(draft, await bench.scene(prices={}))
    assert len(await bench.agree(draft)) == 1


async def test_current_price_is_frozen_when_confirmed_not_when_drafted() -> None:
    bench = await Bench().open("100", position="2")
    draft = await bench.draft(spec(DROP, sell()))
    await bench.see("103")
    (rule,) = await bench.agree(draft)
    assert rule.references == {SOL: D(103)}
    await bench.work()
    await bench.see("102.91")
    assert (await bench.rule(rule)).state is RuleState.ARMED
    await bench.see("102.9")
    assert (await bench.rule(rule)).trigger_no == 1


@pytest.mark.parametrize(
    ("action", "limits", "words"),
    [
        (buy("2"), {"max_order_usd": D(100)}, "over your limit of .100.00 each"),
        (buy(None, amount_usd=D(500)), {"max_order_usd": D(499)}, "500.00"),
        (buy(None, margin_usd=D(50), leverage=D(5)), {"max_order_usd": D(200)}, "250.00"),
        (buy(None, amount_percent=D(50)), {"max_order_usd": D(4_994)}, "4,995.00"),
        (buy(None, margin_usd=D(50), leverage=D(5)), {"max_leverage": D(4)}, "5x is over your limit of 4x"),
        (buy(None, margin_usd=D(5), leverage=D(25)), {"max_leverage": D(50)}, "allows at most 20x"),
        (buy("1"), {"max_slippage_bps": 20}, "slippage of 50 bps"),
        (sell("50"), {"max_slippage_bps": 20}, "slippage of 50 bps"),
    ],
)
async def test_a_limit_refuses_and_the_draft_stays(action: object, limits: dict[str, object], words: str) -> None:
    bench = await Bench().open(position="2")
    await bench.limit(**limits)
    draft = await bench.draft(spec(above("120"), action))  # type: ignore[arg-type]
    with pytest.raises(Denied, match=words):
        await bench.agree(draft)
    await bench.limit(max_leverage=D(50))
    if "20x" not in words:
        assert len(await bench.agree(draft)) == 1


async def test_an_exit_is_not_measured_by_size() -> None:
    bench = await Bench().open(position="50")
    await bench.limit(max_order_usd=D(1))
    assert len(await bench.arm(spec(below("95"), sell()))) == 1


async def test_a_level_reached_since_the_card_warns_once_and_can_be_confirmed_again() -> None:
    bench = await Bench().open("100")
    draft = await bench.draft(spec(below("95"), buy()))
    await bench.see("94")
    with pytest.raises(Conflict, match="past the level of r1 already"):
        await bench.agree(draft)
    assert await bench.events(RuleArmed) == []
    (amended,) = await bench.events(RuleAmended)
    assert amended.draft_id == draft.id
    async with bench.store.begin(bench.ann) as tx:
        warned = await tx.draft(draft.id)
    assert warned is not None
    assert warned.revision == draft.revision + 1
    assert "fires at once" in warned.summary
    with pytest.raises(Conflict, match="older than your last change"):
        await bench.agree(draft)
    assert len(await bench.agree(warned)) == 1


async def test_a_warning_gives_the_draft_its_time_anew() -> None:
    bench = await Bench().open("100")
    draft = await bench.draft(spec(below("95"), buy()))
    await bench.see("94")
    bench.pass_time(minutes=10)
    with pytest.raises(Conflict):
        await bench.agree(draft)
    async with bench.store.begin(bench.ann) as tx:
        warned = await tx.draft(draft.id)
    assert warned is not None
    assert warned.expires_at == bench.clock.now() + LIFE


async def test_an_exit_behind_an_entry_waits_and_is_bound_to_nothing_yet() -> None:
    bench = await Bench().open("100")
    entry, stop = await bench.arm(spec(below("95"), buy()), spec(below("90"), sell(), "r2", after="r1"))
    assert (stop.state, stop.after_rule, stop.bound_side) == (RuleState.WAITING, entry.id, None)


async def test_an_exit_of_the_other_side_is_bound_to_no_position() -> None:
    bench = await Bench().open("100", position="-2")
    (rule,) = await bench.arm(spec(below("90"), sell()))
    assert rule.bound_side is None


async def test_rules_are_numbered_on_across_sets() -> None:
    bench = await Bench().open("100")
    await bench.arm(spec(below("95"), buy()), spec(below("94"), buy(), "r2"))
    (third,) = await bench.arm(spec(below("93"), buy()))
    assert third.label == "r3"


async def test_what_is_refused_changes_nothing_stored() -> None:
    bench = await Bench().open("100")
    draft = await bench.draft(spec(below("95"), buy(market=ETH)))
    await bench.limit(max_slippage_bps=1)
    with pytest.raises(Denied):
        await bench.agree(draft)
    rules: list[Rule]
    async with bench.store.begin(bench.ann) as tx:
        rules = await tx.rules()
        kept = await tx.draft(draft.id)
    assert (rules, kept) == ([], draft)


async def test_the_confirmation_leads_back_to_the_sentence() -> None:
    bench = await Bench().open("100", position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    await bench.see("95")
    log = bench.store.event_log
    (walk,) = await bench.happened("order.filled")
    seen: list[str] = [walk.name]
    while walk.cause is not None and (before := log.event(walk.cause)) is not None:
        walk = before
        seen.append(walk.name)
    assert seen[-1] == "rule.confirmed"
    assert seen.index("rule.triggered") < seen.index("rule.armed")
    assert (await bench.rule(rule)).state is RuleState.COMPLETED
    assert bench.clock.now() - rule.created_at < timedelta(minutes=1)
