"""What the columns of a file are taken for, shown before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.domain.subscribers.attributes import Attribute, Kind
from mailer.errors import InputError
from mailer.services.subscriber_files import file as subscriber_file
from mailer.services.subscriber_files.importing import Options, import_csv
from mailer.services.subscriber_files.mapping import IGNORED, UNDECIDED, choices_of, proposed
from mailer.store.server.connection import Store
from mailer.store.subscribers import records
from support.service.small_campaign import SmallService, settings_for

FILE = """\
E-Mail;Vorname;Name;Land;Newsletter 2019;Opt-in;Bemerkung
ana@example.org;Ana;Silva;CH;ja;yes;=1+1
bo@example.org;Bo;Li;FR;nein;no;
cy@example.org;Cy;Ray;;ja;yes;x
"""


@pytest.fixture
def service(store: Store, data_dir: Path) -> SmallService:
    """A service that notes countries."""
    country = Attribute("country", Kind.CHOICE, ("CH", "FR"))
    return SmallService(store, settings_for(data_dir, attributes={"country": country}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of readers from elsewhere."""
    path = tmp_path / "readers.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_columns_are_proposed_with_samples(service: SmallService, file: Path) -> None:
    """A person must see what each column would be, and what stands in it."""
    found = proposed(service.settings, file)
    assert [(one.name, one.meaning) for one in found.columns] == [
        ("E-Mail", "address"),
        ("Vorname", "first-name"),
        ("Name", "name"),
        ("Land", ""),
        ("Newsletter 2019", ""),
        ("Opt-in", "consent"),
        ("Bemerkung", ""),
    ]
    assert found.columns[0].samples == ("ana@example.org", "bo@example.org", "cy@example.org")
    assert found.columns[4].unclear
    assert found.columns[5].about_mailing
    assert [one.code for one in found.problems] == ["columns.unclear"]
    assert "attribute:country" in found.meanings


def test_what_is_chosen_is_what_is_imported(service: SmallService, file: Path) -> None:
    """Also an attribute whose column is called otherwise, and a column that forbids mail."""
    columns = proposed(service.settings, file).columns
    chosen = ["address", "first-name", "name", "attribute:country", "subscribed", "", ""]
    choices = choices_of(columns, chosen)
    assert choices.ignored == ("Opt-in",)
    assert choices.meant == {"Land": "attribute:country", "Newsletter 2019": "subscribed"}
    assert proposed(service.settings, file, choices).problems == ()
    options = Options(choices=choices, consent="The fair of 2026")
    report = import_csv(service.store, service.settings, service.clock, file, options)
    assert (report.added, report.refused) == (2, 1)
    first = records.get(service.store, 1)
    assert first
    assert (first.name, dict(first.attributes)) == ("Ana Silva", {"country": "CH"})


def test_column_that_may_forbid_mail_must_be_decided_on(service: SmallService, file: Path) -> None:
    """Law 7: leaving it out in silence would mail people who left."""
    columns = proposed(service.settings, file).columns
    chosen = [one.meaning for one in columns]
    for undecided in ("", UNDECIDED):
        with pytest.raises(InputError):
            choices_of(columns, [*chosen[:4], undecided, *chosen[5:]])
    choices = choices_of(columns, [*chosen[:4], IGNORED, *chosen[5:]])
    assert choices.ignored == ("Newsletter 2019",)
    proposed_all = [*chosen[:4], "nonsense", *chosen[5:]]
    choices = choices_of(columns, proposed_all)
    with pytest.raises(InputError) as caught:
        subscriber_file.examine(file, choices, _Nothing())
    assert caught.value.problems[0].code == "unknown_value"


class _Nothing:
    """Looks at nothing."""

    def look(self, *_: object) -> None:
        """Look."""

    def end(self, *_: object) -> None:
        """End."""


@pytest.mark.parametrize("consent", ["a@example.org", "x" * 201, "a\nb"])
def test_statement_of_consent_names_nobody(service: SmallService, file: Path, consent: str) -> None:
    """It stands in the event log, from which nothing is erased."""
    options = Options(consent=consent)
    with pytest.raises(InputError):
        import_csv(service.store, service.settings, service.clock, file, options)
