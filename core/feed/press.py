"""What a button means once it is pressed, written into 64 bytes and read back; decides nothing about doing it."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from core.feed.parts import MOST_VERB_BYTES

RuleDeed = Literal["pause", "resume", "cancel", "copy", "edit"]

_ID = r"[0-9A-Za-z_]{1,40}"
_CONFIRM = re.compile(rf"d:ok:({_ID}):(\d{{1,6}})", re.ASCII)
_ANSWER = re.compile(rf"d:an:({_ID}):(\d{{1,6}}):(\d{{1,2}}):(\d{{1,2}})", re.ASCII)
_EDIT = re.compile(rf"d:ed:({_ID})", re.ASCII)
_CANCEL = re.compile(rf"d:no:({_ID})", re.ASCII)
_MISSED = re.compile(rf"r:(run|skip):({_ID})", re.ASCII)
_RULE = re.compile(r"r:(pause|resume|cancel|copy|edit):(r\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDraft:
    """Agree to a draft as it was shown."""

    draft_id: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDraft:
    """Choose an option of one of a draft's questions."""

    draft_id: str
    revision: int
    question: int
    option: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EditDraft:
    """Change a draft; the change follows in words."""

    draft_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelDraft:
    """Drop a draft."""

    draft_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleMissed:
    """Say what becomes of a rule that crossed while nobody watched."""

    rule_id: str
    run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleRule:
    """Pause, resume, cancel, copy or edit one rule by its label."""

    deed: RuleDeed
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """As if these words had been typed now."""

    words: str


Press = ConfirmDraft | AnswerDraft | EditDraft | CancelDraft | SettleMissed | HandleRule | Say


def write(press: Press) -> str:
    """The verb of a button. Words that do not fit raise ValueError; see `fits`."""
    match press:
        case ConfirmDraft(draft_id=draft_id, revision=revision):
            return f"d:ok:{draft_id}:{revision}"
        case AnswerDraft(draft_id=draft_id, revision=revision, question=question, option=option):
            return f"d:an:{draft_id}:{revision}:{question}:{option}"
        case EditDraft(draft_id=draft_id):
            return f"d:ed:{draft_id}"
        case CancelDraft(draft_id=draft_id):
            return f"d:no:{draft_id}"
        case SettleMissed(rule_id=rule_id, run=run):
            return f"r:{'run' if run else 'skip'}:{rule_id}"
        case HandleRule(deed=deed, label=label):
            return f"r:{deed}:{label}"
        case Say(words=words):
            if not fits(words):
                raise ValueError(f"Expected words of at most {MOST_VERB_BYTES - 2} ASCII characters, was {words!r}")
            return f"c:{words}"


def fits(words: str) -> bool:
    """Whether *words* can be put behind a button."""
    return words.isascii() and words.isprintable() and 0 < len(words) <= MOST_VERB_BYTES - 2


def read(verb: str) -> Press | None:
    """What `write` wrote; None for anything else, whoever sent it."""
    if verb.startswith("c:") and fits(verb[2:]):
        return Say(words=verb[2:])
    if found := _CONFIRM.fullmatch(verb):
        return ConfirmDraft(draft_id=found[1], revision=int(found[2]))
    if found := _ANSWER.fullmatch(verb):
        return AnswerDraft(draft_id=found[1], revision=int(found[2]), question=int(found[3]), option=int(found[4]))
    if found := _EDIT.fullmatch(verb):
        return EditDraft(draft_id=found[1])
    if found := _CANCEL.fullmatch(verb):
        return CancelDraft(draft_id=found[1])
    if found := _MISSED.fullmatch(verb):
        return SettleMissed(rule_id=found[2], run=found[1] == "run")
    if found := _RULE.fullmatch(verb):
        return HandleRule(deed=cast(RuleDeed, found[1]), label=found[2])
    return None
