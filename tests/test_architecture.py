"""Holds the tree to its decided shape; it says where a rule is broken, not how to mend it."""

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("core", "bots", "scheduler", "api", "cli")
NOT_OURS = {
    ".git",
    ".venv",
    ".cache",
    ".hypothesis",
    "__pycache__",
    "node_modules",
    "dist",
    "build",
    ".saywhen",
}

MOST_LINES = 400
MOST_LINES_WEB = 250
WEB_SOURCES = {".ts", ".tsx", ".js", ".jsx", ".mjs", ".css", ".html"}

BANNED = {"util", "helper", "common", "misc", "base", "types", "manager", "service", "handler", "processor"}
BANNED |= {"utils", "helpers", "managers", "services", "handlers", "processors", "data", "info", "infos"}

# What core.domain must not touch of the standard library either: it has no I/O and no clock.
# (`secrets` it may have: an id is drawn where the thing it names is made.)
IMPURE = {"asyncio", "concurrent", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "select"}
IMPURE |= {"shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib"}
CLOCKLESS = ("core/domain", "core/flow", "core/feed", "core/watchlist")
EMULATOR = "core/venues/drift/emulator"
"""Loaded only where it is chosen (docs/decisions/0071): whoever imported it at once would load what is heavy."""
HEAVY = {"ccxt", "base58", "driftpy", "solana", "solders", "anthropic", "openai"}

# Written so that these lines do not match themselves.
MACHINE_PATH = re.compile(r"(?<![\w.~$}/:-])/(?:root|work|home/[a-z]\w*|Users/[A-Za-z]\w*)(?:/|\b(?![-.\w]))")
REGISTRY = re.compile(r"\b(?:pypi|npmjs|pythonhosted|yarnpkg|debian)\.(?:org|com|io)\b", re.IGNORECASE)
INDEX_OPTION = re.compile(r"^\s*(?:--(?:extra-)?index-url|--find-links|-f|-i)\b|file:/|://", re.MULTILINE)


def _files() -> Iterator[Path]:
    for path in sorted(ROOT.iterdir()):
        if path.name in NOT_OURS:
            continue
        if path.is_file():
            yield path
        else:
            yield from (p for p in sorted(path.rglob("*")) if p.is_file() and not NOT_OURS & set(p.parts))


def _python() -> list[Path]:
    return [path for path in _files() if path.suffix == ".py"]


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _segments(name: str) -> list[str]:
    """The words of a snake_case, kebab-case or CamelCase name, in lower case."""
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def _is_banned(name: str) -> bool:
    """Whether a name is a banned word or ends in one: OrderManager says no more than Order."""
    words = _segments(name)
    return bool(words) and words[-1] in BANNED


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")


def _reads_a_clock(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner = ast.unparse(node.func.value)
    return (owner.endswith(("datetime", "date")) and node.func.attr in {"now", "today", "utcnow"}) or (
        owner == "time" and node.func.attr in {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"}
    )


def _is_naive(node: ast.AST) -> bool:
    """A call that gives a datetime without a zone."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr in {"utcnow", "utcfromtimestamp"}:
        return True
    owner = ast.unparse(node.func.value)
    return owner.endswith("datetime") and (
        node.func.attr == "today" or (node.func.attr == "now" and not node.args and not node.keywords)
    )


def test_files_stay_short_enough_to_be_read_at_once() -> None:
    long = []
    for path in _files():
        is_web = path.is_relative_to(ROOT / "web")
        if path.suffix == ".py" or (is_web and path.suffix in WEB_SOURCES):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > (most := MOST_LINES_WEB if is_web else MOST_LINES):
                long.append(f"{_name(path)}: expected at most {most} lines, was {lines}")
    assert not long, "\n".join(long)


def test_no_module_or_package_has_a_name_that_says_nothing() -> None:
    names = {part for path in _python() for part in path.relative_to(ROOT).with_suffix("").parts}
    names |= {path.name.split(".")[0] for path in _files() if path.suffix in {".ts", ".tsx"}}
    assert not sorted(name for name in names if _is_banned(name))


def test_no_class_has_a_name_that_says_nothing() -> None:
    banned = [
        f"{_name(path)}:{node.lineno}: {node.name}"
        for path in _python()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef) and _is_banned(node.name)
    ]
    assert not banned, "\n".join(banned)


@pytest.mark.parametrize("name", ["OrderManager", "price_utils", "types", "HTTPHandler", "Base", "user-data"])
def test_a_name_ending_in_a_banned_word_is_banned(name: str) -> None:
    assert _is_banned(name)


@pytest.mark.parametrize("name", ["Database", "OrderType", "based_on", "BaseAmount", "informed", "Common5"])
def test_a_banned_word_elsewhere_in_a_name_is_allowed(name: str) -> None:
    assert not _is_banned(name)


def test_every_module_says_in_a_sentence_what_it_decides() -> None:
    silent = [
        _name(path)
        for path in _python()
        if not (ast.get_docstring(_tree(path)) or "").split("\n\n")[0].rstrip().endswith((".", ":"))
    ]
    assert not silent, f"Expected a module docstring whose first paragraph is a sentence, was none in {silent}"


def test_imports_are_absolute() -> None:
    relative = [
        f"{_name(path)}:{line}" for path in _python() for line, name in _imports(_tree(path)) if name.startswith(".")
    ]
    assert not relative, relative


def test_the_import_contracts_hold() -> None:
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_domain_imports_only_the_pure_part_of_the_standard_library() -> None:
    foreign = [
        f"{_name(path)}:{line}: {name}"
        for path in _python()
        if path.is_relative_to(ROOT / "core/domain")
        for line, name in _imports(_tree(path))
        if not name.startswith("core.domain")
        and (name.split(".")[0] not in sys.stdlib_module_names or name.split(".")[0] in IMPURE)
    ]
    assert not foreign, "\n".join(foreign)


def test_the_domain_counts_in_decimals_not_floats() -> None:
    floats = [
        f"{_name(path)}:{node.lineno}"
        for path in _python()
        if path.is_relative_to(ROOT / "core/domain")
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert not floats, floats


def test_deciding_code_is_given_the_time_and_never_reads_a_clock() -> None:
    readers = [
        f"{_name(path)}:{node.lineno}"
        for path in _python()
        if _name(path).startswith(CLOCKLESS)
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and _reads_a_clock(node)
    ]
    assert not readers, readers


def test_no_time_is_naive() -> None:
    naive = [
        f"{_name(path)}:{node.lineno}"
        for path in _python()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and _is_naive(node)
    ]
    assert not naive, naive


def test_schedules_are_not_read_from_crontab_text() -> None:
    """APScheduler counts weekdays from Monday = 0, so that crontab's "1" would run on Tuesday."""
    used = [
        f"{_name(path)}:{node.lineno}"
        for path in _python()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "from_crontab"
    ]
    assert not used, used


def test_importing_everything_starts_nothing_and_loads_no_heavy_library() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in _python()
        if path.relative_to(ROOT).parts[0] in PACKAGES and not path.is_relative_to(ROOT / EMULATOR)
    ]
    program = (
        "import importlib, sys, threading\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"loaded = sorted({HEAVY!r} & set(sys.modules))\n"
        "assert not loaded, loaded\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    assert not _matches(MACHINE_PATH, _files())


def test_no_file_names_a_package_registry() -> None:
    assert not _matches(REGISTRY, _files())


def test_locks_name_packages_and_hashes_but_no_address() -> None:
    locks = [path for path in _files() if re.fullmatch(r"requirements.*\.lock", path.name)]
    assert locks
    assert not _matches(INDEX_OPTION, iter(locks))
    for path in locks:
        entries = re.findall(r"^[a-z0-9][^\n]*==(?:[^\n]*\\\n)*[^\n]*", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert entries
        assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, "see {}root/notes".format("/")),
        (MACHINE_PATH, 'open("{}home/ann/key")'.format("/")),
        (REGISTRY, "https://files.python{}.org/x".format("hosted")),
        (INDEX_OPTION, "--index-url somewhere"),
    ],
)
def test_what_must_not_be_named_is_recognised(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def _matches(pattern: re.Pattern[str], paths: Iterator[Path]) -> list[str]:
    found = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{_name(path)}:{text.count(chr(10), 0, m.start()) + 1}: {m.group()}" for m in pattern.finditer(text)]
    return found
