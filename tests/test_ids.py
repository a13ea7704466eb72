"""Ids of superevents: date, letters, category."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, strategies as st

from gracetape.ids import gw_id, letters, number_of, parse_date_id, superevent_id
from gracetape.times import gps_of, utc_of


@pytest.mark.parametrize(
    ("count", "text"), [(1, "a"), (26, "z"), (27, "aa"), (52, "az"), (702, "zz"), (703, "aaa"), (18278, "zzz")]
)
def test_letters_go_past_z_and_zz(count: int, text: str) -> None:
    assert letters(count) == text
    assert number_of(text) == number_of(text.upper()) == count


@given(st.integers(1, 10**9))
def test_letters_and_numbers_are_inverse(count: int) -> None:
    assert number_of(letters(count)) == count


def test_ids_name_the_utc_day_of_t_0() -> None:
    assert superevent_id("P", 1338848303.7873, 220) == "S220609hl"
    assert superevent_id("T", 1338848303.7873, 1) == "TS220609a"
    assert superevent_id("M", 1338848303.7873, 28) == "MS220609ab"
    assert gw_id("P", 1126259462.4, 1) == "GW150914A"


def test_leap_seconds_count() -> None:
    assert utc_of(1187008882.43).strftime("%Y-%m-%d %H:%M:%S") == "2017-08-17 12:41:04"
    assert superevent_id("P", gps_of(datetime(2017, 1, 1, tzinfo=UTC)), 1) == "S170101a"
    assert superevent_id("P", gps_of(datetime(2017, 1, 1, tzinfo=UTC)) - 0.5, 1).startswith(("S161231", "S170101"))


@given(st.sampled_from("PTM"), st.floats(3e8, 1.6e9), st.integers(1, 10**6), st.booleans())
def test_ids_read_back(category: str, gps: float, count: int, gw: bool) -> None:
    found = parse_date_id((gw_id if gw else superevent_id)(category, gps, count))
    assert (found.category, found.number, found.gw) == (category, count, gw)
    assert found.day == utc_of(gps).date()


def test_years_of_the_last_century_are_understood() -> None:
    assert parse_date_id("S990101a").day == date(1999, 1, 1)


@pytest.mark.parametrize("text", ["S220631a", "S22060a", "S220609", "S220609A", "GW220609a", "XS220609a", "", "G123"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="superevent id|does not exist"):
        parse_date_id(text)
