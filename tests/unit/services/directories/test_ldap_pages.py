"""A directory's server that never comes to an end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mailer.domain.settings.directory import directory
from mailer.services.directories import ldap_directory
from mailer.services.directories.people import DirectoryError

PAGED = "1.2.840.113556.1.4.319"


def test_pages_without_anybody_come_to_an_end() -> None:
    """A broken server would keep a worker for ever with a cookie and nothing else."""
    staff = directory("staff", {"source": "ldaps://ldap.example.org", "base": "dc=example"})
    control = {PAGED: {"value": {"cookie": b"more"}}}
    result = {"result": ldap_directory.SUCCESS, "controls": control}
    asked: list[bytes | None] = []

    def search(**parts: Any) -> None:
        asked.append(parts["paged_cookie"])
        assert len(asked) < 10 * ldap_directory.MOST_EMPTY

    connection = SimpleNamespace(search=search, result=result, response=[])
    with pytest.raises(DirectoryError, match="page after page"):
        list(ldap_directory._pages(connection, staff, {}))
    assert asked[:2] == [None, b"more"]
