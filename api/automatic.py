"""A program's key that confirms by itself; decides whether a draft stays within the key's own caps."""

from decimal import Decimal

from core.app import Core
from core.domain.action import LadderOrder, LimitOrder, Reverse, Trade, is_exit, trades
from core.domain.errors import Denied
from core.domain.money import ZERO
from core.domain.owner import Draft
from core.domain.rule import Rule, RuleSpec
from core.ports.access import ApiKey

ACT = "auto_confirm"


async def confirm_by_itself(core: Core, key: ApiKey, draft: Draft) -> list[Rule]:
    """The draft's rules, armed; none where a cap says no, and then the draft waits for its owner. Raises nothing of it.

    The owner's own limits hold besides, as for everybody.
    """
    prices = {seen.market: seen.price for seen in core.prices.latest()}
    sizes = [_notional(spec, prices) for spec in draft.result.rules]
    if key.max_order_usd is None or any(size is None or size > key.max_order_usd for size in sizes):
        return []
    # Counted before it is done: of several at once no two may take the day's last place.
    done = [{"draft": draft.id, "rule": spec.id} for spec in draft.result.rules]
    if key.max_rules_a_day is None:
        return []
    if not await core.consent.record_within(draft.owner, ACT, key.id, done, key.max_rules_a_day):
        return []
    try:
        return await core.drafts.confirm(draft.owner, draft.id, draft.revision)
    except Denied:
        return []


def _notional(spec: RuleSpec, prices: dict[str, Decimal]) -> Decimal | None:
    """What the rule may open each time it fires, in USD; None where that cannot be said beforehand."""
    action = spec.action
    if not trades(action) or is_exit(action):
        return ZERO
    if isinstance(action, Reverse) or not isinstance(action, Trade) or spec.repeat.times != 1:
        return None
    if action.amount_usd is not None:
        return action.amount_usd
    if action.margin_usd is not None:
        return None if action.leverage is None else action.margin_usd * action.leverage
    price = prices.get(action.market)
    level = getattr(spec.condition, "price", None)
    candidates = [price, level if isinstance(level, Decimal) else None]
    if isinstance(action.order, LimitOrder):
        candidates.append(action.order.price)
    if isinstance(action.order, LadderOrder):
        candidates += [action.order.from_price, action.order.to_price]
    known = [candidate for candidate in candidates if candidate is not None]
    return None if action.amount_base is None or price is None else action.amount_base * max(known)
