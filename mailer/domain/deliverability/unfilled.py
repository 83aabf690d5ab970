"""Finds settings that were not filled in: examples (RFC 2606) and places that only we can reach."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_EXAMPLE: Final = re.compile(
    r"(?:.*\.)?(?:example\.(?:org|com|net|edu)|example|invalid|test)\.?", re.IGNORECASE
)
_LOCAL: Final = (".localhost", ".local", ".localdomain", ".internal", ".lan")


def is_example(value: str) -> bool:
    """Tell whether an address, domain or URL is one that nobody can have (RFC 2606)."""
    host = urlsplit(value).hostname or "" if "://" in value else value.rpartition("@")[2]
    return bool(_EXAMPLE.fullmatch(host))


def is_local(url: str) -> bool:
    """Tell whether a URL leads to where no reader can follow: this machine, or this network."""
    host = (urlsplit(url).hostname or "").lower()
    if not host:
        return False
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_LOCAL)
