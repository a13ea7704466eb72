"""Moments in words, as the server reads them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from gracetape.dummy.query.syntax import Term, parse
from gracetape.dummy.query.tree import QueryError
from tests.dummy.query.conftest import NOW  # a Sunday, 10:50


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("now", "2019-03-31 10:50:00"), ("today", "2019-03-31 00:00:00"), ("Yesterday", "2019-03-30 00:00:00"), ("tomorrow", "2019-04-01 00:00:00"),
        ("3 days ago", "2019-03-28 10:50:00"), ("a day ago", "2019-03-30 10:50:00"), ("a couple of days ago", "2019-03-29 10:50:00"),
        ("couple weeks ago", "2019-03-17 10:50:00"), ("1 month ago", "2019-03-01 10:50:00"), ("10 minutes ago", "2019-03-31 10:40:00"),
        ("20 seconds from now", "2019-03-31 10:50:20"), ("in 10 minutes", "2019-03-31 11:00:00"), ("in a couple of days", "2019-04-02 10:50:00"),
        ("a week from today", "2019-04-07 00:00:00"), ("2 days before yesterday", "2019-03-28 00:00:00"), ("noon", "2019-03-31 12:00:00"),
        ("midnight tomorrow", "2019-04-01 00:00:00"), ("6am tomorrow", "2019-04-01 06:00:00"), ("0800 yesterday", "2019-03-30 08:00:00"),
        ("12:15 AM today", "2019-03-31 00:15:00"), ("12:15:30 pm today", "2019-03-31 12:15:30"), ("3pm 2 days from today", "2019-04-02 15:00:00"),
        ("20 seconds before noon tomorrow", "2019-04-01 11:59:40"), ("noon Sunday", "2019-03-31 12:00:00"), ("last Sunday", "2019-03-31 00:00:00"),
        ("next Monday", "2019-04-01 00:00:00"), ("last monday", "2019-03-25 00:00:00"), ("noon last Friday", "2019-03-29 12:00:00"),
        ("2009-10-20", "2009-10-20 00:00:00"), ("2009-10-20 13:00", "2009-10-20 13:00:00"), ("2009-10-20T13:00:05Z", "2009-10-20 13:00:05"),
    ],
)  # fmt: skip
def test_words_say_which_moment_is_meant(words: str, moment: str) -> None:
    (term,) = parse(f"created: {words}", NOW)
    assert isinstance(term, Term)
    (value,) = term.values
    assert datetime.fromtimestamp(value.value, UTC) == datetime.fromisoformat(f"{moment}+00:00")


@pytest.mark.parametrize(
    "words", ["2009-13-01", "2009-02-30 10:00", "99999999999 months ago", "9999999 weeks from today"]
)
def test_moments_that_do_not_exist_are_refused(words: str) -> None:
    with pytest.raises(QueryError):
        parse(f"created: {words}", NOW)


_moments = st.integers(320_000_000, 4_100_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(_moments, _moments)
def test_a_range_has_the_dates_that_were_written(first: datetime, last: datetime) -> None:
    (term,) = parse(f"{first:%Y-%m-%d %H:%M:%S} .. {last:%Y-%m-%d %H:%M:%S}", NOW)
    assert isinstance(term, Term)
    assert term.op == "between"
    assert [value.value for value in term.values] == [first.timestamp(), last.timestamp()]
