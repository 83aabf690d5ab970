"""Which revisions are kept, and the names of files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.drafts import history
from mailer.domain.drafts.draft import Made, Revision, picture_path

NOW = datetime(2023, 4, 12, 12, tzinfo=UTC)


def revision(number: int, ago: float, made: Made = Made.TYPED, by: str = "user:1") -> Revision:
    """Make a revision of some minutes ago."""
    at = NOW - timedelta(minutes=ago)
    return Revision(number, at, by, "Ada", made, 10, f"{number}", stored=10)


def kept(revisions: list[Revision], most: int = history.MOST) -> list[int]:
    """Return the numbers of those that stay."""
    current = max(one.number for one in revisions)
    gone = history.dropped(revisions, current, NOW, most)
    return [one.number for one in revisions if one not in gone]


def test_within_the_hour_everything_is_kept() -> None:
    """Others may be writing on from any of it."""
    assert len(kept([revision(n, 60 - n * 0.03) for n in range(1, 300)])) == 299


def test_older_typing_is_thinned_but_not_what_a_person_did() -> None:
    """One every ten minutes and person is enough to find one's way back."""
    typed = [revision(n, 300 - n) for n in range(1, 101)]
    saved = revision(50, 250, Made.SAVED)
    aside = revision(51, 249, Made.ASIDE)
    mixed = [one for one in typed if one.number not in {50, 51}] + [saved, aside]
    found = kept(sorted(mixed, key=lambda one: one.number))
    assert found == [1, 50, 51, 100]


@given(
    rows=st.lists(
        st.tuples(st.floats(0, 10_000), st.sampled_from(Made), st.sampled_from(["a", "b"])),
        min_size=1,
        max_size=60,
    )
)
def test_the_first_and_the_present_one_stay_and_no_more_than_may(
    rows: list[tuple[float, Made, str]],
) -> None:
    """A bound that can be got round is none."""
    ages = sorted((row[0] for row in rows), reverse=True)
    found = [
        revision(n, age, row[1], row[2])
        for n, (age, row) in enumerate(zip(ages, rows, strict=True), 1)
    ]
    numbers = kept(found, most=20)
    assert {1, len(found)} <= set(numbers)
    assert len(numbers) <= 20


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Été à la plage.JPG", "images/ete-a-la-plage.jpg"),
        ("../../etc/passwd", "images/passwd.jpg"),
        ("C:\\Users\\ada\\Bild 1.png", "images/bild-1.jpg"),
        ('"><script>.png', "images/script.jpg"),
        ("写真.png", "images/picture.jpg"),
        ("dot.png", "images/dot-2.jpg"),
    ],
)
def test_a_strangers_name_becomes_a_plain_path(name: str, path: str) -> None:
    """It stands in texts, in addresses and in archives."""
    assert picture_path(name, ".jpg", {"images/dot.jpg"}) == path
