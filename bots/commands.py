"""The one table of commands: Telegram's menu, Discord's slash tree, the console and /help all read it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from bots import linking, operator, views
from bots.earnings import PERIODS, pnl
from bots.history import history
from bots.obey import LATE_AFTER_S, list_rules, obey
from bots.options import CHOSEN, CODE, LISTED, MARKET, MARKETS, PAGE, RULE, SELECTION, WORDS, ZONE, Option
from bots.preferences import SETTINGS, settings
from bots.turn import Turn
from core.domain.errors import BadInput
from core.domain.reading import Command, CommandName, RuleFilter
from core.feed.card import Button, Card
from core.feed.press import Say, write

_LABEL = re.compile(r"r\d{1,9}", re.IGNORECASE)
_MARKET = re.compile(r"\$?([A-Za-z0-9]{2,12})(?:-PERP)?", re.IGNORECASE)
_PAGE = re.compile(r"(?:^|\s)page (\d{1,3})$", re.IGNORECASE)
_MOST_TRADES = 50
_LONGEST_OFFER = 40
"""Characters of a command that a button offers: a label that every channel shows whole."""
_KINDS: Mapping[str, RuleFilter] = MappingProxyType(
    {name: name for name in get_args(RuleFilter)}
    | {"stop": "stop_loss", "stops": "stop_loss", "sl": "stop_loss", "target": "take_profit", "targets": "take_profit"}
    | {"tp": "take_profit", "alerts": "alert", "plan": "dca", "plans": "dca"}
)
"""What a kind of rules is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashCommand:
    """A command that begins with a slash. `run` gets what followed.

    `args` is what may follow, for people; `options` the same, for channels that ask for it field by field.
    """

    name: str
    args: str = ""
    options: tuple[Option, ...] = ()
    description: str
    run: Callable[[Turn, str], Awaitable[list[Card]]]
    bare: bool = False
    """Whether its name alone, without the slash, means it too. Not for what cannot be undone."""
    admin: bool = False
    dashboard: bool = False
    """Shown only where a dashboard's address is configured."""


async def _start(turn: Turn, words: str) -> list[Card]:
    if words.startswith(linking.PAYLOAD):
        return [linking.asked_by_address(words)]
    core = turn.core
    lines = ["Say what should happen and when. You confirm every rule before it is armed.", *_EXAMPLES]
    lines.append("In a group or a server, begin with /rule.")
    view = await core.account.view(turn.owner)
    money = "is on paper, with play money" if view.venue == "paper" else f"is on {view.venue}"
    source = "Prices are SIMULATED." if core.prices.simulated else f"Prices come from {core.prices.source_name}."
    lines.append(f"Your account {money}. {core.prices.notice or source}")
    lines.append("/help shows everything else.")
    title = "SayWhen: you say when, it watches and trades"
    buttons = (
        (
            Button(label="Prices", verb=write(Say(words="/prices"))),
            Button(label="Help", verb=write(Say(words="/help"))),
        ),
    )
    return [Card(title=title, lines=tuple(lines), buttons=buttons, public=True)]


async def _rule(turn: Turn, words: str) -> list[Card]:
    if not words:
        raise BadInput("Expected a rule after /rule, was nothing", 'For example: "/rule if SOL drops 2 % sell half".')
    return await turn.draft(words)


async def _prices(turn: Turn, words: str) -> list[Card]:
    markets = tuple(_market(word) for word in words.replace(",", " ").split()) or None
    return await obey(turn, Command(name="prices", markets=markets))


async def _rules(turn: Turn, words: str) -> list[Card]:
    found = _PAGE.search(words)
    which = words if found is None else words[: found.start()]
    return [await list_rules(turn, _selection("rules", which), which, 1 if found is None else int(found[1]))]


async def _orders(turn: Turn, words: str) -> list[Card]:  # noqa: ARG001 - takes no words
    orders = await turn.core.account.orders(turn.owner)
    unsized = any(order.intent is None for order in orders)
    rules = await turn.core.rules.list(turn.owner) if unsized else []
    return [views.orders_card(orders, await turn.core.account.owner(turn.owner), rules)]


async def _trades(turn: Turn, words: str) -> list[Card]:
    count = 10
    if words:
        if not words.isdecimal() or not 1 <= int(words[:9]) <= _MOST_TRADES:
            raise BadInput(f"Expected a number from 1 to {_MOST_TRADES}, was {words[:40]!r}", "Try /trades 20.")
        count = int(words)
    owner = await turn.core.account.owner(turn.owner)
    return [views.trades_card(await turn.core.account.trades(turn.owner, count), owner)]


async def _delete(turn: Turn, words: str) -> list[Card]:
    if not words:
        raise BadInput("Expected which rules to delete, was nothing", "Try /delete r1, /delete SOL or /delete all.")
    return await obey(turn, _selection("cancel_rules", words))


async def _timezone(turn: Turn, words: str) -> list[Card]:
    owner = (
        await turn.core.account.set_timezone(turn.owner, words) if words else await turn.core.account.owner(turn.owner)
    )
    return [Card(title=f"Your time zone is {owner.timezone}", lines=("Change it like this: /timezone Europe/Berlin",))]


async def _limits(turn: Turn, words: str) -> list[Card]:  # noqa: ARG001 - takes no words
    return [views.limits_card(await turn.core.account.owner(turn.owner))]


def _plain(name: CommandName) -> Callable[[Turn, str], Awaitable[list[Card]]]:
    async def run(turn: Turn, words: str) -> list[Card]:  # noqa: ARG001 - takes no words
        return await obey(turn, Command(name=name))

    return run


def _selecting(name: CommandName) -> Callable[[Turn, str], Awaitable[list[Card]]]:
    async def run(turn: Turn, words: str) -> list[Card]:
        return await obey(turn, _selection(name, words))

    return run


def _selection(name: CommandName, words: str) -> Command:
    """The rules or orders that *words* name: labels, one filter, one market, or nothing for all."""
    labels, markets, filters = [], [], []
    for word in words.replace(",", " ").split():
        if _LABEL.fullmatch(word):
            labels.append(word.lower())
        elif (found := _KINDS.get(word.lower())) is not None:
            filters.append(found)
        elif word.lower() not in {"all", "*"}:
            markets.append(_market(word))
    if len(markets) > 1 or len(filters) > 1:
        raise BadInput(f"Expected one market at most, was {words[:60]!r}", "Name rules like r1 r2, or one market.")
    everything = not (labels or markets or filters)
    return Command(
        name=name,
        rule_ids=tuple(labels) or None,
        market=markets[0] if markets else None,
        filter=filters[0] if filters else None,
        all=True if everything else None,
    )


def _market(word: str) -> str:
    found = _MARKET.fullmatch(word)
    if found is None:
        raise BadInput(f"Expected a market like SOL-PERP, was {word[:40]!r}", "/prices shows the markets.")
    return f"{found[1].upper()}-PERP"


async def _alerts(turn: Turn, words: str) -> list[Card]:  # noqa: ARG001 - takes no words
    return await obey(turn, Command(name="rules", filter="alert"))


async def _privacy(turn: Turn, words: str) -> list[Card]:  # noqa: ARG001 - takes no words
    return [Card(title="What SayWhen keeps about you", lines=_PRIVACY, public=True)]


async def _delete_me(turn: Turn, words: str) -> list[Card]:
    if words != "now":
        sure = (Button(label="Delete everything about me", verb=write(Say(words="/deleteme now"))),)
        lines = ("Your rules, trades, history and settings go, here and on every other channel. It cannot be undone.",)
        return [Card(title="Delete your account?", lines=lines, buttons=(sure,), tone="warn")]
    if turn.waited_s > LATE_AFTER_S:
        return [views.late_card(turn.waited_s, "/deleteme now", write(Say(words="/deleteme now")))]
    await turn.core.people.forget(turn.owner)
    return [Card(title="Everything about you is deleted", lines=("Write again whenever you like to begin anew.",))]


async def _help(turn: Turn, words: str) -> list[Card]:  # noqa: ARG001 - takes no words
    return [help_card(dashboard=turn.dashboard is not None, admin=turn.admin)]


COMMANDS: tuple[SlashCommand, ...] = (
    SlashCommand(name="start", description="What SayWhen is and how to begin", run=_start),
    SlashCommand(name="rule", args="<words>", options=(WORDS,), description="Make a rule in your own words", run=_rule),
    SlashCommand(
        name="rules",
        args="[rules or market or kind]",
        options=(LISTED, PAGE),
        description="Your rules and how far off",
        run=_rules,
        bare=True,
    ),
    SlashCommand(
        name="positions",
        description="Your positions and their profit",
        run=_plain("positions"),
        bare=True,
    ),
    SlashCommand(
        name="balance",
        description="Equity, free collateral, leverage",
        run=_plain("balance"),
        bare=True,
    ),
    SlashCommand(
        name="prices",
        args="[markets]",
        options=(MARKETS,),
        description="Latest prices and funding",
        run=_prices,
        bare=True,
    ),
    SlashCommand(
        name="orders",
        description="Your open orders",
        run=_orders,
        bare=True,
    ),
    SlashCommand(
        name="trades",
        args="[number]",
        options=(Option(name="number", description="How many", kind="number", most=_MOST_TRADES),),
        description="Your latest trades",
        run=_trades,
        bare=True,
    ),
    SlashCommand(
        name="pnl",
        args="[day|week|month]",
        options=(Option(name="period", description="Since when", kind="choice", choices=PERIODS),),
        description="Your profit or loss",
        run=pnl,
        bare=True,
    ),
    SlashCommand(name="alerts", description="Rules that only tell you", run=_alerts, bare=True),
    SlashCommand(name="history", args="[rule]", options=(RULE,), description="What happened to a rule", run=history),
    SlashCommand(
        name="pause",
        args="[rules or market]",
        options=(SELECTION,),
        description="Stop watching rules; open orders stay",
        run=_selecting("pause_rules"),
        bare=True,
    ),
    SlashCommand(
        name="resume",
        args="[rules or market]",
        options=(SELECTION,),
        description="Watch rules again",
        run=_selecting("resume_rules"),
        bare=True,
    ),
    SlashCommand(
        name="delete", args="<rules or market or all>", options=(CHOSEN,), description="Delete rules", run=_delete
    ),
    SlashCommand(
        name="cancel",
        args="[market]",
        options=(MARKET,),
        description="Cancel open orders",
        run=_selecting("cancel_orders"),
    ),
    SlashCommand(name="kill", description="Pause everything and cancel open orders", run=_plain("kill")),
    SlashCommand(
        name="limits",
        description="The most you allow SayWhen to do",
        run=_limits,
        bare=True,
    ),
    SlashCommand(
        name="timezone", args="[zone]", options=(ZONE,), description="Your time zone", run=_timezone, bare=True
    ),
    SlashCommand(
        name="settings",
        args="[what] [value]",
        options=(
            Option(name="what", description="Which setting", kind="choice", choices=SETTINGS),
            Option(name="value", description="Like on, silent, off, 23:00-07:00 or 0.3%"),
        ),
        description="Notices, quiet hours, slippage",
        run=settings,
        bare=True,
    ),
    SlashCommand(
        name="link", args="[code]", options=(CODE,), description="Link another chat to this account", run=linking.link
    ),
    SlashCommand(name="web", description="Open the dashboard", run=linking.web, dashboard=True, bare=True),
    SlashCommand(name="privacy", description="What is kept about you", run=_privacy, bare=True),
    SlashCommand(name="deleteme", description="Delete everything about you", run=_delete_me),
    SlashCommand(name="status", description="Whether everything runs", run=operator.status, admin=True),
    SlashCommand(name="users", description="How many people there are", run=operator.users, admin=True),
    SlashCommand(
        name="broadcast",
        args="<words>",
        options=(WORDS,),
        description="Tell everybody",
        run=operator.broadcast,
        admin=True,
    ),
    SlashCommand(
        name="help",
        description="What you can say",
        run=_help,
        bare=True,
    ),
)
BY_NAME: Mapping[str, SlashCommand] = MappingProxyType({command.name: command for command in COMMANDS})

_EXAMPLES = (
    '   "if SOL drops 2 % sell half my position"',
    '   "buy 1 SOL, take profit at 165, stop at 142"',
    '   "tell me when BTC is above 100k"',
)


_GREETINGS = frozenset({"hi", "hello", "hey", "hello there", "hi there", "gm", "good morning"})


_PRIVACY = (
    "The words you send until they are answered; the rules made of them, your orders, trades and settings.",
    "Your number on this channel, so that you can be told things. Not your name, not your phone.",
    "Nothing is given to anybody. A language model sees a message only where the operator has set one up.",
    "/deleteme removes all of it.",
)


def in_menu(*, dashboard: bool, admin: bool) -> list[SlashCommand]:
    """The commands that somebody is shown."""
    return [command for command in COMMANDS if (dashboard or not command.dashboard) and (admin or not command.admin)]


def help_card(*, dashboard: bool = False, admin: bool = False) -> Card:
    """Everything that can be said, from the table."""
    shown = in_menu(dashboard=dashboard, admin=admin)
    listed = (f"/{command.name} {command.args}".rstrip() + f": {command.description}" for command in shown)
    return Card(title="Say a rule in your own words", lines=(*_EXAMPLES, *listed), public=True)


def as_command(words: str) -> str | None:
    """The command that *words* are without its slash ("positions", "resume"), or None."""
    said = words.casefold().rstrip(" .!?")
    if said in _GREETINGS:
        return "/start"
    command = BY_NAME.get(said)
    return f"/{command.name}" if command is not None and command.bare else None


def near_command(turn: Turn, words: str) -> str | None:
    """The command that *words* begin with the name of ("delete all"), with its slash; None where there is none.

    Only to be offered: whether it was meant is for its writer to say.
    """
    name, _, rest = words.strip().partition(" ")
    command = BY_NAME.get(name.casefold().rstrip(":,"))
    if command is None or command not in in_menu(dashboard=turn.dashboard is not None, admin=turn.admin):
        return None
    meant = f"/{command.name} {rest.strip()}".rstrip()
    return meant if len(meant) <= _LONGEST_OFFER and "\n" not in meant else None


async def run_command(turn: Turn, text: str) -> list[Card]:
    """The answer to *text*, which begins with a slash. Raises BadInput for a command that is not in the table."""
    name, _, words = text[1:].partition(" ")
    # Telegram writes /rules@OurBot in groups.
    command = BY_NAME.get(name.partition("@")[0].lower())
    hidden = command is not None and (
        (command.admin and not turn.admin) or (command.dashboard and turn.dashboard is None)
    )
    if command is None or hidden:
        raise BadInput(f"There is no command /{name[:32]}", "/help shows all of them.")
    return await command.run(turn, words.strip())
