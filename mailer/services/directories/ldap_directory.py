"""A directory that is asked by LDAP (RFC 4511), page by page (RFC 2696), over TLS.

Anything but a whole answer is an error: half of a directory would take the other half off the list.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from mailer.config import secret
from mailer.domain.settings.directory import Directory
from mailer.services.directories.people import DirectoryError, Entry

with warnings.catch_warnings():
    # ldap3 takes two tables of pyasn1 by the names that they had before.
    warnings.filterwarnings("ignore", r"(tagMap|typeMap) is deprecated", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPException

PAGE: Final = 500
CONNECT_SECONDS: Final = 10
ANSWER_SECONDS: Final = 60
"""For one page."""
MOST_ENTRIES: Final = 2_000_000
MOST_EMPTY: Final = 100
"""Pages in a row that may hold nobody, although others follow."""
LONGEST: Final = 1000
"""Characters of one value; a photograph in a wrong attribute must not fill the memory."""
MOST_VALUES: Final = 50
SUCCESS: Final = 0
_PAGED: Final = "1.2.840.113556.1.4.319"
"""The control of paged results (RFC 2696 section 2)."""
_PORTS: Final = {"ldap": 389, "ldaps": 636}


def entries(directory: Directory) -> Iterator[Entry]:
    """Yield the people of a directory.

    Raises:
        DirectoryError: it cannot be reached, signed in to, or read to its end.
    """
    attributes = {of: name.split(";")[0].lower() for of, name in directory.attributes.items()}
    connection = _connection(directory)
    try:
        _open(connection, directory)
        yield from _pages(connection, directory, attributes)
    except (LDAPException, OSError, ValueError) as error:
        raise _told(directory, str(error) or type(error).__name__) from error
    finally:
        _close(connection)


class _Tls(ldap3.Tls):
    """TLS as Python does it by default: the chain and the name of the server are checked.

    What ldap3 does by itself checks the name by a function that Python has given up.
    """

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Put TLS over the connection's socket."""
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        connection.socket = context.wrap_socket(
            connection.socket,
            do_handshake_on_connect=do_handshake,
            server_hostname=connection.server.host,
        )


def _connection(directory: Directory) -> Any:
    """Make what connects, without connecting yet."""
    url = urlsplit(directory.source)
    scheme = url.scheme.lower()
    tls = _Tls(
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=str(directory.ca_file) if directory.ca_file else None,
    )
    server = ldap3.Server(
        url.hostname or "",
        port=url.port or _PORTS[scheme],
        use_ssl=scheme == "ldaps",
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=CONNECT_SECONDS,
    )
    return ldap3.Connection(
        server,
        user=directory.bind or None,
        password=_password(directory),
        authentication=ldap3.SIMPLE if directory.bind else ldap3.ANONYMOUS,
        read_only=True,
        auto_referrals=False,
        raise_exceptions=True,
        receive_timeout=ANSWER_SECONDS,
        return_empty_attributes=False,
    )


def _open(connection: Any, directory: Directory) -> None:
    """Connect, with TLS before anything else is said, and sign in."""
    connection.open()
    if directory.starttls and not connection.server.ssl and not connection.start_tls():
        raise _told(directory, "it does not begin TLS")
    connection.bind()


def _close(connection: Any) -> None:
    """Say good-bye where that is possible, and let go of the socket in any case."""
    sock = connection.socket
    with suppress(LDAPException, OSError):
        connection.unbind()
    if sock is not None:
        sock.close()


def _password(directory: Directory) -> str | None:
    if directory.password_file is None:
        return None
    try:
        return secret.read(directory.password_file).rstrip("\r\n")
    except secret.SecretFileError as error:
        raise _told(directory, str(error)) from None


def _pages(connection: Any, directory: Directory, attributes: Mapping[str, str]) -> Iterator[Entry]:
    count, empty, cookie = 0, 0, b""
    while True:
        connection.search(
            search_base=directory.base,
            search_filter=directory.filter,
            search_scope=ldap3.SUBTREE,
            attributes=sorted(set(directory.attributes.values())),
            time_limit=ANSWER_SECONDS,
            paged_size=PAGE,
            paged_criticality=True,
            paged_cookie=cookie or None,
        )
        result = connection.result
        if result["result"] != SUCCESS:  # ldap3 is content with some others, a limit's for one
            raise _told(directory, f"it ends the answer with {result['description']}")
        for one in connection.response:
            yield _entry(one, directory, attributes)
        count += len(connection.response)
        if count > MOST_ENTRIES:
            raise _told(directory, f"it holds over {MOST_ENTRIES:,} entries")
        empty = 0 if connection.response else empty + 1
        if empty > MOST_EMPTY:
            raise _told(directory, "it has page after page follow, with nobody in them")
        cookie = result.get("controls", {}).get(_PAGED, {}).get("value", {}).get("cookie", b"")
        if not cookie:
            return


def _entry(one: Mapping[str, Any], directory: Directory, attributes: Mapping[str, str]) -> Entry:
    if one.get("type") != "searchResEntry":
        raise _told(directory, "it refers to another server for a part; name a smaller base")
    raw = {name.split(";")[0].lower(): value for name, value in one["raw_attributes"].items()}
    return Entry(str(one["dn"]), {of: _texts(raw.get(name, [])) for of, name in attributes.items()})


def _texts(values: Sequence[bytes]) -> list[str]:
    return [
        value.decode("utf-8", "replace") for value in values[:MOST_VALUES] if len(value) <= LONGEST
    ]


def _told(directory: Directory, reason: str) -> DirectoryError:
    words = "".join(letter if letter.isprintable() else " " for letter in reason)[:300]
    return DirectoryError(
        f"The directory {directory.name} could not be read, and nothing was changed: {words}."
        " Check its settings (source, base, filter, bind, ca_file) and whether its server is up."
    )
