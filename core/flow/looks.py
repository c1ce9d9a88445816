"""How often each watched rule was looked at, when last and at which price; decides nothing about firing."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.condition import ALL_MARKETS, markets_of
from core.domain.ids import OwnerId, RuleId
from core.domain.rule import Rule
from core.ports import Look

_LINES = ((timedelta(hours=1), timedelta(minutes=1)), (timedelta(days=1), timedelta(minutes=10)))
"""Until a rule is so old, a line of its job's log comes so often; later each hour."""
_LONGEST = timedelta(hours=1)
_OFTEN = timedelta(seconds=1)


@dataclass(slots=True)
class _Seen:
    count: int = 0
    at: datetime | None = None
    price: Decimal | None = None


@dataclass(slots=True)
class _Watched:
    owner: OwnerId
    since: datetime
    markets: tuple[str, ...]
    told: int
    lined: int
    lined_at: datetime


class Looks:
    """Counts looks at markets, not at rules: a rule's looks are those at its markets since it is watched.

    A rule that hangs on no market is looked at by each poll.
    """

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._watched: dict[RuleId, _Watched] = {}
        self._over: list[Look] = []

    def saw(self, market: str, at: datetime, price: Decimal | None = None) -> None:
        """Everything that hangs on *market* was looked at; "" is what hangs on none."""
        seen = self._seen.setdefault(market, _Seen())
        seen.count, seen.at, seen.price = seen.count + 1, at, price

    def begin(self, rule: Rule, now: datetime) -> None:
        """*rule* is watched from now on."""
        self.end(rule.id)
        markets = tuple(sorted(markets_of(rule.spec.condition) - {ALL_MARKETS})) or ("",)
        count = self._count(markets)
        lined_at = now - _LONGEST  # the first look is told of at once
        self._watched[rule.id] = _Watched(rule.owner, rule.armed_at or now, markets, count, count, lined_at)

    def end(self, rule_id: RuleId) -> None:
        """The rule is watched no longer; what was not told of it is told next. No error if it was not."""
        watched = self._watched.pop(rule_id, None)
        look = None if watched is None else self._look(rule_id, watched)
        if look is not None:
            self._over.append(look)

    def take(self, now: datetime, most: int) -> list[Look]:
        """What was looked at and not told yet, of at most *most* watched rules, those first that waited longest."""
        taken, self._over = self._over, []
        for rule_id in list(self._watched)[:most]:
            watched = self._watched[rule_id] = self._watched.pop(rule_id)  # to the end of the line
            look = self._look(rule_id, watched)
            if look is None:
                continue
            watched.told += look.checks
            if now - watched.lined_at >= _spacing(now - watched.since) - _OFTEN:
                look = replace(look, line=watched.told - watched.lined)
                watched.lined, watched.lined_at = watched.told, now
            taken.append(look)
        return taken

    def give_back(self, looks: Collection[Look]) -> None:
        """These could not be kept: they are told with the next ones; of rules no longer watched once more only."""
        for look in looks:
            watched = self._watched.get(look.rule_id)
            if watched is not None:
                watched.told -= look.checks
            elif not look.again:
                self._over.append(replace(look, again=True))

    def _count(self, markets: tuple[str, ...]) -> int:
        return sum(seen.count for market in markets if (seen := self._seen.get(market)) is not None)

    def _look(self, rule_id: RuleId, watched: _Watched) -> Look | None:
        checks = self._count(watched.markets) - watched.told
        seen = [seen for market in watched.markets if (seen := self._seen.get(market)) is not None]
        at = max((one.at for one in seen if one.at is not None), default=None)
        if checks <= 0 or at is None:
            return None
        return Look(rule_id=rule_id, owner=watched.owner, checks=checks, at=at, price=seen[0].price)


def _spacing(age: timedelta) -> timedelta:
    return next((spacing for until, spacing in _LINES if age < until), _LONGEST)
