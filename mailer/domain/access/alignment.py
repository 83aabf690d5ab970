"""Check whether two domains are one organisation's, as DMARC asks (RFC 7489 section 3.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import idna
from publicsuffixlist import PublicSuffixList

_LONGEST: Final = 253
"""Octets of a domain name (RFC 1035 section 2.3.4)."""
_NEVER: Final = re.compile(r"[\s@/\\]")
"""Characters that no domain contains."""


def canonical(domain: str) -> str:
    """Return a domain in lower case and A-labels, without a dot at its end; empty if it is none."""
    domain = domain.strip().lower().removesuffix(".")
    if len(domain) > _LONGEST or not all(domain.split(".")) or _NEVER.search(domain):
        return ""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""


def organisational(domain: str) -> str:
    """Return the domain that its owner registered: `example.co.uk` of `mail.example.co.uk`.

    By the Public Suffix List that comes with a package; nothing is asked of the network. A public
    suffix itself, or a name of one label, is nobody's but its own.
    """
    return _organisational(canonical(domain))


def aligned(one: str, other: str) -> bool:
    """Tell whether two domains are in relaxed alignment (RFC 7489 section 3.1.1)."""
    return bool(organisational(one)) and organisational(one) == organisational(other)


def public_suffix(domain: str) -> str:
    """Return what others register names under: `co.uk` of `mail.example.co.uk`."""
    return _suffixes().publicsuffix(canonical(domain)) or ""


@lru_cache(maxsize=4096)
def _organisational(domain: str) -> str:
    if not domain:
        return ""
    return _suffixes().privatesuffix(domain) or domain


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    """Read the list when it is first needed: that takes a twentieth of a second."""
    return PublicSuffixList()
