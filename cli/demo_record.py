"""What the demo's home holds of one owner, read back from its tables; decides only when all has been told."""

from collections.abc import Collection
from typing import Any

from core.app import Core
from core.codec import to_json
from core.domain.event import Event, RuleTriggered
from core.domain.ids import OwnerId
from core.domain.order import Order
from core.domain.rule import Rule, RuleState
from core.feed.card import Card, card_of
from core.ports import Cursor

_UNSETTLED = {RuleState.FIRING, RuleState.HELD}


class Record:
    """One owner's events, rules, orders and fills as they are stored now."""

    def __init__(self, core: Core, owner: OwnerId) -> None:
        self._core = core
        self._owner = owner

    async def events(self) -> list[Event]:
        """All that happened to the owner, oldest first."""
        found: list[Event] = []
        cursor = Cursor("")
        while True:
            events, cursor = await self._core.parts.log.read(cursor)
            if not events:
                return found
            found += [event for event in events if event.owner == self._owner]

    async def triggers(self) -> list[RuleTriggered]:
        """The triggers so far."""
        return [event for event in await self.events() if isinstance(event, RuleTriggered)]

    async def orders(self, trigger: RuleTriggered) -> list[Order]:
        """Every order that was ever planned for a trigger."""
        if trigger.rule_id is None:
            return []
        async with self._core.parts.store.begin(self._owner) as tx:
            return await tx.orders(rule_id=trigger.rule_id, trigger_no=trigger.trigger_no)

    async def rules(self) -> list[Rule]:
        """The owner's rules, whatever became of them."""
        return await self._core.rules.list(self._owner, frozenset(RuleState))

    async def is_settled(self) -> bool:
        """Whether something traded and no rule waits for a proof."""
        if not await self._core.account.trades(self._owner, 1):
            return False
        return not any(rule.state in _UNSETTLED for rule in await self.rules())

    async def untold(self, shown: Collection[Card]) -> list[Card]:
        """Cards of what happened that are not among those *shown*."""
        cards = [card_of(event) for event in await self.events()]
        return [card for card in cards if card is not None and card not in shown]

    async def as_json(self) -> dict[str, Any]:
        """Rules, triggers and fills in JSON terms, each named by its rule's label."""
        rules = await self.rules()
        labels = {rule.id: rule.label for rule in rules}
        return {
            "rules": [{**to_json(rule.spec), "rule": rule.label, "state": rule.state.value} for rule in rules],
            "triggers": [
                {"rule": event.label, "at": to_json(event.at), "price": to_json(event.price)}
                for event in await self.triggers()
            ],
            "fills": [
                {
                    "rule": labels[fill.rule_id],
                    "at": to_json(fill.at),
                    "side": fill.side,
                    "base": to_json(fill.base),
                    "price": to_json(fill.price),
                    "fee": to_json(fill.fee),
                }
                for fill in await self._core.account.trades(self._owner, 100)
            ],
        }
