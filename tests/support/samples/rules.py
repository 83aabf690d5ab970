"""Audience rules of every kind, for properties: within the bounds, and of what `KNOWN` holds."""

from __future__ import annotations

from datetime import date
from typing import Final

from hypothesis import strategies as st

from mailer.domain.calendar.attendance import Attendance
from mailer.domain.segments.rule import (
    ORDERED,
    Answered,
    Being,
    Bounced,
    Compared,
    Everybody,
    Had,
    Joined,
    Not,
    Operator,
    Rule,
    Subject,
    joined_by_and,
    joined_by_or,
)
from mailer.domain.segments.validation import Known
from mailer.domain.subscribers.attributes import Attribute, Kind

CHOICES: Final = ("CH", "FR", "United Kingdom", 'say "so"')
ATTRIBUTES: Final = {
    one.name: one
    for one in (
        Attribute("country", Kind.CHOICE, CHOICES),
        Attribute("city", Kind.TEXT),
        Attribute("fee", Kind.NUMBER),
        Attribute("since", Kind.DATE),
    )
}
KNOWN: Final = Known(
    topics=("bulletin", "meetings"),
    tags=("press", "größe"),
    languages=("en", "fr", "pt-BR"),
    campaigns=(1, 2),
    editions=("spring-2023", "2024"),
    entries=("meeting-x", "not"),
    attributes=ATTRIBUTES,
)
VALUES: Final = {
    "country": CHOICES,
    "city": ("Bern", "Genève", "São Paulo", "or"),
    "fee": ("0", "12.5", "-3", "1000000000", "-1000000000", "7", "8", "-0.001"),
    "since": ("0001-01-01", "1999-12-31", "2000-01-01", "2026-11-30", "9999-12-31"),
}
DAYS: Final = (date(1970, 1, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2))

_operators: Final = st.sampled_from([*Operator])


def _compared(name: str) -> st.SearchStrategy[Rule]:
    values = st.sampled_from(VALUES[name])
    ordered = ATTRIBUTES[name].kind in {Kind.NUMBER, Kind.DATE}
    single = st.sampled_from(
        [one for one in Operator if one is not Operator.AMONG and (ordered or one not in ORDERED)]
    )
    return st.one_of(
        st.builds(lambda op, value: Compared(name, op, (value,)), single, values),
        st.builds(
            lambda some: Compared(name, Operator.AMONG, tuple(some)),
            st.lists(values, min_size=1, max_size=3, unique=True),
        ),
    )


def _being() -> st.SearchStrategy[Rule]:
    found = [
        Being(subject, name)
        for subject in Subject
        if subject is not Subject.SEGMENT
        for name in KNOWN.named(subject)
    ]
    return st.sampled_from(found)


terms: Final[st.SearchStrategy[Rule]] = st.one_of(
    st.just(Everybody()),
    st.just(Bounced()),
    _being(),
    st.builds(
        Joined, _operators.filter(lambda one: one is not Operator.AMONG), st.sampled_from(DAYS)
    ),
    st.sampled_from([Had(1), Had(2), Had(0, "spring-2023"), Had(0, "2024")]),
    st.builds(Answered, st.sampled_from([*KNOWN.entries]), st.sampled_from([None, *Attendance])),
    *map(_compared, ATTRIBUTES),
)


def _larger(parts: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(several.map(joined_by_and), several.map(joined_by_or), st.builds(Not, parts))


rules: Final[st.SearchStrategy[Rule]] = st.recursive(terms, _larger, max_leaves=8)
"""Any rule that is valid where `KNOWN` is what exists."""
