"""`saywhen up` and `saywhen chat` as processes: they start, answer, survive their worker's death, and stop."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from tests.cli.terminal import PATIENCE_S, Conversation, a_home, saywhen, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

UP = ("up", "--prices", "simulated")
MOST_IDLE_MB = 300


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home that is used by one test after the other, so that only the first makes its database."""
    with a_home() as made:
        yield made


def test_it_answers_what_is_piped_in_and_stops_at_its_end(home: Path) -> None:
    run = saywhen(*UP, home=home, typed="/prices\n/help\n")
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert run.stdout.startswith("SayWhen is up on the paper venue")
    assert "SOL-PERP: $" in run.stdout
    assert "/timezone [zone]" in run.stdout
    assert (home / "logs" / "up.log").exists()


@pytest.fixture(scope="module")
def up(home: Path) -> Iterator[Conversation]:
    """One that goes on from test to test."""
    with Conversation(*UP, home=home) as running:
        running.hear("/help shows everything else")
        yield running


def test_it_is_small_when_idle(up: Conversation) -> None:
    ours = [up.process, up.worker()]
    up.say("/prices")
    up.hear("SOL-PERP: $")
    used = sum(process.memory_info().rss for process in ours) / 2**20
    assert used < MOST_IDLE_MB


def test_a_killed_worker_is_replaced_and_the_new_one_trades(up: Conversation) -> None:
    first = up.worker()
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE_S)
    up.say("buy 1 SOL")
    up.hear("[1] Confirm")
    up.say("1")
    up.hear("Bought 1 SOL")
    assert up.worker().pid != first.pid


def test_a_second_up_joins_the_first_as_chat(up: Conversation, home: Path) -> None:
    second = saywhen("up", home=home, typed="/positions\n/prices\n")
    assert second.returncode == 0, second.stderr
    assert second.stdout.startswith("Another SayWhen is running on this home; this window joins it as chat.\n")
    assert "SIMULATED" in second.stdout
    assert "not watched" not in second.stdout
    silent = saywhen("up", home=home)
    assert silent.returncode == 1
    assert "saywhen chat" in silent.stderr
    up.say("/quit")
    assert up.wait() == 0


def test_an_end_by_signal_leaves_no_process(home: Path) -> None:
    with Conversation(*UP, "--no-chat", home=home) as up:
        up.hear("SayWhen is up on the paper venue")
        worker, postgres = up.worker(), _postgres(home)
        up.process.send_signal(signal.SIGTERM)
        assert up.wait() == 0
        assert not psutil.wait_procs([worker, postgres], PATIENCE_S)[1]


def test_a_killed_parent_takes_the_worker_and_the_database_with_it_and_the_next_up_starts(home: Path) -> None:
    with Conversation(*UP, home=home) as up:
        up.hear("/help shows everything else")
        worker, postgres = up.worker(), _postgres(home)
        up.process.kill()
        assert not psutil.wait_procs([worker, postgres], PATIENCE_S)[1]
    assert saywhen(*UP, home=home, typed="/rules\n").returncode == 0


def test_a_chat_says_when_nobody_watches(home: Path) -> None:
    with Conversation("chat", home=home) as chat:
        chat.hear("rules are not watched until saywhen up runs")
        chat.say("/quit")
        assert chat.wait() == 0


def test_roles_run_apart_until_they_are_told_to_stop(home: Path) -> None:
    with Conversation("run", "scheduler", home=home) as scheduler, Conversation("run", "bots", home=home) as bots:
        scheduler.hear("watching")
        bots.hear("TELEGRAM_BOT_TOKEN")
        until(lambda: _postgres(home))
        for role in (scheduler, bots):
            role.process.send_signal(signal.SIGTERM)
            assert role.wait() == 0


def test_the_database_is_migrated_and_has_no_dead_letters(home: Path) -> None:
    migrated = saywhen("migrate", home=home)
    assert (migrated.returncode, migrated.stderr) == (0, "")
    listed = saywhen("dead-letters", "list", "--json", home=home)
    assert json.loads(listed.stdout) == []
    assert saywhen("dead-letters", home=home).stdout == "There are no dead letters.\n"
    gone = saywhen("dead-letters", "discard", "7", home=home)
    assert gone.returncode == 1
    assert gone.stderr == "saywhen: There is no dead letter 7. See saywhen dead-letters.\n"


def _postgres(home: Path) -> psutil.Process:
    """The home's postmaster."""
    return psutil.Process(int((home / "pg" / "postmaster.pid").read_text(encoding="utf-8").split()[0]))


def test_up_by_a_service_has_nobody_to_talk_to(home: Path) -> None:
    silent = saywhen("up", "--prices", "pyth", home=home)
    assert silent.returncode == 2
    assert "PYTH_API_KEY" in silent.stderr
