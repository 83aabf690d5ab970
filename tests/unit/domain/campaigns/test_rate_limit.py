"""Rates in plain words: read, written, and refused with the shape that they should have."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.campaigns.rate_limit import MOST, RateLimit, parse_rate_limit

UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
TO = {"": None, " to example.org": "example.org"}
THROUGH = {
    "": None,
    " through relay.example.org": "relay.example.org",
    " through 2001:db8::9": "2001:db8::9",
}


@pytest.mark.parametrize(("unit", "to", "through"), list(product(UNITS, TO, THROUGH)))
def test_a_limit_says_how_many_in_which_time_and_where(unit: str, to: str, through: str) -> None:
    """Every unit, for one domain or all, through one relay or all."""
    limit = RateLimit(600, UNITS[unit], TO[to], THROUGH[through])
    words = f"600 {'an' if unit == 'hour' else 'a'} {unit}{to}{through}"
    assert parse_rate_limit(words) == limit
    assert str(limit) == words


@pytest.mark.parametrize(
    "words",
    [
        "600 a minute",
        "600 PER  Minute",
        "600/minute",
        "600 messages every minute",
        " 600 mail / minute",
    ],
)
def test_people_write_the_same_in_several_ways(words: str) -> None:
    """The file of settings is written by hand."""
    assert parse_rate_limit(words) == RateLimit(600, 60)


@pytest.mark.parametrize(
    ("words", "count"), [("1,200 a day", 1200), ("10_000 a day", 10_000), ("1'000 a day", 1000)]
)
def test_thousands_may_be_set_apart(words: str, count: int) -> None:
    """As people of each country write them."""
    assert parse_rate_limit(words).count == count


@pytest.mark.parametrize("count", [1, MOST])
def test_the_bounds_are_within(count: int) -> None:
    """The smallest rate, and the largest."""
    assert parse_rate_limit(f"{count} a day").count == count


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_a_rate_out_of_range_is_refused_with_the_range(count: int) -> None:
    """Nothing would ever leave; or there is no limit at all."""
    with pytest.raises(
        ValueError, match=rf'^"{count} a day" is out of range; a rate is from 1 to {MOST} messages$'
    ):
        parse_rate_limit(f"{count} a day")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "fast",
        "600",
        "a minute",
        "600 a week",
        "600 a minute to",
        "-5 a day",
        "600 a minute to x y",
    ],
)
def test_what_is_no_rate_is_refused_with_the_shape(words: str) -> None:
    """The message is all that the operator sees."""
    with pytest.raises(ValueError, match="is not a rate; write it like") as caught:
        parse_rate_limit(words)
    said = str(caught.value)
    assert said.startswith(f'"{words}" is not')
    assert said.endswith('"600 a minute to gmail.com" or "20 a second through relay.example.org"')


def test_names_are_kept_in_small_letters() -> None:
    """An address's domain is compared with them."""
    limit = parse_rate_limit("5/second to GMAIL.com through Relay.example.org")
    assert limit == RateLimit(5, 1, "gmail.com", "relay.example.org")


NAMES = st.none() | st.from_regex(r"[a-z0-9]{1,9}\.[a-z]{2,6}", fullmatch=True)


@given(st.builds(RateLimit, st.integers(1, MOST), st.sampled_from([*UNITS.values()]), NAMES, NAMES))
def test_a_rate_reads_back_as_it_is_shown(limit: RateLimit) -> None:
    """The rate shown by the status can be pasted into the configuration."""
    assert parse_rate_limit(str(limit)) == limit


@given(st.text())
def test_any_words_are_a_limit_or_refused(words: str) -> None:
    """And what is read is written so that it reads the same."""
    try:
        limit = parse_rate_limit(words)
    except ValueError:
        return
    assert parse_rate_limit(str(limit)) == limit
