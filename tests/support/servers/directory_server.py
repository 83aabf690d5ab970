"""A directory server, for tests: an OpenLDAP of one's own on a free port, in a temporary folder."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.patience import PATIENCE
from support.servers.ports import end, free_port, wait_for

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3

SLAPD: Final = shutil.which("slapd") or "/usr/sbin/slapd"
BASE: Final = "dc=example,dc=org"
ADMIN, PASSWORD = f"cn=admin,{BASE}", "wonder"
MOST_FOR_STRANGERS: Final = 1000
"""Entries that a search without signing in gets in all."""
_CONFIGURATION: Final = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCertificateFile {folder}/certificate.pem
TLSCertificateKeyFile {folder}/key.pem
TLSCACertificateFile {folder}/certificate.pem
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw {password}
directory {folder}/data
limits anonymous size.soft={most} size.hard={most} size.prtotal={most}
access to * by anonymous read by * read
"""


@dataclass(frozen=True, slots=True)
class DirectoryServer:
    """One that runs."""

    port: int
    secure_port: int
    ca_file: Path

    @property
    def url(self) -> str:
        """Where it takes STARTTLS."""
        return f"ldap://localhost:{self.port}"

    @property
    def secure_url(self) -> str:
        """Where it speaks TLS from the start."""
        return f"ldaps://localhost:{self.secure_port}"

    def add(self, people: Sequence[dict[str, str]]) -> None:
        """Add people below `ou=people`, each with its `uid`."""
        with self._connected() as connection:
            for one in people:
                values = {"sn": one["uid"], "cn": one["uid"], **one}
                connection.add(f"uid={one['uid']},ou=people,{BASE}", "inetOrgPerson", values)

    def change(self, uid: str, **values: str) -> None:
        """Replace attributes of a person."""
        changes = {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in values.items()}
        with self._connected() as connection:
            connection.modify(f"uid={uid},ou=people,{BASE}", changes)

    def remove(self, *uids: str) -> None:
        """Remove people."""
        with self._connected() as connection:
            for uid in uids:
                connection.delete(f"uid={uid},ou=people,{BASE}")

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        server = ldap3.Server("127.0.0.1", port=self.port, get_info=ldap3.NONE)
        connection = ldap3.Connection(server, ADMIN, PASSWORD, raise_exceptions=True)
        connection.bind()
        try:
            yield connection
        finally:
            connection.unbind()


@contextmanager
def directory_server(folder: Path) -> Iterator[DirectoryServer]:
    """Run the server for the length of a `with` block, with an empty `ou=people`."""
    (folder / "data").mkdir(parents=True)
    certify(folder, "localhost")
    text = _CONFIGURATION.format(
        folder=folder, base=BASE, admin=ADMIN, password=PASSWORD, most=MOST_FOR_STRANGERS
    )
    (folder / "slapd.conf").write_text(text, encoding="utf-8")
    port, secure_port = free_port(), free_port()
    listening = f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{secure_port}"
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [SLAPD, "-d", "0", "-f", str(folder / "slapd.conf"), "-h", listening],
            stdout=log,
            stderr=log,
        )
        made = DirectoryServer(port, secure_port, folder / "certificate.pem")
        try:
            for one in (port, secure_port):
                wait_for(one, server, "slapd", (folder / "log").read_text)
            with made._connected() as connection:
                connection.add(
                    BASE, ["dcObject", "organization"], {"dc": "example", "o": "Example"}
                )
                connection.add(f"ou=people,{BASE}", "organizationalUnit", {"ou": "people"})
            yield made
        finally:
            end(server)


def certify(folder: Path, name: str) -> None:
    """Make a certificate for a name that vouches for itself: `certificate.pem` and `key.pem`."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext"]
    command += [f"subjectAltName=DNS:{name}", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
