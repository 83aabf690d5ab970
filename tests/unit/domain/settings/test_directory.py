"""Directories in the settings: what they may hold, and what would be unsafe."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.domain.settings.directory import directories, directory
from mailer.domain.settings.setting import SettingError

LDAP: dict[str, Any] = {"source": "ldaps://ldap.example.org", "base": "dc=example,dc=org"}


def test_a_directory_of_ldap_with_all_that_can_be_said() -> None:
    """The section of the settings as it is documented."""
    made = directory(
        "staff",
        LDAP
        | {
            "filter": "(&(objectClass=person)(mail=*))",
            "attributes": {"name": "cn", "topics": "businessCategory"},
            "bind": "cn=mailer,dc=example,dc=org",
            "password_file": "/run/secrets/ldap",
            "ca_file": "/etc/ssl/ca.pem",
            "topics": ["bulletin", "meetings"],
            "language": "fr",
            "most_removals": 10,
            "every": "1d",
            "at": "03:30",
        },
    )
    assert made.attributes == {"address": "mail", "name": "cn", "topics": "businessCategory"}
    assert (made.every, made.at, made.most_removals) == (timedelta(days=1), time(3, 30), 10)
    assert made.password_file == Path("/run/secrets/ldap")


def test_a_file_needs_nothing_else() -> None:
    """Another program writes it again and again."""
    made = directory("staff", {"source": "/srv/staff.csv"})
    assert (made.is_ldap, made.every, made.most_removals) == (False, None, 5)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "no source"),
        ({"source": "https://example.org/staff"}, "neither LDAP nor a file"),
        ({"source": "ldaps://ldap.example.org"}, "no base"),
        (LDAP | {"source": "ldaps://user:secret@ldap.example.org"}, "password does not belong"),
        (LDAP | {"source": "ldaps://ldap.example.org/dc=example"}, "no address of a server"),
        (LDAP | {"source": "ldaps://ldap.example.org:port"}, "no URL"),
        (LDAP | {"bind": "cn=mailer"}, "go together"),
        (LDAP | {"password_file": "/run/secrets/ldap"}, "go together"),
        (
            LDAP | {"source": "ldap://ldap.example.org", "bind": "cn=m", "password_file": "/p"},
            "in clear",
        ),
        (LDAP | {"attributes": {"shoe": "size"}}, "nothing of a reader"),
        (LDAP | {"attributes": {"name": "c n"}}, "no name of an attribute"),
        (LDAP | {"every": "often"}, "no span"),
        (LDAP | {"most_removals": 101}, "does not fit"),
        (LDAP | {"starttls": "yes"}, "neither true nor false"),
        (LDAP | {"passwort": "x"}, "no such field"),
        ("ldaps://ldap.example.org", "is a table"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(table: Any, told: str) -> None:
    """All of it before anything is asked of the server; the password is never repeated."""
    with pytest.raises(SettingError) as caught:
        directory("staff", table)
    problems = caught.value.problems
    assert any(told in one.text for one in problems)
    assert all(one.remedy and "secret" not in one.text for one in problems)


def test_with_starttls_a_plain_port_is_safe() -> None:
    """The password is said only after TLS."""
    table = LDAP | {"source": "ldap://ldap.example.org", "starttls": True}
    assert directory("staff", table | {"bind": "cn=m", "password_file": "/p"}).starttls


def test_several_with_all_their_problems_at_once() -> None:
    """Whoever corrects the file wants to do it once."""
    with pytest.raises(SettingError) as caught:
        directories({"staff": {"source": ""}, "Members!": {"source": "a.csv"}, "x": 1})
    assert {one.place for one in caught.value.problems} == {"staff", "Members!", "x"}


def test_in_a_variable_they_are_json() -> None:
    """So that a process that is started gets the same settings."""
    assert directories('{"staff": {"source": "a.csv"}}')["staff"].source == "a.csv"
    assert directories("") == directories({}) == {}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["source", "base", "filter", "every", "at", "topics", "staff"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_any_value_is_read_or_refused(value: Any) -> None:
    """A setting may hold anything that TOML or JSON can."""
    try:
        found = directories(value)
    except SettingError:
        return
    assert all(name == one.name for name, one in found.items())
