"""Pictures of drafts: each says in every language what it shows."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from mailer.errors import InputError, NotFoundError
from mailer.services.editions.archive import Archive
from mailer.services.editions.drafts import beginning, looking, pictures, reading
from mailer.services.editions.drafts.desk import Desk
from mailer.store.server.connection import Store
from support.service.small_campaign import SmallService, settings_for

ALTS = {"en": "A lighthouse.", "fr": "Un phare."}


def png() -> bytes:
    """Make a small picture."""
    file = io.BytesIO()
    Image.new("RGB", (600, 300), "navy").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    """Return a desk with one draft, number 1."""
    small = SmallService(store, settings_for(tmp_path))
    desk = Desk(store, small.settings, small.clock, Archive(store, small.settings))
    beginning.duplicate(desk, "small", "summer", date(2023, 7, 1))
    return desk


def test_a_picture_is_taken_in_and_put_into_the_texts(desk: Desk) -> None:
    """The edition is whole with it, and says what it shows."""
    made = pictures.upload(desk, 1, png(), name="Le phare (2).PNG", alts=ALTS)
    assert (made.path, made.width, made.used_in) == ("images/le-phare-2.png", 600, ())
    for code in ("en", "fr"):
        pictures.insert(desk, 1, made.path, code)
    [found] = pictures.listed(desk, 1)
    assert found.used_in == ("en", "fr")
    assert "alt: Un phare." in reading.opened(desk, 1).texts["fr.md"].text
    assert "A lighthouse." in looking.mail_html(desk, 1, "en")
    held, kind = pictures.image(desk, 1, made.path)
    assert kind == "image/png"
    assert held.startswith(b"\x89PNG")


def test_every_language_says_what_a_picture_shows(desk: Desk) -> None:
    """Nothing is kept of one that says it in some."""
    with pytest.raises(InputError) as refused:
        pictures.upload(desk, 1, png(), name="a.png", alts={"en": " ", "fr": "x" * 300})
    found = [(one.place, one.code) for one in refused.value.problems]
    assert found == [("alt-en", "picture.no_alt"), ("alt-fr", "picture.long_alt")]
    assert pictures.listed(desk, 1) == []


def test_a_picture_that_was_taken_out_can_be_brought_back(desk: Desk) -> None:
    """Taking out is done at once; it must be undone as easily."""
    path = pictures.upload(desk, 1, png(), name="a.png", alts=ALTS).path
    pictures.remove(desk, 1, path)
    assert pictures.listed(desk, 1) == []
    with pytest.raises(NotFoundError):
        pictures.image(desk, 1, path)
    pictures.bring_back(desk, 1, path)
    assert [one.path for one in pictures.listed(desk, 1)] == [path]


def test_only_pictures_are_shown_and_taken_out_as_such(desk: Desk) -> None:
    """The path comes with an address that anybody may type."""
    for path in ("en.md", "edition.toml", "images/none.png"):
        with pytest.raises(NotFoundError):
            pictures.image(desk, 1, path)
        with pytest.raises(NotFoundError):
            pictures.remove(desk, 1, path)


def test_two_pictures_of_one_name_do_not_replace_each_other(desk: Desk) -> None:
    """Every camera begins to count at one."""
    paths = [pictures.upload(desk, 1, png(), name="IMG_1.png", alts=ALTS).path for _ in range(2)]
    assert paths == ["images/img-1.png", "images/img-1-2.png"]
    pictures.upload(desk, 1, png(), name="x.png", alts=ALTS, path=paths[0])
    assert len(pictures.listed(desk, 1)) == 2
