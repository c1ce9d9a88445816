"""What the gate tells and returns; which checks it has is not repeated here."""

from pathlib import Path

import pytest

from ops import gate


@pytest.mark.parametrize("arguments", [[], ["tset"], ["test", "exam"]])
def test_an_unknown_gate_is_refused_with_the_known_ones(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.main(arguments) == 2
    assert "Expected one of check, test, exam, was" in capsys.readouterr().err


def test_a_failed_check_shows_its_output_and_stops_the_gate(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    wrong = ("python", "-c", "print('why'); raise SystemExit(3)")
    slow = ("python", "-c", "import time; time.sleep(0.5)")
    never = ("python", "-c", "print('not begun'); raise SystemExit(4)")
    checks = (("first", wrong), ("beside", slow), *((f"later{number}", never) for number in range(3)))
    monkeypatch.setattr(gate, "STATIC", checks)
    monkeypatch.setattr(gate, "PYTEST", ("python", "-c", "print('must not run')"))
    assert gate.main(["test"]) == 3
    printed = capfdbinary.readouterr().out
    assert b"first" in printed
    assert b"FAILED" in printed
    assert b"why" in printed
    assert b"not begun" not in printed
    assert b"must not run" not in printed


def test_a_passed_check_is_one_line_and_the_tests_decide_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    program = "import os; assert os.environ['SAYWHEN_EXAM'] == '1'; print('tests ran'); raise SystemExit(1)"
    monkeypatch.setattr(gate, "STATIC", (("first", ("python", "-c", "print('silence')")),))
    monkeypatch.setattr(gate, "PYTEST", ("python", "-c", program))
    assert gate.main(["exam"]) == 1
    printed = capfdbinary.readouterr().out
    assert b"tests ran" in printed
    assert b"silence" not in printed
    assert printed.count(b"first") == 1


def test_runs_side_by_side_are_all_told_and_any_of_them_fails_the_gate(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    program = "import sys; print('ran', sys.argv[1:]); raise SystemExit(5 if 'second' in sys.argv else 0)"
    monkeypatch.setattr(gate, "STATIC", ())
    monkeypatch.setattr(gate, "PYTEST", ("python", "-c", program))
    monkeypatch.setattr(gate, "GATES", {"test": ((("first",), ("second",)), {})})
    assert gate.main(["test"]) == 5
    printed = capfdbinary.readouterr().out
    assert b"ran ['first']" in printed
    assert b"ran ['second']" in printed


def test_a_run_for_which_there_is_no_room_begins_when_another_is_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    over = tmp_path / "over"
    program = (
        f"import pathlib, sys, time; over = pathlib.Path({str(over)!r})\n"
        "if sys.argv[1] == 'second': raise SystemExit(0 if over.exists() else 5)\n"
        "time.sleep(0.2); over.touch()"
    )
    monkeypatch.setattr(gate, "STATIC", ())
    monkeypatch.setattr(gate, "PYTEST", ("python", "-c", program))
    monkeypatch.setattr(gate, "GATES", {"test": ((("first",), ("second",)), {})})
    assert gate.main(["test"]) == 5
    over.unlink()
    monkeypatch.setattr(gate, "AT_ONCE", 1)
    assert gate.main(["test"]) == 0
