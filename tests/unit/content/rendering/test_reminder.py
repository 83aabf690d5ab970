"""Mail about a calendar entry, as readers see it: when, where, and what to do, in their language."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.language.words import words_for
from mailer.content.parsing.distance import distance
from mailer.content.parsing.links import Links
from mailer.content.rendering.mjml import SIZE_LIMIT
from mailer.content.rendering.reminder import Letter, Stop, languages, render, universal
from mailer.content.rendering.rendered import CalendarFile, Rendered, slot
from mailer.domain.calendar.entry import Entry, Kind, Status
from mailer.domain.calendar.notice import Change
from mailer.domain.subscribers.topic import Topics

LANGUAGES = ("en", "fr", "es")
EACH_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
MEETING = Entry(
    id="private-sector",
    kind=Kind.MEETING,
    start=datetime(2023, 4, 26, 14),  # noqa: DTZ001 - local, as all entries are
    end=datetime(2023, 4, 26, 16, 30),  # noqa: DTZ001 - as above
    zone="Europe/Zurich",
    title={"en": "Meeting with <firms>", "fr": "Réunion avec des entreprises"},
    city={"en": "Geneva", "fr": "Genève", "es": "Ginebra"},
    place={"en": "Online", "fr": "En ligne", "es": "En línea"},
    description={"en": "First & foremost.\n\nThen the rest."},
    registration={"*": "https://example.org/register"},
    online="https://example.org/join",
    topics=("meetings",),
)
BEGINNING = datetime(2023, 4, 26, 12, tzinfo=UTC)
MOVED = replace(
    MEETING,
    start=datetime(2023, 4, 27, 10),  # noqa: DTZ001
    end=datetime(2023, 4, 27, 12),  # noqa: DTZ001
)


def letter(
    entry: Entry = MEETING, ahead: timedelta = timedelta(days=14), **facts: object
) -> Letter:
    """Make a letter about an entry, so long before the meeting."""
    made = Letter(
        entry=entry,
        at=BEGINNING - ahead,
        sender=dict.fromkeys(LANGUAGES, "MSME"),
        links=dict.fromkeys(LANGUAGES, Links(calendar_url="https://example.org/calendar")),
        stops=[Stop("meetings", f"bulletin-confirm+{slot('stop_a')}@lists.example.org")],
        topics=Topics.of("bulletin", "meetings"),
        fallback=LANGUAGES,
        calendar=lambda _language: CalendarFile("PUBLISH", "METHOD:PUBLISH\n", "x.ics"),
    )
    return replace(made, **facts)  # type: ignore[arg-type] # the tests name real fields


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(days=14), ("in 2 weeks", "dans 2 semaines", "dentro de 2 semanas")),
        (timedelta(days=7), ("in one week", "dans une semaine", "dentro de una semana")),
        (timedelta(days=10), ("in 10 days", "dans 10 jours", "dentro de 10 días")),
        (timedelta(days=1), ("tomorrow", "demain", "mañana")),
        (timedelta(hours=23), ("tomorrow", "demain", "mañana")),
        (timedelta(hours=8), ("in 8 hours", "dans 8 heures", "dentro de 8 horas")),
        (timedelta(hours=1), ("in one hour", "dans une heure", "dentro de una hora")),
        (timedelta(minutes=58), ("in one hour", "dans une heure", "dentro de una hora")),
        (timedelta(minutes=28), ("in 30 minutes", "dans 30 minutes", "dentro de 30 minutos")),
        (timedelta(seconds=1), ("in 5 minutes", "dans 5 minutes", "dentro de 5 minutos")),
        (timedelta(), ("under way", "en cours", "en curso")),
        (-timedelta(hours=2), ("under way", "en cours", "en curso")),
        (-timedelta(hours=3), ("", "", "")),
    ],
)
def test_distances_are_told_as_people_tell_them(ahead: timedelta, said: tuple[str, ...]) -> None:
    """“In 336 hours” is right, and of no use."""
    found = [distance(words_for(code), MEETING, BEGINNING - ahead) for code in LANGUAGES]
    assert tuple(found) == said


def test_days_are_those_of_the_entrys_zone() -> None:
    """At 23:00 in Geneva a meeting in Auckland on the day after next is tomorrow there."""
    there = replace(MEETING, zone="Pacific/Auckland", start=datetime(2023, 4, 28, 20), end=None)  # noqa: DTZ001
    assert distance(words_for("en"), there, datetime(2023, 4, 26, 21, tzinfo=UTC)) == "tomorrow"


def test_a_meeting_soon_after_midnight_is_told_in_hours() -> None:
    """An hour before half past midnight, “tomorrow” would send readers to bed."""
    late = replace(MEETING, start=datetime(2023, 4, 27, 0, 30), end=None)  # noqa: DTZ001
    at = datetime(2023, 4, 26, 21, 30, tzinfo=UTC)
    assert distance(words_for("en"), late, at) == "in one hour"


@pytest.mark.parametrize(("days", "said"), [(0, "today"), (1, "tomorrow"), (2, "in 2 days")])
def test_an_entry_that_lasts_all_day_is_told_in_days(days: int, said: str) -> None:
    """The day of a deadline is today until midnight."""
    day = replace(MEETING, start=date(2023, 5, 5), end=None)
    at = datetime(2023, 5, 5 - days, 20, tzinfo=UTC)
    assert distance(words_for("en"), day, at) == said


@given(ahead=st.integers(-3000, 700 * 24 * 60), language=st.sampled_from(LANGUAGES))
def test_no_distance_is_wrong_by_more_than_it_shows(ahead: int, language: str) -> None:
    """Every instant must have words, none of which is a number with a fraction."""
    said = distance(words_for(language), MEETING, BEGINNING - timedelta(minutes=ahead))
    assert bool(said) == (ahead > -150)
    assert not re.search(r"\d[.,]\d|-", said)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (MEETING, "12:00–14:30 UTC"),
        (replace(MEETING, end=None), "12:00 UTC"),
        (replace(MEETING, zone="UTC"), ""),
        (replace(MEETING, start=date(2023, 4, 26), end=None), ""),
        (
            replace(MEETING, zone="Pacific/Auckland", start=datetime(2023, 4, 26, 9), end=None),  # noqa: DTZ001
            "Tuesday, 25 April 2023, 21:00 UTC",
        ),
    ],
)
def test_the_time_is_told_in_utc_too(entry: Entry, said: str) -> None:
    """Readers on five continents reckon from there, and the day may be another one."""
    assert universal(words_for("en"), entry) == said


CASES = {
    "reminder": letter(),
    "moved": letter(MOVED, change=Change.MOVED, known=MEETING),
    "cancelled": letter(
        replace(MEETING, status=Status.CANCELLED, reason={"en": "No room."}),
        change=Change.CANCELLED,
        known=MEETING,
    ),
    "revived": letter(change=Change.REVIVED, known=MEETING),
    "place": letter(replace(MEETING, place={"en": "Geneva"}), change=Change.PLACE, known=MEETING),
    "invitation": letter(replace(MEETING, invite=True, status=Status.TENTATIVE)),
    "deadline": letter(replace(MEETING, kind=Kind.DEADLINE, start=date(2023, 5, 5), end=None)),
}
EACH_CASE = pytest.mark.parametrize("case", CASES)


@EACH_CASE
@EACH_LANGUAGE
def test_all_mails_hold_what_every_mail_must(case: str, language: str) -> None:
    """Every mail needs its sender, reason and way to stop it, and no fault for mail programs."""
    made = render(CASES[case], language)
    for body in (made.html, made.text):
        for name in ("address", "stop_a", "leave_url", "preferences_url"):
            assert slot(name) in body, name
        assert not re.search(r"\{[a-z]+\}|None|\[\[", body)
    assert "<firms>" not in made.html
    assert len(made.html) < SIZE_LIMIT // 4
    assert all(len(line) < 72 or "@" in line for line in made.text.splitlines())
    assert 10 < len(made.subject) < 110
    assert made.preheader
    assert made.calendar is not None


@EACH_CASE
def test_our_own_words_are_in_the_readers_language(case: str) -> None:
    """A text missing from the catalogue would stand in English, in the middle of a French mail."""
    english = words_in(render(CASES[case], "en"))
    for language in ("fr", "es"):
        shared = english & words_in(render(CASES[case], language))
        assert {word for word in shared if len(word) > 5} <= ALLOWED, language


ALLOWED = {
    *("Meeting", "firms", "private", "example", "calendar", "register", "meetings", "message"),
    *("foremost", "Geneva", "lists", "bulletin", "confirm", "address", "preferences_url"),
    *("leave_url", "stop_a", "2023", "https", "invitation"),
}


def words_in(made: Rendered) -> set[str]:
    """Return the words of a mail's subject and plain text."""
    return set(re.findall(r"\w+", f"{made.subject} {made.text}"))


@pytest.mark.parametrize(
    ("language", "register", "join"),
    [
        ("en", "Register", "Join online (registration required)"),
        ("fr", "S’inscrire", "Participer en ligne (inscription obligatoire)"),
        ("es", "Inscribirse", "Participar en línea (previa inscripción)"),
    ],
)
def test_who_has_to_register_is_shown_that_first(language: str, register: str, join: str) -> None:
    """The mail goes to all whom the meeting concerns; most of them have not registered yet."""
    made = render(CASES["reminder"], language)
    for body in (made.text, made.html):
        assert body.index("https://example.org/register") < body.index("https://example.org/join")
        assert body.index(register) < body.index(join)
    free = render(letter(replace(MEETING, registration={})), language)
    assert join.partition(" (")[0] in free.text
    assert join not in free.text + free.html


def test_old_and_new_stand_beside_each_other() -> None:
    """Readers must see what changed without looking for the old mail."""
    made = render(CASES["moved"], "en")
    assert made.subject == "New date: 27 April, 10:00 Geneva – Meeting with <firms>"
    assert made.text.index("Now") < made.text.index("27 April 2023")
    assert made.text.index("27 April 2023") < made.text.index("Before") < made.text.index("26 Ap")
    assert "<s><strong>Wednesday, 26 April 2023" in made.html.replace("\n", "")


def test_another_time_on_the_same_day_is_called_a_new_time() -> None:
    """A “new date” that is the old one would be misread."""
    later = replace(MEETING, start=datetime(2023, 4, 26, 15))  # noqa: DTZ001
    made = render(letter(later, change=Change.MOVED, known=MEETING), "fr")
    assert made.subject.startswith("Nouvel horaire\u00a0: 26 avril, 15:00 Genève – ")


def test_what_does_not_take_place_has_nothing_to_join() -> None:
    """A button to register for what is called off would be used."""
    made = render(CASES["cancelled"], "en")
    assert "No room." in made.text
    assert "register" not in made.text
    assert "join" not in made.text


def test_texts_that_are_missing_stand_in_another_language() -> None:
    """A reader of Spanish had rather a French title than none; our own words are Spanish."""
    made = render(letter(replace(MEETING, title={"fr": "Réunion"})), "es")
    assert made.subject == "Dentro de 2 semanas – Réunion (26 de abril, 14:00 Ginebra)"


def test_a_title_without_end_is_cut_in_the_subject_only() -> None:
    """Subjects beyond a line are cut anyway, and then it is the date that goes."""
    long = {"en": "A meeting about " + "very " * 30 + "much"}
    made = render(letter(replace(MEETING, title=long)), "en")
    assert made.subject.endswith("… (26 April, 14:00 Geneva)")
    assert "much" in made.text


def test_only_languages_with_words_are_sent_in() -> None:
    """A language that was configured and not translated gets the first one, as for editions."""
    assert languages(("fr", "de", "en", "fr-CH")) == ("fr", "en", "fr-CH")
    assert languages(("de",)) == ("de",)
