"""Reading an edition: what is accepted, and how each mistake is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.parsing.source import TEXT_LIMIT, collect_files, load_edition, load_files
from mailer.domain.calendar.entry import Kind
from mailer.errors import InputError, Problem
from support.places import CORPUS

EDITIONS = CORPUS / "editions"
AUTUMN = EDITIONS / "autumn"

Files = dict[str, bytes]
Change = Callable[[Files], None]


def autumn() -> Files:
    """Give each test its own copy of the small edition's files."""
    return collect_files(AUTUMN)


def problems_of(files: Files) -> tuple[Problem, ...]:
    """Read files that are wrong, and return what is said about them."""
    with pytest.raises(InputError) as caught:
        load_files(files)
    return caught.value.problems


def replaced(name: str, old: str, new: str) -> Change:
    """Make a change that replaces a text that must be there."""

    def change(files: Files) -> None:
        assert old.encode() in files[name]
        files[name] = files[name].replace(old.encode(), new.encode(), 1)

    return change


def written(name: str, data: bytes) -> Change:
    """Make a change that writes a file."""

    def change(files: Files) -> None:
        files[name] = data

    return change


def removed(name: str) -> Change:
    """Make a change that takes a file away."""

    def change(files: Files) -> None:
        del files[name]

    return change


def without_texts(files: Files) -> None:
    """Remove all translations."""
    del files["en.md"], files["fr.md"]


def appended(name: str, text: str) -> Change:
    """Make a change that adds lines at a file's end."""

    def change(files: Files) -> None:
        files[name] += text.encode()

    return change


BAD: dict[str, tuple[Change, str, str]] = {
    "bad TOML": (replaced("edition.toml", "slug =", "slug :"), "edition.toml:1", "not valid TOML"),
    "a key twice": (
        replaced("edition.toml", "date =", 'slug = "b"\ndate ='),
        "edition.toml:2",
        "not valid TOML",
    ),
    "no edition.toml": (removed("edition.toml"), "edition.toml", "missing"),
    "no slug": (replaced("edition.toml", 'slug = "autumn-2030"', ""), "edition.toml:1", "'slug'"),
    "bad slug": (
        replaced("edition.toml", "autumn-2030", "../Autumn"),
        "edition.toml:1",
        "web address",
    ),
    "misspelt key": (
        replaced("edition.toml", "fallback", "falback"),
        "edition.toml:4",
        "unknown key 'falback'",
    ),
    "no date": (replaced("edition.toml", "date = 2030-09-12", ""), "edition.toml:1", "'date'"),
    "date as text": (
        replaced("edition.toml", "2030-09-12", '"12/9/2030"'),
        "edition.toml:2",
        "not a date",
    ),
    "date that does not exist": (
        replaced("edition.toml", "2030-09-12", "2030-09-31"),
        "edition.toml",
        "not valid TOML",
    ),
    "unknown language in a table": (
        replaced("edition.toml", 'fr = "Bulletin', 'zz = "Bulletin'),
        "edition.toml:7",
        "'zz'",
    ),
    "no subject": (
        replaced("edition.toml", 'fr = "Bulletin du port, automne 2030"', ""),
        "edition.toml:7",
        "no subject in 'fr'",
    ),
    "bad colour": (
        replaced("edition.toml", '"#7a1b2f"', '"blue"'),
        "edition.toml:5",
        "not a colour",
    ),
    "no text at all": (
        without_texts,
        "",
        "no text in any language",
    ),
    "a file of an unknown language": (written("readme.md", b"Hello"), "readme.md", "'readme'"),
    "no front matter": (written("fr.md", b"Bonjour"), "fr.md:1", "no front matter"),
    "open front matter": (
        written("fr.md", b'+++\ntitle = "x"\nBonjour'),
        "fr.md:1",
        "never closed",
    ),
    "bad front matter": (
        replaced("fr.md", 'title = "Groupe', "title = Groupe"),
        "fr.md:2",
        "not valid TOML",
    ),
    "no title": (replaced("fr.md", "title =", "description ="), "fr.md:2", "'title'"),
    "not UTF-8": (written("fr.md", b'+++\ntitle = "\xe9t\xe9"\n+++\n'), "fr.md:2", "not UTF-8"),
    "a control character": (replaced("fr.md", "bon*", "bo\x07n*"), "fr.md:7", "U+0007"),
    "a slot's mark": (replaced("fr.md", "bon*", "bo\ue000n*"), "fr.md:7", "U+E000"),
    "an open container": (
        appended("fr.md", "\n::: box Titre\ntexte\n"),
        "fr.md:69",
        "'box' that begins here is never closed",
    ),
    "a stray fence": (appended("fr.md", "\n:::\n"), "fr.md:69", "none is open"),
    "an unknown block": (
        replaced("fr.md", "::: coordinator", "::: coordinateur"),
        "fr.md:6",
        "unknown block 'coordinateur'",
    ),
    "an unknown option": (
        replaced("fr.md", "deadline: 2030", "dedline: 2030"),
        "fr.md:32",
        "unknown option 'dedline'",
    ),
    "a bad deadline": (
        replaced("fr.md", "deadline: 2030-11-30", "deadline: 30 novembre"),
        "fr.md:31",
        "not a date",
    ),
    "an unknown entry": (
        replaced("fr.md", "entry: open-day", "entry: open-days"),
        "fr.md:14",
        "no entry 'open-days'",
    ),
    "a missing image": (
        replaced("fr.md", "images/dot.png", "images/dto.png"),
        "fr.md:40",
        "no image 'images/dto.png'",
    ),
    "no image named": (replaced("fr.md", "image: images/dot.png", ""), "fr.md:40", "no image"),
    "an image that leads out": (
        replaced("fr.md", "images/dot.png", "../../etc/passwd"),
        "fr.md:40",
        "no image",
    ),
    "a broken image": (written("images/dot.png", b"GIF89a"), "images/dot.png", "PNG or JPEG"),
    "a huge text": (written("de.md", b"x" * (TEXT_LIMIT + 1)), "de.md", "KB"),
    "a path that leads out": (written("../x.md", b""), "../x.md", "leads out"),
    "an unknown standing block": (
        replaced("fr.md", "standing history", "standing histoire"),
        "fr.md:59",
        "no standing block 'histoire'",
    ),
    "a heading of the first level": (
        replaced("fr.md", "## Paroles", "# Paroles"),
        "fr.md:38",
        "no place here",
    ),
    "a section inside a box": (
        replaced("fr.md", "Écrivez à {{", "## Titre\n\nÉcrivez à {{"),
        "fr.md:63",
        "no place here",
    ),
    "a block inside another that takes text only": (
        replaced("fr.md", "Surtout des navires.\n:::", "::: box\nx\n:::\n:::"),
        "fr.md:55",
        "text only",
    ),
    "an entry without a zone": (
        replaced("calendar.toml", 'zone = "Europe/Zurich"', ""),
        "calendar.toml:1",
        "'zone'",
    ),
    "an unknown zone": (
        replaced("calendar.toml", "Europe/Zurich", "Europe/Geneva"),
        "calendar.toml:6",
        "'Europe/Geneva'",
    ),
    "an entry that ends before it starts": (
        replaced("calendar.toml", "end = 2030-10-02", "end = 2030-10-01"),
        "calendar.toml:5",
        "ends before",
    ),
    "an entry twice": (
        replaced("calendar.toml", "lights-day", "open-day"),
        "calendar.toml:13",
        "stands twice",
    ),
    "an unknown kind": (
        replaced("calendar.toml", '"observance"', '"event"'),
        "calendar.toml:14",
        "unknown kind 'event'",
    ),
    "an unknown country": (
        replaced("members.toml", '"UY"', '"JJ"'),
        "members.toml:1",
        "'JJ' is no territory",
    ),
    "no members": (removed("members.toml"), "fr.md:66", "no list of members"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_told_with_its_place_and_its_remedy(name: str) -> None:
    """A secretary must find and mend it alone: without line and remedy, an error is a riddle."""
    change, place, text = BAD[name]
    files = autumn()
    change(files)
    found = [
        problem
        for problem in problems_of(files)
        if problem.place.startswith(place) and text in problem.text
    ]
    assert len(found) == 1
    assert found[0].remedy


def test_all_mistakes_are_told_at_once() -> None:
    """Mending one error only to meet the next wears people out."""
    files = autumn()
    for name in ("misspelt key", "bad colour", "an unknown kind", "an unknown block"):
        BAD[name][0](files)
    places = {problem.place.partition(":")[0] for problem in problems_of(files)}
    assert places == {"edition.toml", "calendar.toml", "fr.md"}


def test_a_misspelt_block_is_recognised() -> None:
    """Most mistakes are slips of the keyboard: the right name is the best remedy."""
    files = autumn()
    replaced("en.md", "::: coordinator", "::: cordinator")(files)
    assert "'coordinator'" in problems_of(files)[0].remedy


def test_a_sound_edition_is_read_whole() -> None:
    """Everything that is rendered later rests on these values."""
    edition = load_edition(AUTUMN)
    assert edition.slug == "autumn-2030"
    assert edition.date == date(2030, 9, 12)
    assert edition.languages == ("en", "fr")
    assert edition.translations["fr"].title == "Groupe de travail des ports"
    assert edition.members == ("UY", "CH", "AT", "ES")
    assert edition.pictures["images/dot.png"].width == 640
    first, observance, deadline = edition.calendar
    assert (first.kind, first.start) == (Kind.MEETING, datetime(2030, 10, 2, 14))  # noqa: DTZ001 (local to its zone)
    assert (first.listed, observance.listed, deadline.listed) == (True, True, False)


def test_shared_standing_blocks_are_taken_along() -> None:
    """A sent edition must render the same after a shared text has changed."""
    files = autumn()
    assert files["standing/history.en.md"].endswith(b"one lamp.\n")
    assert load_files(files) == load_edition(AUTUMN)


def test_an_edition_s_own_standing_block_comes_first(tmp_path: Path) -> None:
    """An edition may need its own wording without changing everybody's."""
    shutil.copytree(EDITIONS, tmp_path / "editions")
    own = tmp_path / "editions" / "autumn" / "standing"
    own.mkdir()
    (own / "history.en.md").write_text('+++\ntitle = "Ours"\n+++\nOurs.\n')
    edition = load_edition(tmp_path / "editions" / "autumn")
    assert edition.standing["history", "en"].title == "Ours"
    assert edition.standing["history", "fr"].title == "Notre histoire"


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    """An edition from elsewhere must not carry our own files into a mail."""
    shutil.copytree(AUTUMN, tmp_path / "autumn")
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "autumn" / "images" / "a.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(InputError, match="leads out of the folder"):
        collect_files(tmp_path / "autumn")


def test_a_folder_without_an_edition_is_refused(tmp_path: Path) -> None:
    """The commonest slip is to name the folder above."""
    with pytest.raises(InputError, match=r"holds edition\.toml"):
        load_edition(tmp_path)


def test_windows_line_ends_and_byte_order_marks_make_no_difference() -> None:
    """Secretaries write with what they have."""
    files = autumn()
    plain = load_files(files)
    for name in [name for name in files if not name.endswith(".png")]:
        files[name] = b"\xef\xbb\xbf" + files[name].replace(b"\n", b"\r\n")
    assert load_files(files) == plain


@given(st.sampled_from(["en.md", "edition.toml", "calendar.toml", "members.toml"]), st.binary())
def test_no_bytes_do_worse_than_an_input_error(name: str, data: bytes) -> None:
    """Files come from outside: whatever they hold, a person gets a message, not a traceback."""
    files = autumn()
    files[name] = data
    with suppress(InputError):
        load_files(files)


TOML_VALUES = st.recursive(
    st.sampled_from(
        [
            *("1", "1.5", "inf", "true", '"x"', '""', '"en"', '"\u0000"', '"\ue000"'),
            *("2023-01-01", "10:00:00", "2023-01-01T10:00:00", "2023-01-01T10:00:00Z"),
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(st.sampled_from(["en", "fr", "x"]), inner, max_size=2).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        ),
    ),
    max_leaves=4,
)
KEYS = ["slug", "date", "season", "subject", "fallback", "accent", "accent_dark"]
ENTRY_KEYS = ["id", "kind", "start", "end", "zone", "title", "place", "url", "topics", "listed"]


@given(st.dictionaries(st.sampled_from(KEYS), TOML_VALUES), st.data())
def test_values_of_the_wrong_kind_are_told(table: dict[str, str], data: st.DataObject) -> None:
    """TOML that parses can still hold a number where a text belongs."""
    entry = data.draw(st.dictionaries(st.sampled_from(ENTRY_KEYS), TOML_VALUES))
    codes = data.draw(TOML_VALUES)
    files = autumn()
    files["edition.toml"] = "\n".join(f"{key} = {value}" for key, value in table.items()).encode()
    lines = ["[[entry]]", *(f"{key} = {value}" for key, value in entry.items())]
    files["calendar.toml"] = "\n".join(lines).encode()
    files["members.toml"] = f"codes = {codes}".encode()
    with pytest.raises(InputError):
        load_files(files)
