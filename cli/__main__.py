"""The `saywhen` command from arguments to exit code; decides how a failure is told, not what a command does.

Exit codes: 0 done, 1 it failed, 2 what was asked cannot be done as asked.
"""

import os
import sys
from collections.abc import Callable, Sequence

from cli.arguments import build_parser
from core.domain.errors import BadInput, NotConfigured, SayWhenError

FAILED = 1
MISUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; never lets an exception out. Ends the process only where arguments cannot be read."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character is no reason to fail.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    options = build_parser().parse_args(arguments)
    command: Callable[..., int] = options.command
    try:
        code = command(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us has gone (`| head`); the interpreter's own flush at exit must not complain about it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except SayWhenError as problem:
        tell(str(problem), problem.hint)
        return MISUSED if isinstance(problem, BadInput | NotConfigured) else FAILED
    except Exception as problem:  # noqa: BLE001 - the last line of defence: a person gets a sentence, the log the rest
        from cli.accident import report

        report(problem, options)
        return FAILED
    return code


def tell(what: str, hint: str = "") -> None:
    """One line for a person on standard error: what happened and what to do."""
    sentence = " ".join(what.split())
    if not sentence.endswith((".", "!", "?", ":", ")")):
        sentence += "."
    print(f"saywhen: {' '.join(f'{sentence} {hint}'.split())}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
