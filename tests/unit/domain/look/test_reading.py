"""The document of a look: what it may hold, and that it is written as it was read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.domain.look.colours import AA, WHITE, contrast
from mailer.domain.look.look import Look, Text
from mailer.domain.look.reading import Ground, is_https, mailed_of, read
from mailer.domain.look.writing import document_of
from mailer.domain.subscribers.topic import Topics
from mailer.errors import Problem

OURS: dict[str, Text] = {
    "confirm.subject": "Confirm {list}: {token}",
    "confirm.agree": "I agree to {list} ({topics})",
    "confirm.text": ("One {list}.", "Two."),
    "words.way_topic": "Also receive: {topic}",
}
GROUND = Ground(("en", "fr"), Topics.of("bulletin", "meetings"), lambda _: OURS)


def looked(document: dict[str, Any]) -> tuple[Look, list[Problem]]:
    """Read a document; returns what was wrong with it, too."""
    problems: list[Problem] = []
    return read(document, GROUND, problems.append), problems


def codes(document: dict[str, Any]) -> list[str]:
    """Return what kinds of problems a document has."""
    return [one.code for one in looked(document)[1]]


texts = st.dictionaries(
    st.sampled_from(["en", "fr", "pt-BR", ""]),
    st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=30),
    max_size=3,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "institution": texts,
        "list_title": texts,
        "imprint": texts,
        "accent": st.sampled_from(["#1d4a7a", "#7A1D4A", ""]),
        "privacy_url": st.just({"": "https://www.example.org/privacy?x=1"}),
        "languages": st.lists(st.sampled_from(["en", "fr", "de", "zh-Hant"]), min_size=1),
        "topics": st.just({"bulletin": {}, "press": {"name": {"en": "Press"}, "visible": False}}),
        "texts": st.just(
            {"en": {"confirm.text": "A.\n\nB {list}.", "confirm.subject": "Confirm {token}"}}
        ),
        "names": st.just({"CZ": {"en": "Czech Republic"}, "XA": {"": "A union"}}),
    },
)


@settings(max_examples=60)
@given(documents)
def test_what_was_written_is_read_as_the_same(document: dict[str, Any]) -> None:
    """A look that is restored or imported is the look that was."""
    look, problems = looked(document)
    assert not problems
    written = document_of(look)
    again, problems = looked(written)
    assert not problems
    assert document_of(again) == written
    assert list(again.topics or ()) == list(look.topics or ())


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"sender_name": 'Boss" <boss@example.com>'}, "look.sender"),
        ({"sender_name": {"fr": "boss@example.com"}}, "look.sender"),
        ({"sender_name": "Bulletin\x00"}, "look.control"),
        ({"institution": "Group \u202egnp.exe"}, "look.control"),
        ({"institution": "x" * 121}, "look.too_long"),
        ({"institution": 7}, "look.no_text"),
        ({"imprint": {"en": ["a"]}}, "look.no_text"),
        ({"privacy_url": "javascript:alert(1)"}, "look.url"),
        ({"privacy_url": {"en": "http://example.org"}}, "look.url"),
        ({"privacy_url": 'https://example.org/"onload="x'}, "look.url"),
        ({"privacy_url": "https://user:pw@example.org/"}, "look.url"),
        ({"privacy_url": "https:///path"}, "look.url"),
        ({"accent": "red;}body{display:none"}, "look.colour"),
        ({"accent": "#ffcc00"}, "look.contrast"),
        ({"accent_dark": "#14181d"}, "look.contrast"),
        ({"logo": {"digest": "../../etc/passwd", "type": "image/png"}}, "look.logo"),
        (
            {"logo": {"digest": "a" * 64, "type": "image/svg+xml", "width": 9, "height": 9}},
            "look.logo",
        ),
        ({"languages": []}, "look.languages"),
        ({"languages": ["klingon"]}, "look.language"),
        ({"institution": {"klingon": "x"}}, "look.language"),
        ({"topics": {}}, "setting.bad_value"),
        ({"topics": {"bulletin": {"visible": False}}}, "setting.bad_value"),
        ({"topics": {"bulletin": {}, "fr": {}}}, "look.topic_id"),
        ({"languages": ["en", "de"], "topics": {"bulletin": {}, "de": {}}}, "look.topic_id"),
        ({"names": {"switzerland": {"en": "x"}}}, "look.member"),
        ({"texts": {"en": {"confirm.nothing": "x"}}}, "look.key"),
        ({"texts": {"en": ["x"]}}, "look.no_text"),
        ({"colour": "#123456"}, "look.part"),
    ],
)
def test_what_could_do_harm_is_refused(document: dict[str, Any], code: str) -> None:
    """Whatever is entered in a form or by the API stands in headers, addresses and style sheets."""
    assert codes(document) == [code]
    part = next(iter(document))
    found = document_of(looked(document)[0])
    assert found.get(part) in (None, document.get(part), [])


def test_a_line_break_never_gets_into_a_line() -> None:
    """A header field would begin there."""
    look, problems = looked({"sender_name": "Bulletin\r\nBcc: all", "institution": "A\n\nB"})
    assert not problems
    assert look.sender_name == {"": "Bulletin Bcc: all"}
    assert look.institution == {"": "A B"}


def test_no_break_spaces_stay() -> None:
    """French sets them before its marks."""
    assert (
        looked({"institution": "Qui\u202f? Nous\u00a0!"})[0].institution[""]
        == "Qui\u202f? Nous\u00a0!"
    )


@settings(max_examples=100)
@given(st.integers(0, 0xFFFFFF))
def test_a_colour_that_is_refused_comes_with_one_that_is_taken(number: int) -> None:
    """Whoever chose the house's yellow must be able to go on with one press."""
    colour = f"#{number:06x}"
    look, problems = looked({"accent": colour})
    if problems:
        proposal = str(problems[0].facts["proposal"])
        assert contrast(proposal, WHITE) >= AA
        assert looked({"accent": proposal})[0].accent == proposal
    else:
        assert look.accent == colour


@given(st.text())
def test_only_plain_web_addresses_pass(text: str) -> None:
    """It stands in an attribute of a link."""
    if is_https(f"https://example.org/{text}"):
        assert not set(text) & set("\"'<> \t\r\n\\") - {"'"}
        assert text.isascii()


def test_only_what_messages_show_makes_them_others() -> None:
    """A correction in a service mail must not void an approval."""
    assert mailed_of({"texts": {"en": {"confirm.heading": "x"}}, "topics": {"a": {}}}) == ""
    one, other = mailed_of({"sender_name": {"": "A"}}), mailed_of({"sender_name": {"": "B"}})
    assert one != other
    assert one == mailed_of({"sender_name": {"": "A"}, "languages": ["en"]})
