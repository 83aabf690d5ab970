"""`mailer move-in`, as the secretariat uses it."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mailer.cli.main import app
from mailer.errors import InputError
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers

Call = Callable[..., Result]
CORPUS = Path(__file__).parents[3] / "corpus/exports"
JSON = str(CORPUS / "listmonk/subscribers.json")


@pytest.fixture
def call(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `mailer` on the tests' store."""
    monkeypatch.setenv("MAILER_REDIS_URL", store.address)
    monkeypatch.setenv("MAILER_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, ["move-in", *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_lists_are_shown_and_asked_for_before_anything_else(call: Call, store: Store) -> None:
    """One sees what the export holds, and what is still to be said."""
    with pytest.raises(InputError, match="Newsletter"):
        call("listmonk", JSON)
    assert subscribers.count(store).total == 0


def test_without_yes_nothing_changes(call: Call, store: Store) -> None:
    """Law 18: in a script only --yes says that it is meant; the numbers are told."""
    with pytest.raises(InputError, match="--yes"):
        call("listmonk", JSON, "--map", "Newsletter=bulletin")
    assert subscribers.count(store).total == 0


def test_it_moves_in_and_tells_what_became_of_each_row(
    call: Call, store: Store, tmp_path: Path
) -> None:
    """The file of rows holds addresses, so that it is its owner's alone."""
    said = call(
        *("listmonk", JSON, "--map", "Newsletter=bulletin", "--yes", "--report", "rows.csv")
    ).output
    for told in (
        "The export holds 5 rows.",
        "Newsletter -> bulletin",
        "Meetings -> meetings",
        "added: was on the list there",
        "skipped: had not confirmed there",
        "5  in all",
        "Nobody was mailed.",
        "subscribers.json, row 3: eva@example.com",
        "Known there, and not moved in: lang, member.",
    ):
        assert told in said
    assert subscribers.count(store).by_status["active"] == 1
    file = tmp_path / "rows.csv"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [(one["row"], one["outcome"]) for one in rows] == [
        *(("1", "added"), ("2", "taken off"), ("3", "skipped"), ("4", "suppressed")),
        ("5", "skipped"),
    ]


def test_programs_get_one_json_object(call: Call) -> None:
    """With all numbers, and the reasons."""
    result = call("listmonk", JSON, "--map", "Newsletter=bulletin", "--yes", "--json")
    told = json.loads(result.output)
    assert (told["rows"], told["balanced"], told["dry_run"]) == (5, True, False)
    assert told["outcomes"] == {"added": 1, "taken off": 1, "skipped": 2, "suppressed": 1}
    assert told["topics"] == {"Newsletter": "bulletin", "Meetings": "meetings"}


def test_a_second_run_needs_no_yes_for_it_changes_nothing(call: Call) -> None:
    """What changes nothing asks nothing."""
    call("listmonk", JSON, "--map", "Newsletter=bulletin", "--yes")
    assert "unchanged" in call("listmonk", JSON, "--map", "Newsletter=bulletin").output
