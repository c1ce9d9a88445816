"""Whoever stops rules is told what stays: positions that nothing guards any more, orders of rules that fired."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.action import Alert
from core.domain.order import OrderState
from core.domain.rule import RuleState
from tests import samples
from tests.bots.scripted import ME
from tests.bots.test_dialogue import Talk, labels

D = Decimal
BARE = "Still open, with no rule guarding: 2 SOL long."


@pytest.fixture
def talk() -> Talk:
    return Talk()


async def test_deleting_the_last_guard_names_the_position(talk: Talk) -> None:
    talk.core.rules.rows = talk.core.rules.rows[:1]
    [card] = await talk.say("/delete r1")
    assert card.title == "Deleted: r1"
    assert BARE not in card.lines  # the scripted rule is there still
    talk.core.rules.rows[0] = replace(talk.core.rules.rows[0], state=RuleState.PAUSED)
    [card] = await talk.say("/delete r1")
    assert card.lines == ("Gone for good; say it again to have it back.", BARE)
    assert card.tone == "warn"


async def test_what_only_tells_guards_nothing(talk: Talk) -> None:
    [one, two] = talk.core.rules.rows
    talk.core.rules.rows = [replace(one, spec=replace(one.spec, action=Alert())), replace(two, state=RuleState.PAUSED)]
    [card] = await talk.say("/pause r2")
    assert BARE in card.lines


async def test_pausing_everything_names_what_nothing_guards(talk: Talk) -> None:
    [card] = await talk.say("/pause")
    assert BARE in card.lines


async def test_a_rule_that_fired_is_not_called_deleted_and_its_order_is_named(talk: Talk) -> None:
    [one, two] = talk.core.rules.rows
    fired = replace(one, state=RuleState.FIRING)
    order = replace(samples.signed(samples.order(fired)), state=OrderState.ACCEPTED, limit_price=D(148))
    talk.core.rules.rows, talk.core.account.open_orders = [fired, two], [order]

    async def cancel(owner: object, selection: object) -> list[object]:
        talk.core.rules.rows = [rule for rule in talk.core.rules.rows if rule.state is RuleState.FIRING]
        return [two]

    talk.core.rules.cancel = cancel  # type: ignore[method-assign, assignment]
    [card] = await talk.say("/delete all")
    assert card.title == "Deleted: r2"
    assert "r1 has fired already: sell 1.5 SOL at $148.00. It stays until filled or cancelled." in card.lines
    assert labels(card) == ["Cancel open orders on SOL-PERP"]
    [rules] = await talk.say("/rules")
    assert "   its order: sell 1.5 SOL at $148.00, resting" in rules.lines
    await talk.press(card, "Cancel open orders")
    assert talk.core.calls[-1] == ("cancel orders", "SOL-PERP")
    assert fired.owner == ME


async def test_positions_say_which_rules_guard_them(talk: Talk) -> None:
    [card] = await talk.say("/positions")
    assert "   guarded by r1, r2" in card.lines
    await talk.say("/pause")
    [card] = await talk.say("/positions")
    assert "   no rule guards it" in card.lines


async def test_resuming_where_nothing_is_paused_says_so(talk: Talk) -> None:
    talk.core.rules.rows = []
    [card] = await talk.say("/resume")
    assert card.title == "Nothing of yours is paused"
