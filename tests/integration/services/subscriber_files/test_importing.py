"""Importing readers: laws 6, 7 and 9, bad files, and what a report says."""

from __future__ import annotations

import csv
import io
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action, Status
from mailer.errors import InputError, StoreError
from mailer.services.subscriber_files import importing as subscriber_import
from mailer.services.subscriber_files.csv_cells import guarded, unguarded
from mailer.services.subscriber_files.first_lines import FirstLines
from mailer.services.subscriber_files.importing import ImportReport, Options, import_csv
from mailer.services.subscriptions import exporting
from mailer.services.subscriptions import subscribers as service
from mailer.store import events
from mailer.store.server.connection import Store, open_store
from mailer.store.subscribers import records as subscribers

NOW = datetime(2023, 4, 1, 9, tzinfo=UTC)
PEOPLE = """\
address,language,topics,tags,name
ann@example.org,fr,bulletin meetings,member,Ann
bob@example.net,en,,,
zoë@example.com,es,meetings,,"Zoë
Smith"
"""


@pytest.fixture
def service_settings(tmp_path: Path) -> Settings:
    """Settings with a secret key of their own."""
    return Settings(data_dir=tmp_path, secret_key_file=tmp_path / "secret.key")


class Desk:
    """A secretary's desk: a store, and a folder for files."""

    def __init__(self, store: Store, service_settings: Settings, folder: Path) -> None:
        self.store, self.settings, self.folder = store, service_settings, folder
        self.clock: SimulatedClock = SimulatedClock(NOW)

    def load(self, text: str | bytes, *, dry_run: bool = False, **options: str) -> ImportReport:
        """Import a file of that content."""
        file = self.folder / "readers.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_csv(
            self.store,
            self.settings,
            self.clock,
            file,
            Options(dry_run=dry_run, **options),  # type: ignore[arg-type]  # texts only
        )

    def status(self, address: str) -> Status:
        """Return a reader's status."""
        return service.find(self.store, parse_address(address)).status

    def act(self, address: str, action: Action) -> None:
        """Let an action happen to a reader."""
        number = service.find(self.store, parse_address(address)).number
        service.change(self.store, number, action, self.clock.now())

    def export(self) -> str:
        """Return all readers as CSV."""
        out = io.StringIO()
        exporting.export_csv(self.store, self.settings, out)
        return out.getvalue()

    def dump(self) -> dict[bytes, bytes]:
        """Return the whole store, for comparison."""
        names = sorted(self.store.redis.keys("*"))
        return {name: self.store.redis.dump(name) for name in names}

    def events(self) -> list[dict[str, str]]:
        """Return the event log."""
        return [fields for _, fields in events.read(self.store)]


@pytest.fixture
def desk(store: Store, service_settings: Settings, tmp_path: Path) -> Desk:
    """An empty list."""
    return Desk(store, service_settings, tmp_path)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """Return added, updated, unchanged, refused."""
    return report.added, report.updated, report.unchanged, report.refused


def test_a_file_is_imported_with_all_it_says(desk: Desk) -> None:
    """The list must hold what the secretariat wrote down about a reader."""
    assert counts(desk.load(PEOPLE)) == (3, 0, 0, 0)
    ann = service.find(desk.store, parse_address("ANN@example.org"))
    assert (ann.number, ann.address, ann.language, ann.status) == (
        1,
        "ann@example.org",
        "fr",
        Status.ACTIVE,
    )
    assert (ann.topics, ann.tags, ann.name) == (("bulletin", "meetings"), ("member",), "Ann")
    assert (ann.added_at, ann.source) == (NOW, "import")
    bob = service.find(desk.store, parse_address("bob@example.net"))
    assert bob.topics == ("bulletin",)
    assert service.find(desk.store, parse_address("zoë@example.com")).name == "Zoë Smith"


def test_law_6_an_import_sends_no_mail(desk: Desk) -> None:
    """Nobody who is only written into a file hears from us: no job is enqueued."""
    desk.load(PEOPLE)
    assert not [name for name in desk.store.redis.keys("*") if name.startswith(b"rq:")]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Action.LEAVE, "unsubscribed on 2023-04-01"),
        (Action.REMOVE, "unsubscribed on 2023-04-01"),
        (Action.SUSPEND, "suspended on 2023-04-01"),
        (Action.COMPLAIN, "complained on 2023-04-01"),
    ],
)
def test_law_7_an_import_brings_nobody_back(desk: Desk, action: Action, words: str) -> None:
    """Old lists are found again for years; readers who left stay away, and the report says so."""
    desk.load(PEOPLE)
    desk.act("ann@example.org", action)
    before = desk.status("ann@example.org")
    report = desk.load(PEOPLE.replace("ann@example.org,fr", "ANN@EXAMPLE.ORG,en"))
    assert counts(report) == (0, 0, 2, 1)
    assert (report.refusals[0].line, words in report.refusals[0].reason) == (2, True)
    assert desk.status("ann@example.org") is before
    assert service.find(desk.store, parse_address("ann@example.org")).language == "fr"


def test_law_7_holds_for_the_suppressed_and_the_erased(desk: Desk) -> None:
    """An erased person is unknown to us, and still must not be subscribed by an old list."""
    desk.load(PEOPLE)
    now = desk.clock.now()
    service.erase(desk.store, desk.settings, now, parse_address("ann@example.org"), "asked")
    service.suppress(desk.store, desk.settings, now, parse_address("bob@example.net"), "asked")
    report = desk.load(PEOPLE)
    assert counts(report) == (0, 0, 1, 2)
    assert all("suppressed since 2023-04-01" in one.reason for one in report.refusals)
    assert subscribers.number_of(desk.store, "ann@example.org") is None


def test_law_7_holds_for_adding_by_hand(desk: Desk) -> None:
    """A single line must not do what a file may not do."""
    desk.load(PEOPLE)
    desk.act("ann@example.org", Action.LEAVE)
    with pytest.raises(service.LeftAloneError, match="only the reader can come back"):
        service.add(desk.store, desk.settings, desk.clock.now(), parse_address("ann@example.org"))
    assert desk.status("ann@example.org") is Status.UNSUBSCRIBED


class StoppingClock(SimulatedClock):
    """A clock at which the process dies after some looks at it."""

    looks = 1

    def now(self) -> datetime:
        """Tell the time, or die."""
        if not self.looks:
            raise KeyboardInterrupt
        self.looks -= 1
        return super().now()


def test_law_9_an_import_that_dies_between_batches_is_finished_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash the log tells exactly of those that are in the store, and no line is lost."""
    monkeypatch.setattr(subscriber_import, "BATCH", 2)
    desk.clock = StoppingClock(NOW)
    with pytest.raises(KeyboardInterrupt):
        desk.load(PEOPLE)
    [event] = desk.events()
    assert (event["type"], event["lines"], event["added"]) == ("subscribers.imported", "2-3", "2")
    assert subscribers.count(desk.store).total == 2
    desk.clock = SimulatedClock(NOW)
    assert counts(desk.load(PEOPLE)) == (1, 0, 2, 0)
    assert subscribers.count(desk.store).by_status["active"] == 3


def test_law_9_holds_when_the_store_itself_is_killed(
    service_settings: Settings, tmp_path: Path
) -> None:
    """Power fails in the middle of an import: each batch is on disk with its event, or neither."""
    lines = "".join(f"r{number}@example.org\n" for number in range(9_000))
    store = open_store(tmp_path)
    assert store.embedded is not None
    pid = store.embedded.pid() or 0
    assert pid

    class KillingClock(SimulatedClock):
        """Kills the server as a batch is about to be written."""

        looks = 4

        def now(self) -> datetime:
            """Tell the time."""
            self.looks -= 1
            if not self.looks:
                os.kill(pid, signal.SIGKILL)
            return super().now()

    desk = Desk(store, service_settings, tmp_path)
    desk.clock = KillingClock(NOW)
    with pytest.raises(StoreError, match="import the file again"):
        desk.load(f"address\n{lines}")
    store.embedded.revive()
    kept = subscribers.count(store).total
    assert 3_000 <= kept < 9_000
    assert sum(int(event["added"]) for event in desk.events()) == kept
    desk.clock = SimulatedClock(NOW)
    assert counts(desk.load(f"address\n{lines}")) == (9_000 - kept, 0, kept, 0)
    store.close()


def test_importing_twice_changes_nothing(desk: Desk) -> None:
    """Secretaries click twice, and scripts run every night."""
    desk.load(PEOPLE)
    before = desk.dump()
    assert counts(desk.load(PEOPLE)) == (0, 0, 3, 0)
    assert desk.dump() == before


def test_a_cell_that_says_something_else_updates_and_an_empty_one_does_not(desk: Desk) -> None:
    """A file with only addresses and tags must not wipe out languages and names."""
    desk.load(PEOPLE)
    report = desk.load(
        "address,language,topics,tags\nann@example.org,,,guest\nbob@example.net,es,meetings,\n"
    )
    assert counts(report) == (0, 2, 0, 0)
    ann = service.find(desk.store, parse_address("ann@example.org"))
    assert (ann.language, ann.tags, ann.name) == ("fr", ("guest",), "Ann")
    found = subscribers.count(desk.store)
    assert found.by_language == {"fr": 1, "es": 2}
    assert found.by_topic == {"bulletin": 1, "meetings": 3}
    assert found.by_tag == {"guest": 1}


def test_a_dry_run_tells_the_same_and_writes_nothing(desk: Desk) -> None:
    """Looking before leaping is worth nothing if the look already leaps."""
    desk.load(PEOPLE)
    desk.act("bob@example.net", Action.LEAVE)
    changed = PEOPLE.replace(",fr,", ",en,") + "new@example.org,,,,\nnew@example.org,,,,\n"
    before = desk.dump()
    dry = desk.load(changed, dry_run=True)
    assert desk.dump() == before
    assert counts(dry) == counts(desk.load(changed)) == (1, 1, 1, 2)


def test_refused_lines_can_be_mended_and_imported(desk: Desk) -> None:
    """The file of refused lines is the secretary's work list: as it came, with the reasons."""
    report = desk.load("E-mail;langue;Phone\nann@example.org;xx;12\nbob@example.net;;\n;en;3\n")
    assert counts(report) == (1, 0, 0, 2)
    assert report.unknown_columns == ("Phone",)
    assert report.refused_file is not None
    text = report.refused_file.read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0] == ["E-mail", "langue", "Phone", "line", "reason"]
    assert rows[1][:4] == ["ann@example.org", "xx", "12", "2"]
    assert "not one of en, fr, es" in rows[1][4]
    mended = text.replace(";xx;", ";fr;")
    assert counts(desk.load(mended)) == (1, 0, 0, 1)


def test_a_formula_among_the_refused_lines_is_disarmed(desk: Desk) -> None:
    """The file is opened in a spreadsheet program, where a stranger's cell would be run."""
    report = desk.load('address,name\nann@example.org,"=HYPERLINK(""http://x.test"")"\n')
    assert report.refused_file is not None
    assert "'=HYPERLINK" in report.refused_file.read_text(encoding="utf-8")


def test_a_line_marked_as_left_is_not_imported(desk: Desk) -> None:
    """An export of another list may say who left it; they must not be subscribed by that."""
    report = desk.load("address,status\nann@example.org,active\nbob@example.net,unsubscribed\n")
    assert counts(report) == (1, 0, 0, 1)


def test_a_column_of_something_else_cannot_fill_the_store_with_tags(desk: Desk) -> None:
    """Each tag costs a bitmap; a column of phone numbers taken for tags would be thousands."""
    lines = "".join(f"r{number}@example.org,tag{number}\n" for number in range(600))
    report = desk.load(f"address,tags\n{lines}")
    assert counts(report) == (500, 0, 0, 100)
    assert "really one of tags" in report.refusals[0].reason
    assert len(report.refusals) == subscriber_import.SHOWN_REFUSALS


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_all_spreadsheet_programs_are_understood(
    desk: Desk, delimiter: str, bom: bytes, end: str
) -> None:
    """The delimiter that a program writes depends on the country it was installed in."""
    rows = ["language,address,topics", 'fr,zoë@example.org,"bulletin|meetings"', ""]
    text = end.join(row.replace(",", delimiter) for row in rows)
    assert counts(desk.load(bom + text.encode())) == (1, 0, 0, 0)
    assert service.find(desk.store, parse_address("zoë@example.org")).topics == (
        "bulletin",
        "meetings",
    )


BAD_FILES: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "is empty", "names the columns"),
    "only a bom": (b"\xef\xbb\xbf\n", "is empty", "names the columns"),
    "no lines": (b"address,language\n", "holds no subscribers", "one a line"),
    "no lines but blank ones": (b"address,language\n,\n\n", "holds no subscribers", "one a line"),
    "no header": (b"ann@example.org,fr\n", "line 1: there is no column", "name the columns"),
    "no address column": (
        b"name,language\nAnn,fr\n",
        "line 1: there is no column",
        "name the columns",
    ),
    "unknown delimiter": (b"address:language\na@example.org:fr\n", "line 1", "commas, semicolons"),
    "column twice": (
        b"email,address\na@example.org,\n",
        "line 1: the column address",
        "remove one",
    ),
    "latin-1": (
        "address,name\na@example.org,Zoë\n".encode("latin-1"),
        "line 2: the line is not in UTF-8",
        "CSV UTF-8",
    ),
    "latin-1 header": (
        "adresse électronique\na@example.org\n".encode("latin-1"),
        "line 1: the line is not",
        "CSV UTF-8",
    ),
    "utf-16": ("address\na@example.org\n".encode("utf-16"), "is in UTF-16", "CSV UTF-8"),
    "spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00", "is a spreadsheet", "CSV UTF-8"),
    "old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a spreadsheet", "CSV UTF-8"),
    "zero bytes": (
        b"address\na@example.org\n\0\0\0\n",
        "line 3: the line holds zero bytes",
        "CSV UTF-8",
    ),
    "old macintosh": (b"address\ra@example.org\rb@example.org\r", "old Macintoshes", "CSV UTF-8"),
    "open quote": (
        b'address,name\na@example.org,A\nb@example.org,"B\nc@example.org,C\n',
        "line 3: a quotation mark opens",
        "close it",
    ),
    "open quote in a long file": (
        b'address,name\na@example.org,"A\n' + b"c@example.org,C\n" * 20000,
        "line 2: a quotation mark opens",
        "close it",
    ),
    "text after quote": (
        b'address,name\na@example.org,A\nb@example.org,"B" C\n',
        "line 3: text follows",
        "twice",
    ),
    "long line": (
        b"address,name\na@example.org," + b"x" * 70000 + b"\n",
        "line 2: the line is longer",
        "has a line",
    ),
    "bad bytes late": (
        b"address\n" + b"a@example.org\n" * 5000 + b"\xff\n",
        "line 5002: the line is not in UTF-8",
        "CSV UTF-8",
    ),
    "carriage return within": (b"address,name\na@example.org,A\rB\n", "line 2", "CSV UTF-8"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_place_and_remedy_and_nothing_half_done(
    desk: Desk, case: str
) -> None:
    """The secretary mends the file and imports it again, sure that nothing happened before."""
    content, place, remedy = BAD_FILES[case]
    desk.load("address\nknown@example.org\n")
    before = desk.dump()
    with pytest.raises(InputError) as caught:
        desk.load(content)
    message = str(caught.value)
    assert message.startswith("readers.csv")
    assert place in message
    assert remedy in message
    assert desk.dump() == before
    assert not (desk.folder / "readers.refused.csv").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ann,fr,,,", "one @"),
        ("ann@example.org,de,,,", 'language "de" is not one of en, fr, es'),
        ("ann@example.org,fr,sports,,", 'topic "sports" is not one of bulletin, meetings'),
        ("ann@example.org,fr,,a*b,", "cannot be a tag"),
        ("ann@example.org,fr,,,=1+1", "formula"),
        ("ann@example.org,fr,,,A,extra", "more cells than the 5 columns"),
        (f"ann@example.org,fr,,{' '.join(f't{n}' for n in range(21))},", "over 20 tags"),
        ("bob@example.net,fr,,,", "the same address as in line 2"),
    ],
)
def test_a_bad_line_is_refused_alone(desk: Desk, line: str, words: str) -> None:
    """One wrong line among thousands must not keep the others out."""
    report = desk.load(
        f"address,language,topics,tags,name\nbob@example.net,,,,\n{line}\neve@example.org,,,,\n"
    )
    assert counts(report) == (2, 0, 0, 1)
    assert report.refusals[0].line == 3
    assert words in report.refusals[0].reason


def test_several_problems_of_a_file_are_told_at_once(desk: Desk) -> None:
    """Mending one line to be told of the next is no way to spend an afternoon."""
    with pytest.raises(InputError) as caught:
        desk.load(b"address,name\na@example.org,\xe9\nb@example.org,\xe9\n\0@example.org,\n")
    assert [problem.place for problem in caught.value.problems] == [
        "readers.csv, line 2",
        "readers.csv, line 3",
        "readers.csv, line 4",
    ]


def test_wrong_options_are_told_before_anything_is_done(desk: Desk) -> None:
    """A typing slip in an option would otherwise mark every new reader wrongly."""
    with pytest.raises(InputError, match="not one of en, fr, es"):
        desk.load(PEOPLE, language="german")
    with pytest.raises(InputError, match="not one of bulletin, meetings"):
        desk.load(PEOPLE, topics="sport")
    assert subscribers.count(desk.store).total == 0


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Co", "Cn", "Z"]),
    max_size=12,
).filter(lambda t: not t.startswith(("=", "+", "-", "@")))
READERS = st.lists(
    st.tuples(
        st.from_regex(r"[a-zé'=+-][a-z0-9é.]{0,6}[a-z]", fullmatch=True),
        st.sampled_from(["en", "fr", "es"]),
        st.sets(st.sampled_from(["bulletin", "meetings"]), min_size=1),
        st.sets(st.sampled_from(["member", "press", "délégué"])),
        NAMES,
    ),
    max_size=8,
)


@given(readers=READERS)
@settings(max_examples=40)
def test_what_is_exported_is_imported_as_it_was(
    desk: Desk, readers: list[tuple[str, str, set[str], set[str], str]]
) -> None:
    """An export is a backup and a way to move house only if nothing is lost on the way."""
    desk.store.redis.flushall()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["address", "language", "topics", "tags", "name"])
    for local, language, topics, tags, name in readers:
        row = [f"{local}@example.org", language, " ".join(topics), " ".join(tags), name]
        writer.writerow(map(guarded, row))
    if not readers:
        return
    first = desk.load(out.getvalue())
    exported = desk.export()
    again = desk.load(exported) if first.added else None
    assert again is None or counts(again) == (0, 0, first.added, 0)
    desk.store.redis.flushall()
    if first.added:
        desk.load(exported)
    assert desk.export() == exported


@given(st.text(max_size=10))
def test_guarding_a_cell_is_undone_by_reading_it(text: str) -> None:
    """A guard that cannot be taken off again would change addresses."""
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in set("=+-@\t\r")


@given(st.lists(st.text(max_size=3)))
def test_first_lines_are_remembered_as_a_dictionary_would(texts: list[str]) -> None:
    """The table that saves memory must not lose or invent a duplicate."""
    table, expected = FirstLines(), dict[str, int]()
    for line, text in enumerate(texts, 1):
        assert table.first(text, line) == expected.setdefault(text, line)


def test_first_lines_grow_and_keep_what_they_hold() -> None:
    """A file of more lines than the table had room for at first is the usual case."""
    table = FirstLines()
    for number in range(10_000):
        table.first(f"r{number}", number + 1)
    assert [table.first(f"r{number}", 99) for number in (0, 5000, 9999)] == [1, 5001, 10_000]


PIECES = b'ann@example.org|bob@example.net|,|;|\t|"|""|\n|\r\n|\r|fr|meetings|\xc3\xa9|\xe9|\0| |sep=;\n|=1|-'
FRAGMENTS = st.lists(st.sampled_from(PIECES.split(b"|")) | st.binary(max_size=4), max_size=30).map(
    b"".join
)
HEADERS = st.sampled_from(
    [b"address,language,name\n", b"\xef\xbb\xbfaddress;name\r\n", b"name\taddress", b"sep=;\n", b""]
)


@given(header=HEADERS, rest=FRAGMENTS)
@settings(max_examples=100)
def test_any_bytes_are_a_file_with_a_report_or_a_refusal_that_changes_nothing(
    desk: Desk, header: bytes, rest: bytes
) -> None:
    """Files come from everywhere; none may end in a traceback, or in half an import."""
    desk.store.redis.flushall()
    try:
        report = desk.load(header + rest)
    except InputError:
        assert desk.dump() == {}
        return
    assert subscribers.count(desk.store).total == report.added
    written = report.refused_file.read_text("utf-8") if report.refused_file else ""
    delimiter = next((one for one in ",;\t" if one in written.partition("\n")[0]), ",")
    rows = list(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter))
    assert max(len(rows) - 1, 0) == report.refused
