"""Keys of the index by which the events about one subscriber are found."""

from __future__ import annotations

from typing import Final

HISTORIES_READ: Final = "mailer:histories:read"
"""Text: id of the last event that the index takes into account."""


def history(bucket: int) -> str:
    """Hash: number of a subscriber -> ids of the newest events about them, parted by spaces."""
    return f"mailer:history:{bucket}"
