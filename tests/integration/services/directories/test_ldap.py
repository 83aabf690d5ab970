"""Reading a directory by LDAP, from a real OpenLDAP: pages, TLS, and what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailer.domain.settings.directory import Directory, directory
from mailer.services.directories.ldap_directory import PAGE, entries
from mailer.services.directories.people import DirectoryError, Entry
from support.servers.directory_server import (
    ADMIN,
    BASE,
    MOST_FOR_STRANGERS,
    PASSWORD,
    SLAPD,
    DirectoryServer,
    certify,
    directory_server,
)
from support.servers.ports import free_port

pytestmark = pytest.mark.skipif(not Path(SLAPD).exists(), reason="slapd is not installed")

PEOPLE = f"ou=people,{BASE}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DirectoryServer]:
    """A directory that holds more than two pages of people."""
    with directory_server(tmp_path_factory.mktemp("directory")) as running:
        running.add(
            [
                {
                    "uid": f"p{n}",
                    "mail": f"p{n}@example.org",
                    "preferredLanguage": "fr-CH, en;q=0.5",
                    "displayName": f"Élodie {n}",
                }
                for n in range(2 * PAGE + 1 - 2)
            ]
            + [{"uid": "nobody"}, {"uid": "several", "mail": "first@example.org"}]
        )
        yield running


@pytest.fixture
def staff(server: DirectoryServer, tmp_path: Path) -> Directory:
    """The directory as the settings name it: signed in, over TLS from the start."""
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    password.chmod(0o600)
    return directory(
        "staff",
        {
            "source": server.secure_url,
            "base": PEOPLE,
            "bind": ADMIN,
            "password_file": str(password),
            "ca_file": str(server.ca_file),
        },
    )


def test_all_pages_are_read(staff: Directory) -> None:
    """A server gives so many at once; the filter keeps out who has no mail address."""
    found = list(entries(staff))
    assert len(found) == 2 * PAGE
    by_place = {one.place: one for one in found}
    assert by_place[f"uid=p7,{PEOPLE}"] == Entry(
        f"uid=p7,{PEOPLE}",
        {
            "address": ["p7@example.org"],
            "language": ["fr-CH, en;q=0.5"],
            "name": ["Élodie 7"],
        },
    )


def test_starttls(staff: Directory, server: DirectoryServer) -> None:
    """TLS on the plain port, before the password is said."""
    found = list(entries(replace(staff, source=server.url, starttls=True)))
    assert len(found) == 2 * PAGE


def test_a_filter_and_other_attributes(staff: Directory) -> None:
    """Each institution keeps its directory in its own way."""
    only = replace(staff, filter="(uid=p1*)", attributes={"address": "mail", "tags": "uid"})
    found = list(entries(only))
    assert {one.values["tags"][0] for one in found} == {
        f"p{n}" for n in range(2 * PAGE) if str(n).startswith("1")
    }


def test_half_an_answer_is_none(staff: Directory) -> None:
    """A server's limit ends the answer midway: the rest would be taken off the list."""
    strangers = replace(staff, bind="", password_file=None, filter="(objectClass=*)")
    read: list[Entry] = []
    with pytest.raises(DirectoryError, match="LimitExceeded"):
        read.extend(entries(strangers))
    assert MOST_FOR_STRANGERS < 2 * PAGE + 3


@pytest.mark.parametrize("starttls", [False, True])
def test_a_server_that_nobody_vouches_for_is_not_believed(
    staff: Directory, server: DirectoryServer, tmp_path: Path, starttls: bool
) -> None:
    """Somebody in between could give us any list of people, and get the password."""
    certify(tmp_path, "localhost")
    other = replace(
        staff,
        ca_file=tmp_path / "certificate.pem",
        source=server.url if starttls else server.secure_url,
        starttls=starttls,
    )
    with pytest.raises(DirectoryError, match=r"(?i)certificate|tls"):
        list(entries(other))


def test_a_certificate_for_another_name_is_not_believed(
    staff: Directory, server: DirectoryServer
) -> None:
    """The certificate is for localhost; that the authority is ours is not enough."""
    with pytest.raises(DirectoryError, match="certificate"):
        list(entries(replace(staff, source=f"ldaps://127.0.0.1:{server.secure_port}")))


def test_a_wrong_password_is_told_and_never_shown(staff: Directory, tmp_path: Path) -> None:
    """The message goes to the log and to the secretariat."""
    wrong = tmp_path / "wrong"
    wrong.write_text("guess-me-not")
    wrong.chmod(0o600)
    with pytest.raises(DirectoryError, match="invalidCredentials") as caught:
        list(entries(replace(staff, password_file=wrong)))
    assert "guess" not in str(caught.value)


def test_a_password_that_others_can_read_is_not_used(staff: Directory, tmp_path: Path) -> None:
    """As every other secret."""
    opened = tmp_path / "open"
    opened.write_text(PASSWORD)
    opened.chmod(0o644)
    with pytest.raises(DirectoryError, match="other users"):
        list(entries(replace(staff, password_file=opened)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"base": f"ou=elsewhere,{BASE}"}, "noSuchObject"),
        ({"filter": "(mail=*"}, "filter"),
        ({"source": f"ldaps://localhost:{free_port()}"}, "socket"),
    ],
)
def test_what_cannot_be_asked_is_told(staff: Directory, change: dict[str, str], told: str) -> None:
    """A slip in the settings must not look like a directory without people."""
    with pytest.raises(DirectoryError, match=told):
        list(entries(replace(staff, **change)))  # type: ignore[arg-type]  # texts all
