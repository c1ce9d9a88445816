"""Drafts as they are drawn up, answered and dropped; what the words mean is the parser's business."""

import pytest

from core.domain.errors import BadInput, Conflict, NotFound
from core.domain.event import RuleArmed, RuleDrafted
from core.domain.owner import Draft, DraftState
from core.flow.draft import LIFE, choose, drop, find, say
from core.parse.grammar import GrammarParser
from tests.core.flow.bench import SOL, Bench, D

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)


async def said(bench: Bench, words: str = SENTENCE) -> Draft:
    parser = GrammarParser()
    draft = await say(
        bench.store,
        parser,
        parser,
        bench.clock,
        owner=bench.ann,
        words=words,
        channel="console",
        scene=await bench.scene(),
    )
    assert isinstance(draft, Draft)
    return draft


async def chosen(bench: Bench, draft: Draft, option: int = 0, **changes: int) -> Draft:
    return await choose(
        bench.store,
        bench.clock,
        owner=bench.ann,
        draft_id=draft.id,
        revision=changes.get("revision", draft.revision),
        question=0,
        option=option,
        scene=await bench.scene(),
    )


async def test_an_open_question_is_a_draft_that_asks_and_arms_nothing() -> None:
    bench = await Bench().open("150", position="2")
    draft = await said(bench)
    assert draft.state is DraftState.ASKING
    with pytest.raises(Conflict, match="question is still open"):
        await bench.agree(draft)
    assert len(await bench.events(RuleDrafted)) == 1
    assert await bench.events(RuleArmed) == []


async def test_an_answer_makes_it_confirmable_with_prices_frozen_then() -> None:
    bench = await Bench().open("150", position="2")
    draft = await chosen(bench, await said(bench))
    assert (draft.state, draft.revision) == (DraftState.AWAITING_CONFIRMATION, 2)
    await bench.see("151")
    rules = await bench.agree(draft)
    assert [rule.references for rule in rules] == [{SOL: D(151)}, {SOL: D(151)}]


async def test_an_answer_on_an_older_card_or_to_no_option_is_told_so() -> None:
    bench = await Bench().open("150", position="2")
    draft = await said(bench)
    with pytest.raises(BadInput, match="no such option"):
        await chosen(bench, draft, 99)
    await chosen(bench, draft)
    with pytest.raises(Conflict, match="answered already"):
        await chosen(bench, draft)


async def test_a_dropped_draft_cannot_be_confirmed_and_dropping_twice_is_no_error() -> None:
    bench = await Bench().open("150", position="2")
    draft = await said(bench)
    for _ in range(2):
        dropped = await drop(bench.store, bench.clock, owner=bench.ann, draft_id=draft.id)
        assert dropped.state is DraftState.CANCELLED
    with pytest.raises(Conflict, match="was cancelled"):
        await bench.agree(draft)


async def test_a_confirmed_draft_cannot_be_dropped() -> None:
    bench = await Bench().open("150", position="2")
    draft = await chosen(bench, await said(bench))
    await bench.agree(draft)
    with pytest.raises(Conflict, match="its rules are armed"):
        await drop(bench.store, bench.clock, owner=bench.ann, draft_id=draft.id)


async def test_an_expired_draft_is_found_as_expired_and_by_nobody_else() -> None:
    bench = await Bench().open("150", position="2")
    draft = await said(bench)
    bob = await bench.owner("bob")
    with pytest.raises(NotFound):
        await find(bench.store, bench.clock, bob, draft.id)
    bench.pass_time(seconds=LIFE.total_seconds())
    assert (await find(bench.store, bench.clock, bench.ann, draft.id)).state is DraftState.EXPIRED
    with pytest.raises(Conflict, match="expired"):
        await chosen(bench, draft)
