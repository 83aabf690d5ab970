"""Lists of tags, `v=DKIM1; k=rsa; p=…`, the form of DKIM, DMARC, MTA-STS and TLS-RPT records."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 16_384
"""Characters of a record that are read."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def read(record: str) -> dict[str, str] | None:
    """Read a list of tags (RFC 6376 section 3.2): name -> value, in the order of the record.

    Names are returned in small letters, since records in the wild have them in any. White space
    around names and values does not count.

    Returns:
        None if the text is no such list, or names a tag twice, which voids it.
    """
    tags: dict[str, str] = {}
    for piece in record[:LONGEST].split(";"):
        if not piece.strip():
            continue
        name, sign, value = piece.partition("=")
        name = name.strip().lower()
        if not sign or not _NAME.fullmatch(name) or name in tags:
            return None
        tags[name] = value.strip()
    return tags


def is_version(record: str, version: str) -> bool:
    """Tell whether a record begins with `v=` and that version, in any letters."""
    name, _, rest = record.lstrip().partition("=")
    value = rest.partition(";")[0].strip()
    return name.strip().lower() == "v" and value.lower() == version.lower()
