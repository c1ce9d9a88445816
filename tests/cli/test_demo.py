"""`saywhen demo`: the whole job from words to fill, in both outcomes, on real processes and a real database."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import a_home, saywhen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

MOST_SECONDS = 60
Stories = dict[int, Future[dict[str, Any]]]


@pytest.fixture(scope="module")
def homes() -> Iterator[dict[int, Path]]:
    """A home for each seed."""
    with ExitStack() as stack:
        yield {seed: stack.enter_context(a_home()) for seed in (1, 2)}


@pytest.fixture(scope="module")
def stories(homes: dict[int, Path]) -> Iterator[Stories]:
    """A demo of each seed, side by side: for half of its time each waits for its market to move."""
    with ThreadPoolExecutor() as pool:
        yield {seed: pool.submit(_demo, home, seed) for seed, home in homes.items()}


def _demo(home: Path, seed: int) -> dict[str, Any]:
    run = saywhen("demo", "--json", "--seed", str(seed), "--keep", str(home / "kept"), home=home)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    story: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    assert set(story) == {"question", "rules", "triggers", "fills", "notifications", "crash", "seconds"}
    assert story["question"]["about"] == "unit"
    assert story["crash"]["orders_for_trigger"] == 1
    assert story["seconds"] < MOST_SECONDS
    assert len(story["triggers"]) == len(story["fills"]) == 1
    return story


def test_with_an_odd_seed_the_stop_sells_half_and_the_target_stays(
    stories: Stories,
) -> None:
    story = stories[1].result()
    assert {rule["rule"]: rule["state"] for rule in story["rules"]} == {"r1": "completed", "r2": "armed"}
    assert story["triggers"][0]["rule"] == story["fills"][0]["rule"] == "r1"
    assert (story["fills"][0]["side"], story["fills"][0]["base"]) == ("sell", "10")
    fired, filled = story["notifications"]
    assert fired.startswith("r1 fired: SOL-PERP at $")
    assert filled.startswith("Sold 10 SOL at $")
    assert "SIMULATED" in fired
    assert "SIMULATED" in filled


def test_with_an_even_seed_the_target_sells_all_and_the_stop_is_cancelled(
    stories: Stories, homes: dict[int, Path]
) -> None:
    story = stories[2].result()
    assert {rule["rule"]: rule["state"] for rule in story["rules"]} == {"r1": "cancelled", "r2": "completed"}
    assert story["triggers"][0]["rule"] == story["fills"][0]["rule"] == "r2"
    assert (story["fills"][0]["side"], story["fills"][0]["base"]) == ("sell", "20")
    assert [text.splitlines()[0].partition(" at ")[0].partition(":")[0] for text in story["notifications"]] == [
        "r2 fired",
        "Sold 20 SOL",
        "r1 is cancelled",
    ]
    kept = saywhen("chat", "--home", str(homes[2] / "kept"), home=homes[2], typed="/trades\n/positions\n")
    assert "sold 20 SOL" in kept.stdout
    assert "You hold no position" in kept.stdout
