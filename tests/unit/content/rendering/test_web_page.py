"""An edition as a web page: semantic, whole, and nobody's in particular."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.parsing import card
from mailer.content.parsing.card import card_of
from mailer.content.parsing.links import Links
from mailer.content.parsing.source import load_edition
from mailer.content.rendering import web_page
from mailer.content.rendering.web_page import WebEdition, is_public
from mailer.domain.campaigns.edition import Edition
from mailer.errors import InputError
from support.places import CORPUS
from support.readers.html_tree import Tree

AUTUMN = CORPUS / "editions" / "autumn"
EDITION = load_edition(AUTUMN)
SPRING = load_edition(Path(card.__file__).parents[2] / "demo" / "spring-2023")
LINKS = Links("join@lists.example.org", "/en/calendar", "/en/editions/autumn-2030", "/en/editions")


def with_body(body: str) -> Edition:
    """Give the small edition another English text and no other language."""
    english = replace(EDITION.translations["en"], body=body)
    return replace(EDITION, translations={"en": english})


def page(
    edition: Edition = EDITION, code: str = "en", today: date | None = None, own: str = ""
) -> WebEdition:
    """Render the small edition, or another."""
    return web_page.render(edition, code, links=LINKS, today=today, own=own)


def test_the_text_is_semantic_html_and_has_no_tables() -> None:
    """A page that serves the mail's layout tables reads as noise aloud and prints badly."""
    tree = Tree(page().body)
    names = {tag for tag, _ in tree.tags}
    assert {"header", "nav", "section", "figure", "figcaption", "blockquote", "time"} <= names
    assert not names & {"table", "td", "style", "script", "font"}
    assert not any("style" in attributes for _, attributes in tree.tags)


@pytest.mark.parametrize(
    ("edition", "code"),
    [(EDITION, "en"), (EDITION, "fr"), (SPRING, "en"), (SPRING, "fr"), (SPRING, "es")],
)
def test_headings_follow_one_another_without_a_gap(edition: Edition, code: str) -> None:
    """Screen readers' users travel by headings, and the list of contents leads to them."""
    tree = Tree(page(edition, code).body)
    levels = [int(tag[1]) for tag, _ in tree.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    identities = [attributes["id"] for _, attributes in tree.tags if "id" in attributes]
    assert len(identities) == len(set(identities))
    inside = {link["href"][1:] for link in tree.found("a") if link["href"].startswith("#")}
    assert inside
    assert inside <= set(identities)


def test_images_are_ours_and_keep_their_place_free() -> None:
    """An image without its measures makes the text jump; one from elsewhere tells who reads."""
    (image,) = Tree(page().body).found("img")
    picture = EDITION.pictures["images/dot.png"]
    assert image["src"] == web_page.picture_path(picture)
    assert image["alt"] == "A lighthouse at dusk."
    ratio = int(image["width"]) / int(image["height"])
    assert ratio == pytest.approx(picture.width / picture.height, rel=0.1)


@pytest.mark.parametrize("name", ["address", "leave_url", "name", "preferences_url"])
@pytest.mark.parametrize(
    "place",
    [
        "Text {} text",
        "## {}",
        "[here]({})",
        "::: button {}\nGo\n:::",
        "::: button https://example.org\n{}\n:::",
        "::: figure\nimage: images/dot.png\nalt: about {}\n\n{}\n:::",
        "::: box {}\nx\n:::",
        "[{}]({})",
    ],
)
def test_nothing_personal_is_left(name: str, place: str) -> None:
    """The page is for everybody, and kept by caches: a reader's link in it would be theirs."""
    edition = with_body(place.replace("{}", "{{ " + name + " }}") + "\n\nEnd.")
    body = page(edition).body
    tree = Tree(body)
    assert not re.search("[\ue000\ue001]|leave_url|preferences_url", body)
    targets = {link["href"] for link in tree.found("a")}
    assert all(target.startswith(("https://example.org", "#")) for target in targets)
    assert not re.search("[\ue000\ue001]", card.to_json(card_of(edition)))


def test_personal_values_become_words() -> None:
    """A sentence around an address must stay a sentence."""
    edition = with_body("Sent to {{ address }}. [Leave]({{ leave_url }}) or use {{ leave_url }}.")
    assert (
        "Sent to your address. Leave or use the link in your message."
        in Tree(page(edition).body).text
    )


def test_words_for_some_readers_only_stay_with_them() -> None:
    """Words for the press list, or for readers with a name, are not for everybody."""
    text = """{% if name %}Dear {{ name }},{% else %}Dear reader,{% endif %}

{% if "press" in tags %}The embargo ends at noon.{% elif "meetings" in topics %}See you.{% endif %}
"""
    body = page(with_body(text)).body
    assert "Dear reader," in body
    assert "embargo" not in body
    assert "See you" not in body
    assert "embargo" not in card.to_json(card_of(with_body(text)))


def test_constants_lead_to_our_own_pages() -> None:
    """The bulletin says where the calendar is; on the page that link stays on the site."""
    tree = Tree(page().body)
    targets = {link["href"] for link in tree.found("a")}
    assert {"/en/calendar", "mailto:join@lists.example.org"} <= targets
    elsewhere = web_page.render(
        EDITION,
        "en",
        links=replace(LINKS, calendar_url="http://127.0.0.1:8/en/calendar"),
        own="http://127.0.0.1:8",
    )
    assert 'href="http://127.0.0.1:8/en/calendar"' in elsewhere.body
    assert 'src="http://127.0.0.1:8/images/' in elsewhere.body


@pytest.mark.parametrize(
    ("target", "own", "fine"),
    [
        ("https://example.org/a", "", True),
        ("mailto:a@example.org", "", True),
        ("/en/calendar", "", True),
        ("/msme/en/calendar", "/msme", True),
        ("/en/calendar", "/msme", False),
        ("//example.org/a", "", False),
        ("/\\example.org/a", "", False),
        ("http://example.org/a", "", False),
        ("http://127.0.0.1:8/a", "http://127.0.0.1:8", True),
        ("http://127.0.0.1:8.example.org/a", "http://127.0.0.1:8", False),
        ("javascript:alert(1)", "", False),
        ("\ue000leave_url\ue001", "", False),
    ],
)
def test_links_lead_only_where_they_may(target: str, own: str, fine: bool) -> None:
    """Our pages vouch for what they link to."""
    assert is_public(target, own) is fine


def test_a_language_written_from_right_to_left_is_told() -> None:
    """The page turns its frame and its text each by their own language."""
    arabic = replace(EDITION.translations["en"], language="ar")
    edition = replace(EDITION, translations={"ar": arabic}, subject={"ar": "نشرة"})
    assert page(edition, "ar").direction == "rtl"
    assert page().direction == "ltr"


def test_what_is_over_is_marked() -> None:
    """A reader of an old edition must not register for a meeting of last year."""
    fresh, late = page(today=EDITION.date), page(today=date(2031, 1, 1))
    assert "past" not in Tree(fresh.body).text
    assert "(past)" in Tree(late.body).text
    assert "Closed since Saturday, 30 November 2030" in Tree(late.body).text


@given(st.dates(date(2030, 9, 1), date(2031, 3, 1)))
@settings(max_examples=60, deadline=None)
def test_a_page_changes_only_on_the_days_that_its_card_names(today: date) -> None:
    """Caches keep a page by that day: a mark that came later would not be seen."""
    since = card_of(EDITION).marked_since(today)
    assert since <= max(today, EDITION.date)
    assert page(today=max(today, EDITION.date)).body == page(today=since).body


def test_a_card_survives_being_kept() -> None:
    """Lists and searches show what the card says, not the files."""
    for edition in (EDITION, SPRING):
        made = card_of(edition)
        assert card.from_json(card.to_json(made)) == made
    assert card.from_json(None) is None
    assert card.from_json('{"format": 0}') is None


def test_a_card_holds_every_word_of_the_page() -> None:
    """A word that a reader saw and cannot find makes the search useless."""
    for edition, code in [(EDITION, "en"), (EDITION, "fr"), (SPRING, "en"), (SPRING, "fr")]:
        face = card_of(edition).faces[code]
        known = f"{face.title} {face.subject} {face.season} {face.summary}"
        known += " ".join(f"{part.heading} {part.text}" for part in face.parts)
        body = re.sub(
            r"(?s)<header.*?</header>|<nav.*?</nav>|<time.*?</time>|<abbr.*?</abbr>|<p class=\"when\".*?</p>"
            r"|</strong> <span>.*?</span>|<span class=\"number\">.*?</span>",
            " ",
            page(edition, code).body,
        )
        body = re.sub(r"</?(?:em|strong|a)[^>]*>", "", body)
        body = re.sub(r"[^\s<]+@[^\s<]+", "", body)
        shown = set(re.findall(r"\w+", Tree(body.replace("<", " <")).text))
        assert shown <= set(re.findall(r"\w+", known))


LINES_OF_TEXT = st.lists(
    st.sampled_from(
        [
            *("", ":::", "::: box T", "::: quote", "::: interview", "::: contents"),
            *("::: coordinator", "::: dates", "::: call C", "::: button https://a.b"),
            *("Q: x", "A: y", "- a", "  - b", "1. c", "> d", "---", "## S", "### T", "&amp; <b>"),
            *("![a](images/dot.png)", "[x](javascript:1)", "{{ address }}", "*a\\", "[y](//a.b)"),
            *('"><script>', "[z]({{ leave_url }})", "::: standing history", "::: members"),
        ]
    ),
    max_size=20,
)


@settings(max_examples=100, deadline=None)
@given(LINES_OF_TEXT)
def test_whatever_was_accepted_can_be_read(lines: list[str]) -> None:
    """An edition that was mailed must not fail in the archive."""
    edition = with_body("\n".join(lines))
    try:
        body = page(edition).body
    except InputError:
        return
    tree = Tree(body)
    assert not re.search(
        "javascript:|[\ue000\ue001]", " ".join(link["href"] for link in tree.found("a"))
    )
    assert not tree.found("script")
    card_of(edition)
