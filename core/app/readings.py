"""What words come to while they are still being typed, and rules in words; keeps nothing and asks no model."""

from dataclasses import dataclass

from core.app.offline import read_words
from core.app.parts import Parts
from core.domain.ids import OwnerId
from core.domain.reading import ParseResult
from core.domain.rule import RuleSet
from core.domain.wording_rule import say_rules
from core.flow.sound import check_sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The rules as far as they are understood, and the sentence that says exactly them; empty where there is none."""

    result: ParseResult
    sentence: str


class Readings:
    """Words and the rule language as two views of the same rules. What can be confirmed is a draft, made elsewhere."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def read(self, owner: OwnerId, said: str | RuleSet) -> Reading:
        """What *said* means to *owner* now. Raises BadInput for rules that cannot be meant; never for words."""
        scene = await self._parts.scene(owner)
        if isinstance(said, str):
            result = read_words(said, scene.context(self._parts.clock))
        else:
            check_sound(said, scene.markets)
            result = ParseResult(kind="rules", rules=said)
        return Reading(result=result, sentence=say_rules(result.rules) if result.rules else "")
