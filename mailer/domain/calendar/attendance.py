"""Answers to invitations, and which of two answers counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Attendance(StrEnum):
    """A reader's answer to an invitation."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


PARTSTATS: Final[Mapping[str, Attendance]] = {
    "ACCEPTED": Attendance.ACCEPTED,
    "TENTATIVE": Attendance.TENTATIVE,
    "DECLINED": Attendance.DECLINED,
}
"""The values that programs write (RFC 5545 section 3.2.12); others do not say who comes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One reader's answer about one occurrence."""

    subscriber: int
    attendance: Attendance
    language: str
    """The reader's, when they answered."""
    sequence: int
    """The sequence of the entry that they answered."""
    stamp: datetime
    """The instant at which their program wrote the answer, UTC, by its own clock."""
    at: datetime
    """The instant at which it came in, UTC."""
    how: str
    """mail or web."""
    occurrence: str = ""
    """The occurrence it is about, as `Entry.occurrence_key`."""


class Verdict(StrEnum):
    """The relation of an answer to the one that is known."""

    NEW = "new"
    CHANGED = "changed"
    """The reader has changed their mind."""
    SAME = "same"
    """A repeat, or the same answer given anew."""
    OLDER = "older"
    """It was overtaken by the one that is known; mail does not keep its order."""


def judged(known: Answer | None, new: Answer) -> Verdict:
    """Tell which of two answers counts: by sequence, then by stamp (RFC 5546 section 2.1.5)."""
    if known is None:
        return Verdict.NEW
    if (new.sequence, new.stamp) < (known.sequence, known.stamp):
        return Verdict.OLDER
    return Verdict.SAME if new.attendance is known.attendance else Verdict.CHANGED
