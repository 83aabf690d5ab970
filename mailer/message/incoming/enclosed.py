"""Files that go with a mail: what they are by their content, and a name that does no harm."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import collapse_rfc2231_value, decode_params
from enum import StrEnum
from typing import Final

from mailer.message.incoming import mime
from mailer.message.incoming.mime import Part

MOST: Final = 50
"""Files that are listed."""
LONGEST_NAME: Final = 100
"""Characters of a file's name."""


class Type(StrEnum):
    """What a file is by its first octets, whatever it is called."""

    PICTURE = "picture"
    PDF = "pdf"
    ARCHIVE = "archive"
    """Zip and the like; documents of office programs are such, too."""
    DOCUMENT = "document"
    """Of an office program, in its form from before 2007; it may hold macros."""
    PROGRAM = "program"
    """Something that a machine carries out."""
    PAGE = "page"
    """HTML or SVG: what a browser carries out."""
    MAIL = "mail"
    TEXT = "text"
    UNKNOWN = "unknown"


_BEGINNINGS: Final = (
    (b"%PDF-", Type.PDF),
    (b"\x89PNG\r\n\x1a\n", Type.PICTURE),
    (b"\xff\xd8\xff", Type.PICTURE),
    (b"GIF8", Type.PICTURE),
    (b"PK\x03\x04", Type.ARCHIVE),
    (b"\x1f\x8b", Type.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Type.ARCHIVE),
    (b"Rar!", Type.ARCHIVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Type.DOCUMENT),
    (b"MZ", Type.PROGRAM),
    (b"\x7fELF", Type.PROGRAM),
    (b"\xca\xfe\xba\xbe", Type.PROGRAM),
    (b"#!", Type.PROGRAM),
)
_PAGE: Final = re.compile(rb"<(?:!doctype|html|svg|script|body|iframe|\?xml)\b", re.IGNORECASE)
_ENVELOPES: Final = frozenset({"message/rfc822", "message/global"})
_HARMFUL: Final = re.compile(r'[\\/:*?"<>|;%]')
_PARAMETER: Final = re.compile(r';\s*([\w*-]{1,40})\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')
_RESERVED: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One file."""

    number: int
    """Its place among the parts of the mail, from 1."""
    name: str
    """One that can be given to a file anywhere; its sender chose it all the same."""
    type: Type
    size: int
    """Octets, without the transfer encoding."""
    declared: str
    """The media type that its sender gave; not believed."""


def enclosed_in(message: Part) -> tuple[Enclosed, ...]:
    """List the files that go with a mail, `MOST` at most."""
    return tuple(found for found, _ in zip(_each(message), range(MOST), strict=False))


def type_of(content: bytes) -> Type:
    """Tell what a file is by its content."""
    for beginning, found in _BEGINNINGS:
        if content.startswith(beginning):
            return found
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Type.PICTURE
    begun = content[:2000]
    if _PAGE.search(begun):
        return Type.PAGE
    if b"\0" in begun:
        return Type.UNKNOWN
    try:
        begun.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(begun) - 4:
            return Type.UNKNOWN
    return Type.TEXT if begun.strip() else Type.UNKNOWN


def safe_name(given: str, number: int) -> str:
    """Make a name that no system takes for a path, a device or an option, and no header breaks."""
    last = re.split(r"[\\/]", given)[-1]
    shown = "".join(one for one in last if unicodedata.category(one)[0] not in "CZ" or one == " ")
    shown = " ".join(_HARMFUL.sub("_", shown).split()).strip(" .-")
    if _RESERVED.match(shown):
        shown = f"_{shown}"
    if len(shown) > LONGEST_NAME:
        stem, dot, ending = shown.rpartition(".")
        ending = ending[:10] if dot else ""
        shown = f"{(stem or shown)[: LONGEST_NAME - 11]}{dot}{ending}"
    return shown or f"file-{number}"


def _each(message: Part) -> Iterator[Enclosed]:
    for number, part in enumerate(message.walk(), 1):
        if not _is_file(part):
            continue
        is_mail = part.type in _ENVELOPES
        content = part.decoded
        name = safe_name(_name(part), number)
        if is_mail and not name.endswith(".eml"):
            name = f"{name}.eml"
        declared = part.type if part.type.isascii() and part.type.isprintable() else ""
        kind = Type.MAIL if is_mail else type_of(content)
        yield Enclosed(number, name, kind, len(content), declared[:100])


def _is_file(part: Part) -> bool:
    """Tell a file from the text: what is no text, and what its sender calls an attachment."""
    if part.type in _ENVELOPES:
        return True
    if part.parts or part.type.startswith("multipart/"):
        return False
    disposition = part.field("content-disposition").partition(";")[0].strip().lower()
    return disposition == "attachment" or part.type not in {"text/plain", "text/html"}


def _name(part: Part) -> str:
    """Return the name that its sender gave it (RFC 2183 section 2.3, RFC 2231)."""
    for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        given = _parameter(part.field(field)[:2000], parameter)
        if given:
            return mime.decode_words(given)
    return ""


def _parameter(field: str, wanted: str) -> str:
    pairs = [(one[1].lower(), one[2]) for one in _PARAMETER.finditer(field)]
    try:
        found = dict(decode_params([("", ""), *pairs])[1:])
        return collapse_rfc2231_value(found.get(wanted, "")).strip().strip('"')
    except (ValueError, IndexError, TypeError, LookupError):  # the parser has its defects
        return ""
