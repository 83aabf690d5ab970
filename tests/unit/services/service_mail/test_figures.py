"""Numbers, moments and spans as users read them in mails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailer.services.service_mail.figures import Figures

AT = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "number", "moment", "span"),
    [
        ("en", "4,312", "Tuesday, 1 December 2026, 09:00 (Zurich, UTC+1)", "1h 12m"),
        ("fr", "4\u202f312", "Mardi 1er décembre 2026, 09:00 (Zurich, UTC+1)", "1h 12min"),
        ("es", "4.312", "Martes, 1 de diciembre de 2026, 9:00 (Zúrich, UTC+1)", "1h 12min"),
    ],
)
def test_each_language_writes_them_its_own_way(
    language: str, number: str, moment: str, span: str
) -> None:
    """A zone is always told: whoever reads it may be elsewhere."""
    figures = Figures(language, "Europe/Zurich")
    assert figures.number(4312) == number
    assert figures.moment(AT) == moment
    assert figures.span(timedelta(minutes=72)) == span


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (-5, "0s"), (59, "59s"), (60, "1m"), (3600, "1h"), (86400, "24h")],
)
def test_a_span_is_told_as_exactly_as_it_matters(seconds: int, shown: str) -> None:
    """A clock that was set back in between is no span below nothing."""
    assert Figures("en", "UTC").span(timedelta(seconds=seconds)) == shown
