"""What stays open once rules stop: positions that no rule guards, orders of rules that fired; stops nothing itself."""

from collections.abc import Mapping, Sequence

from bots.states import ordered
from bots.turn import Turn
from core.domain.action import MoveStop, is_exit
from core.domain.condition import ALL_MARKETS
from core.domain.errors import SayWhenError
from core.domain.ids import RuleId
from core.domain.order import Order
from core.domain.position import Account, Position
from core.domain.reading import Command
from core.domain.rule import LIVE, Rule, RuleSpec, RuleState
from core.domain.wording import say_amount
from core.feed.card import Button, Rows
from core.feed.press import Say, write

_GUARDS = LIVE - {RuleState.PAUSED, RuleState.WAITING}


async def unguarded(turn: Turn) -> list[str]:
    """A line for the positions that no watched rule would close or shrink; none where nothing is held."""
    try:
        account = await turn.core.account.view(turn.owner)
    except (SayWhenError, TimeoutError):
        return ["What you hold could not be read just now: look at /positions."]
    guarded = await guards(turn, account)
    bare = [position for position in account.positions if position.base != 0 and not guarded[position.market]]
    if not bare:
        return []
    return [f"Still open, with no rule guarding: {', '.join(map(_held, bare))}."]


async def guards(turn: Turn, account: Account) -> Mapping[str, list[str]]:
    """By market of what is held, the names of the watched rules that would close or shrink it."""
    held = [position for position in account.positions if position.base != 0]
    paused = not held or (await turn.core.account.owner(turn.owner)).paused
    rules = [] if paused else await turn.core.rules.list(turn.owner, _GUARDS)
    return {position.market: [rule.label for rule in rules if _guards(rule, position)] for position in held}


async def stops_to_move(turn: Turn, specs: Sequence[RuleSpec]) -> list[str]:
    """For each market whose stop is to be moved: which one that would be, or that there is none."""
    lines = []
    made = {getattr(spec.action, "market", "") for spec in specs if is_exit(spec.action)}
    for market in sorted({spec.action.market for spec in specs if isinstance(spec.action, MoveStop)} - made):
        wanted = Command(name="rules", filter="stop_loss", market=market)
        labels = [rule.label for rule in await turn.core.rules.list(turn.owner, _GUARDS, wanted)]
        where = f"The stop on {market} now: {', '.join(labels)}." if labels else f"There is no stop on {market} now."
        lines.append(where if labels else f"{where} None is made: say “stop at …” for a new one.")
    return lines


async def under_way(turn: Turn, rules: Sequence[Rule]) -> Mapping[RuleId, list[Order]]:
    """By rule that has fired, its orders that the venue has, or is to have."""
    fired = {rule.id for rule in rules if rule.state is RuleState.FIRING}
    found: dict[RuleId, list[Order]] = {}
    for order in await turn.core.account.orders(turn.owner) if fired else ():
        if order.rule_id in fired and order.intent is not None:
            found.setdefault(order.rule_id, []).append(order)
    return found


def told(rule: Rule, orders: Sequence[Order]) -> str:
    """That *rule* goes on until its orders end."""
    said = ", ".join(ordered(order) for order in orders)
    if not said:
        return f"{rule.label} has fired and its order is on its way: it can only be cancelled at the venue, by /cancel."
    it = "It stays" if len(orders) == 1 else "They stay"
    return f"{rule.label} has fired already: {said}. {it} until filled or cancelled."


def cancelling(orders: Sequence[Order]) -> Rows:
    """A button for each market in which *orders* rest."""
    return tuple(
        (Button(label=f"Cancel open orders on {market}", verb=write(Say(words=f"/cancel {market}"))),)
        for market in sorted({order.market for order in orders})
    )


def _held(position: Position) -> str:
    return f"{say_amount(abs(position.base), position.market, exact=True)} {position.side}"


def _guards(rule: Rule, position: Position) -> bool:
    action = rule.spec.action
    if not is_exit(action) or getattr(action, "market", None) not in {position.market, ALL_MARKETS}:
        return False
    side = getattr(action, "type", "close")
    return side not in {"buy", "sell"} or (side == "sell") is (position.base > 0)
