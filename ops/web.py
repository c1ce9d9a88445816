"""Builds and checks the dashboard with the Node that came with the environment; decides when there is work to do.

What was made is stamped with a digest of what it was made from, so that a second run does nothing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
MODULES, DIST, MADE = WEB / "node_modules", WEB / "dist", WEB / "build"
TOOLS = Path(sys.executable).parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

TSC = ("typescript/bin/tsc", "--noEmit")
LINT = ("oxlint/bin/oxlint", "--deny-warnings", "src")
TESTS = ("vitest/vitest.mjs", "run", "--reporter=dot")
BUILD = ("vite/bin/vite.js", "build", "--logLevel", "warn")


class Failed(Exception):
    """A tool said no; the text is what it said."""


def main(arguments: list[str]) -> int:
    """`build`, `check` (types, lint, unit tests, build) or `browser` (bring Chromium where that is possible)."""
    match arguments:
        case ["build"]:
            return _build_or_say()
        case ["check"]:
            return _check()
        case ["browser"]:
            return _browser()
        case _:
            print(f"Expected build, check or browser, was {' '.join(arguments) or 'nothing'}.", file=sys.stderr)
            return 2


def _build_or_say() -> int:
    try:
        build()
    except Failed as problem:
        print(f"The dashboard was not built: {problem}\nSayWhen runs without it. Try again: make web", file=sys.stderr)
        return 1
    return 0


def _check() -> int:
    try:
        prepare()
        _side_by_side([TSC, LINT, TESTS])
        build()
    except Failed as problem:
        print(problem)
        return 1
    return 0


def build() -> None:
    """Build web/dist if anything that it is made from changed. Raises Failed."""
    stamp, digest = DIST / ".made-from", _digest(_sources()) + _named()
    if _read(stamp) == digest:
        return
    began = time.monotonic()
    prepare()
    _node(BUILD)
    stamp.write_text(digest)
    print(f"  The dashboard is built ({time.monotonic() - began:.0f} s).", flush=True)


def prepare() -> None:
    """The locked packages, and the types of the API as the code now has it. Raises Failed."""
    stamp, digest = MODULES / ".made-from", _digest([WEB / "package.json", WEB / "package-lock.json"])
    if _read(stamp) != digest:
        print("  Fetching what the dashboard is built from …", flush=True)
        _run([TOOLS / "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"])
        stamp.write_text(digest)
    stamp, digest = MADE / ".made-from", _digest([*_api_sources(), WEB / "package-lock.json", Path(__file__)])
    if _read(stamp) != digest:
        MADE.mkdir(exist_ok=True)
        document = MADE / "openapi.json"
        said = _run([sys.executable, "-m", "cli", "openapi"], cwd=ROOT)
        document.write_text(json.dumps(json.loads(said)))
        # What has a default may be missing in an answer: what is None is left out of the rule language.
        options = ("--default-non-nullable", "false", "--output", str(MADE / "schema.ts"))
        _node(("openapi-typescript/bin/cli.js", str(document), *options))
        stamp.write_text(digest)


def _browser() -> int:
    """Chromium from the system's packages: where we may install it, we do; elsewhere its tests skip and say why."""
    if any(shutil.which(name) for name in CHROMIUM):
        return 0
    installer = shutil.which("apt-get")
    if installer is None or os.name == "nt" or os.geteuid() != 0:
        print("  No Chromium here: tests in a browser are skipped (Debian and Ubuntu: apt install chromium).")
        return 0
    print("  Installing Chromium for the tests in a browser …", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for command in (("update", "-qq"), ("install", "-qq", "-y", "--no-install-recommends", "chromium")):
        if subprocess.run([installer, *command], check=False, **quiet).returncode != 0:  # type: ignore[call-overload]
            print("  That did not work: tests in a browser are skipped.")
            return 0
    return 0


def _side_by_side(commands: Sequence[tuple[str, ...]]) -> None:
    running = [
        subprocess.Popen(
            [TOOLS / "node", MODULES / command[0], *command[1:]],
            cwd=WEB,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            text=True,
        )
        for command in commands
    ]
    ended = [(run.communicate()[0], run.returncode) for run in running]
    said = [output.strip() for output, code in ended if code != 0]
    if said:
        raise Failed("\n".join(said))


def _node(command: tuple[str, ...]) -> None:
    _run([TOOLS / "node", MODULES / command[0], *command[1:]])


def _run(command: Sequence[str | Path], cwd: Path = WEB) -> str:
    try:
        run = subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=_environment()
        )
    except OSError as problem:
        raise Failed(f"{Path(command[0]).name} cannot be started: {problem.strerror}.") from None
    if run.returncode != 0:
        raise Failed((run.stderr or run.stdout).strip()[-2_000:])
    return run.stdout


def _environment() -> dict[str, str]:
    return os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1", "NO_COLOR": "1"}


def _sources() -> list[Path]:
    own = [path for part in ("src", "public") for path in (WEB / part).rglob("*") if path.is_file()]
    return [*own, *WEB.glob("*.json"), *WEB.glob("*.ts"), WEB / "index.html", *_api_sources()]


def _api_sources() -> list[Path]:
    return [*(ROOT / "api").rglob("*.py"), *(ROOT / "core" / "domain").rglob("*.py"), *(ROOT / "core").glob("codec*")]


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _named() -> str:
    """Where the environment says the API is: it is built into the page, which otherwise leaves it open."""
    return "".join(f" {name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("REACT_APP_"))


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
