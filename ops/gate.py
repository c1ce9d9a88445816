"""Runs the checks in order and says how long each took; decides which checks a gate has, not what they find."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent

STATIC = (
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("lint", ("ruff", "check", "--quiet", ".")),
    ("types", ("mypy", "--no-error-summary")),
    ("imports", ("lint-imports", "--no-cache", "--no-logo")),
)
PYTEST = ("pytest", "--quiet")

# name -> what pytest is given, and the environment it gets on top
GATES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "check": (("-m", "not slow and not chaos"), {}),
    "test": (("--durations=5", "--durations-min=2"), {}),
    "exam": (("--durations=20", "--durations-min=5", "--timeout=0"), {"SAYWHEN_EXAM": "1"}),
}


def main(arguments: list[str]) -> int:
    """Run one gate; the exit code is 0 when all passed, else that of the first check that failed."""
    if len(arguments) != 1 or arguments[0] not in GATES:
        print(f"Expected one of {', '.join(GATES)}, was {' '.join(arguments) or 'nothing'}.", file=sys.stderr)
        return 2
    pytest_arguments, environment = GATES[arguments[0]]
    began = time.monotonic()
    for label, command in STATIC:
        code = _quietly(label, command)
        if code != 0:
            return code
    code = _aloud((*PYTEST, *pytest_arguments), environment)
    print(f"  all        {time.monotonic() - began:6.1f} s  {'ok' if code == 0 else 'FAILED'}", flush=True)
    return code


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
    print(f"  {label:<10} {time.monotonic() - began:6.1f} s  {'ok' if passed else 'FAILED'}", flush=True)
    if not passed:
        sys.stdout.flush()
        sys.stdout.buffer.write(run.stdout)
        sys.stdout.flush()
    return run.returncode


def _aloud(command: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run the tests with their output as it comes."""
    run = subprocess.run(
        [TOOLS / command[0], *command[1:]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
        check=False,
    )
    return run.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
