"""A transactional mail's words: values in their places, and the structure the template's own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.content.rendering.rendered import Rendered
from mailer.content.rendering.service_mail import Way
from mailer.content.transactional import source, writing
from mailer.content.transactional.writing import Frame
from mailer.domain.transactional import variable
from mailer.errors import InputError
from support.samples.registration import DATA, small, template

FRAME = Frame("The Bulletin", "ana@example.org")
TEXT = "[variables.name]\ntype = 'text'\nexample = 'Ana'\n"
URL = "[variables.page]\ntype = 'url'\nexample = 'https://example.org/a'\n"
HOSTILE = [
    "<script>alert(1)</script>",
    "https://evil.example/",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<https://evil.example>",
    "**bold** _it_ `x`",
    "# Title",
    "- item",
    "> quote",
    "::: button https://evil.example",
    "{{ name }} {% if name %}",
    "[[0]] [[1]]",
    '" onmouseover="x',
    "' style='x",
    "</mj-text><mj-raw>",
    "&lt;b&gt; &amp;",
    "Bcc: x@evil.example",
    "=?utf-8?q?x?=",
    "[a]: https://evil.example",
    "\\",
    "v_a",
    "1. one",
    "---",
    "Q: who? A: me",
]


def rendered(data: dict[str, Any], language: str = "en") -> Rendered:
    """Write the sample with data, as a program would give it."""
    found = template()
    written = writing.write(found, language, variable.read(found.variables, data))
    return writing.render(written, FRAME)


def of_small(body: str, variables: str, data: dict[str, Any], **more: str) -> Rendered:
    """Write a template of one language."""
    found = source.load_files(small(body, variables, **more))
    return writing.render(writing.write(found, "en", variable.read(found.variables, data)), FRAME)


def structure(html: str) -> list[str]:
    """Return a page's tags with the names of their attributes, in order, and all links."""
    tags = re.findall(r"<(/?[a-zA-Z!][^\s>/]*)((?:\s[^>]*)?)>", html)
    return [f"{name} {re.findall(r'([a-z-]+)=', attributes)}" for name, attributes in tags]


def targets(html: str) -> list[str]:
    """Return where a page's links lead, in order."""
    return re.findall(r'href="([^"]*)"', html)


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_both_bodies_hold_the_values(language: str) -> None:
    """In every language of the template."""
    mail = rendered({**DATA, "fee": 20}, language)
    assert mail.subject.endswith("Annual meeting")
    assert mail.preheader.startswith("Annual meeting, 28")
    for body in (mail.html, mail.text):
        assert "Annual meeting" in body
        assert "https://example.org/tickets/7F3K" in body
        assert "\ue000" not in body
    assert "mailto:office@example.org?subject=Annual%20meeting" in mail.html
    assert all(len(line) < 72 for line in mail.text.splitlines() if "http" not in line)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_shown_as_it_is(value: str) -> None:
    """Whatever it looks like: no markup, no link, no block."""
    plain = rendered({**DATA, "name": "Ana", "meeting": "Ana"})
    mail = rendered({**DATA, "name": value, "meeting": value})
    assert structure(mail.html) == structure(plain.html)
    assert len(targets(mail.html)) == len(targets(plain.html))
    assert [one for one in targets(mail.html) if "evil" in one] == [
        one
        for one in targets(mail.html)
        if one.startswith("mailto:office@example.org?subject=") and "evil" in one
    ]
    assert f"Dear {value}," in " ".join(mail.text.split())
    assert mail.subject == f"You are registered: {value}"


@given(st.text(max_size=200), st.text(max_size=60), st.integers() | st.floats())
@example("\ue000v_a\ue001", "[[3]]", 1)
@example("a\r\nBcc: x@example.org", "b", 0)
def test_no_data_changes_the_structure(name: str, meeting: str, fee: float) -> None:
    """Tags, attributes, links, and one line of subject: whatever data is taken at all."""
    data = {**DATA, "name": f"x{name}", "meeting": f"x{meeting}", "fee": fee or 1}
    try:
        mail = rendered(data)
    except InputError:
        return
    plain = rendered({**DATA, "name": "x", "meeting": "x", "fee": 1})
    assert structure(mail.html) == structure(plain.html)
    assert [one.partition("?")[0] for one in targets(mail.html)] == [
        one.partition("?")[0] for one in targets(plain.html)
    ]
    assert len(mail.subject.splitlines()) == 1


@pytest.mark.parametrize(
    "value", ["a b", "a&b=c#d", "../x", "évil", "%2e", "@evil.example", "?x", '"']
)
def test_a_value_within_a_link_is_escaped(value: str) -> None:
    """It is one part of the link, whatever it holds."""
    mail = of_small("[a](https://example.org/p?r={{ name }}&s=1)", TEXT, {"name": value})
    (target,) = [one for one in targets(mail.html) if "example.org/p" in one]
    assert re.fullmatch(r"https://example\.org/p\?r=[A-Za-z0-9%._~-]*&amp;s=1", target)


def test_an_address_is_a_link_where_the_template_says_so() -> None:
    """And nowhere else; its own signs stay what they are."""
    data = {"page": "https://example.org/a?b=c&d=[e]"}
    mail = of_small("[a]({{ page }}) and {{ page }}", URL, data)
    assert targets(mail.html).count("https://example.org/a?b=c&amp;d=[e]") == 1


def test_what_a_condition_chose_as_an_address_must_be_one() -> None:
    """A filter makes a text of it, which may not lead anywhere."""
    with pytest.raises(InputError, match="could lead readers elsewhere"):
        of_small("[a]({{ page | lower }})", URL, {"page": "https://example.org/A"})


def test_a_subject_has_an_end_and_is_never_empty() -> None:
    """Whoever sends learns it before anything is queued."""
    optional = TEXT + "required = false\n"
    found = source.load_files(small("Hi.", TEXT, subject="{{ name }}"))
    with pytest.raises(InputError, match="subject"):
        writing.write(found, "en", {"name": "x" * 400})
    with pytest.raises(InputError, match="the subject is empty"):
        source.load_files(small("Hi.", optional, subject="{{ name }}"))


def test_the_footer_tells_why_one_gets_it() -> None:
    """And how to get no more of it, where it has a topic."""
    written = writing.write(template(), "fr", variable.read(template().variables, dict(DATA)))
    ways = (Way("Ne plus recevoir", "https://lists.example.org/leave/x?topic=meetings"),)
    mail = writing.render(written, Frame("Le Bulletin", "ana@example.org", "Réunions", ways))
    assert "abonnée à : Réunions" in " ".join(mail.text.split())
    assert targets(mail.html)[-1] == ways[0].target
    assert (
        "envoyé à ana@example.org par Le Bulletin"
        in writing.render(written, Frame("Le Bulletin", "ana@example.org")).html
    )
