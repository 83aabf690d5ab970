"""From a translation's text to blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.parsing import blocks as b
from mailer.content.parsing import document
from mailer.content.parsing.containers import SHAPES, split
from mailer.content.parsing.source import load_edition
from mailer.domain.campaigns.edition import Edition
from mailer.errors import InputError
from support.places import CORPUS

AUTUMN = CORPUS / "editions" / "autumn"
EDITION = load_edition(AUTUMN)


def with_body(body: str) -> Edition:
    """Give the small edition another English text."""
    english = replace(EDITION.translations["en"], body=body, first_line=1)
    return replace(EDITION, translations={"en": english})


def read(body: str, **constants: str) -> tuple[b.Block, ...]:
    """Parse a text."""
    return document.read(with_body(body), "en", constants).blocks


def only(body: str) -> b.Block:
    """Parse a text that is one block."""
    (block,) = read(body)
    return block


def said(body: str) -> str:
    """Parse a text that is wrong, and return the messages."""
    with pytest.raises(InputError) as caught:
        read(body)
    return str(caught.value)


def paragraph(text: str) -> b.Inline:
    """Parse one paragraph."""
    block = only(text)
    assert isinstance(block, b.Paragraph)
    return block.inline


def test_sections_are_numbered_in_order() -> None:
    """The list of what is inside, and readers who cite a section, rely on the numbers."""
    text = document.read(EDITION, "en", {})
    assert [(s.number, b.plain_text(s.title)) for s in text.sections] == [
        (1, "A call for essays"),
        (2, "Voices"),
    ]


def test_a_section_ends_where_a_standing_block_begins() -> None:
    """A standing block belongs to the bulletin, not to the last article."""
    kinds = [block.kind for block in document.read(EDITION, "en", {}).blocks]
    assert kinds[-4:] == ["section", "standing", "box", "members"]


def test_both_languages_of_the_sample_are_built_alike() -> None:
    """The same containers must parse the same whatever language fills them."""
    english, french = (document.read(EDITION, code, {}) for code in ("en", "fr"))
    kinds = [[block.kind for block in b.walk(text.blocks)] for text in (english, french)]
    assert kinds[0] == kinds[1]


def test_emphasis_and_links_become_spans() -> None:
    """Plain text and HTML are both written from these, so that neither is scraped."""
    assert paragraph("a *b* **c** [d](https://example.org/)") == (
        b.Span("a "),
        b.Span("b", emphasis=True),
        b.Span(" "),
        b.Span("c", strong=True),
        b.Span(" "),
        b.Span("d", target="https://example.org/"),
    )


def test_a_bare_web_address_is_a_link_without_its_full_stop() -> None:
    """People paste addresses at the end of a sentence."""
    spans = paragraph("See https://example.org/a_b.")
    assert spans[1:] == (
        b.Span("https://example.org/a_b", target="https://example.org/a_b"),
        b.Span("."),
    )


def test_references_defined_at_the_end_of_the_file_work_inside_containers() -> None:
    """Containers are parsed one by one; a reader of Markdown expects one file."""
    box = only("::: box\n[a][1]\n:::\n\n[1]: https://example.org/x\n")
    assert isinstance(box, b.Box)
    assert isinstance(box.blocks[0], b.Paragraph)
    assert box.blocks[0].inline == (b.Span("a", target="https://example.org/x"),)


def test_html_is_text() -> None:
    """Tags of a secretary's own would break what clients show, and carry what we cannot check."""
    assert b.plain_text(paragraph('<b onclick="x">a</b> <script>')) == (
        '<b onclick="x">a</b> <script>'
    )


def test_an_indented_line_is_no_code() -> None:
    """A pasted paragraph with spaces before it must not turn into something else."""
    assert b.plain_text(paragraph("    four spaces")) == "four spaces"


def test_constants_are_filled_in_and_slots_stay() -> None:
    """Text that differs between readers is only known when a message is composed."""
    (block,) = read(
        "{{ subscribe_address }} {{address}} [x]({{ calendar_url }})",
        subscribe_address="a@example.org",
        calendar_url="https://example.org/c",
    )
    assert isinstance(block, b.Paragraph)
    assert block.inline == (
        b.Span("a@example.org", target="mailto:a@example.org"),
        b.Span(" \ue000address\ue001 "),
        b.Span("x", target="https://example.org/c"),
    )


def test_a_link_whose_constant_is_empty_keeps_its_words() -> None:
    """Without a web site there is no calendar page; the sentence must still read well."""
    (block,) = read("See [the calendar]({{ calendar_url }}).", calendar_url="")
    assert isinstance(block, b.Paragraph)
    assert block.inline == (b.Span("See the calendar."),)


def test_an_interview_s_turns_are_told_apart() -> None:
    """Readers who hear the mail must know who speaks."""
    block = only("::: interview T\nQ: One?\nA: Two,\nthree.\n\nFour.\n:::")
    assert isinstance(block, b.Interview)
    assert [
        (part.kind, b.plain_text(part.inline), getattr(part, "question", None))
        for part in block.blocks
        if isinstance(part, b.Turn | b.Paragraph)
    ] == [("turn", "One?", True), ("turn", "Two, three.", False), ("paragraph", "Four.", None)]


def test_q_and_a_mean_nothing_elsewhere() -> None:
    """A sentence may well begin with “A:”."""
    assert b.plain_text(paragraph("A: and so on")) == "A: and so on"


def test_containers_nest_with_as_many_colons() -> None:
    """Counting colons is for machines; a name opens and a bare line closes."""
    box = only("::: box A\n::: quote\nb\n:::\nc\n:::")
    assert isinstance(box, b.Box)
    assert [block.kind for block in box.blocks] == ["quote", "paragraph"]


def test_options_end_at_the_first_other_line() -> None:
    """The text of a call may begin with a word and a colon."""
    call = only("::: call T\ndeadline: 2030-01-02\n\nopened: is a word\n:::")
    assert isinstance(call, b.Call)
    assert str(call.deadline) == "2030-01-02"
    assert b.plain_text(next(b.inlines(call.blocks[0]))) == "opened: is a word"


def test_a_figure_is_shown_at_half_its_pixels() -> None:
    """Sharp screens have two pixels for one; an image shown whole would look soft there."""
    figure = only("::: figure\nimage: images/dot.png\nalt: A dot.\n:::")
    assert isinstance(figure, b.Figure)
    assert (figure.width, figure.alt, figure.caption) == (320, "A dot.", ())


def test_a_figure_may_be_written_as_an_image() -> None:
    """A user who knows Markdown will try it."""
    figure = only('![A dot.](images/dot.png "The *dot*")')
    assert isinstance(figure, b.Figure)
    assert (figure.alt, b.plain_text(figure.caption)) == ("A dot.", "The dot")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("text ![a](images/dot.png) text", "inside a line of text"),
        ("::: box\n::: dates\n:::\n:::", "'dates' cannot stand inside 'box'"),
        ("::: quote A title\nx\n:::", "takes no title"),
        ("::: button\nGo\n:::", "leads nowhere"),
        ("::: button https://example.org\n:::", "needs one line of text"),
        ("::: members\nx\n:::", "takes no text"),
        ("::: figure\nimage: images/dot.png\nwidth: wide\n:::", "number of pixels"),
        ("::: figure\nimage: images/dot.png\nimage: images/dot.png\n:::", "stands twice"),
        ("::: standing\n:::", "no standing block"),
        (":::: box\nx\n:::", "was opened with 4"),
        ("::: box\n::: box\nx\n::::", "was opened with 3"),
        ("####", "heading has no text"),
        ("##### deep", "no place here"),
        ("\n".join(["::: box"] * 12), "too many blocks"),
        ("\n".join(["::: box"] * 5000), "too many blocks"),
        ("> " * 5000 + "x", "en.md:1: quotations, lists or emphasis lie too deep"),
        ("x\n\n" + "- " * 5000 + "x", "en.md:3: quotations, lists or emphasis lie too deep"),
        ("*" * 30_000 + "x" + "*" * 30_000, "quotations, lists or emphasis lie too deep"),
    ],
)
def test_what_does_not_hold_together_is_refused(body: str, message: str) -> None:
    """Each would otherwise lose or misplace a secretary's words in silence."""
    assert message in said(body)


def test_a_line_that_closes_an_outer_block_names_the_inner_one() -> None:
    """The mistake is at the block that was left open, not at the line that gave it away."""
    assert said(":::: box\n::: quote\nx\n::::").startswith("en.md:2: the block 'quote'")


def test_a_standing_block_s_mistake_is_told_by_its_own_file() -> None:
    """The text that must be mended is not the edition's."""
    part = replace(EDITION.standing["history", "en"], body="# Big", first_line=4)
    edition = replace(EDITION, standing={("history", "en"): part})
    with pytest.raises(InputError, match=r"standing/history\.en\.md:4"):
        document.read(edition, "en", {})


LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Co"]), max_size=20),
        st.sampled_from(sorted(SHAPES)).map("::: {}".format),
        st.sampled_from([":::", "::::", "", "Q: x", "A: y", "- a", "  - b", "1. c", "> d", "---"]),
        st.sampled_from(["entry: x", "image: images/dot.png", "## S", "### T", "*a", "[b](c", "]"]),
        st.sampled_from(["{{ address }}", "{{", "[x](javascript:1)", "![", "![a](images/dot.png)"]),
    ),
    max_size=25,
)


@given(LINES)
def test_no_text_does_worse_than_an_input_error(lines: list[str]) -> None:
    """The secretary must get a message with a line, or an edition, from any text."""
    places = ["en.md:1"]
    try:
        document.read(with_body("\n".join(lines)), "en", {})
    except InputError as error:
        places = [problem.place for problem in error.problems]
    files = {place.partition(":")[0] for place in places}
    assert files <= {"en.md", "standing/history.en.md"}


@given(LINES)
def test_splitting_loses_no_line_of_text(lines: list[str]) -> None:
    """Text for a reader must not vanish between two fences (law 11)."""
    parts, problems = split("\n".join(lines), 1, "en.md")
    kept = repr(parts)
    for line in lines:
        wanted = line.strip()
        if not wanted.startswith(":::") and ": " not in wanted and not problems:
            assert repr(wanted)[1:-1] in kept
