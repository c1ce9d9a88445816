"""What people write and press → what the core is asked and what they read back."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.channel import Inbound
from bots.dialogue import Dialogue
from core.domain.errors import BadInput, Denied, StorageUnavailable
from core.domain.reading import Command, ParseResult
from core.domain.rule import RuleState
from core.feed.card import Card
from tests.bots.scripted import READ, ScriptedCore
from tests.clock import START

SENTENCE = "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."


class Talk:
    """A person at one address of a channel, and the core behind it."""

    def __init__(self) -> None:
        self.core = ScriptedCore()
        self.dialogue = Dialogue(self.core, self.core.clock)

    async def say(self, text: str, *, waited_s: float = 0) -> list[Card]:
        return await self.dialogue.answer(self._inbound(text, None, waited_s))

    async def press(self, card: Card, label: str, *, waited_s: float = 0) -> list[Card]:
        button = next(b for row in card.buttons for b in row if b.label.startswith(label))
        return await self.dialogue.answer(self._inbound("", button.verb, waited_s))

    async def verb(self, verb: str) -> list[Card]:
        return await self.dialogue.answer(self._inbound("", verb, 0))

    def _inbound(self, text: str, verb: str | None, waited_s: float) -> Inbound:
        sent_at = self.core.clock.now() - timedelta(seconds=waited_s)
        return Inbound(channel="console", address="local", text=text, verb=verb, sent_at=sent_at)


@pytest.fixture
def talk() -> Talk:
    return Talk()


def labels(card: Card) -> list[str]:
    return [button.label for row in card.buttons for button in row]


async def test_the_sentence_is_asked_about_answered_read_back_and_confirmed(talk: Talk) -> None:
    [question] = await talk.say(SENTENCE)
    assert question.title == "Dollars or percent?"
    assert labels(question)[:2] == [
        "$0.10 and $0.20: fires at $149.90 / $150.20",
        "10 % and 20 %: fires at $135.00 / $180.00",
    ]
    [draft] = await talk.press(question, "$0.10")
    assert draft.title == "Confirm this?"
    assert labels(draft) == ["Confirm", "Edit", "Cancel"]
    assert draft.key == question.key
    [armed] = await talk.press(draft, "Confirm")
    assert armed.title == "Confirmed: r1, r2"
    assert armed.lines[0].startswith("r1: When SOL-PERP falls $0.10 from $150.00, to $149.90 or lower: sell 50 %")
    assert armed.key == question.key
    assert [call[0] for call in talk.core.calls] == ["say", "answer", "confirm"]


async def test_the_confirmation_says_until_when_in_the_owners_time(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [draft] = await talk.say(SENTENCE)
    assert draft.lines[-1] == ("Nothing is armed until you confirm; this offer ends Mon 2 Mar 2026, 13:15 UTC+01:00.")


async def test_confirming_twice_arms_once_and_says_so(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [draft] = await talk.say(SENTENCE)
    await talk.press(draft, "Confirm")
    refused, shown = await talk.press(draft, "Confirm")
    assert refused.title == "This was confirmed already; it is armed once."
    assert refused.key is None
    assert (shown.title, shown.key, shown.buttons) == ("Confirmed", draft.key, ())


async def test_an_old_card_shows_the_new_one_instead_of_confirming(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [old] = await talk.say(SENTENCE)
    await talk.press(old, "Edit")
    [new] = await talk.say("sell 25% if SOL drops $0.1")
    refused, shown = await talk.press(old, "Confirm")
    assert refused.title == "This card is older than your last change."
    assert shown == new


async def test_edit_takes_the_next_words_as_the_change(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [draft] = await talk.say(SENTENCE)
    [asked] = await talk.press(draft, "Edit")
    assert asked.title == "What should change?"
    [changed] = await talk.say("sell 25% if SOL drops $0.1")
    assert changed.title == "Confirm this?"
    await talk.say("thanks")
    assert talk.core.calls[-2:] == [("amend", "d_1", "sell 25% if SOL drops $0.1"), ("say", "thanks")]


async def test_words_that_change_nothing_leave_the_next_ones_meant_for_the_same_draft(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [draft] = await talk.say(SENTENCE)
    await talk.press(draft, "Edit")
    talk.core.drafts.problem = BadInput("That is no rule.", "The draft is unchanged.")
    [refused] = await talk.say("hm")
    assert refused.lines == ("The draft is unchanged. “cancel” leaves it as it is.",)
    talk.core.drafts.problem = None
    await talk.say("make it 25%")
    assert talk.core.calls[-2:] == [("amend", "d_1", "hm"), ("amend", "d_1", "make it 25%")]
    await talk.press(draft, "Edit")
    assert (await talk.say("positions"))[0].title.startswith("Your positions")


async def test_a_rule_s_edit_is_its_next_version_and_the_old_one_stays_until_it_is_confirmed(talk: Talk) -> None:
    [listed] = await talk.say("/rules")
    [asked] = await talk.press(listed, "Edit r1")
    assert asked.title == "What should change about r1?"
    assert asked.lines[1].startswith("r1 stays as it is until you confirm the change: When SOL-PERP falls $0.10")
    [draft] = await talk.say("make it 25%")
    assert draft.title == "Change r1 to this?"
    assert draft.lines[-1].startswith("r1 stays as it is until you confirm; this offer ends")
    [changed] = await talk.press(draft, "Confirm")
    assert (changed.title, labels(changed)) == ("Changed: r1", ["My rules"])
    rule = talk.core.rules.rows[0]
    assert talk.core.calls == [("revise", rule.id), ("amend", "d_1", "make it 25%"), ("confirm", "d_1", 2)]


async def test_commands_and_cancel_still_work_while_editing(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [draft] = await talk.say(SENTENCE)
    await talk.press(draft, "Edit")
    [balance] = await talk.say("/balance")
    assert balance.title.startswith("Equity")
    [dropped] = await talk.say("cancel")
    assert dropped.title == "Dropped"


async def test_a_typed_confirm_means_the_draft_that_was_shown(talk: Talk) -> None:
    talk.core.drafts.result = READ
    await talk.say(SENTENCE)
    [armed] = await talk.say("Confirm.")
    assert armed.title == "Confirmed: r1, r2"
    assert ("confirm", "d_1", 1) in talk.core.calls


@pytest.mark.parametrize("word", ["yes", "ok", "1", "confirm all", "do it"])
async def test_no_other_word_confirms(talk: Talk, word: str) -> None:
    talk.core.drafts.result = READ
    await talk.say(SENTENCE)
    await talk.say(word)
    assert talk.core.calls[-1] == ("say", word)


async def test_words_that_change_nothing_of_a_waiting_draft_say_so(talk: Talk) -> None:
    read, nothing = talk.core.drafts.result, ParseResult(kind="not_understood", reason="I did not understand that.")
    talk.core.drafts.result = nothing
    [before] = await talk.say("blah")
    assert "unchanged" not in "".join(before.lines)
    talk.core.drafts.result = read
    await talk.say(SENTENCE)
    talk.core.drafts.result = nothing
    [after] = await talk.say("blah")
    assert after.lines[-1] == "Still open: Dollars or percent?"


async def test_a_typed_confirm_answers_no_question(talk: Talk) -> None:
    await talk.say(SENTENCE)
    await talk.say("confirm")
    assert talk.core.calls[-1] == ("say", "confirm")


async def test_a_typed_confirm_with_nothing_shown_is_just_words(talk: Talk) -> None:
    await talk.say("confirm")
    assert talk.core.calls == [("say", "confirm")]


async def test_buttons_work_after_a_restart(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [draft] = await talk.say(SENTENCE)
    talk.dialogue = Dialogue(talk.core, talk.core.clock)
    [armed] = await talk.press(draft, "Confirm")
    assert armed.title == "Confirmed: r1, r2"


async def test_a_confirmation_that_waited_is_refused_and_offered_again(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [draft] = await talk.say(SENTENCE)
    [late] = await talk.press(draft, "Confirm", waited_s=61)
    assert late.title == "Not done: you sent this 1 minute 1 second ago"
    assert "confirm" not in [call[0] for call in talk.core.calls]
    [armed] = await talk.press(late, "Do it now")
    assert armed.title == "Confirmed: r1, r2"


@pytest.mark.parametrize(
    ("command", "again"),
    [
        (Command(name="kill"), "c:/kill"),
        (Command(name="cancel_orders", market="SOL-PERP"), "c:/cancel SOL-PERP"),
        (Command(name="cancel_rules", rule_ids=("r1", "r2")), "c:/delete r1 r2"),
        (Command(name="cancel_rules", all=True), "c:/delete all"),
        (Command(name="resume_rules"), "c:/resume"),
    ],
)
async def test_a_money_command_that_waited_is_refused_and_offered_again(
    talk: Talk, command: Command, again: str
) -> None:
    talk.core.drafts.result = ParseResult(kind="command", command=command)
    [late] = await talk.say("do it", waited_s=61)
    assert late.title.startswith("Not done")
    assert late.buttons[0][0].verb == again
    assert talk.core.calls == [("say", "do it")]
    await talk.press(late, "Do it now")
    assert len(talk.core.calls) > 1


async def test_a_late_pause_is_done_because_not_pausing_could_cost(talk: Talk) -> None:
    [card] = await talk.say("/pause", waited_s=3600)
    assert card.title == "All rules are paused"


async def test_resuming_everything_leaves_what_was_paused_on_purpose(talk: Talk) -> None:
    talk.core.rules.rows[1] = replace(talk.core.rules.rows[1], state=RuleState.PAUSED)
    await talk.say("/pause")
    [card] = await talk.say("/resume")
    assert card.lines[0].startswith("r1. Where a condition holds already, an exit acts at once")
    assert card.lines[1:] == ("Still paused by themselves: r2.",)
    assert [call[0] for call in talk.core.calls] == ["pause everything", "resume everything"]
    await talk.press(card, "Resume these too")
    assert talk.core.calls[-1] == ("resume", Command(name="resume_rules", all=True))


async def test_what_is_said_while_everything_is_paused_offers_to_resume_first(talk: Talk) -> None:
    talk.core.drafts.result = READ
    await talk.say("/pause")
    [draft] = await talk.say(SENTENCE)
    assert "Everything of yours is paused: say “resume” before you confirm this." in draft.lines
    assert labels(draft) == ["Confirm", "Edit", "Cancel", "Resume"]
    await talk.press(draft, "Resume")
    assert talk.core.calls[-1] == ("resume everything",)


async def test_kill_tells_what_stays_open(talk: Talk) -> None:
    [card] = await talk.say("/kill")
    assert card.title == "Everything is stopped"
    assert "   2 SOL long" in card.lines


async def test_a_rule_is_paused_by_its_button(talk: Talk) -> None:
    [rules] = await talk.say("/rules")
    [paused] = await talk.press(rules, "Pause r2")
    assert paused.title == "Paused: r2"
    assert talk.core.calls[-1] == ("pause", Command(name="pause_rules", rule_ids=("r2",)))


async def test_closing_from_the_positions_card_opens_a_draft_and_trades_nothing(talk: Talk) -> None:
    talk.core.drafts.result = READ
    [positions] = await talk.say("/positions")
    [draft] = await talk.press(positions, "Close 50 %")
    assert talk.core.calls == [("say", "close 50% of my SOL-PERP position")]
    assert draft.title == "Confirm this?"


async def test_a_missed_rule_is_run_through_a_draft_or_skipped(talk: Talk) -> None:
    [draft] = await talk.verb("r:run:r_9")
    assert draft.title == "Confirm this?"
    [skipped] = await talk.verb("r:skip:r_9")
    assert skipped.title == "r1 skipped"
    assert talk.core.calls == [("again", "r_9"), ("skip", "r_9")]


async def test_an_honest_no_says_why(talk: Talk) -> None:
    talk.core.drafts.result = ParseResult(kind="unsupported", reason="No swaps: say what to do with a perp instead.")
    [card] = await talk.say("swap sol for usdc")
    assert card == Card(
        title="SayWhen does not do that",
        lines=("No swaps: say what to do with a perp instead.",),
        tone="warn",
        public=True,
    )


async def test_a_command_without_its_slash_is_offered_and_not_taken(talk: Talk) -> None:
    talk.core.drafts.result = ParseResult(kind="not_understood", reason="I did not understand “delete”.")
    [card] = await talk.say("delete all")
    assert labels(card) == ["/delete all"]
    assert [what for what, *_ in talk.core.calls] == ["say"]
    await talk.press(card, "/delete all")
    assert [what for what, *_ in talk.core.calls] == ["say", "cancel rules"]
    [plain] = await talk.say("broadcast now")  # not a command of theirs
    assert labels(plain) == []


async def test_errors_are_told_with_what_to_do(talk: Talk) -> None:
    talk.core.drafts.problem = Denied("Your limits say no", "Edit the rule.")
    [card] = await talk.say(SENTENCE)
    assert (card.title, card.lines, card.tone) == ("Your limits say no", ("Edit the rule.",), "bad")


async def test_a_broken_core_still_gives_an_answer(talk: Talk) -> None:
    talk.core.drafts.problem = RuntimeError("secret detail")
    [card] = await talk.say(SENTENCE)
    assert card.title == "Something broke on our side"
    assert "secret" not in str(card)
    talk.core.drafts.problem = TimeoutError()
    [card] = await talk.say(SENTENCE)
    assert card.title == "That took too long, so it was given up"


@pytest.mark.parametrize("verb", ["d:ok:d_1", "nonsense", "d:ok:nobody:1"])
async def test_a_button_of_a_stranger_does_nothing(talk: Talk, verb: str) -> None:
    [card] = await talk.verb(verb)
    assert card.tone == "bad"
    assert not [call for call in talk.core.calls if call[0] == "confirm" and call[1] != "nobody"]


@pytest.mark.parametrize("text", ["", "   ", "\x00", "/", "/nonsense", "/history x", "/trades 0", "/rule"])
async def test_what_cannot_be_done_is_told_without_asking_the_core(talk: Talk, text: str) -> None:
    [card] = await talk.say(text)
    assert card.tone == "bad"
    assert card.lines
    assert talk.core.calls == []


async def test_what_cannot_be_stored_is_left_out_of_the_words(talk: Talk) -> None:
    await talk.say("sell\x00 half")
    assert talk.core.calls == [("say", "sell half")]


@given(
    st.lists(st.text(max_size=40) | st.sampled_from(["confirm", "edit", "cancel", "/pause r1", "/delete"]), max_size=4)
)
async def test_whatever_is_typed_gets_cards(texts: list[str]) -> None:
    talk = Talk()
    for text in texts:
        cards = await talk.say(text)
        assert cards
        assert all(card.title for card in cards)


async def test_two_people_do_not_confirm_each_others_draft(talk: Talk) -> None:
    talk.core.drafts.result = READ
    await talk.say(SENTENCE)
    other = Inbound(channel="console", address="somebody else", text="confirm", sent_at=START)
    await talk.dialogue.answer(other)
    assert talk.core.calls[-1] == ("say", "confirm")
    assert all(a != b for a, b in pairwise(talk.core.calls))


async def test_a_database_that_is_away_is_no_business_of_who_writes(talk: Talk) -> None:
    talk.core.drafts.problem = StorageUnavailable(
        "Expected a connection to PostgreSQL, was: refused.", "See DATABASE_URL."
    )
    [card] = await talk.say(SENTENCE)
    assert card.title == "SayWhen's database does not answer just now"
    assert "PostgreSQL" not in str(card)
    assert "DATABASE_URL" not in str(card)
