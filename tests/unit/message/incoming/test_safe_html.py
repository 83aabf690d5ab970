"""A stranger's HTML, made safe: nothing in it fetches, runs, submits or leaves its place."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.message.incoming.safe_html import MOST_TAGS, host_of, safe

ALLOWED = {"href", "target", "rel", "colspan"}
ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=https://evil.example/pixel alt=hello>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' jAvAscript&#58;alert(1)'>x</a>",
    "<a href='data:text/html,<script>'>x</a>",
    "<svg/onload=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<form action=https://evil.example><input name=p><button>Sign in</button></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example';</style>",
    "<div style='position:fixed;inset:0;background:url(https://evil.example)'>x</div>",
    "</body></html></iframe><script>alert(1)</script>",
    "<p class=notice id=content>x",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
)


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.depth = 0
        self.attributes: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.depth += tag not in {"br", "hr"}
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")

    def handle_endtag(self, _tag: str) -> None:
        self.depth -= 1
        assert self.depth >= 0, "it closes what it did not open"


def seen(markup: str) -> _Seen:
    """Read the result as a browser does."""
    reader = _Seen()
    reader.feed(markup)
    reader.close()
    return reader


def check(markup: str) -> None:
    """Hold a result to what may be in it."""
    found = seen(safe(markup).markup)
    assert found.depth == 0, "something stays open"
    assert found.attributes.keys() <= ALLOWED
    assert not {"script", "img", "style", "form", "input", "iframe", "svg"} & set(found.tags)
    for target in found.attributes.get("href", ()):
        assert target.lower().startswith(("http://", "https://", "mailto:"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_acts_or_fetches(attack: str) -> None:
    """Nor does what a browser would mend into something that does."""
    check(attack)
    check(f"<table><tr><td>{attack}</table>{attack}")
    assert "evil.example/pixel" not in safe(attack).markup


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*ATTACKS, "<", ">", "'", '"', "<a href=", "</a>", "&lt;", "<b>"])))
def test_no_mixture_of_attacks_gets_through(pieces: list[str]) -> None:
    """What one pass mends must not become another attack."""
    check("".join(pieces))


@settings(max_examples=50)
@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Not only markup."""
    check(text)


def test_link_shows_the_host_that_it_leads_to() -> None:
    """Its words name another one."""
    made = safe('<a href="https://evil.example/x?a=1&b=2">https://bank.example</a>').markup
    assert made == (
        '<a href="https://evil.example/x?a=1&amp;b=2" target="_blank"'
        ' rel="noopener noreferrer nofollow">https://bank.example</a> <small>[evil.example]</small>'
    )


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://bank.example@evil.example/", "evil.example"),
        ("https://bаnk.example/", "xn--bnk-6cd.example"),
        ("http://[::1]/", "::1"),
        ("http://[", ""),
        ("mailto:ana@example.org?subject=x", "ana@example.org"),
    ],
)
def test_host_is_told_so_that_nobody_is_misled(target: str, host: str) -> None:
    """A name before the @, or a letter that looks like another."""
    assert host_of(target) == host


def test_pictures_leave_their_words_and_are_counted() -> None:
    """So that one can ask for the mail as it came."""
    found = safe('<p><img src="https://x.example/a.png" alt="A <b>chart</b>"> and <img src=b></p>')
    assert found.markup == "<p>[A &lt;b&gt;chart&lt;/b&gt;] and </p>"
    assert found.pictures == 2


@pytest.mark.parametrize("tag", ["<div>", "<b><i><a>", "<table><tr><td>", "<p>", "<ul><li>"])
def test_work_is_bounded(tag: str) -> None:
    """Law 15: 50,000 levels take a parser 20 seconds."""
    begun = time.process_time()
    found = safe(tag * 50_000)
    assert time.process_time() - begun < 5
    assert found.cut
    assert len(seen(found.markup).tags) <= 2 * MOST_TAGS
