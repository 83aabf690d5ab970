"""Placeholders: names between double braces in an edition's text, and their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from mailer.content.rendering.rendered import SLOT_CLOSE, SLOT_OPEN, slot

CONSTANTS: Final = frozenset({"subscribe_address", "calendar_url", "web_url", "archive_url"})
"""The same for all readers of a language: filled in when an edition is rendered."""
PER_READER: Final = frozenset({"leave_url", "preferences_url", "address", "name"})
"""Left as slots, for the composer to fill."""
KNOWN: Final = CONSTANTS | PER_READER

PLACEHOLDER: Final = re.compile(r"\{\{\s*([A-Za-z_]+)\s*\}\}")
SLOT: Final = re.compile(f"{SLOT_OPEN}([a-z_]+){SLOT_CLOSE}")
_BRACES: Final = re.compile(r"\{\{[^{}\n]*\}\}|\{\{|\}\}")


def mark(text: str) -> str:
    """Turn the known placeholders into slots, which Markdown does not touch."""
    return PLACEHOLDER.sub(_marked, text)


def _marked(match: re.Match[str]) -> str:
    return slot(match[1]) if match[1] in KNOWN else match[0]


def unfilled(text: str) -> Iterator[tuple[int, str]]:
    """Find what looks like a placeholder and is none of ours: offset and wording of each."""
    for match in _BRACES.finditer(text):
        known = PLACEHOLDER.fullmatch(match[0])
        if known is None or known[1] not in KNOWN:
            yield match.start(), match[0]


def fill(text: str, constants: Mapping[str, str]) -> str:
    """Put the constants into their slots; the slots that differ per reader stay."""
    return SLOT.sub(lambda match: constants.get(match[1], match[0]), text)


def fill_target(target: str, constants: Mapping[str, str]) -> str:
    """Fill a link's target; empty if it needs a constant that has no value."""
    if any(constants.get(match[1], "-") == "" for match in SLOT.finditer(target)):
        return ""
    return fill(target, constants)


def own_target(name: str, value: str) -> str:
    """Tell where a placeholder leads that stands in the text by itself; empty for nowhere."""
    if name == "subscribe_address":
        return f"mailto:{value}" if value else ""
    return value if name.endswith("_url") else ""
