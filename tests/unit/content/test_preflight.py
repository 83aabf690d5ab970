"""Preflight: what stops an edition, what a person should weigh, and where it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.parsing.links import Links, fault_of, is_safe
from mailer.content.parsing.source import load_edition
from mailer.content.preflight import Finding, Level, check
from mailer.domain.campaigns.edition import Edition, Picture
from support.places import CORPUS, ROOT

AUTUMN = CORPUS / "editions" / "autumn"
EDITION = load_edition(AUTUMN)
LINKS = Links("join@lists.example.org", "https://lists.example.org/calendar")


def with_body(body: str, language: str = "en") -> Edition:
    """Give the small edition another text in one language, its first line being line 6."""
    changed = replace(EDITION.translations[language], body=body, first_line=6)
    return replace(EDITION, translations={language: changed}, subject={language: "A subject"})


def findings(edition: Edition, *languages: str, links: Links = LINKS) -> list[Finding]:
    """Check an edition for readers of its own languages, or of those given."""
    return check(edition, languages or edition.languages, links)


def only(edition: Edition, *languages: str, links: Links = LINKS) -> Finding:
    """Check an edition with one thing wrong."""
    (finding,) = findings(edition, *languages, links=links)
    return finding


def test_a_sound_edition_has_no_findings() -> None:
    """Warnings that always appear are soon overlooked."""
    assert findings(EDITION) == []


def test_readers_who_get_another_language_are_named() -> None:
    """The secretariat decides whether to wait for a translation."""
    finding = only(EDITION, "en", "fr", "fr-ch", "es")
    assert (finding.level, finding.language) == (Level.WARNING, "es")
    assert "readers of 'es' would get 'en'" in finding.text


def test_readers_who_would_get_nothing_stop_the_edition() -> None:
    """Nobody who subscribed may be forgotten in silence (law 11)."""
    finding = only(replace(EDITION, fallback=()), "en", "fr", "es")
    assert finding.level is Level.ERROR
    assert "nothing" in finding.text


@pytest.mark.parametrize(
    ("body", "level", "place", "text"),
    [
        ("a\n\n[x](http://example.org)", Level.ERROR, "en.md:8", "insecure"),
        ("http://example.org/bare", Level.ERROR, "en.md:6", "insecure"),
        ("[x](javascript:alert)", Level.ERROR, "en.md:6", "neither a web nor a mail"),
        ("[x](www.example.org)", Level.ERROR, "en.md:6", "neither a web nor a mail"),
        ("[x](https://)", Level.ERROR, "en.md:6", "names no host"),
        ("[x](https://localhost/a)", Level.ERROR, "en.md:6", "no domain"),
        ("[x](https://[::1)", Level.ERROR, "en.md:6", "cannot be understood"),
        ("[x](mailto:nobody)", Level.ERROR, "en.md:6", "no mail address"),
        ("[x]()", Level.ERROR, "en.md:6", "leads nowhere"),
        ("::: button http://example.org\nGo\n:::", Level.ERROR, "en.md:6", "insecure"),
        ("::: box A\n- [x](http://example.org)\n:::", Level.ERROR, "en.md:7", "insecure"),
        ("a\nHello {{ nmae }}", Level.ERROR, "en.md:7", "'{{ nmae }}' is never filled in"),
        ("a\nHello {{ name }}", Level.WARNING, "en.md:7", "see a gap"),
        ("a\n{% if nmae %}b{% endif %}", Level.ERROR, "en.md:7", "'nmae'"),
        ("a\n{% if name %}b", Level.ERROR, "en.md:7", "cannot be read"),
        ("a\n## {% if name %}b{% endif %}\n\nc", Level.ERROR, "en.md:7", "no text"),
        ("a {{ b", Level.ERROR, "en.md:6", "never filled in"),
        ("::: figure\nimage: images/dot.png\n:::", Level.ERROR, "en.md:6", "no alternative text"),
        (
            "::: figure\nimage: images/dot.png\nalt: dot.png\n:::",
            Level.WARNING,
            "en.md:6",
            "helps nobody",
        ),
        (
            "::: figure\nimage: images/dot.png\nalt: A dot\nwidth: 900\n:::",
            Level.WARNING,
            "en.md:6",
            "",
        ),
        ("x\n\nTODO: write", Level.WARNING, "en.md:8", "'TODO' looks unfinished"),
        ("Lorem ipsum dolor", Level.WARNING, "en.md:6", "looks unfinished"),
        ("## A\n\nx\n\n## A\n\ny", Level.WARNING, "en.md:10", "stands twice"),
        ("## A\n\nx\n\n## B", Level.WARNING, "en.md:10", "is empty"),
        ("::: call X\ndeadline: 2030-01-01\n\nx\n:::", Level.WARNING, "en.md:6", "lies before"),
        ("::: box\nx", Level.ERROR, "en.md:6", "never closed"),
    ],
)
def test_a_fault_in_the_text_is_found_where_it_stands(
    body: str, level: Level, place: str, text: str
) -> None:
    """A secretary goes to the line and mends it; a finding without a place is a riddle."""
    if "width: 900" in body:
        small = replace(EDITION.pictures["images/dot.png"], width=100)
        edition = replace(with_body(body), pictures={"images/dot.png": small})
    else:
        edition = with_body(body)
    finding = only(edition, "en")
    assert (finding.level, finding.language, finding.place) == (level, "en", place)
    assert text in finding.text
    assert finding.remedy


def test_our_own_pages_are_no_fault_of_the_text() -> None:
    """A user who tries the service on their own machine has pages there by http, and can send."""
    here = Links("join@lists.example.org", "http://127.0.0.1:8080/en/calendar")
    assert findings(with_body("[Dates]({{ calendar_url }})"), "en", links=here) == []
    other = only(with_body("[Dates](http://127.0.0.1:8080/en)"), "en", links=here)
    assert "insecure" in other.text


@pytest.mark.parametrize(
    ("subject", "level"), [("", Level.ERROR), ("x" * 79, Level.WARNING), ("{{ name }}", "error")]
)
def test_subjects_are_there_short_and_written_out(subject: str, level: Level) -> None:
    """It is the one line that everybody reads."""
    finding = only(replace(EDITION, subject={"en": subject, "fr": "Oui"}))
    assert finding.level == level


@pytest.mark.parametrize("preheader", ["", "Too short", "long " * 30])
def test_a_preheader_fills_its_line(preheader: str) -> None:
    """Inboxes show it beside the subject, or else the first words of the footer."""
    english = replace(EDITION.translations["en"], preheader=preheader)
    edition = replace(EDITION, translations={**EDITION.translations, "en": english})
    finding = only(edition)
    assert (finding.level, finding.place) == (Level.WARNING, "en.md:1")
    assert "preheader" in finding.text


def test_an_accent_must_be_readable_on_paper_and_on_black() -> None:
    """WCAG AA asks for 4.5; a pale link is invisible to many."""
    assert "accent #ffcc00" in only(replace(EDITION, accent="#ffcc00")).text
    assert "accent_dark #222222" in only(replace(EDITION, accent_dark="#222222")).text
    assert findings(replace(EDITION, accent="#7a1b2f")) == []


def test_heavy_images_are_weighed_one_by_one_and_together() -> None:
    """Readers on slow lines wait for every byte."""
    heavy = Picture("images/dot.png", b"x" * 1_200_000, "image/png", 640, 320)
    found = findings(replace(EDITION, pictures={"images/dot.png": heavy}))
    assert [finding.level for finding in found] == [Level.WARNING] * 3
    assert {finding.place for finding in found} == {"images/dot.png", "en.md", "fr.md"}


def test_translations_that_are_built_differently_are_shown() -> None:
    """A section forgotten in one language is seen only by its readers otherwise."""
    french = EDITION.translations["fr"]
    for old, new, text in (
        ("## Paroles", "### Paroles", "1 numbered sections"),
        ("::: members\n:::", "", "same blocks"),
        ("1. sur les marées,\n2. sur", "Sur", "not built as"),
    ):
        changed = replace(french, body=french.body.replace(old, new))
        edition = replace(EDITION, translations={**EDITION.translations, "fr": changed})
        finding = only(edition)
        assert (finding.level, finding.place) == (Level.WARNING, "fr.md")
        assert text in finding.text


def test_what_another_language_lends_is_told() -> None:
    """A date or standing block in English in a French bulletin should be a choice."""
    calendar = tuple(replace(entry, title={"en": "x"}) for entry in EDITION.calendar)
    standing = {("history", "en"): EDITION.standing["history", "en"]}
    edition = replace(EDITION, calendar=calendar, standing=standing)
    places = {(finding.place, finding.language) for finding in findings(edition)}
    assert places == {("calendar.toml", "fr"), ("fr.md:59", "fr")}


def test_a_placeholder_without_a_value_is_told() -> None:
    """The sentence around it may not read well without it."""
    found = findings(EDITION, links=Links("join@lists.example.org", ""))
    assert {finding.place for finding in found} == {"en.md:11", "fr.md:11"}
    assert {finding.level for finding in found} == {Level.WARNING}


def test_errors_come_first() -> None:
    """A finding that stops the edition must not hide below others."""
    found = findings(with_body("TODO\n\n[x](http://example.org)"), "en")
    assert [finding.level for finding in found] == [Level.ERROR, Level.WARNING]


def test_an_announcement_of_the_past_is_told() -> None:
    """A wrong year is the classic slip."""
    late = replace(EDITION, date=date(2030, 10, 3))
    texts = {finding.text for finding in findings(late)}
    assert texts == {"'open-day' lies before the edition's date"}


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org",
        "https://example.org/a?b=c#d",
        "https://münchen.example/straße",
        "https://[2001:db8::1]/a",
        "mailto:a@example.org?subject=x",
        "\ue000leave_url\ue001",
    ],
)
def test_sound_links_pass(target: str) -> None:
    """A check that cries wolf is switched off."""
    assert fault_of(target) is None
    assert is_safe(target)


@given(st.text())
def test_what_passes_is_safe_to_link(target: str) -> None:
    """Preflight and the renderer must agree, or a checked link would be dropped in silence."""
    if fault_of(target) is None:
        assert is_safe(target)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Co"]), max_size=200))
def test_checking_never_fails(body: str) -> None:
    """Every text must be answered with a list of findings."""
    for finding in findings(with_body(body), "en"):
        assert finding.remedy


def test_the_sample_edition_passes_in_its_three_languages() -> None:
    """It is the first thing a newcomer sees, and the pattern that secretaries copy."""
    sample = load_edition(ROOT / "mailer" / "demo" / "spring-2023")
    links = Links(
        subscribe_address="bulletin-subscribe@lists.example.org",
        calendar_url="https://lists.example.org/calendar",
        web_url="https://lists.example.org/spring-2023",
        archive_url="https://lists.example.org/editions",
    )
    assert sample.languages == ("en", "fr", "es")
    assert findings(sample, "en", "fr", "es", links=links) == []
