"""Pauses between tries."""

from core.prices.backoff import Backoff


def test_pauses_grow_to_a_bound_and_start_over() -> None:
    pause = Backoff(1, 8)
    for longest in (1, 2, 4, 8, 8):
        assert longest / 2 <= pause.next_s() <= longest
    pause.reset()
    assert pause.next_s() <= 1
