"""The keys of the store for transactional mail; `mailer.store.keys` has all others."""

from __future__ import annotations

from typing import Final

TEMPLATES: Final = "mailer:templates"
"""Hash: slug of a template -> JSON summary of the version imported last."""
TEMPLATE_VERSIONS: Final = "mailer:templates:versions"
"""Sorted set: `SLUG DIGEST` -> since when another version is the newest (Unix seconds; +inf: it is
the newest)."""
TEMPLATE_USES: Final = "mailer:templates:uses"
"""Hash: `SLUG DIGEST` -> mails of that version which have not ended."""
TEMPLATE_MAILS: Final = "mailer:templates:mails"
"""Sorted set: number of a mail of any template -> when it was asked for (Unix seconds)."""


def template(slug: str, digest: str) -> str:
    """Hash: one version of a template, its source files by name; never changed once written."""
    return f"mailer:template:{slug}:{digest}"


def template_tally(slug: str) -> str:
    """Hash: `LANGUAGE STATE` -> how many mails of a template came to that."""
    return f"mailer:template-tally:{slug}"


def template_mails(slug: str) -> str:
    """Sorted set: number of a mail of that template -> when it was asked for (Unix seconds)."""
    return f"mailer:template-mails:{slug}"


def mail_key(hashed: str) -> str:
    """Text, expiring: an idempotency key, hashed -> `NUMBER CONTENT` of the mail it stands for."""
    return f"mailer:mail:key:{hashed}"


def mail_limit(who: str) -> str:
    """Counter, expiring: mails asked for by somebody, or to an address, by its keyed hash."""
    return f"mailer:mail:limit:{who}"


def mail_return(short: str) -> str:
    """Text, expiring: beginning of a mail's identity (hexadecimal) -> the mail's number."""
    return f"mailer:mail:return:{short}"
