"""Values of the properties in a calendar file, whatever program wrote them."""

from __future__ import annotations

from typing import Any

from mailer.content.parsing.links import fault_of
from mailer.content.parsing.manifest import LONGEST_TEXT, unsuitable


def all_of(component: Any, name: str) -> list[Any]:
    """Return all values of a property."""
    value = component.get(name, [])
    return value if isinstance(value, list) else [value]


def text_of(component: Any, name: str) -> str:
    """Return the first value of a property as text; empty if there is none."""
    value = all_of(component, name)
    return str(value[0]) if value else ""


def line_of(text: str) -> str:
    """Make one line of a text, without what no mail should carry."""
    return "".join(sign for sign in " ".join(text.split()) if not unsuitable(sign, lines=False))


def lines_of(text: str) -> str:
    """Tidy a text of several lines, without what no mail should carry."""
    lines = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    kept = "".join(sign for sign in lines if not unsuitable(sign, lines=True))
    return kept.strip()[:LONGEST_TEXT]


def link_of(text: str, notes: list[str]) -> str:
    """Return a link that works, or none and a note why."""
    text = text.strip()
    fault = fault_of(text) if text else None
    if fault:
        notes.append(f"left out: {fault.text[:200]}")
    return "" if fault else text[:1000]


def sequence_of(component: Any) -> int:
    """Return how often an entry was changed (RFC 5545 section 3.8.7.4)."""
    try:
        return min(max(int(component.get("SEQUENCE", 0)), 0), 2**31 - 1)
    except (TypeError, ValueError):
        return 0
