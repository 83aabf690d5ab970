"""A person as a directory has them, and the memory of what it said last.

The memory tells a change in the directory from a change that a reader made: a reader's own choice
of language, topics or name is not undone each night.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_FIELDS: Final = {"l": "language", "t": "topics", "g": "tags", "n": "name"}
"""One letter each, for it is kept with every such subscriber."""


@dataclass(frozen=True, slots=True)
class Member:
    """What a directory says of one person; an empty text is not said."""

    language: str = ""
    topics: str = ""
    """In alphabetical order, parted by spaces; tags likewise."""
    tags: str = ""
    name: str = ""

    def as_json(self) -> str:
        """Write it as it is kept."""
        said = {letter: getattr(self, field) for letter, field in _FIELDS.items()}
        return json.dumps(
            {letter: value for letter, value in said.items() if value},
            ensure_ascii=False,
            separators=(",", ":"),
        )


def from_json(text: str) -> Member:
    """Read what is kept; what cannot be read says nothing."""
    try:
        said: Any = json.loads(text or "{}")
    except ValueError:
        said = {}
    if not isinstance(said, Mapping):
        said = {}
    return Member(**{field: str(said.get(letter, "")) for letter, field in _FIELDS.items()})


def filled(member: Member, other: Member) -> Member:
    """Return a member with what it does not say taken from another."""
    return Member(
        **{field: getattr(member, field) or getattr(other, field) for field in _FIELDS.values()}
    )


def merged(said: Member, says: Member, now: Member) -> Member:
    """Return what a reader has after the directory changed.

    Args:
        said: what the directory said last.
        says: what it says now.
        now: what the reader has now.

    Returns:
        For each field the directory's word if that changed and the reader has what it said before;
        else what the reader has.
    """
    return Member(
        **{
            field: _merged(getattr(said, field), getattr(says, field), getattr(now, field))
            for field in _FIELDS.values()
        }
    )


def _merged(said: str, says: str, now: str) -> str:
    changed = says and says != said
    return says if changed and now in {said, ""} else now
