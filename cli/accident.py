"""What nobody foresaw: one line for the person, everything else for a file; decides no exit code."""

import sys
import traceback
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path


def report(problem: BaseException, options: Namespace) -> None:
    """Write the traceback to the home's log and say on standard error what broke and where that is."""
    said = " ".join(f"{type(problem).__name__}: {problem}".split())[:200]
    written = _write("".join(traceback.format_exception(problem)), options)
    print(f"saywhen: Something broke on our side ({said}). {written}", file=sys.stderr)


def _write(trace: str, options: Namespace) -> str:
    from core.settings import read_settings

    try:
        home: Path = read_settings(**({"SAYWHEN_HOME": options.home} if options.home is not None else {})).home_path
        file = home / "logs" / "accidents.log"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with file.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv[1:2])}\n{trace}\n")
    except Exception:  # noqa: BLE001 - the log is a courtesy; the sentence must come out whatever the disk says
        return "The log could not be written."
    return f"The log is {file}."
