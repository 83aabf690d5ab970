"""Values of attributes have one form each, and marks by which bitmaps find them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.subscribers.attributes import DIGITS, LARGEST, Attribute, Kind

COUNTRY = Attribute("country", Kind.CHOICE, ("CH", "United Kingdom"))
CITY = Attribute("city", Kind.TEXT)
FEE = Attribute("fee", Kind.NUMBER)
SINCE = Attribute("since", Kind.DATE)


@pytest.mark.parametrize(
    ("attribute", "text", "value"),
    [
        (COUNTRY, " united  KINGDOM ", "United Kingdom"),
        (COUNTRY, "", ""),
        (CITY, "  São \t Paulo", "São Paulo"),
        (FEE, "012.50", "12.5"),
        (FEE, "+1000", "1000"),
        (FEE, "-0.0", "0"),
        (FEE, "100", "100"),
        (SINCE, "2000-02-29", "2000-02-29"),
    ],
)
def test_a_value_has_one_form(attribute: Attribute, text: str, value: str) -> None:
    """Equal values must be found as equal, however they were typed."""
    assert attribute.read(text) == value
    assert attribute.read(value) == value


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        (COUNTRY, "FR"),
        (CITY, "x" * 201),
        (CITY, "=1+1"),
        (CITY, "a\u200bb"),
        (FEE, "1,5"),
        (FEE, "1e3"),
        (FEE, "nan"),
        (FEE, "1.0001"),
        (FEE, str(LARGEST + 1)),
        (FEE, "١٢"),
        (SINCE, "1.2.2000"),
        (SINCE, "2001-02-29"),
    ],
)
def test_what_cannot_be_a_value_is_refused_with_a_remedy(attribute: Attribute, text: str) -> None:
    """A line of a file that is refused must say how to mend it."""
    with pytest.raises(ValueError, match=r".+; .+"):
        attribute.read(text)


numbers = st.decimals(-LARGEST, LARGEST, allow_nan=False, places=3)


@given(numbers, numbers)
def test_codes_of_numbers_have_their_order(one: Decimal, other: Decimal) -> None:
    """Bitmaps compare codes: where those had another order, others would be mailed."""
    codes = [FEE.code(FEE.read(f"{number:f}")) for number in (one, other)]
    assert (codes[0] < codes[1], codes[0] == codes[1]) == (one < other, one == other)
    assert all(0 <= code < 1 << DIGITS[Kind.NUMBER] for code in codes)


@given(st.dates(), st.dates())
def test_codes_of_dates_have_their_order(one: date, other: date) -> None:
    """As above."""
    codes = [SINCE.code(day.isoformat()) for day in (one, other)]
    assert (codes[0] < codes[1]) == (one < other)
    assert all(0 <= code < 1 << DIGITS[Kind.DATE] for code in codes)


def test_marks_tell_the_value_and_that_there_is_one() -> None:
    """Each mark is a bitmap: a choice costs two bits, a number one for each binary digit."""
    assert COUNTRY.marks("CH") == ("country#choice", "country=CH")
    assert SINCE.marks("0001-01-05") == ("since#date", "since#date0", "since#date2")
    assert CITY.marks("Bern") == CITY.marks("BERN") != CITY.marks("Basel")
