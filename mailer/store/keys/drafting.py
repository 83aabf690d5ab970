"""Keys of editions that are being written."""

from __future__ import annotations

from typing import Final

DRAFT_NEXT: Final = "mailer:drafts:last"
"""Counter: the highest number given to a draft."""
DRAFTS: Final = "mailer:drafts"
"""Sorted set: draft, those in the bin too -> when it last changed (Unix seconds)."""

DRAFTS_REMOVED: Final = "mailer:drafts:removed"
"""Sorted set: draft in the bin -> since when (Unix seconds)."""


def draft(d: int) -> str:
    """Hash: `draft`, what is known of it (JSON); and for each file, by its path, its state (JSON).

    Watched by whoever changes anything of the draft.
    """
    return f"mailer:draft:{d}"


def draft_contents(d: int) -> str:
    """Hash: path, a line feed, digest -> content of that file, deflated."""
    return f"mailer:draft:{d}:contents"


def draft_history(d: int, path: str) -> str:
    """Hash: number of a revision of a file -> the revision (JSON)."""
    return f"mailer:draft:{d}:history:{path}"


def draft_presence(d: int) -> str:
    """Hash, expiring: actor -> which file they have open, and since when (JSON)."""
    return f"mailer:draft:{d}:presence"


def draft_save(d: int, save: str) -> str:
    """Text, expiring: what became of a save that may be sent again (JSON)."""
    return f"mailer:draft:{d}:save:{save}"
