"""A mailbox at a provider, written as one URL, as the setting holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SHAPE: Final = "write it as imaps://user:password@imap.example.org/INBOX"
ESCAPES: Final = "in a user or password write @ as %40, : as %3A, / as %2F, ? as %3F and % as %25"
OPTIONS: Final = frozenset({"handled", "refused"})
HANDLED: Final = "Mailer"
REFUSED: Final = "Mailer-refused"
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class MailboxUrl:
    """One mailbox. Its password shows in no `repr` and no `str`."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool = True
    """TLS from the first byte (RFC 8314); in clear on this machine only."""
    folder: str = "INBOX"
    """The folder that is read, and emptied into the others."""
    handled: str = HANDLED
    """The folder for mail that was taken in; made if missing."""
    refused: str = REFUSED
    """The folder for mail that is too large to be taken in; made if missing."""

    @property
    def name(self) -> str:
        """Tell which mailbox it is, for people and logs; no login."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'imaps' if self.tls else 'imap'}://{host}:{self.port}/{self.folder}"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def parse(cls, text: str) -> MailboxUrl:
        """Read `imaps://…`, options `handled` and `refused` (names of folders).

        Raises:
            ValueError: it is not such a URL, in the form `what is wrong; remedy`. No part of the
                input is repeated, because it holds a password.
        """
        parts, port = _split(text)
        tls = parts.scheme == "imaps"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not user or not password or not (user + password).isprintable():
            raise ValueError(f"A mailbox needs a user and a password; {SHAPE}; {ESCAPES}.")
        if not tls and parts.hostname not in LOCAL:
            raise ValueError("imap:// sends the password in clear; use imaps://.")
        folders = _folders(parts)
        if len(set(folders.values())) < len(folders):
            raise ValueError("A mailbox is emptied into other folders; name three different ones.")
        return cls(
            host=parts.hostname or "",
            port=port or (993 if tls else 143),
            user=user,
            password=password,
            tls=tls,
            **folders,
        )


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"This is not a mailbox's URL; {SHAPE}; {ESCAPES}.") from None
    if parts.scheme not in {"imaps", "imap"} or not host or port == 0 or parts.fragment:
        raise ValueError(f"A mailbox's URL begins with imaps:// and a host; {SHAPE}; {ESCAPES}.")
    if "@" in parts.netloc.rpartition("@")[0] or not text.isprintable():
        raise ValueError(f"A mailbox's URL has stray signs; {ESCAPES}.")
    return parts, port


def _folders(parts: SplitResult) -> dict[str, str]:
    pairs = parse_qsl(parts.query)
    options = dict(pairs)
    if len(options) < len(pairs) or not options.keys() <= OPTIONS:
        raise ValueError("A mailbox's options are handled and refused; remove any other.")
    folders = {
        "folder": unquote(parts.path.strip("/")) or "INBOX",
        "handled": options.get("handled") or HANDLED,
        "refused": options.get("refused") or REFUSED,
    }
    if not all(name.isprintable() and len(name) < 200 for name in folders.values()):
        raise ValueError("The name of a folder holds control characters; correct it.")
    return folders
