"""Files that other programs export: who may not be mailed is not, and names come out whole."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.column_values import Verdict
from mailer.domain.subscribers.subscriber import Action, Status
from mailer.errors import InputError
from mailer.services.subscriber_files.columns import Choices
from mailer.services.subscriber_files.csv_cells import guarded
from mailer.services.subscriber_files.importing import ImportReport, Options, import_csv
from mailer.services.subscriptions import exporting
from mailer.services.subscriptions import subscribers as service
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers

NOW = datetime(2023, 4, 1, 9, tzinfo=UTC)


class Office:
    """A list, and a folder for files."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.settings = Settings(data_dir=folder, secret_key_file=folder / "secret.key")
        self.clock = SimulatedClock(NOW)

    def load(
        self,
        text: str,
        *,
        file: str = "readers.csv",
        ignore: tuple[str, ...] = (),
        meant: dict[str, str] | None = None,
        take_off: bool = False,
        dry_run: bool = False,
    ) -> ImportReport:
        """Import a file of that content."""
        path = self.folder / file
        path.write_text(text, encoding="utf-8")
        return import_csv(
            self.store,
            self.settings,
            self.clock,
            path,
            Options(dry_run=dry_run, choices=Choices(ignore, meant or {}), take_off=take_off),
        )

    def active(self) -> list[str]:
        """List who is mailed, by the part before the @."""
        readers = subscribers.each(self.store, Status.ACTIVE.value)
        return sorted(one.address.partition("@")[0] for one in readers)

    def status(self, local: str) -> Status:
        """Return a reader's status."""
        return service.find(self.store, parse_address(f"{local}@example.org")).status

    def export(self) -> str:
        """Return all readers as CSV."""
        out = io.StringIO()
        exporting.export_csv(self.store, self.settings, out)
        return out.getvalue()


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    """An empty list."""
    return Office(store, tmp_path)


EXPORTS: dict[str, tuple[str, str, dict[Verdict, int]]] = {
    "Ghost": (
        """\
id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,deleted_at,labels
1,ann@example.org,Ann,,true,false,2020-01-01T00:00:00.000Z,,news
2,bob@example.org,Bob,,false,false,2020-01-01T00:00:00.000Z,,
3,cid@example.org,Cid,,true,false,2020-01-01T00:00:00.000Z,2021-01-01T00:00:00.000Z,
""",
        "ann",
        {Verdict.LEFT: 2},
    ),
    "phpList": (
        (
            "email\tconfirmed\tblacklisted\toptedin\tbouncecount\tdisabled\thtmlemail\tUnique ID\n"
            "ann@example.org\t1\t0\t1\t0\t0\t0\tx\nbob@example.org\t0\t0\t1\t0\t0\t1\tx\n"
            "cid@example.org\t1\t1\t1\t0\t0\t1\tx\ndan@example.org\t1\t0\t1\t7\t0\t1\tx\n"
        ),
        "ann",
        {Verdict.UNCONFIRMED: 1, Verdict.BLOCKED: 1, Verdict.BOUNCED: 1},
    ),
    "Mailchimp, subscribed": (
        """\
Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,LAST_CHANGED,TAGS
ann@example.org,Ann,Reader,2,,,2020-01-01 10:00:00,2020-01-01 10:00:00,
""",
        "ann",
        {},
    ),
    "Mailchimp, unsubscribed": (
        """\
Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON
ann@example.org,2,,2020-01-01 10:00:00,2021-01-01 10:00:00,Spring,NORMAL
""",
        "",
        {Verdict.LEFT: 1},
    ),
    "Mailchimp, cleaned": (
        """\
Email Address,CONFIRM_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE
ann@example.org,2020-01-01 10:00:00,2021-01-01 10:00:00,Spring
""",
        "",
        {Verdict.BOUNCED: 1},
    ),
    "listmonk": (
        """\
uuid,email,name,attributes,status,created_at
u1,ann@example.org,Ann,"{""city"": ""X"", ""consent"": true}",enabled,2020-01-01
u2,bob@example.org,Bob,{},blocklisted,2020-01-01
u3,cid@example.org,Cid,"{""lists"": [{""subscription_status"": ""unsubscribed""}]}",enabled,2020
u4,dan@example.org,Dan,"{""consent"": {""email"": false}}",enabled,2020-01-01
""",
        "ann",
        {Verdict.BLOCKED: 1, Verdict.LEFT: 1, Verdict.UNWILLING: 1},
    ),
    "Brevo": (
        """\
CONTACT ID;EMAIL;EMAIL_BLACKLISTED;SMS_BLACKLISTED;DOUBLE_OPT-IN;PRENOM;NOM
1;ann@example.org;false;true;;Ann;Reader
2;bob@example.org;true;false;1;Bob;Reader
3;cid@example.org;false;false;2;Cid;Reader
""",
        "ann",
        {Verdict.BLOCKED: 1, Verdict.UNCONFIRMED: 1},
    ),
    "Mailman": (
        """\
email,display_name,delivery_mode,delivery_status,moderation_action
ann@example.org,Ann,mime_digests,enabled,defer
bob@example.org,Bob,regular,by_user,defer
cid@example.org,Cid,regular,by_bounces,
""",
        "ann",
        {Verdict.UNWILLING: 1, Verdict.BOUNCED: 1},
    ),
    "Sympa": (
        """\
email;gecos;reception;suspend;bounce_score
ann@example.org;Ann;digest;0;
bob@example.org;Bob;nomail;0;
cid@example.org;Cid;mail;1;
dan@example.org;Dan;;0;75
""",
        "ann",
        {Verdict.UNWILLING: 1, Verdict.BLOCKED: 1, Verdict.BOUNCED: 1},
    ),
    "HubSpot": (
        """\
Email,Lead Status,Marketing contact status,Unsubscribed from all email,Email hard bounce reason
ann@example.org,Open,Marketing contact,,
bob@example.org,Open,Marketing contact,true,
cid@example.org,Open,Non-marketing contact,,
dan@example.org,Open,Marketing contact,,OTHER
""",
        "ann",
        {Verdict.LEFT: 1, Verdict.UNWILLING: 1, Verdict.BOUNCED: 1},
    ),
    "Substack": (
        """\
Email,active_subscription,expiry,plan,email_disabled,created_at
ann@example.org,false,,other,false,2020-01-01T00:00:00.000Z
bob@example.org,true,,yearly,true,2020-01-01T00:00:00.000Z
""",
        "ann",
        {Verdict.BLOCKED: 1},
    ),
    "Constant Contact": (
        """\
Email address - other,Email status - other,Email permission status - other,Confirmed Opt-Out Date
ann@example.org,Active,Implied,
bob@example.org,Unsubscribed,Express,01/02/2020 10:00 am EST
""",
        "ann",
        {Verdict.LEFT: 1},
    ),
    "a French table": (
        (
            "Courriel;Inscrit;Désabonné le\nann@example.org;oui;\nbob@example.org;non;\n"
            "cid@example.org;oui;12/03/2022\n"
        ),
        "ann",
        {Verdict.LEFT: 2},
    ),
    "a Spanish table": (
        (
            "Correo electrónico,Baja,Consentimiento\nann@example.org,no,sí\nbob@example.org,sí,sí\n"
            "cid@example.org,no,no\n"
        ),
        "ann",
        {Verdict.LEFT: 1, Verdict.UNWILLING: 1},
    ),
    "a German table": (
        (
            "E-Mail;Abgemeldet;Einwilligung\nann@example.org;nein;ja\nbob@example.org;ja;ja\n"
            "cid@example.org;nein;\n"
        ),
        "ann",
        {Verdict.LEFT: 1, Verdict.UNSAID: 1},
    ),
    "Google": (
        (
            "Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value\n"
            "Ann Reader,Ann,Reader,* myContacts,Home,ann@example.org\n"
        ),
        "ann",
        {},
    ),
}


@pytest.mark.parametrize("program", EXPORTS)
def test_an_export_of_another_program_brings_on_the_list_only_who_may_be_mailed(
    office: Office, program: str
) -> None:
    """Moving house is when everybody who ever left comes back, unless the columns are read."""
    text, mailed, verdicts = EXPORTS[program]
    report = office.load(text)
    assert office.active() == mailed.split()
    assert dict(report.not_mailed) == verdicts
    assert report.refused == sum(verdicts.values())
    assert report.refused_file is None or "bob" in report.refused_file.read_text() or not mailed


REFUSED = {
    "a column that sounds so": ("email,Wunsch Newsletter\na@example.org,ja\n", "line 1", "Wunsch"),
    "a value that is not understood": (
        "email,Subscribed\na@example.org,yes\nb@example.org,later\n",
        "line 3",
        '"later"',
    ),
    "a state of a country": ("email,State\na@example.org,CA\n", "line 2", "ignore the column"),
    "a value within JSON": (
        'email,attributes\na@example.org,"{""consent"": ""sort of""}"\n',
        "line 2",
        '"attributes: consent"',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_understood_stops_the_import_with_line_and_remedy(
    office: Office, case: str
) -> None:
    """Guessing would mail somebody against their will; passing over it would do so in silence."""
    text, place, words = REFUSED[case]
    with pytest.raises(InputError) as caught:
        office.load(text)
    assert place in str(caught.value)
    assert words in str(caught.value)
    (problem,) = caught.value.problems
    assert problem.code in {"columns.unclear", "columns.unclear_value"}
    assert "column" in problem.facts
    assert office.active() == []


def test_all_that_is_not_understood_is_told_at_once_in_the_order_of_the_lines(
    office: Office,
) -> None:
    """Each value once, with how many lines have it: the rest of the file is to be mended in one go."""
    rows = "".join(f"r{n}@example.org,{'perhaps' if n % 2 else f'v{n}'},\n" for n in range(130))
    with pytest.raises(InputError) as caught:
        office.load(f"email,Subscribed,Status\nx@example.org,yes,odd\n{rows}")
    told = [str(problem) for problem in caught.value.problems]
    assert told[0].startswith('readers.csv, line 2: the column "Status" says "odd"')
    assert '"perhaps" (in 65 lines)' in told[2]
    lines = [int(one.partition("line ")[2].partition(":")[0]) for one in told[:-1]]
    assert lines == sorted(lines)
    assert told[-1] == "readers.csv: and 17 more like these"


def test_options_say_what_columns_are(office: Office) -> None:
    """The secretariat knows its own file; two words are enough to say it."""
    text = "email,Wunsch Newsletter,State\na@example.org,ja,CA\nb@example.org,nein,NY\n"
    report = office.load(text, ignore=("state",), meant={"wunsch newsletter": "subscribed"})
    assert (office.active(), report.unknown_columns) == (["a"], ("State",))
    with pytest.raises(InputError, match='there is no column "Stat"; the columns are "email"'):
        office.load(text, ignore=("Stat", "State", "Wunsch Newsletter"))
    office.load("kontakt,Ruf\nc@example.org,C\n", meant={"kontakt": "address", "Ruf": "name"})
    assert service.find(office.store, parse_address("c@example.org")).name == "C"


def test_a_line_that_says_no_holds_against_another_that_says_yes(office: Office) -> None:
    """In files joined from several lists, a reader who left one of them is there twice."""
    report = office.load(
        "email,unsubscribed\na@example.org,no\nA@EXAMPLE.ORG,yes\nb@example.org,no\n"
    )
    assert office.active() == ["b"]
    assert report.refusals[0].reason == "line 3 says that this address may not be mailed"


def test_a_file_that_is_named_after_those_who_left_is_refused(office: Office) -> None:
    """Mailchimp writes the same columns for all of its files; only their names tell them apart."""
    with pytest.raises(InputError, match="give the file another name"):
        office.load("Email Address\na@example.org\n", file="unsubscribed_export.csv")
    assert office.load("Email,Subscribed\na@example.org,yes\n", file="unsub.csv").added == 1


def test_readers_who_left_elsewhere_stay_unless_they_are_to_be_taken_off(office: Office) -> None:
    """An import takes nobody off by surprise, and hides from nobody that it did not."""
    names = "left complained bounced blocked refused fine"
    office.load("email\n" + "".join(f"{name}@example.org\n" for name in names.split()))
    text = (
        "email,status,consent\nleft@example.org,unsubscribed,yes\n"
        "complained@example.org,complained,yes\nbounced@example.org,bounced,yes\n"
        "blocked@example.org,blocked,yes\nrefused@example.org,active,no\n"
        "fine@example.org,active,yes\nstranger@example.org,unsubscribed,yes\n"
    )
    report = office.load(text)
    assert (report.still_mailed, report.taken_off) == (4, 0)
    assert office.active() == sorted(names.split())
    report = office.load(text, take_off=True, dry_run=True)
    assert (report.taken_off, office.active()) == (4, sorted(names.split()))
    report = office.load(text, take_off=True)
    assert (report.still_mailed, report.taken_off) == (0, 4)
    assert office.active() == ["fine", "refused"]
    assert office.status("left") is office.status("blocked") is Status.UNSUBSCRIBED
    assert office.status("bounced") is Status.SUSPENDED
    assert office.status("complained") is Status.COMPLAINED
    known = service.look_up(office.store, office.settings, parse_address("complained@example.org"))
    assert known.suppression is not None
    assert office.load(text, take_off=True).taken_off == 0, "it is safe to run again"


def test_law_7_holds_whatever_the_columns_say(office: Office) -> None:
    """A file in which somebody is "subscribed" is older than their leaving, or not theirs."""
    office.load("email\na@example.org\n")
    number = service.find(office.store, parse_address("a@example.org")).number
    service.change(office.store, number, Action.LEAVE, NOW)
    report = office.load("email,subscribed,status\na@example.org,yes,active\n")
    assert (report.refused, office.active()) == (1, [])


NAMES = {
    "Email,First Name,Last Name\na@example.org,Ann,Smith": "Ann Smith",
    "Courriel;Prénom;Nom\na@example.org;Anne;Durand": "Anne Durand",
    "courriel;PRENOM;NOM\na@example.org;Anne;": "Anne",
    "E-Mail;Vorname;Name\na@example.org;Anna;Muster": "Anna Muster",
    "E-Mail;Vorname;Nachname\na@example.org;;Muster": "Muster",
    "Correo,Nombre,Apellidos\na@example.org,Ana,Ruiz Gil": "Ana Ruiz Gil",
    "Correo,Nombre,Primer apellido,Segundo apellido\na@example.org,Ana,Ruiz,Gil": "Ana Ruiz Gil",
    "Email,Nome,Cognome\na@example.org,Anna,Rossi": "Anna Rossi",
    "e-mail,voornaam,tussenvoegsel,achternaam\na@example.org,An,de,Vries": "An de Vries",
    "Name,Given Name,Family Name,E-mail 1 - Value\nAnn B. Smith,Ann,Smith,a@example.org": (
        "Ann B. Smith"
    ),
    "Name,First name,email\nAnn Smith,Ann,a@example.org": "Ann Smith",
    "full_name,firstName,lastName,email\n,Ann,Smith,a@example.org": "Ann Smith",
    "メールアドレス,姓,名\na@example.org,山田,花子": "花子 山田",
    "email,nom\na@example.org,Durand": "Durand",
}


@pytest.mark.parametrize("text", NAMES)
def test_first_and_last_names_are_one_name(office: Office, text: str) -> None:
    """Half a name in a greeting, "Dear Durand", is ruder than none."""
    office.load(text + "\n")
    assert service.find(office.store, parse_address("a@example.org")).name == NAMES[text]


@pytest.mark.parametrize(
    "start",
    ["\n\n", ";;\n", "sep=;\n", "\n;;;\nsep=;\n", "\ufeff", "\ufeff\n", "\ufeffsep=;\n"],
)
def test_what_stands_before_the_names_of_columns_is_passed_over(office: Office, start: str) -> None:
    """Spreadsheets have empty rows at their top; a hint for Excel is not a row."""
    report = office.load(f'{start}"E-MAIL";Language\na@example.org;fr\nb@example.org;xx\n')
    assert office.active() == ["a"]
    count = start.count("\n") + 3
    assert report.refusals[0].line == count, "lines are numbered as an editor does"


def test_cells_may_be_parted_by_bars(office: Office) -> None:
    """Databases write them so."""
    office.load("email|first_name|opt_out\na@example.org|Ann|0\nb@example.org|Ben|1\n")
    assert office.active() == ["a"]


def test_a_look_before_the_import_tells_what_each_value_means(office: Office) -> None:
    """The secretariat sees that "false" keeps somebody off, before anything is done."""
    text = "email,subscribed_to_emails\na@example.org,true\nb@example.org,false\n"
    report = office.load(text, dry_run=True)
    address, said = report.columns
    assert (address.column, address.meaning) == ("email", "address")
    assert (said.column, said.meaning) == ("subscribed_to_emails", "subscribed")
    assert {(one.value, one.verdict) for one in said.values} == {
        ("true", Verdict.MAILED),
        ("false", Verdict.LEFT),
    }


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Z"]), max_size=9)
SAMPLES = st.lists(
    st.tuples(
        st.sampled_from(["ana", "=bob", "+cid", "'dan", "-eve", "'=fay", "gil"]),
        st.sampled_from(["en", "fr", "es"]),
        st.sets(st.sampled_from(["bulletin", "meetings"]), min_size=1),
        TEXT.filter(lambda text: not text.startswith(("=", "+", "-", "@"))),
        st.sampled_from([None, Action.LEAVE, Action.SUSPEND, Action.COMPLAIN]),
    ),
    unique_by=lambda row: row[0],
    min_size=1,
)


@given(rows=SAMPLES)
@settings(max_examples=40, deadline=None)
def test_an_export_is_imported_elsewhere_with_all_but_those_who_are_not_mailed(
    office: Office, rows: list[tuple[str, str, set[str], str, Action | None]]
) -> None:
    """Language, topics and names move along; a person who left must not become a reader."""
    office.store.redis.flushall()
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["address", "language", "topics", "name"])
    for local, language, topics, name, _ in rows:
        cells = (f"{local}@example.org", language, " ".join(topics), name)
        table.writerow(map(guarded, cells))
    report = office.load(out.getvalue())
    if not report.added:
        return
    refused = {one.address for one in report.refusals}
    for local, *_, action in rows:
        if action and f"{local}@example.org" not in refused:
            number = service.find(office.store, parse_address(f"{local}@example.org")).number
            service.change(office.store, number, action, NOW)
    exported = office.export()
    assert not any(
        cell.startswith(("=", "+", "-", "@"))
        for row in csv.reader(io.StringIO(exported))
        for cell in row
    )
    before = {one.address: one for one in subscribers.each(office.store, "active")}
    office.store.redis.flushall()
    again = office.load(exported)
    after = {one.address: one for one in subscribers.each(office.store, "active")}
    assert [(one.language, one.topics, one.name) for one in after.values()] == [
        (one.language, one.topics, one.name) for one in before.values()
    ]
    assert list(after) == list(before)
    assert again.added + sum(again.not_mailed.values()) == report.added


CELLS = st.sampled_from(
    ["", "yes", "no", "oui", "2020-01-01", "0", "?", '{"consent": "no"}', "active"]
)
HEADERS = st.lists(
    st.sampled_from(
        ["subscribed", "Unsubscribed", "status", "Consent", "bounced", "notes", "Newsletter x"]
    ),
    max_size=4,
)


@given(header=HEADERS, data=st.data())
@settings(max_examples=80, deadline=None)
def test_whatever_the_columns_a_clear_no_is_never_mailed(
    office: Office, header: list[str], data: st.DataObject
) -> None:
    """The file is refused, or the line is; there is no third way in."""
    office.store.redis.flushall()
    cells = [data.draw(CELLS) for _ in header]
    out = io.StringIO()
    csv.writer(out).writerows([["email", *header], ["a@example.org", *cells]])
    try:
        office.load(out.getvalue())
    except InputError:
        assert office.active() == []
        return
    for name, cell in zip(header, cells, strict=True):
        against = name in {"Unsubscribed", "bounced"}
        noes = {"yes", "oui", "2020-01-01"} if against else {"no", "0"}
        if name != "notes" and cell in noes:
            assert office.active() == []
