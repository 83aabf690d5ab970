"""Which file of which language is read, whatever code is asked for."""

from __future__ import annotations

import pytest

from mailer.content.language import locale_files
from mailer.content.language.locale_files import TEMPLATES, codes_with, file_of, nearest, read_table


@pytest.mark.parametrize(
    ("asked", "others", "code"),
    [("fr", (), "fr"), ("fr-CH", (), "fr"), ("xx", ("en",), "en"), ("xx-YY", (), None)],
)
def test_a_language_without_words_gets_those_of_the_next(
    asked: str, others: tuple[str, ...], code: str | None
) -> None:
    """A reader in Geneva reads French, and no reader nothing."""
    expected = TEMPLATES / "locale" / code / "mail.po" if code else None
    assert nearest(asked, "mail.po", *others) == expected


@pytest.mark.parametrize("code", ["../mail", "..", "/etc", "", ".", "en/web", "en\x00"])
def test_a_code_from_outside_leads_to_no_other_folder(code: str) -> None:
    """The language of a request is a stranger's text, and becomes part of a path."""
    assert file_of(code, "") is None
    assert nearest(code, "") is None


@pytest.mark.parametrize("name", ["calendar.toml", "commands.toml", "service.toml", "web"])
def test_the_languages_with_a_file_are_those_that_have_it(name: str) -> None:
    """What is offered to readers must be there to be read."""
    assert {"en", "es", "fr"} <= set(codes_with(name))
    for code in codes_with(name):
        path = file_of(code, name)
        assert path is not None
        assert path.is_dir() or read_table(path)


def test_the_source_has_every_file_that_any_language_has() -> None:
    """It lends its words to all others."""
    folder = TEMPLATES / "locale"
    names = {path.relative_to(one) for one in folder.iterdir() for path in one.rglob("*")}
    assert all((folder / locale_files.SOURCE / name).exists() for name in names)
