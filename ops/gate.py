"""Runs the checks in order and says how long each took; decides which checks a gate has, not what they find.

Many tests mostly wait: for processes that they kill and start, for a database, for a socket. So four runs at a time go
side by side on two cores: the core, what stands on it, kills, and the browser; as soon as one of those is over, what is
slow for its chats, and what starts the command.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent

# The longest first: two run at a time.
STATIC = (
    ("types", ("mypy", "--no-error-summary")),
    ("web", ("python", "ops/web.py", "check")),
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("lint", ("ruff", "check", "--quiet", ".")),
    ("imports", ("lint-imports", "--no-cache", "--no-logo")),
)
PYTEST = ("pytest", "--quiet")

QUICK, SLOW = "not slow and not chaos", "slow or chaos"
INNER, OUTER = ("tests/core", "-m", QUICK), ("--ignore=tests/core", "-m", QUICK)
_KILLED, _SEEN, _HEARD = "tests/chaos", "tests/browser", "tests/bots"
KILLED, SEEN, HEARD = ((part, "-m", SLOW) for part in (_KILLED, _SEEN, _HEARD))
STARTED = (*(f"--ignore={part}" for part in (_KILLED, _SEEN, _HEARD)), "-m", SLOW)
TOLD = ("--durations=5", "--durations-min=2")
LONG = ("--durations=20", "--durations-min=5", "--timeout=0")

AT_ONCE = 4
RUNS = (INNER, OUTER, KILLED, SEEN, HEARD, STARTED)
"""The longest first, so that the short ones fill what is left."""

# name -> the runs of the tests, some side by side, and the environment they get on top
GATES: dict[str, tuple[tuple[tuple[str, ...], ...], dict[str, str]]] = {
    "check": ((INNER, OUTER), {}),
    "test": (tuple((*run, *TOLD) for run in RUNS), {}),
    "exam": (tuple((*run, *LONG) for run in RUNS), {"SAYWHEN_EXAM": "1"}),
}


def main(arguments: list[str]) -> int:
    """Run one gate; the exit code is 0 when all passed, else that of the first check that failed."""
    if len(arguments) != 1 or arguments[0] not in GATES:
        print(f"Expected one of {', '.join(GATES)}, was {' '.join(arguments) or 'nothing'}.", file=sys.stderr)
        return 2
    runs, environment = GATES[arguments[0]]
    began = time.monotonic()
    code = _two_at_a_time(STATIC)
    if code != 0:
        return code
    code = _side_by_side([(*PYTEST, *wanted) for wanted in runs], environment)
    print(f"  all        {time.monotonic() - began:6.1f} s  {'ok' if code == 0 else 'FAILED'}", flush=True)
    return code


def _two_at_a_time(checks: Sequence[tuple[str, tuple[str, ...]]]) -> int:
    """Run *checks*, each of which uses one core; once one failed no other is begun. The exit code of that one, or 0."""
    codes: list[int] = []

    def run(check: tuple[str, tuple[str, ...]]) -> None:
        if not any(codes):
            codes.append(_quietly(*check))

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(run, checks))
    return next((code for code in codes if code != 0), 0)


def _quietly(label: str, command: tuple[str, ...]) -> int:
    """Run a check that has nothing to say when it passes."""
    began = time.monotonic()
    run = subprocess.run(
        [TOOLS / command[0], *command[1:]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    passed = run.returncode == 0
    line = f"  {label:<10} {time.monotonic() - began:6.1f} s  {'ok' if passed else 'FAILED'}\n"
    # At one go, so that what runs beside it says nothing in between.
    sys.stdout.buffer.write(line.encode() + (b"" if passed else run.stdout))
    sys.stdout.flush()
    return run.returncode


def _side_by_side(commands: Sequence[tuple[str, ...]], environment: dict[str, str]) -> int:
    """Run the tests: the first command with its output as it comes, the others' output once they are done."""
    with ExitStack() as stack, ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        running = []
        for number, command in enumerate(commands):
            output = stack.enter_context(tempfile.TemporaryFile()) if number > 0 else None
            running.append((pool.submit(_run, command, environment, output), output))
        codes = []
        for run, output in running:
            codes.append(run.result())
            if output is not None:
                output.seek(0)
                sys.stdout.flush()
                shutil.copyfileobj(output, sys.stdout.buffer)
                sys.stdout.flush()
    return next((code for code in codes if code != 0), 0)


def _run(command: tuple[str, ...], environment: dict[str, str], output: IO[bytes] | None) -> int:
    return subprocess.run(
        [TOOLS / command[0], *command[1:]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        env=os.environ | environment,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
