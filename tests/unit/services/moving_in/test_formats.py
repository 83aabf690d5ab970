"""Exports of other programs: what each row is understood as, and that no bytes stop the reading."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.moving_in.mover import Mover, Theirs, Unread
from mailer.errors import InputError
from mailer.services.moving_in.formats import FORMATS, listmonk, mailchimp, phplist, rows_of
from mailer.services.moving_in.formats.lines import named
from mailer.services.moving_in.formats.moments import moment
from mailer.services.moving_in.sources import Part

CORPUS = Path(__file__).parents[3] / "corpus/exports"
A, L, B = Theirs.ACTIVE, Theirs.LEFT, Theirs.BLOCKED
ANN = datetime(2021, 3, 4, 9, 8, 7, tzinfo=UTC)


def at(  # noqa: PLR0917 - as datetime takes them
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime:
    """Return an instant in UTC."""
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def read(program: str, *names: str, lists: tuple[str, ...] = ()) -> list[Mover | Unread]:
    """Read sample files of a program."""
    files = [CORPUS / program / name for name in names]
    return list(rows_of(program, [Part(one.name, one.read_bytes(), None, lists) for one in files]))


def facts(rows: list[Mover | Unread]) -> list[tuple[object, ...]]:
    """Return what matters of each row; of one that was not understood its place and reason."""
    return [
        (one.row, one.address, one.status, one.name, one.language, one.at, one.lists, one.tags)
        if isinstance(one, Mover)
        else (one.row, one.written, one.reason)
        for one in rows
    ]


def test_listmonk_csv() -> None:
    """It tells who is blocked, and nothing of lists; a status that it does not have is refused."""
    rows = read("listmonk", "subscribers.csv")
    assert facts(rows) == [
        (2, "ann@example.org", A, "Ann Reader", "fr", ANN, (), ()),
        (3, "bob@example.net", B, "Bob", "", at(2022, 6, 7, 8, 9, 10), (), ()),
        (4, "eva@example.com", L, "Eva", "", at(2022, 6, 8), (), ()),
        (5, "max@example.org", 'has the status "sleeping", which listmonk does not have'),
    ]
    assert isinstance(rows[0], Mover)
    assert rows[0].attributes == (("city", "Geneva"), ("lang", "fr"), ("roles", '["press"]'))


def test_listmonk_json_tells_where_each_subscription_stands() -> None:
    """One leaves a list there, not the program; on a list of single opt-in nobody confirms."""
    assert facts(read("listmonk", "subscribers.json")) == [
        (1, "ann@example.org", A, "Ann Reader", "fr", ANN, ("Newsletter", "Meetings"), ()),
        (2, "bob@example.net", L, "", "", at(2022, 6, 7, 6, 9, 10), (), ()),
        (3, "eva@example.com", Theirs.PENDING, "Eva", "", at(2021, 3, 6), (), ()),
        (4, "max@example.org", B, "Max", "", at(2021, 4, 7), ("Newsletter",), ()),
        (5, "zoe@example.net", Theirs.PENDING, "Zoë", "", at(2021, 3, 8), (), ()),
    ]


def test_mailman_3_prints_names_as_they_are() -> None:
    """The sample is what Mailman 3.3.10 printed: a name with a comma is not quoted."""
    assert facts(read("mailman", "announce.txt")) == [
        (1, "ann@example.org", A, "Ann Reader", "", None, ("announce",), ()),
        (2, "bob@example.net", A, "", "", None, ("announce",), ()),
        (3, "elodie@example.org", A, "Élodie Dupré", "", None, ("announce",), ()),
        (4, "eva@example.com", A, "Cruz, Eva", "", None, ("announce",), ()),
    ]


def test_mailman_2_quotes_names() -> None:
    """`list_members -f` writes addresses as mail headers have them."""
    assert facts(read("mailman", "old-list.txt")) == [
        (1, "eva@example.com", A, "Cruz, Eva", "", None, ("old-list",), ()),
        (2, "ann@example.org", A, "", "", None, ("old-list",), ()),
        (4, "no address here", "names no address"),
        (5, "zoe@example.net", A, "Zoë", "", None, ("old-list",), ()),
    ]


def test_mailman_rosters_tell_whose_delivery_is_off() -> None:
    """An owner is no reader; who switched mail off has not left, and is not mailed."""
    lists = ("announce.lists.example.org",)
    assert facts(read("mailman", "roster.json")) == [
        (1, "ann@example.org", A, "Ann Reader", "", None, lists, ()),
        (2, "bob@example.net", Theirs.BOUNCED, "", "", None, lists, ()),
        (3, "eva@example.com", Theirs.NOMAIL, "Eva Cruz", "", None, lists, ()),
        (4, "max@example.org", "is no member, but owner"),
    ]


def test_mailman_tables() -> None:
    """A table with names of columns is understood as well."""
    data = b"email,display_name,delivery_status\nann@example.org,Ann,by_bounces\n,Bob,\n"
    rows = list(rows_of("mailman", [Part("a.csv", data)]))
    assert facts(rows) == [
        (2, "ann@example.org", Theirs.BOUNCED, "Ann", "", None, ("a",), ()),
        (3, "", "names no address"),
    ]


def test_a_pickle_is_never_read() -> None:
    """Mailman 2 keeps its lists as pickles, and a pickle runs what it holds."""
    with pytest.raises(InputError, match="pickle"):
        list(rows_of("mailman", [Part("config.pck", b"\x80\x02}q\x01.")]))


def test_sympa_dumps() -> None:
    """The blocks are as `Sympa::List::dump_users` writes them."""
    rows = read("sympa", "bulletin.dump")
    on = ("bulletin",)
    assert facts(rows) == [
        (1, "ann@example.org", A, "Ann Reader", "", ANN, on, ()),
        (11, "bob@example.net", A, "", "", at(2021, 3, 4, 9, 8, 8), on, ()),
        (18, "eva@example.com", Theirs.NOMAIL, "Eva Cruz", "", at(2021, 3, 4, 9, 8, 9), on, ()),
        (24, "max@example.org", Theirs.NOMAIL, "", "", at(2021, 3, 4, 9, 8, 10), on, ()),
        (30, "", "names no address"),
    ]


def test_sympa_plain_lists() -> None:
    """A line in another encoding is told; the others are read."""
    assert facts(read("sympa", "meetings.txt")) == [
        (1, "ann@example.org", A, "", "", None, ("meetings",), ()),
        (2, "bob@example.net", A, "Bob Lector", "", None, ("meetings",), ()),
        (3, "eva@example.com", A, "Eva Cruz", "", None, ("meetings",), ()),
        (4, "Zo\ufffd <zoe@example.net>", "the line is not in UTF-8"),
    ]


SYMPA = [
    ("ann@example.org", A, "Ann Reader"),
    ("bob@example.net", A, "Lector, Bob"),
    ("eva@example.com", Theirs.NOMAIL, ""),
    ("kim@example.org", A, "김 민수"),
    ("lou@example.org", Theirs.NOMAIL, "Lou"),
    ("max@example.org", A, "Max"),
    ("ron@example.org", A, "Ron"),
    ("sam@example.org", A, "O'Neil, Sam"),
    ("zoe@example.net", A, "Zoé Müller-Ñandú"),
]
"""Readers of a list of Sympa 6.2.70: one wants no mail, one has suspended it, two read digests."""


def test_sympa_dump_that_sympa_wrote() -> None:
    """Printed by `sympa dump`; the quotes around a name belong to the mail, not to the name."""
    rows = [one for one in read("sympa", "announce.dump") if isinstance(one, Mover)]
    assert [(one.address, one.status, one.name) for one in rows] == SYMPA
    assert {one.lists for one in rows} == {("announce",)}
    bounced = dict(rows[5].attributes)
    assert bounced["bounce"] == "1641092645 1641179045 12 5.1.1"
    assert "custom_attribute" in dict(rows[8].attributes)


def test_sympa_table_of_all_lists() -> None:
    """The table tells the same as the dump, and which list a row is of."""
    rows = [one for one in read("sympa", "subscriber_table.csv") if isinstance(one, Mover)]
    assert sorted((one.address, one.status, one.name) for one in rows) == SYMPA
    assert {one.lists for one in rows} == {("announce@lists.example.org",)}
    dump = {one.address: one.at for one in read("sympa", "announce.dump") if isinstance(one, Mover)}
    assert {one.address: one.at for one in rows} == dump


@pytest.mark.parametrize("null", ["NULL", r"\N"])
def test_sympa_table_parted_by_tabs_has_bare_quotes(null: str) -> None:
    """Clients of data bases quote nothing there: a lone quote must not swallow the next reader."""
    columns = "user_subscriber\tcomment_subscriber\treception_subscriber\tsuspend_subscriber\n"
    data = f'{columns}ann@example.org\t"Ann\tmail\t{null}\nbob@example.net\t{null}\tnomail\t0\n'
    rows = list(rows_of("sympa", [Part("news.tsv", data.encode())]))
    assert facts(rows) == [
        (2, "ann@example.org", A, '"Ann', "", None, ("news",), ()),
        (3, "bob@example.net", Theirs.NOMAIL, "", "", None, ("news",), ()),
    ]


def test_sympa_table_without_what_tells_who_wants_mail_is_refused() -> None:
    """Law 17."""
    data = b"user_subscriber,comment_subscriber,reception_subscriber\nann@example.org,Ann,mail\n"
    with pytest.raises(InputError, match="suspend_subscriber"):
        list(rows_of("sympa", [Part("a.csv", data)]))


@pytest.mark.parametrize(
    "start", ["-- MySQL dump 10.19\n", "CREATE TABLE subscriber_table (\n", "insert into x values("]
)
def test_sympa_statements_of_a_data_base_are_refused_as_a_whole(start: str) -> None:
    """Their lines are no readers; one sentence tells what to export."""
    with pytest.raises(InputError, match="subscriber_table as CSV"):
        list(rows_of("sympa", [Part("dump.sql", start.encode())]))


def test_sympa_lists_of_the_web_interface() -> None:
    """Downloaded there: addresses with names, and the readers whose mail came back."""
    rows = read("sympa", "announce@lists.example.org.txt")
    assert [(one.address, one.name) for one in rows if isinstance(one, Mover)] == [
        (address, name) for address, _, name in SYMPA
    ]
    assert facts(read("sympa", "bouncing.txt")) == [
        (2, "max@example.org", A, "Max", "", None, ("bouncing",), ()),
    ]
    found = list(
        rows_of("sympa", [Part("a.txt", b'# Exported subscribers with search filter "x"')])
    )
    assert found == []


def test_sympa_owners_are_no_subscribers() -> None:
    """`sympa dump --roles=owner` writes a file of the same form beside the other."""
    reason = "is an owner or a moderator of the list, not a subscriber"
    assert facts(read("sympa", "owner.dump")) == [(1, "owner@example.org", reason)]


def test_mailchimp_tables_tell_by_their_names() -> None:
    """Who was cleaned bounced; who left for spam complained; who only bought never asked for mail."""
    end = "_email_audience_export_0a1b2c3d4e.csv"
    names = [f"{one}{end}" for one in ("subscribed", "unsubscribed", "cleaned", "nonsubscribed")]
    assert facts(read("mailchimp", *names)) == [
        (2, "ann@example.org", A, "Ann Reader", "fr", ANN, (), ("board", "Press list")),
        (3, "bob@example.net", A, "", "", at(2021, 3, 5), (), ()),
        (2, "eva@example.com", L, "Eva Cruz", "", at(2022, 6, 8), (), ()),
        (3, "max@example.org", Theirs.COMPLAINED, "Max", "", at(2022, 6, 9), (), ()),
        (2, "zoe@example.net", Theirs.BOUNCED, "Zoë", "", at(2022, 6, 10), (), ()),
        (2, "shop@example.com", Theirs.PENDING, "Buyer", "", at(2022, 6, 11), (), ()),
    ]


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("subscribed_x.csv", "unsubscribed", L),
        ("nonsubscribed_x.csv", "subscribed", Theirs.PENDING),
        ("cleaned_x.csv", "", Theirs.BOUNCED),
        ("mine.csv", "subscribed", A),
        ("mine.csv", "", Theirs.PENDING),
    ],
)
def test_mailchimp_what_speaks_against_mail_outweighs(name: str, status: str, told: Theirs) -> None:
    """A file that was put together by hand must not make readers of those who left."""
    data = f"Email Address,Status\nann@example.org,{status}\n".encode()
    (row,) = mailchimp.read(Part(name, data))
    assert isinstance(row, Mover)
    assert row.status is told


def test_mailchimp_a_table_that_tells_nothing_is_refused() -> None:
    """A consent is never guessed."""
    with pytest.raises(InputError, match="where its readers stand"):
        list(mailchimp.read(Part("mine.csv", b"Email Address\nann@example.org\n")))


def test_ghost() -> None:
    """Who switched all newsletters off has left them; who was deleted is gone."""
    assert facts(read("ghost", "members.csv")) == [
        (2, "ann@example.org", A, "Ann Reader", "", ANN, (), ("board", "Press list")),
        (3, "bob@example.net", L, "", "", None, (), ()),
        (4, "eva@example.com", L, "Eva", "", at(2022, 6, 8), (), ()),
        (
            *(5, "max@example.org"),
            'says "perhaps" in subscribed_to_emails, which is neither true nor false',
        ),
    ]


def test_phplist() -> None:
    """Its blacklist holds who unsubscribed; names of lists with spaces are known by --map."""
    lists = ("press releases", "newsletter")
    assert facts(read("phplist", "export.csv", lists=lists)) == [
        (2, "ann@example.org", A, "", "", ANN, ("newsletter", "press releases"), ()),
        (3, "bob@example.net", L, "", "", at(2022, 6, 7, 8, 9, 10), ("newsletter",), ()),
        (4, "eva@example.com", Theirs.PENDING, "", "", at(2021, 3, 6), ("newsletter",), ()),
        (5, "max@example.org", L, "", "", at(2022, 6, 9), (), ()),
        (6, "zoe@example.net", A, "", "", at(2021, 3, 8), (), ()),
    ]


BROKEN = "has fewer cells than there are columns: a line may be broken in one of them"


@pytest.mark.parametrize("title", ["List Membership", "Membre des listes"])
def test_phplist_lists_are_parted_by_semicolons(title: str) -> None:
    """As later versions write it; the column's title is in the language of whoever exported.

    It neither quotes nor escapes what subscribers' own columns hold, so that a line may be broken.
    """
    data = (CORPUS / "phplist/subscribers.csv").read_text(encoding="utf-8")
    part = Part("a.csv", data.replace("List Membership", title).encode())
    both = ("press releases", "Réunions, dates", '"all"')
    name = 'Ann "Annie" Reader'
    assert facts(list(rows_of("phplist", [part]))) == [
        (2, "ann@example.org", A, name, "", ANN, ("newsletter", "press releases"), ()),
        (3, "bob@example.net", L, "", "", at(2022, 6, 7, 8, 9, 10), ("newsletter",), ()),
        (
            4,
            "eva@example.com",
            Theirs.PENDING,
            "Cruz, Eva",
            "",
            at(2021, 3, 6),
            ("newsletter",),
            (),
        ),
        (5, "max@example.org", BROKEN),
        (6, "", BROKEN),
        (7, "zoe@example.net", A, "Zoé Müller-Ñandú", "", at(2021, 3, 8), both, ()),
        (9, "kim@example.org", A, "", "", None, ('News "old"',), ()),
    ]


def test_phplist_last_column_that_holds_no_lists_is_an_attribute() -> None:
    """Not every table that is read here was written by phpList's own export."""
    data = b"Email,confirmed,blacklisted,disabled,Country\nann@example.org,1,0,0,Barbados\n"
    (row,) = rows_of("phplist", [Part("a.csv", data)])
    assert isinstance(row, Mover)
    assert (row.lists, row.attributes) == ((), (("Country", "Barbados"),))


def test_phplist_export_by_the_change_log_is_refused() -> None:
    """There phpList writes the lists of the subscriber who has the change's number."""
    columns = (
        b"Email,confirmed,blacklisted,disabled,IP,Change Summary,Change Detail,List Membership"
    )
    with pytest.raises(InputError, match="change log"):
        list(rows_of("phplist", [Part("a.csv", columns + b"\na@example.org,1,0,0,,,,No Lists\n")]))


@given(st.lists(st.sampled_from(["a; b", "press releases", "x", "a, b"]), unique=True))
def test_phplist_names_parted_by_semicolons_are_found_again(names: list[str]) -> None:
    """A name that itself holds a semicolon and a space cannot be told apart."""
    written = "".join(f"{name}; " for name in names).strip()
    told = [part for name in names for part in name.split("; ")]
    assert phplist.parted(written) == tuple(dict.fromkeys(told))


@pytest.mark.parametrize(
    ("program", "data", "missing"),
    [
        ("listmonk", b"email,name\nann@example.org,Ann\n", "status"),
        ("ghost", b"email,name\nann@example.org,Ann\n", "subscribed_to_emails"),
        ("phplist", b"Email,Is this subscriber blacklisted\na@example.org,0\n", "confirmed"),
        ("phplist", b"Email,confirmed\na@example.org,1\n", "blacklisted"),
        ("phplist", b"Email,confirmed,blacklisted\na@example.org,1,0\n", "disabled"),
        ("mailchimp", b"Name,Status\nAnn,subscribed\n", "email"),
    ],
)
def test_a_table_without_what_tells_who_may_be_mailed_is_refused(
    program: str, data: bytes, missing: str
) -> None:
    """Law 17: that nothing speaks against mail is no consent."""
    with pytest.raises(InputError, match=missing):
        list(rows_of(program, [Part("a.csv", data)]))


@pytest.mark.parametrize("program", list(FORMATS))
@given(data=st.binary(max_size=400))
def test_any_bytes_give_rows_or_a_problem(program: str, data: bytes) -> None:
    """A file from elsewhere may hold anything; the secretariat sees a sentence, never a crash."""
    try:
        for row in rows_of(program, [Part("subscribed_x.csv", data)]):
            assert row.row >= 1
    except InputError as error:
        told = error.problems
        assert all(one.text for one in told)


HEADERS = {
    "listmonk": "email,name,attributes,status,created_at",
    "mailman": "email,display_name,delivery_status,role",
    "sympa": "email ann@example.org",
    "mailchimp": "Email Address,Status,TAGS,CONFIRM_TIME",
    "ghost": "email,subscribed_to_emails,labels,deleted_at",
    "phplist": "Email,confirmed,blacklisted,disabled,List Membership",
}


@pytest.mark.parametrize("program", list(FORMATS))
@given(rows=st.lists(st.text('ab@example.org,"\n\t 01{}[]:', max_size=60), max_size=6))
def test_no_row_of_a_table_is_lost(program: str, rows: list[str]) -> None:
    """Law 11: whatever stands below the header, each record is a row or a told problem."""
    text = "\n".join([HEADERS[program], *rows])
    found = list(rows_of(program, [Part("subscribed_x.csv", text.encode())]))
    places = [one.row for one in found]
    assert sorted(places) == sorted(set(places))
    held = [row for row in text.split("\n")[1:] if row.strip(' ,\t"')]
    if not any(letter in text for letter in '"{[') and program not in {"sympa", "mailman"}:
        assert len(found) == len(held)


@given(
    st.dictionaries(st.sampled_from(["email", "status", "lists", "attribs", "name"]), st.none())
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["email", "status", "lists", "attribs", "data", "results"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_gives_rows_or_a_problem(value: object) -> None:
    """An interface may answer anything, in any shape."""
    data = json.dumps(value).encode()
    for program in ("listmonk", "mailman"):
        try:
            list(rows_of(program, [Part("a.json", data)]))
        except InputError as error:
            told = error.problems
            assert all(one.text for one in told)


@given(st.lists(st.sampled_from(["news", "press releases", "press", "a b c"]), unique=True))
def test_phplist_names_of_lists_are_found_again(names: list[str]) -> None:
    """The longest known name counts, for "press" begins "press releases"."""
    known = tuple(sorted({"press releases", "press", "a b c", "news"}, key=len, reverse=True))
    assert phplist.names_in(" ".join(names), known) == tuple(names)


@given(st.text(max_size=60))
def test_any_text_is_an_instant_or_none(text: str) -> None:
    """Columns of dates hold all sorts of things."""
    found = moment(text)
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2021-03-04T09:08:07.654Z", ANN),
        ("2021-03-04 09:08:07.654321 +0000 UTC", ANN),
        ("2021-03-04 11:08:07 +0200", ANN),
        ("2021-03-04 11:08:07+02:00", ANN),
        ("2021-03-04", at(2021, 3, 4)),
        ("1614848887", ANN),
        ("0000-00-00 00:00:00", None),
        ("1970-01-01 00:00:00", None),
        ("2021-13-04", None),
        ("", None),
    ],
)
def test_instants(text: str, told: datetime | None) -> None:
    """When somebody agreed is kept as the consent's instant, so that it must not be guessed."""
    assert moment(text) == told


@pytest.mark.parametrize(
    ("line", "address", "name"),
    [
        ("ann@example.org", "ann@example.org", ""),
        ("<ann@example.org>", "ann@example.org", ""),
        ("Ann <ann@example.org>", "ann@example.org", "Ann"),
        ('"Ann \\"A\\" Reader" <ann@example.org>', "ann@example.org", 'Ann "A" Reader'),
        ("Cruz, Eva <eva@example.com>", "eva@example.com", "Cruz, Eva"),
    ],
)
def test_addresses_with_names(line: str, address: str, name: str) -> None:
    """Mailing list managers print names in several ways."""
    assert named(line) == (address, name)


def test_listmonk_statuses_of_a_row_that_is_no_table() -> None:
    """An entry that is no object is told with its place."""
    rows = list(listmonk.read(Part("a.json", b'[1, {"email": "a@example.org"}]')))
    assert [one.row for one in rows] == [1, 2]
    assert all(isinstance(one, Unread) for one in rows)
