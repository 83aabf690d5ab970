"""From an edition to the HTML of one language."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.parsing.links import Links
from mailer.content.parsing.source import load_edition
from mailer.content.rendering.mjml import SIZE_LIMIT
from mailer.content.rendering.render import render
from mailer.content.rendering.rendered import Rendered, slot
from mailer.domain.campaigns.edition import Edition
from mailer.errors import InputError, NotFoundError
from support.places import CORPUS
from support.readers.html_tree import Tree

AUTUMN = CORPUS / "editions" / "autumn"
EDITION = load_edition(AUTUMN)
LINKS = Links(
    subscribe_address="join@lists.example.org",
    calendar_url="https://lists.example.org/calendar?a=1&b=2",
    web_url="https://lists.example.org/autumn-2030/en",
    archive_url="https://lists.example.org/editions",
)


def rendered(language: str = "en", edition: Edition = EDITION, links: Links = LINKS) -> Rendered:
    """Render the small edition."""
    return render(edition, language, links=links)


def with_body(body: str) -> Edition:
    """Give the small edition another English text and no other language."""
    english = replace(EDITION.translations["en"], body=body)
    return replace(EDITION, translations={"en": english})


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_says_its_language_title_and_role(language: str) -> None:
    """Screen readers choose their voice by the language and announce a message by its label."""
    tree = Tree(rendered(language).html)
    (root,) = tree.found("html")
    assert (root["lang"], root["dir"]) == (language, "ltr")
    (article,) = [attrs for attrs in tree.found("div") if attrs.get("role") == "article"]
    assert article["lang"] == language
    assert article["aria-label"] == EDITION.subject[language]


def test_layout_tables_are_hidden_from_screen_readers() -> None:
    """Read as data, a layout table is noise: rows and columns of nothing."""
    tables = Tree(rendered().html).found("table")
    assert tables
    assert all(table.get("role") == "presentation" for table in tables)


def test_headings_follow_one_another_without_a_gap() -> None:
    """Screen readers' users travel by headings."""
    tags = [tag for tag, _ in Tree(rendered().html).tags]
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_image_travels_along_and_says_what_it_shows() -> None:
    """An image fetched from elsewhere tells its host who reads, and most programs block it."""
    mail = rendered()
    images = Tree(mail.html).found("img")
    assert [image["alt"] for image in images] == ["A lighthouse at dusk."]
    assert {image["src"] for image in images} == {f"cid:{image.cid}" for image in mail.images}
    assert mail.images[0].data == EDITION.pictures["images/dot.png"].data


def test_nothing_is_fetched_from_third_parties() -> None:
    """Opening a mail must tell nobody; MJML would add web fonts by itself."""
    markup = rendered().html
    tree = Tree(markup)
    assert not tree.found("link")
    assert not tree.found("script")
    assert not re.search(r"@import|url\(|@font-face", markup)
    assert "fonts.googleapis" not in markup


def test_links_are_those_of_the_text_and_of_the_settings() -> None:
    """A link that is lost or mangled cannot be mended once the mail is out."""
    targets = {link["href"] for link in Tree(rendered().html).found("a")}
    assert targets == {
        "https://example.org/report?a=1&b=2",
        "https://example.org/open-day",
        "https://example.org/essays",
        "mailto:join@lists.example.org",
        LINKS.calendar_url,
        LINKS.web_url,
        LINKS.archive_url,
        slot("leave_url"),
        slot("preferences_url"),
        "#s1",
        "#s2",
    }


def test_the_reader_s_own_values_are_slots() -> None:
    """The composer fills exactly these; another would reach the reader as a stray mark."""
    mail = rendered()
    for body in (mail.html, mail.text):
        names = set(re.findall("\ue000(.*?)\ue001", body))
        assert names == {"leave_url", "preferences_url", "address"}


def test_what_has_no_value_is_left_out() -> None:
    """Without a web site there is no dead link and no lonely label."""
    mail = rendered(links=Links())
    tree = Tree(mail.html)
    assert "View in your browser" not in tree.text
    assert "View in your browser" not in mail.text
    assert "" not in {link["href"] for link in tree.found("a")}
    assert "The calendar, kept up to date" in tree.text


def test_the_interface_speaks_the_language_of_the_text() -> None:
    """A French bulletin with an English footer looks like a mistake."""
    words = Tree(rendered("fr").html).text
    for part in ("Dans ce numéro", "Date limite\u00a0: samedi 30 novembre 2030", "Se désabonner"):
        assert " ".join(part.split()) in words
    assert "Mercredi 2 octobre 2030" in words
    assert "14:00 – 16:30 (Zurich, UTC+2)" in words.replace("\u2009", " ")


def test_another_language_stands_in_by_the_edition_s_order() -> None:
    """Law 1: one edition, one language, and never silence where a text exists."""
    assert rendered("fr-CH").language == "fr"
    assert rendered("de").language == "en"
    with pytest.raises(NotFoundError, match="fallback"):
        rendered("de", replace(EDITION, fallback=()))


def test_a_language_written_from_right_to_left_turns_the_page() -> None:
    """Arabic set to the left edge is hard to read."""
    arabic = replace(EDITION.translations["en"], language="ar")
    edition = replace(EDITION, translations={"ar": arabic}, subject={"ar": "نشرة"})
    mail = rendered("ar", edition)
    (root,) = Tree(mail.html).found("html")
    assert (mail.direction, root["dir"]) == ("rtl", "rtl")
    assert "text-align:right" in mail.html
    assert "text-align:left;color" not in mail.html


def test_dark_mode_is_declared_for_all_who_ask() -> None:
    """A program that is not told inverts the colours as it sees fit."""
    markup = rendered().html
    for sign in ('name="color-scheme"', "prefers-color-scheme:dark", "[data-ogsc]"):
        assert sign in markup


def test_the_same_edition_renders_to_the_same_bytes() -> None:
    """Workers compile each on their own; all readers of a language must get one text."""
    assert len({rendered().html for _ in range(8)}) == 1


def test_past_dates_are_marked_when_asked() -> None:
    """An edition sent late must not invite to what is over."""
    late = render(EDITION, "en", links=LINKS, today=date(2030, 12, 24))
    assert "(past)" in Tree(late.html).text
    assert "Closed since Saturday, 30 November 2030" in late.text
    assert "(past)" not in rendered().text


def test_a_message_that_gmail_would_cut_warns() -> None:
    """Past 102 KB the footer with its way out is hidden."""
    mail = rendered(edition=with_body("word word word word\n\n" * 5000))
    assert len(mail.html.encode()) > SIZE_LIMIT
    assert "Gmail" in mail.warnings[0]
    assert rendered().warnings == ()


def test_a_long_edition_stays_lean() -> None:
    """3,500 words in many sections must stay far from the limit, or no bulletin fits."""
    section = "## Section title\n\n" + ("lorem ipsum dolor sit amet " * 10 + "\n\n") * 5
    mail = rendered(edition=with_body(section * 14))
    assert len(mail.text.split()) > 3500
    assert len(mail.html.encode()) < 60 * 1024


def test_an_unsafe_link_loses_its_target() -> None:
    """No script and no unencrypted page is ever linked, even if preflight was ignored."""
    body = "[a](javascript:alert(1)) [b](http://example.org) [c](data:text/html,x)"
    mail = rendered(edition=with_body(body))
    targets = " ".join(link["href"] for link in Tree(mail.html).found("a"))
    assert not re.search("javascript|http:|data:", targets)
    assert "[1]" not in mail.text


WRITABLE = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn", "Zl", "Zp"]), min_size=1, max_size=30
)
AWKWARD = st.sampled_from(
    [
        *('"', "'", "&", "<", ">", "&amp;", "]]>", "<!--", "-->", "{{", "}}", "{%", "[[0]]"),
        *("</td>", "<mj-raw>", "${x}", "\\", "\u202f", "\u00a0", "\u200d", "\u0301", "\u200f"),
    ]
)
TEXT = st.lists(st.one_of(WRITABLE, AWKWARD), min_size=1, max_size=6).map("".join)
PLACES = [
    "{}",
    "## {}\n\nx",
    "::: box {}\nx\n:::",
    "::: quote\n{}\n:::",
    "::: button https://example.org\n{}\n:::",
    "::: figure\nimage: images/dot.png\nalt: x\n\n{}\n:::",
    "::: interview\nQ: {}\n\nA: x\n:::",
    "- {}",
    "[{}](https://example.org)",
]


def visible(text: str) -> str:
    """Reduce a text to what must survive: letters and digits, in order."""
    return "".join(sign for sign in text if sign.isalnum())


@pytest.mark.parametrize("place", [*PLACES, "### {}\n\nx", "![{}](images/dot.png)"])
def test_placeholders_are_filled_wherever_they_stand(place: str) -> None:
    """A slot that the composer does not know would reach the reader, or stop the campaign."""
    edition = with_body(place.replace("{}", "{{ subscribe_address }} {{ address }}"))
    mail = rendered(edition=edition)
    for body in (mail.html, mail.text):
        assert "join@lists.example.org" in body
        assert set(re.findall("\ue000(.*?)\ue001", body)) == {
            *("address", "leave_url", "preferences_url")
        }


@settings(max_examples=150, deadline=None)
@given(TEXT, st.sampled_from(PLACES))
def test_any_words_in_any_block_leave_the_page_whole(text: str, place: str) -> None:
    """A secretary's quotation mark must never break the mail of ten thousand readers."""
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", "w" + text.strip())
    mail = rendered(edition=with_body(place.replace("{}", escaped)))
    assert visible(text) in visible(Tree(mail.html).text)
    assert visible(text) in visible(mail.text.replace("\n", ""))


LINES = st.lists(
    st.one_of(
        TEXT,
        st.sampled_from(["", ":::", "::: box T", "::: quote", "::: interview", "::: contents"]),
        st.sampled_from(["::: coordinator", "::: dates", "::: call C", "::: button https://a.b"]),
        st.sampled_from(["Q: x", "A: y", "- a", "  - b", "1. c", "> d", "---", "## S", "### T"]),
        st.sampled_from(["![a](images/dot.png)", "[x](javascript:1)", "{{ address }}", "*a\\"]),
    ),
    max_size=20,
)


@settings(max_examples=100, deadline=None)
@given(LINES)
def test_whatever_is_accepted_renders_whole(lines: list[str]) -> None:
    """An edition that was imported must not fail on the day it is sent."""
    edition = with_body("\n".join(lines))
    try:
        mail = rendered(edition=edition)
    except InputError:
        return
    Tree(mail.html)
    for line in mail.text.split("\n"):
        assert len(line) < 72 or any(sign in line for sign in ("://", "@", "\ue000"))


@settings(max_examples=80, deadline=None)
@given(TEXT)
def test_any_words_in_titles_and_attributes_leave_the_page_whole(text: str) -> None:
    """Subjects and alternative texts end up in attributes, where quotation marks bite."""
    english = replace(EDITION.translations["en"], title=text, subtitle=text, preheader=text)
    edition = replace(
        EDITION,
        translations={"en": english},
        subject={"en": text},
        season={"en": text},
        calendar=tuple(replace(entry, title={"en": text}) for entry in EDITION.calendar),
    )
    tree = Tree(rendered(edition=edition).html)
    (article,) = [attrs for attrs in tree.found("div") if attrs.get("role") == "article"]
    assert article["aria-label"] == text
    assert visible(text) in visible(tree.text)


@settings(max_examples=80, deadline=None)
@given(TEXT.map(str.strip).filter(lambda text: text and not re.search(r"\{%|\{\{.*\|", text)))
def test_an_alternative_text_arrives_as_written(text: str) -> None:
    """For a reader who does not see the image it is the image."""
    body = f"::: figure\nimage: images/dot.png\nalt: {text}\n:::"
    edition = with_body(body)
    images = Tree(rendered(edition=edition).html).found("img")
    assert [image["alt"] for image in images] == [text.strip(" \t")]


@pytest.mark.parametrize(
    ("base", "linked"),
    [
        ("https://lists.example.org", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://lists.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://[127.0.0.1", False),
    ],
)
def test_http_leads_to_this_machine_only(base: str, linked: bool) -> None:
    """A demonstration serves its pages without TLS; on the way elsewhere anybody could read."""
    links = replace(LINKS, calendar_url=f"{base}/calendar")
    targets = {link["href"] for link in Tree(rendered(links=links).html).found("a")}
    assert (links.calendar_url in targets) is linked
