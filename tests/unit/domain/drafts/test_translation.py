"""How far a translation is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.drafts import translation as t
from mailer.domain.drafts.translation import Progress
from support.places import ROOT

EN = """+++
title = "Bulletin"
+++

## First

The first section says something of some length here.

## Second

The second section says something of some length here.
"""
FR = """+++
title = "Bulletin"
+++

## Un

La première partie dit quelque chose d'une certaine longueur ici.

## Deux

La deuxième partie dit quelque chose d'une certaine longueur ici.
"""
SPRING = ROOT / "mailer" / "demo" / "spring-2023"


def paired() -> tuple[tuple[t.Part, ...], tuple[t.Part, ...]]:
    """Return a source and a translation that is up to date."""
    source = t.source_parts(EN)
    return source, t.first_pairing(source, FR)


@given(text=st.lists(st.sampled_from(["## a\n", "::: box\n", ":::\n", ":::: x\n", "text\n", "\n"])))
def test_the_parts_of_a_text_are_the_text(text: list[str]) -> None:
    """Whatever the blocks look like while somebody writes."""
    assert "".join(t.split("".join(text))) == "".join(text)


def test_the_bulletin_is_complete_as_it_is() -> None:
    """Headings and blocks are told from the rest in a real edition."""
    texts = [(SPRING / f"{code}.md").read_text(encoding="utf-8") for code in ("en", "fr", "es")]
    source = t.source_parts(texts[0])
    for text in texts[1:]:
        assert t.progress(source, t.first_pairing(source, text)) == Progress(27, 0, 0)


def test_a_change_of_the_source_makes_its_translation_stale() -> None:
    """And only that part, wherever it moves to."""
    source, parts = paired()
    source = t.source_parts(EN.replace("first section", "very first section"), source)
    assert t.progress(source, parts) == Progress(3, 0, 1)
    assert t.stale_parts(source, parts) == [1]


def test_a_new_part_of_the_source_is_missing_until_it_is_written() -> None:
    """In the middle too: the parts after it are not taken for it."""
    source, parts = paired()
    new = "## Between\n\nSomething quite new that nobody has read.\n\n## Second"
    source = t.source_parts(EN.replace("## Second", new), source)
    assert t.progress(source, parts) == Progress(4, 1, 0)
    assert t.progress(source, parts).percent == 75
    text = FR.replace("## Deux", "## Entre\n\nUne chose neuve que personne n'a lue.\n\n## Deux")
    parts = t.translated(source, parts, text)
    assert t.progress(source, parts) == Progress(4, 0, 0)


def test_writing_a_part_anew_brings_it_up_to_date() -> None:
    """So does looking it over and finding that it needs no change."""
    first, parts = paired()
    source = t.source_parts(EN.replace("first", "1st").replace("second", "2nd"), first)
    assert t.progress(source, parts).stale == 2
    text = FR.replace("première", "1re")
    assert t.progress(source, t.translated(source, parts, text)).stale == 1
    assert t.progress(source, t.looked_over(source, parts)).complete
    assert t.progress(source, t.translated(source, parts, text, current=False)).stale == 2


def test_a_copy_of_the_source_is_no_translation() -> None:
    """A language that was begun by pasting the source must not count as done."""
    source = t.source_parts(EN)
    assert t.progress(source, t.first_pairing(source, EN)).missing == 2


def test_a_part_that_the_source_has_no_more_is_stale() -> None:
    """Readers of that language would still get what was taken out."""
    source, parts = paired()
    source = t.source_parts(EN[: EN.index("## Second")], source)
    assert t.progress(source, parts) == Progress(2, 0, 1)


def test_nothing_is_there_as_long_as_the_source_says_nothing() -> None:
    """An empty draft is not complete in all languages."""
    empty = t.source_parts('+++\ntitle = "x"\n+++\n')
    far = t.all_progress({"en": empty, "fr": t.first_pairing(empty, FR)}, "en")
    assert {code: one.percent for code, one in far.items()} == {"en": 0, "fr": 0}
