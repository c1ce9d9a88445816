"""A core that answers as told and remembers what it was asked, in place of the real one."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from core.domain.action import Alert, Trade
from core.domain.condition import Indicator, PriceChange
from core.domain.errors import Conflict, NotFound
from core.domain.event import AccountKilled
from core.domain.ids import DraftId, OwnerId, RuleId
from core.domain.market import Candle, Observation, Timeframe
from core.domain.order import Fill, Order
from core.domain.owner import Draft, DraftState, Owner
from core.domain.position import Account, Position
from core.domain.reading import Command, Option, ParseResult, Question
from core.domain.rule import LIVE, Rule, RuleSpec, RuleState
from core.ports import Delivery, History, JobLog
from core.ports.fees import Payer, Spent
from tests import samples
from tests.bots.crowd import Links, NoInbox, NoMemos, People, Trades
from tests.clock import START, FakeClock

D = Decimal
ME = OwnerId(1)
WAYS: tuple[tuple[int, Literal["up", "down"], str, int], ...] = ((1, "down", "0.1", 50), (2, "up", "0.2", 100))
RULES = tuple(
    RuleSpec(
        id=f"r{number}",
        condition=PriceChange(
            market="SOL-PERP", direction=way, threshold=D(size), unit="usd", reference="current_price"
        ),
        action=Trade(type="sell", market="SOL-PERP", amount_percent=D(share), reduce_only=True),
        oco_group="a",
    )
    for number, way, size, share in WAYS
)
UNIT = Question(
    about="unit",
    text="Dollars or percent?",
    options=(
        Option(label="$0.10 and $0.20: fires at $149.90 / $150.20", rules=RULES),
        Option(label="10 % and 20 %: fires at $135.00 / $180.00", rules=RULES),
    ),
)
ASKING = ParseResult(kind="question", rules=RULES, questions=(UNIT,))
READ = ParseResult(kind="rules", rules=RULES)
LONG = Position(market="SOL-PERP", base=D(2), entry_price=D(148), mark=D(150), liquidation_price=D("80.5"))
ACCOUNT = Account(venue="paper", collateral=D(10_000), positions=(LONG,), initial_margin=D(15), maintenance_margin=D(9))


@dataclass
class Accounts:
    """One person's account."""

    calls: list[tuple[Any, ...]]
    person: Owner = field(default_factory=lambda: Owner(id=ME, created_at=START, timezone="Europe/Berlin"))
    account: Account = ACCOUNT
    open_orders: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)

    async def sign_in(self, channel: str, address: str) -> OwnerId:
        return ME

    async def owner(self, owner: OwnerId) -> Owner:
        return self.person

    async def view(self, owner: OwnerId) -> Account:
        return self.account

    async def orders(self, owner: OwnerId) -> list[Order]:
        return self.open_orders

    async def trades(self, owner: OwnerId, limit: int = 10) -> list[Fill]:
        self.calls.append(("trades", limit))
        return self.fills[-limit:]

    async def pause(self, owner: OwnerId) -> Owner:
        self.calls.append(("pause everything",))
        self.person = replace(self.person, paused=True)
        return self.person

    async def resume(self, owner: OwnerId) -> Owner:
        self.calls.append(("resume everything",))
        self.person = replace(self.person, paused=False)
        return self.person

    async def kill(self, owner: OwnerId) -> AccountKilled:
        self.calls.append(("kill",))
        return AccountKilled(at=START, owner=owner, rules_paused=2, orders_cancelled=1, positions=("2 SOL-PERP",))

    async def set_timezone(self, owner: OwnerId, tz: str) -> Owner:
        self.person = replace(self.person, timezone=tz)
        return self.person

    async def cancel_orders(self, owner: OwnerId, market: str | None) -> int:
        self.calls.append(("cancel orders", market))
        return 2


@dataclass
class Prices:
    """A market that stands still."""

    notice: str | None = None
    source_name: str = "simulated"
    simulated: bool = True

    def latest(self, markets: Sequence[str] | None = None) -> list[Observation]:
        seen = Observation(
            market="SOL-PERP", price=D(150), at=START, seen_at=START, source="simulated", simulated=True,
            funding_rate=D("0.001"),
        )  # fmt: skip
        return [seen] if markets is None or "SOL-PERP" in markets else []

    async def candles(
        self, market: str, timeframe: Timeframe, start: datetime, end: datetime | None = None
    ) -> list[Candle]:
        return [
            Candle(
                market=market, timeframe=timeframe, start=start, open=D(150), high=D(153), low=D("149.5"), close=D(150)
            )
        ]

    async def gauges(self, wanted: Collection[Indicator]) -> dict[Indicator, tuple[Decimal, Decimal | None]]:
        return {}


@dataclass
class Drafts:
    """Drafts that behave as the flow's do: a revision more with each change, one claim."""

    calls: list[tuple[Any, ...]]
    result: ParseResult = ASKING
    draft: Draft | None = None
    summary: str = "1. When SOL-PERP falls …\n2. When SOL-PERP rises …"
    problem: Exception | None = None

    async def say(self, owner: OwnerId, text: str, channel: str) -> Draft | ParseResult:
        self.calls.append(("say", text))
        if self.problem is not None:
            raise self.problem
        if self.result.kind not in ("rules", "question"):
            return self.result
        return self.made(text, self.result, 1)

    async def answer(
        self, owner: OwnerId, draft_id: DraftId, revision: int, option_index: int, question_index: int = 0
    ) -> Draft:
        self.calls.append(("answer", draft_id, revision, option_index, question_index))
        return self.made("If SOL drops 0.1", READ, self._checked(draft_id, revision).revision + 1)

    async def amend(self, owner: OwnerId, draft_id: DraftId, words: str) -> Draft:
        self.calls.append(("amend", draft_id, words))
        before = await self.get(owner, draft_id)
        if self.problem is not None:
            raise self.problem
        self.draft = replace(self.made(words, READ, before.revision + 1), replaces=before.replaces)
        return self.draft

    async def open(self, owner: OwnerId) -> list[Draft]:
        return [] if self.draft is None else [self.draft]

    async def copy(self, owner: OwnerId, label: str) -> Draft:
        self.calls.append(("copy", label))
        return self.made(f"like {label}", READ, 1)

    async def revise(self, owner: OwnerId, rule_id: RuleId, said: str | RuleSpec, channel: str) -> Draft:
        self.calls.append(("revise", rule_id))
        result = replace(READ, rules=() if isinstance(said, str) else (said,))
        self.draft = replace(self.made("as it is", result, 1), replaces=rule_id)
        return self.draft

    async def confirm(self, owner: OwnerId, draft_id: DraftId, revision: int) -> list[Rule]:
        self.calls.append(("confirm", draft_id, revision))
        draft = self._checked(draft_id, revision)
        self.draft = replace(draft, state=DraftState.CONFIRMED)
        references = {"SOL-PERP": D(150)}
        if draft.replaces is not None:
            return [samples.rule(ME, 1, spec=RULES[0], references=references, version=2)]
        return [samples.rule(ME, number, spec=RULES[number - 1], references=references) for number in (1, 2)]

    async def cancel(self, owner: OwnerId, draft_id: DraftId) -> Draft:
        self.calls.append(("cancel", draft_id))
        self.draft = replace(await self.get(owner, draft_id), state=DraftState.CANCELLED)
        return self.draft

    async def get(self, owner: OwnerId, draft_id: DraftId) -> Draft:
        if self.draft is None or self.draft.id != draft_id:
            raise NotFound("There is no such draft of yours.", "Send the words again.")
        return self.draft

    def _checked(self, draft_id: DraftId, revision: int) -> Draft:
        draft = self.draft
        if draft is None or draft.id != draft_id:
            raise NotFound("There is no such draft of yours.", "Send the words again.")
        if draft.state is DraftState.CONFIRMED:
            raise Conflict("This was confirmed already; it is armed once.", "See /rules.")
        if draft.revision != revision:
            raise Conflict("This card is older than your last change.", "Confirm the latest card.")
        return draft

    def made(self, words: str, result: ParseResult, revision: int) -> Draft:
        asking = result.kind == "question"
        self.draft = Draft(
            id=DraftId("d_1"),
            owner=ME,
            words=words,
            result=result,
            state=DraftState.ASKING if asking else DraftState.AWAITING_CONFIRMATION,
            revision=revision,
            channel="console",
            created_at=START,
            expires_at=START + timedelta(minutes=15),
            summary="" if asking else self.summary,
        )
        return self.draft


@dataclass
class Rules:
    """Two armed rules."""

    calls: list[tuple[Any, ...]]
    drafts: Drafts
    rows: list[Rule] = field(
        default_factory=lambda: [
            samples.rule(ME, number, spec=RULES[number - 1], references={"SOL-PERP": D(150)}) for number in (1, 2)
        ]
    )
    lines: tuple[JobLog, ...] = ()

    async def list(
        self, owner: OwnerId, states: Collection[RuleState] | None = None, selection: Command | None = None
    ) -> "Rows":
        labels = None if selection is None else selection.rule_ids
        found = [rule for rule in self.rows if rule.state in (LIVE if states is None else states)]
        if selection is not None and selection.filter == "alert":
            found = [rule for rule in found if isinstance(rule.spec.action, Alert)]
        return [rule for rule in found if labels is None or rule.label in labels]

    async def pause(self, owner: OwnerId, selection: Command) -> "Rows":
        return self._chosen("pause", selection)

    async def resume(self, owner: OwnerId, selection: Command) -> "Rows":
        return self._chosen("resume", selection)

    async def cancel(self, owner: OwnerId, selection: Command) -> "Rows":
        return self._chosen("cancel rules", selection)

    async def history(self, owner: OwnerId, label: str) -> History:
        return History(rule=self.rows[0], log=self.lines, fills=())

    async def standing(self, owner: OwnerId, rules: Collection[Rule]) -> Mapping[RuleId, Order]:
        return {}

    async def run_missed(self, owner: OwnerId, rule_id: RuleId) -> Draft:
        self.calls.append(("again", rule_id))
        return self.drafts.made("again", READ, 1)

    async def skip_missed(self, owner: OwnerId, rule_id: RuleId) -> Rule:
        self.calls.append(("skip", rule_id))
        return self.rows[0]

    def _chosen(self, what: str, selection: Command) -> "Rows":
        self.calls.append((what, selection))
        return [rule for rule in self.rows if selection.rule_ids is None or rule.label in selection.rule_ids]


Rows = list[Rule]


@dataclass
class Notices:
    """An outbox in memory; `planned` is what the next plan finds."""

    planned: list[Delivery] = field(default_factory=list)
    open: dict[int, Delivery] = field(default_factory=dict)
    log: list[tuple[Any, ...]] = field(default_factory=list)
    problem: Exception | None = None
    rings: int = 0

    async def plan(self) -> int:
        if self.problem is not None:
            problem, self.problem = self.problem, None
            raise problem
        found, self.planned = self.planned, []
        self.open.update({notice.id: notice for notice in found})
        return len(found)

    async def due(self, channel: str, limit: int = 100, busy: Collection[str] = ()) -> Sequence[Delivery]:
        return [notice for notice in self.open.values() if notice.address not in busy][:limit]

    async def sent(self, ids: Sequence[int], ref: str) -> None:
        for number in ids:
            del self.open[number]
            self.log.append(("sent", number, ref))

    async def dead(self, channel: str, address: str, reason: str) -> None:
        self.log.append(("dead", address))
        for number in [notice.id for notice in self.open.values() if notice.address == address]:
            del self.open[number]

    async def failed(self, id: int, reason: str, retry_in_s: float | None) -> None:  # noqa: A002
        if retry_in_s is None:
            del self.open[id]
        self.log.append(("failed", id, reason, retry_in_s))

    @asynccontextmanager
    async def bell(self) -> AsyncIterator["QuietBell"]:
        yield QuietBell()


class QuietBell:
    """Never rings; waiting yields to the loop."""

    async def wait(self, seconds: float) -> bool:
        import asyncio

        await asyncio.sleep(0)
        return False


class Fees:
    """What `payers` hold and what was `paid`, at a venue on a chain if `charged`."""

    def __init__(self) -> None:
        self.charged = False
        self.low: list[Payer] = []
        self.paid = 0

    async def payers(self) -> list[Payer]:
        return self.low

    async def spent_for(self, owner: OwnerId) -> Spent:
        return Spent(owner=owner, lamports=self.paid, transactions=2)


class ScriptedCore:
    """All nouns on one table; `calls` is what was asked of them, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.clock = FakeClock()
        self.account = Accounts(self.calls)
        self.prices = Prices()
        self.drafts = Drafts(self.calls)
        self.rules = Rules(self.calls, self.drafts)
        self.notices = Notices()
        self.inbox = NoInbox()
        self.memos = NoMemos()
        self.people = People(self.account)
        self.links = Links()
        self.trades = Trades(self.account)
        self.fees = Fees()
