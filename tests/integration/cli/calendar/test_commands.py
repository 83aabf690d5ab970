"""`mailer calendar`: what a secretary types, and what the command says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.domain.calendar.entry import Status
from mailer.domain.calendar.offset import Offset
from mailer.store.calendar import entries as calendar
from mailer.store.server.connection import Store
from support.places import ROOT
from support.readers.ics_readers import complaints
from support.service.command import Command

SAMPLE = ROOT / "mailer/demo/spring-2023/calendar.toml"
MARCH = {"MAILER_CLOCK_OFFSET_SECONDS": "-117072000"}
"""The clock stands in spring 2023, give or take, whenever this runs before 2030."""


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line on an empty store, with a clock that is far behind."""
    return Command(store, data_dir, MARCH)


def add(mailer: Command, name: str = "fair-2030", *more: str) -> None:
    """Add a meeting that is to come."""
    where = ("--zone", "Europe/Zurich", "--title", "Fair", "--title", "fr=Foire")
    said = mailer("calendar", "add", name, "--start", "2030-05-02T10:00", *where, *more)
    assert said.code == 0, said.err
    assert said.out == f"Added {name}. `mailer calendar show {name}` shows it.\n"


def test_a_file_is_imported_with_a_report(mailer: Command) -> None:
    """The report names each entry, so that a slip shows."""
    said = mailer("calendar", "import", str(SAMPLE))
    assert said.code == 0
    assert said.out.startswith("calendar.toml: 7 added, 0 changed, 0 unchanged, 0 refused.\n")
    assert "  added      msme-day-2023\n" in said.out
    again = json.loads(mailer("calendar", "import", str(SAMPLE), "--json").out)
    assert len(again["unchanged"]) == 7


def test_a_mistake_in_a_file_ends_the_import_with_the_remedy(
    mailer: Command, tmp_path: Path
) -> None:
    """On standard error, with exit code 1, and nothing changed."""
    file = tmp_path / "dates.toml"
    file.write_text(SAMPLE.read_text().replace("Europe/Zurich", "Europe/Zurick", 1))
    said = mailer("calendar", "import", str(file))
    assert (said.code, said.out) == (1, "")
    assert "refused    dates.toml:9: unknown time zone 'Europe/Zurick'; use a name such" in said.err
    assert "Nothing was changed: 1 entry was refused. Mend the file, or say --partly." in said.err
    assert mailer("calendar", "import", str(file), "--partly").code == 1
    assert "msme-day-2023" in mailer("calendar", "list", "--all").out
    assert mailer("calendar", "import", "nowhere.toml").code == 1


def test_an_entry_is_added_and_shown_with_all_that_readers_get(mailer: Command) -> None:
    """The time in its zone and in UTC, the languages, and the times of the reminders."""
    add(mailer, "fair-2030", "--remind", "P3D", "--online", "https://example.org/j", "--invite")
    shown = mailer("calendar", "show", "fair-2030").out
    assert "fair-2030: Fair\nmeeting, confirmed, readers are invited\n" in shown
    assert "2030-05-02 10:00 Europe/Zurich\n" in shown
    assert "2030-05-02 08:00 UTC" in shown
    assert "title fr" in shown
    assert "(readers were not told yet)" in shown
    assert "Reminders: P3D (as chosen for it)" in shown
    facts = json.loads(mailer("calendar", "show", "fair-2030", "--json").out)
    assert (facts["starts_at"], facts["reminders"]) == ("2030-05-02T08:00:00+00:00", ["P3D"])


def test_a_change_says_which_fields_and_moves_the_end_along(mailer: Command, store: Store) -> None:
    """A field that is not given stays as it is."""
    add(mailer, "fair-2030", "--end", "2030-05-02T12:00")
    said = mailer(
        "calendar", "change", "fair-2030", "--start", "2030-05-03T11:00", "--title", "es=Feria"
    )
    assert said.out == "Changed fair-2030: start, title, end. It is confirmed (no. 1).\n"
    one = calendar.get(store, "fair-2030")
    assert str(one.end) == "2030-05-03 13:00:00"
    assert one.title == {"en": "Fair", "fr": "Foire", "es": "Feria"}
    assert (
        "nothing was changed"
        in mailer("calendar", "change", "fair-2030", "--title", "es=Feria").out
    )
    mailer("calendar", "change", "fair-2030", "--title", "fr=", "--remind", "none", "--end", "none")
    one = calendar.get(store, "fair-2030")
    assert (one.title, one.remind, one.end) == ({"en": "Fair", "es": "Feria"}, (), None)
    mailer("calendar", "change", "fair-2030", "--remind", "usual")
    assert Offset(14) in calendar.get(store, "fair-2030").offsets


def test_a_cancelled_entry_stays_with_its_reason(mailer: Command, store: Store) -> None:
    """A cancelled entry is changed only once it takes place again."""
    add(mailer)
    said = mailer(
        "calendar", "cancel", "fair-2030", "--reason", "A flood", "--reason", "fr=Inondation"
    )
    assert said.out == "Changed fair-2030: status, reason. It is cancelled (no. 1).\n"
    one = calendar.get(store, "fair-2030")
    assert one.reason == {"en": "A flood", "fr": "Inondation"}
    refused = mailer("calendar", "change", "fair-2030", "--place", "Hall 2")
    assert (refused.code, "--status confirmed" in refused.err) == (1, True)
    mailer("calendar", "change", "fair-2030", "--status", "confirmed", "--place", "Hall 2")
    assert calendar.get(store, "fair-2030").status is Status.CONFIRMED


def test_one_occurrence_is_moved_and_another_cancelled(mailer: Command) -> None:
    """A series is one entry; its dates may differ."""
    add(mailer, "weekly", "--repeat", "FREQ=WEEKLY;COUNT=3")
    move = ("--occurrence", "2030-05-09T10:00", "--start", "2030-05-10T09:00")
    assert mailer("calendar", "change", "weekly", *move).code == 0
    off = ("--occurrence", "2030-05-16T10:00", "--reason", "Holiday")
    assert mailer("calendar", "cancel", "weekly", *off).code == 0
    listed = mailer("calendar", "list", "--from", "2030-05-01", "--until", "2030-06-01").out
    rows = [line for line in listed.splitlines() if "weekly" in line]
    assert [row[:16] for row in rows] == [
        "2030-05-02 10:00",
        "2030-05-10 09:00",
        "2030-05-16 10:00",
    ]
    assert ["cancelled" in row for row in rows] == [False, False, True]
    missing = mailer(
        "calendar", "cancel", "weekly", "--occurrence", "2031-01-01T10:00", "--reason", "x"
    )
    assert (missing.code, "`mailer calendar show weekly` lists them" in missing.err) == (1, True)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--start", "soon"), "--start: 'soon' is no local time"),
        (("--start", "2030-05-02T10:00+02:00"), "and the zone as --zone"),
        (("--start", "2030-05-02T10:00", "--end", "2030-05-01T10:00"), "ends before it starts"),
        (("--start", "2030-05-02T10:00", "--end", "2030-05-03"), "not of one kind"),
        (("--zone", "Mars"), "--zone: 'Mars' is no time zone"),
        (("--kind", "party"), "choose one of: meeting, observance, deadline"),
        (("--status", "maybe"), "choose one of: tentative, confirmed, cancelled"),
        (("--remind", "3 days"), "--remind: '3 days' is no duration"),
        (("--repeat", "FREQ=HOURLY"), "--repeat: the rule 'FREQ=HOURLY'"),
        (("--title", "de=Messe"), "--title: there is no language 'de'"),
        (("--url", "ftp://example.org"), "neither a web nor a mail address"),
        (("--topic", "sports"), "there is no topic 'sports'"),
    ],
)
def test_a_mistake_is_answered_with_what_to_write(
    mailer: Command, store: Store, options: tuple[str, ...], text: str
) -> None:
    """A mistake must change nothing."""
    add(mailer)
    before = calendar.get(store, "fair-2030")
    said = mailer("calendar", "change", "fair-2030", *options)
    assert (said.code, text in said.err) == (1, True), said.err
    assert calendar.get(store, "fair-2030") == before


def test_adding_tells_all_that_is_missing_at_once(mailer: Command) -> None:
    """A taken id must be refused, too."""
    said = mailer("calendar", "add", "Bad Name")
    assert said.err.count("\n") == 4
    add(mailer)
    again = mailer(
        "calendar", "add", "fair-2030", "--start", "2030-01-01", "--zone", "UTC", "--title", "x"
    )
    assert "the id 'fair-2030' is taken" in again.err
    assert "There is no calendar entry 'x'" in mailer("calendar", "show", "x").err


def test_the_calendar_is_exported_in_a_language(mailer: Command, tmp_path: Path) -> None:
    """To the screen or to a file; any program reads it."""
    mailer("calendar", "import", str(SAMPLE))
    file = tmp_path / "dates.ics"
    assert mailer("calendar", "export", "--language", "es", "--output", str(file)).code == 0
    text = file.read_bytes().decode()
    assert complaints(text) == []
    assert "SUMMARY;LANGUAGE=es:Día de las Mipymes" in text
    assert mailer("calendar", "export", "--language", "es").raw == file.read_bytes()
    assert "choose one of: en, fr, es" in mailer("calendar", "export", "--language", "de").err


def test_an_empty_calendar_says_how_to_begin(mailer: Command) -> None:
    """A blank screen would not."""
    assert mailer("calendar", "list").out.startswith("Nothing is to come. `mailer calendar add`")


def test_a_change_is_tried_made_and_taken_back(mailer: Command, store: Store) -> None:
    """The secretary sees what it does first, and what was done afterwards."""
    add(mailer)
    tried = mailer("calendar", "change", "fair-2030", "--start", "2030-05-03T10:00", "--dry-run")
    assert tried.out == "Would change: start.\nNobody would be told.\n"
    assert calendar.get(store, "fair-2030").sequence == 0
    mailer("calendar", "cancel", "fair-2030", "--reason", "Rain.")
    assert "`mailer calendar undo fair-2030` takes the last" in (
        mailer("calendar", "history", "fair-2030").out
    )
    undone = mailer("calendar", "undo", "fair-2030")
    assert "fair-2030 is as it was before its last change (now no. 2)." in undone.out
    assert calendar.get(store, "fair-2030").status is Status.CONFIRMED
    facts = json.loads(mailer("calendar", "history", "fair-2030", "--json").out)
    assert [one["sequence"] for one in facts] == [2, 1, 0]
    assert facts[0]["differences"][0]["fields"] == ["status", "reason"]


def test_a_file_is_tried_before_it_is_imported(mailer: Command, store: Store) -> None:
    """What would be added is named; nothing is."""
    said = mailer("calendar", "import", str(SAMPLE), "--dry-run")
    assert "calendar.toml: would be 7 added, 0 changed" in said.out
    assert said.out.endswith("Nothing was changed.\n")
    assert calendar.ids(store) == set()
