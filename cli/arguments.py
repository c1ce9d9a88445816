"""What may be typed after `saywhen`: every command, option and how its words are read; runs nothing."""

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from core.domain.money import ZERO, plain, read_decimal

PARSERS = ("grammar", "claude", "openai")
VENUES = ("paper", "drift", "drift-emulator")
ROLES = ("api", "bots", "scheduler", "worker")
_DEMO = """The market's moves are fixed by the seed: with an odd one the stop fires (half is sold, the target stays),
with an even one the target fires (all is sold, the stop is cancelled). For example --seed 1 and --seed 2."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is, and exit with 2."""
        said = " ".join(message.split())
        if said.endswith("required: COMMAND"):
            said = "Expected a command, was nothing; saywhen up starts everything"
        self.exit(2, f"saywhen: {said}. See {self.prog} --help.\n")


class _Version(argparse.Action):
    """Looks up the version only where it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"saywhen {version('saywhen')}")
        except PackageNotFoundError:  # an image holds the code alone
            print("saywhen, as its image is tagged")
        parser.exit()


def build_parser() -> Parser:
    """The parser of the whole command line; `command` of what it returns runs the command."""
    parser = Parser(
        prog="saywhen", description="You say when; it watches and trades.", allow_abbrev=False, exit_on_error=True
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show which SayWhen this is and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    for add in (_up, _demo, _chat, _parse, _replay, _migrate, _openapi, _run, _dead_letters, _keys):
        add(commands)
    return parser


def _command(commands: Any, name: str, module: str, words: str, *, stored: bool = True, **more: Any) -> Parser:
    parser: Parser = commands.add_parser(name, help=words, description=words, allow_abbrev=False, **more)
    parser.set_defaults(command=_later(module), home=None)
    if stored:
        parser.add_argument(
            "--home",
            type=Path,
            metavar="DIR",
            help="keep everything in DIR, whatever SAYWHEN_HOME and DATABASE_URL say",
        )
    return parser


def _later(module: str) -> Callable[[argparse.Namespace], int]:
    """The command of a module that is imported when it runs: help and mistakes should not wait for a database."""

    def command(options: argparse.Namespace) -> int:
        from importlib import import_module

        code: int = import_module(module).run(options)
        return code

    return command


def _up(commands: Any) -> None:
    parser = _command(commands, "up", "cli.up", "run everything: watching, trading, and a chat in this terminal")
    parser.add_argument(
        "--prices", metavar="SOURCE", help="auto, exchange, pyth, simulated, or a candle file to replay as if now"
    )
    parser.add_argument("--venue", choices=VENUES, help="where orders go (default: SAYWHEN_VENUE, else paper)")
    parser.add_argument("--no-chat", action="store_true", help="no chat here; logs go to standard error")


def _demo(commands: Any) -> None:
    parser = _command(
        commands,
        "demo",
        "cli.demo",
        "the whole job once, on a simulated market, in under a minute",
        stored=False,
        epilog=_DEMO,
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON and print nothing else")
    parser.add_argument("--seed", type=_seed, default=1, metavar="N", help="which market is simulated (default 1)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the demo's home in DIR, a new or empty folder")


def _chat(commands: Any) -> None:
    _command(commands, "chat", "cli.chat", "talk to a SayWhen that runs already")


def _parse(commands: Any) -> None:
    parser = _command(commands, "parse", "cli.parse", "show what words are understood as", stored=False)
    parser.add_argument("text", nargs="*", metavar="TEXT", help="the words")
    parser.add_argument("--batch", metavar="FILE.jsonl", help="one request a line; - reads standard input")
    parser.add_argument("--score", metavar="FILE.jsonl", help="how a file of lines with expectations is read")
    parser.add_argument("--json", action="store_true", help="print the ParseResult (or the score) as one line of JSON")
    parser.add_argument("--parser", choices=PARSERS, default="grammar")
    parser.add_argument(
        "--prices", type=_prices, action="extend", metavar="SOL-PERP=150,…", help="the markets there are, with prices"
    )
    _positions(parser)
    parser.add_argument("--now", type=_time, metavar="ISO", help="the time the words are read at")
    parser.add_argument("--timezone", default="UTC", metavar="TZ", help="such as Europe/Berlin (default UTC)")


def _replay(commands: Any) -> None:
    parser = _command(commands, "replay", "cli.replay", "run a rule over a file of candles", stored=False)
    parser.add_argument("text", metavar="TEXT", help="the rule in words")
    parser.add_argument("--prices", type=Path, required=True, metavar="FILE", help="candles: time,open,high,low,…")
    parser.add_argument("--market", type=_market, required=True, metavar="SOL-PERP")
    parser.add_argument("--from", dest="start", type=_time, metavar="ISO", help="the first candle's time")
    parser.add_argument("--to", dest="end", type=_time, metavar="ISO", help="candles before this time only")
    _positions(parser)
    parser.add_argument("--equity", type=_money, default=Decimal(10_000), metavar="USD", help="the deposit")
    parser.add_argument("--answer", choices=("usd", "percent"), help="the answer to a question on the unit")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def _migrate(commands: Any) -> None:
    _command(commands, "migrate", "cli.migrate", "bring the database up to date")


def _openapi(commands: Any) -> None:
    _command(commands, "openapi", "cli.openapi", "print the API's OpenAPI document", stored=False)


def _run(commands: Any) -> None:
    parser = _command(commands, "run", "cli.run", "run one role in this process, for when roles run apart")
    parser.add_argument("role", choices=ROLES, metavar="ROLE", help=", ".join(ROLES))
    parser.add_argument(
        "--tied", action="store_true", help="stop when standard input ends, as it does with the process that wrote it"
    )


def _dead_letters(commands: Any) -> None:
    parser = _command(commands, "dead-letters", "cli.dead_letters", "work that was given up: list it, discard it")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.set_defaults(discard=None)
    deeds = parser.add_subparsers(title="what to do", metavar="list | discard N", parser_class=Parser)
    listing = deeds.add_parser("list", help="show them, newest first (this is also what happens without a word)")
    discarding = deeds.add_parser("discard", help="throw one away")
    discarding.add_argument("discard", type=_number, metavar="N")
    for deed in (listing, discarding):  # where people type it too; left out here, it keeps what was said before
        deed.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one line of JSON")


def _keys(commands: Any) -> None:
    parser = _command(commands, "keys", "cli.keys", "the keys that trade: list, fees, import, export, rotate")
    parser.set_defaults(deed="list")
    deeds = parser.add_subparsers(
        title="what to do", metavar="list | fees | import | export | rotate", parser_class=Parser
    )
    deeds.add_parser("list", help="show addresses (this is also what happens without a word)")
    taking = deeds.add_parser("import", help="let an owner trade with a private key read from standard input")
    taking.add_argument("--owner", type=_number, default=1, metavar="N", help="whose it is (default: 1, the first)")
    giving = deeds.add_parser("export", help="give out an imported key, sealed as WALLET_PRIVATE_KEY takes it")
    giving.add_argument("address", metavar="ADDRESS")
    giving.add_argument("--plain", action="store_true", help="the private key itself; whoever sees it owns it")
    giving.add_argument("--to", metavar="FILE", help="a new file that only you can read; else it is printed")
    turning = deeds.add_parser("rotate", help="seal every key under a new version of the master key")
    fees = deeds.add_parser("fees", help="what they have paid in network fees, by owner")
    fees.add_argument("--days", type=_number, metavar="N", help="only the last N days")
    for name, deed in (("fees", fees), ("import", taking), ("export", giving), ("rotate", turning)):
        deed.set_defaults(deed=name)


def _positions(parser: Parser) -> None:
    parser.add_argument(
        "--position", type=_position, action="append", metavar="SOL-PERP=+2@148", help="held: signed size @ entry price"
    )


# --- how words become values; argparse shows what these raise ------------------------------------------------------


def _prices(words: str) -> list[tuple[str, str]]:
    prices = []
    for item in words.split(","):
        market, mark, price = item.partition("=")
        if not mark:
            raise argparse.ArgumentTypeError(f"Expected MARKET=PRICE like SOL-PERP=150, was {_shown(item)}")
        prices.append((_market(market), plain(_money(price))))
    return prices


def _position(words: str) -> tuple[str, str]:
    market, _, held = words.partition("=")
    base, _, entry = held.partition("@")
    try:
        size = read_decimal(base)
        entry_price = read_decimal(entry)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"Expected MARKET=SIZE@ENTRY like SOL-PERP=+2@148, was {_shown(words)}"
        ) from None
    if size == ZERO or entry_price <= ZERO:
        raise argparse.ArgumentTypeError(f"Expected a size that is not 0 and an entry above 0, was {_shown(words)}")
    return _market(market), f"{plain(size)}@{plain(entry_price)}"


def _market(words: str) -> str:
    market = words.strip().upper()
    coin, _, kind = market.partition("-")
    if kind != "PERP" or not (coin.isascii() and coin.isalnum()) or len(coin) > 12:
        raise argparse.ArgumentTypeError(f"Expected a market like SOL-PERP, was {_shown(words)}")
    return market


def _money(words: str) -> Decimal:
    try:
        amount = read_decimal(words.strip())
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
    if amount <= ZERO:
        raise argparse.ArgumentTypeError(f"Expected more than 0, was {_shown(words)}")
    return amount


def _time(words: str) -> datetime:
    try:
        time = datetime.fromisoformat(words)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"Expected an ISO time like 2026-01-31T09:00:00+00:00, was {_shown(words)}"
        ) from None
    if time.tzinfo is None:
        if len(words) > len("2026-01-31"):
            raise argparse.ArgumentTypeError(
                f"Expected a time with its offset, such as a Z at its end, was {_shown(words)}"
            )
        from datetime import UTC

        return time.replace(tzinfo=UTC)
    return time


def _seed(words: str) -> int:
    return _whole(words, 2**63)


def _number(words: str) -> int:
    return _whole(words, 2**63)


def _whole(words: str, end: int) -> int:
    if not (words.isascii() and words.isdecimal()) or len(words) > len(str(end)) or int(words) >= end:
        raise argparse.ArgumentTypeError(f"Expected a whole number from 0, was {_shown(words)}")
    return int(words)


def _shown(words: str) -> str:
    return repr(words if len(words) <= 60 else f"{words[:60]}…")


def text_of(words: list[str]) -> str:
    """The words that were typed, whatever bytes the terminal sent: what is no UTF-8 becomes a replacement character."""
    raw = " ".join(words).encode(sys.getfilesystemencoding(), "surrogateescape")
    return raw.decode(sys.getfilesystemencoding(), "replace")
