"""Phrases of notes of absence and receipt, by the purpose of each sentence: two suffice.

A person who tells of a holiday asks or answers something besides; a machine says that somebody is
away, and then when that one is back, whom to turn to, or that the mail stays unread. A desk's
machine says that the mail came in, and then that somebody will see to it, or not to answer. Their phrases
stand in `mailer/vocabulary/absence.toml`.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

from mailer.vocabulary.cues import cues

SIGNS: Final = tuple(
    cues("absence", one, ignore_case=True)
    for one in ("away", "back", "instead", "unread", "gone", "thanks")
)
"""In this order: somebody is away; when they are back; whom to turn to; the mail stays unread;
somebody or an address is gone; thanks for the mail."""
DESK_SIGNS: Final = tuple(
    cues("absence", one, ignore_case=True) for one in ("received", "promised", "no-answer")
)
"""In this order: the mail came in; somebody will see to it; nobody reads an answer."""
SINGLE: Final = re.compile(
    r"\b(?:i|i'm|i'll|i've|my|ich|mich|je (?:vous|suis|serai|ne|me|reviens)|j'ai|yo|eu|ik|jag|jeg|я|мне)\b|私",
    re.IGNORECASE,
)
"""A person speaks; desks say `we`."""

TICKET_SUBJECT: Final = re.compile(
    r"^\s*\[(?:#|[a-z]{2,12}\b)[^\]]{0,20}\d{3,}\]|^\s*(?:incident|ticket|case|request) \W?[a-z]{0,4}\d{4,}\b",
    re.IGNORECASE,
)
"""A desk's number for what came in; after `Re:` a person answers."""

ASKS: Final = cues("absence", "asks", ignore_case=True)
"""Phrases by which a person asks or offers something; a note of absence does neither."""
