"""`mailer subscribers` and `mailer events`, as the secretariat uses them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mailer.cli.main import app
from mailer.cli.operation.events import parse_since
from mailer.domain.events import EVENT_TYPES
from mailer.errors import InputError, NotFoundError
from mailer.store.server.connection import Store

Call = Callable[..., Result]


@pytest.fixture
def call(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `mailer` on the tests' store, in a folder that holds `readers.csv`."""
    monkeypatch.setenv("MAILER_REDIS_URL", store.address)
    monkeypatch.setenv("MAILER_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    text = "address,language,topics,tags,name\nann@example.org,fr,meetings,member,Ann\nbob@example.net,xx,,,\nzoë@example.com,,,,\n"
    (tmp_path / "readers.csv").write_text(text, encoding="utf-8")

    def run(*arguments: str, **options: str) -> Result:
        result = CliRunner().invoke(app, list(arguments), **options)  # type: ignore[arg-type]  # only `input` is given
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_an_import_reports_by_line_and_says_that_nobody_was_mailed(call: Call) -> None:
    """The report is all that the secretariat sees of it; it must leave no question open."""
    result = call("subscribers", "import", "readers.csv", "--yes")
    assert result.exit_code == 0
    assert "readers.csv: 2 added, 0 updated, 0 unchanged, 1 refused." in result.output
    assert 'line 3: bob@example.net: the language "xx" is not one of en, fr, es' in result.output
    assert "readers.refused.csv" in result.output
    assert "Nobody was mailed." in result.output


def test_a_dry_run_says_so(call: Call) -> None:
    """A user who only wanted to look must be told that it was only a look."""
    assert (
        "A dry run: nothing was changed."
        in call("subscribers", "import", "readers.csv", "--dry-run").output
    )
    assert json.loads(call("subscribers", "count", "--json").output)["total"] == 0


def test_the_columns_of_consent_are_shown_obeyed_and_explained(call: Call, tmp_path: Path) -> None:
    """A column that keeps readers off the list must be shown, and an unclear one asked about."""
    call("subscribers", "import", "readers.csv", "--yes")
    text = "email,Unsubscribed,Abo-Wunsch Newsletter\nann@example.org,yes,x\neve@example.org,no,x\n"
    (tmp_path / "old.csv").write_text(text)
    with pytest.raises(InputError, match='"Abo-Wunsch Newsletter" may say'):
        call("subscribers", "import", "old.csv", "--yes")
    with pytest.raises(InputError, match="write NAME=one of address, language"):
        call(
            "subscribers", "import", "old.csv", "--column", "Abo-Wunsch Newsletter=wanted", "--yes"
        )
    meant = ("--column", "Abo-Wunsch Newsletter=subscribed")
    shown = call("subscribers", "import", "old.csv", "--dry-run", *meant).output
    assert 'column "Unsubscribed": unsubscribed: ' in shown
    assert '"yes" = not mailed: left (1)' in shown
    done = call("subscribers", "import", "old.csv", *meant, "--yes").output
    assert "by what the file says of each reader: left: 1." in done
    assert "On the list still" in done
    facts = json.loads(call("subscribers", "import", "old.csv", *meant, "--json", "--yes").output)
    assert (facts["not_mailed"], facts["still_mailed"], facts["taken_off"]) == ({"left": 1}, 1, 0)
    ignore = ("--ignore-column", "Abo-Wunsch Newsletter", "--take-off")
    assert "Taken off the list, by what the file says: 1 reader." in (
        call("subscribers", "import", "old.csv", *ignore, "--yes").output
    )


def test_an_import_without_one_usable_line_fails(call: Call, tmp_path: Path) -> None:
    """A script that imports every night must notice that the file is not what it was."""
    (tmp_path / "bad.csv").write_text("address\nnobody\n")
    assert call("subscribers", "import", "bad.csv", "--yes").exit_code == 1


def test_refused_lines_go_where_they_are_wanted(call: Call, tmp_path: Path) -> None:
    """A folder of source files may not be one to write into."""
    facts = json.loads(
        call(
            "subscribers", "import", "readers.csv", "--refused", "mend.csv", "--json", "--yes"
        ).output
    )
    assert facts["refused_file"] == "mend.csv"
    assert "bob@example.net" in (tmp_path / "mend.csv").read_text(encoding="utf-8")
    assert (tmp_path / "mend.csv").stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="is the file to import"):
        call("subscribers", "import", "readers.csv", "--refused", "readers.csv", "--yes")


def test_an_export_is_complete_private_and_can_be_narrowed(call: Call, tmp_path: Path) -> None:
    """It holds addresses of people: nobody else on the machine may read it."""
    call("subscribers", "import", "readers.csv", "--yes")
    rows = list(csv.DictReader(io.StringIO(call("subscribers", "export").output)))
    assert [row["address"] for row in rows] == ["ann@example.org", "zoë@example.com"]
    assert rows[0]["tags"] == "member"
    assert "1 reader written" in call("subscribers", "export", "fr.csv", "--language", "fr").output
    assert (tmp_path / "fr.csv").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match=r"--status: .*choose one of: pending, active"):
        call("subscribers", "export", "--status", "gone")


def test_counts_are_by_status_and_of_the_active_by_language_and_topic(call: Call) -> None:
    """The first question before each edition: how many will get it, in which language?"""
    call("subscribers", "import", "readers.csv", "--yes")
    call("subscribers", "remove", "zoë@example.com")
    counts = json.loads(call("subscribers", "count", "--json").output)
    assert counts["by_status"]["active"] == counts["by_status"]["unsubscribed"] == 1
    assert (counts["by_language"], counts["by_topic"]) == ({"fr": 1}, {"meetings": 1})
    text = call("subscribers", "count").output
    assert "Active, by language" in text
    assert "meetings                       1  Reminders of meetings\n" in text


def test_show_tells_all_that_is_known(call: Call) -> None:
    """A reader who asks what is stored about them has a right to the whole answer."""
    call("subscribers", "import", "readers.csv", "--yes")
    by_address = json.loads(call("subscribers", "show", "ANN@example.org", "--json").output)
    assert by_address == json.loads(call("subscribers", "show", "1", "--json").output)
    assert (by_address["language"], by_address["name"]) == ("fr", "Ann")
    assert by_address["received"] == []
    assert "nothing yet" in call("subscribers", "show", "ann@example.org").output
    with pytest.raises(NotFoundError, match="spelt right"):
        call("subscribers", "show", "eve@example.org")


def test_remove_says_what_happened_and_may_be_repeated(call: Call) -> None:
    """Two secretaries get the same letter; the second one needs an answer, not an error."""
    call("subscribers", "import", "readers.csv", "--yes")
    assert (
        "active before, unsubscribed now" in call("subscribers", "remove", "ann@example.org").output
    )
    assert "no mail already" in call("subscribers", "remove", "ann@example.org").output


def test_erase_asks_first(call: Call) -> None:
    """It cannot be undone, and the wrong address is one slip away."""
    call("subscribers", "import", "readers.csv", "--yes")
    for answer in ("n\n", "y\n"):  # no terminal: whoever wrote it may have meant something else
        with pytest.raises(InputError, match=r"forgotten for good.*add --yes"):
            call("subscribers", "erase", "ann@example.org", input=answer)
    assert call("subscribers", "show", "ann@example.org").exit_code == 0
    assert "Erased" in call("subscribers", "erase", "ann@example.org", "--yes").output
    shown = call("subscribers", "show", "ann@example.org").output
    assert "is no subscriber" in shown
    assert "never mailed" in shown


def test_add_and_suppress_tell_what_they_did(call: Call) -> None:
    """One reader is added on the telephone, with the answer read out at once."""
    assert (
        "added (subscriber 1)"
        in call(
            "subscribers", "add", "eve@example.org", "--language", "es", "--topic", "meetings"
        ).output
    )
    assert "on the list already" in call("subscribers", "add", "eve@example.org").output
    assert "changed" in call("subscribers", "add", "eve@example.org", "--name", "Eve").output
    assert "is suppressed" in call("subscribers", "suppress", "eve@example.org").output
    assert "already suppressed" in call("subscribers", "suppress", "eve@example.org").output
    assert "no longer" in call("subscribers", "unsuppress", "eve@example.org").output


def test_the_log_is_shown_for_people_and_for_programs(call: Call) -> None:
    """The audit trail answers who did what when, and names no address."""
    call("subscribers", "import", "readers.csv", "--yes")
    call("subscribers", "remove", "ann@example.org")
    lines = call("events").output.splitlines()
    assert "subscribers.imported" in lines[0]
    assert (
        'subscriber=1 from=active to=unsubscribed reason="removed by the secretariat"' in lines[1]
    )
    objects = [json.loads(line) for line in call("events", "--json").output.splitlines()]
    assert [one["type"] for one in objects] == ["subscribers.imported", "subscriber.status"]
    assert not any("@" in line for line in lines)
    later = call("events", "--json", "--since", objects[0]["id"]).output.splitlines()
    assert [json.loads(line)["id"] for line in later] == [objects[1]["id"]]
    assert call("events", "--since", "2999-01-01").output == ""


def test_every_type_of_event_is_listed_on_request(call: Call) -> None:
    """A programmer who reads the log starts from the list of types."""
    listed = call("events", "--types").output
    assert all(f"`{kind}`" in listed for kind in EVENT_TYPES)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("", "0"),
        ("1680339600000-3", "1680339600000-3"),
        ("2023-04-01", "1680307199999"),
        ("20230401", "1680307199999"),
        ("2023-04-01T09:00", "1680339599999"),
        ("2023-04-01T11:00+02:00", "1680339599999"),
        ("1h", "1680335999999"),
        ("7d", "1679734799999"),
    ],
)
def test_the_start_of_a_reading_is_said_in_several_ways(text: str, start: str) -> None:
    """People say a day or a span, programs the id that they saw last."""
    assert parse_since(text, datetime(2023, 4, 1, 9, tzinfo=UTC)) == start


@pytest.mark.parametrize("text", ["yesterday", "7w", "2023-13-01", "-", "1-2-3"])
def test_a_start_that_is_none_is_refused_with_examples(text: str) -> None:
    """A slip must not quietly show the whole log, or nothing."""
    with pytest.raises(InputError, match="write 2023-04-12"):
        parse_since(text, datetime(2023, 4, 1, 9, tzinfo=UTC))


def test_one_is_changed_and_many_are_tagged_and_erased(call: Call) -> None:
    """The number is asked about; a script has to say yes."""
    for address in ("ann@example.org", "bob@example.net"):
        call("subscribers", "add", address, "--tags", "old")
    changed = call("subscribers", "change", "ann@example.org", "--name", "Ann", "--tags", "-")
    assert "changed" in changed.output
    assert json.loads(call("subscribers", "show", "1", "--json").output)["tags"] == []
    with pytest.raises(InputError, match="1 reader"):
        call("subscribers", "bulk", "erase", "tag:old")
    assert "1 reader done" in call("subscribers", "tag", "all", "--add", "old", "--yes").output
    done = call("subscribers", "bulk", "erase", "tag:old", "--reason", "asked", "--yes")
    assert "2 readers done" in done.output
    assert "nobody" in call("subscribers", "bulk", "remove", "all", "--yes").output
