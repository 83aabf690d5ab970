"""What each term says of a subscriber: the reference that the bitmaps are compared with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mailer.domain.calendar.attendance import Attendance
from mailer.domain.segments.evaluation import Facts, holds
from mailer.domain.segments.parsing import parse
from support.samples.rules import ATTRIBUTES

NOBODY = Facts("en", "active", date(2026, 1, 1))
SOMEBODY = replace(
    NOBODY,
    topics=frozenset({"bulletin"}),
    tags=frozenset({"press"}),
    campaigns=frozenset({12}),
    editions=frozenset({"spring-2023"}),
    bounced=True,
    answers=frozenset({("meeting-x", Attendance.ACCEPTED)}),
    attributes={"country": "CH", "city": "Genève", "fee": "12.5", "since": "2000-02-29"},
)


@pytest.mark.parametrize(
    ("text", "somebody", "nobody"),
    [
        ("all", True, True),
        ("topic:bulletin", True, False),
        ("tag:press", True, False),
        ("lang:en", True, True),
        ("lang:fr", False, False),
        ("status:active", True, True),
        ("bounced", True, False),
        ("had:12", True, False),
        ("had:13", False, False),
        ("had:spring-2023", True, False),
        ("answered:meeting-x", True, False),
        ("answered:meeting-x:yes", True, False),
        ("answered:meeting-x:no", False, False),
        ("joined = 2026-01-01", True, True),
        ("joined after 2026-01-01", False, False),
        ("joined >= 2026-01-01", True, True),
        ("joined before 2026-01-02", True, True),
        ("joined != 2026-01-02", True, True),
        ("has:country", True, False),
        ("country = ch", True, False),
        ("country != CH", False, False),
        ("country != FR", True, False),
        ("not country = FR", True, True),
        ("country in (FR, CH)", True, False),
        ("city = GENÈVE", True, False),
        ('city = " Genève "', True, False),
        ("city in (Bern, genève)", True, False),
        ("fee = 12.50", True, False),
        ("fee > 9", True, False),
        ("fee < 100", True, False),
        ("fee <= 12.499", False, False),
        ("since > 2000-02-28", True, False),
        ("since <= 2000-02-29", True, False),
        ("lang:fr or tag:press and bounced", True, False),
        ("not (lang:en and bounced)", False, True),
    ],
)
def test_a_rule_holds_of_whom_it_is_about(text: str, *, somebody: bool, nobody: bool) -> None:
    """Of whom nothing is known, no comparison holds: neither `=` nor `!=`."""
    rule = parse(text)
    assert holds(rule, SOMEBODY, ATTRIBUTES) is somebody
    assert holds(rule, NOBODY, ATTRIBUTES) is nobody
