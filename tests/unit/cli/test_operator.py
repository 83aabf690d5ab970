"""The operator is known by what nobody can put into the environment."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from mailer.cli.terminal import operator_here


@pytest.fixture
def login(tmp_path: Path) -> Path:
    """Return a file as the kernel writes it, of a machine where nobody logged in."""
    file = tmp_path / "loginuid"
    file.write_text("4294967295")
    return file


def test_the_environment_makes_nobody_somebody_else(
    login: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another name for each command, one person could approve what they proposed."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    before = operator_here(login).person
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert operator_here(login).person == before


def test_whoever_logged_in_stays_the_same_through_sudo_and_su(
    login: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel keeps it; what `sudo` says is asked for only where it does not."""
    last = pwd.getpwall()[-1]
    login.write_text(str(last.pw_uid))
    monkeypatch.setenv("SUDO_USER", "somebody-else")
    assert operator_here(login).person == f"operator:{pwd.getpwuid(last.pw_uid).pw_name}"


def test_a_user_without_a_name_is_known_by_their_number(login: Path) -> None:
    """In a container there is often no table of users."""
    taken = {one.pw_uid for one in pwd.getpwall()}
    free = next(number for number in range(50_000, 60_000) if number not in taken)
    login.write_text(str(free))
    assert operator_here(login).person == f"operator:{free}"


def test_a_system_that_keeps_no_logins_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the user of the process counts."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    name = pwd.getpwuid(os.geteuid()).pw_name
    assert operator_here(tmp_path / "none").person == f"operator:{name}"
