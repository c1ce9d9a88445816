"""Ids: sortable, short, and unlike each other."""

from datetime import UTC, datetime, timedelta

from core.domain.ids import new_id

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_later_ids_sort_later() -> None:
    ids = [new_id("r", START + timedelta(milliseconds=number)) for number in range(100)]
    assert ids == sorted(ids)


def test_ids_of_one_instant_differ() -> None:
    assert len({new_id("o", START) for _ in range(10_000)}) == 10_000


def test_an_id_fits_a_button_with_room_for_a_verb() -> None:
    made = new_id("r", START)
    assert made.startswith("r_")
    assert len(made) == 20
    assert set(made[2:]) <= set("0123456789abcdefghjkmnpqrstvwxyz")


def test_the_time_in_an_id_lasts_a_thousand_years() -> None:
    assert new_id("r", datetime(2026, 1, 1, tzinfo=UTC)) < new_id("r", datetime(3000, 1, 1, tzinfo=UTC))
