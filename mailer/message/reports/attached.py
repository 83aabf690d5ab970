"""Finds the file of a report in a mail, and unpacks it: never more than a budget."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from mailer.domain.deliverability.reports import Kind
from mailer.message.incoming.mime import Part

MOST_PACKED: Final = 2 * 1024 * 1024
"""Octets of a packed file; reports of great receivers have some hundred thousand."""
MOST_UNPACKED: Final = 8 * 1024 * 1024
"""Octets of what is in it."""
MOST_FILES: Final = 5
"""Parts of a mail that are tried."""
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_PLAIN: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Others take much memory to unpack."""
_ANY_HEADER: Final = 31
"""For zlib: the size of the window, and a gzip header before it."""

_TYPES: Final = frozenset(
    {
        "application/gzip",
        "application/x-gzip",
        "application/zip",
        "application/x-zip-compressed",
        "application/x-zip",
        "application/octet-stream",
        "application/xml",
        "text/xml",
    }
)
_TLS_TYPES: Final = frozenset({"application/tlsrpt+gzip", "application/tlsrpt+json"})
"""RFC 8460 section 5.1."""
_DMARC_NAME: Final = re.compile(
    # RFC 7489 section 7.2.1.1: receiver "!" domain "!" begin "!" end [ "!" id ] "." ending
    r"[^\s!/\\]{1,253}![^\s!/\\]{1,253}!\d{1,20}!\d{1,20}(?:![^\s/\\]{1,200})?"
    r"\.(?:xml|xml\.gz|zip|gz|xml\.zip)",
    re.IGNORECASE,
)
_TLS_NAME: Final = re.compile(
    # RFC 8460 section 5.1: the same with json
    r"[^\s!/\\]{1,253}![^\s!/\\]{1,253}!\d{1,20}!\d{1,20}(?:![^\s/\\]{1,200})?"
    r"\.json(?:\.gz)?",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(r"\bReport\s+Domain:\s*\S+.*\bSubmitter:", re.IGNORECASE | re.DOTALL)
"""RFC 7489 section 7.2.1.1, and RFC 8460 section 5.3."""


class PackedError(ValueError):
    """A file that cannot be unpacked, or is larger than we unpack; the text says which."""


def kind_of(message: Part, subject: str) -> Kind | None:
    """Tell what kind of report a mail holds, by its form alone; None: it is none."""
    if message.parameter("report-type").lower() == "tlsrpt":
        return Kind.TLS
    for part in message.walk():
        if part.type in _TLS_TYPES or _TLS_NAME.fullmatch(_name(part)):
            return Kind.TLS
        if _is_candidate(part) and _DMARC_NAME.fullmatch(_name(part)):
            return Kind.DMARC
    if _SUBJECT.search(subject) and any(_is_candidate(part) for part in message.walk()):
        return Kind.TLS if message.field("tls-report-domain") else Kind.DMARC
    return None


def files(message: Part, kind: Kind) -> Iterator[bytes]:
    """Yield the unpacked files of a mail that may be its report.

    Args:
        message: read with room for parts of `MOST_PACKED` octets.
        kind: which report is looked for.

    Raises:
        PackedError: one cannot be unpacked.
    """
    wanted = [part for part in message.walk() if not part.parts and _may_hold(part, kind)]
    for part in wanted[:MOST_FILES]:
        yield unpacked(part.decoded)


def unpacked(data: bytes) -> bytes:
    """Return what a file holds: packed by gzip or zip, or plain.

    Raises:
        PackedError: it is damaged, larger than `MOST_UNPACKED`, or a zip of several files.
    """
    if data.startswith(_GZIP):
        return _from_gzip(data)
    if data.startswith(_ZIP):
        return _from_zip(data)
    if len(data) > MOST_UNPACKED:
        raise PackedError("is larger than reports are")
    return data


def _from_gzip(data: bytes) -> bytes:
    unpacking = zlib.decompressobj(_ANY_HEADER)
    try:
        found = unpacking.decompress(data, MOST_UNPACKED + 1)
    except zlib.error as error:
        raise PackedError("is damaged") from error
    if len(found) > MOST_UNPACKED:
        raise PackedError("unpacks to more than reports are")
    if not unpacking.eof:
        raise PackedError("breaks off")
    return found


def _from_zip(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            plain = all(one.compress_type in _PLAIN for one in entries)
            found = None
            if len(entries) == 1 and plain:
                # What an entry says of its size may be a lie: so much is read, and no more.
                with archive.open(entries[0]) as file:
                    found = file.read(MOST_UNPACKED + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        # RuntimeError: encrypted, or packed in a way that Python has not.
        raise PackedError("is damaged") from error
    if found is None:
        raise PackedError("holds several files, or one that is packed in a rare way")
    if len(found) > MOST_UNPACKED:
        raise PackedError("unpacks to more than reports are")
    return found


def _may_hold(part: Part, kind: Kind) -> bool:
    if kind is Kind.TLS:
        named = bool(_TLS_NAME.fullmatch(_name(part)))
        return part.type in _TLS_TYPES or named or part.type in {"application/json", *_PACKED}
    return _is_candidate(part)


_PACKED: Final = frozenset({"application/gzip", "application/x-gzip"})


def _is_candidate(part: Part) -> bool:
    return part.type in _TYPES


def _name(part: Part) -> str:
    """Return the name of an attached file."""
    disposition = Part((("content-type", part.field("content-disposition")),), b"")
    return (disposition.parameter("filename") or part.parameter("name")).strip()
