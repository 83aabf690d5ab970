"""Keys of mail that the service writes by itself or for other programs, and of templates."""

from __future__ import annotations

from typing import Final

OUTBOX_NEXT: Final = "mailer:outbox:last"
"""Counter: the highest number given to a service mail."""
OUTBOX_DUE: Final = "mailer:outbox:due"
"""Sorted set: service mail not yet sent -> when the scheduler looks at it (Unix seconds)."""
OUTBOX: Final = "mailer:outbox:mail:"
"""The prefix of a service mail's number; see `outbox`."""

TEMPLATES: Final = "mailer:templates"
"""Hash: slug of a template -> JSON summary of the version imported last."""
TEMPLATE_VERSIONS: Final = "mailer:templates:versions"
"""Sorted set: `SLUG DIGEST` -> since when another version is the newest (Unix seconds; +inf: it is
the newest)."""
TEMPLATE_USES: Final = "mailer:templates:uses"
"""Hash: `SLUG DIGEST` -> mails of that version which have not ended."""
TEMPLATE_MAILS: Final = "mailer:templates:mails"
"""Sorted set: number of a mail of any template -> when it was asked for (Unix seconds)."""


def outbox(m: int) -> str:
    """Hash: one service mail, what it is made from, its state; expires after its end."""
    return f"{OUTBOX}{m}"


def outbox_state(state: str) -> str:
    """Sorted set: service mails in that state -> since when (Unix seconds)."""
    return f"mailer:outbox:state:{state}"


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
