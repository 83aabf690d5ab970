"""`mailer subscribers sync`, as the secretariat and a timer use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mailer.cli.main import app
from mailer.errors import InputError
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers

Call = Callable[..., Result]


@pytest.fixture
def call(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `mailer subscribers sync` on the tests' store, with a directory in the settings."""
    monkeypatch.setenv("MAILER_REDIS_URL", store.address)
    monkeypatch.setenv("MAILER_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mailer.toml").write_text('[sync.staff]\nsource = "people.csv"\nlanguage = "fr"\n')
    write(tmp_path, "ann", "bob")

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, ["subscribers", "sync", *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def write(folder: Path, *names: str) -> None:
    """Write the file of the directory."""
    lines = [f"{one}@example.org" for one in names]
    (folder / "people.csv").write_text("\n".join(["address", *lines]))


def test_it_shows_the_plan_and_changes_nothing_without_a_yes(call: Call, store: Store) -> None:
    """Law 18: whoever runs it by mistake has changed nothing."""
    with pytest.raises(InputError, match="staff would change 2 readers"):
        call("staff")
    assert subscribers.count(store).total == 0


def test_it_does_what_the_settings_say(call: Call, store: Store) -> None:
    """By the name of the section; its path is relative to the settings' file."""
    said = call("staff", "--yes").output
    assert "The directory staff holds 2 entries" in said
    assert "2  to add" in said
    assert "Done: 2 added, 0 changed, 0 taken off. Nobody was mailed." in said
    assert subscribers.count(store).by_language == {"fr": 2}
    assert "Nothing was changed." in call("staff").output


def test_a_plan_that_is_not_done_exits_with_1(call: Call, store: Store, tmp_path: Path) -> None:
    """A timer that runs the command must fail loudly; a person is told what would help."""
    write(tmp_path, *(f"p{n}" for n in range(40)))
    call("staff", "--yes")
    write(tmp_path, *(f"p{n}" for n in range(10, 40)))
    result = call("staff", "--yes")
    assert result.exit_code == 1
    assert "10 of 40 readers" in result.output
    assert "--limit" in result.output
    assert subscribers.count(store).by_status["active"] == 40
    assert call("staff", "--yes", "--limit", "25").exit_code == 0
    assert subscribers.count(store).by_status["withdrawn"] == 10


def test_a_file_has_its_own_name_as_a_directory(call: Call, store: Store, tmp_path: Path) -> None:
    """Another file, or the same list by another name, takes nobody off."""
    assert json.loads(call("people.csv", "--yes", "--json").output) == {
        "directory": "people",
        "entries": 2,
        "wanted": 2,
        "plan": {"add": 2, "return": 0, "change": 0, "remove": 0},
        "unchanged": 0,
        "owned": 0,
        "kept": {},
        "left_out": {},
        "ignored": {},
        "refused": "",
        "done": {"added": 2, "changed": 0, "removed": 0, "otherwise": 0},
    }
    write(tmp_path, "eva")
    assert "0  to take off" in call("people.csv", "--name", "others", "--yes").output
    assert subscribers.count(store).by_status["active"] == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "names: staff"),
        (("staff", "--ldap", "ldaps://ldap.example.org"), "give one of these"),
        (("--ldap", "ldaps://ldap.example.org"), "no base"),
        (("--ldap", "https://ldap.example.org", "--base", "dc=x"), "neither LDAP nor a file"),
        (("nowhere.csv",), "is not there"),
        (("people.csv", "--name", "No Name"), "cannot name"),
    ],
)
def test_a_call_that_cannot_be_is_refused(
    call: Call, arguments: tuple[str, ...], told: str
) -> None:
    """With what can be."""
    with pytest.raises(InputError, match=told):
        call(*arguments)
