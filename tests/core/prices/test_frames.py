"""The grid of time that candles begin on."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.prices.frames import first_start, start_of


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_every_instant_is_in_the_candle_that_begins_before_it(at: datetime) -> None:
    assert timedelta(0) <= at - start_of(at, "4h") < timedelta(hours=4)
    assert start_of(at, "1d").time().isoformat() == "00:00:00"
    assert timedelta(0) <= first_start(at, "4h") - at < timedelta(hours=4)
