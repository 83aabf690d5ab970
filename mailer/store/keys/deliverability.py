"""Keys of what is known of how mail arrives: examinations, copies made, others' reports."""

from __future__ import annotations

from typing import Final

EXAMINATION: Final = "mailer:doctor:last"
"""Text: what `mailer doctor` found last (JSON)."""
EXAMINATION_LEASE: Final = "mailer:doctor:lease"
"""Text, expiring: somebody has the console look just now."""
BACKED_UP: Final = "mailer:backup:last"
"""Text: when a copy of all data was made last (Unix seconds of the server)."""


def report_sums(kind: str, day: str) -> str:
    """Hash, expiring: `DOMAIN SOURCE WHAT` -> messages; see `mailer.store.deliverability.reports`.

    Args:
        kind: `dmarc` or `tls`.
        day: of the report, `2023-04-12`.
    """
    return f"mailer:reports:{kind}:{day}"


def report_seen(digest: str) -> str:
    """Text, expiring: a report by its author and name, so that none is counted twice."""
    return f"mailer:reports:seen:{digest}"
