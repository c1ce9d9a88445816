"""An owner's rules as bytes, kept while nothing happens to them; only how far off they are is made anew with prices."""

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal

from pydantic_core import to_json as encode

from api.views import Prices, rule_facts, trigger_view
from core.app import Core
from core.domain.condition import Trailing, leaves
from core.domain.ids import OwnerId, RuleId
from core.domain.order import Order
from core.domain.rule import Rule, RuleState
from core.domain.trigger import TriggerLine

_CACHED = 1_000
_TRAILED_S = 2.0
"""How long a trailing line stands: what it follows is remembered this often, and no event tells of it."""

_SEEN_S = 0.05

Which = tuple[OwnerId, str]


class Listed:
    """The rules of one answer; all but their distances, written down once."""

    def __init__(
        self,
        revision: int,
        rules: Sequence[Rule],
        lines: Sequence[Sequence[TriggerLine]],
        standing: Mapping[RuleId, Order],
    ) -> None:
        self.revision = revision
        facts = [rule_facts(rule, standing.get(rule.id)) for rule in rules]
        self._rows = [(encode(fact)[:-1], found) for fact, found in zip(facts, lines, strict=True)]
        trails = any(isinstance(leaf, Trailing) for rule in rules for leaf in leaves(rule.spec.condition))
        self._until = time.monotonic() + _TRAILED_S if trails else float("inf")
        self._markets = sorted({line.market for found in lines for line in found})
        self._at: list[Decimal | None] | None = None
        self._body = b""

    def stands(self, revision: int) -> bool:
        """Whether these still are the rules."""
        return self.revision == revision and time.monotonic() < self._until

    def body(self, prices: Prices) -> bytes:
        """The answer at *prices*."""
        now = [prices.get(market) for market in self._markets]
        if now != self._at:
            self._at, self._body = now, self._written(prices)
        return self._body

    def _written(self, prices: Prices) -> bytes:
        rows = (
            head + b',"triggers":' + encode([trigger_view(line, prices.get(line.market)) for line in found]) + b"}"
            for head, found in self._rows
        )
        return b'{"rules":[' + b",".join(rows) + b"]}"


class Listings:
    """The last answer for each owner and choice of states."""

    def __init__(self) -> None:
        self._kept: dict[Which, Listed] = {}
        self._seen: tuple[float, Prices] = (0.0, {})

    async def kept(self, core: Core, owner: OwnerId, state: str) -> bytes | None:
        """The rules as they were last read, if nothing of the owner's has happened since."""
        known = self._kept.get((owner, state))
        if known is None or not known.stands(await core.events.revision(owner)):
            return None
        return known.body(self._prices(core))

    async def read(self, core: Core, owner: OwnerId, state: str, states: frozenset[RuleState] | None) -> bytes:
        """The rules in *states* (None = all), read anew where anything of the owner's has happened.

        Asking the database whether something has costs a tenth of reading and writing fifty rules.
        """
        body = await self.kept(core, owner, state)
        if body is not None:
            return body
        revision = await core.events.revision(owner)
        rules = await core.rules.read(owner, states)
        lines = await core.rules.lines(owner, rules)
        standing = await core.rules.standing(owner, rules)
        if len(self._kept) >= _CACHED:
            self._kept.clear()
        listed = self._kept[owner, state] = Listed(revision, rules, [lines[rule.id] for rule in rules], standing)
        return listed.body(self._prices(core))

    def _prices(self, core: Core) -> Prices:
        """Fresh prices by market, looked up at most twenty times a second."""
        now = time.monotonic()
        if now - self._seen[0] > _SEEN_S:
            self._seen = now, {seen.market: seen.price for seen in core.prices.latest()}
        return self._seen[1]
