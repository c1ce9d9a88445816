"""A few words that are no rule and no question, and mean something only beside what is open; they arm nothing."""

from core.domain.owner import DraftState
from core.feed.card import Card

_AGREEING = frozenset({
    "yes", "y", "yep", "yeah", "yup", "sure", "ok", "okay", "go", "go ahead", "do it", "confirm", "confirm it",
    "confirmed", "yes please", "please do", "sounds good", "lgtm", "agreed", "right", "correct", "yes do it",
})  # fmt: skip
_REFUSING = frozenset(
    {"no", "n", "nope", "nah", "no thanks", "no thank you", "don't", "dont", "do not", "not that", "wrong"}
)
_DROPPING = frozenset({
    "cancel", "cancel it", "cancel that", "drop it", "drop that", "never mind", "nevermind", "forget it", "forget that",
    "scrap that", "abort",
})  # fmt: skip
_THANKING = frozenset({
    "thanks", "thank you", "thx", "ty", "cheers", "great", "nice", "cool", "perfect", "awesome", "good", "good job",
    "well done", "thanks a lot", "great thanks", "ok thanks", "bye", "good night", "gn",
})  # fmt: skip


def small_talk(words: str, waiting: DraftState | None) -> list[Card] | None:
    """The answer to *words* beside a draft in the state *waiting*; None where they are no such words."""
    said = " ".join(words.casefold().replace("\u2019", "'").replace(",", " ").split()).strip(" .!")
    match waiting:
        case DraftState.AWAITING_CONFIRMATION if said in _AGREEING:
            title, line = "Nothing is armed yet", "Say “confirm” to arm the draft above, or “cancel” to drop it."
        case DraftState.AWAITING_CONFIRMATION if said in _REFUSING:
            title, line = "Nothing is armed", "Say what should change, or “cancel” to drop the draft above."
        case DraftState.ASKING if said in _AGREEING | _REFUSING:
            title, line = "The question above is still open", "Choose an answer, say it in words, or “cancel”."
        case _ if said in _AGREEING:
            title, line = "Nothing waits for your word", "Say a rule first. What is armed already: /rules."
        case _ if said in _REFUSING:
            title, line = "Nothing was waiting for an answer", "What is armed: /rules. To stop it: /pause."
        case _ if said in _DROPPING:
            title = "There is no draft to cancel"
            line = "Rules are deleted by name, “delete r1”; /cancel takes open orders off; /rules shows what is armed."
        case _ if said in _THANKING:
            title, line = "You are welcome", "/rules shows what is armed."
        case _:
            return None
    return [Card(title=title, lines=(line,), public=True)]
