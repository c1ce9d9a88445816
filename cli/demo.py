"""`saywhen demo`: the product's own parts on a market nobody can lose money in; decides what is typed and what dies."""

import asyncio
import json
import shutil
import tempfile
import time
from argparse import Namespace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bots.console.channel import ADDRESS, ConsoleChannel
from cli.demo_record import Record
from cli.demo_stage import Stage
from cli.product import converse, running
from cli.running import run_until_stopped
from cli.worker import WorkerProcess
from core.app import Core, Settings, open_core, read_settings, set_up_logs
from core.domain.errors import BadInput, Conflict, SayWhenError
from core.domain.event import RuleTriggered
from core.domain.ids import DraftId, OwnerId
from core.domain.order import Order
from core.domain.reading import Question
from core.domain.wording import say_price
from core.feed.card import Card

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position. "
    "If it goes up by 0.2, take profit on the entire position."
)
FIRES_WITHIN_S = 45.0
SETTLES_WITHIN_S = 30.0

_READY_WITHIN_S = 20.0
_MARKET = "SOL-PERP"
_HELD = Decimal(20)
_DEPOSIT = Decimal(10_000)
_SPEED = Decimal(3)
_MARKETS = (1135225, 2806)
"""Seeds of simulated markets for even and odd `--seed`. At `_SPEED`, SOL-PERP goes one way in them for the first two
minutes: from whichever moment one counts, it is up $0.20 before it is down $0.10, or the other way round. So the seed
decides which rule fires, and neither the second at which the demo begins nor a slow machine does."""


def run(options: Namespace) -> int:
    """Play the demo; its home is kept where asked, and where it failed."""
    began = time.monotonic()
    home = _home(options.keep)
    settings = read_settings(
        SAYWHEN_HOME=home,
        DATABASE_URL=None,
        SAYWHEN_PRICES="simulated",
        SAYWHEN_SEED=_MARKETS[options.seed % 2],
        SAYWHEN_SPEED=_SPEED,
        SAYWHEN_PAPER_DEPOSIT=_DEPOSIT,
    )
    set_up_logs(settings.log_level, "demo", file=home / "logs" / "demo.log")
    stage = Stage(silent=options.json)
    told: dict[str, Any] = {}
    try:
        run_until_stopped(lambda: _demo(settings, stage, told))
    except SayWhenError as problem:
        problem.hint = f"{problem.hint} The demo's home is kept in {home}; its logs say more.".strip()
        raise
    seconds = round(time.monotonic() - began, 1)
    if options.keep is None:
        shutil.rmtree(home, ignore_errors=True)
    else:
        stage.tell(f"Everything is kept: saywhen chat --home {home} talks to it.")
    if not told:
        return 1  # stopped by a signal
    stage.tell(f"That took {seconds:.0f} s. For real use: saywhen up")
    if options.json:
        print(json.dumps({**told, "seconds": seconds}))
    return 0


def _home(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="saywhen-demo-"))
    home = keep.expanduser().absolute()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        used = any(home.iterdir())
    except OSError as problem:
        raise BadInput(
            f"{home} cannot be used: {problem.strerror or problem}.", "Name a new or empty folder."
        ) from None
    if used:
        raise BadInput(f"{home} is not empty.", "Name a new or empty folder: a demo starts from nothing.")
    return home


async def _demo(settings: Settings, stage: Stage, told: dict[str, Any]) -> int:
    home = settings.home_path
    worker = WorkerProcess(home=home, log=home / "logs" / "worker.log")
    stage.tell("Starting SayWhen in a folder of its own: PostgreSQL, watching, and a worker process that trades.")
    async with open_core(settings, role="saywhen demo") as core:
        channel = ConsoleChannel(stage, core.clock)
        async with running(core, worker, [channel]) as ready:
            try:
                async with asyncio.timeout(_READY_WITHIN_S):
                    await ready.wait()
            except TimeoutError:
                raise Conflict(f"There were no prices within {_READY_WITHIN_S:.0f} s.") from None
            owner = await core.account.sign_in(channel.name, ADDRESS)
            entry = core.prices.latest([_MARKET])[0].price
            await core.give_position(owner, _MARKET, _HELD, entry)
            stage.tell(f"A paper account of $10,000 holds {_HELD} SOL, bought at {say_price(entry)}.")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(converse(core, channel))
                told |= await _Show(core, owner, stage, worker).play()
                stage.leave()
    return 0


class _Show:
    """The demo in three acts: agree, fire and kill, recover."""

    def __init__(self, core: Core, owner: OwnerId, stage: Stage, worker: WorkerProcess) -> None:
        self._core = core
        self._owner = owner
        self._stage = stage
        self._worker = worker
        self._record = Record(core, owner)

    async def play(self) -> dict[str, Any]:
        """What happened, in JSON terms."""
        question = await self._agree()
        agreed = len(self._stage.cards)
        trigger, crash = await self._kill_at_the_trigger()
        await self._recover(trigger, crash)
        told = self._stage.cards[agreed:]
        await self._look_around()
        return {
            "question": {
                "about": question.about,
                "text": question.text,
                "options": [option.label for option in question.options],
            },
            **await self._record.as_json(),
            "notifications": ["\n".join((card.title, *card.lines)) for card in told],
            "crash": crash,
        }

    async def _agree(self) -> Question:
        """Type the sentence, answer the question in dollars, confirm."""
        stage = self._stage
        await stage.card("The greeting", lambda _: True)
        await stage.type(SENTENCE)
        asking = await stage.card("The question", _is_draft)
        draft = await self._core.drafts.get(self._owner, DraftId((asking.key or "").removeprefix("draft:")))
        if not draft.result.questions:
            raise Conflict("Expected a question on the unit, was none.")
        dollars = next((b.label for row in asking.buttons for b in row if "$" in b.label), None)
        if dollars is None:
            raise Conflict("Expected an answer in dollars to choose, was none.")
        await stage.type(dollars)
        await stage.card("What was understood", lambda card: _is_draft(card) and _offers(card, "Confirm"))
        await stage.type("Confirm")
        await stage.card("The confirmation", lambda card: _is_draft(card) and card.tone == "good")
        return draft.result.questions[0]

    async def _kill_at_the_trigger(self) -> tuple[RuleTriggered, dict[str, Any]]:
        """Watch the market until a rule plans an order, and kill the worker while it executes that."""
        try:
            async with asyncio.timeout(FIRES_WITHIN_S), asyncio.TaskGroup() as tasks:
                prices = tasks.create_task(self._tell_prices())
                async with self._core.notices.bell() as bell:
                    while not await self._something_to_trade():
                        await bell.wait(0.5)
                pid = self._worker.kill()
                killed_at = self._core.clock.now()
                prices.cancel()
        except TimeoutError:
            raise Conflict(f"No rule fired within {FIRES_WITHIN_S:.0f} s.") from None
        trigger = (await self._record.triggers())[0]
        orders = await self._record.orders(trigger)
        self._stage.tell(
            f"{trigger.label} fired, and the worker (process {pid}) was killed with SIGKILL. "
            f"Left in the database: {_say(orders)}."
        )
        return trigger, {
            "killed_at": killed_at.isoformat(),
            "pid": pid,
            "orders_left": [order.state.value for order in orders],
        }

    async def _something_to_trade(self) -> bool:
        return bool(await self._core.account.orders(self._owner) or await self._core.account.trades(self._owner, 1))

    async def _tell_prices(self) -> None:
        while True:
            for seen in self._core.prices.latest([_MARKET]):
                self._stage.tell(f"{_MARKET} {say_price(seen.price)} (SIMULATED)")
            await asyncio.sleep(2.0)

    async def _recover(self, trigger: RuleTriggered, crash: dict[str, Any]) -> None:
        """Wait until the next worker has finished what the first began, and all of it has been told."""
        stage = self._stage
        try:
            async with asyncio.timeout(SETTLES_WITHIN_S), self._core.notices.bell() as bell:
                while not await self._record.is_settled() or await self._record.untold(stage.cards):
                    await bell.wait(0.5)
        except TimeoutError:
            raise Conflict(f"{trigger.label} fired, but was not settled within {SETTLES_WITHIN_S:.0f} s.") from None
        orders = await self._record.orders(trigger)
        crash["orders_for_trigger"] = len(orders)
        crash["restarted_as"] = self._worker.pid
        stage.tell(
            f"A new worker (process {self._worker.pid}) finished it: {_say(orders)} for this trigger, traded once. "
            "Rules, position and messages survived:"
        )

    async def _look_around(self) -> None:
        """What the owner sees afterwards."""
        stage = self._stage
        await stage.type("/rules")
        await stage.card("The rules", lambda card: "rule" in card.title)
        await stage.type("/positions")
        await stage.card("The positions", lambda card: "position" in card.title)


def _is_draft(card: Card) -> bool:
    return card.key is not None and card.key.startswith("draft:")


def _offers(card: Card, label: str) -> bool:
    return any(button.label == label for row in card.buttons for button in row)


def _say(orders: list[Order]) -> str:
    counted = "1 order" if len(orders) == 1 else f"{len(orders)} orders"
    return f"{counted}, {' and '.join(order.state.value for order in orders)}"
